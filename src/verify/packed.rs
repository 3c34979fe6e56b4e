//! Looking into what is packed, so that a signature inside leaves a question as one outside does. Nothing is kept of it:
//! what is unpacked passes by, is looked at and is gone.
//!
//! Whoever opens an archive may see other files in it than its maker's program did (ambiguous lengths, hidden octets,
//! names that stand twice). So each octet must be accounted for: where anything is not as expected, the answer is that
//! this could not be looked into, never that there is nothing.

mod gzip;
mod inside;
mod zip;

use crate::verify::packed::gzip::{Gzip, Zlib};
use crate::verify::packed::inside::Inside;
use crate::verify::packed::zip::Zip;
use crate::verify::sniff::{Looks, Signed};

/// A packed content that passes block by block.
pub(super) struct Packed {
    form: Form,
    inside: Inside,
    /// How many octets have passed.
    position: u64,
    /// Whether something is not as expected: the rest is not looked into.
    lost: bool,
}

enum Form {
    Zip(Zip),
    Gzip(Gzip),
    Zlib(Zlib),
}

/// Something that cannot be looked into, or not further.
struct Unseen;

impl Packed {
    /// For a content that looks so and begins with `head`; `None` where nothing is to be unpacked. `depth`: in how many
    /// others it stands.
    pub(super) fn of(looks: Looks, head: &[u8], depth: usize) -> Option<Self> {
        let form = match (looks, head) {
            (Looks::Zip(_), _) => Form::Zip(Zip::default()),
            (Looks::Packed(_), [0x1f, 0x8b, ..]) => Form::Gzip(Gzip::default()),
            (Looks::Other, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]) => Form::Zlib(Zlib::default()),
            _ => return None,
        };
        Some(Self { form, inside: Inside::new(depth + 1), position: 0, lost: depth >= MAX_DEPTH })
    }

    pub(super) fn update(&mut self, octets: &[u8], budget: &mut Budget) {
        let mut input = Input { octets, position: self.position };
        while !input.octets.is_empty() && !self.lost && !self.inside.is_signed() {
            let step = match &mut self.form {
                Form::Zip(zip) => zip.step(&mut input, &mut self.inside, budget),
                Form::Gzip(gzip) => gzip.step(&mut input, &mut self.inside, budget),
                Form::Zlib(zlib) => zlib.step(&mut input, &mut self.inside, budget),
            };
            self.lost = step.is_err();
        }
        self.position = input.position;
    }

    /// Whether a signature was seen so far.
    pub(super) const fn is_signed(&self) -> bool {
        self.inside.is_signed()
    }

    /// What was seen once everything has passed.
    pub(super) fn finish(mut self) -> Signed {
        let whole = !self.lost
            && match &self.form {
                Form::Zip(zip) => zip.is_whole(),
                Form::Gzip(gzip) => gzip.is_whole(),
                // Two octets do not make it one: what did not unpack was none.
                Form::Zlib(_) => true,
            };
        let found = self.inside.end_member();
        if whole { found } else { found.max(Signed::Unknown) }
    }
}

/// Packed in packed in packed: an archive of office documents is two.
const MAX_DEPTH: usize = 3;

/// What unpacking may cost for one content, however deep things are packed in one another.
#[derive(Default)]
pub(super) struct Budget {
    /// Octets of the content that have come.
    taken: u64,
    /// Octets that were unpacked.
    made: u64,
    members: usize,
}

impl Budget {
    pub(super) fn take(&mut self, octets: usize) {
        self.taken = self.taken.saturating_add(u64::try_from(octets).unwrap_or(u64::MAX));
    }

    fn make(&mut self, octets: usize) -> Result<(), Unseen> {
        self.made = self.made.saturating_add(u64::try_from(octets).unwrap_or(u64::MAX));
        let in_proportion = self.made <= self.taken.saturating_mul(MAX_RATIO).saturating_add(FREE_LEN);
        if in_proportion && self.made <= MAX_LEN { Ok(()) } else { Err(Unseen) }
    }

    const fn member(&mut self) -> Result<(), Unseen> {
        self.members += 1;
        if self.members <= MAX_MEMBERS { Ok(()) } else { Err(Unseen) }
    }
}

/// Octets unpacked from one content, and for each octet of it once [`FREE_LEN`] are.
const MAX_LEN: u64 = 500_000_000;
const MAX_RATIO: u64 = 100;
const FREE_LEN: u64 = 1_000_000;
const MAX_MEMBERS: usize = 1_000;

/// Octets that have come and were not looked at yet.
struct Input<'o> {
    octets: &'o [u8],
    /// Where they stand in the content.
    position: u64,
}

impl<'o> Input<'o> {
    /// Takes so many octets, or all.
    fn take(&mut self, count: usize) -> &'o [u8] {
        let taken = self.octets.split_off(..count.min(self.octets.len())).unwrap_or_default();
        self.position = self.position.saturating_add(u64::try_from(taken.len()).unwrap_or(u64::MAX));
        taken
    }

    /// Takes up to `left` octets and counts them down.
    fn take_some(&mut self, left: &mut u64) -> &'o [u8] {
        let taken = self.take(usize::try_from(*left).unwrap_or(usize::MAX));
        *left = left.saturating_sub(u64::try_from(taken.len()).unwrap_or(u64::MAX));
        taken
    }

    /// Takes octets until `N` are together with those that came before; `None`: the rest comes later.
    fn header<const N: usize>(&mut self, pending: &mut Vec<u8>) -> Option<[u8; N]> {
        pending.extend_from_slice(self.take(N.saturating_sub(pending.len())));
        let whole = pending.as_slice().try_into().ok()?;
        pending.clear();
        Some(whole)
    }

    /// Takes what comes up to a zero; whether it came.
    fn past_zero(&mut self) -> bool {
        let zero = memchr::memchr(0, self.octets);
        self.take(zero.map_or(usize::MAX, |at| at + 1));
        zero.is_some()
    }
}

/// The number of `len` octets at `at`, the lowest first.
fn number(header: &[u8], at: usize, len: usize) -> u64 {
    let octets = header.get(at..).and_then(|rest| rest.get(..len)).unwrap_or_default();
    octets.iter().rev().fold(0, |number, octet| number << 8 | u64::from(*octet))
}

#[cfg(test)]
mod tests;
