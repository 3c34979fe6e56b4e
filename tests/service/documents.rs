//! Documents that are kept after the answer, for those who sent them, until their time is over.

use std::fs::File;
use std::time::{Duration, SystemTime};

use reqwest::multipart::Part;
use serde_json::Value;

use crate::cli::demo_file;
use crate::service::{AT, Form, Service, client, form, part, problem};

const KEEPING: &str = "[documents]\nplace = \"file:DOCUMENTS\"\n[retention]\ndocument_days = 30\n";
const DAY: Duration = Duration::from_hours(24);

fn octets(name: &str) -> Vec<u8> {
    std::fs::read(demo_file(name)).unwrap()
}

#[tokio::test]
async fn what_was_sent_is_read_again_by_whom_it_is_of() {
    let (service, client) = (Service::start_with(KEEPING), client());
    let form = Form::new()
        .text("at", AT)
        .part("file", part("detached.p7s"))
        .part("detached", Part::bytes(octets("detached.txt")))
        .part("expect", Part::bytes(&b"something else"[..]));
    let response = service.post(&client).header("idempotency-key", "one").multipart(form).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let verification = response.headers()["location"].to_str().unwrap().to_owned();
    let wanted = [
        ("file", octets("detached.p7s")),
        ("detached", octets("detached.txt")),
        ("expect", b"something else".to_vec()),
    ];
    for (part, octets) in wanted {
        let place = format!("{verification}/documents/{part}");
        let response = service.get(&client, &place).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/octet-stream");
        assert_eq!(response.headers()["content-disposition"], "attachment");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.bytes().await.unwrap(), octets);
        let (other, _) = service.other_token(&[]);
        let foreign = client.get(service.url(&place)).bearer_auth(other).send().await.unwrap();
        problem(foreign, 404, "no-such-resource").await;
    }
    for wrong in [format!("{verification}/documents/other"), "/v1/verifications/x/documents/file".to_owned()] {
        problem(service.get(&client, &wrong).send().await.unwrap(), 404, "no-such-resource").await;
    }
    assert_eq!(service.documents(), 3);
    let trail = service.varco(&["audit", "export"]).output().unwrap();
    let trail = String::from_utf8(trail.stdout).unwrap();
    assert_eq!(trail.matches("document.read").count(), 6, "{trail}");
}

#[tokio::test]
async fn a_request_that_comes_again_is_kept_once_and_one_that_is_refused_not_at_all() {
    let (service, client) = (Service::start_with(KEEPING), client());
    let post = |form: Form| service.post(&client).header("idempotency-key", "one").multipart(form).send();
    let mut answers = Vec::new();
    for answer in [post(form("good-cns.p7m")), post(form("good-cns.p7m"))] {
        answers.push(answer.await.unwrap().text().await.unwrap());
    }
    assert_eq!(answers.first(), answers.get(1));
    assert_eq!(post(form("good-cie.p7m")).await.unwrap().status(), 422);
    let unsigned = Form::new().part("file", Part::bytes(&b"no signature"[..]));
    assert_eq!(service.post(&client).multipart(unsigned).send().await.unwrap().status(), 422);
    assert_eq!(service.documents(), 1);
}

#[tokio::test]
async fn documents_go_when_their_time_is_over_and_the_trail_says_so() {
    let (service, client) = (Service::start_with(KEEPING), client());
    let mut places = Vec::new();
    for age in [29, 31] {
        let response = service.post(&client).multipart(form("good-cns.p7m")).send().await.unwrap();
        let place = response.headers()["location"].to_str().unwrap().to_owned();
        let id = place.rsplit_once('/').unwrap().1;
        let file = File::options()
            .write(true)
            .open(service.folder.path().join("documents").join(format!("{id}.document")))
            .unwrap();
        file.set_modified(SystemTime::now() - DAY * age).unwrap();
        places.push(format!("{place}/documents/file"));
    }
    service.sql("UPDATE jobs SET due_at = 0, holder = NULL WHERE kind = 'retention'");
    service.logged(|line| line["documents"] == 1);
    let [kept, gone] = <[String; 2]>::try_from(places).unwrap();
    assert_eq!(service.get(&client, &kept).send().await.unwrap().status(), 200);
    problem(service.get(&client, &gone).send().await.unwrap(), 404, "no-such-resource").await;
    assert_eq!(service.documents(), 1);
    let trail = service.varco(&["audit", "export"]).output().unwrap();
    assert_eq!(String::from_utf8(trail.stdout).unwrap().matches("document.erase").count(), 1);
}

#[tokio::test]
async fn where_documents_are_not_kept_there_are_none() {
    let (service, client) = (Service::start_keeping_documents(), client());
    let response = service.post(&client).multipart(form("good-cns.p7m")).send().await.unwrap();
    let place = format!("{}/documents/file", response.headers()["location"].to_str().unwrap());
    problem(service.get(&client, &place).send().await.unwrap(), 404, "no-such-resource").await;
    assert_eq!(service.documents(), 0);
    let report: Value = response.json().await.unwrap();
    assert_eq!(report["verdict"], "accepted");
}
