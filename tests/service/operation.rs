//! What those who run the service see of it.

use std::fs;

use serde_json::Value;

use crate::service::{Service, client, form, problem};

#[tokio::test]
async fn the_service_says_whether_it_is_there() {
    let (service, client) = (Service::start(), client());
    for path in ["/status", "/livez", "/readyz"] {
        let response = client.get(service.url(path)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("strict-transport-security", "max-age=63072000"),
        ] {
            assert_eq!(response.headers()[name], value, "{path}");
        }
        assert!(!response.headers().contains_key("server"));
        assert_eq!(response.json::<Value>().await.unwrap()["status"], "ok", "{path}");
    }
}

#[tokio::test]
async fn metrics_are_for_administrators() {
    let (service, client) = (Service::start(), client());
    service.post(&client).multipart(form("good-cns.p7m")).send().await.unwrap();
    problem(client.get(service.url("/metrics")).send().await.unwrap(), 404, "no-such-resource").await;
    let text =
        client.get(format!("http://{}/metrics", service.administration)).send().await.unwrap().text().await.unwrap();
    for line in [
        "varco_http_requests_total{method=\"POST\",route=\"/v1/verifications\",status=\"201\"} 1",
        "varco_verdicts_total{verdict=\"accepted\"} 1",
        "varco_http_requests_running 1",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[tokio::test]
async fn the_log_says_who_did_what_and_nothing_about_people() {
    let (service, client) = (Service::start(), client());
    let declared = form("good-cns.p7m").text("fiscal_code", "PRVCRD90A41H501L");
    let response = service.post(&client).multipart(declared).send().await.unwrap();
    let id = response.headers()["request-id"].to_str().unwrap().to_owned();
    let line = service.logged(|line| line["request_id"] == id.as_str());
    assert_eq!((&line["method"], &line["route"]), (&"POST".into(), &"/v1/verifications".into()));
    assert_eq!((&line["status"], &line["verdict"]), (&201.into(), &"accepted".into()));
    assert_eq!(line["client"], "127.0.0.1");
    let text = line.to_string();
    for personal in ["PRVCRD", "good-cns", service.token.as_str(), "CARDA"] {
        assert!(!text.contains(personal), "{text}");
    }
    // What a caller writes into an address does not get into the log.
    client.get(service.url("/PRVCRD90A41H501L?cf=PRVCRD90A41H501L")).send().await.unwrap();
    let line = service.logged(|line| line["status"] == 404);
    assert_eq!(line["route"], "-");
    assert!(!line.to_string().contains("PRVCRD"));
}

#[tokio::test]
async fn the_interface_describes_itself() {
    let (service, client) = (Service::start(), client());
    let response = client.get(service.url("/openapi.json")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let document: Value = response.json().await.unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    // Whatever it describes is there.
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let method = method.to_uppercase().parse().unwrap();
            let url = service.url(&path.replace("{id}", "0190a0b0-0000-7000-8000-000000000000"));
            let status = client.request(method, url).send().await.unwrap().status();
            assert!(status == 200 || status == 401, "{path}: {status}");
        }
    }
}

#[test]
fn a_configuration_is_checked_before_it_is_used() {
    let service = Service::start();
    let check = || service.varco(&["serve", "--check"]).output().unwrap();
    let good = check();
    assert!(good.status.success());
    assert_eq!(String::from_utf8(good.stdout).unwrap(), "configurazione valida\n");
    let file = service.folder.path().join("varco.toml");
    let text = fs::read_to_string(&file).unwrap();
    for (from, to, expected) in [
        ("[limits]", "[limits]\nidle_seconds = \"x\"", "limits.idle_seconds: serve un numero intero"),
        ("[limits]", "[limits]\nidle_second = 1", "limits.idle_second: impostazione sconosciuta"),
        ("tls.pem", "missing.pem", "missing.pem: Il certificato TLS (PEM) non si può leggere"),
        ("certs/pki/trust\"", "certs/pki/missing\"", "certs/pki/missing"),
    ] {
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let wrong = check();
        let stderr = String::from_utf8(wrong.stderr).unwrap();
        assert_eq!(wrong.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
    }
}
