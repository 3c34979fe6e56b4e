//! What comes out of a packing: inflated where it must be, and looked at like any other content.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use crate::verify::packed::{Budget, Input, Unseen};
use crate::verify::sniff::Signed;
use crate::verify::sniffer::Look;

/// The members of one archive, one after the other.
pub(super) struct Inside {
    look: Look,
    depth: usize,
    inflater: Option<Inflater>,
    found: Signed,
}

struct Inflater {
    state: Box<InflateState>,
    made: Box<[u8]>,
}

/// Whether a compressed member has ended.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Inflated {
    More,
    Whole,
}

impl Inside {
    /// `depth`: in how many packings its members stand.
    pub(super) fn new(depth: usize) -> Self {
        Self { look: Look::at_depth(depth), depth, inflater: None, found: Signed::NotSeen }
    }

    /// Whether a signature was seen: nothing else needs to be looked at then.
    pub(super) const fn is_signed(&self) -> bool {
        matches!(self.found, Signed::Looks)
    }

    /// Octets of a member that is not compressed.
    pub(super) fn stored(&mut self, octets: &[u8], budget: &mut Budget) {
        self.look.update(octets, budget);
        self.note();
    }

    /// Takes note of a file's name: of its content, be it in base64 or damaged, it says that somebody signed it.
    pub(super) fn note_name(&mut self, name: &[u8]) {
        let end = name.split_last_chunk::<4>().map(|(_, end)| end.to_ascii_lowercase());
        if end.is_some_and(|end| end == *b".p7m" || end == *b".p7s") {
            self.found = Signed::Looks;
        }
    }

    /// Makes ready for a compressed member.
    pub(super) fn begin_inflating(&mut self) {
        let inflater = self.inflater.get_or_insert_with(|| Inflater {
            state: InflateState::new_boxed(DataFormat::Raw),
            made: vec![0; MADE_LEN].into_boxed_slice(),
        });
        inflater.state.reset(DataFormat::Raw);
    }

    /// Octets of a compressed member (RFC 1951). Takes those that belong to it.
    pub(super) fn inflate(&mut self, input: &mut Input<'_>, budget: &mut Budget) -> Result<Inflated, Unseen> {
        while !self.is_signed() {
            let Inflater { state, made } = self.inflater.as_mut().ok_or(Unseen)?;
            let step = inflate(state, input.octets, made, MZFlush::None);
            input.take(step.bytes_consumed);
            budget.make(step.bytes_written)?;
            self.look.update(made.get(..step.bytes_written).unwrap_or_default(), budget);
            self.note();
            match step.status {
                Ok(MZStatus::StreamEnd) => return Ok(Inflated::Whole),
                Ok(_) if step.bytes_consumed > 0 || step.bytes_written > 0 => {}
                Ok(_) | Err(MZError::Buf) => {
                    return if input.octets.is_empty() { Ok(Inflated::More) } else { Err(Unseen) };
                }
                Err(_) => return Err(Unseen),
            }
        }
        Ok(Inflated::More)
    }

    /// A member is over: what did it look like? An envelope would be opened elsewhere; here nobody does.
    pub(super) fn end_member(&mut self) -> Signed {
        let look = std::mem::replace(&mut self.look, Look::at_depth(self.depth));
        let (looks, _) = look.finish();
        let found = if looks.is_envelope() { Signed::Looks } else { looks.signed() };
        self.found = self.found.max(found);
        self.found
    }

    fn note(&mut self) {
        if self.look.is_signed() {
            self.found = Signed::Looks;
        }
    }
}

/// As much as can be looked back at in a compressed member.
const MADE_LEN: usize = 32 * 1024;
