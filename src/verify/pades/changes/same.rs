//! Whether two values are the same, and whether one is the other with something added.

use crate::pdf::{Indirect, Object, PdfError, View};

/// Whether two objects are the same, the octets of streams included.
pub(super) fn objects(one: &Indirect, other: &Indirect, view: View<'_>) -> Result<bool, PdfError> {
    Ok(one.value == other.value && streams(one, other, view)?)
}

/// Whether two objects have the same octets as streams, or are none.
pub(super) fn streams(one: &Indirect, other: &Indirect, view: View<'_>) -> Result<bool, PdfError> {
    match (&one.stream, &other.stream) {
        (None, None) => Ok(true),
        (Some(one), Some(other)) => view.document().are_same(one.clone(), other.clone()),
        _ => Ok(false),
    }
}

/// Whether `new` has all that `old` has, and perhaps more: entries of dictionaries, members at the end of arrays, larger
/// counts. References must stay.
pub(super) fn is_extended(old: &Object, new: &Object) -> bool {
    match (old, new) {
        (Object::Dictionary(old), Object::Dictionary(new)) => {
            old.iter().all(|(name, value)| new.get(name.as_bytes()).is_some_and(|later| is_extended(value, later)))
        }
        (Object::Array(old), Object::Array(new)) => {
            old.len() <= new.len() && old.iter().zip(new.iter()).all(|(old, new)| is_extended(old, new))
        }
        (Object::Integer(old), Object::Integer(new)) => old <= new,
        _ => old == new,
    }
}
