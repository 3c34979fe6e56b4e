//! Cross-reference sections (ISO 32000-2 §7.5.4, §7.5.7, §7.5.8) and what closes a revision.

use std::collections::BTreeMap;
use std::fmt::Write;

use miniz_oxide::deflate::compress_to_vec_zlib;

use super::{Dict, Object, Pdf};

/// How a revision tells where its objects are.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Form {
    Table,
    Stream,
    /// Objects in an object stream, listed by a cross-reference stream.
    Packed,
    /// A table, and a stream for the objects in an object stream (§7.5.8.4).
    Hybrid,
}

/// The close of a revision: what the standard has, unless changed.
#[derive(Clone)]
pub(crate) struct Section {
    pub(crate) form: Form,
    pub(crate) prev: Link,
    /// Where `startxref` points, if not here.
    pub(crate) startxref: Option<usize>,
    /// Offsets that are told instead of, or besides, the right ones.
    pub(crate) told: Vec<(u32, usize)>,
}

/// `Prev` of a section.
#[derive(Clone, Copy)]
pub(crate) enum Link {
    /// The section before, if any.
    Before,
    At(usize),
    None,
}

#[derive(Clone, Copy)]
enum Entry {
    Free,
    At(usize),
    In(u32, usize),
}

impl From<Form> for Section {
    fn from(form: Form) -> Self {
        Self { form, prev: Link::Before, startxref: None, told: Vec::new() }
    }
}

impl Section {
    pub(crate) fn table() -> Self {
        Form::Table.into()
    }

    pub(crate) fn prev(mut self, prev: Link) -> Self {
        self.prev = prev;
        self
    }

    pub(crate) fn startxref(mut self, at: usize) -> Self {
        self.startxref = Some(at);
        self
    }

    pub(crate) fn telling(mut self, number: u32, at: usize) -> Self {
        self.told.push((number, at));
        self
    }
}

impl Pdf {
    /// Writes what has changed, and closes the revision.
    pub(crate) fn commit(&mut self, section: impl Into<Section>) {
        let section = section.into();
        let mut entries = self.write_changed(section.form);
        entries.extend(section.told.iter().map(|(number, at)| (*number, Entry::At(*at))));
        let trailer = self.trailer_of(&section);
        let at = match section.form {
            Form::Table => self.table(&entries, &trailer),
            Form::Hybrid => self.hybrid(entries, trailer),
            Form::Stream | Form::Packed => self.stream(entries, trailer),
        };
        self.close(section.startxref.unwrap_or(at));
        self.last = Some(at);
    }

    /// `startxref` and `%%EOF`.
    pub(crate) fn close(&mut self, at: usize) {
        self.append(format!("startxref\n{at}\n%%EOF\n").as_bytes());
    }

    fn write_changed(&mut self, form: Form) -> BTreeMap<u32, Entry> {
        let changed = std::mem::take(&mut self.changed);
        let freed = std::mem::take(&mut self.freed);
        let mut entries: BTreeMap<_, _> = freed.into_iter().map(|number| (number, Entry::Free)).collect();
        if self.last.is_none() || !entries.is_empty() {
            entries.insert(0, Entry::Free);
        }
        let mut packed = Vec::new();
        for number in changed {
            let object = self.objects.get(&number).cloned().unwrap();
            if may_be_packed(form, &object) {
                packed.push((number, object));
            } else {
                entries.insert(number, Entry::At(self.write_unlisted(number, &object)));
            }
        }
        if !packed.is_empty() {
            let stream = self.object_stream(&packed);
            entries.extend(packed.iter().enumerate().map(|(index, (number, _))| (*number, Entry::In(stream.0, index))));
            entries.insert(stream.0, Entry::At(stream.1));
        }
        entries
    }

    fn object_stream(&mut self, packed: &[(u32, Object)]) -> (u32, usize) {
        let (mut index, mut body) = (String::new(), Vec::new());
        for (number, object) in packed {
            write!(index, "{number} {} ", body.len()).unwrap();
            body.extend(object.encode());
            body.push(b'\n');
        }
        let (count, first) = (packed.len().to_string(), index.len().to_string());
        let dict = [("Type", "/ObjStm"), ("N", count.as_str()), ("First", first.as_str())];
        let stream = Object::deflated(&dict, &[index.as_bytes(), &body].concat());
        let number = self.next;
        self.next += 1;
        (number, self.write_unlisted(number, &stream))
    }

    fn trailer_of(&self, section: &Section) -> Dict {
        let mut trailer = self.trailer.clone();
        let prev = match section.prev {
            Link::Before => self.last,
            Link::At(at) => Some(at),
            Link::None => None,
        };
        if let Some(prev) = prev {
            trailer.set("Prev", &format!("{prev:010}"));
        }
        trailer
    }

    fn table(&mut self, entries: &BTreeMap<u32, Entry>, trailer: &Dict) -> usize {
        let at = self.here();
        self.append(if entries.is_empty() { b"xref\n0 0\n" } else { b"xref\n" });
        for run in runs(entries) {
            let first = run.first().unwrap().0;
            self.append(format!("{first} {}\n", run.len()).as_bytes());
            for (number, entry) in run {
                let line = match entry {
                    Entry::At(offset) => format!("{offset:010} 00000 n \n"),
                    // Freed numbers may come again in generation 1; hidden ones never (§7.5.8.4).
                    Entry::Free if number != 0 => "0000000000 00001 f \n".to_owned(),
                    Entry::Free | Entry::In(..) => "0000000000 65535 f \n".to_owned(),
                };
                self.append(line.as_bytes());
            }
        }
        let mut trailer = trailer.clone();
        trailer.set("Size", &self.next.to_string());
        self.append(format!("trailer\n{}\n", trailer.encode()).as_bytes());
        at
    }

    fn stream(&mut self, mut entries: BTreeMap<u32, Entry>, trailer: Dict) -> usize {
        let at = self.here();
        let number = self.next;
        self.next += 1;
        entries.insert(number, Entry::At(at));
        let (mut index, mut rows) = (String::new(), Vec::new());
        for run in runs(&entries) {
            write!(index, "{} {} ", run.first().unwrap().0, run.len()).unwrap();
            rows.extend(run.iter().flat_map(|(_, entry)| row(*entry)));
        }
        let mut dict =
            trailer.with("Type", "/XRef").with("W", "[1 4 2]").with("Index", &format!("[{}]", index.trim_end()));
        dict.set("Size", &self.next.to_string());
        dict.set("Filter", "/FlateDecode");
        self.write_unlisted(number, &Object::Stream(dict, compress_to_vec_zlib(&rows, 9)))
    }

    fn hybrid(&mut self, mut entries: BTreeMap<u32, Entry>, mut trailer: Dict) -> usize {
        let hidden: BTreeMap<_, _> = entries.iter().map(|(number, entry)| (*number, *entry)).collect();
        let hidden = hidden.into_iter().filter(|(_, entry)| matches!(entry, Entry::In(..))).collect();
        let number = self.next;
        let at = self.stream(hidden, Dict::default());
        entries.insert(number, Entry::At(at));
        trailer.set("XRefStm", &at.to_string());
        self.table(&entries, &trailer)
    }
}

/// Signatures stay outside, to be patched and covered (§7.5.7 forbids only streams). In a hybrid file readers
/// that know no streams need the pages.
fn may_be_packed(form: Form, object: &Object) -> bool {
    match object {
        Object::Dict(dict) if form == Form::Packed => dict.get("ByteRange").is_none(),
        Object::Dict(dict) => form == Form::Hybrid && (dict.get("Title").is_some() || dict.get("BaseFont").is_some()),
        Object::Raw(_) => form == Form::Packed,
        Object::Stream(..) => false,
    }
}

/// Entries with consecutive numbers.
fn runs(entries: &BTreeMap<u32, Entry>) -> Vec<Vec<(u32, Entry)>> {
    let mut runs: Vec<Vec<(u32, Entry)>> = Vec::new();
    for (number, entry) in entries {
        match runs.last_mut() {
            Some(run) if run.last().unwrap().0 + 1 == *number => run.push((*number, *entry)),
            _ => runs.push(vec![(*number, *entry)]),
        }
    }
    runs
}

fn row(entry: Entry) -> Vec<u8> {
    let (kind, field, last) = match entry {
        Entry::Free => (0, 0, u16::MAX),
        Entry::At(offset) => (1, offset, 0),
        Entry::In(stream, index) => (2, usize::try_from(stream).unwrap(), u16::try_from(index).unwrap()),
    };
    let field = u32::try_from(field).unwrap();
    [&[kind], &field.to_be_bytes()[..], &last.to_be_bytes()].concat()
}
