//! Bags of certificates made to exhaust path building come to an end, and never pass (K20).

use std::sync::Arc;
use std::time::{Duration, Instant};

use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::BasicConstraints;
use openssl::x509::{X509Builder, X509Name, X509NameBuilder};
use time::macros::utc_datetime;
use varco::trust::chain::{
    ChainConclusion, ChainLimits, ChainSettings, NoChain, PathInputs, RevocationChecking, validate,
};
use varco::trust::revocation::RevocationStore;
use varco::trust::{AlgorithmPolicy, Certificate, SignatureCache, Times, TrustStore};

/// Twenty CAs that all certify one another: 20! paths, none of which leads anywhere.
#[test]
fn a_mesh_of_cross_certificates_ends() {
    let keys: Vec<_> = (0..20).map(|_| new_key()).collect();
    let mut bag = Vec::new();
    for (issuer, issuer_key) in (0..).zip(&keys) {
        for (subject, key) in (0..).zip(&keys).filter(|(subject, _)| *subject != issuer) {
            bag.push(issue(subject, key, issuer, issuer_key));
        }
    }
    let leaf = issue(100, &new_key(), 0, keys.first().unwrap());
    let started = Instant::now();
    let conclusion = judge(&leaf, &bag, &issue(200, &new_key(), 200, &new_key()));
    assert_eq!(conclusion, ChainConclusion::NoChain(NoChain::TooManyAttempts));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

/// A thousand certificates with the issuer's name, of which one has its key.
#[test]
fn a_crowd_of_wrong_candidates_ends() {
    let (right, wrong, leaf_key) = (new_key(), new_key(), new_key());
    let anchor = issue(1, &right, 1, &right);
    let crowd: Vec<_> = (0..1000).map(|serial| issue_numbered(serial, 2, &wrong, 1, &right)).collect();
    let leaf = issue(100, &leaf_key, 2, &right);
    let conclusion = judge(&leaf, &crowd, &anchor);
    assert_eq!(conclusion, ChainConclusion::NoChain(NoChain::TooManyAttempts));
}

fn judge(leaf: &Arc<Certificate>, bag: &[Arc<Certificate>], anchor: &Arc<Certificate>) -> ChainConclusion {
    let mut trust = TrustStore::new(SignatureCache::new(1000));
    trust.add_anchor(Arc::clone(anchor));
    let at = utc_datetime!(2026-02-01 0:00);
    let settings = ChainSettings {
        inputs: PathInputs::unconstrained(),
        algorithms: AlgorithmPolicy::ts_119_312(),
        revocation: RevocationChecking::EveryCertificate,
        limits: ChainLimits::STANDARD,
    };
    validate(leaf, bag, &trust, &RevocationStore::new(at), &settings, Times::at(at)).conclusion
}

fn issue(subject: u32, key: &PKey<Private>, issuer: u32, issuer_key: &PKey<Private>) -> Arc<Certificate> {
    issue_numbered(1, subject, key, issuer, issuer_key)
}

fn issue_numbered(
    serial: u32,
    subject: u32,
    key: &PKey<Private>,
    issuer: u32,
    issuer_key: &PKey<Private>,
) -> Arc<Certificate> {
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let serial = openssl::bn::BigNum::from_u32(serial + 1).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name(subject)).unwrap();
    builder.set_issuer_name(&name(issuer)).unwrap();
    builder.set_not_before(&Asn1Time::from_str("20250101000000Z").unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_str("20300101000000Z").unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    builder.sign(issuer_key, MessageDigest::sha256()).unwrap();
    Arc::new(Certificate::from_der(&builder.build().to_der().unwrap()).unwrap())
}

fn name(number: u32) -> X509Name {
    let mut builder = X509NameBuilder::new().unwrap();
    builder.append_entry_by_text("CN", &format!("CA {number}")).unwrap();
    builder.build()
}

fn new_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}
