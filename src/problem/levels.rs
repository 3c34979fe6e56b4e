//! Problems of timestamps, and of the data by which signatures last.

use crate::fetch::FetchError;
use crate::problem::{Kind, Language, Problem, io_words_in};
use crate::procedures::signing::{LastingError, NoAuthorities, StampError};
use crate::sign::timestamp::TimestampError;
use crate::verify::escape;

impl Problem {
    /// Why a level above B cannot be begun.
    pub fn of_authorities(error: &NoAuthorities) -> Self {
        match error {
            NoAuthorities::NoTsa => Self::bilingual(
                Kind::BadRequest,
                "Per questo livello serve un'autorità di marcatura temporale: indicarla con --tsa, o con tsa in [sign] della configurazione.",
                "This level needs a timestamp authority: name it with --tsa, or with tsa in [sign] of the settings.",
            ),
            NoAuthorities::TsaAddress => Self::bilingual(
                Kind::BadRequest,
                "L'indirizzo dell'autorità di marcatura temporale non è http:// né https://: correggere --tsa, o tsa in [sign] della configurazione.",
                "The address of the timestamp authority is neither http:// nor https://: correct --tsa, or tsa in [sign] of the settings.",
            ),
            NoAuthorities::NoAnchors => Self::bilingual(
                Kind::BadRequest,
                "Per questo livello servono i certificati fidati, con cui si controlla la marca temporale: indicarli con --trust, o con anchors in [trust] della configurazione.",
                "This level needs trusted certificates, by which the timestamp is checked: name them with --trust, or with anchors in [trust] of the settings.",
            ),
            NoAuthorities::Anchors(error) => Self::of_material(error),
            NoAuthorities::Network(error) => {
                Self::told(Kind::Configuration, |language| {
                    let why = io_words_in(error, language);
                    language.choose(
                    format!("La rete non si può usare: {why}. Controllare l'indirizzo proxy in [sign] della configurazione."),
                    format!("The network cannot be used: {why}. Check the address proxy in [sign] of the settings."),
                )
                })
            }
        }
    }
}

/// Why there is no timestamp.
pub(super) fn of_stamp(error: &StampError) -> Problem {
    Problem::told(Kind::Timestamp, |language| match error {
        StampError::Fetch(error) => {
            let why = fetch_words(error, language);
            language.choose(
                format!("L'autorità di marcatura temporale non ha dato la marca: {why}. Nessun file è stato scritto: riprovare più tardi, o indicarne un'altra con --tsa."),
                format!("The timestamp authority gave no timestamp: {why}. No file was written: try again later, or name another with --tsa."),
            )
        }
        StampError::Timestamp(error) => {
            let (italian, english) = timestamp_words(error);
            language.choose(
                format!("La marca temporale ricevuta non è utilizzabile: {italian}. Nessun file è stato scritto."),
                format!("The timestamp that came cannot be used: {english}. No file was written."),
            )
        }
    })
}

/// Why a signature would not last.
pub(super) fn of_lasting(error: &LastingError) -> Problem {
    let (may_pass, why, silent) = match error {
        LastingError::NotJudged(error) => {
            let detail = escape(&error.to_string());
            return Problem::told(Kind::ValidationData, |language| {
                language.choose(
                    format!("Il file firmato non si può esaminare (dettaglio tecnico: {detail}). Nessun file è stato scritto."),
                    format!("The signed file cannot be examined: {detail}. No file was written."),
                )
            });
        }
        LastingError::DoesNotPass { may_pass, why, silent } => (may_pass, why, silent),
    };
    Problem::told(Kind::ValidationData, |language| {
        let reason = why.as_ref().map(|why| why.message_in(language).into_owned());
        let reason = reason.unwrap_or_else(|| {
            language
                .choose("Una firma non ha una marca temporale valida.", "A signature has no valid timestamp.")
                .to_owned()
        });
        let silent = silent.as_deref().map(|(address, error)| {
            let address = escape(address);
            let words = error.as_ref().map(|error| fetch_words(error, language));
            let words = words.unwrap_or_else(|| {
                language.choose("la risposta non si può leggere", "the answer cannot be read").to_owned()
            });
            language
                .choose(format!(" Da {address} nessun dato: {words}."), format!(" Nothing from {address}: {words}."))
        });
        let silent = silent.unwrap_or_default();
        let next = match may_pass {
            true => language.choose(" Riprovare più tardi.", " Try again later."),
            false => "",
        };
        language.choose(
            format!("La firma non si può rendere verificabile nel tempo. {reason}{silent} Nessun file è stato scritto.{next}"),
            format!("The signature cannot be made to last. {reason}{silent} No file was written.{next}"),
        )
    })
}

/// Part of a sentence.
fn fetch_words(error: &FetchError, language: Language) -> String {
    let (italian, english) = match error {
        FetchError::Address => ("l'indirizzo non è http o https", "the address is not http or https"),
        FetchError::NotPublic => (
            "l'indirizzo non è pubblico, e chi firma un documento non deve poter far interrogare la rete interna",
            "the address is not public, and nobody who signs a document may have the network inside asked",
        ),
        FetchError::Unreachable(_) => ("non risponde", "it does not answer"),
        FetchError::TimedOut => ("non ha risposto in tempo", "it did not answer in time"),
        FetchError::Redirected => ("rimanda a un altro indirizzo", "it sends us to another address"),
        FetchError::Status(status) => {
            return language.choose(
                format!("ha risposto con l'errore HTTP {status}"),
                format!("it answered with HTTP error {status}"),
            );
        }
        FetchError::ContentType(_) => ("la risposta è di un altro tipo", "the answer is of another type"),
        FetchError::TooLarge(_) => ("la risposta è troppo grande", "the answer is too large"),
    };
    language.choose(italian, english).to_owned()
}

/// Part of a sentence.
fn timestamp_words(error: &TimestampError) -> (String, String) {
    let both = |italian: &str, english: &str| (italian.to_owned(), english.to_owned());
    match error {
        TimestampError::NoRandomness(_) => {
            both("mancano numeri casuali su questo computer", "this computer has no random numbers")
        }
        TimestampError::Malformed(_) | TimestampError::TooLarge => {
            both("la risposta dell'autorità non è una marca temporale", "the answer of the authority is no timestamp")
        }
        TimestampError::Refused { status, failure } => {
            let reason = failure.map(|bit| format!(", {bit}")).unwrap_or_default();
            (
                format!("l'autorità la rifiuta (stato {status}{reason})"),
                format!("the authority refuses it (status {status}{reason})"),
            )
        }
        TimestampError::OtherNonce | TimestampError::OtherPolicy | TimestampError::OtherImprint => {
            both("risponde a un'altra richiesta", "it answers another request")
        }
        TimestampError::Clock(_) => both(
            "l'orologio dell'autorità e quello di questo computer non vanno d'accordo: controllare l'ora",
            "the clocks of the authority and of this computer do not agree: check the time",
        ),
        TimestampError::ProvesNothing(findings) => {
            let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
            let codes = codes.join(", ");
            (
                format!(
                    "non è valida, o la sua autorità non è fra quelle fidate ({codes}): aggiungere il certificato dell'autorità con --trust se è giusto fidarsene"
                ),
                format!(
                    "it is not valid, or its authority is not trusted ({codes}): add the certificate of the authority with --trust if it deserves trust"
                ),
            )
        }
        TimestampError::NotJudged(_) => both("non si può esaminare", "it cannot be examined"),
    }
}
