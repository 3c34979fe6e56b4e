//! Tokens of portals: made, recognised, revoked. Only their digest is kept.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use time::UtcDateTime;

use crate::crypto::{Digest, DigestAlgorithm, NoRandomness, random};
use crate::domain::actor::{Actor, Permission};
use crate::domain::id::TokenId;
use crate::store::{CreateToken, RevokeToken, Store, StoreError, StoredToken};

/// What a token begins with, so that scanners for leaked secrets find it.
const PREFIX: &str = "varco_";
/// Octets of chance in a token: too many to guess, so a plain digest of it can be kept (no salt, no stretching).
const SECRET_LEN: usize = 32;
/// The most letters of a token's name.
pub const MAX_NAME: usize = 100;

/// A program that showed a valid token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// Its token.
    pub token: TokenId,
    /// What it may do.
    pub permissions: BTreeSet<Permission>,
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Who it is for, in words.
    pub name: String,
    /// What it allows.
    pub scopes: BTreeSet<Permission>,
    /// When it ends.
    pub expires_at: Option<UtcDateTime>,
}

/// Why a token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// No name, or one of more than [`MAX_NAME`] letters, or with control characters.
    #[error("a token needs a name of 1 to {MAX_NAME} printable letters")]
    BadName,
    /// It would allow nothing.
    #[error("a token needs a scope")]
    NoScope,
    /// It would be over already.
    #[error("the token would have expired already")]
    Expired,
    /// No secret could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a token. The secret is in the answer and nowhere else: it cannot be shown again.
pub async fn create(
    store: &Store,
    actor: Actor,
    new: NewToken,
    now: UtcDateTime,
) -> Result<(StoredToken, SecretString), TokenError> {
    let letters = new.name.chars().count();
    if letters == 0 || letters > MAX_NAME || new.name.chars().any(char::is_control) {
        return Err(TokenError::BadName);
    }
    if new.scopes.is_empty() {
        return Err(TokenError::NoScope);
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(TokenError::Expired);
    }
    let secret = SecretString::from(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::<SECRET_LEN>()?)));
    let token = StoredToken {
        id: TokenId::new(random()?, now),
        name: new.name,
        scopes: new.scopes,
        created_at: now,
        expires_at: new.expires_at,
        revoked_at: None,
    };
    let digest = digest(&secret);
    store.change(CreateToken { token: token.clone(), digest, actor }).await?;
    Ok((token, secret))
}

/// Who shows this token; `None` if it is unknown, expired or revoked.
///
/// It is looked up by its digest, so the time that takes tells nothing about tokens that exist.
pub async fn recognise(store: &Store, secret: &SecretString, now: UtcDateTime) -> Result<Option<Caller>, StoreError> {
    let token = store.token_by_digest(&digest(secret)).await?.filter(|token| token.is_valid(now));
    Ok(token.map(|token| Caller { token: token.id, permissions: token.scopes }))
}

/// Revokes a token at once; says whether there was such a token that was not revoked yet.
pub async fn revoke(store: &Store, actor: Actor, id: TokenId, now: UtcDateTime) -> Result<bool, StoreError> {
    store.change(RevokeToken { id, actor, at: now }).await
}

/// All tokens, the oldest first.
pub async fn list(store: &Store) -> Result<Vec<StoredToken>, StoreError> {
    store.tokens().await
}

fn digest(secret: &SecretString) -> Digest {
    DigestAlgorithm::Sha256.digest(secret.expose_secret().as_bytes())
}
