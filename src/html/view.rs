//! A report as people are told it: the verdict first, then who signed, what it is worth, why.

use crate::domain::identity::LegalLevel;
use crate::domain::language::Language;
use crate::html::seen::SeenView;
use crate::problem::octets;
use crate::procedures::seen::Seen;
use crate::verify::{
    ExpectedContent, Finding, FiscalCodeAnswer, Indication, Level, Report, SignatureReport, TimestampReport, Verdict,
    escape,
};
use crate::words;

/// The whole report.
pub(crate) struct ReportView {
    pub(crate) tone: Tone,
    pub(crate) title: &'static str,
    pub(crate) reason: String,
    pub(crate) document: String,
    pub(crate) time: String,
    pub(crate) sha256: String,
    pub(crate) findings: Vec<FindingView>,
    pub(crate) signatures: Vec<SignatureView>,
    pub(crate) technical: Vec<Fact>,
}

/// What colour, icon and word say alike.
#[derive(Clone, Copy)]
pub(crate) enum Tone {
    Good,
    Doubtful,
    Bad,
    Neutral,
}

/// A label and what it says.
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) value: String,
    pub(crate) code: bool,
}

/// One signature.
pub(crate) struct SignatureView {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) tone: Tone,
    pub(crate) holds: &'static str,
    pub(crate) signer: String,
    pub(crate) fiscal_code: String,
    pub(crate) declared: Option<Declared>,
    pub(crate) worth: String,
    pub(crate) reason: String,
    pub(crate) findings: Vec<FindingView>,
    /// What the signer saw.
    pub(crate) seen: Option<SeenView>,
    pub(crate) technical: Vec<Fact>,
}

/// Whether the signer is the declared person.
pub(crate) struct Declared {
    pub(crate) tone: Tone,
    pub(crate) answer: &'static str,
}

/// One reason.
pub(crate) struct FindingView {
    pub(crate) tone: Tone,
    pub(crate) level: &'static str,
    pub(crate) message: String,
}

impl Tone {
    /// The name of bootstrap-italia.
    pub(crate) const fn colour(self) -> &'static str {
        match self {
            Self::Good => "success",
            Self::Doubtful => "warning",
            Self::Bad => "danger",
            Self::Neutral => "note",
        }
    }

    /// The name of bootstrap-italia.
    pub(crate) const fn icon(self) -> &'static str {
        match self {
            Self::Good => "it-check-circle",
            Self::Doubtful => "it-warning-circle",
            Self::Bad => "it-close-circle",
            Self::Neutral => "it-info-circle",
        }
    }
}

impl ReportView {
    pub(crate) fn of(report: &Report, seen: &[Seen], language: Language) -> Self {
        let tone = match report.verdict {
            Verdict::Accepted => Tone::Good,
            Verdict::Rejected => Tone::Bad,
            Verdict::Undetermined => Tone::Doubtful,
        };
        let titles = words::titles(report, language);
        let title_of = |id: &str| {
            let found = titles.iter().zip(&report.signatures).find(|(_, signature)| signature.id == id);
            found.map(|(title, _)| title.clone()).unwrap_or_default()
        };
        let signatures = titles.iter().zip(&report.signatures);
        Self {
            tone,
            title: words::verdict(report, language),
            reason: words::upper_first(&words::reason(report, language)),
            document: escape(&report.document.name),
            time: words::date_time(report.validation_time, language),
            sha256: report.document.sha256.clone(),
            findings: findings(&report.findings, language),
            signatures: signatures
                .map(|(title, signature)| {
                    let seen = seen.iter().find(|seen| seen.signature == signature.id);
                    let seen = seen.map(|seen| SeenView::of(seen, title_of, language));
                    SignatureView { seen, ..SignatureView::of(signature, title.clone(), report, language) }
                })
                .collect(),
            technical: technical(report, language),
        }
    }
}

fn technical(report: &Report, language: Language) -> Vec<Fact> {
    let label = |italian, english| language.choose(italian, english);
    let mut facts = vec![
        Fact::text(label("Dimensione", "Size"), octets(report.document.size, language)),
        Fact::text(label("Buste", "Envelopes"), words::envelopes(report, language)),
    ];
    if let Some(content) = &report.content {
        // Of a PDF, what is signed is what its revisions say; this is the file as it is now.
        let is_pdf = report.document.envelopes.last().is_some_and(|innermost| *innermost == "PDF");
        let (size, sha256) = if is_pdf {
            (
                label("Dimensione del PDF com'è ora", "Size of the PDF as it is now"),
                label("SHA-256 del PDF com'è ora", "SHA-256 of the PDF as it is now"),
            )
        } else {
            (
                label("Dimensione del contenuto firmato", "Size of the signed content"),
                label("SHA-256 del contenuto firmato", "SHA-256 of the signed content"),
            )
        };
        facts.push(Fact::text(size, octets(content.size, language)));
        facts.push(Fact::code(sha256, content.sha256.clone()));
        let expected = match content.expected {
            ExpectedContent::Match => Some(label("è proprio quello firmato", "it is the one that was signed")),
            ExpectedContent::Mismatch => Some(label("non è quello firmato", "it is not the one that was signed")),
            ExpectedContent::NotRequested => None,
        };
        let label = label("Documento atteso", "Expected document");
        facts.extend(expected.map(|expected| Fact::text(label, expected.to_owned())));
    } else {
        let missing = label("non c'è: il file contiene solo la firma", "none: the file holds only the signature");
        facts.push(Fact::text(label("Contenuto firmato", "Signed content"), missing.to_owned()));
    }
    facts.push(Fact::text(label("Vincoli applicati", "Constraints applied"), words::policy(report, language)));
    facts.extend(codes(&report.findings, language));
    facts
}

/// The machine codes of findings, for whoever asks for help.
fn codes(findings: &[Finding], language: Language) -> Option<Fact> {
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    let label = language.choose("Codici dei motivi", "Codes of the reasons");
    (!codes.is_empty()).then(|| Fact::code(label, codes.join(", ")))
}

impl SignatureView {
    fn of(signature: &SignatureReport, title: String, report: &Report, language: Language) -> Self {
        let tone = match signature.indication {
            Indication::TotalPassed => Tone::Good,
            Indication::TotalFailed => Tone::Bad,
            Indication::Indeterminate => Tone::Doubtful,
        };
        let reason = match words::why(signature, language) {
            Some(why) => words::upper_first(why) + ".",
            None if signature.indication == Indication::TotalPassed => words::passed(signature, language),
            None => String::new(),
        };
        Self {
            id: signature.id.clone(),
            title,
            tone,
            holds: words::holds(signature.indication, language),
            signer: escape(&words::signer_name(&signature.signer, language)),
            fiscal_code: escape(&words::fiscal_code(&signature.signer, language)),
            declared: declared(signature, language),
            worth: worth(signature, language),
            reason,
            findings: findings(&signature.findings, language),
            seen: None,
            technical: technical_of(signature, report, language),
        }
    }
}

/// What the signature is worth in law, which depends on whether it holds.
fn worth(signature: &SignatureReport, language: Language) -> String {
    match (signature.legal_level, signature.indication) {
        (LegalLevel::None, Indication::TotalFailed) => {
            language.choose("Nessuno: la firma non è valida.", "None: the signature is not valid.").to_owned()
        }
        (LegalLevel::None, Indication::Indeterminate) => language
            .choose(
                "Nessuno che si possa affermare, finché non è accertato che la firma sia valida.",
                "None that can be stated, until the signature is established as valid.",
            )
            .to_owned(),
        (level, _) => words::upper_first(words::legal_level(level, language)) + ".",
    }
}

/// A code that agrees says something about a person only where the signature holds.
fn declared(signature: &SignatureReport, language: Language) -> Option<Declared> {
    let passed = signature.indication == Indication::TotalPassed;
    let (tone, italian, english) = match signature.signer.fiscal_code_match? {
        FiscalCodeAnswer::NotRequested => return None,
        FiscalCodeAnswer::Match if signature.parent.is_some() => (
            Tone::Neutral,
            "Il codice fiscale coincide, ma una controfirma non vale come firma del documento.",
            "The fiscal code is the same, but a countersignature does not count as a signature of the document.",
        ),
        FiscalCodeAnswer::Match if passed => (
            Tone::Good,
            "Sì: il codice fiscale nel certificato è quello dichiarato.",
            "Yes: the fiscal code in the certificate is the declared one.",
        ),
        FiscalCodeAnswer::Match => (
            Tone::Doubtful,
            "Il codice fiscale coincide, ma la firma non prova che sia stata quella persona a firmare.",
            "The fiscal code is the same, but the signature does not prove that it was that person who signed.",
        ),
        FiscalCodeAnswer::Mismatch => (
            Tone::Bad,
            "No: il codice fiscale nel certificato è di un'altra persona.",
            "No: the fiscal code in the certificate is another person's.",
        ),
        FiscalCodeAnswer::Absent => (
            Tone::Doubtful,
            "Non si può dire: nel certificato non c'è un codice fiscale italiano.",
            "It cannot be told: there is no Italian fiscal code in the certificate.",
        ),
    };
    Some(Declared { tone, answer: language.choose(italian, english) })
}

fn technical_of(signature: &SignatureReport, report: &Report, language: Language) -> Vec<Fact> {
    let label = |italian, english| language.choose(italian, english);
    let indication = words::standard_word(&signature.indication);
    let outcome = match signature.sub_indication {
        Some(sub_indication) => format!("{indication} / {}", words::standard_word(&sub_indication)),
        None => indication,
    };
    let mut facts = vec![
        Fact::code(label("Esito (EN 319 102-1)", "Indication (EN 319 102-1)"), outcome),
        Fact::text(label("Formato", "Format"), words::format(signature, language)),
        Fact::code(label("Identificativo nel rapporto", "Identifier in the report"), signature.id.clone()),
    ];
    facts.extend(signature.parent.clone().map(|parent| Fact::code(label("Controfirma di", "Countersigns"), parent)));
    if let Some(certificate) = &signature.signer.certificate {
        facts.extend([
            Fact::text(label("Certificato", "Certificate"), words::kind(certificate.kind, language).to_owned()),
            Fact::text(label("Emesso da", "Issued by"), escape(&certificate.issuer)),
            Fact::text(
                label("Valido", "Valid"),
                words::period(certificate.not_before, certificate.not_after, language),
            ),
            Fact::code(label("Numero di serie", "Serial number"), certificate.serial.clone()),
            Fact::code(label("SHA-256 del certificato", "SHA-256 of the certificate"), certificate.sha256.clone()),
        ]);
    } else {
        let missing = label("mancante o illeggibile", "missing or unreadable");
        facts.push(Fact::text(label("Certificato", "Certificate"), missing.to_owned()));
    }
    let modifications = words::modifications(signature, language);
    facts.extend(modifications.map(|told| Fact::text(label("Modifiche dopo la firma", "Changes after it"), told)));
    if let Some(claimed) = signature.claimed_signing_time {
        let claimed = words::claimed_time(claimed, language);
        facts.push(Fact::text(label("Data dichiarata", "Claimed time"), claimed));
    }
    let stamp = |timestamp: &TimestampReport| {
        Fact::text(label("Marca temporale", "Timestamp"), escape(&words::timestamp(timestamp, language)))
    };
    facts.extend(signature.timestamps.iter().map(stamp));
    if signature.best_signature_time != report.validation_time {
        let source = words::time_source(&signature.best_signature_time_source, language);
        let source = format!("{}: {source}", label("fonte", "source"));
        let considered = format!("{} ({source})", words::date_time(signature.best_signature_time, language));
        facts.push(Fact::text(label("Data considerata", "Time considered"), considered));
    }
    facts.extend(codes(&signature.findings, language));
    facts
}

fn findings(findings: &[Finding], language: Language) -> Vec<FindingView> {
    let mut by_weight: Vec<&Finding> = findings.iter().collect();
    by_weight.sort_by_key(|finding| finding.level);
    by_weight.into_iter().map(|finding| FindingView::of(finding, language)).collect()
}

impl FindingView {
    fn of(finding: &Finding, language: Language) -> Self {
        let tone = match finding.level {
            Level::Error => Tone::Bad,
            Level::Warning => Tone::Doubtful,
            Level::Information => Tone::Neutral,
        };
        Self { tone, level: words::level(finding.level, language), message: finding.message_in(language).into_owned() }
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
