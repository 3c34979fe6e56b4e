//! Annotations of pages, the widgets of fields among them.

use std::collections::BTreeSet;

use crate::pdf::{Dictionary, Object, PdfError, Reference, View};
use crate::verify::pades::changes::change::{Change, Kind};
use crate::verify::pades::changes::compare::{Comparison, Whole, dictionary, differing};
use crate::verify::pades::changes::fields::{Fields, is_seen};
use crate::verify::pades::changes::roles::is_widget;
use crate::verify::pades::changes::value;
use crate::verify::pades::form::Field;

impl Comparison<'_> {
    pub(super) fn compare_annotations(&mut self, page: u32) -> Result<(), PdfError> {
        if !self.done.insert(Whole::Annotations(page)) {
            return Ok(());
        }
        let (old, new) = (of_page(page, self.old)?, of_page(page, self.new)?);
        let (before, after) = (Listed::new(&old), Listed::new(&new));
        let number = self.page_number(page)?;
        for added in new.iter().filter(|annotation| !before.has(annotation)) {
            self.tell_annotation(added, self.new, number, Kind::AnnotationAdded)?;
        }
        for removed in old.iter().filter(|annotation| !after.has(annotation)) {
            self.tell_annotation(removed, self.old, number, Kind::AnnotationRemoved)?;
        }
        let kept_before = old.iter().filter(|annotation| after.has(annotation));
        let kept_after = new.iter().filter(|annotation| before.has(annotation));
        if !kept_before.eq(kept_after) {
            // Which of two lies above the other.
            self.add(Change { kind: Kind::AnnotationChanged, page: number, object: None, field: None });
        }
        Ok(())
    }

    fn tell_annotation(
        &mut self,
        annotation: &Object,
        view: View<'_>,
        page: Option<u32>,
        kind: Kind,
    ) -> Result<(), PdfError> {
        let object = annotation.as_reference().map(|reference| reference.number);
        let value = view.resolve(annotation).unwrap_or(Object::Null);
        let Some(dictionary) = value.as_dictionary() else {
            // Nothing here; other programs may find something.
            self.add(Change { kind, page, object, field: None });
            return Ok(());
        };
        if is_widget(dictionary) {
            return self.tell_widget(object, page, kind);
        }
        if kind == Kind::AnnotationAdded && acts(dictionary, view)? {
            self.add(Change { kind: Kind::Action, page, object, field: None });
        }
        self.add(Change { kind, page, object, field: None });
        Ok(())
    }

    /// A widget that a page lists, or lists no more. Fields that came or went are told of with the form.
    fn tell_widget(&mut self, object: Option<u32>, page: Option<u32>, kind: Kind) -> Result<(), PdfError> {
        self.compare_forms()?;
        let field = |fields: Option<&Fields>| object.and_then(|object| fields?.numbered.get(&object).cloned());
        let (old, new) = (self.fields.as_ref().map(|(old, _)| old), self.fields.as_ref().map(|(_, new)| new));
        let (kind, field) = match (field(old), field(new), kind) {
            (None, Some(_), Kind::AnnotationAdded) | (Some(_), None, Kind::AnnotationRemoved) => return Ok(()),
            (None, None, Kind::AnnotationAdded) => (Kind::FieldAdded, None),
            (None, None, _) => (Kind::FieldRemoved, None),
            // Whoever signs shows the field, if it was not shown before; an empty field that shows nothing is no change.
            (Some(before), Some(after), Kind::AnnotationAdded)
                if after.is_signature()
                    && (is_signed(&after) && !is_signed(&before) || !is_seen(&after.dictionary, self.new)) =>
            {
                return Ok(());
            }
            (before, after, _) => (Kind::FieldMoved, after.or(before).map(|field| field.name)),
        };
        self.add(Change { kind, page, object, field });
        Ok(())
    }

    /// An annotation, a field, or both in one.
    pub(super) fn compare_widget(&mut self, number: u32) -> Result<(), PdfError> {
        if !self.done.insert(Whole::Widget(number)) {
            return Ok(());
        }
        let (old, new) = (value(number, self.old)?, value(number, self.new)?);
        let page = self.page_of(number)?;
        let field = self.field(number)?;
        let name = field.as_ref().map(|field| field.name.clone());
        let (Some(before), Some(after)) = (dictionary(old.as_ref()), dictionary(new.as_ref())) else {
            let is_field = field.is_some()
                || dictionary(old.as_ref()).or(dictionary(new.as_ref())).is_some_and(|one| is_widget(one));
            let kind = match (is_field, &old) {
                (true, _) => Kind::FieldRemoved,
                (false, None) => Kind::AnnotationAdded,
                (false, Some(_)) => Kind::AnnotationRemoved,
            };
            self.add(Change { kind, page, object: Some(number), field: name });
            return Ok(());
        };
        let names = differing(before, after);
        let is_field = field.is_some() || is_widget(before) || is_widget(after);
        let is_signature = field.is_some_and(|field| field.is_signature());
        let is_signing = is_signature && value_of(before).is_none() && value_of(after).is_some();
        for entry in names {
            let kind = match entry.as_slice() {
                b"A" | b"AA" => Kind::Action,
                b"Kids" if is_field => {
                    self.compare_forms()?;
                    continue;
                }
                _ if !is_field => Kind::AnnotationChanged,
                b"AP" => {
                    self.looks.push(number);
                    continue;
                }
                b"V" if is_signature => {
                    self.compare_signature(before, after, number, page, name.as_ref());
                    continue;
                }
                b"V" | b"AS" | b"I" | b"RV" => {
                    self.filled.extend(name.clone());
                    Kind::Filled
                }
                // What is not there is 0 (table 227).
                b"Ff" if before.get(&entry).is_none() && after.get(&entry) == Some(&Object::Integer(0)) => continue,
                b"DA" | b"BS" => {
                    self.styles.push(number);
                    continue;
                }
                // Who closes a field when signing says so in its flags (ISO 32000-2 §12.7.5.5, table 236).
                b"Ff" if is_closed(before, after) => Kind::FieldsLocked,
                b"F" if is_signing => continue,
                b"StructParent" if before.get(&entry).is_some() => Kind::Structure,
                b"M" | b"StructParent" | b"P" => continue,
                _ => Kind::FieldDefinition,
            };
            self.add(Change { kind, page, object: Some(number), field: name.clone() });
        }
        Ok(())
    }

    fn compare_signature(
        &mut self,
        before: &Dictionary,
        after: &Dictionary,
        number: u32,
        page: Option<u32>,
        name: Option<&Vec<u8>>,
    ) {
        let kind = match (value_of(before), value_of(after)) {
            (None, Some(_)) => {
                self.filled.extend(name.cloned());
                self.kind_of_signature(after)
            }
            _ => Kind::SignatureReplaced,
        };
        self.add(Change { kind, page, object: Some(number), field: name.cloned() });
    }

    /// Whether looks that changed, and rules of how to look, are explained by values that did.
    pub(super) fn judge_looks(&mut self) -> Result<(), PdfError> {
        let looks: BTreeSet<u32> = self.looks.drain(..).collect();
        for owner in looks {
            let name = self.field_name(owner)?;
            let kind = match &name {
                Some(name) if self.filled.contains(name) => {
                    if self.field(owner)?.is_some_and(|field| field.is_signature()) {
                        continue;
                    }
                    Kind::Filled
                }
                Some(_) => {
                    let had = value(owner, self.old)?;
                    let had = dictionary(had.as_ref()).and_then(|field| field.get(b"AP")).is_some();
                    if had { Kind::FieldLook } else { Kind::Filled }
                }
                None => Kind::AnnotationChanged,
            };
            let page = self.page_of(owner)?;
            self.add(Change { kind, page, object: Some(owner), field: name });
        }
        let styles: BTreeSet<u32> = self.styles.drain(..).collect();
        for owner in styles {
            let field = self.field_name(owner)?;
            if !field.as_ref().is_some_and(|name| self.filled.contains(name)) {
                let page = self.page_of(owner)?;
                self.add(Change { kind: Kind::FieldLook, page, object: Some(owner), field });
            }
        }
        Ok(())
    }
}

/// What a field says, if anything.
fn value_of(field: &Dictionary) -> Option<&Object> {
    field.get(b"V").filter(|value| !value.is_null())
}

fn is_signed(field: &Field) -> bool {
    value_of(&field.dictionary).is_some()
}

/// A list of annotations, to look in.
struct Listed<'l> {
    /// Sorted: most lists are nearly so as they stand.
    referred: Vec<Reference>,
    /// Those that stand in the list itself; nobody lists many so.
    direct: Vec<&'l Object>,
}

impl<'l> Listed<'l> {
    fn new(list: &'l [Object]) -> Self {
        let mut referred: Vec<Reference> = list.iter().filter_map(Object::as_reference).collect();
        referred.sort_unstable();
        let direct = list.iter().filter(|annotation| annotation.as_reference().is_none()).take(MAX_DIRECT).collect();
        Self { referred, direct }
    }

    fn has(&self, annotation: &Object) -> bool {
        match annotation.as_reference() {
            Some(reference) => self.referred.binary_search(&reference).is_ok(),
            None => self.direct.contains(&annotation),
        }
    }
}

/// More annotations than these that stand in the list itself are taken for new ones.
const MAX_DIRECT: usize = 1000;

/// The annotations of a page, as it lists them.
pub(super) fn of_page(page: u32, view: View<'_>) -> Result<Vec<Object>, PdfError> {
    Ok(list_of(page, view)?.as_array().unwrap_or_default().to_vec())
}

/// The list itself, shared and not copied.
fn list_of(page: u32, view: View<'_>) -> Result<Object, PdfError> {
    let page = value(page, view)?;
    let list = dictionary(page.as_ref()).map(|page| view.get(page, b"Annots")).transpose()?;
    Ok(list.unwrap_or(Object::Null))
}

/// Whether a page lists an annotation; not known, and so no, where the list is long.
pub(super) fn lists(page: u32, annotation: u32, view: View<'_>) -> Result<bool, PdfError> {
    let list = list_of(page, view)?;
    let list = list.as_array().unwrap_or_default();
    let is_this = |listed: &Object| listed.as_reference().is_some_and(|listed| listed.number == annotation);
    Ok(list.len() <= MAX_SEARCHED && list.iter().any(is_this))
}

/// Annotations of a page among which one is searched for each time.
const MAX_SEARCHED: usize = 256;

/// Whether an annotation does something when it is touched.
fn acts(annotation: &Dictionary, view: View<'_>) -> Result<bool, PdfError> {
    if annotation.get(b"AA").is_some() {
        return Ok(true);
    }
    let action = view.get(annotation, b"A")?;
    let kind = action.as_dictionary().and_then(|action| action.get(b"S")).and_then(Object::as_name);
    Ok(!action.is_null() && !matches!(kind, Some(b"URI" | b"GoTo")))
}

/// Whether the only difference of two sets of flags is that a field may not be changed any more.
fn is_closed(before: &Dictionary, after: &Dictionary) -> bool {
    let flags = |field: &Dictionary| field.get(b"Ff").map_or(Some(0), Object::as_integer);
    flags(before).zip(flags(after)).is_some_and(|(before, after)| before | 1 == after)
}
