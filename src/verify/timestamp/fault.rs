//! Why a timestamp proves nothing.

use serde::{Deserialize, Serialize};

use crate::domain::language::Language;
use crate::verify::finding::{Fact, Level};
use crate::verify::outcome::Outcome;

/// What is wrong with a timestamp: one word each for programs, and part of a sentence for people.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::verify) enum Fault {
    /// It is no token of RFC 3161 that can be read.
    Malformed,
    /// It is about other octets.
    ImprintDiffers,
    /// Its signature does not hold.
    Altered,
    /// The certificate of the authority did not come with it.
    CertificateMissing,
    /// It does not say which certificate it was made with, or says another (RFC 5816 §2.2.1).
    ReferenceMissing,
    /// An algorithm that cannot be computed.
    AlgorithmUnknown,
    /// An algorithm or a key that is no longer believed.
    AlgorithmWeak,
    /// An extension that must be understood is not.
    ExtensionUnknown,
    /// The certificate is not for timestamps, and for nothing else (RFC 3161 §2.3).
    PurposeUnfit,
    /// The authority does not lead to a trusted one.
    NotTrusted,
    /// Its certificate, or that of an authority above it, was revoked.
    Revoked,
    /// Whether it was revoked is not known, or it is suspended.
    StatusUnknown,
    /// Its certificate, or that of an authority above it, is outside its period of validity.
    OutOfBounds,
    /// It was made when the authority's certificate was not valid.
    MadeOutOfBounds,
    /// The chain of certificates breaks a rule.
    ChainInvalid,
    /// Its time is after that of the verification.
    InTheFuture,
    /// It is a timestamp on a PDF and does not cover a revision of it as it must.
    CoverageUnfit,
}

impl Fault {
    /// The faults among what was found of a token, the gravest of the token itself first.
    pub(super) fn among(outcome: &Outcome) -> Vec<Self> {
        let mut faults = Vec::new();
        for fault in outcome.facts.iter().filter_map(Self::of) {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        faults
    }

    /// The facts are worded for signatures; here is what they mean for a token.
    fn of(fact: &Fact) -> Option<Self> {
        Some(match fact {
            Fact::TimestampIgnored { why, .. } => *why,
            Fact::SignatureValueInvalid | Fact::DigestDiffers => Self::Altered,
            Fact::CertificateNotFound | Fact::CertificateUnreadable => Self::CertificateMissing,
            Fact::ReferenceMissing | Fact::ReferenceDiffers | Fact::ReferenceSerialDiffers => Self::ReferenceMissing,
            Fact::DigestUnknown { .. } | Fact::SignatureAlgorithmUnknown { .. } | Fact::KeyUnusable { .. } => {
                Self::AlgorithmUnknown
            }
            Fact::WeakDigest { .. } | Fact::WeakKey { .. } | Fact::ChainAlgorithm { .. } => Self::AlgorithmWeak,
            Fact::KeyUsageUnfit => Self::PurposeUnfit,
            Fact::ChainNotFound { .. } => Self::NotTrusted,
            Fact::Revoked { .. } | Fact::IssuerRevoked { .. } => Self::Revoked,
            Fact::Suspended { .. } | Fact::RevocationUnknown { .. } => Self::StatusUnknown,
            Fact::Expired { .. }
            | Fact::ExpiredNotRevoked { .. }
            | Fact::NotYetValid { .. }
            | Fact::IssuerOutOfBounds { .. } => Self::OutOfBounds,
            Fact::ChainConstraints { .. } | Fact::ChainGeneral { .. } => Self::ChainInvalid,
            other if other.finding().level == Level::Error => Self::Malformed,
            _ => return None,
        })
    }

    /// The same in words, for use after "it proves nothing:".
    pub(in crate::verify) const fn words(self, language: Language) -> &'static str {
        let (italian, english) = match self {
            Self::Malformed => (
                "non si legge, o non è scritta come lo standard richiede",
                "it cannot be read, or is not written as the standard demands",
            ),
            Self::ImprintDiffers => ("riguarda altri dati", "it is about other data"),
            Self::Altered => (
                "è stata alterata, o non è dell'autorità che indica",
                "it was altered, or is not of the authority that it names",
            ),
            Self::CertificateMissing => {
                ("manca il certificato dell'autorità che l'ha emessa", "the certificate of the authority is missing")
            }
            Self::ReferenceMissing => (
                "non dice con quale certificato è stata fatta, o ne indica un altro",
                "it does not say which certificate it was made with, or names another",
            ),
            Self::AlgorithmUnknown => {
                ("usa un algoritmo che Varco non conosce", "it uses an algorithm that Varco does not know")
            }
            Self::AlgorithmWeak => (
                "usa un algoritmo o una chiave non più sicuri",
                "it uses an algorithm or a key that is no longer secure",
            ),
            Self::ExtensionUnknown => {
                ("pone una condizione che Varco non conosce", "it sets a condition that Varco does not know")
            }
            Self::PurposeUnfit => (
                "il certificato di chi l'ha emessa non è destinato solo alle marche temporali",
                "the certificate that it was made with is not one for timestamps alone",
            ),
            Self::NotTrusted => (
                "l'autorità che l'ha emessa non risale a nessuna di quelle fidate",
                "the authority that issued it does not lead to any of the trusted ones",
            ),
            Self::Revoked => (
                "il certificato dell'autorità che l'ha emessa è stato revocato",
                "the certificate of the authority that issued it was revoked",
            ),
            Self::StatusUnknown => (
                "non si può sapere se il certificato dell'autorità che l'ha emessa è stato revocato",
                "whether the certificate of the authority that issued it was revoked cannot be known",
            ),
            Self::OutOfBounds => (
                "il certificato dell'autorità che l'ha emessa non è nel suo periodo di validità",
                "the certificate of the authority that issued it is outside its period of validity",
            ),
            Self::MadeOutOfBounds => (
                "porta una data in cui il certificato dell'autorità non era valido",
                "it is of a time at which the certificate of the authority was not valid",
            ),
            Self::ChainInvalid => (
                "la catena dei certificati dell'autorità non rispetta le regole",
                "the chain of certificates of the authority breaks the rules",
            ),
            Self::InTheFuture => {
                ("porta una data successiva a quella della verifica", "it is of a time after that of the verification")
            }
            Self::CoverageUnfit => (
                "non copre una versione intera del documento, o lascia fuori più di sé stessa",
                "it does not cover a whole revision of the document, or leaves out more than itself",
            ),
        };
        match language {
            Language::Italian => italian,
            Language::English => english,
        }
    }
}
