//! A fixture: what goes into its folder, and its `case.toml`.

use std::fmt::Write;

use crate::forge::identity::{Identity, Md};

/// The text that the good messages sign.
pub(crate) const CONTENT: &[u8] = b"Accordo di servizio (fac-simile di prova)\r\n\
    Il rappresentante legale dell'ente Prova S.r.l. accetta le condizioni del servizio.\r\n";

/// The declared person of the demo, who holds `cns-good`.
pub(crate) const CARDA: &str = "PRVCRD90A41H501L";

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) class: &'static str,
    pub(crate) clause: &'static str,
    /// The good case that a bad one was made from by one change.
    pub(crate) good_twin: Option<&'static str>,
    pub(crate) input: Vec<u8>,
    pub(crate) detached: Option<Vec<u8>>,
    pub(crate) fiscal_code: Option<&'static str>,
    pub(crate) expected: Expected,
}

pub(crate) struct Expected {
    /// Any of these; `not_examined` is exit status 2.
    verdict: &'static [&'static str],
    /// The end of the problem's `type`, when not examined.
    problem: Option<&'static str>,
    declared_signer: &'static [&'static str],
    /// SHA-256 of the innermost content.
    content: Option<String>,
    /// The code of a finding about the whole document.
    finding: Option<&'static str>,
    /// None: their number and fate are open, but (unless `open`) none may be `TOTAL_PASSED`.
    signatures: Option<Vec<Signature>>,
    open: bool,
}

#[derive(Clone)]
pub(crate) struct Signature {
    layer: u8,
    countersigns: Option<u8>,
    intact: Option<&'static str>,
    indication: &'static str,
    sub_indication: &'static [&'static str],
    signer: Option<String>,
}

impl Case {
    pub(crate) fn good(name: &'static str, class: &'static str, title: &'static str, input: Vec<u8>) -> Self {
        Self {
            name,
            title,
            class,
            clause: "",
            good_twin: None,
            input,
            detached: None,
            fiscal_code: None,
            expected: Expected::one(Signature::passed()),
        }
    }

    /// Unless said otherwise: no signature may pass, and the file is not accepted.
    pub(crate) fn bad(
        name: &'static str,
        class: &'static str,
        good_twin: &'static str,
        title: &'static str,
        input: Vec<u8>,
    ) -> Self {
        Self { good_twin: Some(good_twin), expected: Expected::not_accepted(), ..Self::good(name, class, title, input) }
    }

    pub(crate) fn clause(mut self, clause: &'static str) -> Self {
        self.clause = clause;
        self
    }

    pub(crate) fn detached(mut self, content: &[u8]) -> Self {
        self.detached = Some(content.to_vec());
        self
    }

    /// The declared person's signature passes.
    pub(crate) fn declared(mut self, fiscal_code: &'static str) -> Self {
        self.fiscal_code = Some(fiscal_code);
        self.expected.declared_signer = &["match"];
        self
    }

    /// Somebody else signed.
    pub(crate) fn declared_other(mut self, fiscal_code: &'static str) -> Self {
        self.fiscal_code = Some(fiscal_code);
        self.expected.declared_signer = &["mismatch"];
        self.expected.verdict = &["rejected"];
        self
    }

    /// No signature of the declared person passes, whatever it says.
    pub(crate) fn declared_in_vain(mut self, fiscal_code: &'static str) -> Self {
        self.fiscal_code = Some(fiscal_code);
        self.expected.declared_signer = &["mismatch", "absent"];
        self
    }

    pub(crate) fn expect(mut self, expected: Expected) -> Self {
        self.expected = expected;
        self
    }

    /// The innermost content must be these bytes.
    pub(crate) fn holding(mut self, content: &[u8]) -> Self {
        self.expected.content = Some(hex(&Md::Sha256.digest(content)));
        self
    }

    pub(crate) fn to_toml(&self, twins: &[&str]) -> String {
        let kind = if self.good_twin.is_some() { "negative" } else { "positive" };
        let mut out = String::new();
        writeln!(out, "title = {:?}", self.title).unwrap();
        writeln!(out, "class = {:?}", self.class).unwrap();
        writeln!(out, "twin = {kind:?}").unwrap();
        writeln!(out, "twins = {twins:?}").unwrap();
        writeln!(out, "origin = \"examples/forge\"").unwrap();
        writeln!(out, "clause = {:?}", self.clause).unwrap();
        writeln!(out, "\n[options]\ntrust = [\"fixtures/cms/pki/trust\"]\ncrl = [\"fixtures/cms/pki/crl\"]").unwrap();
        writeln!(out, "at = \"2026-02-01T00:00:00Z\"").unwrap();
        if self.detached.is_some() {
            writeln!(out, "detached = \"content.bin\"").unwrap();
        }
        if let Some(fiscal_code) = self.fiscal_code {
            writeln!(out, "fiscal_code = {fiscal_code:?}").unwrap();
        }
        self.expected.write(&mut out);
        out
    }
}

impl Expected {
    /// One signature decides.
    pub(crate) fn one(signature: Signature) -> Self {
        Self::all(vec![signature])
    }

    /// The verdict follows from the signatures.
    pub(crate) fn all(signatures: Vec<Signature>) -> Self {
        let any = |indication| signatures.iter().any(|signature| signature.indication == indication);
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
            finding: None,
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

    fn write(&self, out: &mut String) {
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
        Self { layer: 0, countersigns: None, intact, indication, sub_indication: &[], signer: None }
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
        writeln!(out, "indication = {:?}", self.indication).unwrap();
        if !self.sub_indication.is_empty() {
            writeln!(out, "sub_indication = {:?}", self.sub_indication).unwrap();
        }
        if let Some(signer) = &self.signer {
            writeln!(out, "signer_sha256 = {signer:?}").unwrap();
        }
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut out, octet| {
        write!(out, "{octet:02x}").unwrap();
        out
    })
}
