//! Who signs: a certificate that is fit for it, those above it, and how the key makes values.

use std::fmt;

use time::UtcDateTime;

use crate::asn1::{encode, tag};
use crate::crypto::{Curve, DigestAlgorithm, KeyError, KeyKind, PublicKey, SignatureInvalid, SignatureScheme};
use crate::trust::{AlgorithmPolicy, AlgorithmWeakness, Certificate, CertificateError, CertificateFault};
use crate::verify::may_sign;

/// Somebody who may sign at a time. Whether the certificate is trusted, or revoked, is not checked: for that, what was
/// signed is verified.
pub struct Signer {
    certificate: Certificate,
    /// DER of the certificates that go with the signature, the signer's first.
    certificates: Vec<Vec<u8>>,
    scheme: SignatureScheme,
    scheme_identifier: Vec<u8>,
    digest: DigestAlgorithm,
    at: UtcDateTime,
}

/// How the key is to sign, where it can in several ways.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Algorithms {
    /// What an RSA key does; others do not ask.
    pub padding: RsaPadding,
    /// The digest; `None` takes the one that goes with the key: SHA-256, or for larger curves SHA-384 or SHA-512.
    pub digest: Option<DigestAlgorithm>,
}

/// The two ways of RSA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RsaPadding {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2): every card can.
    Pkcs1,
    /// RSASSA-PSS (RFC 8017 §8.1), MGF1 over the same digest, a salt as long as it.
    Pss,
}

impl Algorithms {
    /// What every token can do and every verifier takes.
    pub const USUAL: Self = Self { padding: RsaPadding::Pkcs1, digest: None };
}

/// Why nobody can sign with a certificate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnfitSigner {
    /// It is no certificate.
    #[error("the signer's certificate cannot be read: {0}")]
    Certificate(CertificateError),
    /// It has faults by which every verifier refuses it.
    #[error("the signer's certificate is faulty: {0}")]
    Faulty(CertificateFault),
    /// One of those above it is none.
    #[error("certificate {place} above the signer's cannot be read: {error}")]
    Chain {
        /// Which, counted from 1.
        place: usize,
        /// What is wrong with it.
        error: CertificateError,
    },
    /// Its key cannot be read.
    #[error("the key in the signer's certificate cannot be used: {0}")]
    Key(KeyError),
    /// Its key is of a kind with which documents are not signed here.
    #[error("keys of this kind do not sign documents")]
    KeyKind,
    /// The digest, or the key, is not believed any more.
    #[error("such a signature would not be believed: {0}")]
    Weak(AlgorithmWeakness),
    /// Its key is for something else (RFC 5280 §4.2.1.3, §4.2.1.12), or it is an authority's: what [`may_sign`] says.
    #[error("the certificate is not for signing documents")]
    NotForSigning,
    /// Its validity begins later.
    #[error("the certificate is valid from {0}")]
    NotYetValid(UtcDateTime),
    /// Its validity is over.
    #[error("the certificate expired on {0}")]
    Expired(UtcDateTime),
}

impl Signer {
    /// Takes a certificate in DER and those above it, and checks that a signature made with it at `at` can be good.
    pub fn new(
        certificate: &[u8],
        chain: &[Vec<u8>],
        algorithms: Algorithms,
        at: UtcDateTime,
    ) -> Result<Self, UnfitSigner> {
        let read = Certificate::from_der(certificate).map_err(UnfitSigner::Certificate)?;
        if let Some(fault) = read.faults().first() {
            return Err(UnfitSigner::Faulty(fault.clone()));
        }
        let mut certificates = vec![certificate.to_vec()];
        for (index, above) in chain.iter().enumerate() {
            Certificate::from_der(above).map_err(|error| UnfitSigner::Chain { place: index + 1, error })?;
            if !certificates.contains(above) {
                certificates.push(above.clone());
            }
        }
        if !may_sign(&read) {
            return Err(UnfitSigner::NotForSigning);
        }
        if at < read.not_before() {
            return Err(UnfitSigner::NotYetValid(read.not_before()));
        }
        if at > read.not_after() {
            return Err(UnfitSigner::Expired(read.not_after()));
        }
        let key = read.public_key().map_err(|error| UnfitSigner::Key(error.clone()))?.kind();
        let (scheme, digest) = choose(key, algorithms)?;
        AlgorithmPolicy::ts_119_312().check(scheme, key, at).map_err(UnfitSigner::Weak)?;
        let scheme_identifier = scheme.identifier().ok_or(UnfitSigner::KeyKind)?;
        Ok(Self { certificate: read, certificates, scheme, scheme_identifier, digest, at })
    }

    /// How the value must be made.
    pub const fn scheme(&self) -> SignatureScheme {
        self.scheme
    }

    /// The signer's certificate.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// When the signer says to sign.
    pub const fn at(&self) -> UtcDateTime {
        self.at
    }

    /// The digest of what is signed, and of the signed attributes.
    pub(super) const fn digest(&self) -> DigestAlgorithm {
        self.digest
    }

    /// DER of the `AlgorithmIdentifier` of the signature.
    pub(super) fn scheme_identifier(&self) -> &[u8] {
        &self.scheme_identifier
    }

    /// DER of the certificates that go with the signature, the signer's first.
    pub(super) fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// `IssuerAndSerialNumber` (RFC 5652 §10.2.4), which `IssuerSerial` (RFC 5035 §5) is not.
    pub(super) fn issuer_and_serial(&self) -> Vec<u8> {
        let serial = encode(tag::INTEGER, self.certificate.serial());
        encode(tag::SEQUENCE, &[self.certificate.issuer().der(), &serial].concat())
    }

    /// Whether a value is the signature of this signer's key over these octets.
    pub(super) fn verify(&self, message: &[u8], value: &[u8]) -> Result<(), SignatureInvalid> {
        let key: &PublicKey = self.certificate.public_key().map_err(|_| SignatureInvalid)?;
        key.verify(message, self.scheme, value)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({:?}, {:?})", self.certificate, self.scheme)
    }
}

fn choose(key: KeyKind, algorithms: Algorithms) -> Result<(SignatureScheme, DigestAlgorithm), UnfitSigner> {
    let usual = match key {
        KeyKind::Ec(Curve::P384 | Curve::BrainpoolP384r1) => DigestAlgorithm::Sha384,
        KeyKind::Ec(Curve::P521 | Curve::BrainpoolP512r1) => DigestAlgorithm::Sha512,
        KeyKind::Rsa { .. } | KeyKind::Ec(_) | KeyKind::Ed25519 | KeyKind::Dsa => DigestAlgorithm::Sha256,
    };
    let digest = algorithms.digest.unwrap_or(usual);
    let salt_len = u32::try_from(digest.output_len()).unwrap_or(0);
    let scheme = match (key, algorithms.padding) {
        (KeyKind::Rsa { .. }, RsaPadding::Pkcs1) => SignatureScheme::RsaPkcs1(digest),
        (KeyKind::Rsa { .. }, RsaPadding::Pss) => SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_len },
        (KeyKind::Ec(_), _) => SignatureScheme::Ecdsa(digest),
        // Ed25519 signs no digest, and cards have none; DSA is believed by nobody.
        (KeyKind::Ed25519 | KeyKind::Dsa, _) => return Err(UnfitSigner::KeyKind),
    };
    Ok((scheme, digest))
}
