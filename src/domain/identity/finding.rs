//! What is worth saying of the identity in a certificate.

use serde::{Deserialize, Serialize};

use crate::domain::fiscal_code::InvalidFiscalCode;
use crate::domain::identity::CertificateKind;
use crate::domain::language::Language;

/// Something worth saying of the identity in a certificate; it serialises to its code and its parameters.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(tag = "code", content = "parameters")]
pub enum IdentityFinding {
    /// The certificate claims this kind, and nothing trusted vouches for its issuer.
    #[serde(rename = "identity.issuer_not_recognised")]
    IssuerNotRecognised {
        /// What it claims.
        kind: CertificateKind,
    },
    /// The certificate claims this kind, and the trusted list has its issuer for other services only.
    #[serde(rename = "identity.issuer_service_unfit")]
    IssuerServiceUnfit {
        /// What it claims.
        kind: CertificateKind,
    },
    /// Policies and statements claim two kinds at once: none is believed.
    #[serde(rename = "identity.conflicting_kinds")]
    ConflictingKinds,
    /// A policy of qualified certificates without the `QcCompliance` statement.
    #[serde(rename = "identity.qualified_policy_alone")]
    QualifiedPolicyAlone,
    /// Qualified under the law of a country outside the Union.
    #[serde(rename = "identity.qualified_elsewhere")]
    QualifiedElsewhere,
    /// A qualified certificate for web sites.
    #[serde(rename = "identity.web_certificate")]
    WebCertificate,
    /// The key usage is not what the profile of this kind demands.
    #[serde(rename = "identity.key_usage_outside_profile")]
    KeyUsageOutsideProfile,
    /// A code stands in a certificate of kind `other`, and was not taken.
    #[serde(rename = "identity.code_not_taken")]
    CodeNotTaken,
    /// The subject holds different fiscal codes.
    #[serde(rename = "identity.ambiguous_code")]
    AmbiguousCode,
    /// The field of the fiscal code holds something that is none.
    #[serde(rename = "identity.unreadable_code")]
    UnreadableCode {
        /// What is wrong with it.
        reason: InvalidFiscalCode,
    },
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
            Self::IssuerNotRecognised { .. } => "identity.issuer_not_recognised",
            Self::IssuerServiceUnfit { .. } => "identity.issuer_service_unfit",
            Self::ConflictingKinds => "identity.conflicting_kinds",
            Self::QualifiedPolicyAlone => "identity.qualified_policy_alone",
            Self::QualifiedElsewhere => "identity.qualified_elsewhere",
            Self::WebCertificate => "identity.web_certificate",
            Self::KeyUsageOutsideProfile => "identity.key_usage_outside_profile",
            Self::CodeNotTaken => "identity.code_not_taken",
            Self::AmbiguousCode => "identity.ambiguous_code",
            Self::UnreadableCode { .. } => "identity.unreadable_code",
        }
    }

    /// Returns how much it weighs.
    pub fn level(self) -> FindingLevel {
        match self {
            Self::QualifiedPolicyAlone | Self::WebCertificate => FindingLevel::Information,
            Self::IssuerNotRecognised { .. }
            | Self::IssuerServiceUnfit { .. }
            | Self::ConflictingKinds
            | Self::QualifiedElsewhere
            | Self::KeyUsageOutsideProfile
            | Self::CodeNotTaken
            | Self::AmbiguousCode
            | Self::UnreadableCode { .. } => FindingLevel::Warning,
        }
    }

    /// Returns the sentence for people.
    pub fn message(self, language: Language) -> String {
        let (italian, english) = match self {
            Self::IssuerNotRecognised { kind } => {
                let kind = noun(kind, language);
                return language.choose(
                    format!("Il certificato si presenta come {kind}, ma il suo emittente non è fra quelli riconosciuti: non è trattato come tale. Aggiungere l'emittente a quelli fidati o chiedere un'altra firma."),
                    format!("The certificate presents itself as {kind}, but its issuer is not among those recognised: it is not treated as such. Add the issuer to the trusted ones, or ask for another signature."),
                );
            }
            Self::IssuerServiceUnfit { kind } => {
                let kind = noun(kind, language);
                return language.choose(
                    format!("Il certificato si presenta come {kind}, ma l'elenco di fiducia riconosce il suo emittente per altri servizi: non è trattato come tale. Chiedere una firma con un altro certificato."),
                    format!("The certificate presents itself as {kind}, but the trusted list recognises its issuer for other services: it is not treated as such. Ask for a signature with another certificate."),
                );
            }
            Self::UnreadableCode { reason } => {
                let reason = reason.message(language);
                return language.choose(
                    format!("Il codice fiscale scritto nel certificato non è valido e va verificato l'intestatario in altro modo. {reason}"),
                    format!("The fiscal code written in the certificate is not valid, and its holder must be checked in another way. {reason}"),
                );
            }
            Self::ConflictingKinds => (
                "Il certificato si dichiara di più tipi incompatibili fra loro: nessuno è creduto. Chiedere una firma con un altro certificato.",
                "The certificate declares itself of several kinds that exclude one another: none is believed. Ask for a signature with another certificate.",
            ),
            Self::QualifiedPolicyAlone => (
                "Il certificato cita una politica dei certificati qualificati ma non dichiara di esserlo: non è trattato come qualificato.",
                "The certificate names a policy of qualified certificates but does not declare to be one: it is not treated as qualified.",
            ),
            Self::QualifiedElsewhere => (
                "Il certificato è qualificato secondo la legge di un Paese fuori dall'Unione europea: qui non vale come qualificato. Chiedere una firma con un certificato qualificato dell'Unione, una CNS o una CIE.",
                "The certificate is qualified under the law of a country outside the European Union: here it does not count as qualified. Ask for a signature with a qualified certificate of the Union, a CNS or a CIE.",
            ),
            Self::WebCertificate => (
                "Il certificato serve ad autenticare siti web, non a firmare: non identifica un firmatario.",
                "The certificate is for authenticating web sites, not for signing: it identifies no signer.",
            ),
            Self::KeyUsageOutsideProfile => (
                "L'uso della chiave indicato nel certificato non è quello previsto per il suo tipo: segnalarlo all'emittente.",
                "The key usage in the certificate is not the one prescribed for its kind: report it to the issuer.",
            ),
            Self::CodeNotTaken => (
                "Nel certificato compare un codice fiscale, ma tipo ed emittente non bastano a crederlo: non è stato considerato. Verificare l'identità in altro modo.",
                "A fiscal code stands in the certificate, but kind and issuer are not enough to believe it: it was not considered. Check the identity in another way.",
            ),
            Self::AmbiguousCode => (
                "Il certificato contiene codici fiscali diversi: nessuno è stato considerato. Verificare l'identità in altro modo.",
                "The certificate holds different fiscal codes: none was considered. Check the identity in another way.",
            ),
        };
        language.choose(italian, english).to_owned()
    }
}

fn noun(kind: CertificateKind, language: Language) -> &'static str {
    let (italian, english) = match kind {
        CertificateKind::Cns => ("CNS", "a CNS"),
        CertificateKind::Cie => ("CIE", "a CIE"),
        CertificateKind::Qualified => ("certificato qualificato di firma", "a qualified certificate for signatures"),
        CertificateKind::QualifiedSeal => ("certificato qualificato di sigillo", "a qualified certificate for seals"),
        CertificateKind::Other => ("altro certificato", "another certificate"),
    };
    language.choose(italian, english)
}
