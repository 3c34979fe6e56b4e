//! OpenSSL as a second opinion on digests and signature values (`cms -verify -noverify`): the corpus and the
//! demonstration files. It says one thing of all signers and nothing of countersignatures, so only that is compared.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::cms::{CMSOptions, CmsContentInfo};
use varco::verify::Report;

use super::{Answer, assert_explained, cades_rows, corpus, judge};

#[test]
fn openssl_agrees_on_the_corpus() {
    let Some(corpus) = corpus("corpus of DSS, OpenSSL") else { return };
    let mut answers = Vec::new();
    for row in cades_rows(&corpus) {
        let document = fs::read(corpus.join(&row.path)).unwrap();
        let detached = row.detached().map(|path| fs::read(corpus.join(path)).unwrap());
        answers.extend(layers(&row.name(), &document, detached.as_deref()));
    }
    assert_explained(&["openssl"], &answers);
}

#[test]
fn openssl_agrees_on_the_demonstration_files() {
    let made = tempfile::tempdir().unwrap();
    let demo = demonstration(made.path());
    let index = fs::read_to_string(demo.join("index.tsv")).unwrap();
    let mut answers = Vec::new();
    for row in index.lines().skip(1) {
        let fields: Vec<_> = row.split('\t').collect();
        let document = fs::read(demo.join(fields[0])).unwrap();
        let detached = fields[2].strip_prefix("--detached ").map(|name| fs::read(demo.join(name)).unwrap());
        answers.extend(layers(fields[0], &document, detached.as_deref()));
    }
    assert!(answers.len() > 10, "only {} answers", answers.len());
    let disagreements: Vec<_> = answers.iter().filter(|answer| answer.expected != answer.actual).collect();
    assert!(disagreements.is_empty(), "{}", disagreements[0].path);
}

/// The demonstration files that `make pki` left, or new ones.
fn demonstration(folder: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let left = root.join("var/demo-of-tests");
    if left.join("index.tsv").is_file() {
        return left;
    }
    let made = folder.join("demo");
    let script = Command::new(root.join("certs/make-demo.sh")).arg(root.join("certs/pki")).arg(&made).status().unwrap();
    assert!(script.success());
    made
}

/// What OpenSSL says of each envelope of a document, and what we say.
fn layers(name: &str, document: &[u8], detached: Option<&[u8]>) -> Vec<Answer> {
    let report = judge(name, document, detached).unwrap();
    let mut answers = Vec::new();
    let mut next = Some(der(document));
    for layer in 0..=report.signatures.iter().map(|signature| signature.layer).max().unwrap() {
        let (holds, content) = match (next.take(), detached) {
            (Some(envelope), detached) => openssl_says(&envelope, detached),
            (None, _) => break,
        };
        let path = if layer == 0 { name.to_owned() } else { format!("{name} layer {layer}") };
        answers.push(Answer { path, field: "openssl", expected: holds, actual: we_say(&report, layer) });
        next = content;
    }
    answers
}

fn we_say(report: &Report, layer: usize) -> String {
    let mut signers =
        report.signatures.iter().filter(|signature| signature.layer == layer && signature.parent.is_none());
    if signers.all(|signature| signature.intact == Some(true)) { "holds" } else { "fails" }.to_owned()
}

/// Whether digests and signature values hold, and the content if they do.
fn openssl_says(envelope: &[u8], detached: Option<&[u8]>) -> (String, Option<Vec<u8>>) {
    let mut content = Vec::new();
    let flags = CMSOptions::NO_SIGNER_CERT_VERIFY | CMSOptions::BINARY;
    let verified = CmsContentInfo::from_der(envelope)
        .and_then(|mut cms| cms.verify(None, None, detached, Some(&mut content), flags));
    match verified {
        Ok(()) => ("holds".to_owned(), Some(content)),
        Err(_) => ("fails".to_owned(), None),
    }
}

/// The envelope without PEM or base64 around it.
fn der(document: &[u8]) -> Vec<u8> {
    if document.first() == Some(&0x30) {
        return document.to_vec();
    }
    let text = std::str::from_utf8(document).unwrap();
    let lines: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(lines.trim()).unwrap()
}
