//! The CRLs at hand.

use std::collections::HashMap;
use std::sync::Arc;

use time::{Duration, UtcDateTime};

use crate::trust::Name;
use crate::trust::revocation::Crl;

/// CRLs by issuer. A clone shares the CRLs, so that one document's own do not reach the next.
#[derive(Clone, Debug)]
pub struct RevocationStore {
    /// By canonical name of the issuer.
    crls: HashMap<Box<[u8]>, Vec<Arc<Crl>>>,
    count: usize,
    latest_issue: UtcDateTime,
}

/// Why a CRL was not taken in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// [`RevocationStore::MAX_CRLS_OF_ISSUER`] or [`RevocationStore::MAX_CRLS`] reached.
    #[error("too many CRLs")]
    Full,
}

impl RevocationStore {
    /// The most CRLs of one issuer.
    pub const MAX_CRLS_OF_ISSUER: usize = 1_000;
    /// The most CRLs in all.
    pub const MAX_CRLS: usize = 10_000;

    /// A store without CRLs. `now` is the present (not the validation time): a CRL issued later than five minutes
    /// after it is never used.
    pub fn new(now: UtcDateTime) -> Self {
        let latest_issue = now.checked_add(CLOCK_SKEW).unwrap_or(now);
        Self { crls: HashMap::new(), count: 0, latest_issue }
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

    /// The CRLs of one issuer, in the order they were added.
    pub fn of_issuer(&self, name: &Name) -> &[Arc<Crl>] {
        self.crls.get(name.canonical()).map_or(&[], Vec::as_slice)
    }

    /// Number of CRLs.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The latest issue time that a CRL may have.
    pub(super) const fn latest_issue(&self) -> UtcDateTime {
        self.latest_issue
    }
}

/// How far the clocks of an authority and ours may differ.
const CLOCK_SKEW: Duration = Duration::minutes(5);
