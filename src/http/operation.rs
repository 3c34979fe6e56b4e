//! Whether the service is there: for people, for what restarts it, for what sends requests to it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::http::auth::Guarded;
use crate::http::metrics::Metrics;
use crate::http::refusal::Refusal;

/// The answer of `/status`, `/livez` and `/readyz`.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    /// Always `ok`: otherwise there is a problem document.
    status: &'static str,
}

const OK: Json<Status> = Json(Status { status: "ok" });

/// `GET /livez`: the process answers.
pub(super) async fn livez() -> Json<Status> {
    OK
}

/// `GET /readyz` and `GET /status`: the store answers too.
pub(super) async fn readyz(State(guarded): State<Guarded>) -> Result<Json<Status>, Refusal> {
    guarded.ping().await?;
    Ok(OK)
}

/// `GET /metrics`, for administrators.
pub(super) async fn metrics(
    State(metrics): State<Arc<Metrics>>,
) -> ([(axum::http::HeaderName, &'static str); 1], String) {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(axum::http::header::CONTENT_TYPE, content_type)], metrics.text())
}
