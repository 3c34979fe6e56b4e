//! The report for people: verdict first, then each signature, then the reasons by weight.

use std::path::Path;

use crate::cli::page::{Colours, Page, Tone};
use crate::problem::octets;
use crate::procedures::verification::Outcome;
use crate::verify::{
    ContentFacts, ExpectedContent, Finding, Indication, Report, SignatureReport, SignerReport, Verdict,
};
use crate::words;

/// Writes the report.
pub(super) fn report(outcome: &Outcome, colours: Colours) -> String {
    let report = &outcome.report;
    let mut page = Page::new(colours);
    let (word, tone) = match report.verdict {
        Verdict::Accepted => ("ACCETTATO", Tone::Good),
        Verdict::Rejected => ("RESPINTO", Tone::Bad),
        Verdict::Undetermined => ("INDETERMINATO", Tone::Doubtful),
    };
    page.lead(word, tone, &format!(": {}", words::reason(report)));
    page.gap();
    document(&mut page, report, outcome.extracted.as_deref());
    findings(&mut page, "Sul documento:", &report.findings);
    for (title, signature) in words::titles(report).into_iter().zip(&report.signatures) {
        page.gap();
        self::signature(&mut page, &title, signature, report);
    }
    page.into_text()
}

fn document(page: &mut Page, report: &Report, extracted: Option<&Path>) {
    let document = &report.document;
    page.field("Documento", &format!("{}, {}", document.name, octets(document.size)));
    page.field("SHA-256 del file", &document.sha256);
    page.field("Buste", &document.envelopes.join(", dentro "));
    match &report.content {
        Some(content) => self::content(page, content),
        None => page.field("Contenuto", "non c'è: il file contiene solo la firma"),
    }
    if let Some(path) = extracted {
        page.field("Estratto in", &path.to_string_lossy());
    }
    page.field("Verificato al", &words::date_time(report.validation_time));
    page.field("Vincoli", &format!("{}, versione {}", report.policy.name, report.policy.version));
}

fn content(page: &mut Page, content: &ContentFacts) {
    page.field("Contenuto", &octets(content.size));
    page.field("SHA-256", &content.sha256);
    match content.expected {
        ExpectedContent::Match => page.field("Documento atteso", "è proprio quello firmato"),
        ExpectedContent::Mismatch => page.field("Documento atteso", "NON è quello firmato"),
        ExpectedContent::NotRequested => {}
    }
}

fn signature(page: &mut Page, title: &str, signature: &SignatureReport, report: &Report) {
    let depth = depth(signature, report);
    page.indent(2 * depth);
    let tone = match signature.indication {
        Indication::TotalPassed => Tone::Good,
        Indication::TotalFailed => Tone::Bad,
        Indication::Indeterminate => Tone::Doubtful,
    };
    page.lead(title, tone, &words::state(signature));
    page.indent(2 * depth + 2);
    signer(page, &signature.signer);
    page.field("Valore legale", words::legal_level(signature.legal_level));
    page.field("Formato", &format!("{} ({})", words::format(signature), signature.id));
    if report.document.envelopes.iter().filter(|envelope| **envelope == "CMS").count() > 1 {
        let place = if signature.layer == 0 { " (la più esterna)" } else { "" };
        page.field("Busta", &format!("{}{place}", signature.layer + 1));
    }
    if let Some(claimed) = signature.claimed_signing_time {
        page.field(
            "Data dichiarata",
            &format!("{}, secondo il firmatario (non prova nulla)", words::date_time(claimed)),
        );
    }
    if signature.best_signature_time != report.validation_time {
        let source = &signature.best_signature_time_source;
        page.field(
            "Data considerata",
            &format!("{} (fonte: {source})", words::date_time(signature.best_signature_time)),
        );
    }
    findings(page, "", &signature.findings);
    page.indent(0);
}

fn signer(page: &mut Page, signer: &SignerReport) {
    page.field("Firmatario", &words::signer_name(signer));
    let code = words::fiscal_code(signer);
    match signer.fiscal_code_match {
        Some(answer) => page.field("Codice fiscale", &format!("{code} ({})", words::answer(answer))),
        None => page.field("Codice fiscale", &code),
    }
    let Some(certificate) = &signer.certificate else {
        page.field("Certificato", "mancante o illeggibile");
        return;
    };
    page.field("Certificato", words::kind(certificate.kind));
    page.field("Emesso da", &certificate.issuer);
    let (from, to) = (words::date(certificate.not_before), words::date(certificate.not_after));
    page.field("Valido", &format!("dal {from} al {to}"));
    page.field("Numero di serie", &certificate.serial);
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

fn findings(page: &mut Page, title: &str, findings: &[Finding]) {
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
        let option = option(finding.code).map(|option| format!(" (opzione {option})")).unwrap_or_default();
        page.point(&format!("{}: {}{option}", words::level(finding.level), finding.message));
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
