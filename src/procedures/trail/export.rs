//! Copies the trail out as JSON lines, so that it can be verified elsewhere without Varco.
//!
//! The first line tells the head (and the checkpoint over it, where there is one), each other line an event: its record
//! as RFC 8785 writes it, its hash, and an inclusion proof (RFC 6962 §2.1.1) to that head. Hashes are lower-case
//! hexadecimal. Personal data come with their salt, if they are wanted: SHA-256(salt || content) is the `personal` of
//! the record.

use std::io;
use std::ops::Range;

use serde::Serialize;
use time::UtcDateTime;

use crate::audit::{Checkpoint, Question, Record, Tiles, TreeHash, TreeHead};
use crate::crypto::hex;
use crate::domain::actor::Actor;
use crate::procedures::trail::{TrailError, TrailEvent, head, joined};
use crate::store::{Detail, Store, TellOfExport};

/// Events that are read at once: a tile's worth, so that each tile is read once.
const PAGE: u64 = 256;

/// What is copied.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// The first event.
    pub from: u64,
    /// The event after the last one; none: to the end.
    pub to: Option<u64>,
    /// Whether personal data come along.
    pub detail: Detail,
    /// Who wants it.
    pub actor: Actor,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The trail did not answer.
    #[error(transparent)]
    Trail(#[from] TrailError),
    /// The copy cannot be written.
    #[error("the export cannot be written: {0}")]
    Writing(#[source] io::Error),
}

#[derive(Serialize)]
struct HeadLine<'a> {
    format: &'static str,
    size: u64,
    root: String,
    checkpoint: Option<&'a str>,
    from: u64,
    to: u64,
}

#[derive(Serialize)]
struct EventLine {
    sequence: u64,
    record: String,
    hash: String,
    proof: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal: Option<Personal>,
}

#[derive(Serialize)]
struct Personal {
    salt: String,
    content: String,
}

/// Writes lines to `write`, each with its line feed. Tells how many events there were. The head is that of the last
/// checkpoint, if it covers all that is asked for, and the present one otherwise. That the trail was copied becomes
/// an event, before anything is written.
pub async fn export(
    store: &Store,
    request: &ExportRequest,
    now: UtcDateTime,
    mut write: impl FnMut(&str) -> io::Result<()>,
) -> Result<u64, ExportError> {
    let size = store.trail_end().await.map_err(TrailError::from)?.size;
    let checkpoint = store.last_checkpoint().await.map_err(TrailError::from)?;
    let to = request.to.unwrap_or(size);
    if to > size || request.from > to {
        return Err(TrailError::NotThere.into());
    }
    let covering = checkpoint.filter(|checkpoint| checkpoint.size >= to);
    let top = head(store, covering.as_ref().map_or(size, |checkpoint| checkpoint.size)).await?;
    let agrees = |note: &str| Checkpoint::read_unverified(note).is_ok_and(|checkpoint| checkpoint.head == top);
    if covering.as_ref().is_some_and(|checkpoint| !agrees(&checkpoint.note)) {
        return Err(TrailError::Broken.into());
    }
    let line = HeadLine {
        format: "varco-trail-1",
        size: top.size,
        root: top.root.to_string(),
        checkpoint: covering.as_ref().map(|checkpoint| checkpoint.note.as_str()),
        from: request.from,
        to,
    };
    let events = request.from..to;
    let tell = TellOfExport { events, detail: request.detail, actor: request.actor.clone(), at: now };
    store.change(tell).await.map_err(TrailError::from)?;
    write_line(&mut write, &line)?;
    let mut tiles = Tiles::default();
    let mut next = request.from;
    while next < to {
        let until = to.min(next - next % PAGE + PAGE);
        let read = part(store, next..until, request.detail).await?;
        for event in &read {
            let record = event.record.record().ok_or(TrailError::Broken)?;
            let proof = proof(store, &mut tiles, record.sequence, top).await?;
            write_line(&mut write, &event_line(event, &record, &proof))?;
        }
        next = until;
    }
    Ok(to - request.from)
}

/// The events of a range, all of them.
async fn part(store: &Store, range: Range<u64>, detail: Detail) -> Result<Vec<TrailEvent>, TrailError> {
    let limit = u32::try_from(range.end - range.start).unwrap_or(u32::MAX);
    let records = store.trail_records(range.start, limit).await?;
    if !records.iter().map(|record| record.sequence).eq(range.clone()) {
        return Err(TrailError::Broken);
    }
    let personal = match detail {
        Detail::WithoutPersonalData => Vec::new(),
        Detail::WithPersonalData => store.trail_personal(range).await?,
    };
    Ok(joined(records, personal))
}

/// A proof, from tiles that are kept as long as the events around need them.
async fn proof(store: &Store, tiles: &mut Tiles, index: u64, top: TreeHead) -> Result<Vec<TreeHash>, TrailError> {
    let question = Question::Inclusion { index, size: top.size };
    let wanted = question.tiles()?;
    if !wanted.iter().all(|tile| tiles.holds(*tile, top.size)) {
        *tiles = store.trail_tiles(&wanted, top.size).await?;
    }
    Ok(question.answer(tiles)?)
}

fn event_line(event: &TrailEvent, record: &Record, proof: &[TreeHash]) -> EventLine {
    EventLine {
        sequence: record.sequence,
        record: record.encoded(),
        hash: record.hash().to_string(),
        proof: proof.iter().map(TreeHash::to_string).collect(),
        personal: event.personal.as_ref().map(|data| Personal { salt: hex(&data.salt), content: data.text.clone() }),
    }
}

fn write_line(write: &mut impl FnMut(&str) -> io::Result<()>, line: &impl Serialize) -> Result<(), ExportError> {
    // Our own types have text keys and finite numbers: there is nothing that JSON cannot say.
    let text = serde_json::to_string(line).unwrap_or_default() + "\n";
    write(&text).map_err(ExportError::Writing)
}
