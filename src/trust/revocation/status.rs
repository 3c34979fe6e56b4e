//! What revocation checking answers, and on what evidence.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use crate::trust::revocation::{Crl, Entry, Reason};
use crate::trust::{Certificate, Name};

/// Whether a certificate was revoked (RFC 5280 §6.3.3, EN 319 102-1 §5.2.5), and why we say so.
#[derive(Clone, Debug)]
pub struct RevocationReport {
    /// The answer.
    pub status: RevocationStatus,
    /// The CRLs that the answer rests on.
    pub evidence: Vec<Evidence>,
    /// The CRLs of the right issuer that could not be used, and why.
    pub rejected: Vec<Rejected>,
    /// A revocation or suspension dated after the time that counts: it does not change the answer.
    pub later: Option<Revocation>,
    /// The CRLs that could change an unknown status.
    pub needs: Vec<CrlNeed>,
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
    /// Nobody can tell with the CRLs at hand.
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
    /// The issue time of the oldest CRL at hand that lists it: it was public by then (CAD art. 24 c. 4-bis: revocation
    /// and suspension act from publication).
    pub published_by: UtcDateTime,
}

/// A CRL that was verified and used.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The CRL: digest, number and times are its own.
    pub crl: Arc<Crl>,
    /// The certificate whose key signed it, where it is not the key that signed the certificate asked about.
    pub signer: Option<Arc<Certificate>>,
}

/// A CRL that was not used.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// The CRL.
    pub crl: Arc<Crl>,
    /// Why not.
    pub why: WhyUnknown,
}

/// Why a CRL cannot answer, in order: the later, the closer it came.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum WhyUnknown {
    /// No CRL of the right issuer.
    #[error("no CRL of the issuer")]
    NoCrl,
    /// It covers other certificates (RFC 5280 §6.3.3 b).
    #[error("the CRL covers other certificates")]
    OutOfScope,
    /// A critical extension of the CRL or of an entry is unknown (RFC 5280 §5.2, §5.3).
    #[error("the CRL has an unknown critical extension")]
    UnknownCriticalExtension,
    /// No certificate with the key that signed it was found.
    #[error("the signature of the CRL does not verify under any known key of its issuer")]
    SignatureInvalid,
    /// The key that signed it may not sign CRLs (RFC 5280 §6.3.3 f).
    #[error("the key that signed the CRL may not sign CRLs")]
    KeyUsage,
    /// No acceptable path leads to the certificate that signed it.
    #[error("the signer of the CRL is not trusted")]
    SignerNotTrusted,
    /// Policy refuses its signature algorithm or key.
    #[error("the signature algorithm of the CRL is too weak")]
    WeakAlgorithm,
    /// Issued after the present.
    #[error("the CRL is from the future")]
    FromTheFuture,
    /// Its next issue was due before the time that counts.
    #[error("the CRL is out of date")]
    Stale,
    /// A delta CRL whose base is not at hand (RFC 5280 §5.2.4).
    #[error("the delta CRL has no base")]
    NoBase,
    /// Issued after the certificate had expired, and it does not say that it still lists such certificates.
    #[error("the CRL may no longer list expired certificates")]
    NoLongerListed,
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

impl Revocation {
    pub(super) const fn new(entry: &Entry, published_by: UtcDateTime) -> Self {
        Self { time: entry.revocation_date, reason: entry.reason, invalidity_date: entry.invalidity_date, published_by }
    }
}
