//! What `asn1` and `trust` found, in Italian, for use inside a sentence: of
//! [`Fact`](crate::verify::finding::Fact), or of a problem document.

use crate::asn1::{Asn1Error, SourceError};
use crate::crypto::KeyError;
use crate::trust::chain::{ChainFault, NameConstraintFault, NoChain};
use crate::trust::revocation::{CrlError, Reason, WhyUnknown};
use crate::trust::trusted_list::TrustedListError;
use crate::trust::xml::XmlError;
use crate::trust::{AlgorithmWeakness, CertificateError, CertificateFault};
use crate::verify::Damage;

pub(super) const fn damage(damage: Damage) -> &'static str {
    match damage {
        Damage::Encoding(error) => encoding(error),
        Damage::NotBase64 => "contiene caratteri che non sono base64",
        Damage::NoEndLine => "è in formato PEM ma manca la riga finale",
        Damage::Nothing => "dentro non c'è nulla di firmato",
    }
}

const fn encoding(error: Asn1Error) -> &'static str {
    match error {
        Asn1Error::Truncated => "si interrompe: manca la parte finale",
        Asn1Error::TooDeep => "ha più livelli annidati di quanti ne servano",
        Asn1Error::BadLength => "dichiara lunghezze che non tornano",
        Asn1Error::UnexpectedTag { .. } => "contiene un elemento al posto di un altro",
        Asn1Error::TrailingData => "contiene dati in più",
        Asn1Error::BadValue(_) => "contiene un valore scritto male",
    }
}

/// Why a file is no certificate that can be read.
pub const fn unreadable_certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::TooLarge => "supera la dimensione massima di un certificato",
        CertificateError::Encoding(error) => encoding(*error),
    }
}

/// Why a file is no CRL that can be read.
pub fn unreadable_crl(error: &CrlError) -> String {
    let text = match error {
        CrlError::Source(SourceError::Asn1(error)) => encoding(*error),
        CrlError::Source(SourceError::Io(_)) => "la lettura non è riuscita",
        CrlError::TooLarge => "supera la dimensione massima di un elenco di revoca",
        CrlError::TooManyEntries => "contiene troppe voci",
        CrlError::EntryTooLong => "contiene una voce troppo lunga",
        CrlError::SerialTooLong => "contiene un numero di serie troppo lungo",
        CrlError::FieldTooLong => "ha un campo o delle estensioni troppo lunghe",
        CrlError::Version => "è di una versione che lo standard non prevede",
        CrlError::ExtensionsInVersion1 => "è di versione 1 e ha estensioni, che la versione non ammette",
        CrlError::RepeatedExtension(id) => return format!("l'estensione {id} compare due volte"),
        CrlError::AlgorithmMismatch => "dichiara due algoritmi di firma diversi",
    };
    text.to_owned()
}

/// Why a file is no trusted list that can be read.
pub fn unreadable_list(error: &TrustedListError) -> String {
    let text = match error {
        TrustedListError::Xml(error) => match error {
            XmlError::TooLarge => "supera la dimensione massima di un elenco di fiducia",
            XmlError::NotUtf8 => "non è scritto in UTF-8",
            XmlError::Doctype => "contiene una dichiarazione DOCTYPE, che in un elenco di fiducia non è ammessa",
            XmlError::TooDeep => "ha più livelli annidati di quanti ne servano",
            XmlError::TooManyNodes => "contiene troppi elementi",
            XmlError::TooManyAttributes => "ha un elemento con troppi attributi",
            XmlError::TooManyNamespaces => "dichiara troppi spazi dei nomi",
            XmlError::Malformed(_) => "non è XML ben formato, forse è incompleto",
        },
        TrustedListError::NotATrustedList => "non ha la struttura di un elenco di fiducia",
        TrustedListError::Version(version) => return format!("è di versione {version}, che Varco non conosce"),
        TrustedListError::Malformed(element) => return format!("l'elemento {element} manca o è scritto male"),
        TrustedListError::TooManyServices => "contiene troppi servizi",
    };
    text.to_owned()
}

pub(super) fn key_error(error: &KeyError) -> String {
    match error {
        KeyError::Unknown(oid) => format!("usa un algoritmo o una curva che Varco non conosce, {oid}"),
        KeyError::ExplicitParameters => "descrive una curva ellittica invece di nominarla".to_owned(),
        KeyError::RsaOutOfBounds => "ha un modulo o un esponente RSA fuori da ogni uso".to_owned(),
        KeyError::Encoding(_) => "è scritta male".to_owned(),
    }
}

pub(super) fn no_chain(why: NoChain) -> &'static str {
    match why {
        NoChain::NoAnchors => "non è stata indicata nessuna autorità fidata",
        NoChain::IssuerUnknown => "il certificato di chi lo ha emesso non è fra quelli fidati né nella busta",
        NoChain::SignatureInvalid => "il certificato porta il nome di un'autorità nota ma non è stato firmato da lei",
        NoChain::AlgorithmUnsupported => "la firma sul certificato usa un algoritmo che Varco non conosce",
        NoChain::TooLong => "la catena di certificati non arriva a un'autorità fidata",
        NoChain::TooManyAttempts => "le catene possibili sono troppe e la ricerca è stata interrotta",
        NoChain::ServiceNotApproved => {
            "nell'elenco di fiducia il servizio che lo ha emesso non risultava approvato in quel momento"
        }
    }
}

pub(super) fn chain_fault(fault: &ChainFault) -> String {
    let text = match fault {
        ChainFault::Certificate(fault) => return certificate_fault(fault),
        ChainFault::NotACa => "chi ha emesso un certificato non è un'autorità di certificazione",
        ChainFault::MayNotSignCertificates => "la chiave di chi ha emesso un certificato non è destinata a firmarne",
        ChainFault::PathTooLong => "ci sono più autorità intermedie di quante ne siano ammesse",
        ChainFault::NameConstraints(fault) => match fault {
            NameConstraintFault::NotPermitted => "un nome è fuori da quelli che l'autorità può certificare",
            NameConstraintFault::Excluded => "un nome è fra quelli che l'autorità non può certificare",
            NameConstraintFault::Unreadable => "un nome o il suo vincolo è scritto male",
            NameConstraintFault::Unsupported => "c'è un vincolo su un tipo di nome non previsto",
            NameConstraintFault::TooMany => "i nomi e i vincoli sono troppi",
        },
        ChainFault::NoAcceptablePolicy => "non resta nessuna politica di certificazione accettabile",
        ChainFault::AnyPolicyMapped => "una politica di certificazione è dichiarata equivalente a tutte",
    };
    text.to_owned()
}

fn certificate_fault(fault: &CertificateFault) -> String {
    match fault {
        CertificateFault::AlgorithmMismatch => "un certificato dichiara due algoritmi di firma diversi".to_owned(),
        CertificateFault::EmptyIssuer => "un certificato non dice chi lo ha emesso".to_owned(),
        CertificateFault::RepeatedExtension(id) => format!("in un certificato l'estensione {id} compare due volte"),
        CertificateFault::MalformedExtension(id) => format!("in un certificato l'estensione {id} è scritta male"),
        CertificateFault::UnknownCriticalExtension(id) => {
            format!("un certificato ha un'estensione critica sconosciuta, {id}")
        }
        CertificateFault::ExtensionsBeforeV3(version) => {
            format!("un certificato di versione {version} ha estensioni, che la versione non ammette")
        }
    }
}

pub(super) fn weakness(weakness: AlgorithmWeakness) -> String {
    match weakness {
        AlgorithmWeakness::Digest(digest) => digest.name().to_owned(),
        AlgorithmWeakness::RsaKey { bits, min } => format!("una chiave RSA di {bits} bit, sotto i {min}"),
        AlgorithmWeakness::Curve { bits, min } => format!("una curva ellittica di {bits} bit, sotto i {min}"),
        AlgorithmWeakness::Dsa => "DSA".to_owned(),
    }
}

pub(super) fn why_unknown(why: WhyUnknown) -> &'static str {
    match why {
        WhyUnknown::NoCrl => "manca l'elenco di revoca dell'autorità che lo ha emesso",
        WhyUnknown::OutOfScope => "l'elenco di revoca disponibile riguarda altri certificati",
        WhyUnknown::UnknownCriticalExtension => "l'elenco di revoca ha un'estensione critica sconosciuta",
        WhyUnknown::SignatureInvalid => "l'elenco di revoca non è firmato da una chiave nota dell'autorità",
        WhyUnknown::KeyUsage => "la chiave che ha firmato l'elenco di revoca non è destinata a questo",
        WhyUnknown::SignerNotTrusted => "chi ha firmato l'elenco di revoca non è fidato",
        WhyUnknown::WeakAlgorithm => "l'elenco di revoca è firmato con un algoritmo non più sicuro",
        WhyUnknown::FromTheFuture => "l'elenco di revoca porta una data futura",
        WhyUnknown::Stale => "l'elenco di revoca disponibile è scaduto",
        WhyUnknown::NoBase => "l'elenco di revoca è un aggiornamento parziale e manca quello completo",
        WhyUnknown::NoLongerListed => "l'elenco di revoca potrebbe non riportare più i certificati scaduti",
        WhyUnknown::Contradictory => "l'elenco di revoca si contraddice",
        WhyUnknown::ReasonsNotCovered => "gli elenchi di revoca disponibili non coprono tutti i motivi",
    }
}

/// The reason of a revocation (RFC 5280 §5.3.1).
pub(super) fn reason(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::KeyCompromise => Some("chiave compromessa"),
        Reason::CaCompromise => Some("autorità compromessa"),
        Reason::AffiliationChanged => Some("dati o ruolo cambiati"),
        Reason::Superseded => Some("certificato sostituito"),
        Reason::CessationOfOperation => Some("cessazione d'uso"),
        Reason::PrivilegeWithdrawn => Some("privilegi ritirati"),
        Reason::AaCompromise => Some("autorità di attributi compromessa"),
        Reason::CertificateHold | Reason::RemoveFromCrl | Reason::Unspecified => None,
    }
}
