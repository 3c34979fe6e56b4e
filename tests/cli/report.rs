//! The JSON report and the problem document, field by field as the contract has them.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What a field may hold.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Word(&'static [&'static str]),
    WordOrNull(&'static [&'static str]),
    Text,
    TextOrNull,
    Time,
    TimeOrNull,
    Hex,
    Size,
    SizeOrNull,
    BoolOrNull,
    Null,
    /// Looked into apart.
    Nested,
}

use Shape::{BoolOrNull, Hex, Nested, Null, Size, SizeOrNull, Text, TextOrNull, Time, TimeOrNull, Word, WordOrNull};

const MATCH: Shape = Word(&["match", "mismatch", "absent", "not_requested"]);

const REPORT: [(&str, Shape); 8] = [
    ("verdict", Word(&["accepted", "rejected", "undetermined"])),
    ("declared_signer", MATCH),
    ("content", Nested),
    ("document", Nested),
    ("validation_time", Time),
    ("policy", Nested),
    ("findings", Nested),
    ("signatures", Nested),
];

const SIGNATURE: [(&str, Shape); 20] = [
    ("id", Text),
    ("layer", Size),
    ("parent", TextOrNull),
    ("format", Word(&["CMS", "CAdES", "PAdES", "XAdES", "JAdES"])),
    ("container", WordOrNull(&["ASiC-S", "ASiC-E", "TSD", "M7M"])),
    ("level", WordOrNull(&["BES", "EPES", "B", "T", "LT", "LTA", "C", "X", "XL", "A"])),
    ("intact", BoolOrNull),
    ("indication", Word(&["TOTAL_PASSED", "INDETERMINATE", "TOTAL_FAILED"])),
    ("sub_indication", WordOrNull(SUB_INDICATIONS)),
    ("signer", Nested),
    ("claimed_signing_time", TimeOrNull),
    ("best_signature_time", Time),
    ("best_signature_time_source", Text),
    ("qualification", Null),
    (
        "legal_level",
        Word(&["firma_digitale", "firma_qualificata", "fea_cns", "fea_cie", "fea", "firma_semplice", "none"]),
    ),
    ("revision", SizeOrNull),
    ("modifications", WordOrNull(&["none", "allowed", "notable", "forbidden"])),
    ("timestamps", Nested),
    ("countersignatures", Nested),
    ("findings", Nested),
];

/// EN 319 102-1 v1.3.1, tables 5 and 6.
const SUB_INDICATIONS: &[&str] = &[
    "FORMAT_FAILURE",
    "HASH_FAILURE",
    "SIG_CRYPTO_FAILURE",
    "REVOKED",
    "EXPIRED",
    "NOT_YET_VALID",
    "SIG_CONSTRAINTS_FAILURE",
    "CHAIN_CONSTRAINTS_FAILURE",
    "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "CRYPTO_CONSTRAINTS_FAILURE",
    "POLICY_PROCESSING_ERROR",
    "SIGNATURE_POLICY_NOT_AVAILABLE",
    "TIMESTAMP_ORDER_FAILURE",
    "NO_SIGNING_CERTIFICATE_FOUND",
    "NO_CERTIFICATE_CHAIN_FOUND",
    "REVOKED_NO_POE",
    "REVOKED_CA_NO_POE",
    "OUT_OF_BOUNDS_NOT_REVOKED",
    "OUT_OF_BOUNDS_NO_POE",
    "REVOCATION_OUT_OF_BOUNDS_NO_POE",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
    "NO_POE",
    "TRY_LATER",
    "SIGNED_DATA_NOT_FOUND",
    "CUSTOM",
];

const SIGNER: [(&str, Shape); 10] = [
    ("name", TextOrNull),
    ("given_name", TextOrNull),
    ("surname", TextOrNull),
    ("fiscal_code", TextOrNull),
    ("fiscal_code_raw", TextOrNull),
    ("fiscal_code_valid", BoolOrNull),
    ("fiscal_code_omocodia", BoolOrNull),
    ("fiscal_code_field", WordOrNull(&["cns_common_name", "cie_common_name", "tinit", "it_legacy"])),
    ("fiscal_code_match", MATCH),
    ("certificate", Nested),
];

const CERTIFICATE: [(&str, Shape); 6] = [
    ("kind", Word(&["cns", "cie", "qualified", "qualified_seal", "other"])),
    ("sha256", Hex),
    ("issuer", Text),
    ("serial", Hex),
    ("not_before", Time),
    ("not_after", Time),
];

const TIMESTAMP: [(&str, Shape); 9] = [
    ("kind", Word(&["signature", "signature_and_references", "references", "archive", "content", "document"])),
    ("judged", BoolOrNull),
    ("time", TimeOrNull),
    ("indication", WordOrNull(&["TOTAL_PASSED", "INDETERMINATE", "TOTAL_FAILED"])),
    ("sub_indication", WordOrNull(SUB_INDICATIONS)),
    ("authority", TextOrNull),
    ("certificate", Nested),
    ("modifications", WordOrNull(&["none", "allowed", "notable", "forbidden"])),
    ("findings", Nested),
];

const FINDING: [(&str, Shape); 3] =
    [("code", Text), ("level", Word(&["error", "warning", "information"])), ("message", Text)];

#[test]
fn every_member_is_explained_to_whoever_reads_the_report() {
    let document = include_str!("../../docs/REPORT.md");
    let names = |members: &[(&'static str, Shape)]| members.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let all =
        [names(&REPORT), names(&SIGNATURE), names(&SIGNER), names(&CERTIFICATE), names(&TIMESTAMP), names(&FINDING)];
    for name in all.concat() {
        assert!(document.contains(&format!("`{name}`")), "docs/REPORT.md does not explain {name}");
    }
}

/// Checks a report: every member that the contract names is there with a value that it allows.
pub(super) fn check(report: &Value) {
    members(report, &REPORT);
    if !report["content"].is_null() {
        members(
            &report["content"],
            &[("sha256", Hex), ("size", Size), ("expected", Word(&["match", "mismatch", "not_requested"]))],
        );
    }
    members(&report["document"], &[("name", Text), ("sha256", Hex), ("size", Size), ("envelopes", Nested)]);
    members(&report["policy"], &[("name", Text), ("version", Text)]);
    assert!(list(&report["document"]["envelopes"]).iter().all(Value::is_string));
    findings(&report["findings"]);
    for signature in list(&report["signatures"]) {
        members(signature, &SIGNATURE);
        members(&signature["signer"], &SIGNER);
        if !signature["signer"]["certificate"].is_null() {
            members(&signature["signer"]["certificate"], &CERTIFICATE);
        }
        findings(&signature["findings"]);
        for timestamp in list(&signature["timestamps"]) {
            members(timestamp, &TIMESTAMP);
            if !timestamp["certificate"].is_null() {
                members(&timestamp["certificate"], &CERTIFICATE);
            }
            findings(&timestamp["findings"]);
        }
        list(&signature["countersignatures"]);
        let passed = signature["indication"] == "TOTAL_PASSED";
        assert_eq!(passed, signature["sub_indication"].is_null(), "{signature}");
    }
}

/// Checks a problem document (RFC 9457); its `type` must end in `kind`.
pub(super) fn check_problem(problem: &Value, kind: &str) {
    members(problem, &[("type", Text), ("title", Text), ("status", Size), ("detail", Text)]);
    let urn = problem["type"].as_str().unwrap();
    assert!(urn.ends_with(&format!(":{kind}")), "{problem}");
    let status = problem["status"].as_u64().unwrap();
    assert!((400..600).contains(&status), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.ends_with('.') && detail.chars().next().is_some_and(char::is_uppercase), "{detail}");
}

fn findings(findings: &Value) {
    for finding in list(findings) {
        members(finding, &FINDING);
    }
}

fn members(object: &Value, expected: &[(&str, Shape)]) {
    for (name, shape) in expected {
        let value = object.as_object().unwrap().get(*name).unwrap_or_else(|| panic!("no member {name} in {object}"));
        assert!(fits(value, *shape), "{name} in {object}");
    }
}

fn fits(value: &Value, shape: Shape) -> bool {
    let word = |words: &[&str]| value.as_str().is_some_and(|text| words.contains(&text));
    let time = || {
        let text = value.as_str().unwrap_or_default();
        OffsetDateTime::parse(text, &Rfc3339).is_ok() && text.ends_with('Z')
    };
    match shape {
        Word(words) => word(words),
        WordOrNull(words) => value.is_null() || word(words),
        Text => value.as_str().is_some_and(|text| !text.is_empty()),
        TextOrNull => value.is_null() || value.is_string(),
        Time => time(),
        TimeOrNull => value.is_null() || time(),
        Hex => {
            value.as_str().is_some_and(|text| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_hexdigit()))
        }
        Size => value.is_u64(),
        SizeOrNull => value.is_null() || fits(value, Size),
        BoolOrNull => value.is_null() || value.is_boolean(),
        Null => value.is_null(),
        Nested => true,
    }
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}
