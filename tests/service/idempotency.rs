//! The same request under the same key gets the same answer, and does nothing twice.

use reqwest::multipart::Form;

use crate::service::{Service, client, form, problem};

#[tokio::test]
async fn the_same_request_gets_the_same_answer() {
    let (service, client) = (Service::start(), client());
    let send =
        |key: &'static str, form: Form| service.post(&client).header("idempotency-key", key).multipart(form).send();
    let mut answers = Vec::new();
    for _ in 0..3 {
        let response = send("one", form("good-cns.p7m")).await.unwrap();
        assert_eq!(response.status(), 201);
        let location = response.headers()["location"].clone();
        answers.push((location, response.bytes().await.unwrap()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let other_key = send("two", form("good-cns.p7m")).await.unwrap();
    assert_ne!(other_key.headers()["location"], answers[0].0);
}

#[tokio::test]
async fn a_key_is_for_one_request_and_one_token() {
    let (service, client) = (Service::start(), client());
    let send = |form: Form| service.post(&client).header("idempotency-key", "one").multipart(form).send();
    assert_eq!(send(form("good-cns.p7m")).await.unwrap().status(), 201);
    for other in [form("good-cie.p7m"), form("good-cns.p7m").text("fiscal_code", "PRVCRD90A41H501L")] {
        problem(send(other).await.unwrap(), 422, "idempotency-key-reused").await;
    }
    let (token, _) = service.other_token(&[]);
    let request = client.post(service.url("/v1/verifications")).bearer_auth(token).header("idempotency-key", "one");
    assert_eq!(request.multipart(form("good-cie.p7m")).send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn requests_at_the_same_time_under_one_key_are_one() {
    let (service, client) = (Service::start(), client());
    let send = || service.post(&client).header("idempotency-key", "one").multipart(form("good-cns.p7m")).send();
    let responses = futures_util::future::join_all((0..8).map(|_| send())).await;
    let locations: Vec<_> =
        responses.into_iter().map(|response| response.unwrap().headers()["location"].clone()).collect();
    assert!(locations.iter().all(|location| *location == locations[0]), "{locations:?}");
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let (service, client) = (Service::start(), client());
    for key in ["", "a b", &"x".repeat(256)] {
        let request = service.post(&client).header("idempotency-key", key).multipart(form("good-cns.p7m"));
        problem(request.send().await.unwrap(), 400, "bad-request").await;
    }
}
