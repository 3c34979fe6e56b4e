//! The pages of a revision.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::pdf::{Object, PdfError, Reference, View};
use crate::verify::pades::changes::value;

/// Where an object is shown.
#[derive(Clone, Copy)]
pub(super) enum Shown {
    /// On this page, counted from 1.
    On(u32),
    OnMany,
}

impl Shown {
    /// The page, where it is one.
    pub(super) const fn page(self) -> Option<u32> {
        match self {
            Self::On(page) => Some(page),
            Self::OnMany => None,
        }
    }
}

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

    /// The first place where others stand, or none; `None` where they are the same, in the same order.
    pub(super) fn differ_from(&self, other: &Self) -> Option<u32> {
        let same = self.order.iter().zip(&other.order).take_while(|(one, other)| one == other).count();
        let differ = same < self.order.len().max(other.order.len());
        differ.then(|| u32::try_from(same + 1).unwrap_or(u32::MAX))
    }

    pub(super) fn number(&self, object: u32) -> Option<u32> {
        self.numbers.get(&object).copied()
    }

    /// The objects and numbers of all, in their order.
    pub(super) fn all(&self) -> impl Iterator<Item = (u32, u32)> {
        self.order.iter().copied().zip(1..)
    }

    /// For each object of theirs where it is shown.
    pub(super) fn shown(&self, view: View<'_>) -> Result<HashMap<u32, Shown>, PdfError> {
        let mut shown = HashMap::new();
        let mut shared = Vec::new();
        for (page, number) in self.all() {
            shown.entry(page).or_insert(Shown::On(number));
            let mut open = vec![page];
            while let Some(next) = open.pop() {
                for object in self.parts(next, view)? {
                    match shown.get(&object) {
                        None => {
                            shown.insert(object, Shown::On(number));
                            open.push(object);
                        }
                        Some(Shown::On(other)) if *other != number => shared.push(object),
                        Some(_) => {}
                    }
                }
            }
        }
        // All that belongs to what several pages have in common is common to them.
        while let Some(next) = shared.pop() {
            if !matches!(shown.insert(next, Shown::OnMany), Some(Shown::OnMany)) {
                shared.extend(self.parts(next, view)?);
            }
        }
        Ok(shown)
    }

    /// What an object refers to, other than pages.
    fn parts(&self, object: u32, view: View<'_>) -> Result<Vec<u32>, PdfError> {
        let mut parts = Vec::new();
        if let Some(value) = value(object, view)? {
            value.references(&mut |Reference { number, .. }| {
                if !self.numbers.contains_key(&number) && view.place(number).is_some() {
                    parts.push(number);
                }
            });
        }
        Ok(parts)
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
