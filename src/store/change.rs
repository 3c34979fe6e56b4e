//! Changing what is kept: one writer, whole groups of changes in one transaction, each with its event.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::{Any, AnyConnection, AnyPool, Row, Transaction};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::audit::Event;
use crate::store::connect::StoreUrl;
use crate::store::{Database, StoreError, schema, trail};

/// The most changes that are written at once.
const GROUP: usize = 256;
/// The most changes that wait; whoever comes after them waits to be let in.
const QUEUE: usize = 1024;
/// Connections that read.
const READERS: u32 = 8;
/// How long a read may take, waiting for a connection included; a group of changes; a commit.
const PATIENCE: Duration = Duration::from_secs(15);

/// A change of what is kept, as a value. It may be applied more than once: a group of changes that fails is undone and
/// its members are applied one by one.
pub trait Change: Send + Sync + 'static {
    /// What comes of it.
    type Output: Send + 'static;

    /// Carries it out, and says what the trail gets of it. An error undoes all of it.
    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(Self::Output, Event), StoreError>>;
}

/// A write that concerns nobody, such as who works on what and until when: the trail gets nothing of it. It may be applied
/// more than once, as a [`Change`]. Only this module's neighbours can make one.
pub(super) trait Bookkeeping: Send + Sync + 'static {
    /// What comes of it.
    type Output: Send + 'static;

    /// Carries it out. An error undoes all of it.
    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<Self::Output, StoreError>>;
}

/// A transaction of the writer.
pub struct Tx {
    inner: Transaction<'static, Any>,
    database: Database,
}

impl Tx {
    /// For a statement.
    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }

    /// The kind of database.
    pub(super) const fn database(&self) -> Database {
        self.database
    }
}

/// The store. Clones are the same store.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    writing: AnyPool,
    database: Database,
    queue: mpsc::Sender<Box<dyn Waiting>>,
}

impl Store {
    /// Connects, brings the tables up to date, starts the writer.
    pub async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        let store = Self::attach(url);
        schema::migrate(&store.pool, store.database).await?;
        Ok(store)
    }

    /// Starts the writer on tables as they are; a connection is made when one is needed.
    pub fn attach(url: &StoreUrl) -> Self {
        let (queue, changes) = mpsc::channel(QUEUE);
        let suspect = Arc::default();
        let writing = url.pool(1, &suspect);
        let writer = Writer { pool: writing.clone(), suspect, database: url.database() };
        tokio::spawn(writer.run(changes));
        Self { pool: url.pool(READERS, &Arc::default()), writing, database: url.database(), queue }
    }

    /// Applies a change and writes its event: both are on the disk when this returns, or neither is.
    ///
    /// After [`StoreError::Unknown`] either may be the case: ask again with the same idempotency key.
    pub async fn change<C: Change>(&self, change: C) -> Result<C::Output, StoreError> {
        self.write(Told(change)).await
    }

    /// Applies a write of which the trail gets nothing, in the order of all others.
    pub(super) async fn keep_books<B: Bookkeeping>(&self, write: B) -> Result<B::Output, StoreError> {
        self.write(Untold(write)).await
    }

    async fn write<W: Write>(&self, write: W) -> Result<W::Output, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Box::new(One { write, output: None, answer })).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Ends what is being read and written, then closes the connections; whoever comes later gets [`StoreError::Closed`].
    /// What a database that hangs does not end is left to it.
    pub async fn close(&self) {
        let all = async {
            self.writing.close().await;
            self.pool.close().await;
        };
        let _left = timeout(PATIENCE, all).await;
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        in_time(async {
            sqlx::query("SELECT 1").execute(&self.pool).await?;
            Ok(())
        })
        .await
    }

    /// Lets go of octets that were erased or replaced: in SQLite the log is emptied, in PostgreSQL dead rows are removed.
    ///
    /// *Not* reached: backups, copies of the file system, and the log and free pages of a PostgreSQL server.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        match self.database {
            Database::Sqlite => {
                // The first column says whether somebody was in the way.
                let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.pool).await?;
                let busy: i32 = row.try_get(0)?;
                if busy == 0 { Ok(()) } else { Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)) }
            }
            Database::Postgres => {
                let sql = "VACUUM verifications, verification_requests, idempotency_keys, audit_personal";
                sqlx::query(sql).execute(&self.pool).await?;
                Ok(())
            }
        }
    }

    /// The kind of database.
    pub const fn database(&self) -> Database {
        self.database
    }

    /// For reading.
    pub(super) const fn pool(&self) -> &AnyPool {
        &self.pool
    }
}

/// What came of a write, and the event that the trail gets of it, if any.
type Written<T> = Result<(T, Option<Event>), StoreError>;

/// A write of either kind.
trait Write: Send + Sync + 'static {
    type Output: Send + 'static;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Written<Self::Output>>;
}

struct Told<C>(C);

struct Untold<B>(B);

impl<C: Change> Write for Told<C> {
    type Output = C::Output;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Written<C::Output>> {
        Box::pin(async move { self.0.apply(tx).await.map(|(output, event)| (output, Some(event))) })
    }
}

impl<B: Bookkeeping> Write for Untold<B> {
    type Output = B::Output;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Written<B::Output>> {
        Box::pin(async move { self.0.apply(tx).await.map(|output| (output, None)) })
    }
}

/// A write in the queue, whatever comes of it.
trait Waiting: Send {
    /// Applies it and keeps what came of it.
    fn apply<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Result<Option<Event>, StoreError>>;

    /// Tells who waits what came of it, or why nothing did.
    fn answer(self: Box<Self>, result: Result<(), StoreError>);
}

struct One<W: Write> {
    write: W,
    output: Option<W::Output>,
    answer: oneshot::Sender<Result<W::Output, StoreError>>,
}

impl<W: Write> Waiting for One<W> {
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
struct Writer {
    pool: AnyPool,
    /// Something failed on the connection: who knows in what state it is.
    suspect: Arc<AtomicBool>,
    database: Database,
}

impl Writer {
    /// Writes what is waiting, as much as there is at once, until every [`Store`] is gone.
    async fn run(self, mut waiting: mpsc::Receiver<Box<dyn Waiting>>) {
        let mut group = Vec::with_capacity(GROUP);
        while waiting.recv_many(&mut group, GROUP).await > 0 {
            self.write_group(&mut group).await;
        }
    }

    /// Writes all of a group in one transaction; if one of them spoils that, each in its own.
    async fn write_group(&self, group: &mut Vec<Box<dyn Waiting>>) {
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
    async fn write(&self, group: &mut [Box<dyn Waiting>]) -> Result<(), StoreError> {
        let written = AssertUnwindSafe(self.transact(group)).catch_unwind().await;
        let written = written.unwrap_or(Err(StoreError::Unknown(sqlx::Error::WorkerCrashed)));
        if written.is_err() {
            self.suspect.store(true, Ordering::Relaxed);
        }
        written
    }

    async fn transact(&self, group: &mut [Box<dyn Waiting>]) -> Result<(), StoreError> {
        let tx = in_time(self.apply(group)).await?;
        match timeout(PATIENCE, tx.inner.commit()).await {
            Ok(committed) => committed.map_err(StoreError::of_commit),
            Err(_) => Err(StoreError::Unknown(sqlx::Error::PoolTimedOut)),
        }
    }

    /// All but the commit.
    async fn apply(&self, group: &mut [Box<dyn Waiting>]) -> Result<Tx, StoreError> {
        let inner = self.pool.begin_with(begin(self.database)).await?;
        let mut tx = Tx { inner, database: self.database };
        let mut events = Vec::with_capacity(group.len());
        for one in group {
            events.extend(one.apply(&mut tx).await?);
        }
        // Whoever has nothing to tell does not wait for the end of the trail.
        if !events.is_empty() {
            trail::append(&mut tx, &events).await?;
        }
        Ok(tx)
    }
}

/// What comes of `work`, unless it takes too long: a database that hangs does not answer, and the timeouts that it was
/// asked for are its own.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    timeout(PATIENCE, work).await.unwrap_or(Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)))
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
