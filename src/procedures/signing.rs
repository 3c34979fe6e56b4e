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

use crate::card::{self, Reader, ReaderError, Readers, Slot};
use crate::domain::fiscal_code::FiscalCode;
use crate::domain::identity::{FiscalCodeMatch, MismatchReason, match_declared};
use crate::sign::pkcs11::{
    self, AfterUse, Batch, Candidate, Consent, Module, ModuleSettings, Purpose, SignError, Token, TokenFacts, Tokens,
    TriesLeft, WorkerSettings,
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
    if listed.is_empty() {
        check_service(&module)?;
    }
    Ok(listed)
}

impl SigningSettings {
    fn workers(&self) -> WorkerSettings {
        WorkerSettings::new(self.environment.clone(), self.modules.allowed)
    }

    /// The token, and what is on it.
    fn find(&self, wanted: KeyWanted<'_>, now: UtcDateTime) -> Result<(Token, Vec<Candidate>), SigningError> {
        let module = self.modules.find(wanted.module)?;
        match Token::find(module.clone(), wanted.token, after_use(&module), self.workers()) {
            Ok(token) => {
                let keys = token.candidates(Purpose::Signature, now)?;
                Ok((token, keys))
            }
            Err(SignError::SeveralTokens { present }) => self.find_among(present, &module, wanted, now),
            Err(error @ (SignError::NoToken | SignError::TokenAbsent { .. })) => {
                check_service(&module)?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Of several tokens the only one that has the key, or one that fits: the two keysets of a CNS are two tokens of one serial
    /// number.
    fn find_among(
        &self,
        present: Vec<TokenFacts>,
        module: &Module,
        wanted: KeyWanted<'_>,
        now: UtcDateTime,
    ) -> Result<(Token, Vec<Candidate>), SigningError> {
        let mut fit = Vec::new();
        for facts in &present {
            let token = Token::of(module.clone(), facts.clone(), after_use(module), self.workers());
            let keys = token.candidates(Purpose::Signature, now)?;
            if pkcs11::choose(&keys, wanted.key).is_ok() {
                fit.push((token, keys));
            }
        }
        match <[_; 1]>::try_from(fit) {
            Ok([only]) => Ok(only),
            Err(_) => Err(SignError::SeveralTokens { present }.into()),
        }
    }
}

fn after_use(module: &Module) -> AfterUse {
    match module.tokens {
        Tokens::Cards => AfterUse::Reset(Box::new(reset)),
        Tokens::Files => AfterUse::LogOut,
    }
}

/// Whether the service of smart cards runs, where the module needs it: without it modules know of no card, and do not say why.
fn check_service(module: &Module) -> Result<(), ReaderError> {
    match module.tokens {
        Tokens::Cards => match Readers::connect()?.list() {
            Ok(_) | Err(ReaderError::NoReader) => Ok(()),
            Err(error) => Err(error),
        },
        Tokens::Files => Ok(()),
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
        let (token, keys) = settings.find(wanted, now)?;
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
