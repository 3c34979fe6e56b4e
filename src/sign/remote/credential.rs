//! Credentials: a key of the provider's, its certificate, and what opens it (`credentials/list`, `credentials/info`).

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use crate::sign::remote::call::parse;
use crate::sign::remote::wire::{from_base64, json};
use crate::sign::remote::{Body, Call, RemoteError, Version};
use crate::verify::escape;

/// More credentials of one person are not looked at.
const MAX_CREDENTIALS: usize = 1_000;
/// More certificates above one are not taken.
const MAX_CHAIN: usize = 10;
/// More things to enter are not asked for.
const MAX_OBJECTS: usize = 10;

/// `credentials/list` (v1 §11.4, v2 §11.4), of whoever the access token is about.
#[derive(Clone, Copy, Debug)]
pub struct CredentialsList;

/// `credentials/info` (v1 §11.5, v2 §11.5) with the chain of certificates.
#[derive(Clone, Copy, Debug)]
pub struct CredentialsInfo<'a> {
    /// The credential.
    pub credential: &'a str,
    /// How the provider speaks.
    pub version: Version,
}

/// A credential. The certificate is as the provider gave it; what it is worth is not judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CredentialInfo {
    /// `credentialID`.
    pub id: String,
    /// The edition of the API that told of it.
    pub version: Version,
    /// Whether its key can be used.
    pub enabled: bool,
    /// Identifiers of the algorithms of its key, in dotted form.
    pub algorithms: Vec<String>,
    /// DER of its certificate, then of those above.
    pub certificates: Vec<Vec<u8>>,
    /// What opens it.
    pub mode: AuthMode,
    /// How many signatures one authorisation covers.
    pub multisign: usize,
}

/// What opens a credential (v1 `authMode`, v2 `auth/mode`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AuthMode {
    /// These, all of them; none where the provider decides by itself.
    Explicit(Vec<AuthObject>),
    /// A page of the provider's.
    OAuth2Code,
}

/// Something that opens a credential (v2 §8.3; v1 `PIN` and `OTP`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuthObject {
    /// Its name in the API.
    pub id: String,
    /// What it is.
    pub factor: Factor,
    /// What to call it, fit to be shown.
    pub label: Option<String>,
}

/// Kinds of what opens a credential.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Factor {
    /// A secret that stays the same.
    Pin,
    /// A secret for one time, from a device of the person's.
    Otp,
    /// A secret for one time that the provider sends when it is asked to.
    SentOtp,
    /// Nothing is entered here: the person is asked on a device of theirs.
    OutOfBand,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Deserialize)]
struct List {
    #[serde(rename = "credentialIDs")]
    ids: Vec<String>,
}

impl Call for CredentialsList {
    type Answer = Vec<String>;

    fn method(&self) -> &'static str {
        "credentials/list"
    }

    fn body(&self) -> Body {
        Body::json(json(&Empty {}))
    }

    fn accept(self, _status: u16, body: &[u8], _asked_at: UtcDateTime) -> Result<Vec<String>, RemoteError> {
        let list: List = parse(self.method(), body)?;
        if list.ids.len() > MAX_CREDENTIALS {
            return Err(RemoteError::Malformed(self.method()));
        }
        Ok(list.ids)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    #[serde(rename = "credentialID")]
    credential: &'a str,
    certificates: &'static str,
    cert_info: bool,
    auth_info: bool,
}

#[derive(Deserialize)]
struct Answer {
    key: Key,
    cert: Cert,
    multisign: u64,
    // v2
    auth: Option<Auth>,
    // v1
    #[serde(rename = "authMode")]
    auth_mode: Option<String>,
    #[serde(rename = "PIN")]
    pin: Option<Presence>,
    #[serde(rename = "OTP")]
    otp: Option<Presence>,
}

#[derive(Deserialize)]
struct Key {
    status: String,
    algo: Vec<String>,
}

#[derive(Deserialize)]
struct Cert {
    certificates: Vec<String>,
}

#[derive(Deserialize)]
struct Auth {
    mode: String,
    expression: Option<String>,
    #[serde(default)]
    objects: Vec<Object>,
}

#[derive(Deserialize)]
struct Object {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    label: Option<String>,
    generator: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Presence {
    /// `true`, `false` or `optional`; some providers send a boolean.
    #[serde(rename = "presence")]
    wanted: serde_json::Value,
    #[serde(rename = "type")]
    kind: Option<String>,
    label: Option<String>,
}

impl Call for CredentialsInfo<'_> {
    type Answer = CredentialInfo;

    fn method(&self) -> &'static str {
        "credentials/info"
    }

    fn body(&self) -> Body {
        let question =
            Question { credential: self.credential, certificates: "chain", cert_info: false, auth_info: true };
        Body::json(json(&question))
    }

    fn accept(self, _status: u16, body: &[u8], _asked_at: UtcDateTime) -> Result<CredentialInfo, RemoteError> {
        let malformed = || RemoteError::Malformed("credentials/info");
        let answer: Answer = parse(self.method(), body)?;
        let certificates = answer.cert.certificates;
        if certificates.is_empty() || certificates.len() > MAX_CHAIN || answer.key.algo.len() > 100 {
            return Err(malformed());
        }
        let certificates: Option<Vec<_>> = certificates.iter().map(|text| from_base64(text)).collect();
        let mode = match self.version {
            Version::V1 => v1_mode(answer.auth_mode.as_deref(), answer.pin, answer.otp)?,
            Version::V2 => v2_mode(answer.auth.ok_or_else(malformed)?)?,
        };
        Ok(CredentialInfo {
            id: self.credential.to_owned(),
            version: self.version,
            enabled: answer.key.status == "enabled",
            algorithms: answer.key.algo.iter().map(|algorithm| escape(algorithm)).collect(),
            certificates: certificates.ok_or_else(malformed)?,
            mode,
            multisign: usize::try_from(answer.multisign).unwrap_or(usize::MAX),
        })
    }
}

fn v1_mode(mode: Option<&str>, pin: Option<Presence>, otp: Option<Presence>) -> Result<AuthMode, RemoteError> {
    match mode {
        Some("implicit") => Ok(AuthMode::Explicit(Vec::new())),
        Some("oauth2code") => Ok(AuthMode::OAuth2Code),
        Some("explicit") => {
            let pin = pin.map(|pin| pin.object("PIN", |_| Factor::Pin));
            let sent = |kind: Option<&str>| if kind == Some("online") { Factor::SentOtp } else { Factor::Otp };
            let otp = otp.map(|otp| otp.object("OTP", sent));
            Ok(AuthMode::Explicit([pin, otp].into_iter().flatten().flatten().collect()))
        }
        _ => Err(RemoteError::Malformed("credentials/info")),
    }
}

impl Presence {
    /// What is optional is not asked for.
    fn object(self, id: &str, factor: impl FnOnce(Option<&str>) -> Factor) -> Option<AuthObject> {
        let asked = self.wanted == true || self.wanted == "true";
        let factor = factor(self.kind.as_deref());
        asked.then(|| AuthObject { id: id.to_owned(), factor, label: self.label.as_deref().map(escape) })
    }
}

fn v2_mode(auth: Auth) -> Result<AuthMode, RemoteError> {
    match auth.mode.as_str() {
        // v1 knew it, and services of v2 still say it.
        "implicit" => return Ok(AuthMode::Explicit(Vec::new())),
        "oauth2code" => return Ok(AuthMode::OAuth2Code),
        "explicit" if auth.objects.len() <= MAX_OBJECTS => {}
        _ => return Err(RemoteError::Malformed("credentials/info")),
    }
    // Where there is a choice, which way to take is not ours to say.
    let expression = auth.expression.unwrap_or_default();
    if expression.split([' ', '(', ')']).any(|word| matches!(word, "OR" | "XOR")) {
        return Err(RemoteError::Unsupported(escape(&expression.chars().take(100).collect::<String>())));
    }
    auth.objects.into_iter().map(AuthObject::of).collect::<Result<_, _>>().map(AuthMode::Explicit)
}

impl AuthObject {
    fn of(object: Object) -> Result<Self, RemoteError> {
        let factor = match object.kind.as_str() {
            // Both are passwords to the API (v2 §8.3.1.1, §8.3.1.2); only their names tell them apart.
            "Password" if object.generator.is_some() || object.id.to_ascii_uppercase().contains("OTP") => Factor::Otp,
            "Password" => Factor::Pin,
            "ChallengeResponse" => Factor::SentOtp,
            "PasswordOOB" | "ChallengeResponseOOB" => Factor::OutOfBand,
            other => return Err(RemoteError::Unsupported(escape(&other.chars().take(100).collect::<String>()))),
        };
        Ok(Self { id: object.id, factor, label: object.label.as_deref().map(escape) })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;

    fn info(version: Version, rest: &str) -> Result<AuthMode, RemoteError> {
        let body = format!(
            r#"{{"key":{{"status":"enabled","algo":["1.2.3"]}},"cert":{{"certificates":["MAA=\r\n"]}},"multisign":5,{rest}}}"#
        );
        let call = CredentialsInfo { credential: "a", version };
        let info = call.accept(200, body.as_bytes(), utc_datetime!(2026-01-01 0:00))?;
        assert_eq!((info.certificates, info.multisign), (vec![vec![0x30, 0]], 5));
        Ok(info.mode)
    }

    fn factors(mode: AuthMode) -> Vec<(String, Factor)> {
        match mode {
            AuthMode::Explicit(objects) => objects.into_iter().map(|object| (object.id, object.factor)).collect(),
            AuthMode::OAuth2Code => unreachable!(),
        }
    }

    #[test]
    fn both_editions_say_what_opens_a_credential() {
        let v1 = r#""authMode":"explicit","PIN":{"presence":"true"},"OTP":{"presence":"true","type":"online"}"#;
        let expected = [("PIN".to_owned(), Factor::Pin), ("OTP".to_owned(), Factor::SentOtp)];
        assert_eq!(factors(info(Version::V1, v1).unwrap()), expected);
        let v1 = r#""authMode":"explicit","PIN":{"presence":"optional"},"OTP":{"presence":true,"type":"offline"}"#;
        assert_eq!(factors(info(Version::V1, v1).unwrap()), [("OTP".to_owned(), Factor::Otp)]);
        assert_eq!(factors(info(Version::V1, r#""authMode":"implicit""#).unwrap()), []);
        assert_eq!(info(Version::V1, r#""authMode":"oauth2code""#).unwrap(), AuthMode::OAuth2Code);

        let object = |kind, id| format!(r#"{{"type":"{kind}","id":"{id}","label":"x"}}"#);
        let v2 = |objects: &[String], expression: &str| {
            let rest = format!(
                r#""auth":{{"mode":"explicit","expression":"{expression}","objects":[{}]}}"#,
                objects.join(",")
            );
            info(Version::V2, &rest)
        };
        let both = [object("Password", "PIN"), object("ChallengeResponse", "SMS")];
        let expected = [("PIN".to_owned(), Factor::Pin), ("SMS".to_owned(), Factor::SentOtp)];
        assert_eq!(factors(v2(&both, "PIN AND SMS").unwrap()), expected);
        assert!(matches!(v2(&both, "PIN OR SMS"), Err(RemoteError::Unsupported(_))));
        assert!(matches!(v2(&[object("Retina", "x")], ""), Err(RemoteError::Unsupported(kind)) if kind == "Retina"));
        let generated = r#"{"type":"Password","id":"code","generator":"totp"}"#.to_owned();
        assert_eq!(factors(v2(&[generated], "").unwrap()), [("code".to_owned(), Factor::Otp)]);
    }

    #[test]
    fn an_answer_of_the_other_edition_is_refused() {
        let v1 = r#""authMode":"implicit""#;
        assert!(matches!(info(Version::V2, v1), Err(RemoteError::Malformed(_))));
        assert!(matches!(info(Version::V1, r#""auth":{"mode":"explicit"}"#), Err(RemoteError::Malformed(_))));
    }
}
