//! Why there is no signature.

use std::io;
use std::time::Duration;

use crate::sign::pkcs11::message::Fault;
use crate::sign::pkcs11::{ReturnValue, Step, TokenFacts};

/// Why a token did not do what it was asked; nothing was signed, or what was signed is thrown away.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The process that holds the module did not answer as it must. It was ended; the next call starts another.
    #[error(transparent)]
    Process(#[from] ProcessFault),
    /// The file cannot be loaded, or is no PKCS#11 module.
    #[error("the file is no PKCS#11 module")]
    NotAModule,
    /// Others use the token, or wait for it.
    #[error("the token is in use")]
    Busy,
    /// There is no token at all.
    #[error("no token is present")]
    NoToken,
    /// There are tokens, and none has this label or serial number.
    #[error("no token has this label or serial number")]
    TokenAbsent {
        /// Those that there are.
        present: Vec<TokenFacts>,
    },
    /// Several tokens could be meant.
    #[error("several tokens could be meant")]
    SeveralTokens {
        /// Those that could.
        present: Vec<TokenFacts>,
    },
    /// The card was taken out, or its reader was unplugged. It can be used again once it is back, with a new login.
    #[error("the token was removed")]
    Removed,
    /// The key of the certificate is not on the token.
    #[error("the token has no private key of this id")]
    KeyAbsent,
    /// The token cannot sign in this way.
    #[error("the token has no mechanism for this signature")]
    MechanismAbsent,
    /// The card said that the PIN is wrong (`CKR_PIN_INCORRECT`). It is never tried again.
    #[error("wrong PIN")]
    WrongPin {
        /// How many tries are left, as far as the token says.
        left: TriesLeft,
    },
    /// The card takes no PIN any more (`CKR_PIN_LOCKED`): its PUK is needed.
    #[error("the PIN is locked")]
    PinLocked,
    /// A PIN of this length cannot be right. The card was not asked, unless it said so itself.
    #[error("the PIN must have {min} to {max} octets")]
    PinLength {
        /// Octets.
        min: usize,
        /// Octets.
        max: usize,
    },
    /// One more wrong PIN locks the card, and nobody confirmed to take that risk. The card was not asked.
    #[error("the last try must be confirmed")]
    LastTry,
    /// The PIN of this token is entered on its reader.
    #[error("the PIN is entered on the reader")]
    EnteredOnTheReader,
    /// The reader of this token has no keypad.
    #[error("the reader has no keypad")]
    NoKeypad,
    /// The person agreed to fewer signatures.
    #[error("more signatures than were agreed to")]
    BeyondConsent,
    /// What the key made is no signature under the certificate. It is thrown away.
    #[error("the signature does not verify under the certificate")]
    WrongSignature,
    /// No session is open any more.
    #[error("no session is open")]
    NotBegun,
    /// The module did something that PKCS#11 does not foresee.
    #[error("the module answered without sense ({during:?})")]
    Senseless {
        /// Meanwhile.
        during: Step,
    },
    /// Any other return value.
    #[error("{} ({during:?})", value.name())]
    Returned {
        /// What the module returned.
        value: ReturnValue,
        /// Meanwhile.
        during: Step,
    },
}

/// What happened to the process that holds a module.
#[derive(Debug, thiserror::Error)]
pub enum ProcessFault {
    /// It cannot be started, or be spoken with.
    #[error("the process of the module could not be started: {0}")]
    NotStarted(#[source] io::Error),
    /// It ended by itself: the module crashed.
    #[error("the module crashed")]
    Crashed,
    /// It did not answer in time, and was ended.
    #[error("the module did not answer within {} s", .0.as_secs())]
    TooSlow(Duration),
    /// It said something that is no answer.
    #[error("the process of the module answered without sense")]
    Garbled,
}

/// What a token says about tries. PKCS#11 has no number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TriesLeft {
    /// The token does not say, or what it says is not reliable.
    Unknown,
    /// As many as there are.
    All,
    /// A wrong PIN was entered since the last right one.
    Fewer,
    /// One.
    Last,
    /// None: it is locked.
    None,
}

impl From<Fault> for SignError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotAModule => Self::NotAModule,
            Fault::Senseless { during } => Self::Senseless { during },
            Fault::TokenGone => Self::Removed,
            Fault::KeyAbsent => Self::KeyAbsent,
            Fault::MechanismAbsent => Self::MechanismAbsent,
            Fault::NotBegun => Self::NotBegun,
            Fault::Returned { value, during } => match (value, during) {
                (ReturnValue::PinIncorrect, Step::Login | Step::Sign) => Self::WrongPin { left: TriesLeft::Unknown },
                (ReturnValue::PinLocked, _) => Self::PinLocked,
                (value, _) if value.lost_session() => Self::Removed,
                (value, during) => Self::Returned { value, during },
            },
        }
    }
}
