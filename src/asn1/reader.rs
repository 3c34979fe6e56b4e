//! Elements of a slice, one after the other.

use std::borrow::Cow;

use time::UtcDateTime;

use crate::asn1::{Oid, generalized_time, utc_time};

/// Identifier octets (ITU-T X.690 §8.1.2) of the types that occur in CMS and X.509.
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING, primitive.
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OID: u8 = 0x06;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0a;
    /// UTF8String.
    pub const UTF8_STRING: u8 = 0x0c;
    /// UTCTime.
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// OCTET STRING in segments (BER only).
    pub const OCTET_STRING_CONSTRUCTED: u8 = 0x24;
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: u8 = 0x30;
    /// SET and SET OF.
    pub const SET: u8 = 0x31;
    /// The bit that says "made of other elements".
    pub const CONSTRUCTED: u8 = 0x20;

    /// Context-specific `[n]`, primitive (an IMPLICIT tag on a primitive type).
    pub const fn context(n: u8) -> u8 {
        0x80 | n
    }

    /// Context-specific `[n]`, constructed (EXPLICIT, or IMPLICIT on a SEQUENCE or SET).
    pub const fn context_constructed(n: u8) -> u8 {
        0xa0 | n
    }
}

/// Levels of nesting that any reader follows; 64 is where the crate `der` stops too.
pub const MAX_DEPTH: u8 = 64;

/// Why bytes are not the ASN.1 that was expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Asn1Error {
    /// The input ends inside an element.
    #[error("the data end inside an ASN.1 element")]
    Truncated,
    /// More levels than [`MAX_DEPTH`].
    #[error("ASN.1 nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// A length that no machine can hold, or the reserved form.
    #[error("impossible ASN.1 length")]
    BadLength,
    /// Another type stands where this one must.
    #[error("ASN.1 tag {found:#04x} where {expected:#04x} must be")]
    UnexpectedTag {
        /// The identifier octet that must be there.
        expected: u8,
        /// The identifier octet that is there.
        found: u8,
    },
    /// Bytes remain after the last element.
    #[error("bytes after the end of an ASN.1 structure")]
    TrailingData,
    /// The contents octets are not a value of their type.
    #[error("malformed ASN.1 {0}")]
    BadValue(&'static str),
}

/// One element (tag, length, value) borrowed from its input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Element<'a> {
    /// First identifier octet: class, constructed bit and (low) tag number.
    pub tag: u8,
    /// Contents octets, without end-of-contents octets.
    pub value: &'a [u8],
    /// The whole element as it stands in the input.
    pub raw: &'a [u8],
    depth: u8,
}

impl<'a> Element<'a> {
    /// Whether the element is made of other elements.
    pub const fn is_constructed(&self) -> bool {
        self.tag & tag::CONSTRUCTED != 0
    }

    /// The same element under another tag, for a type under an IMPLICIT tag; `raw` keeps the one that was sent.
    #[must_use]
    pub const fn with_tag(self, tag: u8) -> Self {
        Self { tag, ..self }
    }

    /// Reads the elements inside; a primitive element is refused.
    pub fn reader(&self) -> Result<Reader<'a>, Asn1Error> {
        if !self.is_constructed() {
            return Err(Asn1Error::BadValue("constructed element"));
        }
        if self.depth >= MAX_DEPTH {
            return Err(Asn1Error::TooDeep);
        }
        Ok(Reader { rest: self.value, depth: self.depth + 1 })
    }

    /// Returns the octets of an OCTET STRING (or an IMPLICIT form of one), joining BER segments.
    pub fn octets(&self) -> Result<Cow<'a, [u8]>, Asn1Error> {
        if !self.is_constructed() {
            return Ok(Cow::Borrowed(self.value));
        }
        let mut joined = Vec::with_capacity(self.value.len());
        let mut open = vec![self.reader()?];
        while let Some(reader) = open.last_mut() {
            if reader.is_empty() {
                open.pop();
                continue;
            }
            let segment = reader.element()?;
            match segment.tag {
                tag::OCTET_STRING => joined.extend_from_slice(segment.value),
                tag::OCTET_STRING_CONSTRUCTED => open.push(segment.reader()?),
                found => {
                    return Err(Asn1Error::UnexpectedTag { expected: tag::OCTET_STRING, found });
                }
            }
        }
        Ok(Cow::Owned(joined))
    }

    /// Returns the object identifier.
    pub fn oid(&self) -> Result<Oid<'a>, Asn1Error> {
        self.expect(tag::OID)?;
        Oid::from_contents(self.value)
    }

    /// Returns the two's-complement octets of an INTEGER; an empty or non-minimal one is refused (X.690 §8.3.2).
    pub fn integer(&self) -> Result<&'a [u8], Asn1Error> {
        self.expect(tag::INTEGER)?;
        match self.value {
            [] => Err(Asn1Error::BadValue("INTEGER")),
            [0x00, second, ..] if second & 0x80 == 0 => Err(Asn1Error::BadValue("INTEGER")),
            [0xff, second, ..] if second & 0x80 != 0 => Err(Asn1Error::BadValue("INTEGER")),
            octets => Ok(octets),
        }
    }

    /// Returns a small non-negative INTEGER.
    pub fn small_integer(&self) -> Result<u32, Asn1Error> {
        let octets = self.integer()?;
        if octets.first().is_some_and(|first| first & 0x80 != 0) || octets.len() > 5 {
            return Err(Asn1Error::BadValue("INTEGER"));
        }
        let value = octets.iter().fold(0_u64, |value, octet| value << 8 | u64::from(*octet));
        u32::try_from(value).map_err(|_| Asn1Error::BadValue("INTEGER"))
    }

    /// Returns a BOOLEAN; DER's 0xFF and any other non-zero octet are true.
    pub fn boolean(&self) -> Result<bool, Asn1Error> {
        match (self.tag, self.value) {
            (tag::BOOLEAN, [octet]) => Ok(*octet != 0),
            _ => Err(Asn1Error::BadValue("BOOLEAN")),
        }
    }

    /// Returns a UTCTime or GeneralizedTime (RFC 5280 §4.1.2.5 profile).
    pub fn time(&self) -> Result<UtcDateTime, Asn1Error> {
        match self.tag {
            tag::UTC_TIME => utc_time(self.value),
            tag::GENERALIZED_TIME => generalized_time(self.value),
            _ => Err(Asn1Error::BadValue("time")),
        }
    }

    /// Returns the octets of a BIT STRING that has no unused bits.
    pub fn bit_octets(&self) -> Result<&'a [u8], Asn1Error> {
        match self.value {
            [0, octets @ ..] => Ok(octets),
            _ => Err(Asn1Error::BadValue("BIT STRING")),
        }
    }

    /// Refuses any other tag than `expected`.
    pub fn expect(&self, expected: u8) -> Result<(), Asn1Error> {
        if self.tag == expected { Ok(()) } else { Err(Asn1Error::UnexpectedTag { expected, found: self.tag }) }
    }
}

/// A run of elements, read from the front.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Reader<'a> {
    /// Starts at the first octet of `input`, at depth 0.
    pub const fn new(input: &'a [u8]) -> Self {
        Self { rest: input, depth: 0 }
    }

    /// Whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The octets not read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Returns the identifier octet of the next element, if there is one.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Reads the next element, whatever it is.
    #[inline]
    pub fn element(&mut self) -> Result<Element<'a>, Asn1Error> {
        // What nearly every element has: a low tag number and a length in one octet.
        if let [tag, length @ 0x00..=0x7f, after @ ..] = self.rest
            && tag & 0x1f != 0x1f
            && let Some((value, rest)) = after.split_at_checked(usize::from(*length))
            && let Some((raw, _)) = self.rest.split_at_checked(2 + value.len())
        {
            self.rest = rest;
            return Ok(Element { tag: *tag, value, raw, depth: self.depth });
        }
        self.any_element()
    }

    fn any_element(&mut self) -> Result<Element<'a>, Asn1Error> {
        let (tag, header_len, length) = header(self.rest)?;
        let (value_end, end) = if let Some(length) = length {
            (header_len + length, header_len + length)
        } else {
            let after = self.rest.get(header_len..).ok_or(Asn1Error::Truncated)?;
            let value_end = header_len + length_to_end_of_contents(after, self.depth)?;
            (value_end, value_end + 2)
        };
        let (raw, rest) = self.rest.split_at_checked(end).ok_or(Asn1Error::Truncated)?;
        let value = raw.get(header_len..value_end).ok_or(Asn1Error::Truncated)?;
        self.rest = rest;
        Ok(Element { tag, value, raw, depth: self.depth })
    }

    /// Reads the next element, which must have this tag.
    pub fn expect(&mut self, expected: u8) -> Result<Element<'a>, Asn1Error> {
        match self.peek() {
            Some(found) if found == expected => self.element(),
            Some(found) => Err(Asn1Error::UnexpectedTag { expected, found }),
            None => Err(Asn1Error::Truncated),
        }
    }

    /// Reads the next element if it has this tag.
    pub fn optional(&mut self, expected: u8) -> Result<Option<Element<'a>>, Asn1Error> {
        if self.peek() == Some(expected) { self.element().map(Some) } else { Ok(None) }
    }

    /// Enters the next element, which must be a SEQUENCE.
    pub fn sequence(&mut self) -> Result<Self, Asn1Error> {
        self.expect(tag::SEQUENCE)?.reader()
    }

    /// Reads an OBJECT IDENTIFIER.
    pub fn oid(&mut self) -> Result<Oid<'a>, Asn1Error> {
        self.expect(tag::OID)?.oid()
    }

    /// Says that everything was read.
    pub fn finish(self) -> Result<(), Asn1Error> {
        if self.is_empty() { Ok(()) } else { Err(Asn1Error::TrailingData) }
    }
}

/// Decodes identifier and length octets: the tag, their number, and the length (`None`: indefinite).
#[inline]
pub(crate) fn header(input: &[u8]) -> Result<(u8, usize, Option<usize>), Asn1Error> {
    match input {
        // What nearly every element has: a low tag number and a length in one octet.
        [tag, length @ 0x00..=0x7f, ..] if tag & 0x1f != 0x1f => Ok((*tag, 2, Some(usize::from(*length)))),
        _ => any_header(input),
    }
}

fn any_header(input: &[u8]) -> Result<(u8, usize, Option<usize>), Asn1Error> {
    let (&tag, mut rest) = input.split_first().ok_or(Asn1Error::Truncated)?;
    if tag & 0x1f == 0x1f {
        // High tag numbers (X.690 §8.1.2.4): skipped, never interpreted. Four octets are plenty.
        let more = rest.iter().take(4).position(|octet| octet & 0x80 == 0);
        let number_len = more.ok_or(Asn1Error::BadLength)? + 1;
        rest = rest.get(number_len..).ok_or(Asn1Error::Truncated)?;
    }
    let (&first, after) = rest.split_first().ok_or(Asn1Error::Truncated)?;
    let before = input.len() - after.len();
    match first {
        0x00..=0x7f => Ok((tag, before, Some(usize::from(first)))),
        0x80 if tag & tag::CONSTRUCTED != 0 => Ok((tag, before, None)),
        0x80 | 0xff => Err(Asn1Error::BadLength),
        _ => {
            let count = usize::from(first & 0x7f);
            let octets = after.get(..count).ok_or(Asn1Error::Truncated)?;
            let mut length = 0_usize;
            for octet in octets {
                length = length.checked_mul(256).ok_or(Asn1Error::BadLength)?;
                length += usize::from(*octet);
            }
            if length > MAX_LENGTH {
                return Err(Asn1Error::BadLength);
            }
            Ok((tag, before + count, Some(length)))
        }
    }
}

/// Far above any limit of ours, far below what additions of offsets could overflow.
const MAX_LENGTH: usize = usize::MAX >> 16;

/// Finds the end-of-contents octets that close an indefinite length, without recursion.
fn length_to_end_of_contents(input: &[u8], depth: u8) -> Result<usize, Asn1Error> {
    let mut position = 0_usize;
    let mut open = 1_u8;
    loop {
        let rest = input.get(position..).ok_or(Asn1Error::Truncated)?;
        if let [0, 0, ..] = rest {
            open -= 1;
            if open == 0 {
                return Ok(position);
            }
            position += 2;
            continue;
        }
        let (_, header_len, length) = header(rest)?;
        position += header_len;
        if let Some(length) = length {
            position += length;
        } else {
            open += 1;
            if open.saturating_add(depth) > MAX_DEPTH {
                return Err(Asn1Error::TooDeep);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definite_and_an_indefinite_sequence_read_alike() {
        let definite = [0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 0xaa];
        let indefinite = [0x30, 0x80, 0x02, 0x01, 0x05, 0x04, 0x01, 0xaa, 0, 0];
        for input in [&definite[..], &indefinite[..]] {
            let mut outer = Reader::new(input);
            let mut inner = outer.sequence().unwrap();
            assert_eq!(inner.element().unwrap().small_integer().unwrap(), 5);
            assert_eq!(&*inner.expect(tag::OCTET_STRING).unwrap().octets().unwrap(), [0xaa]);
            inner.finish().unwrap();
            outer.finish().unwrap();
        }
    }

    #[test]
    fn segments_of_an_octet_string_are_joined() {
        let input = [0x24, 0x80, 0x04, 0x01, 1, 0x24, 0x05, 0x04, 0x03, 2, 3, 4, 0, 0];
        let element = Reader::new(&input).element().unwrap();
        assert_eq!(&*element.octets().unwrap(), [1, 2, 3, 4]);
    }

    #[test]
    fn nesting_stops_at_the_limit_in_both_forms() {
        for step in [&[0x30_u8, 0x80][..], &[0x24, 0x80]] {
            let input = step.repeat(100_000);
            assert_eq!(Reader::new(&input).element(), Err(Asn1Error::TooDeep));
        }
        let mut definite = vec![0x05, 0x00];
        for _ in 0..100 {
            definite = crate::asn1::encode(tag::SEQUENCE, &definite);
        }
        let mut reader = Reader::new(&definite);
        let error = loop {
            match reader.sequence() {
                Ok(inner) => reader = inner,
                Err(error) => break error,
            }
        };
        assert_eq!(error, Asn1Error::TooDeep);
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        for input in [
            &[0x30_u8][..],
            &[0x30, 0x05, 0x02],
            &[0x30, 0x80, 0x02, 0x01, 0x01],
            &[0x04, 0x80, 0x00, 0x00],
            &[0x30, 0xff],
            &[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(Reader::new(input).element().is_err(), "{input:02x?}");
        }
    }
}
