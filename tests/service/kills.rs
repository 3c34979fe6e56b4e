//! A service that is killed again and again while it works: nothing is lost, nothing is done twice, nothing is half done.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use reqwest::Client;

use crate::service::{Service, client, form};

const KILLS: u32 = 100;
const CALLERS: usize = 6;
const FILES: [&str; 4] = ["good-cns.p7m", "altered.p7m", "wrong-person.p7m", "good-qualified.p7m"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_stays_whenever_the_service_is_killed() {
    let mut service = Service::start();
    let shared = Arc::new(Shared {
        url: RwLock::new(service.url("/v1/verifications")),
        token: service.token.clone(),
        next: AtomicU32::new(0),
        stop: AtomicBool::new(false),
    });
    let callers: Vec<_> = (0..CALLERS).map(|_| tokio::spawn(call(Arc::clone(&shared)))).collect();
    for kill in 0..KILLS {
        // Any moment of a request, many times over: the pauses share no factor with what the service takes.
        tokio::time::sleep(Duration::from_millis(u64::from(7 + kill * 37 % 211))).await;
        service.kill_and_start_again();
        *shared.url.write().unwrap() = service.url("/v1/verifications");
    }
    shared.stop.store(true, Ordering::Relaxed);
    let mut answered = BTreeMap::new();
    for caller in callers {
        answered.extend(caller.await.unwrap());
    }
    assert!(answered.len() > 100, "only {} requests were answered", answered.len());

    // The same request again gets the same answer, to the octet.
    let client = client();
    for (key, answer) in &answered {
        assert_eq!(send(&client, &shared, *key).await.as_ref(), Some(answer), "{key}");
    }
    assert_eq!(service.left_behind(), 0);
    let count = |sql| service.count(sql);
    let recorded = count("SELECT count(*) FROM verifications");
    assert_eq!(recorded, answered.len(), "each request once");
    assert_eq!(count("SELECT count(*) FROM idempotency_keys"), recorded);
    assert_eq!(count("SELECT count(*) FROM verifications WHERE report IS NULL"), 0);
    assert_eq!(count("SELECT count(*) FROM audit_events WHERE action = 'verification.create'"), recorded);
    let trail = service.varco(&["audit", "verify"]).output().unwrap();
    assert_eq!(trail.status.code(), Some(0), "{}", String::from_utf8_lossy(&trail.stdout));
}

struct Shared {
    url: RwLock<String>,
    token: String,
    next: AtomicU32,
    stop: AtomicBool,
}

/// Where the answer is, and the answer.
type Answered = (String, Vec<u8>);

/// Sends request after request, each until it is answered.
async fn call(shared: Arc<Shared>) -> BTreeMap<u32, Answered> {
    let client = client();
    let mut answered = BTreeMap::new();
    while !shared.stop.load(Ordering::Relaxed) {
        let key = shared.next.fetch_add(1, Ordering::Relaxed);
        loop {
            if let Some(answer) = send(&client, &shared, key).await {
                answered.insert(key, answer);
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    answered
}

/// `None` if the service went away meanwhile; another answer than 201 or 503 ends the test.
async fn send(client: &Client, shared: &Shared, key: u32) -> Option<Answered> {
    let url = shared.url.read().unwrap().clone();
    let file = FILES[usize::try_from(key).unwrap() % FILES.len()];
    let request = client.post(url).bearer_auth(&shared.token).header("idempotency-key", format!("request-{key}"));
    let response = request.multipart(form(file)).send().await.ok()?;
    let status = response.status();
    assert!([201, 503].contains(&status.as_u16()), "{status}");
    let location = response.headers().get("location")?.to_str().unwrap().to_owned();
    Some((location, response.bytes().await.ok()?.to_vec()))
}

impl Service {
    fn kill_and_start_again(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.start_process();
    }

    /// A number that the store holds, read beside the service.
    fn count(&self, sql: &str) -> usize {
        let output = Command::new("sqlite3").arg(self.folder.path().join("varco.db")).arg(sql).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    }
}
