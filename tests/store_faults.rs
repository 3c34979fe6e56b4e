//! A store that fails: what is answered then, and that nothing is lost or half done.

use futures_util::future::BoxFuture;
use time::macros::utc_datetime;
use varco::audit::Event;
use varco::domain::actor::Actor;
use varco::procedures::tokens;
use varco::store::{Change, Database, Recorded, Store, StoreError, StoreUrl, Tx};

use crate::store::{caller, new_token, record};
use crate::support::small_disk::SmallDisk;
use crate::support::stores::{Place, PostgresServer, on_both};

/// Makes every insertion of a report with this in it fail, whatever the database.
const POISON: &[u8] = b"poison";

#[test]
fn one_failing_statement_fails_its_own_change_and_no_other_of_its_group() {
    on_both(async |place| {
        let store = place.open().await;
        let caller = caller(&store, "Portale").await;
        place.run_sql(match store.database() {
            Database::Sqlite => {
                "CREATE TRIGGER poison BEFORE INSERT ON verifications WHEN NEW.report = CAST('poison' AS BLOB) \
                 BEGIN SELECT RAISE(ABORT, 'poison'); END"
            }
            Database::Postgres => {
                "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN IF NEW.report = 'poison'::bytea THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW; END $$; \
                 CREATE TRIGGER poison BEFORE INSERT ON verifications FOR EACH ROW EXECUTE FUNCTION poison()"
            }
        });
        let mut tasks = Vec::new();
        for at in 0..50 {
            let mut change = record(&caller, None, b"one");
            if at % 10 == 3 {
                change.verification.report = Some(POISON.into());
            }
            let (store, id) = (store.clone(), change.verification.id);
            tasks.push(tokio::spawn(async move { (at, id, store.change(change).await) }));
        }
        for task in tasks {
            let (at, id, result) = task.await.unwrap();
            let kept = store.verification(id).await.unwrap().is_some();
            if at % 10 == 3 {
                assert!(matches!(result.as_ref().unwrap_err().kind(), StoreError::Failed(_)), "{result:?}");
                assert!(!kept);
            } else {
                assert!(result.is_ok() && kept, "{result:?}");
            }
        }
    });
}

#[tokio::test]
async fn a_server_that_goes_away_is_unavailable_and_comes_back() {
    let mut server = PostgresServer::start();
    let url: StoreUrl = server.database("gone").parse().unwrap();
    let store = Store::open(&url).await.unwrap();
    let caller = caller(&store, "Portale").await;
    server.kill();
    let change = record(&caller, Some("k"), b"one");
    let error = store.change(change).await.unwrap_err();
    assert!(matches!(error.kind(), StoreError::Unavailable(_)), "{error:?}");
    assert!(matches!(store.ping().await.unwrap_err().kind(), StoreError::Unavailable(_)));

    server.restart();
    let again = record(&caller, Some("k"), b"one");
    let id = again.verification.id;
    store.change(again).await.unwrap();
    assert!(store.verification(id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_what_was_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(folder.path(), 2) else { return };
    let url: StoreUrl = format!("sqlite:{}/varco.db", folder.path().display()).parse().unwrap();
    let store = Store::open(&url).await.unwrap();
    let caller = caller(&store, "Portale").await;
    let mut kept = Vec::new();
    let error = loop {
        let mut change = record(&caller, None, b"one");
        change.verification.report = Some(vec![b'x'; 100_000].into());
        let id = change.verification.id;
        match store.change(change).await {
            Ok(_) => kept.push(id),
            Err(error) => break error,
        }
    };
    assert!(matches!(error.kind(), StoreError::Unavailable(_)), "{error:?}");
    assert!(!kept.is_empty());
    for id in kept {
        assert_eq!(store.verification(id).await.unwrap().unwrap().report.unwrap().len(), 100_000);
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_unavailable() {
    let place = Place::new(Database::Sqlite);
    place.open().await.close().await;
    place.run_sql("PRAGMA journal_mode = DELETE");
    let url: StoreUrl = format!("{}?mode=ro", place.url).parse().unwrap();
    let result = async {
        let store = Store::open(&url).await?;
        match tokens::create(&store, Actor::CommandLine, new_token("x"), utc_datetime!(2026-02-01 12:00)).await {
            Ok(_) => Ok(()),
            Err(tokens::TokenError::Store(error)) => Err(error),
            Err(error) => panic!("{error:?}"),
        }
    };
    let error = result.await.unwrap_err();
    assert!(!matches!(error.kind(), StoreError::Conflict | StoreError::Failed(_)), "{error:?}");
}

/// A fault of ours: it counts on what is not there.
struct Faulty(Option<Event>);

impl Change for Faulty {
    type Output = ();

    fn apply<'t>(&'t self, _: &'t mut Tx) -> BoxFuture<'t, Result<((), Event), StoreError>> {
        Box::pin(async { Ok(((), self.0.clone().unwrap())) })
    }
}

#[test]
fn a_fault_of_ours_ends_one_change_and_not_all_writing() {
    on_both(async |place| {
        let store = place.open().await;
        let caller = caller(&store, "portal").await;
        assert!(matches!(store.change(Faulty(None)).await.unwrap_err().kind(), StoreError::Unknown(_)));
        assert!(matches!(store.change(record(&caller, Some("after"), b"x")).await, Ok(Recorded::New)));
    });
}
