//! `GET /v1/audit/checkpoints`, `…/{size}` and `…/{size}/consistency-proof`

use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::crypto::{DigestAlgorithm, hex};
use crate::domain::actor::Permission;
use crate::http::accept;
use crate::http::api::audit::{Head, page, texts};
use crate::http::auth::Authenticated;
use crate::http::condition::tagged;
use crate::http::query::{Query, number};
use crate::http::refusal::Refusal;
use crate::procedures::trail::{self, MAX_CHECKPOINTS};
use crate::store::StoredCheckpoint;
use crate::verify::to_rfc3339;

/// Some checkpoints, the smallest first.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct CheckpointPage {
    /// The checkpoints.
    checkpoints: Vec<AuditCheckpoint>,
    /// The cursor of the next page; `null` where the list ends for now.
    next: Option<String>,
}

/// A signed statement about the trail.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct AuditCheckpoint {
    /// When it was signed.
    #[schema(format = DateTime)]
    created_at: String,
    /// The signed note (C2SP tlog-checkpoint), to be kept as it is.
    note: String,
    /// Events that it covers.
    #[schema(minimum = 0)]
    size: u64,
}

/// Shows that the trail only grew (RFC 6962 §2.1.2).
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ConsistencyProof {
    /// The trail before.
    earlier: Head,
    /// The trail after.
    later: Head,
    /// The hashes, hexadecimal.
    proof: Vec<String>,
}

/// Checkpoints, page by page.
#[utoipa::path(
    get,
    path = "/v1/audit/checkpoints",
    operation_id = "listAuditCheckpoints",
    tag = "audit",
    summary = "Elenca i sigilli del registro",
    description = "Dal più piccolo. Chi ne conserva uno può provare più tardi che il registro è ancora lo stesso.",
    params(
        ("limit" = Option<u32>, Query, description = "Quanti sigilli al massimo; se non indicato, 100", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "Il valore di next della pagina precedente", pattern = "^[0-9]{1,15}$"),
    ),
    responses((status = 200, description = "Una pagina di sigilli", body = CheckpointPage, content_type = "application/json",
        headers(("Link" = String, description = "L'indirizzo della pagina seguente, rel=next; manca nell'ultima")))),
    extensions(("x-problems" = json!([406]))),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn list(auth: Authenticated, uri: Uri, headers: HeaderMap) -> Result<Response, Refusal> {
    let permitted = auth.permit(Permission::ReadTrail)?;
    accept::json(&headers)?;
    let query = Query::read(&uri, &["limit", "cursor"])?;
    let limit = query.limit(MAX_CHECKPOINTS)?;
    let from = query.number("cursor")?.unwrap_or(0);
    let found = trail::checkpoints(&permitted.app.store, from, limit).await?;
    let whole = found.len() == usize::try_from(limit).unwrap_or(usize::MAX);
    let next = found.last().filter(|_| whole).map(|last| last.size.saturating_add(1).to_string());
    let link = next.as_ref().map(|cursor| format!("/v1/audit/checkpoints?cursor={cursor}&limit={limit}"));
    let checkpoints = found.into_iter().map(AuditCheckpoint::from).collect();
    Ok(page(Json(CheckpointPage { checkpoints, next }), link.as_deref()))
}

/// One checkpoint.
#[utoipa::path(
    get,
    path = "/v1/audit/checkpoints/{size}",
    operation_id = "getAuditCheckpoint",
    tag = "audit",
    summary = "Legge un sigillo del registro",
    description = "Com'è stato firmato.",
    params(
        ("size" = u64, Path, description = "Quanti eventi copre", minimum = 0, maximum = 999_999_999_999_999_u64),
        ("If-None-Match" = Option<String>, Header, description = "L'ETag di una risposta precedente"),
    ),
    responses(
        (status = 200, description = "Il sigillo", body = AuditCheckpoint, content_type = "application/json",
            headers(("ETag" = String, description = "Un sigillo non cambia mai"))),
        (status = 304, description = "È quello che il chiamante ha già"),
    ),
    extensions(("x-problems" = json!([404, 406]))),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn get(
    auth: Authenticated,
    size: Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let permitted = auth.permit(Permission::ReadTrail)?;
    accept::json(&headers)?;
    let size = number(&size).ok_or_else(Refusal::not_found)?;
    let checkpoint = trail::checkpoint(&permitted.app.store, size).await?.ok_or_else(Refusal::not_found)?;
    let tag = hex(DigestAlgorithm::Sha256.digest(checkpoint.note.as_bytes()).as_bytes());
    Ok(tagged(&tag, &headers, Json(AuditCheckpoint::from(checkpoint))))
}

/// What lies between two.
#[utoipa::path(
    get,
    path = "/v1/audit/checkpoints/{size}/consistency-proof",
    operation_id = "getAuditConsistencyProof",
    tag = "audit",
    summary = "Prova che il registro è solo cresciuto",
    description = "Prova di coerenza (RFC 6962 §2.1.2) fra il registro di from eventi, per esempio quello di un sigillo conservato altrove, e quello di questo sigillo; contiene solo impronte.",
    params(
        ("size" = u64, Path, description = "Quanti eventi copre il sigillo", minimum = 0, maximum = 999_999_999_999_999_u64),
        ("from" = u64, Query, description = "Quanti eventi aveva il registro prima", minimum = 0, maximum = 999_999_999_999_999_u64),
    ),
    responses((status = 200, description = "La prova", body = ConsistencyProof, content_type = "application/json")),
    extensions(("x-problems" = json!([404, 406, 422]))),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn consistency(
    auth: Authenticated,
    size: Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let permitted = auth.permit(Permission::ReadTrail)?;
    accept::json(&headers)?;
    let from = Query::read(&uri, &["from"])?.number("from")?.ok_or_else(|| {
        Refusal::bad_request("Nell'indirizzo manca il parametro from.", "The address has no parameter from.")
    })?;
    let size = number(&size).ok_or_else(Refusal::not_found)?;
    let store = &permitted.app.store;
    trail::checkpoint(store, size).await?.ok_or_else(Refusal::not_found)?;
    let shown = trail::prove_consistency(store, from, Some(size)).await?;
    let proof =
        ConsistencyProof { earlier: shown.earlier.into(), later: shown.later.into(), proof: texts(&shown.proof) };
    Ok(Json(proof).into_response())
}

impl From<StoredCheckpoint> for AuditCheckpoint {
    fn from(kept: StoredCheckpoint) -> Self {
        Self { created_at: to_rfc3339(kept.created_at), note: kept.note, size: kept.size }
    }
}
