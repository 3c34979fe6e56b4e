//! What nobody but this module can say of a signature: that it was verified.

use std::ops::Deref;
use std::slice;

use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::language::Language;
use crate::verify::{Finding, Indication, SignatureReport};

/// The signatures of a report. Outside `verify` they can be read and not changed, so that what was concluded of them
/// stays true of what they say.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Signatures {
    reports: Vec<SignatureReport>,
    #[serde(skip)]
    origin: Origin,
}

/// Where the reports of signatures come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Origin {
    /// They were judged in this call of [`verify`](crate::verify::verify()).
    Judged,
    /// Somebody wrote that they were: a report that was kept.
    ReadAgain,
}

impl Signatures {
    /// For those that were just judged, and no others.
    pub(super) const fn judged(reports: Vec<SignatureReport>) -> Self {
        Self { reports, origin: Origin::Judged }
    }

    /// Those that passed and sign the content. A countersignature signs another signature, a signature in an attachment
    /// another document: neither is ever among them; nor is anything of a report that was read again.
    pub fn verified(&self) -> impl Iterator<Item = VerifiedSignature<'_>> {
        let judged: &[SignatureReport] = if self.origin == Origin::Judged { &self.reports } else { &[] };
        let passed = |report: &&SignatureReport| report.indication == Indication::TotalPassed;
        judged.iter().filter(passed).filter(|report| report.signs_content()).map(|report| VerifiedSignature { report })
    }

    /// Puts the sentences of their findings into another language, and changes nothing else.
    pub(super) fn tell_in(&mut self, language: Language) {
        if language == Language::English {
            for report in &mut self.reports {
                let of_timestamps = report.timestamps.iter_mut().map(|timestamp| &mut timestamp.findings);
                for findings in of_timestamps.chain([&mut report.findings]) {
                    *findings = findings.drain(..).map(Finding::into_english).collect();
                }
            }
        }
    }
}

impl Deref for Signatures {
    type Target = [SignatureReport];

    fn deref(&self) -> &Self::Target {
        &self.reports
    }
}

impl<'s> IntoIterator for &'s Signatures {
    type Item = &'s SignatureReport;
    type IntoIter = slice::Iter<'s, SignatureReport>;

    fn into_iter(self) -> Self::IntoIter {
        self.reports.iter()
    }
}

/// A report that is read again says what was found once; it verifies nothing.
impl<'de> Deserialize<'de> for Signatures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { reports: Vec::deserialize(deserializer)?, origin: Origin::ReadAgain })
    }
}

/// A signature of the content that passed (EN 319 102-1 `TOTAL_PASSED`) in this process, at the time of its report. Only
/// [`Signatures::verified`] gives one: whoever acts on a signature asks for this type and cannot be handed another.
///
/// Not said: that the signer is a person or the declared one, and that the content is the one that somebody expects.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedSignature<'r> {
    report: &'r SignatureReport,
}

impl<'r> VerifiedSignature<'r> {
    /// Its report.
    pub const fn report(self) -> &'r SignatureReport {
        self.report
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report(id: &str, parent: Option<&str>, indication: &str) -> Value {
        json!({
            "id": id, "layer": 0, "parent": parent, "format": "CAdES", "container": null, "level": "B", "intact": true,
            "indication": indication, "sub_indication": null, "signer": { "fiscal_code_field": null }, "claimed_signing_time": null,
            "best_signature_time": "2026-02-01T00:00:00Z", "best_signature_time_source": "now",
            "qualification": null, "legal_level": "fea_cns", "modifications": null, "timestamps": [],
            "countersignatures": [], "findings": [],
        })
    }

    fn reports() -> Value {
        json!([
            report("L0-S1", None, "TOTAL_PASSED"),
            report("L0-S1-C1", Some("L0-S1"), "TOTAL_PASSED"),
            report("L0-S2", None, "TOTAL_FAILED"),
            report("L0-S3", None, "INDETERMINATE"),
        ])
    }

    #[test]
    fn only_a_signature_of_the_content_that_passed_is_a_verified_one() {
        let signatures = Signatures::judged(serde_json::from_value(reports()).unwrap());
        let verified: Vec<_> = signatures.verified().map(|signature| signature.report().id.as_str()).collect();
        assert_eq!(verified, ["L0-S1"]);
        assert_eq!(signatures.clone().verified().count(), 1);
    }

    #[test]
    fn what_was_read_again_gives_none_and_is_written_as_it_was() {
        let judged = Signatures::judged(serde_json::from_value(reports()).unwrap());
        let again: Signatures = serde_json::from_str(&serde_json::to_string(&judged).unwrap()).unwrap();
        assert_eq!((again.len(), again.verified().count()), (4, 0));
        assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&judged).unwrap());
    }

    /// Does not compile where a type has one of the traits: then two implementations answer to `_`.
    macro_rules! has_none_of {
        ($type:ty: $($trait:path),+) => {
            $({
                trait Answers<Which> {
                    const ANSWERS: () = ();
                }
                struct HasTheTrait;
                impl<T> Answers<()> for T {}
                impl<T: $trait> Answers<HasTheTrait> for T {}
                const _: () = <$type as Answers<_>>::ANSWERS;
            })+
        };
    }

    #[test]
    fn no_trait_makes_or_changes_them() {
        has_none_of!(VerifiedSignature<'static>: Default, serde::de::DeserializeOwned, From<&'static SignatureReport>);
        has_none_of!(Signatures: Default, std::ops::DerefMut, AsMut<[SignatureReport]>, From<Vec<SignatureReport>>);
        has_none_of!(Signatures: FromIterator<SignatureReport>, Extend<SignatureReport>);
    }
}
