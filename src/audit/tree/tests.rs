//! The tree against the vectors of the Certificate Transparency project and against ct-merkle.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;

use super::*;
use crate::audit::TreeHead;
use crate::audit::proof::Sha256;

/// Leaves, and the head of the tree over the first so many of them (transparency-dev/merkle, `testonly`, after
/// certificate-transparency's `merkletree_test`).
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const HEADS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
/// Index, size, proof.
const INCLUSION: [(u64, u64, &[&str]); 4] = [
    (0, 1, &[]),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];
/// Earlier size, size, proof.
const CONSISTENCY: [(u64, u64, &[&str]); 3] = [
    (1, 1, &[]),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

#[test]
fn heads_and_proofs_are_those_of_certificate_transparency() {
    let stored = stored(LEAVES);
    for (size, expected) in (0..).zip(HEADS) {
        assert_eq!(head(&stored, size).root.to_string(), expected);
    }
    for (index, size, expected) in INCLUSION {
        assert_eq!(texts(answer(&stored, Question::Inclusion { index, size })), expected, "{index} in {size}");
    }
    for (from, size, expected) in CONSISTENCY {
        assert_eq!(texts(answer(&stored, Question::Consistency { from, size })), expected, "{from} in {size}");
    }
}

#[test]
fn what_is_not_in_the_tree_cannot_be_proven() {
    for question in [
        Question::Inclusion { index: 0, size: 0 },
        Question::Inclusion { index: 8, size: 8 },
        Question::Consistency { from: 0, size: 8 },
        Question::Consistency { from: 9, size: 8 },
        Question::Inclusion { index: 0, size: u64::MAX },
        Question::Consistency { from: 1, size: u64::MAX },
        Question::Head { size: u64::MAX },
    ] {
        assert_eq!(question.tiles(), Err(TreeError::OutOfRange), "{question:?}");
    }
    let missing = Question::Head { size: 3 }.answer(&mut Tiles::default());
    assert_eq!(missing, Err(TreeError::Incomplete));
}

/// A tree of a hundred thousand leaves has three levels of tiles; ct-merkle computes the same from memory.
#[test]
fn large_trees_agree_with_ct_merkle() {
    let leaves: Vec<Vec<u8>> = (0..70_001_u32).map(|number| number.to_be_bytes().to_vec()).collect();
    let stored = stored(leaves.iter().map(Vec::as_slice));
    let mut peer = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for leaf in &leaves {
        peer.push(leaf.clone());
    }
    let size = peer.len();
    for index in [0, 1, 255, 256, 65_535, 65_536, 69_999, 70_000] {
        let proof = answer(&stored, Question::Inclusion { index, size });
        let expected = peer.prove_inclusion(usize::try_from(index).unwrap());
        assert_eq!(octets(&proof), expected.as_bytes(), "{index}");
        let leaf = &leaves[usize::try_from(index).unwrap()];
        assert_eq!(head(&stored, size).verify_inclusion(leaf, index, &proof), Ok(()));
    }
    for from in [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 70_000, 70_001] {
        let proof = answer(&stored, Question::Consistency { from, size });
        let expected = peer.prove_consistency(usize::try_from(size - from).unwrap());
        assert_eq!(octets(&proof), expected.as_bytes(), "{from}");
        assert_eq!(head(&stored, size).verify_consistency(&head(&stored, from), &proof), Ok(()));
    }
    assert!(Question::Inclusion { index: 5, size }.tiles().unwrap().len() <= 6);
}

proptest! {
    #[test]
    fn trees_of_any_size_agree_with_ct_merkle(size in 1_u64..1_500, a in any::<u64>(), b in any::<u64>()) {
        let leaves: Vec<Vec<u8>> = (0..size).map(|number| number.to_string().into_bytes()).collect();
        let stored = stored(leaves.iter().map(Vec::as_slice));
        let mut peer = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let mut edge = Edge::default();
        for leaf in &leaves {
            peer.push(leaf.clone());
            edge.push(TreeHash::leaf(leaf));
        }
        let this = head(&stored, size);
        let root = peer.root();
        prop_assert_eq!(&this.root.as_bytes()[..], &root.as_bytes()[..]);
        prop_assert_eq!(this.root, edge.head());

        let index = a % size;
        let proof = answer(&stored, Question::Inclusion { index, size });
        let expected = peer.prove_inclusion(usize::try_from(index).unwrap());
        prop_assert_eq!(octets(&proof), expected.as_bytes());
        let leaf = &leaves[usize::try_from(index).unwrap()];
        prop_assert_eq!(this.verify_inclusion(leaf, index, &proof), Ok(()));
        prop_assert!(this.verify_inclusion(b"x", index, &proof).is_err());
        if size > 1 {
            prop_assert!(this.verify_inclusion(leaf, (index + 1) % size, &proof).is_err());
        }

        let from = 1 + b % size;
        let earlier = head(&stored, from);
        let proof = answer(&stored, Question::Consistency { from, size });
        let expected = peer.prove_consistency(usize::try_from(size - from).unwrap());
        prop_assert_eq!(octets(&proof), expected.as_bytes());
        prop_assert_eq!(this.verify_consistency(&earlier, &proof), Ok(()));
        let other = TreeHead { root: TreeHash::NONE, ..earlier };
        prop_assert!(this.verify_consistency(&other, &proof).is_err());
    }
}

#[test]
fn every_tree_begins_with_the_empty_one_and_no_other_without_leaves() {
    let stored = stored(LEAVES);
    let this = head(&stored, 8);
    assert_eq!(this.verify_consistency(&head(&stored, 0), &[]), Ok(()));
    assert!(this.verify_consistency(&TreeHead { size: 0, root: TreeHash::NONE }, &[]).is_err());
}

/// What a store would have: the hashes of every level.
type Stored = BTreeMap<u8, Vec<TreeHash>>;

fn stored<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Stored {
    let mut stored = Stored::new();
    let mut edge = Edge::default();
    for leaf in leaves {
        let leaf = TreeHash::leaf(leaf);
        stored.entry(0).or_default().push(leaf);
        for completed in edge.push(leaf) {
            let level = stored.entry(completed.level).or_default();
            assert_eq!(u64::try_from(level.len()), Ok(completed.position));
            level.push(completed.hash);
        }
    }
    stored
}

fn answer(stored: &Stored, question: Question) -> Vec<TreeHash> {
    let mut tiles = Tiles::default();
    for tile in question.tiles().unwrap() {
        let positions = tile.positions(question.size());
        let range = usize::try_from(positions.start).unwrap()..usize::try_from(positions.end).unwrap();
        tiles.insert(tile, stored[&tile.level][range].to_vec());
    }
    question.answer(&mut tiles).unwrap()
}

fn head(stored: &Stored, size: u64) -> TreeHead {
    TreeHead { size, root: answer(stored, Question::Head { size })[0] }
}

fn texts(hashes: Vec<TreeHash>) -> Vec<String> {
    hashes.into_iter().map(|hash| hash.to_string()).collect()
}

fn octets(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(TreeHash::as_bytes).copied().collect()
}
