//! `varco card watch`: each thing that happens is told once, and whatever goes away is found again.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::Value;

use crate::support::cns::{CardBench, Mishap, Pcscd};

/// A run of `varco card watch` and the lines that it wrote.
struct Watching {
    process: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(bench: &CardBench, arguments: &[&str]) -> Self {
        let mut command = bench.command(env!("CARGO_BIN_EXE_varco"));
        let mut process = command.args(["card", "watch"]).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        Self { process, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(30)).unwrap()
    }

    /// The next event and its reader.
    fn event(&self) -> (String, Option<String>) {
        let event: Value = serde_json::from_str(&self.line()).unwrap();
        (event["event"].as_str().unwrap().to_owned(), event["reader"].as_str().map(str::to_owned))
    }

    /// Ends it with a signal, and returns its exit status.
    fn end(mut self, signal: &str) -> Option<i32> {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let status = self.process.wait().unwrap().code();
        assert_eq!(self.lines.recv_timeout(Duration::from_secs(5)).ok(), None, "more was told");
        status
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

#[test]
fn events_are_told_once_each_and_what_goes_away_is_found_again() {
    let mut bench = CardBench::start();
    let (first, second) = (Pcscd::reader(0), Pcscd::reader(1));
    let told = |event: &str, reader: &str| (event.to_owned(), Some(reader.to_owned()));
    let watching = Watching::start(&bench, &["--format", "json"]);
    let at_start = [told("reader_found", &first), told("card_inserted", &first), told("reader_found", &second)];
    assert_eq!([(); 3].map(|()| watching.event()), at_start);

    bench.remove();
    assert_eq!(watching.event(), told("card_removed", &first));
    bench.insert();
    assert_eq!(watching.event(), told("card_inserted", &first));

    Pcscd::unplug(bench.pcscd.folder());
    // In the order in which the service lets go of them.
    let mut lost = [(); 2].map(|()| watching.event());
    lost.sort();
    assert_eq!(lost, [told("reader_lost", &first), told("reader_lost", &second)]);
    bench.recover(Mishap::ReaderUnplugged);
    let mut found = [(); 3].map(|()| watching.event());
    found.sort();
    let back = [told("card_inserted", &first), told("reader_found", &first), told("reader_found", &second)];
    assert_eq!(found, back);

    bench.pcscd.kill();
    assert_eq!(watching.event(), ("service_lost".to_owned(), None));
    bench.pcscd.restart();
    assert_eq!(watching.event(), ("service_back".to_owned(), None));
    assert_eq!([(); 2].map(|()| watching.event()), [told("reader_found", &first), told("reader_found", &second)]);
    bench.insert();
    assert_eq!(watching.event(), told("card_inserted", &first));
    assert_eq!(watching.end("-TERM"), Some(0));
}

#[test]
fn a_service_that_is_not_there_is_waited_for() {
    let mut bench = CardBench::start();
    bench.pcscd.kill();
    let watching = Watching::start(&bench, &[]);
    assert_eq!(watching.line(), "Il servizio delle smart card (pcscd) non è in funzione: si aspetta che torni.");
    bench.pcscd.restart();
    assert_eq!(watching.line(), "Il servizio delle smart card (pcscd) è di nuovo in funzione.");
    assert_eq!(watching.line(), format!("Lettore collegato: {}.", bench.reader()));
    assert_eq!(watching.line(), format!("Lettore collegato: {}.", Pcscd::reader(1)));
    bench.insert();
    let line = watching.line();
    assert!(line.starts_with(&format!("Carta inserita in {}: carta CNS", bench.reader())), "{line}");
    assert_eq!(watching.end("-INT"), Some(0));
}
