//! Verifying on request of a portal: judged, recorded with the trail, answered; and read again by who asked.
//!
//! The answer leaves only after it is recorded. The same request under the same idempotency key gets the same answer.
//! What is judged later is in `queued_verification`.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use secrecy::{ExposeSecret, SecretSlice};
use time::UtcDateTime;
use time::format_description::well_known::Rfc3339;

use crate::blob::BlobError;
use crate::crypto::{Digest, DigestAlgorithm, Hasher, NoRandomness, random};
use crate::domain::actor::Actor;
use crate::domain::fiscal_code::FiscalCode;
use crate::domain::id::{TokenId, VerificationId};
use crate::procedures::app::App;
use crate::procedures::documents;
use crate::procedures::seen::Seen;
use crate::procedures::tokens::Caller;
use crate::procedures::upload::Received;
use crate::procedures::verification::{
    FileFault, TrustMaterial, VerificationError, VerificationSettings, draw_received, verify_received,
};
use crate::store::{
    DocumentDigests, KeyUse, ReadVerification, RecordVerification, Recorded, StoreError, StoredVerification,
    TellOfVerification,
};
use crate::trust::Times;
use crate::verify::{Report, Request, Verdict};

/// A document that was received, and what is declared about it.
pub struct Submitted {
    /// The document.
    pub document: Received,
    /// Its name, for the report only.
    pub name: String,
    /// The signed content, where the document does not hold it.
    pub detached: Option<Received>,
    /// What the innermost content must be.
    pub expected: Option<Received>,
    /// The codice fiscale that was declared.
    pub fiscal_code: Option<FiscalCode>,
    /// The time to judge for; without it, now.
    pub at: Option<UtcDateTime>,
    /// The password of an encrypted PDF. It is kept nowhere, not even in what an idempotency key remembers.
    pub password: Option<SecretSlice<u8>>,
}

/// A name that the caller gives to a request, so that sending it again does nothing twice.
#[derive(Clone, Eq, PartialEq)]
pub struct IdempotencyKey(String);

/// The text is no idempotency key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an idempotency key has 1 to {} printable ASCII characters", IdempotencyKey::MAX)]
pub struct BadIdempotencyKey;

impl IdempotencyKey {
    /// The most characters of a key.
    pub const MAX: usize = 255;
}

impl FromStr for IdempotencyKey {
    type Err = BadIdempotencyKey;

    fn from_str(text: &str) -> Result<Self, BadIdempotencyKey> {
        let printable = text.bytes().all(|octet| octet.is_ascii_graphic());
        if printable && (1..=Self::MAX).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadIdempotencyKey)
        }
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

/// A verification and its report.
#[derive(Clone)]
pub struct Answer {
    /// Under which it can be read again.
    pub id: VerificationId,
    /// When it was made.
    pub created_at: UtcDateTime,
    /// The verdict, in the word of the contract.
    pub verdict: String,
    /// The report, JSON.
    pub report: Bytes,
    /// When the report is erased.
    pub expires_at: UtcDateTime,
}

/// What became of a request.
#[derive(Clone)]
pub enum Answered {
    /// It was judged.
    Judged(Answer),
    /// It was accepted; how far it is, is asked under this name.
    Accepted(VerificationId),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum RecordedVerificationError {
    /// The document cannot be examined.
    #[error(transparent)]
    Verification(#[from] VerificationError),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyUsed,
    /// The store cannot do it now.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No identifier could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The report was kept long enough and is erased.
    #[error("the report is erased")]
    Erased,
    /// There is no report yet.
    #[error("there is no report yet")]
    NotReady,
    /// So many requests wait that no more is accepted.
    #[error("too many requests wait")]
    QueueFull,
    /// The documents cannot be put where they are to wait.
    #[error("the documents cannot be kept: {0}")]
    Documents(#[from] BlobError),
    /// The report that is kept is not the one that was answered.
    #[error("the kept report is not the one that the trail tells of")]
    Altered,
    /// A fault of ours: the judgement stopped without an answer.
    #[error("the judgement stopped without an answer")]
    Stopped,
}

/// Judges a document and records the answer.
pub async fn submit(
    app: &App,
    caller: &Caller,
    submitted: Submitted,
    key: Option<IdempotencyKey>,
    now: UtcDateTime,
) -> Result<Answered, RecordedVerificationError> {
    let submitted = Arc::new(submitted);
    let key = match key {
        Some(key) => Some(key.used_for(&submitted, &digests(app, &submitted).await?, caller)),
        None => None,
    };
    if let Some(used) = &key
        && let Some(earlier) = earlier(app, caller, used, now).await?
    {
        return Ok(earlier);
    }
    let report = judge(app, Arc::clone(&submitted), now).await?;
    record(app, caller, (&submitted, &report), key, now).await
}

/// Judges a document for somebody who is not known, and keeps nothing of it but the event in the trail, which names nobody.
pub async fn verify_unrecorded(
    app: &App,
    submitted: Arc<Submitted>,
    now: UtcDateTime,
) -> Result<Report, RecordedVerificationError> {
    let report = {
        let _until_judged = app.visitors.acquire().await.map_err(|_| RecordedVerificationError::Stopped)?;
        judge(app, submitted, now).await?
    };
    let event = TellOfVerification {
        id: VerificationId::new(random()?, now),
        document_sha256: report.document.sha256.clone(),
        verdict: word(report.verdict),
        actor: Actor::Visitor,
        at: now,
    };
    app.store.change(event).await?;
    Ok(report)
}

/// Draws for somebody who is not known the pages that the signers saw; none where that is not possible.
pub async fn draw_unrecorded(app: &App, submitted: Arc<Submitted>, report: Report, now: UtcDateTime) -> Vec<Seen> {
    // As few of them at a time as are judged.
    let Ok(_until_drawn) = app.visitors.acquire().await else { return Vec::new() };
    let (material, settings) = (app.material(), Arc::clone(&app.verification));
    let drawn =
        tokio::task::spawn_blocking(move || draw_received(&submitted.request(now), &report, &material, &settings));
    drawn.await.unwrap_or_default()
}

/// A verification of the caller's own; `None` if there is none of this name, or if it is somebody else's.
pub async fn read(
    app: &App,
    caller: &Caller,
    id: VerificationId,
    now: UtcDateTime,
) -> Result<Option<Answer>, RecordedVerificationError> {
    // In this order: a request may become a report at any time, never the other way.
    let request = app.store.request_progress(id, now).await?;
    if request.is_some_and(|request| request.token == caller.token) {
        return Err(RecordedVerificationError::NotReady);
    }
    match app.store.change(ReadVerification { id, token: caller.token, at: now }).await? {
        Some(found) => checked(app, found).await.map(Some),
        None => Ok(None),
    }
}

/// What became of the same request under the same key.
pub(super) async fn earlier(
    app: &App,
    caller: &Caller,
    used: &KeyUse,
    now: UtcDateTime,
) -> Result<Option<Answered>, RecordedVerificationError> {
    match app.store.key_use(used.token, &used.key).await? {
        Some(earlier) if used.fingerprint.matches(&earlier.fingerprint) => {
            known(app, caller, earlier.id, now).await.map(Some)
        }
        Some(_) => Err(RecordedVerificationError::KeyUsed),
        None => Ok(None),
    }
}

/// What became of a request that a key led to.
pub(super) async fn known(
    app: &App,
    caller: &Caller,
    id: VerificationId,
    now: UtcDateTime,
) -> Result<Answered, RecordedVerificationError> {
    match read(app, caller, id, now).await {
        Ok(Some(answer)) => Ok(Answered::Judged(answer)),
        Ok(None) => Err(RecordedVerificationError::Erased),
        Err(RecordedVerificationError::NotReady) => Ok(Answered::Accepted(id)),
        Err(error) => Err(error),
    }
}

/// Judging does nothing but compute: not on a thread that others wait for.
pub(super) async fn judge(
    app: &App,
    submitted: Arc<Submitted>,
    now: UtcDateTime,
) -> Result<Report, RecordedVerificationError> {
    let (material, settings) = (app.material(), Arc::clone(&app.verification));
    let judged = app.judges.compute(move || judge_now(&submitted, &material, &settings, now)).await;
    Ok(judged.ok_or(RecordedVerificationError::Stopped)??)
}

fn judge_now(
    submitted: &Submitted,
    material: &TrustMaterial,
    settings: &VerificationSettings,
    now: UtcDateTime,
) -> Result<Report, VerificationError> {
    verify_received(&submitted.request(now), material, settings)
}

impl Submitted {
    fn request(&self, now: UtcDateTime) -> Request<'_> {
        Request {
            name: &self.name,
            document: self.document.source(),
            detached: self.detached.as_ref().map(Received::source),
            fiscal_code: self.fiscal_code.as_ref(),
            expected: self.expected.as_ref().map(Received::source),
            times: Times::at(self.at.unwrap_or(now)),
            existence_source: None,
            password: self.password.as_ref().map(ExposeSecret::expose_secret),
        }
    }
}

async fn record(
    app: &App,
    caller: &Caller,
    (submitted, report): (&Submitted, &Report),
    key: Option<KeyUse>,
    now: UtcDateTime,
) -> Result<Answered, RecordedVerificationError> {
    let id = VerificationId::new(random()?, now);
    let verification = to_be_kept(app, (id, caller.token), report, now)?;
    // Before the report: it never speaks of documents that are not there.
    let blobs = app.blobs.as_ref().filter(|_| app.retention.documents.is_some());
    if let Some(blobs) = blobs {
        documents::put(blobs, id, submitted).await?;
    }
    let change = RecordVerification {
        verification: verification.clone(),
        document_sha256: report.document.sha256.clone(),
        key,
        actor: Actor::Token(caller.token),
    };
    let recorded = app.store.change(change).await;
    if let Some(blobs) = blobs
        && !may_be_written(&recorded, |recorded| matches!(recorded, Recorded::New))
    {
        documents::erase(blobs, id).await;
    }
    match recorded? {
        Recorded::New => answer(verification).map(Answered::Judged),
        Recorded::Earlier(earlier) => checked(app, earlier).await.map(Answered::Judged),
        Recorded::Accepted(id) => Ok(Answered::Accepted(id)),
        Recorded::KeyUsed => Err(RecordedVerificationError::KeyUsed),
    }
}

/// Whether something new may be in the store, although nobody could say so; its documents must not go then.
pub(super) fn may_be_written<T>(result: &Result<T, StoreError>, is_new: impl FnOnce(&T) -> bool) -> bool {
    match result {
        Ok(output) => is_new(output),
        Err(error) => matches!(error.kind(), StoreError::Unknown(_) | StoreError::Closed),
    }
}

/// A report as it is kept, for as long as it is.
pub(super) fn to_be_kept(
    app: &App,
    (id, token): (VerificationId, TokenId),
    report: &Report,
    now: UtcDateTime,
) -> Result<StoredVerification, RecordedVerificationError> {
    let octets = serde_json::to_vec(report).map_err(|_| RecordedVerificationError::Stopped)?;
    Ok(StoredVerification {
        id,
        token,
        created_at: now,
        verdict: word(report.verdict).to_owned(),
        report: Some(octets.into()),
        expires_at: report_expiry(app, now),
    })
}

/// When a report of now is erased, and a request that has none.
pub(super) fn report_expiry(app: &App, now: UtcDateTime) -> UtcDateTime {
    now.saturating_add(time::Duration::try_from(app.retention.reports).unwrap_or(time::Duration::MAX))
}

/// A report that was kept, if it is still the one that the trail tells of, and still theirs who had it made.
async fn checked(app: &App, stored: StoredVerification) -> Result<Answer, RecordedVerificationError> {
    if stored.report.is_some() {
        let told = app.store.creation_of(stored.id).await?.ok_or(RecordedVerificationError::Altered)?;
        let same = told.facts.get("report_sha256") == Some(&stored.report_sha256());
        if !same || told.actor != Actor::Token(stored.token).to_string() {
            return Err(RecordedVerificationError::Altered);
        }
    }
    answer(stored)
}

fn answer(stored: StoredVerification) -> Result<Answer, RecordedVerificationError> {
    let report = stored.report.ok_or(RecordedVerificationError::Erased)?;
    let (id, verdict) = (stored.id, stored.verdict);
    Ok(Answer { id, created_at: stored.created_at, verdict, report, expires_at: stored.expires_at })
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Undetermined => "undetermined",
        Verdict::Rejected => "rejected",
    }
}

/// The digests of the documents, computed where judging is.
pub(super) async fn digests(
    app: &App,
    submitted: &Arc<Submitted>,
) -> Result<DocumentDigests, RecordedVerificationError> {
    let submitted = Arc::clone(submitted);
    let digests = app.judges.compute(move || submitted.digests()).await;
    let digests = digests.ok_or(RecordedVerificationError::Stopped)?;
    Ok(digests.map_err(|error| VerificationError::Document(FileFault::Io(error)))?)
}

impl Submitted {
    /// It reads, and so may block.
    fn digests(&self) -> io::Result<DocumentDigests> {
        let of = |received: &Option<Received>| received.as_ref().map(Received::sha256).transpose();
        Ok(DocumentDigests {
            document: self.document.sha256()?,
            detached: of(&self.detached)?,
            expected: of(&self.expected)?,
        })
    }
}

impl IdempotencyKey {
    /// The key with the digest of all that makes the request.
    pub(super) fn used_for(self, submitted: &Submitted, digests: &DocumentDigests, caller: &Caller) -> KeyUse {
        KeyUse { token: caller.token, key: self.0, fingerprint: fingerprint(submitted, digests) }
    }
}

/// Each part with its length before it: no two requests make the same octets. Without the password, which whoever reads
/// the store could find out from it by trying.
fn fingerprint(submitted: &Submitted, digests: &DocumentDigests) -> Digest {
    let mut all = Hasher::new(DigestAlgorithm::Sha256);
    let mut part = |octets: &[u8]| {
        all.update(&octets.len().to_be_bytes());
        all.update(octets);
    };
    for document in [Some(&digests.document), digests.detached.as_ref(), digests.expected.as_ref()] {
        part(document.map(Digest::as_bytes).unwrap_or_default());
    }
    let at = submitted.at.and_then(|at| at.format(&Rfc3339).ok());
    let code = submitted.fiscal_code.as_ref().map(FiscalCode::canonical);
    for text in [Some(submitted.name.as_str()), code, at.as_deref()] {
        part(text.unwrap_or_default().as_bytes());
    }
    all.finish()
}
