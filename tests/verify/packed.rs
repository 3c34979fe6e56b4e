//! Signed archives: what is packed in them is looked at, with the archives that programs make (`fixtures/packed`). Their
//! names say what must be found.

use std::fs;

use serde_json::Value;
use varco::verify::VerifyError;

use crate::support::forge::cms::{Message, Signer};
use crate::support::forge::identity::Identity;
use crate::verify::{Bench, root};

#[test]
fn what_is_packed_in_a_signed_content_leaves_a_question_where_it_looks_signed_or_cannot_be_seen() {
    let bench = Bench::of_fixtures();
    let mut count = [0; 3];
    for entry in fs::read_dir(root().join("fixtures/packed")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().trim_end_matches(".tar").to_owned();
        let Some((_, kind)) = name.rsplit_once('-') else { continue };
        let (place, verdict, finding) = match kind {
            "unsigned" => (0, "accepted", None),
            "signed" => (1, "undetermined", Some("content.signed_not_judged")),
            "unknown" => (2, "undetermined", Some("content.not_looked_into")),
            other => panic!("{name}: {other}"),
        };
        count[place] += 1;
        let content = fs::read(&path).unwrap();
        let signer = Signer::new(&Identity::leaf("qualified-p256"), &content);
        let message = Message::attached(&content, &[&signer]);
        for document in [message.encode(), Message { indefinite: true, ..message }.encode()] {
            let report = bench.judge(&document, None, None).unwrap();
            assert_eq!((&report["verdict"], code(&report)), (&verdict.into(), finding), "{name}");
            assert_eq!(report["signatures"][0]["indication"], "TOTAL_PASSED", "{name}");
        }
        // By itself it is no envelope: what cannot be seen is not said to be unsigned.
        let alone = bench.judge(&content, None, None);
        assert_eq!(matches!(alone, Err(VerifyError::NoSignature)), kind == "unsigned", "{name}: {alone:?}");
    }
    assert_eq!(count, [8, 8, 4], "every kind of archive, with and without a signature in it");
}

fn code(report: &Value) -> Option<&str> {
    let findings = report["findings"].as_array().unwrap();
    let mut codes = findings.iter().filter_map(|finding| finding["code"].as_str());
    codes.find(|code| code.starts_with("content."))
}
