//! From a certificate to an anchor: building paths, and judging them (RFC 5280 §6, EN 319 102-1 §5.2.6).

mod judge;
mod name_constraints;
mod path_builder;
mod path_validation;
mod policy_graph;
mod report;
mod settings;

use std::sync::Arc;

use crate::trust::revocation::RevocationStore;
use crate::trust::{Certificate, Times, TrustStore};

pub use name_constraints::NameConstraintFault;
pub use report::{ChainConclusion, ChainFault, ChainReport, Need, NoChain, PathCertificate, PolicyOutcome, Validity};
pub use settings::{ChainLimits, ChainSettings, InitialPolicies, PathInputs, RevocationChecking};

/// Looks for a chain from `target` to an anchor of `trust`, by way of `candidates` (certificates sent along, not
/// trusted) and of the issuers that `trust` keeps, and judges it.
///
/// The first path on which everything holds is reported; where none does, the failure of the path that came
/// furthest. *Not* judged: what the target's key may be used for, the strength of that key, and the target's policies
/// beyond RFC 5280 §6.1. A target that is itself an anchor passes if the time lies in its validity.
pub fn validate(
    target: &Arc<Certificate>,
    candidates: &[Arc<Certificate>],
    trust: &TrustStore,
    revocation: &RevocationStore,
    settings: &ChainSettings,
    times: Times,
) -> ChainReport {
    judge::Judge::new(candidates, trust, revocation, settings, times).report(target)
}
