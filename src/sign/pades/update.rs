//! An incremental update (ISO 32000-2 §7.5.6): objects, and cross-references in the form of the file's last section.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use crate::pdf::{Bound, Dictionary, Document, Name, Object, PdfError, Reference, View};
use crate::sign::pades::write;

/// What is added to a file.
pub(super) struct Update<'d> {
    view: View<'d>,
    /// The next free number.
    next: u32,
    objects: BTreeMap<u32, (u16, Body)>,
}

/// An object of the update.
enum Body {
    Value(Object),
    /// As it is to stand between `obj` and `endobj`.
    Octets(Vec<u8>),
}

/// The update as octets.
pub(super) struct Layout {
    pub(super) octets: Vec<u8>,
    /// Where each object begins in them.
    starts: BTreeMap<u32, usize>,
}

/// The highest object number that readers take (ISO 32000-1 annex C.2).
const MAX_NUMBER: u32 = 8_388_607;

impl<'d> Update<'d> {
    /// Adds to the last revision of a file.
    pub(super) fn new(document: &'d Document<'d>) -> Self {
        let size = document.last().trailer().get(b"Size").and_then(Object::as_offset);
        let size = size.and_then(|size| u32::try_from(size).ok()).unwrap_or_default();
        let used = document.revisions().iter().filter_map(|revision| revision.objects.last()).max();
        let next = used.map_or(1, |used| used.saturating_add(1)).max(size);
        Self { view: document.last(), next, objects: BTreeMap::new() }
    }

    /// A number for a new object.
    pub(super) fn number(&mut self) -> Result<Reference, PdfError> {
        let number = self.next;
        if number > MAX_NUMBER {
            return Err(PdfError::TooLarge(Bound::Objects));
        }
        self.next += 1;
        Ok(Reference { number, generation: 0 })
    }

    /// Puts a value under a number, in place of what is there.
    pub(super) fn put(&mut self, id: Reference, value: Object) {
        self.objects.insert(id.number, (id.generation, Body::Value(value)));
    }

    /// Puts the octets of an object under a number.
    pub(super) fn put_octets(&mut self, id: Reference, octets: Vec<u8>) {
        self.objects.insert(id.number, (id.generation, Body::Octets(octets)));
    }

    /// An object as it is with the update so far.
    pub(super) fn get(&self, id: Reference) -> Result<Object, PdfError> {
        match self.objects.get(&id.number) {
            Some((_, Body::Value(value))) => Ok(value.clone()),
            _ => self.view.resolve(&Object::Reference(id)),
        }
    }

    /// Lays the update out behind `len` octets of the file.
    pub(super) fn layout(mut self, len: u64) -> Result<Layout, PdfError> {
        let trailer = self.view.trailer();
        let is_stream = trailer.get(b"Type").and_then(Object::as_name) == Some(b"XRef");
        let own = if is_stream { Some(self.number()?) } else { None };
        let mut layout = Layout { octets: vec![b'\n'], starts: BTreeMap::new() };
        let mut places = BTreeMap::new();
        for (number, (generation, body)) in &self.objects {
            let start = layout.octets.len();
            layout.starts.insert(*number, start);
            places.insert(*number, (offset(len, start), *generation));
            layout.octets.extend(format!("{number} {generation} obj\n").bytes());
            match body {
                Body::Value(value) => write::object(value, &mut layout.octets),
                Body::Octets(octets) => layout.octets.extend_from_slice(octets),
            }
            layout.octets.extend(b"\nendobj\n");
        }
        let at = offset(len, layout.octets.len());
        let trailer = self.trailer(&trailer)?;
        match own {
            Some(own) => {
                places.insert(own.number, (at, 0));
                write_stream(own, &trailer, &places, &mut layout.octets);
            }
            None => write_table(&trailer, &places, &mut layout.octets),
        }
        layout.octets.extend(format!("startxref\n{at}\n%%EOF\n").bytes());
        Ok(layout)
    }

    /// The entries of the last trailer that are not about its own section, and what is new.
    fn trailer(&self, last: &Dictionary) -> Result<Dictionary, PdfError> {
        const OWN: [&[u8]; 9] =
            [b"Prev", b"XRefStm", b"Size", b"Type", b"W", b"Index", b"Length", b"Filter", b"DecodeParms"];
        let revision = self.view.document().revisions().last();
        let previous = revision.and_then(|revision| revision.sections.first()).ok_or(PdfError::NoCrossReferences)?;
        let kept = last.iter().filter(|(name, _)| !OWN.contains(&name.as_bytes()));
        let mut entries: Vec<_> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        let previous = i64::try_from(previous.start).map_err(|_| PdfError::NoCrossReferences)?;
        entries.push((Name::new(b"Prev"), Object::Integer(previous)));
        entries.push((Name::new(b"Size"), Object::Integer(i64::from(self.next))));
        Ok(Dictionary::new(entries))
    }
}

impl Layout {
    /// Where a part of an object stands that begins `within` octets after its `obj` line.
    pub(super) fn find(&self, id: Reference, part: &Range<usize>) -> Option<Range<usize>> {
        let start = self.starts.get(&id.number)? + format!("{} {} obj\n", id.number, id.generation).len();
        let found = start + part.start..start + part.end;
        self.octets.get(found.clone()).map(|_| found)
    }
}

fn offset(len: u64, within: usize) -> u64 {
    len.saturating_add(u64::try_from(within).unwrap_or(u64::MAX))
}

/// Runs of consecutive numbers.
fn runs(places: &BTreeMap<u32, (u64, u16)>) -> Vec<(u32, Vec<(u64, u16)>)> {
    let mut runs: Vec<(u32, Vec<(u64, u16)>)> = Vec::new();
    for (number, place) in places {
        let follows = |(first, run): &&mut (u32, Vec<_>)| usize::try_from(number - *first) == Ok(run.len());
        match runs.last_mut().filter(follows) {
            Some((_, run)) => run.push(*place),
            None => runs.push((*number, vec![*place])),
        }
    }
    runs
}

/// §7.5.4: entries of exactly twenty octets.
fn write_table(trailer: &Dictionary, places: &BTreeMap<u32, (u64, u16)>, out: &mut Vec<u8>) {
    out.extend(b"xref\n");
    for (first, run) in runs(places) {
        out.extend(format!("{first} {}\n", run.len()).bytes());
        for (offset, generation) in run {
            out.extend(format!("{offset:010} {generation:05} n \n").bytes());
        }
    }
    out.extend(b"trailer\n");
    write::dictionary(trailer, out);
    out.push(b'\n');
}

/// §7.5.8, not compressed: a handful of entries.
fn write_stream(own: Reference, trailer: &Dictionary, places: &BTreeMap<u32, (u64, u16)>, out: &mut Vec<u8>) {
    let mut rows = Vec::new();
    let mut index = Vec::new();
    for (first, run) in runs(places) {
        index.extend([Object::Integer(i64::from(first)), integer(run.len())]);
        for (offset, generation) in run {
            rows.push(1);
            rows.extend(offset.to_be_bytes());
            rows.extend(generation.to_be_bytes());
        }
    }
    let widths = [1, 8, 2].map(Object::Integer);
    let mut dictionary = write::with(trailer, "Type", write::name("XRef"));
    dictionary = write::with(&dictionary, "W", Object::Array(widths.into()));
    dictionary = write::with(&dictionary, "Index", Object::Array(index.into()));
    dictionary = write::with(&dictionary, "Length", integer(rows.len()));
    out.extend(format!("{} {} obj\n", own.number, own.generation).bytes());
    write::dictionary(&dictionary, out);
    out.extend(b"\nstream\n");
    out.extend(rows);
    out.extend(b"\nendstream\nendobj\n");
}

pub(super) fn integer(number: usize) -> Object {
    Object::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A classic table has ten digits for an offset.
pub(super) const MAX_LEN: u64 = 9_000_000_000;

pub(super) fn too_large() -> PdfError {
    PdfError::Io(io::ErrorKind::FileTooLarge.into())
}
