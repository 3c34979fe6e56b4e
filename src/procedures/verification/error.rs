//! Why a verification could not be carried out.

use std::io;
use std::path::PathBuf;

use crate::verify::VerifyError;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// There is none of this name.
    #[error("no such file")]
    NotFound,
    /// It is a folder.
    #[error("is a folder")]
    Directory,
    /// The rights do not allow it.
    #[error("permission denied")]
    Denied,
    /// More octets than allowed.
    #[error("larger than {0} octets")]
    TooLarge(u64),
    /// It was changed while it was read.
    #[error("changed while it was read")]
    Changed,
    /// Reading failed.
    #[error("reading failed: {0}")]
    Io(io::Error),
    /// It had to be copied, and that failed.
    #[error("copying to a temporary file failed: {0}")]
    Spool(io::Error),
}

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::IsADirectory => Self::Directory,
            io::ErrorKind::PermissionDenied => Self::Denied,
            _ => Self::Io(error),
        }
    }
}

/// Why a document could not be examined, or its content not be written out.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    /// The document cannot be read.
    #[error("the document: {0}")]
    Document(#[source] FileFault),
    /// The content given apart cannot be read.
    #[error("{}: {fault}", path.display())]
    Detached {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// The expected content cannot be read.
    #[error("{}: {fault}", path.display())]
    Expected {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// It was read and cannot be examined.
    #[error(transparent)]
    Examination(VerifyError),
    /// It unpacks to more octets than the limit.
    #[error("the document unpacks to more than {0} octets")]
    UnpacksTooLarge(u64),
    /// The content could not be written out.
    #[error("the content cannot be written to {}: {source}", folder.display())]
    Extraction {
        /// Where it was to go.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is another file of the name that the content would get.
    #[error("{} exists and is something else", .0.display())]
    Occupied(PathBuf),
}
