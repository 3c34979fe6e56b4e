//! `varco audit`, as an administrator runs it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use varco::audit::Checkpoint;

use crate::audit::{sql, tell};
use crate::support::stores::{Place, on_both};

#[test]
fn a_trail_that_holds_ends_with_0_and_one_that_does_not_names_the_event() {
    on_both(async |place| {
        let folder = tempfile::tempdir().unwrap();
        tell(&place.open().await, 5).await;
        let whole = audit(&place, folder.path(), &["verify"]);
        assert_eq!(whole.status.code(), Some(0));
        assert!(text(&whole.stdout).starts_with("REGISTRO INTEGRO"), "{}", text(&whole.stdout));

        sql(&place, &["UPDATE audit_events SET actor = 'visitor' WHERE sequence = 3"]).await;
        let changed = audit(&place, folder.path(), &["verify"]);
        assert_eq!(changed.status.code(), Some(1));
        assert!(text(&changed.stdout).contains("REGISTRO ALTERATO: l'evento 3 è stato modificato."));
        let json = audit(&place, folder.path(), &["verify", "--format", "json"]);
        let report: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!(json.status.code(), Some(1));
        assert_eq!((&report["verdict"], &report["events"]), (&"rejected".into(), &5.into()));
        assert_eq!((&report["faults"][0]["code"], &report["faults"][0]["event"]), (&"event.changed".into(), &3.into()));
    });
}

#[test]
fn a_checkpoint_is_signed_checked_and_missed() {
    on_both(async |place| {
        let folder = tempfile::tempdir().unwrap();
        tell(&place.open().await, 5).await;
        let sign = ["checkpoint", "--key", "audit.pem", "--origin", "varco.example/registro"];
        let signed = audit(&place, folder.path(), &sign);
        assert_eq!(signed.status.code(), Some(0), "{}", text(&signed.stderr));
        assert_eq!(Checkpoint::read_unverified(&text(&signed.stdout)).unwrap().head.size, 5);
        std::fs::write(folder.path().join("kept.txt"), &signed.stdout).unwrap();

        assert_eq!(audit(&place, folder.path(), &["verify"]).status.code(), Some(1));
        let with = ["verify", "--key", "audit.pem.pub", "--checkpoint", "kept.txt"];
        assert_eq!(audit(&place, folder.path(), &with).status.code(), Some(0));

        // Somebody starts again with an empty trail.
        let empty = Place::new(place.open().await.database());
        tell(&empty.open().await, 2).await;
        let missed = audit(&empty, folder.path(), &with);
        assert_eq!(missed.status.code(), Some(1));
        assert!(text(&missed.stdout).contains("mancano gli eventi dal 2: un sigillo ne conta 5"));
    });
}

#[test]
fn an_export_is_one_line_for_the_head_and_one_for_each_event() {
    on_both(async |place| {
        let folder = tempfile::tempdir().unwrap();
        tell(&place.open().await, 5).await;
        let run = audit(&place, folder.path(), &["export", "--from", "1", "--to", "4", "--output", "trail.jsonl"]);
        assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
        assert_eq!(std::fs::read_to_string(folder.path().join("trail.jsonl")).unwrap().lines().count(), 4);
        assert_eq!(audit(&place, folder.path(), &["export"]).stdout.split(|octet| *octet == b'\n').count(), 8);
        let beyond = audit(&place, folder.path(), &["export", "--to", "100"]);
        assert_eq!(beyond.status.code(), Some(2));
        assert!(text(&beyond.stderr).contains("non ha tanti eventi"));
    });
}

#[test]
fn what_cannot_be_examined_ends_with_2_and_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| varco(folder.path(), &[&["audit"], arguments].concat());
    for arguments in [
        &["verify", "--store", "sqlite:missing.db"][..],
        &["export", "--store", "sqlite:missing.db"],
        &["verify", "--store", "ftp://x"],
        &["verify", "--store", "sqlite:missing.db", "--key", "missing.pub"],
        &["checkpoint", "--store", "sqlite:missing.db", "--key", "audit.pem", "--origin", "a b"],
        &[],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stdout));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    std::fs::write(folder.path().join("empty.db"), "").unwrap();
    assert_eq!(run(&["verify", "--store", "sqlite:empty.db"]).status.code(), Some(2));
    std::fs::write(folder.path().join("note.txt"), "not a checkpoint").unwrap();
    let output = run(&["verify", "--store", "sqlite:empty.db", "--checkpoint", "note.txt"]);
    assert!(text(&output.stderr).contains("non è un sigillo"), "{}", text(&output.stderr));
}

pub(super) fn audit(place: &Place, folder: &Path, arguments: &[&str]) -> Output {
    varco(folder, &[&["audit"], arguments, &["--store", &place.url]].concat())
}

fn varco(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_varco")).args(arguments).current_dir(folder).output().unwrap()
}

pub(super) fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
