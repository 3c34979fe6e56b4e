//! The octets of a document, wherever they are: read at any position, never held in memory when they are many.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use crate::asn1::Source;
use crate::procedures::verification::FileFault;
use crate::verify::{Spool, SpoolWriter};

/// Files of up to so many octets are read whole: it is faster, and nobody can change them meanwhile.
const SMALL: u64 = 1024 * 1024;

/// What is read from a pipe at once.
const PIECE: usize = 64 * 1024;

/// Octets in memory or in a file.
pub(in crate::procedures) enum Octets {
    Memory(Vec<u8>),
    File { file: File, len: u64 },
}

impl Source for Octets {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(octets) => Source::len(&octets.as_slice()),
            Self::File { len, .. } => *len,
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(octets) => octets.as_slice().read_at(offset, buffer),
            Self::File { file, .. } => loop {
                match file.read_at(buffer, offset) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => return result,
                }
            },
        }
    }

    fn as_slice(&self) -> Option<&[u8]> {
        match self {
            Self::Memory(octets) => Some(octets),
            Self::File { .. } => None,
        }
    }
}

/// A document that was opened for reading.
pub(in crate::procedures) struct Document {
    source: Box<dyn Source>,
    /// For a file that is read in place: what tells whether it was changed in the meantime.
    watched: Option<(File, Stamp)>,
}

impl Document {
    /// Opens a file. What is no regular file, such as a named pipe, is copied into the spool.
    pub(in crate::procedures) fn open(path: &Path, limit: u64, spool: &dyn Spool) -> Result<Self, FileFault> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(FileFault::Directory);
        }
        if !metadata.is_file() {
            return Self::read(&mut file, limit, spool);
        }
        let len = metadata.len();
        if len > limit {
            return Err(FileFault::TooLarge(limit));
        }
        if len > SMALL {
            let watched = Some((file.try_clone()?, Stamp::of(&metadata)));
            return Ok(Self { source: Box::new(Octets::File { file, len }), watched });
        }
        let mut octets = Vec::new();
        file.take(SMALL + 1).read_to_end(&mut octets)?;
        if Source::len(&octets.as_slice()) > SMALL {
            return Err(FileFault::Changed);
        }
        Ok(Self { source: Box::new(Octets::Memory(octets)), watched: None })
    }

    /// Reads a stream to its end, into the spool.
    pub(super) fn read(input: &mut dyn Read, limit: u64, spool: &dyn Spool) -> Result<Self, FileFault> {
        let mut input = input.take(limit.saturating_add(1));
        let mut writer = spool.begin();
        let mut piece = vec![0; PIECE];
        loop {
            let count = match input.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            writer.write_all(piece.get(..count).unwrap_or_default()).map_err(FileFault::Spool)?;
        }
        if input.limit() == 0 {
            return Err(FileFault::TooLarge(limit));
        }
        let source = SpoolWriter::finish(writer).map_err(FileFault::Spool)?;
        Ok(Self { source, watched: None })
    }

    /// The octets.
    pub(in crate::procedures) fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// Fails if the file is no longer as it was when it was opened: what was read of it may not be one document.
    pub(in crate::procedures) fn check_unchanged(&self) -> Result<(), FileFault> {
        match &self.watched {
            Some((file, stamp)) if Stamp::of(&file.metadata()?) != *stamp => Err(FileFault::Changed),
            _ => Ok(()),
        }
    }
}

/// Size and time of the last change of a file.
#[derive(Eq, PartialEq)]
struct Stamp {
    len: u64,
    modified: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { len: metadata.len(), modified: (metadata.mtime(), metadata.mtime_nsec()) }
    }
}
