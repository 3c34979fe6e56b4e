//! Every OCSP response in the corpus: that it is read, and that it says what `openssl ocsp` says.

#![expect(clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use ::openssl::x509::X509;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use tempfile::TempDir;
use varco::crypto::{PublicKey, SignatureScheme};
use varco::trust::revocation::{
    IssuerKey, OcspResponse, RevocationSigners, RevocationStatus, RevocationStore, WhyUnknown,
};
use varco::trust::{Certificate, Name, Times};

use super::certificates::{base64_runs, candidates, hexadecimal_runs};
use super::{corpus, files, judge};

#[test]
fn every_response_is_read_and_says_what_openssl_says() {
    let Some(corpus) = corpus("corpus of DSS, OCSP") else { return };
    let folder = TempDir::new().unwrap();
    let (mut compared, mut stricter, mut wrong) = (0, 0, Vec::new());
    let mut seen = BTreeSet::new();
    for path in files(&corpus) {
        let pieces = pieces(&fs::read(&path).unwrap());
        let name = path.strip_prefix(&corpus).unwrap().display().to_string();
        let certificates: Vec<Arc<Certificate>> = pieces
            .iter()
            .flat_map(|piece| candidates(piece))
            .filter_map(|der| Certificate::from_der(der).ok().map(Arc::new))
            .collect();
        for der in pieces.iter().flat_map(|piece| responses(piece)) {
            if !seen.insert(der.to_vec()) {
                continue;
            }
            let response = match OcspResponse::from_der(der) {
                Ok(response) => Arc::new(response),
                Err(error) => {
                    wrong.push(format!("{name}: {error}"));
                    continue;
                }
            };
            for (certificate, issuer) in asked_about(&response, &certificates) {
                let ours = ask(&response, &certificate, &issuer, &certificates);
                let theirs =
                    openssl(folder.path(), der, &certificate, &issuer, response.produced_at().unix_timestamp());
                compared += 1;
                match (ours, theirs.as_deref()) {
                    (RevocationStatus::Good, Some("good"))
                    | (RevocationStatus::Revoked(_) | RevocationStatus::Suspended(_), Some("revoked"))
                    | (RevocationStatus::Unknown(WhyUnknown::OcspCertificateUnknown), Some("unknown"))
                    | (RevocationStatus::Unknown(_), None) => {}
                    // OpenSSL does not ask whether the responder was revoked.
                    (RevocationStatus::Unknown(WhyUnknown::OcspResponderStatusUnknown), Some(_)) => stricter += 1,
                    _ => wrong.push(format!("{name}: {}: {ours:?}, {theirs:?}", certificate.subject())),
                }
            }
        }
    }
    assert!(compared > 30, "only {compared} answers of {}", seen.len());
    assert!(wrong.is_empty(), "{} of {compared} ({stricter} stricter):\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_comes_along_is_read() {
    let Some(corpus) = corpus("corpus of DSS, validation data") else { return };
    let mut unread = Vec::new();
    let mut with_ocsp = 0;
    for path in files(&corpus) {
        let document = fs::read(&path).unwrap();
        let name = path.strip_prefix(&corpus).unwrap().display().to_string();
        let Ok(report) = judge(&name, &document, None) else { continue };
        let of_signatures = report.signatures.iter().flat_map(|signature| &signature.findings);
        let findings: Vec<_> = report.findings.iter().chain(of_signatures).collect();
        with_ocsp += usize::from(pieces(&document).iter().any(|piece| responses(piece).next().is_some()));
        let about = findings.iter().find(|finding| finding.code.starts_with("validation_data."));
        unread.extend(about.map(|finding| format!("{name}: {}", finding.message)));
    }
    assert!(with_ocsp > 20, "only {with_ocsp} files");
    assert!(unread.is_empty(), "{}", unread.join("\n"));
}

/// The octets of a file, and those of what it holds as base64, as hexadecimal digits or deflated.
fn pieces(document: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = [base64_runs(document), hexadecimal_runs(document)].concat();
    let streams = document.windows(6).enumerate().filter(|(_, word)| *word == b"stream");
    for (at, _) in streams {
        let rest = document[at + 6..].trim_ascii_start();
        pieces.extend(decompress_to_vec_zlib_with_limit(rest, MAX_INFLATED).ok());
    }
    pieces.push(document.to_vec());
    pieces
}

const MAX_INFLATED: usize = 4 * 1024 * 1024;

/// What begins like an `OCSPResponse` that answers.
fn responses(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    octets.windows(8).enumerate().filter_map(|(at, head)| {
        let [0x30, 0x82, high, low, 0x0a, 0x01, 0x00, 0xa0] = *head else { return None };
        octets.get(at..at + 4 + usize::from(u16::from_be_bytes([high, low])))
    })
}

/// The certificates that a response may be about, each with an issuer.
fn asked_about(
    response: &OcspResponse,
    certificates: &[Arc<Certificate>],
) -> Vec<(Arc<Certificate>, Arc<Certificate>)> {
    let mut pairs: Vec<(Arc<Certificate>, Arc<Certificate>)> = Vec::new();
    for certificate in certificates {
        let is_asked = response.responses().iter().any(|single| single.has_serial(certificate.serial()));
        let issuers = certificates.iter().filter(|issuer| issuer.subject() == certificate.issuer());
        for issuer in issuers.filter(|_| is_asked) {
            let known = pairs.iter().any(|(other, of)| other == certificate && of.spki() == issuer.spki());
            if !known && issuer.public_key().is_ok_and(|key| certificate.verify_signature(key).is_ok()) {
                pairs.push((Arc::clone(certificate), Arc::clone(issuer)));
            }
        }
    }
    pairs
}

/// A verifier that has these certificates and minds no algorithm.
struct Along<'a>(&'a [Arc<Certificate>]);

impl RevocationSigners for Along<'_> {
    fn candidates(&mut self, _: &Name) -> Vec<Arc<Certificate>> {
        Vec::new()
    }

    fn at_hand(&self) -> &[Arc<Certificate>] {
        self.0
    }

    fn validate(&mut self, _: &Arc<Certificate>) -> Result<(), WhyUnknown> {
        Err(WhyUnknown::SignerNotTrusted)
    }

    fn accepts(&self, _: SignatureScheme, _: &PublicKey) -> bool {
        true
    }
}

fn ask(
    response: &Arc<OcspResponse>,
    certificate: &Certificate,
    issuer: &Arc<Certificate>,
    along: &[Arc<Certificate>],
) -> RevocationStatus {
    let at = response.responses().iter().map(|single| single.this_update).min().unwrap();
    let mut store = RevocationStore::new(response.produced_at());
    store.add_ocsp(response).unwrap();
    let key = IssuerKey { key: issuer.public_key().unwrap(), certificate: Some(issuer) };
    store.check(certificate, key, &Times::at(at), &mut Along(along)).status
}

/// The status that OpenSSL reads, if the response verifies under the issuer and is about the certificate.
fn openssl(folder: &Path, der: &[u8], certificate: &Certificate, issuer: &Certificate, at: i64) -> Option<String> {
    let pem = |certificate: &Certificate| X509::from_der(certificate.der()).unwrap().to_pem().unwrap();
    fs::write(folder.join("response.der"), der).unwrap();
    fs::write(folder.join("certificate.pem"), pem(certificate)).unwrap();
    fs::write(folder.join("issuer.pem"), pem(issuer)).unwrap();
    // It looks for the digest of the CertID that it is told.
    ["-sha1", "-sha256", "-sha384", "-sha512"].into_iter().find_map(|digest| {
        let output = Command::new("openssl")
            .args(["ocsp", "-respin", "response.der", "-issuer", "issuer.pem", digest, "-cert", "certificate.pem"])
            .args(["-CAfile", "issuer.pem", "-partial_chain", "-no_nonce", "-attime", &at.to_string()])
            .current_dir(folder)
            .output()
            .unwrap();
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // Where it minds the dates, the status stands on a line of its own.
        let mut words = out.lines().map(|line| line.strip_prefix("certificate.pem: ").unwrap_or(line));
        let said = words.find(|word| ["good", "revoked", "unknown"].contains(word));
        said.filter(|_| error.contains("Response verify OK")).map(str::to_owned)
    })
}
