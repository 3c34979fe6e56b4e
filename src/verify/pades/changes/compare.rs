//! One revision against the one before: what each object that changed was there for says what its change changes.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::pdf::{Dictionary, Object, PdfError, View};
use crate::verify::pades::changes::change::{Change, Kind};
use crate::verify::pades::changes::fields::Fields;
use crate::verify::pades::changes::pages::{Pages, Shown};
use crate::verify::pades::changes::roles::{Role, Roles};
use crate::verify::pades::changes::{Changed, annotations, same, value};
use crate::verify::pades::form::Field;

/// What is known of a revision when the next one is compared with it.
#[derive(Default)]
pub(super) struct Known {
    /// Fields by object.
    pub(super) fields: Option<Fields>,
    pages: Option<Rc<Pages>>,
}

/// Finds out what a revision changed.
pub(super) struct Comparison<'d> {
    pub(super) old: View<'d>,
    pub(super) new: View<'d>,
    roles: &'d Roles,
    changes: Vec<Change>,
    /// The same, to look in.
    known: HashSet<Change>,
    /// What is known of the revision before.
    pub(super) before: Known,
    /// Fields by object, before and after; read when they are needed.
    pub(super) fields: Option<(Fields, Fields)>,
    /// Pages before and after; read when they are needed.
    pages: Option<(Rc<Pages>, Rc<Pages>)>,
    /// Whether there may be other pages than before, or the same in another order.
    repaged: bool,
    /// The pages that each object was part of before; found out when it is needed.
    shown: Option<HashMap<u32, Shown>>,
    /// The page that each annotation is listed on; found out when it is needed.
    pub(super) placed: Option<HashMap<u32, u32>>,
    /// Fields whose value changed, and signature fields that were signed, by name.
    pub(super) filled: HashSet<Vec<u8>>,
    /// Fields and annotations whose look changed, by object.
    pub(super) looks: Vec<u32>,
    /// Fields for which the rules changed by which programs draw them, by object.
    pub(super) styles: Vec<u32>,
    /// What was compared already, since several objects lead to it.
    pub(super) done: HashSet<Whole>,
}

/// What is compared as a whole, whichever of its objects changed.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(super) enum Whole {
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
            shown: None,
            placed: None,
            changes: Vec::new(),
            known: HashSet::new(),
            fields: None,
            pages: None,
            filled: HashSet::new(),
            looks: Vec::new(),
            styles: Vec::new(),
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
            for doubt in &changed.doubts {
                self.tell(*doubt, Some(changed.number));
            }
            // What a page, a field or a list is made of is no stream; whoever uses it as one shows something else.
            if changed.octets && roles.iter().any(|role| role.is_structural()) {
                self.tell(Kind::Unexplained, Some(changed.number));
            }
            if roles.is_empty() && changed.old.is_some() && self.roles.are_incomplete() {
                self.tell(Kind::Unexplained, Some(changed.number));
            }
            for role in roles {
                self.compare_object(changed, role)?;
            }
        }
        self.judge_looks()?;
        if self.changes.is_empty() {
            let in_use = changed.iter().any(|changed| !self.roles.roles(changed.number).is_empty());
            self.tell(if in_use { Kind::Rewritten } else { Kind::Unused }, None);
        }
        Ok(())
    }

    pub(super) fn tell(&mut self, kind: Kind, object: Option<u32>) {
        self.add(Change { kind, page: None, object, field: None });
    }

    pub(super) fn add(&mut self, change: Change) {
        if self.known.insert(change.clone()) {
            self.changes.push(change);
        }
    }

    fn compare_trailers(&mut self) -> Result<(), PdfError> {
        let (old, new) = (self.old.trailer(), self.new.trailer());
        if new.is_ambiguous() {
            self.tell(Kind::Ambiguous, None);
        }
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
        let entries = |value: &Object| value.as_dictionary().cloned().unwrap_or_default();
        let names = differing(&entries(old), &entries(new));
        let any = |known: &[&[u8]]| names.iter().any(|name| known.contains(&name.as_slice()));
        let all = |known: &[&[u8]]| names.iter().all(|name| known.contains(&name.as_slice()));
        let kind = match () {
            () if any(&[b"Title", b"Author", b"Subject", b"Keywords"]) => Kind::Titles,
            () if all(&[b"ModDate", b"Producer"]) => Kind::Dated,
            () => Kind::Metadata,
        };
        self.tell(kind, None);
    }

    fn compare_catalogs(&mut self, old: &Rc<Dictionary>, new: &Rc<Dictionary>) -> Result<(), PdfError> {
        for name in differing(old, new) {
            match name.as_slice() {
                b"AcroForm" => self.compare_forms()?,
                b"DSS" => self.tell(Kind::ValidationData, None),
                b"Extensions" | b"Version" => self.tell(Kind::Extensions, None),
                b"Metadata" => self.tell(Kind::Metadata, None),
                b"Perms" => self.tell(Kind::Certification, None),
                b"Pages" => self.compare_roots(old, new)?,
                b"Names" | b"Dests" => self.tell(Kind::Names, None),
                b"OCProperties" => self.tell(Kind::Layers, None),
                b"OpenAction" | b"AA" => self.tell(Kind::Action, None),
                b"PageMode" | b"PageLayout" => self.tell(Kind::Opening, None),
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
        let kind =
            match role {
                // Compared from the trailer on.
                Role::Catalog => return Ok(()),
                Role::Info if self.is_info(number) => return Ok(()),
                Role::Info => Kind::Titles,
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
                    (Some(old), Some(new)) if same::is_extended(old, new) && !changed.octets => {
                        if role == Role::Structure { Kind::StructureExtended } else { self.form_kind()? }
                    }
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

    fn is_info(&self, number: u32) -> bool {
        let info = self.new.trailer().get(b"Info").and_then(Object::as_reference);
        info.is_some_and(|info| info.number == number)
    }

    fn compare_owners(&mut self, number: u32, kind: Kind) -> Result<(), PdfError> {
        let Some(owners) = self.roles.owners(number) else {
            self.tell(Kind::Unexplained, Some(number));
            return Ok(());
        };
        for owner in owners {
            let of = self.field(owner)?;
            let is_signature = of.as_ref().is_some_and(Field::is_signature);
            let field = of.map(|field| field.name);
            if kind == Kind::Filled {
                self.filled.extend(field.clone());
            }
            let page = self.page_of(owner)?;
            let kind = if kind == Kind::Filled && is_signature { Kind::SignatureReplaced } else { kind };
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

    /// The catalogue leads to other pages, or to the same by another way.
    fn compare_roots(&mut self, old: &Dictionary, new: &Dictionary) -> Result<(), PdfError> {
        let (before, after) = (self.old.get(old, b"Pages")?, self.new.get(new, b"Pages")?);
        self.compare_nodes(&before, &after)?;
        self.compare_page_lists()
    }

    fn compare_page_tree(&mut self, changed: &Changed) -> Result<(), PdfError> {
        let or_nothing = |value: Option<&Object>| value.cloned().unwrap_or(Object::Null);
        self.compare_nodes(&or_nothing(changed.old.as_ref()), &or_nothing(changed.new.as_ref()))?;
        self.compare_page_lists()
    }

    /// Compares two nodes of the page tree, or two lists of kids. Programs differ in what they read of it: some trust
    /// `Count`, some go up by `Parent`, some down by `Kids`. What pages inherit is part of what they show (ISO 32000-2 table 31).
    fn compare_nodes(&mut self, old: &Object, new: &Object) -> Result<(), PdfError> {
        let (Some(before), Some(after)) = (old.as_dictionary(), new.as_dictionary()) else {
            // A list of its own is compared where it is referred to; that it is new changes nothing.
            if old != new && !(old.is_null() && new.as_array().is_some()) {
                self.tell(Kind::Pages, None);
            }
            return Ok(());
        };
        for name in differing(before, after) {
            if self.old.get(before, &name)? == self.new.get(after, &name)? {
                continue;
            }
            let kind = match name.as_slice() {
                b"Resources" | b"MediaBox" | b"CropBox" | b"Rotate" => Kind::SharedContent,
                b"Type" | b"Parent" | b"Kids" | b"Count" => Kind::Pages,
                // What a program notes for itself here nobody else reads.
                _ => Kind::Rewritten,
            };
            self.tell(kind, None);
        }
        Ok(())
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
                // The order in which the keyboard goes through fields.
                b"Tabs" => Kind::FormPrepared,
                b"StructParents" if old.get(&name).is_none() => Kind::StructureExtended,
                b"StructParents" => Kind::Structure,
                b"Metadata" | b"PieceInfo" | b"LastModified" => Kind::Metadata,
                b"AA" => Kind::Action,
                b"Resources" | b"MediaBox" | b"CropBox" | b"Rotate" if self.is_inherited(old, new, &name)? => continue,
                _ => Kind::PageContent,
            };
            let page = self.page_number(number)?;
            self.add(Change { kind, page, object: Some(number), field: None });
        }
        Ok(())
    }

    /// Whether a page says now what it inherited before.
    fn is_inherited(&self, old: &Dictionary, new: &Dictionary, name: &[u8]) -> Result<bool, PdfError> {
        const MAX_HEIGHT: usize = 32;
        if old.get(name).is_some() {
            return Ok(false);
        }
        let mut node = self.old.get(old, b"Parent")?;
        for _ in 0..MAX_HEIGHT {
            let Some(above) = node.as_dictionary() else { return Ok(false) };
            if let Some(value) = above.get(name) {
                return Ok(new.get(name) == Some(value) || self.new.get(new, name)? == self.old.resolve(value)?);
            }
            node = self.old.get(above, b"Parent")?;
        }
        Ok(false)
    }

    /// Something that pages show, or might: says which page.
    fn tell_content(&mut self, changed: &Changed) -> Result<(), PdfError> {
        let is_font = |value: Option<&Object>| {
            let kind = dictionary(value).and_then(|dictionary| dictionary.get(b"Type")).and_then(Object::as_name);
            kind.is_some_and(|kind| kind.starts_with(b"Font"))
        };
        let shown = self.shown(changed.number)?;
        let kind = match shown {
            _ if is_font(changed.old.as_ref()) => Kind::PageFont,
            Some(Shown::OnMany) => Kind::SharedContent,
            _ => Kind::PageContent,
        };
        let page = shown.and_then(Shown::page);
        self.add(Change { kind, page, object: Some(changed.number), field: None });
        Ok(())
    }

    /// The pages that an object was part of.
    fn shown(&mut self, object: u32) -> Result<Option<Shown>, PdfError> {
        let all = match self.shown.take() {
            Some(all) => all,
            None => self.pages()?.0.shown(self.old)?,
        };
        let shown = all.get(&object).copied();
        self.shown = Some(all);
        Ok(shown)
    }

    pub(super) fn page_number(&mut self, object: u32) -> Result<Option<u32>, PdfError> {
        let (_, after) = self.pages()?;
        Ok(after.number(object))
    }

    /// The page that lists an annotation. What the annotation says itself is only where to look first.
    pub(super) fn page_of(&mut self, annotation: u32) -> Result<Option<u32>, PdfError> {
        let value = [self.new, self.old].into_iter().find_map(|view| value(annotation, view).ok().flatten());
        let claimed = dictionary(value.as_ref()).and_then(|value| value.get(b"P")).and_then(Object::as_reference);
        if let Some(page) = claimed
            && let number @ Some(_) = self.page_number(page.number)?
            && annotations::lists(page.number, annotation, self.new)?
        {
            return Ok(number);
        }
        let placed = match self.placed.take() {
            Some(placed) => placed,
            None => self.placed()?,
        };
        let page = placed.get(&annotation).copied();
        self.placed = Some(placed);
        Ok(page)
    }

    fn placed(&mut self) -> Result<HashMap<u32, u32>, PdfError> {
        let (before, after) = self.pages()?;
        let mut placed = HashMap::new();
        for (pages, view) in [(after, self.new), (before, self.old)] {
            for (object, number) in pages.all() {
                for annotation in annotations::of_page(object, view)? {
                    if let Some(annotation) = annotation.as_reference() {
                        placed.entry(annotation.number).or_insert(number);
                    }
                }
            }
        }
        Ok(placed)
    }
}

pub(super) fn dictionary(value: Option<&Object>) -> Option<&Rc<Dictionary>> {
    value.and_then(Object::as_dictionary)
}

/// The names of entries that are not the same in both.
pub(super) fn differing(old: &Dictionary, new: &Dictionary) -> Vec<Vec<u8>> {
    let changed = old.iter().filter(|(name, value)| new.get(name.as_bytes()) != Some(value));
    let added = new.iter().filter(|(name, _)| old.get(name.as_bytes()).is_none());
    changed.chain(added).map(|(name, _)| name.as_bytes().to_vec()).collect()
}
