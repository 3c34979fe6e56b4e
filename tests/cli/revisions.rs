//! What a signer of a PDF saw: revisions written out, and drawn.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::cli::{Sandbox, finish, report, text, with_material};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pdf").join(name).join("input.pdf")
}

/// Where each signature says that what it covers ends: the last two numbers of its `/ByteRange`.
fn ends(document: &[u8]) -> Vec<usize> {
    let ranges = memchr::memmem::find_iter(document, b"/ByteRange [").map(|at| &document[at + 12..]);
    let ends = ranges.map(|range| {
        let range = range.split(|octet| *octet == b']').next().unwrap();
        let numbers =
            std::str::from_utf8(range).unwrap().split_whitespace().map(|number| number.parse::<usize>().unwrap());
        let numbers: Vec<_> = numbers.collect();
        numbers[2] + numbers[3]
    });
    ends.collect()
}

#[test]
fn a_revision_is_what_its_signature_covers() {
    let sandbox = Sandbox::new();
    for name in ["good-two-signatures", "good-three-signatures", "good-linearised-order", "good-junk-before-header"] {
        let path = fixture(name);
        let document = fs::read(&path).unwrap();
        let folder = sandbox.outside.path().join(name);
        let (_, json) = sandbox.verify_json(&[text(&path)]);
        let signatures = json["signatures"].as_array().unwrap();
        let ends = ends(&document);
        assert_eq!(signatures.len(), ends.len(), "{name}");
        for (signature, end) in signatures.iter().zip(ends) {
            let revision = signature["revision"].to_string();
            let (_, json) =
                sandbox.verify_json(&["--extract", text(&folder), "--extract-revision", &revision, text(&path)]);
            report::check(&json);
            let extracted = PathBuf::from(json["extracted"].as_str().unwrap());
            let name_of_file = extracted.file_name().unwrap().to_str().unwrap();
            assert!(name_of_file.starts_with(&format!("revisione-{revision}-")), "{name_of_file}");
            assert_eq!(extracted.extension().unwrap(), "pdf");
            assert_eq!(fs::read(&extracted).unwrap(), document[..end], "{name}: {revision}");
        }
    }
}

#[test]
fn a_revision_is_written_where_one_is_if_no_folder_is_named() {
    let sandbox = Sandbox::new();
    let path = fixture("good-metadata");
    let run = finish(sandbox.command(&with_material(&["--extract-revision", "1", text(&path)])), b"");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let written: Vec<_> = fs::read_dir(sandbox.cwd.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let document = fs::read(&path).unwrap();
    let [written] = written.as_slice() else { panic!("{written:?}") };
    let revision = fs::read(written).unwrap();
    assert!(document.starts_with(&revision) && revision.len() < document.len());
}

#[test]
fn a_revision_that_is_not_there_is_not_written() {
    let sandbox = Sandbox::new();
    let folder = sandbox.outside.path().join("none");
    let path = fixture("good-two-signatures");
    for (document, number, says) in [
        (text(&path), "9", "da 1 a 3"),
        (&super::demo_file("good-cns.p7m"), "1", "non è un PDF"),
        (text(&path), "0", "--extract-revision"),
    ] {
        let run = sandbox.verify(&["--extract", text(&folder), "--extract-revision", number, document]);
        assert_eq!(run.status, 2);
        assert!(run.error().contains(says), "{}", run.stderr);
        assert!(!folder.exists());
    }
}

#[test]
fn the_report_shows_what_the_signer_saw_and_what_is_there_now() {
    let sandbox = Sandbox::new();
    for (name, then, now) in [("good-one-revision", 2, 0), ("page-2-text", 2, 1), ("good-two-signatures", 2, 0)] {
        let page = sandbox.verify(&["--format", "html", text(&fixture(name))]).stdout;
        assert_eq!(page.matches(" al momento della firma</figcaption>").count(), then, "{name}");
        assert_eq!(page.matches("ora, dopo le modifiche</figcaption>").count(), now, "{name}");
        assert_eq!(page.matches("src=\"data:image/png;base64,iVBOR").count(), then + now, "{name}");
    }
    let page = sandbox.verify(&["--format", "html", text(&fixture("good-two-signatures"))]).stdout;
    assert_eq!(page.matches("uguale a quella di: ").count(), 2);
}

#[test]
fn what_would_exhaust_or_crash_a_renderer_ends_it_alone() {
    let sandbox = Sandbox::new();
    let hostile = ["bomb", "loop", "deep", "unclosed", "huge", "stream-in-itself", "extend-each-other"];
    let mut count = 0;
    for entry in fs::read_dir(fixture("").parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !hostile.iter().any(|mark| name.contains(mark)) {
            continue;
        }
        count += 1;
        let mut command = sandbox.command(&["draw-pages", "1,2,3,4,5"]);
        let run = command.stdin(fs::File::open(fixture(&name)).unwrap()).stderr(Stdio::null()).output().unwrap();
        assert!(run.stdout.len() < 4_000_000, "{name}");
        // With the time that it may take, and what it may say, nothing else matters: it may well be killed.
        assert_ne!(run.status.code(), Some(1), "{name}");
    }
    assert!(count > 10);
}
