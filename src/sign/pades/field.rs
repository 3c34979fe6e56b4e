//! The field that takes the signature: one that is there and empty, or a new one on a page.

use std::rc::Rc;
use std::slice;

use crate::pdf::{Dictionary, Document, Object, PdfError, Reference, View};
use crate::sign::pades::look::Area;
use crate::sign::pades::page::Rotation;
use crate::sign::pades::update::Update;
use crate::sign::pades::write::{and, entries, name, of, reference, text, with};
use crate::sign::pades::{PadesError, Place, look, page, structure};
use crate::verify::{FormField, form_fields};

/// The field, in the update.
pub(super) struct Field {
    /// Its full name.
    pub(super) name: Vec<u8>,
    /// The object of the field.
    pub(super) id: Reference,
    /// The object that is seen; most often the same.
    widget: Reference,
    /// The page that a new one was put on.
    page: Option<Reference>,
    /// What can be drawn on, if it is seen.
    area: Option<Area>,
    /// Its entries as they were; empty for a new one.
    pub(super) dictionary: Rc<Dictionary>,
}

/// Flags of the annotation (§12.5.3): printed, and not moved.
const PRINT_AND_LOCKED: i64 = 4 | 128;
/// Flags of the form (§12.7.3): there are signatures, and updates are to be appended.
const SIGNATURES_AND_APPEND_ONLY: i64 = 1 | 2;

impl Field {
    /// Finds the field, or makes it.
    pub(super) fn find(place: Place<'_>, document: &Document<'_>, update: &mut Update<'_>) -> Result<Self, PadesError> {
        let fields = form_fields(document.last())?;
        match place {
            Place::Field(wanted) => existing(wanted, &fields, document, update),
            Place::Invisible => new(1, None, &fields, document, update),
            Place::Visible { page, corners } => new(page, Some(corners), &fields, document, update),
        }
    }

    /// Whether the signature is seen.
    pub(super) const fn is_visible(&self) -> bool {
        self.area.is_some()
    }

    /// Gives a new field its place in the structure of a tagged file.
    pub(super) fn tag(&self, catalog: Reference, update: &mut Update<'_>) -> Result<(), PdfError> {
        self.page.map_or(Ok(()), |page| structure::place(self.widget, page, catalog, update))
    }

    /// Puts the signature into the field, with its look. The same for those who do not see it goes into a new field only: of one
    /// that was there an earlier signature may cover what it says of itself.
    pub(super) fn fill(
        &self,
        signature: Reference,
        said: &str,
        lines: &[String],
        update: &mut Update<'_>,
    ) -> Result<(), PdfError> {
        let field = dictionary(&update.get(self.id)?, self.id)?;
        update.put(self.id, of(with(&field, "V", reference(signature))));
        let seen = dictionary(&update.get(self.widget)?, self.widget)?;
        let mut widget = match self.page {
            Some(_) => with(&seen, "Contents", text(said)),
            None => Dictionary::clone(&seen),
        };
        if let Some(area) = self.area {
            let look = look::draw(lines, area, update)?;
            widget = with(&widget, "AP", of(entries([("N", reference(look))])));
        }
        update.put(self.widget, of(widget));
        Ok(())
    }
}

fn existing(
    wanted: &str,
    fields: &[FormField],
    document: &Document<'_>,
    update: &mut Update<'_>,
) -> Result<Field, PadesError> {
    let unknown = || PadesError::NoSuchField(wanted.to_owned());
    let is_wanted = |field: &&FormField| field.is_signature && field.name == wanted.as_bytes();
    let field = fields.iter().find(is_wanted).ok_or_else(unknown)?;
    let view = document.last();
    if !view.get(&field.dictionary, b"V")?.is_null() {
        return Err(PadesError::FieldSigned(wanted.to_owned()));
    }
    let unusable = || PadesError::FieldUnusable(wanted.to_owned());
    let id = view.object(field.number.ok_or_else(unusable)?)?.ok_or_else(unusable)?.id;
    let kids = view.get(&field.dictionary, b"Kids")?;
    let widget = match kids.as_array() {
        None | Some([]) => id,
        Some([one]) => one.as_reference().ok_or_else(unusable)?,
        Some(_) => return Err(unusable()),
    };
    let seen = dictionary(&view.resolve(&reference(widget))?, widget)?;
    let area = match page::corners(&view.get(&seen, b"Rect")?, view)? {
        Some(corners) => area_of(corners, turned(&seen, view)?),
        None => None,
    };
    form(document, update)?;
    Ok(Field { name: field.name.clone(), id, widget, page: None, area, dictionary: Rc::clone(&field.dictionary) })
}

fn new(
    page: usize,
    corners: Option<[f64; 4]>,
    fields: &[FormField],
    document: &Document<'_>,
    update: &mut Update<'_>,
) -> Result<Field, PadesError> {
    let found = page::find(document.last(), page)?;
    let page = found.map_err(|of| PadesError::NoSuchPage { asked: page, of })?;
    let corners = corners.map(|corners| page.place(corners).ok_or(PadesError::Corners)).transpose()?;
    let corners = corners.unwrap_or_default();
    let field_name = free_name(fields);
    let id = update.number()?;
    let widget = entries([
        ("Type", name("Annot")),
        ("Subtype", name("Widget")),
        ("FT", name("Sig")),
        ("T", Object::String(field_name.as_bytes().into())),
        ("TU", text("Firma")),
        ("F", Object::Integer(PRINT_AND_LOCKED)),
        ("Rect", Object::Array(corners.map(Object::Real).into())),
        ("P", reference(page.id)),
    ]);
    let turned = match page.rotation {
        Rotation::Upright => widget,
        turned => with(&widget, "MK", of(entries([("R", Object::Integer(turned.degrees()))]))),
    };
    update.put(id, of(turned));
    append(page.id, "Annots", reference(id), update)?;
    append(form(document, update)?, "Fields", reference(id), update)?;
    let area = area_of(corners, page.rotation);
    Ok(Field { name: field_name.into_bytes(), id, widget: id, page: Some(page.id), area, dictionary: Rc::default() })
}

/// The object of the form, which says that there are signatures; made where there is none.
fn form(document: &Document<'_>, update: &mut Update<'_>) -> Result<Reference, PadesError> {
    let catalog = catalog(document)?;
    let root = dictionary(&update.get(catalog)?, catalog)?;
    let id = match root.get(b"AcroForm") {
        Some(Object::Reference(form)) if update.get(*form)?.as_dictionary().is_some() => *form,
        // One that stands in the catalogue itself becomes an object: its entries stay.
        own => {
            let id = update.number()?;
            let own = own.filter(|own| own.as_dictionary().is_some()).cloned();
            update.put(id, own.unwrap_or_else(|| of(Dictionary::default())));
            update.put(catalog, of(with(&root, "AcroForm", reference(id))));
            id
        }
    };
    let entries = dictionary(&update.get(id)?, id)?;
    let flags = entries.get(b"SigFlags").and_then(Object::as_integer).unwrap_or_default();
    if flags & SIGNATURES_AND_APPEND_ONLY != SIGNATURES_AND_APPEND_ONLY {
        update.put(id, of(with(&entries, "SigFlags", Object::Integer(flags | SIGNATURES_AND_APPEND_ONLY))));
    }
    Ok(id)
}

/// The number of the catalogue.
pub(super) fn catalog(document: &Document<'_>) -> Result<Reference, PadesError> {
    let trailer = document.last().trailer();
    trailer.get(b"Root").and_then(Object::as_reference).ok_or(PadesError::Damaged)
}

/// Appends to an array in a dictionary, wherever the array stands; what stands there alone becomes its first member.
pub(super) fn append(owner: Reference, entry: &str, member: Object, update: &mut Update<'_>) -> Result<(), PdfError> {
    let dictionary = dictionary(&update.get(owner)?, owner)?;
    match dictionary.get(entry.as_bytes()) {
        Some(Object::Reference(array)) if update.get(*array)?.as_array().is_some() => {
            let members = update.get(*array)?;
            update.put(*array, and(members.as_array().unwrap_or_default(), member));
        }
        own => {
            let members = match own {
                Some(Object::Array(members)) => members,
                None | Some(Object::Null) => &[][..],
                Some(alone) => slice::from_ref(alone),
            };
            update.put(owner, of(with(&dictionary, entry, and(members, member))));
        }
    }
    Ok(())
}

/// The entries of an object; one with a name twice, here or further inside, is refused, since nobody knows
/// which of the values is meant.
pub(super) fn dictionary(value: &Object, id: Reference) -> Result<Rc<Dictionary>, PdfError> {
    let dictionary = value.as_dictionary().filter(|dictionary| !dictionary.is_ambiguous());
    dictionary.cloned().ok_or(PdfError::BadObject { number: id.number })
}

/// How far the author of a form turned a field; without a word of that, as its page is turned.
fn turned(widget: &Dictionary, view: View<'_>) -> Result<Rotation, PdfError> {
    let own = view.get(widget, b"MK")?;
    let own = own.as_dictionary().map(|own| view.get(own, b"R")).transpose()?;
    match (own.as_ref().and_then(Object::as_integer), widget.get(b"P").and_then(Object::as_reference)) {
        (Some(degrees), _) => Ok(Rotation::of(degrees)),
        (None, Some(page)) => page::rotation(page, view),
        (None, None) => Ok(Rotation::Upright),
    }
}

/// `None` of what has no width or no height.
fn area_of([left, bottom, right, top]: [f64; 4], rotation: Rotation) -> Option<Area> {
    let (width, height) = rotation.seen(right - left, top - bottom);
    (width > 0.0 && height > 0.0).then_some(Area { width, height, rotation })
}

/// `Firma1`, or the next that no field has.
fn free_name(fields: &[FormField]) -> String {
    let taken = |name: &str| fields.iter().any(|field| field.name == name.as_bytes());
    // Of one name more than there are fields, one is free.
    (1..=fields.len() + 1).map(|number| format!("Firma{number}")).find(|name| !taken(name)).unwrap_or_default()
}
