//! Tokens: a digest, a name, scopes. The token itself is never kept.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use time::UtcDateTime;

use crate::audit::{Action, Event, Subject};
use crate::crypto::Digest;
use crate::domain::actor::{Actor, Permission};
use crate::domain::id::TokenId;
use crate::store::lookup::{Known, Question};
use crate::store::{Change, Store, StoreError, Tx, micros, rows, time};

/// A token as it is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredToken {
    /// Its identifier, which is no secret.
    pub id: TokenId,
    /// Who it was made for, in words.
    pub name: String,
    /// What it allows.
    pub scopes: BTreeSet<Permission>,
    /// When it was made.
    pub created_at: UtcDateTime,
    /// When it ends.
    pub expires_at: Option<UtcDateTime>,
    /// When it was revoked.
    pub revoked_at: Option<UtcDateTime>,
}

impl StoredToken {
    /// Whether it is good for anything now.
    pub fn is_valid(&self, now: UtcDateTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

impl Store {
    /// The token with a digest (SHA-256), whether it is still valid or not.
    pub async fn token_by_digest(&self, digest: &Digest) -> Result<Option<StoredToken>, StoreError> {
        self.tokens_by_digest().ask(TokenOf(digest.as_bytes().to_vec())).await
    }

    /// All tokens, the oldest first.
    pub async fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        let sql = "SELECT id, name, scopes, created_at, expires_at, revoked_at FROM tokens ORDER BY id";
        sqlx::query(sql).fetch_all(self.pool()).await?.iter().map(token).collect()
    }
}

/// Which token has a digest?
#[derive(Eq, Hash, PartialEq)]
pub(super) struct TokenOf(Vec<u8>);

impl Question for TokenOf {
    type Answer = StoredToken;

    fn find<'a>(questions: &'a [&'a Self], connection: &'a mut AnyConnection) -> BoxFuture<'a, Known<Self>> {
        Box::pin(async move {
            let select = "SELECT id, name, scopes, created_at, expires_at, revoked_at, digest FROM tokens WHERE digest";
            let rows = rows::find(connection, (select, 1), questions, |query, Self(digest)| query.bind(digest.clone()))
                .await?;
            rows.iter().map(|row| Ok((Self(row.try_get(6)?), token(row)?))).collect()
        })
    }
}

/// Makes a token.
#[derive(Debug)]
pub struct CreateToken {
    /// What is kept of it.
    pub token: StoredToken,
    /// SHA-256 of the token.
    pub digest: Digest,
    /// Who makes it.
    pub actor: Actor,
}

impl Change for CreateToken {
    type Output = ();

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<((), Event), StoreError>> {
        Box::pin(async move {
            let token = &self.token;
            let scopes = scopes_text(&token.scopes);
            sqlx::query(
                "INSERT INTO tokens (id, name, digest, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(token.id.to_string())
            .bind(&token.name)
            .bind(self.digest.as_bytes())
            .bind(&scopes)
            .bind(micros(token.created_at))
            .bind(token.expires_at.map(micros))
            .execute(tx.connection())
            .await?;
            let event = Event {
                at: token.created_at,
                actor: self.actor.clone(),
                action: Action::CreateToken,
                subject: Subject::Token(token.id),
                facts: vec![("scopes", scopes)],
                personal: vec![("name", token.name.clone())],
            };
            Ok(((), event))
        })
    }
}

/// Revokes a token; the output says whether there was one that was not revoked before.
#[derive(Debug)]
pub struct RevokeToken {
    /// Which.
    pub id: TokenId,
    /// Who revokes it.
    pub actor: Actor,
    /// When.
    pub at: UtcDateTime,
}

impl Change for RevokeToken {
    type Output = bool;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(bool, Event), StoreError>> {
        Box::pin(async move {
            let done = sqlx::query("UPDATE tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
                .bind(micros(self.at))
                .bind(self.id.to_string())
                .execute(tx.connection())
                .await?;
            let revoked = done.rows_affected() > 0;
            let event = Event {
                at: self.at,
                actor: self.actor.clone(),
                action: Action::RevokeToken,
                subject: Subject::Token(self.id),
                facts: vec![("changed", revoked.to_string())],
                personal: Vec::new(),
            };
            Ok((revoked, event))
        })
    }
}

fn token(row: &AnyRow) -> Result<StoredToken, StoreError> {
    let id: String = row.try_get(0)?;
    let scopes: String = row.try_get(2)?;
    let optional = |micros: Option<i64>| micros.map(time).transpose();
    Ok(StoredToken {
        id: id.parse().map_err(|_| StoreError::Damaged("an identifier"))?,
        name: row.try_get(1)?,
        // A scope of another version of this program allows nothing here.
        scopes: scopes.split_whitespace().filter_map(|scope| scope.parse().ok()).collect(),
        created_at: time(row.try_get(3)?)?,
        expires_at: optional(row.try_get(4)?)?,
        revoked_at: optional(row.try_get(5)?)?,
    })
}

fn scopes_text(scopes: &BTreeSet<Permission>) -> String {
    let words: Vec<_> = scopes.iter().map(|permission| permission.scope()).collect();
    words.join(" ")
}
