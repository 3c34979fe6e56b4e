//! Hashes of the tree (RFC 6962 §2.1): SHA-256, with one octet in front that tells leaves from nodes.

use std::fmt;

use crate::crypto::{DigestAlgorithm, Hasher, hex};

/// Octets of a hash.
pub const HASH_LEN: usize = 32;

/// A hash: of a record, of a node of the tree, of personal data.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TreeHash([u8; HASH_LEN]);

/// Not 32 octets, or not written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a SHA-256 hash")]
pub struct BadHash;

impl TreeHash {
    /// Stands where nothing precedes.
    pub const NONE: Self = Self([0; HASH_LEN]);

    /// The head of a tree without leaves: the digest of no octets.
    pub fn empty_tree() -> Self {
        Self::over(&[])
    }

    /// Of a leaf.
    pub fn leaf(octets: &[u8]) -> Self {
        Self::over(&[&[0x00], octets])
    }

    /// Of a node with two children.
    pub fn node(left: &Self, right: &Self) -> Self {
        Self::over(&[&[0x01], &left.0, &right.0])
    }

    /// Of parts, one after the other.
    pub(super) fn over(parts: &[&[u8]]) -> Self {
        let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
        for part in parts {
            hasher.update(part);
        }
        let mut hash = [0; HASH_LEN];
        for (to, from) in hash.iter_mut().zip(hasher.finish().as_bytes()) {
            *to = *from;
        }
        Self(hash)
    }

    /// Its octets.
    pub const fn as_bytes(&self) -> &[u8; HASH_LEN] {
        &self.0
    }

    /// Reads lower-case hexadecimal.
    pub fn from_hex(text: &str) -> Result<Self, BadHash> {
        let mut hash = [0; HASH_LEN];
        if text.len() != 2 * HASH_LEN {
            return Err(BadHash);
        }
        for (to, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = str::from_utf8(pair).map_err(|_| BadHash)?;
            *to = u8::from_str_radix(pair, 16).map_err(|_| BadHash)?;
        }
        let hash = Self(hash);
        if hash.to_string() == text { Ok(hash) } else { Err(BadHash) }
    }
}

impl From<[u8; HASH_LEN]> for TreeHash {
    fn from(octets: [u8; HASH_LEN]) -> Self {
        Self(octets)
    }
}

impl TryFrom<&[u8]> for TreeHash {
    type Error = BadHash;

    fn try_from(octets: &[u8]) -> Result<Self, BadHash> {
        octets.try_into().map(Self).map_err(|_| BadHash)
    }
}

/// Lower-case hexadecimal.
impl fmt::Display for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
