//! A report as it leaves: in the format and the language that the caller prefers.
//!
//! What is kept is the Italian JSON. It leaves as it is; everything else is made from it when it is asked for.

use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::{self, HeaderName};
use axum::response::{IntoResponse, Response};

use crate::domain::language::Language;
use crate::html;
use crate::http::accept::Format;
use crate::http::refusal::Refusal;
use crate::verify::Report;

/// The report that was kept, in a format and a language.
pub(super) async fn of(kept: Bytes, format: Format, language: Language) -> Result<Response, Refusal> {
    match format {
        Format::Json => json(kept, language).await,
        Format::Html => page(kept, language).await,
    }
}

/// The report that was kept, as JSON. One that cannot be told in English is told in Italian, and says so.
pub(super) async fn json(kept: Bytes, language: Language) -> Result<Response, Refusal> {
    let (octets, language) = match language {
        Language::Italian => (kept, Language::Italian),
        Language::English => aside(move || in_english(kept)).await?,
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_LANGUAGE, language.tag()),
        (header::VARY, "Accept, Accept-Language"),
    ];
    Ok((headers, octets).into_response())
}

async fn page(kept: Bytes, language: Language) -> Result<Response, Refusal> {
    let page =
        aside(move || serde_json::from_slice::<Report>(&kept).ok().map(|report| html::report(&report, &[], language)));
    // An earlier version wrote it in words that this one does not know: JSON is all there is.
    let page = page.await?.ok_or_else(Refusal::not_acceptable)?;
    let page = page.map_err(|error| Refusal::internal(&error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_LANGUAGE, language.tag()),
        (header::VARY, "Accept, Accept-Language"),
    ];
    let mut response = (headers, page).into_response();
    let policy = HeaderValue::from_str(&html::content_security_policy());
    let policy = policy.map_err(|_| Refusal::internal("a policy that is no header value"))?;
    let _none_yet = response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    let _none_yet = response.headers_mut().insert(FRAMES, HeaderValue::from_static("DENY"));
    Ok(response)
}

/// For browsers that do not know `frame-ancestors`.
const FRAMES: HeaderName = HeaderName::from_static("x-frame-options");

fn in_english(kept: Bytes) -> (Bytes, Language) {
    let report = serde_json::from_slice::<Report>(&kept);
    match report.and_then(|report| serde_json::to_vec(&report.in_language(Language::English))) {
        Ok(octets) => (octets.into(), Language::English),
        Err(_) => (kept, Language::Italian),
    }
}

/// A report of five hundred signatures takes a while to read: not on a thread that others wait for.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::internal("a report could not be told"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_told_in_english_stays_italian_and_says_so() {
        let kept = Bytes::from_static(br#"{"verdict":"accepted","of":"another version"}"#);
        assert_eq!(in_english(kept.clone()), (kept, Language::Italian));
    }
}
