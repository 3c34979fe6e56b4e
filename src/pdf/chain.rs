//! Finding the sections of cross-references: the last one near the end of the file, each earlier one from the next.

use std::collections::HashSet;
use std::rc::Rc;

use memchr::memmem;

use crate::pdf::document::parse_indirect;
use crate::pdf::filter;
use crate::pdf::history::{Found, History};
use crate::pdf::octets::Octets;
use crate::pdf::repair::{Repair, Repairs};
use crate::pdf::syntax::{Parser, is_blank};
use crate::pdf::xref::{self, Place, Section};
use crate::pdf::{Bound, Limits, Object, PdfError};

/// Where the header begins, if it is where readers look for it (ISO 32000-1 annex H, note 13).
pub(super) fn header(octets: Octets<'_>) -> Result<u64, PdfError> {
    let window = octets.window(0, HEADER_WINDOW)?;
    let window = window.get(..HEADER_WINDOW.min(window.len())).unwrap_or_default();
    let at = memmem::find(window, b"%PDF-").ok_or(PdfError::NoHeader)?;
    Ok(u64::try_from(at).unwrap_or_default())
}

const HEADER_WINDOW: usize = 1024 + 5;

/// How much before the end the last `startxref` is looked for: files have been seen with a mebibyte of zeros behind.
const TAIL_WINDOWS: [u64; 2] = [2 * 1024, 2 * 1024 * 1024];

/// Follows the sections from the last one and puts them in order.
pub(super) fn history(
    octets: Octets<'_>,
    header: u64,
    repairs: &Repairs,
    limits: &Limits,
) -> Result<History, PdfError> {
    let last = last_section(octets)?;
    let mut chain = Chain { octets, base: 0, repairs, limits, seen: HashSet::new(), decoded: 0 };
    // Offsets count from the header where something precedes it, says ISO 32000-2 §7.5.2; many writers count from the file.
    let first = match chain.section(last) {
        Err(PdfError::BadCrossReferences { .. }) if header > 0 => {
            chain.base = header;
            chain.seen.clear();
            chain.section(last)?
        }
        first => first?,
    };
    let mut groups = vec![vec![first]];
    let mut objects = 0_usize;
    while let Some(newer) = groups.last().and_then(|group| group.last()) {
        objects = objects.saturating_add(newer.section.entries.len());
        if objects > limits.objects {
            return Err(PdfError::TooLarge(Bound::Objects));
        }
        let at = newer.at;
        let Some(previous) = newer.section.link(b"Prev").map_err(|_| PdfError::BadCrossReferences { at })? else {
            break;
        };
        if previous == 0 && octets.find(STARTXREF, 0, at)?.is_none() {
            repairs.note(Repair::PrevIgnored, at);
            break;
        }
        let older = chain.section(previous)?;
        if older.at < at {
            if groups.len() >= limits.revisions {
                return Err(PdfError::TooLarge(Bound::Revisions));
            }
            groups.push(vec![older]);
        } else if let Some(group) = groups.last_mut().filter(|group| group.len() == 1)
            && matches!(older.section.link(b"Prev"), Ok(None | Some(0)))
        {
            // The first form of a linearised file: its sections refer forwards (annex F).
            group.push(older);
        } else {
            return Err(PdfError::BadCrossReferences { at: older.at });
        }
    }
    find_ends(octets, &mut groups, chain.base, repairs)?;
    Ok(History::new(groups))
}

/// What the last `startxref` says.
fn last_section(octets: Octets<'_>) -> Result<u64, PdfError> {
    for len in TAIL_WINDOWS {
        let from = octets.len().saturating_sub(len);
        let window = octets.window(from, usize::try_from(len).unwrap_or(usize::MAX))?;
        if let Some(at) = memmem::rfind(&window, STARTXREF) {
            let mut parser = Parser::new(&window, at + STARTXREF.len());
            return parser.unsigned().ok_or(PdfError::NoCrossReferences);
        }
    }
    Err(PdfError::NoCrossReferences)
}

const STARTXREF: &[u8] = b"startxref";

struct Chain<'a> {
    octets: Octets<'a>,
    /// What is added to every offset.
    base: u64,
    repairs: &'a Repairs,
    limits: &'a Limits,
    /// Sections that were read: none may be reached twice.
    seen: HashSet<u64>,
    decoded: usize,
}

impl Chain<'_> {
    /// Reads the section at an offset, with what it hides from old readers.
    fn section(&mut self, offset: u64) -> Result<Found, PdfError> {
        let at = offset.saturating_add(self.base);
        if !self.seen.insert(at) {
            return Err(PdfError::BadCrossReferences { at });
        }
        let mut found = self.read(at)?;
        if let Some(hidden) = found.section.link(b"XRefStm").map_err(|_| PdfError::BadCrossReferences { at })? {
            let hidden = self.read(hidden.saturating_add(self.base))?;
            found.section.uncover(hidden.section);
            found.spans.extend(hidden.spans);
        }
        Ok(found)
    }

    fn read(&mut self, at: u64) -> Result<Found, PdfError> {
        let table = self.octets.read(at, |window| {
            let mut parser = Parser::new(window, 0);
            if !parser.keyword(b"xref") {
                return Ok(None);
            }
            let section = xref::table(&mut parser)?;
            Ok(Some((section, parser.position())))
        })?;
        let (mut section, len) = match table {
            Ok(Some(table)) => table,
            Ok(None) => self.stream(at)?,
            Err(xref::BadSection) => return Err(PdfError::BadCrossReferences { at }),
        };
        if section.renumbered {
            self.repairs.note(Repair::NumberedFromOne, at);
        }
        for (_, place) in &mut section.entries {
            if let Place::At { offset, .. } = place {
                *offset = offset.saturating_add(self.base);
            }
        }
        let span = at..at.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
        Ok(Found { at, spans: vec![span], end: None, section })
    }

    /// Reads a stream of cross-references, and how long it is.
    fn stream(&mut self, at: u64) -> Result<(Section, usize), PdfError> {
        let bad = || PdfError::BadCrossReferences { at };
        let indirect = self.octets.read(at, parse_indirect)?.map_err(|_| bad())?;
        let dictionary = indirect.value.as_dictionary().ok_or_else(bad)?.clone();
        let start = indirect.stream.ok_or_else(bad)?;
        if dictionary.get(b"Type").and_then(Object::as_name) != Some(b"XRef") {
            return Err(bad());
        }
        let len = dictionary.get(b"Length").and_then(Object::as_offset).ok_or_else(bad)?;
        let start_at = at + u64::try_from(start).unwrap_or_default();
        let raw = self.octets.exactly(start_at, len)?.ok_or_else(bad)?;
        let limit = self.limits.decoded.saturating_sub(self.decoded);
        let decoded = filter::decode(&dictionary, &raw, limit).map_err(|error| match error {
            filter::FilterError::TooLong => PdfError::TooLarge(Bound::Decoded),
            filter::FilterError::Damaged | filter::FilterError::Unknown => bad(),
        })?;
        self.decoded += decoded.len();
        let section = xref::stream(Rc::clone(&dictionary), &decoded).map_err(|_| bad())?;
        Ok((section, start.saturating_add(raw.len())))
    }
}

/// Finds out where each revision ends: at the `%%EOF` behind the `startxref` that points to it.
fn find_ends(octets: Octets<'_>, groups: &mut [Vec<Found>], base: u64, repairs: &Repairs) -> Result<(), PdfError> {
    let mut limit = octets.len();
    for group in groups {
        let sections: Vec<u64> = group.iter().map(|found| found.at).collect();
        let from = group.iter().filter_map(|found| found.spans.first()).map(|span| span.end).max().unwrap_or_default();
        let end = end_of(octets, from, limit, |value| sections.contains(&value.saturating_add(base)))?;
        let end = match end {
            End::Marked(end) => Some(end),
            End::Unmarked(end) if limit == octets.len() && octets.find_other(is_blank, end)?.is_none() => {
                repairs.note(Repair::NoEndMark, end);
                Some(end)
            }
            End::Unmarked(_) | End::Unknown => None,
        };
        limit = sections.iter().copied().min().unwrap_or_default();
        if let Some(found) = group.first_mut() {
            found.end = end;
        }
    }
    Ok(())
}

/// How a revision ends.
enum End {
    /// With `%%EOF`, before this octet.
    Marked(u64),
    /// With its `startxref`, before this octet.
    Unmarked(u64),
    /// Its `startxref` is not there, or points elsewhere.
    Unknown,
}

/// What follows the first `startxref` between two offsets.
fn end_of(octets: Octets<'_>, from: u64, to: u64, points_here: impl Fn(u64) -> bool) -> Result<End, PdfError> {
    const EOF: &[u8] = b"%%EOF";
    const ROOM: usize = 256;
    let Some(at) = octets.find(STARTXREF, from, to)? else { return Ok(End::Unknown) };
    let window = octets.window(at, ROOM)?;
    let window = window.get(..ROOM.min(window.len())).unwrap_or_default();
    let mut parser = Parser::new(window, STARTXREF.len());
    if !parser.unsigned().is_some_and(points_here) {
        return Ok(End::Unknown);
    }
    let blank = parser.rest().iter().take_while(|octet| is_blank(**octet)).count();
    let marked = parser.rest().get(blank..).is_some_and(|rest| rest.starts_with(EOF));
    let len = parser.position() + if marked { blank + EOF.len() } else { 0 };
    let end = at + u64::try_from(len).unwrap_or_default();
    Ok(if marked { End::Marked(end) } else { End::Unmarked(end) })
}
