//! The trail, for those who may read it: pages of events, signed checkpoints, proofs.

pub mod export;
pub mod key;
pub mod reports;
pub mod verification;

use std::collections::BTreeSet;

use time::UtcDateTime;

use crate::audit::{
    Checkpoint, NotProven, PersonalData, Question, StoredRecord, TreeError, TreeHash, TreeHead, sign_checkpoint,
};
use crate::domain::actor::Actor;
use crate::procedures::trail::key::{KeyFileError, TrailKey};
use crate::store::{Detail, KeepCheckpoint, ReadTrail, Store, StoreError, StoredCheckpoint, StoredPersonalData};

/// The most events of a page.
pub const MAX_EVENTS: u32 = 1000;

/// Why the trail cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// There is no such event, or the trail was never so large.
    #[error("not in the trail")]
    NotThere,
    /// The trail is not what it was: it must be verified before anything is signed or proven.
    #[error("the trail is not what it was")]
    Broken,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key, or what is kept beside it, cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFileError),
}

impl From<TreeError> for TrailError {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::OutOfRange => Self::NotThere,
            TreeError::Incomplete => Self::Broken,
        }
    }
}

impl From<NotProven> for TrailError {
    fn from(_: NotProven) -> Self {
        Self::Broken
    }
}

/// The most checkpoints of a page.
pub const MAX_CHECKPOINTS: u32 = 1000;

/// Some events, in their order.
#[derive(Debug)]
pub struct Page {
    /// The events.
    pub events: Vec<TrailEvent>,
    /// Where the next page begins; there may be nothing yet.
    pub next: u64,
}

/// An event, as it is kept.
#[derive(Debug)]
pub struct TrailEvent {
    /// The record.
    pub record: StoredRecord,
    /// Personal data, where they were asked for and not erased.
    pub personal: Option<PersonalData>,
}

/// Reads events from one on, [`MAX_EVENTS`] at most. That they were read becomes an event.
pub async fn read(
    store: &Store,
    actor: Actor,
    from: u64,
    limit: u32,
    detail: Detail,
    now: UtcDateTime,
) -> Result<Page, TrailError> {
    let limit = limit.clamp(1, MAX_EVENTS);
    let (records, personal) = store.change(ReadTrail { from, limit, detail, actor, at: now }).await?;
    let next = records.last().map_or(from, |record| record.sequence.saturating_add(1));
    Ok(Page { events: joined(records, personal), next })
}

/// How many events there are.
pub async fn size(store: &Store) -> Result<u64, TrailError> {
    Ok(store.trail_end().await?.size)
}

/// Checkpoints of a size or larger, the smallest first, [`MAX_CHECKPOINTS`] at most. They hold hashes only: reading them is
/// no event.
pub async fn checkpoints(store: &Store, from: u64, limit: u32) -> Result<Vec<StoredCheckpoint>, TrailError> {
    Ok(store.trail_checkpoints(from, limit.clamp(1, MAX_CHECKPOINTS)).await?)
}

/// The checkpoint of a size.
pub async fn checkpoint(store: &Store, size: u64) -> Result<Option<StoredCheckpoint>, TrailError> {
    let found = store.trail_checkpoints(size, 1).await?;
    Ok(found.into_iter().find(|checkpoint| checkpoint.size == size))
}

/// Personal data beside their records; both in the order of events.
fn joined(records: Vec<StoredRecord>, personal: Vec<StoredPersonalData>) -> Vec<TrailEvent> {
    let mut personal = personal.into_iter().peekable();
    let events = records.into_iter().map(|record| {
        while personal.next_if(|data| data.sequence < record.sequence).is_some() {}
        let of_this = personal.next_if(|data| data.sequence == record.sequence);
        TrailEvent { record, personal: of_this.and_then(|stored| stored.data) }
    });
    events.collect()
}

/// Shows that an event is in the trail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Inclusion {
    /// The event.
    pub sequence: u64,
    /// The trail in which it is.
    pub head: TreeHead,
    /// RFC 6962 §2.1.1.
    pub proof: Vec<TreeHash>,
}

/// Proves that an event is among the first `size` of the trail; among all, without a size.
pub async fn prove_inclusion(store: &Store, sequence: u64, size: Option<u64>) -> Result<Inclusion, TrailError> {
    let size = known_size(store, size).await?;
    let [proof, root] =
        answers(store, [Question::Inclusion { index: sequence, size }, Question::Head { size }]).await?;
    Ok(Inclusion { sequence, head: tree_head(size, &root)?, proof })
}

/// Shows that the trail only grew.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consistency {
    /// The trail before.
    pub earlier: TreeHead,
    /// The trail after.
    pub later: TreeHead,
    /// RFC 6962 §2.1.2; without hashes where the earlier trail was empty.
    pub proof: Vec<TreeHash>,
}

/// Proves that the trail of `size` events (of all, without a size) begins with the one of `from` events.
pub async fn prove_consistency(store: &Store, from: u64, size: Option<u64>) -> Result<Consistency, TrailError> {
    let size = known_size(store, size).await?;
    let later = Question::Head { size };
    let [proof, later] = match from {
        0 => [Vec::new(), answers(store, [later]).await?.concat()],
        from => answers(store, [Question::Consistency { from, size }, later]).await?,
    };
    Ok(Consistency { earlier: head(store, from).await?, later: tree_head(size, &later)?, proof })
}

/// Signs the present head of the trail and keeps the checkpoint, in the store and beside the key. Nothing new, no new
/// one: the last is given back.
///
/// A trail that does not begin with the one that was signed before (by the store, or by the file beside the key, which
/// an old copy of the store does not know) is not signed: [`TrailError::Broken`].
pub async fn make_checkpoint(
    store: &Store,
    key: &TrailKey,
    actor: Actor,
    now: UtcDateTime,
) -> Result<StoredCheckpoint, TrailError> {
    let last = store.last_checkpoint().await?;
    let end = store.trail_end().await?;
    if end.size != end.rows {
        return Err(TrailError::Broken);
    }
    let outside = key.last_checkpoint()?;
    let present = head(store, end.size).await?;
    for earlier in last.iter().map(|last| last.note.as_str()).chain(outside.as_deref()) {
        let earlier = Checkpoint::read_unverified(earlier).map_err(|_| TrailError::Broken)?;
        check_growth(store, &earlier.head, &present).await?;
    }
    // The only event since then is the one that tells of the last checkpoint.
    if let Some(last) = last.filter(|last| end.size <= last.size.saturating_add(1)) {
        return Ok(last);
    }
    let note = sign_checkpoint(&present, key.signer());
    let keep = KeepCheckpoint { head: present, note: note.clone(), actor, at: now };
    match store.change(keep).await {
        Ok(()) => {}
        // Another instance signed the same head.
        Err(error) if matches!(error.kind(), StoreError::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    key.keep_checkpoint(&note)?;
    Ok(StoredCheckpoint { size: present.size, note, created_at: now })
}

/// Signs the present head because it is time to: nobody asked.
pub async fn seal(store: &Store, key: &TrailKey, now: UtcDateTime) -> Result<StoredCheckpoint, TrailError> {
    make_checkpoint(store, key, Actor::System, now).await
}

async fn check_growth(store: &Store, earlier: &TreeHead, present: &TreeHead) -> Result<(), TrailError> {
    if earlier.size > present.size {
        return Err(TrailError::Broken);
    }
    let proof = match earlier.size {
        0 => Vec::new(),
        from => answers(store, [Question::Consistency { from, size: present.size }]).await?.concat(),
    };
    Ok(present.verify_consistency(earlier, &proof)?)
}

/// A size that the trail has or had.
async fn known_size(store: &Store, size: Option<u64>) -> Result<u64, TrailError> {
    let end = store.trail_end().await?;
    size.map_or(Ok(end.size), |size| if size <= end.size { Ok(size) } else { Err(TrailError::NotThere) })
}

/// The head of the first `size` events.
pub async fn head(store: &Store, size: u64) -> Result<TreeHead, TrailError> {
    let [root] = answers(store, [Question::Head { size }]).await?;
    tree_head(size, &root)
}

fn tree_head(size: u64, root: &[TreeHash]) -> Result<TreeHead, TrailError> {
    root.first().map(|root| TreeHead { size, root: *root }).ok_or(TrailError::Broken)
}

/// Answers about one tree: what they need is read once.
async fn answers<const N: usize>(store: &Store, questions: [Question; N]) -> Result<[Vec<TreeHash>; N], TrailError> {
    let mut wanted = BTreeSet::new();
    for question in questions {
        wanted.extend(question.tiles()?);
    }
    let size = questions.map(Question::size).into_iter().max().unwrap_or(0);
    let mut tiles = store.trail_tiles(&wanted, size).await?;
    let mut answers = [const { Vec::new() }; N];
    for (answer, question) in answers.iter_mut().zip(questions) {
        *answer = question.answer(&mut tiles)?;
    }
    Ok(answers)
}
