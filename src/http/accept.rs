//! Which format and which language the caller takes (RFC 9110 §12.5.1, §12.5.4).

use axum::http::HeaderMap;
use axum::http::header;

use crate::domain::language::Language;
use crate::http::parameters;
use crate::http::refusal::Refusal;

/// The formats of a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Json,
    Html,
}

/// The format of a kept report; JSON where the caller takes both alike.
pub(super) fn format(headers: &HeaderMap) -> Result<Format, Refusal> {
    let (json, html) = (weight(headers, "application/json"), weight(headers, "text/html"));
    match (json > 0.0, html > json) {
        (_, true) => Ok(Format::Html),
        (true, false) => Ok(Format::Json),
        (false, false) => Err(Refusal::not_acceptable()),
    }
}

/// Refuses whoever takes no JSON: it is the only format of a new report.
pub(super) fn json(headers: &HeaderMap) -> Result<(), Refusal> {
    if weight(headers, "application/json") > 0.0 { Ok(()) } else { Err(Refusal::not_acceptable()) }
}

/// How much the caller likes a media type; the most specific range that names it counts.
fn weight(headers: &HeaderMap, media_type: &str) -> f32 {
    if !headers.contains_key(header::ACCEPT) {
        return 1.0;
    }
    let whole_type = media_type.split('/').next().map(|first| format!("{first}/*")).unwrap_or_default();
    let ranges = headers.get_all(header::ACCEPT).iter().flat_map(|value| value.to_str().unwrap_or("").split(','));
    let named = ranges.filter_map(parameters::read).filter_map(|range| {
        let specific =
            [media_type, &whole_type, "*/*"].iter().rposition(|known| range.value.eq_ignore_ascii_case(known))?;
        let weight = range.get("q").map_or(1.0, |weight| weight.parse::<f32>().unwrap_or(0.0));
        Some((specific, weight))
    });
    named.min_by_key(|(specific, _)| *specific).map_or(0.0, |(_, weight)| weight)
}

/// English for whoever prefers it to Italian (RFC 9110 §12.5.4), Italian for all others.
pub fn language(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let weight = |language: &str| {
        accepted
            .split(',')
            .filter_map(|range| {
                let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
                let tag = tag.trim();
                let primary = tag.split('-').next().unwrap_or(tag);
                if !primary.eq_ignore_ascii_case(language) {
                    return None;
                }
                let weight = parameters.trim().strip_prefix("q=").map(|weight| weight.parse::<f32>().unwrap_or(0.0));
                Some(weight.unwrap_or(1.0))
            })
            .fold(0.0, f32::max)
    };
    if weight("en") > weight("it") { Language::English } else { Language::Italian }
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
            ("application/json;q=0, */*", false),
            ("application/pdf", false),
            ("", false),
        ] {
            assert_eq!(json(&accepting(accept)).is_ok(), taken, "{accept}");
        }
        assert!(json(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn html_is_for_whoever_prefers_it() {
        for (accept, expected) in [
            ("*/*", Some(Format::Json)),
            ("application/json", Some(Format::Json)),
            ("text/html", Some(Format::Html)),
            ("text/html, application/json", Some(Format::Json)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(Format::Html)),
            ("text/*;q=0.2, application/json;q=0.1", Some(Format::Html)),
            ("application/xml", None),
            ("application/pdf, text/html;q=0", None),
        ] {
            assert_eq!(format(&accepting(accept)).ok(), expected, "{accept}");
        }
        assert_eq!(format(&HeaderMap::new()).ok(), Some(Format::Json));
    }

    fn accepting(accept: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))])
    }

    #[test]
    fn english_is_for_whoever_prefers_it() {
        for (accepted, expected) in [
            ("", Language::Italian),
            ("en", Language::English),
            ("en-GB,it;q=0.5", Language::English),
            ("it,en;q=0.9", Language::Italian),
            ("de, en;q=0.3", Language::English),
            ("en;q=0", Language::Italian),
            ("en;q=x", Language::Italian),
            ("*", Language::Italian),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
            assert_eq!(language(&headers), expected, "{accepted}");
        }
    }
}
