//! `GET /v1/verifications/{id}/documents/{part}`: what was handed in, as long as it is kept.

use axum::body::Body;
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use crate::clock;
use crate::domain::actor::Permission;
use crate::http::auth::Authenticated;
use crate::http::openapi::Binary;
use crate::http::refusal::Refusal;
use crate::procedures::documents::{self, Part};

/// A document.
#[utoipa::path(
    get,
    path = "/v1/verifications/{id}/documents/{part}",
    operation_id = "getVerificationDocument",
    tag = "verifications",
    summary = "Rilegge un documento inviato",
    description = "Solo con il token che l'ha inviato, e solo dove il servizio conserva i documenti (retention.document_days), finché li conserva. Ogni lettura è registrata.",
    params(
        ("id" = String, Path, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", description = "L'identificativo, come in Location"),
        ("part" = String, Path, pattern = "^(file|detached|expect)$", description = "Il campo con cui è stato inviato"),
    ),
    responses((status = 200, description = "Il documento, così come è stato inviato", body = Binary, content_type = "application/octet-stream")),
    extensions(("x-problems" = json!([404]))),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn document(
    auth: Authenticated,
    Path((id, part)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let permitted = auth.permit(Permission::Verify)?;
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    let part = part_of(&part).ok_or_else(Refusal::not_found)?;
    let pieces = documents::read(permitted.app, permitted.caller, (id, part), clock::now()).await?;
    let pieces = pieces.ok_or_else(Refusal::not_found)?;
    let body = stream::try_unfold(pieces, documents::next_piece);
    let mut response = Body::from_stream(body).into_response();
    // Whatever it is, a browser is not to show it.
    for (name, value) in
        [(header::CONTENT_TYPE, "application/octet-stream"), (header::CONTENT_DISPOSITION, "attachment")]
    {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Under the name of its field in the form.
fn part_of(field: &str) -> Option<Part> {
    match field {
        "file" => Some(Part::Document),
        "detached" => Some(Part::Detached),
        "expect" => Some(Part::Expected),
        _ => None,
    }
}
