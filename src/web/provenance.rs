//! Whether a submission comes from our own form (cross-site request forgery), without keeping anything.
//!
//! Three things must agree: what the browser says of itself (`Sec-Fetch-Site`), the origin that it names (`Origin`), and
//! a token that stands both in a cookie and in the form. No other site can read or set either copy of the token: the
//! prefix `__Host-` keeps other hosts of the domain from planting the cookie, `SameSite=Strict` keeps the browser from
//! sending it along with foreign requests.

use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Uri};

use crate::crypto::{DigestAlgorithm, NoRandomness, hex, random};

const COOKIE_NAME: &str = "__Host-varco-form";
/// Hexadecimal digits of a token.
const DIGITS: usize = 64;

/// The token of a form.
pub(super) struct FormToken(String);

impl FormToken {
    /// The token that the browser has, or a fresh one.
    pub(super) fn of_form(headers: &HeaderMap) -> Result<Self, NoRandomness> {
        match in_cookie(headers) {
            Some(token) => Ok(Self(token.to_owned())),
            None => Ok(Self(hex(&random::<{ DIGITS / 2 }>()?))),
        }
    }

    /// For the form.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// For the browser, until it is closed.
    pub(super) fn cookie(&self) -> String {
        format!("{COOKIE_NAME}={}; Path=/; Secure; HttpOnly; SameSite=Strict", self.0)
    }
}

/// Whether the token in the form is the one in the cookie.
pub(super) fn token_agrees(headers: &HeaderMap, in_form: &str) -> bool {
    // Digests are compared, so that the time it takes tells nothing about the token.
    let digest = |token: &str| DigestAlgorithm::Sha256.digest(token.as_bytes()).to_hex();
    in_cookie(headers).is_some_and(|in_cookie| digest(in_cookie) == digest(in_form))
}

/// Whether the browser says that our own page sends the request; one that says nothing is left to the token.
pub(super) fn is_own(headers: &HeaderMap, uri: &Uri) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    // `none`: the person repeats it, by reloading the answer for instance (Fetch Metadata §2.3).
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return false;
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let host = uri.authority().map(|authority| authority.as_str().as_bytes());
    let host = host.or_else(|| headers.get(HOST).map(HeaderValue::as_bytes));
    let named = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    named.is_some_and(|(_, named)| Some(named.as_bytes()) == host)
}

fn in_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut cookies = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    let (_, token) = cookies.find(|(name, _)| *name == COOKIE_NAME)?;
    let fits = token.len() == DIGITS && token.bytes().all(|octet| octet.is_ascii_hexdigit());
    fits.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn our_own_page_is_told_from_others() {
        let uri = Uri::from_static("/");
        for (site, origin, own) in [
            (Some("same-origin"), Some("https://varco.example:8443"), true),
            (Some("none"), Some("https://varco.example:8443"), true),
            (None, Some("https://varco.example:8443"), true),
            (None, None, true),
            (Some("cross-site"), None, false),
            (Some("same-site"), Some("https://varco.example:8443"), false),
            (Some("same-origin"), Some("https://other.example"), false),
            (None, Some("https://varco.example"), false),
            (None, Some("null"), false),
        ] {
            let mut pairs = vec![("host", "varco.example:8443")];
            pairs.extend(site.map(|site| ("sec-fetch-site", site)));
            pairs.extend(origin.map(|origin| ("origin", origin)));
            assert_eq!(is_own(&headers(&pairs), &uri), own, "{pairs:?}");
        }
    }

    #[test]
    fn a_token_agrees_with_its_cookie_only() {
        let token = FormToken::of_form(&HeaderMap::new()).unwrap();
        let other = FormToken::of_form(&HeaderMap::new()).unwrap();
        let pair = token.cookie();
        let with_cookie = headers(&[("cookie", &format!("a=b; {}", pair.split(';').next().unwrap()))]);
        assert!(token_agrees(&with_cookie, token.as_str()));
        assert!(!token_agrees(&with_cookie, other.as_str()));
        assert!(!token_agrees(&with_cookie, ""));
        assert!(!token_agrees(&HeaderMap::new(), token.as_str()));
        assert!(!token_agrees(&headers(&[("cookie", "__Host-varco-form=")]), ""));
        assert_eq!(FormToken::of_form(&with_cookie).unwrap().as_str(), token.as_str());
    }
}
