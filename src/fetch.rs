//! Asking somebody on the network: one question, one answer, within bounds of time and size. HTTP and HTTPS only.

mod api;

use std::fmt;
use std::io;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Method, Response, Url};
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

/// Redirects of one exchange, all on the same host.
const MAX_REDIRECTS: usize = 3;

/// Asks and waits for the answer. Not for use on a thread that runs asynchronous tasks.
pub struct Fetcher {
    client: Client,
    runtime: Runtime,
    limits: Limits,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is none, or not of HTTP.
    #[error("not an address of HTTP or HTTPS")]
    Address,
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

impl Fetcher {
    /// Prepares to ask, with the certificates of authorities that the system trusts.
    pub fn new(limits: Limits) -> io::Result<Self> {
        let client = Client::builder()
            .redirect(Policy::custom(|attempt| {
                if is_same_host(&attempt) && attempt.previous().len() <= MAX_REDIRECTS {
                    attempt.follow()
                } else {
                    attempt.error(Elsewhere)
                }
            }))
            .timeout(limits.timeout)
            .connect_timeout(limits.connect_timeout)
            .no_proxy()
            .build()
            .map_err(io::Error::other)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client, runtime, limits })
    }

    /// Asks, and returns the octets of the answer.
    pub fn ask(&self, question: Question<'_>) -> Result<Vec<u8>, FetchError> {
        self.runtime.block_on(self.exchange(question))
    }

    async fn exchange(&self, question: Question<'_>) -> Result<Vec<u8>, FetchError> {
        let address = Url::parse(question.address).map_err(|_| FetchError::Address)?;
        if !matches!(address.scheme(), "http" | "https") || address.host().is_none() {
            return Err(FetchError::Address);
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
    // The last cause says most: "connection refused", "certificate expired".
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    FetchError::Unreachable(cause.to_string())
}

/// Whether the type is the expected one, whatever its parameters (RFC 9110 §8.3.1).
fn check_type(headers: &HeaderMap, expected: &str) -> Result<(), FetchError> {
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) { Ok(()) } else { Err(FetchError::ContentType(found.to_owned())) }
}
