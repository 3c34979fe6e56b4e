//! Times as people and programs write them.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcDateTime, UtcOffset};

use crate::domain::language::Language;

/// A time that is kept as RFC 3339 and told in words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Instant(pub UtcDateTime);

impl Instant {
    /// Returns the day, as people write it.
    pub fn day(self, language: Language) -> String {
        let (day, month, year) = (self.0.day(), self.0.month(), self.0.year());
        match language {
            Language::Italian => format!("{day:02}/{:02}/{year:04}", u8::from(month)),
            // The order of day and month depends on the reader's country: the month is a word.
            Language::English => format!("{day} {month} {year:04}"),
        }
    }

    /// Returns day, hour and minute.
    pub fn minute(self, language: Language) -> String {
        let (hour, minute) = (self.0.hour(), self.0.minute());
        format!("{} {} {hour:02}:{minute:02} UTC", self.day(language), language.choose("alle", "at"))
    }

    /// Returns day, hour, minute and second.
    pub fn second(self, language: Language) -> String {
        let (hour, minute, second) = self.0.as_hms();
        format!("{} {} {hour:02}:{minute:02}:{second:02} UTC", self.day(language), language.choose("alle", "at"))
    }
}

impl From<UtcDateTime> for Instant {
    fn from(time: UtcDateTime) -> Self {
        Self(time)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(write_rfc3339(self.0, &mut [0; RFC3339_LEN]))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        OffsetDateTime::parse(&text, &Rfc3339).map(|time| Self(time.to_utc())).map_err(D::Error::custom)
    }
}

/// RFC 3339 in UTC; a year that RFC 3339 cannot hold is written as `-`.
pub fn to_rfc3339(time: UtcDateTime) -> String {
    write_rfc3339(time, &mut [0; RFC3339_LEN]).to_owned()
}

/// [`to_rfc3339`] into a buffer: a report has many times.
fn write_rfc3339(time: UtcDateTime, buffer: &mut [u8; RFC3339_LEN]) -> &str {
    let mut rest = buffer.as_mut_slice();
    // The number of octets that comes back leaves out digits of a fraction: what is left of the buffer counts.
    let written = time.format_into(&mut rest, &Rfc3339).map(|_| RFC3339_LEN - rest.len());
    let octets = written.ok().and_then(|len| buffer.get(..len));
    octets.and_then(|octets| str::from_utf8(octets).ok()).unwrap_or("-")
}

/// A time in UTC with all nine digits of a fraction of a second.
const RFC3339_LEN: usize = "2026-02-01T08:30:05.123456789Z".len();

/// Why a text is no time that can be judged for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InvalidInstant {
    /// It is not of RFC 3339.
    Form,
    /// No certificate can hold such a year (RFC 5280 §4.1.2.5).
    Year,
}

impl InvalidInstant {
    /// Returns the sentence for whoever wrote it.
    pub fn message(self, language: Language) -> &'static str {
        let (italian, english) = match self {
            Self::Form => (
                "La data va scritta per intero, con ora e fuso: per esempio 2026-02-01T09:30:00Z.",
                "The time is written in full, with hour and offset: for example 2026-02-01T09:30:00Z.",
            ),
            Self::Year => (
                "L'anno della data, nell'ora di Greenwich (UTC), va da 1950 a 9999.",
                "The year of the time, in UTC, is from 1950 to 9999.",
            ),
        };
        language.choose(italian, english)
    }
}

/// Reads a time of RFC 3339, in any offset.
///
/// Only times that certificates and CRLs can hold (RFC 5280 §4.1.2.5): others are slips of the pen.
pub fn parse_instant(text: &str) -> Result<UtcDateTime, InvalidInstant> {
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InvalidInstant::Form)?;
    time.checked_to_offset(UtcOffset::UTC)
        .map(OffsetDateTime::to_utc)
        .filter(|time| (1950..=9999).contains(&time.year()))
        .ok_or(InvalidInstant::Year)
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;

    #[test]
    fn days_are_written_as_people_write_them() {
        let time = Instant(utc_datetime!(2026-02-01 8:30:05));
        assert_eq!(time.day(Language::Italian), "01/02/2026");
        assert_eq!(time.minute(Language::Italian), "01/02/2026 alle 08:30 UTC");
        assert_eq!(time.second(Language::English), "1 February 2026 at 08:30:05 UTC");
    }

    #[test]
    fn times_are_written_for_programs() {
        for (time, written) in [
            (utc_datetime!(2026-02-01 8:30:05), "2026-02-01T08:30:05Z"),
            (utc_datetime!(0000-12-31 23:59:59.123_456_789), "0000-12-31T23:59:59.123456789Z"),
            (utc_datetime!(-0001-01-01 0:00), "-"),
        ] {
            assert_eq!(to_rfc3339(time), written);
            assert_eq!(serde_json::to_value(Instant(time)).unwrap(), written);
        }
    }

    #[test]
    fn times_are_read_in_any_offset() {
        let time = utc_datetime!(2026-02-01 8:30);
        assert_eq!(parse_instant("2026-02-01T09:30:00+01:00"), Ok(time));
        assert_eq!(parse_instant("2026-02-01T08:30:00.000Z"), Ok(time));
        for wrong in ["2026-02-01", "01/02/2026", "2026-02-30T00:00:00Z", ""] {
            assert!(parse_instant(wrong).is_err_and(|error| error == InvalidInstant::Form), "{wrong}");
        }
    }

    #[test]
    fn times_are_of_years_that_certificates_can_hold() {
        for right in ["1950-01-01T00:00:00Z", "1949-12-31T23:30:00-01:00", "9999-12-31T23:59:59Z"] {
            assert!(parse_instant(right).is_ok(), "{right}");
        }
        for wrong in [
            "1949-12-31T23:59:59Z",
            "1950-01-01T00:30:00+01:00",
            "9999-12-31T23:59:59-23:59",
            "0000-01-01T00:00:00+01:00",
        ] {
            assert!(parse_instant(wrong).is_err_and(|error| error == InvalidInstant::Year), "{wrong}");
        }
    }
}
