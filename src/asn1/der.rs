//! Writing DER: one element, or a BER element again as DER.

use crate::asn1::{Asn1Error, Element, Reader, tag};

/// Encodes one element with a definite length of the shortest form (X.690 §10.1).
pub fn encode(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(contents.len() + 6);
    push_header(tag, contents.len(), &mut out);
    out.extend_from_slice(contents);
    out
}

/// Encodes identifier and length octets alone, for `len` contents octets that are written apart.
pub fn encode_header(tag: u8, len: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(6);
    push_header(tag, len, &mut out);
    out
}

/// Encodes an INTEGER that is not negative, given its octets (X.690 §8.3: the shortest, the first bit clear).
pub fn encode_unsigned(octets: &[u8]) -> Vec<u8> {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let significant = octets.get(zeros..).unwrap_or_default();
    let needs_zero = significant.first().is_none_or(|first| first & 0x80 != 0);
    let sign: &[u8] = if needs_zero { &[0] } else { &[] };
    encode(tag::INTEGER, &[sign, significant].concat())
}

fn push_header(tag: u8, len: usize, out: &mut Vec<u8>) {
    out.push(tag);
    let (length_octets, count) = length_octets(len);
    out.extend(length_octets.into_iter().take(count));
}

/// Whether the element is encoded in DER as far as structure goes: definite shortest lengths, no
/// segmented strings, and the elements of a SET in order. Values of primitive types are not checked.
pub fn is_der(element: &Element<'_>) -> bool {
    has_der_header(element) && (!element.is_constructed() || has_der_members(element))
}

fn has_der_header(element: &Element<'_>) -> bool {
    let header_len = element.raw.len().saturating_sub(element.value.len());
    // Of two octets one is the length, and nothing is shorter; an indefinite one has two more at the end.
    let is_shortest = header_len == 2
        || element.raw.get(1..header_len).is_some_and(|length| is_shortest(length, element.value.len()));
    is_shortest && element.tag != tag::OCTET_STRING_CONSTRUCTED
}

/// The recursion is bounded by `MAX_DEPTH`, which the readers enforce.
fn has_der_members(parent: &Element<'_>) -> bool {
    let Ok(mut members) = parent.reader() else { return false };
    let mut previous: &[u8] = &[];
    while !members.is_empty() {
        let Ok(member) = members.element() else { return false };
        if !has_der_header(&member)
            || (parent.tag == tag::SET && member.raw < previous)
            || (member.is_constructed() && !has_der_members(&member))
        {
            return false;
        }
        previous = member.raw;
    }
    true
}

fn is_shortest(encoded: &[u8], length: usize) -> bool {
    match encoded {
        [octet] => usize::from(*octet) == length,
        [count, octets @ ..] => {
            length > 0x7f
                && usize::from(*count) == 0x80 + octets.len()
                && octets.first().is_some_and(|first| *first != 0)
                && octets.iter().fold(0, |value, octet| value << 8 | usize::from(*octet)) == length
        }
        [] => false,
    }
}

/// Encodes a BER element again as DER: definite shortest lengths, OCTET STRING segments joined, SETs sorted
/// (X.690 §10 and §11.6). Primitive contents are copied as they are.
pub fn to_der(element: &Element<'_>) -> Result<Vec<u8>, Asn1Error> {
    if element.tag == tag::OCTET_STRING_CONSTRUCTED {
        return Ok(encode(tag::OCTET_STRING, &element.octets()?));
    }
    if !element.is_constructed() {
        return Ok(encode(element.tag, element.value));
    }
    let members = members_as_der(element.reader()?, element.tag)?;
    Ok(encode(element.tag, &members.concat()))
}

/// The recursion is bounded by `MAX_DEPTH`, which the readers enforce.
fn members_as_der(mut reader: Reader<'_>, parent: u8) -> Result<Vec<Vec<u8>>, Asn1Error> {
    let mut members = Vec::new();
    while !reader.is_empty() {
        members.push(to_der(&reader.element()?)?);
    }
    if parent == tag::SET {
        members.sort_unstable();
    }
    Ok(members)
}

/// The length octets in the shortest form, and how many they are.
fn length_octets(length: usize) -> ([u8; 9], usize) {
    let mut octets = [0; 9];
    let mut count = 1;
    if let Some(first) = octets.first_mut() {
        *first = u8::try_from(length).unwrap_or(0xff);
    }
    if length > 0x7f {
        let significant = length.to_be_bytes().into_iter().skip_while(|octet| *octet == 0);
        for (slot, octet) in octets.iter_mut().skip(1).zip(significant) {
            *slot = octet;
            count += 1;
        }
        if let Some(first) = octets.first_mut() {
            *first = 0x7f + u8::try_from(count).unwrap_or(1);
        }
    }
    (octets, count)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        assert_eq!(encode(0x04, &[]), [0x04, 0x00]);
        assert_eq!(encode(0x04, &[7; 127])[..2], [0x04, 0x7f]);
        assert_eq!(encode(0x04, &[7; 128])[..3], [0x04, 0x81, 0x80]);
        assert_eq!(encode(0x04, &[7; 256])[..4], [0x04, 0x82, 0x01, 0x00]);
    }

    #[test]
    fn integers_take_the_shortest_form() {
        assert_eq!(encode_unsigned(&[]), [0x02, 1, 0]);
        assert_eq!(encode_unsigned(&[0, 0]), [0x02, 1, 0]);
        assert_eq!(encode_unsigned(&[0, 0x7f]), [0x02, 1, 0x7f]);
        assert_eq!(encode_unsigned(&[0, 0x80, 0]), [0x02, 3, 0, 0x80, 0]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_der_and_is_read_again(contents in vec(any::<u8>(), 0..70_000), octets in vec(any::<u8>(), 0..20)) {
            let written = encode(tag::OCTET_STRING, &contents);
            let header = encode_header(tag::OCTET_STRING, contents.len());
            prop_assert_eq!(&written, &[header, contents.clone()].concat());
            let mut reader = Reader::new(&written);
            let element = reader.element().unwrap();
            prop_assert!(reader.is_empty() && is_der(&element));
            prop_assert_eq!(element.value, contents.as_slice());
            let integer = encode_unsigned(&octets);
            let read = Reader::new(&integer).element().unwrap().integer().unwrap();
            let significant = |octets: &[u8]| octets.iter().copied().skip_while(|octet| *octet == 0).collect::<Vec<_>>();
            prop_assert_eq!(significant(read), significant(&octets));
        }
    }

    #[test]
    fn ber_becomes_der() {
        // SET (indefinite) of OCTET STRING in two segments and INTEGER, out of order.
        let ber = [0x31, 0x80, 0x24, 0x06, 0x04, 0x01, 9, 0x04, 0x01, 8, 0x02, 0x01, 5, 0, 0];
        let element = Reader::new(&ber).element().unwrap();
        assert!(!is_der(&element));
        assert_eq!(to_der(&element).unwrap(), [0x31, 0x07, 0x02, 0x01, 5, 0x04, 0x02, 9, 8]);
    }
}
