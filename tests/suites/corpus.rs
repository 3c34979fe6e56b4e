//! The signature files of EU DSS's own tests (LGPL-2.1, read where they stand, never copied): what DSS asserts of
//! them against what we report. `fixtures/vectors/dss/exceptions.toml` lists every disagreement with its reason.

mod certificates;
mod ocsp;
mod openssl;
mod other_formats;
mod pades;
mod robustness;
mod timestamps;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use time::macros::utc_datetime;
use varco::asn1::Source;
use varco::trust::revocation::RevocationStore;
use varco::trust::{SignatureCache, Times, TrustStore};
use varco::verify::{Context, Limits, MemorySpool, NoDeadline, Policy, Report, Request, VerifyError, verify};

const EXCEPTIONS: &str = include_str!("../../fixtures/vectors/dss/exceptions.toml");

/// Where the files stand; without them a test says so and ends, unless `VARCO_REQUIRE_SHARED` is set.
fn corpus(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let corpus = setting("VARCO_SHARED").map_or_else(beside, PathBuf::from).join("corpus");
    if corpus.join("expected.tsv").is_file() {
        return Some(corpus);
    }
    let message = format!("{test}: skipped, {} is not there", corpus.display());
    assert!(setting("VARCO_REQUIRE_SHARED").is_none(), "{message}");
    say(&message);
    None
}

#[expect(clippy::explicit_write, reason = "the test runner keeps what `eprintln!` prints to itself")]
fn say(message: &str) {
    writeln!(std::io::stderr(), "{message}").unwrap();
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
fn setting(name: &str) -> Option<std::ffi::OsString> {
    env::var_os(name)
}

/// A row of `expected.tsv`.
struct Row {
    /// Below the corpus.
    path: String,
    format: String,
    signatures: Option<usize>,
    expected: BTreeMap<String, String>,
    notes: String,
}

impl Row {
    /// The detached content that DSS's test gives, where it is a file.
    fn detached(&self) -> Option<&str> {
        self.notes.split(';').find_map(|note| note.trim().strip_prefix("detached="))
    }

    /// Whether the content is written in DSS's test, and so not in the corpus.
    fn is_inline(&self) -> bool {
        self.notes.contains("inline in the test")
    }

    /// The row's name in the list of exceptions: its path, and its content where it has one.
    fn name(&self) -> String {
        self.detached().map_or_else(|| self.path.clone(), |_| format!("{} + content", self.path))
    }
}

fn rows(corpus: &Path) -> Vec<Row> {
    let table = fs::read_to_string(corpus.join("expected.tsv")).unwrap();
    table
        .lines()
        .skip(1)
        .map(|line| {
            let [path, format, signatures, expected, _confidence, notes] =
                line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            Row {
                path: path.to_owned(),
                format: format.to_owned(),
                signatures: signatures.parse().ok(),
                expected: expected
                    .split(';')
                    .filter_map(|pair| pair.split_once('='))
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect(),
                notes: notes.to_owned(),
            }
        })
        .collect()
}

/// The rows of CAdES files whose content is at hand.
fn cades_rows(corpus: &Path) -> Vec<Row> {
    rows(corpus).into_iter().filter(|row| row.format == "CAdES" && !row.is_inline()).collect()
}

/// Verifies without anchors: what is compared here does not depend on trust.
fn judge(name: &str, document: &[u8], detached: Option<&[u8]>) -> Result<Report, VerifyError> {
    let at = utc_datetime!(2026-01-01 0:00);
    let request = Request {
        name,
        document: &document,
        detached: detached.as_ref().map(|content| -> &dyn Source { content }),
        fiscal_code: None,
        expected: None,
        times: Times::at(at),
        existence_source: None,
        password: None,
    };
    let context = Context {
        trust: &TrustStore::new(SignatureCache::new(0)),
        revocation: &RevocationStore::new(at),
        policy: &Policy::italian(),
        limits: &Limits::STANDARD,
        deadline: &NoDeadline,
        spool: &MemorySpool,
        chains: None,
    };
    verify(&request, &context)
}

/// Every file of the corpus, in a fixed order.
fn files(corpus: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![corpus.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

fn judge_row(corpus: &Path, row: &Row) -> Result<Report, VerifyError> {
    let document = fs::read(corpus.join(&row.path)).unwrap();
    let detached = row.detached().map(|path| fs::read(corpus.join(path)).unwrap());
    judge(&row.path, &document, detached.as_deref())
}

/// A disagreement that is understood.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    path: String,
    field: String,
    expected: String,
    actual: String,
    /// `dss`, `varco` or `both`.
    right: String,
    why: String,
}

fn exceptions() -> Vec<Exception> {
    #[derive(Deserialize)]
    struct File {
        exception: Vec<Exception>,
    }
    toml::from_str::<File>(EXCEPTIONS).unwrap().exception
}

/// What somebody else says of a file and what we say, in the same words.
struct Answer {
    path: String,
    field: &'static str,
    expected: String,
    actual: String,
}

/// Compares every answer with the exceptions on these fields: each disagreement is listed, each row needed.
fn assert_explained(fields: &[&str], answers: &[Answer]) {
    let of_these = |known: &Exception| fields.contains(&known.field.as_str());
    let mut exceptions: Vec<_> = exceptions().into_iter().filter(of_these).map(|known| (known, false)).collect();
    let mut wrong = Vec::new();
    for Answer { path, field, expected, actual } in answers {
        // One file may have several rows, and one exception serves them all.
        let known = exceptions
            .iter_mut()
            .find(|(known, _)| known.path == *path && known.field == *field && known.expected == *expected);
        let explained = known.is_some_and(|(known, needed)| {
            *needed = true;
            known.expected == *expected && known.actual == *actual
        });
        if (expected != actual) != explained {
            wrong.push(format!("{path} {field}: expected {expected}, is {actual}, explained: {explained}"));
        }
    }
    let unneeded = exceptions.iter().filter(|(_, needed)| !needed);
    wrong.extend(unneeded.map(|(known, _)| format!("{} {}: nothing needs this", known.path, known.field)));
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), answers.len(), wrong.join("\n"));
}

/// What DSS asserts of a row, with our answers. Level, indication and certificate are those of the first signature.
fn compare(row: &Row, result: &Result<Report, VerifyError>) -> Vec<Answer> {
    let answer =
        |field, expected: &str, actual| Answer { path: row.name(), field, expected: expected.to_owned(), actual };
    let report = match result {
        Ok(report) => report,
        Err(error) => return vec![answer("intact", "a report", error.to_string())],
    };
    let mut answers = Vec::new();
    let first = report.signatures.first().unwrap();
    if let Some(expected) = row.expected.get("intact") {
        answers.push(answer("intact", expected, intact(report)));
    }
    if let Some(expected) = row.signatures {
        // DSS counts countersignatures among the signatures, as we do.
        answers.push(answer("n_signatures", &expected.to_string(), report.signatures.len().to_string()));
    }
    if let Some(expected) = row.expected.get("level") {
        let level = first.level.map_or("none".to_owned(), |level| word(&level));
        answers.push(answer("level", contract_level(expected), level));
    }
    if let Some(expected) = row.expected.get("n_timestamps") {
        let count: usize = report.signatures.iter().map(|signature| signature.timestamps.len()).sum();
        answers.push(answer("n_timestamps", expected, count.to_string()));
    }
    if let Some(expected) = row.expected.get("indication") {
        answers.push(answer("indication", expected, word(&first.indication)));
    }
    if let Some(expected) = row.expected.get("sub_indication") {
        // A second word is about an evidence record.
        let of_signature = expected.split(',').next().unwrap();
        answers.push(answer("sub_indication", of_signature, word(&first.sub_indication)));
    }
    if let Some(expected) = row.expected.get("signer_cert_sha256") {
        let actual =
            first.signer.certificate.as_ref().map_or("none".to_owned(), |certificate| certificate.sha256.clone());
        answers.push(answer("signer_cert_sha256", expected, actual));
    }
    answers
}

/// Whether all signatures are intact, in the word of `expected.tsv`.
fn intact(report: &Report) -> String {
    let all: Vec<_> = report.signatures.iter().map(|signature| signature.intact).collect();
    if all.iter().all(|intact| *intact == Some(true)) {
        "yes"
    } else if all.contains(&Some(true)) {
        "partial"
    } else {
        "no"
    }
    .to_owned()
}

/// The word that the report writes.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap_or("none").to_owned()
}

/// The contract's word for a level of DSS. The contract has one `T` for CAdES-T and CAdES-B-T, and no word for
/// CAdES-LT nor for evidence records (CAdES-E-ERS).
fn contract_level(dss: &str) -> &str {
    match dss {
        "CMS_NOT_ETSI" => "none",
        // Long-term data and timestamps on them, of a signature that is no baseline signature (EN 319 142-2 §5.5).
        "PAdES_LTV" => "A",
        other => ["CAdES_BASELINE_", "CAdES_", "PAdES_BASELINE_", "PAdES_", "PKCS7_"]
            .iter()
            .find_map(|prefix| other.strip_prefix(prefix))
            .unwrap_or(other),
    }
}

#[test]
fn cades_files_are_judged_as_dss_judges_them() {
    let Some(corpus) = corpus("corpus of DSS, CAdES") else { return };
    let answers: Vec<_> = cades_rows(&corpus).iter().flat_map(|row| compare(row, &judge_row(&corpus, row))).collect();
    assert!(answers.len() > 90, "only {} answers", answers.len());
    let fields =
        ["intact", "n_signatures", "level", "n_timestamps", "indication", "sub_indication", "signer_cert_sha256"];
    assert_explained(&fields, &answers);
}

#[test]
fn every_exception_says_who_is_right_and_why() {
    for exception in exceptions() {
        assert!(matches!(exception.right.as_str(), "dss" | "varco" | "both"), "{}", exception.path);
        assert!(exception.why.len() > 40, "{}: {}", exception.path, exception.why);
    }
}
