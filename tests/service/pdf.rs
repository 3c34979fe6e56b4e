//! PDF: as it is, and under a password.

use std::fs;
use std::path::Path;

use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::service::{Service, client, problem};

const PASSWORD: &str = "solo per le prove";

#[tokio::test]
async fn a_pdf_may_come_as_it_is() {
    let (service, client) = (Service::start(), client());
    let request = service.post(&client).header("content-type", "application/pdf").body(fixture("good-cades-detached"));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 201);
    let report: Value = response.json().await.unwrap();
    assert_eq!(
        (&report["signatures"][0]["format"], &report["signatures"][0]["intact"]),
        (&"PAdES".into(), &true.into())
    );
}

#[tokio::test]
async fn a_password_opens_a_pdf_and_stays_nowhere() {
    let (service, client) = (Service::start_keeping_documents(), client());
    let post = |form| service.post(&client).multipart(form).send();
    problem(post(document()).await.unwrap(), 422, "password").await;
    problem(post(document().text("password", "un'altra")).await.unwrap(), 422, "password").await;
    problem(post(document().text("password", PASSWORD).text("password", PASSWORD)).await.unwrap(), 400, "bad-request")
        .await;
    let report = post(document().text("password", PASSWORD)).await.unwrap();
    assert_eq!(report.status(), 201);
    let report = report.text().await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&report).unwrap()["signatures"][0]["intact"], true);

    let later =
        service.post(&client).header("prefer", "respond-async").multipart(document().text("password", PASSWORD));
    let response = later.send().await.unwrap();
    assert_eq!(response.status(), 201, "it is judged at once: a request that waits would have to keep the password");
    assert!(!response.headers().contains_key("preference-applied"));

    assert!(!report.contains(PASSWORD));
    assert_eq!(service.documents(), 0);
    let folder = service.store.strip_prefix("sqlite:").and_then(|file| Path::new(file).parent()).unwrap();
    let kept: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    assert!(kept.iter().any(|path| path.ends_with("varco.db")), "{kept:?}");
    for file in kept {
        let octets = fs::read(&file).unwrap();
        assert!(!octets.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()), "{}", file.display());
    }
    assert!(service.log.try_iter().all(|line| !line.contains(PASSWORD)));
}

fn document() -> Form {
    let octets = fixture("good-encrypted-aes-256-password");
    Form::new().part("file", Part::bytes(octets).file_name("protetto.pdf"))
}

fn fixture(case: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pdf").join(case).join("input.pdf")).unwrap()
}
