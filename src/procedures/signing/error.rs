//! Why nothing could be signed.

use crate::card::ReaderError;
use crate::sign::pkcs11::{Candidate, ChoiceError, ModuleError, SignError};
use crate::sign::signer::UnfitSigner;

/// Why no file could be signed at all.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// There is no module to load.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The token did not do what it was asked.
    #[error(transparent)]
    Token(#[from] SignError),
    /// The service of smart cards is not there.
    #[error(transparent)]
    Service(#[from] ReaderError),
    /// No key was chosen.
    #[error("{error}")]
    Choice {
        /// Why not.
        error: ChoiceError,
        /// Those that there are.
        keys: Vec<Candidate>,
    },
    /// The certificate is not that of the person who was asked for.
    #[error(transparent)]
    OtherHolder(#[from] OtherHolder),
    /// Nobody would believe a signature made with the certificate.
    #[error(transparent)]
    Signer(UnfitSigner),
}

/// How a certificate is not that of a person.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OtherHolder {
    /// It has another codice fiscale.
    #[error("the certificate is another person's")]
    OtherCode,
    /// It has none, several, or one that is formally wrong: it proves nothing of the person.
    #[error("the certificate names no person")]
    NoCode,
}
