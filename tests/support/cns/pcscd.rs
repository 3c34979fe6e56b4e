//! A `pcscd` of one's own: on a socket and with a reader that no other program uses.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::repository;

/// The service of smart cards with two readers of `vpcd`. It stops when this is dropped, and when this process ends.
pub(crate) struct Pcscd {
    folder: TempDir,
    port: u16,
    /// It holds the service; see `tests/support/pcscd.sh`.
    script: Option<Child>,
}

/// The driver of the package `vsmartcard-vpcd`.
const VPCD: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

const READER: &str = "Lettore di prova";

impl Pcscd {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let driver = driver().display();
        let port = free_ports();
        Self::with(
            port,
            &format!(
                "FRIENDLYNAME \"{READER}\"\nDEVICENAME /dev/null:0x{port:04X}\nLIBPATH {driver}\nCHANNELID 0x{port:04X}\n"
            ),
        )
    }

    /// Starts one that has no reader.
    pub(crate) fn without_readers() -> Self {
        Self::with(0, "")
    }

    fn with(port: u16, readers: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("readers")).unwrap();
        std::fs::write(folder.path().join("readers/vpcd"), readers).unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        let mut pcscd = Self { folder, port, script: None };
        pcscd.restart();
        pcscd
    }

    /// Ends it at once, without a word to whoever is connected.
    pub(crate) fn kill(&mut self) {
        if let Some(mut script) = self.script.take() {
            drop(script.stdin.take());
            script.wait().unwrap();
        }
    }

    /// Starts it, after [`Self::kill`].
    pub(crate) fn restart(&mut self) {
        self.kill();
        let script = repository().join("tests/support/pcscd.sh");
        let mut script =
            Command::new(script).arg(self.folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "listening\n", "pcscd did not start; are `pcscd` and `systemd` installed?");
        self.script = Some(script);
        // It is started by whoever connects first; between the name of its socket and the first answer there is a moment.
        let started = Instant::now();
        while let Err(error) = UnixStream::connect(self.socket()) {
            assert!(started.elapsed() < Duration::from_secs(20), "pcscd does not answer: {error}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Pulls out the plug of both readers, from within any thread; [`Self::plug_in`] puts it back.
    pub(crate) fn unplug(folder: &Path) {
        std::fs::write(folder.join("unplugged"), "").unwrap();
        assert!(signal(folder, "USR1"), "pcscd does not run");
    }

    /// Whether the plug is out.
    pub(crate) fn is_unplugged(&self) -> bool {
        self.folder.path().join("unplugged").exists()
    }

    /// Puts the plug back in.
    pub(crate) fn plug_in(&self) {
        let _it_may_be_in = std::fs::remove_file(self.folder.path().join("unplugged"));
        assert!(signal(self.folder.path(), "USR1"), "pcscd does not run");
    }

    /// Where its socket and the state of its readers are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the service of a folder at once, from within any thread. [`Self::restart`] starts it again.
    pub(crate) fn kill_of(folder: &Path) {
        signal(folder, "KILL");
    }

    /// A program that talks to it, finds our configuration of OpenSC, and keeps what it keeps in a home of its own.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("PCSCLITE_CSOCK_NAME", self.socket())
            .env("OPENSC_CONF", Self::opensc_conf())
            .env("HOME", self.home())
            .env_remove("XDG_CACHE_HOME");
        command
    }

    /// Our configuration of OpenSC.
    pub(crate) fn opensc_conf() -> PathBuf {
        repository().join("packaging/opensc.conf")
    }

    /// The socket that clients find in `PCSCLITE_CSOCK_NAME`.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("pcscd.comm")
    }

    /// The home of the programs that are started by [`Self::command`].
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The name of a reader, 0 or 1.
    pub(crate) fn reader(slot: u16) -> String {
        format!("{READER} 00 {slot:02}")
    }

    /// The port on which a reader, 0 or 1, waits for its card.
    pub(crate) fn port(&self, slot: u16) -> u16 {
        self.port + slot
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal to the service; at `USR1` it looks which readers there are. `false` where it does not run.
fn signal(folder: &Path, name: &str) -> bool {
    let id = std::fs::read_to_string(folder.join("pid")).unwrap();
    Command::new("kill").args([&format!("-{name}"), id.trim()]).status().unwrap().success()
}

/// The driver of the readers, `reader.c` before `vpcd`'s, compiled once.
fn driver() -> &'static Path {
    static DRIVER: OnceLock<PathBuf> = OnceLock::new();
    DRIVER.get_or_init(|| {
        assert!(Path::new(VPCD).exists(), "the package `vsmartcard-vpcd` is not installed");
        // A name of its own: other tests may compile it at the same time.
        let driver = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("reader-{}.so", std::process::id()));
        let source = repository().join("tests/support/cns/reader.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-I/usr/include/PCSC"]).arg(format!("-DREAL=\"{VPCD}\""));
        assert!(compiler.arg("-o").arg(&driver).arg(source).arg("-ldl").status().unwrap().success());
        driver
    })
}

/// Two ports in a row that nobody listens on.
fn free_ports() -> u16 {
    for _attempt in 0..100 {
        let first = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind((Ipv4Addr::UNSPECIFIED, port + 1)).is_ok() {
            return port;
        }
    }
    panic!("no two free ports in a row");
}
