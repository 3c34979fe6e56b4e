//! `verify`, on the fixtures of `fixtures/cms` and `fixtures/pdf`, on what is made of them, and on messages forged on the spot.

mod embedded;
mod fixtures;
mod hostile;
mod mutations;
mod packed;
mod pdf;
mod timestamps;
mod verified;

use std::path::{Path, PathBuf};

use serde_json::Value;
use time::UtcDateTime;
use varco::asn1::Source;
use varco::domain::fiscal_code::FiscalCode;
use varco::procedures::verification::{REMEMBERED_SIGNERS, TrustMaterial};
use varco::trust::Times;
use varco::verify::{Context, Limits, MemorySpool, NoDeadline, Policy, Report, Request, VerifyError, verify};

/// What a verifier is given beside the document.
pub(crate) struct Bench {
    material: TrustMaterial,
    policy: Policy,
    limits: Limits,
    at: UtcDateTime,
    /// A time of existence that the caller knows.
    existed_by: Option<UtcDateTime>,
    /// What opens an encrypted PDF.
    password: Option<Vec<u8>>,
}

impl Bench {
    /// Paths are relative to the root of the repository.
    pub(crate) fn new(trust: &[String], crl: &[String], at: UtcDateTime) -> Self {
        let paths = |paths: &[String]| paths.iter().map(|path| root().join(path)).collect::<Vec<_>>();
        let material = TrustMaterial::load(&paths(trust), &paths(crl), REMEMBERED_SIGNERS, at).unwrap();
        let limits = Limits::STANDARD;
        Self { material, policy: Policy::italian(), limits, at, existed_by: None, password: None }
    }

    /// Trust, revocation data and time of the fixtures.
    pub(crate) fn of_fixtures() -> Self {
        let pki = |folder: &str| vec![format!("fixtures/cms/pki/{folder}")];
        Self::new(&pki("trust"), &pki("crl"), time::macros::utc_datetime!(2026-02-01 0:00))
    }

    /// The JSON report.
    pub(crate) fn judge(
        &self,
        document: &[u8],
        detached: Option<&[u8]>,
        declared: Option<&str>,
    ) -> Result<Value, VerifyError> {
        self.verify(document, detached, declared).map(|report| serde_json::to_value(report).unwrap())
    }

    /// The report of a document that has its content, for nobody in particular.
    pub(crate) fn report(&self, document: &[u8]) -> Result<Report, VerifyError> {
        self.verify(document, None, None)
    }

    pub(crate) fn verify(
        &self,
        document: &[u8],
        detached: Option<&[u8]>,
        declared: Option<&str>,
    ) -> Result<Report, VerifyError> {
        self.verify_expecting(document, detached, declared, None)
    }

    fn verify_expecting(
        &self,
        document: &[u8],
        detached: Option<&[u8]>,
        declared: Option<&str>,
        expected: Option<&[u8]>,
    ) -> Result<Report, VerifyError> {
        let fiscal_code = declared.map(|code| FiscalCode::parse(code).unwrap());
        let request = Request {
            name: "input.p7m",
            document: &document,
            detached: detached.as_ref().map(|content| -> &dyn Source { content }),
            fiscal_code: fiscal_code.as_ref(),
            expected: expected.as_ref().map(|expected| -> &dyn Source { expected }),
            times: Times { at: self.at, existed_by: self.existed_by },
            existence_source: None,
            password: self.password.as_deref(),
        };
        let context = Context {
            trust: &self.material.trust,
            revocation: &self.material.revocation,
            policy: &self.policy,
            limits: &self.limits,
            deadline: &NoDeadline,
            spool: &MemorySpool,
            chains: None,
        };
        verify(&request, &context)
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
