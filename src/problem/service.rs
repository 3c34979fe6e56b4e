//! Problems of the service: what a procedure could not do on request of a portal.

use crate::problem::{Kind, Problem, octets};
use crate::procedures::recorded_verification::RecordedVerificationError;
use crate::procedures::upload::UploadError;
use crate::procedures::verification::VerificationError;
use crate::store::StoreError;
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
            RecordedVerificationError::Altered => Self::bilingual(
                Kind::TrailAltered,
                "Il rapporto conservato non è più quello che fu dato, come il registro degli eventi dimostra: non si mostra. Comunicare il valore di request_id a chi gestisce il servizio.",
                "The report that is kept is not the one that was given, as the trail shows: it is not told. Tell request_id to whoever runs the service.",
            ),
            RecordedVerificationError::NoRandomness(_) | RecordedVerificationError::Stopped => Self::internal(),
        }
    }

    /// Why a document could not be received.
    pub fn of_upload(error: &UploadError) -> Self {
        match error {
            UploadError::TooLarge(limit) => Self::too_large(*limit),
            UploadError::Storage(_) => unavailable(),
        }
    }

    /// Why the store did not do what it was asked.
    pub fn of_store(error: &StoreError) -> Self {
        match error.kind() {
            StoreError::Unavailable(_)
            | StoreError::Unknown(_)
            | StoreError::Conflict
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
        let detail = format!("La richiesta supera il limite di {} e non è stata esaminata.", octets(limit));
        Self::new(Kind::TooLarge, detail)
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
