//! What is not as the standard has it and is read nevertheless, as all software reads it. It is told, and where: what follows
//! a signature must be beyond doubt, so such a place behind it is more than a remark.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// Something that was read although it is not right.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Repair {
    /// The cross-references lead nowhere: objects and revisions are those that a search of all octets finds.
    IndexRebuilt,
    /// The first section has a `/Prev`, and nothing stands before it.
    PrevIgnored,
    /// A table counts its objects from 1, and begins with the entry that has number 0.
    NumberedFromOne,
    /// No `%%EOF` ends the file.
    NoEndMark,
    /// No `endobj` ends an object.
    NoEndOfObject,
    /// `/Length` of a stream does not lead to its end.
    StreamLength,
}

/// The repairs of a file, each with the place of the last one.
#[derive(Debug, Default)]
pub(super) struct Repairs(RefCell<BTreeMap<Repair, u64>>);

impl Repairs {
    pub(super) fn note(&self, repair: Repair, at: u64) {
        let mut repairs = self.0.borrow_mut();
        let last = repairs.entry(repair).or_insert(at);
        *last = at.max(*last);
    }

    /// Those so far, and the place of the last of each.
    pub(super) fn list(&self) -> Vec<(Repair, u64)> {
        self.0.borrow().iter().map(|(repair, at)| (*repair, *at)).collect()
    }
}
