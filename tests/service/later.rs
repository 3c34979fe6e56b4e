//! What is judged later: accepted at once, asked about, read when it is done.

use std::fs;
use std::time::{Duration, Instant};

use reqwest::{Client, Response};
use serde_json::Value;

use crate::service::{PATIENCE, Service, client, form, part, problem};

#[tokio::test]
async fn what_was_accepted_is_judged_and_can_be_read() {
    let (service, client) = (Service::start_keeping_documents(), client());
    let response = later(&service, &client, "good-cns.p7m", None).await;
    assert_eq!(response.headers()["preference-applied"], "respond-async");
    assert_eq!(response.headers()["retry-after"], "2");
    let status = response.headers()["location"].to_str().unwrap().to_owned();
    let accepted: Value = response.json().await.unwrap();
    let id = accepted["id"].as_str().unwrap();
    assert_eq!(status, format!("/v1/verifications/{id}/status"));
    assert_eq!(accepted["state"], "queued");

    let report = done(&service, &client, &status).await;
    assert_eq!(report, format!("/v1/verifications/{id}"));
    let report: Value = service.get(&client, &report).send().await.unwrap().json().await.unwrap();
    let at_once = service.post(&client).multipart(form("good-cns.p7m")).send().await.unwrap();
    let at_once: Value = at_once.json().await.unwrap();
    assert_eq!(report, at_once, "it is judged as it would have been at once");
    assert_eq!(service.documents(), 0);
    let metrics = client.get(format!("http://{}/metrics", service.administration)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("varco_jobs_ended_total{kind=\"verification\",outcome=\"done\"} 1"), "{metrics}");
}

#[tokio::test]
async fn all_that_was_declared_counts_later_too() {
    let (service, client) = (Service::start_keeping_documents(), client());
    let other = form("good-cns.p7m").part("expect", part("altered.p7m")).text("fiscal_code", "PRVCRD90A41H501L");
    let request = service.post(&client).header("prefer", "respond-async").multipart(other);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 202);
    let report = done(&service, &client, response.headers()["location"].to_str().unwrap()).await;
    let report: Value = service.get(&client, &report).send().await.unwrap().json().await.unwrap();
    let other = form("good-cns.p7m").part("expect", part("altered.p7m")).text("fiscal_code", "PRVCRD90A41H501L");
    let at_once = service.post(&client).multipart(other).send().await.unwrap();
    assert_eq!(report, at_once.json::<Value>().await.unwrap());
    assert_eq!(report["verdict"], "rejected");
}

#[tokio::test]
async fn a_document_that_cannot_be_examined_says_so_in_its_status() {
    let (service, client) = (Service::start_keeping_documents(), client());
    let request = service.post(&client).header("prefer", "respond-async").header("content-type", "application/cms");
    let response = request.body("nessuna firma").send().await.unwrap();
    assert_eq!(response.status(), 202);
    let place = response.headers()["location"].to_str().unwrap().to_owned();
    let failed = loop {
        let status: Value = service.get(&client, &place).send().await.unwrap().json().await.unwrap();
        if status["state"] == "failed" {
            break status;
        }
        assert!(["queued", "running"].contains(&status["state"].as_str().unwrap()), "{status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(failed["problem"]["type"], "urn:varco:problem:no-signature");
    assert_eq!(failed["problem"]["status"], 422);
    assert!(failed["problem"].get("file").is_none(), "{failed}");
    let english = service.get(&client, &place).header("accept-language", "en").send().await.unwrap();
    let english: Value = english.json().await.unwrap();
    assert_eq!(english["problem"]["title"], "The document is not signed");
    assert_ne!(english["problem"]["detail"], failed["problem"]["detail"]);
    problem(service.get(&client, place.strip_suffix("/status").unwrap()).send().await.unwrap(), 409, "not-ready").await;
    assert_eq!(service.documents(), 0);
}

#[tokio::test]
async fn the_same_request_is_accepted_once_and_answered_with_the_report_in_the_end() {
    let (service, client) = (Service::start_keeping_documents(), client());
    let mut places = Vec::new();
    for _ in 0..3 {
        let response = later(&service, &client, "good-cie.p7m", Some("one")).await;
        if response.status() == 202 {
            places.push(response.headers()["location"].to_str().unwrap().to_owned());
        }
    }
    assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
    let report = done(&service, &client, &places[0]).await;
    for prefer in [Some("respond-async"), None] {
        let mut again = service.post(&client).header("idempotency-key", "one").multipart(form("good-cie.p7m"));
        if let Some(prefer) = prefer {
            again = again.header("prefer", prefer);
        }
        let again = again.send().await.unwrap();
        assert_eq!((again.status().as_u16(), again.headers()["location"].to_str().unwrap()), (201, report.as_str()));
    }
    let other = later(&service, &client, "good-cns.p7m", Some("one")).await;
    problem(other, 422, "idempotency-key-reused").await;
    assert_eq!(service.documents(), 0);
}

#[tokio::test]
async fn nobody_else_learns_of_it() {
    let (service, client) = (Service::start_keeping_documents(), client());
    let response = later(&service, &client, "good-cns.p7m", None).await;
    let place = response.headers()["location"].to_str().unwrap().to_owned();
    let (stranger, _) = service.other_token(&[]);
    let ask = async |path: &str| client.get(service.url(path)).bearer_auth(&stranger).send().await.unwrap();
    problem(ask(&place).await, 404, "no-such-resource").await;
    let report = done(&service, &client, &place).await;
    problem(ask(&place).await, 404, "no-such-resource").await;
    problem(ask(&report).await, 404, "no-such-resource").await;
    let unknown = "/v1/verifications/0190a0b0-0000-7000-8000-000000000000/status";
    problem(service.get(&client, unknown).send().await.unwrap(), 404, "no-such-resource").await;
}

#[tokio::test]
async fn without_a_place_for_documents_the_answer_is_the_report() {
    let (service, client) = (Service::start(), client());
    let response = later(&service, &client, "good-cns.p7m", None).await;
    assert_eq!(response.status(), 201);
    assert!(!response.headers().contains_key("preference-applied"));
    let place = response.headers()["location"].to_str().unwrap().to_owned() + "/status";
    done(&service, &client, &place).await;
}

#[tokio::test]
async fn what_an_instance_died_with_is_done_by_the_next_and_documents_nobody_waits_for_go() {
    let (mut service, client) = (Service::start_keeping_documents(), client());
    // Somebody who died with its first job, and between its document and its request.
    let response = later(&service, &client, "good-cns.p7m", None).await;
    let place = response.headers()["location"].to_str().unwrap().to_owned();
    service.child.kill().unwrap();
    service.child.wait().unwrap();
    let orphan = service.folder.path().join("documents/0190a0b0-0000-7000-8000-000000000000.document");
    let young = service.folder.path().join("documents/0190a0b0-0000-7000-8000-000000000001.document");
    fs::write(&orphan, b"orphan").unwrap();
    fs::write(&young, b"young").unwrap();
    let long_ago = std::time::SystemTime::now() - Duration::from_hours(2);
    fs::File::options().write(true).open(&orphan).unwrap().set_modified(long_ago).unwrap();
    service.start_process();
    done(&service, &client, &place).await;
    let end = Instant::now() + PATIENCE;
    while orphan.exists() && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!orphan.exists() && young.exists(), "only what is old enough goes");
}

#[tokio::test]
async fn a_document_that_was_changed_while_it_waited_is_not_judged() {
    let (mut service, client) = (Service::start_keeping_documents(), client());
    let response = later(&service, &client, "good-cns.p7m", Some("one")).await;
    let id = response.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    done(&service, &client, &format!("/v1/verifications/{id}/status")).await;
    service.child.kill().unwrap();
    service.child.wait().unwrap();
    // A request whose last attempt is due, and a document in its place that is another.
    let now = "CAST(strftime('%s') AS INTEGER) * 1000000";
    service.sql(&format!(
        "INSERT INTO verification_requests (id, token_id, created_at, expires_at, name, document_sha256) \
         SELECT '{OTHER}', token_id, created_at, expires_at, 'x', zeroblob(32) FROM verifications WHERE id = '{id}'; \
         INSERT INTO jobs (id, kind, subject, created_at, due_at, attempts) \
         VALUES ('{OTHER}', 'verification', '{OTHER}', {now}, {now}, 4)"
    ));
    fs::write(service.folder.path().join(format!("documents/{OTHER}.document")), b"another document").unwrap();
    service.start_process();
    let fault = service.logged(|line| line["class"] == "other-document");
    assert_eq!(fault["level"], "ERROR", "{fault}");
    let place = format!("/v1/verifications/{OTHER}/status");
    let status: Value = service.get(&client, &place).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&status["state"], &status["problem"]["type"]),
        (&"failed".into(), &"urn:varco:problem:given-up".into())
    );

    // Somebody puts the right document back, and the work too.
    let listed = service.varco(&["jobs", "list"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains(OTHER) && listed.contains("motivo: other-document"), "{listed}");
    service.sql(&format!(
        "UPDATE verification_requests SET document_sha256 = X'{}' WHERE id = '{OTHER}'",
        varco::crypto::DigestAlgorithm::Sha256.digest(&crate::service::demo("good-cns.p7m")).to_hex()
    ));
    let document = service.folder.path().join(format!("documents/{OTHER}.document"));
    fs::write(document, crate::service::demo("good-cns.p7m")).unwrap();
    assert_eq!(service.varco(&["jobs", "retry", OTHER]).status().unwrap().code(), Some(0));
    done(&service, &client, &place).await;
    assert_eq!(service.varco(&["jobs", "retry", OTHER]).status().unwrap().code(), Some(1));
    assert_eq!(service.varco(&["audit", "verify"]).status().unwrap().code(), Some(0));
}

const OTHER: &str = "0190a0b0-0000-7000-8000-00000000000f";

async fn later(service: &Service, client: &Client, file: &str, key: Option<&str>) -> Response {
    let mut request = service.post(client).header("prefer", "respond-async").multipart(form(file));
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    request.send().await.unwrap()
}

/// Asks until it is done; returns where the report is.
async fn done(service: &Service, client: &Client, place: &str) -> String {
    let client_that_stays = crate::service::client_that_stays();
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let response = service.get(&client_that_stays, place).send().await.unwrap();
        if response.status() == 303 {
            let report = response.headers()["location"].to_str().unwrap().to_owned();
            assert_eq!(response.json::<Value>().await.unwrap()["state"], "done");
            return report;
        }
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["retry-after"], "2");
        let report = place.strip_suffix("/status").unwrap();
        let early = service.get(client, report).send().await.unwrap();
        if early.status() != 200 {
            problem(early, 409, "not-ready").await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it is not done");
}

impl Service {
    pub(super) fn start_keeping_documents() -> Self {
        Self::start_with("[documents]\nplace = \"file:DOCUMENTS\"")
    }

    /// Documents that wait.
    pub(super) fn documents(&self) -> usize {
        self.folder.path().join("documents").read_dir().map_or(0, Iterator::count)
    }
}
