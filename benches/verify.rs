//! Makes the tables of `docs/PERFORMANCE.md`: Varco beside the least that any verifier must do, and beside its peers.
//!
//! Everything that is compared runs in turns, in one go, and the ratio is the median over the turns: a busy or a
//! slow machine changes the microseconds and hardly the ratios. The argument `small`, `large`, `pdf` or `service` leaves out
//! the rest.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it makes")]

mod envelope;
mod floor;
#[expect(dead_code, clippy::unwrap_used, reason = "it makes much more than signed PDF files, of our own octets")]
#[path = "../tests/support/forge/mod.rs"]
mod forge;
mod large;
#[expect(dead_code, reason = "the measurements of signing use the rest")]
mod measure;
mod pdf;
mod peers;
mod service;
mod small;
mod surroundings;

use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    std::fs::create_dir_all(&folder)?;
    println!("{}\n", surroundings::machine()?);
    let only = std::env::args().nth(1).filter(|argument| !argument.starts_with('-'));
    let is_wanted = |part| only.as_deref().is_none_or(|only| only == part);
    let mut targets = Vec::new();
    if is_wanted("small") {
        targets.extend(small::measure(&folder)?);
    }
    if is_wanted("large") {
        targets.extend(large::measure(&folder)?);
    }
    if is_wanted("pdf") {
        targets.extend(pdf::measure(&folder)?);
    }
    if is_wanted("service") {
        targets.extend(service::measure(&folder)?);
    }
    println!("### The targets\n\n| target | measured | |\n| --- | --- | --- |");
    for target in targets {
        println!("{target}");
    }
    Ok(())
}

/// A file or folder of the stored synthetic PKI.
fn pki(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/pki").join(path)
}
