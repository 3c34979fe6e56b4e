//! Signatures under one consent.

use crate::crypto::{Digest, SignatureScheme};
use crate::sign::pkcs11::message::{Answer, Request};
use crate::sign::pkcs11::order::Order;
use crate::sign::pkcs11::process::Worker;
use crate::sign::pkcs11::turns::Turn;
use crate::sign::pkcs11::{ProcessFault, SignError, Token};
use crate::trust::Certificate;

/// Signatures that a person agreed to by entering a PIN once. When they are made, or one fails, the person is logged out and
/// the card is reset.
pub struct Batch<'t> {
    token: &'t Token,
    certificate: &'t Certificate,
    /// `None` once its process failed.
    worker: Option<Worker>,
    /// Whether nothing went wrong yet. After a fault nothing more is signed under this consent, and the process is not for the
    /// next one: OpenSC gives a card that was out the PIN again by itself.
    is_sound: bool,
    over: bool,
    /// How many more there may be.
    signatures: usize,
    _turn: Turn<'t>,
}

impl<'t> Batch<'t> {
    pub(super) const fn new(
        token: &'t Token,
        certificate: &'t Certificate,
        worker: Option<Worker>,
        signatures: usize,
        turn: Turn<'t>,
    ) -> Self {
        Self { token, certificate, worker, is_sound: true, over: false, signatures, _turn: turn }
    }

    /// Signs what a digest was made of; `message` is that, for keys that hash by themselves.
    ///
    /// The value is in the form of CMS (RFC 5652 §5.3), and was verified under the certificate.
    pub fn sign(
        &mut self,
        digest: &Digest,
        message: Option<&[u8]>,
        scheme: SignatureScheme,
    ) -> Result<Vec<u8>, SignError> {
        let order = Order::new(scheme, digest, message).ok_or(SignError::MechanismAbsent)?;
        self.signatures = self.signatures.checked_sub(1).ok_or(SignError::BeyondConsent)?;
        let worker = self.worker.as_mut().filter(|_| self.is_sound).ok_or(SignError::NotBegun)?;
        let answer = worker.call(&Request::Sign(order.clone()), None);
        self.is_sound &= answer.is_ok();
        if matches!(answer, Err(SignError::Process(_))) {
            self.worker = None;
        }
        let Answer::Signature(value) = answer? else {
            self.worker = None;
            return Err(ProcessFault::Garbled.into());
        };
        let value = order.in_cms_form(value).ok_or(SignError::WrongSignature)?;
        let key = self.certificate.public_key().map_err(|_| SignError::WrongSignature)?;
        key.verify_digest(digest, scheme, &value).map_err(|_| SignError::WrongSignature)?;
        Ok(value)
    }

    /// Logs out and resets the card. What was signed stays signed, whatever comes of it.
    pub fn finish(mut self) -> Result<(), NotReset> {
        self.end()
    }

    fn end(&mut self) -> Result<(), NotReset> {
        self.over = true;
        let logged_out = match self.worker.take() {
            None => Ok(()),
            Some(mut worker) => {
                let done = worker.call(&Request::End, None);
                // One that does not log out is ended: its login goes with it.
                if done.is_ok() && self.is_sound {
                    self.token.take_back(worker);
                } else if done.is_ok() {
                    worker.dismiss();
                }
                done.map(drop)
            }
        };
        self.token.reset()?;
        logged_out.map_err(NotReset::LogOut)
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if !self.over
            && let Err(error) = self.end()
        {
            tracing::warn!(%error, "a card may still be open");
        }
    }
}

/// The card may still be open to other processes: the person should take it out.
#[derive(Debug, thiserror::Error)]
pub enum NotReset {
    /// The module did not log out.
    #[error("the token was not logged out: {0}")]
    LogOut(#[source] SignError),
    /// The card was not reset.
    #[error("the card was not reset: {0}")]
    Reset(#[source] Box<dyn std::error::Error + Send + Sync>),
}
