//! Validation data that come along: how many are read, and what is said of those that are not. What they are worth, the
//! fixtures say.

#![expect(clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use serde_json::Value;

use super::Bench;
use crate::support::forge::cms::{Attribute, Message, Signer};
use crate::support::forge::der::{context, null, octets, seq};
use crate::support::forge::identity::Identity;
use crate::support::forge::ocsp::{RESPONSE, Status, basic, choice, response};

const CONTENT: &[u8] = b"Accordo di servizio";
const REVOCATION_VALUES: &str = "1.2.840.113549.1.9.16.2.24";
const CERTIFICATE_VALUES: &str = "1.2.840.113549.1.9.16.2.23";

/// Without stored revocation data.
fn bench() -> Bench {
    Bench::new(&["fixtures/cms/pki/trust".to_owned()], &[], time::macros::utc_datetime!(2026-02-01 0:00))
}

fn signer() -> Signer {
    Signer::new(&Identity::leaf("cns-good"), CONTENT)
}

fn good() -> Vec<u8> {
    let authority = Identity::authority("cns-esempio");
    let about = (&authority, &Identity::leaf("cns-good"));
    response(&basic(&authority, about, Status::Good, ("20260130000000Z", "20260206000000Z")))
}

fn with(crls: Vec<Vec<u8>>) -> Value {
    let message = Message { version: 5, crls, ..Message::attached(CONTENT, &[&signer()]) };
    bench().judge(&message.encode(), None, None).unwrap()
}

fn with_unsigned(oid: &'static str, value: Vec<u8>) -> Value {
    let signer = signer().and_unsigned(Attribute::new(oid, value));
    bench().judge(&Message::attached(CONTENT, &[&signer]).encode(), None, None).unwrap()
}

/// Code, kind and number of what is said of validation data.
fn said(report: &Value) -> Vec<(String, String, u64)> {
    let findings = report["signatures"][0]["findings"].as_array().unwrap().iter();
    let about = findings.filter(|finding| finding["code"].as_str().unwrap().starts_with("validation_data."));
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    about
        .map(|finding| {
            let parameters = &finding["parameters"];
            (word(&finding["code"]), word(&parameters["what"]), parameters["count"].as_u64().unwrap())
        })
        .collect()
}

fn one(code: &str, what: &str, count: u64) -> (String, String, u64) {
    (format!("validation_data.{code}"), what.to_owned(), count)
}

#[test]
fn what_cannot_be_read_is_told_and_does_no_harm() {
    let garbage = choice(RESPONSE, &octets(b"prova"));
    let report = with(vec![seq([null()]), garbage.clone(), choice(RESPONSE, &good()), seq([null()])]);
    assert_eq!(report["verdict"], "accepted");
    assert_eq!(said(&report), [one("unreadable", "CRL", 2), one("unreadable", "OCSP", 1)]);
    // Formats that nobody asked for are no fault.
    let other = choice("1.2.3.4", &null());
    assert!(said(&with(vec![other])).is_empty());
    let report = with_unsigned(REVOCATION_VALUES, seq([context(0, &seq([seq([null()])])), context(1, &seq([null()]))]));
    assert_eq!(said(&report), [one("unreadable", "CRL", 1), one("unreadable", "OCSP", 1)]);
    assert_eq!(said(&with_unsigned(REVOCATION_VALUES, null())), [one("unreadable", "OCSP", 1)]);
    let report = with_unsigned(CERTIFICATE_VALUES, seq([seq([null()]), octets(b"prova")]));
    assert_eq!(said(&report), [one("unreadable", "certificate", 2)]);
    assert_eq!(report["signatures"][0]["intact"], true);
}

#[test]
fn beyond_so_many_the_rest_is_left_aside() {
    let crls = vec![seq([null()]); 40];
    let answers = vec![choice(RESPONSE, &good()); 101];
    let report = with([answers, crls].concat());
    assert_eq!(report["verdict"], "accepted");
    let expected = [one("unreadable", "CRL", 32), one("too_many", "CRL", 8), one("too_many", "OCSP", 1)];
    assert_eq!(said(&report), expected);
    // What comes too late is not used.
    let garbage = choice(RESPONSE, &octets(b"prova"));
    let report = with([vec![garbage; 100], vec![choice(RESPONSE, &good())]].concat());
    assert_eq!(report["signatures"][0]["sub_indication"], "TRY_LATER");
    let certificate = Identity::authority("cie-sub").certificate;
    let report = with_unsigned(CERTIFICATE_VALUES, seq([vec![certificate; 201].concat()]));
    assert_eq!(said(&report), [one("too_many", "certificate", 1)]);
}

#[test]
fn one_document_does_not_serve_the_next() {
    let bench = bench();
    let document = |crls| Message { version: 5, crls, ..Message::attached(CONTENT, &[&signer()]) }.encode();
    let verdict = |document: &[u8]| bench.judge(document, None, None).unwrap()["verdict"].clone();
    assert_eq!(verdict(&document(vec![choice(RESPONSE, &good())])), "accepted");
    assert_eq!(verdict(&document(Vec::new())), "undetermined");
}
