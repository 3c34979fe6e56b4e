//! Receiving a document: a small one stays in memory, a larger one goes to a file without a name.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::AsyncWriteExt;

use crate::asn1::Source;
use crate::crypto::{Digest, DigestAlgorithm, Hasher};
use crate::procedures::verification::Octets;

/// So many octets stay in memory.
const IN_MEMORY: usize = 64 * 1024;
/// What is written, and read for a digest, at once.
const PIECE: usize = 64 * 1024;

/// A document that is being received. Dropped, it leaves nothing behind.
pub struct Upload {
    folder: PathBuf,
    limit: u64,
    len: u64,
    octets: Vec<u8>,
    file: Option<tokio::fs::File>,
}

/// Why a document cannot be received.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// More octets than allowed.
    #[error("larger than {0} octets")]
    TooLarge(u64),
    /// They cannot be put anywhere: the disk is full, or not writable.
    #[error("cannot be stored: {0}")]
    Storage(#[from] io::Error),
}

/// A document that was received.
pub struct Received {
    octets: Arc<Octets>,
}

/// Reads a document from its beginning.
struct Reader {
    octets: Arc<Octets>,
    offset: u64,
}

impl Upload {
    /// Takes `limit` octets, in `folder` when they are many.
    pub fn new(folder: &Path, limit: u64) -> Self {
        Self { folder: folder.to_owned(), limit, len: 0, octets: Vec::new(), file: None }
    }

    /// The next octets.
    pub async fn write(&mut self, octets: &[u8]) -> Result<(), UploadError> {
        self.len = self.len.saturating_add(Source::len(&octets));
        if self.len > self.limit {
            return Err(UploadError::TooLarge(self.limit));
        }
        if self.octets.len().saturating_add(octets.len()) > IN_MEMORY {
            self.flush().await?;
        }
        if octets.len() > IN_MEMORY {
            self.file().await?.write_all(octets).await?;
        } else {
            self.octets.extend_from_slice(octets);
        }
        Ok(())
    }

    /// All octets are there.
    pub async fn finish(mut self) -> Result<Received, UploadError> {
        if self.file.is_some() {
            self.flush().await?;
        }
        let octets = match self.file {
            Some(mut file) => {
                file.flush().await?;
                Octets::File { file: file.into_std().await, len: self.len }
            }
            None => Octets::Memory(self.octets),
        };
        Ok(Received { octets: Arc::new(octets) })
    }

    async fn flush(&mut self) -> Result<(), UploadError> {
        let octets = std::mem::take(&mut self.octets);
        self.file().await?.write_all(&octets).await?;
        self.octets = octets;
        self.octets.clear();
        Ok(())
    }

    async fn file(&mut self) -> Result<&mut tokio::fs::File, UploadError> {
        let file = if let Some(file) = self.file.take() {
            file
        } else {
            let folder = self.folder.clone();
            let made = tokio::task::spawn_blocking(move || tempfile::tempfile_in(folder)).await;
            let mut file = tokio::fs::File::from_std(made.map_err(io::Error::other)??);
            file.set_max_buf_size(PIECE);
            file
        };
        Ok(self.file.insert(file))
    }
}

impl Received {
    /// The octets.
    pub fn source(&self) -> &dyn Source {
        self.octets.as_ref()
    }

    /// The octets once more, from the first; reading may block.
    pub(super) fn reader(&self) -> impl Read + Send + 'static {
        Reader { octets: Arc::clone(&self.octets), offset: 0 }
    }

    /// SHA-256 of them. It reads, and so may block.
    pub(super) fn sha256(&self) -> io::Result<Digest> {
        let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
        let mut reader = self.reader();
        let mut piece = vec![0; PIECE];
        loop {
            let count = reader.read(&mut piece)?;
            if count == 0 {
                break;
            }
            hasher.update(piece.get(..count).unwrap_or_default());
        }
        Ok(hasher.finish())
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.octets.read_at(self.offset, into)?;
        self.offset = self.offset.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}
