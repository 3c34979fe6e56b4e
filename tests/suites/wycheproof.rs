//! C2SP Wycheproof: RSA and ECDSA signature values through `crypto::PublicKey`.
//!
//! A set whose digest or curve we do not know is skipped as a whole. Every other row must come out as the suite says,
//! and their number is fixed; a row marked "acceptable" and any disagreement stands in `exceptions.toml`.

use varco::crypto::{DigestAlgorithm, KeyError, PublicKey, SignatureScheme};
use wycheproof::{HashFunction, Mgf, TestResult, ecdsa, rsa_pkcs1_verify, rsa_pss_verify};

use crate::suites::exceptions::Exceptions;

#[test]
fn rsa_pkcs1_signature_values() {
    let mut rows = Rows::new();
    for name in rsa_pkcs1_verify::TestName::all() {
        let set = format!("{name:?}");
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let Some(digest) = digest(group.hash) else { continue };
            let key = PublicKey::from_spki(&group.der);
            for test in group.tests {
                let verifies = verifies(&key, &test.msg, SignatureScheme::RsaPkcs1(digest), &test.sig);
                rows.push(row(&set, test.tc_id, test.result, verifies));
            }
        }
    }
    finish("rsa-pkcs1", &rows, 5_171);
}

#[test]
fn rsa_pss_signature_values() {
    let mut rows = Rows::new();
    for name in rsa_pss_verify::TestName::all() {
        let set = format!("{name:?}");
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let mgf_digest = group.mgf_hash.filter(|_| group.mgf == Mgf::Mgf1).and_then(digest);
            let (Some(digest), Some(mgf_digest)) = (digest(group.hash), mgf_digest) else { continue };
            let salt_len = u32::try_from(group.salt_size).unwrap();
            let scheme = SignatureScheme::RsaPss { digest, mgf_digest, salt_len };
            let key = PublicKey::from_spki(&group.der);
            for test in group.tests {
                rows.push(row(&set, test.tc_id, test.result, verifies(&key, &test.msg, scheme, &test.sig)));
            }
        }
    }
    finish("rsa-pss", &rows, 2_502);
}

#[test]
fn ecdsa_signature_values() {
    let mut rows = Rows::new();
    for name in ecdsa::TestName::all() {
        let set = format!("{name:?}");
        if !OUR_CURVES.iter().any(|curve| set.starts_with(curve)) {
            continue;
        }
        // The same values as bare r and s (IEEE P1363) must never pass for the DER form.
        let p1363 = set.ends_with("P1363");
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let Some(digest) = digest(group.hash) else { continue };
            let key = PublicKey::from_spki(&group.der);
            for test in group.tests {
                let expected = if p1363 { TestResult::Invalid } else { test.result };
                let verifies = verifies(&key, &test.msg, SignatureScheme::Ecdsa(digest), &test.sig);
                rows.push(row(&set, test.tc_id, expected, verifies));
            }
        }
    }
    finish("ecdsa", &rows, 11_214);
}

const OUR_CURVES: [&str; 6] = [
    "EcdsaSecp256r1",
    "EcdsaSecp384r1",
    "EcdsaSecp521r1",
    "EcdsaBrainpool256r1",
    "EcdsaBrainpool384r1",
    "EcdsaBrainpool512r1",
];

fn verifies(key: &Result<PublicKey, KeyError>, message: &[u8], scheme: SignatureScheme, value: &[u8]) -> bool {
    key.as_ref().is_ok_and(|key| key.verify(message, scheme, value).is_ok())
}

fn digest(hash: HashFunction) -> Option<DigestAlgorithm> {
    Some(match hash {
        HashFunction::Sha1 => DigestAlgorithm::Sha1,
        HashFunction::Sha2_224 => DigestAlgorithm::Sha224,
        HashFunction::Sha2_256 => DigestAlgorithm::Sha256,
        HashFunction::Sha2_384 => DigestAlgorithm::Sha384,
        HashFunction::Sha2_512 => DigestAlgorithm::Sha512,
        HashFunction::Sha3_224 => DigestAlgorithm::Sha3_224,
        HashFunction::Sha3_256 => DigestAlgorithm::Sha3_256,
        HashFunction::Sha3_384 => DigestAlgorithm::Sha3_384,
        HashFunction::Sha3_512 => DigestAlgorithm::Sha3_512,
        HashFunction::Sha2_512_224 | HashFunction::Sha2_512_256 | HashFunction::Shake128 | HashFunction::Shake256 => {
            return None;
        }
    })
}

type Rows = Vec<(String, String, String)>;

/// What the suite says of a row, and what we do.
fn row(set: &str, id: usize, expected: TestResult, verifies: bool) -> (String, String, String) {
    let expected = match expected {
        TestResult::Valid => "verifies",
        TestResult::Invalid => "refused",
        TestResult::Acceptable => "acceptable",
    };
    let actual = if verifies { "verifies" } else { "refused" };
    (format!("{set}-{id}"), expected.to_owned(), actual.to_owned())
}

/// `count` keeps a set from vanishing unseen.
fn finish(suite: &str, rows: &Rows, count: usize) {
    Exceptions::load(&format!("wycheproof/{suite}")).judge(rows);
    assert_eq!(rows.len(), count, "{suite}: rows judged");
}
