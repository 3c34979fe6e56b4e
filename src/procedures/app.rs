//! The parts of the service, wired together; no decisions.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::procedures::verification::{TrustMaterial, VerificationSettings};
use crate::store::Store;

/// What procedures work with.
pub struct App {
    /// What is kept.
    pub store: Store,
    /// Whom to trust, and who was revoked.
    pub material: Arc<TrustMaterial>,
    /// How documents are judged.
    pub verification: Arc<VerificationSettings>,
    /// How long things are kept.
    pub retention: Retention,
    /// Lets as many documents be judged at a time as there are processors: judging does nothing but compute.
    pub judges: Arc<Semaphore>,
}

/// How long things are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Reports, which name people, with the idempotency keys of their requests.
    pub reports: Duration,
}
