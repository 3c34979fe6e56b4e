//! Dates of a PDF (ISO 32000-2 §7.9.4): `D:YYYYMMDDHHmmSSOHH'mm'`, of which all after the year may be missing.

use time::{Date, Month, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};

/// Reads a date; `None` for what is none.
pub(super) fn read(octets: &[u8]) -> Option<UtcDateTime> {
    let text = octets.strip_prefix(b"D:").unwrap_or(octets);
    let mut digits = Digits(text);
    let year = digits.take(4)?;
    let month = digits.take(2).unwrap_or(1);
    let day = digits.take(2).unwrap_or(1);
    let [hour, minute, second] = [(); 3].map(|()| digits.take(2).unwrap_or(0));
    let month = Month::try_from(small(month)?).ok()?;
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, small(day)?).ok()?;
    let time = Time::from_hms(small(hour)?, small(minute)?, small(second)?).ok()?;
    let offset = offset(digits.0)?;
    Some(PrimitiveDateTime::new(date, time).assume_offset(offset).to_utc())
}

/// `Z`, `+01'00'`, `+01'00`, or nothing: the time is taken as UTC then, since nobody says what else it is.
fn offset(text: &[u8]) -> Option<UtcOffset> {
    let (sign, rest) = match text {
        [] | [b'Z', ..] => return Some(UtcOffset::UTC),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let mut digits = Digits(rest);
    let hours = i8::try_from(digits.take(2)?).ok()?;
    digits.0 = digits.0.strip_prefix(b"'").unwrap_or(digits.0);
    let minutes = i8::try_from(digits.take(2).unwrap_or(0)).ok()?;
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

fn small(number: u32) -> Option<u8> {
    u8::try_from(number).ok()
}

struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let number =
            std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|octet| octet.is_ascii_digit()))?;
        self.0 = rest;
        number.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;

    #[test]
    fn dates_are_read_as_the_standard_writes_them() {
        for (text, expected) in [
            ("D:199812231952-08'00", Some(utc_datetime!(1998-12-24 3:52))),
            ("D:20260201103000+01'00'", Some(utc_datetime!(2026-02-01 9:30))),
            ("D:20260201103000Z", Some(utc_datetime!(2026-02-01 10:30))),
            ("D:20260201103000", Some(utc_datetime!(2026-02-01 10:30))),
            ("2026", Some(utc_datetime!(2026-01-01 0:00))),
            ("D:20261301", None),
            ("D:20260201106000Z", None),
            ("D:2026020110300x", None),
            ("ieri", None),
            ("", None),
        ] {
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        }
    }
}
