//! The pages, from the templates in `templates/`, and the headers that protect them.

use std::time::Duration;

use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, RETRY_AFTER, SET_COOKIE, VARY};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use crate::domain::language::Language;
use crate::html::ReportView;
use crate::http::{BodyError, MultipartError};
use crate::problem::{Kind, Problem};
use crate::procedures::seen::Seen;
use crate::verify::Report;
use crate::web::form::{self, Faults, Filled};
use crate::web::provenance::FormToken;
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
    language: &'a Language,
    missing: &'static str,
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
    language: Language,
    verdict: ReportView,
    icons: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    frame: Frame<'a>,
    language: Language,
    refusal: &'a Problem,
}

/// The form, empty or with what must be corrected.
pub(super) fn form(site: &Site, token: &FormToken, filled: &Filled, faults: &Faults, language: Language) -> Response {
    let largest_octets = site.app.verification.limits.document_len;
    let page = FormPage {
        frame: Frame::of(site),
        language: &language,
        missing: form::missing(language),
        token: token.as_str(),
        filled,
        faults,
        largest: form::size(largest_octets, language),
        largest_octets,
    };
    let status = if faults.none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, [(SET_COOKIE, token.cookie())], render(&page, language)).into_response()
}

/// The verdict on a document.
pub(super) fn verdict(site: &Site, report: &Report, seen: &[Seen], language: Language) -> Response {
    let frame = Frame::of(site);
    let root = frame.root.clone();
    let verdict = ReportView::of(report, seen, language);
    render(&VerdictPage { frame, language, verdict, icons: Some(&root) }, language)
}

/// Why there is no verdict.
pub(super) fn refusal(site: &Site, refusal: &Refusal, language: Language) -> Response {
    let problem = refusal.problem.clone().in_language(language);
    let mut response = render(&RefusalPage { frame: Frame::of(site), language, refusal: &problem }, language);
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    }
    if let Some(wait) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().saturating_add(1)));
    }
    response
}

fn render(page: &impl Template, language: Language) -> Response {
    match page.render() {
        Ok(html) => ([(CONTENT_LANGUAGE, language.tag()), (VARY, "Accept-Language")], Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Why there is no verdict, in the words of the problem documents.
pub(super) struct Refusal {
    problem: Problem,
    retry_after: Option<Duration>,
}

impl Refusal {
    /// It does not come from our form, or the form is too old.
    pub(super) fn foreign() -> Self {
        Problem::bilingual(
            Kind::StaleForm,
            "Il modulo non è più valido, o la richiesta non viene da questa pagina: tornare al modulo e inviarlo di nuovo. Se succede ancora, controllare che il browser accetti i cookie di questo sito.",
            "The form is no longer valid, or the request does not come from this page: go back to the form and send it again. If it happens again, check that the browser takes the cookies of this site.",
        )
        .into()
    }

    /// The client has used up what it may submit.
    pub(super) fn too_many(wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(1);
        let problem = Problem::bilingual(
            Kind::TooManyRequests,
            format!(
                "Da questo indirizzo sono arrivati troppi documenti in poco tempo: riprovare fra {seconds} secondi."
            ),
            format!("Too many documents came from this address in a short time: try again in {seconds} seconds."),
        );
        Self { retry_after: Some(wait), ..problem.into() }
    }

    /// There is too much to do.
    pub(super) fn busy() -> Self {
        let problem = Problem::bilingual(
            Kind::Busy,
            "In questo momento ci sono troppi documenti da esaminare: riprovare fra poco.",
            "There are too many documents to examine at the moment: try again soon.",
        );
        Self { retry_after: Some(Duration::from_secs(5)), ..problem.into() }
    }

    /// What was sent is not the form.
    pub(super) fn not_a_form() -> Self {
        Problem::bilingual(
            Kind::BadRequest,
            "Quanto ricevuto non è il modulo di questa pagina: tornare al modulo e inviarlo di nuovo.",
            "What was received is not the form of this page: go back to the form and send it again.",
        )
        .into()
    }

    /// The form could not be read to its end.
    pub(super) fn of_multipart(error: MultipartError) -> Self {
        if error == MultipartError::Body(BodyError::TooLarge) {
            return Problem::bilingual(
                Kind::TooLarge,
                "Quanto inviato supera il limite e non è stato esaminato.",
                "What was sent is larger than the limit and was not examined.",
            )
            .into();
        }
        Self::not_a_form()
    }

    /// What the procedure answers; of our own faults nothing is said that only programs could use.
    pub(super) fn of_procedure(problem: Problem) -> Self {
        match problem.kind {
            Kind::Unavailable => Self::unavailable(),
            Kind::Internal => Self::internal(),
            _ => problem.into(),
        }
    }

    /// The disk or the store cannot be used now.
    pub(super) fn unavailable() -> Self {
        let problem = Problem::bilingual(
            Kind::Unavailable,
            "Il documento non è stato esaminato: riprovare fra qualche minuto.",
            "The document was not examined: try again in a few minutes.",
        );
        Self { retry_after: Some(Duration::from_secs(30)), ..problem.into() }
    }

    /// A fault of ours.
    pub(super) fn internal() -> Self {
        Problem::bilingual(
            Kind::Internal,
            "Varco ha un difetto e il documento non è stato esaminato: segnalarlo a chi gestisce il servizio.",
            "Varco has a fault and the document was not examined: report it to whoever runs the service.",
        )
        .into()
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem, retry_after: None }
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
