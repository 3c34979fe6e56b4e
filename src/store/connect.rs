//! Addresses of stores, and connections to them.

use std::fmt;
use std::str::FromStr;
use std::sync::Once;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, Executor};
use tokio::time::timeout;

use crate::store::StoreError;

/// How long somebody waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an address of SQLite that says nothing else asks for.
const MAY_CREATE: &str = "mode=rwc";

/// The kinds of database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Database {
    /// In the process, in one file.
    Sqlite,
    /// A server.
    Postgres,
}

/// Where a store is: `sqlite:PATH` or `postgres://…`. It may hold a password, so it never prints whole.
#[derive(Clone)]
pub struct StoreUrl {
    database: Database,
    options: AnyConnectOptions,
}

impl FromStr for StoreUrl {
    type Err = StoreError;

    fn from_str(url: &str) -> Result<Self, StoreError> {
        let database = match url.split_once(':') {
            Some(("sqlite", _)) => Database::Sqlite,
            Some(("postgres" | "postgresql", _)) => Database::Postgres,
            _ => return Err(StoreError::BadUrl),
        };
        let mut url = url.to_owned();
        if database == Database::Sqlite && !url.contains('?') {
            url.push('?');
            url.push_str(MAY_CREATE);
        }
        let options: AnyConnectOptions = url.parse().map_err(|_| StoreError::BadUrl)?;
        if database == Database::Postgres && !is_protected(&options) {
            return Err(StoreError::Unprotected);
        }
        Ok(Self { database, options: options.disable_statement_logging() })
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({:?})", self.database)
    }
}

impl StoreUrl {
    async fn connect(&self) -> Result<AnyConnection, sqlx::Error> {
        let mut connection = AnyConnection::connect_with(&self.options).await?;
        connection.execute(prelude(self.database)).await?;
        Ok(connection)
    }

    /// The kind of database.
    pub const fn database(&self) -> Database {
        self.database
    }

    /// The same, without making a file of SQLite where there is none.
    #[must_use]
    pub fn existing(mut self) -> Self {
        if self.options.database_url.query() == Some(MAY_CREATE) {
            self.options.database_url.set_query(Some("mode=rw"));
        }
        self
    }

    /// Connections for `most` tasks at a time; none is made yet.
    pub(super) fn pool(&self, most: u32) -> AnyPool {
        install_drivers();
        let database = self.database;
        AnyPoolOptions::new()
            .max_connections(most)
            .acquire_timeout(PATIENCE)
            // A file does not go away between two statements, as a server does.
            .test_before_acquire(database == Database::Postgres)
            .after_release(|connection, _| Box::pin(is_as_new(connection)))
            .after_connect(move |connection, _| {
                Box::pin(async move { connection.execute(prelude(database)).await.map(|_| ()) })
            })
            .connect_lazy_with(self.options.clone())
    }

    /// A connection for one task; it is made when it is needed.
    pub(super) fn own_connection(&self) -> OwnConnection {
        install_drivers();
        OwnConnection { url: self.clone(), kept: None }
    }
}

fn install_drivers() {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
}

/// A connection that a task has for itself. Whoever takes it gives it back when nothing that was begun is open; one that is
/// not given back, for whatever went wrong meanwhile, is closed, and another is made.
///
/// SQLite ends a transaction by itself when the disk fails (<https://www.sqlite.org/lang_transaction.html>, §2.3): a
/// connection on which something failed is in a state that nobody knows.
pub(super) struct OwnConnection {
    url: StoreUrl,
    kept: Option<AnyConnection>,
}

impl OwnConnection {
    /// The kind of database.
    pub(super) const fn database(&self) -> Database {
        self.url.database
    }

    /// The connection, within [`PATIENCE`]: a server that hangs answers nothing.
    pub(super) async fn take(&mut self) -> Result<AnyConnection, StoreError> {
        let taken = async {
            if let Some(mut kept) = self.kept.take() {
                // A file does not go away between two statements, as a server does.
                if self.url.database == Database::Sqlite || kept.ping().await.is_ok() {
                    return Ok(kept);
                }
            }
            self.url.connect().await
        };
        Ok(timeout(PATIENCE, taken).await.map_err(|_| sqlx::Error::PoolTimedOut)??)
    }

    /// Keeps it for the next time.
    pub(super) fn give_back(&mut self, connection: AnyConnection) {
        self.kept = Some(connection);
    }

    /// Ends it in good order.
    pub(super) async fn close(self) {
        if let Some(kept) = self.kept {
            let _gone_anyway = kept.close().await;
        }
    }
}

/// Whether a connection that was given back can serve others: it answers. A server that hangs would keep one of few
/// connections for as long as it hangs.
async fn is_as_new(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    timeout(PATIENCE, connection.ping()).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
    Ok(true)
}

/// Whether nobody on the way can read or change what is said to the server: it is on this machine, or TLS proves which it
/// is. Without `sslmode` the connection would fall back to no TLS without a word.
fn is_protected(options: &AnyConnectOptions) -> bool {
    let url = &options.database_url;
    let named = |wanted: &str| url.query_pairs().filter(|(name, _)| name == wanted).map(|(_, value)| value).last();
    // The last one counts. Where there is none, the environment decides: that can be any.
    let hosts = url.query_pairs().filter(|(name, _)| name == "host" || name == "hostaddr").map(|(_, value)| value);
    let host = hosts.last().unwrap_or_else(|| url.host_str().unwrap_or_default().into());
    let here = host.starts_with('/') || ["localhost", "127.0.0.1", "::1", "[::1]"].contains(&&*host);
    here || named("sslmode").is_some_and(|mode| mode == "verify-full")
}

/// What each connection begins with. A commit is on the disk when it is answered (`synchronous=FULL`).
const fn prelude(database: Database) -> &'static str {
    match database {
        Database::Sqlite => {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA busy_timeout = 5000; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF"
        }
        Database::Postgres => {
            "SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
             SET idle_in_transaction_session_timeout = '30s'; SET TIME ZONE 'UTC'"
        }
    }
}
