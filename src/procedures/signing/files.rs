//! Files in, signed files out, under one consent.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::asn1::Source;
use crate::procedures::new_file::NewFile;
use crate::procedures::signing::{ChosenKey, SigningError};
use crate::procedures::verification::{Document, FileFault, FileSpool};
use crate::sign::Prepared;
use crate::sign::cades::{self, PrepareError, Subject, WriteError};
use crate::sign::pades::{self, PadesError};
use crate::sign::pkcs11::{Consent, NotReset, SignError};
use crate::sign::signer::Signer;

/// What the signed files are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Layout {
    /// CAdES, the document inside: `NAME.p7m`.
    CadesAttached,
    /// CAdES, the document apart: `NAME.p7s`.
    CadesDetached,
    /// PAdES, a signature that nobody sees on the pages: `NAME-firmato.pdf`.
    Pades,
}

/// Where they go.
#[derive(Clone, Copy, Debug)]
pub enum Results<'a> {
    /// The only one is this file.
    File(&'a Path),
    /// Into this folder, under names of ours.
    Folder(&'a Path),
}

/// What is to be signed, and where each result goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    /// Document and result.
    pub(super) files: Vec<(PathBuf, PathBuf)>,
    pub(super) layout: Layout,
}

/// Why there is no plan. Nothing was begun, and no PIN asked for.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Something has this name already, or two results would.
    #[error("{} is there already", .0.display())]
    Occupied(PathBuf),
    /// The folder of the results is not there.
    #[error("{} is no folder", .0.display())]
    NoFolder(PathBuf),
    /// The document has no name from which that of the result is made.
    #[error("{} has no name", .0.display())]
    NoName(PathBuf),
    /// The document cannot be read.
    #[error("{}: {fault}", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
}

/// Why one file was not signed. There is no result, nor a part of one.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The document cannot be read.
    #[error(transparent)]
    Document(#[from] FileFault),
    /// It cannot be signed like this.
    #[error(transparent)]
    Prepare(PrepareError),
    /// The PDF cannot be signed like this.
    #[error(transparent)]
    Pdf(PadesError),
    /// The token did not sign it.
    #[error(transparent)]
    Token(SignError),
    /// The result could not be written.
    #[error("the result cannot be written: {0}")]
    Result(io::Error),
}

/// The most octets of a document that is signed.
pub const MAX_DOCUMENT: u64 = 2 * 1024 * 1024 * 1024;

impl Plan {
    /// Looks at documents and names, before anybody enters a PIN.
    pub fn new(files: &[PathBuf], layout: Layout, results: Results<'_>) -> Result<Self, PlanError> {
        let mut planned = Vec::with_capacity(files.len());
        let mut taken = BTreeSet::new();
        for file in files {
            let result = results.path(file, layout).ok_or_else(|| PlanError::NoName(file.clone()))?;
            if !folder_of(&result).is_dir() {
                return Err(PlanError::NoFolder(folder_of(&result).to_owned()));
            }
            if result.symlink_metadata().is_ok() || !taken.insert(result.clone()) {
                return Err(PlanError::Occupied(result));
            }
            match file.metadata() {
                Ok(metadata) if metadata.is_dir() => {
                    return Err(PlanError::Document { path: file.clone(), fault: FileFault::Directory });
                }
                Ok(_) => planned.push((file.clone(), result)),
                Err(error) => return Err(PlanError::Document { path: file.clone(), fault: error.into() }),
            }
        }
        Ok(Self { files: planned, layout })
    }

    /// How many documents.
    pub const fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Signs them one after the other, and says of each what came of it. A fault of the token ends all.
    pub fn sign(
        &self,
        key: &ChosenKey,
        signer: &Signer,
        consent: Consent,
        temporary_folder: &Path,
        each: &mut dyn FnMut(&Path, Result<&Path, FileError>),
    ) -> Result<Result<(), NotReset>, SigningError> {
        let mut batch = key.begin(consent)?;
        for (document, result) in &self.files {
            let mut value_of = |prepared: &Prepared<'_>| {
                let value = batch.sign(prepared.digest(), Some(prepared.signed_attributes()), prepared.scheme());
                value.map_err(FileError::Token)
            };
            let done = self.sign_one(document, result, signer, &mut value_of, temporary_folder);
            let over = matches!(done, Err(FileError::Token(_)));
            each(document, done.map(|()| result.as_path()));
            if over {
                break;
            }
        }
        Ok(batch.finish())
    }

    /// Signs one with a value that somebody makes: a token, or whoever else has the key.
    fn sign_one(
        &self,
        document: &Path,
        result: &Path,
        signer: &Signer,
        value_of: &mut dyn FnMut(&Prepared<'_>) -> Result<Vec<u8>, FileError>,
        temporary_folder: &Path,
    ) -> Result<(), FileError> {
        let spool = FileSpool::new(temporary_folder, MAX_DOCUMENT);
        let document = Document::open(document, MAX_DOCUMENT, &spool)?;
        let mut file = BufWriter::new(NewFile::begin(folder_of(result)).map_err(FileError::Result)?);
        let prepared = prepare(document.source(), self.layout, signer)?;
        let value = value_of(&prepared)?;
        let whole = prepared.assemble(&value).map_err(|_| FileError::Token(SignError::WrongSignature))?;
        whole.write(&mut file).map_err(not_written)?;
        file.flush().map_err(FileError::Result)?;
        // Only what was signed as it stands gets a name.
        document.check_unchanged()?;
        let file = file.into_inner().map_err(|error| FileError::Result(error.into_error()))?;
        file.appear(result).map_err(|(error, _)| FileError::Result(error))
    }
}

/// Lays out the signature of one document.
pub(super) fn prepare<'a>(
    document: &'a dyn Source,
    layout: Layout,
    signer: &'a Signer,
) -> Result<Prepared<'a>, FileError> {
    let cades = |subject| cades::prepare(subject, signer).map_err(FileError::Prepare);
    match layout {
        Layout::CadesAttached => cades(Subject::Attached(document)),
        Layout::CadesDetached => cades(Subject::Detached(document)),
        Layout::Pades => pades::prepare(document, signer, &pades::Options::INVISIBLE).map_err(FileError::Pdf),
    }
}

pub(super) fn not_written(error: WriteError) -> FileError {
    FileError::Result(io::Error::other(error))
}

impl Results<'_> {
    fn path(self, document: &Path, layout: Layout) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(path.to_owned()),
            Self::Folder(folder) => {
                let mut name = match layout {
                    Layout::CadesAttached | Layout::CadesDetached => document.file_name()?.to_owned(),
                    Layout::Pades => document.file_stem()?.to_owned(),
                };
                name.push(match layout {
                    Layout::CadesAttached => ".p7m",
                    Layout::CadesDetached => ".p7s",
                    Layout::Pades => "-firmato.pdf",
                });
                Some(folder.join(name))
            }
        }
    }
}

pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
