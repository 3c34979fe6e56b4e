//! What can go wrong with the store.

use std::sync::Arc;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, is full, read-only or too busy: nothing was changed, and the same may work later.
    #[error("the store is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A statement of this one change failed; nothing of it was written, and the same will fail again.
    #[error("a statement failed: {0}")]
    Failed(#[source] sqlx::Error),
    /// Whether a change was written is not known: the connection broke while it was being committed.
    #[error("the store broke off while writing: {0}")]
    Unknown(#[source] sqlx::Error),
    /// Something else was written meanwhile that excludes this change.
    #[error("something else was written meanwhile")]
    Conflict,
    /// The lease on a job ended and somebody else has it, or the job is done.
    #[error("the lease on the job is lost")]
    LeaseLost,
    /// What it holds was not written by this program.
    #[error("the store holds {0} that cannot be read")]
    Damaged(&'static str),
    /// Its address is not one that is understood.
    #[error("not the address of a store")]
    BadUrl,
    /// It is on another machine, and nothing says that the connection must be protected.
    #[error("a database on another machine needs sslmode=verify-full")]
    Unprotected,
    /// The tables are older or newer than this program.
    #[error("the tables cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// One of those, as it is told to each whose change was in the same group.
    #[error(transparent)]
    Shared(Arc<Self>),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Conflict,
            sqlx::Error::Database(database) if was_in_the_way(database.code().as_deref()) => Self::Conflict,
            sqlx::Error::Database(database) if !may_pass(database.code().as_deref()) => Self::Failed(error),
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Damaged("a value"),
            _ => Self::Unavailable(error),
        }
    }
}

/// Whether two transactions were in each other's way: SQLSTATE class 40 (deadlock, serialisation).
fn was_in_the_way(code: Option<&str>) -> bool {
    code.is_some_and(|code| code.len() == 5 && code.starts_with("40"))
}

/// Whether an error of the database speaks of its state and not of the statement: the same may work later.
fn may_pass(code: Option<&str>) -> bool {
    let Some(code) = code else { return true };
    match code.parse::<u32>() {
        // SQLite: the lowest octet of its extended result codes. PostgreSQL's have five characters.
        Ok(number) if code.len() != 5 => SQLITE_STATES.contains(&(number & 0xFF)),
        _ => POSTGRES_STATES.iter().any(|state| code.starts_with(state)),
    }
}

/// Whether the octets of a commit may be on the disk although it failed: SQLite's I/O errors.
fn is_broken_write(code: Option<&str>) -> bool {
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xFF == 10)
}

/// Busy, locked, no memory, read-only, interrupted, I/O, full, cannot open (<https://www.sqlite.org/rescode.html>).
const SQLITE_STATES: [u32; 8] = [5, 6, 7, 8, 9, 10, 13, 14];
/// Connection, read-only, resources, object not available, operator's intervention, system, by class or code of SQLSTATE (PostgreSQL's documentation, appendix A).
const POSTGRES_STATES: [&str; 6] = ["08", "25006", "53", "55", "57", "58"];

impl StoreError {
    /// The database refused to commit, or it is not known what it did.
    pub(super) fn of_commit(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if !is_broken_write(database.code().as_deref()) => error.into(),
            _ => Self::Unknown(error),
        }
    }

    /// What it is, whoever else it was told to.
    pub fn kind(&self) -> &Self {
        match self {
            Self::Shared(error) => error.kind(),
            error => error,
        }
    }
}
