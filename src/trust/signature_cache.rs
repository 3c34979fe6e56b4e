//! Remembers which certificate signatures were found to hold.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::crypto::SignatureInvalid;
use crate::trust::Certificate;

/// Certificates whose issuer's signature was verified, each with the key that it was verified under: the RSA-4096
/// operation of a CA costs more than all the rest of a small verification, and the next document of the same signer
/// needs no second reading of the certificate either, nor of the person in it ([`Certificate::identity`]). Only success
/// is remembered, by the very octets that were verified; whether the certificate may be trusted is judged anew every
/// time.
///
/// Bounded: when a generation is full, the one before it is forgotten.
#[derive(Debug)]
pub struct SignatureCache {
    capacity: usize,
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: BTreeSet<Verified>,
    old: BTreeSet<Verified>,
}

/// In order of the certificate's octets.
#[derive(Clone, Debug)]
struct Verified {
    certificate: Arc<Certificate>,
    /// SHA-256 of the issuer's `SubjectPublicKeyInfo`.
    issuer_key: [u8; 32],
}

impl SignatureCache {
    /// A cache of at most `capacity` certificates (some 9 KiB each, with whom they name; at most 24); none is kept at 0.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, generations: Mutex::default() }
    }

    /// Verifies the signature on `certificate` with the key of `issuer`.
    pub(super) fn verify(&self, certificate: &Arc<Certificate>, issuer: &Certificate) -> Result<(), SignatureInvalid> {
        let key = issuer.public_key().map_err(|_| SignatureInvalid)?;
        if self.capacity == 0 || certificate.der().len() > MAX_CERTIFICATE_LEN {
            return certificate.verify_signature(key);
        }
        let issuer_key = issuer.spki_sha256();
        if self.lock().find(certificate.der()).is_some_and(|known| known.issuer_key == issuer_key) {
            return Ok(());
        }
        certificate.verify_signature(key)?;
        let mut generations = self.lock();
        if generations.young.len() >= self.capacity.div_ceil(2) {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.replace(Verified { certificate: Arc::clone(certificate), issuer_key });
        Ok(())
    }

    /// The certificate with these very octets, read before.
    pub(super) fn certificate(&self, der: &[u8]) -> Option<Arc<Certificate>> {
        self.lock().find(der).map(|known| Arc::clone(&known.certificate))
    }

    /// A thread that panicked while it held the lock left at worst a certificate out.
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Real certificates of people have 1 to 3 KiB. A larger one is read and verified every time.
const MAX_CERTIFICATE_LEN: usize = 4 * 1024;

impl Generations {
    fn find(&self, der: &[u8]) -> Option<&Verified> {
        self.young.get(der).or_else(|| self.old.get(der))
    }
}

impl Borrow<[u8]> for Verified {
    fn borrow(&self) -> &[u8] {
        self.certificate.der()
    }
}

impl Ord for Verified {
    fn cmp(&self, other: &Self) -> Ordering {
        self.certificate.der().cmp(other.certificate.der())
    }
}

impl PartialOrd for Verified {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Verified {
    fn eq(&self, other: &Self) -> bool {
        self.certificate == other.certificate
    }
}

impl Eq for Verified {}

#[cfg(test)]
mod tests;
