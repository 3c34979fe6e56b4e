//! The reasons: each with a machine code, a level, and one plain Italian sentence that says what was
//! found, why it matters and what to do.

use std::borrow::Cow;
use std::fmt::Write;

use serde::Serialize;
use time::UtcDateTime;
use utoipa::ToSchema;

/// One reason, as the report shows it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct Finding {
    /// Machine code: stable, for programs.
    pub code: &'static str,
    /// How much it weighs.
    pub level: Level,
    /// For people, in Italian; what comes from outside is escaped.
    pub message: Cow<'static, str>,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It takes part in the verdict.
    Error,
    /// Worth a look; the verdict does not depend on it.
    Warning,
    /// For the record.
    Information,
}

/// What this module can say about a signature or a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Fact {
    SignerInfoMalformed,
    VersionUnknown,
    VersionUnexpected,
    DigestNotAnnounced,
    DigestUnknown(String),
    SignatureAlgorithmUnknown(String),
    AlgorithmsDisagree,
    AlgorithmParameters,
    AttributeMissing(&'static str),
    AttributeRepeated(&'static str),
    AttributeNotSingle(&'static str),
    AttributeMalformed(&'static str),
    ContentTypeDiffers,
    AttributesMissingForType,
    AttributesAsContent,
    AttributesMissing,
    AttributesNotDer,
    AttributesReencoded,
    ContentMissing,
    ContentGivenTwice,
    DigestDiffers,
    SignatureValueInvalid,
    CertificateNotFound,
    CertificateUnreadable,
    KeyUnusable(String),
    ReferenceMissing,
    ReferenceDiffers,
    ReferenceSerialDiffers,
    ReferenceNameMalformed,
    NoAnchors,
    ChainNotFound(&'static str),
    Expired(UtcDateTime),
    ExpiredNotRevoked(UtcDateTime),
    NotYetValid(UtcDateTime),
    Revoked { since: UtcDateTime, reason: Option<&'static str> },
    IssuerOutOfBounds { from: UtcDateTime, until: UtcDateTime },
    IssuerRevoked { since: UtcDateTime },
    Suspended { since: UtcDateTime },
    RevocationUnknown(&'static str),
    DeltaMissing,
    ClaimedLater(UtcDateTime),
    ExistenceIgnored(UtcDateTime),
    ChainConstraints(String),
    ChainGeneral(String),
    ChainAlgorithm(String),
    AnchorExpired(UtcDateTime),
    KeyUsageUnfit,
    WeakDigest(&'static str),
    WeakKey(u32),
    TrustedListNotAuthenticated,
    TrustedListOutdated(UtcDateTime),
    TimestampsNotJudged,
    ExistenceAsserted { at: UtcDateTime, source: Option<String> },
    CountersignatureOnly,
    InnerNotJudged(&'static str),
    InnerDamaged(&'static str),
    EnvelopeUnsigned,
    SignatureRepeated,
    TrailingData,
    Padding,
    TextEnvelope(&'static str),
    ExpectedDiffers,
    SignerRepeated,
    DeclaredAbsent,
    DeclaredNotByValidSignature,
}

impl Fact {
    /// Puts the fact into words.
    pub(super) fn finding(&self) -> Finding {
        let (code, level, message) = self.words();
        Finding { code, level, message }
    }

    #[expect(clippy::too_many_lines, reason = "a catalogue: one arm for each message, nothing else")]
    fn words(&self) -> (&'static str, Level, Cow<'static, str>) {
        use Level::{Error, Information, Warning};
        match self {
            Self::SignerInfoMalformed => (
                "format.signer_info_malformed",
                Error,
                "I dati di questa firma sono danneggiati o scritti in una forma che lo standard vieta: chiedere al firmatario di firmare di nuovo.".into(),
            ),
            Self::VersionUnknown => (
                "format.version_unknown",
                Error,
                "La busta dichiara una versione del formato che lo standard non prevede: chiedere un file prodotto da un programma di firma aggiornato.".into(),
            ),
            Self::VersionUnexpected => (
                "format.version_unexpected",
                Warning,
                "Il numero di versione scritto nella busta non è quello che lo standard prevede per il suo contenuto: nessuna firma lo protegge e l'esito non ne dipende (programma di firma impreciso, o busta ritoccata).".into(),
            ),
            Self::DigestNotAnnounced => (
                "algorithm.digest_not_announced",
                Warning,
                "L'algoritmo di impronta di questa firma non è fra quelli annunciati all'inizio della busta: l'impronta è stata calcolata lo stesso e l'esito non ne dipende (programma di firma impreciso, o busta ritoccata).".into(),
            ),
            Self::DigestUnknown(oid) => (
                "algorithm.digest_unknown",
                Error,
                format!("L'impronta è calcolata con un algoritmo che Varco non conosce ({oid}): la firma non si può verificare, chiedere di firmare con SHA-256.").into(),
            ),
            Self::SignatureAlgorithmUnknown(oid) => (
                "algorithm.signature_unknown",
                Error,
                format!("La firma usa un algoritmo che Varco non conosce ({oid}): non si può verificare, chiedere di firmare con RSA o ECDSA.").into(),
            ),
            Self::AlgorithmsDisagree => (
                "algorithm.mismatch",
                Error,
                "L'algoritmo di firma e quello dell'impronta dichiarati nella busta non vanno insieme: la firma è costruita male o è stata manomessa.".into(),
            ),
            Self::AlgorithmParameters => (
                "algorithm.parameters",
                Error,
                "I parametri dell'algoritmo di firma non sono ammessi dallo standard: la firma è costruita male o è stata manomessa.".into(),
            ),
            Self::AttributeMissing(name) => (
                "attribute.missing",
                Error,
                format!("Tra gli attributi firmati manca {name}, che lo standard richiede: la firma non è valida nella forma.").into(),
            ),
            Self::AttributeRepeated(name) => (
                "attribute.repeated",
                Error,
                format!("L'attributo firmato {name} compare più di una volta: lo standard lo vieta, perché il contenuto firmato diventerebbe ambiguo.").into(),
            ),
            Self::AttributeNotSingle(name) => (
                "attribute.not_single_valued",
                Error,
                format!("L'attributo firmato {name} deve avere esattamente un valore e non lo ha: la firma non è valida nella forma.").into(),
            ),
            Self::AttributeMalformed(name) => (
                "attribute.malformed",
                Error,
                format!("Il valore dell'attributo firmato {name} non è del tipo previsto: la firma non è valida nella forma.").into(),
            ),
            Self::ContentTypeDiffers => (
                "attribute.content_type_differs",
                Error,
                "Il tipo di contenuto firmato non è quello dichiarato dalla busta: il contenuto potrebbe essere stato scambiato, la firma non è valida.".into(),
            ),
            Self::AttributesMissingForType => (
                "attributes.required_for_content_type",
                Error,
                "Per questo tipo di contenuto gli attributi firmati sono obbligatori e mancano: la firma non è valida nella forma.".into(),
            ),
            Self::AttributesAsContent => (
                "attributes.used_as_content",
                Error,
                "Il contenuto è in realtà l'insieme di attributi di un'altra firma: è una manomissione nota, la firma non è valida.".into(),
            ),
            Self::AttributesMissing => (
                "attributes.missing",
                Error,
                "La firma non ha attributi firmati, quindi non dice quale certificato l'ha prodotta: non basta per accettare il documento, chiedere una firma CAdES.".into(),
            ),
            Self::AttributesNotDer => (
                "attributes.not_der",
                Warning,
                "Gli attributi firmati non sono nell'ordine o nella codifica DER: la firma è comunque verificata sui byte così come sono stati inviati (programma di firma vecchio).".into(),
            ),
            Self::AttributesReencoded => (
                "attributes.reencoded",
                Information,
                "Gli attributi firmati sono stati inviati in BER e verificati dopo la ricodifica in DER che lo standard prevede.".into(),
            ),
            Self::ContentMissing => (
                "content.missing",
                Error,
                "La busta contiene solo la firma e non il documento firmato: indicare anche il documento originale e ripetere la verifica.".into(),
            ),
            Self::ContentGivenTwice => (
                "content.differs_from_detached",
                Error,
                "Il documento indicato a parte non è quello contenuto nella busta: verificare quale dei due il firmatario ha davvero firmato.".into(),
            ),
            Self::DigestDiffers => (
                "content.digest_differs",
                Error,
                "Il documento è stato modificato dopo la firma, oppure non è quello firmato: l'impronta non corrisponde. Chiedere di nuovo il file originale.".into(),
            ),
            Self::SignatureValueInvalid => (
                "signature.value_invalid",
                Error,
                "La firma non corrisponde alla chiave del certificato indicato: è stata alterata o appartiene ad altri. Chiedere di firmare di nuovo.".into(),
            ),
            Self::CertificateNotFound => (
                "certificate.not_found",
                Error,
                "Nella busta non c'è il certificato di chi ha firmato: non si può sapere di chi è la firma. Chiedere un file che includa il certificato.".into(),
            ),
            Self::CertificateUnreadable => (
                "certificate.unreadable",
                Error,
                "Il certificato di chi ha firmato è danneggiato e non si legge: chiedere di nuovo il file originale.".into(),
            ),
            Self::KeyUnusable(detail) => (
                "certificate.key_unusable",
                Error,
                format!("La chiave pubblica del certificato non si può usare ({detail}): la firma non si può verificare.").into(),
            ),
            Self::ReferenceMissing => (
                "certificate.reference_missing",
                Error,
                "La firma non indica tra gli attributi firmati quale certificato l'ha prodotta (signing-certificate): non è una firma CAdES e da sola non basta, chiedere di firmare in formato CAdES.".into(),
            ),
            Self::ReferenceDiffers => (
                "certificate.reference_differs",
                Error,
                "Il certificato nella busta non è quello che il firmatario ha indicato firmando: potrebbe essere stato sostituito. La firma non si può attribuire.".into(),
            ),
            Self::ReferenceSerialDiffers => (
                "certificate.reference_serial_differs",
                Error,
                "L'emittente o il numero di serie indicati dal firmatario non sono quelli del certificato nella busta: la firma non rispetta il formato CAdES.".into(),
            ),
            Self::ReferenceNameMalformed => (
                "certificate.reference_name_malformed",
                Warning,
                "Il riferimento al certificato di firma è scritto in una forma non prevista (difetto noto del programma della CIE): l'impronta del certificato corrisponde e la firma resta valida.".into(),
            ),
            Self::NoAnchors => (
                "chain.no_anchors",
                Error,
                "Non è stata indicata nessuna autorità di certificazione fidata, quindi la firma non si può attribuire: indicare i certificati fidati e ripetere.".into(),
            ),
            Self::ChainNotFound(detail) => (
                "chain.not_found",
                Error,
                format!("Il certificato non risale a nessuna delle autorità di certificazione fidate ({detail}): controllare che l'elenco sia completo o rivolgersi a chi ha emesso il certificato.").into(),
            ),
            Self::Expired(on) => (
                "certificate.expired",
                Error,
                format!("Il certificato è scaduto il {} e nulla prova che la firma sia stata apposta prima: serve una marca temporale, una ricevuta PEC o una nuova firma.", date(*on)).into(),
            ),
            Self::ExpiredNotRevoked(on) => (
                "certificate.expired_not_revoked",
                Error,
                format!("Il certificato è scaduto il {} senza essere stato revocato, ma nulla prova che la firma sia stata apposta prima: serve una marca temporale, una ricevuta PEC o una nuova firma.", date(*on)).into(),
            ),
            Self::NotYetValid(from) => (
                "certificate.not_yet_valid",
                Error,
                format!("Il certificato vale solo dal {}: alla data della verifica non era ancora valido.", date(*from)).into(),
            ),
            Self::Revoked { since, reason } => {
                let mut text = format!("Il certificato è stato revocato il {}", date(*since));
                if let Some(reason) = reason {
                    let _infallible = write!(text, " ({reason})");
                }
                text.push_str(" e nulla prova che la firma sia stata apposta prima: per la legge vale come mancata sottoscrizione. Chiedere una nuova firma.");
                ("certificate.revoked", Error, text.into())
            }
            Self::IssuerOutOfBounds { from, until } => (
                "chain.issuer_out_of_bounds",
                Error,
                format!("Il certificato di un'autorità fra il firmatario e quella fidata vale dal {} al {}, e nulla prova che la firma sia stata apposta in quel periodo: serve una marca temporale, una ricevuta PEC o una nuova firma.", date(*from), date(*until)).into(),
            ),
            Self::IssuerRevoked { since } => (
                "chain.issuer_revoked",
                Error,
                format!("Il certificato dell'autorità che ha emesso quello del firmatario è stato revocato il {}: la firma non si può accettare, chiederne una con un certificato nuovo.", date(*since)).into(),
            ),
            Self::Suspended { since } => (
                "certificate.suspended",
                Error,
                format!("Il certificato risulta sospeso dal {}: finché la sospensione non è tolta la firma non si può accettare. Ripetere la verifica più avanti o chiedere al firmatario.", date(*since)).into(),
            ),
            Self::RevocationUnknown(detail) => (
                "certificate.revocation_unknown",
                Error,
                format!("Non si può sapere se il certificato è stato revocato: {detail}. Procurarsi l'elenco di revoca aggiornato e ripetere.").into(),
            ),
            Self::DeltaMissing => (
                "certificate.delta_crl_missing",
                Warning,
                "L'elenco di revoca rimanda ad aggiornamenti più recenti che non sono stati forniti: una revoca recente potrebbe non comparire. Procurarsi anche l'elenco degli aggiornamenti (delta CRL).".into(),
            ),
            Self::ClaimedLater(claimed) => (
                "signing_time.later",
                Warning,
                format!("Il firmatario dichiara di aver firmato il {}, dopo il momento in cui la firma doveva già esistere: la data dichiarata, o la prova di esistenza, è sbagliata.", date_time(*claimed)).into(),
            ),
            Self::ExistenceIgnored(at) => (
                "existence.ignored",
                Warning,
                format!("La data di esistenza indicata ({}) è successiva alla data della verifica e non se ne è tenuto conto.", date_time(*at)).into(),
            ),
            Self::ChainConstraints(detail) => (
                "chain.constraints",
                Error,
                format!("La catena dei certificati non rispetta i vincoli posti dalle autorità ({detail}): la firma non si può accettare.").into(),
            ),
            Self::ChainGeneral(detail) => (
                "chain.invalid",
                Error,
                format!("La catena dei certificati non è valida ({detail}): la firma non si può accettare.").into(),
            ),
            Self::ChainAlgorithm(detail) => (
                "chain.weak_algorithm",
                Error,
                format!("Un certificato della catena usa un algoritmo non più sicuro ({detail}): nulla prova che fosse ancora sicuro quando la firma è stata apposta.").into(),
            ),
            Self::AnchorExpired(on) => (
                "chain.anchor_expired",
                Information,
                format!("Il certificato dell'autorità fidata a cui risale la firma è scaduto il {}: la fiducia dipende da chi ha scelto l'autorità e non da quella data, quindi l'esito non cambia. Se non doveva più essere fra quelle fidate, avvisare chi le gestisce.", date(*on)).into(),
            ),
            Self::KeyUsageUnfit => (
                "certificate.key_usage_unfit",
                Error,
                "La chiave di questo certificato non è destinata a firmare documenti: chiedere una firma fatta con il certificato giusto della carta.".into(),
            ),
            Self::WeakDigest(name) => (
                "algorithm.weak_digest",
                Error,
                format!("La firma usa {name}, che non è più sicuro: qualcuno potrebbe aver preparato un altro documento con la stessa impronta. Chiedere una nuova firma con SHA-256.").into(),
            ),
            Self::WeakKey(bits) => (
                "algorithm.weak_key",
                Error,
                format!("La chiave del firmatario è di soli {bits} bit, troppo corta per essere sicura: chiedere una nuova firma con un certificato attuale.").into(),
            ),
            Self::TrustedListNotAuthenticated => (
                "trusted_list.not_authenticated",
                Warning,
                "L'elenco di fiducia indicato è stato letto senza verificarne la firma: la qualifica del certificato non è accertata.".into(),
            ),
            Self::TrustedListOutdated(due) => (
                "trusted_list.outdated",
                Warning,
                format!("L'elenco di fiducia indicato andava sostituito entro il {}: da allora lo stato dell'autorità potrebbe essere cambiato. Procurarsi l'elenco aggiornato e ripetere.", date(*due)).into(),
            ),
            Self::TimestampsNotJudged => (
                "timestamp.not_judged",
                Information,
                "La firma porta marche temporali che questa versione elenca ma non verifica: non sono usate per stabilire quando è stata apposta.".into(),
            ),
            Self::ExistenceAsserted { at, source } => {
                let source = source.as_deref().unwrap_or("chi chiede la verifica");
                (
                    "existence.asserted",
                    Information,
                    format!("Che il file esistesse già il {} è affermato da: {source}. Varco ne tiene conto ma non l'ha verificato.", date_time(*at)).into(),
                )
            }
            Self::CountersignatureOnly => (
                "countersignature",
                Information,
                "Questa è una controfirma: conferma la firma a cui è apposta e non vale come firma del documento.".into(),
            ),
            Self::InnerNotJudged(kind) => (
                "content.signed_not_judged",
                Error,
                format!("Il contenuto è un documento {kind} che sembra firmato a sua volta, e questa versione di Varco non sa ancora verificare quelle firme: l'esito resta indeterminato.").into(),
            ),
            Self::InnerDamaged(detail) => (
                "content.envelope_damaged",
                Error,
                format!("Il contenuto sembra un'altra busta firmata ma non si apre ({detail}): le firme al suo interno non si possono verificare.").into(),
            ),
            Self::EnvelopeUnsigned => (
                "content.envelope_without_signatures",
                Error,
                "Una delle buste CMS non ha nessuna firma: non si può sapere se qualcosa è stato tolto. Chiedere il file originale.".into(),
            ),
            Self::SignatureRepeated => (
                "envelope.signature_repeated",
                Error,
                "La stessa firma compare due volte nella busta: è una sola firma, e la busta è stata ritoccata dopo che è stata apposta. Chiedere il file originale.".into(),
            ),
            Self::TrailingData => (
                "envelope.trailing_data",
                Error,
                "Dopo la fine della busta firmata ci sono altri dati che nessuno ha firmato: potrebbero essere stati aggiunti. Chiedere il file originale.".into(),
            ),
            Self::Padding => (
                "envelope.padding",
                Warning,
                "Dopo la fine della busta ci sono spazi o zeri di riempimento: non fanno parte di ciò che è stato firmato.".into(),
            ),
            Self::TextEnvelope(kind) => (
                "envelope.text",
                Information,
                format!("La busta era codificata come testo ({kind}) ed è stata decodificata per la verifica.").into(),
            ),
            Self::ExpectedDiffers => (
                "content.not_expected",
                Error,
                "Il documento firmato non è quello atteso (per esempio l'Accordo di Servizio generato per questa pratica): far firmare esattamente il file scaricato, senza modificarlo.".into(),
            ),
            Self::SignerRepeated => (
                "signer.repeated",
                Information,
                "La stessa persona ha firmato più volte lo stesso contenuto: le sue firme valgono come una. Se servivano le firme di persone diverse, ne manca qualcuna.".into(),
            ),
            Self::DeclaredAbsent => (
                "signer.fiscal_code_absent",
                Error,
                "In nessuna firma valida c'è un codice fiscale italiano da confrontare con quello dichiarato: la persona va identificata in altro modo.".into(),
            ),
            Self::DeclaredNotByValidSignature => (
                "signer.match_without_valid_signature",
                Error,
                "Il codice fiscale dichiarato compare in una firma, ma quella firma non risulta valida: la persona non è accertata.".into(),
            ),
        }
    }
}

/// A day as people in Italy write it.
fn date(time: UtcDateTime) -> String {
    format!("{:02}/{:02}/{:04}", time.day(), u8::from(time.month()), time.year())
}

fn date_time(time: UtcDateTime) -> String {
    format!("{} alle {:02}:{:02} UTC", date(time), time.hour(), time.minute())
}

/// Escapes what could deceive a reader: control, bidirectional and other invisible characters (Unicode
/// TR 36), as `\u{…}`. For every text that comes from a certificate, a file name or a message.
pub fn escape(text: &str) -> String {
    escaped(text.to_owned())
}

/// [`escape`] for a text that is ours to keep.
pub(super) fn escaped(text: String) -> String {
    let plain = text.bytes().fold(true, |plain, octet| plain & matches!(octet, b' '..=b'~'));
    if plain || !text.contains(deceives) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if deceives(character) {
            let _infallible = write!(escaped, "\\u{{{:x}}}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character), 0x00ad | 0x061c | 0x115f | 0x1160 | 0x180e | 0x200b..=0x200f
            | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
            | 0xfff0..=0xfffb | 0xe0000..=0xe0fff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_deceive_are_escaped() {
        assert_eq!(escape("Mario\u{202e}oiraM\n\u{1b}[31m"), "Mario\\u{202e}oiraM\\u{a}\\u{1b}[31m");
        assert_eq!(escape("Nicolò D'Àgostino — ß"), "Nicolò D'Àgostino — ß");
    }
}
