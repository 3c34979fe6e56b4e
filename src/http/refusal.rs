//! Answering with a problem document (RFC 9457).

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::http::body::BodyError;
use crate::http::gate::NoPlace;
use crate::http::rate::TooMany;
use crate::problem::{Kind, Language, Problem};
use crate::procedures::documents::DocumentsError;
use crate::procedures::recorded_verification::RecordedVerificationError;
use crate::procedures::trail::TrailError;
use crate::procedures::upload::UploadError;
use crate::store::StoreError;

/// An answer that refuses.
#[derive(Debug)]
pub(super) struct Refusal {
    told: Box<Told>,
}

/// A problem, and what else the answer says.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) problem: Problem,
    /// What happened, for the log only.
    pub(super) cause: Option<String>,
    header: Option<(HeaderName, HeaderValue)>,
    connection: Connection,
}

/// A problem document with the request that it answers, to be quoted to whoever runs the service.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    problem: &'a Problem,
    request_id: &'a str,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Connection {
    Keeps,
    Closes,
}

/// Seconds after which somebody who was refused for lack of room may try again.
const SOON: u16 = 2;

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let header = (problem.status == 503).then(|| (header::RETRY_AFTER, SOON.into()));
        Self { told: Box::new(Told { problem, cause: None, header, connection: Connection::Keeps }) }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::from(Problem::of_store(&error)).because(&error)
    }
}

impl From<TrailError> for Refusal {
    fn from(error: TrailError) -> Self {
        let problem = match &error {
            TrailError::NotThere => {
                return Self::invalid_field(
                    "Il registro non ha, o non aveva, tanti eventi.",
                    "The trail has not, or had not, so many events.",
                );
            }
            TrailError::Store(error) => Problem::of_store(error),
            TrailError::Broken | TrailError::Key(_) => Problem::of_trail(&error),
        };
        Self::from(problem).because(&error)
    }
}

impl From<UploadError> for Refusal {
    fn from(error: UploadError) -> Self {
        Self::from(Problem::of_upload(&error)).because(&error)
    }
}

impl From<DocumentsError> for Refusal {
    fn from(error: DocumentsError) -> Self {
        Self::from(Problem::of_documents(&error)).because(&error)
    }
}

impl From<NoPlace> for Refusal {
    fn from(why: NoPlace) -> Self {
        match why {
            NoPlace::Full => Self::from(Problem::bilingual(
                Kind::Busy,
                "Il servizio sta già esaminando quanti documenti può: ripetere la richiesta fra qualche secondo.",
                "The service is examining as many documents as it can: repeat the request in a few seconds.",
            )),
            NoPlace::OwnShare => Self::from(Problem::bilingual(
                Kind::TooManyRequests,
                "Per questo token il servizio sta già esaminando quanti documenti può: ripetere la richiesta fra qualche secondo.",
                "For this token the service is examining as many documents as it can: repeat the request in a few seconds.",
            ))
            .with(header::RETRY_AFTER, SOON.into()),
        }
    }
}

impl From<TooMany> for Refusal {
    fn from(refused: TooMany) -> Self {
        let problem = Problem::bilingual(
            Kind::TooManyRequests,
            "Il token ha superato le richieste ammesse al minuto: aspettare i secondi indicati in Retry-After.",
            "The token made more requests than allowed in a minute: wait for the seconds of Retry-After.",
        );
        Self::from(problem).with(header::RETRY_AFTER, refused.retry_after_s.into())
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        Self::closing(match error {
            BodyError::TooSlow => Problem::bilingual(
                Kind::TooSlow,
                "Il documento arriva troppo lentamente: ripetere la richiesta con una connessione migliore.",
                "The document comes too slowly: repeat the request over a better connection.",
            ),
            BodyError::TooLarge => Problem::bilingual(
                Kind::TooLarge,
                "La richiesta supera la grandezza ammessa e non è stata esaminata.",
                "The request is larger than allowed and was not examined.",
            ),
            BodyError::Broken => bad_request(
                "Il corpo della richiesta si interrompe o non è ben formato.",
                "The body of the request breaks off or is not well formed.",
            ),
        })
    }
}

impl Refusal {
    /// Why there is no answer about a document of this name.
    pub(super) fn of_recorded_verification(error: &RecordedVerificationError, document: &str) -> Self {
        Self::from(Problem::of_recorded_verification(error, document)).because(error)
    }

    /// A refusal after which nothing more is read from the connection.
    pub(super) fn closing(problem: Problem) -> Self {
        let mut refusal = Self::from(problem);
        refusal.told.connection = Connection::Closes;
        refusal
    }

    /// A fault of ours.
    pub(super) fn internal(cause: &str) -> Self {
        let mut refusal = Self::from(Problem::internal());
        refusal.told.cause = Some(cause.to_owned());
        refusal
    }

    /// No valid token (RFC 6750 §3).
    pub(super) fn unauthenticated() -> Self {
        let problem = Problem::bilingual(
            Kind::Unauthenticated,
            "Manca un token valido: inviarlo nell'intestazione Authorization: Bearer; chiederlo a chi gestisce il servizio.",
            "A valid token is missing: send it in Authorization: Bearer; ask whoever runs the service for one.",
        );
        Self::from(problem).with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"varco\""))
    }

    /// Too many tokens that are none came from this address.
    pub(super) fn too_many_false_tokens(wait: Duration) -> Self {
        let problem = Problem::bilingual(
            Kind::TooManyRequests,
            "Da questo indirizzo sono arrivati troppi token non validi: aspettare i secondi indicati in Retry-After e controllare il token.",
            "Too many tokens that are not valid came from this address: wait for the seconds of Retry-After and look at the token.",
        );
        let seconds = wait.as_secs().saturating_add(1);
        Self::from(problem).with(header::RETRY_AFTER, seconds.into())
    }

    /// The token is valid and does not allow this (RFC 6750 §3.1).
    pub(super) fn forbidden(scope: &'static str) -> Self {
        let problem = Problem::bilingual(
            Kind::Forbidden,
            "Il token non permette questa operazione: chiedere a chi gestisce il servizio un token con lo scope necessario.",
            "The token does not allow this: ask whoever runs the service for one with the scope that it takes.",
        );
        let challenge = format!("Bearer realm=\"varco\", error=\"insufficient_scope\", scope=\"{scope}\"");
        let plain = HeaderValue::from_static("Bearer realm=\"varco\"");
        Self::from(problem).with(header::WWW_AUTHENTICATE, HeaderValue::from_str(&challenge).unwrap_or(plain))
    }

    /// There is nothing under this address, or nothing that the caller may know of.
    pub(super) fn not_found() -> Self {
        Self::from(Problem::bilingual(
            Kind::NoResource,
            "A questo indirizzo non c'è nulla, oppure appartiene a un altro token.",
            "There is nothing under this address, or it belongs to another token.",
        ))
    }

    /// The resource has no such method.
    pub(super) fn method_not_allowed() -> Self {
        Self::from(Problem::bilingual(
            Kind::MethodNotAllowed,
            "Questa risorsa non ammette il metodo HTTP usato: quelli ammessi sono nell'intestazione Allow.",
            "This resource does not allow the method: those that it allows are in the header Allow.",
        ))
    }

    /// None of the formats that are accepted.
    pub(super) fn not_acceptable() -> Self {
        Self::from(Problem::bilingual(
            Kind::NotAcceptable,
            "Il rapporto nuovo è disponibile come application/json; riletto, anche come text/html.",
            "A new report is available as application/json; read again, as text/html too.",
        ))
    }

    /// The body is of a type that is not read.
    pub(super) fn unsupported_media_type() -> Self {
        Self::from(Problem::bilingual(
            Kind::UnsupportedMediaType,
            "Il documento si invia come multipart/form-data, oppure così com'è come application/octet-stream o application/pkcs7-mime, senza Content-Encoding.",
            "Documents are sent as multipart/form-data, or as they are as application/octet-stream or application/pkcs7-mime, without Content-Encoding.",
        ))
    }

    /// Something is wrong with what was asked.
    pub(super) fn bad_request(italian: &'static str, english: &'static str) -> Self {
        Self::from(bad_request(italian, english))
    }

    /// What was asked is well formed, and cannot be.
    pub(super) fn invalid_field(italian: &'static str, english: &'static str) -> Self {
        Self::from(Problem::bilingual(Kind::InvalidField, italian, english))
    }

    /// Notes the cause of what is our fault.
    fn because(mut self, error: &dyn Error) -> Self {
        if self.told.problem.status >= 500 {
            self.told.cause = Some(error.to_string());
        }
        self
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.told.header = Some((name, value));
        self
    }
}

impl Told {
    /// Writes it into the answer that was made from it.
    pub(super) fn render(&self, response: &mut Response, language: Language, request_id: &str) {
        let mut problem = self.problem.clone().in_language(language);
        if problem.status >= 500 {
            (problem.file, problem.technical_detail) = (None, None);
        }
        let body = serde_json::to_vec(&Document { problem: &problem, request_id }).unwrap_or_default();
        *response.body_mut() = Body::from(body);
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.problem.language(language).tag()));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { told } = self;
        let status = StatusCode::from_u16(told.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some((name, value)) = told.header.clone() {
            response.headers_mut().insert(name, value);
        }
        if told.connection == Connection::Closes {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        // What surrounds all requests knows the language and the identifier: it writes the body.
        response.extensions_mut().insert::<Arc<Told>>(Arc::from(told));
        response
    }
}

fn bad_request(italian: &'static str, english: &'static str) -> Problem {
    Problem::bilingual(Kind::BadRequest, italian, english)
}
