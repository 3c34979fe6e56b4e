use super::*;
use crate::domain::fiscal_code::FiscalCode;

mod codes;
mod kinds;
mod matches;
mod properties;

const CODE: &str = "PRVCRD90A41H501L";
const VARIANT: &str = "RSSMRA85T10A56NH";
const BASE_OF_VARIANT: &str = "RSSMRA85T10A562S";
/// The hash holds both characters that a careless split trips over.
const CNS_NAME: &str = "PRVCRD90A41H501L/7430010000000019.lsKV/lNtBAmc8x5l+Sb+cxx2UzE=";

const NOTHING: SubjectFacts<'_> = SubjectFacts {
    common_names: &[],
    serial_numbers: &[],
    given_names: &[],
    surnames: &[],
    organization_names: &[],
    organization_identifiers: &[],
    titles: &[],
    dn_qualifiers: &[],
    policies: &[],
    qc: QcStatements { compliance: false, sscd: false, types: &[], legislations: &[] },
    key_usage: None,
    issuer: IssuerStanding::Anchor,
    issuer_country: Some("IT"),
};

const CNS: SubjectFacts<'_> = SubjectFacts {
    common_names: &[CNS_NAME],
    given_names: &["CARDA"],
    surnames: &["PROVA"],
    policies: &["1.3.76.16.2.1"],
    key_usage: Some(KeyUsage { digital_signature: true, non_repudiation: false }),
    ..NOTHING
};

const CIE: SubjectFacts<'_> = SubjectFacts { common_names: &[CODE], policies: &["1.3.76.47.4"], ..CNS };

const QUALIFIED: SubjectFacts<'_> = SubjectFacts {
    common_names: &["CARDA PROVA"],
    serial_numbers: &["TINIT-PRVCRD90A41H501L"],
    given_names: &["CARDA"],
    surnames: &["PROVA"],
    dn_qualifiers: &["20260000001"],
    policies: &["0.4.0.194112.1.2", "1.3.76.16.6"],
    qc: QcStatements { compliance: true, sscd: true, types: &[QcType::Esign], legislations: &[] },
    key_usage: Some(KeyUsage { digital_signature: false, non_repudiation: true }),
    ..NOTHING
};

const SEAL: SubjectFacts<'_> = SubjectFacts {
    common_names: &["Ente di Prova"],
    serial_numbers: &["TINIT-PRVCRD90A41H501L"],
    given_names: &[],
    surnames: &[],
    organization_names: &["Ente di Prova"],
    organization_identifiers: &["VATIT-00743110157", "CF:IT-97735020584", "NTRIT-RM-123456"],
    qc: QcStatements { compliance: true, sscd: true, types: &[QcType::Eseal], legislations: &[] },
    ..QUALIFIED
};

fn found(identity: &Identity) -> (&str, &str, Option<&str>) {
    let found = identity.tax_id.found().unwrap();
    let code = identity.tax_id.fiscal_code().map(FiscalCode::as_str);
    (found.field.as_str(), &found.raw, code)
}

fn outcome(facts: &SubjectFacts<'_>, declared: &str) -> FiscalCodeMatch {
    let identity = Identity::decide(facts);
    match_declared(&identity, Some(&declared.parse().unwrap())).outcome
}
