//! The person or body in a certificate: kind of certificate, names, fiscal code, other identifiers.
//!
//! The caller extracts the facts from the certificate and says how its issuer is recognised; this
//! module only decides. Kind follows from policy *and* issuer, never from the shape of a name
//! (DPCM 22 February 2013, art. 61 c. 4: who verifies must ascertain that the certificate belongs
//! to a CNS or a CIE).

use std::fmt;

mod finding;
mod identifier;
mod kind;
mod legal_level;
mod matching;
mod tax_id;

pub use finding::FindingLevel;
pub use finding::IdentityFinding;
pub use identifier::Identifier;
pub use identifier::IdentifierAttribute;
pub use identifier::IdentifierKind;
pub use kind::CertificateKind;
pub use legal_level::LegalLevel;
pub use legal_level::legal_level;
pub use matching::AbsentReason;
pub use matching::FiscalCodeMatch;
pub use matching::MatchForm;
pub use matching::MatchReport;
pub use matching::MismatchReason;
pub use matching::match_declared;
pub use tax_id::FiscalCodeField;
pub use tax_id::FoundCode;
pub use tax_id::TaxId;

/// What a certificate says of its subject, and how its issuer is recognised.
///
/// Values of attributes are the decoded strings of the RDNs in their order in the subject, never
/// pieces of a printed name: a printed name escapes `/` and quotes values. Policies and other
/// OIDs are dotted decimals.
#[derive(Clone, Copy)]
pub struct SubjectFacts<'a> {
    /// `commonName` (2.5.4.3).
    pub common_names: &'a [&'a str],
    /// `serialNumber` of the subject (2.5.4.5).
    pub serial_numbers: &'a [&'a str],
    /// `givenName` (2.5.4.42).
    pub given_names: &'a [&'a str],
    /// `surname` (2.5.4.4).
    pub surnames: &'a [&'a str],
    /// `organizationName` (2.5.4.10).
    pub organization_names: &'a [&'a str],
    /// `organizationIdentifier` (2.5.4.97).
    pub organization_identifiers: &'a [&'a str],
    /// `title` (2.5.4.12).
    pub titles: &'a [&'a str],
    /// `dnQualifier` (2.5.4.46).
    pub dn_qualifiers: &'a [&'a str],
    /// Policy identifiers of the `certificatePolicies` extension.
    pub policies: &'a [&'a str],
    /// The `qcStatements` extension.
    pub qc: QcStatements<'a>,
    /// The `keyUsage` extension; `None` when it is absent.
    pub key_usage: Option<KeyUsage>,
    /// How the issuer is recognised.
    pub issuer: IssuerStanding,
    /// `countryName` of the issuer.
    pub issuer_country: Option<&'a str>,
}

/// The statements of EN 319 412-5 that decide something here.
#[derive(Clone, Copy, Debug, Default)]
pub struct QcStatements<'a> {
    /// `QcCompliance` (0.4.0.1862.1.1): the issuer claims that the certificate is qualified.
    pub compliance: bool,
    /// `QcSSCD` (0.4.0.1862.1.4): the issuer claims that the key is in a qualified device.
    pub sscd: bool,
    /// `QcType` (0.4.0.1862.1.6): what the certificate is for; empty when the statement is absent.
    pub types: &'a [QcType],
    /// `QcCClegislation` (0.4.0.1862.1.7): countries outside the Union under whose law the
    /// certificate is qualified; absent, and so empty, for the law of the Union.
    pub legislations: &'a [&'a str],
}

/// A value of `QcType` (EN 319 412-5 §4.2.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum QcType {
    /// Electronic signature (0.4.0.1862.1.6.1).
    Esign,
    /// Electronic seal (0.4.0.1862.1.6.2).
    Eseal,
    /// Web site authentication (0.4.0.1862.1.6.3).
    Web,
}

/// The bits of `keyUsage` that the Italian profiles rule on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyUsage {
    /// `digitalSignature`.
    pub digital_signature: bool,
    /// `nonRepudiation`, alias `contentCommitment`.
    pub non_repudiation: bool,
}

/// How the issuer of a certificate is recognised at the validation time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IssuerStanding {
    /// No chain leads to anything trusted.
    Unknown,
    /// A certificate that the administrator configured vouches for it.
    Anchor,
    /// It is a service of a trusted list (TS 119 612), with these types.
    Service {
        /// `http://uri.etsi.org/TrstSvc/Svctype/CA/QC`.
        ca_qc: bool,
        /// `http://uri.etsi.org/TrstSvc/Svctype/IdV`.
        idv: bool,
    },
}

/// The person or body that a certificate names.
///
/// *Not* decided here: whether a signature is worth anything, nor whether the certificate was valid.
#[derive(Clone)]
pub struct Identity {
    /// The kind, by policy and issuer.
    pub kind: CertificateKind,
    /// The kind that the certificate claims, whoever issued it: to explain, never to decide.
    pub claimed_kind: CertificateKind,
    /// The name to show.
    pub name: Option<String>,
    /// Given names, joined by spaces.
    pub given_name: Option<String>,
    /// Surnames, joined by spaces.
    pub surname: Option<String>,
    /// Names of organisations: of the body for a seal, an affiliation otherwise.
    pub organization: Option<String>,
    /// The role, without the ISTAT code that may follow `::` (AGID guidelines §4.1.5b).
    pub title: Option<String>,
    /// The holder's code at the issuer (AGID guidelines §4.1.5c).
    pub dn_qualifier: Option<String>,
    /// The Italian fiscal code of the person.
    pub tax_id: TaxId,
    /// Identifiers that are not an Italian person's fiscal code.
    pub identifiers: Vec<Identifier>,
    /// What Italian law calls a signature that holds, made with the certificate.
    pub legal_level: LegalLevel,
    /// What is worth saying.
    pub findings: Vec<IdentityFinding>,
}

impl Identity {
    /// Decides who a certificate names.
    ///
    /// Everything from outside stays as it was: control and bidirectional characters are escaped
    /// where text is shown.
    pub fn decide(facts: &SubjectFacts<'_>) -> Self {
        let mut findings = Vec::new();
        let claimed_kind = kind::claimed(facts, &mut findings);
        let kind = kind::decided(claimed_kind, facts, &mut findings);
        let tax_id = tax_id::read(claimed_kind, facts, &mut findings);
        let identifiers = identifier::others(facts);
        let given_name = joined(facts.given_names);
        let surname = joined(facts.surnames);
        Self {
            kind,
            claimed_kind,
            name: display_name(claimed_kind, facts, given_name.as_deref(), surname.as_deref()),
            given_name,
            surname,
            organization: joined(facts.organization_names),
            title: joined(facts.titles).map(|title| without_istat_code(&title)),
            dn_qualifier: joined(facts.dn_qualifiers),
            tax_id,
            identifiers,
            legal_level: legal_level(kind, &facts.qc, facts.issuer_country),
            findings,
        }
    }
}

/// Personal data: never printed by `{:?}`.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("kind", &self.kind)
            .field("claimed_kind", &self.claimed_kind)
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}

/// Personal data: never printed by `{:?}`.
impl fmt::Debug for SubjectFacts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectFacts(…)")
    }
}

/// The common name; for a card, whose common name is a code and a serial, given name and surname.
fn display_name(
    claimed: CertificateKind,
    facts: &SubjectFacts<'_>,
    given_name: Option<&str>,
    surname: Option<&str>,
) -> Option<String> {
    let full_name = || joined(&[given_name.unwrap_or_default(), surname.unwrap_or_default()]);
    let common_name = || joined(facts.common_names);
    match claimed {
        CertificateKind::Cns | CertificateKind::Cie => full_name().or_else(common_name),
        CertificateKind::Qualified | CertificateKind::QualifiedSeal | CertificateKind::Other => {
            common_name().or_else(full_name)
        }
    }
}

fn joined(values: &[&str]) -> Option<String> {
    let mut words = values.iter().map(|value| value.trim()).filter(|value| !value.is_empty());
    let mut text = words.next()?.to_owned();
    for word in words {
        text.push(' ');
        text.push_str(word);
    }
    Some(text)
}

fn without_istat_code(title: &str) -> String {
    let role = title.split_once("::").map_or(title, |(role, _)| role);
    role.trim().to_owned()
}

#[cfg(test)]
mod tests;
