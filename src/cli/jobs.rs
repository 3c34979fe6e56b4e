//! `varco jobs`: verifications that were given up, and trying them again.

use serde::Serialize;
use time::UtcDateTime;

use crate::cli::arguments::{DataFormat, JobsCommand, StoreArguments};
use crate::cli::migrate::with_store;
use crate::cli::{Status, Terminal, json, serve};
use crate::domain::actor::Actor;
use crate::domain::id::VerificationId;
use crate::store::{JobCount, JobKind, ListedJob, RetryVerification};
use crate::verify::to_rfc3339;

/// The most that are listed; the counts say how many there are.
const MOST: u16 = 1000;

/// Carries it out.
pub(super) fn run(command: &JobsCommand, now: UtcDateTime) -> Status {
    match command {
        JobsCommand::List { store, format } => list(store, *format),
        JobsCommand::Retry { id, store } => retry(*id, store, now),
    }
}

fn list(store: &StoreArguments, format: DataFormat) -> Status {
    let found = with_store(store, async |store| {
        let counts = store.job_counts().await.map_err(|error| serve::of_store(&error))?;
        let dead = store.dead_jobs(MOST).await.map_err(|error| serve::of_store(&error))?;
        Ok((counts, dead))
    });
    let text = found.map(|(counts, dead)| {
        let listed = Listed { open: open_verifications(&counts), given_up: dead.iter().map(GivenUp::of).collect() };
        match format {
            DataFormat::Json => json::line(&listed),
            DataFormat::Text => listed.text(),
        }
    });
    Terminal::new(format == DataFormat::Json).tell(text, Status::Good)
}

fn retry(id: VerificationId, store: &StoreArguments, now: UtcDateTime) -> Status {
    let changed = with_store(store, async |store| {
        let change = RetryVerification { id, actor: Actor::CommandLine, at: now };
        store.change(change).await.map_err(|error| serve::of_store(&error))
    });
    let status = if matches!(changed, Ok(false)) { Status::Refused } else { Status::Good };
    let text = changed.map(|changed| {
        let text = if changed {
            "La verifica è di nuovo in coda.\n"
        } else {
            "Non c'è una verifica abbandonata con questo identificativo.\n"
        };
        text.to_owned()
    });
    Terminal::new(false).tell(text, status)
}

fn open_verifications(counts: &[JobCount]) -> u64 {
    counts.iter().filter(|count| count.kind == JobKind::Verification).map(|count| count.open).sum()
}

#[derive(Serialize)]
struct Listed<'a> {
    /// Verifications that are to be done, or being done.
    open: u64,
    given_up: Vec<GivenUp<'a>>,
}

#[derive(Serialize)]
struct GivenUp<'a> {
    kind: &'static str,
    id: &'a str,
    accepted_at: String,
    attempts: u32,
    last_error: Option<&'a str>,
}

impl<'a> GivenUp<'a> {
    fn of(job: &'a ListedJob) -> Self {
        Self {
            kind: job.kind.word(),
            id: &job.subject,
            accepted_at: to_rfc3339(job.created_at),
            attempts: job.attempts,
            last_error: job.last_error.as_deref(),
        }
    }
}

impl Listed<'_> {
    fn text(&self) -> String {
        let mut text = format!("Verifiche in coda o in corso: {}.\n", self.open);
        if self.given_up.is_empty() {
            text.push_str("Nessuna verifica abbandonata.\n");
        }
        for job in &self.given_up {
            let why = job.last_error.unwrap_or("-");
            let (id, since, attempts) = (job.id, &job.accepted_at, job.attempts);
            text.extend([id, "  ", since, "  tentativi: ", &attempts.to_string(), "  motivo: ", why, "\n"]);
        }
        text
    }
}
