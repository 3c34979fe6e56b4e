//! Which kind of certificate it is: by policy and statements, then by issuer.

use serde::{Deserialize, Serialize};

use crate::domain::identity::IdentityFinding;
use crate::domain::identity::IssuerStanding;
use crate::domain::identity::KeyUsage;
use crate::domain::identity::QcType;
use crate::domain::identity::SubjectFacts;

/// The kinds of certificate that a signature on an Italian document comes with.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateKind {
    /// Authentication certificate of a *Carta Nazionale dei Servizi* (DM 9 December 2004).
    Cns,
    /// Certificate of the *Carta d'identità elettronica*.
    Cie,
    /// Qualified certificate for electronic signatures (Regulation (EU) 910/2014, annex I).
    Qualified,
    /// Qualified certificate for electronic seals (annex III).
    QualifiedSeal,
    /// Anything else, and anything whose issuer is not recognised for what it claims.
    Other,
}

impl CertificateKind {
    /// Returns the word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cns => "cns",
            Self::Cie => "cie",
            Self::Qualified => "qualified",
            Self::QualifiedSeal => "qualified_seal",
            Self::Other => "other",
        }
    }
}

/// The kind that policies and statements claim, whoever issued the certificate.
pub(super) fn claimed(facts: &SubjectFacts<'_>, findings: &mut Vec<IdentityFinding>) -> CertificateKind {
    let mut claims = Vec::new();
    if has_policy(facts, CNS_POLICIES) {
        claims.push(CertificateKind::Cns);
    }
    if has_policy(facts, CIE_POLICIES) {
        claims.push(CertificateKind::Cie);
    }
    claims.extend(qualified_claims(facts, findings));
    match claims.as_slice() {
        [] => CertificateKind::Other,
        [kind] => *kind,
        _ => {
            findings.push(IdentityFinding::ConflictingKinds);
            CertificateKind::Other
        }
    }
}

/// The claimed kind if the issuer is recognised for it, otherwise [`CertificateKind::Other`].
pub(super) fn decided(
    claimed: CertificateKind,
    facts: &SubjectFacts<'_>,
    findings: &mut Vec<IdentityFinding>,
) -> CertificateKind {
    let recognised = match (claimed, facts.issuer) {
        (CertificateKind::Other, _) => return CertificateKind::Other,
        (_, IssuerStanding::Unknown) => {
            findings.push(IdentityFinding::IssuerNotRecognised { kind: claimed });
            return CertificateKind::Other;
        }
        (_, IssuerStanding::Anchor) => true,
        (CertificateKind::Cns | CertificateKind::Cie, IssuerStanding::Service { idv, .. }) => idv,
        (CertificateKind::Qualified | CertificateKind::QualifiedSeal, IssuerStanding::Service { ca_qc, .. }) => ca_qc,
    };
    if !recognised {
        findings.push(IdentityFinding::IssuerServiceUnfit { kind: claimed });
        return CertificateKind::Other;
    }
    if !key_usage_fits(claimed, facts.key_usage) {
        findings.push(IdentityFinding::KeyUsageOutsideProfile);
    }
    claimed
}

/// CNS profile, and the Lombardy CRS/SISS policies declared equivalent to it.
const CNS_POLICIES: &[&str] = &["1.3.76.16.2.1", "1.3.159.6.1.3.2.10", "1.3.76.12.1.1.10.2.2.10"];

/// CIE 3.0.
const CIE_POLICIES: &[&str] = &["1.3.76.47.4"];

/// Policies of EN 319 411-2 for legal persons, with and without a device.
const QCP_L_POLICIES: &[&str] = &["0.4.0.194112.1.1", "0.4.0.194112.1.3"];

/// Policies of EN 319 411-2 for natural persons, and those of TS 101 456 before them.
const QCP_N_POLICIES: &[&str] = &["0.4.0.194112.1.0", "0.4.0.194112.1.2", "0.4.0.1456.1.1", "0.4.0.1456.1.2"];

fn has_policy(facts: &SubjectFacts<'_>, wanted: &[&str]) -> bool {
    facts.policies.iter().any(|policy| wanted.contains(policy))
}

/// What the statements claim. AGID's 1.3.76.16.6 says that recommendations were followed and is
/// in seals and authentication certificates too: it decides nothing.
fn qualified_claims(facts: &SubjectFacts<'_>, findings: &mut Vec<IdentityFinding>) -> Vec<CertificateKind> {
    let qc = &facts.qc;
    if !qc.compliance {
        if has_policy(facts, QCP_N_POLICIES) || has_policy(facts, QCP_L_POLICIES) {
            findings.push(IdentityFinding::QualifiedPolicyAlone);
        }
        return Vec::new();
    }
    if !qc.legislations.is_empty() {
        findings.push(IdentityFinding::QualifiedElsewhere);
        return Vec::new();
    }
    // Certificates older than EN 319 412-5 have no QcType: for signatures, unless a policy says
    // that they were for a legal person.
    if qc.types.is_empty() {
        return if has_policy(facts, QCP_L_POLICIES) {
            vec![CertificateKind::QualifiedSeal]
        } else {
            vec![CertificateKind::Qualified]
        };
    }
    let mut claims = Vec::new();
    if qc.types.contains(&QcType::Esign) {
        claims.push(CertificateKind::Qualified);
    }
    if qc.types.contains(&QcType::Eseal) {
        claims.push(CertificateKind::QualifiedSeal);
    }
    if qc.types.contains(&QcType::Web) {
        findings.push(IdentityFinding::WebCertificate);
    }
    claims
}

/// CNS: `digitalSignature` and never `nonRepudiation`. Qualified: `nonRepudiation` (AGID §4.1.2
/// wants it alone; certificates of other countries add `digitalSignature`, as EN 319 412-2 allows).
fn key_usage_fits(kind: CertificateKind, usage: Option<KeyUsage>) -> bool {
    let Some(usage) = usage else {
        return false;
    };
    match kind {
        CertificateKind::Cns => usage.digital_signature && !usage.non_repudiation,
        CertificateKind::Qualified => usage.non_repudiation,
        CertificateKind::Cie | CertificateKind::QualifiedSeal => usage.digital_signature || usage.non_repudiation,
        CertificateKind::Other => true,
    }
}
