//! Chains of the synthetic PKI: each leaf's state, as `certs/pki/index.tsv` states it, is what chain validation finds.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use openssl::x509::X509;
use time::macros::utc_datetime;
use time::{Duration, UtcDateTime};
use varco::trust::chain::{
    ChainConclusion, ChainLimits, ChainReport, ChainSettings, NoChain, PathInputs, RevocationChecking, Validity,
    validate,
};
use varco::trust::revocation::{Crl, RevocationStore};
use varco::trust::{AlgorithmPolicy, AlgorithmWeakness, Certificate, SignatureCache, Times, TrustStore};

/// The base date of the PKI, `certs/pki/base`.
const BASE: UtcDateTime = utc_datetime!(2026-01-15 12:00);

#[test]
fn every_leaf_is_in_its_state() {
    let pki = Pki::load();
    let index = fs::read_to_string(folder().join("index.tsv")).unwrap();
    let mut wrong = Vec::new();
    for line in index.lines().skip(1) {
        let mut fields = line.split('\t');
        let (name, state) = (fields.next().unwrap(), fields.nth(4).unwrap());
        let report = pki.validate(name, Times::at(BASE));
        if !matches_state(&report.conclusion, state) {
            wrong.push(format!("{name}: {state}, and {:?}", report.conclusion));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Whether the profile of a certificate is fit is judged elsewhere, except for name constraints.
fn matches_state(conclusion: &ChainConclusion, state: &str) -> bool {
    match state {
        // A short key of the leaf itself is judged with what it signs.
        "good" | "weak_key" => *conclusion == ChainConclusion::Passed,
        "wrong_profile" => {
            matches!(conclusion, ChainConclusion::Passed | ChainConclusion::ChainConstraints { .. })
        }
        "revoked" | "expired_revoked" => matches!(conclusion, ChainConclusion::Revoked { .. }),
        "suspended" => matches!(conclusion, ChainConclusion::Suspended { index: 0, .. }),
        "expired" => matches!(
            conclusion,
            ChainConclusion::OutOfBounds { index: 0, validity: Validity::Expired }
                | ChainConclusion::OutOfBoundsNotRevoked { validity: Validity::Expired }
        ),
        "not_yet_valid" => matches!(
            conclusion,
            ChainConclusion::OutOfBounds { index: 0, validity: Validity::NotYetValid }
                | ChainConclusion::OutOfBoundsNotRevoked { validity: Validity::NotYetValid }
        ),
        "weak_digest" => {
            let weakness = |weakness: &AlgorithmWeakness| matches!(weakness, AlgorithmWeakness::Digest(_));
            matches!(conclusion, ChainConclusion::CryptoConstraints { weakness: found, .. } if weakness(found))
        }
        "untrusted" => matches!(conclusion, ChainConclusion::NoChain(_)),
        _ => false,
    }
}

/// EN 319 102-1 §5.5: what was proved to exist while the certificate was valid and not revoked counts as then.
#[test]
fn a_proof_of_existence_moves_the_time_that_counts() {
    let pki = Pki::load();
    let proved = |name, existed_by| pki.validate(name, Times { at: BASE, existed_by: Some(existed_by) });
    let revoked = pki.validate("cns-revoked", Times::at(BASE));
    let since = revoked_since(&revoked).unwrap();
    assert!(proved("cns-revoked", since - Duration::DAY).passed());
    assert_eq!(proved("cns-revoked", since).conclusion, ChainConclusion::Revoked { since });
    assert_eq!(proved("cns-revoked", BASE + Duration::DAY).conclusion, ChainConclusion::Revoked { since });
    let not_after = pki.leaf("qualified-expired").not_after();
    assert!(proved("qualified-expired", not_after).passed());
    assert!(!proved("qualified-expired", not_after + Duration::DAY).passed());
}

fn revoked_since(report: &ChainReport) -> Option<UtcDateTime> {
    match report.conclusion {
        ChainConclusion::Revoked { since } => Some(since),
        _ => None,
    }
}

#[test]
fn what_is_missing_is_named() {
    let mut pki = Pki::load();
    pki.revocation = RevocationStore::new(BASE);
    let report = pki.validate("cns-good", Times::at(BASE));
    assert_eq!(report.conclusion, ChainConclusion::RevocationUnknown { index: 0 });
    assert!(!report.needs.is_empty());
    pki.trust = TrustStore::new(SignatureCache::new(0));
    let report = pki.validate("cns-good", Times::at(BASE));
    assert_eq!(report.conclusion, ChainConclusion::NoChain(NoChain::NoAnchors));
    assert_eq!(report.path.len(), 1);
    assert!(!report.needs.is_empty());
}

/// The cache must not change any conclusion, least of all for an issuer with the right name and another key.
#[test]
fn a_warm_cache_changes_nothing() {
    let cold = Pki::load();
    let mut warm = Pki::load();
    warm.trust = trust(SignatureCache::new(4));
    for _ in 0..2 {
        for name in ["cns-good", "cns-impostor", "cross-good", "cross-wrong", "cie-good", "qualified-pss-signed"] {
            let at = Times::at(BASE);
            assert_eq!(warm.validate(name, at).conclusion, cold.validate(name, at).conclusion, "{name}");
        }
    }
}

struct Pki {
    trust: TrustStore,
    revocation: RevocationStore,
}

impl Pki {
    fn load() -> Self {
        let mut revocation = RevocationStore::new(BASE + Duration::DAY);
        for file in fs::read_dir(folder().join("crl")).unwrap() {
            let crl = Crl::from_der(&fs::read(file.unwrap().path()).unwrap()).unwrap();
            revocation.add(Arc::new(crl)).unwrap();
        }
        Self { trust: trust(SignatureCache::new(0)), revocation }
    }

    fn validate(&self, name: &str, times: Times) -> ChainReport {
        let settings = ChainSettings {
            inputs: PathInputs::unconstrained(),
            algorithms: AlgorithmPolicy::ts_119_312(),
            revocation: RevocationChecking::EveryCertificate,
            limits: ChainLimits::STANDARD,
        };
        validate(&self.leaf(name), &certificates("intermediates"), &self.trust, &self.revocation, &settings, times)
    }

    #[expect(clippy::unused_self, reason = "a leaf of this PKI")]
    fn leaf(&self, name: &str) -> Arc<Certificate> {
        certificate(&folder().join("leaves").join(format!("{name}.pem")))
    }
}

fn trust(cache: SignatureCache) -> TrustStore {
    let mut trust = TrustStore::new(cache);
    for anchor in certificates("trust").into_iter().chain(certificates("trust-pec")) {
        trust.add_anchor(anchor);
    }
    trust
}

fn certificates(sub: &str) -> Vec<Arc<Certificate>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder().join(sub)).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "pem"))
        .map(|f| certificate(f))
        .collect()
}

fn certificate(file: &std::path::Path) -> Arc<Certificate> {
    let x509 = X509::from_pem(&fs::read(file).unwrap()).unwrap();
    Arc::new(Certificate::from_der(&x509.to_der().unwrap()).unwrap())
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("certs/pki")
}
