//! Identifiers in the form of EN 319 412-1 §5.1.3 (people) and §5.1.4 (bodies).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::identity::SubjectFacts;
use crate::domain::language::Language;

/// An identifier in a subject that is not an Italian person's fiscal code.
#[derive(Clone, Eq, PartialEq)]
pub struct Identifier {
    /// What it identifies.
    pub kind: IdentifierKind,
    /// The two letters of the country that gave it.
    pub country: String,
    /// The identifier as that country writes it.
    pub value: String,
    /// The attribute that holds it.
    pub attribute: IdentifierAttribute,
}

/// What an identifier is, by its prefix.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// `TIN`: tax number of a person, of another country. The Italian one is no [`Identifier`].
    TaxNumber,
    /// `IDC`: identity card.
    IdentityCard,
    /// `PAS`: passport.
    Passport,
    /// `PNO`: national personal number.
    PersonalNumber,
    /// `RP:`: Italian residence permit (AGID guidelines §4.1.5a).
    ResidencePermit,
    /// `NS:`: a national scheme, with a code made by the issuer (AGID guidelines §4.1.5a).
    NationalScheme,
    /// `VAT`: VAT number of a body.
    Vat,
    /// `CF:`: fiscal code of a body that has no VAT number (AGID guidelines §4.1.6).
    BodyFiscalCode,
    /// `NTR`: trade register.
    TradeRegister,
    /// `LEI`: global legal entity identifier.
    LegalEntity,
    /// `PSD`: payment service provider.
    PaymentProvider,
}

/// The attribute of the subject that holds an identifier.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum IdentifierAttribute {
    /// `serialNumber` (2.5.4.5).
    SerialNumber,
    /// `organizationIdentifier` (2.5.4.97).
    OrganizationIdentifier,
}

impl IdentifierKind {
    /// Returns the prefix of the standard.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::TaxNumber => "TIN",
            Self::IdentityCard => "IDC",
            Self::Passport => "PAS",
            Self::PersonalNumber => "PNO",
            Self::ResidencePermit => "RP",
            Self::NationalScheme => "NS",
            Self::Vat => "VAT",
            Self::BodyFiscalCode => "CF",
            Self::TradeRegister => "NTR",
            Self::LegalEntity => "LEI",
            Self::PaymentProvider => "PSD",
        }
    }

    /// Whether it identifies a person rather than a body.
    pub fn is_personal(self) -> bool {
        match self {
            Self::TaxNumber
            | Self::IdentityCard
            | Self::Passport
            | Self::PersonalNumber
            | Self::ResidencePermit
            | Self::NationalScheme => true,
            Self::Vat | Self::BodyFiscalCode | Self::TradeRegister | Self::LegalEntity | Self::PaymentProvider => false,
        }
    }

    /// Returns the name for people.
    pub fn name(self, language: Language) -> &'static str {
        let (italian, english) = match self {
            Self::TaxNumber => ("codice fiscale estero", "foreign tax number"),
            Self::IdentityCard => ("carta d'identità", "identity card"),
            Self::Passport => ("passaporto", "passport"),
            Self::PersonalNumber => ("numero di registrazione nazionale", "national personal number"),
            Self::ResidencePermit => ("permesso di soggiorno", "residence permit"),
            Self::NationalScheme => ("codice di uno schema nazionale", "code of a national scheme"),
            Self::Vat => ("partita IVA", "VAT number"),
            Self::BodyFiscalCode => ("codice fiscale di ente", "fiscal code of a body"),
            Self::TradeRegister => ("registro delle imprese", "trade register"),
            Self::LegalEntity => ("codice LEI", "LEI code"),
            Self::PaymentProvider => {
                ("autorizzazione di prestatore di servizi di pagamento", "authorisation of a payment service provider")
            }
        };
        language.choose(italian, english)
    }
}

/// Personal data: never printed by `{:?}`.
impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({:?} …)", self.kind)
    }
}

/// All identifiers of the subject but the Italian fiscal code of a person.
pub(super) fn others(facts: &SubjectFacts<'_>) -> Vec<Identifier> {
    let serial_numbers = facts.serial_numbers.iter().map(|value| (IdentifierAttribute::SerialNumber, value));
    let organization_identifiers =
        facts.organization_identifiers.iter().map(|value| (IdentifierAttribute::OrganizationIdentifier, value));
    serial_numbers.chain(organization_identifiers).filter_map(|(attribute, value)| parse(value, attribute)).collect()
}

/// Three letters, two of country, a hyphen; or two letters of a local scheme, a colon, the same.
fn parse(value: &str, attribute: IdentifierAttribute) -> Option<Identifier> {
    let value = value.trim();
    let (kind, rest) = KINDS.iter().find_map(|kind| {
        let rest = value.strip_prefix(kind.prefix())?;
        match kind.prefix().len() {
            // The colon is the standard's; some issuers leave it out.
            2 => Some((*kind, rest.strip_prefix(':').unwrap_or(rest))),
            _ => Some((*kind, rest)),
        }
    })?;
    let (country, number) = rest.split_once('-')?;
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    if kind == IdentifierKind::TaxNumber && country == "IT" {
        return None;
    }
    Some(Identifier { kind, country: country.to_owned(), value: number.to_owned(), attribute })
}

const KINDS: &[IdentifierKind] = &[
    IdentifierKind::TaxNumber,
    IdentifierKind::IdentityCard,
    IdentifierKind::Passport,
    IdentifierKind::PersonalNumber,
    IdentifierKind::ResidencePermit,
    IdentifierKind::NationalScheme,
    IdentifierKind::Vat,
    IdentifierKind::BodyFiscalCode,
    IdentifierKind::TradeRegister,
    IdentifierKind::LegalEntity,
    IdentifierKind::PaymentProvider,
];
