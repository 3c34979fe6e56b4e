//! `GET /v1/verifications/{id}/status`: how far a verification is that is done later (`NONBLOCK_PULL_REST` of the Italian
//! guidelines on interoperability).

use axum::Json;
use axum::extract::Path;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock;
use crate::domain::actor::Permission;
use crate::domain::id::VerificationId;
use crate::http::accept;
use crate::http::auth::Authenticated;
use crate::http::refusal::Refusal;
use crate::problem::{Language, Problem};
use crate::procedures::queued_verification::{self, Progress};
use crate::store::RequestState;

const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// Seconds after which it makes sense to ask again.
const ASK_AGAIN: u16 = 2;

/// How far a verification is.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct VerificationStatus {
    /// L'identificativo.
    #[schema(format = "uuid")]
    id: String,
    /// A che punto è.
    state: State,
    /// Perché non c'è un rapporto, se `state` è `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<Problem>,
}

/// The states of a verification.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It waits.
    Queued,
    /// Somebody works on it.
    Running,
    /// The report can be read.
    Done,
    /// There will be no report.
    Failed,
}

/// Whether the caller asked for what it gets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Preference {
    Applied,
    NotAsked,
}

/// How far it is.
#[utoipa::path(
    get,
    path = "/v1/verifications/{id}/status",
    operation_id = "getVerificationStatus",
    tag = "verifications",
    summary = "Dice a che punto è una verifica",
    description = "Per le verifiche chieste con Prefer: respond-async, secondo il profilo NONBLOCK_PULL_REST. Solo con il token che l'ha chiesta.",
    params(("id" = String, Path, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", description = "L'identificativo, come in Location")),
    responses(
        (status = 200, description = "Il rapporto non c'è ancora (queued, running) oppure non ci sarà (failed)", body = VerificationStatus, content_type = "application/json"),
        (status = 303, description = "Il rapporto c'è (done)", body = VerificationStatus, content_type = "application/json",
            headers(("Location" = String, description = "Dove il rapporto si può leggere"))),
    ),
    extensions(("x-problems" = json!([404, 406]))),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn status(
    auth: Authenticated,
    id: Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let permitted = auth.permit(Permission::Verify)?;
    accept::json(&headers)?;
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    let progress = queued_verification::progress(permitted.app, permitted.caller, id, clock::now()).await?;
    match progress.ok_or_else(Refusal::not_found)? {
        Progress::Done => done(id),
        Progress::Open(request) => Ok(open(id, &request.state, accept::language(&headers))),
    }
}

/// The answer to a request that is done later.
pub(super) fn accepted(id: VerificationId, preference: Preference) -> Result<Response, Refusal> {
    let status = VerificationStatus { id: id.to_string(), state: State::Queued, problem: None };
    let mut response = (StatusCode::ACCEPTED, Json(status)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, place(&format!("/v1/verifications/{id}/status"))?);
    headers.insert(header::RETRY_AFTER, ASK_AGAIN.into());
    if preference == Preference::Applied {
        headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("respond-async"));
    }
    Ok(response)
}

/// An address of ours, for `Location`.
pub(super) fn place(path: &str) -> Result<HeaderValue, Refusal> {
    HeaderValue::from_str(path).map_err(|_| Refusal::internal("an identifier that is no header value"))
}

fn done(id: VerificationId) -> Result<Response, Refusal> {
    let status = VerificationStatus { id: id.to_string(), state: State::Done, problem: None };
    let mut response = (StatusCode::SEE_OTHER, Json(status)).into_response();
    response.headers_mut().insert(header::LOCATION, place(&format!("/v1/verifications/{id}"))?);
    Ok(response)
}

fn open(id: VerificationId, state: &RequestState, language: Language) -> Response {
    let (state, problem) = match state {
        RequestState::Queued => (State::Queued, None),
        RequestState::Running => (State::Running, None),
        RequestState::Refused(words) => (State::Failed, Some(Problem::of_refusal(words))),
        RequestState::GivenUp => (State::Failed, Some(Problem::given_up())),
    };
    let problem = problem.map(|problem| problem.in_language(language));
    let mut response = Json(VerificationStatus { id: id.to_string(), state, problem }).into_response();
    if state != State::Failed {
        response.headers_mut().insert(header::RETRY_AFTER, ASK_AGAIN.into());
    }
    response
}
