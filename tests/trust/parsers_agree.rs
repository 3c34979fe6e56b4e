//! Our certificate reader and x509-parser say the same of every certificate at hand.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use varco::trust::{Certificate, KeyUsage};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The synthetic PKI, PKITS where it was fetched, and 30 national lists where they stand beside the checkout.
#[test]
fn on_every_certificate_at_hand() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["certs/pki", "target/vectors/pkits/certs", "../shared/trusted-lists", "../shared/pec-anchors"] {
        collect(&root.join(folder), &mut files);
    }
    let mut compared = 0;
    for file in files {
        for der in certificates_in(&file) {
            compare(&der, &file);
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

fn compare(der: &[u8], file: &Path) {
    let file = file.display();
    let ours = Certificate::from_der(der);
    let theirs = X509Certificate::from_der(der);
    let (Ok(ours), Ok((_, theirs))) = (ours, theirs) else { panic_on(&format!("{file} is not read by both")) };
    assert_eq!(ours.tbs(), theirs.tbs_certificate.as_ref(), "{file}");
    assert_eq!(ours.serial(), theirs.raw_serial(), "{file}");
    assert_eq!(ours.issuer().der(), theirs.issuer().as_raw(), "{file}");
    assert_eq!(ours.subject().der(), theirs.subject().as_raw(), "{file}");
    assert_eq!(ours.spki(), theirs.public_key().raw, "{file}");
    let validity = theirs.validity();
    assert_eq!(ours.not_before().unix_timestamp(), validity.not_before.timestamp(), "{file}");
    assert_eq!(ours.not_after().unix_timestamp(), validity.not_after.timestamp(), "{file}");
    let said = ours.extensions();
    for extension in theirs.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(constraints) => {
                let said = said.basic_constraints.unwrap();
                assert_eq!((said.ca, said.path_len), (constraints.ca, constraints.path_len_constraint), "{file}");
            }
            ParsedExtension::KeyUsage(usage) => {
                let said = said.key_usage.unwrap();
                assert_eq!(said.contains(KeyUsage::DIGITAL_SIGNATURE), usage.digital_signature(), "{file}");
                assert_eq!(said.contains(KeyUsage::NON_REPUDIATION), usage.non_repudiation(), "{file}");
                assert_eq!(said.contains(KeyUsage::KEY_CERT_SIGN), usage.key_cert_sign(), "{file}");
                assert_eq!(said.contains(KeyUsage::CRL_SIGN), usage.crl_sign(), "{file}");
            }
            ParsedExtension::CertificatePolicies(policies) => {
                let said = said.policies.iter().flat_map(|said| &said.identifiers).map(|said| said.oid().as_bytes());
                assert!(said.eq(policies.iter().map(|policy| policy.policy_id.as_bytes())), "{file}");
            }
            ParsedExtension::SubjectKeyIdentifier(id) => {
                assert_eq!(said.subject_key_id.as_deref(), Some(id.0), "{file}");
            }
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                let said = said.authority_key_id.as_ref().unwrap();
                assert_eq!(said.key_id.as_deref(), id.key_identifier.as_ref().map(|id| id.0), "{file}");
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                assert_eq!(said.subject_alt_names.len(), names.general_names.len(), "{file}");
            }
            ParsedExtension::CRLDistributionPoints(points) => {
                assert_eq!(said.crl_distribution_points.len(), points.points.len(), "{file}");
            }
            _ => {}
        }
    }
}

#[expect(clippy::panic, reason = "a test stops at the first surprise")]
fn panic_on(what: &str) -> ! {
    panic!("{what}")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

/// A DER certificate (`.crt`), those of a PEM file, or those of a trusted list.
fn certificates_in(file: &Path) -> Vec<Vec<u8>> {
    let (start, end) = match file.extension().and_then(|extension| extension.to_str()) {
        Some("crt") => return vec![fs::read(file).unwrap()],
        Some("pem") => ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"),
        Some("xml") => ("X509Certificate>", "</"),
        _ => return Vec::new(),
    };
    let text = fs::read_to_string(file).unwrap();
    let bodies = text.split(start).skip(1).filter_map(|rest| rest.split_once(end));
    let decoded = bodies.map(|(body, _)| STANDARD.decode(body.split_whitespace().collect::<String>()));
    // What is between two elements of a list is not base64, or nothing.
    decoded.filter_map(Result::ok).filter(|der| !der.is_empty()).collect()
}
