//! The marks of signatures in a content that is no envelope we open: they make sure that what looks signed and
//! was not judged leaves a question. A false alarm costs a question; a miss would cost an answer.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use memchr::{memchr, memchr2, memchr3};

use crate::verify::sniff::{Looks, SIGNED_DATA};

/// Looks for marks in octets that pass block by block.
#[derive(Default)]
pub(super) struct Marks {
    wanted: &'static [Mark],
    /// The end of what has passed, so that a mark across two blocks is seen.
    carry: Vec<u8>,
    seen: bool,
}

impl Marks {
    /// Chooses the marks by what the content looks like.
    pub(super) fn look_for(&mut self, looks: Looks) {
        self.wanted = match looks {
            Looks::Pdf(_) => &PDF,
            Looks::Xml(_) => &XML,
            Looks::Zip(_) => &ZIP,
            Looks::Packed(_) => &PACKED,
            Looks::Other => &OTHER,
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
    let [one, two, three, four, five] = LETTERS_OF_TEXT;
    let has_letter = memchr3(one, two, three, head).or_else(|| memchr2(four, five, head)).is_some();
    if !has_letter || !is_text(head) {
        return false;
    }
    // Neither loop has a branch that a processor could guess wrong: every octet is written, and kept by moving on.
    let mut kept = [0; TEXT_HEAD_LEN];
    for (kept, octet) in kept.iter_mut().zip(head) {
        *kept = u8::from(octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/'));
    }
    let mut stripped = [0; TEXT_HEAD_LEN];
    let mut len = 0;
    for (octet, kept) in head.iter().zip(&kept) {
        if let Some(slot) = stripped.get_mut(len) {
            *slot = *octet;
        }
        len += usize::from(*kept);
    }
    has_any(stripped.get(..len).unwrap_or(&stripped), &TEXT)
}

/// So much of a text is looked at: where somebody who opens it would look.
const TEXT_HEAD_LEN: usize = 1024;

fn has_any(octets: &[u8], marks: &[Mark]) -> bool {
    marks.iter().any(|mark| mark.is_in(octets))
}

/// No control characters but those of text, and the zeros of UTF-16. The loop does not stop at the first other one: so
/// it goes many at a time.
fn is_text(head: &[u8]) -> bool {
    let is_other = |octet: &u8| *octet < 0x20 && *octet != 0 && !(b'\t'..=b'\r').contains(octet);
    head.iter().fold(0, |others, octet| others | u8::from(is_other(octet))) == 0
}

/// At least the length of every mark.
const MARK_LEN: usize = 32;

/// Something to look for.
struct Mark {
    finder: Finder<'static>,
    /// An octet of it that plain text does not have: one octet is found sooner to be missing than all of them.
    beyond_ascii: Option<u8>,
}

impl Mark {
    fn new(mark: &'static [u8]) -> Self {
        Self { finder: Finder::new(mark), beyond_ascii: mark.iter().copied().max().filter(|octet| !octet.is_ascii()) }
    }

    fn is_in(&self, octets: &[u8]) -> bool {
        self.beyond_ascii.is_none_or(|octet| memchr(octet, octets).is_some()) && self.finder.find(octets).is_some()
    }
}

/// Made once: to make a searcher takes longer than to search a small content.
type Searchers = LazyLock<Vec<Mark>>;

fn searchers(marks: &[&'static [u8]]) -> Vec<Mark> {
    marks.iter().map(|mark| Mark::new(mark)).collect()
}

/// `/ByteRange` may be written with escapes (ISO 32000-1 §7.3.5); the signature in `/Contents` is hexadecimal.
static PDF: Searchers =
    LazyLock::new(|| searchers(&[b"/ByteRange", SIGNED_DATA, b"2a864886f70d010702", b"2A864886F70D010702"]));

/// The namespace may be written with character references, the name of an element may not (XML 1.0 §2.3).
static XML: Searchers =
    LazyLock::new(|| searchers(&[b"2000/09/xmldsig", b"SignatureValue", b"S\0i\0g\0n\0a\0t\0u\0r\0e\0V\0a\0l\0u\0e"]));

/// ASiC and ODF, OOXML. Names of signed files, and what the entries hold, are looked at apart.
static ZIP: Searchers = LazyLock::new(|| searchers(&[b"META-INF/", b"_xmlsignatures/", SIGNED_DATA]));

/// Names of files, as tar and gzip end them, and what a tar holds as it is.
static PACKED: Searchers = LazyLock::new(|| {
    searchers(&[
        b".p7m\0",
        b".p7s\0",
        b".P7M\0",
        b".P7S\0",
        SIGNED_DATA,
        b"/ByteRange",
        b"2000/09/xmldsig",
        b"SignatureValue",
    ])
});

static OTHER: Searchers = LazyLock::new(|| searchers(&[SIGNED_DATA]));

/// id-signedData and the `[0]` after it in base64, at the three places among groups of three octets; PEM; S/MIME.
static TEXT: Searchers = LazyLock::new(|| {
    searchers(&[
        b"KoZIhvcNAQcC",
        b"qGSIb3DQEHAq",
        b"qhkiG9w0BBwK",
        b"BEGINPKCS7",
        b"BEGINCMS",
        b"pkcs7mime",
        b"pkcs7signature",
        b"multipart/signed",
    ])
});

/// Every mark of [`TEXT`] has one of these: the beginning of a text that has none need not be stripped.
const LETTERS_OF_TEXT: [u8; 5] = *b"QK7M/";

#[cfg(test)]
mod tests {
    use base64::Engine;

    use super::*;
    use crate::verify::sniff::BASE64;
    use crate::verify::sniffer::Sniffer;

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
    fn every_mark_of_a_text_has_one_of_the_letters_that_are_looked_for_first() {
        for mark in TEXT.iter() {
            let mark = mark.finder.needle();
            assert!(mark.iter().any(|octet| LETTERS_OF_TEXT.contains(octet)), "{mark:?}");
        }
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
