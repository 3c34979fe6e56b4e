//! Digests and signature values: which algorithms we know, and whether a value holds.
//!
//! This module computes; it never decides whether an algorithm is strong enough (that is
//! `trust::policy`). aws-lc-rs does the work; OpenSSL does what aws-lc-rs lacks.

mod algorithm;
mod cipher;
mod digest;
mod ed25519;
mod key;
mod openssl_verify;
mod random;

pub use algorithm::{AlgorithmError, SignatureScheme};
pub use cipher::{Padding, aes_cbc_decrypt, aes_cbc_encrypt, rc4};
pub(crate) use digest::hex;
pub use digest::{Digest, DigestAlgorithm, Hasher};
pub use ed25519::{ED25519_PUBLIC_KEY_LEN, ED25519_SIGNATURE_LEN, Ed25519KeyError, Ed25519SigningKey, verify_ed25519};
pub use key::{Curve, KeyError, KeyKind, PublicKey, SignatureInvalid};
pub use random::{NoRandomness, random};
