//! Verifying a file: reads it and what it is judged with, asks for the judgement, writes the content out if asked to.

mod error;
mod extraction;
mod material;
mod octets;
mod password;
mod pem;
mod spool;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use time::UtcDateTime;

use crate::asn1::Source;
use crate::clock::Countdown;
use crate::domain::fiscal_code::FiscalCode;
use crate::procedures::seen::{self, Seen};
use crate::procedures::verification::extraction::Extract;
use crate::trust::Times;
use crate::verify::{self, Context, Deadline, Limits, Policy, Portion, Report, Request, Spool, VerifyError};

pub use error::{FileFault, VerificationError};
pub use material::{
    MAX_ANCHORS, MAX_FILES, MAX_PEM_LEN, MAX_TRUST_LEN, MaterialError, MaterialFault, REMEMBERED_SIGNERS, TrustMaterial,
};
pub(super) use octets::{Document, Octets};
pub use password::{MAX_PASSWORD_LEN, read_password};
pub use spool::{FileSpool, SpoolFull};

/// A file to verify, and what is declared about it.
#[derive(Clone, Copy)]
pub struct Submission<'a> {
    /// Where it is.
    pub document: Location<'a>,
    /// Its name, for the report only.
    pub name: &'a str,
    /// The signed content, where the file does not hold it.
    pub detached: Option<Location<'a>>,
    /// What the innermost content must be.
    pub expected: Option<Location<'a>>,
    /// The codice fiscale that was declared.
    pub fiscal_code: Option<&'a FiscalCode>,
    /// The time to judge for.
    pub at: UtcDateTime,
    /// A proven time of existence of the file.
    pub existed_by: Option<UtcDateTime>,
    /// Who says that the file existed then.
    pub existence_source: Option<&'a str>,
    /// What opens an encrypted PDF.
    pub password: Option<&'a [u8]>,
    /// What is to be written out, and the folder that it is written to.
    pub extract: Option<(Portion, &'a Path)>,
    /// Whether the pages are to be drawn that the signers saw.
    pub illustrated: bool,
}

/// Where octets are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Location<'a> {
    /// In a file.
    File(&'a Path),
    /// On standard input; it can be read once.
    StandardInput,
}

/// What verifications have in common, beside trust material.
#[derive(Clone, Debug)]
pub struct VerificationSettings {
    /// Constraints on chains and algorithms.
    pub policy: Policy,
    /// Bounds on one document.
    pub limits: Limits,
    /// The time one document may take.
    pub time_allowed: Duration,
    /// Where decoded octets go, in files without a name.
    pub temporary_folder: PathBuf,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The judgement.
    pub report: Report,
    /// The file that was written out, if that was asked for and there is any.
    pub extracted: Option<PathBuf>,
    /// The pages that the signers saw, if they were to be drawn.
    pub seen: Vec<Seen>,
}

/// Is told how far reading has come: octets, and octets in all.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Verifies one file. Whatever the verdict, the content is written out if the submission asks for it.
pub fn verify_document(
    submission: &Submission<'_>,
    material: &TrustMaterial,
    settings: &VerificationSettings,
    progress: Progress<'_>,
) -> Result<Outcome, VerificationError> {
    let countdown = Countdown::start(settings.time_allowed);
    let spool_limit = spool_limit(settings);
    let spool = FileSpool::new(&settings.temporary_folder, spool_limit);
    let open = |location: Location<'_>| open(location, settings.limits.document_len, &spool);
    let document = open(submission.document).map_err(VerificationError::Document)?;
    let apart = |location: Location<'_>| open(location).map_err(|fault| (location.path(), fault));
    let detached = submission.detached.map(apart).transpose();
    let detached = detached.map_err(|(path, fault)| VerificationError::Detached { path, fault })?;
    let expected = submission.expected.map(apart).transpose();
    let expected = expected.map_err(|(path, fault)| VerificationError::Expected { path, fault })?;

    let watched = Watched { inner: document.source(), progress };
    let request = Request {
        name: submission.name,
        document: &watched,
        detached: detached.as_ref().map(Document::source),
        fiscal_code: submission.fiscal_code,
        expected: expected.as_ref().map(Document::source),
        times: Times { at: submission.at, existed_by: submission.existed_by },
        existence_source: submission.existence_source,
        password: submission.password,
    };
    let context = context(material, settings, &countdown, &spool);
    let refuse = |error| refuse(error, spool_limit);
    let report = verify::verify(&request, &context).map_err(refuse)?;
    for opened in [Some(&document), detached.as_ref(), expected.as_ref()].into_iter().flatten() {
        opened.check_unchanged().map_err(VerificationError::Document)?;
    }
    let extracted = match (submission.extract, &report.content) {
        (Some((portion, folder)), Some(verified)) => {
            let what = match portion {
                Portion::Content => Extract::Content(verified),
                Portion::Revision(number) => Extract::Revision(number),
            };
            Some(extraction::extract(folder, &what, |out| {
                verify::extract(&request, &context, portion, out).map_err(refuse)?;
                document.check_unchanged().map_err(VerificationError::Document)
            })?)
        }
        _ => None,
    };
    let seen = if submission.illustrated { seen::draw(&request, &report, &context) } else { Vec::new() };
    Ok(Outcome { report, extracted, seen })
}

/// Verifies octets that were received already and that nobody else can change.
pub fn verify_received(
    request: &Request<'_>,
    material: &TrustMaterial,
    settings: &VerificationSettings,
) -> Result<Report, VerificationError> {
    let countdown = Countdown::start(settings.time_allowed);
    let spool = FileSpool::new(&settings.temporary_folder, spool_limit(settings));
    let context = context(material, settings, &countdown, &spool);
    verify::verify(request, &context).map_err(|error| refuse(error, spool_limit(settings)))
}

/// Draws the pages that the signers of such octets saw.
pub fn draw_received(
    request: &Request<'_>,
    report: &Report,
    material: &TrustMaterial,
    settings: &VerificationSettings,
) -> Vec<Seen> {
    let countdown = Countdown::start(settings.time_allowed);
    let spool = FileSpool::new(&settings.temporary_folder, spool_limit(settings));
    seen::draw(request, report, &context(material, settings, &countdown, &spool))
}

/// Octets that may be unpacked of one document at the same time, every layer counted.
const fn spool_limit(settings: &VerificationSettings) -> u64 {
    settings.limits.document_len.saturating_mul(2)
}

fn context<'a>(
    material: &'a TrustMaterial,
    settings: &'a VerificationSettings,
    deadline: &'a dyn Deadline,
    spool: &'a dyn Spool,
) -> Context<'a> {
    Context {
        trust: &material.trust,
        revocation: &material.revocation,
        policy: &settings.policy,
        limits: &settings.limits,
        deadline,
        spool,
        chains: None,
    }
}

fn open(location: Location<'_>, limit: u64, spool: &FileSpool) -> Result<Document, FileFault> {
    match location {
        Location::File(path) => Document::open(path, limit, spool),
        Location::StandardInput => Document::read(&mut io::stdin().lock(), limit, spool),
    }
}

/// Tells what went wrong with our own disk from what is wrong with the document.
fn refuse(error: VerifyError, spool_limit: u64) -> VerificationError {
    match error {
        VerifyError::Io(error) if SpoolFull::caused(&error) => VerificationError::UnpacksTooLarge(spool_limit),
        VerifyError::Io(error) => VerificationError::Document(FileFault::Io(error)),
        error => VerificationError::Examination(error),
    }
}

impl Location<'_> {
    fn path(self) -> PathBuf {
        match self {
            Self::File(path) => path.to_owned(),
            Self::StandardInput => PathBuf::from("-"),
        }
    }
}

impl Deadline for Countdown {
    fn passed(&self) -> bool {
        self.is_over()
    }
}

/// A document of which somebody follows the reading.
struct Watched<'a> {
    inner: &'a dyn Source,
    progress: Progress<'a>,
}

impl Source for Watched<'_> {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read_at(offset, buffer)?;
        (self.progress)(offset.saturating_add(u64::try_from(count).unwrap_or(u64::MAX)), self.inner.len());
        Ok(count)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        self.inner.as_slice()
    }
}
