//! Which key is the right one: what is on a token, and why each certificate fits a purpose or does not.

use std::fmt;
use std::sync::Arc;

use time::UtcDateTime;

use crate::asn1::oids;
use crate::crypto::hex;
use crate::domain::identity::{CertificateKind, Identity};
use crate::sign::pkcs11::message::{Class, ObjectFacts};
use crate::sign::signer::{Algorithms, Signer, UnfitSigner};
use crate::trust::{Certificate, KeyUsage};
use crate::verify::claimed_identity;

oids! {
    CLIENT_AUTH = 1.3.6.1.5.5.7.3.2;
    ANY_EXTENDED_KEY_USAGE = 2.5.29.37.0;
}

/// What a key is wanted for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// To sign documents.
    Signature,
    /// To prove who somebody is.
    Authentication,
}

/// A key of a token, with its certificate.
pub struct Candidate {
    /// `CKA_ID`, the same for key and certificate.
    pub id: Vec<u8>,
    /// Labels of its objects; often one.
    pub labels: Vec<String>,
    /// Its certificate.
    pub certificate: Option<Arc<Certificate>>,
    /// Whom the certificate says that it names; nobody checked its issuer.
    pub identity: Option<Identity>,
    /// Why it does not fit; empty where it does.
    pub unfit: Vec<Unfit>,
}

/// A reason why a key does not fit a purpose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unfit {
    /// There is no certificate of the same id.
    NoCertificate,
    /// The certificate cannot be read, or its key cannot.
    Unreadable,
    /// The certificate has no id: nothing says which key is its own.
    NoId,
    /// It is an authority's.
    Authority,
    /// Its validity begins later.
    NotYetValid(UtcDateTime),
    /// Its validity is over.
    Expired(UtcDateTime),
    /// It is for neither signing nor proving who somebody is (`keyUsage`, `extKeyUsage`).
    OtherUse,
    /// Nobody believes its key, or its algorithm, any more.
    Weak,
    /// It is for proving who somebody is, as those of CNS and CIE are. Who knows that can sign with it all the same: towards
    /// the administration that stands for an advanced signature (DPCM 22 February 2013, art. 61).
    ForAuthentication,
    /// It is for signing documents.
    ForSignature,
}

/// Why none is chosen.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChoiceError {
    /// There is no such key.
    #[error("no key has this label or id")]
    Absent,
    /// Several could be meant.
    #[error("several keys could be meant")]
    Several,
    /// None fits.
    #[error("no key fits")]
    NoneFits,
    /// The one that is meant does not fit, for these reasons.
    #[error("the key does not fit")]
    Unfit(Vec<Unfit>),
}

impl Unfit {
    /// Whether the reason holds also for somebody who asked for this very key.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::ForAuthentication)
    }
}

impl Candidate {
    /// Whether it fits without being asked for.
    pub const fn fits(&self) -> bool {
        self.unfit.is_empty()
    }

    /// The kind that the certificate claims.
    pub fn kind(&self) -> CertificateKind {
        self.identity.as_ref().map_or(CertificateKind::Other, |identity| identity.claimed_kind)
    }

    /// Its id in hexadecimal.
    pub fn hex_id(&self) -> String {
        hex(&self.id)
    }

    fn is_named(&self, wanted: &str) -> bool {
        self.labels.iter().any(|label| label == wanted)
            || (!self.id.is_empty() && self.hex_id().eq_ignore_ascii_case(wanted))
    }

    fn is_usable(&self) -> bool {
        !self.unfit.iter().any(|reason| reason.is_final())
    }
}

/// Whose keys they are is personal.
impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Candidate({}, {:?})", self.hex_id(), self.unfit)
    }
}

/// Whether there are keys, or certificates, and each has its certificate, which can be read.
pub(super) fn is_whole(objects: &[ObjectFacts]) -> bool {
    let is_read = |id: &[u8]| {
        let mut own = objects.iter().filter(|one| one.class == Class::Certificate && one.id == id);
        own.any(|certificate| Certificate::from_der(&certificate.value).is_ok())
    };
    !objects.is_empty() && objects.iter().all(|object| is_read(&object.id))
}

/// The key with this label or hexadecimal id; without one, the only one that fits.
pub fn choose<'c>(candidates: &'c [Candidate], wanted: Option<&str>) -> Result<&'c Candidate, ChoiceError> {
    let Some(wanted) = wanted else {
        let mut fit = candidates.iter().filter(|candidate| candidate.fits());
        return match (fit.next(), fit.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(ChoiceError::NoneFits),
            (Some(_), Some(_)) => Err(ChoiceError::Several),
        };
    };
    let named: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.is_named(wanted)).collect();
    // After a renewal, two certificates may have one id: the one that can still be used is meant.
    let usable: Vec<&Candidate> = named.iter().copied().filter(|candidate| candidate.is_usable()).collect();
    match (usable.as_slice(), named.as_slice()) {
        ([only], _) => Ok(only),
        (_, []) => Err(ChoiceError::Absent),
        ([], [first, ..]) => Err(ChoiceError::Unfit(first.unfit.clone())),
        _ => Err(ChoiceError::Several),
    }
}

/// What is on a token: each certificate, and each key that has none.
pub(super) fn candidates(objects: Vec<ObjectFacts>, purpose: Purpose, now: UtcDateTime) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let (certificates, keys): (Vec<_>, Vec<_>) =
        objects.into_iter().partition(|object| object.class == Class::Certificate);
    for object in certificates {
        let certificate = Certificate::from_der(&object.value).ok().map(Arc::new);
        let identity = certificate.as_deref().map(claimed_identity);
        let mut candidate = Candidate { id: object.id, labels: Vec::new(), certificate, identity, unfit: Vec::new() };
        candidate.unfit = reasons(&candidate, purpose, now);
        candidate.add_label(&object.label);
        candidates.push(candidate);
    }
    for key in keys {
        let mut has_certificate = false;
        for candidate in candidates.iter_mut().filter(|candidate| !key.id.is_empty() && candidate.id == key.id) {
            candidate.add_label(&key.label);
            has_certificate = true;
        }
        if !has_certificate {
            let unfit = vec![Unfit::NoCertificate];
            let mut alone = Candidate { id: key.id, labels: Vec::new(), certificate: None, identity: None, unfit };
            alone.add_label(&key.label);
            candidates.push(alone);
        }
    }
    candidates
}

impl Candidate {
    fn add_label(&mut self, label: &[u8]) {
        let label = String::from_utf8_lossy(label).trim_end_matches(['\0', ' ']).to_owned();
        if !label.is_empty() && !self.labels.contains(&label) {
            self.labels.push(label);
        }
    }
}

fn reasons(candidate: &Candidate, purpose: Purpose, now: UtcDateTime) -> Vec<Unfit> {
    let Some(certificate) = &candidate.certificate else { return vec![Unfit::Unreadable] };
    let extensions = certificate.extensions();
    let mut reasons = Vec::new();
    if candidate.id.is_empty() {
        reasons.push(Unfit::NoId);
    }
    if certificate.public_key().is_err() || !certificate.faults().is_empty() {
        reasons.push(Unfit::Unreadable);
    }
    if extensions.basic_constraints.is_some_and(|constraints| constraints.ca) {
        reasons.push(Unfit::Authority);
    }
    if now < certificate.not_before() {
        reasons.push(Unfit::NotYetValid(certificate.not_before()));
    }
    if now > certificate.not_after() {
        reasons.push(Unfit::Expired(certificate.not_after()));
    }
    let may = |usage: KeyUsage| extensions.key_usage.is_none_or(|allowed| allowed.contains(usage));
    let (authenticates, commits) = (may(KeyUsage::DIGITAL_SIGNATURE), may(KeyUsage::NON_REPUDIATION));
    let is_card = matches!(candidate.kind(), CertificateKind::Cns | CertificateKind::Cie);
    let is_for_clients = extensions.extended_key_usage.as_ref().is_none_or(|extended| {
        extended.purposes.iter().any(|purpose| [CLIENT_AUTH, ANY_EXTENDED_KEY_USAGE].contains(&purpose.oid()))
    });
    let signer = Signer::new(certificate.der(), &[], Algorithms::USUAL, now);
    if matches!(signer, Err(UnfitSigner::Weak(_) | UnfitSigner::KeyKind)) {
        reasons.push(Unfit::Weak);
    }
    match purpose {
        _ if !authenticates && !commits => reasons.push(Unfit::OtherUse),
        Purpose::Signature if matches!(signer, Err(UnfitSigner::NotForSigning)) => reasons.push(Unfit::OtherUse),
        Purpose::Signature if is_card || !commits => reasons.push(Unfit::ForAuthentication),
        Purpose::Authentication if !authenticates || !is_for_clients => reasons.push(Unfit::ForSignature),
        Purpose::Signature | Purpose::Authentication => {}
    }
    reasons
}

#[cfg(test)]
mod tests;
