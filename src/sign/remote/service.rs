//! A provider: where it is, who we are to it, and what it says of itself (`info`).

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use crate::sign::remote::call::parse;
use crate::sign::remote::wire::json;
use crate::sign::remote::{Body, Call, RemoteError};
use crate::verify::escape;

/// Editions of the API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Version {
    /// CSC API v1.0.4.0.
    V1,
    /// CSC API v2.0.
    V2,
}

/// A provider of remote signatures.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderSettings {
    /// What callers name it by.
    pub id: String,
    /// The address that methods follow, such as `https://firma.example.it/csc/v1`; `http` only on this machine.
    pub url: String,
    /// The edition of the API that it speaks.
    pub version: Version,
    /// What this program shows to be let in; `None` where the provider asks for nothing.
    pub client: Option<ClientSecret>,
}

impl ProviderSettings {
    /// Whether secrets may be sent to an address: over TLS, or without leaving this machine. What sends them looks again.
    pub fn is_protected(address: &str) -> bool {
        let host = |rest: &str| rest.split(['/', ':']).next().map(str::to_owned);
        match address.split_once("://") {
            Some(("https", rest)) => host(rest).is_some_and(|host| !host.is_empty()),
            Some(("http", rest)) => host(rest).is_some_and(|host| ["localhost", "127.0.0.1"].contains(&host.as_str())),
            _ => false,
        }
    }
}

/// What OAuth 2.0 knows this program by.
#[derive(Clone)]
pub struct ClientSecret {
    /// The address before `/token`. It is the administrator who says where the secret goes, never an answer of the provider.
    pub oauth2_url: String,
    /// `client_id`.
    pub id: String,
    /// `client_secret`.
    pub secret: SecretString,
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

impl Eq for ClientSecret {}

impl PartialEq for ClientSecret {
    fn eq(&self, other: &Self) -> bool {
        let secrets_agree = self.secret.expose_secret() == other.secret.expose_secret();
        self.oauth2_url == other.oauth2_url && self.id == other.id && secrets_agree
    }
}

/// `info` (v1 §11.1, v2 §11.1): the one method that every service has.
#[derive(Clone, Copy, Debug)]
pub struct Info;

/// What a service says of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceInfo {
    /// Its name, fit to be shown.
    pub name: String,
    /// The edition that it says it speaks.
    pub specs: String,
    /// The methods that it has.
    pub methods: Vec<String>,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Deserialize)]
struct Answer {
    specs: String,
    name: String,
    methods: Vec<String>,
}

impl Call for Info {
    type Answer = ServiceInfo;

    fn method(&self) -> &'static str {
        "info"
    }

    fn body(&self) -> Body {
        Body::json(json(&Empty {}))
    }

    fn accept(self, _status: u16, body: &[u8], _asked_at: UtcDateTime) -> Result<ServiceInfo, RemoteError> {
        let answer: Answer = parse(self.method(), body)?;
        Ok(ServiceInfo { name: escape(&answer.name), specs: escape(&answer.specs), methods: answer.methods })
    }
}
