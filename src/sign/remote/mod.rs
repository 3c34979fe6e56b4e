//! Signatures made by a remote provider through the API of the Cloud Signature Consortium (CSC API v1.0.4 and v2): which
//! credentials there are, what opens one, and the values that its key makes.
//!
//! Each [`Call`] says what is sent and reads what comes back; the exchange itself is the caller's. What a person agreed to goes
//! one way and no other: [`Transaction`] (these hashes) → [`Authorize`] → [`Sad`] → [`SignHash`] → values that hold. Each step
//! takes the one before it, so signature activation data open the key for the hashes they were given for, and once.

mod authorize;
mod call;
mod credential;
mod error;
mod oauth2;
mod service;
mod sign_hash;
mod timestamp;
mod transaction;
mod wire;

pub use authorize::{Authorization, Authorize, AuthorizeCheck, Challenge, GetChallenge, Handle, Sad, SendOtp};
pub use call::{Body, Call, read};
pub use credential::{AuthMode, AuthObject, CredentialInfo, CredentialsInfo, CredentialsList, Factor};
pub use error::{Refusal, RemoteError};
pub use oauth2::{AccessToken, ClientCredentials};
pub use service::{ClientSecret, Info, ProviderSettings, ServiceInfo, Version};
pub use sign_hash::SignHash;
pub use timestamp::Timestamp;
pub use transaction::{Entered, EnteredError, MAX_HASHES, Transaction};
