//! The pages, from the templates in `templates/`, and the headers that protect them.

use std::time::Duration;

use askama::Template;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use crate::http::{BodyError, MultipartError};
use crate::problem::{Kind, Problem};
use crate::verify::Report;
use crate::web::form::{self, Faults, Filled};
use crate::web::provenance::FormToken;
use crate::web::verdict::VerdictView;
use crate::web::{PageSettings, Site};

/// What surrounds every page.
struct Frame<'a> {
    root: String,
    settings: &'a PageSettings,
}

impl<'a> Frame<'a> {
    fn of(site: &'a Site) -> Self {
        Self { root: site.assets.root(), settings: &site.settings }
    }
}

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage<'a> {
    frame: Frame<'a>,
    token: &'a str,
    filled: &'a Filled,
    faults: &'a Faults,
    largest: String,
    largest_octets: u64,
}

#[derive(Template)]
#[template(path = "verdict.html")]
struct VerdictPage<'a> {
    frame: Frame<'a>,
    verdict: VerdictView,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    frame: Frame<'a>,
    refusal: &'a Refusal,
}

/// The form, empty or with what must be corrected.
pub(super) fn form(site: &Site, token: &FormToken, filled: &Filled, faults: &Faults) -> Response {
    let largest_octets = site.app.verification.limits.document_len;
    let largest = form::size(largest_octets);
    let page = FormPage { frame: Frame::of(site), token: token.as_str(), filled, faults, largest, largest_octets };
    let status = if faults.none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, [(SET_COOKIE, token.cookie())], render(&page)).into_response()
}

/// The verdict on a document.
pub(super) fn verdict(site: &Site, report: &Report) -> Response {
    render(&VerdictPage { frame: Frame::of(site), verdict: VerdictView::of(report) })
}

/// Why there is no verdict.
pub(super) fn refusal(site: &Site, refusal: &Refusal) -> Response {
    let mut response = render(&RefusalPage { frame: Frame::of(site), refusal });
    if response.status() == StatusCode::OK {
        *response.status_mut() = refusal.status;
    }
    if let Some(wait) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().saturating_add(1)));
    }
    response
}

fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Why there is no verdict, in the words of the problem documents.
pub(super) struct Refusal {
    status: StatusCode,
    title: &'static str,
    detail: String,
    retry_after: Option<Duration>,
}

impl Refusal {
    /// It does not come from our form, or the form is too old.
    pub(super) fn foreign() -> Self {
        Problem::new(Kind::StaleForm, "Il modulo non è più valido, o la richiesta non viene da questa pagina: tornare al modulo e inviarlo di nuovo. Se succede ancora, controllare che il browser accetti i cookie di questo sito.").into()
    }

    /// The client has used up what it may submit.
    pub(super) fn too_many(wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(1);
        let detail = format!(
            "Da questo indirizzo sono arrivati troppi documenti in poco tempo: riprovare fra {seconds} secondi."
        );
        Self { retry_after: Some(wait), ..Problem::new(Kind::TooManyRequests, detail).into() }
    }

    /// There is too much to do.
    pub(super) fn busy() -> Self {
        let detail = "In questo momento ci sono troppi documenti da esaminare: riprovare fra poco.";
        Self { retry_after: Some(Duration::from_secs(5)), ..Problem::new(Kind::Busy, detail).into() }
    }

    /// What was sent is not the form.
    pub(super) fn not_a_form() -> Self {
        Problem::new(
            Kind::BadRequest,
            "Quanto ricevuto non è il modulo di questa pagina: tornare al modulo e inviarlo di nuovo.",
        )
        .into()
    }

    /// The form could not be read to its end.
    pub(super) fn of_multipart(error: MultipartError) -> Self {
        if error == MultipartError::Body(BodyError::TooLarge) {
            return Problem::new(Kind::TooLarge, "Quanto inviato supera il limite e non è stato esaminato.").into();
        }
        Self::not_a_form()
    }

    /// What the procedure answers; of our own faults nothing is said that only programs could use.
    pub(super) fn of_procedure(problem: &Problem) -> Self {
        match problem.kind {
            Kind::Unavailable => Self::unavailable(),
            Kind::Internal => Self::internal(),
            _ => problem.clone().into(),
        }
    }

    /// The disk or the store cannot be used now.
    pub(super) fn unavailable() -> Self {
        let detail = "Il documento non è stato esaminato: riprovare fra qualche minuto.";
        Self { retry_after: Some(Duration::from_secs(30)), ..Problem::new(Kind::Unavailable, detail).into() }
    }

    /// A fault of ours.
    pub(super) fn internal() -> Self {
        Problem::new(
            Kind::Internal,
            "Varco ha un difetto e il documento non è stato esaminato: segnalarlo a chi gestisce il servizio.",
        )
        .into()
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, title: problem.title, detail: problem.detail, retry_after: None }
    }
}

/// Headers of every answer. `Referrer-Policy` is not `no-referrer`, because browsers then hide the `Origin` of the form.
pub(super) async fn protect(mut response: Response) -> Response {
    const PROTECTION: &[(&str, &str)] = &[
        (
            "content-security-policy",
            "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ];
    let headers = response.headers_mut();
    for (name, value) in PROTECTION {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
