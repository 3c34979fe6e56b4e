//! Keys under which signed revocation data were tried, and what came of it: the data are used for many certificates.

use std::sync::{Mutex, PoisonError};

use crate::crypto::{PublicKey, SignatureInvalid};

/// A few keys with the outcome of each.
#[derive(Default)]
pub(super) struct Tried(Mutex<Vec<Outcome>>);

/// A `SubjectPublicKeyInfo`, and whether the signature verifies under it.
type Outcome = (Box<[u8]>, Result<(), SignatureInvalid>);

impl Tried {
    /// The outcome for a key: as it was, or as `verify` finds it now.
    pub(super) fn verify(
        &self,
        key: &PublicKey,
        verify: impl FnOnce() -> Result<(), SignatureInvalid>,
    ) -> Result<(), SignatureInvalid> {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, result)) = tried.iter().find(|(spki, _)| **spki == *key.spki()) {
            return *result;
        }
        let result = verify();
        if tried.len() < MAX_KEYS {
            tried.push((key.spki().into(), result));
        }
        result
    }
}

/// Keys remembered for one CRL or response.
const MAX_KEYS: usize = 16;
