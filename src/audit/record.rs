//! Records: events as the trail keeps them, each bound to the one before.
//!
//! The canonical form of a record is JSON as RFC 8785 (JCS) writes it: names in order, no white space, whole numbers
//! and text only. Its hash is that of an RFC 6962 leaf, so the same 32 octets chain the records and make the tree:
//! `hash = SHA-256(0x00 || record)`, and `previous` in a record is the hash of the record before it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use time::UtcDateTime;

use crate::audit::{Event, TreeHash};

/// Octets of chance with which personal data are committed to.
pub const SALT_LEN: usize = 32;

/// An event in its place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Its number; the first is 0, as leaves are numbered in RFC 6962.
    pub sequence: u64,
    /// The hash of the record before it; [`TreeHash::NONE`] in the first.
    pub previous: TreeHash,
    /// When, in whole microseconds.
    pub at: UtcDateTime,
    /// By whom.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What else must not change without being seen.
    pub facts: BTreeMap<String, String>,
    /// The commitment to its personal data, where it has any.
    pub personal: Option<TreeHash>,
}

/// In the order of RFC 8785: by name.
#[derive(Serialize)]
struct Canonical<'a> {
    action: &'a str,
    actor: &'a str,
    at: String,
    facts: &'a BTreeMap<String, String>,
    personal: Option<String>,
    previous: String,
    sequence: u64,
    subject: &'a str,
}

impl Record {
    /// The record of an event, with the commitment to its personal data.
    pub fn new(event: &Event, personal: Option<&PersonalData>, sequence: u64, previous: TreeHash) -> Self {
        let nanosecond = event.at.nanosecond() / 1_000 * 1_000;
        Self {
            sequence,
            previous,
            at: event.at.replace_nanosecond(nanosecond).unwrap_or(event.at),
            actor: event.actor.to_string(),
            action: event.action.word().to_owned(),
            subject: event.subject.to_string(),
            facts: event.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            personal: personal.map(PersonalData::commitment),
        }
    }

    /// The octets that are hashed.
    pub fn encoded(&self) -> String {
        let canonical = Canonical {
            action: &self.action,
            actor: &self.actor,
            at: time_text(self.at),
            facts: &self.facts,
            personal: self.personal.map(|commitment| commitment.to_string()),
            previous: self.previous.to_string(),
            sequence: self.sequence,
            subject: &self.subject,
        };
        // Text keys and whole numbers: there is nothing in it that JSON cannot say.
        serde_json::to_string(&canonical).unwrap_or_default()
    }

    /// When, as it is written in it.
    pub fn at_text(&self) -> String {
        time_text(self.at)
    }

    /// Its hash.
    pub fn hash(&self) -> TreeHash {
        TreeHash::leaf(self.encoded().as_bytes())
    }

    /// Its facts, as they are kept.
    pub fn facts_text(&self) -> String {
        object_text(&self.facts)
    }
}

/// Reads facts as they are kept; only the one way of writing them is taken.
pub fn facts_from_text(text: &str) -> Option<BTreeMap<String, String>> {
    let facts: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    (object_text(&facts) == text).then_some(facts)
}

fn object_text(fields: &BTreeMap<String, String>) -> String {
    serde_json::to_string(fields).unwrap_or_default()
}

/// RFC 3339 in UTC with six decimals: one time, one text.
fn time_text(at: UtcDateTime) -> String {
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second, micro) = at.as_hms_micro();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z", u8::from(month))
}

/// Personal data of an event. The record holds a commitment to them, SHA-256(salt || text): it neither tells them nor
/// lets anybody guess them once salt and text are erased.
#[derive(Clone, Eq, PartialEq)]
pub struct PersonalData {
    /// Octets of chance; must come from the system's generator.
    pub salt: [u8; SALT_LEN],
    /// JSON, names in order.
    pub text: String,
}

impl PersonalData {
    /// Those of an event, if it has any.
    pub fn of(event: &Event, salt: [u8; SALT_LEN]) -> Option<Self> {
        let fields: BTreeMap<_, _> =
            event.personal.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        (!fields.is_empty()).then(|| Self { salt, text: object_text(&fields) })
    }

    /// What the record has of them. The salt has a fixed length, so no octet can move between it and the text.
    pub fn commitment(&self) -> TreeHash {
        TreeHash::over(&[&self.salt, self.text.as_bytes()])
    }
}

impl fmt::Debug for PersonalData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalData(…)")
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::audit::{Action, Subject};
    use crate::domain::actor::Actor;

    fn event() -> Event {
        Event {
            at: utc_datetime!(2026-02-01 12:00:00.123_456_789),
            actor: Actor::CommandLine,
            action: Action::ReadTrail,
            subject: Subject::Trail,
            facts: vec![("to", "9".to_owned()), ("from", "a\"\n".to_owned())],
            personal: vec![("name", "Persona Inventata".to_owned())],
        }
    }

    /// Written by hand after RFC 8785 §3.2; `printf '\0…' | sha256sum` gave the hash.
    #[test]
    fn a_record_is_written_in_one_way() {
        let record = Record::new(&event(), None, 7, TreeHash::NONE);
        let expected = format!(
            "{{\"action\":\"audit.read\",\"actor\":\"command-line\",\"at\":\"2026-02-01T12:00:00.123456Z\",\
             \"facts\":{{\"from\":\"a\\\"\\n\",\"to\":\"9\"}},\"personal\":null,\"previous\":\"{}\",\
             \"sequence\":7,\"subject\":\"audit\"}}",
            "0".repeat(64)
        );
        assert_eq!(record.encoded(), expected);
        assert_eq!(record.hash(), TreeHash::leaf(expected.as_bytes()));
    }

    #[test]
    fn every_field_counts() {
        let good = Record::new(&event(), None, 7, TreeHash::NONE);
        let changed = [
            Record { sequence: 8, ..good.clone() },
            Record { previous: TreeHash::empty_tree(), ..good.clone() },
            Record { at: good.at + time::Duration::MICROSECOND, ..good.clone() },
            Record { actor: "system".to_owned(), ..good.clone() },
            Record { action: "token.create".to_owned(), ..good.clone() },
            Record { subject: "event:1".to_owned(), ..good.clone() },
            Record { facts: BTreeMap::new(), ..good.clone() },
            Record { personal: Some(TreeHash::NONE), ..good.clone() },
        ];
        for record in changed {
            assert_ne!(record.hash(), good.hash(), "{record:?}");
        }
    }

    #[test]
    fn personal_data_are_committed_to_and_never_printed() {
        let data = PersonalData::of(&event(), [7; SALT_LEN]).unwrap();
        assert_eq!(data.text, "{\"name\":\"Persona Inventata\"}");
        assert_eq!(format!("{data:?}"), "PersonalData(…)");
        let other_salt = PersonalData { salt: [8; SALT_LEN], ..data.clone() };
        assert_ne!(data.commitment(), other_salt.commitment());
        assert_eq!(PersonalData::of(&Event { personal: Vec::new(), ..event() }, [7; SALT_LEN]), None);
    }

    #[test]
    fn facts_are_read_in_their_one_form_only() {
        assert!(facts_from_text("{\"a\":\"1\",\"b\":\"2\"}").is_some());
        for other in ["", "{\"a\": \"1\"}", "{\"b\":\"2\",\"a\":\"1\"}", "{\"a\":1}", "{\"a\":\"1\",\"a\":\"1\"}", "[]"]
        {
            assert_eq!(facts_from_text(other), None, "{other}");
        }
    }
}
