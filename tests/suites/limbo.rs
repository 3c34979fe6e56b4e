//! C2SP x509-limbo (Apache-2.0): path validation cases, most of them negative, and graphs made to exhaust a validator.
//!
//! The file is not in the repository: the suite runs where `../shared/vectors/x509-limbo` stands beside the checkout,
//! over the rows that `limbo.tsv` marks as fit for a signer of documents. Host names are not compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use time::UtcDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::utc_datetime;
use varco::trust::chain::{
    ChainConclusion, ChainLimits, ChainSettings, NoChain, PathInputs, RevocationChecking, validate,
};
use varco::trust::revocation::{Crl, RevocationStore};
use varco::trust::{AlgorithmPolicy, Certificate, SignatureCache, Times, TrustStore};

use super::exceptions::{Exceptions, skipped};

#[test]
fn verdicts_are_those_of_limbo() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors/x509-limbo");
    let (Ok(text), Ok(table)) =
        (fs::read_to_string(folder.join("limbo.json")), fs::read_to_string(folder.join("limbo.tsv")))
    else {
        skipped("../shared/vectors/x509-limbo is not here");
        return;
    };
    let wanted: BTreeSet<&str> =
        table.lines().map(|line| line.split('\t').collect::<Vec<_>>()).filter_map(|row| fit(&row)).collect();
    assert_eq!(wanted.len(), 134);
    let limbo: Limbo = serde_json::from_str(&text).unwrap();
    let cases = limbo.testcases.iter().filter(|case| wanted.contains(case.id.as_str()));
    let results: Vec<_> = cases.map(result).collect();
    assert_eq!(results.len(), 134);
    Exceptions::load("x509-limbo").judge(&results);
}

fn fit<'a>(row: &[&'a str]) -> Option<&'a str> {
    if row.get(8) == Some(&"yes") { row.first().copied() } else { None }
}

#[derive(Deserialize)]
struct Limbo {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    expected_result: String,
    max_chain_depth: Option<usize>,
    crls: Vec<String>,
}

/// Identifier, what limbo expects, what we say.
fn result(case: &Case) -> (String, String, String) {
    let started = Instant::now();
    let actual = match conclusion(case) {
        Ok(ChainConclusion::Passed) => "SUCCESS".to_owned(),
        Ok(_) | Err(_) if case.expected_result == "FAILURE" => "FAILURE".to_owned(),
        Ok(conclusion) => format!("{conclusion:?}"),
        Err(unreadable) => unreadable,
    };
    assert!(started.elapsed() < Duration::from_secs(5), "{}: {:?}", case.id, started.elapsed());
    (case.id.clone(), case.expected_result.clone(), actual)
}

/// `Err` for a certificate that cannot be read.
fn conclusion(case: &Case) -> Result<ChainConclusion, String> {
    let at = match &case.validation_time {
        Some(text) => UtcDateTime::parse(text, &Rfc3339).unwrap(),
        None => utc_datetime!(2026-02-01 0:00),
    };
    let certificate = |pem: &String| Certificate::from_der(&der(pem)).map(Arc::new).map_err(|e| e.to_string());
    let mut trust = TrustStore::new(SignatureCache::new(0));
    for pem in &case.trusted_certs {
        trust.add_anchor(certificate(pem)?);
    }
    // What cannot be read is no candidate.
    let candidates: Vec<_> = case.untrusted_intermediates.iter().filter_map(|pem| certificate(pem).ok()).collect();
    let mut revocation = RevocationStore::new(utc_datetime!(2026-11-22 0:00));
    for crl in case.crls.iter().filter_map(|pem| Crl::from_der(&der(pem)).ok()) {
        revocation.add(Arc::new(crl)).unwrap();
    }
    let checking =
        if case.crls.is_empty() { RevocationChecking::Skipped } else { RevocationChecking::EveryCertificate };
    let mut inputs = PathInputs::unconstrained();
    inputs.max_intermediates = case.max_chain_depth.unwrap_or(inputs.max_intermediates);
    let settings = ChainSettings {
        inputs,
        algorithms: AlgorithmPolicy::ts_119_312(),
        revocation: checking,
        limits: ChainLimits::STANDARD,
    };
    let target = certificate(&case.peer_certificate)?;
    let report = validate(&target, &candidates, &trust, &revocation, &settings, Times::at(at));
    assert_ne!(report.conclusion, ChainConclusion::NoChain(NoChain::NoAnchors));
    Ok(report.conclusion)
}
fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).unwrap()
}
