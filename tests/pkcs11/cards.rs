//! The whole chain: varco, OpenSC's module, pcscd, a CNS.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use varco::sign::pkcs11::{AfterUse, ModuleSettings, Token, WorkerSettings};

use super::command::{Run, openssl_verifies};
use super::{MESSAGE, RSA, consent, digest, key, sign};
use crate::support::cns::{CardBench, Mishap, PIN, PUK, Pcscd, SIGNATURE_PIN};

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
fn of_the_two_keysets_of_a_cns_the_one_with_the_key_signs_without_being_named() {
    let desk = Desk::new();
    let sign = |result: &str, named: &[&str]| {
        let usual = ["--pin-file", "pin", "--format", "cades", "--level", "b", "--output", result, "accordo.txt"];
        desk.run(&[named, &usual].concat())
    };
    fs::write(desk.path("pin"), SIGNATURE_PIN).unwrap();
    for (result, named) in [("a.p7m", &[][..]), ("b.p7m", &["--key", "10"])] {
        let run = sign(result, named);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        openssl_verifies(desk.folder.path(), result, None);
    }
    fs::write(desk.path("pin"), PIN).unwrap();
    let run = sign("c.p7m", &["--key", "01"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
}

#[test]
fn without_the_service_of_cards_the_list_says_so() {
    let desk = Desk::new();
    let mut command = desk.bench.command(env!("CARGO_BIN_EXE_varco"));
    command.args(["sign", "--list", "--module", "opensc"]).env("PCSCLITE_CSOCK_NAME", desk.path("nowhere"));
    let run = Run::of(command.output().unwrap());
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(run.stderr.contains("pcscd"), "{}", run.stderr);
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
    at_commands(Mishap::CardPulled, 4, 1);
}

#[test]
fn a_reader_that_is_unplugged_leaves_nothing_and_signs_when_it_is_back() {
    at_commands(Mishap::ReaderUnplugged, 2, 12);
}

#[test]
fn a_service_that_is_killed_leaves_nothing_and_signs_when_it_is_back() {
    at_commands(Mishap::ServiceKilled, 2, 12);
}

/// Has a mishap happen at one command in so many of a signature, at several desks side by side.
fn at_commands(mishap: Mishap, desks: usize, one_in: usize) {
    thread::scope(|scope| {
        for first in 0..desks {
            scope.spawn(move || {
                let mut desk = Desk::new();
                let commands = desk.commands_of_a_signature();
                for command in (first * one_in..commands).step_by(desks * one_in) {
                    desk.endures(mishap, command);
                }
            });
        }
    });
}

impl Desk {
    /// How many commands the card is sent for one signature, with all that goes before and after it.
    fn commands_of_a_signature(&self) -> usize {
        let before = self.bench.card().log().len();
        self.signs_again();
        let commands = self.bench.card().log().len() - before;
        assert!(commands > 40, "{commands}");
        commands
    }

    /// A mishap at this command: there is a signature or there is nothing, a sentence says so, and the next attempt works.
    fn endures(&mut self, mishap: Mishap, command: usize) {
        self.bench.suffer(mishap, command);
        let run = self.sign(0, PIN, "a.p7m");
        let at = format!("{mishap:?} at command {command}: {} {}", run.status, run.stderr);
        if run.status == 0 {
            // The last commands come after the signature: to close the card, which is closed when it is out.
            openssl_verifies(self.folder.path(), "a.p7m", None);
        } else {
            assert!(run.status == 1 || run.status == 2, "{at}");
            let says_what_to_do =
                ["ripet", "riprov", "inserir", "systemctl"].iter().any(|word| run.stderr.contains(word));
            assert!(run.stderr.starts_with("Errore: ") && says_what_to_do, "{at}");
            assert!(!self.path("a.p7m").exists(), "{at}");
        }
        let _there_is_one_or_not = fs::remove_file(self.path("a.p7m"));
        let mut left: Vec<_> =
            fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["accordo.txt", "pin"], "{at}");
        assert_eq!(self.bench.card().tries_left(0), 3, "{at}");
        self.bench.recover(mishap);
        assert!(!self.bench.card().is_open(0), "{at}");
        self.signs_again();
    }

    fn signs_again(&self) {
        let run = self.sign(0, PIN, "b.p7m");
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        openssl_verifies(self.folder.path(), "b.p7m", None);
        fs::remove_file(self.path("b.p7m")).unwrap();
    }
}

#[test]
fn a_card_that_is_pulled_out_between_two_documents_leaves_the_one_that_is_signed() {
    let mut desk = Desk::new();
    let commands = desk.commands_of_a_signature();
    fs::write(desk.path("patto.txt"), "Patto di servizio\n").unwrap();
    fs::write(desk.path("pin"), PIN).unwrap();
    fs::create_dir(desk.path("firmati")).unwrap();
    let named = ["--token", "CARDA PROVA (PIN CNS0)", "--key", "01", "--pin-file", "pin", "--output-dir", "firmati"];
    let both = [&named[..], &["--format", "cades", "--level", "b", "accordo.txt", "patto.txt"]].concat();
    // After the first document some more commands than it took alone are the second's.
    desk.bench.suffer(Mishap::CardPulled, commands + 1);
    let run = desk.run(&both);
    assert_eq!((run.status, run.stdout.as_str()), (1, "accordo.txt: firmato in firmati/accordo.txt.p7m\n"));
    assert!(run.stderr.starts_with("Errore: patto.txt: "), "{}", run.stderr);
    openssl_verifies(desk.folder.path(), "firmati/accordo.txt.p7m", None);
    assert!(!desk.path("firmati/patto.txt.p7m").exists());
    desk.bench.recover(Mishap::CardPulled);
    let rest = [&both[..both.len() - 2], &["patto.txt"]].concat();
    assert_eq!(desk.run(&rest).status, 0);
    openssl_verifies(desk.folder.path(), "firmati/patto.txt.p7m", None);
}

#[test]
fn in_one_process_a_card_that_was_out_signs_again_with_another_pin_entry() {
    let mut desk = Desk::new();
    let environment =
        vec![("PCSCLITE_CSOCK_NAME", desk.bench.pcscd.socket().into()), ("OPENSC_CONF", Pcscd::opensc_conf().into())];
    let program = PathBuf::from(env!("CARGO_BIN_EXE_varco"));
    let workers = WorkerSettings { program, ..WorkerSettings::new(environment, Duration::from_mins(1)) };
    let module = ModuleSettings::default().find("opensc").unwrap();
    let token = Token::find(module, Some("CARDA PROVA (PIN CNS1)"), AfterUse::LogOut, workers).unwrap();
    let (id, certificate) = key(&token, "10");
    for mishap in [Mishap::CardPulled, Mishap::ServiceKilled] {
        let mut batch = token.begin(&id, &certificate, consent(SIGNATURE_PIN, 3)).unwrap();
        batch.sign(&digest(), Some(MESSAGE), RSA).unwrap();
        desk.bench.suffer(mishap, 1);
        assert!(batch.sign(&digest(), Some(MESSAGE), RSA).is_err(), "{mishap:?}");
        desk.bench.recover(mishap);
        // The PIN was given to the card that was there then.
        assert!(batch.sign(&digest(), Some(MESSAGE), RSA).is_err(), "{mishap:?}: signed without a PIN");
        drop(batch);
        sign(&token, "10", SIGNATURE_PIN, RSA).unwrap();
    }
}

#[test]
fn a_pin_that_is_blocked_is_unblocked_by_its_puk_and_not_without() {
    let desk = Desk::new();
    for _ in 0..3 {
        assert_eq!(desk.sign(0, "00000000", "a.p7m").status, 1);
    }
    let unblock = |puk: &str| {
        let mut tool = desk.bench.command("pkcs15-tool");
        tool.args(["--auth-id", "01", "--unblock-pin", "--puk", puk, "--new-pin", PIN]);
        tool.output().unwrap().status.success()
    };
    assert!(unblock(PUK));
    desk.signs_again();
    for _ in 0..3 {
        assert_eq!(desk.sign(0, "00000000", "a.p7m").status, 1);
    }
    let mut wrong = 0;
    while desk.bench.card().unblocking_tries_left(0) > 0 {
        assert!(!unblock("00000000") && wrong < 20);
        wrong += 1;
    }
    assert!(!unblock(PUK), "the PUK is blocked");
    let run = desk.sign(0, PIN, "a.p7m");
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("Il PIN è bloccato"), "{}", run.stderr);
    assert!(run.stderr.contains("Se è bloccato anche il PUK, chiedere una carta nuova"), "{}", run.stderr);
    assert!(!desk.path("a.p7m").exists());
    // The other key has a PIN of its own.
    assert_eq!(desk.sign(1, SIGNATURE_PIN, "firma.p7m").status, 0);
}

#[test]
fn the_card_of_another_person_is_refused_before_it_gets_a_pin() {
    let desk = Desk::new();
    fs::write(desk.path("pin"), SIGNATURE_PIN).unwrap();
    let named = ["--token", "CARDA PROVA (PIN CNS1)", "--pin-file", "pin", "--format", "cades", "--level", "b"];
    let sign = |fiscal_code: &str, more: &[&str]| {
        desk.run(&[&named[..], &["--fiscal-code", fiscal_code, "--output", "a.p7m", "accordo.txt"], more].concat())
    };
    let run = sign("DVRLTR78S23F205R", &[]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.starts_with("Errore: Il certificato è di un'altra persona"), "{}", run.stderr);
    let run_as_json = sign("DVRLTR78S23F205R", &["--json"]);
    for said in [&run.stderr, &run_as_json.stdout] {
        assert!(!said.contains("DVRLTR") && !said.contains("PRVCRD"), "{said}");
    }
    assert!(desk.bench.card().log().iter().all(|command| command[1] != 0x20), "a PIN was sent");
    assert!(!desk.path("a.p7m").exists());
    // Hers under omocodia is hers, however it is typed.
    let run = sign(" prvcrd90a41h50md", &[]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
}

#[test]
fn without_a_card_there_is_no_token() {
    let mut desk = Desk::new();
    desk.bench.remove();
    let run = desk.sign(0, PIN, "a.p7m");
    assert!(run.status == 2 && run.stderr.contains("Non c'è nessun dispositivo"), "{}", run.stderr);
}
