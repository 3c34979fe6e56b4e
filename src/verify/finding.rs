//! The reasons: each with a machine code, a level, what it is made of, and one plain sentence in each language that says
//! what was found, why it matters and what to do.

mod english;
mod italian;

use std::borrow::Cow;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::fiscal_code::FiscalCodeFinding;
use crate::domain::identity::{AbsentReason, FiscalCodeMatch, MatchForm, MismatchReason};
use crate::domain::identity::{FindingLevel, IdentifierKind, IdentityFinding};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::trust::chain::NoChain;
use crate::trust::revocation::{Reason, WhyUnknown};
use crate::verify::detail::Detail;
use crate::verify::pades::{Flaw, Kind, Repaired, Seed};
use crate::verify::timestamp::Fault;

/// One reason, as the report shows it.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(from = "Kept")]
pub struct Finding {
    /// Machine code: stable, for programs.
    #[serde(skip)]
    pub code: &'static str,
    /// Code and parameters, from which the sentence is made in any language.
    #[serde(flatten)]
    about: About,
    /// How much it weighs.
    pub level: Level,
    /// For people, in the language of the report; what comes from outside is escaped.
    pub message: Cow<'static, str>,
}

impl Finding {
    /// The page of a PDF that it is about, counted from 1.
    pub fn page(&self) -> Option<u32> {
        match &self.about {
            About::Signature(
                Fact::PdfChangeForbidden { page, .. }
                | Fact::PdfChangeNotable { page, .. }
                | Fact::PdfChangeAllowed { page, .. }
                | Fact::PdfSignatureSeen { page },
            ) => *page,
            _ => None,
        }
    }

    /// The sentence in a language; the Italian one is kept as it was made.
    pub fn message_in(&self, language: Language) -> Cow<'_, str> {
        match language {
            Language::Italian => Cow::Borrowed(&self.message),
            Language::English => self.about.sentence(Language::English),
        }
    }

    /// Takes the English sentence in place of the Italian one.
    pub(super) fn into_english(self) -> Self {
        Self { message: self.about.sentence(Language::English), ..self }
    }
}

impl From<About> for Finding {
    fn from(about: About) -> Self {
        Self { code: about.code(), level: about.level(), message: about.sentence(Language::Italian), about }
    }
}

/// A finding as it is read again: its sentence stays as it was said.
#[derive(Deserialize)]
struct Kept {
    level: Level,
    message: String,
    #[serde(flatten)]
    about: About,
}

impl From<Kept> for Finding {
    fn from(kept: Kept) -> Self {
        let Kept { level, message, about } = kept;
        Self { code: about.code(), level, message: message.into(), about }
    }
}

/// A finding, as the description of the interface has it.
#[derive(ToSchema)]
#[schema(as = Finding)]
#[expect(dead_code, reason = "it describes what Finding serialises to")]
pub(super) struct DescribedFinding {
    /// Machine code: stable, for programs.
    code: String,
    /// How much it weighs.
    level: Level,
    /// For people, in the language of Content-Language; what comes from outside is escaped.
    message: String,
    /// What the sentence is made of, for programs; only where there is something.
    #[schema(value_type = Object, required = false)]
    parameters: Option<String>,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It takes part in the verdict.
    Error,
    /// Worth a look; the verdict does not depend on it.
    Warning,
    /// For the record.
    Information,
}

/// What a finding is about: each kind serialises to its code and its parameters.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum About {
    Signature(Fact),
    Identity(IdentityFinding),
    FiscalCode(FiscalCodeFinding),
}

impl About {
    fn code(&self) -> &'static str {
        match self {
            Self::Signature(fact) => fact.code(),
            Self::Identity(finding) => finding.code(),
            Self::FiscalCode(finding) => finding.code(),
        }
    }

    fn level(&self) -> Level {
        match self {
            Self::Signature(fact) => fact.level(),
            Self::Identity(finding) => match finding.level() {
                FindingLevel::Warning => Level::Warning,
                FindingLevel::Information => Level::Information,
            },
            Self::FiscalCode(_) => Level::Information,
        }
    }

    fn sentence(&self, language: Language) -> Cow<'static, str> {
        match (self, language) {
            (Self::Signature(fact), Language::Italian) => italian::sentence(fact),
            (Self::Signature(fact), Language::English) => english::sentence(fact),
            (Self::Identity(finding), _) => finding.message(language).into(),
            (Self::FiscalCode(finding), _) => finding.message(language).into(),
        }
    }
}

macro_rules! facts {
    ($($fact:ident $({ $($field:ident: $type:ty),+ })? $code:literal $level:ident;)+) => {
        /// What this module can say about a signature or a document.
        #[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
        #[serde(tag = "code", content = "parameters")]
        pub(super) enum Fact {
            $(#[serde(rename = $code)] $fact $({ $($field: $type),+ })?,)+
        }

        impl Fact {
            const fn code(&self) -> &'static str {
                match self { $(Self::$fact { .. } => $code,)+ }
            }

            const fn level(&self) -> Level {
                match self { $(Self::$fact { .. } => Level::$level,)+ }
            }
        }
    };
}

facts! {
    SignerInfoMalformed "format.signer_info_malformed" Error;
    VersionUnknown "format.version_unknown" Error;
    VersionUnexpected "format.version_unexpected" Warning;
    DigestNotAnnounced "algorithm.digest_not_announced" Warning;
    DigestUnknown { algorithm: Cow<'static, str> } "algorithm.digest_unknown" Error;
    SignatureAlgorithmUnknown { algorithm: Cow<'static, str> } "algorithm.signature_unknown" Error;
    AlgorithmsDisagree "algorithm.mismatch" Error;
    AlgorithmParameters "algorithm.parameters" Error;
    AttributeMissing { attribute: Cow<'static, str> } "attribute.missing" Error;
    AttributeRepeated { attribute: Cow<'static, str> } "attribute.repeated" Error;
    AttributeNotSingle { attribute: Cow<'static, str> } "attribute.not_single_valued" Error;
    AttributeMalformed { attribute: Cow<'static, str> } "attribute.malformed" Error;
    ContentTypeDiffers "attribute.content_type_differs" Error;
    AttributesMissingForType "attributes.required_for_content_type" Error;
    AttributesAsContent "attributes.used_as_content" Error;
    AttributesMissing "attributes.missing" Error;
    AttributesNotDer "attributes.not_der" Warning;
    AttributesReencoded "attributes.reencoded" Information;
    ContentMissing "content.missing" Error;
    ContentGivenTwice "content.differs_from_detached" Error;
    DigestDiffers "content.digest_differs" Error;
    SignatureValueInvalid "signature.value_invalid" Error;
    CertificateNotFound "certificate.not_found" Error;
    CertificateUnreadable "certificate.unreadable" Error;
    KeyUnusable { why: Detail } "certificate.key_unusable" Error;
    ReferenceMissing "certificate.reference_missing" Error;
    ReferenceDiffers "certificate.reference_differs" Error;
    ReferenceSerialDiffers "certificate.reference_serial_differs" Error;
    ReferenceNameMalformed "certificate.reference_name_malformed" Warning;
    NoAnchors "chain.no_anchors" Error;
    ChainNotFound { why: NoChain } "chain.not_found" Error;
    Expired { on: Instant } "certificate.expired" Error;
    ExpiredNotRevoked { on: Instant } "certificate.expired_not_revoked" Error;
    NotYetValid { from: Instant } "certificate.not_yet_valid" Error;
    Revoked { since: Instant, reason: Option<Reason> } "certificate.revoked" Error;
    IssuerOutOfBounds { from: Instant, until: Instant } "chain.issuer_out_of_bounds" Error;
    IssuerRevoked { since: Instant } "chain.issuer_revoked" Error;
    Suspended { since: Instant } "certificate.suspended" Error;
    RevocationUnknown { why: WhyUnknown } "certificate.revocation_unknown" Error;
    DeltaMissing "certificate.delta_crl_missing" Warning;
    StatusByOcsp { issued: Instant } "certificate.status_by_ocsp" Information;
    OcspUnusable { why: WhyUnknown } "certificate.ocsp_unusable" Information;
    EmbeddedUnreadable { what: Cow<'static, str>, count: u32 } "validation_data.unreadable" Warning;
    EmbeddedLeftAside { what: Cow<'static, str>, count: u32 } "validation_data.too_many" Warning;
    ClaimedLater { claimed: Instant } "signing_time.later" Warning;
    ExistenceIgnored { at: Instant } "existence.ignored" Warning;
    ChainConstraints { why: Detail } "chain.constraints" Error;
    ChainGeneral { why: Detail } "chain.invalid" Error;
    ChainAlgorithm { why: Detail } "chain.weak_algorithm" Error;
    AnchorExpired { on: Instant } "chain.anchor_expired" Information;
    KeyUsageUnfit "certificate.key_usage_unfit" Error;
    WeakDigest { algorithm: Cow<'static, str> } "algorithm.weak_digest" Error;
    WeakKey { bits: u32 } "algorithm.weak_key" Error;
    TrustedListNotAuthenticated "trusted_list.not_authenticated" Warning;
    TrustedListOutdated { due: Instant } "trusted_list.outdated" Warning;
    TimestampProves { at: Instant } "timestamp.proves_existence" Information;
    TimestampIgnored { kind: Cow<'static, str>, why: Fault } "timestamp.ignored" Warning;
    TimestampOrder "timestamp.order" Error;
    TimestampsNotJudged "timestamp.not_judged" Information;
    TimestampAlone { at: Instant } "timestamp.covers_no_signature" Information;
    TimestampChanged { at: Instant } "timestamp.document_changed" Warning;
    ExistenceAsserted { at: Instant, source: Option<String> } "existence.asserted" Information;
    CountersignatureOnly "countersignature" Information;
    PdfSignatureFlawed { why: Flaw } "pdf.signature_flawed" Error;
    PdfSeedValue { what: Seed } "pdf.seed_value" Error;
    PdfSeedUnchecked "pdf.seed_value_unchecked" Warning;
    PdfChangeForbidden { what: Kind, page: Option<u32>, field: Option<String>, object: Option<u32> } "pdf.change_forbidden" Error;
    PdfChangeNotable { what: Kind, page: Option<u32>, field: Option<String>, object: Option<u32> } "pdf.change_notable" Warning;
    PdfChangeAllowed { what: Kind, page: Option<u32>, field: Option<String>, object: Option<u32> } "pdf.change_allowed" Information;
    PdfSignatureSeen { page: Option<u32> } "pdf.signature_seen" Warning;
    PdfManyChanges { count: u32 } "pdf.changes_many" Information;
    PdfEarlierRevision { revision: u32, of: u32 } "pdf.covers_revision" Information;
    PdfTrailingData "pdf.trailing_data" Error;
    PdfSignatureUnreachable "pdf.signature_unreachable" Error;
    PdfPadding "pdf.padding" Warning;
    PdfRepaired { what: Repaired } "pdf.repaired" Warning;
    PdfChangesUnproven "pdf.changes_unproven" Error;
    InnerNotJudged { form: Cow<'static, str> } "content.signed_not_judged" Error;
    InnerNotSeen "content.not_looked_into" Error;
    AttachmentSigned { name: String, layer: usize } "attachment.signed" Information;
    AttachmentNotSeen { name: String } "attachment.not_looked_into" Error;
    InnerDamaged { why: Detail } "content.envelope_damaged" Error;
    EnvelopeUnsigned "content.envelope_without_signatures" Error;
    SignatureRepeated "envelope.signature_repeated" Error;
    TrailingData "envelope.trailing_data" Error;
    Padding "envelope.padding" Warning;
    TextEnvelope { form: Cow<'static, str> } "envelope.text" Information;
    ExpectedDiffers "content.not_expected" Error;
    SignerRepeated "signer.repeated" Information;
    DeclaredAbsent "signer.fiscal_code_absent" Error;
    DeclaredNotByValidSignature "signer.match_without_valid_signature" Error;
    OmocodiaVariant "match.omocodia_variant" Warning;
    OtherPerson "match.other_person" Error;
    OtherForm "match.other_form" Error;
    UnreadableCode "match.unreadable_code" Error;
    OtherIdentifier { identifier: IdentifierKind } "match.other_identifier" Warning;
    Seal "match.seal" Warning;
    AmbiguousCode "match.ambiguous_code" Warning;
    KindOther "match.kind_other" Warning;
    NoCode "match.no_code" Warning;
}

impl Fact {
    /// Puts the fact into words.
    pub(super) fn finding(&self) -> Finding {
        About::Signature(self.clone()).into()
    }

    /// What is to be said of the comparison with the declared code, if anything.
    pub(super) const fn of_match(outcome: FiscalCodeMatch) -> Option<Self> {
        Some(match outcome {
            FiscalCodeMatch::Match(MatchForm::Same) | FiscalCodeMatch::NotRequested => return None,
            FiscalCodeMatch::Match(MatchForm::OmocodiaVariant) => Self::OmocodiaVariant,
            FiscalCodeMatch::Mismatch(MismatchReason::OtherPerson) => Self::OtherPerson,
            FiscalCodeMatch::Mismatch(MismatchReason::OtherForm) => Self::OtherForm,
            FiscalCodeMatch::Mismatch(MismatchReason::UnreadableCode(_)) => Self::UnreadableCode,
            FiscalCodeMatch::Absent(AbsentReason::OtherIdentifier(identifier)) => Self::OtherIdentifier { identifier },
            FiscalCodeMatch::Absent(AbsentReason::Seal) => Self::Seal,
            FiscalCodeMatch::Absent(AbsentReason::Ambiguous) => Self::AmbiguousCode,
            FiscalCodeMatch::Absent(AbsentReason::KindOther) => Self::KindOther,
            FiscalCodeMatch::Absent(AbsentReason::NoCode) => Self::NoCode,
        })
    }
}

/// Escapes what could deceive a reader: control, bidirectional and other invisible characters (Unicode
/// TR 36), as `\u{…}`. For every text that comes from a certificate, a file name or a message.
pub fn escape(text: &str) -> String {
    let plain = text.bytes().fold(true, |plain, octet| plain & matches!(octet, b' '..=b'~'));
    if plain || !text.contains(deceives) {
        return text.to_owned();
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if deceives(character) {
            let _infallible = write!(escaped, "\\u{{{:x}}}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character), 0x00ad | 0x061c | 0x115f | 0x1160 | 0x180e | 0x200b..=0x200f
            | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
            | 0xfff0..=0xfffb | 0xe0000..=0xe0fff)
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::domain::fiscal_code::InvalidFiscalCode;
    use crate::domain::identity::CertificateKind;
    use crate::verify::words;

    #[test]
    fn a_finding_that_is_read_again_is_the_same_and_has_its_sentence_in_english() {
        let facts = [
            Fact::NoAnchors,
            Fact::DigestUnknown { algorithm: "1.2.3".into() },
            Fact::AttributeMissing { attribute: "messageDigest".into() },
            Fact::KeyUnusable { why: Detail::KeyUnknown("1.3.101.112".to_owned()) },
            Fact::ChainNotFound { why: NoChain::IssuerUnknown },
            Fact::Revoked { since: Instant(utc_datetime!(2026-01-31 10:20)), reason: Some(Reason::KeyCompromise) },
            Fact::Revoked { since: Instant(utc_datetime!(2026-01-31 10:20)), reason: None },
            Fact::RevocationUnknown { why: WhyUnknown::Stale },
            Fact::ChainAlgorithm { why: Detail::RsaKey { bits: 1024, min: 2048 } },
            Fact::ExistenceAsserted { at: Instant(utc_datetime!(2026-01-31 10:20)), source: Some("PEC".to_owned()) },
            Fact::InnerNotJudged { form: words::OTHER_FORM.into() },
            Fact::OtherIdentifier { identifier: IdentifierKind::Passport },
        ];
        let identity = [
            IdentityFinding::ConflictingKinds,
            IdentityFinding::IssuerNotRecognised { kind: CertificateKind::Cns },
            IdentityFinding::UnreadableCode { reason: InvalidFiscalCode::Length(3) },
        ];
        let about = facts.map(About::Signature).into_iter().chain(identity.map(About::Identity));
        for about in about.chain([About::FiscalCode(FiscalCodeFinding::PlaceAbolished)]) {
            let finding = Finding::from(about);
            let json = serde_json::to_string(&finding).unwrap();
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(value["code"], finding.code, "{json}");
            let again: Finding = serde_json::from_str(&json).unwrap();
            assert_eq!(again, finding, "{json}");
            assert_eq!(serde_json::to_string(&again).unwrap(), json);
            let english = again.into_english();
            assert_ne!(english.message, finding.message);
            assert_eq!((english.code, english.level), (finding.code, finding.level));
        }
    }

    #[test]
    fn parameters_are_words_and_times_for_programs() {
        let since = Instant(utc_datetime!(2026-01-31 10:20));
        let finding = Fact::Revoked { since, reason: Some(Reason::KeyCompromise) }.finding().into_english();
        assert_eq!(
            serde_json::to_value(finding).unwrap(),
            serde_json::json!({
                "code": "certificate.revoked",
                "level": "error",
                "message": "The certificate was revoked on 31 January 2026 (key compromised) and nothing proves that the \
                    signature was made before: in law it counts as not signed. Ask for a new signature.",
                "parameters": {"since": "2026-01-31T10:20:00Z", "reason": "keyCompromise"},
            })
        );
    }

    #[test]
    fn what_no_version_says_is_not_read() {
        for json in [
            r#"{"code":"chain.unheard_of","level":"error","message":"x"}"#,
            r#"{"code":"certificate.expired","level":"error","message":"x","parameters":{"on":"-"}}"#,
            r#"{"code":"certificate.expired","level":"error","message":"x"}"#,
        ] {
            assert!(serde_json::from_str::<Finding>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn characters_that_deceive_are_escaped() {
        assert_eq!(escape("Mario\u{202e}oiraM\n\u{1b}[31m"), "Mario\\u{202e}oiraM\\u{a}\\u{1b}[31m");
        assert_eq!(escape("Nicolò D'Àgostino — ß"), "Nicolò D'Àgostino — ß");
    }
}
