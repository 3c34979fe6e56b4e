//! A certificate, parsed once.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use time::UtcDateTime;

use crate::asn1::{Asn1Error, Element, Reader, tag};
use crate::crypto::{AlgorithmError, Digest, DigestAlgorithm, KeyError, PublicKey, SignatureInvalid, SignatureScheme};
use crate::domain::identity::{Identity, IssuerStanding};
use crate::trust::{Extensions, Name, ObjectId};

/// An X.509 certificate (RFC 5280 §4.1). Parsing says nothing of whether it may be trusted.
///
/// Read with our own ASN.1 reader rather than x509-parser: the fields are needed as owned values that outlive the
/// file they came in, and every one is read exactly once. A test holds the two readers to agree.
pub struct Certificate {
    der: Box<[u8]>,
    tbs: Range<usize>,
    serial: Range<usize>,
    spki: Range<usize>,
    signature_value: Range<usize>,
    issuer: Name,
    subject: Name,
    not_before: UtcDateTime,
    not_after: UtcDateTime,
    signature_scheme: Result<SignatureScheme, AlgorithmError>,
    extensions: Extensions,
    faults: Vec<CertificateFault>,
    public_key: OnceLock<Result<PublicKey, KeyError>>,
    sha256: OnceLock<Digest>,
    spki_sha256: OnceLock<[u8; 32]>,
    identity: OnceLock<(Standing, Arc<Identity>)>,
}

/// What the chain above a certificate says of it: with this it is decided whom the certificate names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// How its issuer is recognised.
    pub issuer: IssuerStanding,
    /// Those of its policies that the authorities above it stand for.
    pub policies: Vec<ObjectId>,
}

/// Why bytes are not a certificate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CertificateError {
    /// More octets than [`Certificate::MAX_LEN`].
    #[error("certificate too large")]
    TooLarge,
    /// Not the structure of RFC 5280 §4.1.
    #[error("not a certificate: {0}")]
    Encoding(#[from] Asn1Error),
}

/// Something in a certificate that keeps it from being used in a chain, though it can be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CertificateFault {
    /// `signature` and `signatureAlgorithm` differ (RFC 5280 §4.1.1.2).
    #[error("the two signature algorithm fields differ")]
    AlgorithmMismatch,
    /// No attribute in the issuer's name (RFC 5280 §4.1.2.4): it names nobody.
    #[error("the issuer has no name")]
    EmptyIssuer,
    /// An extension twice (RFC 5280 §4.2).
    #[error("extension {0} occurs twice")]
    RepeatedExtension(ObjectId),
    /// An extension whose value is not what its definition says.
    #[error("extension {0} is malformed")]
    MalformedExtension(ObjectId),
    /// A critical extension that we do not process (RFC 5280 §4.2).
    #[error("critical extension {0} is unknown")]
    UnknownCriticalExtension(ObjectId),
    /// Extensions in a certificate that is not of version 3 (RFC 5280 §4.1.2.9).
    #[error("extensions in a certificate of version {0}")]
    ExtensionsBeforeV3(u32),
}

impl Certificate {
    /// The most octets of a certificate we read; the largest real ones have some 30 KiB.
    pub const MAX_LEN: usize = 256 * 1024;

    /// Reads one certificate that fills `der`.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > Self::MAX_LEN {
            return Err(CertificateError::TooLarge);
        }
        let mut whole = Reader::new(der);
        let mut fields = whole.sequence()?;
        whole.finish()?;
        let tbs = fields.expect(tag::SEQUENCE)?;
        let algorithm = fields.expect(tag::SEQUENCE)?;
        // A value that is not whole octets verifies under no key; the certificate can still be read.
        let signature_value = fields.expect(tag::BIT_STRING)?.bit_octets().unwrap_or_default();
        fields.finish()?;

        let mut faults = Vec::new();
        let mut reader = tbs.reader()?;
        let version = match reader.optional(tag::context_constructed(0))? {
            Some(explicit) => explicit.reader()?.element()?.small_integer()? + 1,
            None => 1,
        };
        let serial = reader.expect(tag::INTEGER)?.value;
        if reader.expect(tag::SEQUENCE)?.raw != algorithm.raw {
            faults.push(CertificateFault::AlgorithmMismatch);
        }
        let issuer = Name::from_element(&reader.element()?)?;
        if issuer.is_empty() {
            faults.push(CertificateFault::EmptyIssuer);
        }
        let mut validity = reader.sequence()?;
        let (not_before, not_after) = (validity.element()?.time()?, validity.element()?.time()?);
        validity.finish()?;
        let subject = Name::from_element(&reader.element()?)?;
        let spki = reader.expect(tag::SEQUENCE)?.raw;
        reader.optional(tag::context(1))?;
        reader.optional(tag::context(2))?;
        let extensions = match reader.optional(tag::context_constructed(3))? {
            Some(explicit) => extensions(&explicit, version, &mut faults)?,
            None => Extensions::default(),
        };
        reader.finish()?;
        Ok(Self {
            tbs: range(der, tbs.raw),
            serial: range(der, serial),
            spki: range(der, spki),
            signature_value: range(der, signature_value),
            signature_scheme: SignatureScheme::from_identifier(&algorithm),
            der: der.into(),
            issuer,
            subject,
            not_before,
            not_after,
            extensions,
            faults,
            public_key: OnceLock::new(),
            sha256: OnceLock::new(),
            spki_sha256: OnceLock::new(),
            identity: OnceLock::new(),
        })
    }

    /// The whole certificate.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The part that is signed.
    pub fn tbs(&self) -> &[u8] {
        self.slice(&self.tbs)
    }

    /// SHA-256 of the whole certificate.
    pub fn sha256(&self) -> &Digest {
        self.sha256.get_or_init(|| DigestAlgorithm::Sha256.digest(&self.der))
    }

    /// The two's-complement octets of the serial number, as encoded.
    pub fn serial(&self) -> &[u8] {
        self.slice(&self.serial)
    }

    /// Who issued it.
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Whose it is.
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// First instant of validity.
    pub const fn not_before(&self) -> UtcDateTime {
        self.not_before
    }

    /// Last instant of validity.
    pub const fn not_after(&self) -> UtcDateTime {
        self.not_after
    }

    /// The subject's key, parsed at first use.
    pub fn public_key(&self) -> Result<&PublicKey, &KeyError> {
        self.public_key.get_or_init(|| PublicKey::from_spki(self.spki())).as_ref()
    }

    /// The DER `SubjectPublicKeyInfo`.
    pub fn spki(&self) -> &[u8] {
        self.slice(&self.spki)
    }

    /// SHA-256 of [`Self::spki`], to name the key in a cache.
    pub(super) fn spki_sha256(&self) -> [u8; 32] {
        *self.spki_sha256.get_or_init(|| {
            let digest = DigestAlgorithm::Sha256.digest(self.spki());
            <[u8; 32]>::try_from(digest.as_bytes()).unwrap_or_default()
        })
    }

    /// Whom it names where it has this standing, as `decide` says from the certificate and the standing alone. That is
    /// remembered for the first standing; with any other, which is rare, it is decided again.
    pub fn identity(&self, standing: &Standing, decide: impl Fn() -> Identity) -> Arc<Identity> {
        let decided = || (standing.clone(), Arc::new(decide()));
        let (known, identity) = self.identity.get_or_init(decided);
        if known == standing { Arc::clone(identity) } else { decided().1 }
    }

    /// How the issuer signed.
    pub const fn signature_scheme(&self) -> Result<SignatureScheme, &AlgorithmError> {
        match &self.signature_scheme {
            Ok(scheme) => Ok(*scheme),
            Err(error) => Err(error),
        }
    }

    /// The issuer's signature value.
    pub fn signature_value(&self) -> &[u8] {
        self.slice(&self.signature_value)
    }

    /// What the extensions say.
    pub const fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// What keeps it from being used in a chain.
    pub fn faults(&self) -> &[CertificateFault] {
        &self.faults
    }

    /// Whether issuer and subject are the same name (RFC 5280 §6.1). The signature may be of another key.
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Verifies the issuer's signature under `key`. Neither names nor dates nor strength are judged.
    pub fn verify_signature(&self, key: &PublicKey) -> Result<(), SignatureInvalid> {
        let scheme = self.signature_scheme().map_err(|_| SignatureInvalid)?;
        key.verify(self.tbs(), scheme, self.signature_value())
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({:?})", self.sha256())
    }
}

fn extensions(
    explicit: &Element<'_>,
    version: u32,
    faults: &mut Vec<CertificateFault>,
) -> Result<Extensions, CertificateError> {
    if version != 3 {
        faults.push(CertificateFault::ExtensionsBeforeV3(version));
    }
    let mut reader = explicit.reader()?;
    let list = reader.sequence()?;
    reader.finish()?;
    Ok(Extensions::read(list, faults)?)
}

/// Where `part` lies in `whole`, of which it is a slice.
fn range(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    start..start + part.len()
}

#[cfg(test)]
mod tests;
