//! Which kind of certificate it is.

use crate::domain::identity::CertificateKind;
use crate::domain::identity::Identity;
use crate::domain::identity::IdentityFinding;
use crate::domain::identity::IssuerStanding;
use crate::domain::identity::KeyUsage;
use crate::domain::identity::QcStatements;
use crate::domain::identity::QcType;
use crate::domain::identity::SubjectFacts;
use crate::domain::identity::TaxId;
use crate::domain::identity::tests::CIE;
use crate::domain::identity::tests::CNS;
use crate::domain::identity::tests::NOTHING;
use crate::domain::identity::tests::QUALIFIED;
use crate::domain::identity::tests::SEAL;

#[test]
fn cns_with_non_repudiation_is_outside_the_profile() {
    for key_usage in [
        None,
        Some(KeyUsage { digital_signature: true, non_repudiation: true }),
        Some(KeyUsage { digital_signature: false, non_repudiation: false }),
    ] {
        let identity = Identity::decide(&SubjectFacts { key_usage, ..CNS });
        assert_eq!(identity.kind, CertificateKind::Cns);
        assert_eq!(identity.findings, [IdentityFinding::KeyUsageOutsideProfile]);
    }
}

#[test]
fn unknown_issuer_means_other() {
    for (facts, claimed) in [
        (CNS, CertificateKind::Cns),
        (CIE, CertificateKind::Cie),
        (QUALIFIED, CertificateKind::Qualified),
        (SEAL, CertificateKind::QualifiedSeal),
    ] {
        let identity = Identity::decide(&SubjectFacts { issuer: IssuerStanding::Unknown, ..facts });
        assert_eq!(identity.kind, CertificateKind::Other);
        assert_eq!(identity.claimed_kind, claimed);
        assert_eq!(identity.findings, [IdentityFinding::IssuerNotRecognised { kind: claimed }]);
        // Name and code are still there to be shown.
        assert!(identity.name.is_some());
        assert_eq!(identity.tax_id, Identity::decide(&facts).tax_id);
    }
}

#[test]
fn service_type_decides_with_policy() {
    for (facts, claimed, wants_idv) in [
        (CNS, CertificateKind::Cns, true),
        (CIE, CertificateKind::Cie, true),
        (QUALIFIED, CertificateKind::Qualified, false),
        (SEAL, CertificateKind::QualifiedSeal, false),
    ] {
        for (ca_qc, idv) in [(false, false), (false, true), (true, false), (true, true)] {
            let issuer = IssuerStanding::Service { ca_qc, idv };
            let identity = Identity::decide(&SubjectFacts { issuer, ..facts });
            let fits = if wants_idv { idv } else { ca_qc };
            assert_eq!(identity.kind == claimed, fits);
            assert_eq!(identity.findings.contains(&IdentityFinding::IssuerServiceUnfit { kind: claimed }), !fits);
        }
    }
}

#[test]
fn shape_without_policy_is_nothing() {
    for policies in [&[][..], &["1.3.76.16.6"], &["1.3.76.16.2"], &["1.3.76.16.2.1.1"], &[" 1.3.76.16.2.1"]] {
        let identity = Identity::decide(&SubjectFacts { policies, ..CNS });
        assert_eq!(identity.kind, CertificateKind::Other);
        assert_eq!(identity.claimed_kind, CertificateKind::Other);
        assert_eq!(identity.tax_id, TaxId::Absent);
        assert_eq!(identity.findings, [IdentityFinding::CodeNotTaken]);
    }
    // AGID's mark of a well-made certificate is no statement that it is qualified.
    let marked = SubjectFacts { policies: &["1.3.76.16.6"], qc: NOTHING.qc, ..QUALIFIED };
    assert_eq!(Identity::decide(&marked).kind, CertificateKind::Other);
}

#[test]
fn statements_decide_what_is_qualified() {
    let with = |compliance, types, policies| {
        let qc = QcStatements { compliance, types, ..QUALIFIED.qc };
        Identity::decide(&SubjectFacts { policies, qc, ..QUALIFIED })
    };
    let policy_alone = with(false, &[QcType::Esign], &["0.4.0.194112.1.2"]);
    assert_eq!(policy_alone.kind, CertificateKind::Other);
    assert!(policy_alone.findings.contains(&IdentityFinding::QualifiedPolicyAlone));
    assert_eq!(with(true, &[], &[]).kind, CertificateKind::Qualified);
    assert_eq!(with(true, &[], &["0.4.0.194112.1.3"]).kind, CertificateKind::QualifiedSeal);
    assert_eq!(with(true, &[QcType::Web], &[]).kind, CertificateKind::Other);
    let both = with(true, &[QcType::Esign, QcType::Eseal], &[]);
    assert_eq!(both.kind, CertificateKind::Other);
    assert!(both.findings.contains(&IdentityFinding::ConflictingKinds));
    let elsewhere = QcStatements { legislations: &["CH"], ..QUALIFIED.qc };
    let elsewhere = Identity::decide(&SubjectFacts { qc: elsewhere, ..QUALIFIED });
    assert_eq!(elsewhere.kind, CertificateKind::Other);
    assert!(elsewhere.findings.contains(&IdentityFinding::QualifiedElsewhere));
}

#[test]
fn two_kinds_at_once_are_none() {
    for facts in
        [SubjectFacts { policies: &["1.3.76.16.2.1", "1.3.76.47.4"], ..CNS }, SubjectFacts { qc: QUALIFIED.qc, ..CNS }]
    {
        let identity = Identity::decide(&facts);
        assert_eq!(identity.kind, CertificateKind::Other);
        assert_eq!(identity.tax_id, TaxId::Absent);
        assert!(identity.findings.contains(&IdentityFinding::ConflictingKinds));
    }
}
