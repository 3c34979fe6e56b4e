//! K15, K16, K20: messages too large to be stored. Each must end soon, on a small stack, with a refusal that names
//! the limit or a verdict other than accepted.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use varco::verify::{Limits, VerifyError};

use crate::support::forge::certificate::{Template, authority_constraints, common_name, extension, key_usage, spki};
use crate::support::forge::cms::{Attribute, COUNTERSIGNATURE, Message, Signer};
use crate::support::forge::der::{context, octets, seq, tlv, unsigned};
use crate::support::forge::identity::{Identity, p256_key};
use crate::verify::Bench;

const CONTENT: &[u8] = b"Accordo di servizio";

/// What a verification of one of these may take; some of it is the machine's.
const PATIENCE: Duration = Duration::from_secs(20);

/// Judges on a stack of 2 MiB and watches the clock.
fn judge(document: Vec<u8>) -> Result<Value, VerifyError> {
    let started = Instant::now();
    let thread = thread::Builder::new().stack_size(2 * 1024 * 1024);
    let handle = thread.spawn(move || Bench::of_fixtures().judge(&document, None, None)).unwrap();
    let result = handle.join().unwrap();
    assert!(started.elapsed() < PATIENCE, "took {:?}", started.elapsed());
    result
}

fn signer() -> Signer {
    Signer::new(&Identity::leaf("qualified-p256"), CONTENT)
}

fn message() -> Message {
    Message::attached(CONTENT, &[&signer()])
}

#[test]
fn nesting_of_any_depth_is_refused() {
    for depth in [65, 1_000, 100_000] {
        let mut segments = [0x24, 0x80].repeat(depth);
        segments.extend(octets(CONTENT));
        segments.extend([0, 0].repeat(depth));
        let message = Message { content: Some(segments), indefinite: true, ..message() }.encode();
        assert!(!accepted(&judge(message)), "content {depth} deep");
        for opening in [&[0x30_u8, 0x80][..], &[0xa0, 0x80], &[0x24, 0x80], &[0x31, 0x80]] {
            assert!(judge(opening.repeat(depth)).is_err(), "{opening:02x?} {depth} deep");
        }
        // The value of an unknown attribute is never looked into: it may pass, it may not hurt.
        let attribute = (0..depth.min(3_000)).fold(octets(b"fondo"), |inner, _| seq([inner]));
        let deep = signer().and(Attribute::new("1.3.6.1.4.1.99999.7", attribute));
        let report = judge(Message::attached(CONTENT, &[&deep]).encode());
        assert!(report.is_ok(), "attribute {depth} deep: {report:?}");
    }
}

#[test]
fn lengths_beyond_the_file_allocate_nothing() {
    for length in [&[0x84_u8, 0x7f, 0xff, 0xff, 0xff][..], &[0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]] {
        let claimed = [&[0x04], length, CONTENT].concat();
        assert!(!accepted(&judge(Message { content: Some(claimed), ..message() }.encode())));
        assert!(judge([&[0x30], length, &message().encode()].concat()).is_err());
    }
}

#[test]
fn envelopes_in_envelopes_stop_at_the_limit() {
    let identity = Identity::leaf("qualified-p256");
    let wrap = |inner: Vec<u8>| Message::attached(&inner, &[&Signer::new(&identity, &inner)]).encode();
    let within = (1..Limits::STANDARD.depth).fold(message().encode(), |inner, _| wrap(inner));
    let report = judge(within.clone());
    assert!(report.is_err() || accepted(&report), "{report:?}");
    let fifty = (1..50).fold(message().encode(), |inner, _| wrap(inner));
    assert!(matches!(judge(fifty), Err(VerifyError::TooDeep(_))));
}

#[test]
fn two_thousand_signers_stop_at_the_limit() {
    let signer = signer().encode();
    let message = Message { signers: vec![signer; 2_000], ..message() };
    assert!(matches!(judge(message.encode()), Err(VerifyError::TooManySignatures(_))));
}

#[test]
fn five_thousand_certificates_stop_at_the_limit() {
    let certificate = Identity::leaf("qualified-p256").certificate;
    let message = Message { certificates: vec![certificate; 5_000], ..message() };
    assert!(matches!(judge(message.encode()), Err(VerifyError::TooManyCertificates(_))));
}

#[test]
fn four_hundred_countersignatures_in_a_row_stop_at_a_limit() {
    let identity = Identity::leaf("qualified-p256");
    let inner = Signer::countersignature(&identity, b"qualcosa");
    let value = inner.value();
    // Whether each holds does not matter: the chain must not be followed to its end.
    let chain = (0..400).fold(inner.encode_with(&value), |inner, _| {
        let outer = Signer::countersignature(&identity, &value);
        outer.and_unsigned(Attribute::new(COUNTERSIGNATURE, inner)).encode_with(&value)
    });
    let message = Message::attached(CONTENT, &[&signer().and_unsigned(Attribute::new(COUNTERSIGNATURE, chain))]);
    assert!(!accepted(&judge(message.encode())));
}

#[test]
fn a_thousand_name_constraints_and_names_end_soon() {
    let key = p256_key();
    let model = Identity { certificate: Identity::leaf("cns-good").certificate, key: key.clone() };
    let domain = |number: usize| tlv(0x82, format!("d{number}.prova.test").as_bytes());
    let constraints = (0..1_000).flat_map(|number| seq([domain(number)])).collect::<Vec<_>>();
    let names = (0..1_000).flat_map(|number| domain(number + 500)).collect::<Vec<_>>();
    let authority = Template {
        issuer: common_name("Autorita"),
        subject: common_name("Autorita"),
        serial: unsigned(&[1]),
        extensions: vec![
            authority_constraints(),
            key_usage(0x06),
            extension("2.5.29.30", true, &seq([context(0, &constraints), context(1, &constraints)])),
        ],
        ..Template::like(&model, &spki(&key))
    };
    let leaf = Template {
        issuer: common_name("Autorita"),
        serial: unsigned(&[2]),
        extensions: vec![key_usage(0x80), extension("2.5.29.17", false, &tlv(0x30, &names))],
        ..Template::like(&model, &spki(&key))
    };
    let leaf = Identity { certificate: leaf.sign(&model), key };
    let mut message = Message::attached(CONTENT, &[&Signer::new(&leaf, CONTENT)]);
    message.certificates.push(authority.sign(&model));
    assert!(!accepted(&judge(message.encode())));
}

fn accepted(result: &Result<Value, VerifyError>) -> bool {
    result.as_ref().is_ok_and(|report| report["verdict"] == "accepted")
}
