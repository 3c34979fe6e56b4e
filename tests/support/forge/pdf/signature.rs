//! Signature fields and dictionaries (ISO 32000-2 §12.7.5.5, §12.8.1), placed empty and filled afterwards.

use std::fmt::Write;

use super::{Dict, Object, Pdf};

/// `ByteRange` before it is known.
pub(crate) const UNSET: &str = "[0 ********** ********** **********]";
/// Where the form is, if the file has none yet.
pub(crate) const FORM: u32 = 9;
const CATALOG: u32 = 1;

/// A signature to be: where it goes, and its dictionary.
#[derive(Clone)]
pub(crate) struct Placement {
    pub(crate) field: Field,
    pub(crate) dict: Dict,
    /// Octets kept for the message.
    pub(crate) room: usize,
}

#[derive(Clone)]
pub(crate) enum Field {
    /// A new one, on the page with this object number, and what else its dictionary says.
    New { name: String, page: u32, rest: Dict },
    /// An empty one, with this object number.
    Empty(u32),
}

/// Where a placed signature waits for its message.
#[derive(Clone)]
pub(crate) struct Hole {
    /// The octet of `<`.
    pub(crate) start: usize,
    /// The octet after `>`.
    pub(crate) end: usize,
    range_at: usize,
}

impl Placement {
    /// An invisible field on a page, for a signature of this `SubFilter`.
    pub(crate) fn new(name: &str, page: u32, sub_filter: &str) -> Self {
        let dict = Dict::of(&[("Type", "/Sig"), ("Filter", "/Adobe.PPKLite"), ("SubFilter", sub_filter)]);
        Self { field: Field::new(name, page, &[]), dict, room: 2_600 }
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.dict.set(key, value);
        self
    }

    pub(crate) fn field(mut self, field: Field) -> Self {
        self.field = field;
        self
    }

    /// What else the dictionary of the new field says.
    pub(crate) fn field_with(mut self, key: &str, value: &str) -> Self {
        if let Field::New { rest, .. } = &mut self.field {
            rest.set(key, value);
        }
        self
    }

    pub(crate) fn room(mut self, room: usize) -> Self {
        self.room = room;
        self
    }
}

impl Field {
    pub(crate) fn new(name: &str, page: u32, rest: &[(&str, &str)]) -> Self {
        Self::New { name: name.to_owned(), page, rest: Dict::of(rest) }
    }
}

impl Pdf {
    /// Adds signature and field to the next revision, and returns the numbers of both.
    pub(crate) fn place(&mut self, placement: &Placement) -> (u32, u32) {
        let mut dict = placement.dict.clone();
        if dict.get("ByteRange").is_none() {
            dict.set("ByteRange", UNSET);
        }
        if dict.get("Contents").is_none() {
            dict.set("Contents", &format!("<{}>", "0".repeat(placement.room * 2)));
        }
        let signature = self.add(Object::Dict(dict));
        let value = format!("{signature} 0 R");
        let field = match &placement.field {
            Field::Empty(field) => {
                self.set(*field, "V", &value);
                *field
            }
            Field::New { name, page, rest } => self.add_field(name, *page, &rest.clone().with("V", &value)),
        };
        (signature, field)
    }

    /// Adds a signature field to form and page; `rest` may hold a rectangle and an appearance.
    pub(crate) fn add_field(&mut self, name: &str, page: u32, rest: &Dict) -> u32 {
        let mut field = Dict::of(&[("Type", "/Annot"), ("Subtype", "/Widget"), ("FT", "/Sig"), ("F", "132")])
            .with("T", &format!("({name})"))
            .with("P", &format!("{page} 0 R"));
        if rest.get("Rect").is_none() {
            field.set("Rect", "[0 0 0 0]");
        }
        if rest.get("F").is_some() {
            field.remove("F");
        }
        field.extend(rest);
        let number = self.add(Object::Dict(field));
        if !self.has(FORM) {
            self.put(FORM, Object::dict(&[]));
            self.set(CATALOG, "AcroForm", &format!("{FORM} 0 R"));
        }
        self.set(FORM, "SigFlags", "3");
        self.push(FORM, "Fields", &format!("{number} 0 R"));
        self.push(page, "Annots", &format!("{number} 0 R"));
        number
    }

    /// The field that was added to the form last.
    pub(crate) fn last_field(&mut self) -> u32 {
        let fields = self.dict(FORM).get("Fields").unwrap().trim_matches(['[', ']']).to_owned();
        fields.rsplit(' ').nth(2).unwrap().parse().unwrap()
    }

    /// The last signature that was placed and not filled.
    pub(crate) fn hole(&self) -> Hole {
        let range_at = self.find_last(UNSET.as_bytes());
        let start = self.find_last(b"/Contents <00") + 10;
        let end = start + self.bytes.iter().skip(start).position(|octet| *octet == b'>').unwrap() + 1;
        Hole { start, end, range_at }
    }

    /// Signs everything but the hole.
    pub(crate) fn fill(&mut self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Hole {
        let hole = self.hole();
        let range = [0, hole.start, hole.end, self.bytes.len() - hole.end];
        self.fill_over(&hole, range, sign);
        hole
    }

    /// Signs what `range` covers, whatever that is.
    pub(crate) fn fill_over(&mut self, hole: &Hole, range: [usize; 4], sign: impl FnOnce(&[u8]) -> Vec<u8>) {
        self.set_range(hole, &format!("[{} {} {} {}]", range[0], range[1], range[2], range[3]));
        let message = sign(&self.covered(range));
        self.set_contents(hole, &message);
    }

    pub(crate) fn set_range(&mut self, hole: &Hole, range: &str) {
        self.overwrite(hole.range_at, format!("{range:<width$}", width = UNSET.len()).as_bytes());
    }

    pub(crate) fn set_contents(&mut self, hole: &Hole, message: &[u8]) {
        let hex = hex(message);
        assert!(hex.len() + 2 <= hole.end - hole.start, "{} octets need more room", message.len());
        self.overwrite(hole.start + 1, hex.as_bytes());
    }

    pub(crate) fn covered(&self, [first, first_length, second, second_length]: [usize; 4]) -> Vec<u8> {
        let part = |start, length| self.bytes.iter().copied().skip(start).take(length);
        part(first, first_length).chain(part(second, second_length)).collect()
    }
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut out, octet| {
        write!(out, "{octet:02x}").unwrap();
        out
    })
}
