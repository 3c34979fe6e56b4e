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

#[tokio::test]
async fn connections_that_never_get_to_a_request_are_told_but_not_without_end() {
    use std::io::{Read, Write};
    let service = Service::start();
    let smuggle = |octets: &[u8]| {
        let mut stream = service.connect();
        stream.write_all(octets).unwrap();
        let _closed = stream.read_to_end(&mut Vec::new());
    };
    smuggle(b"GET / HTTP/1.1\nHost: localhost\n\n");
    let line = service.logged(|line| line["message"] == "connection refused");
    assert_eq!((&line["reason"], &line["client"]), (&"ambiguous-head".into(), &"127.0.0.1".into()));
    smuggle(b"G@T PRVCRD90A41H501L HTTP/9\r\n\r\n");
    let line = service.logged(|line| line["message"] == "connection refused");
    assert_eq!(line["reason"], "bad-head");
    assert!(!line.to_string().contains("PRVCRD"));
    for _ in 0..100 {
        let mut plain = std::net::TcpStream::connect(service.address).unwrap();
        plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let _closed = plain.read_to_end(&mut Vec::new());
    }
    let text =
        client().get(format!("http://{}/metrics", service.administration)).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("varco_http_connections_refused_total{reason=\"tls\"} 100"), "{text}");
    let told = service.log.try_iter().filter(|line| line.contains("\"reason\":\"tls\"")).count();
    assert!((1..=60).contains(&told), "{told}");
}

#[test]
fn whoever_started_it_is_told_when_it_listens_and_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(crate::service::PATIENCE)).unwrap();
    let told = || {
        let mut state = [0; 64];
        let len = socket.recv(&mut state).unwrap();
        String::from_utf8(state[..len].to_vec()).unwrap()
    };
    let store = format!("sqlite:{}/varco.db", folder.path().display());
    let mut service = Service::start_on(folder, store, vec![("NOTIFY_SOCKET", path)], "");
    assert_eq!(told(), "READY=1");
    service.signal("TERM");
    assert_eq!(told(), "STOPPING=1");
    assert!(service.child.wait().unwrap().success());
}

#[test]
fn a_new_certificate_is_taken_without_a_restart_and_a_broken_one_is_not() {
    let mut service = Service::start();
    let folder = service.folder.path().join("tls");
    let make = || {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/certs/make-tls.sh");
        assert!(std::process::Command::new(script).arg(&folder).status().unwrap().success());
    };
    let presented = |service: &Service| {
        let mut connector = openssl::ssl::SslConnector::builder(openssl::ssl::SslMethod::tls_client()).unwrap();
        connector.set_ca_file(folder.join("ca.pem")).unwrap();
        let tcp = std::net::TcpStream::connect(service.address).unwrap();
        let connection = connector.build().connect("localhost", tcp).ok()?;
        connection.ssl().peer_certificate().unwrap().to_pem().ok()
    };
    make();
    let config = service.folder.path().join("varco.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace(crate::service::tls().to_str().unwrap(), folder.to_str().unwrap())).unwrap();
    service.kill_and_start_again();
    let first = presented(&service).unwrap();

    fs::remove_dir_all(&folder).unwrap();
    make();
    assert_eq!(presented(&service), None, "the old one, of another authority");
    service.signal("HUP");
    service.logged(|line| line["message"] == "TLS certificate read anew");
    let second = presented(&service).unwrap();
    assert_ne!(first, second);

    fs::write(folder.join("tls.key"), fs::read(crate::service::tls().join("tls.key")).unwrap()).unwrap();
    service.signal("HUP");
    service.logged(|line| {
        line["level"] == "ERROR" && line["message"].as_str().unwrap().starts_with("TLS certificate cannot")
    });
    assert_eq!(presented(&service), Some(second));
}
