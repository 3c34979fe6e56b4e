//! Readers and cards, with a virtual CNS: in process, and behind `pcscd` as programs see it.

#![expect(clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod command;
mod files;
mod opensc;
mod watch;

use std::process::{Command, Output};

use serde_json::Value;

use crate::support::cns::CardBench;

/// What `varco card` came to.
struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

/// Runs `varco card` where the readers of the bench are.
fn varco(bench: &CardBench, arguments: &[&str]) -> Run {
    finish(bench.command(env!("CARGO_BIN_EXE_varco")).arg("card").args(arguments))
}

fn finish(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|octets| String::from_utf8(octets).unwrap());
    Run { status: status.code().unwrap(), stdout, stderr }
}

impl Run {
    fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{}{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The kind of the problem that it came to.
    fn problem(&self) -> String {
        assert_eq!(self.status, 2, "{}{}", self.stdout, self.stderr);
        self.json()["type"].as_str().unwrap().strip_prefix("urn:varco:problem:").unwrap().to_owned()
    }
}
