//! Places of birth as a fiscal code names them: Belfiore codes of municipalities and countries.

use std::fmt;

/// What the table knows of a Belfiore code today.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PlaceStatus {
    /// An Italian municipality that exists.
    Current,
    /// An Italian municipality that no longer exists: the code stays in the fiscal codes of those born there.
    Abolished,
    /// A foreign country or territory (`Z`), in being or not.
    Foreign,
    /// Not in the table: newer than the data, or never assigned.
    Unknown,
}

/// A Belfiore code with the years in which it was in use.
///
/// The years are those of the registers, which have gaps: a place outside its years is a reason to
/// look, never to refuse. Source: ANPR and ISTAT through `src/domain/place/belfiore.txt`.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Place {
    code: [u8; 4],
    periods: &'static [Record],
}

impl Place {
    /// Looks up a Belfiore code: an upper-case letter and three digits.
    ///
    /// Any other four bytes give a place of status [`PlaceStatus::Unknown`].
    pub fn look_up(code: [u8; 4]) -> Self {
        let start = TABLE.partition_point(|record| record.first_chunk::<4>() < Some(&code));
        let rest = TABLE.get(start..).unwrap_or_default();
        let count = rest.partition_point(|record| record.first_chunk::<4>() == Some(&code));
        let periods = rest.get(..count).unwrap_or_default();
        Self { code, periods }
    }

    /// Returns the four characters.
    pub fn code(&self) -> &str {
        str::from_utf8(&self.code).unwrap_or_default()
    }

    /// Returns what the table knows of the code.
    pub fn status(&self) -> PlaceStatus {
        let Some(last) = self.periods.last() else {
            return PlaceStatus::Unknown;
        };
        if self.code.first() == Some(&b'Z') {
            PlaceStatus::Foreign
        } else if years(last).1 == STILL {
            PlaceStatus::Current
        } else {
            PlaceStatus::Abolished
        }
    }

    /// Whether the code was in use at some time of that year; `true` when the place is unknown.
    pub fn existed_in(&self, year: i32) -> bool {
        self.periods.is_empty() || self.periods.iter().map(years).any(|(first, last)| (first..=last).contains(&year))
    }
}

/// Where somebody was born is personal data: never printed by `{:?}`.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place(…)")
    }
}

/// Code, first year, last year, line feed.
type Record = [u8; 13];

/// Sorted by code, then by year: found by halving, with nothing to prepare at start.
const TABLE: &[Record] = include_bytes!("place/belfiore.txt").as_chunks().0;

/// The last year of a place that still exists.
const STILL: i32 = 9999;

fn years(record: &Record) -> (i32, i32) {
    let [_, _, _, _, f1, f2, f3, f4, l1, l2, l3, l4, _] = *record;
    (number([f1, f2, f3, f4]), number([l1, l2, l3, l4]))
}

fn number(digits: [u8; 4]) -> i32 {
    digits.iter().fold(0, |sum, digit| sum * 10 + i32::from(digit.saturating_sub(b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(code: &str) -> Place {
        Place::look_up(code.as_bytes().try_into().unwrap())
    }

    #[test]
    fn the_table_is_sorted_and_well_formed() {
        assert!(TABLE.is_sorted());
        assert_eq!(TABLE.as_flattened(), include_bytes!("place/belfiore.txt").as_slice());
        for record in TABLE {
            let (code, rest) = record.split_first_chunk::<4>().unwrap();
            assert!(code[0].is_ascii_uppercase() && code[1..].iter().all(u8::is_ascii_digit));
            assert!(rest[..8].iter().all(u8::is_ascii_digit));
            assert_eq!(rest[8], b'\n');
            let (first, last) = years(record);
            assert!((1861..=2026).contains(&first) && first <= last);
        }
    }

    #[test]
    fn every_code_is_found() {
        for record in TABLE {
            let found = Place::look_up(*record.first_chunk().unwrap());
            assert!(found.periods.contains(record));
            assert_ne!(found.status(), PlaceStatus::Unknown);
        }
    }

    #[test]
    fn statuses() {
        assert_eq!(place("H501").status(), PlaceStatus::Current); // Roma
        assert_eq!(place("D160").status(), PlaceStatus::Abolished); // Crespina, until 2013
        assert_eq!(place("Z404").status(), PlaceStatus::Foreign); // United States
        assert_eq!(place("Z105").status(), PlaceStatus::Foreign); // Czechoslovakia, until 1993
        for unknown in ["A000", "Z999", "N123", "\0\0\0\0", "ZZZZ"] {
            assert_eq!(place(unknown).status(), PlaceStatus::Unknown);
            assert!(place(unknown).existed_in(1980));
        }
    }

    #[test]
    fn life_spans() {
        assert!(place("D160").existed_in(2013));
        assert!(!place("D160").existed_in(2014));
        assert!(!place("M328").existed_in(2013)); // Crespina Lorenzana, from 2014
        assert!(place("M328").existed_in(2030));
    }

    #[test]
    fn debug_hides_the_place() {
        assert_eq!(format!("{:?}", place("H501")), "Place(…)");
    }
}
