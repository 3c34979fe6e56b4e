//! Writes the fixtures under `fixtures/cms` and `fixtures/pdf`.
//!
//! `cargo run --example forge [--all | CASE…]` writes the input of CMS cases that have none, of all, or
//! of those named; `cargo run --example forge -- pdf` writes all PDF cases, which come out the same each time.
//! Every `case.toml` is written anew, with the `[peers]` that it had if the input is the same.

#![expect(clippy::unwrap_used, reason = "a tool of ours, on our own files")]

mod case;
mod cms;
mod expected;
#[path = "../../tests/support/forge/mod.rs"]
mod forge;
mod pdf;

use std::fs;
use std::path::Path;

use case::Case;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    if wanted.first().is_some_and(|kind| kind == "pdf") {
        write(&fixtures.join("pdf"), &pdf::all(), |_| true);
    } else {
        // ECDSA values differ each time: what is there stays.
        write(&fixtures.join("cms"), &cms::all(), |case| wanted.iter().any(|name| name == case || name == "--all"));
    }
}

fn write(root: &Path, cases: &[Case], wanted: impl Fn(&str) -> bool) {
    for case in cases {
        let folder = root.join(case.name);
        fs::create_dir_all(&folder).unwrap();
        let input = folder.join(case.file);
        let before = fs::read(&input).ok();
        let fresh = (wanted(case.name) || before.is_none()) && before.as_ref() != Some(&case.input);
        if fresh {
            fs::write(&input, &case.input).unwrap();
            if let Some(content) = &case.detached {
                fs::write(folder.join("content.bin"), content).unwrap();
            }
        }
        if let Some(document) = &case.expected_document {
            fs::write(folder.join("expected.pdf"), document).unwrap();
        }
        let toml = folder.join("case.toml");
        let peers = if fresh { String::new() } else { peers(&fs::read_to_string(&toml).unwrap_or_default()) };
        fs::write(&toml, case.to_toml(&twins(case, cases)) + &peers).unwrap();
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
