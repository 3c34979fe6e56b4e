//! The Italian fiscal code of the person in a subject.

use std::fmt;

use crate::domain::fiscal_code::FiscalCode;
use crate::domain::fiscal_code::InvalidFiscalCode;
use crate::domain::identity::CertificateKind;
use crate::domain::identity::IdentityFinding;
use crate::domain::identity::SubjectFacts;

/// What the subject says of the person's Italian fiscal code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TaxId {
    /// Nothing that may be taken for one.
    Absent,
    /// One code, readable or not.
    Found(FoundCode),
    /// Different codes, of which none is taken.
    Ambiguous(Vec<FoundCode>),
}

/// A fiscal code as a certificate holds it.
#[derive(Clone, Eq, PartialEq)]
pub struct FoundCode {
    /// Where it was found.
    pub field: FiscalCodeField,
    /// The whole value of the attribute.
    pub attribute: String,
    /// The part that should be the code, as it is written.
    pub raw: String,
    /// The code, or why it is none.
    pub code: Result<FiscalCode, InvalidFiscalCode>,
}

/// The field of a certificate that holds a fiscal code.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FiscalCodeField {
    /// Common name of a CNS: code, `/`, card number, `.`, hash.
    CnsCommonName,
    /// Common name of a CIE: code, then nothing, `/` or a space.
    CieCommonName,
    /// `serialNumber` with `TINIT-` (EN 319 412-1 §5.1.3).
    Tinit,
    /// `serialNumber` with `IT:` (CNIPA 45/2009, repealed).
    ItLegacy,
}

impl TaxId {
    /// Returns the one code found, readable or not.
    pub fn found(&self) -> Option<&FoundCode> {
        match self {
            Self::Found(found) => Some(found),
            Self::Absent | Self::Ambiguous(_) => None,
        }
    }

    /// Returns the one code found, if it is valid.
    pub fn fiscal_code(&self) -> Option<&FiscalCode> {
        self.found()?.code.as_ref().ok()
    }
}

impl FiscalCodeField {
    /// Returns the word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CnsCommonName => "cns_common_name",
            Self::CieCommonName => "cie_common_name",
            Self::Tinit => "tinit",
            Self::ItLegacy => "it_legacy",
        }
    }
}

/// Personal data: never printed by `{:?}`.
impl fmt::Debug for FoundCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FoundCode({:?} …)", self.field)
    }
}

/// Reads the code where a certificate of the kind that it claims to be has one. Whether the claim is believed is
/// another question: a code that was read identifies nobody until the issuer is recognised.
pub(super) fn read(claimed: CertificateKind, facts: &SubjectFacts<'_>, findings: &mut Vec<IdentityFinding>) -> TaxId {
    if claimed == CertificateKind::QualifiedSeal {
        return TaxId::Absent;
    }
    let mut found: Vec<FoundCode> = common_name_codes(claimed, facts)
        .chain(facts.serial_numbers.iter().filter_map(|value| serial_number_code(value)))
        .collect();
    if claimed == CertificateKind::Other && found.is_empty() && common_name_looks_like_a_code(facts) {
        findings.push(IdentityFinding::CodeNotTaken);
    }
    if found.is_empty() {
        return TaxId::Absent;
    }
    if !found.iter().zip(found.iter().skip(1)).all(|(one, two)| agree(one, two)) {
        findings.push(IdentityFinding::AmbiguousCode);
        return TaxId::Ambiguous(found);
    }
    let first = found.swap_remove(0);
    if let Err(reason) = first.code {
        findings.push(IdentityFinding::UnreadableCode { reason });
    }
    TaxId::Found(first)
}

/// Codes in the common names of a card; a qualified certificate has a name there.
fn common_name_codes<'a>(kind: CertificateKind, facts: &SubjectFacts<'a>) -> impl Iterator<Item = FoundCode> + use<'a> {
    facts.common_names.iter().filter_map(move |value| match kind {
        CertificateKind::Cns => common_name_code(value, &['/'], FiscalCodeField::CnsCommonName),
        CertificateKind::Cie => common_name_code(value, &['/', ' '], FiscalCodeField::CieCommonName),
        CertificateKind::Qualified | CertificateKind::QualifiedSeal | CertificateKind::Other => None,
    })
}

/// What stands before the first separator: the hash that follows is base64 and may hold `/` and `+`.
///
/// A name without `/` that has not the length of a code is a name of another sort, not a broken code.
fn common_name_code(value: &str, separators: &[char], field: FiscalCodeField) -> Option<FoundCode> {
    let name = value.trim();
    let head = name.split(separators).next().unwrap_or_default();
    (name.contains('/') || has_length_of_code(head)).then(|| found(field, value, head))
}

fn serial_number_code(value: &str) -> Option<FoundCode> {
    let number = value.trim();
    if let Some(raw) = number.strip_prefix("TINIT-") {
        Some(found(FiscalCodeField::Tinit, value, raw))
    } else {
        let raw = number.strip_prefix("IT:")?;
        Some(found(FiscalCodeField::ItLegacy, value, raw))
    }
}

fn found(field: FiscalCodeField, attribute: &str, raw: &str) -> FoundCode {
    FoundCode { field, attribute: attribute.to_owned(), raw: raw.to_owned(), code: FiscalCode::parse(raw) }
}

fn has_length_of_code(text: &str) -> bool {
    matches!(text.len(), 11 | 16) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether two fields say the same: codes equal but for omocodia, or one and the same unreadable text.
fn agree(one: &FoundCode, two: &FoundCode) -> bool {
    match (&one.code, &two.code) {
        (Ok(one), Ok(two)) => one.same_person(two),
        (Err(_), Err(_)) => one.raw == two.raw,
        _ => false,
    }
}

/// Whether a certificate that claims to be no card holds a valid code in its common name, where cards have theirs.
fn common_name_looks_like_a_code(facts: &SubjectFacts<'_>) -> bool {
    common_name_codes(CertificateKind::Cie, facts).any(|found| found.code.is_ok())
}
