//! Judging a signed document: bytes, anchors and a time in, a [`Report`] out.
//!
//! No network, no disk, no clock: what is missing is named in the findings, octets that must be put
//! somewhere go to the caller's [`Spool`]. The same input gives the same report, byte for byte.

mod cades;
mod chain;
mod cms;
mod detail;
mod embedded;
mod envelope;
mod finding;
mod form;
mod judge;
mod kept;
mod limits;
mod marks;
mod outcome;
mod packed;
mod pades;
mod report;
mod signer;
mod signer_info;
mod sniff;
mod sniffer;
mod subject;
mod text;
mod timestamp;
mod values;
mod verdict;
mod verified;
mod words;

use std::borrow::Cow;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::asn1::{Asn1Error, Source};
use crate::crypto::DigestAlgorithm;
use crate::domain::fiscal_code::FiscalCode;
use crate::domain::language::Language;
use crate::pdf::{CryptError, PdfError};
use crate::trust::chain::{ChainLimits, ChainReport, ChainSettings, PathInputs, RevocationChecking};
use crate::trust::revocation::RevocationStore;
use crate::trust::{AlgorithmPolicy, Times, TrustStore};
use crate::verify::detail::Detail;

pub(crate) use crate::domain::instant::to_rfc3339;
pub use chain::may_sign;
pub use finding::{Finding, Level, escape};
pub use limits::{Deadline, Limits, MemorySpool, NoDeadline, Spool, SpoolWriter};
pub use pades::{FormField, Restrictions, form_fields, pdf_text, seed_flags};
pub use report::{
    CertificateReport, ContentFacts, DocumentFacts, ExpectedContent, FiscalCodeAnswer, Indication, Modifications,
    PolicyName, Report, SignatureFormat, SignatureLevel, SignatureReport, SignerReport, SubIndication, TimestampReport,
    Verdict, Word,
};
pub use subject::claimed_identity;
pub use timestamp::{AskedToken, judge_asked_token};
pub use verified::{Signatures, VerifiedSignature};
pub use words::{form, unreadable_certificate, unreadable_crl, unreadable_list, unreadable_ocsp};

/// What is to be verified, and what the caller declares about it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The file's name, for the report only.
    pub name: &'a str,
    /// The file.
    pub document: &'a dyn Source,
    /// The signed content, where the file does not hold it.
    pub detached: Option<&'a dyn Source>,
    /// The codice fiscale that was declared.
    pub fiscal_code: Option<&'a FiscalCode>,
    /// What the innermost content must be.
    pub expected: Option<&'a dyn Source>,
    /// The time to judge for, and a proven time of existence.
    pub times: Times,
    /// Who says that the file existed then, in the caller's words.
    pub existence_source: Option<&'a str>,
    /// What opens an encrypted PDF; it is in no report.
    pub password: Option<&'a [u8]>,
}

impl Request<'_> {
    /// Who says that the file existed, fit to be shown; `None` where nobody is named.
    fn existence_words(&self) -> Option<String> {
        self.existence_source.filter(|source| !source.trim().is_empty()).map(escape)
    }
}

/// What verifications share: trust, revocation data, policy, limits.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Whom we trust.
    pub trust: &'a TrustStore,
    /// Stored revocation data.
    pub revocation: &'a RevocationStore,
    /// Constraints on chains and algorithms.
    pub policy: &'a Policy,
    /// Bounds on one document.
    pub limits: &'a Limits,
    /// When to give up.
    pub deadline: &'a dyn Deadline,
    /// Where decoded octets go.
    pub spool: &'a dyn Spool,
    /// Who is told of the chains that were looked for; `None` where nobody asks.
    pub chains: Option<&'a Chains>,
}

/// The chains of signers and of timestamp authorities that a verification looked for, in no order that means anything.
#[derive(Debug, Default)]
pub struct Chains(Mutex<Vec<ChainReport>>);

impl Chains {
    fn note(&self, report: &ChainReport) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(report.clone());
    }

    /// All of them.
    pub fn into_reports(self) -> Vec<ChainReport> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Validation constraints, under a name that the report quotes. There is no default.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name and version.
    pub name: PolicyName,
    /// What chains must fulfil.
    pub chain: ChainSettings,
}

impl Policy {
    /// The built-in Italian policy: every certificate's revocation is known, algorithms as in ETSI TS 119 312, any
    /// certificate policy (the kind of certificate is told apart afterwards).
    pub fn italian() -> Self {
        Self {
            name: PolicyName { name: "varco-it".into(), version: "1".into() },
            chain: ChainSettings {
                inputs: PathInputs::unconstrained(),
                algorithms: AlgorithmPolicy::ts_119_312(),
                revocation: RevocationChecking::EveryCertificate,
                limits: ChainLimits::STANDARD,
            },
        }
    }
}

/// Why a document could not be examined. No verdict follows from any of these.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Nothing in it, or blanks only.
    #[error("the document is empty")]
    Empty,
    /// It carries no signature that any version of this program would look for.
    #[error("the document has no signature")]
    NoSignature,
    /// It is of a kind whose signatures this version cannot judge yet.
    #[error("signatures in {0} documents cannot be verified yet")]
    NotSupported(&'static str),
    /// It begins like an envelope and is damaged, cut short, or not what it seems.
    #[error("the envelope cannot be opened: {0}")]
    Damaged(#[from] Damage),
    /// It is a PDF that opens under a password only.
    #[error("the document opens {0}")]
    Locked(Lock),
    /// More octets than [`Limits::document_len`].
    #[error("the document is larger than {0} octets")]
    TooLarge(u64),
    /// More envelopes than [`Limits::depth`].
    #[error("more than {0} envelopes inside one another")]
    TooDeep(usize),
    /// More signers than [`Limits::signers`] in an envelope, or signatures than [`Limits::signatures`] in all.
    #[error("more than {0} signatures")]
    TooManySignatures(usize),
    /// More certificates than [`Limits::certificates`].
    #[error("more than {0} certificates in one envelope")]
    TooManyCertificates(usize),
    /// Certificates, revocation data and signers beyond [`Limits::tail_len`].
    #[error("more than {0} octets beside the signed content")]
    TooMuchBesideContent(usize),
    /// A revision was asked for that the content does not have; content that is no PDF has none.
    #[error("there is no revision {asked}: there are {of}")]
    NoRevision {
        /// Counted from 1.
        asked: usize,
        /// How many there are.
        of: usize,
    },
    /// The time allowed is over.
    #[error("the time allowed for one document is over")]
    TimedOut,
    /// Reading or spooling failed.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
}

/// Why a document stays closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Lock {
    /// No password was given.
    #[error("under a password only")]
    NoPassword,
    /// That which was given is not its.
    #[error("under another password")]
    OtherPassword,
}

/// What is wrong with an envelope that cannot be opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Damage {
    /// It is not the ASN.1 that it must be.
    #[error(transparent)]
    Encoding(#[from] Asn1Error),
    /// Text that is not base64 all through.
    #[error("a character that is not base64")]
    NotBase64,
    /// PEM without its end line, or without a line break after the first.
    #[error("PEM without its end line")]
    NoEndLine,
    /// Nothing where something must be.
    #[error("nothing inside")]
    Nothing,
    /// PDF that cannot be read.
    #[error("PDF that cannot be read: {0:?}")]
    Pdf(PdfDamage),
}

/// Why a PDF cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PdfDamage {
    /// No header, or no cross-references: it was cut, or is something else.
    CutOff,
    /// Cross-references that lead nowhere, in a circle, or to other objects.
    CrossReferences,
    /// An object that signatures depend on.
    Object(u32),
    /// Encrypted under a password.
    Password,
    /// Encrypted in a way that is not known.
    Encryption,
    /// More objects, revisions or compressed octets than are read.
    TooMuch,
}

impl From<PdfError> for VerifyError {
    fn from(error: PdfError) -> Self {
        let damage = match error {
            PdfError::Io(error) => return Self::Io(error),
            PdfError::Stopped => return Self::TimedOut,
            PdfError::NoHeader | PdfError::NoCrossReferences => PdfDamage::CutOff,
            PdfError::BadCrossReferences { .. } => PdfDamage::CrossReferences,
            PdfError::BadObject { number } => PdfDamage::Object(number),
            PdfError::Encrypted(CryptError::NoPassword) => return Self::Locked(Lock::NoPassword),
            PdfError::Encrypted(CryptError::OtherPassword) => return Self::Locked(Lock::OtherPassword),
            PdfError::Encrypted(CryptError::Unknown) => PdfDamage::Encryption,
            PdfError::TooLarge(_) => PdfDamage::TooMuch,
        };
        Self::Damaged(Damage::Pdf(damage))
    }
}

impl Damage {
    /// The same for people, for use inside a sentence.
    pub fn words(self, language: Language) -> Cow<'static, str> {
        Detail::from(self).words(language)
    }
}

/// Verifies a document.
///
/// Every envelope is opened and every signature of every envelope is judged. Not checked: revocation
/// beyond the data in `context`, and who operates the caller's clock.
pub fn verify(request: &Request<'_>, context: &Context<'_>) -> Result<Report, VerifyError> {
    if request.document.len() > context.limits.document_len {
        return Err(VerifyError::TooLarge(context.limits.document_len));
    }
    let (_, head) = text::read_head(request.document)?;
    if matches!(sniff::recognise(&head), sniff::Looks::Pdf(_)) {
        // It is digested while its signatures are: one pass serves both.
        let walk = envelope::walk(request, context)?;
        let document_sha256 = walk.content.as_ref().map(|content| content.sha256.clone()).unwrap_or_default();
        return verdict::report(request, context, walk, document_sha256);
    }
    let (document_sha256, walk) =
        beside(request.document.len(), || sha256(request.document, context), || envelope::walk(request, context));
    verdict::report(request, context, walk?, document_sha256?)
}

/// What is written out of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Portion {
    /// The innermost content.
    Content,
    /// The same, which is a PDF, as it was in a revision, counted from 1.
    Revision(NonZeroUsize),
}

/// Writes the innermost content to `out`, or a revision of it, once every envelope is opened; nothing is judged.
pub fn extract(
    request: &Request<'_>,
    context: &Context<'_>,
    portion: Portion,
    out: &mut dyn io::Write,
) -> Result<(), VerifyError> {
    envelope::extract(request, context, portion, out)
}

fn sha256(source: &dyn Source, context: &Context<'_>) -> Result<String, VerifyError> {
    let digests = cms::Digests::of(source, &[DigestAlgorithm::Sha256], context.deadline)
        .map_err(|error| envelope::refuse(error, context.limits))?;
    Ok(digests.sha256_hex())
}

/// Does two things that both pass over the whole document: one after the other for a small one, on two
/// processors for a large one.
fn beside<A: Send, B>(len: u64, first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    const WORTH_A_THREAD: u64 = 1024 * 1024;
    if len < WORTH_A_THREAD {
        return (first(), second());
    }
    std::thread::scope(|scope| {
        let handle = scope.spawn(first);
        let second = second();
        let first = handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (first, second)
    })
}
