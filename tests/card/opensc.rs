//! OpenSC drives the virtual CNS: the card is what other programs take a CNS to be, and the shipped configuration closes it.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use openssl::hash::MessageDigest;
use openssl::sign::Verifier;
use openssl::x509::X509;

use crate::card::{Run, finish, varco};
use crate::support::cns::{CardBench, PIN, PUK, SIGNATURE_PIN, repository};

const MODULE: &str = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so";
const CONTENT: &[u8] = b"Accordo di servizio di prova\n";

#[test]
fn opensc_finds_a_cns_and_its_holder() {
    let bench = CardBench::start();
    let name = finish(bench.command("opensc-tool").args(["--reader", &bench.reader(), "-n"]));
    assert_eq!(name.stdout.trim(), "CNS card");
    let dump = finish(bench.command("pkcs15-tool").args(["--reader", &bench.reader(), "--dump"]));
    assert!(dump.stdout.contains("PKCS#15 Card [CARDA PROVA]"), "{}", dump.stdout);
    // With its usual configuration OpenSC, from 0.24 on, would leave the holder's data there.
    assert!(!bench.pcscd.home().join(".cache/opensc").exists(), "OpenSC left something behind");
}

#[test]
fn both_keysets_sign_what_openssl_verifies() {
    let bench = CardBench::start();
    for (slot, pin, id, leaf) in [(0, PIN, "01", "cns-good"), (1, SIGNATURE_PIN, "10", "qualified-card-rsa")] {
        let (run, signature) = sign(&bench, slot, pin, id);
        assert_eq!(run.status, 0, "{}", run.stderr);
        let pem = std::fs::read(repository().join("certs/pki/leaves").join(leaf).with_extension("pem")).unwrap();
        let key = X509::from_pem(&pem).unwrap().public_key().unwrap();
        let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
        assert!(verifier.verify_oneshot(&signature.unwrap(), CONTENT).unwrap(), "{leaf}");
    }
}

#[test]
fn wrong_pins_are_counted_and_the_puk_unblocks() {
    let bench = CardBench::start();
    for (left, refusal) in [(2, "CKR_PIN_INCORRECT"), (1, "CKR_PIN_INCORRECT"), (0, "CKR_PIN_LOCKED")] {
        let (run, signature) = sign(&bench, 0, "00000000", "01");
        assert!(run.stderr.contains(refusal) && signature.is_none(), "{}", run.stderr);
        assert_eq!(bench.card().tries_left(0), left);
    }
    assert_eq!(sign(&bench, 0, PIN, "01").1, None, "signed with a blocked PIN");
    let reader = bench.reader();
    let unblock = ["--reader", &reader, "--auth-id", "01", "--unblock-pin", "--puk", PUK, "--new-pin", "11223344"];
    let run = finish(bench.command("pkcs15-tool").args(unblock));
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(sign(&bench, 0, "11223344", "01").1.is_some());
}

#[test]
fn a_card_that_another_program_keeps_open_is_closed_by_a_reset_and_by_reading_it() {
    let bench = CardBench::start();
    for command in [&["reset"][..], &["read"]] {
        let keeper = Keeper::start(&bench);
        assert!(bench.card().is_open(0));
        assert_eq!(varco(&bench, &["list"]).status, 0);
        assert!(bench.card().is_open(0), "closed by listing");
        let run = varco(&bench, command);
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert!(!bench.card().is_open(0), "{command:?}");
        drop(keeper);
    }
}

/// A program that gave the PIN and stays connected. Without it the card would lose its power, and the PIN with it.
struct Keeper {
    process: Child,
}

impl Keeper {
    fn start(bench: &CardBench) -> Self {
        let mut command = bench.command("opensc-explorer");
        command.args(["--reader", &bench.reader()]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut keeper = Self { process: command.spawn().unwrap() };
        // VERIFY of PIN 12345678.
        let order = b"apdu 00 20 00 10 08 31 32 33 34 35 36 37 38\n";
        keeper.process.stdin.as_mut().unwrap().write_all(order).unwrap();
        let started = Instant::now();
        while !bench.card().is_open(0) {
            assert!(started.elapsed() < Duration::from_secs(20), "the PIN was not given");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        keeper
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Signs with the token of a slot; returns the signature, if there is one.
fn sign(bench: &CardBench, slot: usize, pin: &str, id: &str) -> (Run, Option<Vec<u8>>) {
    assert!(Path::new(MODULE).exists(), "the package `opensc-pkcs11` is not installed");
    let folder = tempfile::tempdir().unwrap();
    let [content, signature] = ["content", "signature"].map(|name| folder.path().join(name));
    std::fs::write(&content, CONTENT).unwrap();
    let mut tool = bench.command("pkcs11-tool");
    tool.args(["--module", MODULE, "--slot-index", &slot.to_string(), "--login", "--pin", pin, "--sign"]);
    tool.args(["--mechanism", "SHA256-RSA-PKCS", "--id", id, "--input-file"]).arg(&content);
    let run = finish(tool.arg("--output-file").arg(&signature));
    let signature = std::fs::read(signature).ok().filter(|octets| run.status == 0 && !octets.is_empty());
    (run, signature)
}
