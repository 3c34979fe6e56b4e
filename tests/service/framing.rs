//! Requests that two readers could understand in two ways, and those that do not end: 4xx or the end of the connection,
//! never 5xx, and never a second answer (`reference`: RFC 9112 §11.2).

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use openssl::ssl::SslStream;

use crate::service::{Service, client};

/// What is hidden behind the first request; an answer to it would be the success of a smuggler.
const HIDDEN: &str = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Sends octets and reads until the connection ends.
fn exchange(service: &Service, octets: &[u8]) -> String {
    let mut stream = service.connect();
    // Whoever is refused early may find the connection closed while it still writes.
    let _refused = stream.write_all(octets);
    read_to_end(&mut stream)
}

fn read_to_end(stream: &mut SslStream<TcpStream>) -> String {
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("the connection stays open"),
            Err(_) => break,
        }
    }
    String::from_utf8(answer).unwrap()
}

fn statuses(answer: &str) -> Vec<u16> {
    answer.split("HTTP/1.1 ").skip(1).map(|part| part.get(..3).unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn ambiguous_requests_get_one_4xx_and_the_end_of_the_connection() {
    let service = Service::start();
    let authorization = format!("Authorization: Bearer {}", service.token);
    let post = |lines: &str, body: &str| {
        format!(
            "POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n{lines}\r\n\r\n{body}{HIDDEN}"
        )
    };
    let get = |lines: &str| format!("GET /livez HTTP/1.1\r\n{lines}\r\n\r\n{HIDDEN}");
    for request in [
        post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"),
        post("Content-Length: 0\r\nContent-Length: 5", ""),
        post("Content-Length: 5\r\nContent-Length: 5", "12345"),
        post("Content-Length: 5, 5", "12345"),
        post("Content-Length: +5", "12345"),
        post("Content-Length: -1", ""),
        post("Content-Length: 0x5", "12345"),
        post("Content-Length : 5", "12345"),
        post("Content-Length: 99999999999999999999999", ""),
        post("Transfer-Encoding: xchunked", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
        post("Transfer-Encoding: identity", ""),
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x", "0\r\n\r\n"),
        post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n"),
        post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"),
        post("Transfer-Encoding\t: chunked", "0\r\n\r\n"),
        post("X: y\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        post("X: y\rTransfer-Encoding: chunked", "0\r\n\r\n"),
        post("X: y\0", ""),
        post(" Content-Length: 5", "12345"),
        get("Host: localhost\nX: y"),
        get("Host: localhost\r\nHost: other"),
        get("Host: localhost\r\nX y"),
        get("X: y"),
        format!("GET /livez HTTP/1.1\nHost: localhost\n\n{HIDDEN}"),
        format!("GET /livez\r\n\r\n{HIDDEN}"),
        format!("GET /livez HTTP/3.0\r\nHost: localhost\r\n\r\n{HIDDEN}"),
        format!("GET  /livez HTTP/1.1\r\nHost: localhost\r\n\r\n{HIDDEN}"),
        format!("G\0T /livez HTTP/1.1\r\nHost: localhost\r\n\r\n{HIDDEN}"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
    ] {
        let answer = exchange(&service, request.as_bytes());
        let statuses = statuses(&answer);
        assert!(
            statuses.len() <= 1 && statuses.iter().all(|status| (400..500).contains(status)),
            "{request}\n{answer}"
        );
    }
    let response = client().get(service.url("/livez")).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[test]
fn nothing_follows_a_chunked_body() {
    let service = Service::start();
    let head = format!(
        "POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        service.token
    );
    for (body, expected) in [
        ("1\r\nx\r\n0\r\n\r\n", 422),
        ("1;a=b\r\nx\r\n0\r\n\r\n", 422),
        ("1\nx\n0\n\n", 400),
        ("1\r\nxx\r\n0\r\n\r\n", 400),
        ("-1\r\nx\r\n0\r\n\r\n", 400),
        ("FFFFFFFFFFFFFFFFF\r\nx\r\n0\r\n\r\n", 400),
        ("1;a\nb\r\nx\r\n0\r\n\r\n", 400),
    ] {
        let answer = exchange(&service, format!("{head}{body}{HIDDEN}").as_bytes());
        assert_eq!(statuses(&answer), [expected], "{body:?}\n{answer}");
    }
}

#[test]
fn what_is_unambiguous_may_be_sent_one_after_the_other() {
    let service = Service::start();
    let last = HIDDEN.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let answer = exchange(&service, format!("{HIDDEN}{HIDDEN}{last}").as_bytes());
    assert_eq!(statuses(&answer), [200, 200, 200], "{answer}");
}

#[test]
fn heads_that_do_not_end_are_refused_and_forgotten() {
    let service = Service::start();
    let many = (0..10_000).map(|number| format!("X-{number}: y\r\n")).collect::<Vec<_>>().concat();
    let long = format!("X: {}\r\n", "y".repeat(1_000_000));
    let path = format!("GET /{} HTTP/1.1\r\n", "y".repeat(1_000_000));
    for request in [
        format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"),
        format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n{long}\r\n"),
        format!("{path}Host: localhost\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n{}", many.repeat(20)),
    ] {
        let answer = exchange(&service, request.as_bytes());
        let statuses = statuses(&answer);
        assert!(statuses.len() <= 1 && statuses.iter().all(|status| (400..500).contains(status)), "{answer}");
    }
}
