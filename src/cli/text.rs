//! The report for people: verdict first, then each signature, then the reasons by weight.

use std::path::Path;

use crate::cli::page::{Colours, Page, Tone};
use crate::domain::language::Language;
use crate::problem::octets;
use crate::procedures::verification::Outcome;
use crate::verify::{
    ContentFacts, ExpectedContent, Finding, Indication, Report, SignatureReport, SignerReport, Verdict,
};
use crate::words;

/// Writes the report.
pub(super) fn report(outcome: &Outcome, language: Language, colours: Colours) -> String {
    let report = &outcome.report;
    let mut page = Page::new(colours);
    let (word, tone) = match report.verdict {
        Verdict::Accepted => (language.choose("ACCETTATO", "ACCEPTED"), Tone::Good),
        Verdict::Rejected => (language.choose("RESPINTO", "REJECTED"), Tone::Bad),
        Verdict::Undetermined => (language.choose("INDETERMINATO", "UNDETERMINED"), Tone::Doubtful),
    };
    page.lead(word, tone, &format!(": {}", words::reason(report, language)));
    page.gap();
    document(&mut page, report, outcome.extracted.as_deref(), language);
    findings(&mut page, language.choose("Sul documento:", "About the document:"), &report.findings, language);
    for (title, signature) in words::titles(report, language).into_iter().zip(&report.signatures) {
        page.gap();
        self::signature(&mut page, &title, signature, report, language);
    }
    page.into_text()
}

fn document(page: &mut Page, report: &Report, extracted: Option<&Path>, language: Language) {
    let document = &report.document;
    page.field(
        language.choose("Documento", "Document"),
        &format!("{}, {}", document.name, octets(document.size, language)),
    );
    page.field(language.choose("SHA-256 del file", "SHA-256 of file"), &document.sha256);
    page.field(language.choose("Buste", "Envelopes"), &words::envelopes(report, language));
    match &report.content {
        Some(content) => self::content(page, content, language),
        None => page.field(
            language.choose("Contenuto", "Content"),
            language.choose("non c'è: il file contiene solo la firma", "none: the file holds only the signature"),
        ),
    }
    if let Some(path) = extracted {
        page.field(language.choose("Estratto in", "Extracted to"), &path.to_string_lossy());
    }
    page.field(language.choose("Verificato al", "Verified for"), &words::date_time(report.validation_time, language));
    page.field(language.choose("Vincoli", "Constraints"), &words::policy(report, language));
}

fn content(page: &mut Page, content: &ContentFacts, language: Language) {
    page.field(language.choose("Contenuto", "Content"), &octets(content.size, language));
    page.field("SHA-256", &content.sha256);
    match content.expected {
        ExpectedContent::Match => page.field(
            language.choose("Documento atteso", "Expected content"),
            language.choose("è proprio quello firmato", "is the one that was signed"),
        ),
        ExpectedContent::Mismatch => page.field(
            language.choose("Documento atteso", "Expected content"),
            language.choose("NON è quello firmato", "is NOT the one that was signed"),
        ),
        ExpectedContent::NotRequested => {}
    }
}

fn signature(page: &mut Page, title: &str, signature: &SignatureReport, report: &Report, language: Language) {
    let depth = depth(signature, report);
    page.indent(2 * depth);
    let tone = match signature.indication {
        Indication::TotalPassed => Tone::Good,
        Indication::TotalFailed => Tone::Bad,
        Indication::Indeterminate => Tone::Doubtful,
    };
    page.lead(title, tone, &words::state(signature, language));
    page.indent(2 * depth + 2);
    signer(page, &signature.signer, language);
    page.field(language.choose("Valore legale", "Legal value"), words::legal_level(signature.legal_level, language));
    page.field(
        language.choose("Formato", "Format"),
        &format!("{} ({})", words::format(signature, language), signature.id),
    );
    if let Some(attachment) = &signature.attachment {
        page.field(language.choose("Allegato", "Attachment"), attachment);
    }
    if report.document.envelopes.iter().filter(|envelope| **envelope == "CMS").count() > 1 {
        let place = if signature.layer == 0 { language.choose(" (la più esterna)", " (the outermost)") } else { "" };
        page.field(language.choose("Busta", "Envelope"), &format!("{}{place}", signature.layer + 1));
    }
    if let Some(modifications) = words::modifications(signature, language) {
        page.field(language.choose("Modifiche dopo", "Changed after"), &modifications);
    }
    if let Some(claimed) = signature.claimed_signing_time {
        page.field(language.choose("Data dichiarata", "Claimed time"), &words::claimed_time(claimed, language));
    }
    for timestamp in &signature.timestamps {
        page.field(language.choose("Marca temporale", "Timestamp"), &words::timestamp(timestamp, language));
    }
    if signature.best_signature_time != report.validation_time {
        let source = words::time_source(&signature.best_signature_time_source, language);
        let source = format!("{}: {source}", language.choose("fonte", "source"));
        page.field(
            language.choose("Data considerata", "Time considered"),
            &format!("{} ({source})", words::date_time(signature.best_signature_time, language)),
        );
    }
    findings(page, "", &signature.findings, language);
    page.indent(0);
}

fn signer(page: &mut Page, signer: &SignerReport, language: Language) {
    page.field(language.choose("Firmatario", "Signer"), &words::signer_name(signer, language));
    let code = words::fiscal_code(signer, language);
    match signer.fiscal_code_match {
        Some(answer) => page.field(
            language.choose("Codice fiscale", "Fiscal code"),
            &format!("{code} ({})", words::answer(answer, language)),
        ),
        None => page.field(language.choose("Codice fiscale", "Fiscal code"), &code),
    }
    let Some(certificate) = &signer.certificate else {
        page.field(
            language.choose("Certificato", "Certificate"),
            language.choose("mancante o illeggibile", "missing or unreadable"),
        );
        return;
    };
    page.field(language.choose("Certificato", "Certificate"), words::kind(certificate.kind, language));
    page.field(language.choose("Emesso da", "Issued by"), &certificate.issuer);
    page.field(
        language.choose("Valido", "Valid"),
        &words::period(certificate.not_before, certificate.not_after, language),
    );
    page.field(language.choose("Numero di serie", "Serial number"), &certificate.serial);
}

/// How many signatures this one stands under, as a countersignature.
fn depth(signature: &SignatureReport, report: &Report) -> usize {
    let mut depth = 0;
    let mut parent = signature.parent.as_ref();
    while let Some(id) = parent.filter(|_| depth < MOST_INDENTED) {
        depth += 1;
        parent = report.signatures.iter().find(|other| other.id == *id).and_then(|other| other.parent.as_ref());
    }
    depth
}

/// Countersignatures deeper than this stand no further in.
const MOST_INDENTED: usize = 8;

fn findings(page: &mut Page, title: &str, findings: &[Finding], language: Language) {
    if findings.is_empty() {
        return;
    }
    if !title.is_empty() {
        page.gap();
        page.sentence(title);
    }
    let mut by_weight: Vec<&Finding> = findings.iter().collect();
    by_weight.sort_by_key(|finding| finding.level);
    for finding in by_weight {
        let option = option(finding.code).map(|option| format!(" ({} {option})", language.choose("opzione", "option")));
        let (level, message) = (words::level(finding.level, language), finding.message_in(language));
        page.point(&format!("{level}: {message}{}", option.unwrap_or_default()));
    }
}

/// The option that brings what a finding misses; the findings themselves are read on a page and by programs as well.
fn option(code: &str) -> Option<&'static str> {
    match code {
        "content.missing" => Some("--detached"),
        "chain.no_anchors" | "chain.not_found" => Some("--trust"),
        "certificate.revocation_unknown" => Some("--crl"),
        _ => None,
    }
}
