//! Why a text is not a fiscal code, one variant for each thing to tell the person.

/// Why a text is not a fiscal code. Positions count from one, white space left out.
///
/// The messages never repeat the code.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
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

    /// Returns the sentence for people, in Italian.
    pub fn message(self) -> String {
        match self {
            Self::Empty => "Il codice fiscale è vuoto: scriverlo.".to_owned(),
            Self::Length(length) => format!(
                "Il codice fiscale ha 16 caratteri (o 11 cifre, se provvisorio), non {length}: controllare che sia completo."
            ),
            Self::Character(position) => format!(
                "Il carattere {position} del codice fiscale non è né una lettera dalla A alla Z né una cifra: correggerlo."
            ),
            Self::LetterExpected(position) => format!(
                "Al posto {position} del codice fiscale ci vuole una lettera: controllare di non aver scambiato O con 0 o I con 1."
            ),
            Self::DigitExpected(position) => format!(
                "Al posto {position} del codice fiscale ci vuole una cifra: controllare di non aver scambiato 0 con O o 1 con I."
            ),
            Self::NotNumeric => {
                "Un codice fiscale di 11 caratteri ha solo cifre: se è quello di una persona, ne mancano 5."
                    .to_owned()
            }
            Self::Month => {
                "La nona lettera del codice fiscale, quella del mese di nascita, non indica alcun mese: correggerla."
                    .to_owned()
            }
            Self::Day => {
                "Il giorno di nascita nel codice fiscale non va da 1 a 31 né, per le donne, da 41 a 71: correggerlo."
                    .to_owned()
            }
            Self::Date => {
                "Il giorno di nascita nel codice fiscale non esiste in quel mese: correggere giorno o mese."
                    .to_owned()
            }
            Self::SerialZero => {
                "Le prime sette cifre del codice fiscale sono zero: non è un codice attribuito, controllarlo."
                    .to_owned()
            }
            Self::CheckCharacter => {
                "Il carattere di controllo, l'ultimo, non corrisponde agli altri: c'è un errore di scrittura nel codice fiscale."
                    .to_owned()
            }
        }
    }
}
