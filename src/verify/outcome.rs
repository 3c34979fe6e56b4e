//! What the steps of a judgement share: where the signature stands, and what was established so far.

use crate::verify::cms::{Digests, SignedData};
use crate::verify::finding::Fact;
use crate::verify::report::SubIndication;

/// One envelope, as far as its signatures need it.
pub(super) struct Layer<'a> {
    /// 0 is the outermost.
    pub(super) number: usize,
    pub(super) data: &'a SignedData<'a>,
    /// Digests of the content; `None` when the content is missing.
    pub(super) digests: Option<&'a Digests>,
    /// First octets of an embedded content.
    pub(super) head: Option<&'a [u8]>,
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
