//! What surrounds each request: an identifier, the checks that concern all, the answer's common headers, a line of log.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderValue, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use percent_encoding::percent_decode_str;
use tokio::time::Instant;
use tracing::{error, info};
use uuid::Uuid;

use crate::crypto::random;
use crate::domain::id::TokenId;
use crate::http::accept;
use crate::http::body::Drained;
use crate::http::metrics::Metrics;
use crate::http::rate::Allowance;
use crate::http::refusal::{Refusal, Told};
use crate::problem::{Kind, Problem};

/// The other end of a connection, among the extensions of each request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// What becomes known of a request while it is answered, for its headers and its line of log.
pub(super) struct Exchange {
    pub(super) caller: OnceLock<TokenId>,
    pub(super) allowance: OnceLock<Allowance>,
    pub(super) verdict: OnceLock<String>,
}

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Answers a request within all that surrounds it.
pub(super) async fn surround(State(metrics): State<Arc<Metrics>>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let running = metrics.request_begins();
    let id = request_id();
    let method = known_method(&request);
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "-".to_owned());
    let client = request.extensions().get::<Peer>().map(|peer| peer.0.to_string()).unwrap_or_default();
    let language = accept::language(request.headers());
    let exchange = Arc::new(Exchange { caller: OnceLock::new(), allowance: OnceLock::new(), verdict: OnceLock::new() });
    request.extensions_mut().insert(Arc::clone(&exchange));
    let chunked = request.version() == Version::HTTP_11 && request.headers().contains_key(header::TRANSFER_ENCODING);

    let mut response = match check(&request) {
        Ok(()) => {
            // Whoever waits for leave to send need not be drained.
            let drain = !request.headers().contains_key(header::EXPECT);
            let request = if drain { request.map(Drained::wrap) } else { request };
            let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
            answered.unwrap_or_else(|_| Refusal::internal("panic").into_response())
        }
        Err(refusal) => refusal.into_response(),
    };

    let refusal = response.extensions_mut().remove::<Arc<Told>>();
    if let Some(refusal) = &refusal {
        refusal.render(&mut response, language, &id);
    }
    finish_headers(&mut response, &id, exchange.allowance.get());
    if chunked {
        // What follows a chunked body is where two readers may disagree (RFC 9112 §11.2): nothing follows it here.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let status = response.status().as_u16();
    let elapsed = start.elapsed();
    metrics.request_ends(running, (&method, &route, status), elapsed);
    let problem = refusal.as_ref().map_or("-", |refusal| refusal.problem.kind.word());
    if let Some(cause) = refusal.as_ref().and_then(|refusal| refusal.cause.as_deref()) {
        error!(request_id = %id, problem, cause, "fault");
    }
    let token = exchange.caller.get().map_or_else(|| "-".to_owned(), ToString::to_string);
    let verdict = exchange.verdict.get().map_or("-", String::as_str);
    let duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    info!(request_id = %id, client, token, method, route, status, problem, verdict, duration_us, "request");
    response
}

/// Never taken from outside: a caller could make two requests look like one.
fn request_id() -> String {
    Uuid::from_bytes(random().unwrap_or_default()).simple().to_string()
}

/// Methods are the caller's text; in logs and metrics there are only those that everybody knows.
fn known_method(request: &Request) -> String {
    let method = request.method().as_str();
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"];
    if known.contains(&method) { method.to_owned() } else { "other".to_owned() }
}

/// hyper does not ask for `Host` (RFC 9112 §3.2). What else it lets through, the guard of heads does not.
fn check(request: &Request) -> Result<(), Refusal> {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    let needed = request.version() == Version::HTTP_11;
    if hosts > 1 || hosts == 0 && needed {
        return Err(Refusal::closing(Problem::bilingual(
            Kind::BadRequest,
            "Nella richiesta HTTP serve l'intestazione Host, una volta sola.",
            "The HTTP request needs the header Host, once.",
        )));
    }
    if percent_decode_str(request.uri().path()).decode_utf8().is_err() {
        return Err(Refusal::bad_request("L'indirizzo non è testo in UTF-8.", "The address is not text in UTF-8."));
    }
    Ok(())
}

fn finish_headers(response: &mut Response<Body>, id: &str, allowance: Option<&Allowance>) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(allowance) = allowance {
        headers.insert(HeaderName::from_static("ratelimit-limit"), allowance.limit.into());
        headers.insert(HeaderName::from_static("ratelimit-remaining"), allowance.remaining.into());
        headers.insert(HeaderName::from_static("ratelimit-reset"), allowance.reset_s.into());
    }
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// Headers of every answer that does not say otherwise.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];
