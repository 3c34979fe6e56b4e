//! The queue: work that must be done once, by whichever instance comes first.
//!
//! Whoever takes a job has it until its lease ends, and renews the lease while it works. What it writes in the end is
//! written together with the end of the job, and only if the lease is still its own: somebody who was slow, or cut off, and
//! whose job went to another, writes nothing.

use futures_util::future::BoxFuture;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row};
use time::UtcDateTime;

use crate::audit::{Action, Event, Subject};
use crate::domain::actor::Actor;
use crate::domain::id::{InstanceId, JobId, VerificationId};
use crate::store::change::Bookkeeping;
use crate::store::{Change, Database, Store, StoreError, Tx, micros, time};

/// What there is to do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum JobKind {
    /// Judge a document that was accepted; the subject is the verification.
    Verification,
    /// Erase what was kept long enough; there is one job, which comes again and again.
    Retention,
}

impl JobKind {
    /// All that there are.
    pub const ALL: [Self; 2] = [Self::Verification, Self::Retention];

    /// The word in the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Retention => "retention",
        }
    }

    fn of_word(word: &str) -> Result<Self, StoreError> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or(StoreError::Damaged("a kind of job"))
    }
}

/// A job that somebody works on, until its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lease {
    /// Which.
    pub job: JobId,
    /// What there is to do.
    pub kind: JobKind,
    /// To what.
    pub subject: String,
    /// Who does it.
    pub holder: InstanceId,
    /// How often it was taken, this time included.
    pub attempt: u32,
}

/// What becomes of a job that is not done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// It is still being worked on: nobody takes it before this time.
    Renewed(UtcDateTime),
    /// It was not begun, or is nobody's fault: whoever comes may take it, and this attempt does not count.
    GivenBack(UtcDateTime),
    /// It failed, and may be tried again after this time.
    Postponed(UtcDateTime, &'static str),
    /// It failed too often: it stays, as a dead letter.
    Buried(&'static str),
    /// It was done, and comes again.
    Again(UtcDateTime),
}

/// Jobs of a kind, counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct JobCount {
    /// Which kind.
    pub kind: JobKind,
    /// To be done, or being done.
    pub open: u64,
    /// Given up.
    pub dead: u64,
}

/// A job as somebody who looks after the service sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedJob {
    /// Which.
    pub id: JobId,
    /// What there is to do.
    pub kind: JobKind,
    /// To what.
    pub subject: String,
    /// Since when.
    pub created_at: UtcDateTime,
    /// When somebody may take it; never, where it was given up.
    pub due_at: Option<UtcDateTime>,
    /// How often it was taken.
    pub attempts: u32,
    /// Who has it, or had it until the lease ended.
    pub holder: Option<InstanceId>,
    /// How it failed the last time, in a word.
    pub last_error: Option<String>,
}

/// Puts a dead letter back into the queue; the output says whether there was one.
#[derive(Debug)]
pub struct RetryVerification {
    /// Which verification.
    pub id: VerificationId,
    /// Who wants it.
    pub actor: Actor,
    /// When.
    pub at: UtcDateTime,
}

impl Change for RetryVerification {
    type Output = bool;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(bool, Event), StoreError>> {
        Box::pin(async move {
            let sql = "UPDATE jobs SET due_at = $1, attempts = 0, holder = NULL \
                       WHERE kind = $2 AND subject = $3 AND due_at IS NULL";
            let done = sqlx::query(sql)
                .bind(micros(self.at))
                .bind(JobKind::Verification.word())
                .bind(self.id.to_string())
                .execute(tx.connection())
                .await?;
            let changed = done.rows_affected() > 0;
            let event = Event {
                at: self.at,
                actor: self.actor.clone(),
                action: Action::RetryVerification,
                subject: Subject::Verification(self.id),
                facts: vec![("changed", changed.to_string())],
                personal: Vec::new(),
            };
            Ok((changed, event))
        })
    }
}

impl Store {
    /// Takes up to `most` jobs of a kind that are due, for `holder`, until `until`. No two callers get the same job before
    /// then, whatever instance they are of.
    pub async fn claim(
        &self,
        kind: JobKind,
        most: u16,
        holder: InstanceId,
        until: UtcDateTime,
        now: UtcDateTime,
    ) -> Result<Vec<Lease>, StoreError> {
        self.keep_books(Claim { kind, most, holder, until, now }).await
    }

    /// Whether a job of this kind is due: [`Store::claim`] writes, this only looks.
    pub async fn has_due_job(&self, kind: JobKind, now: UtcDateTime) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM jobs WHERE kind = $1 AND due_at <= $2 LIMIT 1";
        let row = sqlx::query(sql).bind(kind.word()).bind(micros(now)).fetch_optional(self.pool()).await?;
        Ok(row.is_some())
    }

    /// Whether there is a job of this kind, due or not.
    pub async fn has_job(&self, kind: JobKind) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM jobs WHERE kind = $1 LIMIT 1";
        Ok(sqlx::query(sql).bind(kind.word()).fetch_optional(self.pool()).await?.is_some())
    }

    /// Says what becomes of a job; `false` if the lease was lost before, and nothing was written.
    pub async fn settle(&self, lease: Lease, fate: Fate) -> Result<bool, StoreError> {
        self.keep_books(Settle { lease, fate }).await
    }

    /// Makes sure that there is a job of this kind and subject; the one that is there stays as it is.
    pub async fn ensure_job(
        &self,
        kind: JobKind,
        subject: &'static str,
        id: JobId,
        now: UtcDateTime,
    ) -> Result<(), StoreError> {
        self.keep_books(Ensure { kind, subject, id, now }).await
    }

    /// Lets jobs that are due after `farthest` be due now. Nobody plans so far ahead: the clock was wrong and was set back.
    pub async fn pull_jobs_back(&self, farthest: UtcDateTime, now: UtcDateTime) -> Result<(), StoreError> {
        let sql = "SELECT id FROM jobs WHERE due_at > $1 LIMIT 1";
        if sqlx::query(sql).bind(micros(farthest)).fetch_optional(self.pool()).await?.is_none() {
            return Ok(());
        }
        self.keep_books(PullBack { farthest, now }).await
    }

    /// How many jobs of a kind there are, dead letters too; it may be out of date when it returns.
    pub async fn count_jobs(&self, kind: JobKind) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM jobs WHERE kind = $1";
        let row = sqlx::query(sql).bind(kind.word()).fetch_one(self.pool()).await?;
        Ok(u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0))
    }

    /// How many jobs there are of each kind.
    pub async fn job_counts(&self) -> Result<Vec<JobCount>, StoreError> {
        let sql = "SELECT kind, count(due_at), count(*) FROM jobs GROUP BY kind";
        let rows = sqlx::query(sql).fetch_all(self.pool()).await?;
        let mut counts = JobKind::ALL.map(|kind| JobCount { kind, open: 0, dead: 0 });
        for row in rows {
            let (word, open, all): (String, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            // A kind of a later version is counted by that version.
            if let Some(count) = counts.iter_mut().find(|count| count.kind.word() == word) {
                count.open = u64::try_from(open).unwrap_or(0);
                count.dead = u64::try_from(all - open).unwrap_or(0);
            }
        }
        Ok(counts.into())
    }

    /// Jobs that were given up, the oldest first; `most` of them.
    pub async fn dead_jobs(&self, most: u16) -> Result<Vec<ListedJob>, StoreError> {
        let sql = "SELECT id, kind, subject, created_at, due_at, attempts, holder, last_error FROM jobs \
                   WHERE due_at IS NULL ORDER BY id LIMIT $1";
        sqlx::query(sql).bind(i64::from(most)).fetch_all(self.pool()).await?.iter().map(listed).collect()
    }
}

/// Puts a job into the queue, due at once.
pub(super) async fn insert<'e>(
    executor: impl AnyExecutor<'e>,
    (kind, subject): (JobKind, &str),
    id: JobId,
    now: UtcDateTime,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO jobs (id, kind, subject, created_at, due_at, attempts) VALUES ($1, $2, $3, $4, $4, 0) \
               ON CONFLICT (kind, subject) DO NOTHING";
    sqlx::query(sql)
        .bind(id.to_string())
        .bind(kind.word())
        .bind(subject.to_owned())
        .bind(micros(now))
        .execute(executor)
        .await?;
    Ok(())
}

/// Takes a job out of the queue because it is done; whoever lost the lease may not say so.
pub(super) async fn end<'e>(executor: impl AnyExecutor<'e>, lease: &Lease) -> Result<(), StoreError> {
    let ended = sqlx::query("DELETE FROM jobs WHERE id = $1 AND holder = $2 AND attempts = $3")
        .bind(lease.job.to_string())
        .bind(lease.holder.to_string())
        .bind(i64::from(lease.attempt))
        .execute(executor)
        .await?;
    if ended.rows_affected() == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}

/// Takes a job out of the queue, whoever works on it: what it is about is gone.
pub(super) async fn remove<'e>(executor: impl AnyExecutor<'e>, kind: JobKind, subject: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM jobs WHERE kind = $1 AND subject = $2")
        .bind(kind.word())
        .bind(subject.to_owned())
        .execute(executor)
        .await?;
    Ok(())
}

struct Claim {
    kind: JobKind,
    most: u16,
    holder: InstanceId,
    until: UtcDateTime,
    now: UtcDateTime,
}

impl Bookkeeping for Claim {
    type Output = Vec<Lease>;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<Vec<Lease>, StoreError>> {
        Box::pin(async move {
            // SQLite has one writer at a time. MATERIALIZED: the rows are chosen, and locked, once.
            let sql = match tx.database() {
                Database::Sqlite => {
                    "WITH taken AS MATERIALIZED (\
                         SELECT id FROM jobs WHERE kind = $3 AND due_at <= $4 ORDER BY due_at LIMIT $5) \
                     UPDATE jobs SET holder = $1, due_at = $2, attempts = attempts + 1 \
                     WHERE id IN (SELECT id FROM taken) RETURNING id, subject, attempts"
                }
                Database::Postgres => {
                    "WITH taken AS MATERIALIZED (\
                         SELECT id FROM jobs WHERE kind = $3 AND due_at <= $4 ORDER BY due_at LIMIT $5 \
                         FOR UPDATE SKIP LOCKED) \
                     UPDATE jobs SET holder = $1, due_at = $2, attempts = attempts + 1 \
                     WHERE id IN (SELECT id FROM taken) RETURNING id, subject, attempts"
                }
            };
            let rows = sqlx::query(sql)
                .bind(self.holder.to_string())
                .bind(micros(self.until))
                .bind(self.kind.word())
                .bind(micros(self.now))
                .bind(i64::from(self.most))
                .fetch_all(tx.connection())
                .await?;
            rows.iter().map(|row| self.lease(row)).collect()
        })
    }
}

impl Claim {
    fn lease(&self, row: &AnyRow) -> Result<Lease, StoreError> {
        Ok(Lease {
            job: job_id(row)?,
            kind: self.kind,
            subject: row.try_get(1)?,
            holder: self.holder,
            attempt: attempts(row.try_get(2)?),
        })
    }
}

struct Settle {
    lease: Lease,
    fate: Fate,
}

impl Bookkeeping for Settle {
    type Output = bool;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<bool, StoreError>> {
        Box::pin(async move {
            let Self { lease, fate } = self;
            let (held, attempt) = (Some(lease.holder.to_string()), i64::from(lease.attempt));
            let (holder, due_at, attempts, error) = match *fate {
                Fate::Renewed(until) => (held.clone(), Some(until), attempt, None),
                Fate::GivenBack(at) => (None, Some(at), attempt - 1, None),
                Fate::Postponed(at, error) => (None, Some(at), attempt, Some(error)),
                Fate::Buried(error) => (None, None, attempt, Some(error)),
                Fate::Again(at) => (None, Some(at), 0, None),
            };
            let sql = "UPDATE jobs SET holder = $1, due_at = $2, attempts = $3, last_error = COALESCE($4, last_error) \
                       WHERE id = $5 AND holder = $6 AND attempts = $7";
            let settled = sqlx::query(sql)
                .bind(holder)
                .bind(due_at.map(micros))
                .bind(attempts)
                .bind(error)
                .bind(lease.job.to_string())
                .bind(held)
                .bind(attempt)
                .execute(tx.connection())
                .await?;
            Ok(settled.rows_affected() == 1)
        })
    }
}

struct Ensure {
    kind: JobKind,
    subject: &'static str,
    id: JobId,
    now: UtcDateTime,
}

impl Bookkeeping for Ensure {
    type Output = ();

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), StoreError>> {
        Box::pin(insert(tx.connection(), (self.kind, self.subject), self.id, self.now))
    }
}

struct PullBack {
    farthest: UtcDateTime,
    now: UtcDateTime,
}

impl Bookkeeping for PullBack {
    type Output = ();

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), StoreError>> {
        Box::pin(async move {
            sqlx::query("UPDATE jobs SET due_at = $1 WHERE due_at > $2")
                .bind(micros(self.now))
                .bind(micros(self.farthest))
                .execute(tx.connection())
                .await?;
            Ok(())
        })
    }
}

fn listed(row: &AnyRow) -> Result<ListedJob, StoreError> {
    let (kind, holder): (String, Option<String>) = (row.try_get(1)?, row.try_get(6)?);
    let due_at: Option<i64> = row.try_get(4)?;
    Ok(ListedJob {
        id: job_id(row)?,
        kind: JobKind::of_word(&kind)?,
        subject: row.try_get(2)?,
        created_at: time(row.try_get(3)?)?,
        due_at: due_at.map(time).transpose()?,
        attempts: attempts(row.try_get(5)?),
        holder: holder.and_then(|holder| holder.parse().ok()),
        last_error: row.try_get(7)?,
    })
}

fn job_id(row: &AnyRow) -> Result<JobId, StoreError> {
    row.try_get::<String, _>(0)?.parse().map_err(|_| StoreError::Damaged("an identifier"))
}

fn attempts(column: i64) -> u32 {
    u32::try_from(column).unwrap_or(u32::MAX)
}
