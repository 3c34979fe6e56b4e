//! Problems of the service: what a procedure could not do on request of a portal.

use crate::problem::{Kind, Language, Problem, octets};
use crate::procedures::documents::DocumentsError;
use crate::procedures::recorded_verification::RecordedVerificationError;
use crate::procedures::upload::UploadError;
use crate::procedures::verification::VerificationError;
use crate::store::{RefusalWords, StoreError};
use crate::verify::VerifyError;

impl Problem {
    /// Why there is no answer about a document; `document` is its name.
    pub fn of_recorded_verification(error: &RecordedVerificationError, document: &str) -> Self {
        match error {
            RecordedVerificationError::Verification(error) => of_verification(error, document),
            RecordedVerificationError::Store(error) => Self::of_store(error),
            RecordedVerificationError::KeyUsed => Self::bilingual(
                Kind::KeyUsed,
                "La chiave di idempotenza è già stata usata per una richiesta diversa: usarne una nuova per ogni richiesta nuova.",
                "The idempotency key was used for another request: take a new one for each new request.",
            ),
            RecordedVerificationError::Erased => Self::bilingual(
                Kind::Erased,
                "Il rapporto è stato conservato per il tempo previsto e poi cancellato: ripetere la verifica con il documento.",
                "The report was kept for its time and then erased: verify the document again.",
            ),
            RecordedVerificationError::NotReady => Self::bilingual(
                Kind::NotReady,
                "La verifica è stata accettata e il rapporto non c'è: a che punto è si legge nella risorsa status.",
                "The verification was accepted and there is no report: the resource status says how far it is.",
            ),
            RecordedVerificationError::QueueFull => Self::bilingual(
                Kind::Busy,
                "Le verifiche accettate e non ancora fatte sono già troppe: ripetere la richiesta fra qualche minuto.",
                "Too many verifications are accepted and not done: repeat the request in a few minutes.",
            ),
            RecordedVerificationError::Documents(_) => unavailable(),
            RecordedVerificationError::Altered => Self::bilingual(
                Kind::TrailAltered,
                "Il rapporto conservato non è più quello che fu dato, come il registro degli eventi dimostra: non si mostra. Comunicare il valore di request_id a chi gestisce il servizio.",
                "The report that is kept is not the one that was given, as the trail shows: it is not told. Tell request_id to whoever runs the service.",
            ),
            RecordedVerificationError::NoRandomness(_) | RecordedVerificationError::Stopped => Self::internal(),
        }
    }

    /// Why a document cannot be examined, in words that can be kept: they name no file and nobody.
    pub fn refusal_words(error: &VerificationError) -> RefusalWords {
        let problem = of_verification(error, "");
        let kind = problem.kind.word().to_owned();
        let in_english = problem.clone().in_language(Language::English).detail;
        RefusalWords { kind, detail: problem.detail, in_english }
    }

    /// The problem of which these words were kept.
    pub fn of_refusal(words: &RefusalWords) -> Self {
        let (detail, in_english) = (words.detail.clone(), words.in_english.clone());
        Kind::of_word(&words.kind).map_or_else(Self::internal, |kind| Self::bilingual(kind, detail, in_english))
    }

    /// The verification failed again and again, and nobody tries any more.
    pub fn given_up() -> Self {
        Self::bilingual(
            Kind::GivenUp,
            "La verifica non è riuscita dopo più tentativi, per un difetto del servizio e non del documento: comunicare l'identificativo della verifica a chi lo gestisce.",
            "The verification failed several times, because of the service and not of the document: tell its identifier to whoever runs the service.",
        )
    }

    /// Why a document could not be received.
    pub fn of_upload(error: &UploadError) -> Self {
        match error {
            UploadError::TooLarge(limit) => Self::too_large(*limit),
            UploadError::Storage(_) => unavailable(),
        }
    }

    /// Why a document that is kept cannot be read.
    pub fn of_documents(error: &DocumentsError) -> Self {
        match error {
            DocumentsError::Store(error) => Self::of_store(error),
            DocumentsError::Place(_) => unavailable(),
        }
    }

    /// Why the store did not do what it was asked.
    pub fn of_store(error: &StoreError) -> Self {
        match error.kind() {
            StoreError::Unavailable(_)
            | StoreError::Unknown(_)
            | StoreError::Conflict
            | StoreError::LeaseLost
            | StoreError::Shared(_)
            | StoreError::Closed => unavailable(),
            StoreError::Failed(_)
            | StoreError::Damaged(_)
            | StoreError::BadUrl
            | StoreError::Unprotected
            | StoreError::Migration(_) => Self::internal(),
        }
    }

    /// A document of more than `limit` octets.
    pub fn too_large(limit: u64) -> Self {
        Self::told(Kind::TooLarge, |language| {
            let limit = octets(limit, language);
            language.choose(
                format!("La richiesta supera il limite di {limit} e non è stata esaminata."),
                format!("The request is larger than the limit of {limit} and was not examined."),
            )
        })
    }

    /// A fault of ours: nothing is told but where to ask.
    pub fn internal() -> Self {
        Self::bilingual(
            Kind::Internal,
            "Varco non è riuscito a rispondere per un suo difetto: comunicare il valore di request_id a chi gestisce il servizio.",
            "Varco could not answer because of a fault of its own: tell request_id to whoever runs the service.",
        )
    }
}

/// Faults of our own disk are ours, not the document's.
fn of_verification(error: &VerificationError, document: &str) -> Problem {
    match error {
        VerificationError::Examination(VerifyError::TimedOut) => Problem::bilingual(
            Kind::TimedOut,
            "L'esame del documento ha superato il tempo concesso.",
            "The examination of the document took longer than allowed.",
        ),
        VerificationError::Examination(VerifyError::Io(_)) | VerificationError::Document(_) => unavailable(),
        error => Problem::of_verification(error, document),
    }
}

fn unavailable() -> Problem {
    Problem::bilingual(
        Kind::Unavailable,
        "La richiesta non può essere eseguita in questo momento: ripeterla fra qualche secondo, con la stessa chiave di idempotenza.",
        "The request cannot be carried out now: repeat it in a few seconds, with the same idempotency key.",
    )
}
