//! One judgement from what all sources say: each series of CRLs, and the OCSP responses.

use std::sync::Arc;

use time::UtcDateTime;

use crate::trust::ReasonFlags;
use crate::trust::revocation::{
    Crl, Entry, Evidence, OcspResponse, Reason, Rejected, Revocation, RevocationData, RevocationReport,
    RevocationStatus, WhyUnknown,
};

/// What was found about one certificate.
#[derive(Default)]
pub(super) struct Found {
    pub(super) statements: Vec<Statement>,
    pub(super) rejected: Vec<Rejected>,
    /// The issue time of the oldest data that tell of its revocation.
    pub(super) published: Option<UtcDateTime>,
}

/// What one source says.
pub(super) struct Statement {
    pub(super) answer: Answer,
    /// The reasons that it answers for.
    pub(super) covered: ReasonFlags,
    /// What the answer rests on; not empty.
    pub(super) evidence: Vec<Evidence>,
}

/// What a source says of a certificate.
pub(super) enum Answer {
    Listed(Entry),
    /// Not revoked, or only with a later date.
    Clear(Option<Entry>),
}

impl Found {
    pub(super) fn reject_crl(&mut self, crl: &Arc<Crl>, why: WhyUnknown) {
        let data = RevocationData::Crl(Arc::clone(crl));
        self.rejected.push(Rejected { data, this_update: crl.this_update(), why });
    }

    pub(super) fn reject_ocsp(&mut self, response: &Arc<OcspResponse>, this_update: UtcDateTime, why: WhyUnknown) {
        self.rejected.push(Rejected { data: RevocationData::Ocsp(Arc::clone(response)), this_update, why });
    }

    pub(super) fn publish(&mut self, since: Option<UtcDateTime>) {
        self.published = self.published.into_iter().chain(since).min();
    }

    /// Revoked when any source says so, and good when none does and together they answer for every reason.
    pub(super) fn conclude(mut self, at: UtcDateTime) -> RevocationReport {
        self.leave_out_released();
        let mut covered = ReasonFlags::NONE;
        let mut worst: Option<Entry> = None;
        let mut later: Option<Entry> = None;
        for statement in &self.statements {
            match statement.answer {
                Answer::Listed(entry) => worst = Some(worst.map_or(entry, |known| graver(known, entry))),
                Answer::Clear(dated_later) => {
                    covered = covered.union(statement.covered);
                    later = later.or(dated_later);
                }
            }
        }
        let published = self.published.unwrap_or(at);
        let revocation = |entry: &Entry| Revocation::new(entry, published);
        let status = match worst {
            Some(entry) if entry.reason == Reason::CertificateHold => RevocationStatus::Suspended(revocation(&entry)),
            Some(entry) => RevocationStatus::Revoked(revocation(&entry)),
            None if covered.contains(ReasonFlags::ALL) => RevocationStatus::Good,
            None if !covered.is_empty() => RevocationStatus::Unknown(WhyUnknown::ReasonsNotCovered),
            None => {
                let why = self.rejected.iter().map(|rejected| rejected.why).max();
                RevocationStatus::Unknown(why.unwrap_or(WhyUnknown::NoCrl))
            }
        };
        let evidence = self.statements.into_iter().flat_map(|statement| statement.evidence).collect();
        RevocationReport {
            status,
            evidence,
            later: later.as_ref().map(revocation),
            rejected: self.rejected,
            needs: Vec::new(),
            responders: Vec::new(),
        }
    }

    /// A suspension may be lifted (RFC 5280 §5.3.1). Within a series of CRLs the newest speaks; between CRLs and OCSP
    /// responses, too, where the newer one answers for every reason.
    fn leave_out_released(&mut self) {
        let cleared = |of: fn(&RevocationData) -> bool| {
            let clear = self.statements.iter().filter(move |statement| {
                matches!(statement.answer, Answer::Clear(None))
                    && statement.covered.contains(ReasonFlags::ALL)
                    && statement.evidence.iter().all(|evidence| of(&evidence.data))
            });
            clear.map(Statement::issued).max()
        };
        let by_crl = cleared(|data| data.as_crl().is_some());
        let by_ocsp = cleared(|data| data.as_ocsp().is_some());
        self.statements.retain(|statement| {
            let is_crl = statement.evidence.iter().any(|evidence| evidence.data.as_crl().is_some());
            let other = if is_crl { by_ocsp } else { by_crl };
            let is_hold = matches!(statement.answer, Answer::Listed(entry) if entry.reason == Reason::CertificateHold);
            !(is_hold && other.is_some_and(|cleared| cleared > statement.issued()))
        });
    }
}

impl Statement {
    /// The time of the newest of what it rests on.
    fn issued(&self) -> UtcDateTime {
        let issued = self.evidence.iter().map(|evidence| evidence.this_update).max();
        issued.unwrap_or(UtcDateTime::UNIX_EPOCH)
    }
}

/// A lasting revocation before a suspension; the earlier before the later.
fn graver(one: Entry, other: Entry) -> Entry {
    let key = |entry: &Entry| (entry.reason == Reason::CertificateHold, entry.revocation_date);
    if key(&other) < key(&one) { other } else { one }
}
