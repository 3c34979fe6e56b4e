//! What `asn1`, `crypto` and `trust` found, as a report keeps it: a word with what belongs to it, told inside a sentence.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::asn1::Asn1Error;
use crate::crypto::KeyError;
use crate::domain::language::Language;
use crate::trust::chain::{ChainFault, NameConstraintFault};
use crate::trust::{AlgorithmWeakness, CertificateFault};
use crate::verify::{Damage, PdfDamage};

/// Why a chain, a key or an envelope inside another is not good enough.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Detail {
    NotACa,
    MayNotSignCertificates,
    PathTooLong,
    NameNotPermitted,
    NameExcluded,
    NameUnreadable,
    NameUnsupported,
    TooManyNames,
    NoAcceptablePolicy,
    AnyPolicyMapped,
    AlgorithmsDiffer,
    EmptyIssuer,
    ExtensionRepeated(String),
    ExtensionMalformed(String),
    ExtensionUnknown(String),
    ExtensionsBeforeV3(u32),
    Digest(Cow<'static, str>),
    RsaKey { bits: u32, min: u32 },
    Curve { bits: u32, min: u32 },
    Dsa,
    KeyUnknown(String),
    KeyExplicitParameters,
    KeyOutOfBounds,
    KeyMalformed,
    Truncated,
    NestedTooDeep,
    BadLength,
    UnexpectedElement,
    TrailingData,
    BadValue,
    NotBase64,
    NoEndLine,
    Nothing,
    PdfCutOff,
    PdfCrossReferences,
    PdfObject(u32),
    PdfPassword,
    PdfEncryption,
    PdfTooMuch,
}

impl Detail {
    /// The same in words, for use inside a sentence.
    #[expect(clippy::too_many_lines, reason = "a catalogue: one arm for each text, nothing else")]
    pub(super) fn words(&self, language: Language) -> Cow<'static, str> {
        let (italian, english) = match self {
            Self::Digest(name) => return name.clone(),
            Self::ExtensionRepeated(id) => {
                return language
                    .choose(
                        format!("in un certificato l'estensione {id} compare due volte"),
                        format!("in a certificate the extension {id} occurs twice"),
                    )
                    .into();
            }
            Self::ExtensionMalformed(id) => {
                return language
                    .choose(
                        format!("in un certificato l'estensione {id} è scritta male"),
                        format!("in a certificate the extension {id} is malformed"),
                    )
                    .into();
            }
            Self::ExtensionUnknown(id) => {
                return language
                    .choose(
                        format!("un certificato ha un'estensione critica sconosciuta, {id}"),
                        format!("a certificate has an unknown critical extension, {id}"),
                    )
                    .into();
            }
            Self::ExtensionsBeforeV3(version) => {
                return language
                    .choose(
                        format!("un certificato di versione {version} ha estensioni, che la versione non ammette"),
                        format!("a certificate of version {version} has extensions, which that version does not allow"),
                    )
                    .into();
            }
            Self::RsaKey { bits, min } => {
                return language
                    .choose(
                        format!("una chiave RSA di {bits} bit, sotto i {min}"),
                        format!("an RSA key of {bits} bits, less than {min}"),
                    )
                    .into();
            }
            Self::Curve { bits, min } => {
                return language
                    .choose(
                        format!("una curva ellittica di {bits} bit, sotto i {min}"),
                        format!("an elliptic curve of {bits} bits, less than {min}"),
                    )
                    .into();
            }
            Self::KeyUnknown(id) => {
                return language
                    .choose(
                        format!("usa un algoritmo o una curva che Varco non conosce, {id}"),
                        format!("it is of an algorithm or curve that Varco does not know, {id}"),
                    )
                    .into();
            }
            Self::PdfObject(number) => {
                return language
                    .choose(
                        format!("nel PDF l'oggetto {number} è danneggiato o non è dove il file dice"),
                        format!("object {number} of the PDF is damaged, or not where the file says"),
                    )
                    .into();
            }
            Self::Dsa => ("DSA", "DSA"),
            Self::NotACa => (
                "chi ha emesso un certificato non è un'autorità di certificazione",
                "the issuer of a certificate is no certification authority",
            ),
            Self::MayNotSignCertificates => (
                "la chiave di chi ha emesso un certificato non è destinata a firmarne",
                "the key of the issuer of a certificate is not meant for signing certificates",
            ),
            Self::PathTooLong => (
                "ci sono più autorità intermedie di quante ne siano ammesse",
                "there are more intermediate authorities than allowed",
            ),
            Self::NameNotPermitted => (
                "un nome è fuori da quelli che l'autorità può certificare",
                "a name is outside those that the authority may certify",
            ),
            Self::NameExcluded => (
                "un nome è fra quelli che l'autorità non può certificare",
                "a name is among those that the authority may not certify",
            ),
            Self::NameUnreadable => {
                ("un nome o il suo vincolo è scritto male", "a name or the constraint on it is malformed")
            }
            Self::NameUnsupported => (
                "c'è un vincolo su un tipo di nome non previsto",
                "there is a constraint on a kind of name that is not supported",
            ),
            Self::TooManyNames => ("i nomi e i vincoli sono troppi", "there are too many names and constraints"),
            Self::NoAcceptablePolicy => {
                ("non resta nessuna politica di certificazione accettabile", "no acceptable certificate policy is left")
            }
            Self::AnyPolicyMapped => (
                "una politica di certificazione è dichiarata equivalente a tutte",
                "a certificate policy is declared equivalent to all",
            ),
            Self::AlgorithmsDiffer => (
                "un certificato dichiara due algoritmi di firma diversi",
                "a certificate declares two different signature algorithms",
            ),
            Self::EmptyIssuer => {
                ("un certificato non dice chi lo ha emesso", "a certificate does not say who issued it")
            }
            Self::KeyExplicitParameters => (
                "descrive una curva ellittica invece di nominarla",
                "it describes an elliptic curve instead of naming it",
            ),
            Self::KeyOutOfBounds => (
                "ha un modulo o un esponente RSA fuori da ogni uso",
                "it has an RSA modulus or exponent outside any use",
            ),
            Self::KeyMalformed => ("è scritta male", "it is malformed"),
            Self::UnexpectedElement => {
                ("contiene un elemento al posto di un altro", "it has one element in place of another")
            }
            Self::Truncated => ("si interrompe: manca la parte finale", "it breaks off: the final part is missing"),
            Self::NestedTooDeep => {
                ("ha più livelli annidati di quanti ne servano", "it has more nested levels than needed")
            }
            Self::BadLength => ("dichiara lunghezze che non tornano", "it declares lengths that do not add up"),
            Self::TrailingData => ("contiene dati in più", "it has surplus data"),
            Self::BadValue => ("contiene un valore scritto male", "it has a malformed value"),
            Self::NotBase64 => ("contiene caratteri che non sono base64", "it has characters that are not base64"),
            Self::NoEndLine => {
                ("è in formato PEM ma manca la riga finale", "it is in PEM format but its end line is missing")
            }
            Self::PdfCutOff => (
                "è un PDF senza inizio o senza fine: manca una parte",
                "it is a PDF without beginning or end: a part is missing",
            ),
            Self::PdfCrossReferences => {
                ("nel PDF l'indice degli oggetti è danneggiato", "the index of objects in the PDF is damaged")
            }
            Self::PdfPassword => ("il PDF si apre solo con una password", "the PDF opens under a password only"),
            Self::PdfEncryption => (
                "il PDF è cifrato in un modo che Varco non conosce",
                "the PDF is encrypted in a way that Varco does not know",
            ),
            Self::PdfTooMuch => (
                "il PDF ha più oggetti, versioni o dati compressi di quanti ne servano a un documento",
                "the PDF has more objects, revisions or compressed data than a document needs",
            ),
            Self::Nothing => ("dentro non c'è nulla di firmato", "there is nothing signed inside"),
        };
        language.choose(italian, english).into()
    }
}

impl From<&ChainFault> for Detail {
    fn from(fault: &ChainFault) -> Self {
        match fault {
            ChainFault::Certificate(fault) => match fault {
                CertificateFault::AlgorithmMismatch => Self::AlgorithmsDiffer,
                CertificateFault::EmptyIssuer => Self::EmptyIssuer,
                CertificateFault::RepeatedExtension(id) => Self::ExtensionRepeated(id.to_string()),
                CertificateFault::MalformedExtension(id) => Self::ExtensionMalformed(id.to_string()),
                CertificateFault::UnknownCriticalExtension(id) => Self::ExtensionUnknown(id.to_string()),
                CertificateFault::ExtensionsBeforeV3(version) => Self::ExtensionsBeforeV3(*version),
            },
            ChainFault::NotACa => Self::NotACa,
            ChainFault::MayNotSignCertificates => Self::MayNotSignCertificates,
            ChainFault::PathTooLong => Self::PathTooLong,
            ChainFault::NameConstraints(fault) => match fault {
                NameConstraintFault::NotPermitted => Self::NameNotPermitted,
                NameConstraintFault::Excluded => Self::NameExcluded,
                NameConstraintFault::Unreadable => Self::NameUnreadable,
                NameConstraintFault::Unsupported => Self::NameUnsupported,
                NameConstraintFault::TooMany => Self::TooManyNames,
            },
            ChainFault::NoAcceptablePolicy => Self::NoAcceptablePolicy,
            ChainFault::AnyPolicyMapped => Self::AnyPolicyMapped,
        }
    }
}

impl From<AlgorithmWeakness> for Detail {
    fn from(weakness: AlgorithmWeakness) -> Self {
        match weakness {
            AlgorithmWeakness::Digest(digest) => Self::Digest(digest.name().into()),
            AlgorithmWeakness::RsaKey { bits, min } => Self::RsaKey { bits, min },
            AlgorithmWeakness::Curve { bits, min } => Self::Curve { bits, min },
            AlgorithmWeakness::Dsa => Self::Dsa,
        }
    }
}

impl From<&KeyError> for Detail {
    fn from(error: &KeyError) -> Self {
        match error {
            KeyError::Unknown(oid) => Self::KeyUnknown(oid.clone()),
            KeyError::ExplicitParameters => Self::KeyExplicitParameters,
            KeyError::RsaOutOfBounds => Self::KeyOutOfBounds,
            KeyError::Encoding(_) => Self::KeyMalformed,
        }
    }
}

impl From<Damage> for Detail {
    fn from(damage: Damage) -> Self {
        match damage {
            Damage::Encoding(error) => error.into(),
            Damage::NotBase64 => Self::NotBase64,
            Damage::NoEndLine => Self::NoEndLine,
            Damage::Nothing => Self::Nothing,
            Damage::Pdf(damage) => match damage {
                PdfDamage::CutOff => Self::PdfCutOff,
                PdfDamage::CrossReferences => Self::PdfCrossReferences,
                PdfDamage::Object(number) => Self::PdfObject(number),
                PdfDamage::Password => Self::PdfPassword,
                PdfDamage::Encryption => Self::PdfEncryption,
                PdfDamage::TooMuch => Self::PdfTooMuch,
            },
        }
    }
}

impl From<Asn1Error> for Detail {
    fn from(error: Asn1Error) -> Self {
        match error {
            Asn1Error::Truncated => Self::Truncated,
            Asn1Error::TooDeep => Self::NestedTooDeep,
            Asn1Error::BadLength => Self::BadLength,
            Asn1Error::UnexpectedTag { .. } => Self::UnexpectedElement,
            Asn1Error::TrailingData => Self::TrailingData,
            Asn1Error::BadValue(_) => Self::BadValue,
        }
    }
}
