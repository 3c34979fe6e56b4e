//! Digests of a file and of what its signatures cover, in one pass: each covers a beginning of the file but for a hole, so
//! what was hashed before the hole is hashed once for all. The same pass looks for marks of signatures.

use crate::asn1::{Cursor, Source, SourceError};
use crate::crypto::{Digest, DigestAlgorithm, Hasher};
use crate::verify::Deadline;
use crate::verify::cms::{CmsError, Digests};
use crate::verify::pades::marks::Marks;
use crate::verify::pades::signature::Named;

/// What is to be digested for one signature, and by which algorithms.
pub(super) struct Wanted<'n> {
    pub(super) named: &'n Named,
    pub(super) algorithms: &'n [DigestAlgorithm],
}

/// What one pass over a file tells.
pub(super) struct Passed {
    pub(super) sha256: Digest,
    /// For each signature.
    pub(super) covered: Vec<Digests>,
    pub(super) marks: Marks,
}

/// Digests the whole file by SHA-256, and for each signature what it covers.
pub(super) fn digest(source: &dyn Source, wanted: &[Wanted<'_>], deadline: &dyn Deadline) -> Result<Passed, CmsError> {
    let whole = vec![Hasher::new(DigestAlgorithm::Sha256)];
    let mut pass = Pass { whole, parts: Vec::new(), marks: Marks::new(), deadline };
    for algorithm in wanted.iter().flat_map(|wanted| wanted.algorithms) {
        if !pass.whole.iter().any(|hasher| hasher.algorithm() == *algorithm) {
            pass.whole.push(Hasher::new(*algorithm));
        }
    }
    pass.parts = wanted.iter().map(|_| Vec::new()).collect();
    let mut turns: Vec<u64> =
        wanted.iter().flat_map(|Wanted { named, .. }| [named.hole.start, named.hole.end, named.end]).collect();
    turns.push(source.len());
    turns.sort_unstable();
    turns.dedup();
    let mut cursor = Cursor::new(source, 0);
    let mut at = 0;
    for turn in turns {
        pass.feed(&mut cursor, at, turn, wanted)?;
        at = turn;
        pass.turn(at, wanted);
    }
    let sha256 = pass.whole.into_iter().next().map(Hasher::finish);
    let covered = pass.parts.into_iter().map(|hashers| hashers.into_iter().map(Hasher::finish).collect()).collect();
    Ok(Passed { sha256: sha256.unwrap_or_else(|| DigestAlgorithm::Sha256.digest(&[])), covered, marks: pass.marks })
}

struct Pass<'d> {
    /// Of all that has passed; SHA-256 first.
    whole: Vec<Hasher>,
    /// Of each signature, once its hole was reached.
    parts: Vec<Vec<Hasher>>,
    marks: Marks,
    deadline: &'d dyn Deadline,
}

impl Pass<'_> {
    /// Gives the octets between two turns to all that they belong to.
    fn feed(&mut self, cursor: &mut Cursor<'_>, from: u64, to: u64, wanted: &[Wanted<'_>]) -> Result<(), CmsError> {
        let covers = |Wanted { named, .. }: &Wanted<'_>| named.hole.end <= from && to <= named.end;
        let mut hashers: Vec<&mut Hasher> = self.whole.iter_mut().collect();
        for (part, wanted) in self.parts.iter_mut().zip(wanted) {
            if covers(wanted) {
                hashers.extend(part);
            }
        }
        let (marks, mut timed_out) = (&mut self.marks, false);
        let fed = cursor.feed(to - from, &mut |piece| {
            for block in piece.chunks(BLOCK) {
                timed_out = timed_out || self.deadline.passed();
                if !timed_out {
                    for hasher in &mut hashers {
                        hasher.update(block);
                    }
                    marks.update(block);
                }
            }
        });
        fed.map_err(|error: SourceError| CmsError::from(error))?;
        if timed_out { Err(CmsError::TimedOut) } else { Ok(()) }
    }

    /// Where a hole begins, what passed so far is the first part of what its signature covers.
    fn turn(&mut self, at: u64, wanted: &[Wanted<'_>]) {
        for (part, Wanted { named, algorithms }) in self.parts.iter_mut().zip(wanted) {
            if named.hole.start == at {
                let chosen = self.whole.iter().filter(|hasher| algorithms.contains(&hasher.algorithm()));
                *part = chosen.cloned().collect();
            }
        }
    }
}

/// Small enough to stay in the processor's cache while several digests pass over it.
const BLOCK: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::NoDeadline;

    #[test]
    fn one_pass_gives_what_a_pass_for_each_would() {
        let file: Vec<u8> = (0..200_000_u32).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect();
        let source: &[u8] = &file;
        let named = |start, end, last| Named { hole: start..end, end: last };
        let all = [
            named(10, 20, 1000),
            named(1500, 1600, 100_000),
            named(0, 5, 5),
            named(120_000, 150_000, 200_000),
            named(1550, 1700, 200_000),
        ];
        let algorithms = vec![DigestAlgorithm::Sha256, DigestAlgorithm::Sha512];
        let wanted: Vec<_> = all.iter().map(|named| Wanted { named, algorithms: &algorithms }).collect();
        let Passed { sha256, covered: parts, .. } = digest(&source, &wanted, &NoDeadline).unwrap();
        assert_eq!(sha256.as_bytes(), DigestAlgorithm::Sha256.digest(&file).as_bytes());
        for (named, digests) in all.iter().zip(&parts) {
            let place = |at: u64| usize::try_from(at).unwrap();
            let covered = [&file[..place(named.hole.start)], &file[place(named.hole.end)..place(named.end)]].concat();
            for algorithm in &algorithms {
                let expected = algorithm.digest(&covered);
                assert_eq!(digests.get(*algorithm).unwrap().as_bytes(), expected.as_bytes(), "{named:?}");
            }
        }
    }
}
