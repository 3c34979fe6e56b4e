//! Timestamps (RFC 3161): whether each holds by itself, is about what it stands on, and comes from a trusted authority
//! (EN 319 102-1 §5.4). One that passes now proves that what it is about existed at its time.
//!
//! *Not* built yet: past validation (§5.6), by which a token outlives its authority's certificate, and timestamps on
//! references and archives, which are listed only.

mod asked;
mod fault;
mod token;

use std::sync::Arc;

use time::UtcDateTime;

pub use asked::{AskedToken, judge_asked_token};
pub(super) use fault::Fault;

use crate::crypto::{Digest, DigestAlgorithm, hex};
use crate::trust::Certificate;
use crate::trust::chain::Validity;
use crate::verify::cades::{CONTENT_TIMESTAMP, SIGNATURE_TIMESTAMP, TIMESTAMP_ATTRIBUTES};
use crate::verify::cms::{self, CmsError, Digests, Opened, TIMESTAMP};
use crate::verify::embedded::Embedded;
use crate::verify::finding::{Fact, escape};
use crate::verify::judge::Examiner;
use crate::verify::outcome::{Layer, Outcome, Place};
use crate::verify::report::{CertificateReport, SubIndication, TimestampReport};
use crate::verify::signer::Pool;
use crate::verify::signer_info::SignerInfo;
use crate::verify::timestamp::token::TstInfo;
use crate::verify::{Context, Indication, Request, VerifyError, Word, chain};

/// A timestamp, and what is to be said where it proves nothing.
#[derive(Clone)]
pub(super) struct Timestamp {
    pub(super) report: TimestampReport,
    pub(super) ignored: Option<Fact>,
}

impl Timestamp {
    /// One that is only listed.
    pub(super) fn listed(kind: Word) -> Self {
        let report = TimestampReport {
            kind,
            judged: false,
            time: None,
            indication: None,
            sub_indication: None,
            authority: None,
            certificate: None,
            modifications: None,
            findings: Vec::new(),
        };
        Self { report, ignored: None }
    }

    /// The time by which what it is about existed, if it proves that.
    pub(super) fn proof(&self) -> Option<UtcDateTime> {
        self.report.time.filter(|_| self.report.indication == Some(Indication::TotalPassed))
    }
}

/// What timestamps on a signature are called in the report, on what it signs, and on a PDF as a whole.
pub(super) const ON_SIGNATURE: Word = "signature";
pub(super) const ON_CONTENT: Word = "content";
pub(super) const ON_DOCUMENT: Word = "document";

/// More tokens of one signature than these are listed and not judged.
const MAX_JUDGED: usize = 16;

/// More than these are not even listed.
const MAX_LISTED: usize = 100;

/// The timestamps among the attributes of a signature, in the order of [`TIMESTAMP_ATTRIBUTES`].
pub(super) fn of_signature(
    info: &SignerInfo<'_>,
    place: &Place<'_>,
    layer: &Layer<'_>,
    pool: &Pool,
    request: &Request<'_>,
    context: &Context<'_>,
) -> Result<Vec<Timestamp>, VerifyError> {
    let of_value = |algorithm: DigestAlgorithm| Some(algorithm.digest(&info.signature));
    let of_content = |algorithm: DigestAlgorithm| match place.parent {
        Some((_, value)) => Some(algorithm.digest(value)),
        None => layer.digests.and_then(|digests| digests.get(algorithm).copied()),
    };
    let mut timestamps = Vec::new();
    for (oid, kind) in TIMESTAMP_ATTRIBUTES {
        let digest: &dyn Fn(DigestAlgorithm) -> Option<Digest> = match oid {
            SIGNATURE_TIMESTAMP => &of_value,
            CONTENT_TIMESTAMP => &of_content,
            _ => &|_| None,
        };
        let is_judged = matches!(oid, SIGNATURE_TIMESTAMP | CONTENT_TIMESTAMP);
        let signed = info.signed.iter().flat_map(|signed| signed.all(oid));
        for attribute in signed.chain(info.unsigned.all(oid)) {
            let before = timestamps.len();
            for value in attribute.values().take(MAX_LISTED.saturating_sub(before)) {
                if !is_judged || timestamps.len() >= MAX_JUDGED {
                    timestamps.push(Timestamp::listed(kind));
                    continue;
                }
                let octets = value.map(|value| value.raw).unwrap_or_default();
                let source: &[u8] = octets;
                let opened = match cms::open(&source, context.limits, context.deadline) {
                    Err(CmsError::TimedOut) => return Err(VerifyError::TimedOut),
                    opened => opened.ok(),
                };
                let imprint =
                    opened.as_ref().and_then(imprint_algorithm).map(|algorithm| (algorithm, digest(algorithm)));
                // Digests of the content are those that its signers asked for.
                let unknown = kind == ON_CONTENT && matches!(imprint, Some((_, None)));
                timestamps.push(if unknown {
                    Timestamp::listed(kind)
                } else {
                    let stamped = Stamped { kind, digest: imprint.and_then(|(_, digest)| digest), pool };
                    judge(opened.as_ref(), &stamped, request, context)
                });
            }
            if is_judged && timestamps.len() == before && before < MAX_LISTED {
                // An attribute without a value still says that there is a timestamp.
                timestamps.push(judge(None, &Stamped { kind, digest: None, pool }, request, context));
            }
        }
    }
    Ok(timestamps)
}

/// The earliest time by which these prove that the signature existed; those on the content say nothing of it.
pub(super) fn earliest(timestamps: &[Timestamp]) -> Option<UtcDateTime> {
    let of_signature = |timestamp: &&Timestamp| matches!(timestamp.report.kind, ON_SIGNATURE | ON_DOCUMENT);
    timestamps.iter().filter(of_signature).filter_map(Timestamp::proof).min()
}

/// What is to be said of a signature with these: what they prove, those that prove nothing, and that some were not judged.
pub(super) fn facts(timestamps: &[Timestamp]) -> Vec<Fact> {
    let mut facts: Vec<Fact> =
        earliest(timestamps).map(|at| Fact::TimestampProves { at: at.into() }).into_iter().collect();
    for ignored in timestamps.iter().filter_map(|timestamp| timestamp.ignored.as_ref()) {
        if !facts.contains(ignored) {
            facts.push(ignored.clone());
        }
    }
    let not_judged = timestamps.iter().any(|timestamp| !timestamp.report.judged);
    facts.extend(not_judged.then_some(Fact::TimestampsNotJudged));
    facts
}

/// Whether the content is proved to have existed only after the signature: one of them is wrong (EN 319 102-1 §5.5.4,
/// coherence of times).
pub(super) fn are_out_of_order(timestamps: &[Timestamp]) -> bool {
    let of =
        |kind| timestamps.iter().filter(move |timestamp| timestamp.report.kind == kind).filter_map(Timestamp::proof);
    match (of(ON_CONTENT).max(), of(ON_SIGNATURE).min()) {
        (Some(content), Some(signature)) => content > signature,
        _ => false,
    }
}

/// By which algorithm a token has what it is about digested; `None` where it cannot be read or computed.
pub(super) fn imprint_algorithm(token: &Opened<'_>) -> Option<DigestAlgorithm> {
    TstInfo::read(whole_content(token)?).ok()?.algorithm
}

/// What a token must be about, and who else's certificates came along.
pub(super) struct Stamped<'a> {
    pub(super) kind: Word,
    /// The digest of it, by the algorithm of the token; `None` where there is nothing to digest.
    pub(super) digest: Option<Digest>,
    pub(super) pool: &'a Pool,
}

/// Judges a token; `None` is one that cannot be opened.
pub(super) fn judge(
    token: Option<&Opened<'_>>,
    stamped: &Stamped<'_>,
    request: &Request<'_>,
    context: &Context<'_>,
) -> Timestamp {
    let mut judging = Judging { stamped, request, context, outcome: Outcome::default(), time: None, certificate: None };
    match token.ok_or(Fault::Malformed).and_then(|token| judging.token(token)) {
        // What could not be computed has failed already; nothing passes because somebody forgot to say so.
        Ok(()) if judging.outcome.intact == Some(true) || judging.outcome.sub_indication.is_some() => {}
        Ok(()) => judging.fail(SubIndication::SigCryptoFailure, Fault::Altered),
        Err(fault) => judging.fail(SubIndication::FormatFailure, fault),
    }
    judging.conclude()
}

/// A token that holds by itself, and covers a PDF as it must not.
pub(super) fn unfit(timestamp: &mut Timestamp) {
    let report = &mut timestamp.report;
    let fact = Fact::TimestampIgnored { kind: report.kind.into(), why: Fault::CoverageUnfit };
    report.indication = Some(Indication::TotalFailed);
    report.sub_indication = Some(SubIndication::FormatFailure);
    report.findings.insert(0, fact.finding());
    timestamp.ignored = Some(fact);
}

struct Judging<'a> {
    stamped: &'a Stamped<'a>,
    request: &'a Request<'a>,
    context: &'a Context<'a>,
    outcome: Outcome,
    time: Option<UtcDateTime>,
    certificate: Option<Arc<Certificate>>,
}

impl<'a> Judging<'a> {
    fn fail(&mut self, sub_indication: SubIndication, why: Fault) {
        self.outcome.fail(sub_indication, Fact::TimestampIgnored { kind: self.stamped.kind.into(), why });
    }

    /// Judges what can be opened; the error is a form that RFC 3161 §2.4.2 does not allow.
    fn token(&mut self, token: &Opened<'_>) -> Result<(), Fault> {
        let data = token.signed_data(self.context.limits).map_err(|_| Fault::Malformed)?;
        let octets = whole_content(token).filter(|_| data.content_type == TIMESTAMP).ok_or(Fault::Malformed)?;
        let info = TstInfo::read(octets).map_err(|_| Fault::Malformed)?;
        // "MUST NOT contain any signatures other than the signature of the TSA."
        let [Ok(signer)] = data.signer_infos.as_slice() else { return Err(Fault::Malformed) };
        self.time = Some(info.time);
        let request = &self.request_at(info.time);
        let (known, context) = (self.stamped.pool, self.context);
        let embedded = Embedded::of_envelope(&data, context.revocation, context.trust);
        let context = &Context { revocation: embedded.revocation(), ..*context };
        let digests: Digests = signer.digest.iter().map(|algorithm| algorithm.digest(octets)).collect();
        let layer = Layer { number: 0, data: &data, digests: Some(&digests), head: None, around: None };
        let place = Place { id: String::new(), parent: None };
        let pool = known.and(&data.certificates, &embedded.certificates, context.trust);
        let examiner = Examiner { layer: &layer, pool: &pool, request, context };
        let certificate = examiner.examine(signer, &place, &mut self.outcome);
        self.imprint(&info, request);
        if info.has_critical_extension {
            self.fail(SubIndication::SigConstraintsFailure, Fault::ExtensionUnknown);
        }
        if info.time > request.times.at {
            self.fail(SubIndication::TimestampOrderFailure, Fault::InTheFuture);
        }
        if let Some(certificate) = certificate {
            let chain = chain::find(&certificate, pool.certificates(), request, context);
            chain::judge_authority(&chain, &certificate, &mut self.outcome);
            if Validity::of(&certificate, info.time) != Validity::Within {
                self.fail(SubIndication::OutOfBoundsNoPoe, Fault::MadeOutOfBounds);
            }
            self.certificate = Some(certificate);
        }
        Ok(())
    }

    /// What a token is judged for: now, or the time at which the caller knows that the file existed, if that can be true of
    /// the token too. The token proves nothing of itself.
    fn request_at(&self, time: UtcDateTime) -> Request<'a> {
        let mut times = self.request.times;
        times.existed_by = times.existed_by.filter(|existed| *existed >= time);
        Request { times, ..*self.request }
    }

    /// Compares the imprint with what was stamped, by an algorithm that is still believed.
    fn imprint(&mut self, info: &TstInfo<'_>, request: &Request<'_>) {
        const UNBELIEVED: SubIndication = SubIndication::CryptoConstraintsFailureNoPoe;
        let Some(algorithm) = info.algorithm else { return self.fail(UNBELIEVED, Fault::AlgorithmUnknown) };
        let algorithms = &self.context.policy.chain.algorithms;
        if algorithms.check_digest(algorithm, request.times.best_signature_time()).is_err() {
            self.fail(UNBELIEVED, Fault::AlgorithmWeak);
        }
        if self.stamped.digest.is_none_or(|digest| !digest.matches(info.imprint)) {
            self.fail(SubIndication::HashFailure, Fault::ImprintDiffers);
        }
    }

    fn conclude(self) -> Timestamp {
        let sub_indication = self.outcome.sub_indication;
        let kind = self.stamped.kind;
        let ignored = |why| Fact::TimestampIgnored { kind: kind.into(), why };
        let faults: Vec<Fact> = Fault::among(&self.outcome).into_iter().map(ignored).collect();
        let certificate = self.certificate.as_deref();
        let report = TimestampReport {
            kind,
            judged: true,
            time: self.time,
            indication: Some(sub_indication.map_or(Indication::TotalPassed, SubIndication::indication)),
            sub_indication,
            authority: certificate.map(|certificate| escape(certificate.subject().text())),
            certificate: certificate.map(describe),
            modifications: None,
            findings: faults.iter().map(Fact::finding).collect(),
        };
        let ignored = sub_indication.map(|_| faults.into_iter().next().unwrap_or_else(|| ignored(Fault::Malformed)));
        Timestamp { report, ignored }
    }
}

/// The content of a token, where it is short enough to be a `TSTInfo`: those in use have a few hundred octets.
fn whole_content<'t>(token: &'t Opened<'_>) -> Option<&'t [u8]> {
    let content = token.content.as_ref()?;
    (u64::try_from(content.head.len()) == Ok(content.len)).then_some(content.head.as_slice())
}

fn describe(certificate: &Certificate) -> CertificateReport {
    CertificateReport {
        kind: "other",
        sha256: certificate.sha256().to_hex(),
        issuer: escape(certificate.issuer().text()),
        serial: hex(certificate.serial()),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
    }
}
