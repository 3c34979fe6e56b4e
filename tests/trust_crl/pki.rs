//! Every certificate of the synthetic PKI against its CRLs: complete, delta, indirect, and with expired certificates.
//! What is expected is what the tables under `certs/` say, and OpenSSL confirms (`certs/check.sh`).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::UtcDateTime;
use time::macros::utc_datetime;
use varco::trust::chain::{ChainLimits, ChainReport, ChainSettings, PathInputs, RevocationChecking, validate};
use varco::trust::revocation::{Crl, Reason, RevocationReport, RevocationStatus, RevocationStore, WhyUnknown};
use varco::trust::{AlgorithmPolicy, Certificate, SignatureCache, Times, TrustStore};

const AT: UtcDateTime = utc_datetime!(2026-02-01 0:00);

struct Pki {
    trust: TrustStore,
    intermediates: Vec<Arc<Certificate>>,
    crls: RevocationStore,
}

impl Pki {
    fn load(leave_out: Option<&str>) -> Self {
        let mut trust = TrustStore::new(SignatureCache::new(64));
        for anchor in certificates("trust") {
            trust.add_anchor(anchor);
        }
        let mut crls = RevocationStore::new(AT);
        for path in files("crl") {
            if leave_out != path.file_stem().and_then(|stem| stem.to_str()) {
                crls.add(Arc::new(Crl::from_der(&fs::read(&path).unwrap()).unwrap())).unwrap();
            }
        }
        Self { trust, intermediates: certificates("intermediates"), crls }
    }

    fn judge(&self, leaf: &str, times: Times) -> ChainReport {
        let settings = ChainSettings {
            inputs: PathInputs::unconstrained(),
            algorithms: AlgorithmPolicy::ts_119_312(),
            revocation: RevocationChecking::EveryCertificate,
            limits: ChainLimits::STANDARD,
        };
        let leaf = certificate(&folder("leaves").join(format!("{leaf}.pem")));
        validate(&leaf, &self.intermediates, &self.trust, &self.crls, &settings, times)
    }

    fn revocation(&self, leaf: &str, times: Times) -> RevocationReport {
        self.judge(leaf, times).path.first().and_then(|leaf| leaf.revocation.clone()).unwrap()
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/pki").join(name)
}

fn files(name: &str) -> Vec<PathBuf> {
    fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn certificates(name: &str) -> Vec<Arc<Certificate>> {
    files(name).iter().map(|path| certificate(path)).collect()
}

fn certificate(pem: &Path) -> Arc<Certificate> {
    let text = fs::read_to_string(pem).unwrap();
    let lines = text.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1);
    let base64: String = lines.take_while(|line| !line.starts_with("-----")).collect();
    Arc::new(Certificate::from_der(&STANDARD.decode(base64).unwrap()).unwrap())
}

#[test]
fn the_status_of_every_certificate_is_that_of_the_tables() {
    let pki = Pki::load(None);
    let index = fs::read_to_string(folder("index.tsv")).unwrap();
    let mut checked = 0;
    for row in index.lines().skip(1) {
        let fields: Vec<&str> = row.split('\t').collect();
        let (name, authority, state) = (fields[0], fields[2], fields[5]);
        // Nobody trusted issued it, so there is no status to ask for (the PEC authorities are in a folder of their own).
        let Some(report) = pki.judge(name, Times::at(AT)).path.first().and_then(|leaf| leaf.revocation.clone()) else {
            assert!(state == "untrusted" || authority == "pec-ca", "{name}");
            continue;
        };
        let expected = match state {
            "revoked" | "expired_revoked" => "revoked",
            "suspended" => "suspended",
            // Its authority does not promise to list expired certificates.
            "expired" if name == "cns-expired" => "unknown",
            _ => "good",
        };
        let found = match report.status {
            RevocationStatus::Good => "good",
            RevocationStatus::Revoked(_) => "revoked",
            RevocationStatus::Suspended(_) => "suspended",
            RevocationStatus::Unknown(_) => "unknown",
        };
        assert_eq!(found, expected, "{name}: {report:?}");
        checked += 1;
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn the_details_of_a_revocation_are_told() {
    let report = Pki::load(None).revocation("cns-revoked", Times::at(AT));
    let RevocationStatus::Revoked(revocation) = report.status else { panic!("{report:?}") };
    assert_eq!(revocation.reason, Reason::KeyCompromise);
    assert_eq!(revocation.time.date(), utc_datetime!(2025-12-26 0:00).date());
    assert_eq!(revocation.invalidity_date.unwrap().date(), utc_datetime!(2025-12-21 0:00).date());
}

#[test]
fn a_proven_existence_before_the_revocation_is_enough() {
    let existed = |at| Times { at: AT, existed_by: Some(at) };
    let report = Pki::load(None).revocation("cns-revoked", existed(utc_datetime!(2025-12-01 0:00)));
    assert_eq!(report.status, RevocationStatus::Good);
    assert!(report.later.is_some());
    let report = Pki::load(None).revocation("cns-revoked", existed(utc_datetime!(2026-01-01 0:00)));
    assert!(matches!(report.status, RevocationStatus::Revoked(_)));
}

#[test]
fn without_the_delta_or_the_indirect_crl_the_answer_differs() {
    let without_delta = Pki::load(Some("cns-delta-delta"));
    assert!(matches!(without_delta.revocation("delta-released", Times::at(AT)).status, RevocationStatus::Suspended(_)));
    let without_base = Pki::load(Some("cns-delta"));
    let report = without_base.revocation("delta-good", Times::at(AT));
    assert_eq!(report.status, RevocationStatus::Unknown(WhyUnknown::NoBase));
    let without_indirect = Pki::load(Some("crl-indiretta"));
    for leaf in ["indirect-good", "indirect-revoked"] {
        let report = without_indirect.revocation(leaf, Times::at(AT));
        assert!(matches!(report.status, RevocationStatus::Unknown(_)), "{leaf}");
        assert!(!report.needs.is_empty());
    }
}

#[test]
fn after_the_next_update_nobody_can_tell() {
    let pki = Pki::load(None);
    let report = pki.revocation("cns-good", Times::at(utc_datetime!(2026-04-01 0:00)));
    assert_eq!(report.status, RevocationStatus::Unknown(WhyUnknown::Stale));
    assert_eq!(&*report.needs[0].urls[0], "http://pki.varco.test/cns-esempio/crl.der");
}
