//! What each revision changed: every object that it writes is held against what it was before, by what it is there for.
//! What no rule explains is forbidden.

mod annotations;
mod change;
mod compare;
mod fields;
mod looks;
mod pages;
mod roles;
mod same;

use std::ops::Range;

pub(in crate::verify) use change::Kind;
pub(super) use change::{Certified, Change};

use crate::pdf::{Document, Indirect, Object, PdfError, Place, Reference, View};
use crate::verify::pades::changes::compare::{Comparison, Known};
use crate::verify::pades::changes::roles::Roles;
use crate::verify::{Deadline, VerifyError};

/// What every revision after `first` changed, in their order.
pub(super) fn after(
    document: &Document<'_>,
    first: usize,
    deadline: &dyn Deadline,
) -> Result<Vec<Vec<Change>>, VerifyError> {
    let mut changes = Vec::new();
    if first + 1 >= document.revisions().len() {
        return Ok(changes);
    }
    let mut roles = Roles::of(document.at(first))?;
    let mut known = Known::default();
    for number in first + 1..document.revisions().len() {
        if deadline.passed() {
            return Err(VerifyError::TimedOut);
        }
        let (old, new) = (document.at(number - 1), document.at(number));
        let objects = changed_objects(old, new)?;
        let mut comparison = Comparison::new(old, new, &roles, known);
        comparison.compare(&objects)?;
        if has_unlisted(new)? {
            comparison.tell(Kind::Unlisted, None);
        }
        let (found, after) = comparison.finish();
        changes.push(found);
        known = after;
        let numbers: Vec<u32> = objects.iter().map(|object| object.number).collect();
        roles.update(new, &numbers)?;
    }
    Ok(changes)
}

/// An object that a revision made, changed or removed.
pub(super) struct Changed {
    number: u32,
    old: Option<Object>,
    new: Option<Object>,
    /// What is wrong with how it is there: the index leads into octets that another revision wrote, nobody knows what it is,
    /// or programs differ on that.
    doubts: Vec<Kind>,
    /// Whether the octets of a stream changed.
    octets: bool,
}

/// The objects that are not what they were.
fn changed_objects(old: View<'_>, new: View<'_>) -> Result<Vec<Changed>, PdfError> {
    let revisions = new.document().revisions();
    let Some(revision) = revisions.get(new.revision()) else { return Ok(Vec::new()) };
    let written = octets_of(new);
    let mut numbers = revision.objects.clone();
    // Whoever replaces a stream of objects replaces all that is in it.
    numbers.extend(revision.objects.iter().flat_map(|container| new.inside(*container)));
    numbers.sort_unstable();
    numbers.dedup();
    let mut changed = Vec::new();
    for number in numbers {
        let (before, after) = (read(number, old)?, read(number, new)?);
        let same = match (&before, &after) {
            (Read::Object(one), Read::Object(other)) => one.id == other.id && same::objects(one, other, new)?,
            (Read::Nothing, Read::Nothing) => true,
            _ => false,
        };
        if same {
            continue;
        }
        let outside = |offset: u64| !written.contains(&offset);
        let redirected = match new.place(number) {
            Some(Place::At { offset, .. }) => outside(offset),
            Some(Place::In { stream, .. }) => {
                matches!(new.place(stream), Some(Place::At { offset, .. }) if outside(offset))
            }
            Some(Place::Free) | None => false,
        };
        let (ambiguous, octets) = match (&before, &after) {
            (Read::Object(one), Read::Object(other)) => {
                let other_kind = one.id != other.id || one.stream.is_some() != other.stream.is_some();
                (other_kind || is_ambiguous(other, new), one.stream.is_some() && !same::streams(one, other, new)?)
            }
            (_, Read::Object(object)) => (is_ambiguous(object, new), false),
            _ => (false, false),
        };
        let doubts = [
            (redirected, Kind::Redirected),
            (ambiguous, Kind::Ambiguous),
            (matches!(after, Read::Unreadable), Kind::Unexplained),
        ];
        let doubts = doubts.into_iter().filter_map(|(holds, kind)| holds.then_some(kind)).collect();
        changed.push(Changed { number, old: before.value(), new: after.value(), doubts, octets });
    }
    Ok(changed)
}

/// Whether programs differ on what an object is: a key twice, a reference whose generation its object does not have.
fn is_ambiguous(object: &Indirect, view: View<'_>) -> bool {
    let mut dangling = false;
    object.value.references(&mut |Reference { number, generation }| {
        dangling |= match view.place(number) {
            Some(Place::At { generation: own, .. }) => own != generation,
            Some(Place::In { .. }) => generation != 0,
            Some(Place::Free) | None => false,
        };
    });
    // A reference to a reference some follow, and some do not (§7.3.10 has none).
    dangling || object.value.is_ambiguous() || object.value.as_reference().is_some()
}

/// The octets that a revision added.
fn octets_of(view: View<'_>) -> Range<u64> {
    let revisions = view.document().revisions();
    let end = |number: usize| revisions.get(number).and_then(|revision| revision.end);
    let begins = view.revision().checked_sub(1).and_then(end).unwrap_or_default();
    begins..end(view.revision()).unwrap_or_else(|| view.document().len())
}

/// Whether a revision holds an object that its cross-references do not list: programs that mend a file find it.
fn has_unlisted(view: View<'_>) -> Result<bool, PdfError> {
    let Some(revision) = view.document().revisions().get(view.revision()) else { return Ok(false) };
    let written = octets_of(view);
    let mut known = revision.sections.clone();
    for number in &revision.objects {
        if let Read::Object(object) = read(*number, view)? {
            known.extend(object.span.clone().filter(|span| written.contains(&span.start)));
        }
    }
    known.push(written.end..written.end);
    known.sort_by_key(|span| span.start);
    let mut at = written.start;
    for span in known {
        if has_object(at..span.start, view)? {
            return Ok(true);
        }
        at = at.max(span.end);
    }
    Ok(false)
}

/// Whether an object begins between two offsets.
fn has_object(span: Range<u64>, view: View<'_>) -> Result<bool, PdfError> {
    const BEGINS: &[u8] = b"obj";
    const ENDS: &[u8] = b"endobj";
    let mut at = span.start;
    while let Some(mark) = view.document().find(BEGINS, at..span.end)? {
        at = mark + 1;
        if view.document().find(ENDS, mark.saturating_sub(3)..at + 2)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

enum Read {
    Object(std::rc::Rc<Indirect>),
    Nothing,
    /// It is there, and nobody knows what it is.
    Unreadable,
}

impl Read {
    fn value(&self) -> Option<Object> {
        match self {
            Self::Object(object) => Some(object.value.clone()),
            Self::Nothing | Self::Unreadable => None,
        }
    }
}

fn read(number: u32, view: View<'_>) -> Result<Read, PdfError> {
    match view.object(number) {
        Ok(Some(object)) => Ok(Read::Object(object)),
        Ok(None) => Ok(Read::Nothing),
        Err(PdfError::BadObject { .. }) => Ok(Read::Unreadable),
        Err(error) => Err(error),
    }
}

/// The value of an object; nothing where it cannot be read.
fn value(number: u32, view: View<'_>) -> Result<Option<Object>, PdfError> {
    match view.object(number) {
        Ok(object) => Ok(object.map(|object| object.value.clone())),
        Err(PdfError::BadObject { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
