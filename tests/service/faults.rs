//! A service whose disk, database or clock fails while it works, as a portal sees it: an honest status as long as the
//! fault lasts, the answer to the same request afterwards, nothing lost, nothing half done. Nobody has to help.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

use crate::service::kills::{Crowd, nothing_is_lost_or_done_twice};
use crate::service::{PATIENCE, Service, client, form, problem};
use crate::support::small_disk::{FailingDisk, SmallDisk};
use crate::support::stores::PostgresServer;

const EROFS: i64 = 30;
const ENOSPC: i64 = 28;
const EIO: i64 = 5;
const DAY: i64 = 24 * 60 * 60;
/// More than is kept in memory of a document.
const LARGE: usize = 3 * 1024 * 1024;

#[tokio::test]
async fn a_full_disk_is_503_and_answers_when_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(folder.path(), 4) else { return };
    let store = format!("sqlite:{}/varco.db", folder.path().display());
    let portal = Portal::of(Service::start_on(folder, store, Vec::new(), ""));
    portal.is_answered("before").await;
    let filler = portal.service.folder.path().join("filler");
    let _stops_when_the_disk_is_full = fs::write(&filler, vec![0; 4 * 1024 * 1024]);
    // What the log of the store has room for yet is answered.
    let mut answered = 0;
    while portal.send(&format!("filling-{answered}")).await.status() == 201 {
        answered += 1;
    }
    portal.is_refused("during").await;
    // Nor is there room for a document that does not stay in memory.
    problem(portal.send_large().await, 503, "unavailable").await;
    fs::remove_file(filler).unwrap();
    portal.recovers(&["before", "during", "filling-0"]).await;
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_or_flushed_is_503_and_answers_when_it_can() {
    let faults = Faults::new();
    let portal = Portal::of(Service::start_on_faulty(&faults));
    for (name, writing, flushing) in
        [("read-only", EROFS, EROFS), ("full", ENOSPC, 0), ("broken", EIO, EIO), ("flushes-nothing", 0, EIO)]
    {
        let [before, during] = ["before", "during"].map(|time| format!("{name}-{time}"));
        portal.is_answered(&before).await;
        faults.set(0, writing, flushing);
        portal.is_refused(&during).await;
        if writing != 0 {
            problem(portal.send_large().await, 503, "unavailable").await;
        }
        faults.set(0, 0, 0);
        portal.recovers(&[&before, &during]).await;
    }
}

/// Linux does not let a file system be remounted on which a file is open for writing, as the store of SQLite is: here are
/// the folders that documents pass through, and in the next test the store.
#[tokio::test]
async fn folders_remounted_read_only_are_503_for_what_needs_them_and_work_when_they_can_be_written_again() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some(disk) = SmallDisk::mount(folder.path(), 32) else { return };
    let store = format!("sqlite:{}/varco.db", elsewhere.path().display());
    let documents = "[documents]\nplace = \"file:DOCUMENTS\"";
    let portal = Portal::of(Service::start_on(folder, store, Vec::new(), documents));
    for round in ["first", "second"] {
        let [before, during] = ["before", "during"].map(|time| format!("{round}-{time}"));
        portal.is_answered(&before).await;
        assert_eq!(portal.send_later(&format!("{before}-later")).await.status(), 202);
        assert_eq!(portal.send_large().await.status(), 422);
        remount(&disk, "ro").await;
        for refused in [portal.send_large().await, portal.send_later(&format!("{during}-later")).await] {
            assert!(refused.headers().contains_key("retry-after"));
            problem(refused, 503, "unavailable").await;
        }
        // What needs no disk is answered, and the service lives.
        portal.is_answered(&during).await;
        for path in ["/livez", "/readyz"] {
            assert_eq!(portal.ask(path).await.status(), 200, "{path}");
        }
        remount(&disk, "rw").await;
        assert_eq!(portal.send_large().await.status(), 422);
        let later = portal.send_later(&format!("{during}-later")).await;
        assert_eq!(later.status(), 202);
        portal.is_done(later).await;
        portal.is_done(portal.send_later(&format!("{before}-later")).await).await;
        portal.recovers(&[&before, &during]).await;
    }
}

/// Whatever is just being written is waited for.
async fn remount(disk: &SmallDisk, access: &str) {
    let end = Instant::now() + PATIENCE;
    while !disk.remount(access) {
        assert!(Instant::now() < end, "it cannot be remounted {access}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_store_that_the_kernel_made_read_only_is_503_until_its_disk_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = FailingDisk::mount(folder.path()) else { return };
    let store = format!("sqlite:{}/varco.db", folder.path().display());
    let mut portal = Portal::of(Service::start_on(folder, store, Vec::new(), ""));
    // The settings were there long before. What is answered from now on, the service itself must have brought to the disk.
    disk.flush();
    let before = portal.is_answered("before").await;
    disk.fail();
    // Neither an answer that is new, nor one that is not: to read it is an event.
    portal.is_refused("during").await;
    portal.is_refused("before").await;
    let read = portal.service.get(&portal.client, &before.0).send().await.unwrap();
    assert!(read.headers().contains_key("retry-after"));
    problem(read, 503, "unavailable").await;
    assert_eq!(portal.ask("/livez").await.status(), 200);
    // It can still be read, but nothing can be kept: no balancer should send anybody here.
    problem(portal.ask("/readyz").await, 503, "unavailable").await;
    // Such a disk must be taken away to be repaired, and so must whoever works on it.
    portal.service.child.kill().unwrap();
    portal.service.child.wait().unwrap();
    disk.repair();
    portal.service.start_process();
    assert_eq!(portal.is_answered("before").await, before);
    portal.recovers(&["before", "during"]).await;
}

#[tokio::test]
async fn a_service_killed_on_a_broken_disk_starts_with_what_it_answered() {
    let faults = Faults::new();
    let mut portal = Portal::of(Service::start_on_faulty(&faults));
    portal.is_answered("before").await;
    faults.set(0, 0, EIO);
    portal.is_refused("during").await;
    faults.set(0, 0, 0);
    portal.service.kill_and_start_again();
    portal.recovers(&["before", "during"]).await;
}

#[tokio::test]
async fn a_clock_that_steps_back_a_day_changes_no_answer() {
    let faults = Faults::new();
    let portal = Portal::of(Service::start_on_faulty(&faults));
    let before = portal.is_answered("before").await;
    for clock in [-DAY, 0, -DAY, -DAY - 1, DAY / 24] {
        faults.set(clock, 0, 0);
        assert_eq!(portal.is_answered("before").await, before);
        portal.is_answered(&format!("at {clock}").replace(' ', "-")).await;
        // A token made by the right clock is good by the wrong one.
        let (token, _) = portal.service.other_token(&[]);
        let status = portal.client.get(portal.service.url("/v1/verifications/x")).bearer_auth(token).send().await;
        assert_eq!(status.unwrap().status(), 404);
    }
    let times =
        "SELECT count(*) FROM audit_events a JOIN audit_events b ON b.sequence = a.sequence + 1 WHERE b.at < a.at";
    assert!(portal.service.count(times) >= 2, "the trail says what the clock said");
    portal.recovers(&["before"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_away_and_comes_back_loses_nothing() {
    let mut server = PostgresServer::start();
    let service = Service::start_on(tempfile::tempdir().unwrap(), server.database("gone"), Vec::new(), "");
    let crowd = Crowd::of(&service);
    for (round, away) in (1..).zip([100, 3000, 10]) {
        crowd.gets(10 * round).await;
        server.kill();
        if away > 1000 {
            let response = client().get(service.url("/readyz")).send().await.unwrap();
            problem(response, 503, "unavailable").await;
            assert_eq!(client().get(service.url("/livez")).send().await.unwrap().status(), 200);
        }
        tokio::time::sleep(Duration::from_millis(away)).await;
        server.restart();
    }
    crowd.gets(40).await;
    let answered = crowd.answers().await;
    nothing_is_lost_or_done_twice(&service, &answered).await;
}

/// Somebody waits 5 s for a connection (docs/SECURITY.md); the rest is for a slow machine.
const LONGEST: Duration = Duration::from_secs(15);

#[tokio::test]
async fn a_database_that_is_gone_for_a_minute_is_503_meanwhile_and_nobody_has_to_help() {
    let mut server = PostgresServer::start();
    let portal = Portal::of(Service::start_on(tempfile::tempdir().unwrap(), server.database("minute"), Vec::new(), ""));
    let before = portal.is_answered("before").await;
    server.kill();
    let back = Instant::now() + Duration::from_secs(62);
    // Four who ask, each once in two seconds or when it was answered, and who looks after the service.
    let asking = (0..4).map(|who| {
        let (portal, before) = (&portal, &before);
        async move {
            let (mut keys, mut longest) = (Vec::new(), Duration::ZERO);
            for number in 0.. {
                let start = Instant::now();
                if start >= back {
                    break;
                }
                let response = if number % 3 == 2 {
                    portal.service.get(&portal.client, &before.0).send().await.unwrap()
                } else {
                    keys.push(format!("{who}-{number}"));
                    portal.send(&keys[keys.len() - 1]).await
                };
                longest = longest.max(start.elapsed());
                assert!(response.headers().contains_key("retry-after"), "{}", response.status());
                problem(response, 503, "unavailable").await;
                tokio::time::sleep(Duration::from_secs(2).saturating_sub(start.elapsed())).await;
            }
            (keys, longest)
        }
    });
    let looking = async {
        while Instant::now() < back {
            let start = Instant::now();
            assert_eq!(portal.ask("/livez").await.status(), 200);
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
            let ready = portal.ask("/readyz").await;
            assert!(ready.headers().contains_key("retry-after"));
            problem(ready, 503, "unavailable").await;
            assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let (asked, ()) = join(join_all(asking), looking).await;
    let longest = asked.iter().map(|(_, longest)| *longest).max().unwrap();
    assert!(longest < LONGEST, "{longest:?}");
    server.restart();
    let keys: Vec<String> = asked.into_iter().flat_map(|(keys, _)| keys).collect();
    assert!(keys.len() > 20, "{} were refused", keys.len());
    let keys: Vec<&str> = std::iter::once("before").chain(keys.iter().map(String::as_str)).collect();
    portal.recovers(&keys).await;
    assert_eq!(portal.is_answered("before").await, before);
    assert_eq!(portal.ask("/readyz").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_hangs_is_503_in_bounded_time() {
    let mut server = PostgresServer::start();
    let service = Service::start_on(tempfile::tempdir().unwrap(), server.database("hangs"), Vec::new(), "");
    let crowd = Crowd::of(&service);
    crowd.gets(10).await;
    server.halt();
    let start = Instant::now();
    let portal = Portal::of(service);
    // Twice: what the first left behind does not hold up the second.
    portal.is_refused("during").await;
    portal.is_refused("during").await;
    assert!(start.elapsed() < Duration::from_secs(45), "{:?}", start.elapsed());
    server.go_on();
    crowd.gets(20).await;
    let answered = crowd.answers().await;
    nothing_is_lost_or_done_twice(&portal.service, &answered).await;
    portal.recovers(&["during"]).await;
}

#[tokio::test]
async fn a_service_stops_although_its_database_hangs() {
    let mut server = PostgresServer::start();
    let mut service = Service::start_on(tempfile::tempdir().unwrap(), server.database("hangs"), Vec::new(), "");
    let portal = service.post(&client()).multipart(form("good-cns.p7m")).send().await.unwrap();
    assert_eq!(portal.status(), 201);
    server.halt();
    let start = Instant::now();
    service.signal("TERM");
    assert!(service.child.wait().unwrap().success());
    assert!(start.elapsed() < Duration::from_secs(40), "{:?}", start.elapsed());
    server.go_on();
}

#[tokio::test]
async fn a_failing_statement_is_500_for_its_own_request_and_nothing_of_it_stays() {
    let sqlite = |name: &str, table: &str, when: &str| {
        (
            format!("CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, 'no'); END"),
            format!("DROP TRIGGER {name}"),
        )
    };
    let postgres = |name: &str, table: &str, when: &str| {
        (
            format!(
                "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN IF {when} THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$; \
                 CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            ),
            format!("DROP TRIGGER {name} ON {table}"),
        )
    };
    let server = PostgresServer::start();
    let on_postgres = Service::start_on(tempfile::tempdir().unwrap(), server.database("fails"), Vec::new(), "");
    let failing: [(Portal, MakeAndDrop); 2] =
        [(Portal::of(Service::start()), sqlite), (Portal::of(on_postgres), postgres)];
    for (portal, trigger) in failing {
        for (table, when) in [
            ("verifications", "NEW.verdict = 'rejected'"),
            ("audit_events", "NEW.action = 'verification.create' AND NEW.facts LIKE '%rejected%'"),
            ("idempotency_keys", "NEW.key LIKE '%-bad'"),
        ] {
            let (make, drop) = trigger(&format!("no_{table}"), table, when);
            portal.service.sql(&make);
            let [good, bad] = ["good", "bad"].map(|which| format!("{table}-{which}"));
            // At the same time: the one that fails takes no other with it.
            let (refused, answered) =
                tokio::join!(portal.send_file(&bad, "altered.p7m"), portal.send_file(&good, "good-cns.p7m"));
            let refused = problem(refused, 500, "internal").await;
            assert!(refused.get("technical_detail").is_none());
            assert_eq!(answered.status(), 201);
            portal.service.sql(&drop);
            assert_eq!(portal.send_file(&bad, "altered.p7m").await.status(), 201);
        }
        assert_eq!(portal.service.count("SELECT count(*) FROM verifications"), 6);
        assert_eq!(portal.service.count("SELECT count(*) FROM idempotency_keys"), 6);
        portal.service.trail_holds();
    }
}

/// From the name of a trigger, its table and when it fails: the statements that make it and take it away.
type MakeAndDrop = fn(&str, &str, &str) -> (String, String);

/// Somebody who asks, each time under a key of its own, and remembers nothing.
struct Portal {
    service: Service,
    client: Client,
}

impl Portal {
    fn of(service: Service) -> Self {
        Self { service, client: client() }
    }

    async fn send(&self, key: &str) -> Response {
        self.send_file(key, "good-cns.p7m").await
    }

    async fn send_file(&self, key: &str, file: &str) -> Response {
        let key = format!("faults-{key}");
        self.service.post(&self.client).header("idempotency-key", key).multipart(form(file)).send().await.unwrap()
    }

    /// A document that does not stay in memory, and that nobody can examine.
    async fn send_large(&self) -> Response {
        let large = self.service.post(&self.client).header("content-type", "application/octet-stream");
        large.body(vec![0; LARGE]).send().await.unwrap()
    }

    /// One that is judged later.
    async fn send_later(&self, key: &str) -> Response {
        let request = self.service.post(&self.client).header("idempotency-key", format!("faults-{key}"));
        request.header("prefer", "respond-async").multipart(form("good-cns.p7m")).send().await.unwrap()
    }

    async fn ask(&self, path: &str) -> Response {
        self.client.get(self.service.url(path)).send().await.unwrap()
    }

    /// What was accepted to be judged later has a report in the end.
    async fn is_done(&self, accepted: Response) {
        let place = accepted.headers()["location"].to_str().unwrap();
        let report = place.trim_end_matches("/status");
        let end = Instant::now() + PATIENCE;
        while self.service.get(&self.client, report).send().await.unwrap().status() != StatusCode::OK {
            assert!(Instant::now() < end, "{report} is not there");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Where the answer is, and the answer.
    async fn is_answered(&self, key: &str) -> (String, Value) {
        let response = self.send(key).await;
        assert_eq!(response.status(), 201, "{key}");
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        (location, response.json().await.unwrap())
    }

    /// Nothing can be written: neither an answer nor that one was read.
    async fn is_refused(&self, key: &str) {
        let response = self.send(key).await;
        assert!(response.headers().contains_key("retry-after"), "{key}");
        problem(response, 503, "unavailable").await;
    }

    /// By itself, and soon: these keys have one answer each, which can be read, and the trail holds.
    async fn recovers(&self, keys: &[&str]) {
        let end = Instant::now() + PATIENCE;
        while self.send(keys[0]).await.status() == 503 {
            assert!(
                Instant::now() < end,
                "it does not recover: {:?}",
                self.service.log.try_iter().collect::<Vec<_>>().into_iter().rev().take(4).collect::<Vec<_>>()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        for key in keys {
            let first = self.is_answered(key).await;
            assert_eq!(self.is_answered(key).await, first);
            let read = self.service.get(&self.client, &first.0).send().await.unwrap();
            assert_eq!(read.status(), 200);
            assert_eq!(read.json::<Value>().await.unwrap(), first.1);
        }
        let kept = self.service.count("SELECT count(*) FROM verifications");
        assert_eq!(self.service.count("SELECT count(*) FROM idempotency_keys"), kept);
        let told = "SELECT count(*) FROM audit_events WHERE action = 'verification.create'";
        assert_eq!(self.service.count(told), kept);
        assert_eq!(self.service.left_behind(), 0);
        self.service.trail_holds();
    }
}

/// Three numbers that `tests/support/faulty.c` reads while the service runs.
pub(super) struct Faults(tempfile::NamedTempFile);

impl Faults {
    pub(super) fn new() -> Self {
        let faults = Self(tempfile::NamedTempFile::new().unwrap());
        faults.set(0, 0, 0);
        faults
    }

    /// Seconds added to the clock, errno of writes, errno of flushes.
    pub(super) fn set(&self, clock: i64, writing: i64, flushing: i64) {
        let octets = [clock, writing, flushing].map(i64::to_ne_bytes).concat();
        std::os::unix::fs::FileExt::write_all_at(self.0.as_file(), &octets, 0).unwrap();
    }

    /// What `VARCO_TEST_FAULTS` names.
    pub(super) fn file(&self) -> &Path {
        self.0.path()
    }
}

impl Service {
    /// With `faults` between it and the system.
    fn start_on_faulty(faults: &Faults) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = format!("sqlite:{}/varco.db", folder.path().display());
        let environment = vec![("LD_PRELOAD", faulty()), ("VARCO_TEST_FAULTS", faults.file().to_owned())];
        Self::start_on(folder, store, environment, "")
    }
}

/// The library that is put between, compiled once.
pub(super) fn faulty() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/faulty.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faulty.so");
        let mut compiler = Command::new("cc");
        compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl");
        assert!(compiler.status().unwrap().success());
        library
    };
    MADE.get_or_init(make).clone()
}
