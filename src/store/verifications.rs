//! Verifications: who asked, when, and the report while it is kept.

use std::ops::Range;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row};
use time::UtcDateTime;

use crate::audit::{Action, Event, Subject};
use crate::crypto::DigestAlgorithm;
use crate::domain::actor::Actor;
use crate::domain::id::{TokenId, VerificationId};
use crate::store::handle::in_time;
use crate::store::{Change, KeyUse, Store, StoreError, Tx, micros, rows, time};

/// A verification as it is kept.
#[derive(Clone, Debug)]
pub struct StoredVerification {
    /// Its identifier.
    pub id: VerificationId,
    /// Whose it is.
    pub token: TokenId,
    /// When it was made.
    pub created_at: UtcDateTime,
    /// The verdict, in the word of the contract.
    pub verdict: String,
    /// The report as it was answered, JSON; `None` once it is erased.
    pub report: Option<Bytes>,
    /// When the report is erased.
    pub expires_at: UtcDateTime,
}

impl StoredVerification {
    /// SHA-256 of the report, hexadecimal; of nothing, once it is erased.
    pub fn report_sha256(&self) -> String {
        DigestAlgorithm::Sha256.digest(self.report.as_deref().unwrap_or_default()).to_hex()
    }

    /// What the trail gets of it.
    pub(super) fn event(&self, action: Action, actor: Actor, document_sha256: String) -> Event {
        Event {
            at: self.created_at,
            actor,
            action,
            subject: Subject::Verification(self.id),
            facts: vec![
                ("document_sha256", document_sha256),
                ("verdict", self.verdict.clone()),
                ("report_sha256", self.report_sha256()),
            ],
            personal: Vec::new(),
        }
    }
}

/// Records a verification, unless the same request was recorded before.
#[derive(Debug)]
pub struct RecordVerification {
    /// What is kept.
    pub verification: StoredVerification,
    /// SHA-256 of the document, hexadecimal.
    pub document_sha256: String,
    /// The idempotency key of the request.
    pub key: Option<KeyUse>,
    /// Who asked.
    pub actor: Actor,
}

/// What came of recording.
#[derive(Clone, Debug)]
pub enum Recorded {
    /// It is new.
    New,
    /// The same request was answered before: with this.
    Earlier(StoredVerification),
    /// The same request was accepted before, and no report came of it yet.
    Accepted(VerificationId),
    /// The key was used for another request.
    KeyUsed,
}

impl Change for RecordVerification {
    type Output = Recorded;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(Recorded, Event), StoreError>> {
        Box::pin(async move {
            let (recorded, id) = self.record(tx).await?;
            let action = match recorded {
                Recorded::New => Action::CreateVerification,
                Recorded::Earlier(_) | Recorded::Accepted(_) | Recorded::KeyUsed => Action::ReadVerification,
            };
            let event = self.verification.event(action, self.actor.clone(), self.document_sha256.clone());
            Ok((recorded, Event { subject: Subject::Verification(id), ..event }))
        })
    }

    fn key(&self) -> Option<&KeyUse> {
        self.key.as_ref()
    }
}

impl RecordVerification {
    async fn record(&self, tx: &mut Tx) -> Result<(Recorded, VerificationId), StoreError> {
        let verification = &self.verification;
        if let Some(used) = &self.key {
            if let Some(before) = tx.keys.find(used) {
                if !used.fingerprint.matches(&before.fingerprint) {
                    return Ok((Recorded::KeyUsed, before.id));
                }
                let id = before.id;
                let earlier = match tx.verifications.iter().find(|new| new.id == id) {
                    Some(new) => Some(new.clone()),
                    None => find(tx.connection(), id).await?,
                };
                return Ok((earlier.map_or(Recorded::Accepted(id), Recorded::Earlier), id));
            }
            tx.keys.add(used, verification.id, verification.created_at);
        }
        tx.verifications.push(verification.clone());
        Ok((Recorded::New, verification.id))
    }
}

/// Tells the trail of a verification of which nothing else is kept.
#[derive(Debug)]
pub struct TellOfVerification {
    /// What the trail calls it.
    pub id: VerificationId,
    /// SHA-256 of the document, hexadecimal.
    pub document_sha256: String,
    /// The verdict, in the word of the contract.
    pub verdict: &'static str,
    /// Who asked.
    pub actor: Actor,
    /// When.
    pub at: UtcDateTime,
}

impl Change for TellOfVerification {
    type Output = ();

    fn apply<'t>(&'t self, _: &'t mut Tx) -> BoxFuture<'t, Result<((), Event), StoreError>> {
        let event = Event {
            at: self.at,
            actor: self.actor.clone(),
            action: Action::CreateVerification,
            subject: Subject::Verification(self.id),
            facts: vec![("document_sha256", self.document_sha256.clone()), ("verdict", self.verdict.to_owned())],
            personal: Vec::new(),
        };
        Box::pin(async move { Ok(((), event)) })
    }
}

/// Reads a verification of one's own, which is an access to personal data: the trail gets it.
#[derive(Debug)]
pub struct ReadVerification {
    /// Which.
    pub id: VerificationId,
    /// Whose it must be.
    pub token: TokenId,
    /// When it is read.
    pub at: UtcDateTime,
}

impl Change for ReadVerification {
    type Output = Option<StoredVerification>;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(Self::Output, Event), StoreError>> {
        Box::pin(async move {
            let found = find(tx.connection(), self.id).await?.filter(|found| found.token == self.token);
            let event = Event {
                at: self.at,
                actor: Actor::Token(self.token),
                action: Action::ReadVerification,
                subject: Subject::Verification(self.id),
                facts: vec![("found", found.is_some().to_string())],
                personal: Vec::new(),
            };
            Ok((found, event))
        })
    }
}

/// Erases a report, and the idempotency keys of its request; the output says whether there was one.
#[derive(Debug)]
pub struct EraseVerification {
    /// Which.
    pub id: VerificationId,
    /// Who erases it.
    pub actor: Actor,
    /// When.
    pub at: UtcDateTime,
}

impl Change for EraseVerification {
    type Output = bool;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(bool, Event), StoreError>> {
        Box::pin(async move {
            let erased = sqlx::query("UPDATE verifications SET report = NULL WHERE id = $1 AND report IS NOT NULL")
                .bind(self.id.to_string())
                .execute(tx.connection())
                .await?;
            let erased = erased.rows_affected() > 0;
            tx.forget_keys(self.id).await?;
            Ok((erased, erasure(self.id, self.actor.clone(), erased, self.at)))
        })
    }
}

/// What the trail gets of erasing a report, or a request that has none.
pub(super) fn erasure(id: VerificationId, actor: Actor, erased: bool, at: UtcDateTime) -> Event {
    Event {
        at,
        actor,
        action: Action::EraseVerification,
        subject: Subject::Verification(id),
        facts: vec![("changed", erased.to_string())],
        personal: Vec::new(),
    }
}

/// The identifier in the first column.
pub(super) fn identifier(row: &AnyRow) -> Result<VerificationId, StoreError> {
    row.try_get::<String, _>(0)?.parse().map_err(|_| StoreError::Damaged("an identifier"))
}

impl Store {
    /// A verification, whoever's it is; for callers who were told of it already.
    pub async fn verification(&self, id: VerificationId) -> Result<Option<StoredVerification>, StoreError> {
        find(self.pool(), id).await
    }

    /// Verifications whose report has been kept long enough, the most overdue first; `most` of them.
    pub async fn overdue_reports(&self, most: u16, now: UtcDateTime) -> Result<Vec<VerificationId>, StoreError> {
        let sql =
            "SELECT id FROM verifications WHERE report IS NOT NULL AND expires_at <= $1 ORDER BY expires_at LIMIT $2";
        let rows = sqlx::query(sql).bind(micros(now)).bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(identifier).collect()
    }
}

pub(super) async fn insert(
    connection: &mut AnyConnection,
    verifications: &[StoredVerification],
) -> Result<(), StoreError> {
    let insert = "INSERT INTO verifications (id, token_id, created_at, verdict, report, expires_at) VALUES";
    rows::insert(connection, (insert, 6), verifications, |query, verification| {
        query
            .bind(verification.id.to_string())
            .bind(verification.token.to_string())
            .bind(micros(verification.created_at))
            .bind(verification.verdict.clone())
            .bind(verification.report.as_deref().map(<[u8]>::to_vec))
            .bind(micros(verification.expires_at))
    })
    .await
}

async fn find<'e>(
    executor: impl AnyExecutor<'e>,
    id: VerificationId,
) -> Result<Option<StoredVerification>, StoreError> {
    let sql = "SELECT token_id, created_at, verdict, report, expires_at FROM verifications WHERE id = $1";
    let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(executor).await?;
    let Some(row) = row else { return Ok(None) };
    let token: String = row.try_get(0)?;
    Ok(Some(StoredVerification {
        id,
        token: token.parse().map_err(|_| StoreError::Damaged("an identifier"))?,
        created_at: time(row.try_get(1)?)?,
        verdict: row.try_get(2)?,
        report: row.try_get::<Option<Vec<u8>>, _>(3)?.map(Bytes::from),
        expires_at: time(row.try_get(4)?)?,
    }))
}

/// A report that is kept, beside what the trail tells of it.
#[derive(Clone, Debug)]
pub struct KeptReport {
    /// The identifier of its verification, as it stands there.
    pub id: String,
    /// Whose it is, in the words of the trail.
    pub owner: String,
    /// SHA-256 of it, hexadecimal.
    pub sha256: String,
    /// The first event that says that it was made.
    pub told: Option<ToldReport>,
    /// Whether an event says that it was erased.
    pub erased: bool,
}

/// What an event tells of a report, as it is kept.
#[derive(Clone, Debug)]
pub struct ToldReport {
    /// The event.
    pub sequence: u64,
    /// Who had it made.
    pub actor: String,
    /// The facts.
    pub facts: String,
}

impl Store {
    /// Reports that are kept, in the order of their identifiers, those behind `after`; `most` of them.
    pub async fn kept_reports(&self, after: &str, most: u16) -> Result<Vec<KeptReport>, StoreError> {
        let sql = "SELECT v.id, v.report, t.sequence, t.actor, t.facts, 'token:' || v.token_id, \
                   (SELECT COUNT(*) FROM audit_events a WHERE a.subject = 'verification:' || v.id \
                    AND a.action = $4 AND a.facts LIKE '%\"changed\":\"true\"%') \
                   FROM verifications v LEFT JOIN audit_events t ON t.sequence = \
                   (SELECT MIN(a.sequence) FROM audit_events a WHERE a.subject = 'verification:' || v.id \
                    AND a.action = $3) \
                   WHERE v.report IS NOT NULL AND v.id > $1 ORDER BY v.id LIMIT $2";
        let query = sqlx::query(sql)
            .bind(after)
            .bind(i64::from(most))
            .bind(Action::CreateVerification.word())
            .bind(Action::EraseVerification.word());
        in_time(async { query.fetch_all(self.pool()).await?.iter().map(kept_report).collect() }).await
    }

    /// Of some events those that tell of a report that is not kept and that no event says was erased: their numbers, and the
    /// verifications; `most` of them.
    pub async fn missing_reports(
        &self,
        events: Range<u64>,
        most: u16,
    ) -> Result<Vec<(u64, Option<VerificationId>)>, StoreError> {
        // Behind `verification:` there is the identifier.
        let sql = "SELECT a.sequence, substr(a.subject, 14) FROM audit_events a \
                   WHERE a.sequence >= $1 AND a.sequence < $2 \
                   AND a.action = $4 AND a.facts LIKE '%\"report_sha256\"%' \
                   AND NOT EXISTS (SELECT 1 FROM verifications v WHERE v.id = substr(a.subject, 14) \
                                   AND v.report IS NOT NULL) \
                   AND NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.subject = a.subject \
                                   AND e.action = $5 AND e.facts LIKE '%\"changed\":\"true\"%') \
                   ORDER BY a.sequence LIMIT $3";
        let [from, to] = [events.start, events.end].map(|sequence| i64::try_from(sequence).unwrap_or(i64::MAX));
        let query = sqlx::query(sql)
            .bind(from)
            .bind(to)
            .bind(i64::from(most))
            .bind(Action::CreateVerification.word())
            .bind(Action::EraseVerification.word());
        in_time(async {
            let missing = |row: &AnyRow| Ok((sequence(row.try_get(0)?)?, row.try_get::<String, _>(1)?.parse().ok()));
            query.fetch_all(self.pool()).await?.iter().map(missing).collect()
        })
        .await
    }
}

fn kept_report(row: &AnyRow) -> Result<KeptReport, StoreError> {
    let report: Vec<u8> = row.try_get(1)?;
    let told = match row.try_get::<Option<i64>, _>(2)? {
        Some(number) => {
            Some(ToldReport { sequence: sequence(number)?, actor: row.try_get(3)?, facts: row.try_get(4)? })
        }
        None => None,
    };
    Ok(KeptReport {
        id: row.try_get(0)?,
        owner: row.try_get(5)?,
        sha256: DigestAlgorithm::Sha256.digest(&report).to_hex(),
        told,
        erased: row.try_get::<i64, _>(6)? > 0,
    })
}

fn sequence(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Damaged("a number"))
}
