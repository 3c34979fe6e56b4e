//! Asking somebody on the network: one question, one answer, within bounds of time and size. HTTP and HTTPS only.

mod api;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Method, Proxy, Response, Url};
use tokio::runtime::{Builder, Runtime};

pub use api::{Api, Post, Reply};

/// Bounds on one exchange.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Octets of the answer.
    pub max_bytes: usize,
    /// The whole exchange, redirects included.
    pub timeout: Duration,
    /// The connection.
    pub connect_timeout: Duration,
}

impl Limits {
    /// For authorities that answer in a few thousand octets.
    pub const STANDARD: Self =
        Self { max_bytes: 256 * 1024, timeout: Duration::from_secs(20), connect_timeout: Duration::from_secs(5) };
}

/// Who names the addresses that are asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// Whoever operates this program: any address.
    Named,
    /// Documents and certificates: no address of this machine or of the networks around it (RFC 6890), so that nobody can
    /// have them asked by sending a document.
    Public,
}

/// How the network is reached.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Route {
    /// The address of an HTTP proxy that all goes through; it decides itself which networks it leads to.
    pub proxy: Option<String>,
}

/// Redirects of one exchange, all on the same host.
const MAX_REDIRECTS: usize = 3;

/// Asks and waits for the answer. Not for use on a thread that runs asynchronous tasks.
pub struct Fetcher {
    client: Client,
    runtime: Runtime,
    limits: Limits,
    reach: Reach,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is none, or not of HTTP.
    #[error("not an address of HTTP or HTTPS")]
    Address,
    /// It is one of this machine or of the networks around it, and nobody who may do so named it.
    #[error("an address that is not public")]
    NotPublic,
    /// Nobody answers there, or the connection broke.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// It took longer than [`Limits`] allow.
    #[error("no answer in time")]
    TimedOut,
    /// Whoever answers sends us to somebody else.
    #[error("redirected to another host")]
    Redirected,
    /// The answer is no success.
    #[error("HTTP status {0}")]
    Status(u16),
    /// The answer is of another type than was asked for.
    #[error("an answer of another type: {0}")]
    ContentType(String),
    /// More octets than [`Limits::max_bytes`].
    #[error("an answer of more than {0} octets")]
    TooLarge(usize),
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Where.
    pub address: &'a str,
    /// What is sent, and its type; `None` only asks.
    pub body: Option<(&'a str, &'a [u8])>,
    /// The type that the answer must have; `None` takes any.
    pub answer_type: Option<&'a str>,
}

/// Whether a text is an address that can be asked.
pub fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|address| is_of_the_web(&address))
}

fn is_of_the_web(address: &Url) -> bool {
    matches!(address.scheme(), "http" | "https") && address.host().is_some()
}

impl Fetcher {
    /// Prepares to ask, with the certificates of authorities that the system trusts.
    pub fn new(limits: Limits, reach: Reach, route: &Route) -> io::Result<Self> {
        let mut client = Client::builder()
            .redirect(Policy::custom(|attempt| {
                if is_same_host(&attempt) && attempt.previous().len() <= MAX_REDIRECTS {
                    attempt.follow()
                } else {
                    attempt.error(Elsewhere)
                }
            }))
            .timeout(limits.timeout)
            .connect_timeout(limits.connect_timeout)
            .no_proxy();
        if let Some(proxy) = &route.proxy {
            client = client.proxy(Proxy::all(proxy).map_err(io::Error::other)?);
        } else if reach == Reach::Public {
            client = client.dns_resolver(Arc::new(PublicOnly));
        }
        let client = client.build().map_err(io::Error::other)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client, runtime, limits, reach })
    }

    /// Asks, and returns the octets of the answer.
    pub fn ask(&self, question: Question<'_>) -> Result<Vec<u8>, FetchError> {
        self.runtime.block_on(self.exchange(question))
    }

    async fn exchange(&self, question: Question<'_>) -> Result<Vec<u8>, FetchError> {
        let address = Url::parse(question.address).ok().filter(is_of_the_web).ok_or(FetchError::Address)?;
        // Numbers are not resolved; redirects lead to the same host.
        if self.reach == Reach::Public && !has_public_host(&address) {
            return Err(FetchError::NotPublic);
        }
        let method = if question.body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.client.request(method, address);
        if let Some(answer_type) = question.answer_type {
            request = request.header(ACCEPT, answer_type);
        }
        if let Some((body_type, body)) = question.body {
            request = request.header(CONTENT_TYPE, body_type).body(body.to_vec());
        }
        let answer = request.send().await.map_err(|error| fault(&error))?;
        if !answer.status().is_success() {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        if let Some(expected) = question.answer_type {
            check_type(answer.headers(), expected)?;
        }
        octets(answer, self.limits.max_bytes).await
    }
}

/// The body of an answer, of `max_bytes` at most.
async fn octets(mut answer: Response, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
    let mut octets = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| fault(&error))? {
        if octets.len().saturating_add(piece.len()) > max_bytes {
            return Err(FetchError::TooLarge(max_bytes));
        }
        octets.extend_from_slice(&piece);
    }
    Ok(octets)
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fetcher({:?})", self.limits)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("redirected to another host")]
struct Elsewhere;

fn is_same_host(attempt: &Attempt<'_>) -> bool {
    let origin = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
    attempt.previous().first().is_some_and(|first| origin(first) == origin(attempt.url()))
}

fn fault(error: &reqwest::Error) -> FetchError {
    if error.is_timeout() {
        return FetchError::TimedOut;
    }
    if error.is_redirect() {
        return FetchError::Redirected;
    }
    if is_not_public(error) {
        return FetchError::NotPublic;
    }
    // The last cause says most: "connection refused", "certificate expired".
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    FetchError::Unreachable(cause.to_string())
}

/// Resolves names to public addresses only: it is what is connected to that counts, not what was looked at before.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("an address that is not public")]
struct NotPublic;

fn is_not_public(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(found) = cause {
        if found.is::<NotPublic>() {
            return true;
        }
        cause = found.source();
    }
    false
}

fn has_public_host(address: &Url) -> bool {
    let host = address.host_str().unwrap_or_default();
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    number.map_or(true, is_public)
}

/// Whether an address is one of the Internet at large (RFC 6890, RFC 4193, RFC 6598).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4() {
            Some(inside) => is_public_v4(inside),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let shared = first == 100 && (64..128).contains(&second);
    let protocols = first == 192 && second == 0 && third == 0;
    let benchmarks = first == 198 && (18..20).contains(&second);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || first == 0
        || first >= 240
        || shared
        || protocols
        || benchmarks)
}

/// Global unicast (`2000::/3`) without the prefixes that lead to IPv4 addresses or are for documents.
const fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let tunnels = first == 0x2002 || (first == 0x2001 && second < 0x0200);
    let documents = (first == 0x2001 && second == 0x0db8) || first == 0x3fff;
    first & 0xe000 == 0x2000 && !tunnels && !documents
}

/// Whether the type is the expected one, whatever its parameters (RFC 9110 §8.3.1).
fn check_type(headers: &HeaderMap, expected: &str) -> Result<(), FetchError> {
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) { Ok(()) } else { Err(FetchError::ContentType(found.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_and_of_the_networks_around_it_are_not_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "2001:db8::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "193.0.6.139", "100.128.0.1", "2001:67c:2e8::1", "2a00:1450::1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn what_a_document_names_is_not_asked_where_it_is_not_public() {
        let fetcher = Fetcher::new(Limits::STANDARD, Reach::Public, &Route::default()).unwrap();
        for address in
            ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "http://0x7f.1:9/", "http://2130706433/"]
        {
            let refused = fetcher.ask(Question { address, body: None, answer_type: None }).unwrap_err();
            assert!(matches!(refused, FetchError::NotPublic), "{address}: {refused}");
        }
    }
}
