//! The legal level that a signature reaches in Italy by its certificate.

use crate::domain::identity::CertificateKind;
use crate::domain::identity::QcStatements;

/// What Italian law calls a signature.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LegalLevel {
    /// *Firma digitale*: a qualified signature with asymmetric keys (CAD art. 1 c. 1 lett. s).
    FirmaDigitale,
    /// *Firma elettronica qualificata* of an issuer in another Member State (Regulation (EU)
    /// 910/2014, art. 25 c. 3).
    FirmaQualificata,
    /// CNS in place of an advanced signature, towards public administrations only (DPCM 22
    /// February 2013, art. 61 c. 2).
    FeaCns,
    /// CIE, likewise.
    FeaCie,
    /// *Firma elettronica avanzata* (Regulation (EU) 910/2014, art. 26).
    Fea,
    /// *Firma elettronica* and no more.
    FirmaSemplice,
    /// No signature of a person.
    None,
}

impl LegalLevel {
    /// Returns the word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirmaDigitale => "firma_digitale",
            Self::FirmaQualificata => "firma_qualificata",
            Self::FeaCns => "fea_cns",
            Self::FeaCie => "fea_cie",
            Self::Fea => "fea",
            Self::FirmaSemplice => "firma_semplice",
            Self::None => "none",
        }
    }
}

/// Returns the level of a signature that holds, made with a certificate of that kind.
///
/// `issuer_country` is the `countryName` of the issuer: a service is supervised where its provider
/// is established, while the country in the subject may be where the holder lives. Without it the
/// certificate is not called Italian.
///
/// *Not* decided here: whether the signature holds. A signature that does not is worth
/// [`LegalLevel::None`], whatever this says. A seal signs for nobody (art. 35).
pub fn legal_level(kind: CertificateKind, qc: &QcStatements<'_>, issuer_country: Option<&str>) -> LegalLevel {
    match kind {
        CertificateKind::Qualified if !qc.sscd => LegalLevel::Fea,
        CertificateKind::Qualified if issuer_country.is_some_and(|country| country.eq_ignore_ascii_case("IT")) => {
            LegalLevel::FirmaDigitale
        }
        CertificateKind::Qualified => LegalLevel::FirmaQualificata,
        CertificateKind::Cns => LegalLevel::FeaCns,
        CertificateKind::Cie => LegalLevel::FeaCie,
        CertificateKind::QualifiedSeal => LegalLevel::None,
        CertificateKind::Other => LegalLevel::FirmaSemplice,
    }
}
