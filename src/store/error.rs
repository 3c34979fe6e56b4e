//! What can go wrong with the store.

use std::sync::Arc;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, is full, read-only or too busy: nothing was changed, and the same may work later.
    #[error("the store is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Whether a change was written is not known: the connection broke while it was being committed.
    #[error("the store broke off while writing: {0}")]
    Unknown(#[source] sqlx::Error),
    /// Something else was written meanwhile that excludes this change.
    #[error("something else was written meanwhile")]
    Conflict,
    /// What it holds was not written by this program.
    #[error("the store holds {0} that cannot be read")]
    Damaged(&'static str),
    /// Its address is not one that is understood.
    #[error("not the address of a store")]
    BadUrl,
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
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Damaged("a value"),
            _ => Self::Unavailable(error),
        }
    }
}

impl StoreError {
    /// What it is, whoever else it was told to.
    pub fn kind(&self) -> &Self {
        match self {
            Self::Shared(error) => error.kind(),
            error => error,
        }
    }
}
