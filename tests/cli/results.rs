//! What comes out, and where: several files, standard input, reports and content in files, names that deceive.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::Value;

use crate::cli::report;
use crate::cli::{AT, Sandbox, demo_file, names, pki, text, with_material};

#[test]
fn several_files_give_one_line_each_and_the_highest_status() {
    let sandbox = Sandbox::new();
    let text_file = sandbox.file("letter.txt", b"no signature here");
    let (good, altered) = (demo_file("good-cns.p7m"), demo_file("altered.p7m"));
    let run = sandbox.verify(&["--format", "json", &good, &altered]);
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(run.status, 1);
    assert_eq!([&lines[0]["verdict"], &lines[1]["verdict"]], ["accepted", "rejected"]);
    lines.iter().for_each(report::check);

    let run = sandbox.verify(&["--format", "json", &good, text(&text_file), &altered, "/nonexistent"]);
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((run.status, lines.len(), run.stderr.as_str()), (2, 4, ""));
    report::check(&lines[0]);
    report::check_problem(&lines[1], "no-signature");
    assert_eq!(lines[1]["file"], text(&text_file));
    report::check(&lines[2]);
    report::check_problem(&lines[3], "not-found");

    let run = sandbox.verify(&[&good, text(&text_file), &altered]);
    assert_eq!(run.status, 2);
    assert!(run.stdout.starts_with("ACCETTATO: ") && run.stdout.contains("\n\nRESPINTO: "), "{}", run.stdout);
    assert_eq!(run.stderr.lines().count(), 1);
}

#[test]
fn standard_input_is_judged_as_a_file_is() {
    let sandbox = Sandbox::new();
    let content = fs::read(demo_file("good-cns.p7m")).unwrap();
    let run = sandbox.run_with(&with_material(&["--format", "json", "-"]), &content);
    let mut piped = run.json();
    let (_, mut file) = sandbox.verify_json(&[&demo_file("good-cns.p7m")]);
    assert_eq!((run.status, &piped["document"]["name"]), (0, &"-".into()));
    piped["document"]["name"].take();
    file["document"]["name"].take();
    assert_eq!(piped, file);

    let signed = fs::read(demo_file("detached.txt")).unwrap();
    let run = sandbox.run_with(&with_material(&["--detached", "-", &demo_file("detached.p7s")]), &signed);
    assert_eq!(run.status, 0, "{}", run.stdout);
    let run = sandbox.run_with(&with_material(&["--detached", "-", "-"]), &signed);
    assert!(run.error().contains("una volta sola"));
}

#[test]
fn a_large_standard_input_goes_through_a_file_without_a_name() {
    let sandbox = Sandbox::new();
    let large = vec![b'x'; 3 * 1024 * 1024];
    let run = sandbox.run_with(&with_material(&["--expect", "-", &demo_file("good-cns.p7m")]), &large);
    assert_eq!(run.status, 1);
    assert!(run.stdout.starts_with("RESPINTO: il documento firmato non è quello atteso"), "{}", run.stdout);
}

#[test]
fn the_expected_content_must_be_the_signed_one() {
    let sandbox = Sandbox::new();
    let (signature, signed) = (demo_file("detached.p7s"), demo_file("detached.txt"));
    let other = sandbox.file("other.txt", b"another agreement");
    for (expected, status, answer) in [(signed.as_str(), 0, "match"), (text(&other), 1, "mismatch")] {
        let (got, json) = sandbox.verify_json(&["--detached", &signed, "--expect", expected, &signature]);
        report::check(&json);
        assert_eq!((got, &json["content"]["expected"]), (status, &answer.into()), "{json}");
    }
    let (status, json) = sandbox.verify_json(&["--detached", text(&other), &signature]);
    assert_eq!((status, &json["verdict"]), (1, &"rejected".into()));
    assert_eq!(json["signatures"][0]["sub_indication"], "HASH_FAILURE");
}

#[test]
fn content_is_extracted_under_a_name_of_ours_and_never_over_another_file() {
    let sandbox = Sandbox::new();
    let folder = sandbox.outside.path().join("content");
    let good = demo_file("nested.p7m.p7m");
    let (status, json) = sandbox.verify_json(&["--extract", text(&folder), &good]);
    report::check(&json);
    assert_eq!(status, 0);
    let digest = json["content"]["sha256"].as_str().unwrap();
    let name = format!("contenuto-{}.txt", digest.get(..16).unwrap());
    assert_eq!(names(&folder), [name.clone()].into());
    let path = folder.join(&name);
    assert_eq!(json["extracted"], text(&path));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&path).unwrap().len(), json["content"]["size"].as_u64().unwrap());
    assert_eq!(sha256(&path), digest);

    assert_eq!(sandbox.verify(&["--extract", text(&folder), &good]).status, 0);
    fs::write(&path, b"something else").unwrap();
    let run = sandbox.verify(&["--extract", text(&folder), &good]);
    assert!(run.error().contains("non sovrascrive"), "{}", run.stderr);
    assert_eq!(fs::read(&path).unwrap(), b"something else");
    assert_eq!(names(&folder).len(), 1);
}

#[test]
fn nothing_is_extracted_from_what_cannot_be_examined() {
    let sandbox = Sandbox::new();
    let folder = sandbox.outside.path().join("content");
    let letter = sandbox.file("letter.txt", b"no signature here");
    assert_eq!(sandbox.verify(&["--extract", text(&folder), text(&letter)]).status, 2);
    assert!(!folder.exists());
    let run = sandbox.verify(&["--extract", text(&letter), &demo_file("good-cns.p7m")]);
    assert!(run.error().starts_with(text(&letter)), "{}", run.stderr);
}

#[test]
fn the_report_appears_in_its_file_whole_or_not_at_all() {
    let sandbox = Sandbox::new();
    let good = demo_file("good-cns.p7m");
    let output = sandbox.outside.path().join("report.json");
    fs::write(&output, b"an older report").unwrap();
    let printed = sandbox.verify(&["--format", "json", &good]);
    let run = sandbox.verify(&["--format", "json", "--output", text(&output), &good]);
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
    assert_eq!(fs::read_to_string(&output).unwrap(), printed.stdout);
    assert_eq!(fs::metadata(&output).unwrap().permissions().mode() & 0o777, 0o600);

    let unwritten = sandbox.outside.path().join("none.txt");
    let run = sandbox.verify(&["--output", text(&unwritten), "/nonexistent"]);
    assert!(run.status == 2 && !unwritten.exists());
    for wrong in [sandbox.outside.path(), &sandbox.outside.path().join("missing/report.txt")] {
        let run = sandbox.verify(&["--output", text(wrong), &good]);
        assert!(run.error().starts_with(text(wrong)), "{}", run.stderr);
    }
    assert_eq!(names(sandbox.outside.path()), ["report.json".to_owned()].into());
    assert_eq!(sandbox.verify(&["--output", "/dev/null", &good]).status, 0);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn names_that_deceive_are_escaped_everywhere() {
    let sandbox = Sandbox::new();
    let name = "accordo\u{202e}fdp.\u{1b}[2Jm7p";
    let shown = "accordo\\u{202e}fdp.\\u{1b}[2Jm7p";
    let file = sandbox.file(name, &fs::read(demo_file("good-cns.p7m")).unwrap());
    let letter = sandbox.file(&format!("letter-{name}"), b"no signature here");
    let deceives = |text: &str| text.contains(['\u{1b}', '\u{202e}']);
    for format in ["text", "json"] {
        let run = sandbox.verify(&["--format", format, text(&file), text(&letter)]);
        assert_eq!(run.status, 2);
        assert!(!deceives(&run.stdout) && !deceives(&run.stderr), "{}{}", run.stdout, run.stderr);
        let all = run.stdout + &run.stderr;
        assert!(all.contains(shown) || all.contains(&shown.replace('\\', "\\\\")), "{all}");
    }
    let run = sandbox.run(&["verify", "--trust", name, text(&file)]);
    assert!(run.error().starts_with(shown), "{}", run.stderr);
    let run = sandbox.run(&[&format!("comando{name}")]);
    assert!(!deceives(run.error()));
}

#[test]
fn whoever_closes_the_pipe_gets_no_panic() {
    let sandbox = Sandbox::new();
    let file = demo_file("good-cns.p7m");
    for arguments in [&with_material(&[&file])[..], &["--help"], &["completions", "zsh"], &["doctor"]] {
        let mut command = sandbox.command(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn errors_never_repeat_the_fiscal_code() {
    let sandbox = Sandbox::new();
    let wrong = "PRVCRD90A41H501X";
    for arguments in [
        &["verify", "--fiscal-code", wrong, "x.p7m"][..],
        &["verify", &format!("--fiscal-code={wrong}"), "x.p7m"],
        &["verify", &format!("--fiscal-cod={wrong}"), "x.p7m"],
        &["verify", "--fiscal-code", wrong, "--fiscal-code", wrong, "x.p7m"],
        &["verify", "--fiscal-code", "PRVCRD90A41H501L", "/nonexistent"],
        &["verify", "--format", "json", "--fiscal-code", wrong, "x.p7m"],
    ] {
        let run = sandbox.run(arguments);
        assert_eq!(run.status, 2);
        assert!(!(run.stdout + &run.stderr).contains("PRVCRD"), "{arguments:?}");
    }
}

#[test]
fn the_same_inputs_give_the_same_report() {
    let sandbox = Sandbox::new();
    let arguments = ["--format", "json", &demo_file("two-signers.p7m")];
    assert_eq!(sandbox.verify(&arguments).stdout, sandbox.verify(&arguments).stdout);
}

#[test]
fn material_is_told_by_its_content_and_the_rest_of_a_folder_left_aside() {
    let sandbox = Sandbox::new();
    let folder = sandbox.outside.path().join("authority");
    fs::create_dir(&folder).unwrap();
    // The authority's folder of the PKI: certificate, key and CRL beside one another, under misleading names.
    for (name, renamed) in [("ca.pem", "a.crl"), ("ca.key", "b.pem"), ("crl.der", "c.cer")] {
        fs::copy(format!("{}/cns-esempio/{name}", pki("")), folder.join(renamed)).unwrap();
    }
    let folder = text(&folder);
    let file = demo_file("good-cns.p7m");
    let run = sandbox.run(&["verify", "--trust", folder, "--crl", folder, "--at", AT, &file]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.starts_with("Nota: ") && run.stderr.contains("b.pem"), "{}", run.stderr);
}

#[test]
fn a_trusted_list_is_told_by_its_content_and_its_services_decide() {
    let sandbox = Sandbox::new();
    let file = demo_file("good-qualified.p7m");
    for (status, expected) in [("granted", 0), ("withdrawn", 1)] {
        let list = sandbox.file("list.pem", trusted_list("CA/QC", status).as_bytes());
        let run = sandbox.run(&[
            "verify",
            "--trust",
            text(&list),
            "--crl",
            pki("crl"),
            "--at",
            AT,
            "--format",
            "json",
            &file,
        ]);
        let json = run.json();
        report::check(&json);
        assert_eq!(run.status, expected, "{json}");
        let findings = json["signatures"][0]["findings"].as_array().unwrap();
        let unauthenticated = findings.iter().any(|finding| finding["code"] == "trusted_list.not_authenticated");
        assert!(unauthenticated || expected == 1, "{json}");
    }
    let list = sandbox.file("list.xml", trusted_list("TSA", "granted").as_bytes());
    let run = sandbox.run(&["verify", "--trust", text(&list), &file]);
    assert!(run.error().contains("non contiene certificati"), "{}", run.stderr);
}

/// TS 119 612 §5.3.15: `NextUpdate` is the latest time by which the next list is due; a closed list has none.
#[test]
fn a_trusted_list_past_its_next_update_is_reported() {
    let sandbox = Sandbox::new();
    let file = demo_file("good-qualified.p7m");
    let list = trusted_list("CA/QC", "granted");
    let due = |time: &str| list.replace("2026-07-15T00:00:00Z", time);
    let closed = list.replace("<dateTime>2026-07-15T00:00:00Z</dateTime>", "");
    for (list, outdated) in
        [(due("2026-07-15T00:00:00Z"), false), (due(AT), false), (due("2026-01-31T23:59:59Z"), true), (closed, false)]
    {
        let list = sandbox.file("list.xml", list.as_bytes());
        let arguments = ["verify", "--trust", text(&list), "--crl", pki("crl"), "--at", AT, "--format", "json", &file];
        let run = sandbox.run(&arguments);
        let json = run.json();
        report::check(&json);
        assert_eq!(run.status, 0, "{json}");
        let findings = json["signatures"][0]["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["code"] == "trusted_list.outdated");
        assert_eq!(found.map(|finding| &finding["level"]), outdated.then_some(&"warning".into()), "{json}");
        assert!(found.is_none_or(|finding| finding["message"].as_str().unwrap().contains("31/01/2026")), "{json}");
    }
}

/// A list with one service, that of the PKI's CA of qualified certificates, in one status since 2020.
fn trusted_list(service_type: &str, status: &str) -> String {
    let pem = fs::read_to_string(format!("{}/qualified/ca.pem", pki(""))).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let uri = "http://uri.etsi.org/TrstSvc";
    format!(
        "<?xml version='1.0' encoding='UTF-8'?>
<TrustServiceStatusList xmlns='http://uri.etsi.org/02231/v2#' TSLTag='http://uri.etsi.org/19612/TSLTag'>
<SchemeInformation><TSLVersionIdentifier>5</TSLVersionIdentifier><TSLSequenceNumber>1</TSLSequenceNumber>
<TSLType>{uri}/TrustedList/TSLType/EUgeneric</TSLType>
<SchemeOperatorName><Name xml:lang='it'>Gestore di prova</Name></SchemeOperatorName>
<SchemeTerritory>IT</SchemeTerritory><ListIssueDateTime>2026-01-15T00:00:00Z</ListIssueDateTime>
<NextUpdate><dateTime>2026-07-15T00:00:00Z</dateTime></NextUpdate></SchemeInformation>
<TrustServiceProviderList><TrustServiceProvider>
<TSPInformation><TSPName><Name xml:lang='it'>Prestatore di prova</Name></TSPName></TSPInformation>
<TSPServices><TSPService><ServiceInformation>
<ServiceTypeIdentifier>{uri}/Svctype/{service_type}</ServiceTypeIdentifier>
<ServiceName><Name xml:lang='it'>CA di prova</Name></ServiceName>
<ServiceDigitalIdentity><DigitalId><X509Certificate>{base64}</X509Certificate></DigitalId></ServiceDigitalIdentity>
<ServiceStatus>{uri}/TrustedList/Svcstatus/{status}</ServiceStatus>
<StatusStartingTime>2020-01-01T00:00:00Z</StatusStartingTime>
</ServiceInformation></TSPService></TSPServices></TrustServiceProvider></TrustServiceProviderList>
</TrustServiceStatusList>"
    )
}

fn sha256(path: &std::path::Path) -> String {
    let output = std::process::Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}
