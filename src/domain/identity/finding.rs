//! What is worth saying of the identity in a certificate.

use crate::domain::fiscal_code::InvalidFiscalCode;
use crate::domain::identity::CertificateKind;

/// Something worth saying of the identity in a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IdentityFinding {
    /// The certificate claims this kind, and nothing trusted vouches for its issuer.
    IssuerNotRecognised(CertificateKind),
    /// The certificate claims this kind, and the trusted list has its issuer for other services only.
    IssuerServiceUnfit(CertificateKind),
    /// Policies and statements claim two kinds at once: none is believed.
    ConflictingKinds,
    /// A policy of qualified certificates without the `QcCompliance` statement.
    QualifiedPolicyAlone,
    /// Qualified under the law of a country outside the Union.
    QualifiedElsewhere,
    /// A qualified certificate for web sites.
    WebCertificate,
    /// The key usage is not what the profile of this kind demands.
    KeyUsageOutsideProfile,
    /// A code stands in a certificate of kind `other`, and was not taken.
    CodeNotTaken,
    /// The subject holds different fiscal codes.
    AmbiguousCode,
    /// The field of the fiscal code holds something that is none.
    UnreadableCode(InvalidFiscalCode),
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FindingLevel {
    /// To be looked at by a person.
    Warning,
    /// Good to know.
    Information,
}

impl IdentityFinding {
    /// Returns the machine code of the finding in a report.
    pub fn code(self) -> &'static str {
        match self {
            Self::IssuerNotRecognised(_) => "identity.issuer_not_recognised",
            Self::IssuerServiceUnfit(_) => "identity.issuer_service_unfit",
            Self::ConflictingKinds => "identity.conflicting_kinds",
            Self::QualifiedPolicyAlone => "identity.qualified_policy_alone",
            Self::QualifiedElsewhere => "identity.qualified_elsewhere",
            Self::WebCertificate => "identity.web_certificate",
            Self::KeyUsageOutsideProfile => "identity.key_usage_outside_profile",
            Self::CodeNotTaken => "identity.code_not_taken",
            Self::AmbiguousCode => "identity.ambiguous_code",
            Self::UnreadableCode(_) => "identity.unreadable_code",
        }
    }

    /// Returns how much it weighs.
    pub fn level(self) -> FindingLevel {
        match self {
            Self::QualifiedPolicyAlone | Self::WebCertificate => FindingLevel::Information,
            Self::IssuerNotRecognised(_)
            | Self::IssuerServiceUnfit(_)
            | Self::ConflictingKinds
            | Self::QualifiedElsewhere
            | Self::KeyUsageOutsideProfile
            | Self::CodeNotTaken
            | Self::AmbiguousCode
            | Self::UnreadableCode(_) => FindingLevel::Warning,
        }
    }

    /// Returns the sentence for people, in Italian.
    pub fn message(self) -> String {
        match self {
            Self::IssuerNotRecognised(kind) => format!(
                "Il certificato si presenta come {}, ma il suo emittente non è fra quelli riconosciuti: non è trattato come tale. Aggiungere l'emittente a quelli fidati o chiedere un'altra firma.",
                italian(kind)
            ),
            Self::IssuerServiceUnfit(kind) => format!(
                "Il certificato si presenta come {}, ma l'elenco di fiducia riconosce il suo emittente per altri servizi: non è trattato come tale. Chiedere una firma con un altro certificato.",
                italian(kind)
            ),
            Self::ConflictingKinds => {
                "Il certificato si dichiara di più tipi incompatibili fra loro: nessuno è creduto. Chiedere una firma con un altro certificato.".to_owned()
            }
            Self::QualifiedPolicyAlone => {
                "Il certificato cita una politica dei certificati qualificati ma non dichiara di esserlo: non è trattato come qualificato.".to_owned()
            }
            Self::QualifiedElsewhere => {
                "Il certificato è qualificato secondo la legge di un Paese fuori dall'Unione europea: qui non vale come qualificato. Chiedere una firma con un certificato qualificato dell'Unione, una CNS o una CIE.".to_owned()
            }
            Self::WebCertificate => {
                "Il certificato serve ad autenticare siti web, non a firmare: non identifica un firmatario.".to_owned()
            }
            Self::KeyUsageOutsideProfile => {
                "L'uso della chiave indicato nel certificato non è quello previsto per il suo tipo: segnalarlo all'emittente.".to_owned()
            }
            Self::CodeNotTaken => {
                "Nel certificato compare un codice fiscale, ma tipo ed emittente non bastano a crederlo: non è stato considerato. Verificare l'identità in altro modo.".to_owned()
            }
            Self::AmbiguousCode => {
                "Il certificato contiene codici fiscali diversi: nessuno è stato considerato. Verificare l'identità in altro modo.".to_owned()
            }
            Self::UnreadableCode(reason) => format!(
                "Il codice fiscale scritto nel certificato non è valido e va verificato l'intestatario in altro modo. {}",
                reason.message()
            ),
        }
    }
}

fn italian(kind: CertificateKind) -> &'static str {
    match kind {
        CertificateKind::Cns => "CNS",
        CertificateKind::Cie => "CIE",
        CertificateKind::Qualified => "certificato qualificato di firma",
        CertificateKind::QualifiedSeal => "certificato qualificato di sigillo",
        CertificateKind::Other => "altro certificato",
    }
}
