//! Who may answer for a CA (RFC 6960 §4.2.2.2). Each negative case is a good one with one change.

use std::sync::Arc;

use time::macros::utc_datetime;
use varco::asn1::{encode, tag};
use varco::crypto::DigestAlgorithm;
use varco::trust::Times;
use varco::trust::revocation::{RevocationReport, RevocationStatus, WhyUnknown};

use super::super::build::{Ca, CrlTemplate, NOW, Signers, extension, reason};
use super::build::*;

fn why(report: &RevocationReport) -> Option<WhyUnknown> {
    match report.status {
        RevocationStatus::Unknown(why) => Some(why),
        RevocationStatus::Good => None,
        other => panic!("{other:?}"),
    }
}

fn good(ca: &Ca) -> Template {
    Template::of(&[Answer::about(ca, SERIAL)])
}

/// What a good answer of this responder is worth.
fn asked(ca: &Ca, responder: &Responder) -> Option<WhyUnknown> {
    why(&ask(&ca.leaf(SERIAL, &[]), ca, &[good(ca).by(responder)]))
}

#[test]
fn a_responder_of_the_issuer_may_answer() {
    let ca = ca();
    let responder = Delegation::new().by(&ca);
    let report = ask(&ca.leaf(SERIAL, &[]), &ca, &[good(&ca).by(&responder)]);
    assert_eq!(report.status, RevocationStatus::Good);
    assert_eq!(report.evidence[0].signer.as_ref(), Some(&responder.certificate));
}

#[test]
fn nobody_else_may() {
    let (ca, other) = (ca(), Ca::new("Altra CA"));
    let same_name = Ca::new("CA di prova");
    let without =
        |purposes: Vec<Vec<u8>>| Delegation { extensions: [purposes, vec![no_check()]].concat(), ..Delegation::new() };
    for (what, responder) in [
        ("delegated by another CA", Delegation::new().by(&other)),
        ("delegated by another CA of the same name", Delegation::new().by(&same_name)),
        ("no purpose", without(vec![]).by(&ca)),
        ("another purpose", without(vec![purpose(4)]).by(&ca)),
        (
            "any purpose",
            without(vec![extension(
                &[0x55, 0x1d, 37],
                false,
                &encode(tag::SEQUENCE, &encode(tag::OID, &[0x55, 0x1d, 37, 0])),
            )])
            .by(&ca),
        ),
        (
            "a key that signs certificates only",
            without(vec![ocsp_signing(), extension(&[0x55, 0x1d, 15], true, &encode(tag::BIT_STRING, &[2, 4]))])
                .by(&ca),
        ),
        (
            "an unknown critical extension",
            without(vec![ocsp_signing(), extension(&[0x2a, 3], true, &encode(tag::NULL, &[]))]).by(&ca),
        ),
    ] {
        assert_eq!(asked(&ca, &responder), Some(WhyUnknown::OcspResponderNotAuthorised), "{what}");
    }
    let signs = without(vec![ocsp_signing(), extension(&[0x55, 0x1d, 15], true, &encode(tag::BIT_STRING, &[7, 0x80]))]);
    assert_eq!(asked(&ca, &signs.by(&ca)), None, "digitalSignature");
    // The other CA itself, and one that calls itself like ours.
    for stranger in [&other, &same_name] {
        let report = ask(&ca.leaf(SERIAL, &[]), &ca, &[good(&ca).by_ca(stranger)]);
        assert_eq!(why(&report), Some(WhyUnknown::OcspSignatureInvalid));
        let with_certificate = Template { certificates: vec![stranger.certificate.der().to_vec()], ..good(&ca) };
        let report = ask(&ca.leaf(SERIAL, &[]), &ca, &[with_certificate.by_ca(stranger)]);
        assert_eq!(why(&report), Some(WhyUnknown::OcspResponderNotAuthorised));
    }
}

#[test]
fn the_responder_must_have_been_valid_when_it_answered() {
    let ca = ca();
    // The answer is of 25 May.
    let until = |not_after| Delegation { not_after, ..Delegation::new() }.by(&ca);
    assert_eq!(asked(&ca, &until(b"260524000000Z")), Some(WhyUnknown::OcspResponderNotValid));
    // Expired since: it answered in time. Certificates of responders live for weeks.
    assert_eq!(asked(&ca, &until(b"260525000000Z")), None);
    // Nor need it have been there at the time asked about.
    let early =
        ask_at(&ca.leaf(SERIAL, &[]), &ca, &[good(&ca).by(&until(b"260526000000Z"))], utc_datetime!(2019-12-31 0:00));
    assert_eq!(why(&early), None);
}

#[test]
fn a_responder_without_nocheck_is_looked_up_in_the_crls() {
    let ca = ca();
    let responder = Delegation::to_be_checked().by(&ca);
    let leaf = ca.leaf(SERIAL, &[]);
    let response = [good(&ca).by(&responder)];
    assert_eq!(asked(&ca, &responder), Some(WhyUnknown::OcspResponderStatusUnknown));
    // This CRL speaks of the leaf, too; that is not what is asked here.
    let report = ask_both(&leaf, &ca, &response, &[CrlTemplate::new().sign(&ca)]);
    assert_eq!((why(&report), report.evidence.len(), report.rejected.len()), (None, 2, 0));
    for code in [1, 6] {
        let listing = CrlTemplate::new().list(RESPONDER_SERIAL, b"260101000000Z", &[reason(code)]).sign(&ca);
        let report = ask_both(&leaf, &ca, &response, &[listing]);
        assert_eq!(
            report.rejected.iter().map(|rejected| rejected.why).collect::<Vec<_>>(),
            [WhyUnknown::OcspResponderRevoked]
        );
    }
    // Revoked before it answered, though after the time that counts.
    let listing = CrlTemplate::new().list(RESPONDER_SERIAL, b"260401000000Z", &[reason(1)]).sign(&ca);
    let report = ask_with(
        &leaf,
        &ca,
        &response,
        &[listing],
        &Times::at(utc_datetime!(2026-02-01 0:00)),
        &mut Signers::default(),
    );
    assert_eq!(report.rejected.len(), 1);
    // Its own good answer about itself proves nothing, nor does that of a colleague.
    let about_itself = Template::of(&[Answer::about(&ca, RESPONDER_SERIAL), Answer::about(&ca, SERIAL)]).by(&responder);
    assert_eq!(why(&ask(&leaf, &ca, &[about_itself])), Some(WhyUnknown::OcspResponderStatusUnknown));
    // Whoever has nocheck is not looked up.
    let trusted = Delegation::new().by(&ca);
    let listing = CrlTemplate::new().list(RESPONDER_SERIAL, b"260401000000Z", &[reason(1)]).sign(&ca);
    assert_eq!(ask_both(&leaf, &ca, &[good(&ca).by(&trusted)], &[listing]).rejected.len(), 0);
}

#[test]
fn who_answered_is_named_by_name_or_by_key() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let by_key = |certificate| {
        let hash = DigestAlgorithm::Sha1.digest(&key_bits(certificate));
        Some(encode(0xa2, &encode(tag::OCTET_STRING, hash.as_bytes())))
    };
    let responder = Delegation::new().by(&ca);
    let named = Template { responder_id: by_key(&responder.certificate), ..good(&ca) };
    assert_eq!(why(&ask(&leaf, &ca, &[named.by(&responder)])), None);
    let own = Template { responder_id: by_key(&ca.certificate), ..good(&ca) };
    assert_eq!(why(&ask(&leaf, &ca, &[own.by_ca(&ca)])), None);
    // Signed by one, in the name of the other.
    assert_eq!(why(&ask(&leaf, &ca, &[own.by(&responder)])), Some(WhyUnknown::OcspSignatureInvalid));
    assert_eq!(why(&ask(&leaf, &ca, &[named.by_ca(&ca)])), Some(WhyUnknown::OcspSignatureInvalid));
}

#[test]
fn the_responders_certificate_may_come_from_elsewhere() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let responder = Delegation::new().by(&ca);
    let bare = wrapped(&good(&ca).basic(responder.certificate.subject().der(), &responder.key));
    assert_eq!(why(&ask(&leaf, &ca, std::slice::from_ref(&bare))), Some(WhyUnknown::OcspSignatureInvalid));
    let mut signers =
        Signers { known: vec![Arc::clone(&ca.certificate), Arc::clone(&responder.certificate)], ..Signers::default() };
    assert_eq!(why(&ask_with(&leaf, &ca, &[bare], &[], &Times::at(NOW), &mut signers)), None);
    // Among others, in any order.
    let other = Delegation::new().by(&Ca::new("Altra CA"));
    let many =
        Template { certificates: vec![ca.certificate.der().to_vec(), other.certificate.der().to_vec()], ..good(&ca) };
    assert_eq!(why(&ask(&leaf, &ca, &[many.by(&responder)])), None);
}

#[test]
fn signatures_that_do_not_hold_or_are_weak() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let responder = Delegation::new().by(&ca);
    let stranger = Delegation::new().by(&ca);
    // In the name of one responder, with the key of another.
    let mut forged = good(&ca);
    forged.certificates = vec![responder.certificate.der().to_vec()];
    let forged = wrapped(&forged.basic(responder.certificate.subject().der(), &stranger.key));
    assert_eq!(why(&ask(&leaf, &ca, &[forged])), Some(WhyUnknown::OcspSignatureInvalid));
    for response in [good(&ca).by_ca(&ca), good(&ca).by(&responder)] {
        let mut signers = Signers { weak: true, ..Signers::default() };
        let report = ask_with(&leaf, &ca, &[response], &[], &Times::at(NOW), &mut signers);
        assert_eq!(why(&report), Some(WhyUnknown::OcspWeakAlgorithm));
    }
}
