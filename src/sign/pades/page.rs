//! The pages of a file, as far as a signature needs one.

use std::collections::HashSet;

use crate::pdf::{Object, PdfError, Reference, View};

/// More pages than these are not counted.
const MAX_NODES: usize = 200_000;

/// The object of a page, counted from 1; or how many there are.
pub(super) fn find(view: View<'_>, wanted: usize) -> Result<Result<Reference, usize>, PdfError> {
    let root = view.get(&view.trailer(), b"Root")?;
    let first = root.as_dictionary().and_then(|root| root.get(b"Pages")).and_then(Object::as_reference);
    let mut open: Vec<Reference> = first.into_iter().collect();
    let mut seen = HashSet::new();
    let mut count = 0;
    // The next to look at is at the end.
    while let Some(node) = open.pop() {
        if !seen.insert(node) || seen.len() > MAX_NODES {
            return Err(PdfError::BadObject { number: node.number });
        }
        let value = view.resolve(&Object::Reference(node))?;
        let Some(dictionary) = value.as_dictionary() else { continue };
        let kids = view.get(dictionary, b"Kids")?;
        if let Some(kids) = kids.as_array() {
            open.extend(kids.iter().rev().filter_map(Object::as_reference));
            continue;
        }
        count += 1;
        if count == wanted {
            return Ok(Ok(node));
        }
    }
    Ok(Err(count))
}
