//! What is remembered, with certificates of the synthetic PKI.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::trust::{Certificate, SignatureCache};

fn certificate(path: &str) -> Arc<Certificate> {
    let pem = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/pki").join(path)).unwrap();
    let der = openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap();
    Arc::new(Certificate::from_der(&der).unwrap())
}

#[test]
fn only_what_was_verified_is_remembered_and_only_for_its_key() {
    let (leaf, issuer, other) =
        (certificate("leaves/cns-good.pem"), certificate("cns-esempio/ca.pem"), certificate("qualified/ca.pem"));
    let cache = SignatureCache::new(10);
    assert!(cache.verify(&leaf, &other).is_err());
    assert!(cache.certificate(leaf.der()).is_none());
    for _ in 0..2 {
        assert!(cache.verify(&leaf, &issuer).is_ok());
        assert!(Arc::ptr_eq(&cache.certificate(leaf.der()).unwrap(), &leaf));
        assert!(cache.verify(&leaf, &other).is_err());
    }
}

#[test]
fn the_oldest_are_forgotten_and_nothing_is_kept_at_capacity_0() {
    let issuer = certificate("cns-esempio/ca.pem");
    let leaves = ["cns-good", "cns-omocodia", "cns-revoked"].map(|name| certificate(&format!("leaves/{name}.pem")));
    for (capacity, kept) in [(0, [false; 3]), (2, [false, true, true]), (10, [true; 3])] {
        let cache = SignatureCache::new(capacity);
        for leaf in &leaves {
            assert!(cache.verify(leaf, &issuer).is_ok());
        }
        assert_eq!(leaves.each_ref().map(|leaf| cache.certificate(leaf.der()).is_some()), kept, "{capacity}");
    }
}
