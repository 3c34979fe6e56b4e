//! What the trail gets of documents, which are kept elsewhere.

use futures_util::future::BoxFuture;
use sqlx::Row;
use time::UtcDateTime;

use crate::audit::{Action, Event, Subject};
use crate::domain::actor::Actor;
use crate::domain::id::{TokenId, VerificationId};
use crate::store::{Change, StoreError, Tx};

/// A document of one's own verification is to be read, which is an access to personal data: the trail gets it. The output
/// says whether the verification is one's own.
#[derive(Debug)]
pub struct ReadDocument {
    /// Whose document.
    pub id: VerificationId,
    /// Which of its documents.
    pub part: &'static str,
    /// Whose it must be.
    pub token: TokenId,
    /// When it is read.
    pub at: UtcDateTime,
}

impl Change for ReadDocument {
    type Output = bool;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(bool, Event), StoreError>> {
        Box::pin(async move {
            let row = sqlx::query("SELECT token_id FROM verifications WHERE id = $1")
                .bind(self.id.to_string())
                .fetch_optional(tx.connection())
                .await?;
            let token: Option<String> = row.map(|row| row.try_get(0)).transpose()?;
            let own = token.is_some_and(|token| token == self.token.to_string());
            let event = Event {
                at: self.at,
                actor: Actor::Token(self.token),
                action: Action::ReadDocument,
                subject: Subject::Verification(self.id),
                facts: vec![("part", self.part.to_owned()), ("found", own.to_string())],
                personal: Vec::new(),
            };
            Ok((own, event))
        })
    }
}

/// Tells the trail that the documents of a verification were erased.
#[derive(Debug)]
pub struct TellOfErasedDocuments {
    /// Whose documents.
    pub id: VerificationId,
    /// Who erased them.
    pub actor: Actor,
    /// When.
    pub at: UtcDateTime,
}

impl Change for TellOfErasedDocuments {
    type Output = ();

    fn apply<'t>(&'t self, _: &'t mut Tx) -> BoxFuture<'t, Result<((), Event), StoreError>> {
        let event = Event {
            at: self.at,
            actor: self.actor.clone(),
            action: Action::EraseDocuments,
            subject: Subject::Verification(self.id),
            facts: Vec::new(),
            personal: Vec::new(),
        };
        Box::pin(async move { Ok(((), event)) })
    }
}
