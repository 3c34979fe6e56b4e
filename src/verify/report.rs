//! What a verification answers, in the words of ETSI EN 319 102-1.
//!
//! The types serialise to the JSON report of the contract; nothing here decides.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};
use time::UtcDateTime;
use utoipa::ToSchema;

use crate::domain::identity::LegalLevel;
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::verify::finding::DescribedFinding;
use crate::verify::{Finding, Signatures, kept};

/// A word for programs, from a closed list.
pub type Word = &'static str;

/// The whole answer about one document.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Report {
    /// What the document is worth to the caller.
    pub verdict: Verdict,
    /// Whether the declared person signed.
    pub declared_signer: FiscalCodeAnswer,
    /// What was signed, once every envelope is opened; `None` when it is not there.
    pub content: Option<ContentFacts>,
    /// The file that was handed over.
    pub document: DocumentFacts,
    /// The time for which the verdict holds.
    #[serde(serialize_with = "rfc3339", deserialize_with = "kept::time")]
    #[schema(value_type = String, format = DateTime)]
    pub validation_time: UtcDateTime,
    /// The constraints that were applied.
    pub policy: PolicyName,
    /// What concerns the document as a whole.
    #[schema(value_type = Vec<DescribedFinding>)]
    pub findings: Vec<Finding>,
    /// Every signature of every layer, countersignatures after the signature that they sign.
    #[schema(value_type = Vec<SignatureReport>)]
    pub signatures: Signatures,
}

/// What the document is worth to the caller.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every signature passed, and what was asked of person and content holds.
    Accepted,
    /// Nothing failed, something could not be established.
    Undetermined,
    /// A signature failed, or person or content are not the declared ones.
    Rejected,
}

/// The answer to "is this the declared person?".
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FiscalCodeAnswer {
    /// The codes agree (omocodia variants are one code).
    Match,
    /// There is a code, and it is another.
    Mismatch,
    /// There is no Italian fiscal code to compare.
    Absent,
    /// No code was declared.
    NotRequested,
}

/// The answer to "are these the expected bytes?".
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedContent {
    /// The signed content is the expected one, byte for byte.
    Match,
    /// It is not.
    Mismatch,
    /// No content was expected.
    NotRequested,
}

/// The innermost content.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ContentFacts {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Octets.
    pub size: u64,
    /// Compared with what the caller expected.
    pub expected: ExpectedContent,
}

/// The file as it was handed over.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct DocumentFacts {
    /// The caller's name for it; never used to decide anything.
    pub name: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Octets.
    pub size: u64,
    /// The envelopes from the outermost to the content: `CMS`, `PEM`, `base64`, then what the content looks like.
    #[serde(deserialize_with = "kept::envelopes")]
    pub envelopes: Vec<Word>,
}

/// Names the constraints that were applied.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct PolicyName {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its version.
    pub version: Cow<'static, str>,
}

/// The answer about one signature.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct SignatureReport {
    /// Unique in the report: layer and place, such as `L0-S1` or `L0-S1-C1`.
    pub id: String,
    /// The envelope it stands in; 0 is the outermost.
    pub layer: usize,
    /// For a countersignature, the signature that it signs.
    pub parent: Option<String>,
    /// The file inside a PDF that it stands in, as the PDF calls it; `None` for the signatures of the document itself. Whoever
    /// signed such a file did not sign the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<String>,
    /// The signature format.
    pub format: SignatureFormat,
    /// The container around it, if any.
    #[serde(deserialize_with = "kept::nothing_yet")]
    pub container: Option<Word>,
    /// The level of the format that it reaches by its structure.
    pub level: Option<SignatureLevel>,
    /// Whether digest and signature value hold; `None` where that cannot be computed.
    pub intact: Option<bool>,
    /// EN 319 102-1 main indication.
    pub indication: Indication,
    /// EN 319 102-1 sub-indication.
    pub sub_indication: Option<SubIndication>,
    /// Whose it is.
    pub signer: SignerReport,
    /// What the signer says of the time; proves nothing.
    #[serde(serialize_with = "rfc3339_option", deserialize_with = "kept::time_option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub claimed_signing_time: Option<UtcDateTime>,
    /// The earliest time at which the signature is known to have existed.
    #[serde(serialize_with = "rfc3339", deserialize_with = "kept::time")]
    #[schema(value_type = String, format = DateTime)]
    pub best_signature_time: UtcDateTime,
    /// Where that time comes from: `now`, `timestamp`, or the caller's words.
    pub best_signature_time_source: String,
    /// TS 119 615 result; `None` until an authenticated trusted list was used.
    #[serde(deserialize_with = "kept::nothing_yet")]
    pub qualification: Option<Word>,
    /// What the signature is worth in Italian law.
    #[serde(serialize_with = "legal_level", deserialize_with = "kept::legal_level")]
    #[schema(value_type = String)]
    pub legal_level: LegalLevel,
    /// The revision of a PDF that it covers, counted from 1; `None` outside PDF, and where it covers none.
    pub revision: Option<u32>,
    /// What later revisions of a PDF did to what the signature covers; `None` outside PDF.
    pub modifications: Option<Modifications>,
    /// The timestamps it carries.
    pub timestamps: Vec<TimestampReport>,
    /// The identifiers of its countersignatures.
    pub countersignatures: Vec<String>,
    /// The reasons.
    #[schema(value_type = Vec<DescribedFinding>)]
    pub findings: Vec<Finding>,
}

impl SignatureReport {
    /// Whether it signs the content, and not another signature or a file inside.
    pub(super) const fn signs_content(&self) -> bool {
        self.parent.is_none() && self.attachment.is_none()
    }
}

/// Signature formats.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize, ToSchema)]
pub enum SignatureFormat {
    /// RFC 5652 without what CAdES asks for.
    #[serde(rename = "CMS")]
    Cms,
    /// ETSI EN 319 122-1 or its predecessor TS 101 733.
    #[serde(rename = "CAdES")]
    Cades,
    /// ETSI EN 319 142-1 or its predecessor TS 102 778.
    #[serde(rename = "PAdES")]
    Pades,
}

/// What was changed in a PDF after a signature.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Modifications {
    /// Nothing.
    None,
    /// Only what the signature allows and nobody sees.
    Allowed,
    /// Something that the signature allows and that is to be told.
    Notable,
    /// Something that the signature forbids, or that cannot be explained.
    Forbidden,
}

/// Levels of CAdES: EN 319 122-1 §6 (B to LTA) and EN 319 122-2 or TS 101 733 (the others).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize, ToSchema)]
pub enum SignatureLevel {
    /// CAdES-BES.
    #[serde(rename = "BES")]
    Bes,
    /// CAdES-EPES.
    #[serde(rename = "EPES")]
    Epes,
    /// CAdES-B-B.
    #[serde(rename = "B")]
    B,
    /// CAdES-B-T or CAdES-T.
    #[serde(rename = "T")]
    T,
    /// CAdES-B-LT.
    #[serde(rename = "LT")]
    Lt,
    /// CAdES-B-LTA.
    #[serde(rename = "LTA")]
    Lta,
    /// CAdES-C.
    #[serde(rename = "C")]
    C,
    /// CAdES-X.
    #[serde(rename = "X")]
    X,
    /// CAdES-X-L.
    #[serde(rename = "XL")]
    Xl,
    /// CAdES-A.
    #[serde(rename = "A")]
    A,
}

/// Main indications of EN 319 102-1 §5.1.3.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Indication {
    /// The checks succeeded.
    TotalPassed,
    /// What is at hand does not allow to say.
    Indeterminate,
    /// The signature is broken, or its form is forbidden.
    TotalFailed,
}

/// Sub-indications of EN 319 102-1 §5.1.3, table 5, as far as they can come up here; the gravest first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the words are the standard's")]
pub enum SubIndication {
    FormatFailure,
    HashFailure,
    SigCryptoFailure,
    SignedDataNotFound,
    NoSigningCertificateFound,
    NoCertificateChainFound,
    RevokedNoPoe,
    RevokedCaNoPoe,
    OutOfBoundsNoPoe,
    OutOfBoundsNotRevoked,
    TryLater,
    CryptoConstraintsFailureNoPoe,
    ChainConstraintsFailure,
    CertificateChainGeneralFailure,
    SigConstraintsFailure,
    TimestampOrderFailure,
}

impl SubIndication {
    /// The main indication it belongs to.
    pub const fn indication(self) -> Indication {
        match self {
            Self::FormatFailure | Self::HashFailure | Self::SigCryptoFailure => Indication::TotalFailed,
            _ => Indication::Indeterminate,
        }
    }
}

/// Whose signature it is.
#[derive(Clone, Default, Deserialize, Serialize, ToSchema)]
pub struct SignerReport {
    /// Common name.
    pub name: Option<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// Surname.
    pub surname: Option<String>,
    /// The Italian fiscal code, normalised.
    pub fiscal_code: Option<String>,
    /// As it stands in the certificate.
    pub fiscal_code_raw: Option<String>,
    /// Whether it is a valid code; `None` without one.
    pub fiscal_code_valid: Option<bool>,
    /// Whether letters stand for digits in it (omocodia); `None` without a valid code.
    pub fiscal_code_omocodia: Option<bool>,
    /// Where it was found.
    #[serde(deserialize_with = "kept::field")]
    pub fiscal_code_field: Option<Word>,
    /// Compared with the declared one.
    pub fiscal_code_match: Option<FiscalCodeAnswer>,
    /// The certificate; `None` when it could not be found.
    pub certificate: Option<CertificateReport>,
}

/// Personal data: never in a log by accident.
impl std::fmt::Debug for SignerReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignerReport(…)")
    }
}

/// The certificate of a signer or of a timestamp authority.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct CertificateReport {
    /// `cns`, `cie`, `qualified`, `qualified_seal` or `other`.
    #[serde(deserialize_with = "kept::kind")]
    pub kind: Word,
    /// SHA-256 of its DER form, hexadecimal.
    pub sha256: String,
    /// Distinguished name of the issuer.
    pub issuer: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// First instant of validity.
    #[serde(serialize_with = "rfc3339", deserialize_with = "kept::time")]
    #[schema(value_type = String, format = DateTime)]
    pub not_before: UtcDateTime,
    /// Last instant of validity.
    #[serde(serialize_with = "rfc3339", deserialize_with = "kept::time")]
    #[schema(value_type = String, format = DateTime)]
    pub not_after: UtcDateTime,
}

/// A timestamp on a signature, on its content or on the PDF around it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct TimestampReport {
    /// `signature`, `content`, `archive`, or the reference timestamps of the older levels.
    #[serde(deserialize_with = "kept::timestamp")]
    pub kind: Word,
    /// Whether it was judged: timestamps on archives and references are listed only.
    pub judged: bool,
    /// The time that it states, to the second; worth something only where it passed.
    #[serde(default, serialize_with = "rfc3339_option", deserialize_with = "kept::time_option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub time: Option<UtcDateTime>,
    /// EN 319 102-1 main indication; `None` where it was not judged.
    #[serde(default)]
    pub indication: Option<Indication>,
    /// EN 319 102-1 sub-indication.
    #[serde(default)]
    pub sub_indication: Option<SubIndication>,
    /// Distinguished name of the authority, from its certificate.
    #[serde(default)]
    pub authority: Option<String>,
    /// The certificate of the authority; `None` when it could not be found.
    #[serde(default)]
    pub certificate: Option<CertificateReport>,
    /// What later revisions did to the PDF that it is on; `None` for the others.
    #[serde(default)]
    pub modifications: Option<Modifications>,
    /// Why it proves nothing.
    #[serde(default)]
    #[schema(value_type = Vec<DescribedFinding>)]
    pub findings: Vec<Finding>,
}

impl Report {
    /// The report in another language: the sentences change, nothing else. As it is made, it is Italian.
    #[must_use]
    pub fn in_language(mut self, language: Language) -> Self {
        self.signatures.tell_in(language);
        if language == Language::English {
            self.findings = self.findings.into_iter().map(Finding::into_english).collect();
        }
        self
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn legal_level<S: Serializer>(level: &LegalLevel, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(level.as_str())
}

fn rfc3339<S: Serializer>(time: &UtcDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    Instant(*time).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
fn rfc3339_option<S: Serializer>(time: &Option<UtcDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(Instant).serialize(serializer)
}
