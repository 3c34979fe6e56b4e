//! What is worth saying about a card that was read.

use time::UtcDateTime;

use crate::card::cns::{Agreement, Holder, HolderCertificate};
use crate::card::personal_data::Field;
use crate::domain::language::Language;

/// A remark on what a card says; it names no person.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CardFinding {
    /// Number of the card and certificate are not of one card.
    CardIdMismatch,
    /// Personal data and certificate are not of one person.
    FiscalCodeMismatch,
    /// The codice fiscale of the personal data is formally wrong.
    FiscalCodeInvalid,
    /// A date is none.
    DateUnreadable(Field),
    /// The card is past its expiry date. *Not* its certificate, which has dates of its own.
    Expired,
    /// The card has no authentication certificate: nothing proves what it says.
    CertificateAbsent,
    /// Its certificate cannot be read.
    CertificateUnreadable,
}

impl Holder {
    /// All that is worth saying, the worst first.
    pub fn findings(&self, now: UtcDateTime) -> Vec<CardFinding> {
        let mut findings = Vec::new();
        let mut add = |is_so: bool, finding| {
            if is_so {
                findings.push(finding);
            }
        };
        add(self.facts.card_id_agrees() == Agreement::Mismatch, CardFinding::CardIdMismatch);
        add(self.fiscal_code_agrees() == Agreement::Mismatch, CardFinding::FiscalCodeMismatch);
        add(self.personal.fiscal_code().is_err(), CardFinding::FiscalCodeInvalid);
        for field in Field::ALL.into_iter().filter(|field| field.is_date()) {
            let unreadable = !self.personal.get(field).is_empty() && self.personal.date(field).is_none();
            add(unreadable, CardFinding::DateUnreadable(field));
        }
        let expiry = self.personal.date(Field::ExpiryDate);
        add(expiry.is_some_and(|expiry| expiry < now.date()), CardFinding::Expired);
        add(matches!(self.facts.certificate, HolderCertificate::Absent), CardFinding::CertificateAbsent);
        add(matches!(self.facts.certificate, HolderCertificate::Unreadable(_)), CardFinding::CertificateUnreadable);
        findings
    }
}

impl CardFinding {
    /// The word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CardIdMismatch => "card.id_mismatch",
            Self::FiscalCodeMismatch => "card.fiscal_code_mismatch",
            Self::FiscalCodeInvalid => "card.fiscal_code_invalid",
            Self::DateUnreadable(_) => "card.date_unreadable",
            Self::Expired => "card.expired",
            Self::CertificateAbsent => "card.certificate_absent",
            Self::CertificateUnreadable => "card.certificate_unreadable",
        }
    }

    /// Whether the card contradicts itself: what it says is not to be relied on.
    pub const fn is_contradiction(self) -> bool {
        matches!(self, Self::CardIdMismatch | Self::FiscalCodeMismatch | Self::FiscalCodeInvalid)
    }

    /// One sentence for people.
    pub fn message(self, language: Language) -> &'static str {
        let (italian, english) = match self {
            Self::CardIdMismatch => (
                "Il numero della carta non è quello scritto nel suo certificato: la carta potrebbe essere falsificata. Non accettarla e segnalarla a chi l'ha emessa.",
                "The number of the card is not the one in its certificate: the card may be forged. Do not accept it, and report it to its issuer.",
            ),
            Self::FiscalCodeMismatch => (
                "Il codice fiscale dei dati personali non è quello del certificato: la carta potrebbe essere falsificata. Non accettarla e segnalarla a chi l'ha emessa.",
                "The codice fiscale of the personal data is not the one of the certificate: the card may be forged. Do not accept it, and report it to its issuer.",
            ),
            Self::FiscalCodeInvalid => (
                "Il codice fiscale scritto nella carta non è formalmente valido: usare quello del certificato o rivolgersi a chi l'ha emessa.",
                "The codice fiscale on the card is formally invalid: use the one of the certificate, or ask its issuer.",
            ),
            Self::DateUnreadable(Field::BirthDate) => (
                "La data di nascita scritta nella carta non è una data: controllarla su un altro documento.",
                "The date of birth on the card is no date: check it on another document.",
            ),
            Self::DateUnreadable(_) => (
                "La data di emissione o di scadenza scritta nella carta non è una data: leggerla sulla carta stessa.",
                "The date of issue or expiry on the card is no date: read it on the card itself.",
            ),
            Self::Expired => {
                ("La carta è scaduta: chiedere quella nuova.", "The card is expired: ask for the new one.")
            }
            Self::CertificateAbsent => (
                "La carta non contiene un certificato di autenticazione: niente prova i dati che contiene.",
                "The card has no authentication certificate: nothing proves what it says.",
            ),
            Self::CertificateUnreadable => (
                "Il certificato di autenticazione della carta non si può leggere: niente prova i dati che contiene.",
                "The authentication certificate of the card cannot be read: nothing proves what it says.",
            ),
        };
        language.choose(italian, english)
    }
}
