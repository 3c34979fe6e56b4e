//! Documents that are kept outside the database: in a folder, which several instances may share, or in S3.
//!
//! Each has a name made from the verification that it belongs to; equal documents of two verifications are kept twice, so
//! that erasing one never asks who else needs it.

mod place;

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use time::UtcDateTime;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use crate::domain::id::{BadId, VerificationId};

pub use place::{BlobPlace, S3, S3Key};

/// Documents that are written at a time: each takes a few parts of memory.
const WRITERS: usize = 4;

/// Which of the documents of a verification.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Part {
    /// The signed document.
    Document,
    /// The content of a detached signature.
    Detached,
    /// What the content must be.
    Expected,
}

/// The name of a document.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BlobName {
    /// Whose it is.
    pub verification: VerificationId,
    /// Which of them.
    pub part: Part,
}

/// Where documents are. Clones are the same place.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    place: BlobPlace,
    writers: Arc<Semaphore>,
}

/// A document that is read, piece by piece.
pub struct Pieces(BoxStream<'static, Result<Bytes, object_store::Error>>);

/// Why a document cannot be kept, read or erased.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The folder or S3 does not do it now: ask again later.
    #[error("the place of documents does not answer as it should: {0}")]
    Unavailable(#[from] object_store::Error),
    /// What was to be kept cannot be read, or the folder cannot be used.
    #[error("cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Document, Self::Detached, Self::Expected];

    /// Its name in ours.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Detached => "detached",
            Self::Expected => "expected",
        }
    }
}

/// `<UUID>.document`: one level, since emptied folders would have to be removed beneath others that fill them.
impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.verification, self.part.word())
    }
}

impl FromStr for BlobName {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let (id, word) = text.split_once('.').ok_or(BadId)?;
        let part = Part::ALL.into_iter().find(|part| part.word() == word).ok_or(BadId)?;
        Ok(Self { verification: id.parse()?, part })
    }
}

impl Blobs {
    /// Opens the place; a folder is made where there is none. S3 is not asked before the first document.
    pub fn open(place: BlobPlace) -> Result<Self, BlobError> {
        Ok(Self { store: place.open()?, place, writers: Arc::new(Semaphore::new(WRITERS)) })
    }

    /// Keeps a document, whole or not at all; what stood under the name is replaced. It is on the disk, or with S3, when
    /// this returns.
    pub async fn put(&self, name: BlobName, content: impl Read + Send + 'static) -> Result<(), BlobError> {
        let _until_written = self.writers.acquire().await.map_err(io::Error::other)?;
        let (path, part) = (self.path(name), self.place.part_len());
        let mut writer = BufWriter::with_capacity(Arc::clone(&self.store), path, part).with_max_concurrency(1);
        let mut content = content;
        loop {
            let piece;
            (content, piece) = match read_piece(content, part).await {
                Ok(read) => read,
                Err(error) => {
                    writer.abort().await?;
                    return Err(error.into());
                }
            };
            if piece.is_empty() {
                break;
            }
            writer.put(piece).await?;
        }
        // Faults of the place come wrapped.
        let wrapped = |error: io::Error| error.downcast().map_or_else(BlobError::Io, BlobError::Unavailable);
        writer.shutdown().await.map_err(wrapped)
    }

    /// Reads a document; `None` if there is none of this name.
    pub async fn get(&self, name: BlobName) -> Result<Option<Pieces>, BlobError> {
        match self.store.get(&self.path(name)).await {
            Ok(found) => Ok(Some(Pieces(found.into_stream()))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Erases a document; one that is not there is well erased.
    pub async fn erase(&self, name: BlobName) -> Result<(), BlobError> {
        match self.store.delete(&self.path(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// At most `most` documents that were last written before some time, in no order. What else is in the place is left
    /// alone.
    pub async fn older_than(&self, before: UtcDateTime, most: usize) -> Result<Vec<BlobName>, BlobError> {
        let mut found = Vec::new();
        let mut all = self.store.list(self.place.prefix().as_ref());
        while found.len() < most
            && let Some(object) = all.next().await
        {
            let object = object?;
            let name = object.location.filename().and_then(|name| name.parse().ok());
            if let Some(name) = name
                && object.last_modified.timestamp() < before.unix_timestamp()
            {
                found.push(name);
            }
        }
        Ok(found)
    }

    /// Removes what was left of documents whose writing was interrupted before some time. With S3, a rule of the bucket
    /// (`AbortIncompleteMultipartUpload`) does it.
    pub async fn sweep(&self, before: UtcDateTime) -> Result<(), BlobError> {
        let place = self.place.clone();
        tokio::task::spawn_blocking(move || place.sweep(before)).await.map_err(io::Error::other)?.map_err(BlobError::Io)
    }

    fn path(&self, name: BlobName) -> Path {
        self.place.prefix().unwrap_or_default().join(name.to_string())
    }
}

impl Pieces {
    /// The next octets; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BlobError> {
        Ok(self.0.next().await.transpose()?)
    }
}

/// Up to so many octets, from a thread that may wait.
async fn read_piece<R: Read + Send + 'static>(content: R, part: usize) -> io::Result<(R, Bytes)> {
    let read = tokio::task::spawn_blocking(move || {
        let mut piece = Vec::new();
        let mut limited = content.take(u64::try_from(part).unwrap_or(u64::MAX));
        limited.read_to_end(&mut piece)?;
        Ok((limited.into_inner(), Bytes::from(piece)))
    });
    read.await.map_err(io::Error::other)?
}
