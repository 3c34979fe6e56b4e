//! Which format the caller takes (RFC 9110 §12.5.1).

use axum::http::HeaderMap;
use axum::http::header;

use crate::http::parameters;
use crate::http::refusal::Refusal;

/// Refuses whoever takes no JSON: it is the only format of reports so far.
pub(super) fn json(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut ranges = headers.get_all(header::ACCEPT).iter().flat_map(|value| value.to_str().unwrap_or("").split(','));
    let any = headers.contains_key(header::ACCEPT);
    if any && !ranges.any(takes_json) { Err(Refusal::not_acceptable()) } else { Ok(()) }
}

fn takes_json(range: &str) -> bool {
    let Some(range) = parameters::read(range) else { return false };
    let named = ["application/json", "application/*", "*/*"].iter().any(|json| range.value.eq_ignore_ascii_case(json));
    named && range.get("q").is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn whoever_takes_json_gets_it() {
        for (accept, taken) in [
            ("*/*", true),
            ("text/html, application/json;q=0.5", true),
            ("application/*", true),
            ("application/json;q=0", false),
            ("application/pdf", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(json(&headers).is_ok(), taken, "{accept}");
        }
        assert!(json(&HeaderMap::new()).is_ok());
    }
}
