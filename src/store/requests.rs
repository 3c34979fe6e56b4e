//! Verifications that were accepted and are not done: what is needed to do them, until they are.

use futures_util::future::BoxFuture;
use sqlx::Row;
use sqlx::any::AnyRow;
use time::UtcDateTime;

use crate::audit::{Action, Event, Subject};
use crate::crypto::Digest;
use crate::domain::actor::Actor;
use crate::domain::fiscal_code::FiscalCode;
use crate::domain::id::{JobId, TokenId, VerificationId};
use crate::store::jobs::{self, JobKind, Lease};
use crate::store::verifications::{erasure, identifier};
use crate::store::{Change, KeyUse, Store, StoreError, StoredVerification, Tx, micros, time};

/// Digests (SHA-256) of the documents of a request, `D` being octets that were read, or a digest that was computed.
#[derive(Clone, Debug)]
pub struct DocumentDigests<D = Digest> {
    /// The document.
    pub document: D,
    /// The content that was given apart.
    pub detached: Option<D>,
    /// The content that is expected.
    pub expected: Option<D>,
}

/// A request as it is kept; the documents are kept elsewhere.
pub struct StoredRequest<D = Vec<u8>> {
    /// The verification that comes of it.
    pub id: VerificationId,
    /// Whose it is.
    pub token: TokenId,
    /// When it was accepted.
    pub created_at: UtcDateTime,
    /// When it is erased, done or not.
    pub expires_at: UtcDateTime,
    /// The name of the document; personal data, perhaps.
    pub name: String,
    /// The codice fiscale that was declared.
    pub fiscal_code: Option<FiscalCode>,
    /// The time to judge for; without it, when it was accepted.
    pub at: Option<UtcDateTime>,
    /// What the documents must be.
    pub digests: DocumentDigests<D>,
}

/// How far a request is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestProgress {
    /// Whose it is.
    pub token: TokenId,
    /// When it was accepted.
    pub created_at: UtcDateTime,
    /// How far.
    pub state: RequestState,
}

/// The states of a request that no report came of yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RequestState {
    /// It waits.
    Queued,
    /// Somebody works on it.
    Running,
    /// The document cannot be examined.
    Refused(RefusalWords),
    /// It failed too often: nobody tries any more, unless told to.
    GivenUp,
}

/// Why a document cannot be examined: the kind of problem, and the sentence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefusalWords {
    /// The last part of the problem's URN.
    pub kind: String,
    /// For people, in Italian; it names nobody and no file.
    pub detail: String,
    /// The same in English.
    pub in_english: String,
}

/// Accepts a request, unless the same was accepted before, and puts the work into the queue.
pub struct AcceptRequest {
    /// What is kept.
    pub request: StoredRequest<Digest>,
    /// The work.
    pub job: JobId,
    /// The idempotency key of the request.
    pub key: Option<KeyUse>,
}

/// What came of accepting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Accepted {
    /// It is new.
    New,
    /// The same request became this verification before, done or not.
    Earlier(VerificationId),
    /// The key was used for another request.
    KeyUsed,
}

impl Change for AcceptRequest {
    type Output = Accepted;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(Accepted, Event), StoreError>> {
        Box::pin(async move {
            let (accepted, id) = self.accept(tx).await?;
            let action = match accepted {
                Accepted::New => Action::RequestVerification,
                Accepted::Earlier(_) | Accepted::KeyUsed => Action::ReadVerification,
            };
            let event = Event {
                at: self.request.created_at,
                actor: Actor::Token(self.request.token),
                action,
                subject: Subject::Verification(id),
                facts: vec![("document_sha256", self.request.digests.document.to_hex())],
                personal: Vec::new(),
            };
            Ok((accepted, event))
        })
    }

    fn key(&self) -> Option<&KeyUse> {
        self.key.as_ref()
    }
}

impl AcceptRequest {
    async fn accept(&self, tx: &mut Tx) -> Result<(Accepted, VerificationId), StoreError> {
        let request = &self.request;
        if let Some(used) = &self.key {
            if let Some(before) = tx.keys.find(used) {
                let same = used.fingerprint.matches(&before.fingerprint);
                return Ok((if same { Accepted::Earlier(before.id) } else { Accepted::KeyUsed }, before.id));
            }
            tx.keys.add(used, request.id, request.created_at);
        }
        let sql = "INSERT INTO verification_requests (id, token_id, created_at, expires_at, name, fiscal_code, at, \
                   document_sha256, detached_sha256, expected_sha256) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let octets = |digest: &Digest| digest.as_bytes().to_vec();
        sqlx::query(sql)
            .bind(request.id.to_string())
            .bind(request.token.to_string())
            .bind(micros(request.created_at))
            .bind(micros(request.expires_at))
            .bind(&request.name)
            .bind(request.fiscal_code.as_ref().map(FiscalCode::canonical))
            .bind(request.at.map(micros))
            .bind(octets(&request.digests.document))
            .bind(request.digests.detached.as_ref().map(octets))
            .bind(request.digests.expected.as_ref().map(octets))
            .execute(tx.connection())
            .await?;
        let subject = request.id.to_string();
        jobs::insert(tx.connection(), (JobKind::Verification, &subject), self.job, request.created_at).await?;
        Ok((Accepted::New, request.id))
    }
}

/// Writes what was found about the document of a request, which goes with its work; only for whoever holds the lease.
#[derive(Debug)]
pub struct FinishRequest {
    /// The work.
    pub lease: Lease,
    /// What is kept.
    pub verification: StoredVerification,
    /// SHA-256 of the document, hexadecimal.
    pub document_sha256: String,
}

impl Change for FinishRequest {
    type Output = ();

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<((), Event), StoreError>> {
        Box::pin(async move {
            let verification = &self.verification;
            jobs::end(tx.connection(), &self.lease).await?;
            sqlx::query("DELETE FROM verification_requests WHERE id = $1")
                .bind(verification.id.to_string())
                .execute(tx.connection())
                .await?;
            tx.verifications.push(verification.clone());
            let actor = Actor::Token(verification.token);
            Ok(((), verification.event(Action::CreateVerification, actor, self.document_sha256.clone())))
        })
    }
}

/// Writes that the document of a request cannot be examined, and forgets whom the request named; only for whoever holds
/// the lease.
#[derive(Debug)]
pub struct RefuseRequest {
    /// The work.
    pub lease: Lease,
    /// The verification.
    pub id: VerificationId,
    /// Whose it is.
    pub token: TokenId,
    /// Why.
    pub words: RefusalWords,
    /// When.
    pub at: UtcDateTime,
}

impl Change for RefuseRequest {
    type Output = ();

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<((), Event), StoreError>> {
        Box::pin(async move {
            jobs::end(tx.connection(), &self.lease).await?;
            let sql = "UPDATE verification_requests SET problem = $1, problem_detail = $2, problem_english = $3, \
                       name = NULL, fiscal_code = NULL, at = NULL WHERE id = $4";
            sqlx::query(sql)
                .bind(&self.words.kind)
                .bind(&self.words.detail)
                .bind(&self.words.in_english)
                .bind(self.id.to_string())
                .execute(tx.connection())
                .await?;
            let event = Event {
                at: self.at,
                actor: Actor::Token(self.token),
                action: Action::RefuseVerification,
                subject: Subject::Verification(self.id),
                facts: vec![("problem", self.words.kind.clone())],
                personal: Vec::new(),
            };
            Ok(((), event))
        })
    }
}

/// Erases a request with its work and its idempotency key; the output says whether there was one.
#[derive(Debug)]
pub struct EraseRequest {
    /// Which.
    pub id: VerificationId,
    /// Who erases it.
    pub actor: Actor,
    /// When.
    pub at: UtcDateTime,
}

impl Change for EraseRequest {
    type Output = bool;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(bool, Event), StoreError>> {
        Box::pin(async move {
            let id = self.id.to_string();
            // In the order in which work ends: two instances do not wait for one another.
            jobs::remove(tx.connection(), JobKind::Verification, &id).await?;
            let sql = "DELETE FROM verification_requests WHERE id = $1";
            let erased = sqlx::query(sql).bind(&id).execute(tx.connection()).await?.rows_affected() > 0;
            if erased {
                // A request that became a report meanwhile keeps its key.
                tx.forget_keys(self.id).await?;
            }
            Ok((erased, erasure(self.id, self.actor.clone(), erased, self.at)))
        })
    }
}

impl Store {
    /// What is needed to do the work of a request; `None` where nothing is to be done any more.
    pub async fn open_request(&self, id: VerificationId) -> Result<Option<StoredRequest>, StoreError> {
        let sql = "SELECT token_id, created_at, expires_at, name, fiscal_code, at, \
                   document_sha256, detached_sha256, expected_sha256 \
                   FROM verification_requests WHERE id = $1 AND problem IS NULL";
        let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(self.pool()).await?;
        row.map(|row| request(id, &row)).transpose()
    }

    /// How far a request is, whoever's it is.
    pub async fn request_progress(
        &self,
        id: VerificationId,
        now: UtcDateTime,
    ) -> Result<Option<RequestProgress>, StoreError> {
        let sql = "SELECT token_id, r.created_at, problem, problem_detail, due_at, holder, problem_english \
                   FROM verification_requests r LEFT JOIN jobs j ON j.kind = 'verification' AND j.subject = r.id \
                   WHERE r.id = $1";
        let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(self.pool()).await?;
        row.map(|row| progress(&row, now)).transpose()
    }

    /// Requests that have been kept long enough, the most overdue first; `most` of them.
    pub async fn overdue_requests(&self, most: u16, now: UtcDateTime) -> Result<Vec<VerificationId>, StoreError> {
        let sql = "SELECT id FROM verification_requests WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";
        let rows = sqlx::query(sql).bind(micros(now)).bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(identifier).collect()
    }
}

fn request(id: VerificationId, row: &AnyRow) -> Result<StoredRequest, StoreError> {
    let (token, code): (String, Option<String>) = (row.try_get(0)?, row.try_get(4)?);
    let (name, at): (Option<String>, Option<i64>) = (row.try_get(3)?, row.try_get(5)?);
    let code = code.map(|code| FiscalCode::parse(&code)).transpose();
    Ok(StoredRequest {
        id,
        token: token.parse().map_err(|_| StoreError::Damaged("an identifier"))?,
        created_at: time(row.try_get(1)?)?,
        expires_at: time(row.try_get(2)?)?,
        name: name.ok_or(StoreError::Damaged("a request without a name"))?,
        fiscal_code: code.map_err(|_| StoreError::Damaged("a codice fiscale"))?,
        at: at.map(time).transpose()?,
        digests: DocumentDigests { document: row.try_get(6)?, detached: row.try_get(7)?, expected: row.try_get(8)? },
    })
}

fn progress(row: &AnyRow, now: UtcDateTime) -> Result<RequestProgress, StoreError> {
    let token: String = row.try_get(0)?;
    let (kind, detail): (Option<String>, Option<String>) = (row.try_get(2)?, row.try_get(3)?);
    let (due_at, holder): (Option<i64>, Option<String>) = (row.try_get(4)?, row.try_get(5)?);
    let in_english: Option<String> = row.try_get(6)?;
    let state = match (kind, due_at) {
        (Some(kind), _) => RequestState::Refused(RefusalWords {
            kind,
            detail: detail.unwrap_or_default(),
            in_english: in_english.unwrap_or_default(),
        }),
        (None, None) => RequestState::GivenUp,
        (None, Some(due_at)) if holder.is_some() && due_at > micros(now) => RequestState::Running,
        (None, Some(_)) => RequestState::Queued,
    };
    Ok(RequestProgress {
        token: token.parse().map_err(|_| StoreError::Damaged("an identifier"))?,
        created_at: time(row.try_get(1)?)?,
        state,
    })
}
