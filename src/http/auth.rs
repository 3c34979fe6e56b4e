//! Who asks, and what they may: the only way to the parts of the service.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::clock;
use crate::domain::actor::Permission;
use crate::http::address_rate::AddressRates;
use crate::http::exchange::{Exchange, Peer};
use crate::http::rate::Rates;
use crate::http::refusal::Refusal;
use crate::http::settings::RequestLimits;
use crate::procedures::app::App;
use crate::procedures::tokens::{self, Caller};
use crate::store::StoreError;

/// The service behind its door. It has no way to `&App` but [`Authenticated::permit`].
#[derive(Clone)]
pub(super) struct Guarded {
    app: Arc<App>,
    rates: Arc<Rates>,
    /// How often an address may show a token that is none.
    refusals: Arc<AddressRates>,
    pinged: Arc<Mutex<Pinged>>,
}

/// When the store was tried last, and what it said.
type Pinged = Option<(Instant, Result<(), Arc<StoreError>>)>;

/// So long one answer serves all who ask: they need no token.
const PING_EVERY: Duration = Duration::from_secs(1);

/// Somebody who showed a valid token. Nothing is permitted yet.
pub(super) struct Authenticated {
    app: Arc<App>,
    caller: Caller,
}

/// What a handler may work with, once it is permitted.
#[derive(Clone, Copy)]
pub(super) struct Permitted<'a> {
    pub(super) app: &'a App,
    pub(super) caller: &'a Caller,
}

impl Guarded {
    pub(super) fn new(app: Arc<App>, limits: &RequestLimits) -> Self {
        let refusals = limits.refused_tokens_per_minute;
        Self {
            app,
            rates: Arc::new(Rates::new(limits.per_minute)),
            refusals: Arc::new(AddressRates::new(refusals, refusals, clock::monotonic())),
            pinged: Arc::default(),
        }
    }

    /// Whether the store takes what is to be kept, or did a second ago; anybody may know.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        let mut pinged = self.pinged.lock().await;
        let result = match &*pinged {
            Some((at, result)) if at.elapsed() < PING_EVERY => result.clone(),
            _ => {
                let result = self.app.store.ping().await.map_err(Arc::new);
                *pinged = Some((Instant::now(), result.clone()));
                result
            }
        };
        result.map_err(StoreError::Shared)
    }

    /// Whose token it is. An address from which too many came that are none waits, before the store is asked.
    async fn recognise(&self, parts: &Parts) -> Result<Caller, Refusal> {
        let unspecified = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let address = parts.extensions.get::<Peer>().map_or(unspecified, |Peer(address)| *address);
        let secret = bearer(parts).ok_or_else(Refusal::unauthenticated)?;
        if let Some(wait) = self.refusals.wait(address, clock::monotonic()) {
            return Err(Refusal::too_many_false_tokens(wait));
        }
        if let Some(caller) = tokens::recognise(&self.app.store, &secret, clock::now()).await? {
            return Ok(caller);
        }
        let _counted = self.refusals.admit(address, clock::monotonic());
        Err(Refusal::unauthenticated())
    }
}

impl Authenticated {
    /// The parts of the service, for whoever may do this.
    pub(super) fn permit(&self, permission: Permission) -> Result<Permitted<'_>, Refusal> {
        if self.caller.permissions.contains(&permission) {
            Ok(Permitted { app: &self.app, caller: &self.caller })
        } else {
            Err(Refusal::forbidden(permission.scope()))
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Authenticated
where
    Guarded: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let guarded = Guarded::from_ref(state);
        let caller = guarded.recognise(parts).await?;
        let exchange = parts.extensions.get::<Arc<Exchange>>().cloned();
        let taken = guarded.rates.take(caller.token, Instant::now());
        if let Some(exchange) = exchange {
            let allowance = match &taken {
                Ok(allowance) => *allowance,
                Err(refused) => refused.allowance,
            };
            let _first = exchange.caller.set(caller.token);
            let _first = exchange.allowance.set(allowance);
        }
        taken?;
        Ok(Self { app: guarded.app, caller })
    }
}

/// The token of the only `Authorization` header (RFC 6750 §2.1). Whether it looks like one of ours is not looked at:
/// a token that cannot exist takes the same way as one that does not.
fn bearer(parts: &Parts) -> Option<SecretString> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(token.trim_start().to_owned()))
}
