//! A report as the page tells it: the verdict first, then who signed, what it is worth, why.

use crate::domain::identity::LegalLevel;
use crate::problem::octets;
use crate::verify::{
    ExpectedContent, Finding, FiscalCodeAnswer, Indication, Level, Report, SignatureReport, Verdict, escape,
};
use crate::words;

/// The whole page.
pub(super) struct VerdictView {
    pub(super) tone: Tone,
    pub(super) title: &'static str,
    pub(super) reason: String,
    pub(super) document: String,
    pub(super) time: String,
    pub(super) sha256: String,
    pub(super) findings: Vec<FindingView>,
    pub(super) signatures: Vec<SignatureView>,
    pub(super) technical: Vec<Fact>,
}

/// What colour, icon and word say alike.
#[derive(Clone, Copy)]
pub(super) enum Tone {
    Good,
    Doubtful,
    Bad,
    Neutral,
}

/// A label and what it says.
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) code: bool,
}

/// One signature.
pub(super) struct SignatureView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) tone: Tone,
    pub(super) holds: String,
    pub(super) signer: String,
    pub(super) fiscal_code: String,
    pub(super) declared: Option<Declared>,
    pub(super) worth: String,
    pub(super) reason: String,
    pub(super) findings: Vec<FindingView>,
    pub(super) technical: Vec<Fact>,
}

/// Whether the signer is the declared person.
pub(super) struct Declared {
    pub(super) tone: Tone,
    pub(super) answer: &'static str,
}

/// One reason.
pub(super) struct FindingView {
    pub(super) tone: Tone,
    pub(super) level: &'static str,
    pub(super) message: String,
}

impl Tone {
    /// The name of bootstrap-italia.
    pub(super) const fn colour(self) -> &'static str {
        match self {
            Self::Good => "success",
            Self::Doubtful => "warning",
            Self::Bad => "danger",
            Self::Neutral => "note",
        }
    }

    /// The name of bootstrap-italia.
    pub(super) const fn icon(self) -> &'static str {
        match self {
            Self::Good => "it-check-circle",
            Self::Doubtful => "it-warning-circle",
            Self::Bad => "it-close-circle",
            Self::Neutral => "it-info-circle",
        }
    }
}

impl VerdictView {
    pub(super) fn of(report: &Report) -> Self {
        let (tone, title) = match report.verdict {
            Verdict::Accepted => (Tone::Good, "Documento accettato"),
            Verdict::Rejected => (Tone::Bad, "Documento respinto"),
            Verdict::Undetermined => (Tone::Doubtful, "Verdetto indeterminato"),
        };
        let signatures = words::titles(report).into_iter().zip(&report.signatures);
        Self {
            tone,
            title,
            reason: words::upper_first(&words::reason(report)),
            document: escape(&report.document.name),
            time: words::date_time(report.validation_time),
            sha256: report.document.sha256.clone(),
            findings: findings(&report.findings),
            signatures: signatures.map(|(title, signature)| SignatureView::of(signature, title, report)).collect(),
            technical: technical(report),
        }
    }
}

fn technical(report: &Report) -> Vec<Fact> {
    let mut facts = vec![
        Fact::text("Dimensione", octets(report.document.size)),
        Fact::text("Buste", report.document.envelopes.join(", dentro ")),
    ];
    if let Some(content) = &report.content {
        facts.push(Fact::text("Dimensione del contenuto firmato", octets(content.size)));
        facts.push(Fact::code("SHA-256 del contenuto firmato", content.sha256.clone()));
        if content.expected == ExpectedContent::Mismatch {
            facts.push(Fact::text("Documento atteso", "non è quello firmato".to_owned()));
        }
    } else {
        facts.push(Fact::text("Contenuto firmato", "non c'è: il file contiene solo la firma".to_owned()));
    }
    facts.push(Fact::text("Vincoli applicati", format!("{}, versione {}", report.policy.name, report.policy.version)));
    facts
}

impl SignatureView {
    fn of(signature: &SignatureReport, title: String, report: &Report) -> Self {
        let tone = match signature.indication {
            Indication::TotalPassed => Tone::Good,
            Indication::TotalFailed => Tone::Bad,
            Indication::Indeterminate => Tone::Doubtful,
        };
        let reason = match signature.sub_indication {
            Some(sub_indication) => words::upper_first(words::meaning(sub_indication)) + ".",
            None if signature.indication == Indication::TotalPassed => PASSED.to_owned(),
            None => String::new(),
        };
        Self {
            id: signature.id.clone(),
            title,
            tone,
            holds: words::upper_first(words::holds(signature.indication)),
            signer: escape(&words::signer_name(&signature.signer)),
            fiscal_code: escape(&words::fiscal_code(&signature.signer)),
            declared: declared(signature),
            worth: match (signature.legal_level, signature.indication) {
                (LegalLevel::None, Indication::TotalFailed) => "Nessuno: la firma non è valida.".to_owned(),
                (LegalLevel::None, Indication::Indeterminate) => UNPROVEN.to_owned(),
                (level, _) => words::upper_first(words::legal_level(level)) + ".",
            },
            reason,
            findings: findings(&signature.findings),
            technical: technical_of(signature, report),
        }
    }
}

/// What `TOTAL_PASSED` means (EN 319 102-1 §5.1.3).
const PASSED: &str = "Il documento non è cambiato dopo la firma, il certificato risale a un'autorità fidata, è nel suo \
    periodo di validità e non risulta revocato.";

const UNPROVEN: &str = "Nessuno che si possa affermare, finché non è accertato che la firma sia valida.";

/// A code that agrees says something about a person only where the signature holds.
fn declared(signature: &SignatureReport) -> Option<Declared> {
    let passed = signature.indication == Indication::TotalPassed;
    let (tone, answer) = match signature.signer.fiscal_code_match? {
        FiscalCodeAnswer::NotRequested => return None,
        FiscalCodeAnswer::Match if signature.parent.is_some() => {
            (Tone::Neutral, "Il codice fiscale coincide, ma una controfirma non vale come firma del documento.")
        }
        FiscalCodeAnswer::Match if passed => (Tone::Good, "Sì: il codice fiscale nel certificato è quello dichiarato."),
        FiscalCodeAnswer::Match => (
            Tone::Doubtful,
            "Il codice fiscale coincide, ma la firma non prova che sia stata quella persona a firmare.",
        ),
        FiscalCodeAnswer::Mismatch => (Tone::Bad, "No: il codice fiscale nel certificato è di un'altra persona."),
        FiscalCodeAnswer::Absent => {
            (Tone::Doubtful, "Non si può dire: nel certificato non c'è un codice fiscale italiano.")
        }
    };
    Some(Declared { tone, answer })
}

fn technical_of(signature: &SignatureReport, report: &Report) -> Vec<Fact> {
    let indication = words::standard_word(&signature.indication);
    let outcome = match signature.sub_indication {
        Some(sub_indication) => format!("{indication} / {}", words::standard_word(&sub_indication)),
        None => indication,
    };
    let mut facts = vec![
        Fact::code("Esito (EN 319 102-1)", outcome),
        Fact::text("Formato", words::format(signature)),
        Fact::code("Identificativo nel rapporto", signature.id.clone()),
    ];
    match &signature.signer.certificate {
        Some(certificate) => facts.extend([
            Fact::text("Certificato", words::kind(certificate.kind).to_owned()),
            Fact::text("Emesso da", escape(&certificate.issuer)),
            Fact::text(
                "Valido",
                format!("dal {} al {}", words::date(certificate.not_before), words::date(certificate.not_after)),
            ),
            Fact::code("Numero di serie", certificate.serial.clone()),
            Fact::code("SHA-256 del certificato", certificate.sha256.clone()),
        ]),
        None => facts.push(Fact::text("Certificato", "mancante o illeggibile".to_owned())),
    }
    if let Some(claimed) = signature.claimed_signing_time {
        let claimed = format!("{}, secondo il firmatario (non prova nulla)", words::date_time(claimed));
        facts.push(Fact::text("Data dichiarata", claimed));
    }
    if signature.best_signature_time != report.validation_time {
        facts.push(Fact::text("Data considerata", words::date_time(signature.best_signature_time)));
    }
    let codes: Vec<&str> = signature.findings.iter().map(|finding| finding.code).collect();
    if !codes.is_empty() {
        facts.push(Fact::code("Codici dei motivi", codes.join(", ")));
    }
    facts
}

fn findings(findings: &[Finding]) -> Vec<FindingView> {
    let mut by_weight: Vec<&Finding> = findings.iter().collect();
    by_weight.sort_by_key(|finding| finding.level);
    by_weight.into_iter().map(FindingView::of).collect()
}

impl FindingView {
    fn of(finding: &Finding) -> Self {
        let tone = match finding.level {
            Level::Error => Tone::Bad,
            Level::Warning => Tone::Doubtful,
            Level::Information => Tone::Neutral,
        };
        Self { tone, level: words::level(finding.level), message: finding.message.clone().into_owned() }
    }
}

impl Fact {
    const fn text(label: &'static str, value: String) -> Self {
        Self { label, value, code: false }
    }

    /// Something to be compared sign by sign.
    const fn code(label: &'static str, value: String) -> Self {
        Self { label, value, code: true }
    }
}
