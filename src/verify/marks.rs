//! The marks of signatures in a content that is no envelope we open: they make sure that what looks signed and
//! was not judged leaves a question. A false alarm costs a question; a miss would cost an answer.

use memchr::memmem;

use crate::verify::sniff::{Looks, SIGNED_DATA};

/// Looks for marks in octets that pass block by block.
#[derive(Default)]
pub(super) struct Marks {
    wanted: &'static [&'static [u8]],
    /// The end of what has passed, so that a mark across two blocks is seen.
    carry: Vec<u8>,
    seen: bool,
}

impl Marks {
    /// Chooses the marks by what the content looks like.
    pub(super) const fn look_for(&mut self, looks: Looks) {
        self.wanted = match looks {
            Looks::Pdf(_) => PDF,
            Looks::Xml(_) => XML,
            Looks::Zip(_) => ZIP,
            Looks::Other => OTHER,
            _ => &[],
        };
    }

    pub(super) fn update(&mut self, block: &[u8]) {
        if self.seen || self.wanted.is_empty() {
            return;
        }
        self.carry.extend_from_slice(block.get(..MARK_LEN).unwrap_or(block));
        self.seen = has_any(block, self.wanted) || has_any(&self.carry, self.wanted);
        if let Some(end) = block.len().checked_sub(MARK_LEN).and_then(|start| block.get(start..)) {
            self.carry.clear();
            self.carry.extend_from_slice(end);
        } else {
            let surplus = self.carry.len().saturating_sub(MARK_LEN);
            self.carry.drain(..surplus);
        }
    }

    pub(super) const fn seen(&self) -> bool {
        self.seen
    }
}

/// Whether a text begins like an envelope in disguise. Only letters, digits, `+` and `/` are looked at: base64 is broken
/// into lines, some decoders pass over other characters, and every second octet of UTF-16 is zero.
pub(super) fn begins_marked(head: &[u8]) -> bool {
    let head = head.get(..TEXT_HEAD_LEN).unwrap_or(head);
    if !is_text(head) {
        return false;
    }
    let kept = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/');
    let mut stripped = Vec::with_capacity(head.len());
    stripped.extend(head.iter().copied().filter(kept));
    has_any(&stripped, TEXT)
}

/// So much of a text is looked at: where somebody who opens it would look.
const TEXT_HEAD_LEN: usize = 1024;

fn has_any(octets: &[u8], marks: &[&[u8]]) -> bool {
    marks.iter().any(|mark| memmem::find(octets, mark).is_some())
}

/// No control characters but those of text, and the zeros of UTF-16.
fn is_text(head: &[u8]) -> bool {
    head.iter().all(|octet| *octet >= 0x20 || *octet == 0 || octet.is_ascii_whitespace())
}

/// At least the length of every mark.
const MARK_LEN: usize = 32;

/// `/ByteRange` may be written with escapes (ISO 32000-1 §7.3.5); the signature in `/Contents` is hexadecimal.
const PDF: &[&[u8]] = &[b"/ByteRange", SIGNED_DATA, b"2a864886f70d010702", b"2A864886F70D010702"];

/// The namespace may be written with character references, the name of an element may not (XML 1.0 §2.3).
const XML: &[&[u8]] = &[b"2000/09/xmldsig", b"SignatureValue", b"S\0i\0g\0n\0a\0t\0u\0r\0e\0V\0a\0l\0u\0e"];

/// Names of entries: ASiC and ODF, OOXML, and signed files that were packed.
const ZIP: &[&[u8]] = &[b"META-INF/", b"_xmlsignatures/", b".p7m", b".p7s", b".P7M", b".P7S", SIGNED_DATA];

const OTHER: &[&[u8]] = &[SIGNED_DATA];

/// id-signedData and the `[0]` after it in base64, at the three places among groups of three octets; PEM; S/MIME.
const TEXT: &[&[u8]] = &[
    b"KoZIhvcNAQcC",
    b"qGSIb3DQEHAq",
    b"qhkiG9w0BBwK",
    b"BEGINPKCS7",
    b"BEGINCMS",
    b"pkcs7mime",
    b"pkcs7signature",
    b"multipart/signed",
];

#[cfg(test)]
mod tests {
    use base64::Engine;

    use super::*;
    use crate::verify::sniff::{BASE64, Sniffer};

    fn looks(content: &[u8]) -> Looks {
        let mut sniffer = Sniffer::default();
        for block in content.chunks(7) {
            sniffer.update(block);
        }
        sniffer.finish().0
    }

    #[test]
    fn an_envelope_in_base64_is_seen_wherever_it_stands() {
        for before in 0..3 {
            let octets = [&vec![0x55; before][..], &[0x30, 0x80, 0x06, 0x09], SIGNED_DATA, &[0xa0, 0x80, 0]].concat();
            let mut encoded = BASE64.encode(octets);
            encoded.insert_str(9, "\r\n");
            assert_eq!(looks(format!("una riga! {encoded}").as_bytes()), Looks::Marked, "{encoded}");
            let utf16: Vec<u8> = encoded.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(looks(&[&[0xff, 0xfe][..], &utf16].concat()), Looks::Marked, "{encoded}");
        }
        assert_eq!(looks(b"Content-Type: multipart/signed; micalg=sha-256"), Looks::Marked);
        assert_eq!(looks(b"una riga\n-----BEGIN PKCS7-----\n"), Looks::Marked);
        assert_eq!(looks(b"un accordo che nessuno ha firmato"), Looks::Other);
    }

    #[test]
    fn an_envelope_after_other_octets_is_seen() {
        let envelope = [&[0x30, 0x80, 0x06, 0x09][..], SIGNED_DATA].concat();
        assert_eq!(looks(&[&[1][..], &envelope].concat()), Looks::Marked);
        assert_eq!(looks(&[&b" ".repeat(10_000)[..], &envelope].concat()), Looks::SignedData);
        assert_eq!(looks(&[&b"una riga "[..], &envelope].concat()), Looks::Marked);
        assert_eq!(looks(&[0, 1, 2, 3]), Looks::Other);
    }
}
