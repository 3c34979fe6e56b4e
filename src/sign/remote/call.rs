//! A call of the API, and what its answer says in common.

use secrecy::zeroize::Zeroizing;
use serde::de::DeserializeOwned;
use time::UtcDateTime;

use crate::sign::remote::{Refusal, RemoteError};

/// A call of the API: what is sent, and how the answer is read. It is sent once: reading consumes it.
pub trait Call: Sized {
    /// What a good answer says.
    type Answer;

    /// The name of the method, which follows the address of the service.
    fn method(&self) -> &'static str;

    /// What is sent.
    fn body(&self) -> Body;

    /// The secrets in it, which nothing repeats that is shown.
    fn secrets(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Reads the body of an answer of success to what was asked at `asked_at`; see [`read`].
    fn accept(self, status: u16, body: &[u8], asked_at: UtcDateTime) -> Result<Self::Answer, RemoteError>;
}

/// What a call sends, wiped when it is dropped.
pub struct Body {
    /// Its media type.
    pub media_type: &'static str,
    /// Its octets.
    pub octets: Zeroizing<Vec<u8>>,
}

impl Body {
    pub(super) const fn json(octets: Zeroizing<Vec<u8>>) -> Self {
        Self { media_type: "application/json", octets }
    }

    pub(super) const fn form(octets: Zeroizing<Vec<u8>>) -> Self {
        Self { media_type: "application/x-www-form-urlencoded", octets }
    }
}

/// Reads the answer to a call that was sent at `asked_at` with `bearer`; how large it may be is the caller's to bound.
pub fn read<C: Call>(
    call: C,
    status: u16,
    body: &[u8],
    bearer: Option<&str>,
    asked_at: UtcDateTime,
) -> Result<C::Answer, RemoteError> {
    if (200..300).contains(&status) {
        return call.accept(status, body, asked_at);
    }
    let secrets: Vec<&str> = call.secrets().into_iter().chain(bearer).collect();
    Err(RemoteError::Refused(Refusal::read(status, body, &secrets)))
}

/// Reads JSON; what is wrong with it is not repeated, as it may hold a secret.
pub(super) fn parse<T: DeserializeOwned>(method: &'static str, body: &[u8]) -> Result<T, RemoteError> {
    serde_json::from_slice(body).map_err(|_| RemoteError::Malformed(method))
}
