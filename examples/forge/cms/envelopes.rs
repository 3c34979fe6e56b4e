//! K16, K17 and the shapes that Italian files come in: base64, PEM, byte order marks, p7m in p7m.

use openssl::base64::encode_block;

use crate::case::{CARDA, CONTENT, Case};
use crate::expected::{Expected, Signature};
use crate::forge::cms::{Message, Signer, message_digest};
use crate::forge::identity::{Identity, Md};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = texts();
    cases.extend(nested());
    cases.extend(signed_inside());
    cases
}

fn by(leaf: &str, content: &[u8]) -> Vec<u8> {
    Message::attached(content, &[&Signer::new(&Identity::leaf(leaf), content)]).encode()
}

/// base64 in lines of `width`.
fn lines(octets: &[u8], width: usize, line_break: &str) -> Vec<u8> {
    let text = encode_block(octets);
    let lines: Vec<_> = text.as_bytes().chunks(width).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
    (lines.join(line_break) + line_break).into_bytes()
}

fn pem(label: &str, octets: &[u8], line_break: &str) -> Vec<u8> {
    let body = String::from_utf8(lines(octets, 64, line_break)).unwrap();
    format!("-----BEGIN {label}-----{line_break}{body}-----END {label}-----{line_break}").into_bytes()
}

fn texts() -> Vec<Case> {
    let der = by("cns-good", CONTENT);
    let bom = &[0xef, 0xbb, 0xbf][..];
    let good = |name, title, input| {
        Case::good(name, "K17", title, input).holding(CONTENT).declared(CARDA).clause("no standard: what arrives")
    };
    let once = lines(&der, 76, "\r\n");
    let bad = |name, title, input| Case::bad(name, "K17", "good-base64", title, input).clause("RFC 4648 §3.3");
    vec![
        good("good-base64", "base64 in lines, LF", lines(&der, 64, "\n")),
        good("good-base64-crlf-bom", "base64 in lines, CRLF, byte order mark", [bom, &once].concat()),
        good("good-base64-one-line", "base64 without line breaks", encode_block(&der).into_bytes()),
        good("good-base64-spaces", "White space around base64", [b"\r\n \t", &once[..], b"\r\n\r\n"].concat()),
        good("good-base64-twice", "base64 of base64", lines(&once, 76, "\r\n")),
        good("good-base64-twice-one-line", "base64 of base64, no line breaks", {
            encode_block(encode_block(&der).as_bytes()).into_bytes()
        }),
        good("good-pem-pkcs7", "PEM labelled PKCS7", pem("PKCS7", &der, "\n")),
        good("good-pem-cms", "PEM labelled CMS, CRLF, byte order mark", [bom, &pem("CMS", &der, "\r\n")].concat()),
        good("good-pem-certificate", "PEM labelled CERTIFICATE, as certutil writes for any file", {
            pem("CERTIFICATE", &der, "\r\n")
        }),
        bad("base64-garbage", "base64 with other characters in it", {
            let text = lines(&der, 64, "\n");
            let (head, tail) = text.split_at(200);
            [head, b"<!-- -->", tail].concat()
        }),
        bad("base64-cut", "base64 that stops in the middle", lines(&der, 64, "\n").split_at(900).0.to_vec()),
        bad("base64-altered", "base64 of an altered file", {
            let altered: Vec<u8> = CONTENT.iter().map(|octet| if *octet == b'P' { b'Q' } else { *octet }).collect();
            let signer = Signer::new(&Identity::leaf("cns-good"), CONTENT);
            lines(&Message::attached(&altered, &[&signer]).encode(), 64, "\n")
        })
        .expect(Expected::one(Signature::broken(&["HASH_FAILURE"])))
        .clause("EN 319 102-1 §5.2.7"),
    ]
}

fn nested() -> Vec<Case> {
    let first = Identity::leaf("cns-good");
    let second = Identity::leaf("qualified-good");
    let inner = by("cns-good", CONTENT);
    let both = |outer: Signature, inner: Signature| Expected::all(vec![outer, inner.layer(1)]);
    let broken_inner = {
        let signer = Signer::new(&first, CONTENT).replacing(message_digest(&Md::Sha256.digest(b"altro")));
        Message::attached(CONTENT, &[&signer]).encode()
    };
    let broken_outer = {
        let signer = Signer::new(&second, &inner).replacing(message_digest(&Md::Sha256.digest(b"altro")));
        Message::attached(&inner, &[&signer]).encode()
    };
    let bad = |name, title, input| Case::bad(name, "K16", "good-nested", title, input).clause("every layer counts");
    vec![
        Case::good("good-nested", "K16", "p7m in p7m, by two persons", by("qualified-good", &inner))
            .expect(both(Signature::passed().by(&second), Signature::passed().by(&first)))
            .declared(CARDA)
            .holding(CONTENT),
        Case::good(
            "good-nested-base64",
            "K16",
            "base64 of p7m in p7m",
            by("qualified-good", &lines(&inner, 76, "\r\n")),
        )
        .expect(both(Signature::passed().by(&second), Signature::passed().by(&first)))
        .holding(CONTENT),
        Case::good("good-nested-ber", "K16", "BER p7m in BER p7m", {
            let inner = Message::attached(CONTENT, &[&Signer::new(&first, CONTENT)]).in_ber(CONTENT, 100).encode();
            Message::attached(&inner, &[&Signer::new(&second, &inner)]).in_ber(&inner, 1_000).encode()
        })
        .expect(both(Signature::passed().by(&second), Signature::passed().by(&first)))
        .holding(CONTENT),
        bad("nested-inner-broken", "The inner signature does not hold", by("qualified-good", &broken_inner))
            .expect(both(Signature::passed().by(&second), Signature::broken(&["HASH_FAILURE"]))),
        bad("nested-outer-broken", "The outer signature does not hold", broken_outer)
            .expect(both(Signature::broken(&["HASH_FAILURE"]), Signature::passed().by(&first))),
        bad("nested-inner-cut", "The inner p7m is cut short", by("qualified-good", inner.split_at(inner.len() - 9).0))
            .expect(Expected::not_accepted().open()),
        bad("nested-inner-unsigned", "The inner p7m has no signer", {
            let inner = Message { signers: Vec::new(), ..Message::attached(CONTENT, &[&Signer::new(&first, CONTENT)]) };
            by("qualified-good", &inner.encode())
        })
        .expect(Expected::not_accepted().verdict(&["accepted", "undetermined", "rejected"]).open())
        .clause("RFC 5652 §5.1: certificates only; nothing inside is signed"),
        bad("nested-inner-detached", "The inner p7m is detached and its content nowhere", {
            by("qualified-good", &Message::detached(&[&Signer::new(&first, CONTENT)]).encode())
        })
        .expect(both(
            Signature::passed().by(&second),
            Signature::indeterminate(Some("null"), &["SIGNED_DATA_NOT_FOUND"]),
        )),
    ]
}

/// Documents inside that have signatures of their own, which are not judged yet.
fn signed_inside() -> Vec<Case> {
    let pdf = |extra: &str| {
        format!("%PDF-1.7\n1 0 obj\n<< /Type /Catalog {extra} >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n")
    };
    let signed_pdf = pdf(
        "/AcroForm << /SigFlags 3 /Fields [2 0 R] >> >>\nendobj\n2 0 obj\n<< /FT /Sig /V 3 0 R >>\nendobj\n\
        3 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 10 20 10] /Contents <3000>",
    );
    let xml = |extra: &str| {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<accordo><testo>Prova</testo>{extra}</accordo>\n")
    };
    let signed_xml =
        xml("<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo/></ds:Signature>");
    let good = |name, title, content: &str| {
        Case::good(name, "K16", title, by("cns-good", content.as_bytes())).holding(content.as_bytes())
    };
    let held = |name, twin, title, content: &str| {
        Case::bad(name, "K16", twin, title, by("cns-good", content.as_bytes()))
            .expect(Expected::one(Signature::passed()).verdict(&["undetermined"]))
            .clause("what looks signed and was not judged keeps the verdict undetermined")
    };
    vec![
        good("good-pdf-inside", "A PDF without signatures inside", &pdf("")),
        good("good-xml-inside", "XML without signatures inside", &xml("")),
        held("signed-pdf-inside", "good-pdf-inside", "A signed PDF inside", &signed_pdf),
        held("signed-xml-inside", "good-xml-inside", "Signed XML inside", &signed_xml),
    ]
}
