//! Every certificate in the corpus, as our reader and x509-parser see it.

use std::collections::BTreeSet;
use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use varco::trust::Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;

use super::{corpus, files};

#[test]
fn both_readers_agree_on_every_certificate() {
    let Some(corpus) = corpus("corpus of DSS, certificates") else { return };
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for path in files(&corpus) {
        let document = fs::read(&path).unwrap();
        let texts = [base64_runs(&document), hexadecimal_runs(&document)].concat();
        for octets in texts.iter().chain([&document]) {
            for candidate in candidates(octets) {
                if seen.insert(candidate.to_vec()) {
                    let name = path.strip_prefix(&corpus).unwrap().display();
                    wrong.extend(compare(candidate).map(|difference| format!("{name}: {difference}")));
                }
            }
        }
    }
    let certificates = seen.iter().filter(|der| Certificate::from_der(der).is_ok()).count();
    assert!(certificates > 200, "only {certificates} certificates");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), certificates, wrong.join("\n"));
}

/// Says where the readers differ; `None` if they agree, or if neither takes it for a certificate.
fn compare(der: &[u8]) -> Option<String> {
    let ours = Certificate::from_der(der);
    let theirs = X509Certificate::from_der(der).ok().filter(|(rest, _)| rest.is_empty());
    let (ours, (_, theirs)) = match (ours, theirs) {
        (Ok(ours), Some(theirs)) => (ours, theirs),
        (Err(_), None) => return None,
        (Ok(ours), None) => return Some(format!("only we read {}", ours.subject())),
        (Err(error), Some((_, theirs))) => return Some(format!("we refuse {}: {error}", theirs.subject())),
    };
    let fields = [
        ("issuer", ours.issuer().der() == theirs.issuer().as_raw()),
        ("subject", ours.subject().der() == theirs.subject().as_raw()),
        ("serial", ours.serial() == theirs.raw_serial()),
        ("notBefore", ours.not_before().unix_timestamp() == theirs.validity().not_before.timestamp()),
        ("notAfter", ours.not_after().unix_timestamp() == theirs.validity().not_after.timestamp()),
        ("subjectPublicKeyInfo", ours.spki() == theirs.public_key().raw),
        ("tbsCertificate", ours.tbs() == theirs.tbs_certificate.as_ref()),
    ];
    let differing: Vec<_> = fields.iter().filter(|(_, same)| !same).map(|(field, _)| *field).collect();
    (!differing.is_empty()).then(|| format!("{}: {}", ours.subject(), differing.join(", ")))
}

/// What has the length of a certificate and begins like one: two SEQUENCEs with lengths of two octets.
pub(super) fn candidates(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    octets.windows(8).enumerate().filter_map(|(at, head)| {
        let [0x30, 0x82, high, low, 0x30, 0x82, _, _] = *head else { return None };
        let len = 4 + usize::from(u16::from_be_bytes([high, low]));
        octets.get(at..at + len)
    })
}

/// Decodes what could be base64 of a certificate or of something that holds one: XML, JSON.
pub(super) fn base64_runs(document: &[u8]) -> Vec<Vec<u8>> {
    let is_text = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=' | b'\r' | b'\n');
    runs(document, is_text)
        .filter_map(|run| {
            let start = run.windows(2).position(|head| head == b"MI")?;
            let text: Vec<u8> =
                run.get(start..)?.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
            let end = text.iter().position(|octet| *octet == b'=').unwrap_or(text.len());
            STANDARD.decode(text.get(..end.next_multiple_of(4).min(text.len()))?).ok()
        })
        .collect()
}

/// Decodes what could be the signature of a PDF.
pub(super) fn hexadecimal_runs(document: &[u8]) -> Vec<Vec<u8>> {
    runs(document, u8::is_ascii_hexdigit)
        .map(|run| {
            let digits = run.chunks_exact(2).map(|pair| std::str::from_utf8(pair).unwrap());
            digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
        })
        .collect()
}

fn runs(document: &[u8], belongs: impl Fn(&u8) -> bool) -> impl Iterator<Item = &[u8]> {
    document.split(move |octet| !belongs(octet)).filter(|run| run.len() > 400)
}
