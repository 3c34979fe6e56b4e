//! The revisions of a file: each is what an incremental update added (ISO 32000-2 §7.5.6).

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use crate::pdf::object::Dictionary;
use crate::pdf::xref::Section;

pub use crate::pdf::xref::Place;

/// What was written at once: the first form of the file, or an update of it.
#[derive(Debug)]
pub struct Revision {
    /// The octet after its `%%EOF`; `None` where there is none, or what stands there points elsewhere.
    pub end: Option<u64>,
    /// Where its cross-references stand.
    pub sections: Vec<Range<u64>>,
    /// The numbers of the objects that it says something of, in order.
    pub objects: Vec<u32>,
    /// Whether it says two things of one object: readers differ on which one counts.
    pub ambiguous: bool,
    /// Its trailer.
    pub trailer: Rc<Dictionary>,
}

/// All that the cross-references say, revision by revision.
#[derive(Debug)]
pub(super) struct History {
    /// The first form of the file first.
    pub(super) revisions: Vec<Revision>,
    /// By object number, then by revision.
    places: Vec<(u32, u32, Place)>,
    /// Streams of objects, and what stood in them in some revision; in order.
    inside: Vec<(u32, u32)>,
}

/// A section, and where it and its revision stand.
pub(super) struct Found {
    pub(super) at: u64,
    /// Where it stands, then what it hides from old readers.
    pub(super) spans: Vec<Range<u64>>,
    /// Where its revision ends.
    pub(super) end: Option<u64>,
    pub(super) section: Section,
}

impl History {
    /// Puts sections in order that are given from the newest to the oldest; those in one list make one revision, the more
    /// important first.
    pub(super) fn new(groups: Vec<Vec<Found>>) -> Self {
        let mut history = Self { revisions: Vec::with_capacity(groups.len()), places: Vec::new(), inside: Vec::new() };
        let mut uncovered = Vec::new();
        for group in groups.into_iter().rev() {
            history.add(group, &mut uncovered);
        }
        history.places.sort_by_key(|(number, revision, _)| (*number, *revision));
        history.judge_uncovered(&uncovered);
        let inside = history.places.iter().filter_map(|(number, _, place)| match place {
            Place::In { stream, .. } => Some((*stream, *number)),
            Place::Free | Place::At { .. } => None,
        });
        history.inside = inside.collect();
        history.inside.sort_unstable();
        history
    }

    /// `uncovered` are the objects, by revision, that only those see who read the streams of hybrid sections.
    fn add(&mut self, group: Vec<Found>, uncovered: &mut Vec<(usize, u32)>) {
        let index = self.revisions.len();
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let mut places = Vec::new();
        let mut revision: Option<Revision> = None;
        for found in group {
            uncovered.extend(found.section.uncovered.into_iter().map(|object| (index, object)));
            places.extend(found.section.entries);
            match &mut revision {
                Some(revision) => {
                    revision.ambiguous |= found.section.ambiguous;
                    revision.sections.extend(found.spans);
                }
                None => {
                    revision = Some(Revision {
                        end: found.end,
                        sections: found.spans,
                        objects: Vec::new(),
                        ambiguous: found.section.ambiguous,
                        trailer: found.section.trailer,
                    });
                }
            }
        }
        places.sort_by_key(|(number, _)| *number);
        places.dedup_by_key(|(number, _)| *number);
        if let Some(mut revision) = revision {
            revision.objects = places.iter().map(|(number, _)| *number).collect();
            self.places.extend(places.into_iter().map(|(object, place)| (object, number, place)));
            self.revisions.push(revision);
        }
    }

    /// What everybody saw, and from some revision on only those who read the streams of hybrid sections.
    fn judge_uncovered(&mut self, uncovered: &[(usize, u32)]) {
        let mut hidden = HashSet::new();
        for &(index, object) in uncovered {
            let before = index.checked_sub(1).and_then(|before| self.place(object, before));
            let was_in_use = before.is_some_and(|(_, place)| place != Place::Free);
            if hidden.insert(object)
                && was_in_use
                && let Some(revision) = self.revisions.get_mut(index)
            {
                revision.ambiguous = true;
            }
        }
    }

    /// Where an object stood in a revision, and which revision put it there.
    pub(super) fn place(&self, object: u32, revision: usize) -> Option<(usize, Place)> {
        let revision = u32::try_from(revision).unwrap_or(u32::MAX);
        let after = self.places.partition_point(|(number, since, _)| (*number, *since) <= (object, revision));
        let (number, since, place) = self.places.get(after.checked_sub(1)?)?;
        (*number == object).then_some((usize::try_from(*since).ok()?, *place))
    }

    /// The objects that stood in a stream of objects in some revision.
    pub(super) fn inside(&self, container: u32) -> impl Iterator<Item = u32> {
        let first = self.inside.partition_point(|(stream, _)| *stream < container);
        let rest = self.inside.get(first..).unwrap_or_default();
        rest.iter().take_while(move |(stream, _)| *stream == container).map(|(_, number)| *number)
    }
}
