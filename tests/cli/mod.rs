//! The command itself, run as people and scripts run it.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod bad_input;
mod commands;
mod demo;
mod killed;
mod languages;
mod ocsp;
mod report;
mod results;
mod revisions;
mod truncation;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// The time for which the stored PKI answers.
pub(crate) const AT: &str = "2026-02-01T00:00:00Z";

/// An empty working folder and an empty folder for temporary files; whatever is run in it must leave them so.
pub(crate) struct Sandbox {
    cwd: TempDir,
    tmp: TempDir,
    outside: TempDir,
}

/// What a run came to.
struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let new = || tempfile::tempdir().unwrap();
        Self { cwd: new(), tmp: new(), outside: new() }
    }

    /// Makes a file that the command does not find beside itself.
    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.outside.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, b"")
    }

    fn run_with(&self, arguments: &[&str], standard_input: &[u8]) -> Run {
        let run = finish(self.command(arguments), standard_input);
        assert_eq!(names(self.tmp.path()), BTreeSet::new(), "left behind in the temporary folder");
        assert_eq!(names(self.cwd.path()), BTreeSet::new(), "left behind in the working folder");
        assert!((0..=2).contains(&run.status), "exit status {}: {}", run.status, run.stderr);
        assert!(!run.stderr.contains("panicked") && !run.stderr.contains("difetto"), "{}", run.stderr);
        run
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_varco"));
        command.args(arguments).current_dir(self.cwd.path()).env("TMPDIR", self.tmp.path()).env_remove("NO_COLOR");
        command
    }

    /// `varco verify` with the trust material of the stored PKI, at a time when it answers.
    fn verify(&self, arguments: &[&str]) -> Run {
        self.run(&with_material(arguments))
    }

    /// The same with `--format json`, its only line read.
    pub(crate) fn verify_json(&self, arguments: &[&str]) -> (i32, Value) {
        let run = self.verify(&[&["--format", "json"], arguments].concat());
        (run.status, run.json())
    }
}

impl Run {
    fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{}{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The sentence of an error, which must stand alone on standard error.
    fn error(&self) -> &str {
        assert_eq!(self.status, 2, "{}", self.stdout);
        assert_eq!(self.stdout, "");
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        self.stderr.strip_prefix("Errore: ").unwrap().trim_end()
    }
}

fn with_material<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let material = ["verify", "--trust", pki("trust"), "--crl", pki("crl"), "--at", AT];
    material.into_iter().chain(arguments.iter().copied()).collect()
}

fn finish(mut command: Command, standard_input: &[u8]) -> Run {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Whoever does not read it closes it: not our concern.
    let _unread = stdin.write_all(standard_input);
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    Run {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A part of the stored PKI.
pub(crate) fn pki(part: &str) -> &'static str {
    static TRUST: OnceLock<String> = OnceLock::new();
    static CRL: OnceLock<String> = OnceLock::new();
    static ROOT: OnceLock<String> = OnceLock::new();
    let path = || root().join("certs/pki").join(part).to_str().unwrap().to_owned();
    match part {
        "trust" => TRUST.get_or_init(path),
        "crl" => CRL.get_or_init(path),
        "" => ROOT.get_or_init(path),
        _ => unreachable!("{part}"),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the demonstration files, made once by the script that makes them for people.
fn demo() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-demo");
        let script = Command::new(root().join("certs/make-demo.sh")).arg(pki("")).arg(&folder).output().unwrap();
        assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
        folder
    })
}

/// The path of a demonstration file.
pub(crate) fn demo_file(name: &str) -> String {
    demo().join(name).to_str().unwrap().to_owned()
}

fn names(folder: &Path) -> BTreeSet<String> {
    folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
