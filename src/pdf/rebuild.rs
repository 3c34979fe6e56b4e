//! Objects and revisions of a file whose cross-references lead nowhere, as a search of all octets finds them. Readers do the
//! same, each in its own way: what is found so lets signatures be read, and proves nothing of what is shown.

use std::rc::Rc;

use crate::pdf::document::parse_indirect;
use crate::pdf::filter;
use crate::pdf::history::{Found, History};
use crate::pdf::object::{Dictionary, Object, Reference};
use crate::pdf::octets::Octets;
use crate::pdf::syntax::{Parser, is_blank};
use crate::pdf::xref::{Place, Section};
use crate::pdf::{Bound, Limits, PdfError};

/// Looks for objects, trailers and the ends of revisions.
pub(super) fn history(octets: Octets<'_>, limits: &Limits) -> Result<History, PdfError> {
    let mut search = Search::new(octets, limits);
    let mut marks = Marks::new(octets)?;
    let mut groups: Vec<Vec<Found>> = Vec::new();
    let mut trailer: Option<Rc<Dictionary>> = None;
    while let Some((mark, at)) = marks.next()? {
        match mark {
            Mark::Object => search.object(at)?,
            Mark::Stream => marks.go_on_at(search.stream(at)?)?,
            Mark::Trailer => search.trailer(at)?,
            Mark::End => {
                if let Some(found) = search.end(at, &mut trailer)? {
                    groups.push(vec![found]);
                }
            }
        }
        if groups.len() > limits.revisions {
            return Err(PdfError::TooLarge(Bound::Revisions));
        }
    }
    // What follows the last end is there, and no revision.
    if !search.now.entries.is_empty() {
        groups.extend(search.now.found(octets.len(), None, &mut trailer).map(|found| vec![found]));
    }
    let is_encrypted = trailer.as_ref().is_some_and(|trailer| trailer.get(b"Encrypt").is_some());
    if groups.is_empty() || is_encrypted && search.packed {
        // Which objects stand in an encrypted stream only who has its key can say.
        return Err(PdfError::NoCrossReferences);
    }
    groups.reverse();
    Ok(History::new(groups))
}

/// A revision before its end is known.
#[derive(Default)]
struct Draft {
    entries: Vec<(u32, Place)>,
    trailer: Option<Rc<Dictionary>>,
    /// The object that was found last, where, and how many words in it might have begun its stream.
    last: Option<(Reference, u64, u32)>,
}

impl Draft {
    /// Makes a section of it; nothing, where no trailer was seen so far.
    fn found(&mut self, at: u64, end: Option<u64>, trailer: &mut Option<Rc<Dictionary>>) -> Option<Found> {
        let now = std::mem::take(self);
        *trailer = now.trailer.or_else(|| trailer.take());
        Some(Found { at, spans: Vec::new(), end, section: Section::found(now.entries, Rc::clone(trailer.as_ref()?)) })
    }
}

struct Search<'a> {
    octets: Octets<'a>,
    limits: &'a Limits,
    objects: usize,
    decoded: usize,
    trailers: usize,
    /// Whether there is a stream of objects.
    packed: bool,
    /// Whether no end of a stream comes any more.
    endless: bool,
    now: Draft,
}

/// Octets before a mark that are looked at: numbers and white space.
const BEFORE: u64 = 40;
/// A dictionary that is longer is not that of a stream of objects, and no trailer.
const MAX_DICTIONARY: u64 = 64 * 1024;
/// Words `stream` in one object that are taken for the beginning of its stream.
const MAX_TRIES: u32 = 8;
const END_OF_STREAM: &[u8] = b"endstream";

impl<'a> Search<'a> {
    fn new(octets: Octets<'a>, limits: &'a Limits) -> Self {
        let now = Draft::default();
        Self { octets, limits, objects: 0, decoded: 0, trailers: 0, packed: false, endless: false, now }
    }

    /// `obj`, if two numbers stand before it.
    fn object(&mut self, at: u64) -> Result<(), PdfError> {
        let from = at.saturating_sub(BEFORE);
        let Some(before) = self.octets.exactly(from, at - from)? else { return Ok(()) };
        let Some((id, len)) = header_before(&before) else { return Ok(()) };
        let offset = at - u64::try_from(len).unwrap_or_default();
        self.now.last = Some((id, offset, 0));
        self.add(id.number, Place::At { offset, generation: id.generation })
    }

    fn add(&mut self, number: u32, place: Place) -> Result<(), PdfError> {
        self.objects += 1;
        if self.objects > self.limits.objects {
            return Err(PdfError::TooLarge(Bound::Objects));
        }
        self.now.entries.push((number, place));
        Ok(())
    }

    /// `stream`, if it begins one; says where to go on.
    fn stream(&mut self, at: u64) -> Result<u64, PdfError> {
        let behind = at + 6;
        let Some((id, offset, tried)) = self.now.last.take().filter(|(_, _, tried)| *tried < MAX_TRIES) else {
            return Ok(behind);
        };
        if at - offset > MAX_DICTIONARY {
            return Ok(self.end_of_stream(behind)?.unwrap_or(behind));
        }
        let window = self.octets.window(offset, usize::try_from(at - offset + 16).unwrap_or_default())?;
        let window = window.get(..usize::try_from(at - offset + 16).unwrap_or_default()).unwrap_or(&window);
        let parsed = parse_indirect(window).ok();
        let stream = parsed.as_ref().and_then(|parsed| Some((parsed.stream?, parsed.value.as_dictionary()?)));
        let Some((start, dictionary)) = stream else {
            // A word inside the dictionary.
            self.now.last = Some((id, offset, tried + 1));
            return Ok(behind);
        };
        let start = offset + u64::try_from(start).unwrap_or_default();
        let told = dictionary.get(b"Length").and_then(Object::as_offset).and_then(|length| start.checked_add(length));
        let end = match told {
            Some(end) if self.octets.find(END_OF_STREAM, end, end.saturating_add(12))?.is_some() => Some(end),
            _ => self.end_of_stream(start)?,
        };
        let Some(end) = end else { return Ok(behind) };
        match dictionary.get(b"Type").and_then(Object::as_name) {
            Some(b"XRef") => self.now.trailer = Some(Rc::clone(dictionary)),
            Some(b"ObjStm") => self.packed_objects(id, dictionary, start..end)?,
            _ => {}
        }
        Ok(end)
    }

    fn end_of_stream(&mut self, from: u64) -> Result<Option<u64>, PdfError> {
        let end = if self.endless { None } else { self.octets.find(END_OF_STREAM, from, self.octets.len())? };
        self.endless |= end.is_none();
        Ok(end)
    }

    /// The objects in a stream of objects (§7.5.7). One that cannot be decoded has none, and who refers to them finds nothing.
    fn packed_objects(
        &mut self,
        id: Reference,
        dictionary: &Dictionary,
        span: std::ops::Range<u64>,
    ) -> Result<(), PdfError> {
        self.packed = true;
        let Some(raw) = self.octets.exactly(span.start, span.end - span.start)? else { return Ok(()) };
        let limit = self.limits.decoded.saturating_sub(self.decoded);
        let Ok(decoded) = filter::decode(dictionary, &raw, limit) else { return Ok(()) };
        self.decoded = self.decoded.saturating_add(decoded.len());
        let Some(count) = dictionary.get(b"N").and_then(Object::as_offset) else { return Ok(()) };
        let mut parser = Parser::new(&decoded, 0);
        for index in 0..u32::try_from(count).unwrap_or_default() {
            let number = parser.unsigned().and_then(|number| u32::try_from(number).ok());
            let (Some(number), Some(_)) = (number, parser.unsigned()) else { break };
            self.add(number, Place::In { stream: id.number, index })?;
        }
        Ok(())
    }

    fn trailer(&mut self, at: u64) -> Result<(), PdfError> {
        self.trailers += 1;
        if self.trailers > self.limits.revisions {
            return Err(PdfError::TooLarge(Bound::Revisions));
        }
        let len = usize::try_from(MAX_DICTIONARY).unwrap_or_default();
        let window = self.octets.window(at + 7, len)?;
        let window = window.get(..len.min(window.len())).unwrap_or_default();
        let value = Parser::new(window, 0).object();
        if let Some(dictionary) = value.ok().as_ref().and_then(Object::as_dictionary)
            && dictionary.get(b"Root").is_some()
        {
            self.now.trailer = Some(Rc::clone(dictionary));
        }
        Ok(())
    }

    /// `%%EOF`, if `startxref` and a number stand before it.
    fn end(&mut self, at: u64, trailer: &mut Option<Rc<Dictionary>>) -> Result<Option<Found>, PdfError> {
        let from = at.saturating_sub(BEFORE);
        let Some(before) = self.octets.exactly(from, at - from)? else { return Ok(None) };
        let is_blank_or_digit = |octet: &u8| is_blank(*octet) || octet.is_ascii_digit();
        let len = before.iter().rev().take_while(|octet| is_blank_or_digit(octet)).count();
        let Some(rest) = before.len().checked_sub(len).and_then(|rest| before.get(..rest)) else { return Ok(None) };
        if !rest.ends_with(b"startxref") {
            return Ok(None);
        }
        let section = at - u64::try_from(len + 9).unwrap_or_default();
        Ok(self.now.found(section, Some(at + 5), trailer))
    }
}

/// `12 0 ` at the end of octets: whose header it is, and how long it is.
fn header_before(before: &[u8]) -> Option<(Reference, usize)> {
    let rest = without_blank(before)?;
    let (rest, generation) = split_digits(rest)?;
    let rest = without_blank(rest)?;
    let (rest, number) = split_digits(rest)?;
    let id = Reference { number: number.parse().ok()?, generation: generation.parse().ok()? };
    Some((id, before.len() - rest.len()))
}

/// Takes white space from the end; `None` where there is none.
fn without_blank(octets: &[u8]) -> Option<&[u8]> {
    let len = octets.iter().rev().take_while(|octet| is_blank(**octet)).count();
    octets.get(..octets.len() - len).filter(|_| len > 0)
}

/// Takes digits from the end.
fn split_digits(octets: &[u8]) -> Option<(&[u8], &str)> {
    let len = octets.iter().rev().take_while(|octet| octet.is_ascii_digit()).count();
    let (rest, digits) = octets.split_at_checked(octets.len() - len)?;
    Some((rest, std::str::from_utf8(digits).ok()?))
}

#[derive(Clone, Copy)]
enum Mark {
    Object,
    Stream,
    Trailer,
    End,
}

/// The places of marks in their order; each octet is looked at once for each of them.
struct Marks<'a> {
    octets: Octets<'a>,
    next: [Option<u64>; 4],
}

impl<'a> Marks<'a> {
    const ALL: [(Mark, &'static [u8]); 4] =
        [(Mark::Object, b"obj"), (Mark::Stream, b"stream"), (Mark::Trailer, b"trailer"), (Mark::End, b"%%EOF")];

    fn new(octets: Octets<'a>) -> Result<Self, PdfError> {
        let mut next = [None; 4];
        for ((_, mark), next) in Self::ALL.iter().zip(&mut next) {
            *next = octets.find(mark, 0, octets.len())?;
        }
        Ok(Self { octets, next })
    }

    fn next(&mut self) -> Result<Option<(Mark, u64)>, PdfError> {
        let known = Self::ALL.iter().zip(self.next).filter_map(|((mark, _), at)| Some((*mark, at?)));
        let Some((mark, at)) = known.min_by_key(|(_, at)| *at) else { return Ok(None) };
        self.go_on_at(at + 1)?;
        Ok(Some((mark, at)))
    }

    /// Leaves out what stands before a place.
    fn go_on_at(&mut self, at: u64) -> Result<(), PdfError> {
        for ((_, mark), next) in Self::ALL.iter().zip(&mut self.next) {
            if next.is_some_and(|next| next < at) {
                *next = self.octets.find(mark, at, self.octets.len())?;
            }
        }
        Ok(())
    }
}
