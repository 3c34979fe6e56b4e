//! Help, bad command lines, options that are not built yet, and the smaller commands.

use std::process::Command;

use crate::cli::report;
use crate::cli::{Sandbox, demo_file, pki, text};

#[test]
fn options_that_are_not_built_yet_say_so() {
    let sandbox = Sandbox::new();
    let file = demo_file("good-cns.p7m");
    for option in [
        &["--trusted-lists", "lists"][..],
        &["--lotl-signers", "signers.pem"],
        &["--online"],
        &["--policy", "policy.xml"],
        &["--format", "etsi-xml"],
        &["--format", "pdf"],
    ] {
        let run = sandbox.run(&[&["verify"], option, &[&file]].concat());
        let sentence = run.error();
        assert!(sentence.contains(&option.join(" ")) || sentence.contains(option[0]), "{sentence}");
        assert!(sentence.contains("non è ancora disponibile"), "{sentence}");
        if option[0] != "--format" {
            let run = sandbox.run(&[&["verify", "--format", "json"], option, &[&file]].concat());
            assert_eq!(run.status, 2);
            report::check_problem(&run.json(), "not-built");
        }
    }
    for command in ["pec", "trust", "evidence"] {
        assert!(sandbox.run(&[command]).error().contains("non è ancora disponibile"));
    }
    assert_eq!(sandbox.verify(&["--offline", &file]).status, 0);
}

#[test]
fn a_bad_command_line_is_one_italian_sentence() {
    let sandbox = Sandbox::new();
    for (arguments, expected) in [
        (&["verify"][..], "Manca il file da verificare."),
        (&["verify", "--trsut", "x", "y"], "L'opzione --trsut non esiste: forse --trust?"),
        (&["verify", "-x", "y"], "L'opzione -x non esiste."),
        (&["verify", "--trust"], "A --trust manca il valore."),
        (&["verify", "--format"], "A --format manca il valore."),
        (&["verify", "--format", "yaml", "x"], "Il valore di --format non è fra quelli previsti: text, json,"),
        (&["verify", "--at", "ieri", "x"], "Il valore di --at non va bene. La data va scritta per intero"),
        (
            &["verify", "--at", "1950-01-01T00:30:00+01:00", "x"],
            "Il valore di --at non va bene. L'anno della data, nell'ora di Greenwich (UTC), va da 1950 a 9999.",
        ),
        (&["verify", "--poe", "0206-02-01T00:00:00Z", "x"], "Il valore di --poe non va bene. L'anno della data"),
        (
            &["verify", "--fiscal-code", "RSSMRA", "x"],
            "Il valore di --fiscal-code non va bene. Il codice fiscale ha 16",
        ),
        (
            &["verify", "--at", "2026-02-01T00:00:00Z", "--at", "2026-02-01T00:00:00Z", "x"],
            "--at si può usare una volta sola.",
        ),
        (&["verify", "--online", "--offline", "x"], "--online e --offline non si possono usare insieme."),
        (&["verify", "--poe-source", "PEC", "x"], "Manca --poe."),
        (&["verify", "--timeout", "0", "x"], "Il valore di --timeout non va bene. I secondi"),
        (&["verify", "--max-size", "0", "x"], "Il valore di --max-size non va bene. La grandezza"),
        (&["verify", "--max-depth", "1000", "x"], "Il valore di --max-depth non va bene. Il numero di buste"),
        (&["verfy"], "Il comando verfy non esiste: forse verify?"),
        (&["completions", "tcsh"], "Il valore di SHELL non è fra quelli previsti: bash, zsh, fish."),
        (&["manpage", "nothing"], "Il comando nothing non esiste."),
    ] {
        let run = sandbox.run(arguments);
        assert!(run.error().starts_with(expected), "{arguments:?}: {}", run.stderr);
    }
    let run = sandbox.run(&["verify", "--format", "json", "--trsut", "x", "y"]);
    assert_eq!((run.status, run.stderr.as_str()), (2, ""));
    report::check_problem(&run.json(), "bad-request");
    assert_eq!(sandbox.run(&[]).status, 2);
}

#[test]
fn help_is_italian_and_has_examples() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["verify", "--help"],
        &["doctor", "-h"],
        &["completions", "--help"],
        &["manpage", "--help"],
    ] {
        let run = sandbox.run(arguments);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(run.stdout.contains("Uso: varco"), "{}", run.stdout);
        for english in [
            "Usage",
            "Options",
            "Commands",
            "Arguments",
            "Print",
            "default:",
            "possible values",
            "[OPTIONS]",
            "<COMMAND>",
        ] {
            assert!(!run.stdout.contains(english), "{english} in {}", run.stdout);
        }
        if arguments[0] != "--help" && arguments[0] != "-h" {
            assert!(run.stdout.contains("Esempi") && run.stdout.contains("\n  varco "), "{}", run.stdout);
        }
    }
    assert_eq!(sandbox.run(&["--version"]).stdout, format!("varco {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_and_manual_pages_are_well_formed() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish"] {
        let run = sandbox.run(&["completions", shell]);
        assert!(run.status == 0 && run.stdout.contains("fiscal-code") && run.stdout.contains("doctor"), "{shell}");
    }
    let script = sandbox.file("varco.bash", sandbox.run(&["completions", "bash"]).stdout.as_bytes());
    assert!(Command::new("bash").arg("-n").arg(&script).status().unwrap().success());
    let run = sandbox.run(&["manpage"]);
    assert!(run.stdout.contains(".SH NOME\n") && run.stdout.contains("varco\\-verify"), "{}", run.stdout);
    let run = sandbox.run(&["manpage", "verify"]);
    for expected in [".TH varco-verify 1", ".SH NOME\n", ".SH SINTASSI\n", ".SH OPZIONI\n", "\\-\\-fiscal\\-code"] {
        assert!(run.stdout.contains(expected), "{expected} in {}", run.stdout);
    }
    assert!(!run.stdout.contains("Print"), "{}", run.stdout);
}

#[test]
fn doctor_says_what_is_well_and_what_is_not() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["doctor", "--trust", pki("trust"), "--crl", pki("crl"), "--format", "json"]);
    let json = run.json();
    assert_eq!((run.status, &json["status"]), (0, &"ok".into()), "{json}");
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert!(json["openssl"].as_str().unwrap().starts_with("OpenSSL 3"));
    let checks = json["checks"].as_array().unwrap();
    let names: Vec<&str> = checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["algorithms", "clock", "temporary_folder", "trust_material"]);
    assert!(checks.iter().all(|check| check["status"] == "ok"));
    assert!(
        checks[3]["detail"].as_str().unwrap().starts_with("certificati fidati: 8; elenchi di revoca: 15"),
        "{json}"
    );

    let run = sandbox.run(&["doctor"]);
    assert!(run.status == 0 && run.stdout.starts_with("TUTTO A POSTO: Varco "), "{}", run.stdout);
    let run = sandbox.run(&["doctor", "--crl", "/nonexistent"]);
    assert!(run.status == 1 && run.stdout.contains("/nonexistent"), "{}", run.stdout);
}

#[test]
fn doctor_notices_a_temporary_folder_that_cannot_be_used() {
    let sandbox = Sandbox::new();
    let missing = sandbox.outside.path().join("missing");
    let mut command = sandbox.command(&["doctor"]);
    command.env("TMPDIR", &missing);
    let run = super::finish(command, b"");
    assert!(run.status == 1 && run.stdout.contains(text(&missing)), "{}", run.stdout);
    assert!(run.stdout.starts_with("QUALCOSA NON VA"), "{}", run.stdout);
}
