//! What chain validation found, in words that map one to one to EN 319 102-1.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use crate::trust::chain::name_constraints::NameConstraintFault;
use crate::trust::revocation::{CrlNeed, RevocationReport};
use crate::trust::{AlgorithmWeakness, Anchor, Certificate, CertificateFault, Name, ObjectId};

/// The outcome of looking for a chain from a certificate to an anchor.
#[derive(Clone, Debug)]
pub struct ChainReport {
    /// The outcome.
    pub conclusion: ChainConclusion,
    /// The path that the conclusion is about: the target first, the certificate under the anchor last. Where no
    /// anchor was reached, as far as it went.
    pub path: Vec<PathCertificate>,
    /// The anchor that was reached.
    pub anchor: Option<Arc<Anchor>>,
    /// The policies the path is valid for; empty unless the path passed RFC 5280 §6.1.
    pub policies: PolicyOutcome,
    /// What else could have helped: the caller may fetch it and ask again.
    pub needs: Vec<Need>,
}

/// The outcome of chain validation. There is no default, and only [`Self::Passed`] passes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ChainConclusion {
    /// `PASSED`.
    Passed,
    /// `NO_CERTIFICATE_CHAIN_FOUND`.
    NoChain(NoChain),
    /// `REVOKED_NO_POE`: the target is revoked, and nothing proves that the signature existed before.
    Revoked {
        /// Since when.
        since: UtcDateTime,
    },
    /// `REVOKED_CA_NO_POE`: the CA at this place of the path is revoked.
    RevokedCa {
        /// Place in the path.
        index: usize,
        /// Since when.
        since: UtcDateTime,
    },
    /// `TRY_LATER`: the certificate at this place is on hold.
    Suspended {
        /// Place in the path.
        index: usize,
        /// Since when.
        since: UtcDateTime,
    },
    /// `TRY_LATER`: the status of the certificate at this place is not known, or not known freshly enough.
    RevocationUnknown {
        /// Place in the path.
        index: usize,
    },
    /// `OUT_OF_BOUNDS_NO_POE`: the certificate at this place is not within its validity.
    OutOfBounds {
        /// Place in the path.
        index: usize,
        /// On which side.
        validity: Validity,
    },
    /// `OUT_OF_BOUNDS_NOT_REVOKED`: likewise for the target, which is known not to be revoked.
    OutOfBoundsNotRevoked {
        /// On which side.
        validity: Validity,
    },
    /// `CHAIN_CONSTRAINTS_FAILURE`.
    ChainConstraints {
        /// Place in the path; its length is the anchor.
        index: usize,
        /// What is wrong.
        fault: ChainFault,
    },
    /// `CRYPTO_CONSTRAINTS_FAILURE_NO_POE`: the signature *on* the certificate at this place does not convince.
    CryptoConstraints {
        /// Place in the path.
        index: usize,
        /// Why.
        weakness: AlgorithmWeakness,
    },
    /// `CERTIFICATE_CHAIN_GENERAL_FAILURE`.
    General {
        /// Place in the path; its length is the anchor.
        index: usize,
        /// What is wrong.
        fault: ChainFault,
    },
}

/// Why no anchor was reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NoChain {
    /// Nothing is trusted.
    #[error("no trust anchor is configured")]
    NoAnchors,
    /// No certificate of the last issuer is known, neither trusted nor sent along.
    #[error("the issuer is not known")]
    IssuerUnknown,
    /// Certificates with the issuer's name are known, and none has the key that signed.
    #[error("the signature on the certificate was not made with the issuer's key")]
    SignatureInvalid,
    /// The algorithm of the signature on the certificate, or the issuer's key, is one that we cannot verify.
    #[error("the signature on the certificate uses an algorithm that is not supported")]
    AlgorithmUnsupported,
    /// The issuers that are known lead in a circle, or further than the limit.
    #[error("the chain does not end at a trust anchor within the allowed length")]
    TooLong,
    /// The search was ended: too many signatures or paths were tried.
    #[error("too many possible chains")]
    TooManyAttempts,
    /// The trusted list's service was not, or no longer, approved at the time.
    #[error("the trusted service was not approved at the time")]
    ServiceNotApproved,
}

/// Something that RFC 5280 §6.1 does not allow in a path.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChainFault {
    /// The certificate itself.
    #[error(transparent)]
    Certificate(#[from] CertificateFault),
    /// An issuer that is not a CA.
    #[error("the issuer is not a CA")]
    NotACa,
    /// An issuer whose key usage leaves out certificates.
    #[error("the issuer's key may not sign certificates")]
    MayNotSignCertificates,
    /// More CAs than one above allows.
    #[error("more CAs in the chain than one of them allows")]
    PathTooLong,
    /// Names outside what a CA may name.
    #[error(transparent)]
    NameConstraints(#[from] NameConstraintFault),
    /// A policy is required, and none is left.
    #[error("no acceptable policy")]
    NoAcceptablePolicy,
    /// `anyPolicy` in a policy mapping.
    #[error("anyPolicy may not be mapped")]
    AnyPolicyMapped,
}

/// Where a time lies in relation to the validity of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Validity {
    /// Within.
    Within,
    /// Before `notBefore`.
    NotYetValid,
    /// After `notAfter`.
    Expired,
}

/// One certificate of a path, and what was found of it.
#[derive(Clone, Debug)]
pub struct PathCertificate {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Whether the time of the judgement lies in its validity.
    pub validity: Validity,
    /// Why the issuer's signature on it does not convince, if so.
    pub weakness: Option<AlgorithmWeakness>,
    /// Its revocation status; `None` when it was not looked up.
    pub revocation: Option<RevocationReport>,
}

/// The policies a path is valid for (RFC 5280 §6.1.5 (g), §6.1.6), in the terms of the anchor's domain.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PolicyOutcome {
    /// Those that the CAs allow.
    pub authority_constrained: Vec<ObjectId>,
    /// Of those, the ones among the initial policies.
    pub user_constrained: Vec<ObjectId>,
}

/// Something that was not at hand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Need {
    /// A certificate of this name.
    Issuer {
        /// Whose certificate.
        name: Name,
        /// Where the one it issued says it is.
        urls: Vec<Box<str>>,
    },
    /// A CRL for the certificate at this place in the path.
    Crl {
        /// Place in the path.
        index: usize,
        /// Which CRL.
        need: CrlNeed,
    },
    /// An OCSP response about the certificate at this place in the path.
    Ocsp {
        /// Place in the path.
        index: usize,
        /// Where its issuer's responders are.
        urls: Vec<Box<str>>,
    },
}

impl ChainReport {
    /// Whether the conclusion is [`ChainConclusion::Passed`].
    pub fn passed(&self) -> bool {
        self.conclusion == ChainConclusion::Passed
    }

    /// Whether a time lies in the validity of the anchor's certificate. An anchor is trusted beyond it (RFC 5280
    /// §6.1.1 (d)), so this is only reported. `None` without an anchor.
    pub fn anchor_validity(&self, at: UtcDateTime) -> Option<Validity> {
        self.anchor.as_ref().map(|anchor| Validity::of(anchor.certificate(), at))
    }
}

impl Validity {
    /// Compares a time with the validity of a certificate. Both ends are included (RFC 5280 §4.1.2.5), and as they
    /// are written in whole seconds, the last second counts to its end.
    pub fn of(certificate: &Certificate, at: UtcDateTime) -> Self {
        let second = at.unix_timestamp();
        if second < certificate.not_before().unix_timestamp() {
            Self::NotYetValid
        } else if second > certificate.not_after().unix_timestamp() {
            Self::Expired
        } else {
            Self::Within
        }
    }
}
