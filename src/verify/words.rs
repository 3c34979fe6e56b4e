//! What `trust` found, in words for use inside a sentence: of [`Fact`](crate::verify::finding::Fact), or of a problem
//! document.

use std::borrow::Cow;

use crate::asn1::SourceError;
use crate::domain::language::Language;
use crate::trust::CertificateError;
use crate::trust::chain::NoChain;
use crate::trust::revocation::{CrlError, OcspError, Reason, WhyUnknown};
use crate::trust::trusted_list::TrustedListError;
use crate::trust::xml::XmlError;
use crate::verify::detail::Detail;

/// Why a file is no certificate that can be read.
pub fn unreadable_certificate(error: &CertificateError, language: Language) -> Cow<'static, str> {
    match error {
        CertificateError::TooLarge => language
            .choose("supera la dimensione massima di un certificato", "it is larger than any certificate")
            .into(),
        CertificateError::Encoding(error) => Detail::from(*error).words(language),
    }
}

/// Why a file is no CRL that can be read.
pub fn unreadable_crl(error: &CrlError, language: Language) -> Cow<'static, str> {
    let (italian, english) = match error {
        CrlError::Source(SourceError::Asn1(error)) => return Detail::from(*error).words(language),
        CrlError::RepeatedExtension(id) => {
            return language
                .choose(format!("l'estensione {id} compare due volte"), format!("the extension {id} occurs twice"))
                .into();
        }
        CrlError::Source(SourceError::Io(_)) => ("la lettura non è riuscita", "reading failed"),
        CrlError::TooLarge => {
            ("supera la dimensione massima di un elenco di revoca", "it is larger than any revocation list may be")
        }
        CrlError::TooManyEntries => ("contiene troppe voci", "it has too many entries"),
        CrlError::EntryTooLong => ("contiene una voce troppo lunga", "it has an entry that is too long"),
        CrlError::SerialTooLong => {
            ("contiene un numero di serie troppo lungo", "it has a serial number that is too long")
        }
        CrlError::FieldTooLong => {
            ("ha un campo o delle estensioni troppo lunghe", "it has a field or extensions that are too long")
        }
        CrlError::Version => {
            ("è di una versione che lo standard non prevede", "it is of a version that the standard does not have")
        }
        CrlError::ExtensionsInVersion1 => (
            "è di versione 1 e ha estensioni, che la versione non ammette",
            "it is of version 1 and has extensions, which that version does not allow",
        ),
        CrlError::AlgorithmMismatch => {
            ("dichiara due algoritmi di firma diversi", "it declares two different signature algorithms")
        }
    };
    language.choose(italian, english).into()
}

/// Why a file is no OCSP response that can be used.
pub fn unreadable_ocsp(error: &OcspError, language: Language) -> Cow<'static, str> {
    let (italian, english) = match error {
        OcspError::Encoding(error) => return Detail::from(*error).words(language),
        OcspError::Unsuccessful(failure) => {
            return language
                .choose(
                    format!("il risponditore non ha dato risposta ({failure}): interrogarlo di nuovo"),
                    format!("the responder gave no answer ({failure}): ask it again"),
                )
                .into();
        }
        OcspError::Type(id) => {
            return language
                .choose(
                    format!("è una risposta di un tipo che Varco non conosce, {id}"),
                    format!("it is a response of a type that Varco does not know, {id}"),
                )
                .into();
        }
        OcspError::RepeatedExtension(id) => {
            return language
                .choose(format!("l'estensione {id} compare due volte"), format!("the extension {id} occurs twice"))
                .into();
        }
        OcspError::Version => {
            ("è di una versione che lo standard non prevede", "it is of a version that the standard does not have")
        }
        OcspError::TooLarge => (
            "è più grande, o contiene più risposte o certificati, di quanto ne serva",
            "it is larger, or has more answers or certificates, than needed",
        ),
    };
    language.choose(italian, english).into()
}

/// Validation data of one kind, as a fact names it.
pub(super) fn material(what: &str, language: Language) -> &'static str {
    match what {
        "CRL" => "CRL",
        "OCSP" => language.choose("risposte OCSP", "OCSP responses"),
        _ => language.choose("certificati", "certificates"),
    }
}

/// Why a file is no trusted list that can be read.
pub fn unreadable_list(error: &TrustedListError, language: Language) -> Cow<'static, str> {
    let (italian, english) = match error {
        TrustedListError::Version(version) => {
            return language
                .choose(
                    format!("è di versione {version}, che Varco non conosce"),
                    format!("it is of version {version}, which Varco does not know"),
                )
                .into();
        }
        TrustedListError::Malformed(element) => {
            return language
                .choose(
                    format!("l'elemento {element} manca o è scritto male"),
                    format!("the element {element} is missing or malformed"),
                )
                .into();
        }
        TrustedListError::Xml(error) => match error {
            XmlError::TooLarge => {
                ("supera la dimensione massima di un elenco di fiducia", "it is larger than any trusted list may be")
            }
            XmlError::NotUtf8 => ("non è scritto in UTF-8", "it is not written in UTF-8"),
            XmlError::Doctype => (
                "contiene una dichiarazione DOCTYPE, che in un elenco di fiducia non è ammessa",
                "it has a DOCTYPE declaration, which is not allowed in a trusted list",
            ),
            XmlError::TooDeep => {
                ("ha più livelli annidati di quanti ne servano", "it has more nested levels than needed")
            }
            XmlError::TooManyNodes => ("contiene troppi elementi", "it has too many elements"),
            XmlError::TooManyAttributes => {
                ("ha un elemento con troppi attributi", "it has an element with too many attributes")
            }
            XmlError::TooManyNamespaces => ("dichiara troppi spazi dei nomi", "it declares too many namespaces"),
            XmlError::Malformed(_) => {
                ("non è XML ben formato, forse è incompleto", "it is not well-formed XML, perhaps it is incomplete")
            }
        },
        TrustedListError::NotATrustedList => {
            ("non ha la struttura di un elenco di fiducia", "it has not the structure of a trusted list")
        }
        TrustedListError::TooManyServices => ("contiene troppi servizi", "it has too many services"),
    };
    language.choose(italian, english).into()
}

/// What a timestamp is on, by its kind in the report.
pub(super) fn stamped(kind: &str, language: Language) -> &'static str {
    let (italian, english) = match kind {
        "document" => ("sul documento", "on the document"),
        "content" => ("sul contenuto", "on the content"),
        _ => ("sulla firma", "on the signature"),
    };
    language.choose(italian, english)
}

/// The form of a document whose signatures are not judged: `PDF`, or [`OTHER_FORM`].
pub fn form(form: &str, language: Language) -> Cow<'static, str> {
    match form {
        OTHER_FORM => language.choose("di altro formato", "another format").into(),
        named => language.choose(named.to_owned(), format!("{named} format")).into(),
    }
}

/// A form that has no name here.
pub(super) const OTHER_FORM: &str = "other";

pub(super) fn no_chain(why: NoChain, language: Language) -> &'static str {
    let (italian, english) = match why {
        NoChain::NoAnchors => ("non è stata indicata nessuna autorità fidata", "no trusted authority was named"),
        NoChain::IssuerUnknown => (
            "il certificato di chi lo ha emesso non è fra quelli fidati né nella busta",
            "the certificate of its issuer is neither among the trusted ones nor in the envelope",
        ),
        NoChain::SignatureInvalid => (
            "il certificato porta il nome di un'autorità nota ma non è stato firmato da lei",
            "the certificate bears the name of a known authority but was not signed by it",
        ),
        NoChain::AlgorithmUnsupported => (
            "la firma sul certificato usa un algoritmo che Varco non conosce",
            "the signature on the certificate uses an algorithm that Varco does not know",
        ),
        NoChain::TooLong => (
            "la catena di certificati non arriva a un'autorità fidata",
            "the chain of certificates does not reach a trusted authority",
        ),
        NoChain::TooManyAttempts => (
            "le catene possibili sono troppe e la ricerca è stata interrotta",
            "there are too many possible chains and the search was given up",
        ),
        NoChain::ServiceNotApproved => (
            "nell'elenco di fiducia il servizio che lo ha emesso non risultava approvato in quel momento",
            "in the trusted list the service that issued it was not approved at that time",
        ),
    };
    language.choose(italian, english)
}

#[expect(clippy::too_many_lines, reason = "a catalogue: one arm for each text, nothing else")]
pub(super) fn why_unknown(why: WhyUnknown, language: Language) -> &'static str {
    let (italian, english) = match why {
        WhyUnknown::NoCrl => (
            "mancano un elenco di revoca e una risposta OCSP dell'autorità che lo ha emesso",
            "a revocation list or an OCSP response of the authority that issued it is missing",
        ),
        WhyUnknown::OcspOtherIssuer => (
            "la risposta OCSP disponibile riguarda un certificato di un'altra autorità",
            "the OCSP response at hand is about a certificate of another authority",
        ),
        WhyUnknown::OcspSignatureInvalid => (
            "la risposta OCSP non è firmata da una chiave nota di chi dice di averla data",
            "the OCSP response is not signed by a known key of whom it says gave it",
        ),
        WhyUnknown::OcspResponderNotAuthorised => (
            "chi ha firmato la risposta OCSP non è l'autorità che ha emesso il certificato, né ne ha delega",
            "whoever signed the OCSP response is not the authority that issued the certificate, nor delegated by it",
        ),
        WhyUnknown::OcspResponderNotValid => (
            "il certificato di chi ha firmato la risposta OCSP non valeva in quel momento",
            "the certificate of whoever signed the OCSP response was not valid at that time",
        ),
        WhyUnknown::OcspResponderRevoked => (
            "il certificato di chi ha firmato la risposta OCSP è revocato o sospeso",
            "the certificate of whoever signed the OCSP response is revoked or suspended",
        ),
        WhyUnknown::OcspResponderStatusUnknown => (
            "non si sa se il certificato di chi ha firmato la risposta OCSP è revocato: manca l'elenco di revoca",
            "it is not known whether the certificate of whoever signed the OCSP response is revoked: the revocation list is missing",
        ),
        WhyUnknown::OcspWeakAlgorithm => (
            "la risposta OCSP è firmata con un algoritmo non più sicuro",
            "the OCSP response is signed with an algorithm that is no longer secure",
        ),
        WhyUnknown::OcspUnknownCriticalExtension => (
            "la risposta OCSP ha un'estensione critica sconosciuta",
            "the OCSP response has an unknown critical extension",
        ),
        WhyUnknown::OcspFromTheFuture => {
            ("la risposta OCSP porta una data futura", "the OCSP response is dated in the future")
        }
        WhyUnknown::OcspCertificateUnknown => (
            "chi ha dato la risposta OCSP dice di non conoscere il certificato",
            "whoever gave the OCSP response says that it does not know the certificate",
        ),
        WhyUnknown::OcspStale => ("la risposta OCSP disponibile è scaduta", "the OCSP response at hand is out of date"),
        WhyUnknown::OcspNoLongerKept => (
            "la risposta OCSP è stata data dopo la scadenza del certificato, e non dice di tener conto dei certificati scaduti",
            "the OCSP response was given after the certificate had expired, and does not say that it knows of expired ones",
        ),
        WhyUnknown::OcspContradictory => ("la risposta OCSP si contraddice", "the OCSP response contradicts itself"),
        WhyUnknown::OutOfScope => (
            "l'elenco di revoca disponibile riguarda altri certificati",
            "the revocation list at hand is about other certificates",
        ),
        WhyUnknown::UnknownCriticalExtension => (
            "l'elenco di revoca ha un'estensione critica sconosciuta",
            "the revocation list has an unknown critical extension",
        ),
        WhyUnknown::SignatureInvalid => (
            "l'elenco di revoca non è firmato da una chiave nota dell'autorità",
            "the revocation list is not signed by a known key of the authority",
        ),
        WhyUnknown::KeyUsage => (
            "la chiave che ha firmato l'elenco di revoca non è destinata a questo",
            "the key that signed the revocation list is not meant for that",
        ),
        WhyUnknown::SignerNotTrusted => {
            ("chi ha firmato l'elenco di revoca non è fidato", "whoever signed the revocation list is not trusted")
        }
        WhyUnknown::WeakAlgorithm => (
            "l'elenco di revoca è firmato con un algoritmo non più sicuro",
            "the revocation list is signed with an algorithm that is no longer secure",
        ),
        WhyUnknown::FromTheFuture => {
            ("l'elenco di revoca porta una data futura", "the revocation list is dated in the future")
        }
        WhyUnknown::Stale => ("l'elenco di revoca disponibile è scaduto", "the revocation list at hand is out of date"),
        WhyUnknown::NoBase => (
            "l'elenco di revoca è un aggiornamento parziale e manca quello completo",
            "the revocation list is a partial update and the complete one is missing",
        ),
        WhyUnknown::NoLongerListed => (
            "l'elenco di revoca potrebbe non riportare più i certificati scaduti",
            "the revocation list may no longer have certificates that expired",
        ),
        WhyUnknown::Contradictory => ("l'elenco di revoca si contraddice", "the revocation list contradicts itself"),
        WhyUnknown::ReasonsNotCovered => (
            "gli elenchi di revoca disponibili non coprono tutti i motivi",
            "the revocation lists at hand do not cover all reasons",
        ),
    };
    language.choose(italian, english)
}

/// The reason of a revocation (RFC 5280 §5.3.1).
pub(super) fn reason(reason: Reason, language: Language) -> Option<&'static str> {
    let (italian, english) = match reason {
        Reason::KeyCompromise => ("chiave compromessa", "key compromised"),
        Reason::CaCompromise => ("autorità compromessa", "authority compromised"),
        Reason::AffiliationChanged => ("dati o ruolo cambiati", "details or role changed"),
        Reason::Superseded => ("certificato sostituito", "certificate replaced"),
        Reason::CessationOfOperation => ("cessazione d'uso", "no longer used"),
        Reason::PrivilegeWithdrawn => ("privilegi ritirati", "privileges withdrawn"),
        Reason::AaCompromise => ("autorità di attributi compromessa", "attribute authority compromised"),
        Reason::CertificateHold | Reason::RemoveFromCrl | Reason::Unspecified => return None,
    };
    Some(language.choose(italian, english))
}

/// Where in a PDF, for use after "after this signature"; nothing where that is not known.
pub(super) fn on_page(page: Option<u32>, language: Language) -> String {
    page.map(|page| language.choose(format!(", a pagina {page},"), format!(", on page {page},"))).unwrap_or_default()
}

/// What a change is about: a field by its name, anything else by its object.
pub(super) fn about(field: Option<&str>, object: Option<u32>, language: Language) -> String {
    match (field, object) {
        (Some(field), _) => {
            language.choose(format!(" (campo \u{ab}{field}\u{bb})"), format!(" (field \u{201c}{field}\u{201d})"))
        }
        (None, Some(object)) => language.choose(format!(" (oggetto {object})"), format!(" (object {object})")),
        (None, None) => String::new(),
    }
}
