//! The signer's chain: `trust` judges it, here its conclusion becomes indication and reasons.

use std::sync::Arc;

use crate::asn1::{Oid, oids};
use crate::domain::identity::IssuerStanding;
use crate::domain::instant::Instant;
use crate::trust::chain::{self, ChainConclusion, ChainReport, Validity};
use crate::trust::revocation::{Crl, Reason, Rejected, RevocationReport, RevocationStatus, WhyUnknown};
use crate::trust::{Anchor, Certificate, KeyUsage, ObjectId, Policies, Standing};
use crate::verify::finding::Fact;
use crate::verify::outcome::Outcome;
use crate::verify::report::SubIndication;
use crate::verify::{Context, Request};

/// Validates a chain; nothing is concluded.
pub(super) fn find(
    certificate: &Arc<Certificate>,
    candidates: &[Arc<Certificate>],
    request: &Request<'_>,
    context: &Context<'_>,
) -> ChainReport {
    let (trust, settings) = (context.trust, &context.policy.chain);
    let report = chain::validate(certificate, candidates, trust, context.revocation, settings, request.times);
    if let Some(chains) = context.chains {
        chains.note(&report);
    }
    report
}

/// Takes note of why a chain does not pass, and says how the issuer is recognised.
pub(super) fn judge(
    report: &ChainReport,
    certificate: &Certificate,
    request: &Request<'_>,
    outcome: &mut Outcome,
) -> Standing {
    conclude(report, certificate, outcome);
    if !may_sign(certificate) {
        outcome.fail(SubIndication::ChainConstraintsFailure, Fact::KeyUsageUnfit);
    }
    if report.conclusion == ChainConclusion::Passed {
        check_evidence(report, outcome);
    }
    tell_ocsp(report, outcome);
    let issuer = match &report.anchor {
        None => IssuerStanding::Unknown,
        Some(anchor) => {
            let is_signer = **anchor.certificate() == *certificate;
            if !is_signer && report.anchor_validity(request.times.best_signature_time()) == Some(Validity::Expired) {
                outcome.facts.push(Fact::AnchorExpired { on: anchor.certificate().not_after().into() });
            }
            if !anchor.services().is_empty() {
                outcome.facts.push(Fact::TrustedListNotAuthenticated);
            }
            outcome.facts.extend(
                anchor.lists_outdated_since(request.times.at).map(|due| Fact::TrustedListOutdated { due: due.into() }),
            );
            standing(anchor, request)
        }
    };
    Standing { issuer, policies: vouched_policies(report, certificate) }
}

/// Takes note of why the chain of a timestamp authority does not pass. A unit that is itself an anchor is trusted as it is
/// (RFC 5280 §6.1.1 (d)): trusted lists name such units.
pub(super) fn judge_authority(report: &ChainReport, certificate: &Certificate, outcome: &mut Outcome) {
    conclude(report, certificate, outcome);
    if !may_stamp(certificate) {
        outcome.fail(SubIndication::ChainConstraintsFailure, Fact::KeyUsageUnfit);
    }
    let is_anchor = report.anchor.as_ref().is_some_and(|anchor| **anchor.certificate() == *certificate);
    if report.conclusion == ChainConclusion::Passed && !is_anchor {
        check_evidence(report, outcome);
    }
}

/// The certificate's policies, without those that an authority above it does not issue under. An authority whose
/// certificate names no policy at all, as old ones do, is not held to any.
fn vouched_policies(report: &ChainReport, certificate: &Certificate) -> Vec<ObjectId> {
    let own = certificate.extensions().policies.iter().flat_map(|policies| &policies.identifiers);
    let above = report.path.iter().skip(1).filter_map(|found| found.certificate.extensions().policies.as_ref());
    let above: Vec<&Policies> = above.collect();
    let vouched = |policy: &&ObjectId| {
        above
            .iter()
            .all(|policies| policies.identifiers.iter().any(|known| known == *policy || known.oid() == ANY_POLICY))
    };
    own.filter(vouched).cloned().collect()
}

/// What keeps a chain from passing although its certificates hold: evidence that is missing or newer and unusable.
fn check_evidence(report: &ChainReport, outcome: &mut Outcome) {
    for found in &report.path {
        let Some(revocation) = &found.revocation else {
            // The signer's certificate is an anchor itself: nobody says whether it was revoked.
            outcome.fail(SubIndication::TryLater, Fact::RevocationUnknown { why: WhyUnknown::NoCrl });
            continue;
        };
        let newest = revocation.evidence.iter().map(|evidence| evidence.this_update).max();
        let newer = |rejected: &&Rejected| is_unusable(rejected.why) && Some(rejected.this_update) > newest;
        if let Some(rejected) = revocation.rejected.iter().find(newer) {
            outcome.fail(SubIndication::TryLater, Fact::RevocationUnknown { why: rejected.why });
        }
        let crls = || revocation.evidence.iter().filter_map(|evidence| evidence.data.as_crl());
        let has_delta = crls().any(|crl| crl.delta_base().is_some());
        if !has_delta && crls().any(|crl: &Crl| !crl.freshest_crl().is_empty()) {
            outcome.facts.push(Fact::DeltaMissing);
        }
    }
}

/// Whether data say something that we cannot make out.
const fn is_unusable(why: WhyUnknown) -> bool {
    matches!(
        why,
        WhyUnknown::UnknownCriticalExtension
            | WhyUnknown::Contradictory
            | WhyUnknown::OcspUnknownCriticalExtension
            | WhyUnknown::OcspContradictory
    )
}

/// Says where the status of the signer's certificate comes from, where that is an OCSP response, and why others could not
/// be used. CRLs go without saying.
fn tell_ocsp(report: &ChainReport, outcome: &mut Outcome) {
    let first = report.path.first().and_then(|found| found.revocation.as_ref());
    let evidence = first.into_iter().flat_map(|revocation| &revocation.evidence);
    let spoke =
        evidence.filter(|evidence| evidence.data.as_ocsp().is_some()).max_by_key(|evidence| evidence.this_update);
    outcome.facts.extend(spoke.map(|evidence| Fact::StatusByOcsp { issued: evidence.this_update.into() }));
    let reports = report.path.iter().filter_map(|found| found.revocation.as_ref());
    for why in reports.flat_map(unusable_responses) {
        let said = [Fact::OcspUnusable { why }, Fact::RevocationUnknown { why }];
        if !outcome.facts.iter().any(|fact| said.contains(fact)) {
            outcome.facts.push(Fact::OcspUnusable { why });
        }
    }
}

/// A response about the same serial number of another issuer is none about this certificate.
fn unusable_responses(revocation: &RevocationReport) -> impl Iterator<Item = WhyUnknown> {
    let responses = revocation.rejected.iter().filter(|rejected| rejected.data.as_ocsp().is_some());
    responses.map(|rejected| rejected.why).filter(|why| *why != WhyUnknown::OcspOtherIssuer)
}

/// A chain that was built shows who issued the certificate, even where the signature does not pass for it.
fn standing(anchor: &Anchor, request: &Request<'_>) -> IssuerStanding {
    if anchor.services().is_empty() {
        return IssuerStanding::Anchor;
    }
    let at = request.times.best_signature_time();
    let approved = |suffix: &str| {
        anchor.services().iter().any(|service| service.service_type.ends_with(suffix) && service.is_approved_at(at))
    };
    IssuerStanding::Service { ca_qc: approved("/Svctype/CA/QC"), idv: approved("/Svctype/IdV") }
}

fn conclude(report: &ChainReport, certificate: &Certificate, outcome: &mut Outcome) {
    match &report.conclusion {
        ChainConclusion::Passed => {}
        ChainConclusion::NoChain(why) => {
            outcome.fail(SubIndication::NoCertificateChainFound, Fact::ChainNotFound { why: *why });
        }
        ChainConclusion::Revoked { since } => {
            let reason = revocation_reason(report, 0);
            outcome.fail(SubIndication::RevokedNoPoe, Fact::Revoked { since: (*since).into(), reason });
        }
        ChainConclusion::RevokedCa { since, .. } => {
            outcome.fail(SubIndication::RevokedCaNoPoe, Fact::IssuerRevoked { since: (*since).into() });
        }
        ChainConclusion::Suspended { since, .. } => {
            outcome.fail(SubIndication::TryLater, Fact::Suspended { since: (*since).into() });
        }
        ChainConclusion::RevocationUnknown { index } => {
            outcome.fail(SubIndication::TryLater, Fact::RevocationUnknown { why: why_unknown(report, *index) });
        }
        ChainConclusion::OutOfBounds { index, validity } => {
            let issuer = report.path.get(*index).filter(|_| *index > 0).map(|found| &found.certificate);
            let fact = match issuer {
                Some(issuer) => {
                    Fact::IssuerOutOfBounds { from: issuer.not_before().into(), until: issuer.not_after().into() }
                }
                None => out_of_bounds(certificate, *validity, |on| Fact::Expired { on }),
            };
            outcome.fail(SubIndication::OutOfBoundsNoPoe, fact);
        }
        ChainConclusion::OutOfBoundsNotRevoked { validity } => {
            let fact = out_of_bounds(certificate, *validity, |on| Fact::ExpiredNotRevoked { on });
            outcome.fail(SubIndication::OutOfBoundsNotRevoked, fact);
        }
        ChainConclusion::ChainConstraints { fault, .. } => {
            outcome.fail(SubIndication::ChainConstraintsFailure, Fact::ChainConstraints { why: fault.into() });
        }
        ChainConclusion::CryptoConstraints { weakness, .. } => {
            outcome
                .fail(SubIndication::CryptoConstraintsFailureNoPoe, Fact::ChainAlgorithm { why: (*weakness).into() });
        }
        ChainConclusion::General { fault, .. } => {
            outcome.fail(SubIndication::CertificateChainGeneralFailure, Fact::ChainGeneral { why: fault.into() });
        }
    }
}

/// Whether the key may sign documents: qualified ones commit (`nonRepudiation`), cards authenticate
/// (`digitalSignature`); a key without the extension is not restricted (RFC 5280 §4.2.1.3). A CA signs certificates.
/// Where purposes are named (§4.2.1.12), one of a person's must be among them: a server, a timestamp unit or an OCSP
/// responder signs no agreement.
pub fn may_sign(certificate: &Certificate) -> bool {
    let extensions = certificate.extensions();
    let fits =
        |usage: KeyUsage| usage.intersects(KeyUsage::DIGITAL_SIGNATURE) || usage.intersects(KeyUsage::NON_REPUDIATION);
    let is_ca = extensions.basic_constraints.is_some_and(|constraints| constraints.ca);
    let purposes = extensions.extended_key_usage.as_ref().map(|usage| usage.purposes.as_slice());
    let of_a_person = |purposes: &[ObjectId]| purposes.iter().any(|purpose| PURPOSES.contains(&purpose.oid()));
    !is_ca && extensions.key_usage.is_none_or(fits) && purposes.is_none_or(of_a_person)
}

/// Whether the key is for timestamps and nothing else (RFC 3161 §2.3: the extension is there once, critical, with this one
/// purpose), and the certificate is no CA's.
fn may_stamp(certificate: &Certificate) -> bool {
    let extensions = certificate.extensions();
    let fits =
        |usage: KeyUsage| usage.intersects(KeyUsage::DIGITAL_SIGNATURE) || usage.intersects(KeyUsage::NON_REPUDIATION);
    let is_ca = extensions.basic_constraints.is_some_and(|constraints| constraints.ca);
    let only_stamps = extensions.extended_key_usage.as_ref().is_some_and(|usage| {
        usage.critical && matches!(usage.purposes.as_slice(), [purpose] if purpose.oid() == TIME_STAMPING)
    });
    only_stamps && !is_ca && extensions.key_usage.is_none_or(fits)
}

oids! {
    TIME_STAMPING = 1.3.6.1.5.5.7.3.8;
    ANY_POLICY = 2.5.29.32.0;
    ANY_PURPOSE = 2.5.29.37.0;
    CLIENT_AUTH = 1.3.6.1.5.5.7.3.2;
    EMAIL_PROTECTION = 1.3.6.1.5.5.7.3.4;
    DOCUMENT_SIGNING = 1.3.6.1.5.5.7.3.36;
    SMARTCARD_LOGON = 1.3.6.1.4.1.311.20.2.2;
    DOCUMENT_SIGNING_MICROSOFT = 1.3.6.1.4.1.311.10.3.12;
    DOCUMENT_SIGNING_ADOBE = 1.2.840.113583.1.1.5;
}

/// Purposes that people's certificates name: cards (client authentication, log-on), mail, documents (RFC 9336).
const PURPOSES: [Oid<'static>; 7] = [
    ANY_PURPOSE,
    CLIENT_AUTH,
    EMAIL_PROTECTION,
    DOCUMENT_SIGNING,
    SMARTCARD_LOGON,
    DOCUMENT_SIGNING_MICROSOFT,
    DOCUMENT_SIGNING_ADOBE,
];

fn revocation_reason(report: &ChainReport, index: usize) -> Option<Reason> {
    match report.path.get(index)?.revocation.as_ref()?.status {
        RevocationStatus::Revoked(revocation) => {
            Some(revocation.reason).filter(|reason| *reason != Reason::Unspecified)
        }
        _ => None,
    }
}

fn why_unknown(report: &ChainReport, index: usize) -> WhyUnknown {
    let found = report.path.get(index).and_then(|found| found.revocation.as_ref());
    match found.map(|revocation| revocation.status) {
        Some(RevocationStatus::Unknown(why)) => why,
        _ => WhyUnknown::NoCrl,
    }
}

/// `expired`: what to say of a certificate that has expired, by what is known of its revocation.
fn out_of_bounds(certificate: &Certificate, validity: Validity, expired: fn(Instant) -> Fact) -> Fact {
    match validity {
        Validity::NotYetValid => Fact::NotYetValid { from: certificate.not_before().into() },
        Validity::Expired | Validity::Within => expired(certificate.not_after().into()),
    }
}
