//! A token that does what it must: signatures that OpenSSL verifies, and PINs that cost no more than they have to.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use varco::crypto::{DigestAlgorithm, SignatureScheme};
use varco::sign::pkcs11::{
    AfterUse, Candidate, ChoiceError, ModuleSettings, Purpose, SignError, Token, TriesLeft, choose,
};
use varco::trust::Certificate;

use super::{ECDSA, MESSAGE, NOW, RSA, consent, digest, key, sign, token, workers};
use crate::support::hsm::{Hsm, PIN};

/// OpenSSL's opinion of a signature over [`MESSAGE`].
fn openssl_verifies(certificate: &Certificate, value: &[u8], options: &[&str]) {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("certificate"), certificate.der()).unwrap();
    fs::write(at("value"), value).unwrap();
    let x509 = ["x509", "-inform", "DER", "-noout", "-pubkey", "-in", &at("certificate"), "-out", &at("key")];
    assert!(Command::new("openssl").args(x509).status().unwrap().success());
    let mut command = Command::new("openssl");
    command.args(["dgst", "-verify", &at("key"), "-signature", &at("value")]).args(options);
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(MESSAGE).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn openssl_verifies_what_rsa_and_ec_keys_of_a_token_sign() {
    let token = token(Hsm::shared());
    let (_, rsa) = key(&token, "a1");
    let (_, ec) = key(&token, "FIRMA EC");
    for (algorithm, option) in [
        (DigestAlgorithm::Sha256, "-sha256"),
        (DigestAlgorithm::Sha384, "-sha384"),
        (DigestAlgorithm::Sha512, "-sha512"),
    ] {
        let value = sign(&token, "a1", PIN, SignatureScheme::RsaPkcs1(algorithm)).unwrap();
        openssl_verifies(&rsa, &value, &[option]);
        let salt_len = u32::try_from(algorithm.output_len()).unwrap();
        let pss = SignatureScheme::RsaPss { digest: algorithm, mgf_digest: algorithm, salt_len };
        let value = sign(&token, "a1", PIN, pss).unwrap();
        let salt = format!("rsa_pss_saltlen:{salt_len}");
        openssl_verifies(&rsa, &value, &[option, "-sigopt", "rsa_padding_mode:pss", "-sigopt", &salt]);
        let value = sign(&token, "b1", PIN, SignatureScheme::Ecdsa(algorithm)).unwrap();
        openssl_verifies(&ec, &value, &[option]);
    }
}

#[test]
fn one_pin_is_good_for_as_many_signatures_as_were_agreed_to() {
    let token = token(Hsm::shared());
    let (id, certificate) = key(&token, "b1");
    let mut batch = token.begin(&id, &certificate, consent(PIN, 3)).unwrap();
    for _ in 0..3 {
        let value = batch.sign(&digest(), None, ECDSA).unwrap();
        openssl_verifies(&certificate, &value, &["-sha256"]);
    }
    assert!(matches!(batch.sign(&digest(), None, ECDSA), Err(SignError::BeyondConsent)));
    batch.finish().unwrap();
    // Logged out: without another PIN there is nothing, and with one there is.
    sign(&token, "b1", PIN, ECDSA).unwrap();
}

#[test]
fn a_key_that_wants_the_pin_for_each_signature_gets_it() {
    let hsm = Hsm::new();
    let folder = TempDir::new().unwrap();
    let private = folder.path().join("key.der");
    let pkey = fs::read("certs/pki/leaves/qualified-good.key").unwrap();
    let pkey = openssl::pkey::PKey::private_key_from_pem(&pkey).unwrap();
    fs::write(&private, pkey.private_key_to_der().unwrap()).unwrap();
    let certificate = folder.path().join("certificate.der");
    let pem = fs::read("certs/pki/leaves/qualified-good.pem").unwrap();
    fs::write(&certificate, openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap()).unwrap();
    let (private, certificate) = (private.to_str().unwrap(), certificate.to_str().unwrap());
    let options = ["--id", "c1", "--label", "OGNI VOLTA"];
    let write = |file, kind, more: &[&str]| {
        hsm.tool(&[&["--write-object", file, "--type", kind][..], &options, more].concat());
    };
    write(private, "privkey", &["--always-auth", "--usage-sign"]);
    write(certificate, "cert", &[]);
    let token = token(&hsm);
    let (id, certificate) = key(&token, "c1");
    let mut batch = token.begin(&id, &certificate, consent(PIN, 2)).unwrap();
    for _ in 0..2 {
        let value = batch.sign(&digest(), Some(MESSAGE), RSA).unwrap();
        openssl_verifies(&certificate, &value, &["-sha256"]);
    }
    // Without the message only the raw mechanism is left, which SoftHSM has not in parts.
    drop(batch);
    let mut batch = token.begin(&id, &certificate, consent(PIN, 1)).unwrap();
    assert!(matches!(batch.sign(&digest(), None, RSA), Err(SignError::Returned { .. })));
}

#[test]
fn a_wrong_pin_is_sent_once_and_the_token_says_that_tries_are_fewer() {
    let hsm = Hsm::new();
    let token = token(&hsm);
    assert_eq!(token.tries_left().unwrap(), TriesLeft::All);
    // SoftHSM has no number, and its flag tells that there was one wrong PIN.
    match sign(&token, "a1", "654321", RSA) {
        Err(SignError::WrongPin { left: TriesLeft::Fewer }) => {}
        other => panic!("{other:?}"),
    }
    sign(&token, "a1", PIN, RSA).unwrap();
    assert_eq!(token.tries_left().unwrap(), TriesLeft::All);
}

#[test]
fn a_pin_of_an_impossible_length_costs_no_try() {
    let hsm = Hsm::new();
    let token = token(&hsm);
    match sign(&token, "a1", "123", RSA) {
        Err(SignError::PinLength { min: 4, max: 255 }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(token.tries_left().unwrap(), TriesLeft::All);
}

#[test]
fn the_list_says_which_keys_fit() {
    let token = token(Hsm::shared());
    let candidates = token.candidates(Purpose::Signature, NOW).unwrap();
    assert_eq!(candidates.len(), 2);
    assert!(candidates.iter().all(Candidate::fits));
    assert_eq!(choose(&candidates, None).unwrap_err(), ChoiceError::Several);
    assert_eq!(choose(&candidates, Some("c9")).unwrap_err(), ChoiceError::Absent);
}

#[test]
fn who_waits_too_long_for_a_token_is_told_that_it_is_in_use() {
    let hsm = Hsm::shared();
    let module = ModuleSettings::default().find("softhsm2").unwrap();
    let mut settings = workers(hsm, Duration::from_mins(1));
    settings.patience = Duration::from_millis(200);
    let token = Token::find(module, Some("FIRMA"), AfterUse::LogOut, settings).unwrap();
    let (id, certificate) = key(&token, "b1");
    let batch = token.begin(&id, &certificate, consent(PIN, 1)).unwrap();
    let began = Instant::now();
    assert!(matches!(token.begin(&id, &certificate, consent(PIN, 1)), Err(SignError::Busy)));
    assert!(began.elapsed() >= Duration::from_millis(200));
    batch.finish().unwrap();
    sign(&token, "b1", PIN, ECDSA).unwrap();
}

#[test]
fn those_who_want_one_token_take_turns() {
    let token = token(Hsm::shared());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).for_each(|_| drop(sign(&token, "b1", PIN, ECDSA).unwrap())));
        }
    });
}
