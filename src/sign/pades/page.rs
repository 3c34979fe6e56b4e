//! The pages of a file, as far as a signature needs one: where a box on the page, as it is seen, stands in the file.

use std::collections::HashSet;

use crate::pdf::{Object, PdfError, Reference, View};

/// A page, as it is seen.
pub(super) struct Page {
    pub(super) id: Reference,
    /// What is shown of it: left, bottom, right, top, before it is turned.
    shown: [f64; 4],
    pub(super) rotation: Rotation,
}

/// How far a page is turned, clockwise, to be looked at (ISO 32000-2 table 31).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rotation {
    Upright,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Rotation {
    /// A number that is no multiple of 90 turns nothing.
    pub(super) const fn of(degrees: i64) -> Self {
        match degrees.rem_euclid(360) {
            90 => Self::Quarter,
            180 => Self::Half,
            270 => Self::ThreeQuarters,
            _ => Self::Upright,
        }
    }

    pub(super) const fn degrees(self) -> i64 {
        match self {
            Self::Upright => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }

    /// What turns back (§8.3.3).
    pub(super) const fn matrix(self) -> [f64; 6] {
        match self {
            Self::Upright => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
            Self::Quarter => [0.0, 1.0, -1.0, 0.0, 0.0, 0.0],
            Self::Half => [-1.0, 0.0, 0.0, -1.0, 0.0, 0.0],
            Self::ThreeQuarters => [0.0, -1.0, 1.0, 0.0, 0.0, 0.0],
        }
    }

    /// Width and height of what is this wide and high in the file.
    pub(super) const fn seen(self, width: f64, height: f64) -> (f64, f64) {
        match self {
            Self::Upright | Self::Half => (width, height),
            Self::Quarter | Self::ThreeQuarters => (height, width),
        }
    }
}

impl Page {
    /// The corners, in the file, of a box on the page as it is seen, from its lower left corner; `None` where it
    /// reaches over the edge, or is no box.
    pub(super) fn place(&self, [left, bottom, right, top]: [f64; 4]) -> Option<[f64; 4]> {
        let [shown_left, shown_bottom, shown_right, shown_top] = self.shown;
        let (width, height) = (shown_right - shown_left, shown_top - shown_bottom);
        let (seen_width, seen_height) = self.rotation.seen(width, height);
        let is_inside =
            0.0 <= left && left < right && right <= seen_width && 0.0 <= bottom && bottom < top && top <= seen_height;
        let [left, bottom, right, top] = match self.rotation {
            Rotation::Upright => [left, bottom, right, top],
            Rotation::Quarter => [width - top, left, width - bottom, right],
            Rotation::Half => [width - right, height - top, width - left, height - bottom],
            Rotation::ThreeQuarters => [bottom, height - right, top, height - left],
        };
        is_inside.then_some([left + shown_left, bottom + shown_bottom, right + shown_left, top + shown_bottom])
    }
}

/// How far the page with this object is turned.
pub(super) fn rotation(page: Reference, view: View<'_>) -> Result<Rotation, PdfError> {
    Ok(Rotation::of(inherited(page, b"Rotate", view)?.as_integer().unwrap_or_default()))
}

/// More pages than these are not counted.
const MAX_NODES: usize = 200_000;

/// Nodes above a page beyond these are not asked.
const MAX_DEPTH: usize = 64;

/// A page, counted from 1; or how many there are.
pub(super) fn find(view: View<'_>, wanted: usize) -> Result<Result<Page, usize>, PdfError> {
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
            return Ok(Ok(Page { id: node, shown: shown(node, view)?, rotation: rotation(node, view)? }));
        }
    }
    Ok(Err(count))
}

/// `CropBox` as far as it lies in `MediaBox` (§14.11.2).
fn shown(page: Reference, view: View<'_>) -> Result<[f64; 4], PdfError> {
    /// What readers take where a page has no size.
    const LETTER: [f64; 4] = [0.0, 0.0, 612.0, 792.0];
    let corners = |entry| -> Result<Option<[f64; 4]>, PdfError> { corners(&inherited(page, entry, view)?, view) };
    let [left, bottom, right, top] = corners(b"MediaBox")?.unwrap_or(LETTER);
    let crop = corners(b"CropBox")?.unwrap_or([left, bottom, right, top]);
    let [crop_left, crop_bottom, crop_right, crop_top] = crop;
    Ok([crop_left.max(left), crop_bottom.max(bottom), crop_right.min(right), crop_top.min(top)])
}

/// A rectangle (§7.9.5), its lower left corner first whichever two it names.
pub(super) fn corners(rectangle: &Object, view: View<'_>) -> Result<Option<[f64; 4]>, PdfError> {
    let Some(members) = rectangle.as_array() else { return Ok(None) };
    let members = members.iter().map(|member| Ok(view.resolve(member)?.as_number()));
    let numbers: Option<Vec<f64>> = members.collect::<Result<_, PdfError>>()?;
    Ok(match numbers.as_deref() {
        Some([a, b, c, d]) => Some([a.min(*c), b.min(*d), a.max(*c), b.max(*d)]),
        _ => None,
    })
}

/// An entry of a page, or of the nearest node above that has it (§7.7.3.4).
fn inherited(page: Reference, entry: &[u8], view: View<'_>) -> Result<Object, PdfError> {
    let mut node = Object::Reference(page);
    for _ in 0..MAX_DEPTH {
        let value = view.resolve(&node)?;
        let Some(dictionary) = value.as_dictionary() else { break };
        let own = view.get(dictionary, entry)?;
        if !own.is_null() {
            return Ok(own);
        }
        node = dictionary.get(b"Parent").cloned().unwrap_or(Object::Null);
    }
    Ok(Object::Null)
}
