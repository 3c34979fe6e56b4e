//! OpenSSL as a peer: responses that it makes, and its verdict on ours.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use openssl::x509::X509;
use tempfile::TempDir;
use varco::trust::revocation::{IssuerKey, OcspResponse, Reason, RevocationStatus, RevocationStore, WhyUnknown};
use varco::trust::{Certificate, Times};

use super::super::build::{Ca, NOW, Signers};
use super::build::*;

/// What `openssl ocsp` says of a response about [`SERIAL`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Good,
    Revoked,
    Unknown,
    /// "Response Verify Failure".
    NotVerified,
    /// Verified, and not about this certificate.
    NotAbout,
}

fn openssl(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output();
    output.expect("the openssl command")
}

fn done(folder: &Path, arguments: &[&str]) {
    let output = openssl(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// `at`: the time at which certificates must be valid, in seconds since 1970.
fn verdict(folder: &Path, response: &str, issuer: &str, at: Option<i64>) -> Verdict {
    let at = at.map(|at| at.to_string());
    let mut arguments = vec!["ocsp", "-respin", response, "-issuer", issuer, "-serial", "0x11", "-CAfile", issuer];
    // It would ask for a nonce that these do not answer.
    arguments.push("-no_nonce");
    arguments.extend(at.iter().flat_map(|at| ["-attime", at]));
    let output = openssl(folder, &arguments);
    if !String::from_utf8_lossy(&output.stderr).contains("Response verify OK") {
        return Verdict::NotVerified;
    }
    // Where it minds the dates, which it compares with the present, the status stands on a line of its own.
    let said = String::from_utf8_lossy(&output.stdout);
    let mut words = said.lines().map(|line| line.strip_prefix("0x11: ").unwrap_or(line));
    let verdict = words.find_map(|word| match word {
        "good" => Some(Verdict::Good),
        "revoked" => Some(Verdict::Revoked),
        "unknown" => Some(Verdict::Unknown),
        _ => None,
    });
    verdict.unwrap_or(Verdict::NotAbout)
}

/// What it should say where we say this.
fn same(status: RevocationStatus) -> Verdict {
    match status {
        RevocationStatus::Good => Verdict::Good,
        RevocationStatus::Revoked(_) | RevocationStatus::Suspended(_) => Verdict::Revoked,
        RevocationStatus::Unknown(WhyUnknown::OcspCertificateUnknown) => Verdict::Unknown,
        RevocationStatus::Unknown(WhyUnknown::OcspOtherIssuer | WhyUnknown::NoCrl) => Verdict::NotAbout,
        RevocationStatus::Unknown(_) => Verdict::NotVerified,
    }
}

#[test]
fn it_says_of_our_responses_what_we_say() {
    let folder = TempDir::new().unwrap();
    let (ca, other) = (ca(), Ca::new("Altra CA"));
    let leaf = ca.leaf(SERIAL, &[]);
    fs::write(folder.path().join("ca.pem"), pem(&ca.certificate)).unwrap();
    let good = Answer::about(&ca, SERIAL);
    let of = |answer: Answer| Template::of(&[answer]);
    let responder = Delegation::new().by(&ca);
    let without_purpose = Delegation { extensions: vec![no_check()], ..Delegation::new() }.by(&ca);
    let other_purpose = Delegation { extensions: vec![purpose(4), no_check()], ..Delegation::new() }.by(&ca);
    let mut altered = of(good.clone()).by_ca(&ca);
    *altered.last_mut().unwrap() ^= 1;
    let id = |hash| cert_id(hash, &ca.name, &ca.certificate, SERIAL);
    let cases = [
        ("good", of(good.clone()).by_ca(&ca)),
        ("revoked", of(good.clone().revoked(b"20260101000000Z", Some(1))).by_ca(&ca)),
        ("suspended", of(good.clone().revoked(b"20260101000000Z", Some(6))).by_ca(&ca)),
        ("unknown", of(good.clone().unknown()).by_ca(&ca)),
        ("another number", of(Answer::about(&ca, &[0x12])).by_ca(&ca)),
        ("another issuer", of(Answer::about(&other, SERIAL)).by_ca(&ca)),
        ("SHA-1", of(Answer { id: id(Hash::Sha1), ..good.clone() }).by_ca(&ca)),
        ("delegated", of(good.clone()).by(&responder)),
        ("delegated, revoked", of(good.clone().revoked(b"20260101000000Z", None)).by(&responder)),
        ("by another CA", of(good.clone()).by_ca(&other)),
        ("delegated by another CA", of(good.clone()).by(&Delegation::new().by(&other))),
        (
            "delegated by another CA of the same name",
            of(good.clone()).by(&Delegation::new().by(&Ca::new("CA di prova"))),
        ),
        ("delegated for nothing", of(good.clone()).by(&without_purpose)),
        ("delegated for something else", of(good).by(&other_purpose)),
        ("altered", altered),
    ];
    for (what, der) in cases {
        fs::write(folder.path().join("response.der"), &der).unwrap();
        let theirs = verdict(folder.path(), "response.der", "ca.pem", Some(NOW.unix_timestamp()));
        let ours = ask(&leaf, &ca, &[der]).status;
        assert_eq!(same(ours), theirs, "{what}: {ours:?}");
    }
}

fn pem(certificate: &Certificate) -> Vec<u8> {
    X509::from_der(certificate.der()).unwrap().to_pem().unwrap()
}

/// A CA, a leaf of it, responders, and what `openssl ocsp` needs to answer.
struct Authority {
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let authority = Self { folder: TempDir::new().unwrap() };
        for ca in ["ca", "other"] {
            let (key, certificate, subject) = (format!("{ca}.key"), format!("{ca}.pem"), format!("/CN={ca}"));
            authority.run(&[
                &["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"][..],
                &["-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", &key, "-out", &certificate],
                &["-subj", &subject],
            ]);
        }
        authority.issue("leaf", "ca", "0x11", "keyUsage=digitalSignature");
        authority.issue("responder", "ca", "0x21", "extendedKeyUsage=OCSPSigning\nnoCheck=ignored");
        authority.issue("checked", "ca", "0x22", "extendedKeyUsage=OCSPSigning");
        authority.issue("foreign", "other", "0x23", "extendedKeyUsage=OCSPSigning\nnoCheck=ignored");
        authority.issue("idle", "ca", "0x24", "extendedKeyUsage=clientAuth\nnoCheck=ignored");
        authority
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, arguments: &[&[&str]]) {
        done(self.path(), &arguments.concat());
    }

    fn issue(&self, name: &str, ca: &str, serial: &str, extensions: &str) {
        let [key, request, certificate] = ["key", "csr", "pem"].map(|kind| format!("{name}.{kind}"));
        let [ca_key, ca_certificate] = ["key", "pem"].map(|kind| format!("{ca}.{kind}"));
        fs::write(self.path().join("extensions"), extensions).unwrap();
        self.run(&[
            &["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", &key],
            &["-out", &request, "-subj", &format!("/CN={name}")],
        ]);
        self.run(&[
            &["x509", "-req", "-in", &request, "-CA", &ca_certificate, "-CAkey", &ca_key, "-set_serial", serial],
            &["-days", "20", "-extfile", "extensions", "-out", &certificate],
        ]);
    }

    /// What is known of the leaf: a row of the index of `openssl ca`; nothing: not issued.
    fn know(&self, row: &str) {
        fs::write(self.path().join("index"), row).unwrap();
    }

    fn answer(&self, signer: &str, options: &[&str]) -> Vec<u8> {
        let [key, certificate] = ["key", "pem"].map(|kind| format!("{signer}.{kind}"));
        let ask = ["ocsp", "-index", "index", "-CA", "ca.pem", "-issuer", "ca.pem"];
        let sign = ["-rsigner", &certificate, "-rkey", &key, "-respout", "response.der"];
        // A digest for the CertID stands before the serial number that it is for.
        let (digest, others): (Vec<&str>, Vec<&str>) = options.iter().partition(|option| option.starts_with("-sha"));
        self.run(&[&ask, &digest[..], &["-serial", "0x11"], &sign, &others]);
        fs::read(self.path().join("response.der")).unwrap()
    }

    fn certificate(&self, name: &str) -> Arc<Certificate> {
        let pem = fs::read(self.path().join(format!("{name}.pem"))).unwrap();
        Arc::new(Certificate::from_der(&X509::from_pem(&pem).unwrap().to_der().unwrap()).unwrap())
    }

    /// What we say, at the time when it was made.
    fn ask(&self, der: &[u8]) -> RevocationStatus {
        let response = Arc::new(OcspResponse::from_der(der).unwrap());
        let at = response.responses()[0].this_update;
        let mut store = RevocationStore::new(at);
        store.add_ocsp(&response).unwrap();
        let issuer = self.certificate("ca");
        let key = IssuerKey { key: issuer.public_key().unwrap(), certificate: Some(&issuer) };
        store.check(&self.certificate("leaf"), key, &Times::at(at), &mut Signers::default()).status
    }
}

const VALID: &str = "V\t401231235959Z\t\t11\tunknown\t/CN=leaf\n";

#[test]
fn its_responses_are_read_and_mean_what_it_says() {
    let authority = Authority::new();
    let day = &["-ndays", "1"][..];
    let unknown = |why| RevocationStatus::Unknown(why);
    authority.know(VALID);
    for (signer, options, expected) in [
        ("responder", day, RevocationStatus::Good),
        ("ca", day, RevocationStatus::Good),
        ("responder", &[], RevocationStatus::Good),
        ("responder", &["-resp_key_id", "-ndays", "1"], RevocationStatus::Good),
        ("responder", &["-sha256"], RevocationStatus::Good),
        ("responder", &["-sha512", "-rmd", "sha384"], RevocationStatus::Good),
        ("responder", &["-resp_no_certs"], unknown(WhyUnknown::OcspSignatureInvalid)),
        ("responder", &["-badsig"], unknown(WhyUnknown::OcspSignatureInvalid)),
        ("foreign", day, unknown(WhyUnknown::OcspResponderNotAuthorised)),
        ("idle", day, unknown(WhyUnknown::OcspResponderNotAuthorised)),
    ] {
        let der = authority.answer(signer, options);
        let ours = authority.ask(&der);
        assert_eq!(ours, expected, "{signer} {options:?}");
        if !options.iter().any(|option| option.starts_with("-sha")) {
            // Its search is by SHA-1 unless told otherwise.
            let theirs = verdict(authority.path(), "response.der", "ca.pem", None);
            assert_eq!(same(ours), theirs, "{signer} {options:?}");
        }
    }
    // Here we ask for more than it does: whether the responder was revoked.
    let der = authority.answer("checked", day);
    assert_eq!(authority.ask(&der), unknown(WhyUnknown::OcspResponderStatusUnknown));
    assert_eq!(verdict(authority.path(), "response.der", "ca.pem", None), Verdict::Good);
}

#[test]
fn its_revocations_are_read() {
    let authority = Authority::new();
    for (row, expected) in [
        ("R\t401231235959Z\t260102030405Z,keyCompromise\t11\tunknown\t/CN=leaf\n", Some(Reason::KeyCompromise)),
        ("R\t401231235959Z\t260102030405Z\t11\tunknown\t/CN=leaf\n", Some(Reason::Unspecified)),
        ("R\t401231235959Z\t260102030405Z,superseded\t11\tunknown\t/CN=leaf\n", Some(Reason::Superseded)),
        ("", None),
    ] {
        authority.know(row);
        let der = authority.answer("responder", &["-ndays", "1"]);
        let status = authority.ask(&der);
        match (status, expected) {
            (RevocationStatus::Revoked(revocation), Some(reason)) => {
                assert_eq!(revocation.reason, reason);
                assert_eq!(revocation.time, time::macros::utc_datetime!(2026-01-02 03:04:05));
            }
            (RevocationStatus::Unknown(why), None) => assert_eq!(why, WhyUnknown::OcspCertificateUnknown),
            other => panic!("{row}: {other:?}"),
        }
        assert_eq!(same(status), verdict(authority.path(), "response.der", "ca.pem", None), "{row}");
    }
}
