//! `POST /v1/verifications`

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::clock;
use crate::domain::actor::Permission;
use crate::http::accept;
use crate::http::api::verifications::status::{Preference, VerificationStatus, accepted, place};
use crate::http::auth::Authenticated;
use crate::http::exchange::Exchange;
use crate::http::openapi::Binary;
use crate::http::prefer;
use crate::http::receive::{Form, VerificationForm, only};
use crate::http::refusal::Refusal;
use crate::http::representation;
use crate::http::router::Edge;
use crate::procedures::queued_verification::accept as accept_for_later;
use crate::procedures::recorded_verification::{Answered, IdempotencyKey, submit};
use crate::verify::Report;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Verifies a document and records the answer.
#[utoipa::path(
    post,
    path = "/v1/verifications",
    operation_id = "createVerification",
    tag = "verifications",
    summary = "Verifica un documento firmato",
    description = "Risponde con il rapporto, qualunque sia l'esito, dopo averlo registrato. Con Prefer: respond-async, se il servizio ha dove tenere i documenti, risponde subito e la verifica è fatta dopo: Location dice dove leggere a che punto è; un documento con la sua password è sempre esaminato subito. Così risponde anche a chi ripete, con la stessa chiave, una richiesta accettata in questo modo e non ancora finita.",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Un nome scelto dal chiamante: la stessa richiesta ripetuta con la stessa chiave ottiene la stessa risposta", min_length = 1, max_length = 255, pattern = "^[!-~]+$"),
        ("Prefer" = Option<String>, Header, description = "respond-async per avere subito una risposta e il rapporto dopo (RFC 7240); altre preferenze non contano", max_length = 256, example = "respond-async"),
        ("Fiscal-Code" = Option<String>, Header, description = "Il codice fiscale dichiarato; in un modulo basta il campo fiscal_code, e se ci sono tutti e due devono dire la stessa persona", max_length = 256),
    ),
    request_body(
        description = "Un modulo con il documento, oppure il documento così com'è",
        content(
            (VerificationForm = "multipart/form-data"),
            (Binary = "application/octet-stream"),
            (Binary = "application/pdf"),
            (Binary = "application/pkcs7-mime"),
            (Binary = "application/pkcs7-signature"),
        ),
    ),
    responses(
        (status = 201, description = "Il documento è stato esaminato: il rapporto", body = Report, content_type = "application/json",
            headers(("Location" = String, description = "Dove il rapporto si può rileggere"))),
        (status = 202, description = "Il documento è stato accettato e sarà esaminato", body = VerificationStatus, content_type = "application/json",
            headers(
                ("Location" = String, description = "Dove leggere a che punto è"),
                ("Preference-Applied" = String, description = "respond-async, se è stato chiesto"),
                ("Retry-After" = i32, description = "Dopo quanti secondi chiedere a che punto è"),
            )),
    ),
    extensions(("x-problems" = json!([400, 406, 408, 410, 413, 415, 422]))),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn create(
    State(edge): State<Arc<Edge>>,
    Extension(exchange): Extension<Arc<Exchange>>,
    auth: Authenticated,
    request: Request,
) -> Result<Response, Refusal> {
    let permitted = auth.permit(Permission::Verify)?;
    let (parts, body) = request.into_parts();
    if parts.uri.query().is_some() {
        return Err(Refusal::bad_request(
            "L'indirizzo non ha parametri: il codice fiscale e il resto vanno nel modulo, mai nell'indirizzo.",
            "The address takes no parameters: the codice fiscale and the rest belong in the form, never in the address.",
        ));
    }
    accept::json(&parts.headers)?;
    let key = idempotency_key(&parts.headers)?;
    let form = Form::of(&parts.headers)?;
    let _until_answered = edge.gate.enter(permitted.caller.token).await?;
    let submitted = edge.reception.receive(form, &parts.headers, body).await?;
    let name = submitted.name.clone();
    let now = clock::now();
    // A password is kept nowhere, so that what needs one cannot wait.
    let may_wait = submitted.password.is_none() && prefer::respond_async(&parts.headers);
    let later = permitted.app.blobs.as_ref().filter(|_| may_wait);
    let answered = match later {
        Some(blobs) => accept_for_later(permitted.app, blobs, permitted.caller, submitted, key, now).await,
        None => submit(permitted.app, permitted.caller, submitted, key, now).await,
    };
    match answered.map_err(|error| Refusal::of_recorded_verification(&error, &name))? {
        Answered::Accepted(id) if later.is_some() => accepted(id, Preference::Applied),
        Answered::Accepted(id) => accepted(id, Preference::NotAsked),
        Answered::Judged(answer) => {
            edge.metrics.verdict(&answer.verdict);
            let _first = exchange.verdict.set(answer.verdict);
            let location = place(&format!("/v1/verifications/{}", answer.id))?;
            let mut response = representation::json(answer.report, accept::language(&parts.headers)).await?;
            *response.status_mut() = StatusCode::CREATED;
            response.headers_mut().insert(header::LOCATION, location);
            Ok(response)
        }
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Refusal> {
    if !headers.contains_key(&IDEMPOTENCY_KEY) {
        return Ok(None);
    }
    let key = only(headers, &IDEMPOTENCY_KEY).and_then(|key| key.parse().ok());
    key.map(Some).ok_or_else(|| {
        Refusal::bad_request(
            "Idempotency-Key non è valida: da 1 a 255 caratteri ASCII visibili, una volta sola.",
            "Idempotency-Key is not valid: 1 to 255 visible ASCII characters, once.",
        )
    })
}
