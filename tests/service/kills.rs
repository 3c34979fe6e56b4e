//! A service that is killed again and again while it works: nothing is lost, nothing is done twice, nothing is half done.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use reqwest::Client;
use tokio::task::JoinHandle;

use crate::service::{PATIENCE, Service, client, form};
use crate::support::stores::PostgresServer;

const CALLERS: usize = 6;
const FILES: [&str; 4] = ["good-cns.p7m", "altered.p7m", "wrong-person.p7m", "good-qualified.p7m"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_stays_whenever_the_service_is_killed() {
    let mut service = Service::start();
    let crowd = Crowd::of(&service);
    // On a slow machine little is answered between two kills: more of them, then.
    for kill in 0.. {
        if kill >= 100 && crowd.answered() > 100 {
            break;
        }
        pause(kill).await;
        service.kill_and_start_again();
        crowd.goes_to(&service);
    }
    let answered = crowd.answers().await;
    nothing_is_lost_or_done_twice(&service, &answered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_stays_whenever_the_service_or_its_postgresql_is_killed() {
    let mut server = PostgresServer::start();
    let mut service = Service::start_on(tempfile::tempdir().unwrap(), server.database("kills"), Vec::new(), "");
    let crowd = Crowd::of(&service);
    for kill in 0.. {
        if kill >= 40 && crowd.answered() > 50 {
            break;
        }
        pause(kill).await;
        if kill % 8 == 7 {
            server.kill();
            server.restart();
        } else {
            service.kill_and_start_again();
            crowd.goes_to(&service);
        }
    }
    let answered = crowd.answers().await;
    nothing_is_lost_or_done_twice(&service, &answered).await;
}

/// Any moment of a request, many times over: the pauses share no factor with what the service takes.
async fn pause(kill: u32) {
    tokio::time::sleep(Duration::from_millis(u64::from(7 + kill * 37 % 211))).await;
}

/// Where the answer is, and the answer.
pub(super) type Answered = (String, Vec<u8>);

/// Callers who send request after request, each until it is answered.
pub(super) struct Crowd {
    shared: Arc<Shared>,
    callers: Vec<JoinHandle<BTreeMap<u32, Answered>>>,
}

struct Shared {
    url: RwLock<String>,
    token: String,
    next: AtomicU32,
    answered: AtomicU32,
    stop: AtomicBool,
}

impl Crowd {
    pub(super) fn of(service: &Service) -> Self {
        let shared = Arc::new(Shared {
            url: RwLock::new(service.url("/v1/verifications")),
            token: service.token.clone(),
            next: AtomicU32::new(0),
            answered: AtomicU32::new(0),
            stop: AtomicBool::new(false),
        });
        let callers = (0..CALLERS).map(|_| tokio::spawn(call(Arc::clone(&shared)))).collect();
        Self { shared, callers }
    }

    fn goes_to(&self, service: &Service) {
        *self.shared.url.write().unwrap() = service.url("/v1/verifications");
    }

    /// Waits until so many requests were answered.
    pub(super) async fn gets(&self, answers: u32) {
        let end = Instant::now() + 2 * PATIENCE;
        while self.answered() < answers {
            assert!(Instant::now() < end, "only {} requests were answered", self.answered());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many requests were answered so far.
    pub(super) fn answered(&self) -> u32 {
        self.shared.answered.load(Ordering::Relaxed)
    }

    /// All that was answered, once the last requests are.
    pub(super) async fn answers(self) -> BTreeMap<u32, Answered> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut answered = BTreeMap::new();
        for caller in self.callers {
            answered.extend(caller.await.unwrap());
        }
        answered
    }
}

async fn call(shared: Arc<Shared>) -> BTreeMap<u32, Answered> {
    let client = client();
    let mut answered = BTreeMap::new();
    while !shared.stop.load(Ordering::Relaxed) {
        let key = shared.next.fetch_add(1, Ordering::Relaxed);
        loop {
            let url = shared.url.read().unwrap().clone();
            if let Some(answer) = send(&client, &url, &shared.token, key).await {
                answered.insert(key, answer);
                shared.answered.fetch_add(1, Ordering::Relaxed);
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    answered
}

/// `None` if the service went away meanwhile, or said that it cannot answer now; any other answer than 201 or 503 with
/// `Retry-After` ends the test.
async fn send(client: &Client, url: &str, token: &str, key: u32) -> Option<Answered> {
    let file = FILES[usize::try_from(key).unwrap() % FILES.len()];
    let request = client.post(url).bearer_auth(token).header("idempotency-key", format!("request-{key}"));
    let response = request.multipart(form(file)).send().await.ok()?;
    match response.status().as_u16() {
        201 => {}
        503 if response.headers().contains_key("retry-after") => return None,
        status => panic!("{status}"),
    }
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    Some((location, response.bytes().await.ok()?.to_vec()))
}

/// The same request again gets the same answer, to the octet; each is recorded once, and the trail holds.
pub(super) async fn nothing_is_lost_or_done_twice(service: &Service, answered: &BTreeMap<u32, Answered>) {
    let (client, url) = (client(), service.url("/v1/verifications"));
    for (key, answer) in answered {
        assert_eq!(send(&client, &url, &service.token, *key).await.as_ref(), Some(answer), "{key}");
    }
    assert_eq!(service.left_behind(), 0);
    let recorded = service.count("SELECT count(*) FROM verifications");
    assert_eq!(recorded, answered.len(), "each request once");
    assert_eq!(service.count("SELECT count(*) FROM idempotency_keys"), recorded);
    assert_eq!(service.count("SELECT count(*) FROM verifications WHERE report IS NULL"), 0);
    assert_eq!(service.count("SELECT count(*) FROM audit_events WHERE action = 'verification.create'"), recorded);
    service.trail_holds();
}

impl Service {
    pub(super) fn trail_holds(&self) {
        let trail = self.varco(&["audit", "verify"]).output().unwrap();
        assert_eq!(trail.status.code(), Some(0), "{}", String::from_utf8_lossy(&trail.stdout));
    }
}
