//! What is kept, on SQLite and on PostgreSQL alike.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};
use time::UtcDateTime;
use time::macros::utc_datetime;
use varco::crypto::{DigestAlgorithm, random};
use varco::domain::actor::{Actor, Permission};
use varco::domain::id::VerificationId;
use varco::procedures::retention;
use varco::procedures::tokens::{self, Caller, NewToken, TokenError};
use varco::store::{
    KeyUse, ReadVerification, RecordVerification, Recorded, Store, StoreError, StoreUrl, StoredVerification,
};

use crate::support::stores::on_both;

pub(crate) const NOW: UtcDateTime = utc_datetime!(2026-02-01 12:00);

#[test]
fn a_token_is_recognised_until_it_is_revoked_or_over() {
    on_both(async |place| {
        let store = place.open().await;
        let end = NOW + time::Duration::HOUR;
        let new = NewToken { expires_at: Some(end), ..new_token("Portale di prova") };
        let (token, secret) = tokens::create(&store, Actor::CommandLine, new, NOW).await.unwrap();
        let expected = Some(Caller { token: token.id, permissions: BTreeSet::from([Permission::Verify]) });
        assert_eq!(tokens::recognise(&store, &secret, NOW).await.unwrap(), expected);
        assert_eq!(tokens::recognise(&store, &secret, end).await.unwrap(), None);
        let other = SecretString::from(format!("{}x", secret.expose_secret()));
        assert_eq!(tokens::recognise(&store, &other, NOW).await.unwrap(), None);

        assert!(tokens::revoke(&store, Actor::CommandLine, token.id, NOW).await.unwrap());
        assert!(!tokens::revoke(&store, Actor::CommandLine, token.id, end).await.unwrap());
        assert_eq!(tokens::recognise(&store, &secret, NOW).await.unwrap(), None);
        let listed = tokens::list(&store).await.unwrap();
        assert_eq!(listed, [varco::store::StoredToken { revoked_at: Some(NOW), ..token }]);
    });
}

#[test]
fn a_token_without_name_scope_or_future_is_not_made() {
    on_both(async |place| {
        let store = place.open().await;
        let create = async |new| tokens::create(&store, Actor::CommandLine, new, NOW).await.err().unwrap();
        assert!(matches!(create(new_token("")).await, TokenError::BadName));
        assert!(matches!(create(new_token("a\nb")).await, TokenError::BadName));
        assert!(matches!(create(new_token(&"x".repeat(101))).await, TokenError::BadName));
        let no_scope = NewToken { scopes: BTreeSet::new(), ..new_token("x") };
        assert!(matches!(create(no_scope).await, TokenError::NoScope));
        let over = NewToken { expires_at: Some(NOW), ..new_token("x") };
        assert!(matches!(create(over).await, TokenError::Expired));
        assert!(tokens::list(&store).await.unwrap().is_empty());
    });
}

#[test]
fn the_same_request_is_recorded_once() {
    on_both(async |place| {
        let store = place.open().await;
        let caller = caller(&store, "Portale").await;
        let first = record(&caller, Some("k1"), b"one");
        let again = record(&caller, Some("k1"), b"one");
        let other = record(&caller, Some("k1"), b"two");
        let without = record(&caller, None, b"one");
        let first_id = first.verification.id;
        assert!(matches!(store.change(first).await.unwrap(), Recorded::New));
        match store.change(again).await.unwrap() {
            Recorded::Earlier(earlier) => assert_eq!(earlier.id, first_id),
            other => panic!("{other:?}"),
        }
        assert!(matches!(store.change(other).await.unwrap(), Recorded::KeyUsed));
        assert!(matches!(store.change(without).await.unwrap(), Recorded::New));
        // Another portal may use the same key for something of its own.
        let neighbour = self::caller(&store, "Altro portale").await;
        assert!(matches!(store.change(record(&neighbour, Some("k1"), b"two")).await.unwrap(), Recorded::New));
    });
}

#[test]
fn many_at_once_with_one_key_are_recorded_once() {
    on_both(async |place| {
        // Two stores on one database, as two instances have.
        let stores = [place.open().await, place.open().await];
        let caller = caller(&stores[0], "Portale").await;
        let mut tasks = Vec::new();
        for at in 0..100 {
            let (store, change) = (stores[at % 2].clone(), record(&caller, Some("k"), b"one"));
            tasks.push(tokio::spawn(async move { store.change(change).await.unwrap() }));
        }
        let mut new = 0;
        let mut ids = BTreeSet::new();
        for task in tasks {
            match task.await.unwrap() {
                Recorded::New => new += 1,
                Recorded::Earlier(earlier) => drop(ids.insert(earlier.id)),
                Recorded::Accepted(_) | Recorded::KeyUsed => panic!("the same request, of the same kind"),
            }
        }
        assert_eq!((new, ids.len()), (1, 1));
    });
}

#[test]
fn a_verification_is_read_by_who_asked_for_it_only() {
    on_both(async |place| {
        let store = place.open().await;
        let (one, two) = (caller(&store, "Uno").await, caller(&store, "Due").await);
        let change = record(&one, None, b"one");
        let id = change.verification.id;
        store.change(change).await.unwrap();
        let read = async |token| store.change(ReadVerification { id, token, at: NOW }).await.unwrap();
        assert_eq!(read(one.token).await.unwrap().report.unwrap(), b"{\"report\":true}".as_slice());
        assert!(read(two.token).await.is_none());
    });
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    on_both(async |place| {
        let id = {
            let store = place.open().await;
            let caller = caller(&store, "Portale").await;
            let change = record(&caller, None, b"one");
            let id = change.verification.id;
            store.change(change).await.unwrap();
            id
        };
        assert_eq!(place.open().await.verification(id).await.unwrap().unwrap().created_at, NOW);
    });
}

#[test]
fn a_report_is_erased_when_its_time_is_over_and_no_octet_of_it_stays() {
    on_both(async |place| {
        let store = place.open().await;
        let caller = caller(&store, "Portale").await;
        let mut change = record(&caller, Some("k"), b"one");
        change.verification.report = Some(b"{\"name\":\"Gelsomina Verdegiglio\"}".repeat(200).into());
        let (id, end) = (change.verification.id, change.verification.expires_at);
        store.change(change).await.unwrap();
        assert!(place.files_hold(b"Verdegiglio").unwrap_or(true), "the test looks in the right place");

        assert_eq!(retention::erase_overdue(&store, end - time::Duration::MICROSECOND).await.unwrap(), 0);
        assert!(store.verification(id).await.unwrap().unwrap().report.is_some());
        assert_eq!(retention::erase_overdue(&store, end).await.unwrap(), 1);
        store.sweep().await.unwrap();
        assert_eq!(store.verification(id).await.unwrap().unwrap().report, None);
        assert!(store.key_use(caller.token, "k").await.unwrap().is_none());
        assert_eq!(retention::erase_overdue(&store, end).await.unwrap(), 0);
        assert!(!place.files_hold(b"Verdegiglio").unwrap_or(false));
    });
}

#[test]
fn stores_on_one_database_that_are_asked_whether_they_are_ready_are_not_in_each_others_way() {
    on_both(async |place| {
        let stores = [place.open().await, place.open().await];
        let caller = caller(&stores[0], "Portale").await;
        let mut tasks = Vec::new();
        for number in 0..600 {
            for store in &stores {
                let (store, change) = (store.clone(), record(&caller, Some(&format!("k{}", number / 2)), b"one"));
                tasks.push(tokio::spawn(async move {
                    store.change(change).await.map(drop)?;
                    store.ping().await
                }));
            }
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    });
}

#[test]
fn a_trail_without_its_end_cannot_be_written_and_says_so() {
    on_both(async |place| {
        let store = place.open().await;
        store.ping().await.unwrap();
        place.run_sql("DELETE FROM audit_head");
        assert!(store.ping().await.is_err());
    });
}

#[test]
fn addresses_that_are_none_are_refused_and_never_printed() {
    for bad in ["", "varco.db", "mysql://h/d", "http://h"] {
        assert!(bad.parse::<StoreUrl>().is_err(), "{bad}");
    }
    for unprotected in [
        "postgres://v@db.example/v",
        "postgres://v@db.example/v?sslmode=require",
        "postgres:///v?host=db",
        "postgres:///v",
        "postgres:///v?host=localhost&hostaddr=192.0.2.1",
    ] {
        assert!(matches!(unprotected.parse::<StoreUrl>(), Err(StoreError::Unprotected)), "{unprotected}");
    }
    assert!("postgres://v@db.example/v?sslmode=verify-full".parse::<StoreUrl>().is_ok());
    let url: StoreUrl = "postgres://varco:segreto@localhost/varco".parse().unwrap();
    assert_eq!(format!("{url:?}"), "StoreUrl(Postgres)");
}

pub(crate) fn new_token(name: &str) -> NewToken {
    NewToken { name: name.to_owned(), scopes: BTreeSet::from([Permission::Verify]), expires_at: None }
}

pub(crate) async fn caller(store: &Store, name: &str) -> Caller {
    let (_, secret) = tokens::create(store, Actor::CommandLine, new_token(name), NOW).await.unwrap();
    tokens::recognise(store, &secret, NOW).await.unwrap().unwrap()
}

pub(crate) fn record(caller: &Caller, key: Option<&str>, request: &[u8]) -> RecordVerification {
    let fingerprint = DigestAlgorithm::Sha256.digest(request);
    RecordVerification {
        verification: StoredVerification {
            id: VerificationId::new(random().unwrap(), NOW),
            token: caller.token,
            created_at: NOW,
            verdict: "accepted".to_owned(),
            report: Some(b"{\"report\":true}".as_slice().into()),
            expires_at: NOW + time::Duration::DAY,
        },
        document_sha256: fingerprint.to_hex(),
        key: key.map(|key| KeyUse { token: caller.token, key: key.to_owned(), fingerprint }),
        actor: Actor::Token(caller.token),
    }
}
