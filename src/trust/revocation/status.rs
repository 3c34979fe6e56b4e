//! What revocation checking answers, and on what evidence.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use crate::trust::revocation::{Crl, Entry, OcspResponse, Reason};
use crate::trust::{Certificate, Name};

/// Whether a certificate was revoked (RFC 5280 §6.3.3, EN 319 102-1 §5.2.5), and why we say so.
#[derive(Clone, Debug)]
pub struct RevocationReport {
    /// The answer.
    pub status: RevocationStatus,
    /// The CRLs and OCSP responses that the answer rests on.
    pub evidence: Vec<Evidence>,
    /// The CRLs of the right issuer, and the OCSP responses about the serial number, that could not be used, and why.
    pub rejected: Vec<Rejected>,
    /// A revocation or suspension dated after the time that counts: it does not change the answer.
    pub later: Option<Revocation>,
    /// The CRLs that could change an unknown status.
    pub needs: Vec<CrlNeed>,
    /// The OCSP responders that could: HTTP and HTTPS only, as the certificate says (do not trust).
    pub responders: Vec<Box<str>>,
}

/// The status of a certificate at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RevocationStatus {
    /// Not revoked, for any reason, at the time that counts.
    Good,
    /// Revoked for good.
    Revoked(Revocation),
    /// Suspended (`certificateHold`). A suspension that was lifted since is no suspension.
    Suspended(Revocation),
    /// Nobody can tell with the CRLs and OCSP responses at hand.
    Unknown(WhyUnknown),
}

/// A revocation or suspension.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Revocation {
    /// Since when (`revocationDate`).
    pub time: UtcDateTime,
    /// Why.
    pub reason: Reason,
    /// Since when the key is thought to have been in other hands, where the authority says so.
    pub invalidity_date: Option<UtcDateTime>,
    /// The issue time of the oldest CRL or OCSP response at hand that says so: it was public by then (CAD art. 24 c. 4-bis: revocation
    /// and suspension act from publication).
    pub published_by: UtcDateTime,
}

/// Signed data about revocation.
#[derive(Clone, Debug)]
pub enum RevocationData {
    /// A CRL.
    Crl(Arc<Crl>),
    /// An OCSP response.
    Ocsp(Arc<OcspResponse>),
}

/// Revocation data that was verified and used.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The data: digest, number and times are its own.
    pub data: RevocationData,
    /// When its issuer knew what it says.
    pub this_update: UtcDateTime,
    /// The certificate whose key signed it, where it is not the key that signed the certificate asked about.
    pub signer: Option<Arc<Certificate>>,
}

/// Revocation data that was not used.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// The data.
    pub data: RevocationData,
    /// When it was issued, as it says.
    pub this_update: UtcDateTime,
    /// Why not.
    pub why: WhyUnknown,
}

/// Why a CRL or an OCSP response cannot answer, in order: the later, the closer it came.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum WhyUnknown {
    /// No CRL of the right issuer, and no OCSP response about the certificate.
    #[error("no CRL of the issuer")]
    NoCrl,
    /// Another issuer's certificate of the same serial number (RFC 6960 §4.1.1).
    #[error("the OCSP response is about a certificate of another issuer")]
    OcspOtherIssuer,
    /// It covers other certificates (RFC 5280 §6.3.3 b).
    #[error("the CRL covers other certificates")]
    OutOfScope,
    /// A critical extension of the CRL or of an entry is unknown (RFC 5280 §5.2, §5.3).
    #[error("the CRL has an unknown critical extension")]
    UnknownCriticalExtension,
    /// Nobody who may sign it signed it, as far as is known.
    #[error("the signature of the OCSP response does not verify under any known key of the responder that it names")]
    OcspSignatureInvalid,
    /// No certificate with the key that signed it was found.
    #[error("the signature of the CRL does not verify under any known key of its issuer")]
    SignatureInvalid,
    /// Neither the issuer of the certificate, nor somebody whom that issuer lets answer (RFC 6960 §4.2.2.2).
    #[error("the signer of the OCSP response may not answer for the issuer of the certificate")]
    OcspResponderNotAuthorised,
    /// The key that signed it may not sign CRLs (RFC 5280 §6.3.3 f).
    #[error("the key that signed the CRL may not sign CRLs")]
    KeyUsage,
    /// The responder's certificate had expired when it signed, or was not valid yet.
    #[error("the certificate of the OCSP responder was not valid when it answered")]
    OcspResponderNotValid,
    /// The responder's certificate is revoked or on hold.
    #[error("the certificate of the OCSP responder is revoked")]
    OcspResponderRevoked,
    /// The responder's certificate has no `id-pkix-ocsp-nocheck`, and no CRL at hand says whether it is revoked.
    #[error("it is not known whether the certificate of the OCSP responder is revoked")]
    OcspResponderStatusUnknown,
    /// No acceptable path leads to the certificate that signed it.
    #[error("the signer of the CRL is not trusted")]
    SignerNotTrusted,
    /// Policy refuses the signature algorithm or key, of the response or of the responder's certificate.
    #[error("the signature algorithm of the OCSP response is too weak")]
    OcspWeakAlgorithm,
    /// Policy refuses its signature algorithm or key.
    #[error("the signature algorithm of the CRL is too weak")]
    WeakAlgorithm,
    /// A critical extension is unknown (RFC 6960 §4.4).
    #[error("the OCSP response has an unknown critical extension")]
    OcspUnknownCriticalExtension,
    /// Issued after the present.
    #[error("the OCSP response is from the future")]
    OcspFromTheFuture,
    /// Issued after the present.
    #[error("the CRL is from the future")]
    FromTheFuture,
    /// The responder does not know the certificate (`unknown`).
    #[error("the OCSP responder does not know the certificate")]
    OcspCertificateUnknown,
    /// It was to be followed by another before the time that counts.
    #[error("the OCSP response is out of date")]
    OcspStale,
    /// Its next issue was due before the time that counts.
    #[error("the CRL is out of date")]
    Stale,
    /// A delta CRL whose base is not at hand (RFC 5280 §5.2.4).
    #[error("the delta CRL has no base")]
    NoBase,
    /// Issued after the certificate had expired, and it does not say that it still answers for such certificates
    /// (RFC 6960 §4.4.4).
    #[error("the OCSP responder may no longer know of expired certificates")]
    OcspNoLongerKept,
    /// Issued after the certificate had expired, and it does not say that it still lists such certificates.
    #[error("the CRL may no longer list expired certificates")]
    NoLongerListed,
    /// A status or times that exclude each other.
    #[error("the OCSP response contradicts itself")]
    OcspContradictory,
    /// The entry says `removeFromCRL` in a complete CRL (RFC 5280 §5.3.1 allows it in delta CRLs only).
    #[error("the CRL contradicts itself")]
    Contradictory,
    /// The CRLs at hand do not cover every reason (RFC 5280 §6.3.3 l).
    #[error("the CRLs do not cover every reason")]
    ReasonsNotCovered,
}

/// A CRL that is wanted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlNeed {
    /// Who issues it.
    pub issuer: Name,
    /// Where it may be fetched: HTTP and HTTPS only, as the certificate says (do not trust).
    pub urls: Vec<Box<str>>,
}

impl RevocationData {
    /// The CRL, if it is one.
    pub fn as_crl(&self) -> Option<&Crl> {
        match self {
            Self::Crl(crl) => Some(crl),
            Self::Ocsp(_) => None,
        }
    }

    /// The OCSP response, if it is one.
    pub fn as_ocsp(&self) -> Option<&OcspResponse> {
        match self {
            Self::Ocsp(response) => Some(response),
            Self::Crl(_) => None,
        }
    }
}

impl Revocation {
    pub(super) const fn new(entry: &Entry, published_by: UtcDateTime) -> Self {
        Self { time: entry.revocation_date, reason: entry.reason, invalidity_date: entry.invalidity_date, published_by }
    }
}
