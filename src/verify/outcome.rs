//! What the steps of a judgement share: where the signature stands, and what was established so far.

use std::rc::Rc;
use std::sync::Arc;

use time::UtcDateTime;

use crate::trust::Certificate;
use crate::verify::cms::{Digests, SignedData};
use crate::verify::finding::Fact;
use crate::verify::report::{Modifications, SubIndication};
use crate::verify::timestamp::Timestamp;

/// One envelope, as far as its signatures need it.
pub(super) struct Layer<'a> {
    /// 0 is the outermost.
    pub(super) number: usize,
    pub(super) data: &'a SignedData<'a>,
    /// Digests of the content; `None` when the content is missing.
    pub(super) digests: Option<&'a Digests>,
    /// First octets of an embedded content.
    pub(super) head: Option<&'a [u8]>,
    /// What the PDF around the envelope says, if there is one.
    pub(super) around: Option<&'a Around>,
}

/// What a PDF adds to the judgement of one of its signatures.
#[derive(Default)]
pub(super) struct Around {
    /// Whether the signature says that it is PAdES (`ETSI.CAdES.detached`), and not the CMS of ISO 32000-1.
    pub(super) is_etsi: bool,
    /// How many signatures of the document stand before it in the report.
    pub(super) before: usize,
    /// Why it cannot pass.
    pub(super) flaws: Vec<(SubIndication, Fact)>,
    /// What else is to be said.
    pub(super) facts: Vec<Fact>,
    /// The revision that it covers, counted from 1.
    pub(super) revision: Option<u32>,
    /// What later revisions changed.
    pub(super) modifications: Option<Modifications>,
    /// `/M`.
    pub(super) claimed: Option<UtcDateTime>,
    /// The timestamps that later revisions put on the document.
    pub(super) timestamps: Vec<Timestamp>,
    /// Whether the document has validation data (DSS), and whether a timestamp on them.
    pub(super) validation_data: ValidationData,
    /// The certificates among them, for chains.
    pub(super) certificates: Rc<[Arc<Certificate>]>,
}

/// Validation data in a PDF (EN 319 142-1 §5.4).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum ValidationData {
    /// None.
    #[default]
    Absent,
    /// Certificates, and CRLs or OCSP answers.
    Present,
    /// And a timestamp on the document later than they.
    Timestamped,
}

/// Where a signature stands in the report, and what it signs.
pub(super) struct Place<'a> {
    pub(super) id: String,
    /// For a countersignature: the identifier and the value of the signature it signs.
    pub(super) parent: Option<(&'a str, &'a [u8])>,
}

/// What was established about one signature.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) intact: Option<bool>,
    pub(super) sub_indication: Option<SubIndication>,
    pub(super) facts: Vec<Fact>,
}

impl Outcome {
    /// Takes note of a reason for not passing; the gravest sub-indication stays.
    pub(super) fn fail(&mut self, sub_indication: SubIndication, fact: Fact) {
        let gravest = self.sub_indication.map_or(sub_indication, |known| known.min(sub_indication));
        self.sub_indication = Some(gravest);
        self.facts.push(fact);
    }
}
