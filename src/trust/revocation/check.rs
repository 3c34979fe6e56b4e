//! The status of a certificate from the CRLs and OCSP responses at hand; here, what the CRLs say (RFC 5280 §6.3.3).
//!
//! The CRLs of one signer and one scope form a series: the newest that can answer speaks for it, together with the
//! newest delta. A revocation for good stays, whatever newer CRLs leave out. A certificate is revoked when any series
//! says so, and good when no series says so and together they cover every reason.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use time::UtcDateTime;

use crate::crypto::{PublicKey, SignatureScheme};
use crate::trust::revocation::found::{Answer, Found, Statement};
use crate::trust::revocation::scope::{crl_issuers, distribution_points, reasons_covered};
use crate::trust::revocation::{
    Crl, CrlNeed, Entry, Evidence, Reason, RevocationData, RevocationReport, RevocationStatus, RevocationStore,
    WhyUnknown,
};
use crate::trust::{Certificate, KeyUsage, Name, ReasonFlags, Times};

/// The key that signed the certificate asked about.
#[derive(Clone, Copy, Debug)]
pub struct IssuerKey<'a> {
    /// The key.
    pub key: &'a PublicKey,
    /// The certificate it was taken from; an anchor may be a bare key.
    pub certificate: Option<&'a Arc<Certificate>>,
}

/// What chain validation tells about other signers of revocation data: of indirect CRLs, keys of the issuer kept for
/// CRLs, OCSP responders.
pub trait RevocationSigners {
    /// The certificates known for a subject. They need not be valid.
    fn candidates(&mut self, subject: &Name) -> Vec<Arc<Certificate>>;

    /// The certificates that came along, an OCSP responder's perhaps among them. They need not be valid.
    fn at_hand(&self) -> &[Arc<Certificate>];

    /// Whether a valid path leads from the anchor of the certificate asked about to `signer` (RFC 5280 §6.3.3 f).
    /// Asked only when the signature of a CRL has verified under its key.
    fn validate(&mut self, signer: &Arc<Certificate>) -> Result<(), WhyUnknown>;

    /// Whether policy accepts a signature algorithm with the key under which the signature verified.
    fn accepts(&self, scheme: SignatureScheme, key: &PublicKey) -> bool;
}

impl RevocationStore {
    /// Judges whether `certificate` was revoked at the time that counts ([`Times::best_signature_time`]). That
    /// `issuer` signed it, and is trusted, the caller has established.
    ///
    /// A CRL or an OCSP response answers for a time until its `nextUpdate`, if any, and until its issue otherwise; one
    /// issued after that time answers too, by the dates in it. Revoked is who is revoked by any source.
    pub fn check(
        &self,
        certificate: &Certificate,
        issuer: IssuerKey<'_>,
        times: &Times,
        signers: &mut dyn RevocationSigners,
    ) -> RevocationReport {
        let at = times.best_signature_time();
        let mut found = self.ask_crls(certificate, issuer, at, signers);
        if self.ocsp_len() > 0 {
            self.ask_ocsp(certificate, issuer, at, signers, &mut found);
        }
        let mut report = found.conclude(at);
        if matches!(report.status, RevocationStatus::Unknown(_)) {
            let needs = distribution_points(certificate).flat_map(|point| {
                let urls: Vec<Box<str>> = point.urls().map(Into::into).collect();
                crl_issuers(point, certificate)
                    .map(move |issuer| CrlNeed { issuer: issuer.clone(), urls: urls.clone() })
            });
            report.needs = needs.filter(|need| !need.urls.is_empty()).collect();
            if report.needs.is_empty() {
                report.needs.push(CrlNeed { issuer: certificate.issuer().clone(), urls: Vec::new() });
            }
            report.responders.clone_from(&certificate.extensions().ocsp_responders);
        }
        report
    }

    /// What the CRLs say of a certificate at a time.
    pub(super) fn ask_crls(
        &self,
        certificate: &Certificate,
        issuer: IssuerKey<'_>,
        at: UtcDateTime,
        signers: &mut dyn RevocationSigners,
    ) -> Found {
        let mut collected = Collected::default();
        let mut found = Found::default();
        let mut names: Vec<&Name> = Vec::new();
        for name in distribution_points(certificate).flat_map(|point| crl_issuers(point, certificate)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for crl in names.iter().flat_map(|name| self.of_issuer(name)) {
            let covered = reasons_covered(crl, certificate);
            match self.usable(crl, covered, certificate, issuer, signers) {
                Ok(signer) => collected.add(crl, covered, signer),
                Err(why) => found.reject_crl(crl, why),
            }
        }
        collected.judge(certificate, at, &mut found);
        found
    }

    /// Finds who signed a CRL, and whether it may be used at all; its dates are looked at later.
    fn usable<'a>(
        &self,
        crl: &Crl,
        covered: ReasonFlags,
        certificate: &Certificate,
        issuer: IssuerKey<'a>,
        signers: &mut dyn RevocationSigners,
    ) -> Result<Signer<'a>, WhyUnknown> {
        if covered.is_empty() {
            return Err(WhyUnknown::OutOfScope);
        }
        if !crl.unknown_critical_extensions().is_empty() {
            return Err(WhyUnknown::UnknownCriticalExtension);
        }
        if crl.this_update() > self.latest_issue() {
            return Err(WhyUnknown::FromTheFuture);
        }
        let mut why = WhyUnknown::SignatureInvalid;
        if crl.issuer() == certificate.issuer() && crl.verify(issuer.key).is_ok() {
            if issuer.certificate.is_none_or(|certificate| may_sign_crls(certificate)) {
                accept(crl, issuer.key, signers)?;
                return Ok(Signer { spki: Cow::Borrowed(issuer.key.spki()), certificate: None });
            }
            why = WhyUnknown::KeyUsage;
        }
        for candidate in signers.candidates(crl.issuer()).into_iter().take(MAX_SIGNERS) {
            let Ok(key) = candidate.public_key() else { continue };
            if candidate.subject() != crl.issuer() || crl.verify(key).is_err() {
                continue;
            }
            let outcome = if may_sign_crls(&candidate) {
                accept(crl, key, signers).and_then(|()| signers.validate(&candidate))
            } else {
                Err(WhyUnknown::KeyUsage)
            };
            match outcome {
                Ok(()) => {
                    return Ok(Signer { spki: Cow::Owned(key.spki().to_vec()), certificate: Some(candidate) });
                }
                Err(refused) => why = why.max(refused),
            }
        }
        Err(why)
    }
}

/// §6.3.3 f: without a `keyUsage` extension every use is allowed.
fn may_sign_crls(certificate: &Certificate) -> bool {
    certificate.extensions().key_usage.is_none_or(|usage| usage.contains(KeyUsage::CRL_SIGN))
}

fn accept(crl: &Crl, key: &PublicKey, signers: &dyn RevocationSigners) -> Result<(), WhyUnknown> {
    let accepted = crl.signature_scheme().is_ok_and(|scheme| signers.accepts(scheme, key));
    if accepted { Ok(()) } else { Err(WhyUnknown::WeakAlgorithm) }
}

/// Certificates tried as the signer of one CRL.
const MAX_SIGNERS: usize = 16;

struct Signer<'a> {
    spki: Cow<'a, [u8]>,
    certificate: Option<Arc<Certificate>>,
}

/// The CRLs that may be used, in series.
#[derive(Default)]
struct Collected<'a> {
    series: BTreeMap<SeriesKey<'a>, Series>,
}

/// Whose key, the name it signs for, and the scope.
type SeriesKey<'a> = (Cow<'a, [u8]>, &'a [u8], Option<&'a [u8]>);

#[derive(Default)]
struct Series {
    covered: Option<ReasonFlags>,
    complete: Vec<Signed>,
    deltas: Vec<Signed>,
}

/// A CRL, and the certificate whose key signed it where that is not the issuer's.
#[derive(Clone)]
struct Signed {
    crl: Arc<Crl>,
    signer: Option<Arc<Certificate>>,
}

/// A complete CRL, a delta CRL, or both together as the complete CRL of the delta's time (RFC 5280 §5.2.4).
#[derive(Clone, Copy)]
struct View<'a> {
    complete: Option<&'a Signed>,
    delta: Option<&'a Signed>,
}

impl<'a> Collected<'a> {
    fn add(&mut self, crl: &'a Arc<Crl>, covered: ReasonFlags, signer: Signer<'a>) {
        let series = self.series.entry((signer.spki, crl.issuer().canonical(), crl.scope())).or_default();
        series.covered = Some(series.covered.map_or(covered, |known| known.union(covered)));
        let usable = Signed { crl: Arc::clone(crl), signer: signer.certificate };
        if crl.delta_base().is_some() { series.deltas.push(usable) } else { series.complete.push(usable) }
    }

    fn judge(mut self, certificate: &Certificate, at: UtcDateTime, found: &mut Found) {
        let mut is_listed = false;
        for series in self.series.values_mut() {
            series.sort();
            let Some((view, answer)) = series.answer(certificate, at, found) else { continue };
            let evidence = view.complete.into_iter().chain(view.delta).map(Evidence::from).collect();
            is_listed |= !matches!(answer, Answer::Clear(None));
            let covered = series.covered.unwrap_or(ReasonFlags::NONE);
            found.statements.push(Statement { answer, covered, evidence });
        }
        if is_listed {
            let all = self.series.values().flat_map(|series| series.complete.iter().chain(&series.deltas));
            let listing = all.filter(|signed| find(&signed.crl, certificate).is_some());
            found.publish(listing.map(|signed| signed.crl.this_update()).min());
        }
    }
}

impl From<&Signed> for Evidence {
    fn from(signed: &Signed) -> Self {
        Self {
            data: RevocationData::Crl(Arc::clone(&signed.crl)),
            this_update: signed.crl.this_update(),
            signer: signed.signer.clone(),
        }
    }
}

impl Series {
    /// Newest first.
    fn sort(&mut self) {
        for list in [&mut self.complete, &mut self.deltas] {
            list.sort_by(|one, other| {
                let key = |signed: &Signed| (signed.crl.this_update(), signed.crl.number().cloned());
                key(other).cmp(&key(one))
            });
        }
    }

    /// What the newest CRLs say; but a certificate that was once revoked for good is not cleared by leaving it out.
    fn answer(&self, certificate: &Certificate, at: UtcDateTime, found: &mut Found) -> Option<(View<'_>, Answer)> {
        match self.newest_word(certificate, at, found) {
            listed @ Some((_, Answer::Listed(_))) => listed,
            clear => self.once_listed(certificate, at).or(clear),
        }
    }

    /// The first view that can answer.
    fn newest_word(&self, certificate: &Certificate, at: UtcDateTime, found: &mut Found) -> Option<(View<'_>, Answer)> {
        let mut reject = |signed: &Signed, why| found.reject_crl(&signed.crl, why);
        let mut clear = None;
        for view in self.views(at, &mut reject) {
            match view.find(certificate) {
                Listing::Entry(entry) if entry.revocation_date <= at => return Some((view, Answer::Listed(entry))),
                // Dated later. An older CRL may show that the certificate was already suspended at the time.
                Listing::Entry(entry) if clear.is_none() => clear = Some((view, Answer::Clear(Some(entry)))),
                Listing::Entry(_) => {}
                Listing::Nothing if clear.is_some() => {}
                Listing::Nothing if view.still_lists(certificate) => return Some((view, Answer::Clear(None))),
                Listing::Nothing if view.complete.is_none() => {}
                Listing::Nothing => reject(view.newest()?, WhyUnknown::NoLongerListed),
                Listing::Contradiction => {
                    reject(view.newest()?, WhyUnknown::Contradictory);
                    return None;
                }
            }
        }
        clear
    }

    /// A lasting revocation in any CRL, out of date or not: only a hold can be released (RFC 5280 §5.3.1), and the
    /// entry of a certificate that has not expired must stay (§5).
    fn once_listed(&self, certificate: &Certificate, at: UtcDateTime) -> Option<(View<'_>, Answer)> {
        self.complete.iter().chain(&self.deltas).find_map(|signed| {
            let entry = find(&signed.crl, certificate).filter(|entry| entry.revocation_date <= at)?;
            let lasting = !matches!(entry.reason, Reason::CertificateHold | Reason::RemoveFromCrl);
            lasting.then_some((View { complete: Some(signed), delta: None }, Answer::Listed(entry)))
        })
    }

    /// What can be asked, newest first; `reject` hears of CRLs that cannot answer.
    fn views(&self, at: UtcDateTime, reject: &mut dyn FnMut(&Signed, WhyUnknown)) -> Vec<View<'_>> {
        let mut views = Vec::new();
        for delta in self.deltas.iter().filter(|delta| !self.supersedes(&delta.crl)) {
            let base = self.complete.iter().find(|complete| complete.crl.number() >= delta.crl.delta_base());
            let usable_base = base.filter(|_| is_fresh(&delta.crl, at));
            if usable_base.is_none() {
                reject(delta, if base.is_some() { WhyUnknown::Stale } else { WhyUnknown::NoBase });
            }
            // Without a base, or out of date, it is still newer than any complete CRL at hand: what it lists counts.
            views.push(View { complete: usable_base, delta: Some(delta) });
        }
        for complete in &self.complete {
            if is_fresh(&complete.crl, at) {
                views.push(View { complete: Some(complete), delta: None });
            } else if !views.iter().any(|view| view.complete.is_some_and(|used| Arc::ptr_eq(&used.crl, &complete.crl)))
            {
                reject(complete, WhyUnknown::Stale);
            }
        }
        views
    }

    /// Whether a complete CRL holds all that a delta could add (RFC 5280 §5.2.4 d). A delta without the number that
    /// it must have is never left out.
    fn supersedes(&self, delta: &Crl) -> bool {
        delta.number().is_some() && self.complete.iter().any(|complete| complete.crl.number() >= delta.number())
    }
}

/// What a view holds on a certificate.
enum Listing {
    Entry(Entry),
    Nothing,
    /// Released where nothing can be released.
    Contradiction,
}

impl<'a> View<'a> {
    fn find(&self, certificate: &Certificate) -> Listing {
        let in_delta = self.delta.and_then(|delta| find(&delta.crl, certificate));
        let in_complete = self.complete.and_then(|complete| find(&complete.crl, certificate));
        match (in_delta, in_complete) {
            (Some(entry), _) if entry.reason != Reason::RemoveFromCrl => Listing::Entry(entry),
            (None, Some(entry)) if entry.reason == Reason::RemoveFromCrl => Listing::Contradiction,
            (None, Some(entry)) => Listing::Entry(entry),
            (Some(_), _) | (None, None) => Listing::Nothing,
        }
    }

    /// Whether not being listed means not being revoked. A delta without its base tells of changes only. An entry
    /// may go once a CRL was issued after the certificate expired (RFC 5280 §5), unless `expiredCertsOnCRL` says
    /// otherwise.
    fn still_lists(&self, certificate: &Certificate) -> bool {
        let Some(complete) = self.complete else { return false };
        let newest = self.delta.unwrap_or(complete);
        let expiry = certificate.not_after();
        newest.crl.this_update() <= expiry || complete.crl.expired_certs_on_crl().is_some_and(|since| since <= expiry)
    }

    fn newest(&self) -> Option<&'a Signed> {
        self.delta.or(self.complete)
    }
}

fn find(crl: &Crl, certificate: &Certificate) -> Option<Entry> {
    crl.find(certificate.issuer(), certificate.serial())
}

/// Whether the CRL was, at that time, the word of its issuer, or was issued later.
fn is_fresh(crl: &Crl, at: UtcDateTime) -> bool {
    crl.next_update().unwrap_or(crl.this_update()) >= at
}
