//! A password comes from a file, opens what it must, and is told to nobody.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::Sandbox;

const PASSWORD: &str = "solo per le prove";

#[test]
fn a_file_opens_under_its_password_and_under_no_other() {
    let sandbox = Sandbox::new();
    let folder = tempfile::tempdir().unwrap();
    let document = fixture("good-encrypted-aes-256-password");
    let verify = |password: Option<&str>| -> (i32, Value) {
        let file = folder.path().join("password");
        let mut arguments = vec![document.to_str().unwrap()];
        if let Some(password) = password {
            fs::write(&file, password).unwrap();
            arguments.extend(["--password-file", file.to_str().unwrap()]);
        }
        sandbox.verify_json(&arguments)
    };
    for good in [PASSWORD.to_owned(), format!("{PASSWORD}\n"), format!("{PASSWORD}\r\nanother line")] {
        let (status, report) = verify(Some(&good));
        assert_eq!((status, report.get("verdict").and_then(Value::as_str)), (0, Some("accepted")), "{report}");
        assert!(!report.to_string().contains(PASSWORD));
    }
    for (bad, word) in [(None, "solo con una password"), (Some("un'altra"), "non apre il PDF"), (Some(""), "non apre")]
    {
        let (status, problem) = verify(bad);
        assert_eq!(status, 2, "{problem}");
        assert_eq!(problem.get("type").and_then(Value::as_str), Some("urn:varco:problem:password"));
        assert!(problem.get("detail").and_then(Value::as_str).is_some_and(|text| text.contains(word)), "{problem}");
        assert!(!problem.to_string().contains("altra'"));
    }
}

#[test]
fn a_password_that_nobody_asks_for_changes_nothing() {
    let sandbox = Sandbox::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, PASSWORD).unwrap();
    for name in ["good-encrypted-aes-128", "good-cades-detached"] {
        let document = fixture(name);
        let (status, report) =
            sandbox.verify_json(&[document.to_str().unwrap(), "--password-file", file.to_str().unwrap()]);
        assert_eq!(status, 0, "{name}: {report}");
    }
}

#[test]
fn a_password_file_that_is_none_is_told() {
    let sandbox = Sandbox::new();
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join("long");
    fs::write(&long, "x".repeat(2_000)).unwrap();
    let document = fixture("good-encrypted-aes-256-password");
    for (file, word) in [(&*long, "bad-request"), (folder.path(), "is-a-directory"), (Path::new("none"), "not-found")] {
        let (status, problem) =
            sandbox.verify_json(&[document.to_str().unwrap(), "--password-file", file.to_str().unwrap()]);
        assert_eq!(status, 2, "{problem}");
        let kind = problem.get("type").and_then(Value::as_str).unwrap();
        assert!(kind.ends_with(word), "{kind}");
    }
    let (status, problem) = sandbox.verify_json(&["-", "--password-file", "-"]);
    assert_eq!(status, 2);
    assert_eq!(problem.get("type").and_then(Value::as_str), Some("urn:varco:problem:bad-request"));
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pdf").join(name).join("input.pdf")
}
