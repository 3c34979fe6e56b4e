//! The trail, on SQLite and on PostgreSQL alike: what is written holds, what is changed is named.

mod checkpoints;
mod command;
mod export;
mod reports;
mod tampering;

use std::path::Path;

use futures_util::future::BoxFuture;
use sqlx::{AnyPool, AssertSqlSafe};
use time::UtcDateTime;
use time::macros::utc_datetime;
use varco::audit::{Action, Event, Fault, KeyName, Subject};
use varco::domain::actor::Actor;
use varco::procedures::trail::key::TrailKey;
use varco::procedures::trail::verification::{TrailReport, TrailVerdict, verify};
use varco::procedures::trail::{self, TrailError};
use varco::store::{Change, Detail, ErasePersonalData, Store, StoreError, Tx};

use crate::support::stores::{Place, on_both};

const NOW: UtcDateTime = utc_datetime!(2026-02-01 12:00);

#[test]
fn an_empty_trail_and_one_that_grows_hold() {
    on_both(async |place| {
        let store = place.open().await;
        assert_eq!(report(&store).await.verdict(), TrailVerdict::Holds);
        for size in [1, 2, 255, 256, 257, 700] {
            tell(&store, size - store.trail_end().await.unwrap().size).await;
            let report = report(&store).await;
            assert_eq!((report.verdict(), report.head.size), (TrailVerdict::Holds, size));
            assert_eq!(report.head, trail::head(&store, size).await.unwrap());
        }
    });
}

#[test]
fn two_instances_make_one_trail() {
    on_both(async |place| {
        let stores = [place.open().await, place.open().await];
        let tasks: Vec<_> = (0..600).map(|at| tokio::spawn(tell_one(stores[at % 2].clone(), at))).collect();
        for task in tasks {
            task.await.unwrap();
        }
        let report = report(&stores[0]).await;
        assert_eq!((report.verdict(), report.head.size), (TrailVerdict::Holds, 600));
    });
}

#[test]
fn a_change_that_fails_leaves_no_event() {
    on_both(async |place| {
        let store = place.open().await;
        tell(&store, 3).await;
        let (good, bad) = tokio::join!(store.change(Told(3)), store.change(Failing));
        assert!(good.is_ok() && bad.is_err());
        let report = report(&store).await;
        assert_eq!((report.verdict(), report.head.size), (TrailVerdict::Holds, 4));
    });
}

#[test]
fn whoever_reads_the_trail_is_in_the_trail() {
    on_both(async |place| {
        let store = place.open().await;
        tell(&store, 5).await;
        let page = trail::read(&store, Actor::CommandLine, 2, 2, Detail::WithPersonalData, NOW).await.unwrap();
        assert_eq!((page.events.len(), page.next), (2, 4));
        assert_eq!(page.events[0].record.sequence, 2);
        let personal = page.events[0].personal.as_ref().unwrap();
        assert!(personal.text.contains("Persona Inventata"));
        let page = trail::read(&store, Actor::Visitor, 5, 100, Detail::WithoutPersonalData, NOW).await.unwrap();
        let read = page.events[0].record.record().unwrap();
        assert_eq!((read.action.as_str(), read.actor.as_str()), ("audit.read", "command-line"));
        assert_eq!(read.facts["from"], "2");
        assert_eq!(read.facts["to"], "4");
        assert_eq!(read.facts["personal_data"], "yes");
        let page = trail::read(&store, Actor::Visitor, 3, 1, Detail::WithoutPersonalData, NOW).await.unwrap();
        assert!(page.events[0].personal.is_none());
    });
}

#[test]
fn proofs_of_every_event_and_size_hold() {
    on_both(async |place| {
        let store = place.open().await;
        tell(&store, 520).await;
        for (sequence, size) in [(0, 1), (0, 520), (255, 256), (256, 300), (300, 520), (519, 520)] {
            let inclusion = trail::prove_inclusion(&store, sequence, Some(size)).await.unwrap();
            let record = store.trail_records(sequence, 1).await.unwrap()[0].record().unwrap();
            let encoded = record.encoded();
            assert_eq!(inclusion.head.verify_inclusion(encoded.as_bytes(), sequence, &inclusion.proof), Ok(()));
            let other = sequence.checked_sub(1).unwrap_or(sequence + 1);
            assert!(inclusion.head.verify_inclusion(encoded.as_bytes(), other, &inclusion.proof).is_err());
        }
        for (from, size) in [(0, 520), (1, 520), (255, 520), (256, 257), (511, 513), (520, 520)] {
            let grown = trail::prove_consistency(&store, from, Some(size)).await.unwrap();
            assert_eq!(grown.later.verify_consistency(&grown.earlier, &grown.proof), Ok(()), "{from} {size}");
        }
        for (sequence, size) in [(520, None), (0, Some(0)), (0, Some(521)), (5, Some(5))] {
            assert!(matches!(trail::prove_inclusion(&store, sequence, size).await, Err(TrailError::NotThere)));
        }
        assert!(matches!(trail::prove_consistency(&store, 521, None).await, Err(TrailError::NotThere)));
    });
}

#[test]
fn personal_data_are_erased_and_the_trail_still_holds() {
    on_both(async |place| {
        let store = place.open().await;
        tell(&store, 5).await;
        let erase = |sequence| ErasePersonalData { sequence, actor: Actor::System, at: NOW };
        assert!(store.change(erase(2)).await.unwrap());
        assert!(!store.change(erase(2)).await.unwrap());
        let report = report(&store).await;
        assert_eq!((report.verdict(), report.erased), (TrailVerdict::Holds, 1));
        store.close().await;
        if let Some(folder) = place.url.strip_prefix("sqlite:").and_then(|file| Path::new(file).parent()) {
            let everything: Vec<u8> = std::fs::read_dir(folder)
                .unwrap()
                .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
                .collect();
            let holds = |name: &[u8]| everything.windows(name.len()).any(|window| window == name);
            assert!(holds(b"Persona Inventata 1") && !holds(b"Persona Inventata 2"));
        }
    });
}

/// An event that nothing else comes with.
struct Told(u64);

impl Change for Told {
    type Output = ();

    fn apply<'t>(&'t self, _: &'t mut Tx) -> BoxFuture<'t, Result<((), Event), StoreError>> {
        let event = Event {
            at: NOW + time::Duration::seconds(i64::try_from(self.0).unwrap()),
            actor: Actor::System,
            action: Action::CreateToken,
            subject: Subject::Event(self.0),
            facts: vec![("scopes", format!("s{}", self.0))],
            personal: vec![("name", format!("Persona Inventata {}", self.0))],
        };
        Box::pin(async move { Ok(((), event)) })
    }
}

struct Failing;

impl Change for Failing {
    type Output = ();

    fn apply<'t>(&'t self, _: &'t mut Tx) -> BoxFuture<'t, Result<((), Event), StoreError>> {
        Box::pin(async move { Err(StoreError::Conflict) })
    }
}

async fn tell_one(store: Store, number: usize) {
    store.change(Told(u64::try_from(number).unwrap())).await.unwrap();
}

/// Adds events, in groups; the trail grows by exactly so many.
async fn tell(store: &Store, count: u64) {
    let from = store.trail_end().await.unwrap().size;
    futures_util::future::join_all((from..from + count).map(|number| store.change(Told(number)))).await;
    assert_eq!(store.trail_end().await.unwrap().size, from + count);
}

async fn report(store: &Store) -> TrailReport {
    verify(store, &[], &[]).await.unwrap()
}

/// The faults, where nobody looks at signatures.
async fn faults(store: &Store) -> Vec<Fault> {
    report(store).await.faults
}

/// Does to the tables what no part of the program does.
async fn sql(place: &Place, statements: &[&str]) {
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(&place.url).await.unwrap();
    for statement in statements {
        sqlx::query(AssertSqlSafe((*statement).to_owned())).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

fn key(folder: &Path) -> TrailKey {
    let name: KeyName = "varco.example/trail".parse().unwrap();
    TrailKey::open_or_create(&folder.join("audit.pem"), name).unwrap()
}
