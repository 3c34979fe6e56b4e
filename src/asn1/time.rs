//! The two time types, as RFC 5280 §4.1.2.5 and RFC 5652 §11.3 restrict them: seconds present, zone `Z`.

use time::{Date, Month, Time, UtcDateTime};

use crate::asn1::Asn1Error;

/// Reads the contents of a UTCTime, `YYMMDDHHMMSSZ`: years 50 to 99 are 1950 to 1999.
pub fn utc_time(contents: &[u8]) -> Result<UtcDateTime, Asn1Error> {
    let (year, rest) = digits::<2>(contents)?;
    let century = if year >= 50 { 1900 } else { 2000 };
    date_time(century + i32::from(year), rest)
}

/// Reads the contents of a GeneralizedTime, `YYYYMMDDHHMMSSZ`; a fraction of a second is dropped.
pub fn generalized_time(contents: &[u8]) -> Result<UtcDateTime, Asn1Error> {
    let (high, rest) = digits::<2>(contents)?;
    let (low, rest) = digits::<2>(rest)?;
    date_time(i32::from(high) * 100 + i32::from(low), rest)
}

fn date_time(year: i32, rest: &[u8]) -> Result<UtcDateTime, Asn1Error> {
    let (month, rest) = digits::<2>(rest)?;
    let (day, rest) = digits::<2>(rest)?;
    let (hour, rest) = digits::<2>(rest)?;
    let (minute, rest) = digits::<2>(rest)?;
    let (second, rest) = digits::<2>(rest)?;
    match rest {
        [b'Z'] => {}
        [b'.', fraction @ .., b'Z'] if !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit) => {}
        _ => return Err(MALFORMED),
    }
    let month = Month::try_from(month).map_err(|_| MALFORMED)?;
    let date = Date::from_calendar_date(year, month, day).map_err(|_| MALFORMED)?;
    let time = Time::from_hms(hour, minute, second).map_err(|_| MALFORMED)?;
    Ok(UtcDateTime::new(date, time))
}

fn digits<const N: usize>(input: &[u8]) -> Result<(u8, &[u8]), Asn1Error> {
    let (head, rest) = input.split_at_checked(N).ok_or(MALFORMED)?;
    let mut value = 0;
    for octet in head {
        if !octet.is_ascii_digit() {
            return Err(MALFORMED);
        }
        value = value * 10 + (octet - b'0');
    }
    Ok((value, rest))
}

const MALFORMED: Asn1Error = Asn1Error::BadValue("time");

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;

    #[test]
    fn the_century_of_a_utc_time_follows_rfc_5280() {
        assert_eq!(utc_time(b"491231235959Z"), Ok(utc_datetime!(2049-12-31 23:59:59)));
        assert_eq!(utc_time(b"500101000000Z"), Ok(utc_datetime!(1950-01-01 0:00)));
    }

    #[test]
    fn a_generalized_time_may_have_a_fraction() {
        let expected = Ok(utc_datetime!(2026-01-02 3:04:05));
        assert_eq!(generalized_time(b"20260102030405Z"), expected);
        assert_eq!(generalized_time(b"20260102030405.999Z"), expected);
    }

    #[test]
    fn other_shapes_are_refused() {
        for bad in [
            &b""[..],
            b"260102030405",
            b"2601020304Z",
            b"260102030405+0100",
            b"261302030405Z",
            b"260230030405Z",
            b"26010203040xZ",
        ] {
            assert!(utc_time(bad).is_err(), "{bad:?}");
        }
        assert!(generalized_time(b"20260102030405.Z").is_err());
    }
}
