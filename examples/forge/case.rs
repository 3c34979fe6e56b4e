//! A fixture: what goes into its folder, and its `case.toml`.

use std::fmt::Write;

use crate::expected::{Expected, Signature};
use crate::forge::identity::Md;
use crate::forge::pdf::signature::hex;

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
    /// What `input` is called.
    pub(crate) file: &'static str,
    pub(crate) input: Vec<u8>,
    pub(crate) detached: Option<Vec<u8>>,
    /// What the signed content should be.
    pub(crate) expected_document: Option<Vec<u8>>,
    pub(crate) fiscal_code: Option<&'static str>,
    /// Whether the verifier has the CRLs of the PKI.
    pub(crate) stored_crls: bool,
    pub(crate) expected: Expected,
}

impl Case {
    pub(crate) fn good(name: &'static str, class: &'static str, title: &'static str, input: Vec<u8>) -> Self {
        Self {
            name,
            title,
            class,
            clause: "",
            good_twin: None,
            file: "input.p7m",
            input,
            detached: None,
            expected_document: None,
            fiscal_code: None,
            stored_crls: true,
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

    pub(crate) fn file(mut self, file: &'static str) -> Self {
        self.file = file;
        self
    }

    /// The verifier has no revocation data but those that come along.
    pub(crate) fn without_crls(mut self) -> Self {
        self.stored_crls = false;
        self
    }

    /// The content should be `document`; `result` is what the report says of it.
    pub(crate) fn expecting(mut self, document: Vec<u8>, result: &'static str) -> Self {
        self.expected_document = Some(document);
        self.expected.comparison = Some(result);
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
        let crls = if self.stored_crls { "\"fixtures/cms/pki/crl\"" } else { "" };
        writeln!(out, "\n[options]\ntrust = [\"fixtures/cms/pki/trust\"]\ncrl = [{crls}]").unwrap();
        writeln!(out, "at = \"2026-02-01T00:00:00Z\"").unwrap();
        if self.detached.is_some() {
            writeln!(out, "detached = \"content.bin\"").unwrap();
        }
        if self.expected_document.is_some() {
            writeln!(out, "expected_document = \"expected.pdf\"").unwrap();
        }
        if let Some(fiscal_code) = self.fiscal_code {
            writeln!(out, "fiscal_code = {fiscal_code:?}").unwrap();
        }
        self.expected.write(&mut out);
        out
    }
}
