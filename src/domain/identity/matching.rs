//! Whether the person in a certificate is the declared one.

use crate::domain::fiscal_code::FiscalCode;
use crate::domain::fiscal_code::InvalidFiscalCode;
use crate::domain::identity::CertificateKind;
use crate::domain::identity::FiscalCodeField;
use crate::domain::identity::FoundCode;
use crate::domain::identity::IdentifierKind;
use crate::domain::identity::Identity;
use crate::domain::identity::TaxId;

/// Whether the fiscal code in a certificate is the declared one, with all that explains it.
///
/// It says only whether the codes agree, whatever the signature is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MatchReport<'a> {
    /// The answer.
    pub outcome: FiscalCodeMatch,
    /// The code in the certificate, readable or not; `None` when there is none or several.
    pub found: Option<&'a FoundCode>,
}

/// Whether the codes agree.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FiscalCodeMatch {
    /// They are the same, in this form.
    Match(MatchForm),
    /// There is a code in the certificate, and it is not the declared one.
    Mismatch(MismatchReason),
    /// There is no code in the certificate to compare with.
    Absent(AbsentReason),
    /// Nothing was declared.
    NotRequested,
}

/// How two codes that match are written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum MatchForm {
    /// In the same way.
    Same,
    /// As omocodia variants of one another. Omocodia is there to tell two people apart, so this is
    /// worth a look at the name.
    OmocodiaVariant,
}

/// Why codes do not match.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum MismatchReason {
    /// The certificate has the code of somebody else.
    OtherPerson,
    /// One code has sixteen characters and the other eleven digits: perhaps one person, before and
    /// after the definitive code, but the codes cannot tell.
    OtherForm,
    /// The field of the fiscal code in the certificate holds something that is none.
    UnreadableCode(InvalidFiscalCode),
}

/// Why a certificate has no code to compare with.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AbsentReason {
    /// The person is identified by another document or another country (of this kind).
    OtherIdentifier(IdentifierKind),
    /// The certificate is of a body.
    Seal,
    /// The subject holds different codes, and none is taken.
    Ambiguous,
    /// The certificate is of no kind that has a code in a known place.
    KindOther,
    /// The certificate should have a code, and has none.
    NoCode,
}

impl<'a> MatchReport<'a> {
    /// Returns the field of the certificate that holds the code.
    pub fn field(&self) -> Option<FiscalCodeField> {
        self.found.map(|found| found.field)
    }

    /// Returns the code as the certificate writes it.
    pub fn raw(&self) -> Option<&'a str> {
        self.found.map(|found| found.raw.as_str())
    }

    /// Returns the canonical form of the code in the certificate, if it is valid.
    pub fn canonical(&self) -> Option<&'a str> {
        Some(self.code()?.canonical())
    }

    /// Whether the code in the certificate is an omocodia variant.
    pub fn is_omocodia(&self) -> bool {
        self.code().is_some_and(FiscalCode::is_omocodia)
    }

    fn code(&self) -> Option<&'a FiscalCode> {
        self.found?.code.as_ref().ok()
    }
}

impl FiscalCodeMatch {
    /// Returns the word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match(_) => "match",
            Self::Mismatch(_) => "mismatch",
            Self::Absent(_) => "absent",
            Self::NotRequested => "not_requested",
        }
    }
}

/// Compares the code in a certificate with the declared one; omocodia variants count as equal.
///
/// A certificate without an Italian fiscal code neither matches nor contradicts: `Absent`, with
/// its reason.
pub fn match_declared<'a>(identity: &'a Identity, declared: Option<&FiscalCode>) -> MatchReport<'a> {
    let outcome = match (declared, &identity.tax_id) {
        (None, _) => FiscalCodeMatch::NotRequested,
        (Some(declared), TaxId::Found(found)) => compare(found, declared),
        (Some(_), TaxId::Ambiguous(_)) => FiscalCodeMatch::Absent(AbsentReason::Ambiguous),
        (Some(_), TaxId::Absent) => FiscalCodeMatch::Absent(why_absent(identity)),
    };
    MatchReport { outcome, found: identity.tax_id.found() }
}

fn compare(found: &FoundCode, declared: &FiscalCode) -> FiscalCodeMatch {
    match &found.code {
        Err(reason) => FiscalCodeMatch::Mismatch(MismatchReason::UnreadableCode(*reason)),
        Ok(code) if code == declared => FiscalCodeMatch::Match(MatchForm::Same),
        Ok(code) if code.same_person(declared) => FiscalCodeMatch::Match(MatchForm::OmocodiaVariant),
        Ok(code) if code.kind() != declared.kind() => FiscalCodeMatch::Mismatch(MismatchReason::OtherForm),
        Ok(_) => FiscalCodeMatch::Mismatch(MismatchReason::OtherPerson),
    }
}

fn why_absent(identity: &Identity) -> AbsentReason {
    match identity.kind {
        CertificateKind::QualifiedSeal => AbsentReason::Seal,
        CertificateKind::Other => AbsentReason::KindOther,
        CertificateKind::Cns | CertificateKind::Cie | CertificateKind::Qualified => identity
            .identifiers
            .iter()
            .find(|identifier| identifier.kind.is_personal())
            .map_or(AbsentReason::NoCode, |identifier| AbsentReason::OtherIdentifier(identifier.kind)),
    }
}
