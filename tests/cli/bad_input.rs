//! Files that cannot be examined: a clear Italian sentence, exit status 2, nothing left behind.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cli::report;
use crate::cli::{AT, Sandbox, demo_file, pki, root, text};

/// Verifies what must not be examinable, as text and as JSON; returns the sentence.
fn refused(sandbox: &Sandbox, arguments: &[&str], kind: &str) -> String {
    let run = sandbox.verify(arguments);
    let sentence = run.error().to_owned();
    let run = sandbox.verify(&[&["--format", "json"], arguments].concat());
    assert_eq!((run.status, run.stderr.as_str()), (2, ""));
    let problem = run.json();
    report::check_problem(&problem, kind);
    let detail = problem["detail"].as_str().unwrap();
    assert!(sentence.ends_with(detail), "{sentence}\n{detail}");
    sentence
}

#[test]
fn what_is_no_signed_document_is_said_to_be_none() {
    let sandbox = Sandbox::new();
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01";
    let certificate = fs::read(root().join("certs/pki/crl/qualified.der")).unwrap();
    for (name, content, kind) in [
        ("empty.p7m", &b""[..], "empty"),
        ("blank.p7m", b" \r\n\t\n", "empty"),
        ("picture.p7m", png, "no-signature"),
        ("letter.p7m", "Spett. Ufficio, si trasmette l'accordo.\n".as_bytes(), "no-signature"),
        (
            "signed.pdf",
            b"%PDF-1.7
1 0 obj <</Type/Sig/ByteRange[0 9 9 9]/Contents<00>>> endobj
%%EOF
",
            "damaged",
        ),
        ("zeros.p7m", &[0; 5000], "no-signature"),
        ("crl.p7m", &certificate, "no-signature"),
    ] {
        let path = sandbox.file(name, content);
        let sentence = refused(&sandbox, &[text(&path)], kind);
        assert!(sentence.starts_with(text(&path)), "{sentence}");
    }
}

#[test]
fn random_octets_are_refused() {
    let sandbox = Sandbox::new();
    let mut state: u32 = 2026;
    for length in [1, 2, 3, 17, 256, 4096, 70_000] {
        let octets: Vec<u8> = (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .collect();
        let path = sandbox.file("random.p7m", &octets);
        let run = sandbox.verify(&[text(&path)]);
        assert!(!run.error().is_empty());
    }
}

#[test]
fn folders_missing_and_unreadable_files_are_told_apart() {
    let sandbox = Sandbox::new();
    let folder = sandbox.outside.path();
    refused(&sandbox, &[text(folder)], "is-a-directory");
    refused(&sandbox, &[text(&folder.join("missing.p7m"))], "not-found");
    let file = sandbox.file("file", b"x");
    refused(&sandbox, &[text(&file.join("below"))], "unreadable");
    // Reading it fails for everybody, root included.
    refused(&sandbox, &["/proc/self/mem"], "unreadable");
    let link = folder.join("loop");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    refused(&sandbox, &[text(&link)], "unreadable");
}

#[test]
fn a_file_without_permissions_is_unreadable() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let file = sandbox.file("secret.p7m", b"x");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).unwrap();
    // Root may read it all the same; then it is simply no signed document.
    let kind = if fs::read(&file).is_ok() { "no-signature" } else { "unreadable" };
    refused(&sandbox, &[text(&file)], kind);
}

#[test]
fn limits_on_size_depth_and_number_are_kept() {
    let sandbox = Sandbox::new();
    let good = demo_file("good-cns.p7m");
    let sentence = refused(&sandbox, &["--max-size", "1K", &good], "too-large");
    assert!(sentence.contains("1.024 byte"), "{sentence}");
    let sentence = refused(&sandbox, &["--max-depth", "1", &demo_file("nested.p7m.p7m")], "too-deep");
    assert!(sentence.contains("più di 1 "), "{sentence}");
    let many = sandbox.outside.path().join("many.p7m");
    sign(Path::new(&demo_file("detached.txt")), &many, 101);
    refused(&sandbox, &[text(&many)], "too-many");
}

#[test]
fn standard_input_has_the_same_limits() {
    let sandbox = Sandbox::new();
    let good = fs::read(demo_file("good-cns.p7m")).unwrap();
    let arguments = super::with_material(&["--format", "json", "--max-size", "1K", "-"]);
    let run = sandbox.run_with(&arguments, &good);
    report::check_problem(&run.json(), "too-large");
    let run = sandbox.run_with(&super::with_material(&["--format", "json", "-"]), b"");
    report::check_problem(&run.json(), "empty");
}

#[test]
fn envelopes_beyond_the_sixteenth_are_not_opened() {
    let sandbox = Sandbox::new();
    let [inner, outer] = ["inner", "outer.p7m"].map(|name| sandbox.outside.path().join(name));
    fs::copy(demo_file("detached.txt"), &inner).unwrap();
    for _ in 0..16 {
        sign(&inner, &outer, 1);
        fs::rename(&outer, &inner).unwrap();
    }
    let (_, json) = sandbox.verify_json(&[text(&inner)]);
    assert_eq!(json["signatures"].as_array().unwrap().len(), 16);
    sign(&inner, &outer, 1);
    refused(&sandbox, &[text(&outer)], "too-deep");
}

#[test]
fn a_signature_without_its_content_is_undetermined() {
    let sandbox = Sandbox::new();
    let (status, json) = sandbox.verify_json(&[&demo_file("detached.p7s")]);
    report::check(&json);
    assert_eq!((status, &json["verdict"]), (1, &"undetermined".into()));
    assert_eq!(json["signatures"][0]["sub_indication"], "SIGNED_DATA_NOT_FOUND");
    assert!(json["signatures"][0]["intact"].is_null() && json["content"].is_null());
    let run = sandbox.verify(&[&demo_file("detached.p7s")]);
    assert!(run.stdout.contains("--detached"), "{}", run.stdout);
}

#[test]
fn what_is_given_beside_the_document_must_be_readable() {
    let sandbox = Sandbox::new();
    let (good, signature) = (demo_file("good-cns.p7m"), demo_file("detached.p7s"));
    let sentence = refused(&sandbox, &["--detached", "/nonexistent", &signature], "not-found");
    assert!(sentence.starts_with("/nonexistent: "), "{sentence}");
    refused(&sandbox, &["--expect", text(sandbox.outside.path()), &good], "is-a-directory");
}

#[test]
fn trust_material_that_cannot_be_used_stops_everything_and_is_named() {
    let sandbox = Sandbox::new();
    let good = demo_file("good-cns.p7m");
    let empty = sandbox.outside.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let noise = sandbox.file("noise.pem", b"not a certificate");
    let broken = sandbox.file("broken.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    let unended = sandbox.file("unended.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n");
    let der = sandbox.file("broken.der", b"\x30\x03\x02\x01\x01");
    let xml = sandbox.file("page.xml", b"<?xml version='1.0'?><html/>");
    let cases = [
        ("--trust", Path::new("/nonexistent"), "not-found"),
        ("--trust", &empty, "trust-material"),
        ("--trust", &noise, "trust-material"),
        ("--trust", &broken, "trust-material"),
        ("--trust", &unended, "trust-material"),
        ("--trust", &der, "trust-material"),
        ("--trust", &xml, "trust-material"),
        ("--crl", Path::new("/nonexistent"), "not-found"),
        ("--crl", &empty, "trust-material"),
        ("--crl", &noise, "trust-material"),
        ("--crl", &broken, "trust-material"),
        ("--crl", &der, "trust-material"),
    ];
    for (option, path, kind) in cases {
        let run = sandbox.run(&["verify", option, text(path), "--at", AT, &good]);
        assert!(run.error().starts_with(text(path)), "{}", run.stderr);
        let run = sandbox.run(&["verify", option, text(path), "--at", AT, "--format", "json", &good]);
        report::check_problem(&run.json(), kind);
    }
}

#[test]
fn why_trust_material_is_unreadable_is_said_in_italian_and_in_english_only_apart() {
    let sandbox = Sandbox::new();
    let good = demo_file("good-cns.p7m");
    let list = "<TrustServiceStatusList xmlns='http://uri.etsi.org/02231/v2#'><SchemeInformation>";
    let of_version = |version| {
        format!(
            "{list}<TSLVersionIdentifier>{version}</TSLVersionIdentifier></SchemeInformation></TrustServiceStatusList>"
        )
    };
    let crl = fs::read(format!("{}/qualified.der", pki("crl"))).unwrap();
    let cut = &crl[..crl.len() - 1];
    for (option, content, italian, english) in [
        (
            "--trust",
            &b"\x30\x03\x02\x01\x01"[..],
            "certificato leggibile: contiene un elemento al posto di un altro",
            "ASN.1 tag 0x02",
        ),
        ("--trust", b"\x30\x82\x01\x00", "certificato leggibile: si interrompe: manca la parte finale", "the data end"),
        (
            "--trust",
            of_version(9).as_bytes(),
            "fiducia leggibile: è di versione 9, che Varco non conosce",
            "unknown version 9",
        ),
        (
            "--trust",
            of_version(6).as_bytes(),
            "fiducia leggibile: l'elemento NextUpdate manca o è scritto male",
            "NextUpdate",
        ),
        ("--trust", list.as_bytes(), "fiducia leggibile: non è XML ben formato", "not well-formed"),
        ("--trust", b"<!DOCTYPE x><x/>", "fiducia leggibile: contiene una dichiarazione DOCTYPE", "document type"),
        ("--crl", cut, "revoca leggibile: si interrompe: manca la parte finale", "the data end"),
        ("--crl", &[&crl[..], b"\0"].concat(), "revoca leggibile: contiene dati in più", "bytes after the end"),
    ] {
        let file = sandbox.file("material", content);
        let run = sandbox.run(&["verify", option, text(&file), "--at", AT, "--format", "json", &good]);
        let problem = run.json();
        report::check_problem(&problem, "trust-material");
        assert!(problem["detail"].as_str().unwrap().contains(italian), "{problem}");
        assert!(problem["technical_detail"].as_str().unwrap().contains(english), "{problem}");
        let run = sandbox.run(&["verify", option, text(&file), "--at", AT, &good]);
        assert!(run.error().ends_with(problem["detail"].as_str().unwrap()), "{}", run.stderr);
    }
}

/// Signs a file with one key, so many times side by side.
fn sign(content: &Path, envelope: &Path, times: usize) {
    let leaf = |extension: &str| format!("{}/leaves/cns-good.{extension}", pki(""));
    let mut command = Command::new("openssl");
    command.args(["cms", "-sign", "-binary", "-nodetach", "-nocerts", "-md", "sha256", "-outform", "DER"]);
    command.args(["-in", text(content), "-out", text(envelope)]);
    for _ in 0..times {
        command.args(["-signer", &leaf("pem"), "-inkey", &leaf("key")]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
