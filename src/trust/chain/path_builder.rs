//! Path building: depth first, from the target up, only along signatures that hold.
//!
//! Key identifiers and dates order the candidates and exclude none (RFC 4158 §3.5): what excludes is a name that does
//! not match, a signature that does not hold, or a name and key already in the path. Every signature and every path
//! tried is counted, so that any bag of certificates comes to an end.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::trust::chain::judge::Judge;
use crate::trust::chain::{
    ChainConclusion, ChainReport, Need, NoChain, PathCertificate, PathInputs, PolicyOutcome, Validity,
};
use crate::trust::{Anchor, Certificate};

/// A search under way.
pub(super) struct Walk<'j, 'a> {
    judge: &'j mut Judge<'a>,
    inputs: &'j PathInputs,
    /// The only anchor that counts, if any.
    anchor: Option<&'j Arc<Anchor>>,
    path: Vec<Arc<Certificate>>,
    /// The failure of the path that came furthest.
    best: Option<ChainReport>,
    /// Where no anchor was reached: the furthest dead end, and why.
    dead_end: (Vec<Arc<Certificate>>, NoChain),
    needs: Vec<Need>,
}

/// Whether the search goes on.
enum Step {
    Continue,
    Found(Box<ChainReport>),
    GiveUp,
}

impl<'j, 'a> Walk<'j, 'a> {
    pub(super) fn search(
        judge: &'j mut Judge<'a>,
        target: &Arc<Certificate>,
        inputs: &'j PathInputs,
        anchor: Option<&'j Arc<Anchor>>,
    ) -> ChainReport {
        let none = if judge.trust.is_empty() { NoChain::NoAnchors } else { NoChain::IssuerUnknown };
        let path = vec![Arc::clone(target)];
        let dead_end = (path.clone(), none);
        let mut walk = Walk { judge, inputs, anchor, path, best: None, dead_end, needs: Vec::new() };
        match walk.extend() {
            Step::Found(report) => return *report,
            Step::Continue => {}
            Step::GiveUp => walk.dead_end.1 = NoChain::TooManyAttempts,
        }
        walk.failure()
    }

    /// Tries every issuer of the last certificate of the path. The recursion is as deep as the path may be long.
    fn extend(&mut self) -> Step {
        let Some(last) = self.path.last().map(Arc::clone) else { return Step::Continue };
        let mut signed = false;
        let mut named = false;
        let trust = self.judge.trust;
        for anchor in trust.anchors_named(last.issuer()) {
            if self.anchor.is_some_and(|only| !Arc::ptr_eq(only, anchor)) {
                continue;
            }
            named = true;
            match self.is_signed(&last, anchor.certificate()) {
                None => return Step::GiveUp,
                Some(false) => continue,
                Some(true) => signed = true,
            }
            if self.judge.paths_left == 0 {
                return Step::GiveUp;
            }
            self.judge.paths_left -= 1;
            let report = self.judge.judge_path(&self.path, anchor, self.inputs);
            if report.passed() {
                return Step::Found(Box::new(report));
            }
            self.keep(report);
        }
        let issuers = self.issuers(&last);
        named |= !issuers.is_empty();
        if !issuers.is_empty() && self.path.len() >= self.judge.settings.limits.max_path_len {
            self.stop_here(NoChain::TooLong);
            return Step::Continue;
        }
        for issuer in issuers {
            match self.is_signed(&last, &issuer) {
                None => return Step::GiveUp,
                Some(false) => continue,
                Some(true) => signed = true,
            }
            self.path.push(issuer);
            let step = self.extend();
            self.path.pop();
            if !matches!(step, Step::Continue) {
                return step;
            }
        }
        if !signed {
            self.stop_here(match last.signature_scheme() {
                _ if !named => NoChain::IssuerUnknown,
                Err(_) => NoChain::AlgorithmUnsupported,
                Ok(_) => NoChain::SignatureInvalid,
            });
            self.need_issuer(&last);
        }
        Step::Continue
    }

    /// The certificates that may have issued `certificate`, the most promising first. Names and keys already in the
    /// path are left out, and so is the self-signed form of an anchor, which adds nothing to it.
    fn issuers(&self, certificate: &Certificate) -> Vec<Arc<Certificate>> {
        let trust = self.judge.trust;
        let name = certificate.issuer();
        let anchors = trust.anchors_named(name);
        let stored = trust.issuers_named(name).iter();
        let sent = self.judge.candidates.iter().filter(|candidate| candidate.subject() == name);
        let mut issuers: Vec<Arc<Certificate>> = Vec::new();
        for candidate in stored.chain(sent) {
            let same_key =
                |other: &Arc<Certificate>| other.spki() == candidate.spki() && other.subject() == candidate.subject();
            let is_anchor = candidate.is_self_issued() && anchors.iter().any(|anchor| same_key(anchor.certificate()));
            if !is_anchor && !self.path.iter().any(same_key) && !issuers.contains(candidate) {
                issuers.push(Arc::clone(candidate));
            }
        }
        if issuers.len() > 1 {
            let wanted = certificate.extensions().authority_key_id.as_ref().and_then(|id| id.key_id.as_deref());
            let at = self.judge.times.best_signature_time();
            issuers.sort_by_cached_key(|issuer| Reverse(promise(issuer, wanted, at)));
        }
        issuers
    }

    /// `None` once the budget is spent.
    fn is_signed(&mut self, certificate: &Arc<Certificate>, issuer: &Certificate) -> Option<bool> {
        self.judge.signatures_left = self.judge.signatures_left.checked_sub(1)?;
        Some(self.judge.trust.cache().verify(certificate, issuer).is_ok())
    }

    fn keep(&mut self, report: ChainReport) {
        let rank = |report: &ChainReport| progress(&report.conclusion);
        if self.best.as_ref().is_none_or(|best| rank(best) < rank(&report)) {
            self.best = Some(report);
        }
    }

    fn stop_here(&mut self, why: NoChain) {
        if self.path.len() >= self.dead_end.0.len() && self.dead_end.1 != NoChain::NoAnchors {
            self.dead_end = (self.path.clone(), why);
        }
    }

    fn need_issuer(&mut self, certificate: &Certificate) {
        let name = certificate.issuer();
        let known = self.needs.iter().any(|need| matches!(need, Need::Issuer { name: known, .. } if known == name));
        if !known && self.needs.len() < MAX_NEEDS {
            let urls = certificate.extensions().ca_issuers.clone();
            self.needs.push(Need::Issuer { name: name.clone(), urls });
        }
    }

    fn failure(self) -> ChainReport {
        let Self { best, dead_end: (path, why), mut needs, judge, .. } = self;
        if let Some(mut best) = best {
            best.needs.append(&mut needs);
            return best;
        }
        let at = judge.times.best_signature_time();
        let describe = |certificate: Arc<Certificate>| {
            let validity = Validity::of(&certificate, at);
            PathCertificate { certificate, validity, weakness: None, revocation: None }
        };
        ChainReport {
            conclusion: ChainConclusion::NoChain(why),
            path: path.into_iter().map(describe).collect(),
            anchor: None,
            policies: PolicyOutcome::default(),
            needs,
        }
    }
}

/// Whose issuers may be asked for in one report.
const MAX_NEEDS: usize = 16;

/// How likely a candidate leads to an anchor.
fn promise(candidate: &Certificate, wanted: Option<&[u8]>, at: time::UtcDateTime) -> (bool, bool, bool) {
    let extensions = candidate.extensions();
    let key_id = wanted.is_some() && extensions.subject_key_id.as_deref() == wanted;
    let within = Validity::of(candidate, at) == Validity::Within;
    (within, key_id, extensions.basic_constraints.is_some_and(|constraints| constraints.ca))
}

/// How far a path came: a later step explains more.
fn progress(conclusion: &ChainConclusion) -> u8 {
    match conclusion {
        ChainConclusion::NoChain(_) => 0,
        ChainConclusion::General { .. } => 1,
        ChainConclusion::ChainConstraints { .. } => 2,
        ChainConclusion::CryptoConstraints { .. } => 3,
        ChainConclusion::OutOfBounds { index: 1.., .. } => 4,
        ChainConclusion::RevokedCa { .. } => 5,
        ChainConclusion::RevocationUnknown { .. } => 6,
        ChainConclusion::Suspended { .. } => 7,
        ChainConclusion::OutOfBounds { index: 0, .. } => 8,
        ChainConclusion::OutOfBoundsNotRevoked { .. } => 9,
        ChainConclusion::Revoked { .. } => 10,
        ChainConclusion::Passed => 11,
    }
}
