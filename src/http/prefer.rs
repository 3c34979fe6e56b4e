//! What the caller would rather have (RFC 7240).

use axum::http::HeaderMap;
use axum::http::header::HeaderName;

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// Whether the caller would rather have an answer at once and the result later (§4.1).
pub(super) fn respond_async(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    values.any(|value| preferences(value).any(is_respond_async))
}

/// The preferences of a list, each with its value and parameters; a comma in a quoted string separates nothing.
fn preferences(value: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    value.split(move |character| {
        let separates = character == ',' && !quoted;
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        separates
    })
}

/// `respond-async` has no value; an empty one is the same as none (§2).
fn is_respond_async(preference: &str) -> bool {
    let named = preference.split(';').next().unwrap_or(preference);
    let (name, value) = named.split_once('=').unwrap_or((named, ""));
    name.trim().eq_ignore_ascii_case("respond-async") && ["", "\"\""].contains(&value.trim())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_preference_is_found_among_others() {
        for (values, expected) in [
            (&["respond-async"][..], true),
            (&["Respond-Async, wait=10"], true),
            (&["wait=10, respond-async;x=1"], true),
            (&["handling=lenient", "respond-async"], true),
            (&["respond-async=\"\""], true),
            (&[], false),
            (&[""], false),
            (&["respond-asynchronously"], false),
            (&["respond-async=no"], false),
            (&["note=\"a, respond-async, b\""], false),
            (&["note=\"a\\\", respond-async\""], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(PREFER, HeaderValue::from_static(value));
            }
            assert_eq!(respond_async(&headers), expected, "{values:?}");
        }
    }
}
