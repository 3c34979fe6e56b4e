//! Times as people and programs write them.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcDateTime, UtcOffset};

/// Reads a time of RFC 3339, in any offset; the error is a sentence for whoever wrote it.
///
/// Only times that certificates and CRLs can hold (RFC 5280 §4.1.2.5): others are slips of the pen.
pub fn parse_instant(text: &str) -> Result<UtcDateTime, &'static str> {
    let time = OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "La data va scritta per intero, con ora e fuso: per esempio 2026-02-01T09:30:00Z.")?;
    time.checked_to_offset(UtcOffset::UTC)
        .map(OffsetDateTime::to_utc)
        .filter(|time| (1950..=9999).contains(&time.year()))
        .ok_or("L'anno della data, nell'ora di Greenwich (UTC), va da 1950 a 9999.")
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;

    #[test]
    fn times_are_read_in_any_offset() {
        let time = utc_datetime!(2026-02-01 8:30);
        assert_eq!(parse_instant("2026-02-01T09:30:00+01:00"), Ok(time));
        assert_eq!(parse_instant("2026-02-01T08:30:00.000Z"), Ok(time));
        for wrong in ["2026-02-01", "01/02/2026", "2026-02-30T00:00:00Z", ""] {
            assert!(parse_instant(wrong).is_err_and(|message| message.contains("per intero")), "{wrong}");
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
            assert!(parse_instant(wrong).is_err_and(|message| message.contains("1950")), "{wrong}");
        }
    }
}
