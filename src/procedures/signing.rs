//! Signing files with the key of a token: which key, one PIN for all of them, each result whole or not at all.

mod authorities;
mod collection;
mod error;
mod files;
mod raise;
pub mod remote;

use std::ffi::OsString;
use std::sync::Arc;

use time::UtcDateTime;

use crate::card::{self, Reader, Readers, Slot};
use crate::domain::fiscal_code::FiscalCode;
use crate::domain::identity::{FiscalCodeMatch, MismatchReason, match_declared};
use crate::sign::pkcs11::{
    self, AfterUse, Batch, Candidate, Consent, ModuleSettings, Purpose, Token, TokenFacts, Tokens, TriesLeft,
    WorkerSettings,
};
use crate::sign::signer::{Algorithms, Signer};
use crate::trust::Certificate;
use crate::verify::claimed_identity;

pub use authorities::{Authorities, AuthoritySettings, Level, NoAuthorities, StampError};
pub use collection::{LastingError, Silent};
pub use error::{OtherHolder, SigningError};
pub use files::{
    FileError, Higher, Layout, MAX_DOCUMENT, Making, Naming, PdfLayout, PdfPlace, Plan, PlanError, Results,
};

/// What signing has in common.
#[derive(Clone, Debug)]
pub struct SigningSettings {
    /// Which modules there are.
    pub modules: ModuleSettings,
    /// What of the environment modules may get.
    pub environment: Vec<(&'static str, OsString)>,
}

/// Which key is to sign, in the words of whoever asks.
#[derive(Clone, Copy, Debug)]
pub struct KeyWanted<'a> {
    /// The id of a module.
    pub module: &'a str,
    /// The label or serial number of a token; `None` for the only one.
    pub token: Option<&'a str>,
    /// The label or hexadecimal id of a key; `None` for the only one that fits.
    pub key: Option<&'a str>,
    /// The person whose it must be; `None` for anybody.
    pub holder: Option<&'a FiscalCode>,
}

/// A token, and what is on it.
#[derive(Debug)]
pub struct Listed {
    /// The token.
    pub token: TokenFacts,
    /// Its keys, and why each fits or not.
    pub keys: Vec<Candidate>,
}

/// A key that was chosen.
#[derive(Debug)]
pub struct ChosenKey {
    token: Token,
    id: Vec<u8>,
    certificate: Arc<Certificate>,
    /// What the token has, the chosen one among them.
    pub keys: Vec<Candidate>,
}

/// The tokens of a module and their keys, without a PIN.
pub fn list(module: &str, settings: &SigningSettings, now: UtcDateTime) -> Result<Vec<Listed>, SigningError> {
    let module = settings.modules.find(module)?;
    let mut listed = Vec::new();
    for facts in pkcs11::tokens(&module, &settings.workers())? {
        // Nobody logs in: there is nothing to close afterwards.
        let token = Token::of(module.clone(), facts.clone(), AfterUse::LogOut, settings.workers());
        let keys = token.candidates(Purpose::Signature, now)?;
        listed.push(Listed { token: facts, keys });
    }
    Ok(listed)
}

impl SigningSettings {
    fn workers(&self) -> WorkerSettings {
        WorkerSettings::new(self.environment.clone(), self.modules.allowed)
    }

    fn find(&self, wanted: KeyWanted<'_>) -> Result<Token, SigningError> {
        let module = self.modules.find(wanted.module)?;
        let after_use = match module.tokens {
            Tokens::Cards => AfterUse::Reset(Box::new(reset)),
            Tokens::Files => AfterUse::LogOut,
        };
        Ok(Token::find(module, wanted.token, after_use, self.workers())?)
    }
}

/// Resets the card in the reader of a token. PKCS#11 cuts the name of a reader after 64 octets.
fn reset(token: &TokenFacts) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let readers = Readers::connect()?.list()?;
    let is_it = |reader: &&Reader| reader.name.starts_with(&token.reader);
    let mut found = readers.iter().filter(is_it);
    match (found.next(), found.next()) {
        // Out of the reader, it has lost its power and the PIN with it.
        (Some(Reader { slot: Slot::Empty, .. }), None) => Ok(()),
        (Some(reader), None) => Ok(card::reset(&reader.name)?),
        _ => Err("its reader is not among those of the system".into()),
    }
}

/// Whether a certificate names this person, in the words of the certificate alone: who issued it is for whoever verifies. The
/// variants of a codice fiscale under omocodia are one person's.
pub fn check_holder(certificate: &Certificate, wanted: &FiscalCode) -> Result<(), OtherHolder> {
    match match_declared(&claimed_identity(certificate), Some(wanted)).outcome {
        FiscalCodeMatch::Match(_) => Ok(()),
        FiscalCodeMatch::Mismatch(MismatchReason::OtherPerson | MismatchReason::OtherForm) => {
            Err(OtherHolder::OtherCode)
        }
        FiscalCodeMatch::Mismatch(MismatchReason::UnreadableCode(_))
        | FiscalCodeMatch::Absent(_)
        | FiscalCodeMatch::NotRequested => Err(OtherHolder::NoCode),
    }
}

impl ChosenKey {
    /// Finds the key to sign with, without a PIN.
    pub fn find(wanted: KeyWanted<'_>, settings: &SigningSettings, now: UtcDateTime) -> Result<Self, SigningError> {
        let token = settings.find(wanted)?;
        let keys = token.candidates(Purpose::Signature, now)?;
        match pkcs11::choose(&keys, wanted.key) {
            Ok(Candidate { id, certificate: Some(certificate), .. }) => {
                let (id, certificate) = (id.clone(), Arc::clone(certificate));
                wanted.holder.map_or(Ok(()), |holder| check_holder(&certificate, holder))?;
                Ok(Self { token, id, certificate, keys })
            }
            Ok(Candidate { certificate: None, unfit, .. }) => {
                let error = pkcs11::ChoiceError::Unfit(unfit.clone());
                Err(SigningError::Choice { error, keys })
            }
            Err(error) => Err(SigningError::Choice { error, keys }),
        }
    }

    /// The token that it is on.
    pub const fn token(&self) -> &TokenFacts {
        self.token.facts()
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificate, with what is said about it.
    pub fn candidate(&self) -> Option<&Candidate> {
        let is_it = |key: &&Candidate| key.certificate.as_ref().is_some_and(|its| Arc::ptr_eq(its, &self.certificate));
        self.keys.iter().find(is_it)
    }

    /// Who signs at `now`, if the certificate is fit for it.
    pub fn signer(&self, now: UtcDateTime) -> Result<Signer, SigningError> {
        Signer::new(self.certificate.der(), &[], Algorithms::USUAL, now).map_err(SigningError::Signer)
    }

    /// How many tries the PIN has, as far as that is known.
    pub fn tries_left(&self) -> Result<TriesLeft, SigningError> {
        Ok(self.token.tries_left()?)
    }

    /// Logs in.
    fn begin(&self, consent: Consent) -> Result<Batch<'_>, SigningError> {
        Ok(self.token.begin(&self.id, &self.certificate, consent)?)
    }
}
