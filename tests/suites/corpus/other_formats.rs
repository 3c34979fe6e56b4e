//! Every file of the corpus that is no CAdES signature: refused with the right error, quickly, and without a panic.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use varco::verify::VerifyError;

use super::{corpus, files, judge, rows};

/// Of one file; the slowest takes a hundredth of this.
const TIME_ALLOWED: Duration = Duration::from_secs(2);

#[test]
fn other_formats_are_refused_with_the_right_error() {
    let Some(corpus) = corpus("corpus of DSS, other formats") else { return };
    let cades: Vec<_> = rows(&corpus).into_iter().filter(|row| row.format == "CAdES").collect();
    let mut refused = 0;
    let mut unsigned = Vec::new();
    for path in files(&corpus) {
        let name = path.strip_prefix(&corpus).unwrap().to_str().unwrap();
        let document = fs::read(&path).unwrap();
        // PDF is judged, in a test of its own.
        if cades.iter().any(|row| row.path == name) || document.starts_with(b"%PDF") {
            continue;
        }
        let begin = Instant::now();
        let result = judge(name, &document, None);
        assert!(begin.elapsed() < TIME_ALLOWED, "{name}: {:?}", begin.elapsed());
        match (expected(&path), result) {
            // Attached CMS whose signatures DSS's tests only pass through.
            (Expected::Report, Ok(report)) => assert!(!report.signatures.is_empty(), "{name}"),
            (Expected::NotSupported(kind), Err(VerifyError::NotSupported(found))) => assert_eq!(kind, found, "{name}"),
            (Expected::NoSignature, Err(VerifyError::NoSignature)) => {}
            // What DSS has to sign, or to compare with, and evidence records in XML.
            (Expected::NotSupported(_), Err(VerifyError::NoSignature)) => unsigned.push(name.to_owned()),
            (_, Ok(report)) => panic!("{name}: {:?}", report.verdict),
            (_, Err(error)) => panic!("{name}: {error}"),
        }
        refused += 1;
    }
    assert!(refused > 150, "only {refused} files");
    // Its rows on these are about evidence records, and about a file to be signed.
    unsigned.retain(|name| !name.contains("evidence-record-xml") && !name.contains("signable"));
    let rows = rows(&corpus);
    let listed: Vec<_> = rows.iter().map(|row| &row.path).filter(|path| unsigned.contains(path)).collect();
    assert!(listed.is_empty(), "DSS finds signatures in {listed:?}");
}

enum Expected {
    Report,
    NotSupported(&'static str),
    NoSignature,
    /// A file that this test does not know.
    Unknown,
}

/// What the file is by its name: here the names are right.
fn expected(path: &Path) -> Expected {
    match path.extension().and_then(OsStr::to_str).unwrap() {
        "p7m" => Expected::Report,
        "xml" => Expected::NotSupported("XML"),
        "asice" | "asics" | "sce" | "scs" | "zip" | "edoc" | "bdoc" => Expected::NotSupported("ZIP"),
        "json" if path.ends_with("dss-jades/sample.json") => Expected::NoSignature,
        "json" => Expected::NotSupported("JWS"),
        "tsr" => Expected::NotSupported("RFC 3161"),
        // Evidence records (RFC 4998) hold timestamps, which are CMS inside.
        "er" | "ers" => Expected::NotSupported("other"),
        "png" | "txt" | "bin" | "tsv" => Expected::NoSignature,
        _ => Expected::Unknown,
    }
}
