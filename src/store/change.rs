//! Changing what is kept: one writer, whole groups of changes in one transaction, each with its event.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::{AnyConnection, Executor};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::audit::Event;
use crate::domain::id::VerificationId;
use crate::store::connect::OwnConnection;
use crate::store::handle::{PATIENCE, in_time, next_group};
use crate::store::idempotency::Keys;
use crate::store::trail::TreeEnd;
use crate::store::{Database, KeyUse, StoreError, StoredVerification, trail, verifications};

/// The most changes that are written at once.
const GROUP: usize = 256;

/// A change of what is kept, as a value. It may be applied more than once: a group of changes that fails is undone and
/// its members are applied one by one.
pub trait Change: Send + Sync + 'static {
    /// What comes of it.
    type Output: Send + 'static;

    /// Carries it out, and says what the trail gets of it. An error undoes all of it.
    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(Self::Output, Event), StoreError>>;

    /// The idempotency key that it comes with: what that was used for stands in the transaction when it is applied.
    fn key(&self) -> Option<&KeyUse> {
        None
    }
}

/// A write that concerns nobody, such as who works on what and until when: the trail gets nothing of it. It may be applied
/// more than once, as a [`Change`]. Only this module's neighbours can make one.
pub(super) trait Bookkeeping: Send + Sync + 'static {
    /// What comes of it.
    type Output: Send + 'static;

    /// Carries it out. An error undoes all of it.
    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<Self::Output, StoreError>>;
}

/// A transaction of the writer. Dropped, it takes its connection with it, and all of it is undone.
pub struct Tx {
    connection: AnyConnection,
    database: Database,
    /// Idempotency keys of the group's changes.
    pub(super) keys: Keys,
    /// New verifications. Nobody knows of them before they are committed, so they are written together at the end.
    pub(super) verifications: Vec<StoredVerification>,
    /// Where the trail ended when the last group was written; then, where it ends after this one.
    pub(super) trail_end: Option<TreeEnd>,
    /// Whether the end of the trail is written although there is no event.
    pub(super) touches_trail: bool,
}

impl Tx {
    /// For a statement.
    pub(super) const fn connection(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }

    /// The kind of database.
    pub(super) const fn database(&self) -> Database {
        self.database
    }

    /// Erases the idempotency keys of a verification, or of a request for one.
    pub(super) async fn forget_keys(&mut self, id: VerificationId) -> Result<(), StoreError> {
        self.keys.forget(&mut self.connection, id).await
    }

    /// Writes the rows that were left for the end; keys speak of verifications.
    async fn write_rows(&mut self) -> Result<(), StoreError> {
        verifications::insert(&mut self.connection, &self.verifications).await?;
        self.keys.write(&mut self.connection).await
    }
}

/// What came of a write, and the event that the trail gets of it, if any.
type Written<T> = Result<(T, Option<Event>), StoreError>;

/// A write of either kind.
pub(super) trait Write: Send + Sync + 'static {
    type Output: Send + 'static;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Written<Self::Output>>;

    fn key(&self) -> Option<&KeyUse>;
}

pub(super) struct Told<C>(pub(super) C);

pub(super) struct Untold<B>(pub(super) B);

impl<C: Change> Write for Told<C> {
    type Output = C::Output;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Written<C::Output>> {
        Box::pin(async move { self.0.apply(tx).await.map(|(output, event)| (output, Some(event))) })
    }

    fn key(&self) -> Option<&KeyUse> {
        self.0.key()
    }
}

impl<B: Bookkeeping> Write for Untold<B> {
    type Output = B::Output;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Written<B::Output>> {
        Box::pin(async move { self.0.apply(tx).await.map(|output| (output, None)) })
    }

    fn key(&self) -> Option<&KeyUse> {
        None
    }
}

/// A write in the queue, whatever comes of it.
pub(super) trait Waiting: Send {
    fn key(&self) -> Option<&KeyUse>;

    /// Applies it and keeps what came of it.
    fn apply<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Result<Option<Event>, StoreError>>;

    /// Tells who waits what came of it, or why nothing did.
    fn answer(self: Box<Self>, result: Result<(), StoreError>);
}

pub(super) struct One<W: Write> {
    write: W,
    output: Option<W::Output>,
    answer: oneshot::Sender<Result<W::Output, StoreError>>,
}

impl<W: Write> One<W> {
    /// With where the answer will be.
    pub(super) fn new(write: W) -> (Self, oneshot::Receiver<Result<W::Output, StoreError>>) {
        let (answer, answered) = oneshot::channel();
        (Self { write, output: None, answer }, answered)
    }
}

impl<W: Write> Waiting for One<W> {
    fn key(&self) -> Option<&KeyUse> {
        self.write.key()
    }

    fn apply<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Result<Option<Event>, StoreError>> {
        Box::pin(async move {
            let (output, event) = self.write.apply(tx).await?;
            self.output = Some(output);
            Ok(event)
        })
    }

    fn answer(self: Box<Self>, result: Result<(), StoreError>) {
        let Self { output, answer, .. } = *self;
        let _nobody_waits_any_more = answer.send(result.and_then(|()| output.ok_or(StoreError::Closed)));
    }
}

/// The only task of this process that writes.
pub(super) struct Writer {
    connection: OwnConnection,
    trail_end: Option<TreeEnd>,
}

impl Writer {
    pub(super) const fn new(connection: OwnConnection) -> Self {
        Self { connection, trail_end: None }
    }

    /// Writes what is waiting, as much as there is at once, until told to stop or every [`Store`](crate::store::Store) is
    /// gone.
    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Box<dyn Waiting>>, mut stop: watch::Receiver<bool>) {
        let mut group = Vec::with_capacity(GROUP);
        while next_group(&mut waiting, (&mut group, GROUP), &mut stop).await {
            self.write_group(&mut group).await;
        }
        self.connection.close().await;
    }

    /// Writes all of a group in one transaction; if one of them spoils that, each in its own.
    async fn write_group(&mut self, group: &mut Vec<Box<dyn Waiting>>) {
        let together = self.write(group).await;
        if matches!(together, Ok(()) | Err(StoreError::Unknown(_) | StoreError::Unavailable(_))) {
            return answer_all(group, together);
        }
        for one in group.drain(..) {
            let mut alone = vec![one];
            let result = match self.write(&mut alone).await {
                // Another instance was first: what it wrote can be seen now.
                Err(StoreError::Conflict) => self.write(&mut alone).await,
                result => result,
            };
            answer_all(&mut alone, result);
        }
    }

    /// A fault of ours in one group is an error of that group, and not the end of all writing.
    async fn write(&mut self, group: &mut [Box<dyn Waiting>]) -> Result<(), StoreError> {
        let written = AssertUnwindSafe(self.transact(group)).catch_unwind().await;
        written.unwrap_or(Err(StoreError::Unknown(sqlx::Error::WorkerCrashed)))
    }

    async fn transact(&mut self, group: &mut [Box<dyn Waiting>]) -> Result<(), StoreError> {
        let mut tx = in_time(self.apply(group)).await?;
        match timeout(PATIENCE, tx.connection.execute("COMMIT")).await {
            Ok(committed) => committed.map_err(StoreError::of_commit)?,
            Err(_) => return Err(StoreError::Unknown(sqlx::Error::PoolTimedOut)),
        };
        self.trail_end = tx.trail_end;
        self.connection.give_back(tx.connection);
        Ok(())
    }

    /// All but the commit.
    async fn apply(&mut self, group: &mut [Box<dyn Waiting>]) -> Result<Tx, StoreError> {
        let database = self.connection.database();
        let keys = group.iter().filter_map(|one| one.key()).map(KeyUse::of).collect();
        let mut connection = self.connection.take().await?;
        connection.execute(begin(database)).await?;
        let keys = Keys::load(keys, &mut connection).await?;
        let (verifications, trail_end) = (Vec::new(), self.trail_end);
        let mut tx = Tx { connection, database, keys, verifications, trail_end, touches_trail: false };
        let mut events = Vec::with_capacity(group.len());
        for one in group {
            events.extend(one.apply(&mut tx).await?);
        }
        tx.write_rows().await?;
        // Whoever has nothing to tell does not wait for the end of the trail.
        if tx.touches_trail || !events.is_empty() {
            trail::append(&mut tx, &events).await?;
        }
        Ok(tx)
    }
}

/// SQLite gets the lock for writing at once: it cannot be had later without starting again.
const fn begin(database: Database) -> &'static str {
    match database {
        Database::Sqlite => "BEGIN IMMEDIATE",
        Database::Postgres => "BEGIN",
    }
}

/// Answers those of a group; the error that many share is told to each.
fn answer_all(group: &mut Vec<Box<dyn Waiting>>, result: Result<(), StoreError>) {
    let result = result.map_err(Arc::new);
    for one in group.drain(..) {
        one.answer(result.clone().map_err(StoreError::Shared));
    }
}
