//! The whole chain: varco, OpenSC's module, pcscd, a CNS.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use super::command::{Run, openssl_verifies};
use crate::support::cns::{CardBench, PIN, SIGNATURE_PIN};

/// A card in a reader, and a document beside it.
struct Desk {
    bench: CardBench,
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("accordo.txt"), "Accordo di servizio\n").unwrap();
        Self { bench: CardBench::start(), folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.bench.command(env!("CARGO_BIN_EXE_varco"));
        command.arg("sign").args(["--module", "opensc"]).args(arguments).current_dir(self.folder.path());
        Run::of(command.output().unwrap())
    }

    /// Signs with a keyset of the card: 0 for authentication, 1 for signatures.
    fn sign(&self, keyset: usize, pin: &str, result: &str) -> Run {
        fs::write(self.path("pin"), pin).unwrap();
        let token = ["CARDA PROVA (PIN CNS0)", "CARDA PROVA (PIN CNS1)"][keyset];
        let key = ["01", "10"][keyset];
        let named = ["--token", token, "--key", key, "--pin-file", "pin"];
        self.run(&[&named[..], &["--format", "cades", "--level", "b", "--output", result, "accordo.txt"]].concat())
    }
}

#[test]
fn a_cns_shows_a_key_that_fits_and_one_that_identifies() {
    let desk = Desk::new();
    let run = desk.run(&["--list", "--json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let listed: Value = serde_json::from_str(&run.stdout).unwrap();
    let key = |token: usize| &listed[token]["keys"][0];
    assert_eq!((&key(0)["kind"], &key(0)["fit"]), (&"cns".into(), &false.into()), "{listed}");
    assert!(key(0)["unfit"][0].as_str().unwrap().contains("--key"));
    assert_eq!((&key(1)["kind"], &key(1)["fit"]), (&"qualified".into(), &true.into()), "{listed}");
    assert_eq!(key(1)["name"], "Carda Prova");
    assert!(!desk.bench.pcscd.home().join(".cache").exists());
}

#[test]
fn a_cns_signs_and_is_closed_afterwards() {
    let desk = Desk::new();
    for (keyset, pin, result) in [(0, PIN, "cns.p7m"), (1, SIGNATURE_PIN, "firma.p7m")] {
        let run = desk.sign(keyset, pin, result);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        openssl_verifies(desk.folder.path(), result, None);
        assert!(!desk.bench.card().is_open(keyset), "any program could sign now");
    }
}

#[test]
fn a_wrong_pin_costs_one_try_and_nothing_is_said_that_the_card_did_not_say() {
    let desk = Desk::new();
    for left in [2, 1] {
        let run = desk.sign(0, "00000000", "a.p7m");
        assert_eq!(run.status, 1);
        assert!(run.stderr.starts_with("Errore: Il PIN è sbagliato. Non viene riprovato"), "{}", run.stderr);
        assert_eq!(desk.bench.card().tries_left(0), left);
    }
    // OpenSC refuses what is too short, before the card is asked.
    assert_eq!(desk.sign(0, "123", "a.p7m").status, 1);
    assert_eq!(desk.bench.card().tries_left(0), 1);
    let run = desk.sign(0, "00000000", "a.p7m");
    assert!(run.stderr.contains("Il PIN è bloccato"), "{}", run.stderr);
    let run = desk.sign(0, PIN, "a.p7m");
    assert!(run.status == 1 && run.stderr.contains("Il PIN è bloccato"), "{}", run.stderr);
    assert!(!desk.path("a.p7m").exists());
}

#[test]
fn a_card_that_is_pulled_out_at_any_command_leaves_nothing_and_signs_when_it_is_back() {
    let mut desk = Desk::new();
    for command in [1, 20, 60, 90] {
        desk.bench.remove_at(command);
        let run = desk.sign(0, PIN, "a.p7m");
        // Where fewer commands were needed, it was signed with the card still in.
        assert!((run.status == 0) == desk.path("a.p7m").exists(), "{command}: {}", run.stderr);
        let _it_may_be_there = fs::remove_file(desk.path("a.p7m"));
        desk.bench.insert();
        let run = desk.sign(0, PIN, "b.p7m");
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{command}");
        fs::remove_file(desk.path("b.p7m")).unwrap();
    }
}

#[test]
fn without_a_card_there_is_no_token() {
    let mut desk = Desk::new();
    desk.bench.remove();
    let run = desk.sign(0, PIN, "a.p7m");
    assert!(run.status == 2 && run.stderr.contains("Non c'è nessun dispositivo"), "{}", run.stderr);
}
