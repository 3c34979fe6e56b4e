//! What a certificate says of its subject, as `domain::identity` asks for it.

use std::borrow::Cow;

use crate::asn1::{Oid, Reader, oids};
use crate::domain::identity::{Identity, IssuerStanding, KeyUsage, QcStatements, QcType, SubjectFacts};
use crate::trust::{self, Certificate, Name, ObjectId};

oids! {
    COMMON_NAME = 2.5.4.3;
    SURNAME = 2.5.4.4;
    SERIAL_NUMBER = 2.5.4.5;
    COUNTRY = 2.5.4.6;
    ORGANIZATION = 2.5.4.10;
    TITLE = 2.5.4.12;
    GIVEN_NAME = 2.5.4.42;
    DN_QUALIFIER = 2.5.4.46;
    ORGANIZATION_IDENTIFIER = 2.5.4.97;
    QC_COMPLIANCE = 0.4.0.1862.1.1;
    QC_SSCD = 0.4.0.1862.1.4;
    QC_TYPE = 0.4.0.1862.1.6;
    QC_TYPE_ESIGN = 0.4.0.1862.1.6.1;
    QC_TYPE_ESEAL = 0.4.0.1862.1.6.2;
    QC_TYPE_WEB = 0.4.0.1862.1.6.3;
    QC_LEGISLATION = 0.4.0.1862.1.7;
}

/// The texts of a certificate's subject, and what else identity is decided on.
pub(super) struct Subject<'c> {
    /// By the place of their type in [`WANTED`].
    texts: Vec<(usize, Cow<'c, str>)>,
    policies: Vec<String>,
    compliance: bool,
    sscd: bool,
    types: Vec<QcType>,
    legislations: Vec<String>,
    key_usage: Option<KeyUsage>,
    issuer_country: Option<Cow<'c, str>>,
}

/// Whom a certificate names by what it claims itself, its issuer unknown: to show a choice of certificates, never to
/// decide what a signature is worth.
pub fn claimed_identity(certificate: &Certificate) -> Identity {
    let policies = certificate.extensions().policies.as_ref().map_or(&[][..], |policies| &policies.identifiers);
    Subject::read(certificate, policies).facts(IssuerStanding::Unknown, Identity::decide)
}

impl<'c> Subject<'c> {
    /// Takes the texts out of a certificate, with those of its `policies` that count; nothing is decided.
    pub(super) fn read(certificate: &'c Certificate, policies: &[ObjectId]) -> Self {
        let extensions = certificate.extensions();
        let mut subject = Self {
            texts: texts(certificate.subject()),
            policies: policies.iter().map(|policy| policy.oid().to_dotted()).collect(),
            compliance: false,
            sscd: false,
            types: Vec::new(),
            legislations: Vec::new(),
            key_usage: extensions.key_usage.map(|usage| KeyUsage {
                digital_signature: usage.contains(trust::KeyUsage::DIGITAL_SIGNATURE),
                non_repudiation: usage.contains(trust::KeyUsage::NON_REPUDIATION),
            }),
            issuer_country: issuer_country(certificate),
        };
        for statement in &extensions.qc_statements {
            subject.note(statement);
        }
        subject
    }

    /// Lends the facts to `decide`: they are made of borrowed texts.
    pub(super) fn facts<R>(&self, issuer: IssuerStanding, decide: impl FnOnce(&SubjectFacts<'_>) -> R) -> R {
        let texts: Vec<&str> = self.texts.iter().map(|(_, text)| &**text).collect();
        let mut rest = texts.as_slice();
        let fields: [&[&str]; WANTED.len()] = std::array::from_fn(|place| {
            let count = self.texts.iter().filter(|(known, _)| *known == place).count();
            let (field, others) = rest.split_at_checked(count).unwrap_or_default();
            rest = others;
            field
        });
        let [common_names, serial_numbers, given_names, surnames, organization_names, others @ ..] = fields;
        let [organization_identifiers, titles, dn_qualifiers] = others;
        decide(&SubjectFacts {
            common_names,
            serial_numbers,
            given_names,
            surnames,
            organization_names,
            organization_identifiers,
            titles,
            dn_qualifiers,
            policies: &borrowed(&self.policies),
            qc: QcStatements {
                compliance: self.compliance,
                sscd: self.sscd,
                types: &self.types,
                legislations: &borrowed(&self.legislations),
            },
            key_usage: self.key_usage,
            issuer,
            issuer_country: self.issuer_country.as_deref(),
        })
    }

    /// Takes note of a statement of EN 319 412-5; an unknown one says nothing here.
    fn note(&mut self, statement: &trust::QcStatement) {
        let info = statement.info.as_deref().unwrap_or_default();
        match statement.id.oid() {
            QC_COMPLIANCE => self.compliance = true,
            QC_SSCD => self.sscd = true,
            QC_TYPE => self.types = qc_types(info),
            QC_LEGISLATION => self.legislations = countries(info),
            _ => {}
        }
    }
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// The first country in the issuer's name.
fn issuer_country(certificate: &Certificate) -> Option<Cow<'_, str>> {
    certificate.issuer().attributes().find(|attribute| attribute.oid == COUNTRY)?.text()
}

/// The types that identity is decided on.
const WANTED: [Oid<'static>; 8] =
    [COMMON_NAME, SERIAL_NUMBER, GIVEN_NAME, SURNAME, ORGANIZATION, ORGANIZATION_IDENTIFIER, TITLE, DN_QUALIFIER];

/// The texts of these types, sorted by type and within one as they stand.
fn texts(name: &Name) -> Vec<(usize, Cow<'_, str>)> {
    let place = |oid: Oid<'_>| WANTED.iter().position(|wanted| *wanted == oid);
    let mut texts = Vec::with_capacity(WANTED.len());
    texts.extend(name.attributes().filter_map(|attribute| Some((place(attribute.oid)?, attribute.text()?))));
    texts.sort_by_key(|(place, _)| *place);
    texts
}

/// `QcType`: a sequence of identifiers (EN 319 412-5 §4.2.3); what is malformed is left out.
fn qc_types(info: &[u8]) -> Vec<QcType> {
    let mut types = Vec::new();
    if let Ok(mut reader) = Reader::new(info).sequence() {
        while let Ok(oid) = reader.oid() {
            types.extend(match oid {
                QC_TYPE_ESIGN => Some(QcType::Esign),
                QC_TYPE_ESEAL => Some(QcType::Eseal),
                QC_TYPE_WEB => Some(QcType::Web),
                _ => None,
            });
        }
    }
    types
}

/// `QcCClegislation`: a sequence of country codes (EN 319 412-5 §4.2.4). One that cannot be read still says that the
/// certificate is qualified somewhere else.
fn countries(info: &[u8]) -> Vec<String> {
    let mut countries = Vec::new();
    if let Ok(mut reader) = Reader::new(info).sequence() {
        while let Ok(country) = reader.expect(PRINTABLE_STRING) {
            countries.push(String::from_utf8_lossy(country.value).into_owned());
        }
    }
    if countries.is_empty() {
        countries.push(String::new());
    }
    countries
}

const PRINTABLE_STRING: u8 = 0x13;
