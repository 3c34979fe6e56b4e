//! Idempotency keys: the same request sent again gets the same answer.

use sqlx::{AnyExecutor, Row};
use time::UtcDateTime;

use crate::crypto::Digest;
use crate::domain::id::{TokenId, VerificationId};
use crate::store::change::in_time;
use crate::store::{Store, StoreError, micros};

/// A key, and what it was used for.
#[derive(Clone, Debug)]
pub struct KeyUse {
    /// Whose key.
    pub token: TokenId,
    /// The key, as it was sent.
    pub key: String,
    /// SHA-256 of the request.
    pub fingerprint: Digest,
}

impl Store {
    /// What a key was used for: fingerprint and verification.
    pub async fn key_use(&self, token: TokenId, key: &str) -> Result<Option<(Vec<u8>, VerificationId)>, StoreError> {
        in_time(find(self.pool(), token, key)).await
    }
}

pub(super) async fn find<'e>(
    executor: impl AnyExecutor<'e>,
    token: TokenId,
    key: &str,
) -> Result<Option<(Vec<u8>, VerificationId)>, StoreError> {
    let sql = "SELECT fingerprint, verification_id FROM idempotency_keys WHERE token_id = $1 AND key = $2";
    let row = sqlx::query(sql).bind(token.to_string()).bind(key.to_owned()).fetch_optional(executor).await?;
    let Some(row) = row else { return Ok(None) };
    let id: String = row.try_get(1)?;
    Ok(Some((row.try_get(0)?, id.parse().map_err(|_| StoreError::Damaged("an identifier"))?)))
}

/// Erases the keys of a verification, or of a request for one.
pub(super) async fn forget<'e>(executor: impl AnyExecutor<'e>, id: VerificationId) -> Result<(), StoreError> {
    let sql = "DELETE FROM idempotency_keys WHERE verification_id = $1";
    sqlx::query(sql).bind(id.to_string()).execute(executor).await?;
    Ok(())
}

pub(super) async fn insert<'e>(
    executor: impl AnyExecutor<'e>,
    used: &KeyUse,
    verification: VerificationId,
    now: UtcDateTime,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO idempotency_keys (token_id, key, fingerprint, verification_id, created_at) \
               VALUES ($1, $2, $3, $4, $5)";
    sqlx::query(sql)
        .bind(used.token.to_string())
        .bind(used.key.clone())
        .bind(used.fingerprint.as_bytes().to_vec())
        .bind(verification.to_string())
        .bind(micros(now))
        .execute(executor)
        .await?;
    Ok(())
}
