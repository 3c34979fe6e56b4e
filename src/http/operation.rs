//! Whether the service is there: for people, for what restarts it, for what sends requests to it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::auth::Guarded;
use crate::http::metrics::Metrics;
use crate::http::refusal::Refusal;

/// The answer of `/status`, `/livez` and `/readyz`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Status {
    /// Always `ok`: otherwise there is a problem document.
    status: &'static str,
}

const OK: Json<Status> = Json(Status { status: "ok" });

/// `GET /livez`: the process answers.
#[utoipa::path(get, path = "/livez", operation_id = "getLiveness", tag = "operation", summary = "Il processo risponde",
    description = "Per chi deve riavviarlo quando non risponde.",
    responses((status = 200, description = "Risponde", body = Status, content_type = "application/json")))]
pub(super) async fn livez() -> Json<Status> {
    OK
}

/// `GET /status`: the service can work.
#[utoipa::path(get, path = "/status", operation_id = "getStatus", tag = "operation", summary = "Lo stato del servizio",
    description = "Secondo le linee guida italiane sull'interoperabilità.",
    responses((status = 200, description = "Il servizio può lavorare", body = Status, content_type = "application/json")))]
pub(super) async fn status(guarded: State<Guarded>) -> Result<Json<Status>, Refusal> {
    readyz(guarded).await
}

/// `GET /readyz`: the store takes what is to be kept, too.
#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness", tag = "operation", summary = "Il servizio può lavorare",
    description = "Per chi deve decidere se mandargli richieste.",
    responses((status = 200, description = "Può lavorare", body = Status, content_type = "application/json")))]
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
