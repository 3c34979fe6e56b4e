//! Files in, signed files out, under one consent.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::asn1::{Cursor, Source, Window};
use crate::crypto::DigestAlgorithm;
use crate::procedures::new_file::NewFile;
use crate::procedures::signing::authorities::{Authorities, Level, StampError};
use crate::procedures::signing::collection::{self, LastingError};
use crate::procedures::signing::raise::{Form, Step, raise};
use crate::procedures::signing::{ChosenKey, SigningError};
use crate::procedures::verification::{Document, FileFault, FileSpool};
use crate::sign::Prepared;
use crate::sign::cades::{self, PrepareError, Subject, WriteError};
use crate::sign::pades::{self, Certification, PadesError};
use crate::sign::pkcs11::{Consent, NotReset, SignError};
use crate::sign::signer::Signer;
use crate::verify::{SignatureLevel, Spool};

/// What the signed files are.
#[derive(Clone, Debug, PartialEq)]
pub enum Layout {
    /// CAdES, the document inside: `NAME.p7m`.
    CadesAttached,
    /// CAdES, the document apart: `NAME.p7s`.
    CadesDetached,
    /// CAdES, one more signer of a signed file: `NAME-firmato.p7m`.
    CadesParallel {
        /// What was signed, where the file does not hold it.
        content: Option<PathBuf>,
    },
    /// CAdES, on a signature of a signed file, counted from 1: `NAME-firmato.p7m`.
    CadesCountersignature(usize),
    /// PAdES: `NAME-firmato.pdf`.
    Pades(PdfLayout),
}

/// How a PDF is signed.
#[derive(Clone, Debug, PartialEq)]
pub struct PdfLayout {
    /// Where the signature goes.
    pub place: PdfPlace,
    /// What others may still change; `None` does not certify.
    pub certification: Option<Certification>,
    /// Why it is signed, in the signer's words.
    pub reason: Option<String>,
    /// Where it is signed, in the signer's words.
    pub location: Option<String>,
}

/// The field of a signature in a PDF.
#[derive(Clone, Debug, PartialEq)]
pub enum PdfPlace {
    /// A new one that nobody sees.
    Invisible,
    /// A new one that is seen.
    Visible {
        /// The page, counted from 1.
        page: usize,
        /// Left, bottom, right, top, in points from the lower left corner of the page.
        corners: [f64; 4],
    },
    /// An empty field of the form, by its full name.
    Field(String),
}

impl PdfLayout {
    /// A signature that nobody sees, which approves.
    pub const INVISIBLE: Self = Self { place: PdfPlace::Invisible, certification: None, reason: None, location: None };

    fn options(&self, level: Level) -> pades::Options<'_> {
        pades::Options {
            place: match &self.place {
                PdfPlace::Invisible => pades::Place::Invisible,
                PdfPlace::Visible { page, corners } => pades::Place::Visible { page: *page, corners: *corners },
                PdfPlace::Field(name) => pades::Place::Field(name),
            },
            certification: self.certification,
            reason: self.reason.as_deref(),
            location: self.location.as_deref(),
            level: if level == Level::B { pades::Level::B } else { pades::Level::T },
        }
    }
}

/// A level above B, and whom it needs.
#[derive(Debug)]
pub struct Higher<'a> {
    /// The level.
    pub level: Level,
    /// Who makes timestamps, and says what was revoked.
    pub authorities: &'a mut Authorities,
}

/// What is common to the files of a plan.
#[derive(Debug)]
pub struct Making<'a> {
    /// What the signed files are.
    pub layout: &'a Layout,
    /// The level; `None` is B.
    pub higher: Option<Higher<'a>>,
    /// Where what is large waits.
    pub temporary_folder: &'a Path,
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
}

/// What the names of results are made of, in a folder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Naming {
    /// The name of the document with this behind it.
    Suffix(&'static str),
    /// The name of the document with this before its ending.
    Mark(&'static str),
}

impl Layout {
    /// The names of the signed files.
    pub const fn naming(&self) -> Naming {
        match self {
            Self::CadesAttached => Naming::Suffix(".p7m"),
            Self::CadesDetached => Naming::Suffix(".p7s"),
            Self::CadesParallel { .. } | Self::CadesCountersignature(_) | Self::Pades(_) => Naming::Mark("-firmato"),
        }
    }
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
    /// The content that it was made of cannot be read.
    #[error("the signed content: {0}")]
    Content(FileFault),
    /// The token did not sign it.
    #[error(transparent)]
    Token(SignError),
    /// There is no timestamp.
    #[error(transparent)]
    Timestamp(#[from] StampError),
    /// There are no validation data by which it would last.
    #[error(transparent)]
    Lasting(#[from] LastingError),
    /// A signature that it has does not hold, or it was changed after it.
    #[error("a signature that it has does not hold")]
    Broken,
    /// It was not its turn any more: the token failed before.
    #[error("the token failed before")]
    NotBegun,
    /// It has this level already, or a higher one.
    #[error("it has this level already")]
    LevelReached,
    /// The result could not be written.
    #[error("the result cannot be written: {0}")]
    Result(io::Error),
}

/// The most octets of a document that is signed.
pub const MAX_DOCUMENT: u64 = 2 * 1024 * 1024 * 1024;

impl Plan {
    /// Looks at documents and names, before anybody enters a PIN.
    pub fn new(files: &[PathBuf], naming: Naming, results: Results<'_>) -> Result<Self, PlanError> {
        let mut planned = Vec::with_capacity(files.len());
        let mut taken = BTreeSet::new();
        for file in files {
            let result = results.path(file, naming).ok_or_else(|| PlanError::NoName(file.clone()))?;
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
        Ok(Self { files: planned })
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
        mut making: Making<'_>,
        each: &mut dyn FnMut(&Path, Result<&Path, FileError>),
    ) -> Result<Result<(), NotReset>, SigningError> {
        let mut batch = key.begin(consent)?;
        let mut over = false;
        for (document, result) in &self.files {
            if over {
                each(document, Err(FileError::NotBegun));
                continue;
            }
            let mut value_of = |prepared: &Prepared<'_>| {
                let value = batch.sign(prepared.digest(), Some(prepared.signed_attributes()), prepared.scheme());
                value.map_err(FileError::Token)
            };
            let done = making.sign_one(document, result, signer, &mut value_of);
            over = matches!(done, Err(FileError::Token(_)));
            each(document, done.map(|()| result.as_path()));
        }
        Ok(batch.finish())
    }

    /// Raises the level of signed files one after the other, and says of each what came of it. `content` is what was signed,
    /// where the only file does not hold it.
    pub fn extend(
        &self,
        content: Option<&Path>,
        mut higher: Higher<'_>,
        temporary_folder: &Path,
        each: &mut dyn FnMut(&Path, Result<&Path, FileError>),
    ) {
        for (document, result) in &self.files {
            let done = higher.extend_one(document, content, result, temporary_folder);
            each(document, done.map(|()| result.as_path()));
        }
    }
}

/// A document as it stands between two steps.
const SPOOLED: u64 = 8 * MAX_DOCUMENT;

impl Making<'_> {
    const fn level(&self) -> Level {
        match &self.higher {
            Some(higher) => higher.level,
            None => Level::B,
        }
    }

    /// Signs one with a value that somebody makes.
    fn sign_one(
        &mut self,
        document: &Path,
        result: &Path,
        signer: &Signer,
        value_of: &mut dyn FnMut(&Prepared<'_>) -> Result<Vec<u8>, FileError>,
    ) -> Result<(), FileError> {
        let opened = self.open(document)?;
        let file = NewFile::begin(folder_of(result)).map_err(FileError::Result)?;
        let prepared = self.prepare(&opened, signer)?;
        let value = value_of(&prepared)?;
        self.finish(&opened, prepared, &value, file, result)
    }

    /// Opens a document, to be looked at until its signature is there.
    pub(super) fn open(&self, document: &Path) -> Result<Opened, FileError> {
        let spool = FileSpool::new(self.temporary_folder, SPOOLED);
        let document = Document::open(document, MAX_DOCUMENT, &spool)?;
        let content = match self.layout {
            Layout::CadesParallel { content } => content.as_deref(),
            _ => None,
        };
        let content = open_content(content, &spool)?;
        Ok(Opened { document, content, spool })
    }

    /// Lays out the signature of one document.
    pub(super) fn prepare<'a>(&self, opened: &'a Opened, signer: &'a Signer) -> Result<Prepared<'a>, FileError> {
        let (document, content) = (opened.document.source(), opened.content());
        let prepared = prepare(document, content, self.layout, self.level(), signer)?;
        let is_new = matches!(self.layout, Layout::CadesAttached | Layout::CadesDetached);
        if !is_new && !collection::holds(document, content, &opened.spool)? {
            return Err(FileError::Broken);
        }
        Ok(prepared)
    }

    /// Takes the value, raises the signature to its level, and gives the file its name: whole, or not at all.
    pub(super) fn finish(
        &mut self,
        opened: &Opened,
        prepared: Prepared<'_>,
        value: &[u8],
        file: NewFile,
        result: &Path,
    ) -> Result<(), FileError> {
        let mut whole = prepared.assemble(value).map_err(|_| FileError::Token(SignError::WrongSignature))?;
        let mut file = BufWriter::new(file);
        match &mut self.higher {
            None => whole.write(&mut file).map_err(not_written)?,
            Some(Higher { level, authorities }) => {
                let imprint = DigestAlgorithm::Sha256.digest(whole.value());
                let token = authorities.stamp(imprint)?;
                whole.add_timestamp(&token).map_err(|_| not_written(WriteError::OtherTimestamp))?;
                let mut made = opened.spool.begin();
                whole.write(&mut made).map_err(not_written)?;
                let made = made.finish().map_err(FileError::Result)?;
                let detached = matches!(self.layout, Layout::CadesDetached).then(|| opened.document.source());
                let form = match self.layout {
                    Layout::Pades(_) => Form::Pades,
                    _ => Form::Cades(opened.content().or(detached)),
                };
                let made = raise(&steps(self.layout, *level), made, form, authorities, &opened.spool)?;
                copy(&*made, &mut file)?;
            }
        }
        // Only what was signed as it stands gets a name.
        opened.document.check_unchanged()?;
        appear(file, result)
    }
}

/// A document that is being signed.
pub(super) struct Opened {
    document: Document,
    /// What was signed before, where the document does not hold it.
    content: Option<Document>,
    spool: FileSpool,
}

impl Opened {
    fn content(&self) -> Option<&dyn Source> {
        self.content.as_ref().map(Document::source)
    }
}

/// What is to be done to a file that has a new signature with a timestamp. The signatures beside it must last as well.
fn steps(layout: &Layout, level: Level) -> Vec<Step> {
    let beside = matches!(layout, Layout::CadesParallel { .. } | Layout::CadesCountersignature(_));
    Step::between(if beside && level > Level::T { Level::B } else { Level::T }, level)
}

impl Higher<'_> {
    fn extend_one(
        &mut self,
        document: &Path,
        content: Option<&Path>,
        result: &Path,
        temporary_folder: &Path,
    ) -> Result<(), FileError> {
        let spool = FileSpool::new(temporary_folder, SPOOLED);
        let document = Document::open(document, MAX_DOCUMENT, &spool)?;
        let content = open_content(content, &spool)?;
        let content = content.as_ref().map(Document::source);
        let mut file = BufWriter::new(NewFile::begin(folder_of(result)).map_err(FileError::Result)?);
        let report = collection::judge(document.source(), content, self.authorities, None, &spool);
        let report = report.map_err(LastingError::from)?;
        let form = match report.document.envelopes.first() {
            Some(&"PDF") => Form::Pades,
            _ => Form::Cades(content),
        };
        collection::check_as_it_is(&report)?;
        let levels = collection::outermost(&report).map(|signature| level_of(signature.level));
        let from = levels.min().unwrap_or(Level::B);
        let steps = Step::between(from, self.level);
        if steps.is_empty() {
            return Err(FileError::LevelReached);
        }
        let as_it_is = Box::new(Window::new(document.source(), 0, document.source().len()));
        let made = raise(&steps, as_it_is, form, self.authorities, &spool)?;
        copy(&*made, &mut file)?;
        document.check_unchanged()?;
        appear(file, result)
    }
}

/// The baseline level that a form of signature comes closest to.
const fn level_of(found: Option<SignatureLevel>) -> Level {
    match found {
        None | Some(SignatureLevel::Bes | SignatureLevel::Epes | SignatureLevel::B) => Level::B,
        Some(SignatureLevel::T | SignatureLevel::C | SignatureLevel::X) => Level::T,
        Some(SignatureLevel::Xl | SignatureLevel::Lt) => Level::Lt,
        Some(SignatureLevel::A | SignatureLevel::Lta) => Level::Lta,
    }
}

fn open_content(content: Option<&Path>, spool: &FileSpool) -> Result<Option<Document>, FileError> {
    content.map(|path| Document::open(path, MAX_DOCUMENT, spool)).transpose().map_err(FileError::Content)
}

fn copy(made: &dyn Source, out: &mut dyn Write) -> Result<(), FileError> {
    let mut written = Ok(());
    let read = Cursor::new(made, 0).feed(made.len(), &mut |piece| {
        if written.is_ok() {
            written = out.write_all(piece);
        }
    });
    read.map_err(|error| FileError::Result(io::Error::other(error)))?;
    written.map_err(FileError::Result)
}

fn appear(mut file: BufWriter<NewFile>, result: &Path) -> Result<(), FileError> {
    file.flush().map_err(FileError::Result)?;
    let file = file.into_inner().map_err(|error| FileError::Result(error.into_error()))?;
    file.appear(result).map_err(|(error, _)| FileError::Result(error))
}

/// Lays out the signature of one document.
fn prepare<'a>(
    document: &'a dyn Source,
    content: Option<&'a dyn Source>,
    layout: &Layout,
    level: Level,
    signer: &'a Signer,
) -> Result<Prepared<'a>, FileError> {
    let subject = match layout {
        Layout::CadesAttached => Subject::Attached(document),
        Layout::CadesDetached => Subject::Detached(document),
        Layout::CadesParallel { .. } => Subject::Parallel { file: document, content },
        Layout::CadesCountersignature(signature) => Subject::Countersignature { file: document, signature: *signature },
        Layout::Pades(layout) => {
            return pades::prepare(document, signer, &layout.options(level)).map_err(FileError::Pdf);
        }
    };
    cades::prepare(subject, signer).map_err(FileError::Prepare)
}

pub(super) fn not_written(error: WriteError) -> FileError {
    match error {
        WriteError::Io(error) => FileError::Result(error),
        WriteError::ContentChanged => FileError::Document(FileFault::Changed),
        error => FileError::Result(io::Error::other(error)),
    }
}

impl Results<'_> {
    fn path(self, document: &Path, naming: Naming) -> Option<PathBuf> {
        let folder = match self {
            Self::File(path) => return Some(path.to_owned()),
            Self::Folder(folder) => folder,
        };
        let mut name = match naming {
            Naming::Suffix(_) => document.file_name()?.to_owned(),
            Naming::Mark(_) => document.file_stem()?.to_owned(),
        };
        match naming {
            Naming::Suffix(suffix) => name.push(suffix),
            Naming::Mark(mark) => {
                name.push(mark);
                if let Some(ending) = document.extension() {
                    name.push(".");
                    name.push(ending);
                }
            }
        }
        Some(folder.join(name))
    }
}

pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
