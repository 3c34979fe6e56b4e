//! Asking one service with secrets: over TLS, at the address that was set and at no other, answers of refusal read too.

use std::fmt;
use std::io;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::{Builder, Runtime};

use crate::fetch::{FetchError, Limits, fault, octets};

/// Posts to services that answer in JSON. Not for use on a thread that runs asynchronous tasks.
pub struct Api {
    client: Client,
    runtime: Runtime,
    limits: Limits,
}

/// What is posted. What it holds is wiped once it was sent, as far as it is ours: TLS has buffers of its own.
pub struct Post<'a> {
    /// The address, `https://…`, or `http://` on this machine.
    pub address: &'a str,
    /// The type of the body.
    pub media_type: &'static str,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
    /// What follows `Bearer` in the header (RFC 6750 §2.1): never in the address.
    pub bearer: Option<&'a SecretString>,
}

/// What came back, whatever it says.
pub struct Reply {
    /// Status of HTTP.
    pub status: u16,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

impl Api {
    /// Prepares to ask, with the certificates of authorities that the system trusts. Redirects are answers, not followed.
    pub fn new(limits: Limits) -> io::Result<Self> {
        let client = Client::builder()
            .redirect(Policy::none())
            .timeout(limits.timeout)
            .connect_timeout(limits.connect_timeout)
            .no_proxy()
            .build()
            .map_err(io::Error::other)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client, runtime, limits })
    }

    /// Posts, and returns what came back.
    pub fn post(&self, post: Post<'_>) -> Result<Reply, FetchError> {
        self.runtime.block_on(self.exchange(post))
    }

    async fn exchange(&self, post: Post<'_>) -> Result<Reply, FetchError> {
        let address = Url::parse(post.address).ok().filter(is_protected).ok_or(FetchError::Address)?;
        let mut request = self.client.post(address).header(ACCEPT, "application/json");
        if let Some(bearer) = post.bearer {
            let value = Zeroizing::new(format!("Bearer {}", bearer.expose_secret()));
            let mut value = HeaderValue::from_str(&value).map_err(|_| FetchError::Address)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let request = request.header(CONTENT_TYPE, post.media_type).body(Bytes::from_owner(post.body));
        let answer = request.send().await.map_err(|error| fault(&error))?;
        let status = answer.status();
        if status.is_redirection() {
            return Err(FetchError::Redirected);
        }
        let body = Zeroizing::new(octets(answer, self.limits.max_bytes).await?);
        Ok(Reply { status: status.as_u16(), body })
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Api({:?})", self.limits)
    }
}

/// Whether secrets may be sent to this address: over TLS, or without leaving this machine.
fn is_protected(address: &Url) -> bool {
    let anybody = address.username().is_empty() && address.password().is_none();
    anybody
        && match (address.scheme(), address.host_str()) {
            ("https", Some(_)) => true,
            ("http", Some(host)) => ["localhost", "127.0.0.1", "[::1]"].contains(&host),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_have_secrets(address: &str) -> bool {
        Url::parse(address).is_ok_and(|address| is_protected(&address))
    }

    #[test]
    fn secrets_go_over_tls_or_stay_on_this_machine() {
        for address in
            ["https://firma.example.it/csc/v1", "http://127.0.0.1:8080/", "http://localhost", "http://[::1]/"]
        {
            assert!(may_have_secrets(address), "{address}");
        }
        for address in [
            "http://firma.example.it/",
            "http://127.0.0.1.example.it/",
            "http://localhost@example.it/",
            "https://user:password@firma.example.it/",
            "file:///etc/passwd",
            "firma.example.it",
            "",
        ] {
            assert!(!may_have_secrets(address), "{address}");
        }
    }
}
