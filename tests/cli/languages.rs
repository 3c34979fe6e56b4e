//! The report in two languages, and as an HTML file.

use serde_json::Value;

use crate::cli::{AT, Sandbox, demo_file, pki};

const FILES: [&str; 9] = [
    "good-cns.p7m",
    "altered.p7m",
    "expired.p7m",
    "good-base64.p7m",
    "nested.p7m.p7m",
    "revoked.p7m",
    "suspended.p7m",
    "two-signers.p7m",
    "detached.p7s",
];

#[test]
fn in_english_only_the_sentences_change() {
    let sandbox = Sandbox::new();
    let mut sentences = 0;
    for file in FILES {
        let file = demo_file(file);
        assert_eq!(sandbox.verify_json(&["--language", "it", &file]), sandbox.verify_json(&[&file]));
        // Where no authority is trusted, there is always something to say.
        for arguments in [&["--crl", pki("crl"), "--trust", pki("trust")][..], &[]] {
            let ask = |language| {
                let asked = ["verify", "--format", "json", "--at", AT, "--language", language, &file];
                sandbox.run(&[&asked, arguments].concat()).json()
            };
            let (mut italian, mut english) = (ask("it"), ask("en"));
            let (in_italian, in_english) = (take_messages(&mut italian), take_messages(&mut english));
            assert_eq!(italian, english, "{file}");
            for (italian, english) in in_italian.iter().zip(&in_english) {
                assert_ne!(italian, english, "{file}");
                assert!(english.is_ascii() && english.ends_with('.'), "{english}");
            }
            sentences += in_english.len();
        }
    }
    assert!(sentences > 12, "{sentences}");
}

#[test]
fn problems_are_told_in_the_language_that_is_asked_for() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("plain.txt", b"Testo senza firma");
    let file = file.to_str().unwrap();
    let run = sandbox.verify(&["--format", "json", "--language", "en", file]);
    let problem = run.json();
    assert_eq!(problem["title"], "The document is not signed");
    assert!(problem["detail"].as_str().unwrap().starts_with("There is no signature in the file"));
    let run = sandbox.verify(&["--language", "de", file]);
    assert!(run.error().starts_with("Il valore di --language non è fra quelli previsti"), "{}", run.stderr);
}

#[test]
fn text_in_english_has_the_verdict_first() {
    let sandbox = Sandbox::new();
    let run = sandbox.verify(&["--language", "en", &demo_file("revoked.p7m")]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.starts_with("UNDETERMINED: the certificate was revoked"), "{}", run.stdout);
    assert!(run.stdout.contains("Problem: The certificate was revoked on 26 December 2025 (key compromised)"));
}

#[test]
fn html_is_one_file_that_needs_nothing_else() {
    let sandbox = Sandbox::new();
    for (file, status, language, title) in [
        ("good-cns.p7m", 0, "it", "Documento accettato"),
        ("altered.p7m", 1, "en", "Document rejected"),
        ("revoked.p7m", 1, "it", "Verdetto indeterminato"),
    ] {
        let run = sandbox.verify(&["--format", "html", "--language", language, &demo_file(file)]);
        assert_eq!(run.status, status, "{file}");
        let page = &run.stdout;
        let (_, json) = sandbox.verify_json(&[&demo_file(file)]);
        assert!(page.starts_with("<!doctype html>") && page.contains(&format!("<html lang=\"{language}\">")), "{page}");
        assert!(page.contains(&format!("<h1 id=\"verdetto\">{title}</h1>")), "{page}");
        let signature = &json["signatures"][0];
        for fact in [
            &json["document"]["sha256"],
            &json["content"]["sha256"],
            &json["policy"]["name"],
            &signature["indication"],
            &signature["signer"]["surname"],
            &signature["signer"]["fiscal_code"],
            &signature["signer"]["certificate"]["serial"],
            &signature["signer"]["certificate"]["sha256"],
        ] {
            assert!(page.contains(fact.as_str().unwrap()), "{fact} is not in {page}");
        }
        for finding in signature["findings"].as_array().unwrap() {
            assert!(page.contains(finding["code"].as_str().unwrap()), "{finding}");
        }
        for forbidden in ["<script", "<img", "<link", "<iframe", "src=", "href=", "url(", " style=", "@import"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn html_is_about_one_file_and_shows_names_harmless() {
    let sandbox = Sandbox::new();
    let (one, two) = (demo_file("good-cns.p7m"), demo_file("good-cie.p7m"));
    assert!(sandbox.verify(&["--format", "html", &one, &two]).error().contains("un solo file"));
    let named = sandbox.file("<script>a\u{202e}b&.p7m", &std::fs::read(one).unwrap());
    let page = sandbox.verify(&["--format", "html", named.to_str().unwrap()]).stdout;
    assert!(!page.contains("<script") && !page.contains('\u{202e}'), "{page}");
    assert!(page.contains("script") && page.contains("\\u{202e}"), "{page}");
}

/// Takes the sentences out of a report.
fn take_messages(report: &mut Value) -> Vec<String> {
    let mut messages = Vec::new();
    each_member(report, &mut |name, value| {
        if name == "message" {
            messages.push(value.take().as_str().unwrap().to_owned());
        }
    });
    messages
}

fn each_member(value: &mut Value, visit: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                visit(name, member);
                each_member(member, visit);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_member(item, visit)),
        _ => {}
    }
}
