//! The reports that are kept, beside what the trail tells of them: whoever changes, adds, takes away or puts back one is named.

use serde_json::Value;
use varco::domain::actor::Actor;
use varco::domain::id::VerificationId;
use varco::procedures::tokens::Caller;
use varco::procedures::trail::reports::ReportFault;
use varco::procedures::trail::verification::TrailVerdict;
use varco::store::{Database, EraseVerification, Store};

use crate::audit::command::{audit, text};
use crate::audit::{NOW, report, sql};
use crate::store::{caller, record};
use crate::support::stores::on_both;

const NAME: &str = "Persona Inventata";

/// Keeps so many reports, all different; returns of which verifications, in their order, and whose they are.
async fn keep(store: &Store, count: u32) -> (Vec<VerificationId>, Caller) {
    let caller = caller(store, "prova").await;
    let mut kept = Vec::new();
    for number in 0..count {
        let mut new = record(&caller, None, b"document");
        new.verification.report = Some(format!("{{\"name\":\"{NAME} {number}\"}}").into());
        kept.push(new.verification.id);
        store.change(new).await.unwrap();
    }
    kept.sort();
    (kept, caller)
}

async fn faults(store: &Store) -> Vec<ReportFault> {
    report(store).await.reports.faults
}

/// The event that tells of a report.
async fn told(store: &Store, verification: VerificationId) -> u64 {
    let subject = format!("verification:{verification}");
    let events = store.trail_records(0, 2048).await.unwrap();
    events.iter().find(|event| event.subject == subject && event.action == "verification.create").unwrap().sequence
}

#[test]
fn reports_that_are_what_the_trail_tells_hold_and_so_do_those_that_it_says_were_erased() {
    on_both(async |place| {
        let store = place.open().await;
        // More than are read at once.
        let (kept, _) = keep(&store, 70).await;
        let whole = report(&store).await;
        assert_eq!((whole.verdict(), whole.reports.compared), (TrailVerdict::Holds, 70));
        for _ in 0..2 {
            store.change(EraseVerification { id: kept[3], actor: Actor::System, at: NOW }).await.unwrap();
        }
        let erased = report(&store).await;
        assert_eq!((erased.verdict(), erased.reports.compared), (TrailVerdict::Holds, 69));
    });
}

#[test]
fn altered_and_swapped_reports_are_named_on_whichever_page() {
    on_both(async |place| {
        let store = place.open().await;
        let (kept, _) = keep(&store, 70).await;
        let altered = |verification, sequence| ReportFault::Altered { verification, sequence };
        sql(&place, &[&format!("UPDATE verifications SET report = {} WHERE id = '{}'", octets(&store), kept[69])])
            .await;
        assert_eq!(faults(&store).await, [altered(kept[69], told(&store, kept[69]).await)]);
        assert_eq!(report(&store).await.verdict(), TrailVerdict::Broken);
        let of = |at: usize| format!("SELECT report FROM verifications WHERE id = '{}'", kept[at]);
        sql(
            &place,
            &[
                &format!("CREATE TABLE aside AS {}", of(0)),
                &format!("UPDATE verifications SET report = ({}) WHERE id = '{}'", of(1), kept[0]),
                &format!("UPDATE verifications SET report = (SELECT report FROM aside) WHERE id = '{}'", kept[1]),
            ],
        )
        .await;
        let mut expected = Vec::new();
        for at in [0, 1, 69] {
            expected.push(altered(kept[at], told(&store, kept[at]).await));
        }
        assert_eq!(faults(&store).await, expected);
    });
}

#[test]
fn a_report_that_was_given_to_another_token_is_named() {
    on_both(async |place| {
        let store = place.open().await;
        let (kept, _) = keep(&store, 2).await;
        let other = caller(&store, "altro").await.token;
        sql(&place, &[&format!("UPDATE verifications SET token_id = '{other}' WHERE id = '{}'", kept[1])]).await;
        let sequence = told(&store, kept[1]).await;
        assert_eq!(faults(&store).await, [ReportFault::Reassigned { verification: kept[1], sequence }]);
    });
}

#[test]
fn a_report_that_was_taken_away_is_named() {
    on_both(async |place| {
        let store = place.open().await;
        let (kept, _) = keep(&store, 3).await;
        let missing = |verification, sequence| ReportFault::Missing { verification: Some(verification), sequence };
        sql(&place, &[&format!("DELETE FROM verifications WHERE id = '{}'", kept[0])]).await;
        let first = missing(kept[0], told(&store, kept[0]).await);
        assert_eq!(faults(&store).await, std::slice::from_ref(&first));
        sql(&place, &[&format!("UPDATE verifications SET report = NULL WHERE id = '{}'", kept[2])]).await;
        let second = missing(kept[2], told(&store, kept[2]).await);
        let mut expected = [first, second];
        expected.sort_by_key(ReportFault::event);
        assert_eq!(faults(&store).await, expected);
        // To be asked to erase what is not there is no excuse.
        store.change(EraseVerification { id: kept[2], actor: Actor::System, at: NOW }).await.unwrap();
        assert_eq!(faults(&store).await, expected);
    });
}

#[test]
fn a_report_that_nobody_made_or_that_was_put_back_is_named() {
    on_both(async |place| {
        let store = place.open().await;
        let (kept, _) = keep(&store, 2).await;
        let added: VerificationId = "0190a0b0-0000-7000-8000-00000000000f".parse().unwrap();
        let add = |id: &str| {
            format!(
                "INSERT INTO verifications SELECT '{id}', token_id, created_at, verdict, report, expires_at \
                 FROM verifications WHERE id = '{}'",
                kept[1]
            )
        };
        sql(&place, &[&add(&added.to_string()), &add("Persona Inventata")]).await;
        let mut found = faults(&store).await;
        found.sort_by_key(ReportFault::verification);
        let untold = |verification| ReportFault::Untold { verification };
        assert_eq!(found, [untold(None), untold(Some(added))]);
        assert!(!found[0].to_string().contains(NAME), "{}", found[0]);

        sql(&place, &[&format!("DELETE FROM verifications WHERE id IN ('{added}', 'Persona Inventata')")]).await;
        sql(&place, &["CREATE TABLE aside AS SELECT * FROM verifications"]).await;
        store.change(EraseVerification { id: kept[0], actor: Actor::System, at: NOW }).await.unwrap();
        assert_eq!(faults(&store).await, []);
        let back = "UPDATE verifications SET report = (SELECT report FROM aside WHERE aside.id = verifications.id)";
        sql(&place, &[back]).await;
        let sequence = told(&store, kept[0]).await;
        assert_eq!(faults(&store).await, [ReportFault::Restored { verification: kept[0], sequence }]);
    });
}

#[test]
fn the_command_names_verifications_and_events_and_no_people() {
    on_both(async |place| {
        let store = place.open().await;
        let (kept, _) = keep(&store, 2).await;
        let folder = tempfile::tempdir().unwrap();
        let whole = audit(&place, folder.path(), &["verify"]);
        assert_eq!(whole.status.code(), Some(0), "{}", text(&whole.stderr));
        assert!(text(&whole.stdout).contains("2 conservati"), "{}", text(&whole.stdout));
        let sequence = told(&store, kept[0]).await;
        let update = |id| format!("UPDATE verifications SET report = {} WHERE id = '{id}'", octets(&store));
        sql(&place, &[&update(kept[0])]).await;
        let said = audit(&place, folder.path(), &["verify"]);
        let sentence = format!("il rapporto della verifica {} non è quello di cui parla l'evento {sequence}", kept[0]);
        assert_eq!(said.status.code(), Some(1));
        let words = text(&said.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.starts_with(&format!("RAPPORTI ALTERATI: {sentence}")), "{words}");
        let json = audit(&place, folder.path(), &["verify", "--format", "json"]);
        assert_eq!(json.status.code(), Some(1));
        let said: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!((&said["verdict"], &said["reports"]), (&"rejected".into(), &2.into()));
        let fault = &said["faults"][0];
        assert_eq!((&fault["code"], &fault["event"]), (&"report.altered".into(), &sequence.into()));
        assert_eq!(fault["verification"], kept[0].to_string());
        assert!(!words.contains(NAME) && !text(&json.stdout).contains(NAME));
    });
}

#[test]
fn an_altered_event_does_not_hide_an_altered_report() {
    on_both(async |place| {
        let store = place.open().await;
        let (kept, _) = keep(&store, 4).await;
        let sequence = told(&store, kept[1]).await;
        let update = format!("UPDATE verifications SET report = {} WHERE id = '{}'", octets(&store), kept[1]);
        sql(&place, &[&update, "UPDATE audit_events SET actor = 'visitor' WHERE sequence = 0"]).await;
        let found = report(&store).await;
        assert_eq!(found.faults.len(), 1);
        assert_eq!(found.reports.faults, [ReportFault::Altered { verification: kept[1], sequence }]);
    });
}

/// Of another report, as the database writes them.
fn octets(store: &Store) -> &'static str {
    match store.database() {
        Database::Sqlite => "x'7b7d'",
        Database::Postgres => "'\\x7b7d'::bytea",
    }
}
