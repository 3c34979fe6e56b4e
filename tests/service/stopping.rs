//! A service that is told to stop finishes what runs, takes nothing new, and ends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::service::{PATIENCE, Service, demo};

impl Service {
    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    /// The exit status, once it ended by itself.
    fn ended(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            sleep(Duration::from_millis(20));
        }
        panic!("the service does not end");
    }
}

#[test]
fn a_request_that_runs_is_finished_and_nothing_new_is_taken() {
    for signal in ["TERM", "INT"] {
        let mut service = Service::start();
        let document = demo("good-cns.p7m");
        let mut idle = service.connect();
        let mut running = service.announce(document.len());
        let (first, second) = document.split_at(document.len() / 2);
        running.write_all(first).unwrap();
        sleep(Duration::from_millis(500));
        service.signal(signal);
        // Whoever says nothing is let go at once.
        let mut nothing = Vec::new();
        let _closed = idle.read_to_end(&mut nothing);
        assert!(nothing.is_empty());
        assert!(TcpStream::connect(service.address).is_err(), "{signal}: new connections are taken");
        running.write_all(second).unwrap();
        let mut answer = Vec::new();
        let _closed = running.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 201"), "{signal}: {answer}");
        assert_eq!(service.ended(), Some(0), "{signal}");
    }
}

#[test]
fn whoever_does_not_come_to_an_end_is_cut_off() {
    let mut service = Service::start_with("shutdown_seconds = 1");
    let _endless = service.announce(100_000);
    sleep(Duration::from_millis(500));
    let start = Instant::now();
    service.signal("TERM");
    assert_eq!(service.ended(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}
