//! Whether the reports that are kept are those that the trail tells of, and whether one is gone of which it does not say so.
//! Memory grows neither with their number nor with the trail.

use std::fmt;

use crate::audit::facts_from_text;
use crate::domain::id::VerificationId;
use crate::procedures::trail::TrailError;
use crate::store::{KeptReport, Store};

/// After so many faults nobody learns more from another.
const MAX_FAULTS: usize = 20;
/// Reports that are read at once; the largest have some megabytes.
const PAGE: u16 = 32;
/// Events that are looked at at once.
const EVENTS: u64 = 65_536;

/// What does not hold of a report. It names nobody: a verification's identifier is no personal data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ReportFault {
    /// It is not the one that the event tells of.
    Altered {
        /// Of which verification.
        verification: VerificationId,
        /// The event that tells of it.
        sequence: u64,
    },
    /// It is said to be somebody else's than the event says.
    Reassigned {
        /// Of which verification.
        verification: VerificationId,
        /// The event that tells of it.
        sequence: u64,
    },
    /// No event tells of it.
    Untold {
        /// Of which verification; `None` if what stands there is no identifier.
        verification: Option<VerificationId>,
    },
    /// It is there although an event says that it was erased: somebody put it back.
    Restored {
        /// Of which verification.
        verification: VerificationId,
        /// The event that tells of it.
        sequence: u64,
    },
    /// An event tells of it, none that it was erased, and it is not there.
    Missing {
        /// Of which verification; `None` if the event names none.
        verification: Option<VerificationId>,
        /// The event that tells of it.
        sequence: u64,
    },
}

impl ReportFault {
    /// The word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Altered { .. } => "report.altered",
            Self::Reassigned { .. } => "report.reassigned",
            Self::Untold { .. } => "report.untold",
            Self::Restored { .. } => "report.restored",
            Self::Missing { .. } => "report.missing",
        }
    }

    /// The event that tells of the report.
    pub const fn event(&self) -> Option<u64> {
        match *self {
            Self::Altered { sequence, .. }
            | Self::Reassigned { sequence, .. }
            | Self::Restored { sequence, .. }
            | Self::Missing { sequence, .. } => Some(sequence),
            Self::Untold { .. } => None,
        }
    }

    /// The verification of which it is.
    pub const fn verification(&self) -> Option<VerificationId> {
        match *self {
            Self::Altered { verification, .. }
            | Self::Reassigned { verification, .. }
            | Self::Restored { verification, .. } => Some(verification),
            Self::Untold { verification } | Self::Missing { verification, .. } => verification,
        }
    }
}

/// In words, for a person who keeps the service.
impl fmt::Display for ReportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.verification().map_or_else(
            || "di una verifica dall'identificativo non valido".to_owned(),
            |verification| format!("della verifica {verification}"),
        );
        match self {
            Self::Altered { sequence, .. } => {
                write!(f, "il rapporto {of} non è quello di cui parla l'evento {sequence}: è stato modificato")
            }
            Self::Reassigned { sequence, .. } => write!(
                f,
                "il rapporto {of} risulta di un token diverso da quello di cui parla l'evento {sequence}: chi non deve può leggerlo"
            ),
            Self::Untold { .. } => write!(f, "del rapporto {of} non parla nessun evento: è stato aggiunto"),
            Self::Restored { sequence, .. } => write!(
                f,
                "il rapporto {of}, di cui parla l'evento {sequence}, fu cancellato secondo il registro, e c'è di nuovo"
            ),
            Self::Missing { sequence, .. } => write!(
                f,
                "il rapporto {of}, di cui parla l'evento {sequence}, manca senza che il registro dica che fu cancellato"
            ),
        }
    }
}

/// What came of comparing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct KeptReports {
    /// Reports that were compared.
    pub compared: u64,
    /// What does not hold: first of those that are there, then of those that are not. A bounded number of them.
    pub faults: Vec<ReportFault>,
}

/// Compares all reports that are kept with what the first `events` events tell of them, and looks for those that should be
/// kept. Whether the events are those that were written is *not* checked here.
pub(super) async fn verify(store: &Store, events: u64) -> Result<KeptReports, TrailError> {
    let mut seen = KeptReports::default();
    let mut after = String::new();
    while seen.faults.len() < MAX_FAULTS {
        let page = store.kept_reports(&after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        seen.compared = seen.compared.saturating_add(u64::try_from(page.len()).unwrap_or(u64::MAX));
        seen.faults.extend(page.iter().filter_map(compared));
    }
    let mut from = 0;
    while from < events && seen.faults.len() < MAX_FAULTS {
        let to = from.saturating_add(EVENTS).min(events);
        let missing = store.missing_reports(from..to, u16::try_from(MAX_FAULTS).unwrap_or(u16::MAX)).await?;
        let faults =
            missing.into_iter().map(|(sequence, verification)| ReportFault::Missing { verification, sequence });
        seen.faults.extend(faults);
        from = to;
    }
    seen.faults.truncate(MAX_FAULTS);
    Ok(seen)
}

fn compared(kept: &KeptReport) -> Option<ReportFault> {
    let verification = kept.id.parse().ok();
    let (Some(verification), Some(told)) = (verification, &kept.told) else {
        return Some(ReportFault::Untold { verification });
    };
    let sequence = told.sequence;
    let sha256 = facts_from_text(&told.facts).and_then(|facts| facts.get("report_sha256").cloned());
    if sha256.as_ref() != Some(&kept.sha256) {
        return Some(ReportFault::Altered { verification, sequence });
    }
    if told.actor != kept.owner {
        return Some(ReportFault::Reassigned { verification, sequence });
    }
    kept.erased.then_some(ReportFault::Restored { verification, sequence })
}
