//! Sixteen characters: surname, name, birth, place, check.

use std::fmt;

use time::UtcDateTime;

use crate::domain::fiscal_code::InvalidFiscalCode;
use crate::domain::fiscal_code::check;
use crate::domain::place::Place;

/// The sex that a fiscal code records.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Sex {
    /// Forty is added to the day of birth.
    Female,
    /// The day of birth stands as it is.
    Male,
}

/// Day of birth and sex as a fiscal code gives them, without the century.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Birth {
    /// Year of the century, 0–99.
    pub year_of_century: u8,
    /// Month, 1–12.
    pub month: u8,
    /// Day of the month, 1–31.
    pub day: u8,
    /// Sex.
    pub sex: Sex,
}

impl Birth {
    /// Returns the years in which a person alive at that time can have been born, latest first.
    pub fn possible_years(self, now: UtcDateTime) -> impl Iterator<Item = i32> {
        let now = now.year();
        let least_age = (now - i32::from(self.year_of_century)).rem_euclid(100);
        (least_age..LONGEST_LIFE).step_by(100).map(move |age| now - age)
    }
}

/// Personal data: never printed by `{:?}`.
impl fmt::Debug for Birth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Birth(…)")
    }
}

/// What is read from a valid code; its own form of sixteen characters stays with the caller.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(super) struct Parts {
    canonical: String,
    birth: Birth,
    place: Place,
}

impl Parts {
    pub(super) fn canonical(&self) -> &str {
        &self.canonical
    }

    pub(super) fn birth(&self) -> Birth {
        self.birth
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

/// Reads sixteen letters and digits in upper case.
pub(super) fn read(code: &[u8; 16]) -> Result<Parts, InvalidFiscalCode> {
    let [head @ .., check] = code;
    let digits = without_omocodia(head)?;
    let [_, _, _, _, _, _, y1, y2, month, d1, d2, place, p1, p2, p3] = digits;
    let birth = birth([y1, y2], month, [d1, d2])?;
    if check::character(head) != *check {
        return Err(InvalidFiscalCode::CheckCharacter);
    }
    let canonical = digits.into_iter().chain([check::character(&digits)]).map(char::from).collect();
    Ok(Parts { canonical, birth, place: Place::look_up([place, p1, p2, p3]) })
}

/// How long anybody may live, in years: bounds the centuries that two digits can mean.
const LONGEST_LIFE: i32 = 130;

/// Where the form wants letters (`A`) and digits (`0`); omocodia may replace each of the digits.
const LAYOUT: &[u8; 15] = b"AAAAAA00A00A000";

/// The first fifteen characters with digits wherever the form wants them.
fn without_omocodia(head: &[u8; 15]) -> Result<[u8; 15], InvalidFiscalCode> {
    let mut digits = *head;
    for ((index, byte), wanted) in digits.iter_mut().enumerate().zip(LAYOUT) {
        let position = index + 1;
        if *wanted == b'A' {
            if !byte.is_ascii_uppercase() {
                return Err(InvalidFiscalCode::LetterExpected(position));
            }
        } else {
            *byte = digit(*byte).ok_or(InvalidFiscalCode::DigitExpected(position))?;
        }
    }
    Ok(digits)
}

/// The digit that stands there, or that an omocodia letter replaced (DM 23 December 1976, art. 6).
fn digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'0'..=b'9' => byte,
        b'L' => b'0',
        b'M' => b'1',
        b'N' => b'2',
        b'P' => b'3',
        b'Q' => b'4',
        b'R' => b'5',
        b'S' => b'6',
        b'T' => b'7',
        b'U' => b'8',
        b'V' => b'9',
        _ => return None,
    })
}

fn birth(year: [u8; 2], month: u8, day: [u8; 2]) -> Result<Birth, InvalidFiscalCode> {
    let year_of_century = two_digits(year);
    let month = month_number(month).ok_or(InvalidFiscalCode::Month)?;
    let (day, sex) = match two_digits(day) {
        day @ 1..=31 => (day, Sex::Male),
        day @ 41..=71 => (day - 40, Sex::Female),
        _ => return Err(InvalidFiscalCode::Day),
    };
    if day > days_in(month, year_of_century) {
        return Err(InvalidFiscalCode::Date);
    }
    Ok(Birth { year_of_century, month, day, sex })
}

fn two_digits([tens, units]: [u8; 2]) -> u8 {
    tens.saturating_sub(b'0') * 10 + units.saturating_sub(b'0')
}

fn month_number(letter: u8) -> Option<u8> {
    (1..).zip(b"ABCDEHLMPRST").find_map(|(number, month)| (*month == letter).then_some(number))
}

/// The most days the month has in any century: 00 is a leap year because 2000 was.
fn days_in(month: u8, year_of_century: u8) -> u8 {
    match month {
        2 if year_of_century.is_multiple_of(4) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
