//! Why a text is not a fiscal code, one variant for each thing to tell the person.

use serde::{Deserialize, Serialize};

use crate::domain::language::Language;

/// Why a text is not a fiscal code. Positions count from one, white space left out.
///
/// The messages never repeat the code.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum InvalidFiscalCode {
    /// There is nothing but white space.
    #[error("the fiscal code is empty")]
    Empty,
    /// The length is neither sixteen nor eleven.
    #[error("a fiscal code has 16 characters or 11 digits, not {0} characters")]
    Length(usize),
    /// A character is neither a letter `A`–`Z` nor a digit.
    #[error("the character at position {0} is neither a letter A-Z nor a digit")]
    Character(usize),
    /// A digit or another letter stands where the form wants a letter.
    #[error("position {0} wants a letter")]
    LetterExpected(usize),
    /// A letter that omocodia does not use stands where the form wants a digit.
    #[error("position {0} wants a digit or an omocodia letter")]
    DigitExpected(usize),
    /// Eleven characters that are not all digits.
    #[error("a fiscal code of 11 characters has only digits")]
    NotNumeric,
    /// The ninth character is no letter of a month.
    #[error("the ninth character is no month letter (ABCDEHLMPRST)")]
    Month,
    /// The day is neither 1–31 nor 41–71.
    #[error("the day of birth is neither 1-31 nor 41-71")]
    Day,
    /// The day does not exist in that month, in any century.
    #[error("the day of birth does not exist in its month")]
    Date,
    /// Eleven digits of which the first seven, the serial number, are zero.
    #[error("the serial number of the 11 digits is zero")]
    SerialZero,
    /// The last character does not follow from the others: something was mistyped.
    #[error("the check character does not follow from the others")]
    CheckCharacter,
}

impl InvalidFiscalCode {
    /// Returns the machine code of the reason in a report.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "fiscal_code.empty",
            Self::Length(_) => "fiscal_code.length",
            Self::Character(_) => "fiscal_code.character",
            Self::LetterExpected(_) => "fiscal_code.letter_expected",
            Self::DigitExpected(_) => "fiscal_code.digit_expected",
            Self::NotNumeric => "fiscal_code.not_numeric",
            Self::Month => "fiscal_code.month",
            Self::Day => "fiscal_code.day",
            Self::Date => "fiscal_code.date",
            Self::SerialZero => "fiscal_code.serial_zero",
            Self::CheckCharacter => "fiscal_code.check_character",
        }
    }

    /// Returns the sentence for people.
    pub fn message(self, language: Language) -> String {
        let (italian, english) = match self {
            Self::Length(length) => {
                return language.choose(
                    format!("Il codice fiscale ha 16 caratteri (o 11 cifre, se provvisorio), non {length}: controllare che sia completo."),
                    format!("A fiscal code has 16 characters (or 11 digits, if provisional), not {length}: check that it is complete."),
                );
            }
            Self::Character(position) => {
                return language.choose(
                    format!("Il carattere {position} del codice fiscale non è né una lettera dalla A alla Z né una cifra: correggerlo."),
                    format!("Character {position} of the fiscal code is neither a letter from A to Z nor a digit: correct it."),
                );
            }
            Self::LetterExpected(position) => {
                return language.choose(
                    format!("Al posto {position} del codice fiscale ci vuole una lettera: controllare di non aver scambiato O con 0 o I con 1."),
                    format!("Position {position} of the fiscal code must be a letter: check that O was not taken for 0, or I for 1."),
                );
            }
            Self::DigitExpected(position) => {
                return language.choose(
                    format!("Al posto {position} del codice fiscale ci vuole una cifra: controllare di non aver scambiato 0 con O o 1 con I."),
                    format!("Position {position} of the fiscal code must be a digit: check that 0 was not taken for O, or 1 for I."),
                );
            }
            Self::Empty => ("Il codice fiscale è vuoto: scriverlo.", "The fiscal code is empty: write it."),
            Self::NotNumeric => (
                "Un codice fiscale di 11 caratteri ha solo cifre: se è quello di una persona, ne mancano 5.",
                "A fiscal code of 11 characters has only digits: if it is that of a person, 5 characters are missing.",
            ),
            Self::Month => (
                "La nona lettera del codice fiscale, quella del mese di nascita, non indica alcun mese: correggerla.",
                "The ninth letter of the fiscal code, that of the month of birth, stands for no month: correct it.",
            ),
            Self::Day => (
                "Il giorno di nascita nel codice fiscale non va da 1 a 31 né, per le donne, da 41 a 71: correggerlo.",
                "The day of birth in the fiscal code is neither from 1 to 31 nor, for women, from 41 to 71: correct it.",
            ),
            Self::Date => (
                "Il giorno di nascita nel codice fiscale non esiste in quel mese: correggere giorno o mese.",
                "The day of birth in the fiscal code does not exist in that month: correct the day or the month.",
            ),
            Self::SerialZero => (
                "Le prime sette cifre del codice fiscale sono zero: non è un codice attribuito, controllarlo.",
                "The first seven digits of the fiscal code are zero: no such code was ever given, check it.",
            ),
            Self::CheckCharacter => (
                "Il carattere di controllo, l'ultimo, non corrisponde agli altri: c'è un errore di scrittura nel codice fiscale.",
                "The check character, the last one, does not follow from the others: the fiscal code was mistyped.",
            ),
        };
        language.choose(italian, english).to_owned()
    }
}
