//! Opening a credential: one-time passwords, `credentials/authorize`, and what it gives, signature activation data.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use crate::sign::remote::call::parse;
use crate::sign::remote::oauth2::expiry;
use crate::sign::remote::wire::{Exposed, Received, json};
use crate::sign::remote::{
    AuthObject, Body, Call, CredentialInfo, Entered, Factor, RemoteError, SignHash, Transaction, Version,
};
use crate::verify::escape;

/// `credentials/sendOTP` (v1 §11.8): the provider sends a one-time password to the person.
#[derive(Clone, Copy, Debug)]
pub struct SendOtp<'a>(pub &'a CredentialInfo);

/// `credentials/getChallenge` (v2 §11.8): the same, or a question that the person answers.
#[derive(Clone, Copy, Debug)]
pub struct GetChallenge<'a> {
    /// The credential.
    pub credential: &'a CredentialInfo,
    /// What the challenge is for.
    pub object: &'a AuthObject,
}

/// What the person was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Challenge {
    /// Something that came by another way.
    Sent,
    /// This, fit to be shown.
    Question(String),
}

/// `credentials/authorize` (v1 §11.6, v2 §11.6): the person agrees that these hashes are signed.
#[derive(Debug)]
pub struct Authorize<'c> {
    transaction: Transaction<'c>,
    entered: Vec<(&'c AuthObject, Option<Entered>)>,
}

/// What came of it.
#[derive(Debug)]
pub enum Authorization<'c> {
    /// The credential is open.
    Given(Sad<'c>),
    /// The person is still being asked, on a device of theirs.
    Underway(Handle<'c>),
}

/// An authorisation that is not given yet: it is asked for again, after a while.
#[derive(Debug)]
pub struct Handle<'c> {
    transaction: Transaction<'c>,
    value: SecretString,
}

/// `credentials/authorizeCheck` (v2 §11.7).
#[derive(Debug)]
pub struct AuthorizeCheck<'c>(Handle<'c>);

/// Signature activation data: they open the key for the hashes that they were given for, once and for a time. They never print,
/// are wiped when they are dropped, and cannot be copied.
#[derive(Debug)]
pub struct Sad<'c> {
    pub(super) transaction: Transaction<'c>,
    pub(super) value: SecretString,
    expires: UtcDateTime,
}

impl<'c> Sad<'c> {
    /// Spends them on the hashes they are for, unless their time is over.
    pub fn spend(self, now: UtcDateTime) -> Result<SignHash<'c>, RemoteError> {
        if now < self.expires { Ok(SignHash::new(self)) } else { Err(RemoteError::Expired) }
    }
}

impl<'c> Handle<'c> {
    /// Asks again.
    pub fn check(self) -> AuthorizeCheck<'c> {
        AuthorizeCheck(self)
    }
}

impl<'c> Transaction<'c> {
    /// Binds what a person entered to the hashes: for each of [`Transaction::objects`] what `entered` has for it.
    pub fn authorize(
        self,
        mut entered: impl FnMut(&AuthObject) -> Option<Entered>,
    ) -> Result<Authorize<'c>, RemoteError> {
        let with_value = |object: &'c AuthObject| match object.factor {
            Factor::OutOfBand => Ok((object, None)),
            Factor::Pin | Factor::Otp | Factor::SentOtp => match entered(object) {
                Some(value) => Ok((object, Some(value))),
                None => Err(RemoteError::Missing(escape(&object.id))),
            },
        };
        let entered = self.objects()?.iter().map(with_value).collect::<Result<_, _>>()?;
        Ok(Authorize { transaction: self, entered })
    }
}

#[derive(Serialize)]
struct Challenged<'a> {
    #[serde(rename = "credentialID")]
    credential: &'a str,
    #[serde(rename = "authObjectID", skip_serializing_if = "Option::is_none")]
    object: Option<&'a str>,
}

#[derive(Deserialize)]
struct ChallengeAnswer {
    challenge: String,
}

impl Call for SendOtp<'_> {
    type Answer = Challenge;

    fn method(&self) -> &'static str {
        "credentials/sendOTP"
    }

    fn body(&self) -> Body {
        Body::json(json(&Challenged { credential: &self.0.id, object: None }))
    }

    fn accept(self, _status: u16, _body: &[u8], _asked_at: UtcDateTime) -> Result<Challenge, RemoteError> {
        Ok(Challenge::Sent)
    }
}

impl Call for GetChallenge<'_> {
    type Answer = Challenge;

    fn method(&self) -> &'static str {
        "credentials/getChallenge"
    }

    fn body(&self) -> Body {
        Body::json(json(&Challenged { credential: &self.credential.id, object: Some(&self.object.id) }))
    }

    /// 200 brings a question; 201 and 204 say that it went another way (v2 §8.3.1.4, §11.8).
    fn accept(self, status: u16, body: &[u8], _asked_at: UtcDateTime) -> Result<Challenge, RemoteError> {
        if status != 200 {
            return Ok(Challenge::Sent);
        }
        let answer: ChallengeAnswer = parse(self.method(), body)?;
        Ok(Challenge::Question(escape(&answer.challenge.chars().take(300).collect::<String>())))
    }
}

#[derive(Serialize)]
struct V1<'a> {
    #[serde(rename = "credentialID")]
    credential: &'a str,
    #[serde(rename = "numSignatures")]
    signatures: usize,
    hash: Vec<String>,
    #[serde(rename = "PIN", skip_serializing_if = "Option::is_none")]
    pin: Option<Exposed<'a>>,
    #[serde(rename = "OTP", skip_serializing_if = "Option::is_none")]
    otp: Option<Exposed<'a>>,
}

#[derive(Serialize)]
struct V2<'a> {
    #[serde(rename = "credentialID")]
    credential: &'a str,
    #[serde(rename = "numSignatures")]
    signatures: usize,
    hashes: Vec<String>,
    #[serde(rename = "hashAlgorithmOID")]
    digest: &'a str,
    #[serde(rename = "authData")]
    data: Vec<AuthData<'a>>,
}

#[derive(Serialize)]
struct AuthData<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Exposed<'a>>,
}

/// `credentials/authorize` and `credentials/authorizeCheck` answer alike.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SAD")]
    sad: Option<Received>,
    #[serde(rename = "expiresIn")]
    expires_in: Option<u32>,
    handle: Option<Received>,
}

impl<'c> Call for Authorize<'c> {
    type Answer = Authorization<'c>;

    fn method(&self) -> &'static str {
        "credentials/authorize"
    }

    fn body(&self) -> Body {
        let (credential, signatures) = (self.transaction.credential, self.transaction.len());
        let hashes = self.transaction.hashes();
        let of = |id: &str| {
            self.entered.iter().find(|(object, _)| object.id == id).and_then(|(_, value)| exposed(value.as_ref()))
        };
        let data =
            self.entered.iter().map(|(object, value)| AuthData { id: &object.id, value: exposed(value.as_ref()) });
        let credential_id = &credential.id;
        Body::json(match credential.version {
            Version::V1 => {
                json(&V1 { credential: credential_id, signatures, hash: hashes, pin: of("PIN"), otp: of("OTP") })
            }
            Version::V2 => json(&V2 {
                credential: credential_id,
                signatures,
                hashes,
                digest: &self.transaction.algorithm.digest,
                data: data.collect(),
            }),
        })
    }

    fn secrets(&self) -> Vec<&str> {
        self.entered.iter().filter_map(|(_, value)| Some(value.as_ref()?.secret().expose_secret())).collect()
    }

    fn accept(self, status: u16, body: &[u8], asked_at: UtcDateTime) -> Result<Authorization<'c>, RemoteError> {
        let method = self.method();
        answer(self.transaction, method, status, body, asked_at)
    }
}

fn exposed(entered: Option<&Entered>) -> Option<Exposed<'_>> {
    entered.map(|entered| Exposed(entered.secret()))
}

#[derive(Serialize)]
struct Check<'a> {
    handle: Exposed<'a>,
}

impl<'c> Call for AuthorizeCheck<'c> {
    type Answer = Authorization<'c>;

    fn method(&self) -> &'static str {
        "credentials/authorizeCheck"
    }

    fn body(&self) -> Body {
        Body::json(json(&Check { handle: Exposed(&self.0.value) }))
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.0.value.expose_secret()]
    }

    fn accept(self, status: u16, body: &[u8], asked_at: UtcDateTime) -> Result<Authorization<'c>, RemoteError> {
        let method = self.method();
        answer(self.0.transaction, method, status, body, asked_at)
    }
}

/// 200 brings signature activation data, 202 a handle (v2 §11.6).
fn answer<'c>(
    transaction: Transaction<'c>,
    method: &'static str,
    status: u16,
    body: &[u8],
    asked_at: UtcDateTime,
) -> Result<Authorization<'c>, RemoteError> {
    let answer: Answer = parse(method, body)?;
    match (status, answer.sad, answer.handle) {
        (202, None, Some(handle)) if transaction.credential.version == Version::V2 => {
            Ok(Authorization::Underway(Handle { transaction, value: handle.0 }))
        }
        (200, Some(sad), _) => {
            let expires = expiry(asked_at, answer.expires_in);
            Ok(Authorization::Given(Sad { transaction, value: sad.0, expires }))
        }
        _ => Err(RemoteError::Malformed(method)),
    }
}
