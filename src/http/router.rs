//! Which address leads where.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::http::api::audit::{checkpoints, events};
use crate::http::api::verifications::create::create;
use crate::http::api::verifications::document::document;
use crate::http::api::verifications::read::{read, report};
use crate::http::api::verifications::status::status;
use crate::http::auth::Guarded;
use crate::http::exchange::surround;
use crate::http::gate::Gate;
use crate::http::metrics::Metrics;
use crate::http::openapi::{self, Description};
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
    description: Description,
}

impl FromRef<Arc<Edge>> for Description {
    fn from_ref(edge: &Arc<Edge>) -> Self {
        edge.description.clone()
    }
}

impl FromRef<Arc<Edge>> for Guarded {
    fn from_ref(edge: &Arc<Edge>) -> Self {
        edge.guarded.clone()
    }
}

/// What the service is made of.
pub struct Service {
    /// The parts that work.
    pub app: Arc<App>,
    /// What else is to be reached in the same place.
    pub page: Option<Router>,
    /// Where large documents wait, in files without a name.
    pub folder: PathBuf,
    /// Bounds on requests.
    pub limits: RequestLimits,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Under which address others reach it.
    pub public_url: String,
}

/// All of the service.
pub fn service(service: Service) -> Router {
    let Service { app, page, folder, limits, metrics, public_url } = service;
    let edge = Arc::new(Edge {
        guarded: Guarded::new(app, &limits),
        gate: Gate::new(&limits),
        reception: Reception { limits, folder },
        metrics: Arc::clone(&metrics),
        description: Description::new(&public_url),
    });
    let api = Router::new()
        .route("/v1/verifications", post(create))
        .route("/v1/verifications/{id}", get(read))
        .route("/v1/verifications/{id}/report", get(report))
        .route("/v1/verifications/{id}/documents/{part}", get(document))
        .route("/v1/verifications/{id}/status", get(status))
        .route("/v1/audit/events", get(events::list))
        .route("/v1/audit/events/{sequence}", get(events::get))
        .route("/v1/audit/events/{sequence}/proof", get(events::proof))
        .route("/v1/audit/checkpoints", get(checkpoints::list))
        .route("/v1/audit/checkpoints/{size}", get(checkpoints::get))
        .route("/v1/audit/checkpoints/{size}/consistency-proof", get(checkpoints::consistency))
        .route("/status", get(operation::status))
        .route("/openapi.json", get(openapi::describe))
        .route("/livez", get(operation::livez))
        .route("/readyz", get(operation::readyz))
        .with_state(edge);
    surrounded(api.merge(page.unwrap_or_default()), metrics)
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
