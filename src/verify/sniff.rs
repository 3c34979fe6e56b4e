//! What octets look like, by their beginning and never by a file name.

use std::sync::LazyLock;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::memmem::{self, Finder};

use crate::asn1::{header, tag};

/// What octets look like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Looks {
    /// CMS `SignedData`.
    SignedData,
    /// A document with its timestamps (RFC 5544).
    TimeStampedData,
    /// Another CMS type, such as `EnvelopedData`.
    OtherCms,
    /// Text between `-----BEGIN …-----` and `-----END …-----`.
    Pem,
    /// Base64 of something that itself looks like CMS, PEM or base64.
    Base64,
    /// PDF.
    Pdf(Signed),
    /// XML.
    Xml(Signed),
    /// ZIP: ASiC, ODF, OOXML.
    Zip(Signed),
    /// Packed otherwise: looked into (gzip, tar), or not (other archives).
    Packed(Signed),
    /// JSON Web Signature (RFC 7515), and so `JAdES`.
    Jws,
    /// Something else, with the marks of signatures in it: mail, a file with a signature appended, an envelope that
    /// is damaged at its beginning.
    Marked,
    /// Nothing.
    Empty,
    /// Anything else.
    Other,
}

/// Whether a document seems to carry signatures of its own.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Signed {
    /// None found.
    NotSeen,
    /// None found, and not all of it could be looked at.
    Unknown,
    /// It has the marks of a signature.
    Looks,
}

/// Every word of [`Looks::name`].
pub(super) const NAMES: [&str; 8] = ["CMS", "TSD", "PEM", "base64", "PDF", "XML", "ZIP", "JWS"];

impl Looks {
    /// The word for the report; `None` for plain octets.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::SignedData | Self::OtherCms => Some("CMS"),
            Self::TimeStampedData => Some("TSD"),
            Self::Pem => Some("PEM"),
            Self::Base64 => Some("base64"),
            Self::Pdf(_) => Some("PDF"),
            Self::Xml(_) => Some("XML"),
            Self::Zip(_) => Some("ZIP"),
            Self::Jws => Some("JWS"),
            Self::Packed(_) | Self::Marked | Self::Empty | Self::Other => None,
        }
    }
}

impl Looks {
    /// Whether it is opened and what is inside judged.
    pub(super) const fn is_envelope(self) -> bool {
        matches!(self, Self::SignedData | Self::Pem | Self::Base64 | Self::Pdf(_))
    }

    /// Whether there seem to be signatures inside that this version cannot judge.
    pub(super) const fn signed(self) -> Signed {
        match self {
            Self::Pdf(signed) | Self::Xml(signed) | Self::Zip(signed) | Self::Packed(signed) => signed,
            Self::OtherCms | Self::TimeStampedData | Self::Jws | Self::Marked => Signed::Looks,
            Self::SignedData | Self::Pem | Self::Base64 | Self::Empty | Self::Other => Signed::NotSeen,
        }
    }
}

/// Standard alphabet; padding may be missing, since senders cut it off.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How many of the first octets are looked at.
pub(super) const HEAD_LEN: usize = 4096;

/// Recognises octets by the first [`HEAD_LEN`] of them.
pub(super) fn recognise(head: &[u8]) -> Looks {
    let text = skip_blank(head);
    match text {
        [] => Looks::Empty,
        [0x30, ..] if is_signed_data(text) => Looks::SignedData,
        [0x30, ..] if content_type(text).is_some_and(|oid| oid.starts_with(TIMESTAMPED_DATA)) => Looks::TimeStampedData,
        [0x30, ..] if is_cms(text) => Looks::OtherCms,
        [b'-', b'-', b'-', b'-', b'-', b'B', b'E', b'G', b'I', b'N', ..] => Looks::Pem,
        [b'P', b'K', 3, 4, ..] => Looks::Zip(Signed::NotSeen),
        [0x1f, 0x8b, ..] => Looks::Packed(Signed::NotSeen),
        [b'7' | b'B' | b'M' | b'P' | b'R' | b'(' | 0xfd, ..] if is_closed_archive(text) => {
            Looks::Packed(Signed::Unknown)
        }
        _ if is_tar(text) => Looks::Packed(Signed::NotSeen),
        [b'<', ..] | [0xff, 0xfe, b'<', 0, ..] | [0xfe, 0xff, 0, b'<', ..] => Looks::Xml(Signed::NotSeen),
        // Readers take a header anywhere in the first 1,024 octets (ISO 32000-1 annex H, note 13); some go on.
        _ if PDF_HEADER.find(head).is_some() => Looks::Pdf(Signed::NotSeen),
        _ if is_jws(text) => Looks::Jws,
        _ if is_base64_of_envelope(text) => Looks::Base64,
        _ => Looks::Other,
    }
}

static PDF_HEADER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("%PDF-"));

/// Number of octets of byte-order mark and white space at the beginning.
pub(super) fn blank_len(head: &[u8]) -> usize {
    head.len() - skip_blank(head).len()
}

/// Leaves out UTF-8 byte-order marks and white space, however many.
pub(super) fn skip_blank(octets: &[u8]) -> &[u8] {
    let rest = octets.trim_ascii_start();
    match rest.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => skip_blank(rest),
        None => rest,
    }
}

/// `SEQUENCE`, any length, then an identifier under 1.2.840.113549.1.7 or 1.2.840.113549.1.9.16.1.
fn is_cms(octets: &[u8]) -> bool {
    let identifier = content_type(octets);
    identifier.is_some_and(|oid| oid.starts_with(PKCS7) || oid.starts_with(SMIME_CT))
}

fn is_signed_data(octets: &[u8]) -> bool {
    content_type(octets).is_some_and(|oid| oid.starts_with(SIGNED_DATA))
}

/// The octets from the first identifier's contents on. The headers are read as the reader of envelopes reads them:
/// what one takes for an envelope the other must not take for plain octets.
fn content_type(octets: &[u8]) -> Option<&[u8]> {
    let (_, header_len, _) = header(octets).ok()?;
    let inside = octets.get(header_len..)?;
    match header(inside).ok()? {
        (tag::OID, header_len, Some(_)) => inside.get(header_len..),
        _ => None,
    }
}

const PKCS7: &[u8] = &asn1_rs::oid!(raw 1.2.840.113549.1.7);
/// Contents octets of id-signedData: in every CMS signature that is not encoded further.
pub(super) const SIGNED_DATA: &[u8] = &asn1_rs::oid!(raw 1.2.840.113549.1.7.2);
const TIMESTAMPED_DATA: &[u8] = &asn1_rs::oid!(raw 1.2.840.113549.1.9.16.1.31);
const SMIME_CT: &[u8] = &asn1_rs::oid!(raw 1.2.840.113549.1.9.16.1);

/// Archives that nobody looks into here: 7-Zip, RAR, xz, bzip2, Zstandard, cabinets, ZIP in parts.
fn is_closed_archive(text: &[u8]) -> bool {
    let beginnings: [&[u8]; 7] = [
        b"7z\xbc\xaf\x27\x1c",
        b"Rar!\x1a\x07",
        b"\xfd7zXZ\0",
        b"\x28\xb5\x2f\xfd",
        b"MSCF\0\0\0\0",
        b"PK\x07\x08PK\x03\x04",
        b"PK00PK\x03\x04",
    ];
    beginnings.iter().any(|beginning| text.starts_with(beginning))
        || text.starts_with(b"BZh") && text.get(4..10) == Some(&[0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
}

/// Files one after the other as they are (POSIX.1, ustar).
fn is_tar(text: &[u8]) -> bool {
    text.get(257..262) == Some(b"ustar")
}

/// A JSON object with the members of a signature, or the compact form, which begins with the base64url of `{"` and
/// has its first dot at the end of a header that may be longer than what is looked at (RFC 7515 §9, §3.1).
fn is_jws(text: &[u8]) -> bool {
    let has = |member: &[u8]| memmem::find(text, member).is_some();
    let url_safe = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    match text {
        [b'{', ..] => has(b"\"payload\"") || has(b"\"signatures\"") || has(b"\"protected\""),
        [b'e', b'y', b'J', ..] => {
            let header = text.trim_ascii_end();
            header.iter().all(url_safe) && (header.contains(&b'.') || text.len() >= HEAD_LEN)
        }
        _ => false,
    }
}

/// Base64 of an envelope: the first 1,024 characters decode to the beginning of CMS, PEM or, so many times, base64.
fn is_base64_of_envelope(text: &[u8]) -> bool {
    let mut decoded = decode_beginning(text);
    for _ in 0..MAX_BASE64 {
        match decoded {
            Some(octets) if begins_an_envelope(&octets) => return true,
            Some(octets) => decoded = decode_beginning(&octets),
            None => return false,
        }
    }
    false
}

/// Base64 of base64 of … : files have been seen encoded twice.
const MAX_BASE64: usize = 5;

fn begins_an_envelope(octets: &[u8]) -> bool {
    match skip_blank(octets) {
        text @ [0x30, ..] => is_cms(text),
        text => text.starts_with(b"-----"),
    }
}

/// Decodes the first characters of base64; `None` at the first octet that cannot belong to any.
fn decode_beginning(text: &[u8]) -> Option<Vec<u8>> {
    let in_alphabet = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=');
    let characters = skip_blank(text).iter().copied().filter(|octet| !octet.is_ascii_whitespace()).take(1024);
    if !characters.clone().all(in_alphabet) {
        return None;
    }
    let characters: Vec<u8> = characters.collect();
    let whole = characters.len() / 4 * 4;
    BASE64.decode(characters.get(..whole)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_recognised_by_their_beginning() {
        let signed_data = [&[0x30, 0x80, 0x06, 0x09][..], SIGNED_DATA, &[0xa0, 0x80]].concat();
        let enveloped = [&[0x30, 0x82, 1, 0, 0x06, 0x09][..], PKCS7, &[3, 0xa0, 0x80]].concat();
        for (head, expected) in [
            (&signed_data[..], Looks::SignedData),
            (&enveloped, Looks::OtherCms),
            (b"\xef\xbb\xbf\r\n -----BEGIN PKCS7-----", Looks::Pem),
            (b"junk %PDF-1.7", Looks::Pdf(Signed::NotSeen)),
            (b" <?xml", Looks::Xml(Signed::NotSeen)),
            (b"PK\x03\x04", Looks::Zip(Signed::NotSeen)),
            (b"\xef\xbb\xbf \r\n", Looks::Empty),
            (b"Accordo di Servizio", Looks::Other),
            (b"MIIB", Looks::Other),
            (
                &[&[0x30, 0x8a, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x06, 0x81, 0x09][..], SIGNED_DATA].concat(),
                Looks::SignedData,
            ),
            (b"eyJhbGciOiJFUzI1NiJ9.YQ.c2ln\n", Looks::Jws),
            (b"eyJhbGciOiJFUzI1NiJ9", Looks::Other),
            (b"{ \"payload\": \"YQ\", \"signatures\": [] }", Looks::Jws),
            (b"{ \"title\": \"Accordo\" }", Looks::Other),
        ] {
            assert_eq!(recognise(head), expected, "{head:02x?}");
        }
    }
}
