//! Stores of either kind, for tests that must hold on both.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use varco::store::{Database, Store, StoreUrl};

/// An empty place for a store. It is gone when this is dropped (a database of PostgreSQL with its server).
pub(crate) struct Place {
    pub(crate) url: String,
    folder: Option<TempDir>,
}

impl Place {
    /// A new one.
    pub(crate) fn new(database: Database) -> Self {
        match database {
            Database::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite:{}", folder.path().join("varco.db").display());
                Self { url, folder: Some(folder) }
            }
            Database::Postgres => Self { url: postgres_database(), folder: None },
        }
    }

    pub(crate) async fn open(&self) -> Store {
        let url: StoreUrl = self.url.parse().unwrap();
        Store::open(&url).await.unwrap()
    }

    /// Runs statements beside the program, with the tools of the database.
    pub(crate) fn run_sql(&self, sql: &str) {
        let mut tool = if let Some(file) = self.url.strip_prefix("sqlite:") {
            let mut tool = Command::new("sqlite3");
            tool.args(["-bail", "-cmd", ".timeout 5000", file, sql]);
            tool
        } else {
            let mut tool = Command::new("psql");
            tool.args(["-q", "-v", "ON_ERROR_STOP=1", "-c", sql, &self.url]);
            tool
        };
        assert!(tool.stdout(Stdio::null()).status().unwrap().success(), "{sql}");
    }

    /// Whether the octets stand in a file of SQLite; `None` for PostgreSQL, whose files belong to its server.
    pub(crate) fn files_hold(&self, octets: &[u8]) -> Option<bool> {
        let files = self.folder.as_ref()?.path().read_dir().unwrap();
        let mut contents = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        Some(contents.any(|content| content.windows(octets.len()).any(|window| window == octets)))
    }
}

/// Runs a test on an empty store of each kind.
pub(crate) fn on_both<F: Future<Output = ()>>(test: impl Fn(Place) -> F) {
    for database in [Database::Sqlite, Database::Postgres] {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(test(Place::new(database)));
    }
}

/// A new database in the one server of this process.
fn postgres_database() -> String {
    static SERVER: OnceLock<PostgresServer> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(PostgresServer::start);
    server.database(&format!("test{}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// A PostgreSQL of one's own. It stops when the pipe to its script closes: with this value, or with this process.
pub(crate) struct PostgresServer {
    script: Child,
    answers: BufReader<ChildStdout>,
    folder: String,
}

impl PostgresServer {
    pub(crate) fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/postgres.sh");
        let mut script = Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(script.stdout.take().unwrap());
        let mut server = Self { script, answers, folder: String::new() };
        server.folder = server.answer();
        assert!(!server.folder.is_empty(), "PostgreSQL did not start; is the package `postgresql` installed?");
        server
    }

    /// Makes a database; returns its URL.
    pub(crate) fn database(&self, name: &str) -> String {
        let made = Command::new("createdb").args(["-h", &self.folder, "-U", "varco", name]).status().unwrap();
        assert!(made.success());
        format!("postgres://varco@localhost/{name}?host={}", self.folder)
    }

    /// Ends it as a power failure would.
    pub(crate) fn kill(&mut self) {
        self.order("kill");
    }

    /// Starts it again.
    pub(crate) fn restart(&mut self) {
        self.order("start");
    }

    /// Lets it hang: connections stay, nothing is answered.
    pub(crate) fn halt(&mut self) {
        self.order("halt");
    }

    /// Lets it go on.
    pub(crate) fn go_on(&mut self) {
        self.order("go-on");
    }

    fn order(&mut self, order: &str) {
        writeln!(self.script.stdin.as_mut().unwrap(), "{order}").unwrap();
        assert_eq!(self.answer(), order);
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _stopped = self.script.wait();
    }
}
