//! The whole path of one signature: a text of 10 KiB becomes a signed file.

use std::error::Error;
use std::ffi::OsString;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretSlice;
use varco::sign::Prepared;
use varco::sign::cades::{self, Subject};
use varco::sign::pkcs11::{Batch, Candidate, Consent, LastTry, Pin, Purpose, Token, WorkerSettings, choose};
use varco::sign::signer::{Algorithms, Signer};
use varco::trust::Certificate;

use crate::surroundings::AT;

/// Octets of the text that is signed.
const LEN: usize = 10 * 1024;

/// A key of a token, and a text to be signed with it.
pub(crate) struct Key {
    id: Vec<u8>,
    certificate: std::sync::Arc<Certificate>,
    signer: Signer,
    text: &'static [u8],
}

impl Key {
    /// The key of this name.
    pub(crate) fn find(name: &str, token: &Token) -> Result<Self, Box<dyn Error>> {
        let candidates = token.candidates(Purpose::Signature, AT)?;
        let Candidate { id, certificate, .. } = choose(&candidates, Some(name))?;
        let certificate = certificate.clone().ok_or("no certificate")?;
        let signer = Signer::new(certificate.der(), &[], Algorithms::USUAL, AT)?;
        Ok(Self { id: id.clone(), certificate, signer, text: &[b'a'; LEN] })
    }

    /// Logs in.
    pub(crate) fn begin<'t>(&'t self, pin: &str, token: &'t Token) -> Result<Batch<'t>, Box<dyn Error>> {
        let pin = Pin::new(SecretSlice::from(pin.as_bytes().to_vec()))?;
        let consent = Consent { pin: Some(pin), last_try: LastTry::Spare, signatures: usize::MAX };
        Ok(token.begin(&self.id, &self.certificate, consent)?)
    }

    /// What is to be signed.
    pub(crate) fn prepare(&self) -> Result<Prepared<'_>, Box<dyn Error>> {
        Ok(cades::prepare(Subject::Detached(&self.text), &self.signer)?)
    }

    /// Makes one signed file.
    pub(crate) fn sign(&self, batch: &mut Batch<'_>) -> Result<(), Box<dyn Error>> {
        let prepared = self.prepare()?;
        let value = batch.sign(prepared.digest(), Some(prepared.signed_attributes()), prepared.scheme())?;
        let mut file = Vec::new();
        prepared.assemble(&value)?.write(&mut file)?;
        black_box(file);
        Ok(())
    }

    /// The certificate.
    pub(crate) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// `CKA_ID`.
    pub(crate) fn id(&self) -> &[u8] {
        &self.id
    }
}

/// How modules are held: by the program itself.
pub(crate) fn workers(environment: Vec<(&'static str, OsString)>) -> WorkerSettings {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_varco"));
    WorkerSettings { program, ..WorkerSettings::new(environment, Duration::from_mins(1)) }
}
