//! Which address leads where.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, Request};
use axum::middleware::{from_fn_with_state, map_request};
use axum::routing::{get, post};

use crate::http::api::verifications::create::create;
use crate::http::api::verifications::read::read;
use crate::http::auth::Guarded;
use crate::http::body::PacedBody;
use crate::http::exchange::surround;
use crate::http::gate::Gate;
use crate::http::metrics::Metrics;
use crate::http::operation;
use crate::http::receive::Reception;
use crate::http::refusal::Refusal;
use crate::http::settings::RequestLimits;
use crate::procedures::app::App;

/// What handlers share.
pub(super) struct Edge {
    guarded: Guarded,
    pub(super) gate: Gate,
    pub(super) reception: Reception,
    pub(super) metrics: Arc<Metrics>,
}

impl FromRef<Arc<Edge>> for Guarded {
    fn from_ref(edge: &Arc<Edge>) -> Self {
        edge.guarded.clone()
    }
}

/// All of the service, with what else is to be reached in the same place; large documents go to files in `folder`.
pub fn service(
    app: Arc<App>,
    page: Option<Router>,
    folder: PathBuf,
    limits: RequestLimits,
    metrics: Arc<Metrics>,
) -> Router {
    let edge = Arc::new(Edge {
        guarded: Guarded::new(app, limits.per_minute),
        gate: Gate::new(&limits),
        reception: Reception { limits, folder },
        metrics: Arc::clone(&metrics),
    });
    let api = Router::new()
        .route("/v1/verifications", post(create))
        .route("/v1/verifications/{id}", get(read))
        .route("/v1/verifications/{id}/report", get(read))
        .route("/status", get(operation::readyz))
        .route("/livez", get(operation::livez))
        .route("/readyz", get(operation::readyz))
        .with_state(edge);
    let page =
        page.unwrap_or_default().layer(map_request(move |request: Request| async move { paced(request, limits) }));
    surrounded(api.merge(page), metrics)
}

/// The forms of the page may come as slowly as the documents of portals; how long they may be is the page's own limit.
fn paced(request: Request, limits: RequestLimits) -> Request {
    request.map(|body| PacedBody::of_any_length(body, limits).into_body())
}

/// What administrators reach, on a listener of its own.
pub fn administration(metrics: Arc<Metrics>) -> Router {
    let router = Router::new().route("/metrics", get(operation::metrics)).with_state(Arc::clone(&metrics));
    surrounded(router, metrics)
}

fn surrounded(router: Router, metrics: Arc<Metrics>) -> Router {
    router
        .fallback(async || Refusal::not_found())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed())
        .layer(from_fn_with_state(metrics, surround))
}
