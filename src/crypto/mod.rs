//! Digests and signature values: which algorithms we know, and whether a value holds.
//!
//! This module computes; it never decides whether an algorithm is strong enough (that is
//! `trust::policy`). aws-lc-rs does the work; OpenSSL does what aws-lc-rs lacks.

mod algorithm;
mod digest;
mod key;
mod openssl_verify;
mod random;

pub use algorithm::{AlgorithmError, SignatureScheme};
pub(crate) use digest::hex;
pub use digest::{Digest, DigestAlgorithm, Hasher};
pub use key::{Curve, KeyError, KeyKind, PublicKey, SignatureInvalid};
pub use random::{NoRandomness, random};
