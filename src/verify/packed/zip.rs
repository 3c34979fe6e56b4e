//! ZIP (PKWARE APPNOTE 6.3): read from its first octet to its last, member after member. What programs do not agree on is
//! not understood: octets between members, lengths that differ, a directory that points elsewhere, ZIP64, encryption.

use crate::verify::packed::inside::{Inflated, Inside};
use crate::verify::packed::{Budget, Input, Unseen, number};

#[derive(Default)]
pub(super) struct Zip {
    state: State,
    /// A header that has not come whole.
    pending: Vec<u8>,
    /// In the order in which they stand, so by `start` too.
    members: Vec<Member>,
    /// Where the directory begins, once it does.
    directory: Option<u64>,
    /// Where the last record of it begins.
    directory_end: u64,
    /// Lines of it so far.
    entries: u64,
}

/// A member, as the directory must tell it again (APPNOTE §4.3.7, §4.3.12).
#[derive(Clone, Copy, Default)]
struct Member {
    start: u64,
    method: u64,
    packed_len: u64,
    /// Whether its length comes after it (§4.3.9).
    has_descriptor: bool,
}

#[derive(Clone, Copy, Default)]
enum State {
    /// The four octets that say what comes next.
    #[default]
    Signature,
    /// The rest of a member's header.
    Header {
        start: u64,
    },
    /// Its name, and how long the extra fields after it are.
    Name {
        len: usize,
        extra: u64,
        member: Member,
    },
    Extra {
        left: u64,
        member: Member,
    },
    Stored {
        left: u64,
    },
    /// A compressed member whose octets begin at `start`.
    Deflated {
        start: u64,
        member: Member,
    },
    /// What follows it: perhaps a signature, then check value and lengths.
    Descriptor {
        packed_len: u64,
    },
    Check {
        packed_len: u64,
    },
    Lengths {
        packed_len: u64,
    },
    /// A line of the directory.
    Entry,
    /// Its name, extra fields and comment.
    EntryNames {
        left: u64,
    },
    End,
    Comment {
        left: u64,
    },
    Over,
}

impl Zip {
    pub(super) fn step(
        &mut self,
        input: &mut Input<'_>,
        inside: &mut Inside,
        budget: &mut Budget,
    ) -> Result<(), Unseen> {
        self.state = match self.state {
            State::Signature => match input.header(&mut self.pending) {
                Some(signature) => self.record(signature, input.position - SIGNATURE_LEN, budget)?,
                None => self.state,
            },
            State::Header { start } => match input.header(&mut self.pending) {
                Some(header) => member(&header, start)?,
                None => self.state,
            },
            State::Name { len, extra, member } => {
                self.pending.extend_from_slice(input.take(len.saturating_sub(self.pending.len())));
                if self.pending.len() < len {
                    return Ok(());
                }
                inside.note_name(&self.pending);
                self.pending.clear();
                State::Extra { left: extra, member }
            }
            State::Extra { mut left, member } => {
                input.take_some(&mut left);
                if left > 0 { State::Extra { left, member } } else { self.begin_member(member, input.position, inside) }
            }
            State::Stored { mut left } => {
                inside.stored(input.take_some(&mut left), budget);
                if left > 0 { State::Stored { left } } else { end_member(inside) }
            }
            State::Deflated { start, member } => match inside.inflate(input, budget)? {
                Inflated::More => self.state,
                Inflated::Whole => self.end_deflated(member, input.position - start, inside)?,
            },
            State::Descriptor { packed_len } => match input.header(&mut self.pending) {
                Some(DESCRIPTOR) => State::Check { packed_len },
                // Without a signature this was the check value.
                Some(_) => State::Lengths { packed_len },
                None => self.state,
            },
            State::Check { packed_len } => match input.header::<4>(&mut self.pending) {
                Some(_) => State::Lengths { packed_len },
                None => self.state,
            },
            State::Lengths { packed_len } => match input.header::<8>(&mut self.pending) {
                Some(lengths) => expect(number(&lengths, 0, 4) == packed_len, State::Signature)?,
                None => self.state,
            },
            State::Entry => match input.header(&mut self.pending) {
                Some(entry) => self.entry(&entry)?,
                None => self.state,
            },
            State::EntryNames { mut left } => {
                input.take_some(&mut left);
                if left > 0 { State::EntryNames { left } } else { State::Signature }
            }
            State::End => match input.header(&mut self.pending) {
                Some(end) => self.end(&end)?,
                None => self.state,
            },
            State::Comment { mut left } => {
                let comment = input.take_some(&mut left);
                // No second end of the directory, which some would find first.
                expect(!comment.contains(&5), if left > 0 { State::Comment { left } } else { State::Over })?
            }
            State::Over => return Err(Unseen),
        };
        Ok(())
    }

    /// Whether it ended where it must.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// What a signature announces; `start`: where it stands.
    fn record(&mut self, signature: [u8; 4], start: u64, budget: &mut Budget) -> Result<State, Unseen> {
        match signature {
            LOCAL if self.directory.is_none() => {
                budget.member()?;
                Ok(State::Header { start })
            }
            ENTRY | END => {
                self.directory.get_or_insert(start);
                self.directory_end = start;
                Ok(if signature == END { State::End } else { State::Entry })
            }
            _ => Err(Unseen),
        }
    }

    fn begin_member(&mut self, member: Member, start: u64, inside: &mut Inside) -> State {
        if member.method == DEFLATED {
            inside.begin_inflating();
            return State::Deflated { start, member };
        }
        self.members.push(member);
        if member.packed_len == 0 { State::Signature } else { State::Stored { left: member.packed_len } }
    }

    /// `packed_len`: what it took up.
    fn end_deflated(&mut self, member: Member, packed_len: u64, inside: &mut Inside) -> Result<State, Unseen> {
        inside.end_member();
        self.members.push(Member { packed_len, ..member });
        if member.has_descriptor {
            Ok(State::Descriptor { packed_len })
        } else {
            expect(packed_len == member.packed_len, State::Signature)
        }
    }

    /// A line of the directory, from its fifth octet on (§4.3.12): it must be of a member that was met, as it was met.
    fn entry(&mut self, entry: &[u8; 42]) -> Result<State, Unseen> {
        let (method, packed_len, start) = (number(entry, 6, 2), number(entry, 16, 4), number(entry, 38, 4));
        let found = self.members.binary_search_by_key(&start, |member| member.start).ok();
        let member = found.and_then(|index| self.members.get(index)).ok_or(Unseen)?;
        self.entries += 1;
        let left = number(entry, 24, 2) + number(entry, 26, 2) + number(entry, 28, 2);
        expect(member.method == method && member.packed_len == packed_len, next_after(left))
    }

    /// The end of the directory, from its fifth octet on (§4.3.16): one directory, on one disk, the one that was met.
    fn end(&self, end: &[u8; 18]) -> Result<State, Unseen> {
        let start = self.directory.ok_or(Unseen)?;
        let one_disk = number(end, 0, 4) == 0 && number(end, 4, 2) == number(end, 6, 2);
        let met = number(end, 6, 2) == self.entries
            && number(end, 8, 4) == self.directory_end - start
            && number(end, 12, 4) == start;
        let left = number(end, 16, 2);
        expect(one_disk && met, if left > 0 { State::Comment { left } } else { State::Over })
    }
}

/// The header of a member, from its fifth octet on (§4.3.7).
fn member(header: &[u8; 26], start: u64) -> Result<State, Unseen> {
    let (flags, method, packed_len) = (number(header, 2, 2), number(header, 4, 2), number(header, 14, 4));
    let has_descriptor = flags & FLAG_DESCRIPTOR != 0;
    let understood = flags & !FLAGS == 0 && packed_len < ZIP64;
    let readable = method == DEFLATED || method == STORED && !has_descriptor;
    let len = usize::try_from(number(header, 22, 2)).map_err(|_| Unseen)?;
    let member = Member { start, method, packed_len, has_descriptor };
    expect(understood && readable && len > 0, State::Name { len, extra: number(header, 24, 2), member })
}

fn end_member(inside: &mut Inside) -> State {
    inside.end_member();
    State::Signature
}

const fn next_after(left: u64) -> State {
    if left > 0 { State::EntryNames { left } } else { State::Signature }
}

fn expect(holds: bool, next: State) -> Result<State, Unseen> {
    if holds { Ok(next) } else { Err(Unseen) }
}

const SIGNATURE_LEN: u64 = 4;
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";

/// Methods (§4.4.5).
const STORED: u64 = 0;
const DEFLATED: u64 = 8;

/// Bits that change nothing here (§4.4.4): how hard it was compressed, lengths after the member, names in UTF-8.
const FLAGS: u64 = 0x080e;
const FLAG_DESCRIPTOR: u64 = 0x0008;

/// A length that stands elsewhere (§4.4.8).
const ZIP64: u64 = 0xffff_ffff;
