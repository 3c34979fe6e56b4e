//! Where decoded octets wait while a document is open: in memory while they are few, then in a file without a name.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::asn1::Source;
use crate::procedures::verification::octets::Octets;
use crate::verify::{Spool, SpoolWriter};

/// So many octets of a run stay in memory.
const IN_MEMORY: usize = 1024 * 1024;

/// A spool for one document. Its files have mode 0600 and no name: nothing is left behind, even if the program is killed.
pub struct FileSpool {
    folder: PathBuf,
    left: Arc<AtomicU64>,
}

/// The document unpacks to more than its spool takes.
#[derive(Debug, thiserror::Error)]
#[error("more decoded octets than the spool takes")]
pub struct SpoolFull;

impl SpoolFull {
    /// Whether that is why writing failed.
    pub fn caused(error: &io::Error) -> bool {
        error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()).is_some()
    }
}

impl FileSpool {
    /// Takes `limit` octets in all, in files in `folder`.
    pub fn new(folder: &Path, limit: u64) -> Self {
        Self { folder: folder.to_owned(), left: Arc::new(AtomicU64::new(limit)) }
    }
}

impl Spool for FileSpool {
    fn begin(&self) -> Box<dyn SpoolWriter> {
        Box::new(Run {
            folder: self.folder.clone(),
            left: Arc::clone(&self.left),
            len: 0,
            octets: Vec::new(),
            file: None,
        })
    }
}

/// Octets being written.
struct Run {
    folder: PathBuf,
    left: Arc<AtomicU64>,
    len: u64,
    /// What is not in the file yet.
    octets: Vec<u8>,
    file: Option<File>,
}

impl Write for Run {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let count = Source::len(&octets);
        let charge = |left: u64| left.checked_sub(count);
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, charge).is_err() {
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, SpoolFull));
        }
        if self.octets.len().saturating_add(octets.len()) > IN_MEMORY {
            self.flush_to_file()?;
        }
        self.octets.extend_from_slice(octets);
        self.len += count;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SpoolWriter for Run {
    fn finish(mut self: Box<Self>) -> io::Result<Box<dyn Source>> {
        if self.file.is_some() {
            self.flush_to_file()?;
        }
        let run = *self;
        Ok(Box::new(match run.file {
            Some(file) => Octets::File { file, len: run.len },
            None => Octets::Memory(run.octets),
        }))
    }
}

impl Run {
    fn flush_to_file(&mut self) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile_in(&self.folder)?,
        };
        self.file.insert(file).write_all(&self.octets)?;
        self.octets.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spooled(spool: &FileSpool, pieces: &[&[u8]]) -> io::Result<Box<dyn Source>> {
        let mut writer = spool.begin();
        for piece in pieces {
            writer.write_all(piece)?;
        }
        writer.finish()
    }

    #[test]
    fn few_octets_stay_in_memory_and_many_go_to_a_file_without_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let spool = FileSpool::new(folder.path(), 16 * 1024 * 1024);
        assert_eq!(spooled(&spool, &[b"ab", b"", b"c"]).unwrap().as_slice(), Some(&b"abc"[..]));
        let piece: Vec<u8> = (0..=250).cycle().take(IN_MEMORY / 2 + 1).collect();
        let large = spooled(&spool, &[&piece, &piece, &piece]).unwrap();
        assert!(large.as_slice().is_none());
        assert_eq!(large.len(), 3 * Source::len(&piece.as_slice()));
        let mut back = vec![0; piece.len()];
        assert_eq!(large.read_at(Source::len(&piece.as_slice()), &mut back).unwrap(), piece.len());
        assert_eq!(back, piece);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn all_runs_share_one_limit() {
        let folder = tempfile::tempdir().unwrap();
        let spool = FileSpool::new(folder.path(), 5);
        spooled(&spool, &[b"abc"]).unwrap();
        assert!(spooled(&spool, &[b"de"]).is_ok());
        let error = spooled(&spool, &[b"f"]).err().unwrap();
        assert!(SpoolFull::caused(&error));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_not_a_panic() {
        let spool = FileSpool::new(Path::new("/nonexistent"), u64::MAX);
        assert!(spooled(&spool, &[&vec![0; IN_MEMORY], b"x"]).is_err());
    }
}
