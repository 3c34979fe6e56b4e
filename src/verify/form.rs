//! The form of a signature: what RFC 5652 and RFC 5035 demand of attributes, and the shapes they forbid.

use crate::asn1::{Element, Oid, encode, is_der, tag};
use crate::verify::cades::{self, CertificateReference, ReferenceFault};
use crate::verify::cms::DATA;
use crate::verify::finding::Fact;
use crate::verify::outcome::{Layer, Outcome, Place};
use crate::verify::report::SubIndication;
use crate::verify::signer_info::{AttributeFault, Attributes, CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SignerInfo};

/// Checks versions and attributes; what is wrong goes to the outcome.
pub(super) fn check(info: &SignerInfo<'_>, layer: &Layer<'_>, place: &Place<'_>, outcome: &mut Outcome) {
    if !matches!(layer.data.version, 1 | 3..=5) || !matches!(info.version, 1 | 3) {
        outcome.fail(SubIndication::FormatFailure, Fact::VersionUnknown);
    } else if layer.data.version != layer.data.version_due || info.version != info.version_due() {
        // No signature covers it, nothing hangs on it, and signers in use get it wrong: no verifier refuses it.
        outcome.facts.push(Fact::VersionUnexpected);
    }
    // RFC 5652 §5.1: verifiers MAY refuse it. We digest again instead. A countersignature need not be announced.
    if place.parent.is_none() && info.digest.is_some_and(|digest| !layer.data.announced.contains(&digest)) {
        outcome.facts.push(Fact::DigestNotAnnounced);
    }
    match &info.signed {
        Some(signed) => check_attributes(signed, layer, place, outcome),
        None => check_without_attributes(layer, place, outcome),
    }
}

/// The rules of RFC 5652 §5.3 and §11 on the attributes that must be there once, with one value.
fn check_attributes(signed: &Attributes<'_>, layer: &Layer<'_>, place: &Place<'_>, outcome: &mut Outcome) {
    match single(signed, MESSAGE_DIGEST, "messageDigest", outcome) {
        Single::Value(value) if value.tag == tag::OCTET_STRING => {}
        Single::Value(_) => {
            outcome.fail(SubIndication::FormatFailure, Fact::AttributeMalformed { attribute: "messageDigest".into() });
        }
        Single::Absent => {
            outcome.fail(SubIndication::FormatFailure, Fact::AttributeMissing { attribute: "messageDigest".into() });
        }
        Single::Wrong => {}
    }
    match single(signed, CONTENT_TYPE, "contentType", outcome) {
        // §11.4: a countersignature has no contentType, because it has no content.
        _ if place.parent.is_some() => {}
        Single::Value(value) => match value.oid() {
            Ok(oid) if oid == layer.data.content_type => {}
            Ok(_) => outcome.fail(SubIndication::FormatFailure, Fact::ContentTypeDiffers),
            Err(_) => {
                outcome
                    .fail(SubIndication::FormatFailure, Fact::AttributeMalformed { attribute: "contentType".into() });
            }
        },
        Single::Absent => {
            outcome.fail(SubIndication::FormatFailure, Fact::AttributeMissing { attribute: "contentType".into() });
        }
        Single::Wrong => {}
    }
    if let Single::Value(value) = single(signed, SIGNING_TIME, "signingTime", outcome)
        && value.time().is_err()
    {
        outcome.fail(SubIndication::FormatFailure, Fact::AttributeMalformed { attribute: "signingTime".into() });
    }
    if signed.set.is_some_and(|set| !is_der(&set.with_tag(tag::SET))) {
        outcome.facts.push(Fact::AttributesNotDer);
    }
}

/// A signature without signed attributes never passes: it does not even say that it has none
/// (draft-ietf-lamps-cms-euf-cma-signeddata).
fn check_without_attributes(layer: &Layer<'_>, place: &Place<'_>, outcome: &mut Outcome) {
    outcome.fail(SubIndication::SigConstraintsFailure, Fact::AttributesMissing);
    if place.parent.is_some() {
        return;
    }
    if layer.data.content_type != DATA {
        outcome.fail(SubIndication::FormatFailure, Fact::AttributesMissingForType);
    }
    if layer.head.is_some_and(looks_like_attributes) {
        outcome.fail(SubIndication::FormatFailure, Fact::AttributesAsContent);
    }
}

/// The references to the signing certificate; that there is none, or a wrong one, goes to the outcome.
pub(super) fn references<'a>(signed: &Attributes<'a>, outcome: &mut Outcome) -> Vec<CertificateReference<'a>> {
    match cades::signing_certificate(signed) {
        Ok(references) if !references.is_empty() => return references,
        Ok(_) | Err(ReferenceFault::UnknownDigest) => {
            outcome.fail(SubIndication::SigConstraintsFailure, Fact::ReferenceMissing);
        }
        Err(ReferenceFault::Attribute(fault)) => {
            outcome.fail(SubIndication::FormatFailure, words(fault, "signing-certificate"));
        }
    }
    Vec::new()
}

/// An attribute that may have one value.
enum Single<'a> {
    Value(Element<'a>),
    Absent,
    /// Its form is wrong, and the outcome says how.
    Wrong,
}

fn single<'a>(signed: &Attributes<'a>, oid: Oid<'a>, name: &'static str, outcome: &mut Outcome) -> Single<'a> {
    match signed.single(oid) {
        Ok(Some(value)) => Single::Value(value),
        Ok(None) => Single::Absent,
        Err(fault) => {
            outcome.fail(SubIndication::FormatFailure, words(fault, name));
            Single::Wrong
        }
    }
}

fn words(fault: AttributeFault, name: &'static str) -> Fact {
    match fault {
        AttributeFault::Repeated => Fact::AttributeRepeated { attribute: name.into() },
        AttributeFault::NotSingleValued => Fact::AttributeNotSingle { attribute: name.into() },
        AttributeFault::Malformed => Fact::AttributeMalformed { attribute: name.into() },
    }
}

/// Whether a content is the DER of signed attributes: a SET whose members are attributes, among them a digest.
fn looks_like_attributes(head: &[u8]) -> bool {
    let Some((&tag::SET, _)) = head.split_first() else { return false };
    let digest = encode(tag::OID, MESSAGE_DIGEST.as_bytes());
    memchr::memmem::find(head, &digest).is_some()
}
