//! Working on what the queue holds: takes jobs, does them, says what became of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use time::UtcDateTime;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};

use crate::clock;
use crate::crypto::random;
use crate::domain::id::{InstanceId, JobId};
use crate::http::Metrics;
use crate::problem::Problem;
use crate::procedures::app::App;
use crate::procedures::documents;
use crate::procedures::queued_verification::{self, WorkError, Worked};
use crate::procedures::retention;
use crate::store::{Fate, JobKind, Lease, StoreError};

/// For how long a job is taken. Whoever dies with a job holds it up for as long, no longer.
const LEASE: Duration = Duration::from_secs(15);
/// How often a lease is renewed: two renewals may fail.
const RENEWED_EVERY: Duration = Duration::from_secs(5);
/// How often the queue is looked at when nobody says that there is something new.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);
/// The same, after the store did not answer.
const AFTER_A_FAULT: Duration = Duration::from_secs(5);
/// How often jobs are counted.
const COUNTED_EVERY: Duration = Duration::from_secs(10);
/// For how long a job may still run when the service stops.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
/// A verification that failed so often is given up.
const MOST_ATTEMPTS: u32 = 5;
/// The pause after the first failure; each later one is four times as long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// How often there is something to erase.
const RETENTION_EVERY: Duration = Duration::from_mins(1);
/// What is erased one by one is let go of at least so often.
const SWEPT_EVERY: Duration = Duration::from_mins(10);
/// Nothing is planned so far ahead.
const FAR_AHEAD: Duration = Duration::from_hours(1);
/// The one job of [`JobKind::Retention`].
const RETENTION_SUBJECT: &str = "everything";

/// What works on the queue, in this process.
#[derive(Clone)]
pub(super) struct Queue {
    app: Arc<App>,
    metrics: Arc<Metrics>,
    instance: InstanceId,
    /// Verifications at a time.
    places: usize,
    stopped: watch::Receiver<bool>,
    swept: Arc<Mutex<Option<Instant>>>,
}

/// What came of a job.
enum Done {
    /// It is written, with the end of the job.
    Finished(&'static str),
    /// It comes again.
    ComesAgain,
}

/// Why nothing came of it.
enum Undone {
    /// Somebody else has it.
    Lost,
    /// The service stops.
    Stopped,
    /// It failed, in this way.
    Failed(&'static str),
}

impl Queue {
    pub(super) fn new(
        app: Arc<App>,
        metrics: Arc<Metrics>,
        instance: InstanceId,
        places: usize,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self { app, metrics, instance, places, stopped, swept: Arc::default() }
    }

    /// Works until the service stops, and then until what runs is done or given back.
    pub(super) async fn work(self) {
        tokio::join!(
            self.work_on(JobKind::Verification, self.places),
            self.work_on(JobKind::Retention, 1),
            self.count(),
        );
    }

    async fn work_on(&self, kind: JobKind, places: usize) {
        let mut running = JoinSet::new();
        let mut stopped = self.stopped.clone();
        while !*stopped.borrow_and_update() {
            let free = places.saturating_sub(running.len());
            let pause = match self.take(kind, free).await {
                Ok(leases) => {
                    for lease in leases {
                        running.spawn(self.clone().carry_out(lease));
                    }
                    LOOKED_AT_EVERY
                }
                Err(error) => {
                    tracing::error!(%error, kind = kind.word(), "the queue cannot be read");
                    AFTER_A_FAULT
                }
            };
            tokio::select! {
                _ = stopped.changed() => {}
                () = self.app.wake.notified(), if kind == JobKind::Verification && free > 0 => {}
                Some(ended) = running.join_next() => log_fault(&ended),
                () = tokio::time::sleep(pause) => {}
            }
        }
        while let Some(ended) = running.join_next().await {
            log_fault(&ended);
        }
    }

    async fn take(&self, kind: JobKind, free: usize) -> Result<Vec<Lease>, StoreError> {
        let (store, now) = (&self.app.store, clock::now());
        if free == 0 {
            return Ok(Vec::new());
        }
        if kind == JobKind::Retention {
            // Somebody may have emptied the table.
            self.ensure_retention(now).await?;
        }
        if !store.has_due_job(kind, now).await? {
            return Ok(Vec::new());
        }
        let most = u16::try_from(free).unwrap_or(u16::MAX);
        store.claim(kind, most, self.instance, after(now, LEASE), now).await
    }

    async fn carry_out(self, lease: Lease) {
        let done = tokio::select! {
            done = self.perform(&lease) => done,
            () = self.renew(&lease) => Err(Undone::Lost),
            () = self.told_to_stop() => Err(Undone::Stopped),
        };
        let (outcome, fate) = fate(&lease, &done);
        if let Some(fate) = fate
            && let Err(error) = self.app.store.settle(lease.clone(), fate).await
        {
            tracing::error!(%error, job = %lease.job, "a job could not be settled: it is taken again when its lease ends");
        }
        self.metrics.job_ended(lease.kind.word(), outcome);
        let (kind, subject, attempt) = (lease.kind.word(), lease.subject.as_str(), lease.attempt);
        match (&done, fate) {
            (Err(Undone::Failed(class)), Some(Fate::Buried(_))) => {
                tracing::error!(
                    kind,
                    subject,
                    attempt,
                    class,
                    "a job failed too often and is given up: varco jobs list"
                );
            }
            (Err(Undone::Failed(class)), _) => {
                tracing::warn!(kind, subject, attempt, class, "a job failed and is tried again");
            }
            (Err(Undone::Lost), _) => tracing::warn!(kind, subject, attempt, "somebody else has the job"),
            (Err(Undone::Stopped), _) => tracing::info!(kind, subject, attempt, "the job is given back"),
            (Ok(Done::Finished(_)), _) => tracing::info!(kind, subject, attempt, outcome, "job"),
            (Ok(Done::ComesAgain), _) => {}
        }
    }

    async fn perform(&self, lease: &Lease) -> Result<Done, Undone> {
        match lease.kind {
            // Each time whoever had it died with it.
            JobKind::Verification if lease.attempt > MOST_ATTEMPTS => Err(Undone::Failed("abandoned")),
            JobKind::Verification => self.verify(lease).await,
            JobKind::Retention => self.erase(lease).await,
        }
    }

    async fn verify(&self, lease: &Lease) -> Result<Done, Undone> {
        match queued_verification::work(&self.app, lease, Problem::refusal_words, clock::now()).await {
            Ok(Worked::Judged(verdict)) => {
                self.metrics.verdict(&verdict);
                Ok(Done::Finished("done"))
            }
            Ok(Worked::Refused) => Ok(Done::Finished("refused")),
            Err(error) => Err(undone(lease, &error)),
        }
    }

    async fn erase(&self, lease: &Lease) -> Result<Done, Undone> {
        let (app, now) = (&self.app, clock::now());
        let failed = |error: StoreError| undone(lease, &error.into());
        app.store.pull_jobs_back(after(now, FAR_AHEAD), now).await.map_err(failed)?;
        let reports = retention::erase_overdue(&app.store, now).await.map_err(failed)?;
        let requests = queued_verification::erase_overdue_requests(app, now).await.map_err(failed)?;
        let documents = documents::sweep(app, now).await.map_err(|error| undone(lease, &error.into()))?;
        let erased = reports + requests;
        if erased + documents > 0 {
            tracing::info!(reports, requests, documents, "what was kept long enough is erased");
        }
        // Another process may have erased something and died before it could let go of it.
        if erased > 0 || lease.attempt > 1 || self.swept_long_ago() {
            app.store.sweep().await.map_err(failed)?;
            *self.swept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        Ok(Done::ComesAgain)
    }

    fn swept_long_ago(&self) -> bool {
        self.swept.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|swept| swept.elapsed() > SWEPT_EVERY)
    }

    /// Keeps a lease until it is lost.
    async fn renew(&self, lease: &Lease) {
        loop {
            tokio::time::sleep(RENEWED_EVERY).await;
            let until = after(clock::now(), LEASE);
            match self.app.store.settle(lease.clone(), Fate::Renewed(until)).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, job = %lease.job, "a lease could not be renewed"),
            }
        }
    }

    async fn told_to_stop(&self) {
        let mut stopped = self.stopped.clone();
        // Whoever could say so being gone, it stops too.
        drop(stopped.wait_for(|stopped| *stopped).await);
        tokio::time::sleep(STOPPED_WITHIN).await;
    }

    async fn ensure_retention(&self, now: UtcDateTime) -> Result<(), StoreError> {
        if self.app.store.has_job(JobKind::Retention).await? {
            return Ok(());
        }
        let random = random().map_err(|error| StoreError::Unavailable(std::io::Error::other(error).into()))?;
        self.app.store.ensure_job(JobKind::Retention, RETENTION_SUBJECT, JobId::new(random, now), now).await
    }

    async fn count(&self) {
        let mut stopped = self.stopped.clone();
        let mut tick = tokio::time::interval(COUNTED_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                _ = tick.tick() => {}
            }
            for count in self.app.store.job_counts().await.unwrap_or_default() {
                self.metrics.jobs(count.kind.word(), count.open, count.dead);
            }
        }
    }
}

/// What becomes of a job, in a word and in the queue; nothing, where that is written already.
fn fate(lease: &Lease, done: &Result<Done, Undone>) -> (&'static str, Option<Fate>) {
    let now = clock::now();
    match done {
        Ok(Done::Finished(outcome)) => (outcome, None),
        Ok(Done::ComesAgain) => ("done", Some(Fate::Again(after(now, RETENTION_EVERY)))),
        Err(Undone::Lost) => ("lost", None),
        Err(Undone::Stopped) => ("given-back", Some(Fate::GivenBack(now))),
        Err(Undone::Failed(class)) => match lease.kind {
            JobKind::Verification if lease.attempt >= MOST_ATTEMPTS => ("given-up", Some(Fate::Buried(class))),
            JobKind::Verification => ("failed", Some(Fate::Postponed(after(now, pause_after(lease.attempt)), class))),
            JobKind::Retention => ("failed", Some(Fate::Postponed(after(now, RETENTION_EVERY), class))),
        },
    }
}

fn undone(lease: &Lease, error: &WorkError) -> Undone {
    if matches!(error, WorkError::Store(error) if matches!(error.kind(), StoreError::LeaseLost)) {
        return Undone::Lost;
    }
    tracing::error!(%error, kind = lease.kind.word(), job = %lease.job, "fault");
    Undone::Failed(error.class())
}

fn log_fault(ended: &Result<(), JoinError>) {
    if ended.is_err() {
        tracing::error!("a job stopped by a fault: it is taken again when its lease ends");
    }
}

/// 5 s, 20 s, 80 s, 320 s: whatever passes by itself has passed by then.
fn pause_after(attempt: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(4_u32.saturating_pow(attempt.saturating_sub(1)))
}

fn after(now: UtcDateTime, duration: Duration) -> UtcDateTime {
    now.saturating_add(time::Duration::try_from(duration).unwrap_or(time::Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_within_what_is_planned_ahead() {
        let pauses: Vec<u64> = (1..MOST_ATTEMPTS).map(|attempt| pause_after(attempt).as_secs()).collect();
        assert_eq!(pauses, [5, 20, 80, 320]);
        assert!(pause_after(MOST_ATTEMPTS) < FAR_AHEAD);
    }
}
