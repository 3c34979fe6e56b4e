//! Reading a report again that was kept: its words must be among those that a report is made of.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use time::UtcDateTime;

use crate::domain::identity::{CertificateKind, FiscalCodeField, LegalLevel};
use crate::domain::instant::Instant;
use crate::verify::cades::TIMESTAMP_KINDS;
use crate::verify::report::Word;
use crate::verify::sniff::NAMES;

const KINDS: [CertificateKind; 5] = [
    CertificateKind::Cns,
    CertificateKind::Cie,
    CertificateKind::Qualified,
    CertificateKind::QualifiedSeal,
    CertificateKind::Other,
];

const FIELDS: [FiscalCodeField; 4] =
    [FiscalCodeField::CnsCommonName, FiscalCodeField::CieCommonName, FiscalCodeField::Tinit, FiscalCodeField::ItLegacy];

const LEVELS: [LegalLevel; 7] = [
    LegalLevel::FirmaDigitale,
    LegalLevel::FirmaQualificata,
    LegalLevel::FeaCns,
    LegalLevel::FeaCie,
    LegalLevel::Fea,
    LegalLevel::FirmaSemplice,
    LegalLevel::None,
];

pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UtcDateTime, D::Error> {
    Instant::deserialize(deserializer).map(|Instant(time)| time)
}

pub(super) fn time_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UtcDateTime>, D::Error> {
    Ok(Option::<Instant>::deserialize(deserializer)?.map(|Instant(time)| time))
}

pub(super) fn envelopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Word>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    names.iter().map(|name| known(name, NAMES)).collect()
}

pub(super) fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
    known(&String::deserialize(deserializer)?, KINDS.map(CertificateKind::as_str))
}

pub(super) fn field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Word>, D::Error> {
    let field = Option::<String>::deserialize(deserializer)?;
    field.map(|field| known(&field, FIELDS.map(FiscalCodeField::as_str))).transpose()
}

pub(super) fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
    known(&String::deserialize(deserializer)?, TIMESTAMP_KINDS)
}

pub(super) fn legal_level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LegalLevel, D::Error> {
    let word = String::deserialize(deserializer)?;
    let level = LEVELS.into_iter().find(|level| level.as_str() == word);
    level.ok_or_else(|| D::Error::custom("an unknown legal level"))
}

/// Members that no report of this version fills.
pub(super) fn nothing_yet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Word>, D::Error> {
    <()>::deserialize(deserializer).map(|()| None)
}

fn known<E: Error>(word: &str, words: impl IntoIterator<Item = Word>) -> Result<Word, E> {
    words.into_iter().find(|known| *known == word).ok_or_else(|| E::custom("an unknown word"))
}
