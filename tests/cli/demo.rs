//! The demonstration files: each verdict is the one that `certs/demo.table` made the file for.

use std::fs;

use crate::cli::report;
use crate::cli::{Sandbox, demo, demo_file};

struct Row {
    file: String,
    arguments: Vec<String>,
    verdict: String,
    exit: i32,
    declared_signer: String,
    indication: String,
    sub_indications: Vec<String>,
}

#[test]
fn every_demonstration_file_gets_its_verdict() {
    let sandbox = Sandbox::new();
    for row in rows() {
        let arguments: Vec<&str> = row.arguments.iter().map(String::as_str).collect();
        let (status, json) = sandbox.verify_json(&arguments);
        report::check(&json);
        assert_eq!(status, row.exit, "{}: {json}", row.file);
        assert_eq!(json["verdict"], row.verdict.as_str(), "{}", row.file);
        assert_eq!(json["document"]["name"], row.file.as_str());
        assert_eq!(json["validation_time"], super::AT);
        if row.declared_signer != "-" {
            assert_eq!(json["declared_signer"], row.declared_signer.as_str(), "{}", row.file);
        }
        let signatures = json["signatures"].as_array().unwrap();
        let as_made = |signature: &serde_json::Value| {
            let sub_indication = signature["sub_indication"].as_str().unwrap_or("-").to_owned();
            signature["indication"] == row.indication.as_str() && row.sub_indications.contains(&sub_indication)
        };
        assert!(signatures.iter().all(as_made), "{}: {json}", row.file);
    }
}

#[test]
fn the_text_says_the_verdict_first_and_never_leaves_the_page() {
    let sandbox = Sandbox::new();
    for row in rows() {
        let arguments: Vec<&str> = row.arguments.iter().map(String::as_str).collect();
        let run = sandbox.verify(&arguments);
        assert_eq!((run.status, run.stderr.as_str()), (row.exit, ""), "{}", row.file);
        let word = match row.verdict.as_str() {
            "accepted" => "ACCETTATO: ",
            "rejected" => "RESPINTO: ",
            _ => "INDETERMINATO: ",
        };
        assert!(run.stdout.starts_with(word), "{}", run.stdout);
        let widest = run.stdout.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100, "{widest} columns: {}", run.stdout);
        let hidden = |character: char| character.is_control() && character != '\n';
        assert!(!run.stdout.contains(hidden), "{}", run.stdout);
        let unwrapped = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unwrapped.contains(&row.indication) && unwrapped.contains(&row.file), "{}", run.stdout);
    }
}

#[test]
fn without_anchors_or_revocation_data_nothing_is_accepted() {
    let sandbox = Sandbox::new();
    let file = demo_file("good-cns.p7m");
    let common = ["verify", "--at", super::AT, "--format", "json"];
    for (material, expected) in [
        (vec![], "NO_CERTIFICATE_CHAIN_FOUND"),
        (vec!["--crl", super::pki("crl")], "NO_CERTIFICATE_CHAIN_FOUND"),
        (vec!["--trust", super::pki("trust")], "TRY_LATER"),
    ] {
        let run = sandbox.run(&[&common[..], &material, &[&file]].concat());
        let json = run.json();
        report::check(&json);
        assert_eq!(run.status, 1);
        assert_eq!(json["verdict"], "undetermined");
        assert_eq!(json["signatures"][0]["sub_indication"], expected);
        assert_eq!(json["signatures"][0]["intact"], true);
    }
}

#[test]
fn a_proof_of_existence_before_revocation_counts_and_is_reported_as_asserted() {
    let sandbox = Sandbox::new();
    let file = demo_file("revoked.p7m");
    let (status, json) = sandbox.verify_json(&["--poe", "2025-12-01T00:00:00Z", "--poe-source", "ricevuta PEC", &file]);
    report::check(&json);
    assert_eq!((status, &json["verdict"]), (0, &"accepted".into()), "{json}");
    assert_eq!(json["signatures"][0]["best_signature_time"], "2025-12-01T00:00:00Z");
    assert_eq!(json["signatures"][0]["best_signature_time_source"], "ricevuta PEC");
    let (_, without_source) = sandbox.verify_json(&["--poe", "2025-12-01T00:00:00Z", &file]);
    for blank in ["", " \t"] {
        let (_, json) = sandbox.verify_json(&["--poe", "2025-12-01T00:00:00Z", "--poe-source", blank, &file]);
        let source = |json: &serde_json::Value| json["signatures"][0]["best_signature_time_source"].clone();
        assert_eq!(source(&json), source(&without_source));
    }
    let (status, json) = sandbox.verify_json(&["--poe", "2026-01-20T00:00:00Z", &file]);
    assert_eq!((status, &json["verdict"]), (1, &"undetermined".into()), "{json}");
}

fn rows() -> Vec<Row> {
    let index = fs::read_to_string(demo().join("index.tsv")).unwrap();
    let rows: Vec<Row> = index.lines().skip(1).map(row).collect();
    assert!(rows.len() > 10);
    rows
}

fn row(line: &str) -> Row {
    let fields: Vec<&str> = line.split('\t').collect();
    let [file, fiscal_code, options, verdict, exit, declared_signer, indication, sub_indications, _] = fields[..]
    else {
        panic!("{line}");
    };
    let mut arguments = vec!["--fiscal-code".to_owned(), fiscal_code.to_owned()];
    for word in options.split(' ').filter(|options| *options != "-") {
        arguments.push(if demo().join(word).exists() { demo_file(word) } else { word.to_owned() });
    }
    arguments.push(demo_file(file));
    Row {
        file: file.to_owned(),
        arguments,
        verdict: verdict.to_owned(),
        exit: exit.parse().unwrap(),
        declared_signer: declared_signer.to_owned(),
        indication: indication.to_owned(),
        sub_indications: sub_indications.split(',').map(str::to_owned).collect(),
    }
}
