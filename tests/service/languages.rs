//! The same report in two languages and two formats.

use reqwest::Response;
use serde_json::Value;

use crate::service::{Service, client, form, problem};

#[tokio::test]
async fn a_kept_report_is_told_in_the_language_that_is_preferred() {
    let (service, client) = (Service::start(), client());
    let send = |language: &'static str| {
        let request = service.post(&client).header("idempotency-key", "one").header("accept-language", language);
        request.multipart(form("revoked.p7m")).send()
    };
    let mut answers = Vec::new();
    for language in ["en", "it", "en-GB, it;q=0.5", "de"] {
        let response = send(language).await.unwrap();
        assert_eq!(response.status(), 201);
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(varies(&response), "Accept, Accept-Language");
        answers.push((spoken(&response), location, response.bytes().await.unwrap()));
    }
    let (english, italian) = (&answers[0], &answers[1]);
    assert_eq!((english.0.as_str(), italian.0.as_str()), ("en", "it"));
    assert_eq!((english, italian), (&answers[2], &answers[3]), "the same language is the same answer, byte for byte");
    for (language, expected) in [("en", &english.2), ("it", &italian.2)] {
        for path in [english.1.clone(), format!("{}/report", english.1)] {
            let again = service.get(&client, &path).header("accept-language", language).send().await.unwrap();
            assert_eq!((spoken(&again), again.status().as_u16()), (language.to_owned(), 200));
            assert_eq!(again.bytes().await.unwrap(), *expected, "{path}");
        }
    }
    let message = |report: &[u8]| {
        let report: Value = serde_json::from_slice(report).unwrap();
        report["signatures"][0]["findings"][0]["message"].as_str().unwrap().to_owned()
    };
    assert!(message(&english.2).starts_with("The certificate was revoked on 26 December 2025 (key compromised)"));
    assert!(message(&italian.2).starts_with("Il certificato è stato revocato il 26/12/2025 (chiave compromessa)"));
}

#[tokio::test]
async fn a_kept_report_is_shown_to_people_as_html() {
    let (service, client) = (Service::start(), client());
    let response = service.post(&client).multipart(form("two-signers.p7m")).send().await.unwrap();
    let path = format!("{}/report", response.headers()["location"].to_str().unwrap());
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for (language, title) in [("it", "Documento accettato"), ("en", "Document accepted")] {
        let request = service.get(&client, &path).header("accept", browser).header("accept-language", language);
        let page = request.send().await.unwrap();
        assert_eq!((page.status().as_u16(), spoken(&page)), (200, language.to_owned()));
        let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(varies(&page), "Accept, Accept-Language");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        let page = page.text().await.unwrap();
        assert!(page.contains(&format!("<h1 id=\"verdetto\">{title}</h1>")), "{page}");
    }
    for other in ["application/xml", "application/pdf", "text/html;q=0"] {
        let refused = service.get(&client, &path).header("accept", other).send().await.unwrap();
        problem(refused, 406, "not-acceptable").await;
    }
    let (token, _) = service.other_token(&[]);
    let foreign = client.get(service.url(&path)).bearer_auth(token).header("accept", "text/html").send().await.unwrap();
    problem(foreign, 404, "no-such-resource").await;
}

#[tokio::test]
async fn problems_about_documents_are_told_in_english_too() {
    let (service, client) = (Service::start(), client());
    let form = reqwest::multipart::Form::new().part("file", reqwest::multipart::Part::bytes(&b"no signature"[..]));
    let response = service.post(&client).header("accept-language", "en").multipart(form).send().await.unwrap();
    assert_eq!((response.status().as_u16(), spoken(&response)), (422, "en".to_owned()));
    let problem: Value = response.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().starts_with("There is no signature in the file"), "{problem}");
    let form = form_with_code("RSSMRA");
    let response = service.post(&client).header("accept-language", "en").multipart(form).send().await.unwrap();
    let problem: Value = response.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().starts_with("A fiscal code has 16 characters"), "{problem}");
}

fn form_with_code(code: &'static str) -> reqwest::multipart::Form {
    form("good-cns.p7m").text("fiscal_code", code)
}

fn spoken(response: &Response) -> String {
    response.headers()["content-language"].to_str().unwrap().to_owned()
}

fn varies(response: &Response) -> &str {
    response.headers()["vary"].to_str().unwrap()
}
