//! Making signatures: what is written is judged by `verify` and by OpenSSL, which share no code with the writer.

#![expect(clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod cades;
mod pades;
mod timestamp;

use std::fs;
use std::path::PathBuf;

use openssl::x509::X509;
use tempfile::TempDir;
use time::UtcDateTime;
use time::macros::utc_datetime;
use varco::crypto::{DigestAlgorithm, SignatureScheme};
use varco::sign::signer::{Algorithms, RsaPadding, Signer};

use crate::support::forge::identity::{Identity, Md, Scheme, pki};

/// While all certificates are valid, before the verification.
const AT: UtcDateTime = utc_datetime!(2026-01-31 9:00);

/// Who signs in these tests, and how: the key is in this process, where the code under test never sees it.
pub(crate) struct Hand {
    pub(crate) identity: Identity,
    pub(crate) signer: Signer,
}

impl Hand {
    pub(crate) fn new(leaf: &str, padding: RsaPadding) -> Self {
        let identity = Identity::leaf(leaf);
        let algorithms = Algorithms { padding, ..Algorithms::USUAL };
        let signer = Signer::new(&identity.certificate, &[], algorithms, AT).unwrap();
        Self { identity, signer }
    }

    pub(crate) fn usual(leaf: &str) -> Self {
        Self::new(leaf, RsaPadding::Pkcs1)
    }

    /// What a token would answer.
    pub(crate) fn sign(&self, attributes: &[u8]) -> Vec<u8> {
        let scheme = self.signer.scheme();
        let md = match scheme.digest().unwrap() {
            DigestAlgorithm::Sha256 => Md::Sha256,
            DigestAlgorithm::Sha384 => Md::Sha384,
            DigestAlgorithm::Sha512 => Md::Sha512,
            other => unreachable!("{other:?}"),
        };
        let scheme = match scheme {
            SignatureScheme::RsaPkcs1(_) => Scheme::Pkcs1,
            SignatureScheme::RsaPss { salt_len, .. } => Scheme::Pss { mgf: md, salt: u8::try_from(salt_len).unwrap() },
            _ => Scheme::Ecdsa,
        };
        self.identity.sign(scheme, md, attributes)
    }
}

/// Every way of signing that a card or a token in use has.
fn hands() -> Vec<(&'static str, Hand)> {
    vec![
        ("RSA, PKCS#1", Hand::usual("cns-good")),
        ("RSA, PSS", Hand::new("qualified-good", RsaPadding::Pss)),
        ("P-256", Hand::usual("qualified-p256")),
        ("P-384", Hand::usual("cns-p384")),
        ("P-521", Hand::usual("cns-p521")),
        ("brainpool", Hand::usual("cns-brainpool")),
    ]
}

/// Files for OpenSSL, and the anchors in one of them.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        let mut anchors = Vec::new();
        for entry in fs::read_dir(pki().join("trust")).unwrap() {
            let octets = fs::read(entry.unwrap().path()).unwrap();
            let certificate = X509::from_pem(&octets).or_else(|_| X509::from_der(&octets)).unwrap();
            anchors.extend(certificate.to_pem().unwrap());
        }
        folder.write("anchors.pem", &anchors);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, octets: &[u8]) -> PathBuf {
        fs::write(self.path(name), octets).unwrap();
        self.path(name)
    }
}
