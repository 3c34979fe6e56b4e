//! The report in HTML, the same on the page, over HTTP and from the command line.
//!
//! On its own it is one file that needs nothing else: no script, no font, images of pages within itself, and one style sheet inside that the
//! security policy names by its digest. It can be saved, printed and sent as it is.

mod seen;
mod view;

use std::sync::LazyLock;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::DigestAlgorithm;
use crate::domain::language::Language;
use crate::procedures::seen::Seen;
use crate::verify::Report;

pub(crate) use view::ReportView;

const STYLE: &str = include_str!("../templates/report.css");

/// What a browser may do with the page: show it, in the style and with the pictures that it brings along, and nothing else.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = STANDARD.encode(DigestAlgorithm::Sha256.digest(STYLE.as_bytes()).as_bytes());
    format!("default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'")
});

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage<'a> {
    language: Language,
    policy: &'a str,
    style: &'a str,
    verdict: ReportView,
    /// Where icons are: nowhere, words and colours are enough.
    icons: Option<&'a str>,
}

/// The report could not be written: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("the report could not be written as HTML")]
pub struct NotWritten;

/// Writes a report as an HTML page of its own, with the pages that the signers saw.
pub fn report(report: &Report, seen: &[Seen], language: Language) -> Result<String, NotWritten> {
    let verdict = ReportView::of(report, seen, language);
    let page = ReportPage { language, policy: &POLICY, style: STYLE, verdict, icons: None };
    page.render().map_err(|_| NotWritten)
}

/// The value of `Content-Security-Policy` for such a page; the page itself has it too, for when it is opened as a file.
pub fn content_security_policy() -> String {
    format!("{}; frame-ancestors 'none'", *POLICY)
}
