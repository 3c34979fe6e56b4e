//! `varco sign --provider`, as people and scripts run it.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::pkcs11::{Run, openssl_verifies};
use crate::remote::Desk;
use crate::support::csc::{self, CLIENT, PIN, Setup, USUAL};

fn run(desk: &Desk, arguments: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_varco"));
    command.arg("sign").args(arguments.split(' ')).args(["--config", "varco.toml"]).stdin(Stdio::null());
    Run::of(command.current_dir(desk.folder.path()).output().unwrap())
}

/// A provider whose credential is opened by a PIN, and the settings that lead to it.
fn configured(desk: &Desk, setup: Setup) -> csc::Provider {
    let provider = csc::Provider::start(setup);
    let text = format!(
        "[[sign.providers]]\nid = \"prova\"\nurl = \"{}\"\nversion = \"{}\"\noauth2_url = \"{}\"\n\
         client_id = \"{}\"\nclient_secret_file = \"segreto\"\n\
         [[sign.providers]]\nid = \"altro\"\nurl = \"https://firma.example.it/csc/v2\"\nversion = \"2\"\n",
        provider.url, setup.version, provider.oauth2_url, CLIENT.0
    );
    // The secret is looked for where the command runs.
    fs::write(desk.path("varco.toml"), text).unwrap();
    fs::write(desk.path("segreto"), format!("{}\n", CLIENT.1)).unwrap();
    fs::write(desk.path("pin"), format!("{PIN}\n")).unwrap();
    provider
}

const PIN_ONLY: Setup = Setup { factors: &["Password"], ..USUAL };

#[test]
fn it_signs_a_batch_that_openssl_verifies() {
    for version in [1, 2] {
        let desk = Desk::new();
        let provider = configured(&desk, Setup { version, ..PIN_ONLY });
        let arguments =
            "--provider prova --pin-file pin --format cades --level b --output-dir firmati accordo.txt patto.txt";
        let done = run(&desk, arguments);
        assert_eq!((done.status, done.stderr.as_str()), (0, ""));
        assert_eq!(
            done.stdout,
            "accordo.txt: firmato in firmati/accordo.txt.p7m\npatto.txt: firmato in firmati/patto.txt.p7m\n"
        );
        assert_eq!(provider.count("credentials/authorize"), 1);
        for name in desk.results() {
            openssl_verifies(&desk.path("firmati"), &name, None);
        }
    }
}

#[test]
fn it_lists_the_credentials() {
    let desk = Desk::new();
    let _provider = configured(&desk, PIN_ONLY);
    let done = run(&desk, "--provider prova --list");
    assert_eq!((done.status, done.stdout.as_str()), (0, "firma/1  adatta\n"), "{}", done.stderr);
    let done = run(&desk, "--provider prova --list --json");
    let listed: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(
        (&listed[0]["id"], &listed[0]["fit"], &listed[0]["multisign"]),
        (&"firma/1".into(), &true.into(), &3.into())
    );
}

#[test]
fn what_the_provider_says_is_passed_on() {
    let desk = Desk::new();
    let provider = configured(&desk, PIN_ONLY);
    fs::write(desk.path("pin"), "13579\n").unwrap();
    let done = run(&desk, "--provider prova --pin-file pin --format cades --level b --output-dir firmati accordo.txt");
    assert_eq!((done.status, done.stdout.as_str()), (1, ""));
    assert!(done.stderr.contains("invalid_pin: The PIN is invalid"), "{}", done.stderr);
    assert!(!done.stderr.contains("13579"));
    assert!(desk.results().is_empty());
    assert_eq!(provider.count("credentials/authorize"), 1, "never tried again");

    fs::write(desk.path("segreto"), "sbagliato\n").unwrap();
    let done = run(&desk, "--provider prova --list");
    assert_eq!(done.status, 1, "{}", done.stderr);
    assert!(done.stderr.contains("invalid_client") && !done.stderr.contains("sbagliato"), "{}", done.stderr);
}

#[test]
fn the_credential_of_another_person_is_not_opened() {
    let desk = Desk::new();
    let provider = configured(&desk, PIN_ONLY);
    let arguments = "--provider prova --pin-file pin --format cades --level b --output-dir firmati accordo.txt";
    let done = run(&desk, &format!("{arguments} --fiscal-code DVRLTR78S23F205R"));
    assert_eq!(done.status, 1, "{}", done.stderr);
    assert!(done.stderr.contains("Il certificato è di un'altra persona"), "{}", done.stderr);
    assert_eq!(provider.count("credentials/authorize"), 0);
    assert!(desk.results().is_empty());
    let done = run(&desk, &format!("{arguments} --fiscal-code SMPFMN85E52L736W"));
    assert_eq!((done.status, desk.results().len()), (0, 1), "{}", done.stderr);
}

#[test]
fn without_a_terminal_or_a_file_nothing_is_entered() {
    let desk = Desk::new();
    let provider = configured(&desk, USUAL);
    let arguments =
        "--provider prova --pin-file pin --otp-file manca --format cades --level b --output-dir firmati accordo.txt";
    let done = run(&desk, arguments);
    assert_eq!(done.status, 1, "{}", done.stderr);
    assert!(done.stderr.contains("manca"), "{}", done.stderr);
    assert_eq!((provider.count("credentials/sendOTP"), provider.count("credentials/authorize")), (1, 0));
    assert!(desk.results().is_empty());
}

#[test]
fn settings_are_checked_and_name_the_providers() {
    let desk = Desk::new();
    let _provider = configured(&desk, PIN_ONLY);
    let done = run(&desk, "--provider nessuno --list");
    assert_eq!(done.status, 2);
    assert!(done.stderr.contains("prova, altro"), "{}", done.stderr);
    for (settings, said) in [
        ("id = \"prova\"\nurl = \"http://firma.example.it\"\nversion = \"1\"", "https"),
        ("id = \"prova\"\nurl = \"https://firma.example.it\"", "version"),
        ("id = \"prova\"\nurl = \"https://firma.example.it\"\nversion = \"3\"", "1.0.4"),
        (
            "id = \"prova\"\nurl = \"https://firma.example.it\"\nversion = \"1\"\nclient_id = \"varco\"",
            "client_secret_file",
        ),
        ("id = \"prova\"\nurl = \"https://firma.example.it\"\nversion = \"1\"\nsecret = \"x\"", "sconosciuto"),
        ("url = \"https://firma.example.it\"", "id"),
    ] {
        fs::write(desk.path("varco.toml"), format!("[[sign.providers]]\n{settings}\n")).unwrap();
        let done = run(&desk, "--provider prova --list");
        assert_eq!(done.status, 2, "{settings}");
        assert!(done.stderr.contains(said), "{settings}: {}", done.stderr);
    }
}

#[test]
fn a_provider_and_a_module_are_two_ways() {
    let desk = Desk::new();
    let _provider = configured(&desk, PIN_ONLY);
    for arguments in ["--provider prova --module softhsm2 --list", "--list", "--credential x --module softhsm2 --list"]
    {
        assert_eq!(run(&desk, arguments).status, 2, "{arguments}");
    }
}
