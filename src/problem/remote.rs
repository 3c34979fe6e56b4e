//! Problems of remote signatures.

use crate::domain::language::Language;
use crate::problem::signing::{of_other_holder, of_unfit_signer};
use crate::problem::{Kind, Problem};
use crate::procedures::signing::remote::ProviderError;
use crate::sign::remote::{EnteredError, Refusal, RemoteError};
use crate::verify::escape;

impl Problem {
    /// Why a provider made no signature.
    pub fn of_provider(error: &ProviderError) -> Self {
        match error {
            ProviderError::Remote(error) => of_remote(error),
            ProviderError::Signer(error) => of_unfit_signer(error),
            ProviderError::OtherHolder(other) => of_other_holder(*other),
            ProviderError::Exchange { error, .. } => Self::told(Kind::Provider, |language| {
                let why = escape(&error.to_string());
                language.choose(
                    format!("Il fornitore della firma remota non risponde come deve (dettaglio tecnico: {why}). Nessun file è stato firmato."),
                    format!("The provider of remote signatures does not answer as it must: {why}. No file was signed."),
                )
            }),
            ProviderError::NotStarted(error) => Self::bilingual(
                Kind::Internal,
                "Non si può chiedere nulla in rete.",
                "Nothing can be asked over the network.",
            )
            .with_technical_detail(error),
            ProviderError::Choice { fit } => of_choice(fit),
            ProviderError::NotEntered(object) => Self::told(Kind::Pin, |language| {
                let what = escape(object.label.as_deref().unwrap_or(&object.id));
                language.choose(
                    format!("Non è stato inserito: {what}. Nessun file è stato firmato."),
                    format!("It was not entered: {what}. No file was signed."),
                )
            }),
            ProviderError::NotConfirmed => Self::bilingual(
                Kind::Provider,
                "La conferma sul dispositivo non è arrivata in tempo. Nessun file è stato firmato.",
                "The confirmation on the device did not come in time. No file was signed.",
            ),
        }
    }

    /// Why what was entered opens nothing.
    pub fn of_entered(error: EnteredError) -> Self {
        let (italian, english) = match error {
            EnteredError::Empty => ("Il PIN o il codice è vuoto.", "The PIN or code is empty."),
            EnteredError::Senseless => (
                "Non è un PIN né un codice: forse è il file sbagliato.",
                "It is no PIN and no code: perhaps it is the wrong file.",
            ),
        };
        Self::bilingual(Kind::Pin, italian, english)
    }
}

fn of_choice(fit: &[String]) -> Problem {
    if fit.is_empty() {
        return Problem::bilingual(
            Kind::Key,
            "Il fornitore non ha una credenziale adatta a firmare: varco sign --list dice il perché di ciascuna.",
            "The provider has no credential that fits for signing: varco sign --list says why for each.",
        );
    }
    let names = fit.iter().map(|id| escape(id)).collect::<Vec<_>>().join(", ");
    Problem::told(Kind::Key, |language| {
        language.choose(
            format!("Più credenziali sono adatte, indicarne una con --credential: {names}."),
            format!("Several credentials fit, name one with --credential: {names}."),
        )
    })
}

fn of_remote(error: &RemoteError) -> Problem {
    match error {
        RemoteError::Refused(refusal) => of_refusal(refusal),
        RemoteError::Missing(_) => of_detail(Kind::Pin, error, "manca qualcosa che apre la credenziale"),
        RemoteError::Disabled => of_detail(Kind::Key, error, "il fornitore ha disattivato la credenziale"),
        RemoteError::OnAPage => {
            of_detail(Kind::Key, error, "la credenziale si autorizza su una pagina del fornitore, e da qui non si può")
        }
        RemoteError::Unsupported(_) => {
            of_detail(Kind::Key, error, "la credenziale si apre in un modo che non è previsto")
        }
        RemoteError::Algorithm(_) => of_detail(Kind::Key, error, "la chiave non firma con un algoritmo utilizzabile"),
        RemoteError::TooMany { allowed, .. } => {
            let why = format!(
                "una sola autorizzazione vale per {allowed} firme al massimo: firmare meno documenti per volta"
            );
            of_detail(Kind::BadRequest, error, &why)
        }
        RemoteError::Expired => of_detail(Kind::Provider, error, "l'autorizzazione è scaduta: ripetere"),
        RemoteError::WrongSignature(_) | RemoteError::Count { .. } => {
            of_detail(Kind::Provider, error, "le firme del fornitore non sono valide e sono state scartate")
        }
        RemoteError::Malformed(_) | RemoteError::Hashes => {
            of_detail(Kind::Provider, error, "la risposta del fornitore non si comprende")
        }
        RemoteError::Timestamp(_) => {
            of_detail(Kind::Provider, error, "la marca temporale del fornitore non prova nulla")
        }
    }
}

fn of_detail(kind: Kind, error: &RemoteError, italian: &str) -> Problem {
    let english = error.to_string();
    Problem::bilingual(
        kind,
        format!("Nessun file è stato firmato: {italian} (dettaglio tecnico: {english})."),
        format!("No file was signed: {english}."),
    )
}

/// The provider's own words stay as they are, whatever their language.
fn of_refusal(refusal: &Refusal) -> Problem {
    let kind = match refusal.error.as_deref() {
        Some("invalid_otp" | "invalid_pin" | "invalid_authentication_data") => Kind::Pin,
        _ => Kind::Provider,
    };
    let said = [refusal.error.as_deref(), refusal.description.as_deref()];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join(": ");
    let status = refusal.status;
    Problem::told(kind, |language: Language| match (said.as_str(), language) {
        ("", Language::Italian) => {
            format!("Il fornitore ha rifiutato senza dire perché (HTTP {status}). Nessun file è stato firmato.")
        }
        ("", Language::English) => {
            format!("The provider refused and did not say why (HTTP {status}). No file was signed.")
        }
        (said, Language::Italian) => {
            format!("Il fornitore ha rifiutato (HTTP {status}) e dice: «{said}». Nessun file è stato firmato.")
        }
        (said, Language::English) => {
            format!("The provider refused (HTTP {status}) and says: “{said}”. No file was signed.")
        }
    })
}
