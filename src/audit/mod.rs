//! The trail: what was done, by whom, when; chained so that no change of it goes unseen.

mod checkpoint;
mod event;
mod hash;
mod note;
mod proof;
mod record;
mod tree;
mod verification;

pub use checkpoint::{Checkpoint, sign_checkpoint};
pub use event::{Action, Event, Subject};
pub use hash::{BadHash, HASH_LEN, TreeHash};
pub use note::{KeyName, MAX_NOTE_LEN, NoteError, NoteKey, NoteSigner};
pub use proof::{NotProven, TreeHead};
pub use record::{PersonalData, Record, SALT_LEN, facts_from_text};
pub use tree::{Completed, Edge, Question, TILE_WIDTH, Tile, Tiles, TreeError, complete, whole};
pub use verification::{Chain, Fault, Step, StoredRecord};
