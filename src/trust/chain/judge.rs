//! Judging one complete path, and choosing what to report.

use std::sync::Arc;

use crate::crypto::{PublicKey, SignatureScheme};
use crate::trust::chain::path_builder::Walk;
use crate::trust::chain::{
    ChainConclusion, ChainFault, ChainReport, ChainSettings, Need, NoChain, PathCertificate, PathInputs, PolicyOutcome,
    RevocationChecking, Validity, path_validation,
};
use crate::trust::revocation::{
    IssuerKey, RevocationReport, RevocationSigners, RevocationStatus, RevocationStore, WhyUnknown,
};
use crate::trust::{Anchor, Certificate, Name, Times, TrustStore};

/// What a search is made with, and what is left of its budget.
pub(super) struct Judge<'a> {
    pub(super) candidates: &'a [Arc<Certificate>],
    pub(super) trust: &'a TrustStore,
    pub(super) settings: &'a ChainSettings,
    revocation: &'a RevocationStore,
    pub(super) times: Times,
    pub(super) signatures_left: usize,
    pub(super) paths_left: usize,
    /// CRL signers whose own path is being looked for, so that none vouches for itself.
    signers_in_progress: Vec<Arc<Certificate>>,
    /// What was found of CRL signers, each for one anchor.
    signers_judged: Vec<JudgedSigner>,
}

struct JudgedSigner {
    signer: Arc<Certificate>,
    anchor: Arc<Anchor>,
    outcome: Result<(), WhyUnknown>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        candidates: &'a [Arc<Certificate>],
        trust: &'a TrustStore,
        revocation: &'a RevocationStore,
        settings: &'a ChainSettings,
        times: Times,
    ) -> Self {
        Self {
            candidates,
            trust,
            settings,
            revocation,
            times,
            signatures_left: settings.limits.max_signatures,
            paths_left: settings.limits.max_paths,
            signers_in_progress: Vec::new(),
            signers_judged: Vec::new(),
        }
    }

    pub(super) fn report(mut self, target: &Arc<Certificate>) -> ChainReport {
        if let Some(anchor) = self.trust.anchor_of(target) {
            return self.anchor_itself(anchor);
        }
        let settings = self.settings;
        Walk::search(&mut self, target, &settings.inputs, None)
    }

    /// Judges a path that reaches `anchor`; signatures and names have been matched.
    pub(super) fn judge_path(
        &mut self,
        path: &[Arc<Certificate>],
        anchor: &Arc<Anchor>,
        inputs: &PathInputs,
    ) -> ChainReport {
        let at = self.times.best_signature_time();
        let mut report = ChainReport {
            conclusion: ChainConclusion::NoChain(NoChain::ServiceNotApproved),
            path: self.describe(path, anchor.certificate()),
            anchor: Some(Arc::clone(anchor)),
            policies: PolicyOutcome::default(),
            needs: Vec::new(),
        };
        if !anchor.is_trusted_at(at) {
            return report;
        }
        let max_name_comparisons = self.settings.limits.max_name_comparisons;
        match path_validation::validate(path, anchor, inputs, max_name_comparisons) {
            Ok(policies) => report.policies = policies,
            Err((index, fault)) => {
                report.conclusion = match fault {
                    ChainFault::Certificate(_) => ChainConclusion::General { index, fault },
                    fault => ChainConclusion::ChainConstraints { index, fault },
                };
                return report;
            }
        }
        if self.settings.revocation == RevocationChecking::EveryCertificate {
            // From the top, so that what vouches for a CRL was itself looked at before.
            for index in (0..path.len()).rev() {
                let status = self.revocation_of(index, path, anchor);
                let needs = status.iter().flat_map(|status| &status.needs);
                report.needs.extend(needs.map(|need| Need::Crl { index, need: need.clone() }));
                let urls = status.iter().map(|status| &status.responders).filter(|urls| !urls.is_empty());
                report.needs.extend(urls.map(|urls| Need::Ocsp { index, urls: urls.clone() }));
                if let Some(described) = report.path.get_mut(index) {
                    described.revocation = status;
                }
            }
        }
        report.conclusion = conclude(&report.path, self.settings.revocation);
        report
    }

    fn anchor_itself(&self, anchor: &Arc<Anchor>) -> ChainReport {
        let at = self.times.best_signature_time();
        let certificate = Arc::clone(anchor.certificate());
        let validity = Validity::of(&certificate, at);
        let conclusion = match validity {
            _ if !anchor.is_trusted_at(at) => ChainConclusion::NoChain(NoChain::ServiceNotApproved),
            Validity::Within => ChainConclusion::Passed,
            validity => ChainConclusion::OutOfBounds { index: 0, validity },
        };
        ChainReport {
            conclusion,
            path: vec![PathCertificate { certificate, validity, weakness: None, revocation: None }],
            anchor: Some(Arc::clone(anchor)),
            policies: PolicyOutcome::default(),
            needs: Vec::new(),
        }
    }

    fn describe(&self, path: &[Arc<Certificate>], anchor: &Arc<Certificate>) -> Vec<PathCertificate> {
        let at = self.times.best_signature_time();
        let issuers = path.iter().skip(1).chain([anchor]);
        let describe = |(certificate, issuer): (&Arc<Certificate>, &Arc<Certificate>)| {
            let judged = certificate.signature_scheme().ok().zip(issuer.public_key().ok());
            PathCertificate {
                certificate: Arc::clone(certificate),
                validity: Validity::of(certificate, at),
                weakness: judged.and_then(|(scheme, key)| self.settings.algorithms.check(scheme, key.kind(), at).err()),
                revocation: None,
            }
        };
        path.iter().zip(issuers).map(describe).collect()
    }

    fn revocation_of(
        &mut self,
        index: usize,
        path: &[Arc<Certificate>],
        anchor: &Arc<Anchor>,
    ) -> Option<RevocationReport> {
        let certificate = path.get(index)?;
        let issuer = path.get(index + 1).unwrap_or(anchor.certificate());
        let key = IssuerKey { key: issuer.public_key().ok()?, certificate: Some(issuer) };
        let store = self.revocation;
        let times = self.times;
        let above = path.get(index + 1..).unwrap_or_default();
        Some(store.check(certificate, key, &times, &mut Signers { judge: self, above, anchor }))
    }
}

/// The gravest finding, by what the user can do about it: what is final before what may pass with time.
fn conclude(path: &[PathCertificate], revocation: RevocationChecking) -> ChainConclusion {
    let status = |index: usize| path.get(index).and_then(|entry| entry.revocation.as_ref()).map(|report| report.status);
    for index in 0..path.len() {
        match (index, status(index)) {
            (0, Some(RevocationStatus::Revoked(revoked))) => return ChainConclusion::Revoked { since: revoked.time },
            (index, Some(RevocationStatus::Revoked(revoked))) => {
                return ChainConclusion::RevokedCa { index, since: revoked.time };
            }
            _ => {}
        }
    }
    for (index, entry) in path.iter().enumerate() {
        match (index, entry.validity, status(index)) {
            (_, Validity::Within, _) => {}
            (0, validity, Some(RevocationStatus::Good)) => return ChainConclusion::OutOfBoundsNotRevoked { validity },
            (index, validity, _) => return ChainConclusion::OutOfBounds { index, validity },
        }
    }
    for (index, entry) in path.iter().enumerate() {
        if let Some(weakness) = entry.weakness {
            return ChainConclusion::CryptoConstraints { index, weakness };
        }
    }
    if revocation == RevocationChecking::Skipped {
        return ChainConclusion::Passed;
    }
    for index in 0..path.len() {
        if let Some(RevocationStatus::Suspended(suspended)) = status(index) {
            return ChainConclusion::Suspended { index, since: suspended.time };
        }
    }
    match (0..path.len()).find(|index| status(*index) != Some(RevocationStatus::Good)) {
        Some(index) => ChainConclusion::RevocationUnknown { index },
        None => ChainConclusion::Passed,
    }
}

/// Who may sign revocation data for a certificate of a path: CRLs, an issuer above it, or who has a valid path to the
/// same anchor (RFC 5280 §6.3.3 (f)).
struct Signers<'j, 'a> {
    judge: &'j mut Judge<'a>,
    above: &'j [Arc<Certificate>],
    anchor: &'j Arc<Anchor>,
}

impl RevocationSigners for Signers<'_, '_> {
    fn candidates(&mut self, subject: &Name) -> Vec<Arc<Certificate>> {
        let trusted = self.above.iter().chain([self.anchor.certificate()]);
        let others = self.judge.trust.issuers_named(subject).iter().chain(self.judge.candidates);
        let mut found: Vec<Arc<Certificate>> = Vec::new();
        for certificate in trusted.chain(others).filter(|certificate| certificate.subject() == subject) {
            if !found.contains(certificate) {
                found.push(Arc::clone(certificate));
            }
        }
        found
    }

    fn validate(&mut self, signer: &Arc<Certificate>) -> Result<(), WhyUnknown> {
        if signer == self.anchor.certificate() || self.above.contains(signer) {
            return Ok(());
        }
        let is_this = |judged: &&JudgedSigner| judged.signer == *signer && Arc::ptr_eq(&judged.anchor, self.anchor);
        if let Some(judged) = self.judge.signers_judged.iter().find(is_this) {
            return judged.outcome;
        }
        let in_progress = &self.judge.signers_in_progress;
        if in_progress.contains(signer) || in_progress.len() >= MAX_SIGNERS_IN_PROGRESS {
            return Err(WhyUnknown::SignerNotTrusted);
        }
        self.judge.signers_in_progress.push(Arc::clone(signer));
        let report = Walk::search(self.judge, signer, &PathInputs::unconstrained(), Some(self.anchor));
        self.judge.signers_in_progress.pop();
        let outcome = if report.passed() { Ok(()) } else { Err(WhyUnknown::SignerNotTrusted) };
        let (signer, anchor) = (Arc::clone(signer), Arc::clone(self.anchor));
        self.judge.signers_judged.push(JudgedSigner { signer, anchor, outcome });
        outcome
    }

    fn at_hand(&self) -> &[Arc<Certificate>] {
        self.judge.candidates
    }

    fn accepts(&self, scheme: SignatureScheme, key: &PublicKey) -> bool {
        let at = self.judge.times.best_signature_time();
        self.judge.settings.algorithms.check(scheme, key.kind(), at).is_ok()
    }
}

/// A CRL signer whose CRL is signed by another, and so on.
const MAX_SIGNERS_IN_PROGRESS: usize = 3;
