//! Signing files with a key that a remote provider has: all are prepared, one authorisation is bound to all of their hashes,
//! and each result is written whole or not at all.

use std::fmt;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use time::UtcDateTime;

use crate::clock::{self, Countdown};
use crate::crypto::Digest;
use crate::fetch::{Api, FetchError, Limits, Post};
use crate::procedures::new_file::NewFile;
use crate::procedures::signing::files::folder_of;
use crate::procedures::signing::{FileError, Making, OtherHolder, Plan};
use crate::sign::remote::{
    self, AccessToken, AuthObject, Authorization, Call, Challenge, ClientCredentials, CredentialInfo, CredentialsInfo,
    CredentialsList, Entered, Factor, GetChallenge, Info, ProviderSettings, RemoteError, Sad, SendOtp, ServiceInfo,
    Timestamp, Transaction, Version,
};
use crate::sign::signer::{Signer, UnfitSigner};
use crate::sign::timestamp::{Query, Token};
use crate::verify::Context;

/// Bounds on one call: 500 signatures of RSA-8192 in base64 have 700 KB.
const LIMITS: Limits =
    Limits { max_bytes: 2 * 1024 * 1024, timeout: Duration::from_mins(1), connect_timeout: Duration::from_secs(5) };

/// So long a person may take to agree on a device of theirs, which is asked about so often.
const PATIENCE: Duration = Duration::from_mins(2);
const BETWEEN: Duration = Duration::from_secs(2);

/// Where nobody named a credential, more are not looked at one by one.
const MAX_LOOKED_AT: usize = 50;

/// A provider that was reached, and let us in.
pub struct Provider {
    settings: ProviderSettings,
    api: Api,
    token: Option<AccessToken>,
}

/// A credential that fits, and who signs with it.
#[derive(Debug)]
pub struct RemoteKey {
    /// The credential.
    pub credential: CredentialInfo,
    /// Who signs.
    pub signer: Signer,
}

/// Asks the person for what opens a credential: what it is, what the provider said about it, for how many signatures. `None`
/// gives up.
pub type Enter<'a> = dyn FnMut(&AuthObject, Option<&Challenge>, usize) -> Option<Entered> + 'a;

/// Why a provider made no signature. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The exchange failed.
    #[error("{method}: {error}")]
    Exchange {
        /// The method of the API.
        method: &'static str,
        /// What happened.
        error: FetchError,
    },
    /// This program cannot ask at all.
    #[error("nothing can be asked: {0}")]
    NotStarted(#[source] io::Error),
    /// What the API says.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The certificate of the credential is not fit.
    #[error(transparent)]
    Signer(UnfitSigner),
    /// No credential, or several, that fit.
    #[error("{} credentials fit", .fit.len())]
    Choice {
        /// Those that fit.
        fit: Vec<String>,
    },
    /// The certificate of the credential is not that of the person who was asked for.
    #[error(transparent)]
    OtherHolder(#[from] OtherHolder),
    /// The person did not enter it.
    #[error("{} was not entered", .0.id)]
    NotEntered(AuthObject),
    /// The person did not agree in time on a device of theirs.
    #[error("the person did not agree in time")]
    NotConfirmed,
}

impl Provider {
    /// Reaches a provider, and presents this program where the settings say so.
    pub fn connect(settings: ProviderSettings) -> Result<Self, ProviderError> {
        let api = Api::new(LIMITS).map_err(ProviderError::NotStarted)?;
        let client = settings.client.as_ref();
        let token =
            client.map(|client| exchange(&api, &client.oauth2_url, ClientCredentials(client), None)).transpose()?;
        Ok(Self { settings, api, token })
    }

    /// What it says of itself.
    pub fn info(&self) -> Result<ServiceInfo, ProviderError> {
        self.ask(Info)
    }

    /// The names of the credentials that it lets us see.
    pub fn credentials(&self) -> Result<Vec<String>, ProviderError> {
        self.ask(CredentialsList)
    }

    /// A credential, whether it fits or not.
    pub fn credential(&self, id: &str) -> Result<CredentialInfo, ProviderError> {
        self.ask(CredentialsInfo { credential: id, version: self.settings.version })
    }

    /// The key to sign with at `now`: that of the credential named, or of the only one that fits.
    pub fn find(&self, wanted: Option<&str>, now: UtcDateTime) -> Result<RemoteKey, ProviderError> {
        if let Some(id) = wanted {
            return RemoteKey::of(self.credential(id)?, now);
        }
        let ids = self.credentials()?;
        if ids.len() > MAX_LOOKED_AT {
            return Err(ProviderError::Choice { fit: ids });
        }
        let mut fit = Vec::new();
        for id in &ids {
            match RemoteKey::of(self.credential(id)?, now) {
                Ok(key) if key.credential.enabled => fit.push(key),
                Ok(_) | Err(ProviderError::Signer(_)) => {}
                Err(error) => return Err(error),
            }
        }
        match <[RemoteKey; 1]>::try_from(fit) {
            Ok([only]) => Ok(only),
            Err(fit) => Err(ProviderError::Choice { fit: fit.into_iter().map(|key| key.credential.id).collect() }),
        }
    }

    /// Has the hashes signed, in their order, under one authorisation that is bound to them. All values hold, or there is none.
    pub fn sign(
        &self,
        key: &RemoteKey,
        digests: Vec<Digest>,
        enter: &mut Enter<'_>,
    ) -> Result<Vec<Vec<u8>>, ProviderError> {
        let transaction = Transaction::new(&key.credential, &key.signer, digests)?;
        let mut entered = Vec::new();
        for object in transaction.objects()? {
            if object.factor == Factor::OutOfBand {
                continue;
            }
            let challenge = self.challenge(&key.credential, object)?;
            let value = enter(object, challenge.as_ref(), transaction.len());
            entered.push((object, value.ok_or_else(|| ProviderError::NotEntered(object.clone()))?));
        }
        let authorize = transaction.authorize(|asked| {
            let place = entered.iter().position(|(object, _)| *object == asked)?;
            Some(entered.swap_remove(place).1)
        })?;
        let sad = self.given(self.ask(authorize)?)?;
        self.ask(sad.spend(clock::now())?)
    }

    /// A timestamp of the provider's, of which only the answer to `query` is accepted.
    pub fn timestamp(&self, query: &Query, context: &Context<'_>) -> Result<Token, ProviderError> {
        self.ask(Timestamp { query, context })
    }

    /// Has a one-time password sent, or a question asked, where the credential wants that.
    fn challenge(&self, credential: &CredentialInfo, object: &AuthObject) -> Result<Option<Challenge>, ProviderError> {
        match (object.factor, credential.version) {
            (Factor::SentOtp, Version::V1) => self.ask(SendOtp(credential)).map(Some),
            (Factor::SentOtp, Version::V2) => self.ask(GetChallenge { credential, object }).map(Some),
            (Factor::Pin | Factor::Otp | Factor::OutOfBand, _) => Ok(None),
        }
    }

    /// Waits until the person has agreed.
    fn given<'c>(&self, mut authorization: Authorization<'c>) -> Result<Sad<'c>, ProviderError> {
        let patience = Countdown::start(PATIENCE);
        loop {
            match authorization {
                Authorization::Given(sad) => return Ok(sad),
                Authorization::Underway(_) if patience.is_over() => return Err(ProviderError::NotConfirmed),
                Authorization::Underway(handle) => {
                    thread::park_timeout(BETWEEN);
                    authorization = self.ask(handle.check())?;
                }
            }
        }
    }

    fn ask<C: Call>(&self, call: C) -> Result<C::Answer, ProviderError> {
        let bearer = self.token.as_ref().map(|token| token.bearer(clock::now())).transpose()?;
        exchange(&self.api, &self.settings.url, call, bearer)
    }
}

fn exchange<C: Call>(api: &Api, url: &str, call: C, bearer: Option<&SecretString>) -> Result<C::Answer, ProviderError> {
    let (method, body) = (call.method(), call.body());
    let address = format!("{}/{method}", url.trim_end_matches('/'));
    let asked_at = clock::now();
    let post = Post { address: &address, media_type: body.media_type, body: body.octets, bearer };
    let reply = api.post(post).map_err(|error| ProviderError::Exchange { method, error })?;
    Ok(remote::read(call, reply.status, &reply.body, bearer.map(ExposeSecret::expose_secret), asked_at)?)
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({})", self.settings.id)
    }
}

impl RemoteKey {
    /// Takes a credential whose certificate is fit to sign at `now`.
    fn of(credential: CredentialInfo, now: UtcDateTime) -> Result<Self, ProviderError> {
        let (own, above) = match credential.certificates.split_first() {
            Some((own, above)) => (own.as_slice(), above),
            None => (&[][..], &[][..]),
        };
        let signer = Signer::new(own, above, credential.algorithms(), now).map_err(ProviderError::Signer)?;
        Ok(Self { credential, signer })
    }
}

impl Plan {
    /// Signs all documents that can be signed, under one authorisation, and says of each what came of it. What cannot be
    /// prepared is told before the person is asked for anything.
    pub fn sign_remotely(
        &self,
        key: &RemoteKey,
        provider: &Provider,
        enter: &mut Enter<'_>,
        mut making: Making<'_>,
        each: &mut dyn FnMut(&Path, Result<&Path, FileError>),
    ) -> Result<(), ProviderError> {
        let mut opened = Vec::new();
        for (document, result) in &self.files {
            match making.open(document) {
                Ok(one) => opened.push((one, document, result)),
                Err(error) => each(document, Err(error)),
            }
        }
        let mut drafts = Vec::new();
        for (one, document, result) in &opened {
            let file = NewFile::begin(folder_of(result)).map_err(FileError::Result);
            match file.and_then(|file| Ok((file, making.prepare(one, &key.signer)?))) {
                Ok((file, prepared)) => drafts.push((one, prepared, file, document, result)),
                Err(error) => each(document, Err(error)),
            }
        }
        if drafts.is_empty() {
            return Ok(());
        }
        let digests = drafts.iter().map(|(_, prepared, ..)| *prepared.digest()).collect();
        let values = provider.sign(key, digests, enter)?;
        for ((one, prepared, file, document, result), value) in drafts.into_iter().zip(values) {
            let done = making.finish(one, prepared, &value, file, result);
            each(document, done.map(|()| result.as_path()));
        }
        Ok(())
    }
}
