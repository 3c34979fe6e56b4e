//! Why a remote provider made no signature.

use serde::Deserialize;

use crate::sign::timestamp::TimestampError;
use crate::verify::escape;

/// Why a call of the API came to nothing. No signature is released, and no secret is in any of these.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The provider refused, and says why.
    #[error(transparent)]
    Refused(Refusal),
    /// The answer is not what the API lays down.
    #[error("{0}: the answer cannot be understood")]
    Malformed(&'static str),
    /// The provider switched the credential off.
    #[error("the provider has disabled the credential")]
    Disabled,
    /// The credential is opened on a page of the provider's (`oauth2code`), which takes a browser.
    #[error("the credential is authorised on a page of the provider")]
    OnAPage,
    /// What opens the credential can be chosen from, or is of a kind that is not known.
    #[error("the credential is opened in a way that is not supported: {0}")]
    Unsupported(String),
    /// More signatures than one authorisation covers.
    #[error("{asked} signatures, of which one authorisation covers {allowed}")]
    TooMany {
        /// So many hashes.
        asked: usize,
        /// `multisign` of the credential, or [`crate::sign::remote::MAX_HASHES`].
        allowed: usize,
    },
    /// No hash, or hashes of several algorithms or of another than the signature's.
    #[error("there are no hashes, or not of the algorithm of the signature")]
    Hashes,
    /// The key does not sign in the way that was prepared.
    #[error("the key does not sign in this way: it offers {}", .0.join(", "))]
    Algorithm(Vec<String>),
    /// Something that opens the credential was not given.
    #[error("{0} is missing")]
    Missing(String),
    /// The authorisation, or the access to the service, was for a time that is over.
    #[error("the authorisation has expired")]
    Expired,
    /// The answer has another number of signatures than there were hashes.
    #[error("{got} signatures for {asked} hashes")]
    Count {
        /// So many hashes.
        asked: usize,
        /// So many signatures.
        got: usize,
    },
    /// A signature does not hold under the certificate. All of the answer is thrown away.
    #[error("signature {0} does not hold under the certificate of the credential")]
    WrongSignature(usize),
    /// The timestamp proves nothing.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
}

/// The provider's own cause of failure (CSC API v2 §10.2): short, fit to be shown, and without what was sent to it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("HTTP status {status}{}{}", prefixed(.error.as_deref()), prefixed(.description.as_deref()))]
pub struct Refusal {
    /// Status of HTTP.
    pub status: u16,
    /// `error`: a word such as `invalid_request`.
    pub error: Option<String>,
    /// `error_description`, for people.
    pub description: Option<String>,
}

/// The most characters of each that are passed on.
const MAX_ERROR: usize = 60;
const MAX_DESCRIPTION: usize = 300;

#[derive(Default, Deserialize)]
struct Body {
    error: Option<String>,
    error_description: Option<String>,
}

impl Refusal {
    /// Reads what an error says of itself; what repeats one of `secrets` is left out.
    pub(super) fn read(status: u16, octets: &[u8], secrets: &[&str]) -> Self {
        let body: Body = serde_json::from_slice(octets).unwrap_or_default();
        let shown = |text: Option<String>, max: usize| {
            let text = text.filter(|text| !text.trim().is_empty())?;
            let repeats = secrets.iter().any(|secret| !secret.is_empty() && text.contains(secret));
            (!repeats).then(|| escape(&text.chars().take(max).collect::<String>()))
        };
        Self {
            status,
            error: shown(body.error, MAX_ERROR),
            description: shown(body.error_description, MAX_DESCRIPTION),
        }
    }
}

fn prefixed(text: Option<&str>) -> String {
    text.map(|text| format!(": {text}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_passed_on_short_escaped_and_without_secrets() {
        let read = |body: &str| Refusal::read(400, body.as_bytes(), &["123456", ""]);
        let refusal = read(r#"{"error":"invalid_otp","error_description":"The OTP is\u001b[2J invalid"}"#);
        assert_eq!(refusal.to_string(), "HTTP status 400: invalid_otp: The OTP is\\u{1b}[2J invalid");
        let refusal = read(r#"{"error":"invalid_request","error_description":"wrong PIN 123456"}"#);
        assert_eq!((refusal.error.as_deref(), refusal.description), (Some("invalid_request"), None));
        let long = format!(r#"{{"error":"{}","error_description":"{}"}}"#, "e".repeat(5_000), "d".repeat(5_000));
        assert_eq!(read(&long).to_string().len(), "HTTP status 400: : ".len() + MAX_ERROR + MAX_DESCRIPTION);
        for garbage in ["", "<html>", "[]", r#"{"error":7}"#, "{", "null"] {
            assert_eq!(read(garbage), Refusal { status: 400, error: None, description: None }, "{garbage}");
        }
    }
}
