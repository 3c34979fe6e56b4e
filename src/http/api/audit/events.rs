//! `GET /v1/audit/events`, `…/{sequence}` and `…/{sequence}/proof`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock;
use crate::domain::actor::{Actor, Permission};
use crate::http::accept;
use crate::http::api::audit::{Head, page, texts};
use crate::http::auth::{Authenticated, Permitted};
use crate::http::condition::tagged;
use crate::http::query::{Query, number};
use crate::http::refusal::Refusal;
use crate::procedures::trail::{self, MAX_EVENTS, TrailError, TrailEvent};
use crate::store::Detail;

/// Some events, in their order.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct EventPage {
    /// The events.
    events: Vec<AuditEvent>,
    /// How many events there were when the first page was read: the last page ends there.
    #[schema(minimum = 0)]
    size: u64,
    /// The cursor of the next page; `null` on the last one.
    next: Option<String>,
}

/// An event of the trail.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct AuditEvent {
    /// SHA-256 over an octet zero and the record as RFC 8785 writes it: the leaf of RFC 6962, hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    hash: String,
    /// What was written.
    record: AuditRecord,
}

/// What is written of an event.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct AuditRecord {
    /// What was done.
    action: String,
    /// By whom.
    actor: String,
    /// When, by the clock of the instance that did it.
    #[schema(format = DateTime)]
    at: String,
    /// What else must not change without being seen.
    facts: BTreeMap<String, String>,
    /// The commitment to its personal data, where it has any; the data themselves are not told.
    personal: Option<String>,
    /// The hash of the event before it.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    previous: String,
    /// Its number; the first is 0.
    #[schema(minimum = 0)]
    sequence: u64,
    /// To what it was done.
    subject: String,
}

/// Shows that an event is in the trail of a size (RFC 6962 §2.1.1).
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct InclusionProof {
    /// The event.
    #[schema(minimum = 0)]
    sequence: u64,
    /// The trail.
    head: Head,
    /// The hashes beside the way from the leaf to the root, hexadecimal.
    proof: Vec<String>,
}

/// Events, page by page.
#[utoipa::path(
    get,
    path = "/v1/audit/events",
    operation_id = "listAuditEvents",
    tag = "audit",
    summary = "Legge il registro degli eventi",
    description = "In ordine, senza dati personali. Ogni lettura è essa stessa un evento; le pagine finiscono dove il registro finiva alla prima. Per leggere ciò che è venuto dopo, ricominciare con from uguale a size.",
    params(
        ("from" = Option<u64>, Query, description = "Il primo evento; non insieme a cursor", minimum = 0, maximum = 999_999_999_999_999_u64),
        ("limit" = Option<u32>, Query, description = "Quanti eventi al massimo; se non indicato, 100", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "Il valore di next della pagina precedente", pattern = "^[0-9]{1,15}-[0-9]{1,15}$"),
    ),
    responses((status = 200, description = "Una pagina del registro", body = EventPage, content_type = "application/json",
        headers(("Link" = String, description = "L'indirizzo della pagina seguente, rel=next; manca nell'ultima")))),
    extensions(("x-problems" = json!([406, 422]))),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn list(auth: Authenticated, uri: Uri, headers: HeaderMap) -> Result<Response, Refusal> {
    let permitted = auth.permit(Permission::ReadTrail)?;
    accept::json(&headers)?;
    let query = Query::read(&uri, &["from", "limit", "cursor"])?;
    let limit = query.limit(MAX_EVENTS)?;
    let size = trail::size(&permitted.app.store).await?;
    let (from, end) = match (query.get("cursor"), query.number("from")?) {
        (None, from) => (from.unwrap_or(0), size),
        (Some(cursor), None) => read_cursor(cursor).filter(|(_, end)| *end <= size).ok_or_else(bad_cursor)?,
        (Some(_), Some(_)) => return Err(bad_cursor()),
    };
    let left = u32::try_from(end.saturating_sub(from)).unwrap_or(u32::MAX);
    let read = match left.min(limit) {
        0 => trail::Page { events: Vec::new(), next: from },
        count => read(&permitted, from, count).await?,
    };
    let next = (read.next < end && !read.events.is_empty()).then(|| format!("{}-{end}", read.next));
    let link = next.as_ref().map(|cursor| format!("/v1/audit/events?cursor={cursor}&limit={limit}"));
    let events = read.events.iter().map(AuditEvent::of).collect::<Result<_, _>>()?;
    Ok(page(Json(EventPage { events, size: end, next }), link.as_deref()))
}

/// One event.
#[utoipa::path(
    get,
    path = "/v1/audit/events/{sequence}",
    operation_id = "getAuditEvent",
    tag = "audit",
    summary = "Legge un evento del registro",
    description = "Senza dati personali. Ogni lettura è essa stessa un evento.",
    params(
        ("sequence" = u64, Path, description = "Il numero dell'evento; il primo è 0", minimum = 0, maximum = 999_999_999_999_999_u64),
        ("If-None-Match" = Option<String>, Header, description = "L'ETag di una risposta precedente"),
    ),
    responses(
        (status = 200, description = "L'evento", body = AuditEvent, content_type = "application/json",
            headers(("ETag" = String, description = "Un evento non cambia mai"))),
        (status = 304, description = "È quello che il chiamante ha già"),
    ),
    extensions(("x-problems" = json!([404, 406]))),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn get(
    auth: Authenticated,
    sequence: Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let permitted = auth.permit(Permission::ReadTrail)?;
    accept::json(&headers)?;
    let sequence = number(&sequence).ok_or_else(Refusal::not_found)?;
    let read = read(&permitted, sequence, 1).await?;
    let event = read.events.first().filter(|event| event.record.sequence == sequence).ok_or_else(Refusal::not_found)?;
    let event = AuditEvent::of(event)?;
    let tag = event.hash.clone();
    Ok(tagged(&tag, &headers, Json(event)))
}

/// Its proof.
#[utoipa::path(
    get,
    path = "/v1/audit/events/{sequence}/proof",
    operation_id = "getAuditEventProof",
    tag = "audit",
    summary = "Prova che un evento è nel registro",
    description = "Prova di inclusione (RFC 6962 §2.1.1) nel registro della grandezza indicata, per esempio quella di un sigillo; contiene solo impronte.",
    params(
        ("sequence" = u64, Path, description = "Il numero dell'evento; il primo è 0", minimum = 0, maximum = 999_999_999_999_999_u64),
        ("size" = Option<u64>, Query, description = "Quanti eventi aveva il registro; se non indicato, quanti ne ha", minimum = 0, maximum = 999_999_999_999_999_u64),
    ),
    responses((status = 200, description = "La prova", body = InclusionProof, content_type = "application/json")),
    extensions(("x-problems" = json!([404, 406, 422]))),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn proof(
    auth: Authenticated,
    sequence: Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let permitted = auth.permit(Permission::ReadTrail)?;
    accept::json(&headers)?;
    let store = &permitted.app.store;
    let size = Query::read(&uri, &["size"])?.number("size")?;
    let sequence = number(&sequence).ok_or_else(Refusal::not_found)?;
    if sequence >= trail::size(store).await? {
        return Err(Refusal::not_found());
    }
    let shown = trail::prove_inclusion(store, sequence, size).await?;
    let proof = InclusionProof { sequence, head: shown.head.into(), proof: texts(&shown.proof) };
    Ok(Json(proof).into_response())
}

async fn read(permitted: &Permitted<'_>, from: u64, limit: u32) -> Result<trail::Page, Refusal> {
    let actor = Actor::Token(permitted.caller.token);
    let (store, detail) = (&permitted.app.store, Detail::WithoutPersonalData);
    Ok(trail::read(store, actor, from, limit, detail, clock::now()).await?)
}

impl AuditEvent {
    /// An event that is not what its hash was made from is not told as if it were.
    fn of(event: &TrailEvent) -> Result<Self, Refusal> {
        let kept = event.record.record();
        let record = kept.filter(|record| record.hash().as_bytes() == event.record.hash.as_slice());
        let record = record.ok_or(TrailError::Broken)?;
        Ok(Self {
            hash: record.hash().to_string(),
            record: AuditRecord {
                at: record.at_text(),
                action: record.action,
                actor: record.actor,
                facts: record.facts,
                personal: record.personal.map(|commitment| commitment.to_string()),
                previous: record.previous.to_string(),
                sequence: record.sequence,
                subject: record.subject,
            },
        })
    }
}

/// Where the next page begins, and where the last one ends.
fn read_cursor(cursor: &str) -> Option<(u64, u64)> {
    let (from, end) = cursor.split_once('-')?;
    Some((number(from)?, number(end)?))
}

fn bad_cursor() -> Refusal {
    Refusal::invalid_field(
        "Il parametro cursor non è quello di una pagina precedente, oppure è insieme a from.",
        "The parameter cursor is not that of an earlier page, or comes with from.",
    )
}
