//! What each object of a file is there for: only who knows all its uses can say what a change of it changes.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::pdf::{Dictionary, Object, PdfError, Place, View};
use crate::verify::pades::changes::{Read, read, value};

/// A use of an object. An object may have several, and keeps those that it once had.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u32)]
pub(super) enum Role {
    Catalog,
    PageTree,
    Page,
    /// The list of annotations of a page.
    Annotations,
    Annotation,
    Form,
    /// A list of fields.
    Fields,
    Field,
    // The roles above are of objects that others refer to without making them part of themselves.
    /// What fields share to look as they do (`DR`).
    FormResources,
    /// The value of a field that is no signature.
    FieldValue,
    /// Something else of a field.
    FieldPart,
    /// Of a signature field.
    SignatureValue,
    /// What an annotation or a field looks like.
    Appearance,
    /// Something else of an annotation.
    AnnotationPart,
    /// What a page shows.
    Content,
    Layers,
    Action,
    /// Names, attached files among them.
    Names,
    Outline,
    /// The logical structure, for those who do not see the page.
    Structure,
    Metadata,
    Info,
    ValidationData,
    Extensions,
    Permissions,
    Other,
}

/// All roles, in the order of their numbers.
const ALL: [Role; 26] = [
    Role::Catalog,
    Role::PageTree,
    Role::Page,
    Role::Annotations,
    Role::Annotation,
    Role::Form,
    Role::Fields,
    Role::Field,
    Role::FormResources,
    Role::FieldValue,
    Role::FieldPart,
    Role::SignatureValue,
    Role::Appearance,
    Role::AnnotationPart,
    Role::Content,
    Role::Layers,
    Role::Action,
    Role::Names,
    Role::Outline,
    Role::Structure,
    Role::Metadata,
    Role::Info,
    Role::ValidationData,
    Role::Extensions,
    Role::Permissions,
    Role::Other,
];

impl Role {
    #[expect(clippy::as_conversions, reason = "the number of a variant without fields")]
    const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// Whether others refer to such an object without making it part of themselves.
    pub(super) const fn is_structural(self) -> bool {
        matches!(
            self,
            Self::Catalog
                | Self::PageTree
                | Self::Page
                | Self::Annotations
                | Self::Annotation
                | Self::Form
                | Self::Fields
                | Self::Field
        )
    }

    /// Whether it matters whose part it is.
    const fn has_owner(self) -> bool {
        matches!(
            self,
            Self::Annotations
                | Self::FieldValue
                | Self::FieldPart
                | Self::SignatureValue
                | Self::Appearance
                | Self::AnnotationPart
        )
    }
}

/// The objects of a file that can be reached, and what for.
pub(super) struct Roles {
    of: HashMap<u32, u32>,
    owners: HashMap<u32, BTreeSet<u32>>,
    /// Uses to be looked at.
    structural: Vec<Use>,
    parts: Vec<Use>,
    /// Whether something that is used cannot be read: others may read it, and what it refers to.
    incomplete: bool,
    /// Streams of objects that were looked at.
    containers: HashSet<u32>,
}

#[derive(Clone, Copy)]
struct Use {
    number: u32,
    role: Role,
    owner: u32,
}

/// An object that so many share has no owner that would explain its change.
const MAX_OWNERS: usize = 64;

impl Roles {
    /// Goes through all that can be reached in a revision.
    pub(super) fn of(view: View<'_>) -> Result<Self, PdfError> {
        let mut roles = Self {
            of: HashMap::new(),
            owners: HashMap::new(),
            structural: Vec::new(),
            parts: Vec::new(),
            incomplete: false,
            containers: HashSet::new(),
        };
        roles.begin(view);
        roles.go(view)?;
        Ok(roles)
    }

    /// Adds what the objects that a revision changed refer to now.
    pub(super) fn update(&mut self, view: View<'_>, changed: &[u32]) -> Result<(), PdfError> {
        self.begin(view);
        for number in changed {
            let Some(value) = value(*number, view)? else { continue };
            for role in self.roles(*number) {
                let owners = self.owners(*number).unwrap_or_default();
                for owner in if owners.is_empty() { vec![0] } else { owners } {
                    self.spread(&value, Use { number: *number, role, owner });
                }
            }
        }
        self.go(view)
    }

    /// What an object is there for; nothing, for one that nobody reaches.
    pub(super) fn roles(&self, number: u32) -> Vec<Role> {
        let bits = self.of.get(&number).copied().unwrap_or_default();
        ALL.into_iter().filter(|role| bits & role.bit() != 0).collect()
    }

    /// Whether there may be uses that are not known.
    pub(super) const fn are_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Whose part an object is; `None` where too many share it.
    pub(super) fn owners(&self, number: u32) -> Option<Vec<u32>> {
        let owners = self.owners.get(&number)?;
        (owners.len() <= MAX_OWNERS).then(|| owners.iter().copied().collect())
    }

    fn begin(&mut self, view: View<'_>) {
        let trailer = view.trailer();
        for (name, role) in [(&b"Root"[..], Role::Catalog), (b"Info", Role::Info), (b"Encrypt", Role::Other)] {
            if let Some(value) = trailer.get(name) {
                self.visit(value, Use { number: 0, role, owner: 0 });
            }
        }
    }

    fn go(&mut self, view: View<'_>) -> Result<(), PdfError> {
        while let Some(next) = self.structural.pop().or_else(|| self.parts.pop()) {
            if !self.is_new(next) {
                continue;
            }
            match read(next.number, view)? {
                Read::Object(object) => self.spread(&object.value, next),
                Read::Nothing => {}
                Read::Unreadable => self.incomplete = true,
            }
            self.visit_container(next.number, view)?;
        }
        Ok(())
    }

    /// Where an object begins and ends in a stream of objects, the entries of that stream say, and what they refer to.
    fn visit_container(&mut self, number: u32, view: View<'_>) -> Result<(), PdfError> {
        let Some(Place::In { stream, .. }) = view.place(number) else { return Ok(()) };
        if self.containers.insert(stream)
            && let Some(dictionary) = value(stream, view)?.as_ref().and_then(Object::as_dictionary)
        {
            for (_, value) in dictionary.iter() {
                self.visit(value, Use { number: stream, role: Role::Other, owner: 0 });
            }
        }
        Ok(())
    }

    /// Takes note of a use when its turn comes; whether it was not known before. Whatever refers to a page or a field does
    /// not make it a part of itself, unless it shows it.
    fn is_new(&mut self, usage: Use) -> bool {
        const STRUCTURAL: u32 = (1 << 8) - 1;
        let known = self.of.entry(usage.number).or_default();
        if !usage.role.is_structural() && usage.role != Role::Content && *known & STRUCTURAL != 0 {
            return false;
        }
        let is_new = *known & usage.role.bit() == 0;
        *known |= usage.role.bit();
        let is_new_owner = usage.role.has_owner() && self.add_owner(usage);
        is_new || is_new_owner
    }

    /// Takes note of a use: of the object referred to, or of what stands there itself.
    fn visit(&mut self, value: &Object, usage: Use) {
        let Some(reference) = value.as_reference() else {
            self.spread(value, usage);
            return;
        };
        let usage = Use { number: reference.number, ..usage };
        // Structural objects go first: nothing else may take them for a part of itself.
        if usage.role.is_structural() { self.structural.push(usage) } else { self.parts.push(usage) }
    }

    fn add_owner(&mut self, usage: Use) -> bool {
        let owners = self.owners.entry(usage.number).or_default();
        owners.len() <= MAX_OWNERS && owners.insert(usage.owner)
    }

    /// Goes on to what an object refers to.
    fn spread(&mut self, value: &Object, usage: Use) {
        match value {
            Object::Array(members) => members.iter().for_each(|member| self.visit(member, member_of(usage))),
            Object::Dictionary(dictionary) => {
                let is_page = usage.role == Role::PageTree && dictionary.get(b"Kids").is_none();
                let usage = if is_page { self.page(usage) } else { usage };
                for (name, value) in dictionary.iter() {
                    if let Some(role) = role_of_entry(usage.role, name.as_bytes(), dictionary) {
                        let owner = if is_owner(usage.role) { usage.number } else { usage.owner };
                        self.visit(value, Use { role, owner, ..usage });
                    }
                }
            }
            // An object that is nothing but a reference to another.
            Object::Reference(_) => self.visit(value, usage),
            _ => {}
        }
    }

    /// A node of the page tree without kids is a page, whatever it calls itself.
    fn page(&mut self, usage: Use) -> Use {
        let usage = Use { role: Role::Page, ..usage };
        *self.of.entry(usage.number).or_default() |= usage.role.bit();
        usage
    }
}

/// The use of a member of a list.
const fn member_of(usage: Use) -> Use {
    let role = match usage.role {
        Role::Annotations => Role::Annotation,
        Role::Fields => Role::Field,
        role => role,
    };
    Use { role, ..usage }
}

/// Whether what stands in such an object belongs to it.
const fn is_owner(role: Role) -> bool {
    matches!(role, Role::Page | Role::Annotation | Role::Field)
}

/// What an entry of a dictionary is there for; `None` where it only refers to what is part of something else.
fn role_of_entry(role: Role, name: &[u8], dictionary: &Dictionary) -> Option<Role> {
    Some(match (role, name) {
        // Some programs go up by `Parent` to find what a page inherits, wherever that leads.
        (Role::Catalog, b"Pages") | (Role::PageTree, b"Kids") | (Role::Page | Role::PageTree, b"Parent") => {
            Role::PageTree
        }
        (Role::Annotation | Role::Field, b"P" | b"IRT")
        | (Role::Structure | Role::Outline, b"Parent" | b"P" | b"Pg") => return None,
        (Role::Catalog, b"AcroForm") => Role::Form,
        (Role::Catalog, b"Metadata") | (Role::Page, b"Metadata" | b"PieceInfo") => Role::Metadata,
        (Role::Catalog, b"DSS") => Role::ValidationData,
        (Role::Catalog, b"Extensions") => Role::Extensions,
        (Role::Catalog, b"Perms") => Role::Permissions,
        (Role::Catalog, b"Names" | b"Dests") => Role::Names,
        (Role::Catalog, b"OCProperties") | (Role::Annotation, b"OC") => Role::Layers,
        (Role::Catalog, b"OpenAction" | b"AA")
        | (Role::Page, b"AA")
        | (Role::Annotation | Role::Field, b"A" | b"AA" | b"Dest") => Role::Action,
        (Role::Catalog, b"Outlines") => Role::Outline,
        (Role::Catalog, b"StructTreeRoot") => Role::Structure,
        (Role::Catalog, _) | (Role::Page, b"B") => Role::Other,
        (Role::Page, b"Annots") => Role::Annotations,
        (Role::Page | Role::PageTree, _) => Role::Content,
        (Role::Form, b"Fields") | (Role::Field, b"Kids") => Role::Fields,
        (Role::Form, b"DR") => Role::FormResources,
        (Role::Form, _) => Role::Other,
        (Role::Annotation | Role::Field, b"Parent") => {
            return is_widget(dictionary).then_some(Role::Field);
        }
        (Role::Annotation | Role::Field, b"V") if is_widget(dictionary) => {
            if dictionary.get(b"FT").and_then(Object::as_name) == Some(b"Sig") {
                Role::SignatureValue
            } else {
                Role::FieldValue
            }
        }
        (Role::Annotation | Role::Field, b"AP") => Role::Appearance,
        (Role::Annotation, b"Popup") => Role::Annotation,
        (Role::Annotation, _) if !is_widget(dictionary) => Role::AnnotationPart,
        (Role::Annotation | Role::Field, _) => Role::FieldPart,
        (Role::Permissions, _) => Role::SignatureValue,
        (role, _) => role,
    })
}

/// Whether a dictionary is a field, a widget, or both in one.
pub(super) fn is_widget(dictionary: &Dictionary) -> bool {
    dictionary.get(b"FT").is_some()
        || dictionary.get(b"T").is_some() && dictionary.get(b"Kids").is_some()
        || dictionary.get(b"Subtype").and_then(Object::as_name) == Some(b"Widget")
}
