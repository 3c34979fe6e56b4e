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
use crate::verify::Report;

/// The verification, which is its report.
#[utoipa::path(
    get,
    path = "/v1/verifications/{id}",
    operation_id = "getVerification",
    tag = "verifications",
    summary = "Rilegge una verifica",
    description = "Solo con il token che l'ha chiesta. Ogni lettura è registrata. Finché una verifica accettata con Prefer: respond-async non è finita, la risposta è 409.",
    params(("id" = String, Path, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", description = "L'identificativo, come in Location")),
    responses((status = 200, description = "Il rapporto", body = Report, content_type = "application/json")),
    extensions(("x-problems" = json!([404, 406, 409, 410]))),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn read(
    auth: Authenticated,
    id: Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    answer(&auth, &id, &headers).await
}

/// Its report.
#[utoipa::path(
    get,
    path = "/v1/verifications/{id}/report",
    operation_id = "getVerificationReport",
    tag = "verifications",
    summary = "Rilegge il rapporto di una verifica",
    description = "Per ora in application/json; gli altri formati verranno, e fino ad allora la risposta è 406.",
    params(("id" = String, Path, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", description = "L'identificativo, come in Location")),
    responses((status = 200, description = "Il rapporto", body = Report, content_type = "application/json")),
    extensions(("x-problems" = json!([404, 406, 409, 410]))),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn report(
    auth: Authenticated,
    id: Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    answer(&auth, &id, &headers).await
}

async fn answer(auth: &Authenticated, id: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let permitted = auth.permit(Permission::Verify)?;
    accept::json(headers)?;
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    let answer = recorded_verification::read(permitted.app, permitted.caller, id, clock::now()).await;
    let answer = answer.map_err(|error| Refusal::of_recorded_verification(&error, ""))?;
    let answer = answer.ok_or_else(Refusal::not_found)?;
    let mut response = answer.report.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
