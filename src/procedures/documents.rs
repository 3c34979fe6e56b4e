//! The documents of a verification where blobs are: while it waits to be judged, and afterwards for as long as documents
//! are kept.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use time::UtcDateTime;

use crate::blob::{BlobError, BlobName, Blobs, Pieces};
use crate::domain::actor::Actor;
use crate::domain::id::VerificationId;
use crate::procedures::app::App;
use crate::procedures::recorded_verification::Submitted;
use crate::procedures::tokens::Caller;
use crate::store::{ReadDocument, RequestState, StoreError, TellOfErasedDocuments};

pub use crate::blob::Part;

/// Documents looked at in one sweep: more than open requests can have.
const MOST_DOCUMENTS: usize = 50_000;
/// Documents of which the store does not speak are somebody's who is just receiving them, before this time is over.
const NOBODYS_AFTER: Duration = Duration::from_hours(1);

/// Why documents cannot be read, or erased.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsError {
    /// The store cannot do it now.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The place of documents cannot do it now.
    #[error(transparent)]
    Place(#[from] BlobError),
}

/// A document of a verification of the caller's own; `None` if it is not kept, or not any more, or is somebody else's.
pub async fn read(
    app: &App,
    caller: &Caller,
    (id, part): (VerificationId, Part),
    now: UtcDateTime,
) -> Result<Option<Pieces>, DocumentsError> {
    let Some(blobs) = &app.blobs else { return Ok(None) };
    let own = app.store.change(ReadDocument { id, part: part.word(), token: caller.token, at: now }).await?;
    // A document that waits to be erased is not given out any more.
    if !own || app.retention.documents.is_none() {
        return Ok(None);
    }
    Ok(blobs.get(BlobName { verification: id, part }).await?)
}

/// The next octets of a document, and what comes after them; `None` after the last.
pub async fn next_piece(mut pieces: Pieces) -> Result<Option<(Bytes, Pieces)>, DocumentsError> {
    let piece = pieces.next().await?;
    Ok(piece.map(|piece| (piece, pieces)))
}

/// Puts all documents of a request in their place, or none.
pub(super) async fn put(blobs: &Blobs, id: VerificationId, submitted: &Submitted) -> Result<(), BlobError> {
    let documents = [
        (Part::Document, Some(&submitted.document)),
        (Part::Detached, submitted.detached.as_ref()),
        (Part::Expected, submitted.expected.as_ref()),
    ];
    for (part, received) in documents {
        if let Some(received) = received
            && let Err(error) = blobs.put(BlobName { verification: id, part }, received.reader()).await
        {
            erase(blobs, id).await;
            return Err(error);
        }
    }
    Ok(())
}

/// Erases the documents of a verification. What fails is found again by [`sweep`].
pub(super) async fn erase(blobs: &Blobs, id: VerificationId) {
    for part in Part::ALL {
        if let Err(error) = blobs.erase(BlobName { verification: id, part }).await {
            tracing::warn!(%error, verification = %id, "a document could not be erased; next try within the hour");
        }
    }
}

/// Erases documents that nobody waits for and that were kept long enough, with an event in the trail for each
/// verification; returns of how many. Where documents are not kept after the answer, that is what a process left that was
/// killed before it wrote the request, or before it erased them.
pub async fn sweep(app: &App, now: UtcDateTime) -> Result<usize, DocumentsError> {
    let Some(blobs) = &app.blobs else { return Ok(0) };
    let kept_for = app.retention.documents.unwrap_or_default().max(NOBODYS_AFTER);
    let old = blobs.older_than(before(now, kept_for), MOST_DOCUMENTS).await?;
    let mut swept = 0;
    for id in old.into_iter().map(|name| name.verification).collect::<BTreeSet<_>>() {
        let progress = app.store.request_progress(id, now).await?;
        if progress.is_none_or(|request| matches!(request.state, RequestState::Refused(_))) {
            erase(blobs, id).await;
            app.store.change(TellOfErasedDocuments { id, actor: Actor::System, at: now }).await?;
            swept += 1;
        }
    }
    blobs.sweep(before(now, NOBODYS_AFTER)).await?;
    Ok(swept)
}

fn before(now: UtcDateTime, duration: Duration) -> UtcDateTime {
    now.saturating_sub(time::Duration::try_from(duration).unwrap_or(time::Duration::MAX))
}
