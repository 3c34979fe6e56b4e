//! `GET /v1/verifications/{id}` and `GET /v1/verifications/{id}/report`

use axum::extract::Path;
use axum::http::header;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};

use crate::clock;
use crate::domain::actor::Permission;
use crate::http::accept;
use crate::http::auth::Authenticated;
use crate::http::refusal::Refusal;
use crate::procedures::recorded_verification;

/// The report of a verification of one's own.
pub(in crate::http) async fn read(
    auth: Authenticated,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let permitted = auth.permit(Permission::Verify)?;
    accept::json(&headers)?;
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    let answer = recorded_verification::read(permitted.app, permitted.caller, id, clock::now()).await;
    let answer = answer.map_err(|error| Refusal::of_recorded_verification(&error, ""))?;
    let answer = answer.ok_or_else(Refusal::not_found)?;
    let mut response = answer.report.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
