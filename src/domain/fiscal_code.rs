//! The Italian fiscal code (*codice fiscale*): sixteen characters for a person, eleven digits for
//! a provisional code or a body.
//!
//! Sources: DM 23 December 1976 (how a code is formed, omocodia in art. 6) and the
//! formal-correctness programs that Agenzia delle Entrate published (series of the eleven-digit codes).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use crate::domain::language::Language;
use crate::domain::place::Place;
use crate::domain::place::PlaceStatus;

mod check;
mod invalid;
mod numeric;
mod personal;

pub use invalid::InvalidFiscalCode;
pub use numeric::NumericSeries;
pub use personal::Birth;
pub use personal::Sex;

/// A fiscal code that is formally valid.
///
/// *Not* checked: that it was ever issued, and that it agrees with a name. A place of birth that is
/// abolished or unknown is accepted, and [`FiscalCode::findings`] says so.
///
/// Two values are equal (`Eq`, `Hash`) when their sixteen or eleven characters are the same.
/// Omocodia variants are therefore different values: in law they were given to different people
/// (DM 23 December 1976, art. 6). Where variants must count as one, use [`FiscalCode::same_person`].
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct FiscalCode {
    text: String,
    form: Form,
}

/// The two forms of a fiscal code.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FiscalCodeKind {
    /// Sixteen characters, made from name, birth and place.
    Personal,
    /// Eleven digits: a provisional code of a person, or the code of a body.
    Numeric,
}

/// Something worth saying of a valid fiscal code; none makes it invalid. It serialises to its code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(tag = "code")]
pub enum FiscalCodeFinding {
    /// The municipality of birth no longer exists.
    #[serde(rename = "fiscal_code.place_abolished")]
    PlaceAbolished,
    /// The place of birth is not in the table.
    #[serde(rename = "fiscal_code.place_unknown")]
    PlaceUnknown,
    /// The place existed in none of the years in which the person can have been born.
    #[serde(rename = "fiscal_code.place_outside_life_span")]
    PlaceOutsideLifeSpan,
    /// Eleven digits of the series given to bodies and as VAT numbers, not to people.
    #[serde(rename = "fiscal_code.number_of_body")]
    NumberOfBody,
    /// Eleven digits whose office number is of no known series.
    #[serde(rename = "fiscal_code.office_unknown")]
    OfficeUnknown,
}

impl FiscalCode {
    /// Reads a code as people type it: any case, white space anywhere.
    ///
    /// White space is Unicode's, and the zero-width characters that copying from pages and PDF
    /// leaves behind. Nothing else is dropped or transliterated.
    pub fn parse(text: &str) -> Result<Self, InvalidFiscalCode> {
        let text = normalised(text)?;
        let bytes = text.as_bytes();
        let form = if let Ok(code) = <&[u8; 16]>::try_from(bytes) {
            Form::Personal(personal::read(code)?)
        } else if let Ok(code) = <&[u8; 11]>::try_from(bytes) {
            Form::Numeric(numeric::read(code)?)
        } else {
            return Err(InvalidFiscalCode::Length(bytes.len()));
        };
        Ok(Self { text, form })
    }

    /// Returns the sixteen or eleven characters, in upper case, omocodia letters as they were given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the form that all 128 omocodia variants of this code share: digits in place of the
    /// substituted letters, and the check character that follows from them.
    pub fn canonical(&self) -> &str {
        match &self.form {
            Form::Personal(parts) => parts.canonical(),
            Form::Numeric(_) => &self.text,
        }
    }

    /// Whether a digit was replaced by a letter, because two people had the same code.
    pub fn is_omocodia(&self) -> bool {
        self.canonical() != self.text
    }

    /// Whether the two codes are equal but for omocodia.
    ///
    /// The report counts such codes as one person; when the forms differ it says so, because
    /// omocodia exists to tell two people apart.
    pub fn same_person(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }

    /// Returns which of the two forms the code has.
    pub fn kind(&self) -> FiscalCodeKind {
        match self.form {
            Form::Personal(_) => FiscalCodeKind::Personal,
            Form::Numeric(_) => FiscalCodeKind::Numeric,
        }
    }

    /// Returns day of birth and sex; `None` for eleven digits.
    pub fn birth(&self) -> Option<Birth> {
        match &self.form {
            Form::Personal(parts) => Some(parts.birth()),
            Form::Numeric(_) => None,
        }
    }

    /// Returns the place of birth; `None` for eleven digits.
    pub fn place(&self) -> Option<Place> {
        match &self.form {
            Form::Personal(parts) => Some(parts.place().clone()),
            Form::Numeric(_) => None,
        }
    }

    /// Returns the series of an eleven-digit code; `None` for sixteen characters.
    pub fn numeric_series(&self) -> Option<NumericSeries> {
        match self.form {
            Form::Personal(_) => None,
            Form::Numeric(series) => Some(series),
        }
    }

    /// Returns what is worth saying of the code at that time.
    ///
    /// The code has two digits for the year: every year up to `now` in which somebody now alive
    /// can have been born counts.
    pub fn findings(&self, now: UtcDateTime) -> Vec<FiscalCodeFinding> {
        let finding = match &self.form {
            Form::Personal(parts) => place_finding(parts.place(), parts.birth(), now),
            Form::Numeric(NumericSeries::Provisional) => None,
            Form::Numeric(NumericSeries::Body) => Some(FiscalCodeFinding::NumberOfBody),
            Form::Numeric(NumericSeries::Unknown) => Some(FiscalCodeFinding::OfficeUnknown),
        };
        finding.into_iter().collect()
    }
}

impl FromStr for FiscalCode {
    type Err = InvalidFiscalCode;

    fn from_str(text: &str) -> Result<Self, InvalidFiscalCode> {
        Self::parse(text)
    }
}

/// Personal data: never printed by `{:?}`, so never in a log by accident.
impl fmt::Debug for FiscalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FiscalCode(…)")
    }
}

impl FiscalCodeFinding {
    /// Returns the machine code of the finding in a report.
    pub fn code(self) -> &'static str {
        match self {
            Self::PlaceAbolished => "fiscal_code.place_abolished",
            Self::PlaceUnknown => "fiscal_code.place_unknown",
            Self::PlaceOutsideLifeSpan => "fiscal_code.place_outside_life_span",
            Self::NumberOfBody => "fiscal_code.number_of_body",
            Self::OfficeUnknown => "fiscal_code.office_unknown",
        }
    }

    /// Returns the sentence for people.
    pub fn message(self, language: Language) -> &'static str {
        let (italian, english) = match self {
            Self::PlaceAbolished => (
                "Il comune di nascita indicato nel codice fiscale non esiste più: è normale per chi vi è nato, non occorre fare nulla.",
                "The municipality of birth in the fiscal code no longer exists: that is normal for people born there, nothing needs to be done.",
            ),
            Self::PlaceUnknown => (
                "Il luogo di nascita indicato nel codice fiscale non è fra quelli noti: se il codice è stato digitato, controllarlo sulla tessera sanitaria.",
                "The place of birth in the fiscal code is not among those known: if the code was typed, check it against the health card.",
            ),
            Self::PlaceOutsideLifeSpan => (
                "Il luogo di nascita indicato nel codice fiscale non risulta esistente nell'anno di nascita: se il codice è stato digitato, controllarlo sulla tessera sanitaria.",
                "The place of birth in the fiscal code did not exist in the year of birth: if the code was typed, check it against the health card.",
            ),
            Self::NumberOfBody => (
                "Il codice fiscale di undici cifre appartiene alle serie di enti e partite IVA: verificare che sia davvero quello di una persona.",
                "The fiscal code of eleven digits belongs to the series of bodies and VAT numbers: check that it is really that of a person.",
            ),
            Self::OfficeUnknown => (
                "Il codice fiscale di undici cifre indica un ufficio che non è fra quelli noti: verificarlo presso l'Agenzia delle Entrate.",
                "The fiscal code of eleven digits names an office that is not among those known: check it with the Agenzia delle Entrate.",
            ),
        };
        language.choose(italian, english)
    }
}

#[derive(Clone, Eq, Hash, PartialEq)]
enum Form {
    Personal(personal::Parts),
    Numeric(NumericSeries),
}

/// Upper case without white space, or the place of the first character that no code has.
fn normalised(text: &str) -> Result<String, InvalidFiscalCode> {
    let mut code = String::with_capacity(16);
    let mut length: usize = 0;
    for character in text.chars().filter(|c| !is_space(*c)) {
        length += 1;
        // A long text is not copied: its length alone is the answer.
        if length <= 16 {
            if !character.is_ascii_alphanumeric() {
                return Err(InvalidFiscalCode::Character(length));
            }
            code.push(character.to_ascii_uppercase());
        }
    }
    match length {
        0 => Err(InvalidFiscalCode::Empty),
        1..=16 => Ok(code),
        _ => Err(InvalidFiscalCode::Length(length)),
    }
}

/// White space, and zero-width space, joiner and byte-order mark, which Unicode does not count as such.
fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

fn place_finding(place: &Place, birth: Birth, now: UtcDateTime) -> Option<FiscalCodeFinding> {
    if place.status() == PlaceStatus::Unknown {
        Some(FiscalCodeFinding::PlaceUnknown)
    } else if !birth.possible_years(now).any(|year| place.existed_in(year)) {
        Some(FiscalCodeFinding::PlaceOutsideLifeSpan)
    } else if place.status() == PlaceStatus::Abolished {
        Some(FiscalCodeFinding::PlaceAbolished)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
