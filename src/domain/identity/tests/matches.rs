//! Whether the person is the declared one, and what the signature is worth in law.

use crate::domain::fiscal_code::InvalidFiscalCode;
use crate::domain::identity::AbsentReason;
use crate::domain::identity::CertificateKind;
use crate::domain::identity::FiscalCodeField;
use crate::domain::identity::FiscalCodeMatch;
use crate::domain::identity::Identity;
use crate::domain::identity::IdentityFinding;
use crate::domain::identity::IssuerStanding;
use crate::domain::identity::MatchForm;
use crate::domain::identity::MismatchReason;
use crate::domain::identity::QcStatements;
use crate::domain::identity::SubjectFacts;
use crate::domain::identity::legal_level;
use crate::domain::identity::match_declared;
use crate::domain::identity::tests::BASE_OF_VARIANT;
use crate::domain::identity::tests::CNS;
use crate::domain::identity::tests::CODE;
use crate::domain::identity::tests::NOTHING;
use crate::domain::identity::tests::QUALIFIED;
use crate::domain::identity::tests::SEAL;
use crate::domain::identity::tests::VARIANT;
use crate::domain::identity::tests::found;
use crate::domain::identity::tests::outcome;

#[test]
fn matches() {
    assert_eq!(outcome(&CNS, "prv crd 90a41 h501l"), FiscalCodeMatch::Match(MatchForm::Same));
    assert_eq!(outcome(&CNS, BASE_OF_VARIANT), FiscalCodeMatch::Mismatch(MismatchReason::OtherPerson));
    assert_eq!(outcome(&CNS, "97735020584"), FiscalCodeMatch::Mismatch(MismatchReason::OtherForm));
    let unknown = SubjectFacts { issuer: IssuerStanding::Unknown, ..CNS };
    assert_eq!(outcome(&unknown, CODE), FiscalCodeMatch::Match(MatchForm::Same));
    let without_policy = SubjectFacts { policies: &[], ..CNS };
    assert_eq!(outcome(&without_policy, CODE), FiscalCodeMatch::Absent(AbsentReason::KindOther));
    let identity = Identity::decide(&CNS);
    let report = match_declared(&identity, None);
    assert_eq!(report.outcome, FiscalCodeMatch::NotRequested);
    assert_eq!((report.raw(), report.canonical()), (Some(CODE), Some(CODE)));
}

#[test]
fn omocodia_matches_and_says_so() {
    let serial_numbers = [format!("TINIT-{VARIANT}")];
    let serial_numbers = [serial_numbers[0].as_str()];
    let facts = SubjectFacts { serial_numbers: &serial_numbers, ..QUALIFIED };
    assert_eq!(outcome(&facts, VARIANT), FiscalCodeMatch::Match(MatchForm::Same));
    assert_eq!(outcome(&facts, BASE_OF_VARIANT), FiscalCodeMatch::Match(MatchForm::OmocodiaVariant));
    let identity = Identity::decide(&facts);
    let report = match_declared(&identity, Some(&BASE_OF_VARIANT.parse().unwrap()));
    assert_eq!(report.field(), Some(FiscalCodeField::Tinit));
    assert_eq!((report.raw(), report.canonical()), (Some(VARIANT), Some(BASE_OF_VARIANT)));
    assert!(report.is_omocodia());
    assert_eq!(report.outcome.as_str(), "match");
}

#[test]
fn an_unreadable_code_never_matches() {
    let facts = SubjectFacts { serial_numbers: &["TINIT-PRVCRD90A41H501X"], ..QUALIFIED };
    let identity = Identity::decide(&facts);
    assert_eq!(found(&identity), ("tinit", "PRVCRD90A41H501X", None));
    let reason = InvalidFiscalCode::CheckCharacter;
    assert_eq!(identity.findings, [IdentityFinding::UnreadableCode { reason }]);
    assert_eq!(outcome(&facts, CODE), FiscalCodeMatch::Mismatch(MismatchReason::UnreadableCode(reason)));
}

#[test]
fn legal_levels() {
    let device = QUALIFIED.qc;
    let no_device = QcStatements { sscd: false, ..device };
    for (kind, qc, country, level) in [
        (CertificateKind::Qualified, device, Some("IT"), "firma_digitale"),
        (CertificateKind::Qualified, device, Some("DE"), "firma_qualificata"),
        (CertificateKind::Qualified, device, None, "firma_qualificata"),
        (CertificateKind::Qualified, no_device, Some("IT"), "fea"),
        (CertificateKind::Cns, NOTHING.qc, Some("IT"), "fea_cns"),
        (CertificateKind::Cie, NOTHING.qc, Some("IT"), "fea_cie"),
        (CertificateKind::QualifiedSeal, device, Some("IT"), "none"),
        (CertificateKind::Other, device, Some("IT"), "firma_semplice"),
    ] {
        assert_eq!(legal_level(kind, &qc, country).as_str(), level);
    }
}

#[test]
fn debug_hides_the_person() {
    let identity = Identity::decide(&SEAL);
    let card = Identity::decide(&CNS);
    let shown = format!(
        "{CNS:?} {identity:?} {card:?} {:?} {:?} {:?}",
        identity.identifiers,
        card.tax_id,
        match_declared(&card, None)
    );
    for secret in [CODE, "CARDA", "PROVA", "Prova", "7430010000000019", "00743110157"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
