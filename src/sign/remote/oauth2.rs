//! Being let in by OAuth 2.0 (RFC 6749): the client credentials of this program for an access token.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use time::{Duration, UtcDateTime};

use crate::sign::remote::call::parse;
use crate::sign::remote::wire::{Received, form};
use crate::sign::remote::{Body, Call, ClientSecret, RemoteError};

/// What is presented with each call. It never prints, and is wiped when it is dropped.
#[derive(Debug)]
pub struct AccessToken {
    value: SecretString,
    expires: UtcDateTime,
}

impl AccessToken {
    /// What follows `Bearer` (RFC 6750 §2.1), while it is valid.
    pub fn bearer(&self, now: UtcDateTime) -> Result<&SecretString, RemoteError> {
        if now < self.expires { Ok(&self.value) } else { Err(RemoteError::Expired) }
    }
}

/// `oauth2/token` with the grant of this program itself (v1 §8.3.3, v2 §8.4.4). Its address is [`ClientSecret::oauth2_url`].
#[derive(Debug)]
pub struct ClientCredentials<'c>(pub &'c ClientSecret);

#[derive(Deserialize)]
struct Answer {
    access_token: Received,
    token_type: String,
    expires_in: Option<u32>,
}

impl Call for ClientCredentials<'_> {
    type Answer = AccessToken;

    fn method(&self) -> &'static str {
        "token"
    }

    fn body(&self) -> Body {
        Body::form(form(&[
            ("grant_type", "client_credentials"),
            ("scope", "service"),
            ("client_id", &self.0.id),
            ("client_secret", self.0.secret.expose_secret()),
        ]))
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.0.secret.expose_secret()]
    }

    fn accept(self, _status: u16, body: &[u8], asked_at: UtcDateTime) -> Result<AccessToken, RemoteError> {
        let answer: Answer = parse(self.method(), body)?;
        if !answer.token_type.eq_ignore_ascii_case("bearer") {
            return Err(RemoteError::Malformed(self.method()));
        }
        Ok(AccessToken { value: answer.access_token.0, expires: expiry(asked_at, answer.expires_in) })
    }
}

/// The end of something that lives for `seconds` since it was asked for, or for an hour where that is not said.
pub(super) fn expiry(asked_at: UtcDateTime, seconds: Option<u32>) -> UtcDateTime {
    let life = Duration::seconds(seconds.unwrap_or(3600).into());
    asked_at.checked_add(life).unwrap_or(asked_at)
}
