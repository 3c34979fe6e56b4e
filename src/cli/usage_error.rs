//! What is wrong with a command line, in one Italian sentence instead of clap's English ones.
//!
//! Values are never repeated: one of them is a codice fiscale.

use std::num::{IntErrorKind, ParseIntError};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::problem::{Kind, Problem};
use crate::verify::escape;

/// Commands of the contract that later versions bring.
const COMING: [&str; 4] = ["sign", "pec", "trust", "evidence"];

/// Puts an error of the command line into words.
pub(super) fn problem(error: &clap::Error) -> Problem {
    let argument = || context(error, ContextKind::InvalidArg).unwrap_or_default();
    let detail = match error.kind() {
        ErrorKind::InvalidValue => match context(error, ContextKind::ValidValue) {
            Some(valid) if !value_is_missing(error) => {
                format!("Il valore di {} non è fra quelli previsti: {valid}.", argument())
            }
            _ => format!("A {} manca il valore.", argument()),
        },
        ErrorKind::UnknownArgument => match context(error, ContextKind::SuggestedArg) {
            Some(known) => format!("L'opzione {} non esiste: forse {known}?", argument()),
            None => format!("L'opzione {} non esiste.", argument()),
        },
        ErrorKind::InvalidSubcommand => return subcommand(error),
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(in_words);
            format!("Il valore di {} non va bene. {}", argument(), why.unwrap_or_default())
        }
        ErrorKind::ArgumentConflict => match context(error, ContextKind::PriorArg) {
            Some(prior) if prior != argument() => format!("{} e {prior} non si possono usare insieme.", argument()),
            _ => format!("{} si può usare una volta sola.", argument()),
        },
        ErrorKind::MissingRequiredArgument => format!("Manca {}.", argument()),
        ErrorKind::MissingSubcommand => "Manca il comando, per esempio varco verify.".to_owned(),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::NoEquals => {
            format!("Il numero di valori di {} non è quello previsto.", argument())
        }
        ErrorKind::InvalidUtf8 => "Un valore contiene caratteri che non sono testo (UTF-8).".to_owned(),
        _ => "La riga di comando non si capisce.".to_owned(),
    };
    Problem::new(Kind::BadRequest, format!("{} Aiuto: varco --help.", detail.trim_end()))
}

/// Why a value does not do. Our own types say so in Italian, numbers do not.
fn in_words(why: &(dyn std::error::Error + 'static)) -> String {
    match why.downcast_ref::<ParseIntError>().map(ParseIntError::kind) {
        Some(IntErrorKind::PosOverflow) => "Il numero è troppo grande.".to_owned(),
        Some(IntErrorKind::Zero) => "Si conta da 1.".to_owned(),
        Some(_) => "Serve un numero intero.".to_owned(),
        None => why.to_string(),
    }
}

/// clap reports an option without its value as one with an empty value.
fn value_is_missing(error: &clap::Error) -> bool {
    context(error, ContextKind::InvalidValue).is_none_or(|value| value.is_empty())
}

fn subcommand(error: &clap::Error) -> Problem {
    let name = context(error, ContextKind::InvalidSubcommand).unwrap_or_default();
    if COMING.contains(&name.as_str()) {
        let detail = format!("Il comando varco {name} non è ancora disponibile in questa versione.");
        return Problem::new(Kind::NotBuilt, detail);
    }
    let detail = match context(error, ContextKind::SuggestedSubcommand) {
        Some(known) => format!("Il comando {name} non esiste: forse {known}? Aiuto: varco --help."),
        None => format!("Il comando {name} non esiste. Aiuto: varco --help."),
    };
    Problem::new(Kind::BadRequest, detail)
}

/// What clap knows about the error, without the value that may follow a name.
fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    let text = match error.get(kind)? {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        ContextValue::StyledStr(text) => text.to_string(),
        _ => return None,
    };
    // Without the value that may follow a name, and without clap's brackets around what has no name.
    let name = |text: &str| match text.split(['=', ' ']).next().unwrap_or_default() {
        "<FILE>..." => "il file da verificare".to_owned(),
        name => name.trim_matches(['<', '>', '.']).to_owned(),
    };
    Some(match kind {
        ContextKind::InvalidArg | ContextKind::PriorArg => {
            escape(&text.split(", ").map(name).collect::<Vec<_>>().join(", "))
        }
        _ => escape(&text),
    })
}
