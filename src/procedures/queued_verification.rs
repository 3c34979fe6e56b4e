//! Verifying later: the documents wait where blobs are, the request in the store, the work in the queue; whichever
//! instance comes first does it, and writes the report together with the end of the work.
//!
//! The documents are written before the request and erased after the report: whatever is killed when, a request never waits
//! for documents that are not there, and documents that nobody waits for are found by [`documents::sweep`].

use std::sync::Arc;

use time::UtcDateTime;

use crate::blob::{BlobError, BlobName, Blobs, Part};
use crate::crypto::{Digest, random};
use crate::domain::actor::Actor;
use crate::domain::id::{JobId, VerificationId};
use crate::procedures::app::App;
use crate::procedures::documents::{self, DocumentsError};
use crate::procedures::recorded_verification::{
    Answered, IdempotencyKey, RecordedVerificationError, Submitted, digests, earlier, judge, known, may_be_written,
    report_expiry, to_be_kept,
};
use crate::procedures::tokens::Caller;
use crate::procedures::upload::{Received, Upload, UploadError};
use crate::procedures::verification::VerificationError;
use crate::store::{
    AcceptRequest, Accepted, DocumentDigests, EraseRequest, FinishRequest, JobKind, Lease, RefusalWords, RefuseRequest,
    RequestProgress, StoreError, StoredRequest,
};
use crate::verify::VerifyError;

/// The most requests that wait, those that were given up among them: what is kept of them must end somewhere.
const MOST_REQUESTS: u64 = 10_000;
/// Requests looked for at once.
const PAGE: u16 = 500;

/// How far a verification is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Progress {
    /// No report came of it yet.
    Open(RequestProgress),
    /// It can be read.
    Done,
}

/// What came of the work.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Worked {
    /// The document was judged, with this verdict.
    Judged(String),
    /// It cannot be examined.
    Refused,
}

/// Why the work is not done.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The store cannot do it now, or somebody else has the work.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The documents cannot be read or erased now.
    #[error(transparent)]
    Documents(#[from] BlobError),
    /// They cannot be put where judging reads them.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// A document is not there, or is not the one that was accepted.
    #[error("a document is not the one that was accepted")]
    OtherDocument,
    /// The request is not there.
    #[error("the request is not there")]
    NoRequest,
    /// Nothing says where documents are.
    #[error("there is no place for documents")]
    NoPlace,
    /// The judgement failed for a reason that is not the document's.
    #[error("the judgement failed: {0}")]
    Judgement(#[source] Box<RecordedVerificationError>),
}

impl From<DocumentsError> for WorkError {
    fn from(error: DocumentsError) -> Self {
        match error {
            DocumentsError::Store(error) => Self::Store(error),
            DocumentsError::Place(error) => Self::Documents(error),
        }
    }
}

impl WorkError {
    /// The kind of failure, for the queue and the log.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Store(_) => "store",
            Self::Documents(_) => "documents",
            Self::Upload(_) => "temporary-folder",
            Self::OtherDocument => "other-document",
            Self::NoRequest => "no-request",
            Self::NoPlace => "no-place-for-documents",
            Self::Judgement(_) => "judgement",
        }
    }
}

/// Accepts a document to be judged later.
pub async fn accept(
    app: &App,
    blobs: &Blobs,
    caller: &Caller,
    submitted: Submitted,
    key: Option<IdempotencyKey>,
    now: UtcDateTime,
) -> Result<Answered, RecordedVerificationError> {
    let submitted = Arc::new(submitted);
    let digests = digests(app, &submitted).await?;
    let key = key.map(|key| key.used_for(&submitted, &digests, caller));
    if let Some(used) = &key
        && let Some(earlier) = earlier(app, caller, used, now).await?
    {
        return Ok(earlier);
    }
    if app.store.count_jobs(JobKind::Verification).await? >= MOST_REQUESTS {
        return Err(RecordedVerificationError::QueueFull);
    }
    let id = VerificationId::new(random()?, now);
    documents::put(blobs, id, &submitted).await?;
    let request = StoredRequest {
        id,
        token: caller.token,
        created_at: now,
        expires_at: report_expiry(app, now),
        name: submitted.name.clone(),
        fiscal_code: submitted.fiscal_code.clone(),
        at: submitted.at,
        digests,
    };
    let change = AcceptRequest { request, job: JobId::new(random()?, now), key };
    let accepted = app.store.change(change).await;
    if !may_be_written(&accepted, |accepted| matches!(accepted, Accepted::New)) {
        documents::erase(blobs, id).await;
    }
    match accepted? {
        Accepted::New => {
            app.wake.notify_one();
            Ok(Answered::Accepted(id))
        }
        Accepted::Earlier(earlier) => known(app, caller, earlier, now).await,
        Accepted::KeyUsed => Err(RecordedVerificationError::KeyUsed),
    }
}

/// How far a verification of the caller's own is; `None` if there is none of this name, or if it is somebody else's.
pub async fn progress(
    app: &App,
    caller: &Caller,
    id: VerificationId,
    now: UtcDateTime,
) -> Result<Option<Progress>, StoreError> {
    // In this order: a request may become a report at any time, never the other way.
    if let Some(request) = app.store.request_progress(id, now).await? {
        return Ok((request.token == caller.token).then_some(Progress::Open(request)));
    }
    let done = app.store.verification(id).await?.filter(|done| done.token == caller.token);
    Ok(done.map(|_| Progress::Done))
}

/// Does the work of a request and writes what came of it, if the lease still holds by then. `words` says in a sentence why
/// a document cannot be examined.
pub async fn work(
    app: &App,
    lease: &Lease,
    words: impl Fn(&VerificationError) -> RefusalWords,
    now: UtcDateTime,
) -> Result<Worked, WorkError> {
    let blobs = app.blobs.as_ref().ok_or(WorkError::NoPlace)?;
    let id = lease.subject.parse().map_err(|_| WorkError::NoRequest)?;
    let request = app.store.open_request(id).await?.ok_or(WorkError::NoRequest)?;
    let (token, accepted_at, wanted) = (request.token, request.created_at, request.digests.clone());
    let submitted = Arc::new(fetch(app, blobs, request).await?);
    let found = digests(app, &submitted).await.map_err(|error| WorkError::Judgement(error.into()))?;
    if !are_the_same(&found, &wanted) {
        return Err(WorkError::OtherDocument);
    }
    // What waited in the queue is judged for the time at which it was handed in.
    let worked = match judge(app, submitted, accepted_at).await {
        Ok(report) => {
            let verification = to_be_kept(app, (id, token), &report, now);
            let verification = verification.map_err(|error| WorkError::Judgement(error.into()))?;
            let verdict = verification.verdict.clone();
            let document_sha256 = report.document.sha256.clone();
            app.store.change(FinishRequest { lease: lease.clone(), verification, document_sha256 }).await?;
            Worked::Judged(verdict)
        }
        Err(RecordedVerificationError::Verification(error)) if is_of_the_document(&error) => {
            let words = words(&error);
            app.store.change(RefuseRequest { lease: lease.clone(), id, token, words, at: now }).await?;
            Worked::Refused
        }
        Err(error) => return Err(WorkError::Judgement(error.into())),
    };
    if app.retention.documents.is_none() {
        documents::erase(blobs, id).await;
    }
    Ok(worked)
}

/// Erases requests that were kept long enough, done or not, each with an event in the trail; returns how many.
pub async fn erase_overdue_requests(app: &App, now: UtcDateTime) -> Result<usize, StoreError> {
    let mut erased = 0;
    loop {
        let due = app.store.overdue_requests(PAGE, now).await?;
        if due.is_empty() {
            return Ok(erased);
        }
        for id in due {
            if app.store.change(EraseRequest { id, actor: Actor::System, at: now }).await? {
                erased += 1;
            }
            if let Some(blobs) = &app.blobs {
                documents::erase(blobs, id).await;
            }
        }
    }
}

async fn fetch(app: &App, blobs: &Blobs, request: StoredRequest) -> Result<Submitted, WorkError> {
    let apart = async |wanted: &Option<Vec<u8>>, part| match wanted {
        Some(_) => fetch_part(app, blobs, request.id, part).await.map(Some),
        None => Ok(None),
    };
    Ok(Submitted {
        document: fetch_part(app, blobs, request.id, Part::Document).await?,
        detached: apart(&request.digests.detached, Part::Detached).await?,
        expected: apart(&request.digests.expected, Part::Expected).await?,
        name: request.name,
        fiscal_code: request.fiscal_code,
        at: request.at,
        password: None,
    })
}

async fn fetch_part(app: &App, blobs: &Blobs, id: VerificationId, part: Part) -> Result<Received, WorkError> {
    let mut pieces = blobs.get(BlobName { verification: id, part }).await?.ok_or(WorkError::OtherDocument)?;
    let settings = &app.verification;
    let mut upload = Upload::new(&settings.temporary_folder, settings.limits.document_len);
    while let Some(piece) = pieces.next().await? {
        upload.write(&piece).await?;
    }
    Ok(upload.finish().await?)
}

fn are_the_same(found: &DocumentDigests, wanted: &DocumentDigests<Vec<u8>>) -> bool {
    let apart = |found: &Option<Digest>, wanted: &Option<Vec<u8>>| match (found, wanted) {
        (Some(found), Some(wanted)) => found.matches(wanted),
        (None, None) => true,
        _ => false,
    };
    found.document.matches(&wanted.document)
        && apart(&found.detached, &wanted.detached)
        && apart(&found.expected, &wanted.expected)
}

/// Whether the document is why, and would be again.
const fn is_of_the_document(error: &VerificationError) -> bool {
    match error {
        VerificationError::Examination(error) => !matches!(error, VerifyError::Io(_)),
        VerificationError::UnpacksTooLarge(_) => true,
        VerificationError::Document(_)
        | VerificationError::Detached { .. }
        | VerificationError::Expected { .. }
        | VerificationError::Extraction { .. }
        | VerificationError::Occupied(_) => false,
    }
}
