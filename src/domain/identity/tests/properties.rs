//! What holds for every subject.

use proptest::prelude::*;

use crate::domain::fiscal_code::FiscalCode;
use crate::domain::identity::CertificateKind;
use crate::domain::identity::Identity;
use crate::domain::identity::IssuerStanding;
use crate::domain::identity::SubjectFacts;
use crate::domain::identity::TaxId;
use crate::domain::identity::match_declared;
use crate::domain::identity::tests::CIE;
use crate::domain::identity::tests::CNS;
use crate::domain::identity::tests::CODE;
use crate::domain::identity::tests::QUALIFIED;
use crate::domain::identity::tests::SEAL;

/// Everything an outsider can write into a subject.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let near = prop_oneof![
        any::<String>(),
        "(TIN|IDC|PAS|PNO|RP:|NS:|VAT|CF:|NTR|IT:|DE:)?(IT|DE|FR)?-?(PRVCRD90A41H501L|RSSMRA85T10A56NH)[/ .]?\\PC{0,8}",
    ];
    proptest::collection::vec(near, 0..4)
}

proptest! {
    #[test]
    fn a_foreign_prefix_never_gives_a_code(prefix in "(TIN|IDC|PAS|PNO|RP:|NS:|RP|NS|VAT|CF:|NTR|LEI|PSD)", country in "[A-Z]{2}", kind in 0..3usize) {
        prop_assume!(!(prefix == "TIN" && country == "IT"));
        let serial_number = format!("{prefix}{country}-{CODE}");
        let serial_numbers = [serial_number.as_str()];
        let facts = [CNS, CIE, QUALIFIED][kind];
        let facts = SubjectFacts { common_names: &["CARDA PROVA"], serial_numbers: &serial_numbers, ..facts };
        let identity = Identity::decide(&facts);
        prop_assert_eq!(&identity.tax_id, &TaxId::Absent);
        prop_assert_eq!(identity.identifiers.len(), 1);
    }

    #[test]
    fn only_a_recognised_issuer_gives_a_kind(names in texts(), numbers in texts(), base in 0..4usize) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let facts = SubjectFacts {
            common_names: &names,
            serial_numbers: &numbers,
            organization_identifiers: &numbers,
            given_names: &names,
            titles: &names,
            ..[CNS, CIE, QUALIFIED, SEAL][base]
        };
        let declared: FiscalCode = CODE.parse().unwrap();
        let recognised = Identity::decide(&facts);
        let report = match_declared(&recognised, Some(&declared));
        prop_assert_eq!(report.outcome.as_str() == "match", recognised.tax_id.fiscal_code().is_some_and(|code| code.same_person(&declared)));
        prop_assert!(base < 3 || recognised.tax_id == TaxId::Absent);
        for issuer in [IssuerStanding::Unknown, IssuerStanding::Service { ca_qc: false, idv: false }] {
            let identity = Identity::decide(&SubjectFacts { issuer, ..facts });
            prop_assert_eq!(identity.kind, CertificateKind::Other);
            prop_assert_eq!(&identity.tax_id, &recognised.tax_id);
        }
    }
}
