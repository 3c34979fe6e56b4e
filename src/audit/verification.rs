//! Whether a trail is what was written: record after record, with the tree that grows over them.

use std::collections::BTreeMap;
use std::fmt;

use time::UtcDateTime;

use crate::audit::record::facts_from_text;
use crate::audit::{Completed, Edge, Record, TILE_WIDTH, TreeHash, TreeHead};

/// A record as it is kept. Nothing in it is believed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredRecord {
    /// The number under which it is kept.
    pub sequence: u64,
    /// Microseconds since 1970.
    pub at: i64,
    /// By whom.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// JSON.
    pub facts: String,
    /// The commitment to personal data.
    pub personal: Option<Vec<u8>>,
    /// The hash of the record before.
    pub previous: Vec<u8>,
    /// Its hash.
    pub hash: Vec<u8>,
}

impl StoredRecord {
    /// The record, if it can be one. Whether its hash holds is *not* checked.
    pub fn record(&self) -> Option<Record> {
        Some(Record {
            sequence: self.sequence,
            previous: TreeHash::try_from(self.previous.as_slice()).ok()?,
            at: UtcDateTime::from_unix_timestamp_nanos(i128::from(self.at) * 1_000).ok()?,
            actor: self.actor.clone(),
            action: self.action.clone(),
            subject: self.subject.clone(),
            facts: self.facts()?,
            personal: self.personal.as_deref().map(TreeHash::try_from).transpose().ok()?,
        })
    }

    /// Its facts, if they are in their one form.
    pub fn facts(&self) -> Option<BTreeMap<String, String>> {
        facts_from_text(&self.facts)
    }
}

/// What does not hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// An event is not there, and a later one is or was.
    Missing {
        /// The first that is missing.
        sequence: u64,
    },
    /// What an event says is not what its hash was made from.
    Changed {
        /// Which.
        sequence: u64,
    },
    /// An event was written anew, hash and all: the next one was made after another.
    Rewritten {
        /// Which.
        sequence: u64,
    },
    /// What stands here was made for another place, or by somebody else.
    Displaced {
        /// Where.
        sequence: u64,
    },
    /// There are events after the end of the trail.
    Added {
        /// The first of them.
        sequence: u64,
    },
    /// A stored hash of the tree is not the one of its events, or not there.
    Tree {
        /// The first event that it stands for.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// Personal data of an event are not those that were written with it.
    PersonalDataChanged {
        /// Of which event.
        sequence: u64,
    },
    /// Personal data of an event are gone, and no event says that they were erased.
    PersonalDataMissing {
        /// Of which event.
        sequence: u64,
    },
    /// A checkpoint cannot be read, or is not signed by a known key.
    BadCheckpoint {
        /// The size under which it is kept, or that it gives.
        size: u64,
    },
    /// A checkpoint that an event tells of is not there, or is another.
    CheckpointMissing {
        /// The event.
        sequence: u64,
        /// The size of the trail then.
        size: u64,
    },
    /// A checkpoint gives another head: events before it were written anew, hashes and all.
    History {
        /// The first event that may be another: an earlier checkpoint vouches for those before.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// A checkpoint tells of more events than there are: the end was cut off, or an old copy was put back.
    CutOff {
        /// The first event that is missing.
        sequence: u64,
        /// How many there were.
        size: u64,
    },
}

impl Fault {
    /// The first event that does not hold.
    pub const fn event(&self) -> u64 {
        match *self {
            Self::Missing { sequence }
            | Self::Changed { sequence }
            | Self::Rewritten { sequence }
            | Self::Displaced { sequence }
            | Self::Added { sequence }
            | Self::PersonalDataChanged { sequence }
            | Self::PersonalDataMissing { sequence }
            | Self::CheckpointMissing { sequence, .. }
            | Self::CutOff { sequence, .. } => sequence,
            Self::Tree { first, .. } | Self::History { first, .. } => first,
            Self::BadCheckpoint { size } => size,
        }
    }

    /// The word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "event.missing",
            Self::Changed { .. } => "event.changed",
            Self::Rewritten { .. } => "event.rewritten",
            Self::Displaced { .. } => "event.displaced",
            Self::Added { .. } => "event.added",
            Self::Tree { .. } => "tree.differs",
            Self::PersonalDataChanged { .. } => "personal_data.changed",
            Self::PersonalDataMissing { .. } => "personal_data.missing",
            Self::BadCheckpoint { .. } => "checkpoint.invalid",
            Self::CheckpointMissing { .. } => "checkpoint.missing",
            Self::History { .. } => "checkpoint.differs",
            Self::CutOff { .. } => "trail.cut_off",
        }
    }
}

/// In words, for a person who keeps the service.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { sequence } => write!(f, "manca l'evento {sequence}: è stato cancellato"),
            Self::Changed { sequence } => write!(f, "l'evento {sequence} è stato modificato"),
            Self::Rewritten { sequence } => {
                write!(f, "l'evento {sequence} è stato riscritto: quello che lo segue era stato scritto dopo un altro")
            }
            Self::Displaced { sequence } => {
                write!(f, "al posto dell'evento {sequence} ce n'è un altro, scambiato o sostituito")
            }
            Self::Added { sequence } => write!(f, "l'evento {sequence} è stato aggiunto dopo la fine del registro"),
            Self::Tree { first, last } => {
                write!(f, "l'impronta conservata per gli eventi da {first} a {last} non è la loro")
            }
            Self::PersonalDataChanged { sequence } => {
                write!(f, "i dati personali dell'evento {sequence} non sono quelli scritti con l'evento")
            }
            Self::PersonalDataMissing { sequence } => {
                write!(f, "i dati personali dell'evento {sequence} sono stati tolti senza che il registro lo dica")
            }
            Self::BadCheckpoint { size } => {
                write!(f, "il sigillo sui primi {size} eventi non si legge o non è firmato con una chiave nota")
            }
            Self::CheckpointMissing { sequence, size } => {
                write!(f, "manca il sigillo sui primi {size} eventi di cui parla l'evento {sequence}, o è un altro")
            }
            Self::History { first, last } => {
                write!(f, "uno degli eventi da {first} a {last} non è quello che era quando fu firmato il sigillo")
            }
            Self::CutOff { sequence, size } => write!(
                f,
                "mancano gli eventi dal {sequence}: un sigillo ne conta {size}. Il registro è stato troncato, o \
                 ripristinato da una copia vecchia"
            ),
        }
    }
}

/// The records so far.
#[derive(Clone, Debug)]
pub struct Chain {
    edge: Edge,
    last: TreeHash,
}

/// What a record brought.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// What is wrong with it, or with the one before.
    pub fault: Option<Fault>,
    /// The hashes that the store must have now.
    pub completed: Vec<Completed>,
}

impl Default for Chain {
    fn default() -> Self {
        Self { edge: Edge::default(), last: TreeHash::NONE }
    }
}

impl Chain {
    /// Records so far.
    pub const fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The head over the records so far.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.edge.size(), root: self.edge.head() }
    }

    /// The hash of the last record.
    pub const fn last(&self) -> TreeHash {
        self.last
    }

    /// Takes the next record. After a fault that a later record could not repair it goes on with the hash that is
    /// kept, so that what follows is judged by itself; `Err` where that cannot be.
    pub fn take(&mut self, stored: &StoredRecord) -> Result<Step, Fault> {
        let sequence = self.edge.size();
        if stored.sequence != sequence {
            return Err(Fault::Missing { sequence });
        }
        let hash = TreeHash::try_from(stored.hash.as_slice()).map_err(|_| Fault::Changed { sequence })?;
        let fault = self.fault(stored, hash);
        self.last = hash;
        Ok(Step { fault, completed: self.edge.push(hash) })
    }

    fn fault(&self, stored: &StoredRecord, hash: TreeHash) -> Option<Fault> {
        let sequence = stored.sequence;
        let Some(record) = stored.record() else { return Some(Fault::Changed { sequence }) };
        let holds = record.hash() == hash;
        if record.previous == self.last {
            return (!holds).then_some(Fault::Changed { sequence });
        }
        let in_its_place = Record { previous: self.last, ..record };
        if in_its_place.hash() == hash {
            Some(Fault::Changed { sequence })
        } else if holds {
            // The one before is not the one after which this was written; the very first has none before it.
            Some(sequence.checked_sub(1).map_or(Fault::Changed { sequence }, |sequence| Fault::Rewritten { sequence }))
        } else {
            Some(Fault::Displaced { sequence })
        }
    }
}

impl Completed {
    /// The events that the hash stands for, the first and the last.
    pub fn events(&self) -> (u64, u64) {
        let width = TILE_WIDTH.saturating_pow(u32::from(self.level));
        let first = self.position.saturating_mul(width);
        (first, first.saturating_add(width).saturating_sub(1))
    }
}
