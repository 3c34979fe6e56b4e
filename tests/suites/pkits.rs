//! NIST PKITS 1.0.1: 249 path validation cases with CRLs, policies and name constraints.
//!
//! The files come from `scripts/fetch-vectors.sh`; the verdicts and inputs are in
//! `fixtures/vectors/pkits/cases.tsv`, which states facts of the suite's own document.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use time::UtcDateTime;
use time::macros::utc_datetime;
use varco::crypto::DigestAlgorithm;
use varco::trust::chain::{
    ChainConclusion, ChainLimits, ChainReport, ChainSettings, InitialPolicies, PathInputs, RevocationChecking, validate,
};
use varco::trust::revocation::{Crl, RevocationStore};
use varco::trust::{AlgorithmPolicy, Certificate, ObjectId, Reliability, SignatureCache, Times, TrustStore};

use super::exceptions::{Exceptions, suite_is_missing};

#[test]
fn verdicts_and_policies_are_those_of_pkits() {
    let Some(suite) = Suite::load() else { return };
    for at in [utc_datetime!(2026-02-01 0:00), utc_datetime!(2011-04-15 0:00)] {
        let results: Vec<_> = suite.cases.iter().map(|case| case.result(&suite.validate(case, at))).collect();
        Exceptions::load("pkits").judge(&results);
    }
}

/// With every certificate and CRL of the suite at hand, most of them for other cases, the verdicts are the same.
#[test]
fn verdicts_do_not_change_with_what_else_is_at_hand() {
    let Some(suite) = Suite::load() else { return };
    let at = utc_datetime!(2026-02-01 0:00);
    let trust = suite.trust("TrustAnchorRootCertificate.crt", suite.certificates.values());
    let revocation = revocation(suite.crls.values(), at);
    let judge = |case: &Case| {
        let target = suite.certificate(&case.end);
        case.result(&validate(target, &[], &trust, &revocation, &case.settings(), Times::at(at)))
    };
    let results: Vec<_> = suite.cases.iter().map(judge).collect();
    Exceptions::load("pkits").judge(&results);
}

struct Suite {
    certificates: BTreeMap<String, Arc<Certificate>>,
    crls: BTreeMap<String, Arc<Crl>>,
    cases: Vec<Case>,
}

struct Case {
    id: String,
    end: String,
    anchor: String,
    intermediates: Vec<String>,
    crls: Vec<String>,
    expected: String,
    inputs: PathInputs,
}

impl Suite {
    /// `None` where the files were not fetched and nobody demands them.
    fn load() -> Option<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("target/vectors/pkits");
        if !folder.exists() {
            suite_is_missing("PKITS is not here: run scripts/fetch-vectors.sh");
            return None;
        }
        let files = |kind: &str| {
            let entries = fs::read_dir(folder.join(kind)).unwrap().map(|entry| entry.unwrap());
            entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        };
        let certificates =
            files("certs").map(|(name, der)| (name, Arc::new(Certificate::from_der(&der).unwrap()))).collect();
        // One CRL, of 4.4.2's bad signature, is no CRL for us: its signature value is not whole octets.
        let readable = |(name, der): (String, Vec<u8>)| Some((name, Arc::new(Crl::from_der(&der).ok()?)));
        let crls: BTreeMap<_, _> = files("crls").filter_map(readable).collect();
        assert_eq!(crls.len(), 172);
        let table = fs::read_to_string(root.join("fixtures/vectors/pkits/cases.tsv")).unwrap();
        let cases: Vec<Case> = table.lines().skip(1).map(Case::read).collect();
        assert_eq!(cases.len(), 249);
        Some(Self { certificates, crls, cases })
    }

    fn validate(&self, case: &Case, at: UtcDateTime) -> ChainReport {
        let trust = self.trust(&case.anchor, []);
        let revocation = revocation(case.crls.iter().filter_map(|name| self.crls.get(name)), at);
        let candidates: Vec<_> = case.intermediates.iter().map(|name| Arc::clone(self.certificate(name))).collect();
        validate(self.certificate(&case.end), &candidates, &trust, &revocation, &case.settings(), Times::at(at))
    }

    fn certificate(&self, name: &str) -> &Arc<Certificate> {
        self.certificates.get(name).expect(name)
    }

    fn trust<'a>(&self, anchor: &str, issuers: impl IntoIterator<Item = &'a Arc<Certificate>>) -> TrustStore {
        let mut trust = TrustStore::new(SignatureCache::new(1000));
        trust.add_anchor(Arc::clone(self.certificate(anchor)));
        for issuer in issuers {
            trust.add_issuer(Arc::clone(issuer));
        }
        trust
    }
}

/// The suite is about paths: its DSA certificates are signed with SHA-1, which no policy of ours believes.
fn algorithms_of_pkits() -> AlgorithmPolicy {
    let mut policy = AlgorithmPolicy { dsa: Reliability::Lasting, ..AlgorithmPolicy::ts_119_312() };
    policy.digests.push((DigestAlgorithm::Sha1, Reliability::Lasting));
    policy
}

impl Case {
    fn read(line: &str) -> Self {
        let fields: [&str; 11] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let [id, end, anchor, intermediates, crls, valid, policies, explicit, mapping, any, constrained] = fields;
        let list = |text: &str| text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let initial_policies = match policies {
            "anyPolicy" => InitialPolicies::Any,
            names => InitialPolicies::These(names.split(',').map(policy).collect()),
        };
        let mut wanted: Vec<String> = list(constrained).iter().map(|name| policy(name).to_string()).collect();
        wanted.sort();
        Self {
            id: format!("{id} {policies} {explicit} {mapping} {any}"),
            end: end.to_owned(),
            anchor: anchor.to_owned(),
            intermediates: list(intermediates),
            crls: list(crls),
            expected: if valid == "true" { format!("valid for [{}]", wanted.join(" ")) } else { "invalid".to_owned() },
            inputs: PathInputs {
                initial_policies,
                require_explicit_policy: explicit == "true",
                inhibit_policy_mapping: mapping == "true",
                inhibit_any_policy: any == "true",
                ..PathInputs::unconstrained()
            },
        }
    }

    fn settings(&self) -> ChainSettings {
        ChainSettings {
            inputs: self.inputs.clone(),
            algorithms: algorithms_of_pkits(),
            revocation: RevocationChecking::EveryCertificate,
            limits: ChainLimits::STANDARD,
        }
    }

    /// Identifier, what PKITS expects, what we say.
    fn result(&self, report: &ChainReport) -> (String, String, String) {
        let mut policies: Vec<String> = report.policies.user_constrained.iter().map(ObjectId::to_string).collect();
        policies.sort();
        let actual = match &report.conclusion {
            ChainConclusion::Passed => format!("valid for [{}]", policies.join(" ")),
            conclusion if self.expected != "invalid" => format!("{conclusion:?}"),
            _ => "invalid".to_owned(),
        };
        (self.id.clone(), self.expected.clone(), actual)
    }
}

fn revocation<'a>(crls: impl IntoIterator<Item = &'a Arc<Crl>>, now: UtcDateTime) -> RevocationStore {
    let mut store = RevocationStore::new(now);
    for crl in crls {
        store.add(Arc::clone(crl)).unwrap();
    }
    store
}

/// The test policies are 2.16.840.1.101.3.2.1.48.1 and following.
fn policy(name: &str) -> ObjectId {
    match name.strip_prefix("NIST-test-policy-") {
        Some(number) => ObjectId::parse(&format!("2.16.840.1.101.3.2.1.48.{number}")).unwrap(),
        None => ObjectId::parse("2.5.29.32.0").unwrap(),
    }
}
