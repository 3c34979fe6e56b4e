//! Files inside a PDF (ISO 32000-2 §7.11.4): in its tree of names, associated with it or with a page, pinned to a page as an
//! annotation. Those that look signed are handed on to be judged; what nobody signed is left alone.

use std::collections::HashSet;
use std::rc::Rc;

use crate::pdf::{Dictionary, Document, Object, PdfError, View};
use crate::verify::cms::Digests;
use crate::verify::envelope::refuse;
use crate::verify::finding::escape;
use crate::verify::pades::form;
use crate::verify::sniff::{Looks, Signed};
use crate::verify::{Context, VerifyError};

/// A file that looks signed.
pub(in crate::verify) struct Attachment {
    /// As the document calls it, fit to be shown.
    pub(in crate::verify) name: String,
    pub(in crate::verify) octets: Vec<u8>,
    pub(in crate::verify) looks: Looks,
}

/// The files in a PDF.
#[derive(Default)]
pub(in crate::verify) struct Attachments {
    pub(in crate::verify) signed: Vec<Attachment>,
    /// The names of those that could not be looked into, or were too many or too large.
    pub(in crate::verify) unseen: Vec<String>,
    /// Octets that were decoded.
    pub(in crate::verify) decoded: usize,
}

/// Octets of attachments that are decoded for one document, those inside one another counted together.
pub(in crate::verify) const MAX_DECODED: usize = 64 * 1024 * 1024;

/// More files than these are not looked into.
const MAX_FILES: usize = 1_000;
/// Nodes of the trees of names and of pages.
const MAX_NODES: usize = 1_000_000;
/// Characters of a name that are shown.
const MAX_NAME: usize = 120;

/// Finds the files of the document as it is now; at most `room` octets of them are decoded.
pub(super) fn find(document: &Document<'_>, room: usize, context: &Context<'_>) -> Result<Attachments, VerifyError> {
    let mut search = Search { view: document.last(), seen: HashSet::new(), files: Vec::new() };
    search.all()?;
    let mut found = Attachments::default();
    let mut streams = HashSet::new();
    for file in &search.files {
        let name = name(file, search.view)?;
        if streams.len() >= MAX_FILES {
            found.unseen.push(name);
            break;
        }
        for stream in streams_of(file, search.view)? {
            if !streams.insert(stream) {
                continue;
            }
            match octets(stream, search.view, room.saturating_sub(found.decoded))? {
                Some(octets) => {
                    found.decoded += octets.len();
                    found.signed.extend(looked_at(name.clone(), octets, context)?);
                }
                None => found.unseen.push(name.clone()),
            }
        }
    }
    Ok(found)
}

/// An attachment, if it looks as if it had signatures.
fn looked_at(name: String, octets: Vec<u8>, context: &Context<'_>) -> Result<Option<Attachment>, VerifyError> {
    let looked = Digests::and_looks(&octets.as_slice(), &[], context.deadline);
    let (_, looks) = looked.map_err(|error| refuse(error, context.limits))?;
    let is_signed = looks.is_envelope() || looks.signed() != Signed::NotSeen;
    Ok(is_signed.then_some(Attachment { name, octets, looks }))
}

fn octets(stream: u32, view: View<'_>, room: usize) -> Result<Option<Vec<u8>>, PdfError> {
    let object = match view.object(stream) {
        Ok(Some(object)) => object,
        Ok(None) => return Ok(Some(Vec::new())),
        Err(PdfError::BadObject { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    match view.decode_within(&object, room) {
        Ok(octets) => Ok(Some(octets)),
        Err(PdfError::BadObject { .. } | PdfError::TooLarge(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn name(file: &Dictionary, view: View<'_>) -> Result<String, PdfError> {
    for key in [&b"UF"[..], b"F"] {
        if let Some(name) = view.get(file, key)?.as_string() {
            return Ok(escape(&form::text(name).chars().take(MAX_NAME).collect::<String>()));
        }
    }
    Ok(String::new())
}

/// The streams with the content of a file, one for each system that it was meant for.
fn streams_of(file: &Dictionary, view: View<'_>) -> Result<Vec<u32>, PdfError> {
    let embedded = view.get(file, b"EF")?;
    let streams = embedded.as_dictionary().map(|embedded| {
        embedded.iter().filter_map(|(_, value)| value.as_reference()).map(|reference| reference.number).collect()
    });
    Ok(streams.unwrap_or_default())
}

struct Search<'d> {
    view: View<'d>,
    /// Nodes and files that were seen.
    seen: HashSet<u32>,
    files: Vec<Rc<Dictionary>>,
}

impl Search<'_> {
    fn all(&mut self) -> Result<(), PdfError> {
        let view = self.view;
        let root = view.get(&view.trailer(), b"Root")?;
        let Some(catalog) = root.as_dictionary() else { return Ok(()) };
        if let Some(names) = self.read(catalog.get(b"Names"))?.as_dictionary() {
            self.tree(names.get(b"EmbeddedFiles"), Self::names)?;
        }
        self.files_in(catalog.get(b"AF"))?;
        self.tree(catalog.get(b"Pages"), Self::page)
    }

    /// Goes through a tree of `/Kids`, each node once.
    fn tree(
        &mut self,
        root: Option<&Object>,
        leaf: fn(&mut Self, &Dictionary) -> Result<(), PdfError>,
    ) -> Result<(), PdfError> {
        let mut waiting: Vec<Object> = root.cloned().into_iter().collect();
        while let Some(node) = waiting.pop() {
            let is_new = node.as_reference().is_none_or(|node| self.seen.insert(node.number));
            if !is_new || self.seen.len() > MAX_NODES {
                continue;
            }
            let value = self.read(Some(&node))?;
            let Some(dictionary) = value.as_dictionary() else { continue };
            leaf(self, dictionary)?;
            let kids = self.read(dictionary.get(b"Kids"))?;
            // Kids that are no references could be without number; the standard has none (§7.7.3.2, §7.9.6).
            let kids = kids.as_array().unwrap_or_default().iter().filter(|kid| kid.as_reference().is_some());
            waiting.extend(kids.rev().cloned());
        }
        Ok(())
    }

    fn names(&mut self, node: &Dictionary) -> Result<(), PdfError> {
        let names = self.read(node.get(b"Names"))?;
        for pair in names.as_array().unwrap_or_default().chunks(2) {
            self.file(pair.get(1))?;
        }
        Ok(())
    }

    fn page(&mut self, page: &Dictionary) -> Result<(), PdfError> {
        self.files_in(page.get(b"AF"))?;
        let annotations = self.read(page.get(b"Annots"))?;
        for annotation in annotations.as_array().unwrap_or_default() {
            let annotation = self.read(Some(annotation))?;
            let Some(annotation) = annotation.as_dictionary() else { continue };
            if annotation.get(b"Subtype").and_then(Object::as_name) == Some(b"FileAttachment") {
                self.file(annotation.get(b"FS"))?;
            }
        }
        Ok(())
    }

    fn files_in(&mut self, list: Option<&Object>) -> Result<(), PdfError> {
        let list = self.read(list)?;
        list.as_array().unwrap_or_default().iter().try_for_each(|file| self.file(Some(file)))
    }

    fn file(&mut self, file: Option<&Object>) -> Result<(), PdfError> {
        let number = file.and_then(Object::as_reference).map(|file| file.number);
        if number.is_none_or(|number| self.seen.insert(number))
            && let Some(dictionary) = self.read(file)?.as_dictionary()
        {
            self.files.push(Rc::clone(dictionary));
        }
        Ok(())
    }

    /// A value, references followed; null for what cannot be read, which no viewer opens either.
    fn read(&self, value: Option<&Object>) -> Result<Object, PdfError> {
        match value.map(|value| self.view.resolve(value)) {
            None | Some(Err(PdfError::BadObject { .. })) => Ok(Object::Null),
            Some(value) => value,
        }
    }
}
