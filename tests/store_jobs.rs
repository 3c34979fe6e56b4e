//! The queue, on SQLite and on PostgreSQL alike: each job is one instance's at a time, and its end is written once.

use std::collections::BTreeSet;

use time::{Duration, UtcDateTime};
use varco::audit::Action;
use varco::crypto::{DigestAlgorithm, random};
use varco::domain::actor::Actor;
use varco::domain::fiscal_code::FiscalCode;
use varco::domain::id::{InstanceId, JobId, VerificationId};
use varco::procedures::tokens::Caller;
use varco::store::{
    AcceptRequest, Accepted, DocumentDigests, EraseRequest, Fate, FinishRequest, JobCount, JobKind, KeyUse, Lease,
    RefusalWords, RefuseRequest, RequestState, RetryVerification, Store, StoreError, StoredRequest, StoredVerification,
};

use crate::store::{NOW, caller};
use crate::support::stores::on_both;

const LEASE: Duration = Duration::seconds(15);

#[test]
fn two_instances_never_get_the_same_job() {
    on_both(async |place| {
        let stores = [place.open().await, place.open().await];
        let caller = caller(&stores[0], "Portale").await;
        for _ in 0..60 {
            accept(&stores[0], &caller, None).await;
        }
        let mut claimants = Vec::new();
        for at in 0..8 {
            let store = stores[at % 2].clone();
            claimants.push(tokio::spawn(async move {
                let (holder, mut taken) = (instance(), Vec::new());
                loop {
                    let leases = claim(&store, 3, holder, NOW).await;
                    if leases.is_empty() && !store.has_due_job(JobKind::Verification, NOW).await.unwrap() {
                        return taken;
                    }
                    taken.extend(leases);
                }
            }));
        }
        let (mut leases, mut subjects) = (0, BTreeSet::new());
        for claimant in claimants {
            for lease in claimant.await.unwrap() {
                assert_eq!(lease.attempt, 1);
                leases += 1;
                subjects.insert(lease.subject);
            }
        }
        assert_eq!((leases, subjects.len()), (60, 60));
    });
}

#[test]
fn a_job_is_somebody_elses_when_its_lease_is_over_and_not_before() {
    on_both(async |place| {
        let store = place.open().await;
        let caller = caller(&store, "Portale").await;
        accept(&store, &caller, None).await;
        let first = claim(&store, 9, instance(), NOW).await.remove(0);
        let almost = NOW + LEASE - Duration::MICROSECOND;
        assert!(claim(&store, 9, instance(), almost).await.is_empty());
        assert!(settle(&store, &first, Fate::Renewed(NOW + LEASE * 2)).await);
        assert!(claim(&store, 9, instance(), NOW + LEASE).await.is_empty(), "it was renewed");
        let second = claim(&store, 9, instance(), NOW + LEASE * 2).await.remove(0);
        assert_eq!((second.job, second.attempt), (first.job, 2));
        assert!(!settle(&store, &first, Fate::Renewed(NOW + LEASE * 9)).await, "it is not the first one's any more");
        assert!(!settle(&store, &first, Fate::GivenBack(NOW)).await);
        assert!(settle(&store, &second, Fate::GivenBack(NOW)).await);
        assert_eq!(claim(&store, 9, instance(), NOW).await.remove(0).attempt, 2, "what was given back does not count");
    });
}

#[test]
fn whoever_lost_the_lease_writes_nothing() {
    on_both(async |place| {
        let store = place.open().await;
        let caller = caller(&store, "Portale").await;
        let id = accept(&store, &caller, None).await;
        let slow = claim(&store, 1, instance(), NOW).await.remove(0);
        // The same instance may come to hold it again: an attempt is told from every other.
        let fast = claim(&store, 1, slow.holder, NOW + LEASE).await.remove(0);
        let before = events(&store).await;
        let late = store.change(finish(&slow, &caller, id)).await.err().unwrap();
        assert!(matches!(late.kind(), StoreError::LeaseLost), "{late}");
        let late = store.change(refuse(&slow, &caller, id)).await.err().unwrap();
        assert!(matches!(late.kind(), StoreError::LeaseLost), "{late}");
        assert!(store.verification(id).await.unwrap().is_none());
        assert_eq!(events(&store).await, before, "what was not done is not told");

        store.change(finish(&fast, &caller, id)).await.unwrap();
        assert!(store.verification(id).await.unwrap().is_some());
        let twice = store.change(finish(&fast, &caller, id)).await.err().unwrap();
        assert!(matches!(twice.kind(), StoreError::LeaseLost), "{twice}");
        assert_eq!(events(&store).await, before + 1);
        assert!(store.request_progress(id, NOW).await.unwrap().is_none());
        assert!(!store.has_job(JobKind::Verification).await.unwrap());
    });
}

#[test]
fn one_of_many_that_lost_its_lease_does_not_take_the_others_with_it() {
    on_both(async |place| {
        let store = place.open().await;
        let caller = caller(&store, "Portale").await;
        for _ in 0..20 {
            accept(&store, &caller, None).await;
        }
        let leases = claim(&store, 20, instance(), NOW).await;
        let stolen = claim(&store, 1, instance(), NOW + LEASE).await.remove(0);
        let finished = leases.iter().map(|lease| store.change(finish(lease, &caller, lease.subject.parse().unwrap())));
        let finished = futures_util::future::join_all(finished).await;
        for (lease, finished) in leases.iter().zip(finished) {
            assert_eq!(finished.is_ok(), lease.job != stolen.job);
        }
    });
}

#[test]
fn what_fails_waits_and_what_is_given_up_stays_until_it_is_put_back() {
    on_both(async |place| {
        let store = place.open().await;
        let caller = caller(&store, "Portale").await;
        let id = accept(&store, &caller, None).await;
        let lease = claim(&store, 1, instance(), NOW).await.remove(0);
        let later = NOW + Duration::MINUTE;
        assert!(settle(&store, &lease, Fate::Postponed(later, "documents")).await);
        assert!(claim(&store, 1, instance(), later - Duration::MICROSECOND).await.is_empty());
        let lease = claim(&store, 1, instance(), later).await.remove(0);
        assert_eq!(lease.attempt, 2);
        assert_eq!(state(&store, id, later).await, RequestState::Running);
        assert!(settle(&store, &lease, Fate::Buried("other-document")).await);

        let far = NOW + Duration::days(300);
        assert!(claim(&store, 1, instance(), far).await.is_empty());
        assert_eq!(state(&store, id, far).await, RequestState::GivenUp);
        let dead = store.dead_jobs(10).await.unwrap().remove(0);
        assert_eq!((dead.subject, dead.attempts, dead.due_at), (id.to_string(), 2, None));
        assert_eq!(dead.last_error.as_deref(), Some("other-document"));
        let counts = store.job_counts().await.unwrap();
        assert!(counts.contains(&JobCount { kind: JobKind::Verification, open: 0, dead: 1 }), "{counts:?}");

        let retry = || RetryVerification { id, actor: Actor::CommandLine, at: far };
        assert!(store.change(retry()).await.unwrap());
        assert!(!store.change(retry()).await.unwrap(), "it is no dead letter any more");
        assert_eq!(state(&store, id, far).await, RequestState::Queued);
        assert_eq!(claim(&store, 1, instance(), far).await.remove(0).attempt, 1);
    });
}

#[test]
fn there_is_one_job_that_comes_again_and_again() {
    on_both(async |place| {
        let stores = [place.open().await, place.open().await];
        let ensured = (0..20).map(|at| {
            let store = stores[at % 2].clone();
            async move { store.ensure_job(JobKind::Retention, "everything", job(), NOW).await.unwrap() }
        });
        futures_util::future::join_all(ensured).await;
        let claim = async |now| stores[0].claim(JobKind::Retention, 9, instance(), now + LEASE, now).await.unwrap();
        let mut leases = claim(NOW).await;
        assert_eq!(leases.len(), 1);
        let next = NOW + Duration::MINUTE;
        assert!(settle(&stores[1], &leases.remove(0), Fate::Again(next)).await);
        assert!(claim(next - Duration::MICROSECOND).await.is_empty());
        assert_eq!(claim(next).await.remove(0).attempt, 1);
    });
}

#[test]
fn a_clock_that_was_ahead_holds_nothing_up() {
    on_both(async |place| {
        let store = place.open().await;
        let caller = caller(&store, "Portale").await;
        accept(&store, &caller, None).await;
        let tomorrow = NOW + Duration::DAY;
        claim(&store, 1, instance(), tomorrow).await;
        store.pull_jobs_back(NOW + Duration::HOUR, NOW).await.unwrap();
        assert_eq!(claim(&store, 1, instance(), NOW).await.len(), 1);
        store.pull_jobs_back(NOW + Duration::HOUR, NOW).await.unwrap();
        assert!(claim(&store, 1, instance(), NOW).await.is_empty(), "a lease within reason stays");
    });
}

#[test]
fn the_same_request_is_accepted_once() {
    on_both(async |place| {
        let stores = [place.open().await, place.open().await];
        let caller = caller(&stores[0], "Portale").await;
        let accepted = (0..40).map(|at| {
            let (store, change) = (stores[at % 2].clone(), request(&caller, Some(("k", b"one"))));
            let id = change.request.id;
            async move { (id, store.change(change).await.unwrap()) }
        });
        let accepted = futures_util::future::join_all(accepted).await;
        let new: Vec<_> = accepted.iter().filter(|(_, accepted)| *accepted == Accepted::New).collect();
        assert_eq!(new.len(), 1);
        let others = accepted.iter().filter(|(id, _)| *id != new[0].0);
        assert!(others.into_iter().all(|(_, accepted)| *accepted == Accepted::Earlier(new[0].0)));
        assert_eq!(stores[0].count_jobs(JobKind::Verification).await.unwrap(), 1);
        let other = stores[1].change(request(&caller, Some(("k", b"two")))).await.unwrap();
        assert_eq!(other, Accepted::KeyUsed);
    });
}

#[test]
fn whom_a_request_named_is_forgotten_with_it() {
    on_both(async |place| {
        let store = place.open().await;
        let caller = caller(&store, "Portale").await;
        for end in ["finish", "refuse", "erase"] {
            let id = accept(&store, &caller, None).await;
            let kept = store.open_request(id).await.unwrap().unwrap();
            assert_eq!(kept.fiscal_code.unwrap().canonical(), CODE);
            assert!(place.files_hold(CODE.as_bytes()).unwrap_or(true), "the test looks in the right place");
            let lease = claim(&store, 1, instance(), NOW).await.remove(0);
            match end {
                "finish" => store.change(finish(&lease, &caller, id)).await.unwrap(),
                "refuse" => store.change(refuse(&lease, &caller, id)).await.unwrap(),
                _ => {
                    let erase = EraseRequest { id, actor: Actor::System, at: NOW };
                    assert!(store.change(erase).await.unwrap());
                    assert!(!settle(&store, &lease, Fate::GivenBack(NOW)).await, "the work is gone too");
                }
            }
            assert!(store.open_request(id).await.unwrap().is_none(), "{end}");
            store.sweep().await.unwrap();
            assert!(!place.files_hold(CODE.as_bytes()).unwrap_or(false), "{end}");
            assert!(!place.files_hold(b"domanda.p7m").unwrap_or(false), "{end}");
        }
    });
}

#[test]
fn what_cannot_be_examined_says_why_until_it_is_erased() {
    on_both(async |place| {
        let store = place.open().await;
        let caller = caller(&store, "Portale").await;
        let id = accept(&store, &caller, Some(("k", b"one"))).await;
        let lease = claim(&store, 1, instance(), NOW).await.remove(0);
        store.change(refuse(&lease, &caller, id)).await.unwrap();
        let RequestState::Refused(words) = state(&store, id, NOW).await else { panic!("it is refused") };
        assert_eq!(
            (words.kind.as_str(), words.in_english.as_str()),
            ("no-signature", "There is no signature in the file.")
        );
        let end = NOW + Duration::DAY;
        assert!(store.overdue_requests(10, end - Duration::MICROSECOND).await.unwrap().is_empty());
        assert_eq!(store.overdue_requests(10, end).await.unwrap(), [id]);
        assert!(store.change(EraseRequest { id, actor: Actor::System, at: end }).await.unwrap());
        assert!(!store.change(EraseRequest { id, actor: Actor::System, at: end }).await.unwrap());
        assert!(store.key_use(caller.token, "k").await.unwrap().is_none());
    });
}

/// Nobody's.
const CODE: &str = "PRVCRD90A41H501L";

fn instance() -> InstanceId {
    InstanceId::new(random().unwrap(), NOW)
}

fn job() -> JobId {
    JobId::new(random().unwrap(), NOW)
}

fn request(caller: &Caller, key: Option<(&str, &[u8])>) -> AcceptRequest {
    let digest = DigestAlgorithm::Sha256.digest(b"document");
    AcceptRequest {
        request: StoredRequest {
            id: VerificationId::new(random().unwrap(), NOW),
            token: caller.token,
            created_at: NOW,
            expires_at: NOW + Duration::DAY,
            name: "domanda.p7m".to_owned(),
            fiscal_code: Some(FiscalCode::parse(CODE).unwrap()),
            at: None,
            digests: DocumentDigests { document: digest, detached: None, expected: Some(digest) },
        },
        job: job(),
        key: key.map(|(key, request)| KeyUse {
            token: caller.token,
            key: key.to_owned(),
            fingerprint: DigestAlgorithm::Sha256.digest(request),
        }),
    }
}

async fn accept(store: &Store, caller: &Caller, key: Option<(&str, &[u8])>) -> VerificationId {
    let change = request(caller, key);
    let id = change.request.id;
    assert_eq!(store.change(change).await.unwrap(), Accepted::New);
    id
}

async fn claim(store: &Store, most: u16, holder: InstanceId, now: UtcDateTime) -> Vec<Lease> {
    store.claim(JobKind::Verification, most, holder, now + LEASE, now).await.unwrap()
}

async fn settle(store: &Store, lease: &Lease, fate: Fate) -> bool {
    store.settle(lease.clone(), fate).await.unwrap()
}

fn finish(lease: &Lease, caller: &Caller, id: VerificationId) -> FinishRequest {
    let verification = StoredVerification {
        id,
        token: caller.token,
        created_at: NOW,
        verdict: "accepted".to_owned(),
        report: Some(b"{\"report\":true}".as_slice().into()),
        expires_at: NOW + Duration::DAY,
    };
    FinishRequest { lease: lease.clone(), verification, document_sha256: String::new() }
}

fn refuse(lease: &Lease, caller: &Caller, id: VerificationId) -> RefuseRequest {
    let words = RefusalWords {
        kind: "no-signature".to_owned(),
        detail: "Nel file non c'è nessuna firma.".to_owned(),
        in_english: "There is no signature in the file.".to_owned(),
    };
    RefuseRequest { lease: lease.clone(), id, token: caller.token, words, at: NOW }
}

async fn state(store: &Store, id: VerificationId, now: UtcDateTime) -> RequestState {
    store.request_progress(id, now).await.unwrap().unwrap().state
}

/// Events about verifications that were judged or refused.
async fn events(store: &Store) -> usize {
    let told = store.trail_records(0, 4096).await.unwrap();
    let ends = [Action::CreateVerification, Action::RefuseVerification].map(Action::word);
    told.iter().filter(|stored| ends.contains(&stored.action.as_str())).count()
}
