//! Replays the stored corpora of `fuzz/` on the stable toolchain: no panic, an end in bounded time, one answer.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Far more than any input takes, to leave room for a machine under load.
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn the_corpus_of_envelope_ends_well() {
    replay("envelope", targets::envelope);
    replay_fixtures(targets::envelope);
}

#[test]
fn the_corpus_of_cms_ends_well() {
    replay("cms", targets::cms);
    replay_fixtures(targets::cms);
}

#[test]
fn the_corpus_of_pdf_ends_well() {
    replay("pdf", targets::pdf);
    replay_pdf_fixtures(targets::pdf);
}

#[test]
fn the_corpus_of_pdf_changes_ends_well() {
    replay("pdf_changes", targets::pdf_changes);
    replay_pdf_fixtures(targets::pdf_changes);
}

#[test]
fn the_corpus_of_certificate_ends_well() {
    replay("certificate", targets::certificate);
}

#[test]
fn the_corpus_of_crl_ends_well() {
    replay("crl", targets::crl);
}

#[test]
fn the_corpus_of_ocsp_ends_well() {
    replay("ocsp", targets::ocsp);
}

#[test]
fn the_corpus_of_fiscal_code_ends_well() {
    replay("fiscal_code", targets::fiscal_code);
}

#[test]
fn the_corpus_of_card_ends_well() {
    replay("card", targets::card);
}

fn replay(target: &str, run: fn(&[u8]) -> String) {
    let folder = targets::repository().join("fuzz/corpus").join(target);
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 5, "{target}: only {} inputs", files.len());
    for file in &files {
        once_and_again(file, run);
    }
}

fn replay_fixtures(run: fn(&[u8]) -> String) {
    replay_each("fixtures/cms", "input.p7m", run);
}

fn replay_pdf_fixtures(run: fn(&[u8]) -> String) {
    replay_each("fixtures/pdf", "input.pdf", run);
}

fn replay_each(fixtures: &str, name: &str, run: fn(&[u8]) -> String) {
    for folder in fs::read_dir(targets::repository().join(fixtures)).unwrap() {
        let file = folder.unwrap().path().join(name);
        if file.exists() {
            once_and_again(&file, run);
        }
    }
}

fn once_and_again(file: &Path, run: fn(&[u8]) -> String) {
    let data = fs::read(file).unwrap();
    let started = Instant::now();
    let first = run(&data);
    assert!(started.elapsed() < PATIENCE, "{}: {:?}", file.display(), started.elapsed());
    assert_eq!(first, run(&data), "{}: two answers", file.display());
}
