//! Errors as people and programs get them: problem documents (RFC 9457), in Italian or English.
//!
//! The one place where each error of a procedure becomes a word, a status and a sentence.

mod card;
mod document;
mod levels;
mod remote;
mod return_value;
mod service;
mod signing;
mod token;
mod trail;

use std::borrow::Cow;
use std::error::Error;
use std::io;

use serde::Serialize;
use utoipa::ToSchema;

use crate::verify::escape;

pub use crate::domain::language::Language;
pub use signing::unfit_words;

/// A problem document (RFC 9457 §3.1). What comes from outside is escaped; no codice fiscale is ever in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of problem, as a URN.
    #[serde(rename = "type")]
    #[schema(value_type = String, format = "uri", pattern = "^urn:varco:problem:[a-z-]+$")]
    pub kind: Kind,
    /// The same in words, always the same for a kind.
    pub title: &'static str,
    /// The HTTP status that goes with it.
    pub status: u16,
    /// What is wrong here, and what to do.
    pub detail: String,
    /// The file that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// `detail` in English; without it, the text is for the command line, which is Italian.
    #[serde(skip)]
    detail_in_english: Option<Cow<'static, str>>,
    /// The same fault in the words of the program, in English: for whoever helps, not for whoever asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub technical_detail: Option<String>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $word:literal $status:literal $title:literal $in_english:literal;)+) => {
        /// Kinds of problem; each is the last part of a URN.
        #[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $word)] $kind,)+
        }

        impl Kind {
            const fn status(self) -> u16 {
                match self { $(Self::$kind => $status,)+ }
            }

            const fn title(self, language: Language) -> &'static str {
                match (self, language) { $(
                    (Self::$kind, Language::Italian) => $title,
                    (Self::$kind, Language::English) => $in_english,
                )+ }
            }

            /// The last part of its URN.
            pub fn word(self) -> &'static str {
                let urn = match self { $(Self::$kind => $word,)+ };
                urn.rsplit(':').next().unwrap_or(urn)
            }

            /// The kind of this word.
            pub fn of_word(word: &str) -> Option<Self> {
                [$(Self::$kind),+].into_iter().find(|kind| kind.word() == word)
            }
        }
    };
}

kinds! {
    /// The document carries no signature.
    NoSignature "urn:varco:problem:no-signature" 422 "Il documento non è firmato" "The document is not signed";
    /// There is nothing in the document.
    Empty "urn:varco:problem:empty" 422 "Il documento è vuoto" "The document is empty";
    /// Its signatures are of a kind that is not judged yet.
    NotSupported "urn:varco:problem:not-supported" 422 "Tipo di firma non ancora verificabile" "Kind of signature that cannot be verified yet";
    /// The envelope cannot be opened.
    Damaged "urn:varco:problem:damaged" 422 "La busta firmata è danneggiata" "The signed envelope is damaged";
    /// The document opens under a password that is missing or another.
    Password "urn:varco:problem:password" 422 "Il documento è protetto da una password" "The document is protected by a password";
    /// The document is larger than allowed.
    TooLarge "urn:varco:problem:too-large" 413 "Il documento è troppo grande" "The document is too large";
    /// Too many envelopes inside one another.
    TooDeep "urn:varco:problem:too-deep" 422 "Troppe buste una dentro l'altra" "Too many envelopes inside one another";
    /// Too many signatures, certificates or other data beside the content.
    TooMany "urn:varco:problem:too-many" 422 "Troppe firme o troppi certificati" "Too many signatures or certificates";
    /// It took too long.
    TimedOut "urn:varco:problem:timed-out" 422 "Verifica interrotta per il troppo tempo" "Verification given up: it took too long";
    /// There is no such file.
    NotFound "urn:varco:problem:not-found" 422 "Il file non esiste" "There is no such file";
    /// It is a folder.
    Directory "urn:varco:problem:is-a-directory" 422 "È una cartella" "It is a folder";
    /// The file cannot be read.
    Unreadable "urn:varco:problem:unreadable" 422 "Il file non si può leggere" "The file cannot be read";
    /// Anchors, lists or CRLs cannot be used.
    Material "urn:varco:problem:trust-material" 422 "Certificati fidati o elenchi di revoca non utilizzabili" "Trusted certificates or revocation lists cannot be used";
    /// The command or the request is not understood.
    BadRequest "urn:varco:problem:bad-request" 400 "Richiesta non valida" "Bad request";
    /// The settings are wrong.
    Configuration "urn:varco:problem:configuration" 500 "Configurazione non valida" "Invalid configuration";
    /// A field of the request is not what it must be.
    InvalidField "urn:varco:problem:invalid-field" 422 "Un campo della richiesta non è valido" "A field of the request is not valid";
    /// What is asked is not built yet.
    NotBuilt "urn:varco:problem:not-built" 501 "Funzione non ancora disponibile" "Not available yet";
    /// A result cannot be written.
    CannotWrite "urn:varco:problem:cannot-write" 500 "Il risultato non si può scrivere" "The result cannot be written";
    /// No token, or none that is valid.
    Unauthenticated "urn:varco:problem:unauthenticated" 401 "Serve un token valido" "A valid token is needed";
    /// The token does not allow it.
    Forbidden "urn:varco:problem:forbidden" 403 "Il token non lo permette" "The token does not allow it";
    /// The form of the page is too old, or not ours.
    StaleForm "urn:varco:problem:stale-form" 403 "Modulo scaduto" "The form has expired";
    /// There is nothing under this address, or it is somebody else's.
    NoResource "urn:varco:problem:no-such-resource" 404 "A questo indirizzo non c'è nulla" "There is nothing here";
    /// There is no report yet, or there will be none.
    NotReady "urn:varco:problem:not-ready" 409 "Il rapporto non c'è ancora" "There is no report yet";
    /// The method is not for this resource.
    MethodNotAllowed "urn:varco:problem:method-not-allowed" 405 "Metodo non ammesso" "Method not allowed";
    /// None of the formats that the caller accepts can be given.
    NotAcceptable "urn:varco:problem:not-acceptable" 406 "Formato della risposta non disponibile" "Format not available";
    /// The request came too slowly.
    TooSlow "urn:varco:problem:too-slow" 408 "La richiesta arriva troppo lentamente" "The request is too slow";
    /// A verification was given up after several attempts.
    GivenUp "urn:varco:problem:given-up" 500 "La verifica non è riuscita" "The verification failed";
    /// It was kept long enough and is erased.
    Erased "urn:varco:problem:erased" 410 "Il rapporto è stato cancellato" "The report was erased";
    /// The body is of a type that is not read.
    UnsupportedMediaType "urn:varco:problem:unsupported-media-type" 415 "Tipo di contenuto non ammesso" "Unsupported media type";
    /// The idempotency key was used for another request.
    KeyUsed "urn:varco:problem:idempotency-key-reused" 422 "Chiave di idempotenza già usata" "Idempotency key already used";
    /// The token asked too often.
    TooManyRequests "urn:varco:problem:too-many-requests" 429 "Troppe richieste" "Too many requests";
    /// There is too much to do.
    Busy "urn:varco:problem:busy" 503 "Servizio occupato" "Service busy";
    /// The store or the disk cannot be used now.
    Unavailable "urn:varco:problem:unavailable" 503 "Servizio momentaneamente non disponibile" "Service not available for the moment";
    /// The service of smart cards does not answer.
    CardService "urn:varco:problem:card-service" 503 "Il servizio delle smart card non risponde" "The service of smart cards does not answer";
    /// There is no reader, or not the one that was named.
    NoReader "urn:varco:problem:no-reader" 503 "Lettore di smart card non trovato" "No such reader of smart cards";
    /// There is no card, or more than one.
    NoCard "urn:varco:problem:no-card" 409 "Carta non trovata" "No card found";
    /// The card is of a kind that is not read.
    OtherCard "urn:varco:problem:other-card" 422 "La carta è di un altro tipo" "The card is of another kind";
    /// The card was taken out meanwhile.
    CardRemoved "urn:varco:problem:card-removed" 409 "La carta è stata tolta" "The card was removed";
    /// The card, or a file of it, cannot be read.
    CardUnreadable "urn:varco:problem:card-unreadable" 422 "La carta non si può leggere" "The card cannot be read";
    /// The trail is not what it was.
    TrailAltered "urn:varco:problem:trail-altered" 500 "Il registro degli eventi è alterato" "The audit trail was altered";
    /// The module of a card or token cannot be used.
    Module "urn:varco:problem:module" 500 "Il modulo del dispositivo di firma non si può usare" "The module of the signature device cannot be used";
    /// A card or token is missing, or did not do what it was asked.
    Token "urn:varco:problem:token" 422 "Il dispositivo di firma non ha firmato" "The signature device did not sign";
    /// The PIN is wrong, locked or missing.
    Pin "urn:varco:problem:pin" 422 "PIN non accettato" "PIN not accepted";
    /// There is no key that can sign.
    Key "urn:varco:problem:key" 422 "Nessuna chiave con cui firmare" "No key to sign with";
    /// There is no timestamp, or none that would be believed.
    Timestamp "urn:varco:problem:timestamp" 502 "Marca temporale non ottenuta" "No timestamp";
    /// The data by which a signature lasts cannot be had, or say that it does not hold.
    ValidationData "urn:varco:problem:validation-data" 422 "La firma non si può rendere verificabile nel tempo" "The signature cannot be made to last";
    /// A provider of remote signatures refuses, or does not answer as it must.
    Provider "urn:varco:problem:provider" 502 "Il fornitore della firma remota non ha firmato" "The provider of remote signatures did not sign";
    /// A fault of ours.
    Internal "urn:varco:problem:internal" 500 "Errore interno" "Internal error";
}

impl Problem {
    /// A problem of some kind; what comes from outside in `detail` must be escaped already.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title: kind.title(Language::Italian),
            status: kind.status(),
            detail: detail.into(),
            file: None,
            technical_detail: None,
            detail_in_english: None,
        }
    }

    /// A problem whose detail exists in both languages; what comes from outside must be escaped already.
    pub fn bilingual(kind: Kind, italian: impl Into<Cow<'static, str>>, english: impl Into<Cow<'static, str>>) -> Self {
        Self { detail_in_english: Some(english.into()), ..Self::new(kind, italian.into()) }
    }

    /// A problem whose detail is made anew for each language.
    pub fn told(kind: Kind, detail: impl Fn(Language) -> String) -> Self {
        Self::bilingual(kind, detail(Language::Italian), detail(Language::English))
    }

    /// The same in another language, as far as it is told there; see [`Self::language`].
    #[must_use]
    pub fn in_language(mut self, language: Language) -> Self {
        if let (Language::English, Some(english)) = (language, &self.detail_in_english) {
            self.title = self.kind.title(language);
            self.detail = english.clone().into_owned();
        }
        self
    }

    /// The language that it is told in to whoever prefers this one.
    pub const fn language(&self, preferred: Language) -> Language {
        if self.detail_in_english.is_some() { preferred } else { Language::Italian }
    }

    /// Says which file it is about.
    #[must_use]
    pub fn about(mut self, file: &str) -> Self {
        self.file = Some(escape(file));
        self
    }

    /// Adds the fault in the words of the program.
    fn with_technical_detail(mut self, error: &dyn Error) -> Self {
        self.technical_detail = Some(escape(&error.to_string()));
        self
    }
}

/// A number of octets as people write it.
pub fn octets(count: u64, language: Language) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push_str(language.choose(".", ","));
        }
        grouped.push(digit);
    }
    grouped + language.choose(" byte", if count == 1 { " byte" } else { " bytes" })
}

/// The reason of the operating system, in Italian where it is a usual one.
pub fn io_words(error: &io::Error) -> String {
    io_words_in(error, Language::Italian)
}

fn io_words_in(error: &io::Error, language: Language) -> String {
    let (italian, english) = match error.kind() {
        io::ErrorKind::NotFound => ("la cartella o il file non esiste", "there is no such folder or file"),
        io::ErrorKind::PermissionDenied => ("non se ne hanno i permessi", "there is no permission to do so"),
        io::ErrorKind::IsADirectory => ("è una cartella", "it is a folder"),
        io::ErrorKind::NotADirectory => {
            ("una parte del percorso non è una cartella", "a part of the path is no folder")
        }
        io::ErrorKind::AlreadyExists => {
            ("esiste già qualcosa con questo nome", "there is something of this name already")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ("lo spazio su disco è finito", "there is no space left on the disk")
        }
        io::ErrorKind::ReadOnlyFilesystem => ("il disco è di sola lettura", "the disk is read-only"),
        io::ErrorKind::InvalidFilename => ("il nome non è ammesso", "the name is not allowed"),
        _ => {
            return error.raw_os_error().map_or_else(
                || language.choose("la lettura o la scrittura non è riuscita", "reading or writing failed").to_owned(),
                |number| {
                    language.choose(
                        format!("errore {number} del sistema operativo"),
                        format!("error {number} of the operating system"),
                    )
                },
            );
        }
    };
    language.choose(italian, english).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedures::verification::VerificationError;
    use crate::verify::VerifyError;

    #[test]
    fn a_problem_document_has_the_members_of_rfc_9457() {
        let error = VerificationError::Examination(VerifyError::NoSignature);
        let json = serde_json::to_value(Problem::of_verification(&error, "a\u{202e}b.p7m")).unwrap();
        assert_eq!(json["type"], "urn:varco:problem:no-signature");
        assert_eq!(json["status"], 422);
        assert_eq!(json["title"], "Il documento non è firmato");
        assert_eq!(json["file"], "a\\u{202e}b.p7m");
        assert!(json["detail"].as_str().unwrap().starts_with("Nel file"));
    }

    #[test]
    fn reasons_of_the_operating_system_are_never_in_english() {
        for (error, expected) in [
            (io::Error::from(io::ErrorKind::UnexpectedEof), "la lettura o la scrittura non è riuscita"),
            (io::Error::other("broken thing"), "la lettura o la scrittura non è riuscita"),
            (io::Error::from_raw_os_error(5), "errore 5 del sistema operativo"),
            (io::Error::from_raw_os_error(28), "lo spazio su disco è finito"),
        ] {
            assert_eq!(io_words(&error), expected);
            let problem = Problem::of_verification(&VerificationError::Examination(VerifyError::Io(error)), "a.p7m");
            assert_eq!(problem.detail, format!("Il file non si può leggere: {expected}."));
        }
    }

    #[test]
    fn octets_are_grouped_by_three() {
        assert_eq!(octets(7, Language::Italian), "7 byte");
        assert_eq!(octets(123, Language::English), "123 bytes");
        assert_eq!(octets(2_147_483_648, Language::Italian), "2.147.483.648 byte");
        assert_eq!(octets(2_147_483_648, Language::English), "2,147,483,648 bytes");
    }
}
