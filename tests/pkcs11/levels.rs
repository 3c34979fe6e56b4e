//! Levels above B from the command line, with real authorities over HTTP; what is written is judged by Varco with the anchors
//! alone, by OpenSSL and by pdfsig. With `VARCO_KEEP_SIGNED` the files stay, for the peers (`tests/peers/signed.sh`).

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::pkcs11::command::{Desk, Run, openssl_verifies};
use crate::support::hsm::Hsm;
use crate::support::network::{Network, Trouble};
use crate::support::tsa::{self, Answer};

const ANCHOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/certs/pki/trust/qualified.pem");
const SIGN: &str = "--module softhsm2 --pin-file pin --config varco.toml";

fn desk(network: &Network) -> Desk<'static> {
    let desk = Desk::new(Hsm::shared());
    fs::write(desk.path("varco.toml"), network.settings()).unwrap();
    fs::copy("fixtures/pdf/stamped-before-signing/expected.pdf", desk.path("accordo.pdf")).unwrap();
    desk
}

fn done(run: &Run) {
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
}

fn extend(desk: &Desk<'_>, arguments: &str) -> Run {
    Run::of(desk.varco(&format!("extend --config varco.toml {arguments}")).output().unwrap())
}

/// What Varco says of a file with the anchor and no revocation data but those in it.
fn judged(desk: &Desk<'_>, file: &str, detached: Option<&str>) -> Value {
    let detached = detached.map(|content| format!(" --detached {content}")).unwrap_or_default();
    let output = desk.varco(&format!("verify --format json --trust {ANCHOR} {file}{detached}")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn assert_level(desk: &Desk<'_>, file: &str, detached: Option<&str>, level: &str) {
    let report = judged(desk, file, detached);
    for signature in report["signatures"].as_array().unwrap() {
        assert_eq!(signature["level"], level, "{file}: {signature:#}");
        // Level T has no revocation data of its own.
        let expected = if level == "T" { ("INDETERMINATE", "TRY_LATER") } else { ("TOTAL_PASSED", "") };
        let found = (&signature["indication"], signature["sub_indication"].as_str().unwrap_or_default());
        assert_eq!((found.0.as_str().unwrap(), found.1), expected, "{file}: {signature:#}");
    }
}

/// For the peers, which are not asked here.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, and no setting")]
fn keep(desk: &Desk<'_>, files: &[&str]) {
    let Some(folder) = env::var_os("VARCO_KEEP_SIGNED") else { return };
    for file in files {
        fs::copy(desk.path(file), Path::new(&folder).join(file)).unwrap();
    }
}

fn pdfsig_accepts(desk: &Desk<'_>, file: &str) {
    let output = Command::new("pdfsig").arg("-nocert").arg(desk.path(file)).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Signature is Valid") && !said.contains("Invalid"), "{file}: {said}");
}

#[test]
fn every_level_of_cades_is_what_it_says() {
    let network = Network::start();
    let desk = desk(&network);
    for (key, level) in [("a1", "t"), ("a1", "lt"), ("a1", "lta"), ("b1", "lta")] {
        let file = format!("{key}-{level}.p7m");
        done(&desk.run(&format!("{SIGN} --key {key} --format cades --level {level} --output {file} accordo.txt")));
        assert_level(&desk, &file, None, &level.to_uppercase());
        openssl_verifies(desk.folder.path(), &file, None);
        keep(&desk, &[&file]);
    }
    done(&desk.run(&format!("{SIGN} --key a1 --format cades --detached --level lta --output d.p7s accordo.txt")));
    assert_level(&desk, "d.p7s", Some("accordo.txt"), "LTA");
    openssl_verifies(desk.folder.path(), "d.p7s", Some("accordo.txt"));
    fs::write(desk.path("qualified.crl"), network.crl()).unwrap();
    keep(&desk, &["d.p7s", "accordo.txt", "qualified.crl"]);
}

#[test]
fn every_level_of_pades_is_what_it_says() {
    let network = Network::start();
    let desk = desk(&network);
    for (key, level) in [("a1", "t"), ("a1", "lt"), ("a1", "lta"), ("b1", "lta")] {
        let file = format!("{key}-{level}.pdf");
        done(&desk.run(&format!("{SIGN} --key {key} --format pades --level {level} --output {file} accordo.pdf")));
        assert_level(&desk, &file, None, &level.to_uppercase());
        pdfsig_accepts(&desk, &file);
        keep(&desk, &[&file]);
    }
    let seen = "--visible 1,50,50,200,60 --certify fill --reason Accordo --location Bari";
    done(&desk.run(&format!("{SIGN} --key a1 --format pades --level lt {seen} --output seen.pdf accordo.pdf")));
    assert_level(&desk, "seen.pdf", None, "LT");
    pdfsig_accepts(&desk, "seen.pdf");
    keep(&desk, &["seen.pdf"]);
}

#[test]
fn signers_are_added_to_a_signed_file() {
    let network = Network::start();
    let desk = desk(&network);
    done(&desk.run(&format!("{SIGN} --key a1 --format cades --level b --output one.p7m accordo.txt")));
    done(&desk.run(&format!("{SIGN} --key b1 --format cades --level lt --parallel --output two.p7m one.p7m")));
    let report = judged(&desk, "two.p7m", None);
    assert_eq!(report["signatures"].as_array().unwrap().len(), 2);
    assert_level(&desk, "two.p7m", None, "LT");
    openssl_verifies(desk.folder.path(), "two.p7m", None);
    done(&desk.run(&format!("{SIGN} --key b1 --format cades --level b --countersign 1 --output under.p7m one.p7m")));
    let report = judged(&desk, "under.p7m", None);
    assert_eq!(report["signatures"][1]["parent"], "L0-S1");
    assert_eq!(report["signatures"][1]["intact"], true);
    done(&desk.run(&format!("{SIGN} --key a1 --format cades --level b --detached --output one.p7s accordo.txt")));
    let parallel = "--format cades --level t --parallel --content accordo.txt";
    done(&desk.run(&format!("{SIGN} --key b1 {parallel} --output-dir firmati one.p7s")));
    assert_eq!(desk.results(), ["one-firmato.p7s"]);
    openssl_verifies(desk.folder.path(), "firmati/one-firmato.p7s", Some("accordo.txt"));
    keep(&desk, &["two.p7m", "under.p7m"]);
    let run = desk.run(&format!("{SIGN} --key b1 --format cades --level b --countersign 2 --output no.p7m one.p7m"));
    assert!(run.status == 2 && run.stderr.contains("La firma 2 non c'è"), "{}", run.stderr);
}

#[test]
fn nothing_is_added_to_a_signature_that_does_not_hold() {
    let network = Network::start();
    let desk = desk(&network);
    done(&desk.run(&format!("{SIGN} --key a1 --format cades --level b --output one.p7m accordo.txt")));
    done(&desk.run(&format!("{SIGN} --key a1 --format cades --level b --detached --output one.p7s accordo.txt")));
    done(&desk.run(&format!("{SIGN} --key a1 --format pades --level b --output one.pdf accordo.pdf")));
    fs::write(desk.path("other.txt"), "altro testo").unwrap();
    let text = fs::read(desk.path("accordo.txt")).unwrap();
    for (from, to, covered) in [("one.p7m", "bad.p7m", text.as_slice()), ("one.pdf", "bad.pdf", b"MediaBox")] {
        let mut octets = fs::read(desk.path(from)).unwrap();
        let at = octets.windows(covered.len()).position(|window| window == covered).unwrap();
        octets[at] ^= 1;
        fs::write(desk.path(to), octets).unwrap();
    }
    for arguments in [
        "--format cades --level b --parallel --output no bad.p7m",
        "--format cades --level b --countersign 1 --output no bad.p7m",
        "--format cades --level b --parallel --content other.txt --output no one.p7s",
        "--format pades --level b --output no bad.pdf",
    ] {
        let run = desk.run(&format!("{SIGN} --key b1 {arguments}"));
        assert!(run.status == 1 || run.status == 2 && arguments.contains("bad.pdf"), "{arguments}: {}", run.stderr);
        assert!(!desk.path("no").exists(), "{arguments}");
    }
    for file in ["bad.p7m", "bad.pdf"] {
        let run = extend(&desk, &format!("--level t --output no {file}"));
        assert!(run.status != 0 && !desk.path("no").exists(), "{file}: {}", run.stderr);
    }
}

#[test]
fn what_is_signed_already_is_extended_without_a_key() {
    let network = Network::start();
    let desk = desk(&network);
    done(&desk.run(&format!("{SIGN} --key a1 --format cades --level b --output x.p7m accordo.txt")));
    done(&desk.run(&format!("{SIGN} --key a1 --format pades --level b --output x.pdf accordo.pdf")));
    done(&desk.run(&format!("{SIGN} --key b1 --format cades --level b --detached --output x.p7s accordo.txt")));
    let octets = fs::read(desk.path("x.pdf")).unwrap();
    for (from, level, to) in [("x", "t", "x-t"), ("x-t", "lt", "x-t-lt"), ("x-t-lt", "lta", "x-t-lt-lta")] {
        for ending in ["p7m", "pdf"] {
            done(&extend(&desk, &format!("--level {level} --output-dir . {from}.{ending}")));
            assert_level(&desk, &format!("{to}.{ending}"), None, &level.to_uppercase());
        }
    }
    assert!(fs::read(desk.path("x-t-lt-lta.pdf")).unwrap().starts_with(&octets));
    // An archive timestamp is renewed; other levels are there or not.
    done(&extend(&desk, "--level lta --output renewed.pdf x-t-lt-lta.pdf"));
    assert_level(&desk, "renewed.pdf", None, "LTA");
    done(&extend(&desk, "--level lta --output renewed.p7m x-t-lt-lta.p7m"));
    assert_level(&desk, "renewed.p7m", None, "LTA");
    let run = extend(&desk, "--level t --output no.pdf x-t.pdf");
    assert!(run.status == 2 && run.stderr.contains("hanno già questo livello"), "{}", run.stderr);
    done(&extend(&desk, "--level lta --content accordo.txt --output x-lta.p7s x.p7s"));
    assert_level(&desk, "x-lta.p7s", Some("accordo.txt"), "LTA");
    let run = extend(&desk, "--level lta --output no.p7s x.p7s");
    assert!(run.status != 0 && !desk.path("no.p7s").exists(), "{}", run.stderr);
    let run = extend(&desk, "--level lt --output no.txt accordo.txt");
    assert!(run.status == 2 && !desk.path("no.txt").exists(), "{}", run.stderr);
    keep(&desk, &["x-t.p7m", "x-t-lt.p7m", "x-t-lt-lta.p7m", "x-t.pdf", "x-t-lt.pdf", "x-t-lt-lta.pdf"]);
    keep(&desk, &["renewed.pdf", "renewed.p7m"]);
}

#[test]
fn what_would_not_last_is_refused_and_the_next_attempt_works() {
    let network = Network::start();
    for (trouble, status, expected) in [
        (Trouble::Revoked, 1, "revocat"),
        (Trouble::Garbage, 2, "Riprovare più tardi"),
        (Trouble::Down, 2, "ha risposto con l'errore HTTP 503"),
        (Trouble::Stale, 2, "Riprovare più tardi"),
    ] {
        let desk = desk(&network);
        network.is_in(trouble);
        for (format, document) in [("cades", "accordo.txt"), ("pades", "accordo.pdf")] {
            let run =
                desk.run(&format!("{SIGN} --key a1 --format {format} --level lt --output-dir firmati {document}"));
            assert_eq!(run.status, status, "{trouble:?}: {}", run.stderr);
            assert!(run.stderr.contains(expected), "{trouble:?}: {}", run.stderr);
            assert_eq!(desk.results(), Vec::<String>::new(), "{trouble:?}");
        }
        network.is_in(Trouble::None);
        done(&desk.run(&format!("{SIGN} --key a1 --format pades --level lt --output-dir firmati accordo.pdf")));
    }
    let desk = desk(&network);
    network.is_in(Trouble::NoOcsp);
    done(&desk.run(&format!("{SIGN} --key a1 --format cades --level lt --output crl.p7m accordo.txt")));
    assert_level(&desk, "crl.p7m", None, "LT");
    keep(&desk, &["crl.p7m"]);
}

#[test]
fn what_was_fetched_for_one_file_serves_the_next() {
    let network = Network::start();
    let desk = desk(&network);
    done(&desk.run(&format!("{SIGN} --key a1 --format cades --level lt --output-dir firmati accordo.txt patto.txt")));
    let asked = network.asked();
    let count = |part: &str| asked.iter().filter(|address| address.contains(part)).count();
    assert_eq!((count("/tsa"), count("/ocsp"), count("/crl.der")), (2, 1, 1), "{asked:?}");
    assert_eq!(desk.results(), ["accordo.txt.p7m", "patto.txt.p7m"]);
}

#[test]
fn an_authority_of_timestamps_that_fails_leaves_nothing() {
    let leaves = Path::new("fixtures/pdf/pki/leaves");
    let trust = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cms/pki/trust");
    let desk = Desk::new(Hsm::shared());
    let level_t = "--module softhsm2 --pin-file pin --key a1 --format cades --level t --output-dir firmati";
    for (answer, status, expected) in [
        (Answer::OtherNonce, 1, "risponde a un'altra richiesta"),
        (Answer::OtherImprint, 1, "risponde a un'altra richiesta"),
        (Answer::Refusal, 1, "l'autorità la rifiuta"),
        (Answer::Garbage, 1, "non è una marca temporale"),
        (Answer::Flood, 2, "la risposta è troppo grande"),
        (Answer::Failure, 2, "errore HTTP 503"),
        (Answer::OtherType, 2, "di un altro tipo"),
        (Answer::Redirect, 2, "rimanda a un altro indirizzo"),
        (Answer::CutShort, 2, "non risponde"),
    ] {
        let address = tsa::start(leaves, answer);
        let run = desk.run(&format!("{level_t} --trust {trust} --tsa {address} accordo.txt"));
        assert_eq!(run.status, status, "{answer:?}: {}", run.stderr);
        assert!(run.stderr.contains(expected) && run.stderr.contains("Nessun file"), "{answer:?}: {}", run.stderr);
        assert_eq!(desk.results(), Vec::<String>::new(), "{answer:?}");
    }
    let run = desk.run(&format!("{level_t} --trust {trust} --tsa http://127.0.0.1:9/ accordo.txt"));
    assert!(run.status == 2 && run.stderr.contains("non risponde"), "{}", run.stderr);
    let right = tsa::start(leaves, Answer::Right);
    let run = desk.run(&format!("{level_t} --trust {ANCHOR} --tsa {right} accordo.txt"));
    assert!(run.status == 1 && run.stderr.contains("non è fra quelle fidate"), "{}", run.stderr);
    assert_eq!(desk.results(), Vec::<String>::new());
    done(&desk.run(&format!("{level_t} --trust {trust} --tsa {right} accordo.txt")));
    assert_eq!(desk.results(), ["accordo.txt.p7m"]);
}
