//! Who asks, and what they may: the only way to the parts of the service.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use secrecy::SecretString;
use tokio::time::Instant;

use crate::clock;
use crate::domain::actor::Permission;
use crate::http::exchange::Exchange;
use crate::http::rate::Rates;
use crate::http::refusal::Refusal;
use crate::procedures::app::App;
use crate::procedures::tokens::{self, Caller};
use crate::store::StoreError;

/// The service behind its door. It has no way to `&App` but [`Authenticated::permit`].
#[derive(Clone)]
pub(super) struct Guarded {
    app: Arc<App>,
    rates: Arc<Rates>,
}

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
    pub(super) fn new(app: Arc<App>, requests_per_minute: u32) -> Self {
        Self { app, rates: Arc::new(Rates::new(requests_per_minute)) }
    }

    /// Whether the store answers; anybody may know.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.app.store.ping().await
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
        let secret = bearer(parts).ok_or_else(Refusal::unauthenticated)?;
        let caller = tokens::recognise(&guarded.app.store, &secret, clock::now()).await?;
        let caller = caller.ok_or_else(Refusal::unauthenticated)?;
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
