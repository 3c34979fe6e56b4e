//! The trail: records, personal data beside them, hashes of the tree, checkpoints.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;

use futures_util::future::BoxFuture;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use time::UtcDateTime;

use crate::audit::{
    Action, Event, PersonalData, Record, StoredRecord, Subject, TILE_WIDTH, Tile, Tiles, TreeHash, TreeHead, complete,
    whole,
};
use crate::crypto::random;
use crate::domain::actor::Actor;
use crate::domain::id::VerificationId;
use crate::store::handle::in_time;
use crate::store::{Change, Database, Store, StoreError, Tx, micros, rows, time};

/// The most records that are read at once.
pub const MAX_PAGE: u32 = 4096;

const COLUMNS: &str = "sequence, at, actor, action, subject, facts, personal, previous, hash";

/// Where the trail ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TrailEnd {
    /// Records that were written.
    pub size: u64,
    /// The hash of the last one.
    pub last: TreeHash,
    /// Where the records that are there end: `size`, unless somebody took some away or added some.
    pub rows: u64,
}

/// Personal data as they are kept.
#[derive(Clone, Debug)]
pub struct StoredPersonalData {
    /// Of which event.
    pub sequence: u64,
    /// The data; `None` if what is there cannot be any.
    pub data: Option<PersonalData>,
}

/// A checkpoint as it is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredCheckpoint {
    /// Events that it covers.
    pub size: u64,
    /// The signed note.
    pub note: String,
    /// When it was signed.
    pub created_at: UtcDateTime,
}

/// Writes events at the end of the trail. On PostgreSQL other instances wait from here until this transaction ends.
///
/// Where the trail ends is remembered from the last time: if it is not so any more, somebody else wrote meanwhile.
pub(super) async fn append(tx: &mut Tx, events: &[Event]) -> Result<(), StoreError> {
    if let Some(end) = tx.trail_end.take() {
        let added = Added::after(end, events)?;
        if added.move_end(tx, end).await? {
            return added.insert(tx).await;
        }
    }
    let end = lock_end(tx).await?;
    let added = Added::after(end, events)?;
    if !added.move_end(tx, end).await? {
        return Err(StoreError::Conflict);
    }
    added.insert(tx).await
}

/// Where the trail ends, for whoever adds to it.
#[derive(Clone, Copy)]
pub(super) struct TreeEnd {
    size: u64,
    last: TreeHash,
}

/// What is added to the trail at once.
struct Added {
    records: Vec<(Record, TreeHash)>,
    personal: Vec<(u64, PersonalData)>,
    sizes: Range<u64>,
    end: TreeEnd,
}

impl Added {
    fn after(before: TreeEnd, events: &[Event]) -> Result<Self, StoreError> {
        let mut end = before;
        let mut records = Vec::with_capacity(events.len());
        let mut personal = Vec::new();
        for event in events {
            let salt = random().map_err(|error| StoreError::Unavailable(io::Error::other(error).into()))?;
            let data = PersonalData::of(event, salt);
            let record = Record::new(event, data.as_ref(), end.size, end.last);
            personal.extend(data.map(|data| (end.size, data)));
            end = TreeEnd { size: end.size + 1, last: record.hash() };
            records.push((record, end.last));
        }
        Ok(Self { records, personal, sizes: before.size..end.size, end })
    }

    /// Says where the trail ends from now on, if it ended there.
    async fn move_end(&self, tx: &mut Tx, before: TreeEnd) -> Result<bool, StoreError> {
        let sql = "UPDATE audit_head SET size = $1, last = $2 WHERE id = 1 AND size = $3 AND last = $4";
        let moved = sqlx::query(sql)
            .bind(signed(self.end.size))
            .bind(self.end.last.as_bytes().to_vec())
            .bind(signed(before.size))
            .bind(before.last.as_bytes().to_vec())
            .execute(tx.connection())
            .await?;
        Ok(moved.rows_affected() > 0)
    }

    async fn insert(self, tx: &mut Tx) -> Result<(), StoreError> {
        insert_records(tx.connection(), &self.records).await?;
        insert_personal(tx.connection(), &self.personal).await?;
        insert_tiles(tx, self.sizes).await?;
        tx.trail_end = Some(self.end);
        Ok(())
    }
}

async fn lock_end(tx: &mut Tx) -> Result<TreeEnd, StoreError> {
    let sql = match tx.database() {
        Database::Sqlite => "SELECT size, last FROM audit_head WHERE id = 1",
        Database::Postgres => "SELECT size, last FROM audit_head WHERE id = 1 FOR UPDATE",
    };
    let row = sqlx::query(sql).fetch_optional(tx.connection()).await?.ok_or(StoreError::Damaged("no trail"))?;
    Ok(TreeEnd { size: unsigned(&row, 0)?, last: hash(&row, 1)? })
}

async fn insert_records(connection: &mut AnyConnection, records: &[(Record, TreeHash)]) -> Result<(), StoreError> {
    let insert = format!("INSERT INTO audit_events ({COLUMNS}) VALUES");
    rows::insert(connection, (&insert, 9), records, |query, (record, hash)| {
        query
            .bind(signed(record.sequence))
            .bind(micros(record.at))
            .bind(record.actor.clone())
            .bind(record.action.clone())
            .bind(record.subject.clone())
            .bind(record.facts_text())
            .bind(record.personal.map(|commitment| commitment.as_bytes().to_vec()))
            .bind(record.previous.as_bytes().to_vec())
            .bind(hash.as_bytes().to_vec())
    })
    .await
}

async fn insert_personal(connection: &mut AnyConnection, personal: &[(u64, PersonalData)]) -> Result<(), StoreError> {
    let insert = "INSERT INTO audit_personal (sequence, salt, content) VALUES";
    rows::insert(connection, (insert, 3), personal, |query, (sequence, data)| {
        query.bind(signed(*sequence)).bind(data.salt.to_vec()).bind(data.text.clone())
    })
    .await
}

/// Keeps the hashes of the subtrees that new leaves completed. Where somebody took leaves away none is kept: verifying
/// the trail names the leaves, and what is to be written today is written.
async fn insert_tiles(tx: &mut Tx, new: Range<u64>) -> Result<(), StoreError> {
    for level in 1..=u8::MAX {
        let completed = complete(new.start, level)..complete(new.end, level);
        if completed.is_empty() {
            break;
        }
        for position in completed {
            let below = Tile { level: level - 1, number: position };
            let hashes = tile(tx.connection(), below, new.end).await?;
            let complete = u64::try_from(hashes.len()) == Ok(TILE_WIDTH);
            let Some(hash) = whole(&hashes).filter(|_| complete) else { continue };
            // One that stands there already was put there by somebody else.
            let sql = "INSERT INTO audit_tiles (level, position, hash) VALUES ($1, $2, $3) \
                       ON CONFLICT (level, position) DO UPDATE SET hash = excluded.hash";
            sqlx::query(sql)
                .bind(i64::from(level))
                .bind(signed(position))
                .bind(hash.as_bytes().to_vec())
                .execute(tx.connection())
                .await?;
        }
    }
    Ok(())
}

/// The hashes of a tile, up to the first that is missing.
async fn tile(connection: &mut AnyConnection, tile: Tile, size: u64) -> Result<Vec<TreeHash>, StoreError> {
    let positions = tile.positions(size);
    let sql = match tile.level {
        0 => "SELECT hash, sequence FROM audit_events WHERE sequence >= $1 AND sequence < $2 ORDER BY sequence",
        _ => {
            "SELECT hash, position FROM audit_tiles WHERE position >= $1 AND position < $2 AND level = $3 \
             ORDER BY position"
        }
    };
    let mut query = sqlx::query(sql).bind(signed(positions.start)).bind(signed(positions.end));
    if tile.level > 0 {
        query = query.bind(i64::from(tile.level));
    }
    let mut hashes = Vec::new();
    for (expected, row) in positions.zip(query.fetch_all(connection).await?) {
        if unsigned(&row, 1)? != expected {
            break;
        }
        hashes.push(hash(&row, 0)?);
    }
    Ok(hashes)
}

impl Store {
    /// Where the trail ends.
    pub async fn trail_end(&self) -> Result<TrailEnd, StoreError> {
        let sql = "SELECT size, last, (SELECT COALESCE(MAX(sequence) + 1, 0) FROM audit_events) FROM audit_head \
                   WHERE id = 1";
        in_time(async {
            let row = sqlx::query(sql).fetch_optional(self.pool()).await?.ok_or(StoreError::Damaged("no trail"))?;
            Ok(TrailEnd { size: unsigned(&row, 0)?, last: hash(&row, 1)?, rows: unsigned(&row, 2)? })
        })
        .await
    }

    /// Records from one on, `limit` at most and never more than [`MAX_PAGE`]. Whoever shows them to anybody must use
    /// [`ReadTrail`] instead.
    pub async fn trail_records(&self, from: u64, limit: u32) -> Result<Vec<StoredRecord>, StoreError> {
        let mut connection = self.pool().acquire().await?;
        records(&mut connection, from, limit).await
    }

    /// Stored hashes of the tree of `size` leaves.
    pub async fn trail_tiles(&self, wanted: &BTreeSet<Tile>, size: u64) -> Result<Tiles, StoreError> {
        in_time(async {
            let mut connection = self.pool().acquire().await?;
            let mut tiles = Tiles::default();
            for place in wanted {
                tiles.insert(*place, tile(&mut connection, *place, size).await?);
            }
            Ok(tiles)
        })
        .await
    }

    /// A stored hash of the tree, on level 1 or above.
    pub async fn trail_tile_hash(&self, level: u8, position: u64) -> Result<Option<TreeHash>, StoreError> {
        let row = sqlx::query("SELECT hash FROM audit_tiles WHERE level = $1 AND position = $2")
            .bind(i64::from(level))
            .bind(signed(position))
            .fetch_optional(self.pool())
            .await?;
        // One of another length is none.
        row.map(|row| Ok(row.try_get::<Vec<u8>, _>(0)?.as_slice().try_into().ok())).transpose().map(Option::flatten)
    }

    /// Personal data of events, those that were not erased, in the order of events.
    pub async fn trail_personal(&self, events: Range<u64>) -> Result<Vec<StoredPersonalData>, StoreError> {
        let mut connection = self.pool().acquire().await?;
        personal(&mut connection, events).await
    }

    /// Whether an event says that the personal data of another were erased.
    pub async fn trail_tells_of_erasing(&self, sequence: u64) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT sequence FROM audit_events WHERE subject = $1 AND action = $2 LIMIT 1")
            .bind(Subject::Event(sequence).to_string())
            .bind(Action::ErasePersonalData.word())
            .fetch_optional(self.pool())
            .await?;
        Ok(row.is_some())
    }

    /// The event that says that a verification was made; none if there is no such event, or if it is not what its hash was
    /// made from.
    pub async fn creation_of(&self, id: VerificationId) -> Result<Option<Record>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM audit_events WHERE subject = $1 AND action = $2 ORDER BY sequence LIMIT 1");
        let query = sqlx::query(AssertSqlSafe(sql))
            .bind(Subject::Verification(id).to_string())
            .bind(Action::CreateVerification.word());
        let row = in_time(async { Ok(query.fetch_optional(self.pool()).await?) }).await?;
        let kept = row.as_ref().map(record).transpose()?;
        Ok(kept.and_then(|kept| kept.record().filter(|record| record.hash().as_bytes() == kept.hash.as_slice())))
    }

    /// Checkpoints of a size or larger, the smallest first, `limit` at most.
    pub async fn trail_checkpoints(&self, from: u64, limit: u32) -> Result<Vec<StoredCheckpoint>, StoreError> {
        let sql = "SELECT size, note, created_at FROM audit_checkpoints WHERE size >= $1 ORDER BY size LIMIT $2";
        let query = sqlx::query(sql).bind(signed(from)).bind(i64::from(limit));
        in_time(async { query.fetch_all(self.pool()).await?.iter().map(checkpoint).collect() }).await
    }

    /// The largest checkpoint.
    pub async fn last_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        let sql = "SELECT size, note, created_at FROM audit_checkpoints ORDER BY size DESC LIMIT 1";
        sqlx::query(sql).fetch_optional(self.pool()).await?.as_ref().map(checkpoint).transpose()
    }
}

/// Whether personal data come along.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Detail {
    /// They stay where they are.
    WithoutPersonalData,
    /// They do, where they were not erased.
    WithPersonalData,
}

impl Detail {
    const fn word(self) -> &'static str {
        match self {
            Self::WithoutPersonalData => "no",
            Self::WithPersonalData => "yes",
        }
    }
}

/// Reads a part of the trail for somebody, which is an event itself.
#[derive(Debug)]
pub struct ReadTrail {
    /// The first record.
    pub from: u64,
    /// The most records; never more than [`MAX_PAGE`].
    pub limit: u32,
    /// Whether personal data come along.
    pub detail: Detail,
    /// Who reads.
    pub actor: Actor,
    /// When.
    pub at: UtcDateTime,
}

impl Change for ReadTrail {
    type Output = (Vec<StoredRecord>, Vec<StoredPersonalData>);

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(Self::Output, Event), StoreError>> {
        Box::pin(async move {
            let found = records(tx.connection(), self.from, self.limit).await?;
            let end = found.last().map_or(self.from, |record| record.sequence.saturating_add(1));
            let personal = match self.detail {
                Detail::WithoutPersonalData => Vec::new(),
                Detail::WithPersonalData => personal(tx.connection(), self.from..end).await?,
            };
            let event = Event {
                at: self.at,
                actor: self.actor.clone(),
                action: Action::ReadTrail,
                subject: Subject::Trail,
                facts: reading(&(self.from..end), self.detail),
                personal: Vec::new(),
            };
            Ok(((found, personal), event))
        })
    }
}

/// Tells that a part of the trail is copied out of the store.
#[derive(Debug)]
pub struct TellOfExport {
    /// The events that are copied.
    pub events: Range<u64>,
    /// Whether personal data come along.
    pub detail: Detail,
    /// Who copies.
    pub actor: Actor,
    /// When.
    pub at: UtcDateTime,
}

impl Change for TellOfExport {
    type Output = ();

    fn apply<'t>(&'t self, _: &'t mut Tx) -> BoxFuture<'t, Result<((), Event), StoreError>> {
        let event = Event {
            at: self.at,
            actor: self.actor.clone(),
            action: Action::ExportTrail,
            subject: Subject::Trail,
            facts: reading(&self.events, self.detail),
            personal: Vec::new(),
        };
        Box::pin(async move { Ok(((), event)) })
    }
}

fn reading(events: &Range<u64>, detail: Detail) -> Vec<(&'static str, String)> {
    vec![
        ("from", events.start.to_string()),
        ("to", events.end.to_string()),
        ("personal_data", detail.word().to_owned()),
    ]
}

/// Keeps a checkpoint. [`StoreError::Conflict`] if there is one of the same size.
#[derive(Debug)]
pub struct KeepCheckpoint {
    /// What was signed.
    pub head: TreeHead,
    /// The signed note.
    pub note: String,
    /// Who wanted it.
    pub actor: Actor,
    /// When.
    pub at: UtcDateTime,
}

impl Change for KeepCheckpoint {
    type Output = ();

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<((), Event), StoreError>> {
        Box::pin(async move {
            sqlx::query("INSERT INTO audit_checkpoints (size, note, created_at) VALUES ($1, $2, $3)")
                .bind(signed(self.head.size))
                .bind(&self.note)
                .bind(micros(self.at))
                .execute(tx.connection())
                .await?;
            let event = Event {
                at: self.at,
                actor: self.actor.clone(),
                action: Action::SignCheckpoint,
                subject: Subject::Trail,
                facts: vec![("size", self.head.size.to_string()), ("root", self.head.root.to_string())],
                personal: Vec::new(),
            };
            Ok(((), event))
        })
    }
}

/// Erases the personal data of an event; the output says whether there were any. The chain still verifies.
#[derive(Debug)]
pub struct ErasePersonalData {
    /// Of which event.
    pub sequence: u64,
    /// Who erases.
    pub actor: Actor,
    /// When.
    pub at: UtcDateTime,
}

impl Change for ErasePersonalData {
    type Output = bool;

    fn apply<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(bool, Event), StoreError>> {
        Box::pin(async move {
            let done = sqlx::query("DELETE FROM audit_personal WHERE sequence = $1")
                .bind(signed(self.sequence))
                .execute(tx.connection())
                .await?;
            let erased = done.rows_affected() > 0;
            let event = Event {
                at: self.at,
                actor: self.actor.clone(),
                action: Action::ErasePersonalData,
                subject: Subject::Event(self.sequence),
                facts: vec![("changed", erased.to_string())],
                personal: Vec::new(),
            };
            Ok((erased, event))
        })
    }
}

async fn records(connection: &mut AnyConnection, from: u64, limit: u32) -> Result<Vec<StoredRecord>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM audit_events WHERE sequence >= $1 ORDER BY sequence LIMIT $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(signed(from)).bind(i64::from(limit.min(MAX_PAGE)));
    query.fetch_all(connection).await?.iter().map(record).collect()
}

fn record(row: &AnyRow) -> Result<StoredRecord, StoreError> {
    Ok(StoredRecord {
        sequence: unsigned(row, 0)?,
        at: row.try_get(1)?,
        actor: row.try_get(2)?,
        action: row.try_get(3)?,
        subject: row.try_get(4)?,
        facts: row.try_get(5)?,
        personal: row.try_get(6)?,
        previous: row.try_get(7)?,
        hash: row.try_get(8)?,
    })
}

async fn personal(connection: &mut AnyConnection, events: Range<u64>) -> Result<Vec<StoredPersonalData>, StoreError> {
    let sql = "SELECT sequence, salt, content FROM audit_personal WHERE sequence >= $1 AND sequence < $2 \
               ORDER BY sequence";
    let query = sqlx::query(sql).bind(signed(events.start)).bind(signed(events.end));
    let rows = query.fetch_all(connection).await?;
    let read = |row: &AnyRow| -> Result<StoredPersonalData, StoreError> {
        let salt: Vec<u8> = row.try_get(1)?;
        let text = row.try_get(2)?;
        let data = salt.try_into().ok().map(|salt| PersonalData { salt, text });
        Ok(StoredPersonalData { sequence: unsigned(row, 0)?, data })
    };
    rows.iter().map(read).collect()
}

fn checkpoint(row: &AnyRow) -> Result<StoredCheckpoint, StoreError> {
    Ok(StoredCheckpoint { size: unsigned(row, 0)?, note: row.try_get(1)?, created_at: time(row.try_get(2)?)? })
}

fn hash(row: &AnyRow, column: usize) -> Result<TreeHash, StoreError> {
    let octets: Vec<u8> = row.try_get(column)?;
    octets.as_slice().try_into().map_err(|_| StoreError::Damaged("a hash"))
}

fn unsigned(row: &AnyRow, column: usize) -> Result<u64, StoreError> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| StoreError::Damaged("a number"))
}

/// As the columns have it; larger numbers are never reached.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
