//! What widgets look like: whether anything of it is seen, and where.

use std::rc::Rc;

use crate::pdf::{Dictionary, Indirect, Object, PdfError, View};

/// Flag of an annotation: not shown (ISO 32000-2 table 167).
const HIDDEN: i64 = 0b10;

/// More octets of a look are not read: there is something in it.
const MAX_BLANK: usize = 4096;

/// Whether a field has a look that is seen, its own or that of a widget below it.
pub(super) fn is_seen(field: &Dictionary, view: View<'_>) -> bool {
    has_look(field, view) || any_below(field, view, &|kid| has_look(kid, view) || kid.get(b"Kids").is_some())
}

/// Whether a field, or a widget below it, has a look without a box: some programs draw it anywhere on the page, whatever place
/// the widget names.
pub(super) fn is_boundless(field: &Dictionary, view: View<'_>) -> bool {
    has_boundless_look(field, view) || any_below(field, view, &|kid| has_boundless_look(kid, view))
}

/// Whether something holds of a widget below; what cannot be read might be anything.
fn any_below(field: &Dictionary, view: View<'_>, holds: &dyn Fn(&Dictionary) -> bool) -> bool {
    let holds = |kid: &Object| view.resolve(kid).map_or(true, |kid| kid.as_dictionary().is_some_and(|kid| holds(kid)));
    view.get(field, b"Kids").is_ok_and(|kids| kids.as_array().unwrap_or_default().iter().any(holds))
}

/// Whether a widget has a look of its own that is seen: a box with an area, and something in it.
fn has_look(widget: &Dictionary, view: View<'_>) -> bool {
    let hidden = view.get(widget, b"F").ok().and_then(|flags| flags.as_integer());
    let hidden = hidden.is_some_and(|flags| u32::try_from(flags).is_ok() && flags & HIDDEN != 0);
    let seen = || has_area(widget, view) && is_drawn(widget, view) || has_boundless_look(widget, view);
    widget.is_ambiguous() || !hidden && seen()
}

fn has_area(widget: &Dictionary, view: View<'_>) -> bool {
    let number = |value: &Object| view.resolve(value).ok().and_then(|value| value.as_number());
    let side = |one: &Object, other: &Object| {
        number(one).zip(number(other)).is_none_or(|(one, other)| (one - other).abs() > 0.0)
    };
    view.get(widget, b"Rect").is_ok_and(|sides| match sides.as_array() {
        Some([left, bottom, right, top]) => side(left, right) && side(bottom, top),
        Some(_) => true,
        None => false,
    })
}

/// Whether programs draw anything for a widget: its look, a frame and a ground by `MK` (all its entries but the rotation), and
/// some a look of their own where something is signed.
fn is_drawn(widget: &Dictionary, view: View<'_>) -> bool {
    let has_more_than_rotation = |style: &Object| {
        style.as_dictionary().is_some_and(|style| style.iter().any(|(name, _)| name.as_bytes() != b"R"))
    };
    let is_there = |name| view.get(widget, name).map_or(true, |value| !value.is_null());
    let draws = || looks(widget, view).map_or(true, |looks| looks.iter().any(|look| !is_blank(look, view)));
    is_there(b"V")
        || view.get(widget, b"MK").map_or(true, |style| has_more_than_rotation(&style))
        || (is_there(b"AP") && draws())
}

fn is_blank(look: &Indirect, view: View<'_>) -> bool {
    view.decode_within(look, MAX_BLANK).is_ok_and(|octets| octets.iter().all(u8::is_ascii_whitespace))
}

fn has_boundless_look(widget: &Dictionary, view: View<'_>) -> bool {
    let is_boundless = |look: &Rc<Indirect>| {
        let bounds = look.value.as_dictionary().map(|entries| view.get(entries, b"BBox"));
        let bounds = bounds.and_then(Result::ok);
        let sides = bounds.as_ref().and_then(Object::as_array).unwrap_or_default();
        let is_number = |side: &Object| view.resolve(side).is_ok_and(|side| side.as_number().is_some());
        sides.len() != 4 || !sides.iter().all(is_number)
    };
    looks(widget, view).is_ok_and(|looks| looks.iter().any(|look| is_boundless(look) && !is_blank(look, view)))
}

/// The appearance streams of a widget (ISO 32000-2 table 170), for all its states.
fn looks(widget: &Dictionary, view: View<'_>) -> Result<Vec<Rc<Indirect>>, PdfError> {
    let mut found = Vec::new();
    let appearance = view.get(widget, b"AP")?;
    for (_, look) in appearance.as_dictionary().into_iter().flat_map(|entries| entries.iter()) {
        if let Some(stream) = stream(look, view)? {
            found.push(stream);
            continue;
        }
        let states = view.resolve(look)?;
        for (_, state) in states.as_dictionary().into_iter().flat_map(|states| states.iter()) {
            found.extend(stream(state, view)?);
        }
    }
    Ok(found)
}

fn stream(value: &Object, view: View<'_>) -> Result<Option<Rc<Indirect>>, PdfError> {
    let object = value.as_reference().map(|reference| view.object(reference.number)).transpose()?.flatten();
    Ok(object.filter(|object| object.stream.is_some()))
}
