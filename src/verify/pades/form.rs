//! The interactive form of a PDF (ISO 32000-2 §12.7): its fields, as far as signatures need them.

use std::collections::HashSet;
use std::rc::Rc;

use crate::pdf::{Dictionary, Object, PdfError, View};

/// A field, or a widget that stands for one.
#[derive(Clone)]
pub(super) struct Field {
    /// The names from the root down, with full stops between (§12.7.4.2).
    pub(super) name: Vec<u8>,
    /// Its object; `None` where it stands inside another.
    pub(super) number: Option<u32>,
    /// `FT`, its own or inherited.
    pub(super) kind: Vec<u8>,
    /// `Ff`, its own or inherited.
    flags: i64,
    pub(super) dictionary: Rc<Dictionary>,
    /// Whether it has fields or widgets below.
    pub(super) is_parent: bool,
}

impl Field {
    /// Whether it is a signature field.
    pub(super) fn is_signature(&self) -> bool {
        self.kind == b"Sig"
    }

    /// Whether it is a button: its looks were made beforehand, one for each state (§12.7.5.2).
    pub(super) fn is_button(&self) -> bool {
        self.kind == b"Btn"
    }

    /// Whether it is a button that keeps no value (§12.7.5.2.2).
    pub(super) fn is_push_button(&self) -> bool {
        const PUSH_BUTTON: i64 = 1 << 16;
        self.is_button() && self.flags & PUSH_BUTTON != 0
    }
}

/// Deeper fields are not looked for; forms stay below ten.
const MAX_DEPTH: usize = 32;

/// Every field of the form, parents before their kids, each object once.
pub(super) fn fields(view: View<'_>) -> Result<Vec<Field>, PdfError> {
    let trailer = view.trailer();
    let root = view.get(&trailer, b"Root")?;
    let Some(catalog) = root.as_dictionary() else { return Ok(Vec::new()) };
    let form = view.get(catalog, b"AcroForm")?;
    let Some(form) = form.as_dictionary() else { return Ok(Vec::new()) };
    let mut walk = Walk { view, seen: HashSet::new(), found: Vec::new() };
    walk.all(&view.get(form, b"Fields")?, &Inherited::default(), 0)?;
    Ok(walk.found)
}

#[derive(Clone, Default)]
struct Inherited {
    name: Vec<u8>,
    kind: Vec<u8>,
    flags: i64,
}

struct Walk<'d> {
    view: View<'d>,
    seen: HashSet<u32>,
    found: Vec<Field>,
}

impl Walk<'_> {
    fn all(&mut self, list: &Object, inherited: &Inherited, depth: usize) -> Result<(), PdfError> {
        for member in list.as_array().unwrap_or_default() {
            let number = member.as_reference().map(|reference| reference.number);
            if number.is_some_and(|number| !self.seen.insert(number)) {
                continue;
            }
            // What cannot be read is no field; that it is there, and changed, is told elsewhere.
            let Ok(value) = self.view.resolve(member) else { continue };
            if let Some(dictionary) = value.as_dictionary() {
                self.one(dictionary, number, inherited, depth)?;
            }
        }
        Ok(())
    }

    fn one(
        &mut self,
        dictionary: &Rc<Dictionary>,
        number: Option<u32>,
        inherited: &Inherited,
        depth: usize,
    ) -> Result<(), PdfError> {
        let mut own = inherited.clone();
        if let Some(name) = self.view.get(dictionary, b"T")?.as_string() {
            if !own.name.is_empty() {
                own.name.push(b'.');
            }
            own.name.extend_from_slice(name);
        }
        if let Some(kind) = self.view.get(dictionary, b"FT")?.as_name() {
            own.kind = kind.to_vec();
        }
        if let Some(flags) = self.view.get(dictionary, b"Ff")?.as_integer() {
            own.flags = flags;
        }
        let kids = self.view.get(dictionary, b"Kids")?;
        let is_parent = kids.as_array().is_some_and(|kids| !kids.is_empty());
        let below = (is_parent && depth < MAX_DEPTH).then(|| own.clone());
        let Inherited { name, kind, flags } = own;
        self.found.push(Field { name, number, kind, flags, dictionary: Rc::clone(dictionary), is_parent });
        if let Some(below) = below {
            self.all(&kids, &below, depth + 1)?;
        }
        Ok(())
    }
}

/// A name or another text of the file for people: UTF-16 with its mark, UTF-8 with its own, or one octet a character.
pub(super) fn text(octets: &[u8]) -> String {
    match octets {
        [0xfe, 0xff, rest @ ..] => {
            let units =
                rest.chunks_exact(2).map(|pair| pair.iter().fold(0, |unit, octet| unit << 8 | u16::from(*octet)));
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => octets.iter().map(|octet| char::from(*octet)).collect(),
    }
}
