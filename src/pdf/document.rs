//! A file, and its objects as they stood in a revision.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use crate::asn1::Source;
use crate::pdf::crypt::Decryptor;
use crate::pdf::history::{History, Place, Revision};
use crate::pdf::object::{Dictionary, Name, Object, Reference};
use crate::pdf::octets::Octets;
use crate::pdf::repair::{Repair, Repairs};
use crate::pdf::syntax::{Member, Parser, SyntaxError};
use crate::pdf::{Bound, PdfError, chain, filter, rebuild};

/// Bounds on one file.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entries of cross-references, in all revisions.
    pub objects: usize,
    /// Revisions.
    pub revisions: usize,
    /// Octets of decoded streams of objects and cross-references, in all.
    pub decoded: usize,
}

impl Limits {
    /// What [`Bound`] says in words.
    pub const STANDARD: Self = Self { objects: 4_000_000, revisions: 20_000, decoded: 512 * 1024 * 1024 };
}

/// A PDF file. What it says is read when it is asked for.
pub struct Document<'a> {
    octets: Octets<'a>,
    header: u64,
    history: History,
    repairs: Repairs,
    limits: Limits,
    decryptor: Option<Decryptor>,
    cache: RefCell<Cache>,
    stop: &'a dyn Fn() -> bool,
    /// Objects that were asked for so far.
    asked: Cell<u32>,
    stopped: Cell<bool>,
    /// Octets that were decoded so far.
    decoded: Cell<usize>,
    /// Objects being read for the sake of one another.
    nesting: Cell<u32>,
}

/// An object with a number.
#[derive(Debug)]
pub struct Indirect {
    /// Its number and generation.
    pub id: Reference,
    /// Its value; of a stream, the dictionary.
    pub value: Object,
    /// Where the octets of its stream stand in the file, as they are there; `None` where it is no stream.
    pub stream: Option<Range<u64>>,
    /// Where it stands in the file, `obj` and `endobj` included; `None` inside a stream of objects.
    pub span: Option<Range<u64>>,
}

/// A file as it was in one of its revisions.
#[derive(Clone, Copy)]
pub struct View<'d> {
    document: &'d Document<'d>,
    revision: usize,
}

/// References that lead to references; more is a circle, or as good as one.
const MAX_HOPS: usize = 32;

/// The dictionary of the encryption, its filters, and what each of them says.
const ENCRYPTION_DEPTH: usize = 3;

/// Lengths of streams that stand in streams of objects whose length …
const MAX_NESTING: u32 = 8;

impl<'a> Document<'a> {
    /// Finds out which revisions there are and where the objects of each stand; `password` opens what is encrypted under
    /// one. Many files are encrypted and open without being asked. Once `stop` says yes nothing is read any more.
    pub fn open(
        source: &'a dyn Source,
        password: Option<&[u8]>,
        stop: &'a dyn Fn() -> bool,
        limits: Limits,
    ) -> Result<Self, PdfError> {
        let octets = Octets::new(source);
        let header = chain::header(octets)?;
        let repairs = Repairs::default();
        let history = chain::history(octets, header, &repairs, &limits);
        let mut document = match history.map(|history| Self::with(octets, header, history, repairs, stop, limits)) {
            Ok(document) if document.has_pages()? => document,
            // What has no pages in any way may have signatures nevertheless.
            Ok(document) => Self::rebuilt(octets, header, stop, limits)?.unwrap_or(document),
            Err(error @ (PdfError::NoCrossReferences | PdfError::BadCrossReferences { .. })) => {
                Self::rebuilt(octets, header, stop, limits)?.ok_or(error)?
            }
            Err(error) => return Err(error),
        };
        document.decryptor = document.last().decryptor(password)?;
        // What was read on the way there was read as if it were not encrypted.
        document.cache = RefCell::default();
        Ok(document)
    }

    fn with(
        octets: Octets<'a>,
        header: u64,
        history: History,
        repairs: Repairs,
        stop: &'a dyn Fn() -> bool,
        limits: Limits,
    ) -> Self {
        Self {
            octets,
            header,
            history,
            repairs,
            limits,
            decryptor: None,
            cache: RefCell::default(),
            stop,
            asked: Cell::new(0),
            stopped: Cell::new(false),
            decoded: Cell::new(0),
            nesting: Cell::new(0),
        }
    }

    /// The file without its cross-references; `None` where a search finds no document either.
    fn rebuilt(
        octets: Octets<'a>,
        header: u64,
        stop: &'a dyn Fn() -> bool,
        limits: Limits,
    ) -> Result<Option<Self>, PdfError> {
        let history = match rebuild::history(octets, &limits) {
            Err(PdfError::NoCrossReferences) => return Ok(None),
            history => history?,
        };
        let repairs = Repairs::default();
        repairs.note(Repair::IndexRebuilt, u64::MAX);
        let document = Self::with(octets, header, history, repairs, stop, limits);
        Ok(if document.has_pages()? { Some(document) } else { None })
    }

    /// Whether the cross-references lead to a catalogue and to pages.
    fn has_pages(&self) -> Result<bool, PdfError> {
        let view = self.last();
        let trailer = view.trailer();
        let pages = view.get(&trailer, b"Root").and_then(|root| match root.as_dictionary() {
            Some(catalog) => view.get(catalog, b"Pages"),
            None => Ok(Object::Null),
        });
        match pages {
            Ok(pages) => Ok(pages.as_dictionary().is_some()),
            // In an encrypted stream of objects, which is opened later.
            Err(PdfError::BadObject { .. }) => Ok(trailer.get(b"Encrypt").is_some()),
            Err(error) => Err(error),
        }
    }

    /// Whether the time was over at some point: what was found since then is not all.
    pub const fn was_stopped(&self) -> bool {
        self.stopped.get()
    }

    /// Whether to go on; the clock is looked at now and then.
    fn go_on(&self) -> Result<(), PdfError> {
        const OFTEN: u32 = 256;
        let asked = self.asked.get().wrapping_add(1);
        self.asked.set(asked);
        if self.stopped.get() || asked.is_multiple_of(OFTEN) && (self.stop)() {
            self.stopped.set(true);
            return Err(PdfError::Stopped);
        }
        Ok(())
    }

    /// What was read so far although it is not right, and where that was last.
    pub fn repairs(&self) -> Vec<(Repair, u64)> {
        self.repairs.list()
    }

    /// Offset of `%PDF-`.
    pub const fn header(&self) -> u64 {
        self.header
    }

    /// Number of octets of the file.
    pub fn len(&self) -> u64 {
        self.octets.len()
    }

    /// Whether there are none: never, of a file that was opened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The revisions, the first form of the file first; there is at least one.
    pub fn revisions(&self) -> &[Revision] {
        &self.history.revisions
    }

    /// Whether it is encrypted.
    pub const fn is_encrypted(&self) -> bool {
        self.decryptor.is_some()
    }

    /// The file as it was in a revision, counted from 0; as it is now, for a number beyond the last.
    pub fn at(&self, revision: usize) -> View<'_> {
        View { document: self, revision: revision.min(self.revisions().len().saturating_sub(1)) }
    }

    /// The file as it is now.
    pub fn last(&self) -> View<'_> {
        self.at(usize::MAX)
    }

    /// Whether all octets between two offsets are white space.
    pub fn is_blank(&self, span: Range<u64>) -> Result<bool, PdfError> {
        const STEP: u64 = 64 * 1024;
        let mut at = span.start;
        while at < span.end {
            let len = STEP.min(span.end - at);
            let Some(octets) = self.octets.exactly(at, len)? else { return Ok(false) };
            if !octets.iter().copied().all(crate::pdf::syntax::is_blank) {
                return Ok(false);
            }
            at += len;
        }
        Ok(true)
    }

    /// The offset behind the end of a line, if one stands at an offset; else the offset itself.
    pub fn end_of_line(&self, at: u64) -> Result<u64, PdfError> {
        let window = self.octets.window(at, 2)?;
        Ok(match &*window {
            [b'\r', b'\n', ..] => at.saturating_add(2),
            [b'\r' | b'\n', ..] => at.saturating_add(1),
            _ => at,
        })
    }

    /// Where octets stand first between two offsets.
    pub fn find(&self, mark: &[u8], span: Range<u64>) -> Result<Option<u64>, PdfError> {
        Ok(self.octets.find(mark, span.start, span.end)?)
    }

    /// The entries of the dictionary that stands at an offset, and where their values stand in the file; `None` where there
    /// is no dictionary.
    pub fn members_at(&self, offset: u64) -> Result<Option<Vec<Member>>, PdfError> {
        let members = self.octets.read(offset, |window| Parser::new(window, 0).members())?;
        Ok(members.ok().map(|mut members| {
            for Member { span, .. } in &mut members {
                *span = offset.saturating_add(span.start)..offset.saturating_add(span.end);
            }
            members
        }))
    }

    /// The same of an object; `None` where it is no dictionary, or stands in a stream of objects.
    pub fn members_of(&self, object: &Indirect) -> Result<Option<Vec<Member>>, PdfError> {
        let Some(span) = &object.span else { return Ok(None) };
        let header = self.octets.read(span.start, |window| {
            let mut parser = Parser::new(window, 0);
            parser.unsigned().and_then(|_| parser.unsigned()).ok_or(SyntaxError::Unexpected)?;
            if parser.keyword(b"obj") { Ok(parser.position()) } else { Err(SyntaxError::Truncated) }
        })?;
        let Ok(header) = header else { return Ok(None) };
        self.members_at(span.start.saturating_add(u64::try_from(header).unwrap_or(u64::MAX)))
    }

    /// Whether two parts of the file are the same octets.
    pub fn are_same(&self, one: Range<u64>, other: Range<u64>) -> Result<bool, PdfError> {
        const STEP: u64 = 64 * 1024;
        let len = one.end.saturating_sub(one.start);
        if other.end.saturating_sub(other.start) != len {
            return Ok(false);
        }
        let mut done = 0;
        while done < len {
            let step = STEP.min(len - done);
            let first = self.octets.exactly(one.start + done, step)?;
            if first.is_none() || first != self.octets.exactly(other.start + done, step)? {
                return Ok(false);
            }
            done += step;
        }
        Ok(true)
    }

    fn load(&self, number: u32, view: View<'_>) -> Result<Option<Rc<Indirect>>, PdfError> {
        self.go_on()?;
        let key = match view.place(number) {
            None | Some(Place::Free) => return Ok(None),
            Some(Place::At { offset, .. }) => Key::At { number, offset },
            Some(Place::In { stream, index }) => match view.place(stream) {
                Some(Place::At { offset, .. }) => Key::In { number, stream: offset, index },
                _ => return Err(PdfError::BadObject { number }),
            },
        };
        if let Some(known) = self.cache.borrow().objects.get(&key) {
            return Ok(Some(Rc::clone(known)));
        }
        let depth = self.nesting.get();
        if depth >= MAX_NESTING {
            return Err(PdfError::BadObject { number });
        }
        self.nesting.set(depth + 1);
        let loaded = match (key, view.place(number)) {
            (Key::At { offset, .. }, Some(Place::At { generation, .. })) => {
                self.load_at(Reference { number, generation }, offset, view)
            }
            (Key::In { index, .. }, Some(Place::In { stream, .. })) => self.load_in(number, stream, index, view),
            _ => Err(PdfError::BadObject { number }),
        };
        self.nesting.set(depth);
        let loaded = Rc::new(loaded?);
        self.cache.borrow_mut().remember(key, &loaded);
        Ok(Some(loaded))
    }

    fn load_at(&self, id: Reference, offset: u64, view: View<'_>) -> Result<Indirect, PdfError> {
        let bad = || PdfError::BadObject { number: id.number };
        let parsed = self.octets.read(offset, parse_indirect)?.map_err(|_| bad())?;
        if parsed.id != id {
            return Err(bad());
        }
        let place = |at: usize| offset.saturating_add(u64::try_from(at).unwrap_or(u64::MAX));
        if parsed.unended {
            self.repairs.note(Repair::NoEndOfObject, offset);
        }
        let (stream, end) = match parsed.stream {
            None => (None, place(parsed.end)),
            Some(start) => {
                let (stream, end) = self.stream_span(&parsed.value, place(start), view)?.ok_or_else(bad)?;
                (Some(stream), end)
            }
        };
        let value = self.decrypted(id, parsed.value);
        Ok(Indirect { id, value, stream, span: Some(offset..end) })
    }

    /// Where the octets of a stream stand, and where its object ends. A wrong `Length` is not believed.
    fn stream_span(&self, value: &Object, start: u64, view: View<'_>) -> Result<Option<(Range<u64>, u64)>, PdfError> {
        const END: &[u8] = b"endstream";
        let length = value.as_dictionary().and_then(|dictionary| dictionary.get(b"Length"));
        let length = length.map(|length| view.resolve(length)).transpose()?.as_ref().and_then(Object::as_offset);
        if let Some(end) = length.and_then(|length| start.checked_add(length)).filter(|end| *end <= self.len()) {
            let window = self.octets.window(end, 64)?;
            let mut parser = Parser::new(window.get(..64.min(window.len())).unwrap_or_default(), 0);
            if parser.keyword(END) {
                parser.keyword(b"endobj");
                return Ok(Some((start..end, end + u64::try_from(parser.position()).unwrap_or_default())));
            }
        }
        let Some(end) = self.octets.find(END, start, self.len())? else { return Ok(None) };
        self.repairs.note(Repair::StreamLength, start);
        Ok(Some((start..end, end + u64::try_from(END.len()).unwrap_or_default())))
    }

    fn load_in(&self, number: u32, stream: u32, index: u32, view: View<'_>) -> Result<Indirect, PdfError> {
        let bad = || PdfError::BadObject { number };
        let container = self.container(stream, view)?;
        let at = usize::try_from(index).ok().and_then(|index| container.objects.get(index)).ok_or_else(bad)?;
        let (found, offset) = *at;
        if found != number {
            return Err(bad());
        }
        let value = Parser::new(&container.octets, offset).object().map_err(|_| bad())?;
        Ok(Indirect { id: Reference { number, generation: 0 }, value, stream: None, span: None })
    }

    /// A stream of objects (§7.5.7), decoded.
    fn container(&self, number: u32, view: View<'_>) -> Result<Rc<Container>, PdfError> {
        let bad = || PdfError::BadObject { number };
        let Some(Place::At { offset, .. }) = view.place(number) else { return Err(bad()) };
        if let Some(known) = self.cache.borrow().containers.get(&offset) {
            return Ok(Rc::clone(known));
        }
        let object = self.load(number, view)?.ok_or_else(bad)?;
        let dictionary = object.value.as_dictionary().ok_or_else(bad)?;
        if dictionary.get(b"Type").and_then(Object::as_name) != Some(b"ObjStm") {
            return Err(bad());
        }
        let octets = view.decode(&object)?;
        let size = |name: &[u8]| {
            let value = dictionary.get(name).map(|value| view.resolve(value)).transpose()?;
            value.as_ref().and_then(Object::as_offset).and_then(|value| usize::try_from(value).ok()).ok_or_else(bad)
        };
        let (count, first) = (size(b"N")?, size(b"First")?);
        let mut parser = Parser::new(octets.get(..first).ok_or_else(bad)?, 0);
        let mut objects = Vec::new();
        for _ in 0..count {
            let number = parser.unsigned().and_then(|number| u32::try_from(number).ok()).ok_or_else(bad)?;
            let offset = parser.unsigned().and_then(|offset| usize::try_from(offset).ok()).ok_or_else(bad)?;
            objects.push((number, first.saturating_add(offset)));
        }
        let container = Rc::new(Container { objects, octets });
        self.cache.borrow_mut().remember_container(offset, &container);
        Ok(container)
    }

    /// A value as it stands in an object of the file, deciphered where the file is encrypted.
    pub fn decrypted(&self, id: Reference, value: Object) -> Object {
        match &self.decryptor {
            Some(decryptor) => decryptor.object(id, value),
            None => value,
        }
    }
}

impl<'d> View<'d> {
    /// The revision, counted from 0.
    pub const fn revision(&self) -> usize {
        self.revision
    }

    /// The whole file.
    pub const fn document(&self) -> &'d Document<'d> {
        self.document
    }

    /// The trailer.
    pub fn trailer(&self) -> Rc<Dictionary> {
        let revision = self.document.revisions().get(self.revision);
        revision.map(|revision| Rc::clone(&revision.trailer)).unwrap_or_default()
    }

    /// Where an object stands; `None` where the cross-references do not name it.
    pub fn place(&self, number: u32) -> Option<Place> {
        self.document.history.place(number, self.revision).map(|(_, place)| place)
    }

    /// The revision that wrote an object, or freed it.
    pub fn since(&self, number: u32) -> Option<usize> {
        self.document.history.place(number, self.revision).map(|(since, _)| since)
    }

    /// The objects that stand, in any revision, in a stream of objects.
    pub fn inside(&self, container: u32) -> impl Iterator<Item = u32> {
        self.document.history.inside(container)
    }

    /// An object; `None` where there is none, which is as good as null (§7.3.10).
    pub fn object(&self, number: u32) -> Result<Option<Rc<Indirect>>, PdfError> {
        self.document.load(number, *self)
    }

    /// Follows references to a value.
    pub fn resolve(&self, object: &Object) -> Result<Object, PdfError> {
        let mut object = object.clone();
        for _ in 0..MAX_HOPS {
            let Some(reference) = object.as_reference() else { return Ok(object) };
            let found = self.object(reference.number)?.filter(|found| found.id == reference);
            object = found.map_or(Object::Null, |found| found.value.clone());
        }
        Err(PdfError::BadObject { number: object.as_reference().map_or(0, |reference| reference.number) })
    }

    /// The value under a name, references followed; null where there is none.
    pub fn get(&self, dictionary: &Dictionary, name: &[u8]) -> Result<Object, PdfError> {
        dictionary.get(name).map_or(Ok(Object::Null), |value| self.resolve(value))
    }

    /// The octets of a stream, decoded.
    pub fn decode(&self, stream: &Indirect) -> Result<Vec<u8>, PdfError> {
        self.decode_within(stream, usize::MAX)
    }

    /// The same of a stream that decodes to at most `room` octets.
    pub fn decode_within(&self, stream: &Indirect, room: usize) -> Result<Vec<u8>, PdfError> {
        let bad = || PdfError::BadObject { number: stream.id.number };
        let (Some(span), Some(dictionary)) = (&stream.stream, stream.value.as_dictionary()) else { return Err(bad()) };
        let document = self.document;
        let raw = document.octets.exactly(span.start, span.end - span.start)?.ok_or_else(bad)?;
        let resolved = self.resolved(dictionary)?;
        let raw = match &document.decryptor {
            Some(decryptor) => decryptor.stream(stream.id, &resolved, &raw).map_err(|_| bad())?.into(),
            None => raw,
        };
        let limit = document.limits.decoded.saturating_sub(document.decoded.get()).min(room);
        let decoded = filter::decode(&resolved, &raw, limit).map_err(|error| match error {
            filter::FilterError::TooLong => PdfError::TooLarge(Bound::Decoded),
            filter::FilterError::Damaged | filter::FilterError::Unknown => bad(),
        })?;
        document.decoded.set(document.decoded.get().saturating_add(decoded.len()));
        Ok(decoded)
    }

    /// A dictionary whose values, and those of its arrays, are no references.
    fn resolved(&self, dictionary: &Dictionary) -> Result<Dictionary, PdfError> {
        let mut entries = Vec::new();
        for (name, value) in dictionary.iter() {
            if matches!(name.as_bytes(), b"Filter" | b"DecodeParms" | b"Type") {
                let value = match self.resolve(value)? {
                    Object::Array(members) => {
                        let members: Result<Vec<_>, _> = members.iter().map(|member| self.resolve(member)).collect();
                        Object::Array(members?.into())
                    }
                    value => value,
                };
                entries.push((name.clone(), value));
            }
        }
        Ok(Dictionary::new(entries))
    }

    fn decryptor(&self, password: Option<&[u8]>) -> Result<Option<Decryptor>, PdfError> {
        let trailer = self.trailer();
        let encrypt = self.get(&trailer, b"Encrypt")?;
        if encrypt.is_null() {
            return Ok(None);
        }
        let reference = trailer.get(b"Encrypt").and_then(Object::as_reference);
        let id = self.get(&trailer, b"ID")?;
        let id = id.as_array().and_then(|id| id.first()).map(|id| self.resolve(id)).transpose()?;
        let id = id.as_ref().and_then(Object::as_string).unwrap_or_default();
        let encrypt = self.settled(&encrypt, ENCRYPTION_DEPTH)?;
        Ok(Some(Decryptor::new(encrypt.as_dictionary(), reference, id, password)?))
    }

    /// A value without references in it, as deep as `depth`.
    fn settled(&self, value: &Object, depth: usize) -> Result<Object, PdfError> {
        let value = self.resolve(value)?;
        let Some(dictionary) = value.as_dictionary().filter(|_| depth > 0) else { return Ok(value) };
        let entry = |(name, value): (&Name, &Object)| Ok((name.clone(), self.settled(value, depth - 1)?));
        let entries: Result<Vec<_>, PdfError> = dictionary.iter().map(entry).collect();
        Ok(Object::Dictionary(Rc::new(Dictionary::new(entries?))))
    }
}

/// Where an object was read.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
enum Key {
    At { number: u32, offset: u64 },
    In { number: u32, stream: u64, index: u32 },
}

/// A stream of objects, decoded.
struct Container {
    /// Number and offset of each.
    objects: Vec<(u32, usize)>,
    octets: Vec<u8>,
}

/// What was read before. When it gets too large all of it is forgotten.
#[derive(Default)]
struct Cache {
    objects: HashMap<Key, Rc<Indirect>>,
    /// By the offset of the stream.
    containers: HashMap<u64, Rc<Container>>,
    decoded: usize,
}

impl Cache {
    const MAX_OBJECTS: usize = 20_000;
    const MAX_DECODED: usize = 16 * 1024 * 1024;

    fn remember(&mut self, key: Key, object: &Rc<Indirect>) {
        if self.objects.len() >= Self::MAX_OBJECTS {
            self.objects.clear();
        }
        self.objects.insert(key, Rc::clone(object));
    }

    fn remember_container(&mut self, offset: u64, container: &Rc<Container>) {
        if self.decoded.saturating_add(container.octets.len()) > Self::MAX_DECODED {
            self.containers.clear();
            self.decoded = 0;
        }
        self.decoded = self.decoded.saturating_add(container.octets.len());
        self.containers.insert(offset, Rc::clone(container));
    }
}

/// An object with a number as it stands in the file; offsets count from where reading began.
pub(super) struct Parsed {
    pub(super) id: Reference,
    pub(super) value: Object,
    /// Where the octets of its stream begin.
    pub(super) stream: Option<usize>,
    /// Where it ends, if it is no stream.
    pub(super) end: usize,
    /// Whether `endobj` is missing.
    pub(super) unended: bool,
}

/// Reads `12 0 obj … endobj`, or as far as `stream`.
pub(super) fn parse_indirect(window: &[u8]) -> Result<Parsed, SyntaxError> {
    let mut parser = Parser::new(window, 0);
    let unexpected = SyntaxError::Unexpected;
    let number = parser.unsigned().and_then(|number| u32::try_from(number).ok()).ok_or(unexpected)?;
    let generation = parser.unsigned().and_then(|number| u16::try_from(number).ok()).ok_or(unexpected)?;
    if !parser.keyword(b"obj") {
        return Err(unexpected);
    }
    let value = parser.object()?;
    let id = Reference { number, generation };
    if parser.keyword(b"endobj") {
        return Ok(Parsed { id, value, stream: None, end: parser.position(), unended: false });
    }
    if ends_without_mark(&parser) {
        return Ok(Parsed { id, value, stream: None, end: parser.position(), unended: true });
    }
    if value.as_dictionary().is_none() || !parser.keyword(b"stream") {
        return Err(unexpected);
    }
    // §7.3.8.1: CR LF or LF; a CR alone is seen.
    let start = parser.position();
    let skipped = match parser.rest() {
        [] | [_] => return Err(SyntaxError::Truncated),
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    };
    Ok(Parsed { id, value, stream: Some(start + skipped), end: start, unended: false })
}

/// Whether the next object follows, or what stands behind the last one.
fn ends_without_mark(parser: &Parser<'_>) -> bool {
    let mut ahead = parser.clone();
    if [&b"xref"[..], b"startxref", b"trailer"].into_iter().any(|word| ahead.keyword(word)) {
        return true;
    }
    ahead.unsigned().is_some() && ahead.unsigned().is_some() && ahead.keyword(b"obj")
}
