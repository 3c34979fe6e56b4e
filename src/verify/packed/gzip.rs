//! gzip (RFC 1952), and the bare form that it shares with PNG and PDF (RFC 1950).

use crate::verify::packed::inside::{Inflated, Inside};
use crate::verify::packed::{Budget, Input, Unseen, number};

/// Members one after the other; what they hold is one content.
#[derive(Default)]
pub(super) struct Gzip {
    state: State,
    pending: Vec<u8>,
    flags: u8,
}

#[derive(Default)]
enum State {
    #[default]
    Header,
    ExtraLen,
    Extra {
        left: u64,
    },
    Name,
    Comment,
    HeaderCheck,
    Body,
    Trailer,
    /// After a member: another one, or the end.
    Between,
}

impl Gzip {
    pub(super) fn step(
        &mut self,
        input: &mut Input<'_>,
        inside: &mut Inside,
        budget: &mut Budget,
    ) -> Result<(), Unseen> {
        match &mut self.state {
            State::Header | State::Between => {
                self.state = State::Header;
                let Some(header) = input.header::<10>(&mut self.pending) else { return Ok(()) };
                let [0x1f, 0x8b, 8, flags @ 0..32, ..] = header else { return Err(Unseen) };
                budget.member()?;
                self.flags = flags;
                self.state = State::ExtraLen;
                self.pass_absent(inside);
            }
            State::ExtraLen => {
                let Some(len) = input.header::<2>(&mut self.pending) else { return Ok(()) };
                self.state = State::Extra { left: number(&len, 0, 2) };
            }
            State::Extra { left } => {
                input.take_some(left);
                if *left == 0 {
                    self.state = State::Name;
                    self.pass_absent(inside);
                }
            }
            State::Name => {
                if input.past_zero() {
                    self.state = State::Comment;
                    self.pass_absent(inside);
                }
            }
            State::Comment => {
                if input.past_zero() {
                    self.state = State::HeaderCheck;
                    self.pass_absent(inside);
                }
            }
            State::HeaderCheck => {
                if input.header::<2>(&mut self.pending).is_some() {
                    self.state = State::Body;
                    inside.begin_inflating();
                }
            }
            State::Body => {
                if inside.inflate(input, budget)? == Inflated::Whole {
                    self.state = State::Trailer;
                }
            }
            State::Trailer => {
                if input.header::<8>(&mut self.pending).is_some() {
                    self.state = State::Between;
                }
            }
        }
        Ok(())
    }

    /// Whether it ended with a member.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.state, State::Between)
    }

    /// Goes past the parts of the header that the flags do not announce (RFC 1952 §2.3.1).
    fn pass_absent(&mut self, inside: &mut Inside) {
        loop {
            let (flag, next) = match self.state {
                State::ExtraLen => (4, State::Name),
                State::Name => (8, State::Comment),
                State::Comment => (16, State::HeaderCheck),
                State::HeaderCheck => (2, State::Body),
                State::Body => return inside.begin_inflating(),
                _ => return,
            };
            if self.flags & flag != 0 {
                return;
            }
            self.state = next;
        }
    }
}

/// RFC 1950: two octets, then compressed ones. What follows them is not looked at.
#[derive(Default)]
pub(super) struct Zlib {
    pending: Vec<u8>,
    begun: bool,
    whole: bool,
}

impl Zlib {
    pub(super) fn step(
        &mut self,
        input: &mut Input<'_>,
        inside: &mut Inside,
        budget: &mut Budget,
    ) -> Result<(), Unseen> {
        if self.whole {
            input.take(usize::MAX);
        } else if self.begun {
            self.whole = inside.inflate(input, budget)? == Inflated::Whole;
        } else if input.header::<2>(&mut self.pending).is_some() {
            self.begun = true;
            inside.begin_inflating();
        }
        Ok(())
    }
}
