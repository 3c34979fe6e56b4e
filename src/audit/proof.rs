//! Whether proofs hold (RFC 6962 §2.1.1, §2.1.2), by ct-merkle.

use ct_merkle::digest::consts::U32;
use ct_merkle::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update};
use ct_merkle::{ConsistencyProof, HashableLeaf, InclusionProof, RootHash};

use crate::audit::TreeHash;
use crate::crypto::{DigestAlgorithm, Hasher};

/// The tree of a size, known by its head.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TreeHead {
    /// Leaves.
    pub size: u64,
    /// The hash over all of them.
    pub root: TreeHash,
}

/// The proof does not show it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the proof does not hold")]
pub struct NotProven;

impl TreeHead {
    /// Whether `record`, as it is encoded, is the leaf `index` of this tree.
    pub fn verify_inclusion(&self, record: &[u8], index: u64, proof: &[TreeHash]) -> Result<(), NotProven> {
        let proof = InclusionProof::try_from_bytes(joined(proof)).map_err(|_| NotProven)?;
        self.root_hash().verify_inclusion(&Octets(record), index, &proof).map_err(|_| NotProven)
    }

    /// Whether this tree begins with all of an earlier one. Every tree begins with the empty one.
    pub fn verify_consistency(&self, earlier: &Self, proof: &[TreeHash]) -> Result<(), NotProven> {
        if earlier.size == 0 {
            return if proof.is_empty() && earlier.root == TreeHash::empty_tree() { Ok(()) } else { Err(NotProven) };
        }
        let proof = ConsistencyProof::try_from_bytes(joined(proof)).map_err(|_| NotProven)?;
        self.root_hash().verify_consistency(&earlier.root_hash(), &proof).map_err(|_| NotProven)
    }

    fn root_hash(&self) -> RootHash<Sha256> {
        RootHash::new(Output::<Sha256>::from(*self.root.as_bytes()), self.size)
    }
}

fn joined(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(TreeHash::as_bytes).copied().collect()
}

struct Octets<'a>(&'a [u8]);

impl HashableLeaf for Octets<'_> {
    fn hash<H: Update>(&self, hasher: &mut H) {
        hasher.update(self.0);
    }
}

/// Our SHA-256, as ct-merkle wants it.
#[derive(Clone)]
pub(super) struct Sha256(Hasher);

impl Default for Sha256 {
    fn default() -> Self {
        Self(Hasher::new(DigestAlgorithm::Sha256))
    }
}

impl HashMarker for Sha256 {}

impl OutputSizeUser for Sha256 {
    type OutputSize = U32;
}

impl Update for Sha256 {
    fn update(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }
}

impl FixedOutput for Sha256 {
    fn finalize_into(self, out: &mut Output<Self>) {
        for (to, from) in out.iter_mut().zip(self.0.finish().as_bytes()) {
            *to = *from;
        }
    }
}
