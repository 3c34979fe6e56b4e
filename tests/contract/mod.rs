//! The rules of the contract, on signatures made here with the leaves of `certs/pki`.

mod anchors;
mod embedded_crls;
mod leaves;
mod times;
mod verdicts;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openssl::x509::X509;
use time::UtcDateTime;
use time::macros::utc_datetime;
use varco::asn1::Source;
use varco::trust::revocation::{Crl, RevocationStore};
use varco::trust::{Certificate, SignatureCache, Times, TrustStore};
use varco::verify::{Context, Limits, MemorySpool, NoDeadline, Policy, Report, Request, VerifyError, verify};

use crate::support::forge::cms::{Message, Signer};
use crate::support::forge::identity::Identity;

/// The base date of `certs/pki` is 2026-01-15; its CRLs are current.
const AT: UtcDateTime = utc_datetime!(2026-02-01 0:00);
const CONTENT: &[u8] = b"Accordo di Servizio di prova\n";
const CARDA: &str = "PRVCRD90A41H501L";

/// Anchors and CRLs, as `--trust` and `--crl` would give them.
struct Desk {
    trust: TrustStore,
    revocation: RevocationStore,
    limits: Limits,
}

/// What is asked about a document.
struct Ask<'a> {
    document: &'a [u8],
    detached: Option<&'a [u8]>,
    fiscal_code: Option<&'a str>,
    expected: Option<&'a [u8]>,
    times: Times,
    existence_source: Option<&'a str>,
}

impl<'a> Ask<'a> {
    fn about(document: &'a [u8]) -> Self {
        Self {
            document,
            detached: None,
            fiscal_code: None,
            expected: None,
            times: Times::at(AT),
            existence_source: None,
        }
    }
}

impl Desk {
    /// With the anchors and CRLs of `certs/pki`.
    fn complete() -> Self {
        let mut desk = Self::empty();
        for file in files("trust") {
            for certificate in X509::stack_from_pem(&fs::read(file).unwrap()).unwrap() {
                desk.trust.add_anchor(Arc::new(Certificate::from_der(&certificate.to_der().unwrap()).unwrap()));
            }
        }
        for file in files("crl") {
            desk.add_crl(&file);
        }
        desk
    }

    fn empty() -> Self {
        Self {
            trust: TrustStore::new(SignatureCache::new(100)),
            revocation: RevocationStore::new(utc_datetime!(2026-11-01 0:00)),
            limits: Limits::STANDARD,
        }
    }

    fn add_crl(&mut self, file: &Path) {
        self.revocation.add(Arc::new(Crl::from_der(&fs::read(file).unwrap()).unwrap())).unwrap();
    }

    fn verify(&self, ask: &Ask<'_>) -> Result<Report, VerifyError> {
        let fiscal_code = ask.fiscal_code.map(|code| code.parse().unwrap());
        let policy = Policy::italian();
        let request = Request {
            name: "prova.p7m",
            document: &ask.document,
            detached: ask.detached.as_ref().map(lend),
            fiscal_code: fiscal_code.as_ref(),
            expected: ask.expected.as_ref().map(lend),
            times: ask.times,
            existence_source: ask.existence_source,
            password: None,
        };
        let context = Context {
            trust: &self.trust,
            revocation: &self.revocation,
            policy: &policy,
            limits: &self.limits,
            deadline: &NoDeadline,
            spool: &MemorySpool,
            chains: None,
        };
        verify(&request, &context)
    }
}

fn lend<'a>(bytes: &'a &'a [u8]) -> &'a dyn Source {
    bytes
}

/// A leaf of `certs/pki`.
fn leaf(name: &str) -> Identity {
    Identity::leaf_in(&pki(), name)
}

/// A signature on `content`, the whole chain sent along.
fn signed(content: &[u8], leaves: &[&str]) -> Vec<u8> {
    let signers: Vec<_> = leaves.iter().map(|name| Signer::new(&leaf(name), content)).collect();
    message(content, &signers).encode()
}

fn message(content: &[u8], signers: &[Signer]) -> Message {
    let mut message = Message::attached(content, &signers.iter().collect::<Vec<_>>());
    for file in files("intermediates") {
        let certificate = X509::from_pem(&fs::read(file).unwrap()).unwrap();
        message.certificates.push(certificate.to_der().unwrap());
    }
    message
}

fn pki() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/pki")
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(pki().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
