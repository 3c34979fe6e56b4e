//! Whoever can write to the tables can change them; each way is one change to a good trail, and is named.

use varco::audit::{Fault, PersonalData, Record, TreeHash};
use varco::procedures::trail::make_checkpoint;
use varco::procedures::trail::verification::{TrailVerdict, verify};
use varco::store::{Database, Store};

use crate::audit::{NOW, faults, key, sql, tell};
use crate::support::stores::{Place, on_both};

/// Makes a trail of some events and changes it; the first fault must be this one.
fn named(size: u64, statements: impl Fn(Database) -> Vec<String>, expected: &Fault) {
    on_both(async |place| {
        let store = place.open().await;
        tell(&store, size).await;
        assert_eq!(faults(&store).await, []);
        let statements = statements(store.database());
        sql(&place, &statements.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let found = faults(&store).await;
        assert_eq!(found.first(), Some(expected), "{statements:?}: {found:?}");
    });
}

fn octets(database: Database, hex: &str) -> String {
    match database {
        Database::Sqlite => format!("x'{hex}'"),
        Database::Postgres => format!("'\\x{hex}'::bytea"),
    }
}

#[test]
fn a_change_of_any_column_is_named() {
    let zeros = "00".repeat(32);
    for (column, value) in [
        ("at", "at + 1"),
        ("at", "9223372036854775807"),
        ("actor", "'command-line'"),
        ("actor", "actor || ' '"),
        ("action", "'token.revoke'"),
        ("subject", "'audit'"),
        ("facts", "'{}'"),
        ("facts", "'{\"scopes\": \"s7\"}'"),
        ("facts", "'not JSON'"),
        ("facts", "facts || ' '"),
        ("personal", "NULL"),
        ("personal", "previous"),
        ("previous", "hash"),
        ("previous", "ZEROS"),
        ("previous", "EMPTY"),
        ("hash", "previous"),
        ("hash", "ZEROS"),
        ("hash", "EMPTY"),
    ] {
        let statement = |database| {
            let value = value.replace("ZEROS", &octets(database, &zeros)).replace("EMPTY", &octets(database, ""));
            vec![format!("UPDATE audit_events SET {column} = {value} WHERE sequence = 7")]
        };
        named(12, statement, &Fault::Changed { sequence: 7 });
    }
}

#[test]
fn the_first_and_the_last_event_are_no_exceptions() {
    for sequence in [0, 11] {
        let statement = |_| vec![format!("UPDATE audit_events SET actor = 'visitor' WHERE sequence = {sequence}")];
        named(12, statement, &Fault::Changed { sequence });
        let statement = |_| vec![format!("DELETE FROM audit_events WHERE sequence = {sequence}")];
        named(12, statement, &Fault::Missing { sequence });
    }
}

#[test]
fn deleted_events_are_named() {
    named(12, |_| vec!["DELETE FROM audit_events WHERE sequence = 5".to_owned()], &Fault::Missing { sequence: 5 });
    named(12, |_| vec!["DELETE FROM audit_events".to_owned()], &Fault::Missing { sequence: 0 });
    named(12, |_| vec!["DELETE FROM audit_events WHERE sequence > 8".to_owned()], &Fault::Missing { sequence: 9 });
    // Closing the gap moves all that follow.
    let closed = |_| {
        let delete = "DELETE FROM audit_events WHERE sequence = 5".to_owned();
        let moved =
            (6..12).map(|from| format!("UPDATE audit_events SET sequence = {} WHERE sequence = {from}", from - 1));
        std::iter::once(delete).chain(moved).collect()
    };
    named(12, closed, &Fault::Displaced { sequence: 5 });
}

#[test]
fn swapped_events_are_named() {
    for (one, other) in [(3, 4), (2, 9)] {
        let statements = |_| {
            [(one, 1000), (other, one), (1000, other)]
                .map(|(from, to)| format!("UPDATE audit_events SET sequence = {to} WHERE sequence = {from}"))
                .to_vec()
        };
        named(12, statements, &Fault::Displaced { sequence: one });
    }
}

#[test]
fn a_hash_of_the_tree_that_somebody_put_there_before_is_replaced_when_it_is_due() {
    on_both(async |place| {
        let store = place.open().await;
        let none = octets(store.database(), &"00".repeat(32));
        sql(&place, &[&format!("INSERT INTO audit_tiles (level, position, hash) VALUES (1, 0, {none})")]).await;
        tell(&store, 300).await;
        assert_eq!(faults(&store).await, []);
    });
}

#[test]
fn an_event_after_the_end_is_named() {
    let copy = |_| {
        vec![
            "INSERT INTO audit_events SELECT 12, at, actor, action, subject, facts, personal, previous, hash \
              FROM audit_events WHERE sequence = 11"
                .to_owned(),
        ]
    };
    named(12, copy, &Fault::Added { sequence: 12 });
}

#[test]
fn hashes_of_the_tree_are_compared() {
    let first = Fault::Tree { first: 256, last: 511 };
    let delete = |_| vec!["DELETE FROM audit_tiles WHERE level = 1 AND position = 1".to_owned()];
    named(600, delete, &first);
    let change = |database| {
        let zeros = octets(database, &"00".repeat(32));
        vec![format!("UPDATE audit_tiles SET hash = {zeros} WHERE level = 1 AND position = 1")]
    };
    named(600, change, &first);
}

#[test]
fn personal_data_are_compared() {
    let changed = Fault::PersonalDataChanged { sequence: 4 };
    named(9, |_| vec!["UPDATE audit_personal SET content = '{}' WHERE sequence = 4".to_owned()], &changed);
    let salt = |database| {
        vec![format!("UPDATE audit_personal SET salt = {} WHERE sequence = 4", octets(database, &"11".repeat(32)))]
    };
    named(9, salt, &changed);
    let short =
        |database| vec![format!("UPDATE audit_personal SET salt = {} WHERE sequence = 4", octets(database, ""))];
    named(9, short, &changed);
    let missing = Fault::PersonalDataMissing { sequence: 4 };
    named(9, |_| vec!["DELETE FROM audit_personal WHERE sequence = 4".to_owned()], &missing);
}

#[test]
fn an_event_that_is_written_anew_with_its_hash_is_named() {
    for sequence in [0, 6, 11] {
        on_both(async |place| {
            let store = place.open().await;
            tell(&store, 12).await;
            rewrite(&store, &place, sequence..sequence + 1).await;
            assert_eq!(faults(&store).await.first(), Some(&Fault::Rewritten { sequence }));
        });
    }
}

/// Somebody patient writes everything from an event on anew, head and all: only a checkpoint can tell.
#[test]
fn a_history_that_is_written_anew_to_its_end_is_named_by_the_checkpoints() {
    on_both(async |place| {
        let folder = tempfile::tempdir().unwrap();
        let key = key(folder.path());
        let store = place.open().await;
        tell(&store, 4).await;
        let actor = varco::domain::actor::Actor::System;
        make_checkpoint(&store, &key, actor.clone(), NOW).await.unwrap();
        tell(&store, 4).await;
        make_checkpoint(&store, &key, actor.clone(), NOW).await.unwrap();
        let report = verify(&store, &[key.public()], &[]).await.unwrap();
        assert_eq!((report.verdict(), report.checkpoints), (TrailVerdict::Holds, 2));
        rewrite(&store, &place, 6..10).await;
        let report = verify(&store, &[key.public()], &[]).await.unwrap();
        assert_eq!(report.faults.first(), Some(&Fault::History { first: 4, last: 8 }));
        // Nor is anything signed over it.
        tell(&store, 1).await;
        assert!(make_checkpoint(&store, &key, actor, NOW).await.is_err());
    });
}

/// Changes the subject of the first of some events, and makes all of them hold.
async fn rewrite(store: &Store, place: &Place, events: std::ops::Range<u64>) {
    let mut previous: Option<TreeHash> = None;
    let end = store.trail_end().await.unwrap();
    for stored in store.trail_records(events.start, 1000).await.unwrap() {
        if stored.sequence >= events.end {
            break;
        }
        let good = stored.record().unwrap();
        let record = Record {
            previous: previous.unwrap_or(good.previous),
            subject: if previous.is_none() { "token:another".to_owned() } else { good.subject.clone() },
            ..good
        };
        let hash = record.hash();
        let [before, after] = [record.previous, hash].map(|hash| octets(store.database(), &hash.to_string()));
        let sequence = record.sequence;
        let subject = &record.subject;
        let update = format!(
            "UPDATE audit_events SET subject = '{subject}', previous = {before}, hash = {after} WHERE sequence = {sequence}"
        );
        sql(place, &[&update]).await;
        previous = Some(hash);
    }
    if events.end == end.size && events.end - events.start > 1 {
        let last = octets(store.database(), &previous.unwrap().to_string());
        sql(place, &[&format!("UPDATE audit_head SET last = {last}")]).await;
    }
}

#[test]
fn commitments_do_not_tell_what_they_commit_to() {
    let data = |salt| PersonalData { salt: [salt; 32], text: "{\"name\":\"Persona Inventata\"}".to_owned() };
    assert_ne!(data(1).commitment(), data(2).commitment());
}
