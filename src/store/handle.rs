//! The store as the rest of the program holds it: one writer, reads that are asked together, and all other reads.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::{AnyPool, Row};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::store::change::{Bookkeeping, Change, One, Told, Tx, Untold, Waiting, Write, Writer};
use crate::store::connect::StoreUrl;
use crate::store::idempotency::KeyOf;
use crate::store::lookup::Lookup;
use crate::store::tokens::TokenOf;
use crate::store::{Database, StoreError, schema};

/// The most changes that wait; whoever comes after them waits to be let in.
const QUEUE: usize = 1024;
/// Connections that read.
const READERS: u32 = 8;
/// How long a read may take, waiting for a connection included; a group of changes; a commit.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// The store. Clones are the same store.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    database: Database,
    queue: mpsc::Sender<Box<dyn Waiting>>,
    tokens: Lookup<TokenOf>,
    keys: Lookup<KeyOf>,
    stop: watch::Sender<bool>,
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
        let (stop, stopped) = watch::channel(false);
        let (queue, changes) = mpsc::channel(QUEUE);
        tokio::spawn(Writer::new(url.own_connection()).run(changes, stopped.clone()));
        Self {
            pool: url.pool(READERS),
            database: url.database(),
            queue,
            tokens: Lookup::start(url.own_connection(), stopped.clone()),
            keys: Lookup::start(url.own_connection(), stopped),
            stop,
        }
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
        let (one, answered) = One::new(write);
        self.queue.send(Box::new(one)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Ends what is being read and written, then closes the connections; whoever comes later gets [`StoreError::Closed`].
    /// What a database that hangs does not end is left to it.
    pub async fn close(&self) {
        let _nobody_listens = self.stop.send(true);
        let all = async {
            self.queue.closed().await;
            self.tokens.closed().await;
            self.keys.closed().await;
            self.pool.close().await;
        };
        let _left = timeout(PATIENCE, all).await;
    }

    /// Whether the store takes what is to be kept: something is written that changes nothing.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.keep_books(Probe).await
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

    /// Tokens by their digests.
    pub(super) const fn tokens_by_digest(&self) -> &Lookup<TokenOf> {
        &self.tokens
    }

    /// What keys were used for.
    pub(super) const fn key_uses(&self) -> &Lookup<KeyOf> {
        &self.keys
    }
}

/// A write that changes nothing.
struct Probe;

impl Bookkeeping for Probe {
    type Output = ();

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), StoreError>> {
        // In its place, which is the last: who else locks something of the trail, does so after all the rest.
        tx.touches_trail = true;
        Box::pin(async { Ok(()) })
    }
}

/// Puts what waits into `group`, as much as there is at once; `false` when told to stop, and when nobody is left who could ask.
pub(super) async fn next_group<T>(
    waiting: &mut mpsc::Receiver<T>,
    (group, most): (&mut Vec<T>, usize),
    stop: &mut watch::Receiver<bool>,
) -> bool {
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => false,
        count = waiting.recv_many(group, most) => count > 0,
    }
}

/// What comes of `work`, unless it takes too long: a database that hangs does not answer, and the timeouts that it was
/// asked for are its own.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    timeout(PATIENCE, work).await.unwrap_or(Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)))
}
