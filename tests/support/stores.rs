//! Stores of either kind, for tests that must hold on both.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
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
    static SERVER: OnceLock<Server> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(Server::start);
    let name = format!("test{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let made = Command::new("createdb").args(["-h", &server.folder, "-U", "varco", &name]).status().unwrap();
    assert!(made.success());
    format!("postgres://varco@localhost/{name}?host={}", server.folder)
}

/// It stops when the pipe to it closes, with this process.
struct Server {
    _child: Child,
    folder: String,
}

impl Server {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/postgres.sh");
        let mut child = Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut folder = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        assert!(!folder.is_empty(), "PostgreSQL did not start; is the package `postgresql` installed?");
        Self { _child: child, folder: folder.trim_end().to_owned() }
    }
}
