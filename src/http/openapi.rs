//! The description of the interface (OpenAPI 3.1), made from the handlers and from the types that they answer with.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use utoipa::{OpenApi, ToSchema};

use crate::http::api::verifications::create;
use crate::http::api::verifications::document;
use crate::http::api::verifications::read;
use crate::http::api::verifications::status;
use crate::http::operation;
use crate::problem::Problem;

/// The description, as it is answered.
#[derive(Clone)]
pub(super) struct Description {
    json: Bytes,
}

/// `GET /openapi.json`
#[utoipa::path(get, path = "/openapi.json", operation_id = "getDescription", tag = "operation",
    summary = "Questa descrizione", description = "OpenAPI 3.1.",
    responses((status = 200, description = "La descrizione", body = Object, content_type = "application/json")))]
pub(super) async fn describe(State(description): State<Description>) -> Response {
    let mut response = description.json.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Octets of any kind.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes a body that is read piece by piece")]
pub(super) struct Binary(Vec<u8>);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Varco",
        version = "1.0.0",
        description = "Verifica documenti firmati digitalmente e dice di chi sono le firme.",
        terms_of_service = "https://example.org/varco/condizioni",
        contact(name = "Chi gestisce il servizio", email = "varco@example.org"),
        license(name = "EUPL-1.2", identifier = "EUPL-1.2"),
    ),
    paths(
        create::create,
        read::read,
        read::report,
        status::status,
        document::document,
        operation::status,
        operation::livez,
        operation::readyz,
        describe,
    ),
    components(schemas(Problem)),
    tags(
        (name = "verifications", description = "Documenti in entrata, rapporti in uscita"),
        (name = "operation", description = "Se il servizio c'è e può lavorare"),
    ),
)]
struct Declared;

/// Statuses that any operation behind a token may answer with.
const BEHIND_A_TOKEN: [u16; 5] = [400, 401, 403, 429, 503];
/// Statuses that any operation may answer with.
const ANYWHERE: [u16; 2] = [500, 503];

impl Description {
    /// For a service that others reach under this address.
    pub(super) fn new(public_url: &str) -> Self {
        Self { json: document(public_url).to_string().into() }
    }
}

/// What the handlers declare, and what holds for all of them.
fn document(public_url: &str) -> Value {
    // Our own types have text keys and finite numbers: there is nothing that JSON cannot say.
    let mut document = serde_json::to_value(Declared::openapi()).unwrap_or_default();
    merge(
        &mut document,
        json!({
            "info": {"x-summary": "Verifica di documenti firmati"},
            "servers": [{"url": public_url, "description": "Questo servizio"}],
            "components": {
                "securitySchemes": {"bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Un token creato con varco token create"
                }},
                "headers": headers(),
            },
        }),
    );
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for path in paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        for operation in path.values_mut().filter_map(Value::as_object_mut) {
            complete(operation);
        }
    }
    document
}

/// Adds the answers and headers that all operations of a kind have.
fn complete(operation: &mut Map<String, Value>) {
    let guarded = operation.contains_key("security");
    let own = operation.remove("x-problems");
    let own = own.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_u64);
    let own = own.filter_map(|status| u16::try_from(status).ok());
    let common = if guarded { &BEHIND_A_TOKEN[..] } else { &[] };
    let statuses: Vec<u16> = own.chain(ANYWHERE).chain(common.iter().copied()).collect();
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for status in statuses {
        let mut headers = Map::new();
        match status {
            401 | 403 => refer(&mut headers, "WWW-Authenticate"),
            429 | 503 => refer(&mut headers, "Retry-After"),
            _ => {}
        }
        responses.entry(status.to_string()).or_insert_with(|| problem(meaning(status), &headers));
    }
    for (status, response) in responses.iter_mut() {
        let Some(response) = response.as_object_mut() else { continue };
        let headers = response.entry("headers").or_insert_with(|| json!({}));
        let Some(headers) = headers.as_object_mut() else { continue };
        refer(headers, "Request-Id");
        refer(headers, "Cache-Control");
        if guarded && status != "401" {
            for name in ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"] {
                refer(headers, name);
            }
        }
    }
}

fn refer(headers: &mut Map<String, Value>, name: &str) {
    headers.insert(name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")}));
}

fn problem(description: &str, headers: &Map<String, Value>) -> Value {
    json!({
        "description": description,
        "headers": headers,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    })
}

/// What a status means, whatever was asked.
const fn meaning(status: u16) -> &'static str {
    match status {
        400 => "La richiesta non è ben formata",
        401 => "Manca un token valido",
        403 => "Il token non permette questa operazione",
        404 => "Non c'è, oppure appartiene a un altro token",
        406 => "Il formato chiesto non è disponibile",
        408 => "La richiesta arriva troppo lentamente",
        409 => "La verifica è stata accettata e il rapporto non c'è: a che punto è lo dice status",
        410 => "Il rapporto è stato cancellato alla fine della conservazione",
        413 => "La richiesta è troppo grande",
        415 => "Il tipo di contenuto non è ammesso",
        422 => "Il documento non si può esaminare, oppure un campo non è valido",
        429 => "Troppe richieste in un minuto",
        500 => "Un difetto del servizio",
        503 => "Il servizio non può rispondere adesso",
        _ => "Un problema",
    }
}

fn headers() -> Value {
    let header = |kind: &str, description: &str| json!({"description": description, "schema": {"type": kind}});
    let count = |description: &str| json!({"description": description, "schema": {"type": "integer", "format": "int32", "minimum": 0}});
    json!({
        "Request-Id": header("string", "L'identificativo della richiesta, da citare a chi gestisce il servizio"),
        "Cache-Control": header("string", "Sempre no-store: le risposte non vanno conservate da intermediari"),
        "Retry-After": count("Dopo quanti secondi riprovare"),
        "WWW-Authenticate": header("string", "Come autenticarsi (RFC 6750)"),
        "RateLimit-Limit": count("Richieste ammesse al minuto per token"),
        "RateLimit-Remaining": count("Richieste ancora possibili subito"),
        "RateLimit-Reset": count("Secondi dopo i quali saranno di nuovo tutte possibili"),
    })
}

/// Adds what is in `more`, object by object.
fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (name, value) in more {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_says_how_it_fails() {
        let document = document("https://varco.example.org");
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.len() >= 8);
        for (path, operations) in paths {
            for operation in operations.as_object().unwrap().values() {
                let responses = operation["responses"].as_object().unwrap();
                assert!(responses.contains_key("500") && responses.contains_key("503"), "{path}");
                assert_eq!(responses.contains_key("401"), path.starts_with("/v1/"), "{path}");
                assert!(operation.get("x-problems").is_none(), "{path}");
            }
        }
    }
}
