//! HTTP: connections, requests, answers. Parses, calls one procedure, renders; decides nothing.

mod accept;
mod activity;
mod address_rate;
mod api;
mod auth;
mod body;
mod condition;
mod connections;
mod exchange;
mod gate;
mod head_guard;
mod listener;
mod metrics;
mod multipart;
mod openapi;
mod operation;
mod parameters;
mod query;
mod rate;
mod receive;
mod refusal;
mod refused_connections;
mod router;
mod settings;
mod tls;

pub use address_rate::AddressRates;
pub use body::BodyError;
pub use exchange::Peer;
pub use listener::{Listener, stop_on_signal};
pub use metrics::Metrics;
pub use multipart::{Multipart, MultipartError, PartHead};
pub use router::{Service, administration, service};
pub use settings::{ConnectionLimits, ListenSettings, RequestLimits};
pub use tls::{Tls, TlsError};
