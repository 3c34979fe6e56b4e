//! Idempotency keys: the same request sent again gets the same answer.

use std::collections::HashMap;

use futures_util::future::BoxFuture;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use time::UtcDateTime;

use crate::crypto::Digest;
use crate::domain::id::{TokenId, VerificationId};
use crate::store::lookup::{Known, Question};
use crate::store::{Store, StoreError, micros, rows};

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

/// What a key was used for before.
#[derive(Clone, Debug)]
pub struct EarlierUse {
    /// SHA-256 of the request.
    pub fingerprint: Vec<u8>,
    /// What came of the request.
    pub id: VerificationId,
}

/// Whose key, and which.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(super) struct KeyOf {
    token: TokenId,
    key: String,
}

impl KeyUse {
    /// Whose, and which.
    pub(super) fn of(&self) -> KeyOf {
        KeyOf { token: self.token, key: self.key.clone() }
    }
}

impl Store {
    /// What a key was used for.
    pub async fn key_use(&self, token: TokenId, key: &str) -> Result<Option<EarlierUse>, StoreError> {
        self.key_uses().ask(KeyOf { token, key: key.to_owned() }).await
    }
}

impl Question for KeyOf {
    type Answer = EarlierUse;

    fn find<'a>(questions: &'a [&'a Self], connection: &'a mut AnyConnection) -> BoxFuture<'a, Known<Self>> {
        Box::pin(async move {
            let select =
                "SELECT token_id, key, fingerprint, verification_id FROM idempotency_keys WHERE (token_id, key)";
            let rows = rows::find(connection, (select, 2), questions, |query, key| {
                query.bind(key.token.to_string()).bind(key.key.clone())
            });
            let rows = rows.await?;
            rows.iter().map(earlier_use).collect()
        })
    }
}

fn earlier_use(row: &AnyRow) -> Result<(KeyOf, EarlierUse), StoreError> {
    let (token, id): (String, String) = (row.try_get(0)?, row.try_get(3)?);
    let token = token.parse().map_err(|_| StoreError::Damaged("an identifier"))?;
    let id = id.parse().map_err(|_| StoreError::Damaged("an identifier"))?;
    Ok((KeyOf { token, key: row.try_get(1)? }, EarlierUse { fingerprint: row.try_get(2)?, id }))
}

/// The keys of a group of changes: those that were used before, and those that are used now.
#[derive(Default)]
pub(super) struct Keys {
    used: HashMap<KeyOf, EarlierUse>,
    new: Vec<(KeyUse, VerificationId, UtcDateTime)>,
}

impl Keys {
    /// Of these, those that were used before.
    pub(super) async fn load(keys: Vec<KeyOf>, connection: &mut AnyConnection) -> Result<Self, StoreError> {
        if keys.is_empty() {
            return Ok(Self::default());
        }
        let keys: Vec<&KeyOf> = keys.iter().collect();
        Ok(Self { used: KeyOf::find(&keys, connection).await?, new: Vec::new() })
    }

    /// What a key was used for, in this group or before.
    pub(super) fn find(&self, key: &KeyUse) -> Option<&EarlierUse> {
        self.used.get(&key.of())
    }

    /// A key is used.
    pub(super) fn add(&mut self, key: &KeyUse, id: VerificationId, now: UtcDateTime) {
        let fingerprint = key.fingerprint.as_bytes().to_vec();
        self.used.insert(key.of(), EarlierUse { fingerprint, id });
        self.new.push((key.clone(), id, now));
    }

    /// Erases those of a verification.
    pub(super) async fn forget(
        &mut self,
        connection: &mut AnyConnection,
        id: VerificationId,
    ) -> Result<(), StoreError> {
        self.used.retain(|_, earlier| earlier.id != id);
        let sql = "DELETE FROM idempotency_keys WHERE verification_id = $1";
        sqlx::query(sql).bind(id.to_string()).execute(connection).await?;
        Ok(())
    }

    /// Writes the new ones.
    pub(super) async fn write(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let insert = "INSERT INTO idempotency_keys (token_id, key, fingerprint, verification_id, created_at) VALUES";
        rows::insert(connection, (insert, 5), &self.new, |query, (used, id, now)| {
            query
                .bind(used.token.to_string())
                .bind(used.key.clone())
                .bind(used.fingerprint.as_bytes().to_vec())
                .bind(id.to_string())
                .bind(micros(*now))
        })
        .await
    }
}
