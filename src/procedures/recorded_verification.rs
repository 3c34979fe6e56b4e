//! Verifying on request of a portal: judged, recorded with the trail, answered; and read again by who asked.
//!
//! The answer leaves only after it is recorded. The same request under the same idempotency key gets the same answer.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;

use time::UtcDateTime;
use time::format_description::well_known::Rfc3339;

use crate::crypto::{Digest, DigestAlgorithm, Hasher, NoRandomness, random};
use crate::domain::actor::Actor;
use crate::domain::fiscal_code::FiscalCode;
use crate::domain::id::VerificationId;
use crate::procedures::app::App;
use crate::procedures::tokens::Caller;
use crate::procedures::upload::Received;
use crate::procedures::verification::{
    FileFault, TrustMaterial, VerificationError, VerificationSettings, verify_received,
};
use crate::store::{
    KeyUse, ReadVerification, RecordVerification, Recorded, StoreError, StoredVerification, TellOfVerification,
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
    pub report: Vec<u8>,
    /// When the report is erased.
    pub expires_at: UtcDateTime,
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
) -> Result<Answer, RecordedVerificationError> {
    let submitted = Arc::new(submitted);
    let key = match key {
        Some(key) => Some(fingerprinted(app, caller, Arc::clone(&submitted), key).await?),
        None => None,
    };
    if let Some(used) = &key
        && let Some((fingerprint, id)) = app.store.key_use(used.token, &used.key).await?
    {
        if !used.fingerprint.matches(&fingerprint) {
            return Err(RecordedVerificationError::KeyUsed);
        }
        return read(app, caller, id, now).await?.ok_or(RecordedVerificationError::Erased);
    }
    let report = judge(app, submitted, now).await?;
    record(app, caller, &report, key, now).await
}

/// Judges a document for somebody who is not known, and keeps nothing of it but the event in the trail, which names nobody.
pub async fn verify_unrecorded(
    app: &App,
    submitted: Submitted,
    now: UtcDateTime,
) -> Result<Report, RecordedVerificationError> {
    let report = {
        let _until_judged = app.visitors.acquire().await.map_err(|_| RecordedVerificationError::Stopped)?;
        judge(app, Arc::new(submitted), now).await?
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

/// A verification of the caller's own; `None` if there is none of this name, or if it is somebody else's.
pub async fn read(
    app: &App,
    caller: &Caller,
    id: VerificationId,
    now: UtcDateTime,
) -> Result<Option<Answer>, RecordedVerificationError> {
    match app.store.change(ReadVerification { id, token: caller.token, at: now }).await? {
        Some(found) => checked(app, found).await.map(Some),
        None => Ok(None),
    }
}

/// Judging does nothing but compute: it goes to a thread of its own, as many at a time as there are processors.
async fn judge(app: &App, submitted: Arc<Submitted>, now: UtcDateTime) -> Result<Report, RecordedVerificationError> {
    let permit = Arc::clone(&app.judges).acquire_owned().await.map_err(|_| RecordedVerificationError::Stopped)?;
    let (material, settings) = (app.material(), Arc::clone(&app.verification));
    let judged = tokio::task::spawn_blocking(move || {
        let _until_done = permit;
        judge_now(&submitted, &material, &settings, now)
    });
    Ok(judged.await.map_err(|_| RecordedVerificationError::Stopped)??)
}

fn judge_now(
    submitted: &Submitted,
    material: &TrustMaterial,
    settings: &VerificationSettings,
    now: UtcDateTime,
) -> Result<Report, VerificationError> {
    let request = Request {
        name: &submitted.name,
        document: submitted.document.source(),
        detached: submitted.detached.as_ref().map(Received::source),
        fiscal_code: submitted.fiscal_code.as_ref(),
        expected: submitted.expected.as_ref().map(Received::source),
        times: Times::at(submitted.at.unwrap_or(now)),
        existence_source: None,
    };
    verify_received(&request, material, settings)
}

async fn record(
    app: &App,
    caller: &Caller,
    report: &Report,
    key: Option<KeyUse>,
    now: UtcDateTime,
) -> Result<Answer, RecordedVerificationError> {
    let octets = serde_json::to_vec(report).map_err(|_| RecordedVerificationError::Stopped)?;
    let verification = StoredVerification {
        id: VerificationId::new(random()?, now),
        token: caller.token,
        created_at: now,
        verdict: word(report.verdict).to_owned(),
        report: Some(octets),
        expires_at: now.saturating_add(time::Duration::try_from(app.retention.reports).unwrap_or(time::Duration::MAX)),
    };
    let change = RecordVerification {
        verification: verification.clone(),
        document_sha256: report.document.sha256.clone(),
        key,
        actor: Actor::Token(caller.token),
    };
    match app.store.change(change).await? {
        Recorded::New => answer(verification),
        Recorded::Earlier(earlier) => checked(app, earlier).await,
        Recorded::KeyUsed => Err(RecordedVerificationError::KeyUsed),
    }
}

/// A report that was kept, if it is still the one that the trail tells of.
async fn checked(app: &App, stored: StoredVerification) -> Result<Answer, RecordedVerificationError> {
    let told = app.store.told_report_sha256(stored.id).await?;
    if stored.report.is_some() && told.as_ref() != Some(&stored.report_sha256()) {
        return Err(RecordedVerificationError::Altered);
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

/// The key with the digest of all that makes the request.
async fn fingerprinted(
    app: &App,
    caller: &Caller,
    submitted: Arc<Submitted>,
    key: IdempotencyKey,
) -> Result<KeyUse, RecordedVerificationError> {
    let permit = Arc::clone(&app.judges).acquire_owned().await.map_err(|_| RecordedVerificationError::Stopped)?;
    let computed = tokio::task::spawn_blocking(move || {
        let _until_done = permit;
        fingerprint(&submitted)
    });
    let fingerprint = computed.await.map_err(|_| RecordedVerificationError::Stopped)?;
    let fingerprint = fingerprint.map_err(|error| VerificationError::Document(FileFault::Io(error)))?;
    Ok(KeyUse { token: caller.token, key: key.0, fingerprint })
}

/// Each part with its length before it: no two requests make the same octets.
fn fingerprint(submitted: &Submitted) -> io::Result<Digest> {
    let mut all = Hasher::new(DigestAlgorithm::Sha256);
    let mut part = |octets: &[u8]| {
        all.update(&octets.len().to_be_bytes());
        all.update(octets);
    };
    for document in [Some(&submitted.document), submitted.detached.as_ref(), submitted.expected.as_ref()] {
        match document {
            Some(document) => part(document.sha256()?.as_bytes()),
            None => part(&[]),
        }
    }
    let at = submitted.at.and_then(|at| at.format(&Rfc3339).ok());
    let code = submitted.fiscal_code.as_ref().map(FiscalCode::canonical);
    for text in [Some(submitted.name.as_str()), code, at.as_deref()] {
        part(text.unwrap_or_default().as_bytes());
    }
    Ok(all.finish())
}
