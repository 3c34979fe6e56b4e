//! `EF_DatiPersonali` of a CNS: sixteen texts about the holder, readable without a PIN.
//!
//! Six hexadecimal digits give the length of all fields; each field is two hexadecimal digits of length and as many octets
//! (CNS file system). Nothing of it is signed: it says what the card says, and the certificate is what proves.

use std::fmt;

use thiserror::Error;
use time::{Date, Month};

use crate::domain::fiscal_code::{FiscalCode, InvalidFiscalCode};

/// The largest file, in octets, with the six digits of its length (CNS file system).
pub const MAX_PERSONAL_DATA: usize = 400;

/// The octets of the length of all.
pub(super) const HEADER: usize = 6;

/// What a card says of its holder. `Debug` prints none of it.
#[derive(Clone, Eq, PartialEq)]
pub struct PersonalData {
    values: [String; Field::ALL.len()],
}

/// The fields, in the order of the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Field {
    /// *Emettitore*.
    IssuerCode,
    /// *Data di emissione*.
    IssueDate,
    /// *Data di scadenza*.
    ExpiryDate,
    /// *Cognome*.
    Surname,
    /// *Nome*.
    GivenName,
    /// *Data di nascita*.
    BirthDate,
    /// *Sesso*: `M` or `F`.
    Sex,
    /// *Statura*, in centimetres.
    Height,
    /// *Codice fiscale*.
    FiscalCode,
    /// *Cittadinanza*.
    Citizenship,
    /// *Comune di nascita*, its Belfiore code.
    BirthMunicipality,
    /// *Stato estero di nascita*.
    BirthCountry,
    /// *Estremi dell'atto di nascita*.
    BirthCertificate,
    /// *Comune di residenza*, its Belfiore code.
    ResidenceMunicipality,
    /// *Indirizzo di residenza*.
    ResidenceAddress,
    /// *Annotazione in caso di non validità del documento per l'espatrio*.
    ExpatriationNotes,
}

/// Why the file cannot be read. It holds no personal data.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PersonalDataError {
    /// There is nothing in it, or only filling: the card was not personalised.
    #[error("the file is empty")]
    Empty,
    /// It ends within the six digits of its length.
    #[error("the file ends within its header, after {found} octets")]
    CutHeader {
        /// Octets that there are.
        found: usize,
    },
    /// The six digits are none.
    #[error("the length of the file is not written in hexadecimal digits")]
    BadTotal,
    /// More than a file of this kind can hold.
    #[error("the file announces {announced} octets, more than {MAX_PERSONAL_DATA} with its header")]
    TooLong {
        /// Octets of all fields, as announced.
        announced: usize,
    },
    /// More than the file has.
    #[error("the file announces {announced} octets and has {found}")]
    Cut {
        /// Octets of all fields, as announced.
        announced: usize,
        /// Octets that there are.
        found: usize,
    },
    /// The fields end before this one.
    #[error("the file ends before {field:?}")]
    MissingField {
        /// The first field that is missing.
        field: Field,
    },
    /// The two digits of the length of a field are none.
    #[error("the length of {field:?} is not written in hexadecimal digits")]
    BadLength {
        /// Which field.
        field: Field,
    },
    /// A field is longer than what is left.
    #[error("{field:?} is longer than the rest of the file")]
    FieldBeyondEnd {
        /// Which field.
        field: Field,
    },
    /// A field holds control characters.
    #[error("{field:?} is not text")]
    NotText {
        /// Which field.
        field: Field,
    },
}

impl Field {
    /// All of them, in the order of the file.
    pub const ALL: [Self; 16] = [
        Self::IssuerCode,
        Self::IssueDate,
        Self::ExpiryDate,
        Self::Surname,
        Self::GivenName,
        Self::BirthDate,
        Self::Sex,
        Self::Height,
        Self::FiscalCode,
        Self::Citizenship,
        Self::BirthMunicipality,
        Self::BirthCountry,
        Self::BirthCertificate,
        Self::ResidenceMunicipality,
        Self::ResidenceAddress,
        Self::ExpatriationNotes,
    ];

    /// The name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IssuerCode => "issuer_code",
            Self::IssueDate => "issue_date",
            Self::ExpiryDate => "expiry_date",
            Self::Surname => "surname",
            Self::GivenName => "given_name",
            Self::BirthDate => "birth_date",
            Self::Sex => "sex",
            Self::Height => "height",
            Self::FiscalCode => "fiscal_code",
            Self::Citizenship => "citizenship",
            Self::BirthMunicipality => "birth_municipality",
            Self::BirthCountry => "birth_country",
            Self::BirthCertificate => "birth_certificate",
            Self::ResidenceMunicipality => "residence_municipality",
            Self::ResidenceAddress => "residence_address",
            Self::ExpatriationNotes => "expatriation_notes",
        }
    }

    /// Whether it is a date.
    pub const fn is_date(self) -> bool {
        matches!(self, Self::IssueDate | Self::ExpiryDate | Self::BirthDate)
    }
}

impl PersonalData {
    /// Reads the file; filling after the announced length, and after the last field, is left out.
    ///
    /// *Not* checked: whether dates are dates, the code a code. Both have readers of their own.
    pub fn parse(file: &[u8]) -> Result<Self, PersonalDataError> {
        let total = total_length(file)?;
        let found = file.len().saturating_sub(HEADER);
        let mut rest = file.get(HEADER..HEADER + total).ok_or(PersonalDataError::Cut { announced: total, found })?;
        let mut values: [String; Field::ALL.len()] = Default::default();
        for (field, value) in Field::ALL.into_iter().zip(&mut values) {
            let (octets, after) = take_field(field, rest)?;
            *value = text(octets).ok_or(PersonalDataError::NotText { field })?;
            rest = after;
        }
        Ok(Self { values })
    }

    /// A field as the card has it, without the white space around it; empty when the card says nothing.
    pub fn get(&self, field: Field) -> &str {
        let found = Field::ALL.iter().zip(&self.values).find(|(known, _)| **known == field);
        found.map_or("", |(_, value)| value.trim())
    }

    /// The codice fiscale; an error when it is formally wrong.
    pub fn fiscal_code(&self) -> Result<FiscalCode, InvalidFiscalCode> {
        FiscalCode::parse(self.get(Field::FiscalCode))
    }

    /// A date, written as day, month and year in eight digits (or with `/`, `-` or `.` between); `None` when the field is
    /// another, is empty or is no day of the calendar.
    pub fn date(&self, field: Field) -> Option<Date> {
        let text = self.get(field);
        let plain = text.bytes().all(|octet| octet.is_ascii_digit() || matches!(octet, b'/' | b'-' | b'.'));
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if !field.is_date() || !plain || digits.len() != 8 {
            return None;
        }
        let month: u8 = digits.get(2..4)?.parse().ok()?;
        let year = digits.get(4..)?.parse().ok()?;
        Date::from_calendar_date(year, Month::try_from(month).ok()?, digits.get(..2)?.parse().ok()?).ok()
    }
}

impl fmt::Debug for PersonalData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalData(<personal>)")
    }
}

/// The length of all fields, from the first six octets of the file.
pub(super) fn total_length(file: &[u8]) -> Result<usize, PersonalDataError> {
    if file.iter().all(|octet| matches!(octet, 0x00 | 0xFF)) {
        return Err(PersonalDataError::Empty);
    }
    let header = file.get(..HEADER).ok_or(PersonalDataError::CutHeader { found: file.len() })?;
    let announced = hexadecimal(header).ok_or(PersonalDataError::BadTotal)?;
    if announced > MAX_PERSONAL_DATA - HEADER {
        return Err(PersonalDataError::TooLong { announced });
    }
    Ok(announced)
}

fn take_field(field: Field, rest: &[u8]) -> Result<(&[u8], &[u8]), PersonalDataError> {
    let (length, rest) = rest.split_at_checked(2).ok_or(PersonalDataError::MissingField { field })?;
    let length = hexadecimal(length).ok_or(PersonalDataError::BadLength { field })?;
    rest.split_at_checked(length).ok_or(PersonalDataError::FieldBeyondEnd { field })
}

fn hexadecimal(digits: &[u8]) -> Option<usize> {
    digits.iter().try_fold(0, |value: usize, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        value.checked_mul(16)?.checked_add(usize::try_from(digit).ok()?)
    })
}

/// Text is ASCII. Where a card has accents nobody wrote down how: UTF-8 if it is, ISO 8859-1 otherwise.
fn text(octets: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => octets.iter().copied().map(char::from).collect(),
    };
    (!text.chars().any(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const VALUES: [&str; 16] = [
        "7430",
        "15032021",
        "14032027",
        "PROVA",
        "CARDA",
        "01011990",
        "F",
        "170",
        "PRVCRD90A41H501L",
        "ITA",
        "H501",
        "",
        "0012P1A1990",
        "H501",
        "VIA DELLE PROVE 1",
        "NOTA",
    ];

    fn file(values: &[&str]) -> Vec<u8> {
        let fields = values.iter().map(|value| format!("{:02X}{value}", value.len())).collect::<Vec<_>>().concat();
        format!("{:06X}{fields}", fields.len()).into_bytes()
    }

    #[test]
    fn every_field_is_where_the_file_has_it() {
        let mut padded = file(&VALUES);
        padded.resize(MAX_PERSONAL_DATA, 0);
        for octets in [file(&VALUES), padded] {
            let data = PersonalData::parse(&octets).unwrap();
            for (field, value) in Field::ALL.into_iter().zip(VALUES) {
                assert_eq!(data.get(field), value, "{field:?}");
            }
            assert_eq!(data.date(Field::BirthDate), Some(date!(1990 - 01 - 01)));
            assert_eq!(data.date(Field::Height), None);
            assert_eq!(data.fiscal_code().unwrap().as_str(), "PRVCRD90A41H501L");
        }
    }

    #[test]
    fn each_malformed_shape_has_its_own_error() {
        use PersonalDataError as Error;
        let good = file(&VALUES);
        let cases: [(Vec<u8>, Error); 13] = [
            (Vec::new(), Error::Empty),
            (vec![0; 400], Error::Empty),
            (vec![0xFF; 400], Error::Empty),
            (b"00".to_vec(), Error::CutHeader { found: 2 }),
            ([b"0000G0", &good[6..]].concat(), Error::BadTotal),
            ([b"+00010", &good[6..]].concat(), Error::BadTotal),
            ([b"FFFFFF", &good[6..]].concat(), Error::TooLong { announced: 0xFF_FFFF }),
            (good[..good.len() - 1].to_vec(), Error::Cut { announced: good.len() - 6, found: good.len() - 7 }),
            (file(&VALUES[..9]), Error::MissingField { field: Field::Citizenship }),
            (b"000000".to_vec(), Error::MissingField { field: Field::IssuerCode }),
            (b"000006ZZ7430".to_vec(), Error::BadLength { field: Field::IssuerCode }),
            (b"00000605743X".to_vec(), Error::FieldBeyondEnd { field: Field::IssuerCode }),
            (file(&["7430", "1503\x1b021"]), Error::NotText { field: Field::IssueDate }),
        ];
        for (octets, expected) in cases {
            assert_eq!(PersonalData::parse(&octets).err(), Some(expected), "{}", octets.escape_ascii());
        }
    }

    #[test]
    fn dates_that_are_none_are_told_apart_from_dates() {
        let birth = |text: &'static str| {
            let mut values = VALUES;
            values[5] = text;
            PersonalData::parse(&file(&values)).unwrap().date(Field::BirthDate)
        };
        assert_eq!(birth("29022000"), Some(date!(2000 - 02 - 29)));
        assert_eq!(birth("29/02/2000"), Some(date!(2000 - 02 - 29)));
        for none in ["", "29021999", "00011990", "19900101", "0101199", "A0101199", "0101 1990 "] {
            assert_eq!(birth(none), None, "{none}");
        }
    }

    #[test]
    fn accents_are_kept_however_they_are_written() {
        let fields = |address: &[u8]| {
            let before =
                VALUES[..14].iter().map(|value| format!("{:02X}{value}", value.len())).collect::<Vec<_>>().concat();
            let length = format!("{:02X}", address.len());
            let fields = [before.as_bytes(), length.as_bytes(), address, b"00"].concat();
            [format!("{:06X}", fields.len()).as_bytes(), &fields].concat()
        };
        for address in ["VIA CITTÀ 1".as_bytes(), b"VIA CITT\xC0 1"] {
            assert_eq!(PersonalData::parse(&fields(address)).unwrap().get(Field::ResidenceAddress), "VIA CITTÀ 1");
        }
    }

    #[test]
    fn debug_shows_nothing_personal() {
        let shown = format!("{:?}", PersonalData::parse(&file(&VALUES)).unwrap());
        assert_eq!(shown, "PersonalData(<personal>)");
    }
}
