//! `GET /v1/verifications/{id}` and `GET /v1/verifications/{id}/report`

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::clock;
use crate::domain::actor::Permission;
use crate::http::accept;
use crate::http::auth::Authenticated;
use crate::http::refusal::Refusal;
use crate::http::representation;
use crate::procedures::recorded_verification;
use crate::verify::Report;

/// The verification, which is its report.
#[utoipa::path(
    get,
    path = "/v1/verifications/{id}",
    operation_id = "getVerification",
    tag = "verifications",
    summary = "Rilegge una verifica",
    description = "Solo con il token che l'ha chiesta. Ogni lettura è registrata. Accept sceglie fra JSON e HTML, Accept-Language fra italiano e inglese. Finché una verifica accettata con Prefer: respond-async non è finita, la risposta è 409.",
    params(("id" = String, Path, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", description = "L'identificativo, come in Location")),
    responses((status = 200, description = "Il rapporto", content((Report = "application/json"), (String = "text/html")))),
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
    description = "In application/json o text/html, in italiano o in inglese (Accept-Language); XML e PDF verranno, e fino ad allora la risposta è 406.",
    params(("id" = String, Path, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", description = "L'identificativo, come in Location")),
    responses((status = 200, description = "Il rapporto", content((Report = "application/json"), (String = "text/html")))),
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
    let format = accept::format(headers)?;
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    let answer = recorded_verification::read(permitted.app, permitted.caller, id, clock::now()).await;
    let answer = answer.map_err(|error| Refusal::of_recorded_verification(&error, ""))?;
    let answer = answer.ok_or_else(Refusal::not_found)?;
    representation::of(answer.report, format, accept::language(headers)).await
}
