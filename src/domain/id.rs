//! Identifiers of what the service keeps: UUIDs of version 7 (RFC 9562 §5.7), in the order of their making.

use std::fmt;
use std::str::FromStr;

use time::UtcDateTime;
use uuid::{Builder, Uuid};

/// The text is not an identifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a UUID")]
pub struct BadId;

/// Octets of chance that an identifier needs.
pub const RANDOM_LEN: usize = 10;

/// A verification that was recorded.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct VerificationId(Uuid);

/// A token that a portal shows.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TokenId(Uuid);

/// A piece of work in the queue.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct JobId(Uuid);

/// A process that serves, while it lives.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct InstanceId(Uuid);

macro_rules! identifiers {
    ($($name:ident)+) => {
        $(
            impl $name {
                /// A new one; `random` must come from the system's generator.
                pub fn new(random: [u8; RANDOM_LEN], now: UtcDateTime) -> Self {
                    Self(version_7(random, now))
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.hyphenated().fmt(f)
                }
            }

            /// Takes the hyphenated form in lower case, and no other: one thing, one name.
            impl FromStr for $name {
                type Err = BadId;

                fn from_str(text: &str) -> Result<Self, BadId> {
                    let id = Uuid::try_parse(text).map(Self).map_err(|_| BadId)?;
                    if id.to_string() == text { Ok(id) } else { Err(BadId) }
                }
            }
        )+
    };
}

identifiers! { VerificationId TokenId JobId InstanceId }

fn version_7(random: [u8; RANDOM_LEN], now: UtcDateTime) -> Uuid {
    let millis = now.unix_timestamp_nanos() / 1_000_000;
    Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap_or(0), &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;

    #[test]
    fn an_identifier_is_of_version_7_and_reads_back() {
        let now = utc_datetime!(2026-02-01 12:00);
        let id = VerificationId::new([0xAB; RANDOM_LEN], now);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().as_bytes()[14], b'7');
        assert!(VerificationId::new([0; RANDOM_LEN], now + time::Duration::MILLISECOND) > id);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "x", "0190A0B0-0000-7000-8000-000000000000", "{0190a0b0-0000-7000-8000-000000000000}"] {
            assert_eq!(text.parse::<VerificationId>(), Err(BadId), "{text}");
        }
    }
}
