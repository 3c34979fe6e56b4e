//! Whoever is slow is cut off, and slows nobody else.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::service::{Service, client};

const LIMITS: &str = "handshake_seconds = 1\nhead_seconds = 1\nidle_seconds = 2\nbody_piece_seconds = 1";

/// Reads until the connection ends, and says how long that took.
fn until_closed(stream: &mut impl Read) -> (String, Duration) {
    let start = Instant::now();
    let mut answer = Vec::new();
    let _reset_or_closed = stream.read_to_end(&mut answer);
    (String::from_utf8_lossy(&answer).into_owned(), start.elapsed())
}

fn in_time(elapsed: Duration) -> bool {
    elapsed < Duration::from_secs(20)
}

#[test]
fn a_handshake_that_does_not_come_ends() {
    let service = Service::start_with(LIMITS);
    let mut tcp = TcpStream::connect(service.address).unwrap();
    tcp.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    tcp.write_all(&[22, 3, 1]).unwrap();
    assert!(in_time(until_closed(&mut tcp).1));
}

#[test]
fn a_head_that_comes_letter_by_letter_ends() {
    let service = Service::start_with(LIMITS);
    let mut stream = service.connect();
    let start = Instant::now();
    for octet in b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" {
        sleep(Duration::from_millis(200));
        if stream.write_all(&[*octet]).is_err() {
            break;
        }
    }
    let (answer, _) = until_closed(&mut stream);
    assert!(in_time(start.elapsed()), "{:?}", start.elapsed());
    assert!(!answer.contains(" 200 "), "{answer}");
}

#[test]
fn connections_on_which_nothing_is_said_end() {
    let service = Service::start_with(LIMITS);
    for alpn in [&b"\x08http/1.1"[..], b"\x02h2"] {
        assert!(in_time(until_closed(&mut service.connect_with_alpn(alpn)).1), "{alpn:?}");
    }
    // The preface of HTTP/2 and its settings, and then nothing; pings are not answered.
    let mut stream = service.connect_with_alpn(b"\x02h2");
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    assert!(in_time(until_closed(&mut stream).1));
    // A request, its answer, and then nothing.
    let mut stream = service.connect();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let (answer, elapsed) = until_closed(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200") && in_time(elapsed), "{answer}");
}

#[test]
fn a_body_that_stops_or_trickles_is_answered_with_408() {
    // The second comes fast enough for each moment and too slowly in all.
    for limits in ["body_octets_per_second = 1000", "body_octets_per_second = 1\nbody_seconds = 3"] {
        body_that_stops_or_trickles(&Service::start_with(&format!("{LIMITS}\n{limits}")));
    }
}

fn body_that_stops_or_trickles(service: &Service) {
    let mut stops = service.announce(100_000);
    let (answer, elapsed) = until_closed(&mut stops);
    assert!(answer.starts_with("HTTP/1.1 408") && in_time(elapsed), "{answer}");
    let mut trickles = service.announce(100_000);
    let start = Instant::now();
    while in_time(start.elapsed()) && trickles.write_all(b"x").is_ok() {
        sleep(Duration::from_millis(100));
        trickles.get_ref().set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let mut octets = [0; 12];
        if trickles.read(&mut octets).is_ok() {
            assert_eq!(&octets, b"HTTP/1.1 408");
            return;
        }
    }
    panic!("a body of ten octets in a second is read for ever");
}

#[tokio::test]
async fn many_slow_ones_leave_room_for_a_fast_one() {
    let service = Service::start();
    let slow: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = service.announce(100_000);
            stream.write_all(b"x").unwrap();
            stream
        })
        .collect();
    let start = Instant::now();
    let response = client().get(service.url("/livez")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    drop(slow);
}

#[test]
fn one_address_does_not_take_all_connections() {
    let service = Service::start_with("connections_per_address = 3");
    let kept: Vec<_> = (0..3).map(|_| service.connect()).collect();
    let mut one_more = TcpStream::connect(service.address).unwrap();
    one_more.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    assert!(in_time(until_closed(&mut one_more).1));
    drop(kept);
}
