//! Whom a certificate names, with one of the synthetic PKI.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use crate::domain::identity::{CertificateKind, Identity, IssuerStanding, QcStatements, SubjectFacts};
use crate::trust::{Certificate, Standing};

fn facts(issuer: IssuerStanding) -> SubjectFacts<'static> {
    SubjectFacts {
        common_names: &["CARDA PROVA"],
        serial_numbers: &[],
        given_names: &[],
        surnames: &[],
        organization_names: &[],
        organization_identifiers: &[],
        titles: &[],
        dn_qualifiers: &[],
        policies: &["1.3.76.16.2.1"],
        qc: QcStatements::default(),
        key_usage: None,
        issuer,
        issuer_country: None,
    }
}

#[test]
fn whom_it_names_is_remembered_for_one_standing_only() {
    let pem = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/pki/leaves/cns-good.pem")).unwrap();
    let der = openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap();
    let certificate = Certificate::from_der(&der).unwrap();
    let decided = Cell::new(0);
    let kind = |issuer| {
        let standing = Standing { issuer, policies: Vec::new() };
        let decide = || {
            decided.set(decided.get() + 1);
            Identity::decide(&facts(issuer))
        };
        certificate.identity(&standing, decide).kind
    };
    for (issuer, expected, times) in [
        (IssuerStanding::Anchor, CertificateKind::Cns, 1),
        (IssuerStanding::Anchor, CertificateKind::Cns, 1),
        (IssuerStanding::Unknown, CertificateKind::Other, 2),
        (IssuerStanding::Anchor, CertificateKind::Cns, 2),
    ] {
        assert_eq!((kind(issuer), decided.get()), (expected, times));
    }
}
