//! What the OCSP responses at hand say of a certificate, and who may say it (RFC 6960 §3.2, §4.2.2).

use std::cmp::Reverse;
use std::sync::Arc;

use time::UtcDateTime;

use crate::asn1::oids;
use crate::crypto::PublicKey;
use crate::trust::revocation::found::{Answer, Found, Statement};
use crate::trust::revocation::{
    CertStatus, Entry, Evidence, IssuerKey, OcspResponse, Reason, RevocationData, RevocationSigners, RevocationStatus,
    RevocationStore, SingleResponse, WhyUnknown,
};
use crate::trust::{Certificate, KeyUsage, Name, ReasonFlags};

impl RevocationStore {
    /// Adds what the OCSP responses say of `certificate` at a time. They stand together like a series of CRLs: the newest
    /// that can answer speaks; a revocation for good stays, whatever newer ones say.
    pub(super) fn ask_ocsp(
        &self,
        certificate: &Certificate,
        issuer: IssuerKey<'_>,
        at: UtcDateTime,
        signers: &mut dyn RevocationSigners,
        found: &mut Found,
    ) {
        let mut words: Vec<Word<'_>> = Vec::new();
        let subject = issuer.certificate.map(|issuer| issuer.subject());
        let names: Vec<&Name> = [certificate.issuer()].into_iter().chain(subject).collect();
        for response in self.about_serial(certificate.serial()) {
            let of_serial = response.responses().iter().filter(|single| single.has_serial(certificate.serial()));
            for single in of_serial.take(MAX_ANSWERS) {
                let usable = if single.is_about(certificate, &names, issuer.key.spki()) {
                    self.usable_ocsp((response, single), certificate, issuer, at, signers)
                } else {
                    Err(WhyUnknown::OcspOtherIssuer)
                };
                match usable {
                    Ok(responder) => words.push(Word { response, single, responder }),
                    Err(why) => found.reject_ocsp(response, single.this_update, why),
                }
            }
        }
        words.sort_by_key(|word| Reverse(word.single.this_update));
        let Some((word, answer)) = lasting(&words, at).or_else(|| newest(&words, certificate, at, found)) else {
            return;
        };
        let evidence = vec![word.evidence()];
        if !matches!(answer, Answer::Clear(None)) {
            let telling = words.iter().filter(|word| matches!(word.single.status, CertStatus::Revoked(_)));
            found.publish(telling.map(|word| word.single.this_update).min());
        }
        found.statements.push(Statement { answer, covered: ReasonFlags::ALL, evidence });
    }

    /// Finds who signed a response, and whether it may be used at all; whether it is in date is looked at later. The
    /// certificate of a responder that is not the issuer is returned.
    fn usable_ocsp(
        &self,
        (response, single): (&OcspResponse, &SingleResponse),
        certificate: &Certificate,
        issuer: IssuerKey<'_>,
        at: UtcDateTime,
        signers: &mut dyn RevocationSigners,
    ) -> Result<Option<Arc<Certificate>>, WhyUnknown> {
        if single.this_update.max(response.produced_at()) > self.latest_issue() {
            return Err(WhyUnknown::OcspFromTheFuture);
        }
        let responder = self.responder(response, certificate, issuer, at, signers)?;
        if !response.unknown_critical_extensions().is_empty() || !single.unknown_critical.is_empty() {
            return Err(WhyUnknown::OcspUnknownCriticalExtension);
        }
        match single.status {
            CertStatus::Unknown => Err(WhyUnknown::OcspCertificateUnknown),
            // Only a delta CRL can release (RFC 5280 §5.3.1).
            CertStatus::Revoked(entry) if entry.reason == Reason::RemoveFromCrl => Err(WhyUnknown::OcspContradictory),
            _ if single.next_update.is_some_and(|next| next < single.this_update) => Err(WhyUnknown::OcspContradictory),
            _ => Ok(responder),
        }
    }

    /// Who signed: the issuer of the certificate (`None`), or a responder to whom that issuer delegated it (§4.2.2.2).
    fn responder(
        &self,
        response: &OcspResponse,
        certificate: &Certificate,
        issuer: IssuerKey<'_>,
        at: UtcDateTime,
        signers: &mut dyn RevocationSigners,
    ) -> Result<Option<Arc<Certificate>>, WhyUnknown> {
        if response.responder().is(certificate.issuer(), issuer.key.spki()) && response.verify(issuer.key).is_ok() {
            return accept(response, issuer.key, signers).map(|()| None);
        }
        let is_named = |candidate: &&Arc<Certificate>| response.responder().is(candidate.subject(), candidate.spki());
        let along = signers.at_hand().iter().filter(is_named).take(MAX_RESPONDERS);
        let own = response.certificates().iter().filter(is_named).take(MAX_RESPONDERS);
        let candidates: Vec<Arc<Certificate>> = own.chain(along).cloned().collect();
        let mut why = WhyUnknown::OcspSignatureInvalid;
        for candidate in candidates {
            let Ok(key) = candidate.public_key() else { continue };
            if response.verify(key).is_err() {
                continue;
            }
            let outcome = may_answer(&candidate, response, certificate, issuer)
                .and_then(|()| accept(response, key, signers))
                .and_then(|()| accept_delegation(&candidate, issuer, signers))
                .and_then(|()| self.is_not_revoked(&candidate, response, issuer, at, signers));
            match outcome {
                Ok(()) => return Ok(Some(candidate)),
                Err(refused) => why = why.max(refused),
            }
        }
        Err(why)
    }

    /// Whether the responder's certificate is good, as the CRLs at hand say (§4.2.2.2.1): not at the time that counts
    /// alone, for it may have been revoked before it answered. Other OCSP responses are not asked: their signer would
    /// raise the same question.
    fn is_not_revoked(
        &self,
        responder: &Certificate,
        response: &OcspResponse,
        issuer: IssuerKey<'_>,
        at: UtcDateTime,
        signers: &mut dyn RevocationSigners,
    ) -> Result<(), WhyUnknown> {
        if responder.extensions().ocsp_no_check {
            return Ok(());
        }
        let at = at.max(response.produced_at());
        match self.ask_crls(responder, issuer, at, signers).conclude(at).status {
            RevocationStatus::Good => Ok(()),
            RevocationStatus::Revoked(_) | RevocationStatus::Suspended(_) => Err(WhyUnknown::OcspResponderRevoked),
            RevocationStatus::Unknown(_) => Err(WhyUnknown::OcspResponderStatusUnknown),
        }
    }
}

/// An answer of a responder that may give it.
struct Word<'a> {
    response: &'a Arc<OcspResponse>,
    single: &'a SingleResponse,
    responder: Option<Arc<Certificate>>,
}

impl Word<'_> {
    fn evidence(&self) -> Evidence {
        Evidence {
            data: RevocationData::Ocsp(Arc::clone(self.response)),
            this_update: self.single.this_update,
            signer: self.responder.clone(),
        }
    }

    /// A revocation or suspension dated by then.
    fn entry(&self, at: UtcDateTime) -> Option<Entry> {
        match self.single.status {
            CertStatus::Revoked(entry) if entry.revocation_date <= at => Some(entry),
            _ => None,
        }
    }
}

/// A revocation for good, in any answer, out of date or not: it cannot be taken back.
fn lasting<'w>(words: &'w [Word<'w>], at: UtcDateTime) -> Option<(&'w Word<'w>, Answer)> {
    words.iter().find_map(|word| {
        let entry = word.entry(at).filter(|entry| entry.reason != Reason::CertificateHold)?;
        Some((word, Answer::Listed(entry)))
    })
}

/// The newest answer that is in date; where that tells of a later revocation, an older one may show that the
/// certificate was already suspended at the time.
fn newest<'w>(
    words: &'w [Word<'w>],
    certificate: &Certificate,
    at: UtcDateTime,
    found: &mut Found,
) -> Option<(&'w Word<'w>, Answer)> {
    let mut clear = None;
    for word in words {
        let single = word.single;
        if single.next_update.unwrap_or(single.this_update) < at {
            found.reject_ocsp(word.response, single.this_update, WhyUnknown::OcspStale);
            continue;
        }
        match (word.entry(at), single.status) {
            (Some(entry), _) => return Some((word, Answer::Listed(entry))),
            (None, CertStatus::Revoked(entry)) if clear.is_none() => clear = Some((word, Answer::Clear(Some(entry)))),
            (None, CertStatus::Good) if clear.is_none() && still_answers(single, certificate) => {
                return Some((word, Answer::Clear(None)));
            }
            (None, CertStatus::Good) if clear.is_none() => {
                found.reject_ocsp(word.response, single.this_update, WhyUnknown::OcspNoLongerKept);
            }
            _ => {}
        }
    }
    clear
}

/// Whether good means not revoked: a responder may forget certificates that have expired, unless it says since when it
/// keeps them (§4.4.4).
fn still_answers(single: &SingleResponse, certificate: &Certificate) -> bool {
    let expiry = certificate.not_after();
    single.this_update <= expiry || single.archive_cutoff.is_some_and(|since| since <= expiry)
}

/// §4.2.2.2: issued directly by the issuer of the certificate, with that key, for this purpose; and valid when it
/// answered.
fn may_answer(
    responder: &Certificate,
    response: &OcspResponse,
    certificate: &Certificate,
    issuer: IssuerKey<'_>,
) -> Result<(), WhyUnknown> {
    let extensions = responder.extensions();
    let purposes = extensions.extended_key_usage.as_ref().map(|usage| usage.purposes.as_slice()).unwrap_or_default();
    let signs =
        |usage: KeyUsage| usage.intersects(KeyUsage::DIGITAL_SIGNATURE) || usage.intersects(KeyUsage::NON_REPUDIATION);
    let delegated = responder.issuer() == certificate.issuer()
        && purposes.iter().any(|purpose| purpose.oid() == OCSP_SIGNING)
        && extensions.key_usage.is_none_or(signs)
        && responder.faults().is_empty()
        && responder.verify_signature(issuer.key).is_ok();
    if !delegated {
        return Err(WhyUnknown::OcspResponderNotAuthorised);
    }
    let answered = response.produced_at();
    let valid = responder.not_before() <= answered && answered <= responder.not_after();
    if valid { Ok(()) } else { Err(WhyUnknown::OcspResponderNotValid) }
}

fn accept(response: &OcspResponse, key: &PublicKey, signers: &dyn RevocationSigners) -> Result<(), WhyUnknown> {
    let accepted = response.signature_scheme().is_ok_and(|scheme| signers.accepts(scheme, key));
    if accepted { Ok(()) } else { Err(WhyUnknown::OcspWeakAlgorithm) }
}

fn accept_delegation(
    responder: &Certificate,
    issuer: IssuerKey<'_>,
    signers: &dyn RevocationSigners,
) -> Result<(), WhyUnknown> {
    let accepted = responder.signature_scheme().is_ok_and(|scheme| signers.accepts(scheme, issuer.key));
    if accepted { Ok(()) } else { Err(WhyUnknown::OcspWeakAlgorithm) }
}

oids! {
    /// id-kp-OCSPSigning.
    OCSP_SIGNING = 1.3.6.1.5.5.7.3.9;
}

/// Answers of one response about one serial number: of several issuers, or old and new.
const MAX_ANSWERS: usize = 8;

/// Certificates tried as the signer of one response, from each place.
const MAX_RESPONDERS: usize = 4;
