//! Reading ASN.1 as a stream, so that a large content is never held in memory.

use std::borrow::Cow;
use std::io;

use crate::asn1::reader::header;
use crate::asn1::{Asn1Error, MAX_DEPTH, Reader, tag};

/// Octets that can be read at any position, any number of times: a file, a spooled upload, a slice.
pub trait Source: Sync {
    /// Number of octets.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads some octets from `offset` on; 0 only at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// The octets themselves, where they are in memory anyway.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }
}

impl Source for &[u8] {
    fn len(&self) -> u64 {
        u64::try_from(<[u8]>::len(self)).unwrap_or(u64::MAX)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// A part of another source.
#[derive(Clone, Copy)]
pub struct Window<'a> {
    source: &'a dyn Source,
    start: u64,
    len: u64,
}

impl<'a> Window<'a> {
    /// Cuts `len` octets from `start` on; what reaches beyond the end of `source` is left out.
    pub fn new(source: &'a dyn Source, start: u64, len: u64) -> Self {
        let start = start.min(source.len());
        Self { source, start, len: len.min(source.len() - start) }
    }
}

impl Source for Window<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = left.min(buffer.len());
        let Some(buffer) = buffer.get_mut(..count) else { return Ok(0) };
        self.source.read_at(self.start + offset, buffer)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        let start = usize::try_from(self.start).ok()?;
        let len = usize::try_from(self.len).ok()?;
        self.source.as_slice()?.get(start..)?.get(..len)
    }
}

/// Why a stream could not be read as ASN.1.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The source itself failed.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
    /// The octets are not what they must be.
    #[error(transparent)]
    Asn1(#[from] Asn1Error),
}

/// The length octets of an element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Length {
    /// So many contents octets follow.
    Definite(u64),
    /// Elements follow until end-of-contents octets.
    Indefinite,
}

/// Identifier and length octets of an element of a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// First identifier octet.
    pub tag: u8,
    /// The contents.
    pub length: Length,
}

/// Reads a source from front to back through one buffer (none, where it is in memory).
pub struct Cursor<'a> {
    source: &'a dyn Source,
    memory: Option<&'a [u8]>,
    position: u64,
    buffer: Vec<u8>,
    /// What of `buffer` is filled and not yet consumed.
    filled: std::ops::Range<usize>,
}

/// The buffer of a [`Cursor`], in octets: large enough that reading a file costs nothing beside hashing it.
const BUFFER_LEN: usize = 256 * 1024;

/// No header is longer: identifier (5) and length (9).
const MAX_HEADER_LEN: usize = 16;

impl<'a> Cursor<'a> {
    /// Starts at `position`.
    pub fn new(source: &'a dyn Source, position: u64) -> Self {
        Self { source, memory: source.as_slice(), position, buffer: Vec::new(), filled: 0..0 }
    }

    /// Offset of the next octet.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Reads identifier and length octets.
    pub fn header(&mut self) -> Result<Header, SourceError> {
        let (tag, header_len, length) = header(self.peek(MAX_HEADER_LEN)?)?;
        self.consume(header_len);
        let length = match length {
            Some(length) => Length::Definite(u64::try_from(length).map_err(|_| Asn1Error::BadLength)?),
            None => Length::Indefinite,
        };
        Ok(Header { tag, length })
    }

    /// Reads identifier and length octets; any other tag than `expected` is refused.
    pub fn expect(&mut self, expected: u8) -> Result<Length, SourceError> {
        let found = self.peek_tag()?.ok_or(Asn1Error::Truncated)?;
        if found != expected {
            return Err(Asn1Error::UnexpectedTag { expected, found }.into());
        }
        self.header().map(|header| header.length)
    }

    /// Returns the identifier octet of the next element, if there is one.
    pub fn peek_tag(&mut self) -> Result<Option<u8>, SourceError> {
        Ok(self.peek(1)?.first().copied())
    }

    /// Reads a whole element of at most `limit` octets, borrowed where it is in memory anyway.
    pub fn element(&mut self, limit: usize) -> Result<Cow<'a, [u8]>, SourceError> {
        let raw = match self.rest_in_memory()? {
            Some(rest) => Cow::Borrowed(first_element(rest, limit)?),
            None => Cow::Owned(first_element(self.peek(limit)?, limit)?.to_vec()),
        };
        self.consume(raw.len());
        Ok(raw)
    }

    /// Returns all that is left, borrowed where it is in memory anyway; `None` if it is over `limit` octets.
    pub fn rest(mut self, limit: usize) -> Result<Option<Cow<'a, [u8]>>, SourceError> {
        let left = usize::try_from(self.source.len().saturating_sub(self.position)).unwrap_or(usize::MAX);
        if left > limit {
            return Ok(None);
        }
        if let Some(rest) = self.rest_in_memory()? {
            return Ok(Some(Cow::Borrowed(rest)));
        }
        let mut rest = Vec::with_capacity(left);
        let count = u64::try_from(left).map_err(|_| Asn1Error::BadLength)?;
        self.feed(count, &mut |piece| rest.extend_from_slice(piece))?;
        Ok(Some(Cow::Owned(rest)))
    }

    /// Whether end-of-contents octets come next; they are not consumed.
    pub fn at_end_of_contents(&mut self) -> Result<bool, SourceError> {
        Ok(matches!(self.peek(2)?, [0, 0, ..]))
    }

    /// Whether end-of-contents octets come next; if so they are consumed.
    pub fn end_of_contents(&mut self) -> Result<bool, SourceError> {
        let found = self.at_end_of_contents()?;
        if found {
            self.consume(2);
        }
        Ok(found)
    }

    /// Gives the next `count` octets to `sink`, piece by piece.
    pub fn feed(&mut self, mut count: u64, sink: &mut dyn FnMut(&[u8])) -> Result<(), SourceError> {
        while count > 0 {
            let available = self.peek(1)?;
            let piece = usize::try_from(count).unwrap_or(usize::MAX).min(available.len());
            let octets = available.get(..piece).ok_or(Asn1Error::Truncated)?;
            if octets.is_empty() {
                return Err(Asn1Error::Truncated.into());
            }
            sink(octets);
            self.consume(piece);
            count -= u64::try_from(piece).map_err(|_| Asn1Error::BadLength)?;
        }
        Ok(())
    }

    /// Gives the octets of an OCTET STRING to `sink`, whatever its BER form: primitive, or segments to any
    /// number and to a depth of `MAX_DEPTH`. Returns how many there were.
    pub fn octet_string(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<u64, SourceError> {
        let mut total = 0;
        let mut open: Vec<Option<u64>> = Vec::new();
        loop {
            let header = self.header()?;
            match (header.tag, header.length) {
                (tag::OCTET_STRING, Length::Definite(count)) => {
                    self.feed(count, sink)?;
                    total += count;
                }
                (tag::OCTET_STRING_CONSTRUCTED, length) => {
                    if open.len() >= usize::from(MAX_DEPTH) {
                        return Err(Asn1Error::TooDeep.into());
                    }
                    open.push(match length {
                        Length::Definite(count) => Some(self.position + count),
                        Length::Indefinite => None,
                    });
                }
                (found, _) => {
                    return Err(Asn1Error::UnexpectedTag { expected: tag::OCTET_STRING, found }.into());
                }
            }
            self.close_finished(&mut open)?;
            if open.is_empty() {
                return Ok(total);
            }
        }
    }

    /// Leaves the segmented strings that end here.
    fn close_finished(&mut self, open: &mut Vec<Option<u64>>) -> Result<(), SourceError> {
        while let Some(end) = open.last() {
            let ended = match end {
                Some(end) if self.position > *end => return Err(Asn1Error::BadLength.into()),
                Some(end) => self.position == *end,
                None => self.end_of_contents()?,
            };
            if !ended {
                break;
            }
            open.pop();
        }
        Ok(())
    }

    /// Returns at least `count` of the octets that come next, fewer only at the end of the source.
    fn peek(&mut self, count: usize) -> Result<&[u8], SourceError> {
        if let Some(rest) = self.rest_in_memory()? {
            return Ok(rest);
        }
        if self.filled.len() < count {
            self.refill(count)?;
        }
        Ok(self.buffer.get(self.filled.clone()).unwrap_or_default())
    }

    /// What comes next, where the source is in memory.
    fn rest_in_memory(&self) -> Result<Option<&'a [u8]>, Asn1Error> {
        let Some(memory) = self.memory else { return Ok(None) };
        let start = usize::try_from(self.position).map_err(|_| Asn1Error::BadLength)?;
        Ok(Some(memory.get(start..).unwrap_or_default()))
    }

    fn refill(&mut self, count: usize) -> Result<(), SourceError> {
        if self.buffer.is_empty() {
            self.buffer = vec![0; BUFFER_LEN];
        }
        self.buffer.copy_within(self.filled.clone(), 0);
        self.filled = 0..self.filled.len();
        while self.filled.len() < count {
            let Some(space) = self.buffer.get_mut(self.filled.end..) else { break };
            let offset = self.position + u64::try_from(self.filled.len()).unwrap_or(u64::MAX);
            match self.source.read_at(offset, space)? {
                0 => break,
                read => self.filled.end += read,
            }
        }
        Ok(())
    }

    fn consume(&mut self, count: usize) {
        self.position += u64::try_from(count).unwrap_or(u64::MAX);
        self.filled.start = (self.filled.start + count).min(self.filled.end);
    }
}

fn first_element(octets: &[u8], limit: usize) -> Result<&[u8], Asn1Error> {
    Ok(Reader::new(octets.get(..limit).unwrap_or(octets)).element()?.raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that is not in memory and reads one octet at a time.
    struct Dribble<'a>(&'a [u8]);

    impl Source for Dribble<'_> {
        fn len(&self) -> u64 {
            Source::len(&self.0)
        }

        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read_at(offset, &mut buffer[..1])
        }
    }

    fn octets_of(input: &[u8]) -> Result<Vec<u8>, SourceError> {
        let mut slow = Vec::new();
        let source = Dribble(input);
        Cursor::new(&source, 0).octet_string(&mut |piece| slow.extend_from_slice(piece))?;
        let mut fast = Vec::new();
        let total = Cursor::new(&input, 0).octet_string(&mut |piece| fast.extend_from_slice(piece))?;
        assert_eq!(slow, fast);
        assert_eq!(total, Source::len(&fast.as_slice()));
        Ok(fast)
    }

    #[test]
    fn every_form_of_an_octet_string_streams_the_same_octets() {
        assert_eq!(octets_of(&[0x04, 0x00]).unwrap(), [0_u8; 0]);
        assert_eq!(octets_of(&[0x04, 0x03, 1, 2, 3, 9]).unwrap(), [1, 2, 3]);
        assert_eq!(octets_of(&[0x24, 0x80, 0x04, 1, 1, 0x04, 0, 0x04, 2, 2, 3, 0, 0, 9]).unwrap(), [1, 2, 3]);
        assert_eq!(octets_of(&[0x24, 0x07, 0x24, 0x05, 0x04, 3, 1, 2, 3]).unwrap(), [1, 2, 3]);
        assert_eq!(octets_of(&[0x24, 0x80, 0, 0]).unwrap(), [0_u8; 0]);
    }

    #[test]
    fn a_string_that_does_not_end_or_ends_elsewhere_is_refused() {
        for bad in [
            &[0x04_u8, 0x03, 1][..],
            &[0x24, 0x80, 0x04, 1, 1],
            &[0x24, 0x02, 0x04, 1, 1],
            &[0x24, 0x03, 0x02, 1, 1],
            &[],
        ] {
            assert!(octets_of(bad).is_err(), "{bad:02x?}");
        }
        assert!(octets_of(&[0x24, 0x80].repeat(100_000)).is_err());
    }

    #[test]
    fn a_window_shows_its_part_only() {
        let bytes: &[u8] = &[0, 1, 2, 3, 4];
        let window = Window::new(&bytes, 1, 3);
        assert_eq!(window.as_slice(), Some(&[1_u8, 2, 3][..]));
        let mut buffer = [0; 8];
        assert_eq!(window.read_at(1, &mut buffer).unwrap(), 2);
        assert_eq!(buffer[..2], [2, 3]);
        assert_eq!(Window::new(&bytes, 4, 100).len(), 1);
    }
}
