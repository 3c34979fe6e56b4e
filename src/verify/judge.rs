//! Judging one signature: its form, its values, its certificate (EN 319 102-1 §5.3, basic signatures).

use std::sync::Arc;

use time::UtcDateTime;

use crate::asn1::Asn1Error;
use crate::trust::Certificate;
use crate::verify::cades::{self, CertificateReference};
use crate::verify::embedded::Embedded;
use crate::verify::finding::Fact;
use crate::verify::outcome::{Layer, Outcome, Place};
use crate::verify::report::{SignatureFormat, SubIndication};
use crate::verify::signer::{self, Signer};
use crate::verify::signer_info::{Attribute, COUNTERSIGNATURE, SIGNING_TIME, SignerInfo};
use crate::verify::timestamp::{self, Timestamp};
use crate::verify::{Context, Indication, Request, SignatureReport, VerifyError, form, pades, values};

/// Judges every signature and countersignature of an envelope; at most `allowed` of them.
pub(super) fn judge_layer(
    layer: &Layer<'_>,
    allowed: usize,
    request: &Request<'_>,
    context: &Context<'_>,
) -> Result<Vec<SignatureReport>, VerifyError> {
    let embedded = Embedded::of_envelope(layer.data, context.revocation, context.trust);
    let others = layer.around.iter().flat_map(|around| &*around.certificates).chain(&embedded.certificates);
    let pool = signer::Pool::read(&layer.data.certificates, others, context.trust);
    let context = &Context { revocation: embedded.revocation(), ..*context };
    let mut judge = Judge { layer, pool: &pool, left: allowed, embedded: embedded.facts(), request, context };
    let mut reports = Vec::new();
    for (index, info) in layer.data.signer_infos.iter().enumerate() {
        let before = layer.around.map_or(0, |around| around.before);
        let place = Place { id: format!("L{}-S{}", layer.number, before + index + 1), parent: None };
        judge.signature(info.as_ref().map_err(|error| *error), &place, &mut reports)?;
    }
    Ok(reports)
}

struct Judge<'a> {
    layer: &'a Layer<'a>,
    pool: &'a signer::Pool,
    /// How many more signatures may come.
    left: usize,
    /// What is to be said of the data that came along.
    embedded: Vec<Fact>,
    request: &'a Request<'a>,
    context: &'a Context<'a>,
}

impl Judge<'_> {
    /// Judges a signature, then its countersignatures. The recursion is bounded by the nesting that `asn1` allows.
    fn signature(
        &mut self,
        info: Result<&SignerInfo<'_>, Asn1Error>,
        place: &Place<'_>,
        reports: &mut Vec<SignatureReport>,
    ) -> Result<(), VerifyError> {
        if self.context.deadline.passed() {
            return Err(VerifyError::TimedOut);
        }
        let too_many = VerifyError::TooManySignatures(self.context.limits.signatures);
        self.left = self.left.checked_sub(1).ok_or(too_many)?;
        let around = self.layer.around.filter(|_| place.parent.is_none());
        let mut outcome = Outcome::default();
        for (sub_indication, fact) in around.iter().flat_map(|around| &around.flaws) {
            outcome.fail(*sub_indication, fact.clone());
        }
        let Ok(info) = info else {
            outcome.intact = Some(false);
            outcome.fail(SubIndication::FormatFailure, Fact::SignerInfoMalformed);
            let timestamps = around.iter().flat_map(|around| &around.timestamps).cloned().collect();
            reports.push(self.report(None, place, (outcome, timestamps), Signer::default()));
            return Ok(());
        };
        let mut timestamps = timestamp::of_signature(info, place, self.layer, self.pool, self.request, self.context)?;
        if timestamp::are_out_of_order(&timestamps) {
            outcome.fail(SubIndication::TimestampOrderFailure, Fact::TimestampOrder);
        }
        timestamps.extend(around.iter().flat_map(|around| &around.timestamps).cloned());
        let proof = timestamp::earliest(&timestamps);
        // What must hold when the signature was made must hold at the earliest time that is proved (EN 319 102-1 §5.5.4).
        let request = &Request { times: self.request.times.and_existed_by(proof), ..*self.request };
        let examiner = Examiner { layer: self.layer, pool: self.pool, request, context: self.context };
        let certificate = examiner.examine(info, place, &mut outcome);
        let signer = signer::judge(certificate, self.pool, request, self.context, &mut outcome);
        let mut report = self.report(Some(info), place, (outcome, timestamps), signer);
        let mut countersignatures = Vec::new();
        for value in info.unsigned.all(COUNTERSIGNATURE).flat_map(Attribute::values) {
            let id = format!("{}-C{}", place.id, report.countersignatures.len() + 1);
            report.countersignatures.push(id.clone());
            let inner = value.and_then(|element| SignerInfo::read(&element));
            let place = Place { id, parent: Some((&place.id, &info.signature)) };
            self.signature(inner.as_ref().map_err(|error| *error), &place, &mut countersignatures)?;
        }
        reports.push(report);
        reports.append(&mut countersignatures);
        Ok(())
    }

    fn report(
        &self,
        info: Option<&SignerInfo<'_>>,
        place: &Place<'_>,
        (outcome, timestamps): (Outcome, Vec<Timestamp>),
        signer: Signer,
    ) -> SignatureReport {
        let enclosed = signer.report.certificate.is_some();
        let around = self.layer.around.filter(|_| place.parent.is_none());
        let level = info.and_then(|info| match around {
            Some(around) => pades::level(info, around, enclosed),
            None => cades::level(info, self.layer.data, enclosed),
        });
        let indication = outcome.sub_indication.map_or(Indication::TotalPassed, SubIndication::indication);
        let mut facts = outcome.facts;
        facts.extend(around.iter().flat_map(|around| &around.facts).cloned());
        if place.parent.is_none() {
            facts.extend(self.embedded.iter().cloned());
        }
        facts.extend(timestamp::facts(&timestamps));
        if place.parent.is_some() {
            facts.push(Fact::CountersignatureOnly);
        }
        let proof = timestamp::earliest(&timestamps);
        let best_signature_time_source = signer::time_source(self.request, proof);
        let times = self.request.times.and_existed_by(proof);
        let claimed = info.and_then(claimed_time).or_else(|| around?.claimed);
        facts.extend(
            claimed
                .filter(|claimed| *claimed > times.best_signature_time())
                .map(|claimed| Fact::ClaimedLater { claimed: claimed.into() }),
        );
        let mut findings: Vec<_> = facts.iter().map(Fact::finding).collect();
        findings.extend(signer.findings);
        SignatureReport {
            id: place.id.clone(),
            layer: self.layer.number,
            parent: place.parent.map(|(parent, _)| parent.to_owned()),
            attachment: None,
            format: match around {
                Some(around) if around.is_etsi => SignatureFormat::Pades,
                None if level.is_some() => SignatureFormat::Cades,
                _ => SignatureFormat::Cms,
            },
            container: None,
            level,
            intact: outcome.intact,
            indication,
            sub_indication: outcome.sub_indication,
            legal_level: signer::legal_level(outcome.sub_indication, signer.legal_level),
            signer: signer.report,
            claimed_signing_time: claimed,
            best_signature_time: times.best_signature_time(),
            best_signature_time_source,
            qualification: None,
            revision: around.and_then(|around| around.revision),
            modifications: around.and_then(|around| around.modifications),
            timestamps: timestamps.into_iter().map(|timestamp| timestamp.report).collect(),
            countersignatures: Vec::new(),
            findings,
        }
    }
}

/// What the form and the values of a signature are examined with.
pub(super) struct Examiner<'a> {
    pub(super) layer: &'a Layer<'a>,
    pub(super) pool: &'a signer::Pool,
    pub(super) request: &'a Request<'a>,
    pub(super) context: &'a Context<'a>,
}

impl Examiner<'_> {
    /// Checks form and values; returns the signer's certificate if it could be found.
    pub(super) fn examine(
        &self,
        info: &SignerInfo<'_>,
        place: &Place<'_>,
        outcome: &mut Outcome,
    ) -> Option<Arc<Certificate>> {
        form::check(info, self.layer, place, outcome);
        let references = info.signed.as_ref().map(|signed| form::references(signed, outcome)).unwrap_or_default();
        let certificate = self.find_certificate(info, &references, outcome);
        let digest = values::signed_digest(info, self.layer, place);
        let digest_holds = values::check_digest(info, digest.as_ref(), outcome);
        let verifier =
            certificate.as_deref().and_then(|certificate| values::key_and_scheme(info, certificate, outcome));
        let value_holds = verifier.and_then(|(key, scheme)| {
            let holds = values::check_value(info, digest.as_ref(), key, scheme, outcome);
            signer::check_strength(key, scheme, self.request, self.context, outcome);
            holds
        });
        outcome.intact = match (digest_holds, value_holds) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        certificate
    }

    fn find_certificate(
        &self,
        info: &SignerInfo<'_>,
        references: &[CertificateReference<'_>],
        outcome: &mut Outcome,
    ) -> Option<Arc<Certificate>> {
        let fact = match self.pool.find(&info.sid, references) {
            signer::Found::Certificate(certificate) => {
                signer::check_references(references, &certificate, self.request, self.context, outcome);
                return Some(certificate);
            }
            signer::Found::OtherThanReferenced => Fact::ReferenceDiffers,
            signer::Found::Unreadable => Fact::CertificateUnreadable,
            signer::Found::Nothing => Fact::CertificateNotFound,
        };
        outcome.fail(SubIndication::NoSigningCertificateFound, fact);
        None
    }
}

fn claimed_time(info: &SignerInfo<'_>) -> Option<UtcDateTime> {
    info.signed.as_ref()?.single(SIGNING_TIME).ok()??.time().ok()
}
