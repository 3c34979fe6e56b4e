//! Every folder of `fixtures/cms` and `fixtures/pdf` against its `case.toml`. A new case is a new folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use time::UtcDateTime;
use time::format_description::well_known::Rfc3339;
use varco::verify::VerifyError;

use crate::verify::{Bench, root};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    title: String,
    class: String,
    twin: Twin,
    twins: Vec<String>,
    #[serde(rename = "origin")]
    _origin: String,
    #[serde(rename = "clause")]
    _clause: String,
    pub(super) options: Options,
    pub(super) expected: Expected,
    #[serde(rename = "peers")]
    _peers: toml::Table,
}

#[derive(Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Twin {
    Positive,
    Negative,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    trust: Vec<String>,
    crl: Vec<String>,
    at: String,
    pub(super) detached: Option<String>,
    pub(super) fiscal_code: Option<String>,
    expected_document: Option<String>,
    password: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) verdict: Vec<String>,
    problem: Option<String>,
    #[serde(default)]
    declared_signer: Vec<String>,
    content_sha256: Option<String>,
    #[serde(default)]
    findings: Vec<String>,
    #[serde(default)]
    none_passed: bool,
    signatures: Option<Vec<Signature>>,
    #[serde(rename = "content_expected")]
    comparison: Option<String>,
    /// Timestamps on the document, which each signature that they cover lists.
    document_timestamps: Option<usize>,
    /// Whether something must be remarked, whatever it is.
    #[serde(default)]
    remarked: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    layer: u64,
    countersigns: Option<usize>,
    intact: Option<String>,
    indication: Option<String>,
    #[serde(default)]
    sub_indication: Vec<String>,
    signer_sha256: Option<String>,
    format: Option<String>,
    #[serde(default)]
    modifications: Vec<String>,
    /// The page that a finding must name.
    page: Option<u64>,
}

#[test]
fn every_case_comes_out_as_its_clause_says() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for (folder, case) in cases_of_fixtures("cms").into_iter().chain(cases_of_fixtures("pdf")) {
        cases += 1;
        let mut bench = Bench::new(&case.options.trust, &case.options.crl, time(&case.options.at));
        bench.password = case.options.password.clone().map(String::into_bytes);
        let document = fs::read(folder.join("input.p7m")).or_else(|_| fs::read(folder.join("input.pdf"))).unwrap();
        let beside = |name: &Option<String>| name.as_ref().map(|name| fs::read(folder.join(name)).unwrap());
        let (detached, expected) = (beside(&case.options.detached), beside(&case.options.expected_document));
        let judge = || {
            let declared = case.options.fiscal_code.as_deref();
            let report = bench.verify_expecting(&document, detached.as_deref(), declared, expected.as_deref());
            report.map(|report| serde_json::to_value(report).unwrap())
        };
        let (result, again) = (judge(), judge());
        assert_eq!(format!("{result:?}"), format!("{again:?}"), "{}: two answers", folder.display());
        let mut faults = Vec::new();
        case.expected.compare(&result, &mut faults);
        if !faults.is_empty() {
            let name = folder.file_name().unwrap().to_string_lossy();
            wrong.push(format!("{name} ({} {}): {}", case.class, case.title, faults.join("; ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}\n", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_class_has_a_good_and_a_bad_twin() {
    let (mut good, mut bad) = (BTreeSet::new(), BTreeSet::new());
    for (folder, case) in cases_of_fixtures("cms").into_iter().chain(cases_of_fixtures("pdf")) {
        for twin in &case.twins {
            assert!(folder.with_file_name(twin).join("case.toml").exists(), "{}: no twin {twin}", folder.display());
        }
        if case.twin == Twin::Negative {
            assert_eq!(case.twins.len(), 1, "{}: made from which good case?", folder.display());
            assert_ne!(case.expected.verdict, ["accepted"], "{}", folder.display());
            bad.insert(case.class);
        } else if !case.twins.is_empty() {
            good.insert(case.class);
        }
    }
    let classes = (1..=17).chain(20..=28).map(|number| format!("K{number:02}"));
    let missing: Vec<_> = classes.filter(|class| !bad.contains(class)).collect();
    assert!(missing.is_empty(), "no bad case of {missing:?}");
    assert!(!good.is_empty());
}

pub(super) fn cases_of_fixtures(area: &str) -> Vec<(PathBuf, Case)> {
    let folders = fs::read_dir(root().join("fixtures").join(area)).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = folders.filter(|folder| folder.join("case.toml").exists()).collect();
    folders.sort();
    folders.into_iter().map(|folder| (folder.clone(), read(&folder))).collect()
}

fn read(folder: &Path) -> Case {
    let text = fs::read_to_string(folder.join("case.toml")).unwrap();
    toml::from_str(&text).map_err(|error| format!("{}: {error}", folder.display())).unwrap()
}

fn time(text: &str) -> UtcDateTime {
    UtcDateTime::parse(text, &Rfc3339).unwrap()
}

impl Expected {
    fn compare(&self, result: &Result<Value, VerifyError>, faults: &mut Vec<String>) {
        let report = match result {
            Ok(report) => report,
            Err(error) => {
                let problem = match error {
                    VerifyError::NoSignature => "no-signature",
                    VerifyError::Locked(_) => "password",
                    _ => "other",
                };
                one_of(&self.verdict, "not_examined", &format!("verdict ({error})"), faults);
                if self.problem.as_ref().is_some_and(|expected| expected != problem) {
                    faults.push(format!("problem: {error}"));
                }
                return;
            }
        };
        one_of(&self.verdict, text(report, "verdict"), "verdict", faults);
        one_of(&self.declared_signer, text(report, "declared_signer"), "declared_signer", faults);
        if let Some(sha256) = &self.content_sha256
            && report.pointer("/content/sha256").and_then(Value::as_str) != Some(sha256)
        {
            faults.push(format!("content is {}", report["content"]));
        }
        if let Some(expected) = &self.comparison {
            let found = report.pointer("/content/expected").and_then(Value::as_str).unwrap();
            one_of(std::slice::from_ref(expected), found, "content.expected", faults);
        }
        let remarks = codes(report);
        for code in self.findings.iter().filter(|code| !remarks.contains(*code)) {
            faults.push(format!("{code} is not among {remarks}"));
        }
        let signatures = report["signatures"].as_array().unwrap();
        let all = || signatures.iter().chain([report]).flat_map(|of| of["findings"].as_array().unwrap());
        if self.remarked && !all().any(|finding| text(finding, "level") != "information") {
            faults.push("nothing is remarked".to_owned());
        }
        if let Some(expected) = self.document_timestamps {
            let of = |signature: &Value| {
                let timestamps = signature["timestamps"].as_array().unwrap();
                timestamps.iter().filter(|timestamp| timestamp["kind"] == "document").count()
            };
            let found = signatures.iter().map(of).max().unwrap_or_default();
            if found != expected {
                faults.push(format!("{found} timestamps on the document instead of {expected}"));
            }
        }
        let passed = |signature: &Value| signature["indication"] == "TOTAL_PASSED";
        if self.none_passed && signatures.iter().any(passed) {
            faults.push("a signature is TOTAL_PASSED".to_owned());
        }
        if let Some(expected) = &self.signatures {
            if expected.len() != signatures.len() {
                faults.push(format!("{} signatures instead of {}", signatures.len(), expected.len()));
            }
            for (expected, signature) in expected.iter().zip(signatures) {
                expected.compare(signature, signatures, faults);
            }
        }
    }
}

impl Signature {
    fn compare(&self, signature: &Value, all: &[Value], faults: &mut Vec<String>) {
        let mut found = Vec::new();
        if signature["layer"] != self.layer {
            found.push(format!("layer is {}", signature["layer"]));
        }
        let parent = self.countersigns.and_then(|index| all.get(index)).map_or(&Value::Null, |parent| &parent["id"]);
        if signature["parent"] != *parent {
            found.push(format!("parent is {}", signature["parent"]));
        }
        let intact = signature["intact"].to_string();
        one_of(self.intact.as_slice(), &intact, "intact", &mut found);
        let indication = text(signature, "indication");
        one_of(self.indication.as_slice(), indication, "indication", &mut found);
        match signature["sub_indication"].as_str() {
            Some(sub_indication) if indication != "TOTAL_PASSED" => {
                one_of(&self.sub_indication, sub_indication, "sub_indication", &mut found);
            }
            None if indication == "TOTAL_PASSED" => {}
            other => found.push(format!("sub_indication is {other:?}")),
        }
        one_of(self.format.as_slice(), text(signature, "format"), "format", &mut found);
        one_of(&self.modifications, signature["modifications"].as_str().unwrap_or("null"), "modifications", &mut found);
        let named = |finding: &Value| finding.pointer("/parameters/page").and_then(Value::as_u64) == self.page;
        if self.page.is_some() && !signature["findings"].as_array().unwrap().iter().any(named) {
            found.push("the page is not named".to_owned());
        }
        let sha256 = signature.pointer("/signer/certificate/sha256").and_then(Value::as_str);
        if self.signer_sha256.is_some() && self.signer_sha256.as_deref() != sha256 {
            found.push(format!("signer is {sha256:?}"));
        }
        if !found.is_empty() {
            faults.push(format!("{}: {} {}", text(signature, "id"), found.join(", "), codes(signature)));
        }
    }
}

/// What is remarked of a signature, or of the document.
fn codes(of: &Value) -> String {
    let findings = of["findings"].as_array().unwrap();
    format!("[{}]", findings.iter().map(|finding| text(finding, "code")).collect::<Vec<_>>().join(" "))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

fn one_of(expected: &[String], actual: &str, what: &str, faults: &mut Vec<String>) {
    if !expected.is_empty() && !expected.iter().any(|expected| expected == actual) {
        faults.push(format!("{what} is {actual}"));
    }
}
