//! Archives are written here by hand, to be wrong where they must; `tests/verify/packed.rs` has those of other programs.

use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};

use crate::verify::sniff::{Looks, SIGNED_DATA, Signed};
use crate::verify::sniffer::Sniffer;

fn looks_in(content: &[u8], block_len: usize) -> Looks {
    let mut sniffer = Sniffer::default();
    for block in content.chunks(block_len) {
        sniffer.update(block);
    }
    sniffer.finish().0
}

/// Whether signatures are seen; the same however the content comes.
fn seen(content: &[u8]) -> Signed {
    let signed = looks_in(content, 64 * 1024).signed();
    for block_len in [1, 7] {
        assert_eq!(looks_in(content, block_len).signed(), signed, "in blocks of {block_len}");
    }
    signed
}

fn envelope() -> Vec<u8> {
    [&[0x30, 0x80, 0x06, 0x09][..], SIGNED_DATA, &[0xa0, 0x80]].concat()
}

const TEXT: &[u8] = b"Accordo di servizio, che nessuno ha firmato";
const SIGNED_PDF: &[u8] = b"%PDF-1.7 1 0 obj << /ByteRange [0 1 2 3] >>";

#[derive(Clone)]
struct Member {
    name: &'static str,
    flags: u16,
    method: u16,
    packed: Vec<u8>,
    /// What the headers say of its length.
    told_len: u32,
    descriptor: Vec<u8>,
}

fn stored(content: &[u8]) -> Member {
    Member {
        name: "atto",
        flags: 0,
        method: 0,
        packed: content.to_vec(),
        told_len: len(content),
        descriptor: Vec::new(),
    }
}

fn deflated(content: &[u8]) -> Member {
    Member { method: 8, ..stored(&compress_to_vec(content, 6)) }
}

/// As programs write that do not know the length beforehand.
fn streamed(content: &[u8], signature: &[u8]) -> Member {
    let member = deflated(content);
    let lengths = [member.told_len.to_le_bytes(), len(content).to_le_bytes()].concat();
    Member { flags: 8, descriptor: [signature, &[1, 2, 3, 4], &lengths].concat(), ..member }
}

fn len(octets: &[u8]) -> u32 {
    u32::try_from(octets.len()).unwrap()
}

struct Archive {
    members: Vec<Member>,
    between: Vec<u8>,
    /// Added to where the directory says that members begin.
    shift: u32,
    /// What the directory says of their method.
    listed_method: Option<u16>,
    comment: Vec<u8>,
}

impl Archive {
    fn of(members: &[Member]) -> Self {
        Self { members: members.to_vec(), between: Vec::new(), shift: 0, listed_method: None, comment: Vec::new() }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut directory = Vec::new();
        for member in &self.members {
            let start = len(&out) + self.shift;
            let known = if member.flags & 8 == 0 { member.told_len } else { 0 };
            let fixed = |method: u16, packed_len: u32| {
                [
                    &[20, 0][..],
                    &member.flags.to_le_bytes(),
                    &method.to_le_bytes(),
                    &[0; 8],
                    &packed_len.to_le_bytes(),
                    &[0; 4],
                    &[u8::try_from(member.name.len()).unwrap(), 0, 0, 0],
                ]
                .concat()
            };
            out.extend([b"PK\x03\x04", &*fixed(member.method, known), member.name.as_bytes()].concat());
            out.extend([&*member.packed, &member.descriptor, &self.between].concat());
            let listed = fixed(self.listed_method.unwrap_or(member.method), member.told_len);
            directory.extend(
                [b"PK\x01\x02\x14\0", &*listed, &[0; 10], &start.to_le_bytes(), member.name.as_bytes()].concat(),
            );
        }
        let count = u16::try_from(self.members.len()).unwrap().to_le_bytes();
        let start = len(&out).to_le_bytes();
        let comment_len = u16::try_from(self.comment.len()).unwrap().to_le_bytes();
        let length = len(&directory).to_le_bytes();
        let end = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &length, &start, &comment_len, &self.comment];
        [out, directory, end.concat()].concat()
    }
}

fn zip(members: &[Member]) -> Vec<u8> {
    Archive::of(members).encode()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &compress_to_vec(content, 6), &[0; 8]].concat()
}

#[test]
fn a_signature_in_an_archive_is_seen_and_nothing_where_there_is_none() {
    let others = [stored(TEXT), streamed(TEXT, b"PK\x07\x08"), streamed(TEXT, b""), deflated(b""), stored(b"")];
    assert_eq!(seen(&zip(&others)), Signed::NotSeen);
    for signed in [&envelope()[..], SIGNED_PDF, b"<a><ds:SignatureValue/></a>", b"-----BEGIN PKCS7-----\nAAAA"] {
        for member in [stored(signed), deflated(signed), streamed(signed, b"PK\x07\x08")] {
            let members = [&others[..], &[member], &others].concat();
            assert_eq!(seen(&zip(&members)), Signed::Looks, "{signed:02x?}");
        }
    }
}

#[test]
fn a_name_of_a_signed_file_is_seen_and_the_same_octets_elsewhere_are_not() {
    for name in ["atto.pdf.p7m", "ATTO.P7M", "a.p7S"] {
        assert_eq!(seen(&zip(&[Member { name, ..deflated(TEXT) }])), Signed::Looks, "{name}");
    }
    assert_eq!(seen(&zip(&[stored(b"si veda atto.p7m nel fascicolo")])), Signed::NotSeen);
}

#[test]
fn a_signature_in_gzip_zlib_and_tar_is_seen() {
    let tar = |content: &[u8]| {
        let mut header = vec![0; 512];
        header[257..262].copy_from_slice(b"ustar");
        [&header, content, &[0; 1024]].concat()
    };
    for (content, expected) in [(TEXT, Signed::NotSeen), (SIGNED_PDF, Signed::Looks), (&envelope(), Signed::Looks)] {
        assert_eq!(seen(&gzip(content)), expected);
        assert_eq!(seen(&compress_to_vec_zlib(content, 6)), expected);
        assert_eq!(seen(&tar(content)), expected);
        assert_eq!(seen(&gzip(&tar(content))), expected);
        assert_eq!(seen(&[gzip(TEXT), gzip(&[b"\n", content].concat())].concat()), expected);
        let named = [b"\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x02\0xxn\0c\0hh", &compress_to_vec(content, 6)[..], &[0; 8]];
        assert_eq!(seen(&named.concat()), expected, "with every part of the header");
    }
    assert_eq!(seen(b"x^2 + y^2 = z^2"), Signed::NotSeen);
}

#[test]
fn packed_in_packed_is_seen_to_a_depth_and_unknown_beyond() {
    for (content, within) in [(TEXT, Signed::NotSeen), (SIGNED_PDF, Signed::Looks)] {
        let mut packed = content.to_vec();
        for depth in 1..6 {
            packed = if depth % 2 == 1 { zip(&[deflated(&packed)]) } else { gzip(&packed) };
            let expected = if depth <= super::MAX_DEPTH { within } else { Signed::Unknown };
            assert_eq!(seen(&packed), expected, "{depth} deep");
        }
    }
}

#[test]
fn what_programs_do_not_agree_on_is_unknown() {
    let good = Archive::of(&[deflated(TEXT), stored(TEXT)]);
    assert_eq!(seen(&good.encode()), Signed::NotSeen);
    let with = |member: Member| Archive::of(&[stored(TEXT), member]);
    for (why, archive) in [
        ("octets between members", Archive { between: b"qualcosa".to_vec(), ..Archive::of(&[stored(TEXT)]) }),
        ("the directory points elsewhere", Archive { shift: 1, ..Archive::of(&[stored(TEXT)]) }),
        ("the directory tells another method", Archive { listed_method: Some(8), ..Archive::of(&[stored(TEXT)]) }),
        ("a second end in the comment", Archive { comment: b"PK\x05\x06".to_vec(), ..Archive::of(&[stored(TEXT)]) }),
        ("encrypted", with(Member { flags: 1, ..stored(TEXT) })),
        ("another method", with(Member { method: 12, ..deflated(TEXT) })),
        ("stored, and its length comes later", with(Member { flags: 8, ..stored(TEXT) })),
        ("a length of ZIP64", with(Member { told_len: u32::MAX, ..stored(TEXT) })),
        ("too long", with(Member { packed: [&*deflated(TEXT).packed, b"x"].concat(), ..deflated(TEXT) })),
        ("told too long", with(Member { told_len: deflated(TEXT).told_len + 1, ..deflated(TEXT) })),
        ("another length later", with(Member { told_len: 9, ..streamed(TEXT, b"PK\x07\x08") })),
        ("not compressed as it says", with(Member { method: 8, ..stored(&[0xff; 40]) })),
    ] {
        assert_eq!(seen(&archive.encode()), Signed::Unknown, "{why}");
    }
    let commented = Archive { comment: b"fatto a mano".to_vec(), ..good };
    assert_eq!(seen(&commented.encode()), Signed::NotSeen);
    assert_eq!(seen(&[&*commented.encode(), b"."].concat()), Signed::Unknown);
    assert_eq!(seen(&[&*gzip(TEXT), b"."].concat()), Signed::Unknown);
}

#[test]
fn whatever_is_cut_off_it_is_never_taken_for_unsigned() {
    let archives = [zip(&[stored(TEXT), streamed(TEXT, b"PK\x07\x08"), deflated(TEXT)]), gzip(TEXT)];
    for archive in archives {
        for cut in 4..archive.len() {
            assert_eq!(looks_in(&archive[..cut], 64).signed(), Signed::Unknown, "cut at {cut}");
        }
    }
    // A signature that is seen before the cut is one.
    let archive = zip(&[deflated(SIGNED_PDF), deflated(TEXT)]);
    assert_eq!(seen(&archive[..archive.len() - 30]), Signed::Looks);
}

#[test]
fn bombs_are_unknown_before_they_cost_much() {
    let zeros = vec![0; 20_000_000];
    let bomb = zip(&[deflated(&zeros)]);
    assert!(bomb.len() < 100_000);
    assert_eq!(looks_in(&bomb, 64 * 1024).signed(), Signed::Unknown);
    let doubled = zip(&[deflated(&bomb), deflated(&bomb)]);
    assert_eq!(looks_in(&doubled, 64 * 1024).signed(), Signed::Unknown);
    let many = vec![stored(b"x"); super::MAX_MEMBERS];
    assert_eq!(looks_in(&zip(&many), 64 * 1024).signed(), Signed::NotSeen);
    assert_eq!(looks_in(&zip(&[&many[..], &many[..1]].concat()), 64 * 1024).signed(), Signed::Unknown);
}

#[test]
fn archives_that_are_not_opened_are_unknown() {
    for beginning in
        [&b"7z\xbc\xaf\x27\x1c"[..], b"Rar!\x1a\x07\x01\0", b"\xfd7zXZ\0", b"BZh91AY&SY", b"\x28\xb5\x2f\xfd"]
    {
        assert_eq!(seen(&[beginning, TEXT].concat()), Signed::Unknown, "{beginning:02x?}");
        assert_eq!(seen(&zip(&[deflated(&[beginning, TEXT].concat())])), Signed::Unknown, "{beginning:02x?}");
        assert_eq!(seen(&[beginning, TEXT, b"firma.p7m\0"].concat()), Signed::Looks, "{beginning:02x?}");
    }
}
