//! K08, K09, K15, K17: SignedData of the wrong shape, content that is not where it should be.

use crate::case::{CONTENT, Case};
use crate::expected::{Expected, Signature};
use crate::forge::cms::{DATA, Message, SIGNED_DATA, Signer};
use crate::forge::der::{context, indefinite, int, octets, oid, seq, set_of, tlv, utf8};
use crate::forge::identity::Identity;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = contents();
    cases.extend(no_signature());
    cases.extend(signed_data());
    cases.extend(lengths());
    cases
}

fn good() -> Signer {
    Signer::new(&Identity::leaf("cns-good"), CONTENT)
}

fn message() -> Message {
    Message::attached(CONTENT, &[&good()])
}

/// K08: attached, detached, both, none.
fn contents() -> Vec<Case> {
    let detached = || Message::detached(&[&good()]);
    let bad = |name, title, input| Case::bad(name, "K08", "good-detached", title, input).clause("RFC 5652 §5.2, §5.4");
    vec![
        bad("content-missing", "Detached, and no content given", detached().encode())
            .expect(Expected::one(Signature::indeterminate(Some("null"), &["SIGNED_DATA_NOT_FOUND"])))
            .clause("EN 319 102-1 §5.2.7"),
        bad("content-wrong", "Detached, other content given", detached().encode())
            .detached(b"altro")
            .expect(Expected::one(Signature::broken(&["HASH_FAILURE"]))),
        Case::good("good-attached-and-given", "K08", "Attached, and the same content given", message().encode())
            .detached(CONTENT),
        Case::bad("attached-and-other-given", "K08", "good-attached-and-given", "Attached, and other content given", {
            message().encode()
        })
        .detached(b"altro")
        .expect(Expected::not_accepted().open()),
        bad("empty-and-given", "An empty content inside, the signed one given", {
            Message { content: Some(octets(&[])), ..detached() }.encode()
        })
        .detached(CONTENT)
        .clause("RFC 5652 §5.2: empty is not absent"),
        Case::bad("content-not-octets", "K08", "good-rsa", "eContent is a SEQUENCE, as in PKCS #7", {
            Message { content: Some(seq([utf8("altro")])), ..message() }.encode()
        })
        .clause("RFC 5652 §5.2"),
        Case::bad("content-utf8", "K08", "good-rsa", "eContent is a UTF8String of the signed octets", {
            Message { content: Some(tlv(0x0c, CONTENT)), ..message() }.encode()
        }),
        Case::bad("content-bare", "K08", "good-rsa", "eContent without its OCTET STRING", {
            Message { content: Some(CONTENT.to_vec()), ..message() }.encode()
        }),
        Case::bad("content-twice", "K08", "good-rsa", "Two OCTET STRINGs in eContent, the signed one first", {
            let twice = [octets(CONTENT), octets(b"altro")].concat();
            Message { content: Some(twice), ..message() }.encode()
        }),
        Case::bad("content-segment-not-octets", "K08", "good-ber", "A segment that is not an OCTET STRING", {
            let segments = [octets(CONTENT.split_at(40).0), tlv(0x0c, CONTENT.split_at(40).1)].concat();
            Message { content: Some(tlv(0x24, &segments)), ..message() }.encode()
        })
        .clause("X.690 §8.7.3"),
    ]
}

/// K09: nothing is signed.
fn no_signature() -> Vec<Case> {
    let bad = |name, title, input| {
        Case::bad(name, "K09", "good-rsa", title, input)
            .expect(Expected::not_examined(Some("no-signature")))
            .clause("RFC 5652 §5.1")
    };
    let other = |dotted, contents: Vec<u8>| seq([oid(dotted), context(0, &contents)]);
    vec![
        bad("no-signer", "SignedData with content and no SignerInfo", {
            Message { signers: Vec::new(), ..message() }.encode()
        }),
        bad("certificates-only", "SignedData that only carries certificates", {
            Message { signers: Vec::new(), content: None, digest_algorithms: Vec::new(), ..message() }.encode()
        }),
        bad("content-info-data", "ContentInfo of type data", other(DATA, octets(CONTENT)))
            .expect(Expected::not_examined(None)),
        bad("content-info-enveloped", "ContentInfo of type envelopedData", {
            other("1.2.840.113549.1.7.3", seq([int(0), tlv(0x31, &[]), seq([oid(DATA)])]))
        })
        .expect(Expected::not_examined(None)),
        bad("plain-text", "No ASN.1 at all", CONTENT.to_vec()),
        bad("empty-file", "A file of no octets", Vec::new()).expect(Expected::not_examined(None)),
        bad("only-certificate", "A certificate", Identity::leaf("cns-good").certificate),
    ]
}

fn signed_data() -> Vec<Case> {
    let bad = |name, title, input| Case::bad(name, "K15", "good-rsa", title, input).clause("RFC 5652 §5.1, §5.3");
    vec![
        bad("signer-version-99", "SignerInfo of version 99", rewritten(|parts| replace(&parts, 0, &[int(99)])))
            .expect(Expected::not_accepted().open()),
        bad(
            "signer-parts-swapped",
            "Digest algorithm after signed attributes",
            rewritten(|mut parts| {
                parts.swap(2, 3);
                parts
            }),
        ),
        bad(
            "signer-attributes-tag",
            "Signed attributes under [2]",
            rewritten(|parts| {
                let renamed: Vec<_> = parts
                    .get(3)
                    .into_iter()
                    .flat_map(|part| [vec![0xa2], part.split_at(1).1.to_vec()].concat())
                    .collect();
                replace(&parts, 3, &[renamed])
            }),
        ),
        bad(
            "signer-attributes-twice",
            "Signed attributes twice",
            rewritten(|parts| {
                let again = parts.get(3).cloned().unwrap();
                replace(&parts, 3, &[again.clone(), again])
            }),
        ),
        bad("signer-no-value", "No signature value", rewritten(|parts| replace(&parts, 5, &[]))),
        bad(
            "signer-value-bits",
            "The signature value is a BIT STRING",
            rewritten(|parts| {
                let value = parts.get(5).map(|value| crate::forge::der::bits(value.split_at(4).1)).unwrap();
                replace(&parts, 5, &[value])
            }),
        ),
        bad(
            "signer-trailing",
            "Something after the last field of SignerInfo",
            rewritten(|parts| replace(&parts, 6, &[utf8("altro")])),
        ),
        bad("signers-sequence", "signerInfos is a SEQUENCE", {
            let mut signed_data = message().signed_data();
            let signers = tlv(0x31, &good().encode());
            let start = signed_data.len() - signers.len();
            if let Some(tag) = signed_data.get_mut(start) {
                *tag = 0x30;
            }
            seq([oid(SIGNED_DATA), context(0, &signed_data)])
        }),
        bad("signed-data-trailing", "Something after signerInfos", {
            let contents = message().signed_data();
            let inner = contents.split_at(header(&contents)).1.to_vec();
            seq([oid(SIGNED_DATA), context(0, &tlv(0x30, &[inner, utf8("altro")].concat()))])
        }),
        bad("signed-data-twice", "Two SignedData in one ContentInfo", {
            seq([oid(SIGNED_DATA), context(0, &[message().signed_data(), message().signed_data()].concat())])
        }),
        bad("certificates-after-crls", "crls before certificates", {
            let crl = context(1, &[]);
            let certificates = context(0, &good().identity.certificate);
            let content = seq([oid(DATA), context(0, &octets(CONTENT))]);
            let digests = set_of(vec![good().digest_algorithm]);
            let signers = tlv(0x31, &good().encode());
            let signed_data = seq([int(1), digests, content, crl, certificates, signers]);
            seq([oid(SIGNED_DATA), context(0, &signed_data)])
        }),
        bad("content-info-tag", "SignedData under [1]", {
            seq([oid(SIGNED_DATA), context(1, &message().signed_data())])
        }),
    ]
}

/// The good message with the fields of its `SignerInfo` changed.
fn rewritten(change: fn(Vec<Vec<u8>>) -> Vec<Vec<u8>>) -> Vec<u8> {
    let signer = good();
    let parts = vec![
        int(1),
        signer.sid.clone(),
        signer.digest_algorithm.clone(),
        context(0, signer.signed_octets().split_at(header(&signer.signed_octets())).1),
        signer.signature_algorithm.clone(),
        octets(&signer.value()),
    ];
    Message { signers: vec![tlv(0x30, &change(parts).concat())], ..message() }.encode()
}

/// Octets of identifier and length.
fn header(element: &[u8]) -> usize {
    match element.get(1) {
        Some(long) if *long > 0x80 => 2 + usize::from(long & 0x7f),
        _ => 2,
    }
}

fn replace(parts: &[Vec<u8>], index: usize, with: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let before = parts.iter().take(index).cloned();
    before.chain(with.iter().cloned()).chain(parts.iter().skip(index + 1).cloned()).collect()
}

/// K15, K17: lengths that lie, ends that do not come, octets after the end.
fn lengths() -> Vec<Case> {
    let whole = message().encode();
    let bad = |name, title, input| Case::bad(name, "K15", "good-ber", title, input).clause("X.690 §8.1.3");
    // What was signed is intact; that something else rides along keeps the file from being accepted.
    let after = |name, title, octets: &[u8]| {
        Case::bad(name, "K17", "good-rsa", title, [whole.as_slice(), octets].concat())
            .expect(Expected::not_accepted().open())
            .clause("K17: reject or flag; what follows ContentInfo is covered by no signature")
    };
    let padding = || Expected::one(Signature::passed()).verdict(&["accepted", "undetermined", "not_examined"]).open();
    let other = Message::attached(b"altro", &[&Signer::new(&Identity::leaf("cns-other-person"), b"altro")]).encode();
    let deep = (0..70).fold(octets(CONTENT), |inner, _| tlv(0x24, &inner));
    let deep_indefinite = (0..70).fold(octets(CONTENT), |inner, _| indefinite(0x24, &inner));
    vec![
        bad("cut-in-half", "The first half of a good file", whole.split_at(whole.len() / 2).0.to_vec()),
        bad("cut-last-octet", "Without its last octet", whole.split_at(whole.len() - 1).0.to_vec()),
        bad("no-end-of-contents", "Indefinite length without end-of-contents", {
            let ber = message().in_ber(CONTENT, 16).encode();
            ber.split_at(ber.len() - 2).0.to_vec()
        }),
        bad("length-too-long", "The outer length counts an octet too many", {
            let mut longer = whole.clone();
            if let Some(octet) = longer.get_mut(3) {
                *octet = octet.wrapping_add(1);
            }
            longer
        }),
        bad(
            "length-huge",
            "A length of 2^63",
            [&[0x30, 0x88, 0x80, 0, 0, 0, 0, 0, 0, 0], whole.split_at(4).1].concat(),
        ),
        bad("length-reserved", "The reserved length octet FF", [&[0x30, 0xff], whole.split_at(4).1].concat()),
        bad("content-length-huge", "The content claims 2^62 octets", {
            let claimed = [&[0x04, 0x88, 0x40, 0, 0, 0, 0, 0, 0, 0], CONTENT].concat();
            Message { content: Some(claimed), ..message() }.encode()
        }),
        bad("content-70-deep", "Content in segments 70 levels deep", {
            Message { content: Some(deep), ..message() }.encode()
        }),
        bad("content-70-deep-indefinite", "The same, of indefinite length", {
            Message { content: Some(deep_indefinite), ..message() }.encode()
        }),
        bad("primitive-indefinite", "A primitive OCTET STRING of indefinite length", {
            Message { content: Some([&[0x04, 0x80], CONTENT, &[0, 0]].concat()), ..message() }.encode()
        }),
        after("trailing-text", "Text after the end", b"Il contratto vale il doppio."),
        after("trailing-zeros", "Zero octets after the end", &[0; 64])
            .expect(padding())
            .clause("harmless: take it with a finding, or refuse"),
        after("trailing-message", "A second message after the end", &other),
        after("trailing-newline", "A line break after the end", b"\r\n")
            .expect(padding())
            .clause("harmless, frequent: take it with a finding, or refuse"),
    ]
}
