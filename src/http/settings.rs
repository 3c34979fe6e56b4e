//! What the edge can be set to.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// Where the service listens, and who it says it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListenSettings {
    /// Address and port.
    pub address: SocketAddr,
    /// The certificate and its chain, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM (PKCS#8, PKCS#1 or SEC1).
    pub private_key: PathBuf,
    /// The address under which others reach it, for the description of the interface.
    pub public_url: String,
}

/// Bounds on connections.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConnectionLimits {
    /// Connections at a time.
    pub connections: usize,
    /// Connections at a time from one address (an IPv6 network of 64 bits counts as one).
    pub connections_per_address: usize,
    /// Until TLS is agreed.
    pub handshake: Duration,
    /// Until the head of a request is there.
    pub head: Duration,
    /// Until the next request, and until an answer was taken.
    pub idle: Duration,
    /// For what runs when the service stops.
    pub shutdown: Duration,
}

/// Bounds on requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestLimits {
    /// Octets of the body of a request.
    pub body_len: u64,
    /// Until the next piece of a body.
    pub piece: Duration,
    /// The least octets of a body in a second, after the first [`RequestLimits::piece`].
    pub least_rate: u64,
    /// All of a body, as far as its sender is waited for.
    pub whole_body: Duration,
    /// Documents that are received or judged at a time.
    pub places: usize,
    /// The same for one token; those that wait count too.
    pub places_per_token: usize,
    /// Requests that wait for a place; those that come after them are refused at once.
    pub waiting: usize,
    /// How long they wait.
    pub patience: Duration,
    /// Requests in a minute for each token.
    pub per_minute: u32,
    /// Tokens that are none, in a minute, for each address (an IPv6 network of 64 bits counts as one).
    pub refused_tokens_per_minute: NonZeroU32,
}

impl ConnectionLimits {
    /// The limits of the service; all connections and their files fit below the usual limit of 1,024 descriptors.
    pub const STANDARD: Self = Self {
        connections: 800,
        connections_per_address: 600,
        handshake: Duration::from_secs(10),
        head: Duration::from_secs(15),
        idle: Duration::from_mins(1),
        shutdown: Duration::from_secs(30),
    };
}

impl RequestLimits {
    /// The limits of the service.
    pub const STANDARD: Self = Self {
        body_len: 256 * 1024 * 1024,
        piece: Duration::from_secs(15),
        least_rate: 16 * 1024,
        whole_body: Duration::from_mins(30),
        places: 600,
        places_per_token: 500,
        waiting: 100,
        patience: Duration::from_secs(2),
        per_minute: 6_000,
        refused_tokens_per_minute: NonZeroU32::MIN.saturating_add(59),
    };
}
