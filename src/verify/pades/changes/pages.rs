//! The pages of a revision.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::pdf::{Object, PdfError, Reference, View};
use crate::verify::pades::changes::value;

/// The pages, by object.
pub(super) struct Pages {
    /// In their order; 0 for what is none.
    order: Vec<u32>,
    /// The number of each, counted from 1.
    numbers: HashMap<u32, u32>,
}

impl Pages {
    pub(super) fn of(view: View<'_>) -> Result<Rc<Self>, PdfError> {
        let order = in_order(view)?;
        let numbers = order.iter().copied().zip(1..).collect();
        Ok(Rc::new(Self { order, numbers }))
    }

    /// Whether they are the same as others, in the same order.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.order == other.order
    }

    pub(super) fn number(&self, object: u32) -> Option<u32> {
        self.numbers.get(&object).copied()
    }

    /// For each object of theirs the first page that it is part of.
    pub(super) fn first(&self, view: View<'_>) -> Result<HashMap<u32, u32>, PdfError> {
        let mut first = HashMap::new();
        for (page, number) in self.order.iter().zip(1..) {
            first.entry(*page).or_insert(number);
            let mut open = vec![*page];
            while let Some(next) = open.pop() {
                let Some(value) = value(next, view)? else { continue };
                value.references(&mut |Reference { number: object, .. }| {
                    // What an earlier page has, and all that belongs to it, is known.
                    let is_new = !self.numbers.contains_key(&object) && !first.contains_key(&object);
                    if is_new && view.place(object).is_some() {
                        first.insert(object, number);
                        open.push(object);
                    }
                });
            }
        }
        Ok(first)
    }
}

fn in_order(view: View<'_>) -> Result<Vec<u32>, PdfError> {
    let trailer = view.trailer();
    let root = view.get(&trailer, b"Root")?;
    let mut pages = Vec::new();
    let mut seen = HashSet::new();
    let mut open: Vec<Object> = root.as_dictionary().and_then(|root| root.get(b"Pages")).cloned().into_iter().collect();
    while let Some(next) = open.pop() {
        let number = next.as_reference().map_or(0, |reference| reference.number);
        if number != 0 && !seen.insert(number) {
            // A circle is no list of pages.
            pages.push(0);
            continue;
        }
        let Ok(node) = view.resolve(&next) else { continue };
        let Some(node) = node.as_dictionary() else { continue };
        match view.get(node, b"Kids")?.as_array() {
            Some(kids) => open.extend(kids.iter().rev().cloned()),
            None => pages.push(number),
        }
    }
    Ok(pages)
}
