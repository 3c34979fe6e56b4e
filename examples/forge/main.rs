//! Writes the fixtures under `fixtures/cms`.
//!
//! `cargo run --example forge [--all | CASE…]` writes the input of cases that have none, of all, or
//! of those named; every `case.toml` is written anew, with the `[peers]` that it had.

#![expect(clippy::unwrap_used, reason = "a tool of ours, on our own files")]

mod case;
mod cases;
#[path = "../../tests/support/forge/mod.rs"]
mod forge;

use std::fs;
use std::path::Path;

use case::Case;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cms");
    let cases = cases::all();
    for case in &cases {
        let folder = root.join(case.name);
        fs::create_dir_all(&folder).unwrap();
        let named = wanted.iter().any(|name| name == case.name || name == "--all");
        let fresh = named || !folder.join("input.p7m").exists();
        if fresh {
            fs::write(folder.join("input.p7m"), &case.input).unwrap();
            if let Some(content) = &case.detached {
                fs::write(folder.join("content.bin"), content).unwrap();
            }
        }
        let toml = folder.join("case.toml");
        let peers = if fresh { String::new() } else { peers(&fs::read_to_string(&toml).unwrap_or_default()) };
        fs::write(&toml, case.to_toml(&twins(case, &cases)) + &peers).unwrap();
    }
}

/// The good case of a bad one, or the bad ones made from a good one.
fn twins(case: &Case, cases: &[Case]) -> Vec<&'static str> {
    match case.good_twin {
        Some(good) => {
            assert!(cases.iter().any(|other| other.name == good), "{}: no case {good}", case.name);
            vec![good]
        }
        None => cases.iter().filter(|other| other.good_twin == Some(case.name)).map(|other| other.name).collect(),
    }
}

fn peers(toml: &str) -> String {
    toml.find("\n[peers]").map(|start| toml.split_at(start).1.to_owned()).unwrap_or_default()
}
