//! What a report must say of a fixture.

use std::fmt::Write;

use crate::forge::identity::{Identity, Md};
use crate::forge::pdf::signature::hex;

pub(crate) struct Expected {
    /// Any of these; `not_examined` is exit status 2.
    pub(crate) verdict: &'static [&'static str],
    /// The end of the problem's `type`, when not examined.
    problem: Option<&'static str>,
    pub(crate) declared_signer: &'static [&'static str],
    /// SHA-256 of the innermost content.
    pub(crate) content: Option<String>,
    /// Whether the content is what was expected.
    pub(crate) comparison: Option<&'static str>,
    /// The code of a finding about the whole document.
    finding: Option<&'static str>,
    /// At least one finding, of whatever code, about the document or a signature.
    remarked: bool,
    /// Time-stamps of the document (not among the signatures).
    document_timestamps: Option<u8>,
    /// None: their number and fate are open, but (unless `open`) none may be `TOTAL_PASSED`.
    signatures: Option<Vec<Signature>>,
    open: bool,
}

#[derive(Clone)]
pub(crate) struct Signature {
    layer: u8,
    countersigns: Option<u8>,
    intact: Option<&'static str>,
    /// None: open.
    indication: Option<&'static str>,
    sub_indication: &'static [&'static str],
    signer: Option<String>,
    format: Option<&'static str>,
    /// What later revisions did, any of these.
    modifications: &'static [&'static str],
    /// The page that must be named.
    page: Option<u8>,
}

impl Expected {
    /// One signature decides.
    pub(crate) fn one(signature: Signature) -> Self {
        Self::all(vec![signature])
    }

    /// The verdict follows from the signatures.
    pub(crate) fn all(signatures: Vec<Signature>) -> Self {
        let any = |indication| signatures.iter().any(|signature| signature.indication == Some(indication));
        let verdict: &[_] = match (any("TOTAL_FAILED"), any("INDETERMINATE")) {
            (true, _) => &["rejected"],
            (false, true) => &["undetermined"],
            (false, false) => &["accepted"],
        };
        Self { verdict, signatures: Some(signatures), ..Self::not_accepted() }
    }

    pub(crate) fn not_accepted() -> Self {
        Self {
            verdict: &["rejected", "undetermined", "not_examined"],
            problem: None,
            declared_signer: &[],
            content: None,
            comparison: None,
            finding: None,
            remarked: false,
            document_timestamps: None,
            signatures: None,
            open: false,
        }
    }

    pub(crate) fn not_examined(problem: Option<&'static str>) -> Self {
        Self { verdict: &["not_examined"], problem, ..Self::not_accepted() }
    }

    /// Leaves open which signatures there are and what each is worth.
    pub(crate) fn open(mut self) -> Self {
        self.signatures = None;
        self.open = true;
        self
    }

    /// Leaves the verdict open, where the standard does.
    pub(crate) fn verdict(mut self, verdict: &'static [&'static str]) -> Self {
        self.verdict = verdict;
        self
    }

    /// The report remarks something about the whole document.
    pub(crate) fn remarked(mut self, finding: &'static str) -> Self {
        self.finding = Some(finding);
        self
    }

    /// Not accepted without a finding; accepted with one it may be.
    pub(crate) fn remarked_somehow(mut self) -> Self {
        self.remarked = true;
        self
    }

    pub(crate) fn document_timestamps(mut self, count: u8) -> Self {
        self.document_timestamps = Some(count);
        self
    }

    pub(crate) fn write(&self, out: &mut String) {
        writeln!(out, "\n[expected]\nverdict = {:?}", self.verdict).unwrap();
        if let Some(problem) = self.problem {
            writeln!(out, "problem = {problem:?}").unwrap();
        }
        if !self.declared_signer.is_empty() {
            writeln!(out, "declared_signer = {:?}", self.declared_signer).unwrap();
        }
        if let Some(content) = &self.content {
            writeln!(out, "content_sha256 = {content:?}").unwrap();
        }
        if let Some(result) = self.comparison {
            writeln!(out, "content_expected = {result:?}").unwrap();
        }
        if let Some(count) = self.document_timestamps {
            writeln!(out, "document_timestamps = {count}").unwrap();
        }
        if self.remarked {
            writeln!(out, "remarked = true").unwrap();
        }
        if let Some(finding) = self.finding {
            writeln!(out, "findings = [{finding:?}]").unwrap();
        }
        if self.signatures.is_none() && !self.open {
            writeln!(out, "none_passed = true").unwrap();
        }
        for signature in self.signatures.iter().flatten() {
            signature.write(out);
        }
    }
}

impl Signature {
    const fn new(intact: Option<&'static str>, indication: &'static str) -> Self {
        Self {
            layer: 0,
            countersigns: None,
            intact,
            indication: Some(indication),
            sub_indication: &[],
            signer: None,
            format: None,
            modifications: &[],
            page: None,
        }
    }

    pub(crate) const fn passed() -> Self {
        Self::new(Some("true"), "TOTAL_PASSED")
    }

    /// A digest or signature value that does not hold.
    pub(crate) fn broken(sub_indication: &'static [&'static str]) -> Self {
        Self { sub_indication, ..Self::new(Some("false"), "TOTAL_FAILED") }
    }

    /// A shape that the standard forbids: whether anything is intact is left open.
    pub(crate) fn malformed() -> Self {
        Self { sub_indication: &["FORMAT_FAILURE"], ..Self::new(None, "TOTAL_FAILED") }
    }

    pub(crate) fn indeterminate(intact: Option<&'static str>, sub_indication: &'static [&'static str]) -> Self {
        Self { sub_indication, ..Self::new(intact, "INDETERMINATE") }
    }

    /// Intact, but what came later is forbidden.
    pub(crate) fn forbidden() -> Self {
        Self {
            sub_indication: &["FORMAT_FAILURE"],
            modifications: &["forbidden"],
            ..Self::new(Some("true"), "TOTAL_FAILED")
        }
    }

    /// Whatever it is worth.
    pub(crate) fn any() -> Self {
        Self { indication: None, ..Self::new(None, "") }
    }

    /// Leaves open what it is worth.
    pub(crate) fn any_indication(self) -> Self {
        Self { indication: None, sub_indication: &[], ..self }
    }

    pub(crate) fn changed(mut self, modifications: &'static [&'static str]) -> Self {
        self.modifications = modifications;
        self
    }

    pub(crate) fn on_page(mut self, page: u8) -> Self {
        self.page = Some(page);
        self
    }

    pub(crate) fn format(mut self, format: &'static str) -> Self {
        self.format = Some(format);
        self
    }

    pub(crate) fn by(mut self, identity: &Identity) -> Self {
        self.signer = Some(hex(&Md::Sha256.digest(&identity.certificate)));
        self
    }

    pub(crate) const fn layer(mut self, layer: u8) -> Self {
        self.layer = layer;
        self
    }

    pub(crate) const fn countersigns(mut self, index: u8) -> Self {
        self.countersigns = Some(index);
        self
    }

    fn write(&self, out: &mut String) {
        writeln!(out, "\n[[expected.signatures]]\nlayer = {}", self.layer).unwrap();
        if let Some(index) = self.countersigns {
            writeln!(out, "countersigns = {index}").unwrap();
        }
        if let Some(intact) = self.intact {
            writeln!(out, "intact = {intact:?}").unwrap();
        }
        if let Some(indication) = self.indication {
            writeln!(out, "indication = {indication:?}").unwrap();
        }
        if !self.sub_indication.is_empty() {
            writeln!(out, "sub_indication = {:?}", self.sub_indication).unwrap();
        }
        if let Some(signer) = &self.signer {
            writeln!(out, "signer_sha256 = {signer:?}").unwrap();
        }
        if let Some(format) = self.format {
            writeln!(out, "format = {format:?}").unwrap();
        }
        if !self.modifications.is_empty() {
            writeln!(out, "modifications = {:?}", self.modifications).unwrap();
        }
        if let Some(page) = self.page {
            writeln!(out, "page = {page}").unwrap();
        }
    }
}
