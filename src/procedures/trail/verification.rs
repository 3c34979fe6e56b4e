//! Verifies the whole trail: chain, tree, checkpoints, personal data, and the reports that it tells of. Memory does not grow
//! with the trail.

use std::collections::VecDeque;

use crate::audit::{Action, Chain, Checkpoint, Completed, Fault, NoteKey, Step, StoredRecord, TreeHash, TreeHead};
use crate::procedures::trail::TrailError;
use crate::procedures::trail::reports::{self, KeptReports};
use crate::store::{Store, StoreError, StoredPersonalData, TrailEnd};

/// After so many faults nobody learns more from another.
pub const MAX_FAULTS: usize = 20;
/// Records that are read at once.
const PAGE: u32 = 2048;
/// Checkpoints that are read at once.
const CHECKPOINTS: u32 = 256;

/// What came of verifying.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrailReport {
    /// How far it was verified, and the head there.
    pub head: TreeHead,
    /// Checkpoints that were compared with it.
    pub checkpoints: u64,
    /// Whether anybody looked who signed them.
    pub signatures: Signatures,
    /// Events of which the personal data were erased.
    pub erased: u64,
    /// What does not hold, in the order in which it was found: the first event first. [`MAX_FAULTS`] at most.
    pub faults: Vec<Fault>,
    /// The reports that are kept, beside what the trail tells of them.
    pub reports: KeptReports,
}

/// Whether signatures of checkpoints were checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signatures {
    /// All are of a known key.
    Checked,
    /// There is no checkpoint.
    None,
    /// No key was given: whoever can write to the store may have signed the checkpoints too.
    NotChecked,
}

/// What the answer is, in one word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TrailVerdict {
    /// Everything holds.
    Holds,
    /// Nothing wrong was found, but it was not looked at who signed the checkpoints.
    Undetermined,
    /// Something does not hold.
    Broken,
}

impl TrailReport {
    /// The answer.
    pub fn verdict(&self) -> TrailVerdict {
        match (self.faults.is_empty() && self.reports.faults.is_empty(), self.signatures) {
            (false, _) => TrailVerdict::Broken,
            (true, Signatures::NotChecked) => TrailVerdict::Undetermined,
            (true, Signatures::Checked | Signatures::None) => TrailVerdict::Holds,
        }
    }
}

/// Verifies the trail as it is now. `keys` are those that may have signed checkpoints; `outside` are checkpoints that
/// were kept elsewhere, without which nobody can tell that an old copy of the whole store was put back.
pub async fn verify(store: &Store, keys: &[NoteKey], outside: &[String]) -> Result<TrailReport, TrailError> {
    // First of all: checkpoints that are signed from now on may be of a larger trail than the one that is verified.
    let last_checkpoint = store.last_checkpoint().await?.map(|last| last.size);
    let end = store.trail_end().await?;
    let mut walk = Walk {
        store,
        keys,
        last_checkpoint,
        stored: VecDeque::new(),
        next_stored: 0,
        outside: VecDeque::new(),
        vouched: 0,
        chain: Chain::default(),
        report: TrailReport {
            head: Chain::default().head(),
            checkpoints: 0,
            signatures: Signatures::None,
            erased: 0,
            faults: Vec::new(),
            reports: KeptReports::default(),
        },
    };
    walk.read_outside(outside);
    walk.checkpoints().await?;
    let whole = walk.records(end).await?;
    if whole {
        walk.end(end);
    }
    walk.report.head = walk.chain.head();
    walk.report.reports = reports::verify(store, end.size).await?;
    Ok(walk.report)
}

struct Walk<'a> {
    store: &'a Store,
    keys: &'a [NoteKey],
    last_checkpoint: Option<u64>,
    /// Checkpoints of the store that are due, and the size from which on more are read.
    stored: VecDeque<Checkpoint>,
    next_stored: u64,
    /// Checkpoints from outside, the smallest first.
    outside: VecDeque<Checkpoint>,
    /// So many events are vouched for by a checkpoint that holds.
    vouched: u64,
    chain: Chain,
    report: TrailReport,
}

impl Walk<'_> {
    /// Takes all records; `false` if it had to stop.
    async fn records(&mut self, end: TrailEnd) -> Result<bool, TrailError> {
        while self.chain.size() < end.size {
            let from = self.chain.size();
            let records = match self.store.trail_records(from, PAGE).await {
                Ok(records) => records,
                Err(error) if matches!(error.kind(), StoreError::Damaged(_)) => self.readable(from).await?,
                Err(error) => return Err(error.into()),
            };
            let Some(last) = records.last() else {
                let fault =
                    if from < end.rows { Fault::Changed { sequence: from } } else { Fault::Missing { sequence: from } };
                self.report.faults.push(fault);
                return Ok(false);
            };
            let personal = self.store.trail_personal(from..last.sequence.saturating_add(1)).await?;
            let mut personal = VecDeque::from(personal);
            for record in records.iter().take_while(|record| record.sequence < end.size) {
                if let Err(fault) = self.record(record).await? {
                    self.report.faults.push(fault);
                    return Ok(false);
                }
                self.personal_data(record, &mut personal).await?;
                self.checkpoints().await?;
                if self.report.faults.len() >= MAX_FAULTS {
                    self.report.faults.truncate(MAX_FAULTS);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Those records of a page that can be read, up to the first that cannot.
    async fn readable(&self, from: u64) -> Result<Vec<StoredRecord>, TrailError> {
        let mut records = Vec::new();
        for sequence in (from..).take(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
            match self.store.trail_records(sequence, 1).await {
                Ok(one) => records.extend(one),
                Err(error) if matches!(error.kind(), StoreError::Damaged(_)) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(records)
    }

    /// Takes a record; `Err` if nothing after it can be judged.
    async fn record(&mut self, record: &StoredRecord) -> Result<Result<(), Fault>, TrailError> {
        let Step { fault, completed } = match self.chain.take(record) {
            Ok(step) => step,
            Err(fault) => return Ok(Err(fault)),
        };
        let sound = fault.is_none();
        self.report.faults.extend(fault);
        for completed in completed {
            self.tree(completed).await?;
        }
        if sound && record.action == Action::SignCheckpoint.word() {
            self.announced(record).await?;
        }
        Ok(Ok(()))
    }

    async fn tree(&mut self, completed: Completed) -> Result<(), TrailError> {
        let stored = self.store.trail_tile_hash(completed.level, completed.position).await?;
        if stored != Some(completed.hash) {
            let (first, last) = completed.events();
            self.report.faults.push(Fault::Tree { first, last });
        }
        Ok(())
    }

    /// The checkpoint that an event tells of must be there.
    async fn announced(&mut self, record: &StoredRecord) -> Result<(), TrailError> {
        let facts = record.facts().unwrap_or_default();
        let size = facts.get("size").and_then(|size| size.parse().ok());
        let root = facts.get("root").and_then(|root| TreeHash::from_hex(root).ok());
        let (Some(size), Some(root)) = (size, root) else { return Ok(()) };
        let kept = self.store.trail_checkpoints(size, 1).await?;
        let same = kept.first().and_then(|kept| Checkpoint::read_unverified(&kept.note).ok());
        if same.is_none_or(|checkpoint| checkpoint.head != TreeHead { size, root }) {
            self.report.faults.push(Fault::CheckpointMissing { sequence: record.sequence, size });
        }
        Ok(())
    }

    /// What is kept of personal data must be what the record commits to, or be erased by an event.
    async fn personal_data(
        &mut self,
        record: &StoredRecord,
        kept: &mut VecDeque<StoredPersonalData>,
    ) -> Result<(), TrailError> {
        let sequence = record.sequence;
        while kept.front().is_some_and(|data| data.sequence < sequence) {
            kept.pop_front();
        }
        let data = kept.pop_front_if(|data| data.sequence == sequence);
        match (&record.personal, data) {
            (None, None) => {}
            (Some(commitment), Some(StoredPersonalData { data: Some(data), .. }))
                if commitment.as_slice() == data.commitment().as_bytes() => {}
            (Some(_), None) if self.store.trail_tells_of_erasing(sequence).await? => self.report.erased += 1,
            (Some(_), None) => self.report.faults.push(Fault::PersonalDataMissing { sequence }),
            (_, Some(_)) => self.report.faults.push(Fault::PersonalDataChanged { sequence }),
        }
        Ok(())
    }

    /// Compares the checkpoints of the present size.
    async fn checkpoints(&mut self) -> Result<(), TrailError> {
        self.read_stored().await?;
        let size = self.chain.size();
        let due = |queue: &VecDeque<Checkpoint>| queue.front().is_some_and(|checkpoint| checkpoint.head.size == size);
        if !due(&self.stored) && !due(&self.outside) {
            return Ok(());
        }
        let head = self.chain.head();
        let mut compared = Vec::new();
        for queue in [&mut self.stored, &mut self.outside] {
            while let Some(checkpoint) = queue.pop_front_if(|checkpoint| checkpoint.head.size == head.size) {
                compared.push(checkpoint);
            }
        }
        for checkpoint in compared {
            if checkpoint.head == head {
                self.vouched = head.size;
            } else {
                self.report.faults.push(Fault::History { first: self.vouched, last: head.size.saturating_sub(1) });
            }
        }
        Ok(())
    }

    /// Reads more checkpoints of the store when none is left.
    async fn read_stored(&mut self) -> Result<(), TrailError> {
        let Some(last) = self.last_checkpoint else { return Ok(()) };
        while self.stored.is_empty() && self.next_stored <= last {
            let read = self.store.trail_checkpoints(self.next_stored, CHECKPOINTS).await?;
            self.next_stored = read.last().map_or(u64::MAX, |checkpoint| checkpoint.size.saturating_add(1));
            for kept in read.iter().filter(|kept| kept.size <= last) {
                if let Some(checkpoint) = self.opened(&kept.note, kept.size) {
                    self.stored.push_back(checkpoint);
                }
            }
        }
        Ok(())
    }

    fn read_outside(&mut self, notes: &[String]) {
        let mut outside: Vec<Checkpoint> = Vec::new();
        for note in notes {
            let size = Checkpoint::read_unverified(note).map_or(0, |checkpoint| checkpoint.head.size);
            outside.extend(self.opened(note, size));
        }
        outside.sort_by_key(|checkpoint| checkpoint.head.size);
        self.outside = outside.into();
    }

    /// A checkpoint that says what it should, signed by a known key where there are keys.
    fn opened(&mut self, note: &str, size: u64) -> Option<Checkpoint> {
        let opened = if self.keys.is_empty() {
            self.report.signatures = Signatures::NotChecked;
            Checkpoint::read_unverified(note)
        } else {
            self.report.signatures = Signatures::Checked;
            Checkpoint::open(note, self.keys)
        };
        self.report.checkpoints += 1;
        let opened = opened.ok().filter(|checkpoint| checkpoint.head.size == size);
        if opened.is_none() {
            self.report.faults.push(Fault::BadCheckpoint { size });
        }
        opened
    }

    /// What can only be told when all records were taken.
    fn end(&mut self, end: TrailEnd) {
        if end.rows > end.size {
            self.report.faults.push(Fault::Added { sequence: end.size });
        } else if self.chain.last() != end.last {
            self.report.faults.push(Fault::Rewritten { sequence: end.size.saturating_sub(1) });
        }
        let beyond = self.stored.iter().chain(&self.outside).map(|checkpoint| checkpoint.head.size).max();
        if let Some(size) = beyond {
            self.report.faults.push(Fault::CutOff { sequence: end.size, size });
        }
    }
}
