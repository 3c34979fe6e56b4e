//! What the service keeps, in SQLite or PostgreSQL: SQL and nothing else, a file for each kind of thing.
//!
//! One code base for both (sqlx `Any`): columns are whole numbers, text and octets only; times are microseconds since
//! 1970. Whatever changes something goes through [`Store::change`], with the event that the trail gets of it: both are
//! written or neither. Only who works on what (the queue, in `jobs`) is written without one.

mod change;
mod connect;
mod documents;
mod error;
mod handle;
mod idempotency;
mod jobs;
mod lookup;
mod requests;
mod rows;
mod schema;
mod tokens;
mod trail;
mod verifications;

pub use change::{Change, Tx};
pub use connect::{Database, StoreUrl};
pub use documents::{ReadDocument, TellOfErasedDocuments};
pub use error::StoreError;
pub use handle::Store;
pub use idempotency::{EarlierUse, KeyUse};
pub use jobs::{Fate, JobCount, JobKind, Lease, ListedJob, RetryVerification};
pub use requests::{
    AcceptRequest, Accepted, DocumentDigests, EraseRequest, FinishRequest, RefusalWords, RefuseRequest,
    RequestProgress, RequestState, StoredRequest,
};
pub use tokens::{CreateToken, RevokeToken, StoredToken};
pub use trail::{
    Detail, ErasePersonalData, KeepCheckpoint, MAX_PAGE, ReadTrail, StoredCheckpoint, StoredPersonalData, TellOfExport,
    TrailEnd,
};
pub use verifications::{
    EraseVerification, KeptReport, ReadVerification, RecordVerification, Recorded, StoredVerification,
    TellOfVerification, ToldReport,
};

use time::UtcDateTime;

/// Microseconds since 1970, as the columns have it.
fn micros(time: UtcDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// The time that a column has.
fn time(micros: i64) -> Result<UtcDateTime, StoreError> {
    UtcDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).map_err(|_| StoreError::Damaged("a time"))
}
