//! Tokens and cards through PKCS#11 (OASIS, version 2.40 and 3): which modules there are, what is on their tokens, and
//! signatures made by their keys.
//!
//! A module is a library of somebody else's, often of a card's vendor, that crashes and hangs. It is loaded by another process,
//! this program started again (`varco pkcs11-worker`): there the PIN is, in memory that is not swapped out where the
//! system allows it, and each call has an end.

mod batch;
mod catalogue;
mod confinement;
mod device;
mod error;
mod message;
mod order;
mod picker;
mod pin;
mod process;
mod return_value;
mod token;
mod turns;
mod worker;

pub use batch::{Batch, NotReset};
pub use catalogue::{Distrust, ENVIRONMENT, Module, ModuleError, ModuleSettings, Owners, Tokens};
pub use confinement::{Memory, confine};
pub use error::{ProcessFault, SignError, TriesLeft};
pub use message::{Step, TokenFacts};
pub use picker::{Candidate, ChoiceError, Purpose, Unfit, choose};
pub use pin::{Pin, PinError};
pub use process::WorkerSettings;
pub use return_value::ReturnValue;
pub use token::{AfterUse, Consent, LastTry, Reset, Token, tokens};
pub use worker::run as run_worker;
