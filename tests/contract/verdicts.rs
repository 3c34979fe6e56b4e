//! From signatures to one verdict.

use varco::trust::Times;
use varco::verify::{ExpectedContent, FiscalCodeAnswer, Limits, Report, Verdict, VerifyError};

use super::{Ask, CARDA, CONTENT, Desk, leaf, message, signed};
use crate::support::forge::cms::{Attribute, Message, Signer};
use crate::support::forge::der::tlv;

const COUNTERSIGNATURE: &str = "1.2.840.113549.1.9.6";

fn declared(document: &[u8], code: &str) -> Report {
    Desk::complete().verify(&Ask { fiscal_code: Some(code), ..Ask::about(document) }).unwrap()
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn only_a_passed_signature_makes_the_declared_signer_a_match() {
    use FiscalCodeAnswer::{Absent, Match, Mismatch};
    use Verdict::{Accepted, Rejected, Undetermined};
    for (leaves, signer, verdict) in [
        (&["cns-good"][..], Match, Accepted),
        (&["cns-omocodia"], Match, Accepted),
        (&["cns-omocodia-full"], Match, Accepted),
        (&["qualified-card-owner"], Match, Accepted),
        (&["cns-other-person"], Mismatch, Rejected),
        (&["qualified-good", "cns-good"], Match, Accepted),
        (&["cns-other-person", "cns-suspended"], Mismatch, Rejected),
        // The code of the declared person, in certificates that nobody vouches for.
        (&["cns-unrelated-ca"], Absent, Undetermined),
        (&["cns-impostor"], Absent, Undetermined),
        // No Italian code to compare: foreign identifiers, seals, a CNS-shaped name without the policy.
        (&["qualified-tinde-like"], Absent, Undetermined),
        (&["qualified-idc"], Absent, Undetermined),
        (&["seal-vat"], Absent, Undetermined),
        (&["seal-cf"], Absent, Undetermined),
        (&["cns-no-policy"], Absent, Undetermined),
    ] {
        let report = declared(&signed(CONTENT, leaves), CARDA);
        assert_eq!((report.declared_signer, report.verdict), (signer, verdict), "{leaves:?}");
    }
}

#[test]
fn the_declared_code_in_a_signature_that_did_not_pass_identifies_nobody() {
    let report = declared(&signed(CONTENT, &["cns-revoked"]), "RVCCRT80R09D969G");
    assert_eq!(report.signatures[0].signer.fiscal_code_match, Some(FiscalCodeAnswer::Match));
    assert_eq!((report.declared_signer, report.verdict), (FiscalCodeAnswer::Absent, Verdict::Undetermined));
    assert!(codes(&report).contains(&"signer.match_without_valid_signature"));
}

#[test]
fn a_countersignature_is_judged_and_never_identifies_the_signer() {
    let signer = Signer::new(&leaf("qualified-good"), CONTENT);
    let counter = Signer::countersignature(&leaf("cns-good"), &signer.value());
    let signer = signer.and_unsigned(Attribute::new(COUNTERSIGNATURE, counter.encode()));
    let mut document = message(CONTENT, &[signer]);
    document.certificates.push(leaf("cns-good").certificate);
    let report = declared(&document.encode(), CARDA);
    assert_eq!(report.signatures.len(), 2);
    assert_eq!(report.signatures[0].countersignatures, ["L0-S1-C1"]);
    assert_eq!(report.signatures[1].parent.as_deref(), Some("L0-S1"));
    assert_eq!(report.signatures[1].intact, Some(true));
    assert_eq!((report.declared_signer, report.verdict), (FiscalCodeAnswer::Mismatch, Verdict::Rejected));
}

#[test]
fn one_signature_that_does_not_pass_keeps_the_whole_from_being_accepted() {
    let report = declared(&signed(CONTENT, &["cns-good", "qualified-suspended"]), CARDA);
    assert_eq!((report.declared_signer, report.verdict), (FiscalCodeAnswer::Match, Verdict::Undetermined));
}

/// RFC 5652 §5.1: several signatures of one signer count as one; whose they are, the codice fiscale says.
#[test]
fn who_signs_twice_side_by_side_is_remarked() {
    for (leaves, repeated) in [
        (&["cns-good", "cns-good"][..], true),
        (&["cns-good", "cns-omocodia"], true),
        (&["cns-good", "qualified-card-owner"], true),
        (&["seal-vat", "seal-vat"], true),
        (&["cns-good", "cns-other-person"], false),
        // The second is not valid and counts for nobody.
        (&["cns-good", "cns-unrelated-ca"], false),
    ] {
        let report = Desk::complete().verify(&Ask::about(&signed(CONTENT, leaves))).unwrap();
        assert_eq!(codes(&report).contains(&"signer.repeated"), repeated, "{leaves:?}");
    }
    // One envelope around the other: the second signature is on the first.
    let twice = signed(&signed(CONTENT, &["cns-good"]), &["cns-good"]);
    let report = Desk::complete().verify(&Ask::about(&twice)).unwrap();
    assert_eq!((report.verdict, report.signatures.len()), (Verdict::Accepted, 2));
    assert!(!codes(&report).contains(&"signer.repeated"));
}

#[test]
fn every_layer_counts() {
    let inner = signed(CONTENT, &["qualified-suspended"]);
    let report = declared(&signed(&inner, &["cns-good"]), CARDA);
    assert_eq!(report.document.envelopes, ["CMS", "CMS"]);
    assert_eq!(report.signatures.iter().map(|signature| signature.layer).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((report.declared_signer, report.verdict), (FiscalCodeAnswer::Match, Verdict::Undetermined));
}

#[test]
fn the_expected_content_is_compared_byte_for_byte() {
    let document = signed(&signed(CONTENT, &["cns-good"]), &["cns-good"]);
    let altered = [CONTENT, b" "].concat();
    for (expected, answer, verdict) in [
        (CONTENT, ExpectedContent::Match, Verdict::Accepted),
        (&altered[..], ExpectedContent::Mismatch, Verdict::Rejected),
        (&[][..], ExpectedContent::Mismatch, Verdict::Rejected),
    ] {
        let report = Desk::complete().verify(&Ask { expected: Some(expected), ..Ask::about(&document) }).unwrap();
        assert_eq!((report.content.unwrap().expected, report.verdict), (answer, verdict));
    }
}

#[test]
fn a_document_inside_that_looks_signed_leaves_a_question() {
    let signed_pdf = b"%PDF-1.7\n1 0 obj <</Type/Sig /ByteRange [0 1 2 3] /Contents <00>>> endobj";
    let plain_pdf = b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj";
    let signed_xml = br#"<a xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Signature/></a>"#;
    for (content, verdict, last) in [
        (&signed_pdf[..], Verdict::Undetermined, "PDF"),
        (plain_pdf, Verdict::Accepted, "PDF"),
        (signed_xml, Verdict::Undetermined, "XML"),
        (b"<a/>", Verdict::Accepted, "XML"),
    ] {
        let report = Desk::complete().verify(&Ask::about(&signed(content, &["cns-good"]))).unwrap();
        assert_eq!(report.verdict, verdict);
        assert_eq!(report.document.envelopes.last(), Some(&last));
        let questions = ["content.signed_not_judged", "content.envelope_damaged"];
        let asked = codes(&report).iter().any(|code| questions.contains(code));
        assert_eq!(asked, verdict == Verdict::Undetermined);
    }
}

#[test]
fn each_limit_has_its_own_error() {
    let document = signed(&signed(CONTENT, &["cns-good"]), &["cns-good", "qualified-good"]);
    let refused = |limits| {
        let desk = Desk { limits, ..Desk::complete() };
        desk.verify(&Ask::about(&document)).unwrap_err()
    };
    let standard = || Limits::STANDARD;
    assert!(matches!(refused(Limits { document_len: 100, ..standard() }), VerifyError::TooLarge(100)));
    assert!(matches!(refused(Limits { depth: 1, ..standard() }), VerifyError::TooDeep(1)));
    assert!(matches!(refused(Limits { signers: 1, ..standard() }), VerifyError::TooManySignatures(1)));
    assert!(matches!(refused(Limits { signatures: 2, ..standard() }), VerifyError::TooManySignatures(2)));
    assert!(matches!(refused(Limits { certificates: 1, ..standard() }), VerifyError::TooManyCertificates(1)));
    assert!(matches!(refused(Limits { tail_len: 1000, ..standard() }), VerifyError::TooMuchBesideContent(1000)));
}

#[test]
fn a_detached_signature_needs_its_content() {
    let document = Message::detached(&[&Signer::new(&leaf("cns-good"), CONTENT)]).encode();
    let desk = Desk::complete();
    let report = desk.verify(&Ask::about(&document)).unwrap();
    assert_eq!((report.verdict, report.signatures[0].intact), (Verdict::Undetermined, None));
    assert!(report.content.is_none());
    let report = desk.verify(&Ask { detached: Some(CONTENT), ..Ask::about(&document) }).unwrap();
    assert_eq!((report.verdict, report.signatures[0].intact), (Verdict::Accepted, Some(true)));
    let report = desk.verify(&Ask { detached: Some(b"altro"), ..Ask::about(&document) }).unwrap();
    assert_eq!((report.verdict, report.signatures[0].intact), (Verdict::Rejected, Some(false)));
}

#[test]
fn a_detached_content_that_is_signed_itself_is_opened() {
    let inner = signed(CONTENT, &["qualified-suspended"]);
    let document = Message::detached(&[&Signer::new(&leaf("cns-good"), &inner)]).encode();
    let report = Desk::complete().verify(&Ask { detached: Some(&inner), ..Ask::about(&document) }).unwrap();
    assert_eq!(report.document.envelopes, ["CMS", "CMS"]);
    assert_eq!((report.signatures.len(), report.verdict), (2, Verdict::Undetermined));
    // A detached signature inside finds no content a second time.
    let loops = Message::detached(&[&Signer::new(&leaf("cns-good"), &document)]).encode();
    let report = Desk::complete().verify(&Ask { detached: Some(&document), ..Ask::about(&loops) }).unwrap();
    assert_eq!((report.signatures.len(), report.verdict), (2, Verdict::Undetermined));
    assert_eq!(report.signatures[1].intact, None);
}

#[test]
fn an_envelope_that_nobody_signed_leaves_a_question() {
    let document = Message::attached(&signed(CONTENT, &["cns-good"]), &[]).encode();
    let report = Desk::complete().verify(&Ask::about(&document)).unwrap();
    assert_eq!(report.verdict, Verdict::Undetermined);
    assert!(codes(&report).contains(&"content.envelope_without_signatures"));
    let certificates_only = Message::detached(&[]).encode();
    assert!(matches!(Desk::complete().verify(&Ask::about(&certificates_only)), Err(VerifyError::NoSignature)));
}

#[test]
fn an_inner_signature_cannot_be_hidden_from_the_judge() {
    let altered = altered_inside();
    let base64 = |octets: &[u8]| openssl::base64::encode_block(octets).into_bytes();
    // SEQUENCE with three length octets, then the identifier's two: the second is written in two octets.
    let (_, inside) = altered.split_at(4);
    let long_oid = tlv(0x30, &[&[0x06, 0x81, 0x09][..], inside.split_at(2).1].concat());
    for (name, hidden) in [
        ("plain", altered.clone()),
        ("behind blanks", [&b" ".repeat(10_000)[..], &altered].concat()),
        ("behind two byte-order marks", [&b"\xef\xbb\xbf\xef\xbb\xbf"[..], &altered].concat()),
        ("behind a NUL", [&[0][..], &altered].concat()),
        ("with a length in long form", long_oid),
        ("in base64", base64(&altered)),
        ("in base64 three times", base64(&base64(&base64(&altered)))),
        ("in base64 with a stray character", [b"!", base64(&altered).as_slice()].concat()),
        ("in PEM behind a line", [b"una riga\n-----BEGIN PKCS7-----\n", base64(&altered).as_slice()].concat()),
        ("in a data: address", [b"data:application/pkcs7-mime;base64,", base64(&altered).as_slice()].concat()),
    ] {
        let report = declared(&signed(&hidden, &["cns-good"]), CARDA);
        assert_ne!(report.verdict, Verdict::Accepted, "{name}");
    }
}

/// A signature whose content was changed.
fn altered_inside() -> Vec<u8> {
    let good = signed(CONTENT, &["cns-good"]);
    let place = good.windows(CONTENT.len()).position(|window| window == CONTENT).unwrap();
    let (before, content) = good.split_at(place);
    let (first, after) = content.split_first().unwrap();
    [before, &[first ^ 1], after].concat()
}

#[test]
fn what_follows_a_pem_block_leaves_a_question() {
    let block = |document: &[u8]| {
        format!("-----BEGIN PKCS7-----\n{}\n-----END PKCS7-----\n", openssl::base64::encode_block(document))
    };
    let one = block(&signed(CONTENT, &["cns-good"]));
    let two = format!("{one}{}", block(&signed(b"altro", &["cns-other-person"])));
    let desk = Desk::complete();
    assert_eq!(desk.verify(&Ask::about(one.as_bytes())).unwrap().verdict, Verdict::Accepted);
    assert_eq!(desk.verify(&Ask::about(two.as_bytes())).unwrap().verdict, Verdict::Undetermined);
}

#[test]
fn a_signer_that_is_an_anchor_itself_is_still_asked_for_its_status() {
    let mut desk = Desk::complete();
    let certificate = varco::trust::Certificate::from_der(&leaf("cns-revoked").certificate).unwrap();
    desk.trust.add_anchor(std::sync::Arc::new(certificate));
    let report = desk.verify(&Ask::about(&signed(CONTENT, &["cns-revoked"]))).unwrap();
    assert_eq!(report.verdict, Verdict::Undetermined);
}

#[test]
fn a_claimed_time_after_the_proof_of_existence_is_remarked() {
    let document = signed(CONTENT, &["cns-good"]);
    let report = Desk::complete().verify(&Ask::about(&document)).unwrap();
    let claimed = report.signatures[0].claimed_signing_time.unwrap();
    let later = super::AT.max(claimed) + time::Duration::DAY;
    for (at, remarked) in [(claimed - time::Duration::DAY, true), (later, false)] {
        let report = Desk::complete().verify(&Ask { times: Times::at(at), ..Ask::about(&document) }).unwrap();
        let codes: Vec<_> = report.signatures[0].findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes.contains(&"signing_time.later"), remarked, "{at}");
    }
}
