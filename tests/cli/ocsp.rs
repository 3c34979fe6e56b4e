//! `--ocsp`: files and folders, in every form, and what is said of those that cannot be used.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::cli::{AT, Run, Sandbox, root};

const SIGNED: &str = "fixtures/cms/good-rsa/input.p7m";

fn stored(name: &str) -> Vec<u8> {
    fs::read(root().join("fuzz/corpus/ocsp").join(name)).unwrap()
}

/// Verifies a good document, with anchors and no CRLs.
fn verify(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let [trust, signed] = ["fixtures/cms/pki/trust", SIGNED].map(|path| root().join(path).to_str().unwrap().to_owned());
    sandbox.run(&[&["verify", "--trust", &trust, "--at", AT, "--format", "json"], arguments, &[&signed]].concat())
}

fn codes(report: &Value) -> Vec<&str> {
    let findings = report["signatures"][0]["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_response_says_that_the_certificate_is_good_or_revoked() {
    let sandbox = Sandbox::new();
    let without = verify(&sandbox, &[]);
    assert_eq!((without.status, &without.json()["signatures"][0]["sub_indication"]), (1, &Value::from("TRY_LATER")));

    let good = stored("good.der");
    let base64 = STANDARD.encode(&good);
    let pem = format!("-----BEGIN OCSP RESPONSE-----\n{base64}\n-----END OCSP RESPONSE-----\n");
    for (name, content) in [
        ("good.der", &good[..]),
        ("good.pem", pem.as_bytes()),
        ("good.b64", base64.as_bytes()),
        ("basic.der", &stored("basic.der")),
        ("delegated.der", &stored("delegated.der")),
    ] {
        let file = sandbox.file(name, content);
        let run = verify(&sandbox, &["--ocsp", text(&file)]);
        let report = run.json();
        assert_eq!((run.status, &report["verdict"]), (0, &Value::from("accepted")), "{name}");
        assert!(codes(&report).contains(&"certificate.status_by_ocsp"), "{name}: {:?}", codes(&report));
    }
    for (name, expected, code) in [
        ("revoked.der", "REVOKED_NO_POE", "certificate.revoked"),
        ("out-of-date.der", "TRY_LATER", "certificate.revocation_unknown"),
        ("stranger.der", "TRY_LATER", "certificate.revocation_unknown"),
        ("by-signer.der", "TRY_LATER", "certificate.revocation_unknown"),
    ] {
        let file = sandbox.file(name, &stored(name));
        let run = verify(&sandbox, &["--ocsp", text(&file)]);
        let report = run.json();
        assert_eq!(run.status, 1);
        assert_eq!(report["signatures"][0]["sub_indication"], expected, "{name}");
        assert!(codes(&report).contains(&code), "{name}: {:?}", codes(&report));
    }
}

#[test]
fn what_was_wrong_with_a_response_is_said() {
    let sandbox = Sandbox::new();
    let stranger = sandbox.file("stranger.der", &stored("stranger.der"));
    let good = sandbox.file("good.der", &stored("good.der"));
    let run = verify(&sandbox, &["--ocsp", text(&stranger), "--ocsp", text(&good), "--language", "en"]);
    let report = run.json();
    assert_eq!(run.status, 0);
    let findings = report["signatures"][0]["findings"].as_array().unwrap();
    let unusable = findings.iter().find(|finding| finding["code"] == "certificate.ocsp_unusable").unwrap();
    assert_eq!(unusable["parameters"]["why"], "ocsp_responder_not_authorised");
    assert!(unusable["message"].as_str().unwrap().contains("nor delegated"), "{unusable}");
    assert_eq!(unusable["level"], "information");
}

#[test]
fn a_folder_is_read_whole() {
    let sandbox = Sandbox::new();
    let folder = tempfile::tempdir().unwrap();
    for name in ["good.der", "out-of-date.der"] {
        fs::write(folder.path().join(name), stored(name)).unwrap();
    }
    fs::write(folder.path().join("notes.txt"), "prova!").unwrap();
    fs::copy(root().join("fixtures/cms/pki/crl/cns-esempio.der"), folder.path().join("a.crl")).unwrap();
    let run = verify(&sandbox, &["--ocsp", text(folder.path())]);
    assert_eq!(run.status, 0, "{}", run.stdout);
}

#[test]
fn what_is_no_response_is_refused() {
    let sandbox = Sandbox::new();
    for (name, content, expected) in [
        ("try-later.der", stored("try-later.der"), "tryLater"),
        ("cut.der", stored("cut.der"), "manca la parte finale"),
        ("text.txt", b"prova!".to_vec(), "non contiene risposte OCSP"),
        ("empty", Vec::new(), "non contiene risposte OCSP"),
        ("half.pem", b"-----BEGIN OCSP RESPONSE-----\nMIIB".to_vec(), "PEM"),
        (
            "certificate.pem",
            fs::read(root().join("fixtures/cms/pki/cns-esempio/ca.pem")).unwrap(),
            "non contiene risposte",
        ),
    ] {
        let file = sandbox.file(name, &content);
        let run = verify(&sandbox, &["--ocsp", text(&file)]);
        assert_eq!(run.status, 2, "{name}");
        let problem = run.json();
        assert!(problem["detail"].as_str().unwrap().contains(expected), "{name}: {problem}");
    }
    assert_eq!(verify(&sandbox, &["--ocsp", "/nowhere"]).status, 2);
    let good = sandbox.file("good.der", &stored("good.der"));
    let doctor = sandbox.run(&["doctor", "--ocsp", text(&good), "--format", "json"]);
    assert!(doctor.stdout.contains("risposte OCSP: 1"), "{}", doctor.stdout);
}
