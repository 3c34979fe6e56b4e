//! Distinguished names: how they compare, what they hold, how they are written.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use crate::asn1::{Asn1Error, Element, Oid, Reader, encode, tag};
use crate::crypto;

/// A distinguished name (RFC 5280 §4.1.2.4).
///
/// Two names are equal when their attributes are, whatever the string type, the case and the white space
/// (RFC 5280 §7.1). `Debug` prints no content: a subject is often a person.
pub struct Name {
    der: Box<[u8]>,
    canonical: OnceLock<Arc<[u8]>>,
    text: OnceLock<Arc<str>>,
}

/// One attribute of a name.
#[derive(Clone, Copy)]
pub struct Attribute<'a> {
    /// Its type.
    pub oid: Oid<'a>,
    /// Its value as encoded.
    pub value: Element<'a>,
}

impl Name {
    /// Reads a DER `Name`. Structure is checked, the characters of the values are not.
    pub fn from_der(der: &[u8]) -> Result<Self, Asn1Error> {
        let mut reader = Reader::new(der);
        let element = reader.element()?;
        reader.finish()?;
        Self::from_element(&element)
    }

    /// Takes a `Name` already delimited by a reader.
    pub fn from_element(element: &Element<'_>) -> Result<Self, Asn1Error> {
        element.expect(tag::SEQUENCE)?;
        let mut rdns = element.reader()?;
        while !rdns.is_empty() {
            let mut rdn = rdns.expect(tag::SET)?.reader()?;
            if rdn.is_empty() {
                return Err(Asn1Error::BadValue("RelativeDistinguishedName"));
            }
            while !rdn.is_empty() {
                attribute(&mut rdn)?;
            }
        }
        Ok(Self { der: element.raw.into(), canonical: OnceLock::new(), text: OnceLock::new() })
    }

    /// The name one relative name below this one, as `nameRelativeToCRLIssuer` means it (RFC 5280 §4.2.1.13).
    /// `attributes` are the contents of the SET.
    pub fn child(&self, attributes: &[u8]) -> Result<Self, Asn1Error> {
        let above = Reader::new(&self.der).sequence()?;
        Self::from_der(&encode(tag::SEQUENCE, &[above.rest(), &encode(tag::SET, attributes)].concat()))
    }

    /// The name as it was encoded.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether the name has no attribute at all.
    pub fn is_empty(&self) -> bool {
        self.attributes().next().is_none()
    }

    /// The attributes, from the most general (country) to the most specific.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        self.rdns().flat_map(attributes)
    }

    /// The values of one attribute type as text, in order; values that are not text are left out.
    pub fn values(&self, oid: Oid<'_>) -> Vec<String> {
        self.attributes()
            .filter(|found| found.oid == oid)
            .filter_map(|found| found.text())
            .map(Cow::into_owned)
            .collect()
    }

    /// The form that equal names share (RFC 5280 §7.1). The form of a name starts with the form of every name
    /// that it lies under, so that a subtree test (§4.2.1.10) is a test of prefix.
    pub fn canonical(&self) -> &[u8] {
        self.canonical.get_or_init(|| canonical(self))
    }

    /// The name for people (RFC 4514), most specific first. Control, format and bidirectional characters are written as
    /// hexadecimal pairs, which §2.4 allows for any character, so that the text cannot disguise itself.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| text_of(self))
    }

    /// Takes the canonical form and the text over from a name that is encoded alike, which saves making them again.
    pub(super) fn share_forms(&self, alike: &Self) {
        if self.der == alike.der {
            alike.canonical();
            alike.text();
            self.canonical.get_or_init(|| alike.canonical.get().map_or_else(|| canonical(self), Arc::clone));
            self.text.get_or_init(|| alike.text.get().map_or_else(|| text_of(self), Arc::clone));
        }
    }

    /// Whether this name lies in the subtree of `base`, or is `base`.
    pub fn is_within(&self, base: &Self) -> bool {
        self.canonical().starts_with(base.canonical())
    }

    fn rdns(&self) -> impl Iterator<Item = Reader<'_>> {
        let mut rdns = Reader::new(&self.der).sequence().ok();
        std::iter::from_fn(move || rdns.as_mut()?.expect(tag::SET).and_then(|set| set.reader()).ok())
    }
}

impl<'a> Attribute<'a> {
    /// The value as text, if its type is one of the string types.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        text(&self.value)
    }
}

impl Clone for Name {
    fn clone(&self) -> Self {
        Self { der: self.der.clone(), canonical: self.canonical.clone(), text: self.text.clone() }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der || self.canonical() == other.canonical()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical().hash(state);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name(…)")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

fn attributes(mut rdn: Reader<'_>) -> impl Iterator<Item = Attribute<'_>> {
    std::iter::from_fn(move || attribute(&mut rdn).ok())
}

fn attribute<'a>(rdn: &mut Reader<'a>) -> Result<Attribute<'a>, Asn1Error> {
    let mut pair = rdn.sequence()?;
    let attribute = Attribute { oid: pair.oid()?, value: pair.element()? };
    pair.finish()?;
    Ok(attribute)
}

/// Decodes the string types of X.520 and RFC 5280. `TeletexString` is read as ISO 8859-1, as everyone writes it,
/// and so is a `PrintableString` or `IA5String` with octets it may not have, unless those are UTF-8.
pub(super) fn text<'a>(value: &Element<'a>) -> Option<Cow<'a, str>> {
    let latin1 = || Cow::Owned(value.value.iter().map(|octet| char::from(*octet)).collect());
    match value.tag {
        tag::UTF8_STRING => std::str::from_utf8(value.value).ok().map(Cow::Borrowed),
        PRINTABLE_STRING | IA5_STRING | NUMERIC_STRING | VISIBLE_STRING => {
            Some(std::str::from_utf8(value.value).map_or_else(|_| latin1(), Cow::Borrowed))
        }
        TELETEX_STRING => Some(latin1()),
        BMP_STRING => {
            let (units, []) = value.value.as_chunks::<2>() else { return None };
            char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit))).collect::<Result<_, _>>().ok()
        }
        UNIVERSAL_STRING => {
            let (units, []) = value.value.as_chunks::<4>() else { return None };
            units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit))).collect()
        }
        _ => None,
    }
}

const NUMERIC_STRING: u8 = 0x12;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const VISIBLE_STRING: u8 = 0x1a;
const UNIVERSAL_STRING: u8 = 0x1c;
const BMP_STRING: u8 = 0x1e;

/// A run of self-delimiting relative names, attributes in order within each. Every certificate that comes in costs
/// one or two of these, so nothing is allocated but the result.
fn canonical(name: &Name) -> Arc<[u8]> {
    let mut out = Vec::with_capacity(name.der.len() * 2);
    // The structure was checked when the name was read: nothing here fails.
    let Ok(mut rdns) = Reader::new(&name.der).sequence() else { return name.der.as_ref().into() };
    while let Ok(mut rdn) = rdns.expect(tag::SET).and_then(|set| set.reader()) {
        with_length(&mut out, |out| {
            let start = out.len();
            let Ok(first) = attribute(&mut rdn) else { return };
            write_canonical(out, &first);
            if rdn.is_empty() {
                return;
            }
            let mut ends = vec![out.len() - start];
            while let Ok(next) = attribute(&mut rdn) {
                write_canonical(out, &next);
                ends.push(out.len() - start);
            }
            sort_members(out, start, &ends);
        });
    }
    out.into()
}

/// Puts the attributes of one relative name, which end at `ends` after `start`, in order: a SET has none.
fn sort_members(out: &mut Vec<u8>, start: usize, ends: &[usize]) {
    let rdn = out.split_off(start);
    let starts = [0].iter().chain(ends);
    let mut members: Vec<&[u8]> = starts.zip(ends).filter_map(|(from, to)| rdn.get(*from..*to)).collect();
    members.sort_unstable();
    out.extend(members.concat());
}

/// Type and value, each after its length; text is folded, anything else stays as encoded.
fn write_canonical(out: &mut Vec<u8>, attribute: &Attribute<'_>) {
    with_length(out, |out| out.extend_from_slice(attribute.oid.as_bytes()));
    let value = attribute.value;
    with_length(out, |out| match value.tag {
        tag::UTF8_STRING | PRINTABLE_STRING | IA5_STRING if value.value.is_ascii() => fold_ascii(out, value.value),
        _ => match text(&value) {
            Some(text) => fold(out, &text),
            None => out.extend_from_slice(value.raw),
        },
    });
}

fn with_length(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX).to_be_bytes();
    if let Some(slot) = out.get_mut(start..).and_then(|written| written.first_chunk_mut()) {
        *slot = length;
    }
}

/// White space: none at the ends, one space for each run inside (RFC 5280 §7.1, RFC 4518 §2.6.1). Unicode
/// normalisation (RFC 4518 §2.4) is left out: it could only make more names equal, and no CA relies on it.
fn fold(out: &mut Vec<u8>, text: &str) {
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        for character in word.chars().flat_map(char::to_lowercase) {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// [`fold`] for ASCII, which most names are.
fn fold_ascii(out: &mut Vec<u8>, text: &[u8]) {
    let start = out.len();
    let mut space = false;
    for octet in text {
        // The white space of `char::is_whitespace`, vertical tab included.
        if matches!(octet, b' ' | b'\t'..=b'\r') {
            space = out.len() > start;
            continue;
        }
        if space {
            out.push(b' ');
            space = false;
        }
        out.push(octet.to_ascii_lowercase());
    }
}

fn text_of(name: &Name) -> Arc<str> {
    let mut out = String::with_capacity(name.der.len());
    let rdns: Vec<Reader<'_>> = name.rdns().collect();
    for rdn in rdns.into_iter().rev() {
        for (index, attribute) in attributes(rdn).enumerate() {
            if !out.is_empty() {
                out.push(if index == 0 { ',' } else { '+' });
            }
            let _infallible = write_attribute(&attribute, &mut out);
        }
    }
    out.into()
}

fn write_attribute(attribute: &Attribute<'_>, out: &mut String) -> fmt::Result {
    use fmt::Write as _;
    match SHORT_NAMES.iter().find(|(oid, _)| *oid == attribute.oid) {
        Some((_, short)) => out.push_str(short),
        None => write!(out, "{}", attribute.oid)?,
    }
    match attribute.text() {
        // RFC 4514 §2.4: a type written in dotted form takes its value in hexadecimal; a known OID with text is
        // easier to read and §3 allows a reader to accept it.
        Some(text) => {
            out.push('=');
            write_value(&text, out)
        }
        None => write!(out, "=#{}", crypto::hex(attribute.value.raw)),
    }
}

fn write_value(text: &str, out: &mut String) -> fmt::Result {
    use fmt::Write as _;
    // Most values have nothing to escape.
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b' ' | b'-' | b'.' | b'(' | b')');
    if text.trim_matches(' ') == text && text.bytes().fold(true, |plain, octet| plain & is_plain(octet)) {
        out.push_str(text);
        return Ok(());
    }
    let mut written = 0;
    for (index, character) in text.char_indices() {
        let is_special = match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => true,
            '#' => index == 0,
            ' ' => index == 0 || index + 1 == text.len(),
            _ => disguises(character),
        };
        if !is_special {
            continue;
        }
        out.push_str(text.get(written..index).unwrap_or_default());
        written = index + character.len_utf8();
        if disguises(character) {
            for octet in character.encode_utf8(&mut [0; 4]).bytes() {
                write!(out, "\\{octet:02X}")?;
            }
        } else {
            out.push('\\');
            out.push(character);
        }
    }
    out.push_str(text.get(written..).unwrap_or_default());
    Ok(())
}

/// Control characters, line separators, and the invisible or bidirectional format characters.
fn disguises(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The names of RFC 4514 §3, and those that X.520 and ETSI EN 319 412-1 add for people and organisations.
const SHORT_NAMES: [(Oid<'static>, &str); 18] = [
    (oid::COMMON_NAME, "CN"),
    (oid::SURNAME, "SN"),
    (oid::SERIAL_NUMBER, "serialNumber"),
    (oid::COUNTRY, "C"),
    (oid::LOCALITY, "L"),
    (oid::STATE, "ST"),
    (oid::STREET, "STREET"),
    (oid::ORGANIZATION, "O"),
    (oid::ORGANIZATIONAL_UNIT, "OU"),
    (oid::TITLE, "title"),
    (oid::GIVEN_NAME, "givenName"),
    (oid::INITIALS, "initials"),
    (oid::DN_QUALIFIER, "dnQualifier"),
    (oid::PSEUDONYM, "pseudonym"),
    (oid::ORGANIZATION_IDENTIFIER, "organizationIdentifier"),
    (oid::DOMAIN_COMPONENT, "DC"),
    (oid::USER_ID, "UID"),
    (oid::EMAIL_ADDRESS, "emailAddress"),
];

/// Attribute types (X.520, RFC 4519, PKCS #9).
pub(crate) mod oid {
    use crate::asn1::oids;

    oids! {
        /// commonName.
        COMMON_NAME = 2.5.4.3;
        /// surname.
        SURNAME = 2.5.4.4;
        /// serialNumber of a person or thing, not of the certificate.
        SERIAL_NUMBER = 2.5.4.5;
        /// countryName.
        COUNTRY = 2.5.4.6;
        /// localityName.
        LOCALITY = 2.5.4.7;
        /// stateOrProvinceName.
        STATE = 2.5.4.8;
        /// streetAddress.
        STREET = 2.5.4.9;
        /// organizationName.
        ORGANIZATION = 2.5.4.10;
        /// organizationalUnitName.
        ORGANIZATIONAL_UNIT = 2.5.4.11;
        /// title.
        TITLE = 2.5.4.12;
        /// givenName.
        GIVEN_NAME = 2.5.4.42;
        /// initials.
        INITIALS = 2.5.4.43;
        /// dnQualifier.
        DN_QUALIFIER = 2.5.4.46;
        /// pseudonym.
        PSEUDONYM = 2.5.4.65;
        /// organizationIdentifier (ETSI EN 319 412-1 §5.1.4).
        ORGANIZATION_IDENTIFIER = 2.5.4.97;
        /// domainComponent.
        DOMAIN_COMPONENT = 0.9.2342.19200300.100.1.25;
        /// userId.
        USER_ID = 0.9.2342.19200300.100.1.1;
        /// emailAddress (PKCS #9).
        EMAIL_ADDRESS = 1.2.840.113549.1.9.1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rdn(oid: Oid<'_>, string: u8, value: &[u8]) -> Vec<u8> {
        let pair = [encode(tag::OID, oid.as_bytes()), encode(string, value)].concat();
        encode(tag::SEQUENCE, &pair)
    }

    fn name(rdns: &[&[Vec<u8>]]) -> Name {
        let sets: Vec<u8> = rdns.iter().flat_map(|attributes| encode(tag::SET, &attributes.concat())).collect();
        Name::from_der(&encode(tag::SEQUENCE, &sets)).unwrap()
    }

    fn organization(string: u8, value: &[u8]) -> Name {
        name(&[&[rdn(oid::COUNTRY, PRINTABLE_STRING, b"IT")], &[rdn(oid::ORGANIZATION, string, value)]])
    }

    #[test]
    fn case_white_space_and_string_type_do_not_distinguish() {
        let plain = organization(tag::UTF8_STRING, "Società di Prova".as_bytes());
        for (string, value) in [
            (tag::UTF8_STRING, "  SOCIETÀ   di\tprova ".as_bytes()),
            (TELETEX_STRING, b"Societ\xe0 di Prova"),
            (BMP_STRING, &"società di prova".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()),
        ] {
            assert_eq!(plain, organization(string, value));
        }
        for value in ["Società diProva", "Societa di Prova", "Società di Prova 2"] {
            assert_ne!(plain, organization(tag::UTF8_STRING, value.as_bytes()));
        }
    }

    #[test]
    fn both_ways_of_folding_agree() {
        for text in ["", " ", "A", "  a\u{b}\t b  ", "Ente Di PROVA\r\n", "a\u{1f}b"] {
            let (mut ascii, mut unicode) = (Vec::new(), Vec::new());
            fold_ascii(&mut ascii, text.as_bytes());
            fold(&mut unicode, text);
            assert_eq!(ascii, unicode, "{text:?}");
        }
    }

    #[test]
    fn attributes_of_one_rdn_have_no_order_but_rdns_do() {
        let country = rdn(oid::COUNTRY, PRINTABLE_STRING, b"IT");
        let common = rdn(oid::COMMON_NAME, PRINTABLE_STRING, b"a");
        assert_eq!(name(&[&[country.clone(), common.clone()]]), name(&[&[common.clone(), country.clone()]]));
        let (country, common) = (std::slice::from_ref(&country), std::slice::from_ref(&common));
        assert_ne!(name(&[country, common]), name(&[common, country]));
    }

    #[test]
    fn a_subtree_is_a_prefix_of_whole_rdns() {
        let base = organization(PRINTABLE_STRING, b"Ente");
        let below = base.child(&rdn(oid::COMMON_NAME, PRINTABLE_STRING, b"CA")).unwrap();
        assert!(below.is_within(&base) && base.is_within(&base));
        assert!(!base.is_within(&below));
        assert!(!organization(PRINTABLE_STRING, b"Ente 2").is_within(&base));
    }

    #[test]
    fn written_as_rfc_4514_without_disguises() {
        let name = name(&[
            &[rdn(oid::COUNTRY, PRINTABLE_STRING, b"IT")],
            &[
                rdn(oid::COMMON_NAME, tag::UTF8_STRING, " Verdi, \"Anna\"\u{202e}\n#".as_bytes()),
                rdn(oid::USER_ID, 0x04, &[1, 2]),
            ],
        ]);
        assert_eq!(name.to_string(), "CN=\\ Verdi\\, \\\"Anna\\\"\\E2\\80\\AE\\0A#+UID=#04020102,C=IT");
        assert_eq!(format!("{name:?}"), "Name(…)");
    }
}
