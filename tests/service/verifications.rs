//! Documents in, reports out.

use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::cli::{AT, Sandbox, demo_file};
use crate::service::{Service, client, demo, form, part};

#[tokio::test]
async fn a_good_document_is_accepted_and_its_report_can_be_read_again() {
    let (service, client) = (Service::start(), client());
    let response = service.post(&client).multipart(form("good-cns.p7m")).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let report = response.bytes().await.unwrap();
    let read: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(read["verdict"], "accepted");
    assert_eq!(read["document"]["name"], "good-cns.p7m");
    for path in [location.clone(), format!("{location}/report")] {
        let again = service.get(&client, &path).header("accept", "application/json").send().await.unwrap();
        assert_eq!(again.status(), 200);
        assert_eq!(again.bytes().await.unwrap(), report, "{path}");
    }
    assert_eq!(service.left_behind(), 0);
}

#[tokio::test]
async fn the_service_answers_what_the_command_line_answers() {
    let (service, client, sandbox) = (Service::start(), client(), Sandbox::new());
    for file in ["good-cie.p7m", "altered.p7m", "revoked.p7m", "nested.p7m.p7m", "good-base64.p7m", "two-signers.p7m"] {
        let response = service.post(&client).multipart(form(file)).send().await.unwrap();
        assert_eq!(response.status(), 201, "{file}");
        let answered: Value = response.json().await.unwrap();
        let (_, expected) = sandbox.verify_json(&[&demo_file(file)]);
        assert_eq!(answered, expected, "{file}");
    }
}

#[tokio::test]
async fn an_altered_document_and_another_person_are_rejected_with_201() {
    let (service, client) = (Service::start(), client());
    let response = service.post(&client).multipart(form("altered.p7m")).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let report: Value = response.json().await.unwrap();
    assert_eq!(report["verdict"], "rejected");
    assert_eq!(report["signatures"][0]["sub_indication"], "HASH_FAILURE");
    let declared = form("good-cns.p7m").text("fiscal_code", "FNTDTN69H30L219X");
    let report: Value = service.post(&client).multipart(declared).send().await.unwrap().json().await.unwrap();
    assert_eq!((&report["verdict"], &report["declared_signer"]), (&"rejected".into(), &"mismatch".into()));
    let declared = form("good-cns.p7m").text("fiscal_code", "prv crd 90a41 h501l");
    let report: Value = service.post(&client).multipart(declared).send().await.unwrap().json().await.unwrap();
    assert_eq!((&report["verdict"], &report["declared_signer"]), (&"accepted".into(), &"match".into()));
}

#[tokio::test]
async fn a_document_may_come_as_it_is_with_the_code_in_a_header() {
    let (service, client) = (Service::start(), client());
    for content_type in ["application/pkcs7-mime", "application/octet-stream"] {
        let request = service.post(&client).header("content-type", content_type).body(demo("good-cns.p7m"));
        let response = request.header("fiscal-code", "FNTDTN69H30L219X").send().await.unwrap();
        assert_eq!(response.status(), 201);
        let report: Value = response.json().await.unwrap();
        assert_eq!(report["declared_signer"], "mismatch");
        assert_eq!(report["document"]["size"], demo("good-cns.p7m").len());
    }
}

#[tokio::test]
async fn a_form_and_the_header_beside_it_must_declare_one_person() {
    let (service, client) = (Service::start(), client());
    let post = |header: &'static str, form| service.post(&client).header("fiscal-code", header).multipart(form).send();
    let response = post("FNTDTN69H30L219X", form("good-cns.p7m")).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.json::<Value>().await.unwrap()["declared_signer"].clone()),
        (201, "mismatch".into())
    );
    let declared = || form("good-cns.p7m").text("fiscal_code", "PRVCRD90A41H501L");
    let response = post("prvcrd90a41h501l", declared()).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.json::<Value>().await.unwrap()["declared_signer"].clone()),
        (201, "match".into())
    );
    let response = post("FNTDTN69H30L219X", declared()).await.unwrap();
    assert_eq!(response.status(), 422);
    assert_eq!(response.json::<Value>().await.unwrap()["type"], "urn:varco:problem:invalid-field");
}

#[tokio::test]
async fn detached_and_expected_content_are_parts_of_the_form() {
    let (service, client) = (Service::start(), client());
    let form = || {
        let detached = Part::bytes(demo("detached.txt"));
        Form::new().text("at", AT).part("detached", detached).part("file", part("detached.p7s"))
    };
    let expect = |octets: &[u8]| form().part("expect", Part::bytes(octets.to_vec()));
    for (form, verdict, expected) in [
        (form(), "accepted", "not_requested"),
        (expect(&demo("detached.txt")), "accepted", "match"),
        (expect(b"something else"), "rejected", "mismatch"),
    ] {
        let response = service.post(&client).multipart(form).send().await.unwrap();
        assert_eq!(response.status(), 201);
        let report: Value = response.json().await.unwrap();
        assert_eq!((&report["verdict"], &report["content"]["expected"]), (&verdict.into(), &expected.into()));
    }
}

#[tokio::test]
async fn a_large_document_goes_through_a_file_that_nobody_can_name() {
    let (service, client) = (Service::start(), client());
    let large = vec![b'x'; 3 * 1024 * 1024];
    let form = Form::new().text("at", AT).part("file", part("detached.p7s")).part("detached", Part::bytes(large));
    let response = service.post(&client).multipart(form).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let report: Value = response.json().await.unwrap();
    assert_eq!(report["signatures"][0]["sub_indication"], "HASH_FAILURE");
    assert_eq!(service.left_behind(), 0);
}
