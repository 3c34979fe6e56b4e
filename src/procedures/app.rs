//! The parts of the service, wired together; no decisions.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use time::UtcDateTime;
use tokio::sync::{Notify, Semaphore};

use crate::blob::Blobs;
use crate::procedures::judges::Judges;
use crate::procedures::verification::{MaterialError, TrustMaterial, VerificationSettings};
use crate::store::Store;

/// What procedures work with.
pub struct App {
    /// What is kept.
    pub store: Store,
    /// Where documents are that outlive a request, if there is such a place.
    pub blobs: Option<Blobs>,
    /// How documents are judged.
    pub verification: Arc<VerificationSettings>,
    /// How long things are kept.
    pub retention: Retention,
    /// Lets as many documents be judged at a time as there are processors: judging does nothing but compute.
    pub judges: Judges,
    /// Lets half as many visitors of the page have theirs judged: however many they are, at most that many stand in the queue
    /// before a portal's.
    pub visitors: Semaphore,
    /// Where trust material is read from, at the start and then anew from time to time.
    pub trust_files: TrustFiles,
    /// Wakes what works on the queue: there is something new.
    pub wake: Notify,
    material: RwLock<Arc<TrustMaterial>>,
}

/// What an [`App`] is made of.
pub struct Parts {
    /// What is kept.
    pub store: Store,
    /// Where documents are that outlive a request, if there is such a place.
    pub blobs: Option<Blobs>,
    /// Where trust material is read from.
    pub trust_files: TrustFiles,
    /// How documents are judged.
    pub verification: VerificationSettings,
    /// How long things are kept.
    pub retention: Retention,
    /// How many documents are judged at a time.
    pub judges: usize,
}

/// Files, or folders of files.
#[derive(Clone, Debug)]
pub struct TrustFiles {
    /// Anchors and trusted lists.
    pub trust: Vec<PathBuf>,
    /// CRLs.
    pub crls: Vec<PathBuf>,
    /// OCSP responses.
    pub ocsp: Vec<PathBuf>,
    /// Certificates of signers that are remembered.
    pub remembered: usize,
}

impl TrustFiles {
    /// Reads them, which may take a while.
    pub fn load(&self, now: UtcDateTime) -> Result<TrustMaterial, MaterialError> {
        let mut material = TrustMaterial::load(&self.trust, &self.crls, self.remembered, now)?;
        material.add_ocsp(&self.ocsp)?;
        Ok(material)
    }
}

/// How long things are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Reports, which name people, with the idempotency keys of their requests.
    pub reports: Duration,
    /// Documents, after the answer; `None`: not at all.
    pub documents: Option<Duration>,
}

impl App {
    /// Puts the parts together and reads the trust material, which may take a while.
    pub fn new(parts: Parts, now: UtcDateTime) -> Result<Self, MaterialError> {
        let Parts { store, blobs, trust_files, verification, retention, judges } = parts;
        let material = trust_files.load(now)?;
        Ok(Self {
            store,
            blobs,
            verification: Arc::new(verification),
            retention,
            judges: Judges::new(judges),
            visitors: Semaphore::new((judges / 2).max(1)),
            trust_files,
            wake: Notify::new(),
            material: RwLock::new(Arc::new(material)),
        })
    }

    /// Whom to trust, and who was revoked: as last read.
    pub fn material(&self) -> Arc<TrustMaterial> {
        Arc::clone(&self.material.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads trust material anew, which may take a while. What cannot be read whole leaves things as they are.
    pub fn reload_material(&self, now: UtcDateTime) -> Result<(), MaterialError> {
        let material = Arc::new(self.trust_files.load(now)?);
        *self.material.write().unwrap_or_else(PoisonError::into_inner) = material;
        Ok(())
    }
}
