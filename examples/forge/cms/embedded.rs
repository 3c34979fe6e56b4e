//! Revocation data and certificates that come along (RFC 5652 §10.2.1, EN 319 122-1 §A.1, ISO 32000-1 §12.8.3.3.2). The
//! verifier has no others, unless it says so.

use crate::case::{CONTENT, Case};
use crate::expected::{Expected, Signature};
use crate::forge::cms::{Attribute, Message, Signer};
use crate::forge::der::{context, seq};
use crate::forge::identity::Identity;
use crate::forge::ocsp::{BASIC, RESPONSE, Status, basic, choice, responder, response};

const CERTIFICATE_VALUES: &str = "1.2.840.113549.1.9.16.2.23";
const REVOCATION_VALUES: &str = "1.2.840.113549.1.9.16.2.24";
const REVOCATION_ARCHIVAL: &str = "1.2.840.113583.1.1.8";

/// The time of the fixtures is the first of February.
const WEEK: (&str, &str) = ("20260130000000Z", "20260206000000Z");

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = passing();
    cases.extend(failing());
    cases
}

fn authority() -> Identity {
    Identity::authority("cns-esempio")
}

/// The answer of the authority on a leaf of its own.
fn about(leaf: &str, status: Status, times: (&str, &str)) -> Vec<u8> {
    basic(&authority(), (&authority(), &Identity::leaf(leaf)), status, times)
}

fn with_choices(leaf: &str, choices: Vec<Vec<u8>>) -> Vec<u8> {
    let message = Message::attached(CONTENT, &[&Signer::new(&Identity::leaf(leaf), CONTENT)]);
    Message { version: 5, crls: choices, ..message }.encode()
}

fn with_answer(leaf: &str, status: Status, times: (&str, &str)) -> Vec<u8> {
    with_choices(leaf, vec![choice(RESPONSE, &response(&about(leaf, status, times)))])
}

fn passing() -> Vec<Case> {
    let rsa = Identity::leaf("cns-good");
    let delegate = responder(&authority(), &Identity::leaf("cns-other-person"));
    let good = about("cns-good", Status::Good, WEEK);
    let crl = std::fs::read(crate::forge::identity::pki().join("cns-esempio/crl.der")).unwrap();
    let attached = |signer: Signer| Message::attached(CONTENT, &[&signer]).encode();
    let case = |name, title, input| Case::good(name, "K16", title, input).without_crls();
    vec![
        case("good-embedded-ocsp", "An OCSP response rides in SignedData", {
            with_answer("cns-good", Status::Good, WEEK)
        })
        .clause("RFC 5652 §10.2.1, RFC 5940 §2.1"),
        case("good-embedded-ocsp-basic", "A BasicOCSPResponse rides in SignedData, as older software writes it", {
            with_choices("cns-good", vec![choice(BASIC, &good)])
        })
        .clause("EN 319 122-1 §5.2.4"),
        case("good-embedded-ocsp-delegated", "The OCSP response of a delegated responder rides in SignedData", {
            let answer = basic(&delegate, (&authority(), &rsa), Status::Good, WEEK);
            with_choices("cns-good", vec![choice(RESPONSE, &response(&answer))])
        })
        .clause("RFC 6960 §4.2.2.2"),
        case("good-revocation-values", "An OCSP response in the attribute revocation-values", {
            let values = seq([context(1, &seq([good.clone()]))]);
            attached(Signer::new(&rsa, CONTENT).and_unsigned(Attribute::new(REVOCATION_VALUES, values)))
        })
        .clause("EN 319 122-1 §A.1.2"),
        case("good-revocation-values-crl", "A CRL in the attribute revocation-values", {
            let values = seq([context(0, &seq([crl.clone()]))]);
            attached(Signer::new(&rsa, CONTENT).and_unsigned(Attribute::new(REVOCATION_VALUES, values)))
        })
        .clause("EN 319 122-1 §A.1.2"),
        case("good-revocation-archival", "A CRL and an OCSP response in the signed attribute of Adobe", {
            let values = seq([context(0, &seq([crl])), context(1, &seq([response(&good)]))]);
            attached(Signer::new(&rsa, CONTENT).and(Attribute::new(REVOCATION_ARCHIVAL, values)))
        })
        .clause("ISO 32000-1 §12.8.3.3.2"),
        Case::good("good-certificate-values", "K16", "The issuer is in the attribute certificate-values only", {
            let values = seq([Identity::authority("cie-sub").certificate]);
            let signer = Signer::new(&Identity::leaf("cie-good"), CONTENT);
            attached(signer.and_unsigned(Attribute::new(CERTIFICATE_VALUES, values)))
        })
        .clause("EN 319 122-1 §A.1.1"),
    ]
}

fn failing() -> Vec<Case> {
    let rsa = Identity::leaf("cns-good");
    let other = Identity::authority("cie-sub");
    let foreign = responder(&other, &Identity::leaf("cns-other-person"));
    let case = |name, title, input| {
        let waiting = Expected::one(Signature::indeterminate(Some("true"), &["TRY_LATER"]));
        Case::bad(name, "K44", "good-embedded-ocsp", title, input).without_crls().expect(waiting)
    };
    vec![
        case("embedded-ocsp-revoked", "The OCSP response that rides along says revoked", {
            with_answer("cns-good", Status::Revoked("20260110000000Z"), WEEK)
        })
        .clause("RFC 6960 §2.2")
        .expect(Expected::one(Signature::indeterminate(Some("true"), &["REVOKED_NO_POE"]))),
        case("embedded-ocsp-out-of-date", "The OCSP response that rides along is out of date", {
            with_answer("cns-good", Status::Good, ("20260101000000Z", "20260131000000Z"))
        })
        .clause("RFC 6960 §3.2"),
        case("embedded-ocsp-of-other", "The OCSP response that rides along is about another certificate", {
            let answer = about("cns-other-person", Status::Good, WEEK);
            with_choices("cns-good", vec![choice(RESPONSE, &response(&answer))])
        })
        .clause("RFC 6960 §3.2"),
        case("embedded-ocsp-of-stranger", "A responder of another authority answers", {
            let answer = basic(&foreign, (&authority(), &rsa), Status::Good, WEEK);
            with_choices("cns-good", vec![choice(RESPONSE, &response(&answer))])
        })
        .clause("RFC 6960 §4.2.2.2"),
        case("embedded-ocsp-by-signer", "The signer answers for itself", {
            let answer = basic(&rsa, (&authority(), &rsa), Status::Good, WEEK);
            with_choices("cns-good", vec![choice(RESPONSE, &response(&answer))])
        })
        .clause("RFC 6960 §4.2.2.2"),
        case("embedded-ocsp-cut", "The OCSP response that rides along is cut short", {
            let answer = response(&about("cns-good", Status::Good, WEEK));
            let cut = answer.split_at(answer.len() - 1).0;
            with_choices("cns-good", vec![choice(RESPONSE, &crate::forge::der::octets(cut))])
        })
        .clause("RFC 6960 §4.2.1"),
        Case::bad(
            "embedded-ocsp-good-crl-revoked",
            "K44",
            "good-embedded-ocsp",
            "The OCSP response that rides along is good, the stored CRL is not",
            with_answer("cns-revoked", Status::Good, WEEK),
        )
        .clause("RFC 5280 §5.3.1: only a suspension can be lifted")
        .expect(Expected::one(Signature::indeterminate(Some("true"), &["REVOKED_NO_POE"]))),
    ]
}
