//! Conditional requests (RFC 9110 §13): whoever has what does not change is told so.

use axum::http::header;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// The answer with its entity tag; without a body where the caller has it already. `tag` has visible ASCII characters
/// and no quotes.
pub(super) fn tagged(tag: &str, asked: &HeaderMap, answer: impl IntoResponse) -> Response {
    let tag = format!("\"{tag}\"");
    let mut response = if has(&tag, asked) { StatusCode::NOT_MODIFIED.into_response() } else { answer.into_response() };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// `If-None-Match`, compared weakly as §13.1.2 wants it.
fn has(tag: &str, asked: &HeaderMap) -> bool {
    let lists = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = lists.flat_map(|list| list.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_it_gets_no_body() {
        for (known, status) in
            [("\"a\"", 304), ("W/\"a\"", 304), ("\"b\", \"a\"", 304), ("*", 304), ("\"b\"", 200), ("a", 200)]
        {
            let mut asked = HeaderMap::new();
            asked.insert(header::IF_NONE_MATCH, HeaderValue::from_static(known));
            let response = tagged("a", &asked, "body");
            assert_eq!(response.headers()["etag"], "\"a\"");
            assert_eq!(response.status().as_u16(), status, "{known}");
        }
        assert_eq!(tagged("a", &HeaderMap::new(), "body").status(), 200);
    }
}
