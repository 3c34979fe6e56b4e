//! Signing with tokens: the worker and SoftHSM, real both, and modules that fail in every way that modules do.

#![expect(clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod cards;
mod command;
mod faults;
mod levels;
mod modules;
mod tokens;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretSlice;
use time::UtcDateTime;
use time::macros::utc_datetime;
use varco::crypto::{Digest, DigestAlgorithm, SignatureScheme};
use varco::sign::pkcs11::{
    AfterUse, Candidate, Consent, LastTry, Module, ModuleSettings, Owners, Pin, Purpose, SignError, Token,
    WorkerSettings, choose,
};
use varco::trust::Certificate;

pub(crate) use command::{Run, openssl_verifies};

use crate::support::hsm::Hsm;

/// When the certificates of the stored PKI are valid.
const NOW: UtcDateTime = utc_datetime!(2026-02-01 0:00);

const MESSAGE: &[u8] = b"Testo da firmare\n";

const RSA: SignatureScheme = SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha256);
const ECDSA: SignatureScheme = SignatureScheme::Ecdsa(DigestAlgorithm::Sha256);

fn digest() -> Digest {
    DigestAlgorithm::Sha256.digest(MESSAGE)
}

fn pin(text: &str) -> Pin {
    Pin::new(SecretSlice::from(text.as_bytes().to_vec())).unwrap()
}

fn consent(pin_entered: &str, signatures: usize) -> Consent {
    Consent { pin: Some(pin(pin_entered)), last_try: LastTry::Spare, signatures }
}

/// A module of the settings, at this path.
fn module_at(path: &Path) -> Module {
    settings(path).find("prova").unwrap()
}

fn settings(path: &Path) -> ModuleSettings {
    let added = BTreeMap::from([("prova".to_owned(), vec![path.to_owned()])]);
    ModuleSettings { added, owners: Owners::RootAndThisUser, ..ModuleSettings::default() }
}

/// Started from the program itself: this process is the tests.
fn workers(hsm: &Hsm, allowed: Duration) -> WorkerSettings {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_varco"));
    WorkerSettings { program, ..WorkerSettings::new(hsm.environment(), allowed) }
}

fn token(hsm: &Hsm) -> Token {
    let module = ModuleSettings::default().find("softhsm2").unwrap();
    Token::find(module, Some("FIRMA"), AfterUse::LogOut, workers(hsm, Duration::from_mins(1))).unwrap()
}

/// Id and certificate of a key.
fn key(token: &Token, name: &str) -> (Vec<u8>, Arc<Certificate>) {
    let candidates = token.candidates(Purpose::Signature, NOW).unwrap();
    let Candidate { id, certificate, .. } = choose(&candidates, Some(name)).unwrap();
    (id.clone(), Arc::clone(certificate.as_ref().unwrap()))
}

/// Signs once.
fn sign(token: &Token, name: &str, pin_entered: &str, scheme: SignatureScheme) -> Result<Vec<u8>, SignError> {
    let (id, certificate) = key(token, name);
    let mut batch = token.begin(&id, &certificate, consent(pin_entered, 1))?;
    let digest = scheme.digest().unwrap_or(DigestAlgorithm::Sha256).digest(MESSAGE);
    let value = batch.sign(&digest, Some(MESSAGE), scheme)?;
    batch.finish().unwrap();
    Ok(value)
}
