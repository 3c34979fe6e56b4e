//! Signed checkpoints, inside the store and outside.

use std::fs;

use varco::audit::{Checkpoint, Fault, KeyName, NoteKey};
use varco::domain::actor::Actor;
use varco::procedures::trail::key::{TrailKey, read_public_keys};
use varco::procedures::trail::verification::{Signatures, TrailReport, TrailVerdict, verify};
use varco::procedures::trail::{TrailError, make_checkpoint};
use varco::store::{Database, Store, StoredCheckpoint};

use crate::audit::{NOW, key, sql, tell};
use crate::support::stores::{Place, on_both};

#[test]
fn a_checkpoint_is_kept_twice_and_made_again_only_when_there_is_something_new() {
    on_both(async |place| {
        let folder = tempfile::tempdir().unwrap();
        let (store, key) = (place.open().await, key(folder.path()));
        tell(&store, 300).await;
        let first = sign(&store, &key).await.unwrap();
        assert_eq!(first.size, 300);
        assert_eq!(Checkpoint::open(&first.note, &[key.public()]).unwrap().head.size, 300);
        assert_eq!(fs::read_to_string(folder.path().join("audit.pem.checkpoint")).unwrap(), first.note);
        assert_eq!(sign(&store, &key).await.unwrap().size, 300);
        tell(&store, 1).await;
        assert_eq!(sign(&store, &key).await.unwrap().size, 302);
        let report = verify(&store, &[key.public()], &[]).await.unwrap();
        assert_eq!((report.verdict(), report.checkpoints), (TrailVerdict::Holds, 2));
    });
}

#[test]
fn without_a_key_the_answer_stays_open() {
    on_both(async |place| {
        let folder = tempfile::tempdir().unwrap();
        let (store, key) = (place.open().await, key(folder.path()));
        tell(&store, 3).await;
        sign(&store, &key).await.unwrap();
        let report = verify(&store, &[], &[]).await.unwrap();
        assert_eq!((report.verdict(), report.signatures), (TrailVerdict::Undetermined, Signatures::NotChecked));
        let other = TrailKey::open_or_create(&folder.path().join("other.pem"), name()).unwrap();
        let report = verify(&store, &[other.public()], &[]).await.unwrap();
        assert_eq!(report.faults, [Fault::BadCheckpoint { size: 3 }]);
        // Keys change: those of before still count.
        let report = verify(&store, &[other.public(), key.public()], &[]).await.unwrap();
        assert_eq!(report.verdict(), TrailVerdict::Holds);
    });
}

#[test]
fn changed_and_removed_checkpoints_are_named() {
    for (statement, expected) in [
        ("DELETE FROM audit_checkpoints", Fault::CheckpointMissing { sequence: 3, size: 3 }),
        ("UPDATE audit_checkpoints SET note = 'x'", Fault::BadCheckpoint { size: 3 }),
        ("UPDATE audit_checkpoints SET size = 2", Fault::BadCheckpoint { size: 2 }),
    ] {
        on_both(async |place| {
            let folder = tempfile::tempdir().unwrap();
            let (store, key) = (place.open().await, key(folder.path()));
            tell(&store, 3).await;
            sign(&store, &key).await.unwrap();
            tell(&store, 3).await;
            sql(&place, &[statement]).await;
            let report = verify(&store, &[key.public()], &[]).await.unwrap();
            assert_eq!(report.faults.first(), Some(&expected), "{statement}");
        });
    }
}

/// Truncated so well that the trail alone looks whole, as after an old copy of the database was put back.
#[test]
fn an_old_copy_is_told_by_a_checkpoint_from_outside() {
    on_both(async |place| {
        let folder = tempfile::tempdir().unwrap();
        let (store, key) = (place.open().await, key(folder.path()));
        tell(&store, 280).await;
        sign(&store, &key).await.unwrap();
        let old = store.trail_end().await.unwrap();
        tell(&store, 300).await;
        let outside = sign(&store, &key).await.unwrap();
        assert_eq!(outside.size, 581);
        assert_eq!(with(&store, &key, &outside).await.verdict(), TrailVerdict::Holds);

        put_back(&place, store.database(), old.size, &old.last.to_string()).await;
        let alone = verify(&store, &[key.public()], &[]).await.unwrap();
        assert_eq!((alone.verdict(), alone.head.size), (TrailVerdict::Holds, 281));
        let expected = Fault::CutOff { sequence: 281, size: 581 };
        assert_eq!(with(&store, &key, &outside).await.faults, [expected]);
        // The file beside the key knows too: nothing is signed, even when the trail has grown past it again.
        assert!(matches!(sign(&store, &key).await, Err(TrailError::Broken)));
        tell(&store, 400).await;
        assert!(matches!(sign(&store, &key).await, Err(TrailError::Broken)));
        let found = with(&store, &key, &outside).await.faults;
        assert_eq!(found, [Fault::History { first: 280, last: 580 }]);
    });
}

#[test]
fn a_checkpoint_in_the_store_tells_of_what_was_cut_off() {
    on_both(async |place| {
        let folder = tempfile::tempdir().unwrap();
        let (store, key) = (place.open().await, key(folder.path()));
        tell(&store, 5).await;
        let old = store.trail_end().await.unwrap();
        tell(&store, 5).await;
        sign(&store, &key).await.unwrap();
        let last = octets(store.database(), &old.last.to_string());
        let head = format!("UPDATE audit_head SET size = 5, last = {last}");
        sql(&place, &["DELETE FROM audit_events WHERE sequence >= 5", &head]).await;
        let report = verify(&store, &[key.public()], &[]).await.unwrap();
        assert_eq!(report.faults, [Fault::CutOff { sequence: 5, size: 10 }]);
    });
}

#[test]
fn the_key_is_made_once_and_kept_from_others() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let made = key(folder.path());
    assert_eq!(key(folder.path()).public(), made.public());
    let mode = fs::metadata(folder.path().join("audit.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let public: Vec<NoteKey> = read_public_keys(&folder.path().join("audit.pem.pub")).unwrap();
    assert_eq!(public, [made.public()]);
    fs::write(folder.path().join("audit.pem"), "x").unwrap();
    assert!(TrailKey::open_or_create(&folder.path().join("audit.pem"), name()).is_err());
}

async fn sign(store: &Store, key: &TrailKey) -> Result<StoredCheckpoint, TrailError> {
    make_checkpoint(store, key, Actor::System, NOW).await
}

async fn with(store: &Store, key: &TrailKey, outside: &StoredCheckpoint) -> TrailReport {
    verify(store, &[key.public()], std::slice::from_ref(&outside.note)).await.unwrap()
}

async fn put_back(place: &Place, database: Database, size: u64, last: &str) {
    let head = format!("UPDATE audit_head SET size = {size}, last = {}", octets(database, last));
    let mut statements = vec![head, format!("DELETE FROM audit_checkpoints WHERE size >= {size}")];
    for table in ["audit_events", "audit_personal"] {
        statements.push(format!("DELETE FROM {table} WHERE sequence >= {size}"));
    }
    statements.push(format!("DELETE FROM audit_tiles WHERE (position + 1) * 256 > {size}"));
    sql(place, &statements.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

fn octets(database: Database, hex: &str) -> String {
    match database {
        Database::Sqlite => format!("x'{hex}'"),
        Database::Postgres => format!("'\\x{hex}'::bytea"),
    }
}

fn name() -> KeyName {
    "varco.example/trail".parse().unwrap()
}
