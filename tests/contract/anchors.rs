//! What the report says of the anchor that a signature was traced to.

use std::sync::Arc;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Builder};
use time::macros::utc_datetime;
use varco::trust::{Certificate, SignatureCache, Times, TrustStore};
use varco::verify::{Level, Report, SubIndication};

use crate::contract::{AT, Ask, CONTENT, Desk, leaf, message, pki, signed};
use crate::support::forge::cms::Signer;
use crate::support::forge::identity::Identity;

/// RFC 5280 §6.1.1 (d): name and key of an anchor are trusted, its dates are no part of the algorithm.
#[test]
fn an_anchor_that_expired_is_still_one_and_is_reported() {
    let document = signed(CONTENT, &["cns-good"]);
    let authority = Identity::authority_in(&pki(), "cns-esempio");
    let mut desk = Desk::complete();
    for (until, expected) in [("20270101000000Z", None), ("20260115000000Z", Some(Level::Information))] {
        desk.trust = TrustStore::new(SignatureCache::new(10));
        desk.trust.add_anchor(Arc::new(renewed(&authority, &authority, until)));
        let report = desk.verify(&Ask::about(&document)).unwrap();
        assert_eq!(report.signatures[0].sub_indication, None, "{until}");
        assert_eq!(level(&report, "chain.anchor_expired"), expected, "{until}");
    }
    let existed = Times { at: AT, existed_by: Some(utc_datetime!(2026-01-14 0:00)) };
    let report = desk.verify(&Ask { times: existed, ..Ask::about(&document) }).unwrap();
    assert_eq!(level(&report, "chain.anchor_expired"), None);
}

/// The dates of the signer's own certificate count, even where it is an anchor itself.
#[test]
fn an_expired_signer_is_not_taken_for_an_expired_anchor() {
    let mut desk = Desk::complete();
    let signer = Identity::leaf_in(&pki(), "cns-expired");
    desk.trust.add_anchor(Arc::new(Certificate::from_der(&signer.certificate).unwrap()));
    let report = desk.verify(&Ask::about(&signed(CONTENT, &["cns-expired"]))).unwrap();
    assert_eq!(report.signatures[0].sub_indication, Some(SubIndication::OutOfBoundsNoPoe));
    assert_eq!(level(&report, "certificate.expired"), Some(Level::Error));
    assert_eq!(level(&report, "chain.anchor_expired"), None);
}

/// An authority between signer and anchor is no anchor: its dates count, and are not given out as the signer's.
#[test]
fn an_authority_of_the_chain_that_expired_is_told_from_the_signer() {
    let [authority, root] = ["cns-esempio", "radice-alfa"].map(|name| Identity::authority_in(&pki(), name));
    let mut desk = Desk::complete();
    desk.trust = TrustStore::new(SignatureCache::new(10));
    desk.trust.add_anchor(Arc::new(Certificate::from_der(&root.certificate).unwrap()));
    for (until, found) in [("20260115000000Z", true), ("20270101000000Z", false)] {
        let mut message = message(CONTENT, &[Signer::new(&leaf("cns-good"), CONTENT)]);
        message.certificates.push(renewed(&authority, &root, until).der().to_vec());
        let report = desk.verify(&Ask::about(&message.encode())).unwrap();
        let expected = found.then_some(SubIndication::OutOfBoundsNoPoe);
        assert_eq!(report.signatures[0].sub_indication, expected, "{until}");
        assert_eq!(level(&report, "chain.issuer_out_of_bounds").is_some(), found, "{until}");
        assert_eq!(level(&report, "certificate.expired"), None);
    }
}

/// How the first signature reports something, if it does.
fn level(report: &Report, code: &str) -> Option<Level> {
    report.signatures.first().unwrap().findings.iter().find(|finding| finding.code == code).map(|finding| finding.level)
}

/// The same authority, name and key, in a certificate by somebody that ends at another time.
fn renewed(authority: &Identity, by: &Identity, until: &str) -> Certificate {
    let [model, issuer] = [authority, by].map(|identity| X509::from_der(&identity.certificate).unwrap());
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(model.subject_name()).unwrap();
    builder.set_issuer_name(issuer.subject_name()).unwrap();
    builder.set_not_before(&Asn1Time::from_str_x509("20100101000000Z").unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_str_x509(until).unwrap()).unwrap();
    builder.set_pubkey(&authority.key).unwrap();
    builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build().unwrap()).unwrap();
    builder.sign(&by.key, MessageDigest::sha256()).unwrap();
    Certificate::from_der(&builder.build().to_der().unwrap()).unwrap()
}
