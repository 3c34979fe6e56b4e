//! The form and its fields.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::pdf::{Dictionary, Object, PdfError, View};
use crate::verify::pades::changes::change::{Change, Kind};
use crate::verify::pades::changes::compare::{Comparison, Whole, differing};
use crate::verify::pades::changes::looks::{is_boundless, is_seen};
use crate::verify::pades::changes::same;
use crate::verify::pades::form::{self, Field};

/// The fields of a form.
#[derive(Default)]
pub(super) struct Fields {
    /// By object.
    pub(super) numbered: BTreeMap<u32, Field>,
    /// Those that stand inside another object, in their order.
    direct: Vec<Field>,
}

impl Fields {
    fn of(view: View<'_>) -> Result<Self, PdfError> {
        let mut fields = Self::default();
        for field in form::fields(view)? {
            match field.number {
                Some(number) => drop(fields.numbered.insert(number, field)),
                None => fields.direct.push(field),
            }
        }
        Ok(fields)
    }

    /// Whether there is a field that programs draw by the rules of the form.
    fn are_drawn(&self) -> bool {
        self.all().any(|field| !field.is_signature() && !is_node(field))
    }

    fn has_name(&self, name: &[u8]) -> bool {
        self.all().any(|field| field.name == name)
    }

    fn all(&self) -> impl Iterator<Item = &Field> {
        self.numbered.values().chain(&self.direct)
    }
}

impl Comparison<'_> {
    pub(super) fn compare_forms(&mut self) -> Result<(), PdfError> {
        if !self.done.insert(Whole::Form) {
            return Ok(());
        }
        let (old, new) = (form_dictionary(self.old)?, form_dictionary(self.new)?);
        for name in differing(&old, &new) {
            let (before, after) = (self.old.get(&old, &name)?, self.new.get(&new, &name)?);
            match name.as_slice() {
                b"Fields" | b"SigFlags" => {}
                b"DR" if before.is_null() || has_all_resources(&before, &after) => self.tell_form()?,
                b"DA" if before.is_null() => self.tell_form()?,
                b"NeedAppearances" => self.tell_form()?,
                _ => self.tell(Kind::FormSettings, None),
            }
        }
        self.read_fields()?;
        let Some((old, new)) = &self.fields else { return Ok(()) };
        let is_direct_changed = !old.direct.iter().map(identity).eq(new.direct.iter().map(identity));
        let (old, new) = (&old.numbered, &new.numbered);
        let added: Vec<_> =
            new.iter().filter(|(number, _)| !old.contains_key(number)).map(|(_, field)| field.clone()).collect();
        let removed: Vec<_> =
            old.iter().filter(|(number, _)| !new.contains_key(number)).map(|(_, field)| field.clone()).collect();
        // Its name says which locks are for it, and what it inherits is part of it.
        let renamed: Vec<_> = new
            .iter()
            .filter(|(number, field)| old.get(number).is_some_and(|before| !is_same_field(before, field)))
            .map(|(_, field)| field.clone())
            .collect();
        if is_direct_changed {
            self.tell(Kind::FieldDefinition, None);
        }
        for field in added {
            self.tell_new_field(&field)?;
        }
        for field in renamed {
            self.add(Change { kind: Kind::FieldDefinition, page: None, object: field.number, field: Some(field.name) });
        }
        for field in removed {
            let signed = field.is_signature() && field.dictionary.get(b"V").is_some();
            let kind = if signed { Kind::SignatureReplaced } else { Kind::FieldRemoved };
            self.add(Change { kind, page: None, object: field.number, field: Some(field.name) });
        }
        Ok(())
    }

    fn tell_new_field(&mut self, field: &Field) -> Result<(), PdfError> {
        let page = match field.number {
            Some(number) => self.page_of(number)?,
            None => None,
        };
        let is_taken = self.fields.as_ref().is_some_and(|(old, _)| !is_node(field) && old.has_name(&field.name));
        if is_taken && field.dictionary.get(b"T").is_some() {
            // What has the name of another shares its value, and is taken for it.
            self.add(Change { kind: Kind::FieldAdded, page, object: field.number, field: Some(field.name.clone()) });
            return Ok(());
        }
        let is_boundless = is_boundless(&field.dictionary, self.new);
        let mut tell = |kind| self.add(Change { kind, page, object: field.number, field: Some(field.name.clone()) });
        if is_boundless {
            tell(Kind::BoundlessLook);
        }
        if field.dictionary.get(b"A").is_some() || field.dictionary.get(b"AA").is_some() {
            tell(Kind::Action);
        }
        if !field.is_signature() {
            // A node that only holds others is told of by them.
            if !is_node(field) {
                tell(Kind::FieldAdded);
            }
            return Ok(());
        }
        let kind = match field.dictionary.get(b"V") {
            Some(value) if !value.is_null() => self.kind_of_signature(&field.dictionary),
            _ if field.is_parent || self.is_widget_of_signature(&field.dictionary) => return Ok(()),
            _ if is_seen(&field.dictionary, self.new) => Kind::FieldWithLook,
            _ => Kind::SignatureField,
        };
        self.filled.insert(field.name.clone());
        self.add(Change { kind, page, object: field.number, field: Some(field.name.clone()) });
        Ok(())
    }

    /// Whether an object is a widget, and no field, below one that is signed: it is told of with that one.
    fn is_widget_of_signature(&self, widget: &Dictionary) -> bool {
        let parent = widget.get(b"Parent").and_then(Object::as_reference);
        let parent = parent.and_then(|parent| self.fields.as_ref()?.1.numbered.get(&parent.number));
        widget.get(b"T").is_none() && parent.is_some_and(|parent| parent.dictionary.get(b"V").is_some())
    }

    pub(super) fn kind_of_signature(&self, field: &Dictionary) -> Kind {
        let value = self.new.get(field, b"V").unwrap_or(Object::Null);
        let entry = |name: &[u8]| value.as_dictionary().and_then(|value| self.new.get(value, name).ok());
        let is_timestamp = entry(b"SubFilter").is_some_and(|name| name.as_name() == Some(b"ETSI.RFC3161"));
        match (is_timestamp, is_seen(field, self.new)) {
            (true, false) => Kind::DocumentTimestamp,
            (true, true) => Kind::VisibleTimestamp,
            (false, true) => Kind::VisibleSignature,
            (false, false) => Kind::Signature,
        }
    }

    fn read_fields(&mut self) -> Result<(), PdfError> {
        if self.fields.is_none() {
            let before = self.before.fields.take().map_or_else(|| Fields::of(self.old), Ok)?;
            self.fields = Some((before, Fields::of(self.new)?));
        }
        Ok(())
    }

    /// What it means that there is more to draw fields with than before.
    pub(super) fn form_kind(&mut self) -> Result<Kind, PdfError> {
        self.read_fields()?;
        let drawn = self.fields.as_ref().is_some_and(|(old, _)| old.are_drawn());
        Ok(if drawn { Kind::LooksRenewed } else { Kind::FormPrepared })
    }

    fn tell_form(&mut self) -> Result<(), PdfError> {
        let kind = self.form_kind()?;
        self.tell(kind, None);
        Ok(())
    }

    /// The field that an object is, or was.
    pub(super) fn field(&mut self, number: u32) -> Result<Option<Field>, PdfError> {
        self.read_fields()?;
        let found = self.fields.as_ref();
        let found = found.and_then(|(old, new)| new.numbered.get(&number).or_else(|| old.numbered.get(&number)));
        Ok(found.cloned())
    }

    pub(super) fn field_name(&mut self, number: u32) -> Result<Option<Vec<u8>>, PdfError> {
        Ok(self.field(number)?.map(|field| field.name))
    }
}

/// What a field that stands inside another object is known by.
fn identity(field: &Field) -> (&[u8], &[u8], &Dictionary) {
    (&field.name, &field.kind, &field.dictionary)
}

/// Whether a field has the place among the others that it had.
fn is_same_field(before: &Field, after: &Field) -> bool {
    before.name == after.name && before.kind == after.kind
}

/// Whether a field is nothing but a name above others.
fn is_node(field: &Field) -> bool {
    field.is_parent && field.dictionary.iter().all(|(name, _)| matches!(name.as_bytes(), b"T" | b"Kids" | b"Parent"))
}

fn form_dictionary(view: View<'_>) -> Result<Rc<Dictionary>, PdfError> {
    let trailer = view.trailer();
    let root = view.get(&trailer, b"Root")?;
    let form = root.as_dictionary().map(|catalog| view.get(catalog, b"AcroForm")).transpose()?;
    Ok(form.as_ref().and_then(Object::as_dictionary).cloned().unwrap_or_default())
}

/// Whether all that looks of fields are drawn with is still there (ISO 32000-2 table 34); of other entries nothing is drawn.
fn has_all_resources(before: &Object, after: &Object) -> bool {
    const DRAWN: [&[u8]; 8] =
        [b"Font", b"XObject", b"ExtGState", b"ColorSpace", b"Pattern", b"Shading", b"Properties", b"Encoding"];
    let (Some(before), Some(after)) = (before.as_dictionary(), after.as_dictionary()) else { return false };
    DRAWN.iter().all(|name| {
        before.get(name).is_none_or(|value| after.get(name).is_some_and(|later| same::is_extended(value, later)))
    })
}
