//! The CRLs and OCSP responses at hand.

use std::collections::HashMap;
use std::sync::Arc;

use time::{Duration, UtcDateTime};

use crate::trust::Name;
use crate::trust::revocation::index::shortest;
use crate::trust::revocation::{Crl, OcspResponse};

/// CRLs by issuer, OCSP responses by serial number. A clone shares what is in it, so that what one document brings
/// does not reach the next.
#[derive(Clone, Debug)]
pub struct RevocationStore {
    /// By canonical name of the issuer.
    crls: HashMap<Box<[u8]>, Vec<Arc<Crl>>>,
    count: usize,
    /// By serial number of the certificate, in its shortest form.
    ocsp: HashMap<Box<[u8]>, Vec<Arc<OcspResponse>>>,
    ocsp_count: usize,
    latest_issue: UtcDateTime,
}

/// Why a CRL or an OCSP response was not taken in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// One of the limits of [`RevocationStore`] reached.
    #[error("too many CRLs or OCSP responses")]
    Full,
}

impl RevocationStore {
    /// The most CRLs of one issuer.
    pub const MAX_CRLS_OF_ISSUER: usize = 1_000;
    /// The most CRLs in all.
    pub const MAX_CRLS: usize = 10_000;
    /// The most OCSP responses about one serial number.
    pub const MAX_OCSP_OF_SERIAL: usize = 100;
    /// The most OCSP responses in all.
    pub const MAX_OCSP: usize = 20_000;

    /// A store without anything in it. `now` is the present (not the validation time): what was issued later than five
    /// minutes after it is never used.
    pub fn new(now: UtcDateTime) -> Self {
        let latest_issue = now.checked_add(CLOCK_SKEW).unwrap_or(now);
        Self { crls: HashMap::new(), count: 0, ocsp: HashMap::new(), ocsp_count: 0, latest_issue }
    }

    /// Takes a CRL in; one that is already there is not added twice. Its signature is checked when it is used.
    pub fn add(&mut self, crl: Arc<Crl>) -> Result<(), StoreError> {
        if self.count >= Self::MAX_CRLS {
            return Err(StoreError::Full);
        }
        let of_issuer = self.crls.entry(crl.issuer().canonical().into()).or_default();
        if of_issuer.iter().any(|known| known.sha256() == crl.sha256()) {
            return Ok(());
        }
        if of_issuer.len() >= Self::MAX_CRLS_OF_ISSUER {
            return Err(StoreError::Full);
        }
        of_issuer.push(crl);
        self.count += 1;
        Ok(())
    }

    /// Takes an OCSP response in; one that is already there is not added twice. Its signature is checked when it is used.
    pub fn add_ocsp(&mut self, response: &Arc<OcspResponse>) -> Result<(), StoreError> {
        if self.ocsp_count >= Self::MAX_OCSP {
            return Err(StoreError::Full);
        }
        let mut outcome = Ok(());
        for single in response.responses() {
            let about_serial = self.ocsp.entry(single.certificate.serial().into()).or_default();
            if about_serial.iter().any(|known| known.sha256() == response.sha256()) {
                continue;
            }
            if about_serial.len() >= Self::MAX_OCSP_OF_SERIAL {
                outcome = Err(StoreError::Full);
                continue;
            }
            about_serial.push(Arc::clone(response));
            self.ocsp_count += 1;
        }
        outcome
    }

    /// The OCSP responses about certificates with a serial number (two's-complement octets), in the order they were
    /// added.
    pub fn about_serial(&self, serial: &[u8]) -> &[Arc<OcspResponse>] {
        self.ocsp.get(shortest(serial)).map_or(&[], Vec::as_slice)
    }

    /// Number of OCSP responses; one about several serial numbers counts for each.
    pub const fn ocsp_len(&self) -> usize {
        self.ocsp_count
    }

    /// The CRLs of one issuer, in the order they were added.
    pub fn of_issuer(&self, name: &Name) -> &[Arc<Crl>] {
        self.crls.get(name.canonical()).map_or(&[], Vec::as_slice)
    }

    /// Number of CRLs.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are neither CRLs nor OCSP responses.
    pub const fn is_empty(&self) -> bool {
        self.count == 0 && self.ocsp_count == 0
    }

    /// The latest issue time that revocation data may have.
    pub(super) const fn latest_issue(&self) -> UtcDateTime {
        self.latest_issue
    }
}

/// How far the clocks of an authority and ours may differ.
const CLOCK_SKEW: Duration = Duration::minutes(5);
