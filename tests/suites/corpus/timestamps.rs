//! The timestamps of the corpus: their times, authorities and whether they are about what they stand on, as pyHanko has them
//! (`fixtures/vectors/dss/timestamps.tsv`), and how many there are as DSS has them (`pdf-peers.tsv`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use varco::verify::{Indication, Report, SubIndication, TimestampReport};

use super::{Answer, assert_explained, corpus, judge};

const PYHANKO: &str = include_str!("../../../fixtures/vectors/dss/timestamps.tsv");
const DSS: &str = include_str!("../../../fixtures/vectors/dss/pdf-peers.tsv");

/// The rows of a table, without its comments and the names of its columns.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let rows = table.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| row.split('\t').collect())
}

#[test]
fn timestamps_say_what_pyhanko_reads_in_them() {
    let Some(corpus) = corpus("corpus of DSS, timestamps") else { return };
    let mut expected: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in rows(PYHANKO) {
        let [path, kind, time, imprint, value, certificate] = row.try_into().unwrap();
        let holds = if imprint == "yes" && value == "yes" { "holds" } else { "broken" };
        expected.entry(path).or_default().insert(format!("{kind} {time} {holds} {certificate}"));
    }
    assert!(expected.len() > 50, "only {} files", expected.len());
    let mut answers = Vec::new();
    for (path, expected) in expected {
        let report = judge(path, &fs::read(corpus.join(path)).unwrap(), None);
        let found: BTreeSet<String> = report.iter().flat_map(timestamps).filter_map(described).collect();
        let join = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(", ");
        let (expected, actual) = (join(expected), join(found));
        answers.push(Answer { path: path.to_owned(), field: "timestamps", expected, actual });
    }
    assert_explained(&["timestamps"], &answers);
}

fn timestamps(report: &Report) -> impl Iterator<Item = &TimestampReport> {
    report.signatures.iter().flat_map(|signature| &signature.timestamps)
}

/// The words of the table. Nobody is trusted here: one that holds is at best of an unknown authority.
fn described(timestamp: &TimestampReport) -> Option<String> {
    assert_ne!(timestamp.indication, Some(Indication::TotalPassed));
    if !timestamp.judged || timestamp.kind == "content" {
        return None;
    }
    let broken = matches!(
        timestamp.sub_indication,
        Some(SubIndication::FormatFailure | SubIndication::HashFailure | SubIndication::SigCryptoFailure)
    );
    let time = timestamp.time.map(|time| serde_json::to_value(varco::domain::instant::Instant(time)).unwrap());
    let time = time.as_ref().and_then(|time| time.as_str()).unwrap_or("-");
    let certificate = timestamp.certificate.as_ref().map_or("-", |certificate| certificate.sha256.as_str());
    Some(format!("{} {time} {} {certificate}", timestamp.kind, if broken { "broken" } else { "holds" }))
}

#[test]
fn timestamps_on_signatures_in_pdf_are_as_many_as_dss_has() {
    let Some(corpus) = corpus("corpus of DSS, timestamps on signatures in PDF") else { return };
    let mut answers = Vec::new();
    for row in rows(DSS).filter(|row| row[1] == "file") {
        let path = row[0];
        let expected = row[5].split(',').filter(|part| part.trim() == "SIGNATURE_TIMESTAMP yes/yes").count();
        if expected == 0 {
            continue;
        }
        // Which files cannot be read is said elsewhere.
        let Ok(report) = judge(path, &fs::read(corpus.join(path)).unwrap(), None) else { continue };
        let found = timestamps(&report).filter(|timestamp| timestamp.kind == "signature");
        let held = found.filter_map(described).filter(|described| described.contains(" holds ")).count();
        answers.push(Answer {
            path: path.to_owned(),
            field: "signature_timestamps",
            expected: expected.to_string(),
            actual: held.to_string(),
        });
    }
    assert!(answers.len() > 20, "only {} files", answers.len());
    assert_explained(&["signature_timestamps"], &answers);
}
