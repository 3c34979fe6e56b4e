//! The signed PDF files of the corpus: what DSS asserts of them, and what was found out about their later revisions by
//! reading them (`fixtures/vectors/dss/pdf-notes.toml`).

use std::fs;

use serde::Deserialize;
use varco::verify::{Indication, VerifyError};

use super::{Answer, assert_explained, compare, corpus, files, judge, judge_row, rows, word};

const NOTES: &str = include_str!("../../../fixtures/vectors/dss/pdf-notes.toml");

#[test]
fn pdf_files_are_judged_as_dss_judges_them() {
    let Some(corpus) = corpus("corpus of DSS, PAdES") else { return };
    let mut answers = Vec::new();
    for row in rows(&corpus).iter().filter(|row| row.format == "PAdES") {
        let result = judge_row(&corpus, row);
        if row.signatures == Some(0) && matches!(result, Err(VerifyError::NoSignature)) {
            continue;
        }
        answers.extend(compare(row, &result).into_iter().filter_map(|answer| {
            let field = match answer.field {
                "intact" => "pdf.intact",
                "n_signatures" => "pdf.n_signatures",
                "level" => "pdf.level",
                "signer_cert_sha256" => "pdf.signer_cert_sha256",
                // What is said of trust and of timestamps is for other tests.
                _ => return None,
            };
            Some(Answer { field, ..answer })
        }));
    }
    assert!(answers.len() > 60, "only {} answers", answers.len());
    assert_explained(&["pdf.intact", "pdf.n_signatures", "pdf.level", "pdf.signer_cert_sha256"], &answers);
}

#[derive(Deserialize)]
struct Notes {
    note: Vec<Note>,
}

#[derive(Deserialize)]
struct Note {
    path: String,
    /// Of each signature dictionary, timestamps on the document among them, in the order of what they cover.
    modifications: Option<Vec<String>>,
}

#[test]
fn what_later_revisions_did_is_what_their_octets_show() {
    let Some(corpus) = corpus("corpus of DSS, revisions of PDF") else { return };
    let notes = toml::from_str::<Notes>(NOTES).unwrap().note;
    let mut compared = 0;
    for note in notes {
        let Some(expected) = note.modifications else { continue };
        let document = fs::read(corpus.join(&note.path)).unwrap();
        let report = match judge(&note.path, &document, None) {
            Err(VerifyError::NoSignature) => continue,
            result => result.unwrap(),
        };
        let mut expected = expected.iter();
        for signature in &*report.signatures {
            // Of one that covers no revision nobody can say what came later.
            let Some(found) = signature.modifications.map(|found| word(&found)) else {
                assert_eq!(signature.indication, Indication::TotalFailed, "{}", note.path);
                continue;
            };
            assert!(expected.any(|expected| *expected == found), "{}: {} is {found}", note.path, signature.id);
        }
        compared += 1;
    }
    assert!(compared > 20, "only {compared} files");
}

#[test]
fn every_pdf_is_read() {
    let Some(corpus) = corpus("corpus of DSS, all PDF") else { return };
    let mut unreadable = Vec::new();
    for path in files(&corpus).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "pdf")) {
        let name = path.strip_prefix(&corpus).unwrap().to_str().unwrap().to_owned();
        match judge(&name, &fs::read(&path).unwrap(), None) {
            Ok(_) | Err(VerifyError::NoSignature) => {}
            Err(_) => unreadable.push(name),
        }
    }
    assert_eq!(unreadable, [""; 0]);
}
