//! One revision against the one before.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use crate::pdf::{Dictionary, Object, PdfError, Reference, View};
use crate::verify::pades::changes::change::{Change, Kind};
use crate::verify::pades::changes::pages::Pages;
use crate::verify::pades::changes::roles::{Role, Roles, is_widget};
use crate::verify::pades::changes::{Changed, same, value};
use crate::verify::pades::form::{self, Field};

/// What is known of a revision when the next one is compared with it.
#[derive(Default)]
pub(super) struct Known {
    /// Fields by object.
    fields: Option<BTreeMap<u32, Field>>,
    pages: Option<Rc<Pages>>,
}

/// Finds out what a revision changed.
pub(super) struct Comparison<'d> {
    old: View<'d>,
    new: View<'d>,
    roles: &'d Roles,
    changes: Vec<Change>,
    /// The same, to look in.
    known: HashSet<Change>,
    /// What is known of the revision before.
    before: Known,
    /// Fields by object, before and after; read when they are needed.
    fields: Option<(BTreeMap<u32, Field>, BTreeMap<u32, Field>)>,
    /// Pages before and after; read when they are needed.
    pages: Option<(Rc<Pages>, Rc<Pages>)>,
    /// Whether there may be other pages than before, or the same in another order.
    repaged: bool,
    /// The first page that each object was part of before; found out when it is needed.
    first_pages: Option<HashMap<u32, u32>>,
    /// Fields whose value changed, and signature fields that were signed, by name.
    filled: HashSet<Vec<u8>>,
    /// Fields and annotations whose look changed, by object.
    looks: Vec<u32>,
    /// What was compared already, since several objects lead to it.
    done: HashSet<Whole>,
}

/// What is compared as a whole, whichever of its objects changed.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
enum Whole {
    Form,
    Pages,
    Annotations(u32),
    Widget(u32),
}

impl<'d> Comparison<'d> {
    /// `before` is what the last comparison came to know of `old`.
    pub(super) fn new(old: View<'d>, new: View<'d>, roles: &'d Roles, before: Known) -> Self {
        Self {
            old,
            new,
            roles,
            before,
            repaged: false,
            first_pages: None,
            changes: Vec::new(),
            known: HashSet::new(),
            fields: None,
            pages: None,
            filled: HashSet::new(),
            looks: Vec::new(),
            done: HashSet::new(),
        }
    }

    /// What changed, and what is known for the next comparison.
    pub(super) fn finish(self) -> (Vec<Change>, Known) {
        let kept = self.before.pages.filter(|_| !self.repaged);
        let pages = self.pages.map(|(_, after)| after).or(kept);
        (self.changes, Known { fields: self.fields.map(|(_, after)| after), pages })
    }

    /// Compares all that changed.
    pub(super) fn compare(&mut self, changed: &[Changed]) -> Result<(), PdfError> {
        let ambiguous = self.new.document().revisions().get(self.new.revision()).is_some_and(|new| new.ambiguous);
        if ambiguous {
            self.tell(Kind::Ambiguous, None);
        }
        self.repaged = self.may_be_repaged(changed)?;
        self.compare_trailers()?;
        for changed in changed {
            let roles = self.roles.roles(changed.number);
            if changed.redirected {
                self.tell(Kind::Redirected, Some(changed.number));
            }
            if changed.unreadable {
                self.tell(Kind::Unexplained, Some(changed.number));
            }
            for role in roles {
                self.compare_object(changed, role)?;
            }
        }
        self.judge_looks()?;
        if self.changes.is_empty() {
            self.tell(Kind::Unused, None);
        }
        Ok(())
    }

    pub(super) fn tell(&mut self, kind: Kind, object: Option<u32>) {
        self.add(Change { kind, page: None, object, field: None });
    }

    fn add(&mut self, change: Change) {
        if self.known.insert(change.clone()) {
            self.changes.push(change);
        }
    }

    fn compare_trailers(&mut self) -> Result<(), PdfError> {
        let (old, new) = (self.old.trailer(), self.new.trailer());
        if old.get(b"Encrypt") != new.get(b"Encrypt") {
            self.tell(Kind::Settings, None);
        }
        let root = |view: View<'_>, trailer: &Dictionary| view.get(trailer, b"Root");
        let (before, after) = (root(self.old, &old)?, root(self.new, &new)?);
        if before != after {
            match (before.as_dictionary(), after.as_dictionary()) {
                (Some(before), Some(after)) => self.compare_catalogs(before, after)?,
                _ => self.tell(Kind::Unexplained, None),
            }
        }
        let (before, after) = (self.old.get(&old, b"Info")?, self.new.get(&new, b"Info")?);
        self.compare_info(&before, &after);
        Ok(())
    }

    fn compare_info(&mut self, old: &Object, new: &Object) {
        if old == new {
            return;
        }
        let text = |value: &Object, name: &[u8]| value.as_dictionary().and_then(|info| info.get(name).cloned());
        let titles: [&[u8]; 4] = [b"Title", b"Author", b"Subject", b"Keywords"];
        let same = titles.iter().all(|name| text(old, name) == text(new, name));
        self.tell(if same { Kind::Metadata } else { Kind::Titles }, None);
    }

    fn compare_catalogs(&mut self, old: &Rc<Dictionary>, new: &Rc<Dictionary>) -> Result<(), PdfError> {
        for name in differing(old, new) {
            match name.as_slice() {
                b"AcroForm" => self.compare_forms()?,
                b"DSS" => self.tell(Kind::ValidationData, None),
                b"Extensions" | b"Version" => self.tell(Kind::Extensions, None),
                b"Metadata" => self.tell(Kind::Metadata, None),
                b"Perms" => self.tell(Kind::Certification, None),
                b"Pages" => self.compare_page_lists()?,
                b"Names" | b"Dests" => self.tell(Kind::Names, None),
                b"OCProperties" => self.tell(Kind::Layers, None),
                b"OpenAction" | b"AA" => self.tell(Kind::Action, None),
                b"Outlines" => self.tell(Kind::Outline, None),
                b"StructTreeRoot" => self.tell(Kind::Structure, None),
                _ => self.tell(Kind::Settings, None),
            }
        }
        Ok(())
    }

    /// Compares one object in one of its roles.
    fn compare_object(&mut self, changed: &Changed, role: Role) -> Result<(), PdfError> {
        let number = changed.number;
        let kind = match role {
            // Compared from the trailer on.
            Role::Catalog | Role::Info => return Ok(()),
            Role::PageTree => return if self.is_page(number) { Ok(()) } else { self.compare_page_tree(changed) },
            Role::Page => return self.compare_page(changed),
            Role::Annotations => {
                for page in self.roles.owners(number).unwrap_or_default() {
                    self.compare_annotations(page)?;
                }
                return Ok(());
            }
            Role::Annotation | Role::Field => return self.compare_widget(number),
            Role::Form | Role::Fields => return self.compare_forms(),
            Role::Appearance => {
                match self.roles.owners(number) {
                    Some(owners) => self.looks.extend(owners),
                    None => self.tell(Kind::Unexplained, Some(number)),
                }
                return Ok(());
            }
            Role::FieldValue => return self.compare_owners(number, Kind::Filled),
            Role::FieldPart => return self.compare_owners(number, Kind::FieldDefinition),
            Role::AnnotationPart => return self.compare_owners(number, Kind::AnnotationChanged),
            Role::FormResources | Role::Structure => match (&changed.old, &changed.new) {
                (Some(old), Some(new)) if same::is_extended(old, new) && role == Role::Structure => {
                    Kind::StructureExtended
                }
                (Some(old), Some(new)) if same::is_extended(old, new) => return Ok(()),
                _ if role == Role::Structure => Kind::Structure,
                _ => Kind::FormSettings,
            },
            Role::Content => return self.tell_content(changed),
            Role::SignatureValue => Kind::SignatureReplaced,
            Role::Permissions => Kind::Certification,
            Role::Layers => Kind::Layers,
            Role::Action => Kind::Action,
            Role::Names => Kind::Names,
            Role::Outline => Kind::Outline,
            Role::Metadata => Kind::Metadata,
            Role::ValidationData => Kind::ValidationData,
            Role::Extensions => Kind::Extensions,
            Role::Other => Kind::Unexplained,
        };
        self.tell(kind, Some(number));
        Ok(())
    }

    fn compare_owners(&mut self, number: u32, kind: Kind) -> Result<(), PdfError> {
        let Some(owners) = self.roles.owners(number) else {
            self.tell(Kind::Unexplained, Some(number));
            return Ok(());
        };
        for owner in owners {
            let field = self.field_name(owner)?;
            if kind == Kind::Filled {
                self.filled.extend(field.clone());
            }
            let page = self.page_of(owner)?;
            self.add(Change { kind, page, object: Some(number), field });
        }
        Ok(())
    }
}

/// Pages and what they show.
impl Comparison<'_> {
    fn is_page(&self, number: u32) -> bool {
        self.roles.roles(number).contains(&Role::Page)
    }

    fn compare_page_tree(&mut self, changed: &Changed) -> Result<(), PdfError> {
        let entries = |value: Option<&Object>| dictionary(value).cloned().unwrap_or_default();
        let (old, new) = (entries(changed.old.as_ref()), entries(changed.new.as_ref()));
        // What pages inherit is part of what they show (table 31); what else stands here nobody reads.
        let inherited = |name: &Vec<u8>| matches!(name.as_slice(), b"Resources" | b"MediaBox" | b"CropBox" | b"Rotate");
        if differing(&old, &new).iter().any(inherited) {
            self.tell(Kind::PageContent, Some(changed.number));
        }
        self.compare_page_lists()
    }

    fn compare_page_lists(&mut self) -> Result<(), PdfError> {
        if self.done.insert(Whole::Pages) {
            let (before, after) = self.pages()?;
            if !before.same(&after) {
                self.tell(Kind::Pages, None);
            }
        }
        Ok(())
    }

    /// Whether anything changed that the list of pages is made from: it is long, and seldom changes.
    fn may_be_repaged(&self, changed: &[Changed]) -> Result<bool, PdfError> {
        let tree = |view: View<'_>| -> Result<Option<Object>, PdfError> {
            let root = view.get(&view.trailer(), b"Root")?;
            Ok(root.as_dictionary().and_then(|root| root.get(b"Pages")).cloned())
        };
        let is_page =
            |value: &Option<Object>| dictionary(value.as_ref()).is_some_and(|page| page.get(b"Kids").is_none());
        let moves = |changed: &Changed| {
            let roles = self.roles.roles(changed.number);
            let stays = roles.contains(&Role::Page) && is_page(&changed.old) && is_page(&changed.new);
            roles.contains(&Role::PageTree) && !stays
        };
        Ok(tree(self.old)? != tree(self.new)? || changed.iter().any(moves))
    }

    /// The pages before and after.
    fn pages(&mut self) -> Result<(Rc<Pages>, Rc<Pages>), PdfError> {
        if let Some(pages) = &self.pages {
            return Ok(pages.clone());
        }
        let before = self.before.pages.take().map_or_else(|| Pages::of(self.old), Ok)?;
        let after = if self.repaged { Pages::of(self.new)? } else { Rc::clone(&before) };
        self.pages = Some((Rc::clone(&before), Rc::clone(&after)));
        Ok((before, after))
    }

    fn compare_page(&mut self, changed: &Changed) -> Result<(), PdfError> {
        let number = changed.number;
        let (Some(old), Some(new)) = (dictionary(changed.old.as_ref()), dictionary(changed.new.as_ref())) else {
            self.tell(Kind::Pages, Some(number));
            return Ok(());
        };
        for name in differing(old, new) {
            let kind = match name.as_slice() {
                b"Annots" => {
                    self.compare_annotations(number)?;
                    continue;
                }
                // The order in which the keyboard goes through fields; a number in the structure.
                b"Tabs" | b"StructParents" => continue,
                b"Metadata" | b"PieceInfo" | b"LastModified" => Kind::Metadata,
                b"AA" => Kind::Action,
                _ => Kind::PageContent,
            };
            let page = self.page_number(number)?;
            self.add(Change { kind, page, object: Some(number), field: None });
        }
        Ok(())
    }

    /// Something that pages show, or might: says which page.
    fn tell_content(&mut self, changed: &Changed) -> Result<(), PdfError> {
        let is_font = |value: Option<&Object>| {
            let kind = dictionary(value).and_then(|dictionary| dictionary.get(b"Type")).and_then(Object::as_name);
            kind.is_some_and(|kind| kind.starts_with(b"Font"))
        };
        let kind = if is_font(changed.old.as_ref()) { Kind::PageFont } else { Kind::PageContent };
        let page = self.first_page_with(changed.number)?;
        self.add(Change { kind, page, object: Some(changed.number), field: None });
        Ok(())
    }

    /// The first page that an object was part of.
    fn first_page_with(&mut self, object: u32) -> Result<Option<u32>, PdfError> {
        let first = match self.first_pages.take() {
            Some(first) => first,
            None => self.pages()?.0.first(self.old)?,
        };
        let page = first.get(&object).copied();
        self.first_pages = Some(first);
        Ok(page)
    }

    fn page_number(&mut self, object: u32) -> Result<Option<u32>, PdfError> {
        let (_, after) = self.pages()?;
        Ok(after.number(object))
    }

    /// The page that an annotation says it is on.
    fn page_of(&mut self, annotation: u32) -> Result<Option<u32>, PdfError> {
        let value = [self.new, self.old].into_iter().find_map(|view| value(annotation, view).ok().flatten());
        let page = value.as_ref().and_then(Object::as_dictionary).and_then(|annotation| annotation.get(b"P"));
        match page.and_then(Object::as_reference) {
            Some(page) => self.page_number(page.number),
            None => Ok(None),
        }
    }
}

/// Annotations, and widgets among them.
impl Comparison<'_> {
    fn compare_annotations(&mut self, page: u32) -> Result<(), PdfError> {
        if !self.done.insert(Whole::Annotations(page)) {
            return Ok(());
        }
        let (old, new) = (annotations(page, self.old)?, annotations(page, self.new)?);
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
            return Ok(());
        };
        if is_widget(dictionary) {
            // A field of the form is told of there.
            self.compare_forms()?;
            let in_form = object.map(|object| self.field_name(object)).transpose()?.flatten().is_some();
            if !in_form {
                let kind = if kind == Kind::AnnotationAdded { Kind::FieldAdded } else { Kind::FieldRemoved };
                self.add(Change { kind, page, object, field: None });
            }
            return Ok(());
        }
        if kind == Kind::AnnotationAdded && acts(dictionary, view)? {
            self.add(Change { kind: Kind::Action, page, object, field: None });
        }
        self.add(Change { kind, page, object, field: None });
        Ok(())
    }

    /// An annotation, a field, or both in one.
    fn compare_widget(&mut self, number: u32) -> Result<(), PdfError> {
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
                // Who closes a field when signing says so in its flags (ISO 32000-2 §12.7.5.5, table 236).
                b"Ff" if is_closed(before, after) => Kind::FieldsLocked,
                b"M" | b"F" if is_signature => continue,
                b"StructParent" | b"P" => continue,
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
        let kind = match (before.get(b"V"), after.get(b"V")) {
            (None | Some(Object::Null), Some(_)) => {
                self.filled.extend(name.cloned());
                self.kind_of_signature(after)
            }
            _ => Kind::SignatureReplaced,
        };
        self.add(Change { kind, page, object: Some(number), field: name.cloned() });
    }

    /// Whether looks that changed are explained by values that did.
    fn judge_looks(&mut self) -> Result<(), PdfError> {
        let looks: BTreeSet<u32> = self.looks.drain(..).collect();
        for owner in looks {
            let name = self.field_name(owner)?;
            let kind = match &name {
                Some(name) if self.filled.contains(name) => continue,
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
        Ok(())
    }
}

/// The form and its fields.
impl Comparison<'_> {
    fn compare_forms(&mut self) -> Result<(), PdfError> {
        if !self.done.insert(Whole::Form) {
            return Ok(());
        }
        let (old, new) = (form_dictionary(self.old)?, form_dictionary(self.new)?);
        for name in differing(&old, &new) {
            let (before, after) = (self.old.get(&old, &name)?, self.new.get(&new, &name)?);
            match name.as_slice() {
                b"Fields" | b"SigFlags" => {}
                b"DR" if before.is_null() || has_all_resources(&before, &after) => {}
                b"DA" | b"Q" if before.is_null() => {}
                b"NeedAppearances" if after != Object::Boolean(true) => {}
                b"NeedAppearances" => self.tell(Kind::LooksRenewed, None),
                _ => self.tell(Kind::FormSettings, None),
            }
        }
        self.read_fields()?;
        let Some((old, new)) = &self.fields else { return Ok(()) };
        let added: Vec<_> = new
            .values()
            .filter(|field| field.number.is_none_or(|number| !old.contains_key(&number)))
            .cloned()
            .collect();
        let removed: Vec<_> = old
            .values()
            .filter(|field| field.number.is_none_or(|number| !new.contains_key(&number)))
            .cloned()
            .collect();
        for field in added {
            self.tell_new_field(&field)?;
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
        let mut tell = |kind| self.add(Change { kind, page, object: field.number, field: Some(field.name.clone()) });
        if field.dictionary.get(b"A").is_some() || field.dictionary.get(b"AA").is_some() {
            tell(Kind::Action);
        }
        if !field.is_signature() {
            // A node that only holds others is told of by them.
            if !field.is_parent || !field.kind.is_empty() {
                tell(Kind::FieldAdded);
            }
            return Ok(());
        }
        let kind = match field.dictionary.get(b"V") {
            Some(value) if !value.is_null() => self.kind_of_signature(&field.dictionary),
            _ if field.is_parent => return Ok(()),
            _ if is_seen(&field.dictionary, self.new) => Kind::FieldWithLook,
            _ => Kind::SignatureField,
        };
        self.filled.insert(field.name.clone());
        self.add(Change { kind, page, object: field.number, field: Some(field.name.clone()) });
        Ok(())
    }

    fn kind_of_signature(&self, field: &Dictionary) -> Kind {
        let value = self.new.get(field, b"V").unwrap_or(Object::Null);
        let entry = |name: &[u8]| value.as_dictionary().and_then(|value| self.new.get(value, name).ok());
        let is_timestamp = entry(b"SubFilter").is_some_and(|name| name.as_name() == Some(b"ETSI.RFC3161"));
        match (is_timestamp, is_seen(field, self.new)) {
            (true, false) => Kind::DocumentTimestamp,
            (_, true) => Kind::VisibleSignature,
            (false, false) => Kind::Signature,
        }
    }

    fn read_fields(&mut self) -> Result<(), PdfError> {
        if self.fields.is_none() {
            let by_number = |view| -> Result<BTreeMap<u32, Field>, PdfError> {
                Ok(form::fields(view)?.into_iter().filter_map(|field| Some((field.number?, field))).collect())
            };
            let before = self.before.fields.take().map_or_else(|| by_number(self.old), Ok)?;
            self.fields = Some((before, by_number(self.new)?));
        }
        Ok(())
    }

    /// The field that an object is, or was.
    fn field(&mut self, number: u32) -> Result<Option<Field>, PdfError> {
        self.read_fields()?;
        let found = self.fields.as_ref().and_then(|(old, new)| new.get(&number).or_else(|| old.get(&number)));
        Ok(found.cloned())
    }

    fn field_name(&mut self, number: u32) -> Result<Option<Vec<u8>>, PdfError> {
        Ok(self.field(number)?.map(|field| field.name))
    }
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

fn dictionary(value: Option<&Object>) -> Option<&Rc<Dictionary>> {
    value.and_then(Object::as_dictionary)
}

/// The names of entries that are not the same in both.
fn differing(old: &Dictionary, new: &Dictionary) -> Vec<Vec<u8>> {
    let changed = old.iter().filter(|(name, value)| new.get(name.as_bytes()) != Some(value));
    let added = new.iter().filter(|(name, _)| old.get(name.as_bytes()).is_none());
    changed.chain(added).map(|(name, _)| name.as_bytes().to_vec()).collect()
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

/// The annotations of a page, as it lists them.
fn annotations(page: u32, view: View<'_>) -> Result<Vec<Object>, PdfError> {
    let page = value(page, view)?;
    let list = dictionary(page.as_ref()).map(|page| view.get(page, b"Annots")).transpose()?;
    Ok(list.as_ref().and_then(Object::as_array).unwrap_or_default().to_vec())
}

/// Whether an annotation does something when it is touched.
fn acts(annotation: &Dictionary, view: View<'_>) -> Result<bool, PdfError> {
    if annotation.get(b"AA").is_some() {
        return Ok(true);
    }
    let action = view.get(annotation, b"A")?;
    let kind = action.as_dictionary().and_then(|action| action.get(b"S")).and_then(Object::as_name);
    Ok(!action.is_null() && !matches!(kind, Some(b"URI" | b"GoTo")))
}

/// Whether a field has a look that is seen: a box with an area, and something in it.
fn is_seen(field: &Dictionary, view: View<'_>) -> bool {
    const HIDDEN: i64 = 0b10_0010;
    let number = |value: &Object| view.resolve(value).ok().and_then(|value| value.as_number());
    let side =
        |one: Option<f64>, other: Option<f64>| one.zip(other).is_none_or(|(one, other)| (one - other).abs() > 0.0);
    let has_area = |sides: &[Object]| match sides {
        [left, bottom, right, top] => side(number(left), number(right)) && side(number(bottom), number(top)),
        _ => true,
    };
    let hidden =
        view.get(field, b"F").ok().and_then(|flags| flags.as_integer()).is_some_and(|flags| flags & HIDDEN != 0);
    let looks = view.get(field, b"AP").is_ok_and(|look| !look.is_null());
    let area = view.get(field, b"Rect").is_ok_and(|sides| sides.as_array().is_some_and(has_area));
    // A field with widgets below is seen where they are.
    let kids = view.get(field, b"Kids").is_ok_and(|kids| kids.as_array().is_some_and(|kids| !kids.is_empty()));
    !hidden && (looks && area || kids)
}

/// Whether the only difference of two sets of flags is that a field may not be changed any more.
fn is_closed(before: &Dictionary, after: &Dictionary) -> bool {
    let flags = |field: &Dictionary| field.get(b"Ff").map_or(Some(0), Object::as_integer);
    flags(before).zip(flags(after)).is_some_and(|(before, after)| before | 1 == after)
}
