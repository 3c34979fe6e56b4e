//! The tree over the records (RFC 6962 §2.1), computed from stored hashes.
//!
//! The hashes of leaves are kept with the records, those of complete subtrees of 256, 65 536, 16 777 216… leaves
//! beside them, as C2SP tlog-tiles does. A *tile* is up to 256 neighbours of one level: level 0 are leaves, and each
//! hash of level `n + 1` stands for a whole tile of level `n`. A proof needs two tiles of each level at most.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::ops::Range;

use ct_merkle::{indices_for_consistency_proof, indices_for_inclusion_proof};

use crate::audit::TreeHash;

/// Hashes in a whole tile.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;
/// Levels of the tree from one level of tiles to the next.
const TILE_HEIGHT: u32 = 8;
/// Larger trees are not made: their sizes would not fit where sizes are kept.
const MAX_SIZE: u64 = 1 << 62;

/// The place of a tile.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Tile {
    /// 0: leaves; each level above has one hash for 256 of the level below.
    pub level: u8,
    /// The tiles of a level are numbered from 0.
    pub number: u64,
}

impl Tile {
    /// The positions of its hashes among those of its level, in a tree of `size` leaves.
    pub fn positions(self, size: u64) -> Range<u64> {
        let first = self.number.saturating_mul(TILE_WIDTH);
        first..first.saturating_add(TILE_WIDTH).min(complete(size, self.level))
    }
}

/// How many hashes of a level a tree of `size` leaves has: complete subtrees of so many leaves.
pub fn complete(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level) * TILE_HEIGHT).unwrap_or(0)
}

/// Why a head or a proof cannot be had.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TreeError {
    /// There is no such leaf, or no such earlier tree, in a tree of this size.
    #[error("not in the tree")]
    OutOfRange,
    /// Stored hashes are missing.
    #[error("hashes of the tree are missing")]
    Incomplete,
}

/// A proof that is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Question {
    /// The head of the tree of so many leaves.
    Head {
        /// Leaves.
        size: u64,
    },
    /// That a leaf is in a tree (RFC 6962 §2.1.1).
    Inclusion {
        /// The leaf.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// That a tree begins with an earlier one (RFC 6962 §2.1.2).
    Consistency {
        /// Leaves of the earlier tree; at least 1.
        from: u64,
        /// Leaves of the later one.
        size: u64,
    },
}

impl Question {
    /// Leaves of the tree that it is about.
    pub const fn size(self) -> u64 {
        match self {
            Self::Head { size } | Self::Inclusion { size, .. } | Self::Consistency { size, .. } => size,
        }
    }

    /// The tiles from which it is answered.
    pub fn tiles(self) -> Result<BTreeSet<Tile>, TreeError> {
        let nodes = self.nodes()?;
        Ok(nodes.into_iter().flat_map(subtrees).map(Subtree::tile).collect())
    }

    /// The answer: one hash for [`Question::Head`], those of the proof otherwise.
    pub fn answer(self, tiles: &mut Tiles) -> Result<Vec<TreeHash>, TreeError> {
        self.nodes()?.into_iter().map(|node| tiles.node(node)).collect()
    }

    /// The leaves below each node whose hash is wanted.
    fn nodes(self) -> Result<Vec<Range<u64>>, TreeError> {
        let size = self.size();
        if size > MAX_SIZE {
            return Err(TreeError::OutOfRange);
        }
        let indices = match self {
            Self::Head { size } => return Ok(std::iter::once(0..size).collect()),
            Self::Inclusion { index, .. } if index < size => indices_for_inclusion_proof(size, index),
            Self::Consistency { from, .. } if from > 0 && from <= size => {
                indices_for_consistency_proof(from, size - from)
            }
            Self::Inclusion { .. } | Self::Consistency { .. } => return Err(TreeError::OutOfRange),
        };
        Ok(indices.into_iter().map(|index| leaves_below(index, size)).collect())
    }
}

/// The leaves below a node of the array in which a tree is laid out (RFC 9420, appendix C): leaves have even numbers,
/// and a node's level is how many ones its number ends in.
fn leaves_below(index: u64, size: u64) -> Range<u64> {
    let level = index.trailing_ones();
    let first = index.checked_shr(level + 1).unwrap_or(0) << level;
    first..first.saturating_add(1 << level).min(size)
}

/// A complete subtree: 2^height leaves from `first`, a multiple of that.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Subtree {
    first: u64,
    height: u32,
}

/// The complete subtrees that make a node: the largest first (RFC 6962 §2.1: the left child is as large as can be).
fn subtrees(leaves: Range<u64>) -> impl Iterator<Item = Subtree> {
    let mut rest = leaves;
    std::iter::from_fn(move || {
        let height = (rest.end - rest.start).checked_ilog2()?;
        let subtree = Subtree { first: rest.start, height };
        rest.start += 1 << height;
        Some(subtree)
    })
}

impl Subtree {
    /// The level of the stored hashes from which its own is computed.
    fn level(self) -> u8 {
        u8::try_from(self.height / TILE_HEIGHT).unwrap_or(u8::MAX)
    }

    /// The position of the first of them on that level; all are in one tile.
    fn position(self) -> u64 {
        complete(self.first, self.level())
    }

    fn tile(self) -> Tile {
        Tile { level: self.level(), number: self.position() / TILE_WIDTH }
    }

    /// Its halves; `None` if its hash is a stored one.
    fn halves(self) -> Option<(Self, Self)> {
        if self.height.is_multiple_of(TILE_HEIGHT) {
            return None;
        }
        let height = self.height - 1;
        Some((Self { first: self.first, height }, Self { first: self.first + (1 << height), height }))
    }
}

/// Stored hashes, tile by tile, and what was computed from them.
#[derive(Clone, Debug, Default)]
pub struct Tiles {
    tiles: BTreeMap<Tile, Vec<TreeHash>>,
    computed: BTreeMap<Subtree, TreeHash>,
}

impl Tiles {
    /// Adds a tile; its hashes in their order, from the first of the tile.
    pub fn insert(&mut self, tile: Tile, hashes: Vec<TreeHash>) {
        self.tiles.insert(tile, hashes);
    }

    /// Whether a tile is there, as far as a tree of `size` leaves fills it.
    pub fn holds(&self, tile: Tile, size: u64) -> bool {
        let wanted = tile.positions(size);
        self.tiles.get(&tile).is_some_and(|hashes| {
            u64::try_from(hashes.len()).is_ok_and(|count| count >= wanted.end.saturating_sub(wanted.start))
        })
    }

    /// The hash of a node; of none, that of the empty tree.
    fn node(&mut self, leaves: Range<u64>) -> Result<TreeHash, TreeError> {
        let parts: Vec<TreeHash> =
            subtrees(leaves).map(|subtree| self.subtree(subtree)).collect::<Result<_, TreeError>>()?;
        let from_the_right = parts.into_iter().rev().reduce(|right, left| TreeHash::node(&left, &right));
        Ok(from_the_right.unwrap_or_else(TreeHash::empty_tree))
    }

    /// Halves at most seven times: what is below is stored.
    fn subtree(&mut self, subtree: Subtree) -> Result<TreeHash, TreeError> {
        let Some((left, right)) = subtree.halves() else { return self.stored(subtree) };
        if let Some(hash) = self.computed.get(&subtree) {
            return Ok(*hash);
        }
        let hash = TreeHash::node(&self.subtree(left)?, &self.subtree(right)?);
        self.computed.insert(subtree, hash);
        Ok(hash)
    }

    fn stored(&self, subtree: Subtree) -> Result<TreeHash, TreeError> {
        let offset = usize::try_from(subtree.position() % TILE_WIDTH).unwrap_or(usize::MAX);
        let hash = self.tiles.get(&subtree.tile()).and_then(|hashes| hashes.get(offset));
        hash.copied().ok_or(TreeError::Incomplete)
    }
}

/// The head of a complete subtree over hashes of which the count is a power of two.
pub fn whole(hashes: &[TreeHash]) -> Option<TreeHash> {
    let mut hashes = hashes.to_vec();
    while hashes.len() > 1 {
        hashes = hashes.as_chunks().0.iter().map(|[left, right]| TreeHash::node(left, right)).collect();
    }
    hashes.pop()
}

/// The right edge of a tree that grows: enough for its head, however large it is.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    size: u64,
    /// Heads of complete subtrees with their heights, the largest first.
    subtrees: Vec<(u32, TreeHash)>,
}

/// A hash that is stored beside the leaves, once its subtree is complete.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Completed {
    /// Level of tiles, 1 and above.
    pub level: u8,
    /// Position on the level.
    pub position: u64,
    /// The hash.
    pub hash: TreeHash,
}

impl Edge {
    /// Leaves so far.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; tells what this completed.
    pub fn push(&mut self, leaf: TreeHash) -> Vec<Completed> {
        let mut completed = Vec::new();
        let (mut height, mut hash) = (0, leaf);
        self.size += 1;
        while let Some((_, left)) = self.subtrees.pop_if(|(of_left, _)| *of_left == height) {
            hash = TreeHash::node(&left, &hash);
            height += 1;
            if height % TILE_HEIGHT == 0 {
                let level = u8::try_from(height / TILE_HEIGHT).unwrap_or(u8::MAX);
                completed.push(Completed { level, position: complete(self.size, level).saturating_sub(1), hash });
            }
        }
        self.subtrees.push((height, hash));
        completed
    }

    /// The head.
    pub fn head(&self) -> TreeHash {
        let hashes = self.subtrees.iter().rev().map(|(_, hash)| *hash);
        hashes.reduce(|right, left| TreeHash::node(&left, &right)).unwrap_or_else(TreeHash::empty_tree)
    }
}

#[cfg(test)]
mod tests;
