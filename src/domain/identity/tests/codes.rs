//! Which fiscal code, and which other identifiers.

use crate::domain::identity::AbsentReason;
use crate::domain::identity::CertificateKind;
use crate::domain::identity::FiscalCodeMatch;
use crate::domain::identity::Identifier;
use crate::domain::identity::IdentifierAttribute;
use crate::domain::identity::IdentifierKind;
use crate::domain::identity::Identity;
use crate::domain::identity::IdentityFinding;
use crate::domain::identity::SubjectFacts;
use crate::domain::identity::TaxId;
use crate::domain::identity::tests::CIE;
use crate::domain::identity::tests::CNS;
use crate::domain::identity::tests::CNS_NAME;
use crate::domain::identity::tests::CODE;
use crate::domain::identity::tests::QUALIFIED;
use crate::domain::identity::tests::SEAL;
use crate::domain::identity::tests::found;
use crate::domain::identity::tests::outcome;

#[test]
fn cns() {
    let identity = Identity::decide(&CNS);
    assert_eq!(identity.kind, CertificateKind::Cns);
    assert_eq!(found(&identity), ("cns_common_name", CODE, Some(CODE)));
    assert_eq!(identity.tax_id.found().unwrap().attribute, CNS_NAME);
    assert_eq!(identity.name.as_deref(), Some("CARDA PROVA"));
    assert_eq!(identity.findings, []);
    for policy in ["1.3.159.6.1.3.2.10", "1.3.76.12.1.1.10.2.2.10"] {
        let facts = SubjectFacts { policies: &["2.5.29.32.0", policy], ..CNS };
        assert_eq!(Identity::decide(&facts).kind, CertificateKind::Cns);
    }
}

#[test]
fn cie() {
    for name in [CODE, "PRVCRD90A41H501L/CA00000AA", "PRVCRD90A41H501L CARDA PROVA", " PRVCRD90A41H501L/a/b "] {
        let identity = Identity::decide(&SubjectFacts { common_names: &[name], ..CIE });
        assert_eq!(identity.kind, CertificateKind::Cie);
        assert_eq!(found(&identity), ("cie_common_name", CODE, Some(CODE)));
    }
    let glued = SubjectFacts { common_names: &["PRVCRD90A41H501LX"], ..CIE };
    assert_eq!(Identity::decide(&glued).tax_id, TaxId::Absent);
}

#[test]
fn qualified() {
    let identity = Identity::decide(&QUALIFIED);
    assert_eq!(identity.kind, CertificateKind::Qualified);
    assert_eq!(found(&identity), ("tinit", CODE, Some(CODE)));
    assert_eq!(identity.name.as_deref(), Some("CARDA PROVA"));
    assert_eq!(identity.dn_qualifier.as_deref(), Some("20260000001"));
    assert_eq!(identity.identifiers, []);
    assert_eq!(identity.findings, []);
    let legacy = SubjectFacts { serial_numbers: &["IT:PRVCRD90A41H501L"], ..QUALIFIED };
    assert_eq!(found(&Identity::decide(&legacy)), ("it_legacy", CODE, Some(CODE)));
}

#[test]
fn title_without_istat_code() {
    let facts = SubjectFacts { titles: &["Architetto::2.2.2.1.1"], ..QUALIFIED };
    assert_eq!(Identity::decide(&facts).title.as_deref(), Some("Architetto"));
}

#[test]
fn a_qualified_common_name_is_never_a_code() {
    for common_names in [&[CNS_NAME], &[CODE]] {
        let facts = SubjectFacts { common_names, serial_numbers: &[], ..QUALIFIED };
        assert_eq!(Identity::decide(&facts).tax_id, TaxId::Absent);
    }
}

#[test]
fn two_codes_are_none() {
    let cases = [
        SubjectFacts { serial_numbers: &["TINIT-PRVCRD90A41H501L", "TINIT-RSSMRA85T10A562S"], ..QUALIFIED },
        SubjectFacts { serial_numbers: &["TINIT-PRVCRD90A41H501L", "IT:RSSMRA85T10A562S"], ..QUALIFIED },
        SubjectFacts { serial_numbers: &["TINIT-RSSMRA85T10A562S"], ..CNS },
        SubjectFacts { common_names: &[CNS_NAME, "RSSMRA85T10A562S/1.x"], ..CNS },
        // One of them unreadable: which is meant cannot be known.
        SubjectFacts { serial_numbers: &["TINIT-PRVCRD90A41H501L", "TINIT-X"], ..QUALIFIED },
    ];
    for facts in cases {
        let identity = Identity::decide(&facts);
        assert!(matches!(&identity.tax_id, TaxId::Ambiguous(codes) if codes.len() == 2));
        assert_eq!(identity.tax_id.fiscal_code(), None);
        assert_eq!(identity.findings, [IdentityFinding::AmbiguousCode]);
        assert_eq!(outcome(&facts, CODE), FiscalCodeMatch::Absent(AbsentReason::Ambiguous));
    }
    let twice = SubjectFacts { serial_numbers: &["TINIT-PRVCRD90A41H501L", "IT:prvcrd90a41h501l"], ..CNS };
    assert_eq!(found(&Identity::decide(&twice)), ("cns_common_name", CODE, Some(CODE)));
}

#[test]
fn a_card_with_a_plain_name_has_its_code_in_the_serial_number() {
    let facts = SubjectFacts { common_names: &["CARDA PROVA"], serial_numbers: &["TINIT-PRVCRD90A41H501L"], ..CNS };
    assert_eq!(found(&Identity::decide(&facts)), ("tinit", CODE, Some(CODE)));
}

/// Serial number, kind, country, value.
const IDENTIFIERS: &[(&str, IdentifierKind, &str, &str)] = &[
    ("TINDE-12345678901", IdentifierKind::TaxNumber, "DE", "12345678901"),
    ("TINSM-PRVCRD90A41H501L", IdentifierKind::TaxNumber, "SM", CODE),
    ("IDCIT-CA00000AA", IdentifierKind::IdentityCard, "IT", "CA00000AA"),
    ("IDCIT-PRVCRD90A41H501L", IdentifierKind::IdentityCard, "IT", CODE),
    ("PASIT-YA0000000", IdentifierKind::Passport, "IT", "YA0000000"),
    ("PNOEE-38001085718", IdentifierKind::PersonalNumber, "EE", "38001085718"),
    ("RP:IT-I00000000", IdentifierKind::ResidencePermit, "IT", "I00000000"),
    ("NS:IT-PRVCRD90A41H501L", IdentifierKind::NationalScheme, "IT", CODE),
    ("VATIT-00743110157", IdentifierKind::Vat, "IT", "00743110157"),
    ("CF:IT-97735020584", IdentifierKind::BodyFiscalCode, "IT", "97735020584"),
    ("CF:IT-PRVCRD90A41H501L", IdentifierKind::BodyFiscalCode, "IT", CODE),
    ("NTRIT-RM-123456", IdentifierKind::TradeRegister, "IT", "RM-123456"),
];

#[test]
fn other_identifiers_are_named_and_never_taken() {
    for (serial_number, kind, country, value) in IDENTIFIERS {
        let facts = SubjectFacts { serial_numbers: &[serial_number], ..QUALIFIED };
        let identity = Identity::decide(&facts);
        assert_eq!(identity.tax_id, TaxId::Absent);
        let expected = Identifier {
            kind: *kind,
            country: (*country).to_owned(),
            value: (*value).to_owned(),
            attribute: IdentifierAttribute::SerialNumber,
        };
        assert_eq!(identity.identifiers, [expected]);
        let reason = if kind.is_personal() { AbsentReason::OtherIdentifier(*kind) } else { AbsentReason::NoCode };
        assert_eq!(outcome(&facts, CODE), FiscalCodeMatch::Absent(reason));
    }
}

#[test]
fn what_only_resembles_an_identifier() {
    for serial_number in [
        "",
        "-",
        "TIN",
        "TINIT",
        "TINITPRVCRD90A41H501L",
        "tinit-PRVCRD90A41H501L",
        "DE:PRVCRD90A41H501L",
        "TINit-PRVCRD90A41H501L",
        "XTINIT-PRVCRD90A41H501L",
        CODE,
    ] {
        let serial_numbers = [serial_number];
        let identity = Identity::decide(&SubjectFacts { serial_numbers: &serial_numbers, ..QUALIFIED });
        assert_eq!(identity.tax_id, TaxId::Absent, "{serial_number}");
        assert_eq!(identity.identifiers, [], "{serial_number}");
    }
}

#[test]
fn a_seal_has_no_person() {
    let identity = Identity::decide(&SEAL);
    assert_eq!(identity.kind, CertificateKind::QualifiedSeal);
    assert_eq!(identity.tax_id, TaxId::Absent);
    assert_eq!(identity.organization.as_deref(), Some("Ente di Prova"));
    let kinds: Vec<_> = identity.identifiers.iter().map(|identifier| identifier.kind).collect();
    assert_eq!(kinds, [IdentifierKind::Vat, IdentifierKind::BodyFiscalCode, IdentifierKind::TradeRegister]);
    assert_eq!(outcome(&SEAL, CODE), FiscalCodeMatch::Absent(AbsentReason::Seal));
}
