//! Who is refused, and in which words.

use std::io::Write;
use std::net::TcpStream;

use openssl::ssl::SslStream;
use reqwest::multipart::{Form, Part};

use crate::service::{Service, client, form, problem};

#[tokio::test]
async fn without_a_valid_token_nothing_is_answered() {
    let (service, client) = (Service::start(), client());
    let (revoked, id) = service.other_token(&[]);
    assert!(service.varco(&["token", "revoke", &id]).output().unwrap().status.success());
    for authorization in [
        None,
        Some("Bearer varco_unknown".to_owned()),
        Some(format!("Bearer {revoked}")),
        Some(format!("Basic {}", service.token)),
        Some("Bearer".to_owned()),
        Some(format!("Bearer {} x", service.token)),
    ] {
        let mut request = client.post(service.url("/v1/verifications")).multipart(form("good-cns.p7m"));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let response = request.send().await.unwrap();
        assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        problem(response, 401, "unauthenticated").await;
    }
}

#[tokio::test]
async fn an_address_with_parameters_or_that_is_no_text_is_refused() {
    let (service, client) = (Service::start(), client());
    let declared = service.url("/v1/verifications?fiscal_code=PRVCRD90A41H501L");
    let request = client.post(declared).bearer_auth(&service.token).multipart(form("good-cns.p7m"));
    problem(request.send().await.unwrap(), 400, "bad-request").await;
    for path in ["/v1/verifications/%00%ff", "/v1/verifications/%ff/report", "/static/%ff/x"] {
        problem(service.get(&client, path).send().await.unwrap(), 400, "bad-request").await;
    }
}

#[tokio::test]
async fn a_token_that_is_for_something_else_is_refused() {
    let (service, client) = (Service::start(), client());
    let (auditor, _) = service.other_token(&["--scope", "audit"]);
    let request = client.post(service.url("/v1/verifications")).bearer_auth(auditor).multipart(form("good-cns.p7m"));
    let response = request.send().await.unwrap();
    assert!(response.headers()["www-authenticate"].to_str().unwrap().contains("insufficient_scope"));
    problem(response, 403, "forbidden").await;
}

#[tokio::test]
async fn a_token_sees_only_its_own() {
    let (service, client) = (Service::start(), client());
    let response = service.post(&client).multipart(form("good-cns.p7m")).send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let (other, _) = service.other_token(&[]);
    for path in [location.clone(), format!("{location}/report")] {
        let response = client.get(service.url(&path)).bearer_auth(&other).send().await.unwrap();
        problem(response, 404, "no-such-resource").await;
    }
    for unknown in ["0190a0b0-0000-7000-8000-000000000000", "x", "..%2f", "%00"] {
        let response = service.get(&client, &format!("/v1/verifications/{unknown}")).send().await.unwrap();
        problem(response, 404, "no-such-resource").await;
    }
}

#[tokio::test]
async fn what_does_not_exist_is_said_in_the_language_that_is_asked_for() {
    let (service, client) = (Service::start(), client());
    let response = client.get(service.url("/nothing/here")).send().await.unwrap();
    assert_eq!(problem(response, 404, "no-such-resource").await["title"], "A questo indirizzo non c'è nulla");
    let response = client.get(service.url("/nothing")).header("accept-language", "en, it;q=0.1").send().await.unwrap();
    assert_eq!(problem(response, 404, "no-such-resource").await["title"], "There is nothing here");
    let response = client.delete(service.url("/v1/verifications")).send().await.unwrap();
    assert_eq!(response.headers()["allow"], "POST");
    problem(response, 405, "method-not-allowed").await;
}

#[tokio::test]
async fn other_formats_and_types_are_refused_before_anything_is_done() {
    let (service, client) = (Service::start(), client());
    let request = service.post(&client).multipart(form("good-cns.p7m")).header("accept", "application/pdf");
    problem(request.send().await.unwrap(), 406, "not-acceptable").await;
    for (name, value) in [("content-type", "text/plain"), ("content-encoding", "gzip"), ("content-type", "")] {
        let mut request = service.post(&client).body("x");
        if name != "content-type" {
            request = request.header("content-type", "application/octet-stream");
        }
        problem(request.header(name, value).send().await.unwrap(), 415, "unsupported-media-type").await;
    }
}

#[tokio::test]
async fn what_cannot_be_examined_is_422_and_says_why() {
    let (service, client) = (Service::start(), client());
    let file = |octets: &'static [u8]| Form::new().part("file", Part::bytes(octets).file_name("a.p7m"));
    for (form, kind) in [
        (file(b"no signature here, only text"), "no-signature"),
        (file(b""), "empty"),
        (file(b"%PDF-1.7 /Type/Sig/ByteRange[0 9 9 9]/Contents<00> %%EOF"), "damaged"),
        (form("good-cns.p7m").text("fiscal_code", "PRVCRD90A41H501X"), "invalid-field"),
        (form("good-cns.p7m").text("fiscal_code", ""), "invalid-field"),
        (Form::new().part("file", Part::bytes(&b"x"[..])).text("at", "yesterday"), "invalid-field"),
    ] {
        problem(service.post(&client).multipart(form).send().await.unwrap(), 422, kind).await;
    }
}

#[tokio::test]
async fn forms_that_say_too_much_or_too_little_are_400() {
    let (service, client) = (Service::start(), client());
    for form in [
        Form::new().text("at", crate::cli::AT),
        form("good-cns.p7m").text("at", crate::cli::AT),
        form("good-cns.p7m").text("file", "again"),
        form("good-cns.p7m").text("poe", "2026-01-01T00:00:00Z"),
        form("good-cns.p7m").text("fiscal_code", "A".repeat(300)),
    ] {
        problem(service.post(&client).multipart(form).send().await.unwrap(), 400, "bad-request").await;
    }
    for (content_type, body) in [
        ("multipart/form-data", "--x\r\n"),
        ("multipart/form-data; boundary=x", ""),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc"),
        ("multipart/form-data; boundary=x", "--y--\r\n"),
    ] {
        let request = service.post(&client).header("content-type", content_type).body(body);
        problem(request.send().await.unwrap(), 400, "bad-request").await;
    }
    assert_eq!(service.left_behind(), 0);
}

#[tokio::test]
async fn more_than_allowed_is_413_whether_announced_or_not() {
    let (service, client) = (Service::start_with("upload_octets = 100000"), client());
    let large = vec![0; 100_001];
    let request = service.post(&client).header("content-type", "application/octet-stream");
    problem(request.body(large.clone()).send().await.unwrap(), 413, "too-large").await;
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> = large.chunks(1000).map(|piece| Ok(piece.to_vec())).collect();
    let streamed = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let request = service.post(&client).header("content-type", "application/octet-stream").body(streamed);
    problem(request.send().await.unwrap(), 413, "too-large").await;
    let form = Form::new().part("file", Part::bytes(large));
    problem(service.post(&client).multipart(form).send().await.unwrap(), 413, "too-large").await;
    assert_eq!(service.left_behind(), 0);
}

#[tokio::test]
async fn a_token_that_asks_too_often_is_told_when_to_come_back() {
    let (service, client) = (Service::start_with("requests_per_minute = 2"), client());
    for remaining in ["1", "0"] {
        let response = service.get(&client, "/v1/verifications/x").send().await.unwrap();
        assert_eq!(response.headers()["ratelimit-limit"], "2");
        assert_eq!(response.headers()["ratelimit-remaining"], remaining);
        problem(response, 404, "no-such-resource").await;
    }
    let response = service.get(&client, "/v1/verifications/x").send().await.unwrap();
    let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    problem(response, 429, "too-many-requests").await;
    let (other, _) = service.other_token(&[]);
    let response = client.get(service.url("/v1/verifications/x")).bearer_auth(other).send().await.unwrap();
    problem(response, 404, "no-such-resource").await;
}

#[tokio::test]
async fn whoever_finds_no_room_is_told_at_once() {
    let limits = "requests = 1\nrequests_waiting = 1\nwaiting_seconds = 1\nbody_piece_seconds = 30";
    let (service, client) = (Service::start_with(limits), client());
    let _slow = takes_a_place(&service);
    let ask = || service.post(&client).header("content-type", "application/octet-stream").body("x").send();
    // Until the place is taken, answers are about the document.
    while ask().await.unwrap().status() != 503 {}
    let responses = futures_util::future::join_all([ask(), ask(), ask()]).await;
    for response in responses {
        let response = response.unwrap();
        assert!(response.headers().contains_key("retry-after"));
        problem(response, 503, "busy").await;
    }
}

#[tokio::test]
async fn an_address_that_guesses_tokens_waits_before_anything_is_looked_up() {
    let (service, client) = (Service::start_with("refused_tokens_per_minute = 3"), client());
    let ask = |token: &str| client.get(service.url("/v1/verifications/x")).bearer_auth(token.to_owned()).send();
    for _ in 0..5 {
        // Whoever has a good one is not counted.
        problem(ask(&service.token).await.unwrap(), 404, "no-such-resource").await;
    }
    for guess in ["varco_0", "varco_1", "varco_2"] {
        problem(ask(guess).await.unwrap(), 401, "unauthenticated").await;
    }
    let response = ask("varco_3").await.unwrap();
    let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=21).contains(&seconds), "{seconds}");
    problem(response, 429, "too-many-requests").await;
    // What needs no token is answered.
    assert_eq!(client.get(service.url("/readyz")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_token_that_takes_its_share_of_the_places_leaves_the_others_to_others() {
    let limits = "requests = 2\nrequests_per_token = 1\nbody_piece_seconds = 30";
    let (service, client) = (Service::start_with(limits), client());
    let _slow = takes_a_place(&service);
    let ask = || service.post(&client).header("content-type", "application/octet-stream").body("x").send();
    let refused = loop {
        let response = ask().await.unwrap();
        if response.status() != 422 {
            break response;
        }
    };
    assert!(refused.headers().contains_key("retry-after"));
    problem(refused, 429, "too-many-requests").await;
    let (other, _) = service.other_token(&[]);
    let request = client.post(service.url("/v1/verifications")).bearer_auth(other).multipart(form("good-cns.p7m"));
    assert_eq!(request.send().await.unwrap().status(), 201);
}

/// A request that never gets to its end, as long as this is not dropped.
fn takes_a_place(service: &Service) -> SslStream<TcpStream> {
    let mut slow = service.announce(10);
    slow.write_all(b"x").unwrap();
    slow
}
