//! Two instances on one PostgreSQL and one place of documents, a folder or S3, one or the other of them killed again and
//! again while it works: whatever was accepted is done once, by whichever is left.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;
use varco::store::Database;

use crate::cli::pki;
use crate::service::faults::{Faults, faulty};
use crate::service::{PATIENCE, client_that_stays, create_token, form, start_process, tls, varco};
use crate::support::s3;
use crate::support::stores::Place;

const CALLERS: u32 = 6;
/// So many requests are answered at least, half of them later.
const ENOUGH: u32 = 60;
/// What is judged, and what cannot be examined.
const FILES: [&str; 4] = ["good-cns.p7m", "altered.p7m", "wrong-person.p7m", "good-qualified.p7m"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_done_once_whoever_is_killed() {
    is_done_once(Documents::in_a_folder(), 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_done_once_with_documents_in_s3() {
    is_done_once(Documents::in_s3().await, 10).await;
}

async fn is_done_once(documents: Documents, kills: u32) {
    let mut pair = Pair::start(documents);
    let shared = Arc::new(Shared {
        addresses: RwLock::new(pair.addresses()),
        token: pair.token.clone(),
        next: AtomicU32::new(0),
        stop: AtomicBool::new(false),
    });
    let callers: Vec<_> = (0..CALLERS).map(|at| tokio::spawn(call(Arc::clone(&shared), at))).collect();
    // On a slow machine little is answered between two kills: more of them, then.
    let mut killed = 0;
    while killed < kills || shared.next.load(Ordering::Relaxed) < ENOUGH + CALLERS {
        tokio::time::sleep(Duration::from_millis(u64::from(23 + killed * 137 % 911))).await;
        pair.kill_and_start_again(usize::try_from(killed % 2).unwrap());
        *shared.addresses.write().unwrap() = pair.addresses();
        killed += 1;
    }
    shared.stop.store(true, Ordering::Relaxed);
    let mut answered = BTreeMap::new();
    for caller in callers {
        answered.extend(caller.await.unwrap());
    }
    let later = answered.keys().filter(|key| is_for_later(**key)).count();
    assert!(later > 20, "{} requests were answered, {later} of them later", answered.len());

    // A lease of whoever was killed last may have to end first.
    let client = client_that_stays();
    let end = Instant::now() + PATIENCE;
    for (key, id) in &answered {
        while !is_done(&client, &shared, id).await {
            assert!(Instant::now() < end, "{key} is not done: {id}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // The same request again gets the report.
        let (status, same) = send(&client, &shared, *key, key % 2).await.unwrap();
        assert_eq!((status, &same), (201, id), "{key}");
    }

    let recorded = answered.len();
    assert_eq!(
        pair.count("SELECT count(*) FROM verifications WHERE report IS NOT NULL"),
        recorded,
        "each request once"
    );
    assert_eq!(pair.count("SELECT count(*) FROM idempotency_keys"), recorded);
    assert_eq!(pair.count("SELECT count(*) FROM verification_requests"), 0);
    assert_eq!(pair.count("SELECT count(*) FROM jobs WHERE kind = 'verification'"), 0);
    assert_eq!(pair.count("SELECT count(*) FROM audit_events WHERE action = 'verification.create'"), recorded);
    let told = "SELECT count(DISTINCT subject) FROM audit_events WHERE action = 'verification.create'";
    assert_eq!(pair.count(told), recorded, "each judgement is told once");
    assert_eq!(pair.count("SELECT count(*) FROM audit_events WHERE action = 'verification.request'"), later);
    for folder in &pair.folders {
        assert_eq!(folder.path().join("uploads").read_dir().unwrap().count(), 0);
    }
    assert!(pair.taken_over() > 0, "nobody died with a job: the test shows nothing");
    assert!(pair.documents.left().await <= usize::try_from(killed * CALLERS).unwrap());
    pair.documents_go().await;
    let trail = varco(pair.folders[0].path(), &["audit", "verify"]).output().unwrap();
    assert_eq!(trail.status.code(), Some(0), "{}", String::from_utf8_lossy(&trail.stdout));
}

/// Half of the requests.
const fn is_for_later(key: u32) -> bool {
    key % 2 == 1
}

struct Shared {
    addresses: RwLock<[SocketAddr; 2]>,
    token: String,
    next: AtomicU32,
    stop: AtomicBool,
}

impl Shared {
    fn url(&self, instance: u32, path: &str) -> String {
        let address = self.addresses.read().unwrap()[usize::try_from(instance % 2).unwrap()];
        format!("https://localhost:{}{path}", address.port())
    }
}

/// Sends request after request, each until it is accepted by one instance or the other. Returns under which name.
async fn call(shared: Arc<Shared>, mut instance: u32) -> BTreeMap<u32, String> {
    let client = client_that_stays();
    let mut answered = BTreeMap::new();
    while !shared.stop.load(Ordering::Relaxed) {
        let key = shared.next.fetch_add(1, Ordering::Relaxed);
        loop {
            instance += 1;
            if let Some((_, id)) = send(&client, &shared, key, instance).await {
                answered.insert(key, id);
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    answered
}

/// Status and identifier; `None` if the instance went away meanwhile. Another answer than 201, 202 or 503 ends the test.
async fn send(client: &Client, shared: &Shared, key: u32, instance: u32) -> Option<(u16, String)> {
    let file = FILES[usize::try_from(key).unwrap() % FILES.len()];
    let request = client.post(shared.url(instance, "/v1/verifications")).bearer_auth(&shared.token);
    let mut request = request.header("idempotency-key", format!("request-{key}")).multipart(form(file));
    if is_for_later(key) {
        request = request.header("prefer", "respond-async");
    }
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    assert!([201, 202, 503].contains(&status), "{status}: {:?}", response.text().await);
    let place = response.headers().get("location")?.to_str().unwrap();
    let id = place.strip_prefix("/v1/verifications/").unwrap().trim_end_matches("/status").to_owned();
    response.bytes().await.ok()?;
    Some((status, id))
}

async fn is_done(client: &Client, shared: &Shared, id: &str) -> bool {
    let url = shared.url(0, &format!("/v1/verifications/{id}/status"));
    let response = client.get(url).bearer_auth(&shared.token).send().await.unwrap();
    assert!([200, 303].contains(&response.status().as_u16()), "{:?}", response.text().await);
    response.status() == 303
}

/// Where the documents are that both instances work on.
enum Documents {
    Folder(TempDir),
    /// A bucket of this name.
    S3(&'static str),
}

impl Documents {
    fn in_a_folder() -> Self {
        Self::Folder(tempfile::tempdir().unwrap())
    }

    async fn in_s3() -> Self {
        let bucket = "two-instances";
        s3::make_bucket(bucket).await;
        Self::S3(bucket)
    }

    /// The section `[documents]`; the secret of S3 is written beside it.
    fn settings(&self, folder: &Path) -> String {
        match self {
            Self::Folder(documents) => format!("place = \"file:{}\"", documents.path().display()),
            Self::S3(bucket) => {
                let secret = folder.join("s3-secret");
                fs::write(&secret, "prova").unwrap();
                format!(
                    "place = \"s3://{bucket}\"\ns3_endpoint = \"{}\"\ns3_region = \"eu-south-1\"\n\
                     s3_key_id = \"prova\"\ns3_secret_file = \"{}\"",
                    s3::address(),
                    secret.display()
                )
            }
        }
    }

    /// How many there are.
    async fn left(&self) -> usize {
        match self {
            Self::Folder(documents) => documents.path().read_dir().unwrap().count(),
            Self::S3(bucket) => s3::objects(bucket).await,
        }
    }
}

/// Two processes, a folder of settings for each, one store, one place of documents, one clock.
struct Pair {
    processes: Vec<(Child, SocketAddr)>,
    logs: Vec<Receiver<String>>,
    folders: [TempDir; 2],
    documents: Documents,
    clock: Faults,
    place: Place,
    token: String,
}

impl Pair {
    fn start(documents: Documents) -> Self {
        let place = Place::new(Database::Postgres);
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        for folder in &folders {
            let (folder, tls) = (folder.path(), tls().display());
            let config = format!(
                "[listen]\naddress = \"127.0.0.1:0\"\ntls_certificate = \"{tls}/tls.pem\"\ntls_key = \"{tls}/tls.key\"\n\
                 [admin]\naddress = \"127.0.0.1:0\"\n[store]\nurl = \"{}\"\n[documents]\n{}\n\
                 [trust]\nanchors = [\"{}\"]\ncrls = [\"{}\"]\n[limits]\ntemporary_folder = \"{}/uploads\"\n",
                place.url,
                documents.settings(folder),
                pki("trust"),
                pki("crl"),
                folder.display(),
            );
            fs::create_dir(folder.join("uploads")).unwrap();
            fs::write(folder.join("varco.toml"), config).unwrap();
        }
        let token = create_token(folders[0].path(), &[]).0;
        let (processes, logs, clock) = (Vec::new(), Vec::new(), Faults::new());
        let mut pair = Self { processes, logs, folders, documents, clock, place, token };
        for at in 0..2 {
            let process = pair.start_process(at);
            pair.processes.push(process);
        }
        pair
    }

    fn start_process(&mut self, at: usize) -> (Child, SocketAddr) {
        let environment = [("LD_PRELOAD", faulty()), ("VARCO_TEST_FAULTS", self.clock.file().to_owned())];
        let (child, log, _administration, address) = start_process(self.folders[at].path(), &environment);
        self.logs.push(log);
        (child, address)
    }

    fn addresses(&self) -> [SocketAddr; 2] {
        [self.processes[0].1, self.processes[1].1]
    }

    fn kill_and_start_again(&mut self, at: usize) {
        self.processes[at].0.kill().unwrap();
        self.processes[at].0.wait().unwrap();
        self.processes[at] = self.start_process(at);
    }

    /// Jobs that were done after somebody had died with them.
    fn taken_over(&self) -> usize {
        let lines = self.logs.iter().flat_map(Receiver::try_iter).filter_map(|line| serde_json::from_str(&line).ok());
        lines.filter(|line: &Value| line["message"] == "job" && line["attempt"].as_u64() > Some(1)).count()
    }

    /// A number that the store holds, read beside the service.
    fn count(&self, sql: &str) -> usize {
        let output = Command::new("psql").args(["-q", "-A", "-t", "-c", sql, &self.place.url]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    }

    /// Whoever was killed between two steps may have left documents that nobody waits for; once they are old, they go.
    async fn documents_go(&self) {
        self.clock.set(2 * 60 * 60, 0, 0);
        self.place.run_sql("UPDATE jobs SET due_at = 0, holder = NULL WHERE kind = 'retention'");
        let end = Instant::now() + PATIENCE;
        while self.documents.left().await > 0 {
            assert!(Instant::now() < end, "{} documents are left", self.documents.left().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for (child, _) in &mut self.processes {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}
