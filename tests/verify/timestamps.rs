//! Timestamps (RFC 3161) on signatures, contents and PDF documents: what each is worth, and what it does to the signature.
//!
//! Expected words are those of EN 319 102-1 §5.4 and §5.5.4; OpenSSL is asked about the same tokens.

use std::fs;
use std::process::Command;

use openssl::pkey::{PKey, Private};
use serde_json::Value;
use time::macros::utc_datetime;
use varco::domain::language::Language;
use varco::verify::{Report, TimestampReport};

use crate::support::forge::certificate::{Template, authority_constraints, extension, key_id, key_usage, spki};
use crate::support::forge::cms::{Attribute, Message, SIGNING_CERTIFICATE_V2, Signer, message_digest};
use crate::support::forge::der::{bits, boolean, context, int, null, octets, oid, seq, tlv, unsigned, utc_time};
use crate::support::forge::identity::{Identity, Md, Scheme, p256_key};
use crate::support::forge::pdf::signature::hex;
use crate::support::forge::timestamp::{SIGNATURE_TIME_STAMP, TstInfo, message, of_signature, signer, token};
use crate::verify::{Bench, root};

/// The signed attribute that holds a timestamp on the content (EN 319 122-1 §5.2.8).
const CONTENT_TIME_STAMP: &str = "1.2.840.113549.1.9.16.2.20";
const CONTENT: &[u8] = b"Accordo di servizio";
/// While all certificates are valid, before the verification.
const TIME: &str = "20260131090500Z";

fn tsa() -> Identity {
    Identity::leaf_in(&root().join("fixtures/pdf/pki"), "tsa")
}

/// `ExtKeyUsage` of these purposes.
fn purposes(critical: bool, list: &[&str]) -> Vec<u8> {
    let list: Vec<u8> = list.iter().flat_map(|purpose| oid(purpose)).collect();
    extension("2.5.29.37", critical, &tlv(0x30, &list))
}

const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
const EMAIL: &str = "1.3.6.1.5.5.7.3.4";

/// A unit of timestamps under an authority, made on the spot.
struct Unit {
    key: PKey<Private>,
    issuer: Identity,
    extensions: Vec<Vec<u8>>,
    validity: [&'static str; 2],
}

impl Unit {
    fn new() -> Self {
        let extensions = vec![key_usage(0x80), purposes(true, &[TIME_STAMPING]), key_id(&[7; 20])];
        Self {
            key: p256_key(),
            issuer: Identity::authority("cns-esempio"),
            extensions,
            validity: ["250601000000Z", "290101000000Z"],
        }
    }

    fn with(usage: Vec<u8>) -> Self {
        Self { extensions: vec![key_usage(0x80), usage, key_id(&[7; 20])], ..Self::new() }
    }

    fn identity(&self) -> Identity {
        let template = Template {
            issuer: self.issuer.subject(),
            serial: unsigned(&[0x31, 0x61]),
            extensions: self.extensions.clone(),
            validity: self.validity,
            ..Template::like(&tsa(), &spki(&self.key))
        };
        Identity { certificate: template.sign(&self.issuer), key: self.key.clone() }
    }
}

/// A CRL of `cns-esempio` with one certificate on it.
fn crl_with(revoked: &Identity, issued: &str) -> Vec<u8> {
    let authority = Identity::authority("cns-esempio");
    let algorithm = Scheme::Pkcs1WithDigest.identifier(Md::Sha256);
    let key = seq([tlv(0x80, &authority.key_id())]);
    let tbs = seq([
        int(1),
        algorithm.clone(),
        authority.subject(),
        utc_time(issued),
        utc_time("260316000000Z"),
        seq([seq([revoked.serial(), utc_time("251130000000Z")])]),
        context(0, &seq([extension("2.5.29.35", false, &key), extension("2.5.29.20", false, &int(43))])),
    ]);
    let value = authority.sign(Scheme::Pkcs1WithDigest, Md::Sha256, &tbs);
    seq([tbs, algorithm, bits(&value)])
}

/// The file of one signature that carries what `stamp` makes of its value.
fn signed_by(leaf: &str, stamp: impl FnOnce(&[u8]) -> Vec<Attribute>) -> Vec<u8> {
    signed_with(leaf, Vec::new(), stamp)
}

/// The same, with revocation data in the envelope.
fn signed_with(leaf: &str, crls: Vec<Vec<u8>>, stamp: impl FnOnce(&[u8]) -> Vec<Attribute>) -> Vec<u8> {
    let signer = Signer::new(&Identity::leaf(leaf), CONTENT);
    let value = signer.value();
    let signer = stamp(&value).into_iter().fold(signer, Signer::and_unsigned);
    // ECDSA values differ each time: this is the one that was stamped.
    let mut message = Message::attached(CONTENT, &[&signer]);
    message.signers = vec![signer.encode_with(&value)];
    message.crls = crls;
    message.encode()
}

fn holding(token: Vec<u8>) -> Vec<Attribute> {
    vec![Attribute { oid: SIGNATURE_TIME_STAMP, values: vec![token] }]
}

fn judge(document: &[u8]) -> Value {
    Bench::of_fixtures().judge(document, None, None).unwrap()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("null")
}

/// What OpenSSL says of a token about `stamped`, on the day of the verification.
fn openssl_accepts(token: &[u8], stamped: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, octets: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, octets).unwrap();
        path
    };
    let (token, stamped) = (write("token", token), write("stamped", stamped));
    let anchors = root().join("fixtures/cms/pki/trust/cns-esempio.pem");
    let at = utc_datetime!(2026-02-01 0:00).unix_timestamp().to_string();
    let mut command = Command::new("openssl");
    command.args(["ts", "-verify", "-token_in", "-partial_chain", "-attime", &at, "-in"]).arg(token);
    command.arg("-data").arg(stamped).arg("-CAfile").arg(anchors);
    command.output().unwrap().status.success()
}

#[test]
fn a_good_timestamp_passes_and_gives_the_time() {
    let report = judge(&signed_by("cns-good", |value| vec![of_signature(&tsa(), value, TIME)]));
    assert_eq!(report["verdict"], "accepted");
    let signature = &report["signatures"][0];
    assert_eq!(signature["best_signature_time"], "2026-01-31T09:05:00Z");
    assert_eq!(signature["best_signature_time_source"], "timestamp");
    let timestamp = &signature["timestamps"][0];
    for (member, expected) in [
        ("/kind", "signature"),
        ("/time", "2026-01-31T09:05:00Z"),
        ("/indication", "TOTAL_PASSED"),
        ("/sub_indication", "null"),
        ("/modifications", "null"),
    ] {
        assert_eq!(text(timestamp, member), expected, "{member}");
    }
    assert!(text(timestamp, "/authority").contains("Marca temporale 1"), "{timestamp}");
    let certificate = hex(&Md::Sha256.digest(&tsa().certificate));
    assert_eq!(text(timestamp, "/certificate/sha256"), certificate);
    assert_eq!((timestamp["judged"].as_bool(), timestamp["findings"].as_array().unwrap().len()), (Some(true), 0));
}

/// Makes a token over octets.
type Make = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A token that must not pass, why, and what OpenSSL says of it.
struct Bad {
    name: &'static str,
    make: Make,
    sub_indication: &'static str,
    why: &'static str,
    openssl: OpenSsl,
}

#[derive(Eq, PartialEq)]
enum OpenSsl {
    Refuses,
    /// It does not look at this: status, extensions, strength, the future, octets after the `TSTInfo`.
    Accepts,
}

#[expect(clippy::too_many_lines, reason = "a table: one row for each way to be wrong")]
fn bad_tokens() -> Vec<Bad> {
    use OpenSsl::{Accepts, Refuses};
    fn row(
        name: &'static str,
        (sub_indication, why): (&'static str, &'static str),
        openssl: OpenSsl,
        make: impl Fn(&[u8]) -> Vec<u8> + 'static,
    ) -> Bad {
        Bad { name, make: Box::new(make), sub_indication, why, openssl }
    }
    let by = |unit: fn() -> Unit| move |value: &[u8]| token(&unit().identity(), value, TIME);
    let wrong_purpose = ("CHAIN_CONSTRAINTS_FAILURE", "purpose_unfit");
    let malformed = ("FORMAT_FAILURE", "malformed");
    vec![
        row("other octets", ("HASH_FAILURE", "imprint_differs"), Refuses, |_| token(&tsa(), b"altro", TIME)),
        row("value", ("SIG_CRYPTO_FAILURE", "altered"), Refuses, |value| {
            let info = TstInfo::new(value, TIME).encode();
            let signer = signer(&tsa(), &info).tampered(|_, mut value, _| {
                value.reverse();
                value
            });
            message(&info, &[&signer]).encode()
        }),
        row("digest", ("HASH_FAILURE", "altered"), Refuses, |value| {
            let info = TstInfo::new(value, TIME).encode();
            let signer = signer(&tsa(), &info).replacing(message_digest(&Md::Sha256.digest(b"altro")));
            message(&info, &[&signer]).encode()
        }),
        row("no purpose", wrong_purpose, Refuses, by(|| Unit { extensions: vec![key_usage(0x80)], ..Unit::new() })),
        row("purpose not critical", wrong_purpose, Refuses, by(|| Unit::with(purposes(false, &[TIME_STAMPING])))),
        row("purpose and another", wrong_purpose, Refuses, by(|| Unit::with(purposes(true, &[TIME_STAMPING, EMAIL])))),
        row("another purpose", wrong_purpose, Refuses, by(|| Unit::with(purposes(true, &[EMAIL])))),
        row("a person's certificate", wrong_purpose, Refuses, |value| token(&Identity::leaf("cns-good"), value, TIME)),
        row(
            "a key for encryption",
            wrong_purpose,
            Refuses,
            by(|| Unit { extensions: vec![key_usage(0x20), purposes(true, &[TIME_STAMPING])], ..Unit::new() }),
        ),
        row(
            "an authority's certificate",
            wrong_purpose,
            Accepts,
            by(|| Unit {
                extensions: vec![authority_constraints(), key_usage(0x80), purposes(true, &[TIME_STAMPING])],
                ..Unit::new()
            }),
        ),
        row(
            "expired",
            ("OUT_OF_BOUNDS_NO_POE", "out_of_bounds"),
            Refuses,
            by(|| Unit { validity: ["240601000000Z", "260130000000Z"], ..Unit::new() }),
        ),
        row(
            "made before the certificate",
            ("OUT_OF_BOUNDS_NO_POE", "made_out_of_bounds"),
            Accepts,
            by(|| Unit { validity: ["260131120000Z", "290101000000Z"], ..Unit::new() }),
        ),
        row("revoked", ("REVOKED_NO_POE", "revoked"), Accepts, |value| {
            let unit = Unit::new().identity();
            let info = TstInfo::new(value, TIME).encode();
            let mut message = message(&info, &[&signer(&unit, &info)]);
            message.crls.push(crl_with(&unit, "260131120000Z"));
            message.encode()
        }),
        row(
            "not trusted",
            ("NO_CERTIFICATE_CHAIN_FOUND", "not_trusted"),
            Refuses,
            by(|| Unit { issuer: Identity::authority("cns-impostore"), ..Unit::new() }),
        ),
        row("the future", ("TIMESTAMP_ORDER_FAILURE", "in_the_future"), Accepts, |value| {
            token(&tsa(), value, "20260201000001Z")
        }),
        row("no reference", ("SIG_CONSTRAINTS_FAILURE", "reference_missing"), Refuses, |value| {
            let info = TstInfo::new(value, TIME).encode();
            message(&info, &[&signer(&tsa(), &info).without(SIGNING_CERTIFICATE_V2)]).encode()
        }),
        row("no attributes", ("FORMAT_FAILURE", "malformed"), Refuses, |value| {
            let info = TstInfo::new(value, TIME).encode();
            message(&info, &[&signer(&tsa(), &info).bare()]).encode()
        }),
        row("no certificate", ("NO_SIGNING_CERTIFICATE_FOUND", "certificate_missing"), Refuses, |value| {
            let info = TstInfo::new(value, TIME).encode();
            let mut message = message(&info, &[&signer(&tsa(), &info)]);
            message.certificates.clear();
            message.encode()
        }),
        row("a critical extension", ("SIG_CONSTRAINTS_FAILURE", "extension_unknown"), Accepts, |value| {
            let extensions = context(1, &seq([oid("1.3.6.1.4.1.99999.1"), boolean(true), octets(&null())]));
            let info = TstInfo { rest: extensions, ..TstInfo::new(value, TIME) }.encode();
            message(&info, &[&signer(&tsa(), &info)]).encode()
        }),
        row("SHA-1", ("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "algorithm_weak"), Accepts, |value| {
            let info = TstInfo { md: Md::Sha1, ..TstInfo::new(value, TIME) }.encode();
            message(&info, &[&signer(&tsa(), &info)]).encode()
        }),
        row("version 2", malformed, Refuses, |value| {
            let info = TstInfo { version: 2, ..TstInfo::new(value, TIME) }.encode();
            message(&info, &[&signer(&tsa(), &info)]).encode()
        }),
        row("two signers", malformed, Refuses, |value| {
            let info = TstInfo::new(value, TIME).encode();
            message(&info, &[&signer(&tsa(), &info), &signer(&Unit::new().identity(), &info)]).encode()
        }),
        row("no signer", malformed, Refuses, |value| message(&TstInfo::new(value, TIME).encode(), &[]).encode()),
        row("another type", malformed, Refuses, |value| {
            let info = TstInfo::new(value, TIME).encode();
            Message::attached(&info, &[&Signer::new(&tsa(), &info)]).encode()
        }),
        row("no content", malformed, Refuses, |value| {
            let info = TstInfo::new(value, TIME).encode();
            let mut message = message(&info, &[&signer(&tsa(), &info)]);
            message.content = None;
            message.encode()
        }),
        row("more in the TSTInfo", malformed, Accepts, |value| {
            let info = [TstInfo::new(value, TIME).encode(), null()].concat();
            message(&info, &[&signer(&tsa(), &info)]).encode()
        }),
        row("not CMS", malformed, Refuses, |_| octets(b"marca temporale")),
        row("empty", malformed, Refuses, |_| seq([])),
    ]
}

#[test]
fn a_bad_timestamp_is_told_and_changes_nothing() {
    let mut wrong = Vec::new();
    for bad in bad_tokens() {
        let report = judge(&signed_by("cns-good", |value| holding((bad.make)(value))));
        let signature = &report["signatures"][0];
        let timestamp = &signature["timestamps"][0];
        let told =
            signature["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "timestamp.ignored");
        let found = [
            text(&report, "/verdict"),
            text(signature, "/best_signature_time_source"),
            text(timestamp, "/sub_indication"),
            text(timestamp, "/findings/0/parameters/why"),
            told.map_or("not told", |finding| text(finding, "/parameters/why")),
            told.map_or("not told", |finding| text(finding, "/level")),
        ];
        if found != ["accepted", "now", bad.sub_indication, bad.why, bad.why, "warning"] {
            wrong.push(format!("{}: {found:?}", bad.name));
        }
        let accepted = openssl_accepts(&(bad.make)(b"valore"), b"valore");
        if accepted != (bad.openssl == OpenSsl::Accepts) {
            wrong.push(format!("{}: OpenSSL accepts: {accepted}", bad.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(openssl_accepts(&token(&tsa(), b"valore", TIME), b"valore"));
    assert!(openssl_accepts(&token(&Unit::new().identity(), b"valore", TIME), b"valore"));
}

#[test]
fn a_unit_made_on_the_spot_passes_when_nothing_is_wrong_with_it() {
    let report = judge(&signed_by("cns-good", |value| holding(token(&Unit::new().identity(), value, TIME))));
    assert_eq!(text(&report, "/signatures/0/timestamps/0/indication"), "TOTAL_PASSED");
}

#[test]
fn an_attribute_without_a_value_or_cut_short_is_told() {
    let empty = |_: &[u8]| vec![Attribute { oid: SIGNATURE_TIME_STAMP, values: Vec::new() }];
    let cut = |value: &[u8]| {
        let mut token = token(&tsa(), value, TIME);
        token.truncate(token.len() - 1);
        holding(token)
    };
    for document in [signed_by("cns-good", empty), signed_by("cns-good", cut)] {
        let report = judge(&document);
        // What is cut short may make the whole signature unreadable: it is then not accepted at all.
        if report["verdict"] == "accepted" {
            let signature = &report["signatures"][0];
            assert_eq!(signature["timestamps"][0]["sub_indication"], "FORMAT_FAILURE");
            assert!(signature["findings"].to_string().contains("timestamp.ignored"));
        }
    }
}

#[test]
fn of_several_timestamps_the_earliest_that_passes_counts() {
    let earlier = "20260130100000Z";
    let report = judge(&signed_by("cns-good", |value| {
        let tokens =
            [token(&tsa(), value, TIME), token(&tsa(), b"altro", "20260101000000Z"), token(&tsa(), value, earlier)];
        vec![Attribute { oid: SIGNATURE_TIME_STAMP, values: tokens.to_vec() }]
    }));
    let signature = &report["signatures"][0];
    assert_eq!(signature["best_signature_time"], "2026-01-30T10:00:00Z");
    let passed = |timestamp: &&Value| timestamp["indication"] == "TOTAL_PASSED";
    assert_eq!(signature["timestamps"].as_array().unwrap().iter().filter(passed).count(), 2);
}

#[test]
fn more_tokens_than_anybody_needs_are_listed_and_not_judged() {
    let report = judge(&signed_by("cns-good", |value| {
        vec![Attribute { oid: SIGNATURE_TIME_STAMP, values: vec![token(&tsa(), value, TIME); 40] }]
    }));
    let timestamps = report["signatures"][0]["timestamps"].as_array().unwrap();
    assert_eq!(timestamps.len(), 40);
    assert_eq!(timestamps.iter().filter(|timestamp| timestamp["judged"] == true).count(), 16);
    assert!(report["signatures"][0]["findings"].to_string().contains("timestamp.not_judged"));

    let flood = vec![Attribute { oid: SIGNATURE_TIME_STAMP, values: vec![null(); 500_000] }; 3];
    let report = judge(&signed_by("cns-good", |_| flood));
    assert_eq!(report["signatures"][0]["timestamps"].as_array().unwrap().len(), 100);
}

#[test]
fn a_certificate_that_ended_after_the_timestamp_does_no_harm() {
    for (leaf, time, expected) in [
        // Valid until 16 December 2025; the stored CRL is newer and need not list it any more (RFC 5280 §5).
        ("cns-expired", "20251201120000Z", ["INDETERMINATE", "TRY_LATER"]),
        ("cns-expired", "20251220120000Z", ["INDETERMINATE", "OUT_OF_BOUNDS_NO_POE"]),
        // Revoked on 26 December 2025.
        ("cns-revoked", "20251210120000Z", ["TOTAL_PASSED", "null"]),
        ("cns-revoked", "20251227120000Z", ["INDETERMINATE", "REVOKED_NO_POE"]),
    ] {
        let report = judge(&signed_by(leaf, |value| vec![of_signature(&tsa(), value, time)]));
        let signature = &report["signatures"][0];
        assert_eq!(text(signature, "/timestamps/0/indication"), "TOTAL_PASSED", "{leaf} {time}");
        assert_eq!([text(signature, "/indication"), text(signature, "/sub_indication")], expected, "{leaf} {time}");
        let bad = judge(&signed_by(leaf, |_| vec![of_signature(&tsa(), b"altro", time)]));
        assert_eq!(bad["verdict"], "undetermined", "{leaf} {time}");
    }
    // With a CRL of while it was valid.
    let crl = vec![crl_with(&Identity::leaf("cns-other-person"), "251210000000Z")];
    let good = signed_with("cns-expired", crl.clone(), |value| vec![of_signature(&tsa(), value, "20251201120000Z")]);
    assert_eq!(judge(&good)["verdict"], "accepted");
    let bad = signed_with("cns-expired", crl, |_| vec![of_signature(&tsa(), b"altro", "20251201120000Z")]);
    assert_eq!(judge(&bad)["verdict"], "undetermined");
}

#[test]
fn what_the_caller_knows_stays_where_it_is_earlier() {
    let document = signed_by("cns-good", |value| vec![of_signature(&tsa(), value, TIME)]);
    for (known, expected, source) in [
        (utc_datetime!(2026-01-20 0:00), "2026-01-20T00:00:00Z", "asserted"),
        (utc_datetime!(2026-01-31 12:00), "2026-01-31T09:05:00Z", "timestamp"),
    ] {
        let bench = Bench { existed_by: Some(known), ..Bench::of_fixtures() };
        let report = bench.judge(&document, None, None).unwrap();
        let signature = &report["signatures"][0];
        assert_eq!(text(signature, "/best_signature_time"), expected);
        assert_eq!(text(signature, "/best_signature_time_source"), source);
    }
}

/// A signature with a timestamp on its content, and one on its value.
fn with_content_stamped(stamped: &[u8], content_time: &str) -> Value {
    let content = Attribute { oid: CONTENT_TIME_STAMP, values: vec![token(&tsa(), stamped, content_time)] };
    let signer = Signer::new(&Identity::leaf("cns-good"), CONTENT).and(content);
    let value = signer.value();
    let signer = signer.and_unsigned(of_signature(&tsa(), &value, TIME));
    judge(&Message::attached(CONTENT, &[&signer]).encode())
}

#[test]
fn a_timestamp_on_the_content_is_judged_and_proves_nothing_of_the_signature() {
    let report = with_content_stamped(CONTENT, "20260130090000Z");
    let signature = &report["signatures"][0];
    assert_eq!(report["verdict"], "accepted");
    assert_eq!(signature["best_signature_time"], "2026-01-31T09:05:00Z");
    let content = signature["timestamps"].as_array().unwrap().iter().find(|timestamp| timestamp["kind"] == "content");
    assert_eq!(content.unwrap()["indication"], "TOTAL_PASSED");

    let other = with_content_stamped(b"altro", "20260130090000Z");
    assert_eq!(other["verdict"], "accepted");
    assert!(other["signatures"][0]["findings"].to_string().contains("imprint_differs"));

    let later = with_content_stamped(CONTENT, "20260131100000Z");
    assert_eq!(text(&later, "/signatures/0/sub_indication"), "TIMESTAMP_ORDER_FAILURE");
}

fn fixture(name: &str) -> Value {
    judge(&fs::read(root().join("fixtures/pdf").join(name).join("input.pdf")).unwrap())
}

#[test]
fn timestamps_in_pdf_give_the_time_of_what_they_cover() {
    for (name, kind) in [
        ("good-signature-timestamp", "signature"),
        ("good-document-timestamp", "document"),
        ("good-dss-and-timestamp", "document"),
        ("good-certified-p1-archived", "document"),
    ] {
        let report = fixture(name);
        let signature = &report["signatures"][0];
        assert_eq!(text(&report, "/verdict"), "accepted", "{name}");
        assert_eq!(text(signature, "/timestamps/0/kind"), kind, "{name}");
        assert_eq!(text(signature, "/timestamps/0/indication"), "TOTAL_PASSED", "{name}");
        assert_eq!(text(signature, "/best_signature_time"), "2026-01-31T09:05:00Z", "{name}");
        assert_eq!(text(signature, "/best_signature_time_source"), "timestamp", "{name}");
        let modifications = if kind == "document" { "none" } else { "null" };
        assert_eq!(text(signature, "/timestamps/0/modifications"), modifications, "{name}");
    }
}

#[test]
fn a_timestamp_on_another_document_is_told_with_the_signature() {
    let report = fixture("timestamp-of-other");
    let signature = &report["signatures"][0];
    assert_eq!(text(signature, "/timestamps/0/sub_indication"), "HASH_FAILURE");
    assert_eq!(text(signature, "/best_signature_time_source"), "now");
    assert!(signature["findings"].to_string().contains("imprint_differs"));
    assert_eq!(report["verdict"], "accepted");
}

#[test]
fn a_timestamp_that_covers_no_signature_is_told_of_the_document() {
    let report = fixture("good-timestamp-before-signing");
    let signature = &report["signatures"][0];
    assert_eq!(signature["timestamps"].as_array().unwrap().len(), 0);
    assert_eq!(signature["best_signature_time_source"], "now");
    assert!(report["findings"].to_string().contains("timestamp.covers_no_signature"));
    // What it leaves out may be more than itself: it is no proof of anything.
    let report = fixture("timestamp-wide-hole");
    assert_eq!(text(&report, "/signatures/0/best_signature_time_source"), "now");
    assert!(report["findings"].to_string().contains("coverage_unfit"));
}

#[test]
fn a_timestamp_is_of_its_revision_whatever_came_later() {
    let report = fixture("changed-after-timestamp");
    let signature = &report["signatures"][0];
    assert_eq!(text(signature, "/sub_indication"), "FORMAT_FAILURE");
    assert_eq!(text(signature, "/timestamps/0/indication"), "TOTAL_PASSED");
    assert_eq!(text(signature, "/timestamps/0/modifications"), "forbidden");
}

#[test]
fn a_pdf_inside_an_envelope_may_have_a_timestamp_and_no_signature() {
    let pdf = fs::read(root().join("fixtures/pdf/timestamp-only/input.pdf")).unwrap();
    let wrap = |pdf: &[u8]| judge(&Message::attached(pdf, &[&Signer::new(&Identity::leaf("cns-good"), pdf)]).encode());
    let report = wrap(&pdf);
    assert_eq!(report["verdict"], "accepted");
    assert!(report["findings"].to_string().contains("timestamp.covers_no_signature"));
    // One that does not hold leaves the question what it is.
    let mut other = pdf.clone();
    let amount = memchr::memmem::find(&other, b"1.000 euro").unwrap();
    other[amount] = b'9';
    let report = wrap(&other);
    assert_eq!(report["verdict"], "undetermined");
    assert!(report["findings"].to_string().contains("imprint_differs"));
}

#[test]
fn no_octet_of_a_token_can_be_flipped_to_give_another_time() {
    let signer = Signer::new(&Identity::leaf("cns-good"), CONTENT);
    let value = signer.value();
    let good = token(&tsa(), &value, TIME);
    for at in 0..good.len() {
        let mut token = good.clone();
        token[at] ^= 0x01;
        let stamped = Attribute { oid: SIGNATURE_TIME_STAMP, values: vec![token] };
        let mut message = Message::attached(CONTENT, &[&signer]);
        message.signers =
            vec![Signer::new(&Identity::leaf("cns-good"), CONTENT).and_unsigned(stamped).encode_with(&value)];
        let report = judge(&message.encode());
        let time = text(&report, "/signatures/0/best_signature_time");
        assert!(["2026-01-31T09:05:00Z", "2026-02-01T00:00:00Z"].contains(&time), "octet {at}: {time}");
        let told = report["signatures"][0]["findings"].to_string().contains("timestamp.ignored");
        let proved = text(&report, "/signatures/0/best_signature_time_source") == "timestamp";
        assert!(told || proved || report["verdict"] != "accepted", "octet {at}: neither proof nor warning");
    }
}

#[test]
fn a_report_with_timestamps_is_read_again_as_it_was() {
    for document in [
        signed_by("cns-good", |value| vec![of_signature(&tsa(), value, TIME)]),
        signed_by("cns-good", |_| vec![of_signature(&tsa(), b"altro", TIME)]),
    ] {
        let report = Bench::of_fixtures().report(&document).unwrap();
        let json = serde_json::to_string(&report).unwrap();
        let again: Report = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
        let english = serde_json::to_string(&again.in_language(Language::English)).unwrap();
        assert!(json.contains("Una marca temporale") && !english.contains("Una marca temporale"), "{english}");
    }
    // One that an earlier version kept has less to say.
    let kept = r#"{"kind": "signature", "judged": false}"#;
    assert_eq!(serde_json::from_str::<TimestampReport>(kept).unwrap().indication, None);
}
