//! Marks of signature dictionaries in the octets of a file: they are there even where no object leads to them.

use memchr::memmem::Finder;

/// Looks for `/ByteRange` in octets that pass piece by piece.
pub(super) struct Marks {
    finder: Finder<'static>,
    /// The end of what has passed, too short for a mark, so that one across two pieces is seen.
    carry: Vec<u8>,
    /// How many octets have passed.
    passed: u64,
    offsets: Vec<u64>,
    too_many: bool,
}

const MARK: &[u8] = b"/ByteRange";

/// More are not counted; the signatures of a file that are judged are fewer.
const MAX_OFFSETS: usize = 10_000;

impl Marks {
    pub(super) fn new() -> Self {
        let finder = Finder::new(MARK);
        Self { finder, carry: Vec::new(), passed: 0, offsets: Vec::new(), too_many: false }
    }

    /// Where they begin, in their order.
    pub(super) fn offsets(&self) -> &[u64] {
        &self.offsets
    }

    /// Whether there are more than are told.
    pub(super) const fn too_many(&self) -> bool {
        self.too_many
    }

    pub(super) fn update(&mut self, piece: &[u8]) {
        let carried = self.carry.len();
        self.carry.extend_from_slice(piece.get(..MARK.len() - 1).unwrap_or(piece));
        let across = self.finder.find(&self.carry).map(|at| self.passed + offset(at) - offset(carried));
        self.add(across);
        let (finder, passed) = (self.finder.clone(), self.passed);
        self.add(finder.find_iter(piece).map(|at| passed + offset(at)));
        self.passed += offset(piece.len());
        if let Some(end) = piece.len().checked_sub(MARK.len() - 1).and_then(|start| piece.get(start..)) {
            self.carry.clear();
            self.carry.extend_from_slice(end);
        } else {
            let surplus = self.carry.len().saturating_sub(MARK.len() - 1);
            self.carry.drain(..surplus);
        }
    }

    fn add(&mut self, found: impl IntoIterator<Item = u64>) {
        for offset in found {
            if self.offsets.len() >= MAX_OFFSETS {
                self.too_many = true;
                return;
            }
            self.offsets.push(offset);
        }
    }
}

fn offset(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_seen_however_the_octets_are_cut() {
        let text = b"/ByteRange//ByteRang/ByteRange /Byte/ByteRange";
        for len in 1..text.len() {
            let mut marks = Marks::new();
            text.chunks(len).for_each(|piece| marks.update(piece));
            assert_eq!(marks.offsets(), [0, 20, 36], "pieces of {len}");
        }
        let mut marks = Marks::new();
        marks.update(&MARK.repeat(MAX_OFFSETS + 1));
        assert!(marks.too_many() && marks.offsets().len() == MAX_OFFSETS);
    }
}
