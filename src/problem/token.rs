//! Why a card or token did not sign, for people.

use crate::problem::{Kind, Language, io_words_in, return_value};
use crate::sign::pkcs11::{ProcessFault, SignError, Step, TokenFacts, TriesLeft};
use crate::verify::escape;

/// What sort of problem it is.
pub(super) const fn kind(error: &SignError) -> Kind {
    match error {
        SignError::WrongPin { .. }
        | SignError::PinLocked
        | SignError::PinLength { .. }
        | SignError::LastTry
        | SignError::EnteredOnTheReader
        | SignError::NoKeypad => Kind::Pin,
        SignError::NotAModule | SignError::Process(_) | SignError::Senseless { .. } => Kind::Module,
        SignError::KeyAbsent | SignError::MechanismAbsent => Kind::Key,
        _ => Kind::Token,
    }
}

/// What happened, and what to do.
pub(super) fn words(error: &SignError, language: Language) -> String {
    match error {
        SignError::Process(fault) => process_words(fault, language),
        SignError::WrongPin { left } => wrong_pin_words(*left, language),
        SignError::PinLength { min, max } => {
            language.choose(
                format!("Il PIN di questo dispositivo ha da {min} a {max} caratteri: quello inserito no. Nessun tentativo è stato consumato."),
                format!("The PIN of this device has {min} to {max} characters: the one entered has not. No try was used up."),
            )
        }
        SignError::TokenAbsent { present } => {
            let present = names(present);
            language.choose(
                format!("Non c'è un dispositivo con questo nome o numero di serie: ci sono {present}."),
                format!("There is no device of this label or serial number: there are {present}."),
            )
        }
        SignError::SeveralTokens { present } => {
            let present = names(present);
            language.choose(
                format!("Ci sono più dispositivi: indicarne uno con --token. Ci sono {present}."),
                format!("There are several devices: name one with --token. There are {present}."),
            )
        }
        SignError::Returned { value, during } => {
            let (words, name) = (return_value::words(*value, language), value.name());
            let step = step_words(*during, language);
            let advice = return_value::advice(*value, language).map(|advice| format!(" {advice}")).unwrap_or_default();
            format!("{step}: {words} ({name}).{advice}")
        }
        SignError::Senseless { during } => {
            let step = step_words(*during, language);
            language.choose(
                format!("{step}: il modulo ha risposto in un modo che lo standard PKCS#11 non prevede. Riprovare, e se si ripete aggiornare il programma del produttore."),
                format!("{step}: the module answered in a way that the PKCS#11 standard does not have. Try again, and if it happens again update the program of the vendor."),
            )
        }
        _ => {
            let (italian, english) = plain_words(error);
            language.choose(italian, english).to_owned()
        }
    }
}

/// Sentences in which nothing is filled in.
fn plain_words(error: &SignError) -> (&'static str, &'static str) {
    match error {
        SignError::NotAModule => (
            "Il file del modulo non è un modulo PKCS#11 che si possa caricare su questo computer: reinstallare il programma del produttore della carta.",
            "The file of the module is no PKCS#11 module that can be loaded on this computer: install the program of the card's vendor again.",
        ),
        SignError::Busy => (
            "Il dispositivo è in uso da altri e non si è liberato in tempo: riprovare fra poco.",
            "The device is used by others and was not free in time: try again soon.",
        ),
        SignError::NoToken => (
            "Non c'è nessun dispositivo: inserire la carta nel lettore, o collegare il dispositivo, e riprovare.",
            "There is no device: put the card into the reader, or connect the device, and try again.",
        ),
        SignError::Removed => (
            "La carta è stata tolta, o il lettore scollegato: inserirla di nuovo e ripetere la firma, con il PIN.",
            "The card was removed, or the reader unplugged: put it back and sign again, with the PIN.",
        ),
        SignError::KeyAbsent => (
            "Sul dispositivo c'è il certificato e non la sua chiave privata: non può firmare. Usare un'altra chiave (varco sign --list le mostra).",
            "The device has the certificate and not its private key: it cannot sign. Use another key (varco sign --list shows them).",
        ),
        SignError::MechanismAbsent => (
            "Il dispositivo non sa fare questo tipo di firma: usare un'altra chiave, o il modulo del produttore della carta.",
            "The device cannot make this kind of signature: use another key, or the module of the card's vendor.",
        ),
        SignError::PinLocked => (
            "Il PIN è bloccato: per sbloccarlo serve il PUK, con il programma del produttore della carta. Se è bloccato anche il PUK, chiedere una carta nuova a chi l'ha emessa.",
            "The PIN is locked: the PUK is needed to unlock it, with the program of the card's vendor. If the PUK is locked as well, ask the issuer for a new card.",
        ),
        SignError::LastTry => (
            "Resta un solo tentativo: se il PIN è sbagliato la carta si blocca. La carta non è stata interrogata; per usare l'ultimo tentativo serve una conferma esplicita (--last-try).",
            "One try is left: if the PIN is wrong the card is locked. The card was not asked; to use the last try an explicit confirmation is needed (--last-try).",
        ),
        SignError::EnteredOnTheReader => (
            "Il PIN di questo dispositivo si digita sul lettore: ripetere senza --pin-file.",
            "The PIN of this device is entered on the reader: repeat without --pin-file.",
        ),
        SignError::NoKeypad => (
            "Il lettore non ha una tastiera: il PIN va inserito qui.",
            "The reader has no keypad: the PIN must be entered here.",
        ),
        SignError::BeyondConsent => (
            "Le firme chieste sono più di quelle per cui è stato dato il PIN.",
            "More signatures were asked for than the PIN was given for.",
        ),
        SignError::WrongSignature => (
            "Il dispositivo ha restituito una firma che non corrisponde al certificato: è stata scartata. Riprovare, e se si ripete far controllare la carta da chi l'ha emessa.",
            "The device returned a signature that does not match the certificate: it was thrown away. Try again, and if it happens again have the card looked at by its issuer.",
        ),
        SignError::NotBegun => (
            "Non c'è più un accesso aperto alla carta: ripetere la firma, con il PIN.",
            "There is no open login to the card any more: sign again, with the PIN.",
        ),
        // These have words of their own, in `words`.
        SignError::Process(_)
        | SignError::WrongPin { .. }
        | SignError::PinLength { .. }
        | SignError::TokenAbsent { .. }
        | SignError::SeveralTokens { .. }
        | SignError::Returned { .. }
        | SignError::Senseless { .. } => ("Il dispositivo non ha firmato.", "The device did not sign."),
    }
}

fn process_words(fault: &ProcessFault, language: Language) -> String {
    match fault {
        ProcessFault::NotStarted(error) => {
            let why = io_words_in(error, language);
            language.choose(
                format!("Il processo che carica il modulo non si può avviare: {why}."),
                format!("The process that loads the module cannot be started: {why}."),
            )
        }
        ProcessFault::Crashed => language
            .choose(
                "Il modulo della carta si è interrotto per un suo difetto; Varco non ne risente. Riprovare, e se si ripete aggiornare il programma del produttore.",
                "The module of the card crashed by a fault of its own; Varco goes on. Try again, and if it happens again update the program of the vendor.",
            )
            .to_owned(),
        ProcessFault::TooSlow(allowed) => {
            let seconds = allowed.as_secs();
            language.choose(
                format!("Il modulo della carta non ha risposto entro {seconds} secondi ed è stato fermato: togliere e reinserire la carta, poi riprovare."),
                format!("The module of the card did not answer within {seconds} seconds and was stopped: take the card out and put it back, then try again."),
            )
        }
        ProcessFault::Garbled => language
            .choose(
                "Il processo che carica il modulo ha risposto in modo incomprensibile ed è stato fermato: riprovare.",
                "The process that loads the module answered without sense and was stopped: try again.",
            )
            .to_owned(),
    }
}

fn wrong_pin_words(left: TriesLeft, language: Language) -> String {
    let (italian, english) = match left {
        TriesLeft::Unknown | TriesLeft::All => (
            "Il PIN è sbagliato. Non viene riprovato: dopo pochi errori la carta si blocca.",
            "The PIN is wrong. It is not tried again: after a few mistakes the card is locked.",
        ),
        TriesLeft::Fewer => (
            "Il PIN è sbagliato e non viene riprovato. I tentativi che restano sono meno di prima.",
            "The PIN is wrong and is not tried again. Fewer tries are left than before.",
        ),
        TriesLeft::Last => (
            "Il PIN è sbagliato e non viene riprovato. Resta un solo tentativo prima che la carta si blocchi.",
            "The PIN is wrong and is not tried again. One try is left before the card is locked.",
        ),
        TriesLeft::None => (
            "Il PIN è sbagliato e ora è bloccato: per sbloccarlo serve il PUK.",
            "The PIN is wrong and is locked now: the PUK is needed to unlock it.",
        ),
    };
    language.choose(italian, english).to_owned()
}

fn step_words(during: Step, language: Language) -> &'static str {
    let (italian, english) = match during {
        Step::Load => ("Il modulo non si avvia", "The module does not start"),
        Step::Look => ("Il dispositivo non si può leggere", "The device cannot be read"),
        Step::Open => ("Il dispositivo non si apre", "The device does not open"),
        Step::Login => ("Il dispositivo non accetta l'accesso", "The device does not accept the login"),
        Step::Sign => ("Il dispositivo non ha firmato", "The device did not sign"),
        Step::Logout => ("L'accesso al dispositivo non si chiude", "The login to the device does not end"),
    };
    language.choose(italian, english)
}

/// Labels and serial numbers, fit to be shown.
fn names(tokens: &[TokenFacts]) -> String {
    let name = |token: &TokenFacts| format!("{} ({})", escape(&token.label), escape(&token.serial));
    tokens.iter().map(name).collect::<Vec<_>>().join(", ")
}
