//! Signatures through the whole path, beside what only the token must do: the tables of signing in `docs/PERFORMANCE.md`.
//!
//! `cargo bench --bench sign`; the argument `softhsm` or `card` leaves out the other.

#![expect(clippy::print_stdout, reason = "the table is what it makes")]

#[path = "sign/card.rs"]
mod card;
#[expect(dead_code, clippy::unwrap_used, reason = "tests use the rest, and stop at the first surprise")]
#[path = "../tests/support/cns/mod.rs"]
mod cns;
#[expect(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests use the rest, and stop at the first surprise"
)]
#[path = "../tests/support/hsm.rs"]
mod hsm;
#[expect(dead_code, reason = "the other measurements use the rest")]
mod measure;
#[path = "sign/path.rs"]
mod path;
#[path = "sign/softhsm.rs"]
mod softhsm;
#[expect(dead_code, reason = "the other measurements use the rest")]
mod surroundings;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What tells the second process of this program what it is for; its folder follows.
const INSIDE: &str = "--inside";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = arguments.iter().find(|argument| ["softhsm", "card"].contains(&argument.as_str())).cloned();
    let inside = arguments.iter().skip_while(|argument| *argument != INSIDE).nth(1).map(PathBuf::from);
    let Some(folder) = inside else { return start_again(only.as_deref()) };
    let is_wanted = |part| only.as_deref().is_none_or(|only| only == part);
    println!("{}\n", surroundings::machine()?);
    let mut targets = Vec::new();
    if is_wanted("softhsm") {
        targets.extend(softhsm::measure(&folder)?);
    }
    if is_wanted("card") {
        targets.extend(card::measure(&folder)?);
    }
    println!("### The targets of signing\n\n| target | measured | |\n| --- | --- | --- |");
    for target in targets {
        println!("{target}");
    }
    Ok(())
}

/// Libraries that are loaded into this process look into its environment, which nothing but its start can set.
fn start_again(only: Option<&str>) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(only).arg(INSIDE).arg(folder.path());
    command.env("SOFTHSM2_CONF", softhsm::configuration(folder.path()));
    command.env("PCSCLITE_CSOCK_NAME", card::socket(folder.path()));
    if command.status()?.success() { Ok(()) } else { Err("it failed".into()) }
}

/// A file or folder of the stored synthetic PKI.
fn pki(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/pki").join(path)
}
