//! The values of a signature: the digest of what was signed, and the signature over it (RFC 5652 §5.4 to §5.6).

use crate::asn1::{tag, to_der};
use crate::crypto::{AlgorithmError, Digest, PublicKey, SignatureScheme};
use crate::trust::Certificate;
use crate::verify::finding::Fact;
use crate::verify::outcome::{Layer, Outcome, Place};
use crate::verify::report::SubIndication;
use crate::verify::signer_info::{Attributes, MESSAGE_DIGEST, SignerInfo};

/// The digest of what is signed: the content, or for a countersignature the other signature's value. `None` if the
/// content is missing or the algorithm is unknown.
pub(super) fn signed_digest(info: &SignerInfo<'_>, layer: &Layer<'_>, place: &Place<'_>) -> Option<Digest> {
    let algorithm = info.digest?;
    match place.parent {
        Some((_, value)) => Some(algorithm.digest(value)),
        None => layer.digests?.get(algorithm).copied(),
    }
}

/// Compares the digest of what was signed with the one that the signer signed; `None` where there is none to compare.
pub(super) fn check_digest(info: &SignerInfo<'_>, digest: Option<&Digest>, outcome: &mut Outcome) -> Option<bool> {
    if info.digest.is_none() {
        let oid = info.digest_oid.to_string();
        outcome.fail(SubIndication::CryptoConstraintsFailureNoPoe, Fact::DigestUnknown { algorithm: oid.into() });
        return None;
    }
    let Some(digest) = digest else {
        outcome.fail(SubIndication::SignedDataNotFound, Fact::ContentMissing);
        return None;
    };
    let Some(signed) = &info.signed else { return Some(true) };
    let expected = signed.single(MESSAGE_DIGEST).ok().flatten()?;
    let holds = expected.tag == tag::OCTET_STRING && digest.matches(expected.value);
    if !holds {
        outcome.fail(SubIndication::HashFailure, Fact::DigestDiffers);
    }
    Some(holds)
}

/// The key and the scheme that verify the signature value; why there are none goes to the outcome.
pub(super) fn key_and_scheme<'c>(
    info: &SignerInfo<'_>,
    certificate: &'c Certificate,
    outcome: &mut Outcome,
) -> Option<(&'c PublicKey, SignatureScheme)> {
    let key = match certificate.public_key() {
        Ok(key) => key,
        Err(error) => {
            outcome.fail(SubIndication::CryptoConstraintsFailureNoPoe, Fact::KeyUnusable { why: error.into() });
            return None;
        }
    };
    match SignatureScheme::from_signer(&info.signature_algorithm, info.digest?) {
        Ok(scheme) => Some((key, scheme)),
        Err(error) => {
            algorithm_fault(error, outcome);
            None
        }
    }
}

/// Verifies the signature value; `None` where it cannot be computed.
pub(super) fn check_value(
    info: &SignerInfo<'_>,
    digest: Option<&Digest>,
    key: &PublicKey,
    scheme: SignatureScheme,
    outcome: &mut Outcome,
) -> Option<bool> {
    let holds = if let Some(signed) = &info.signed {
        attributes_hold(signed, key, scheme, &info.signature, outcome)
    } else {
        key.verify_digest(digest?, scheme, &info.signature).is_ok()
    };
    if !holds {
        outcome.fail(SubIndication::SigCryptoFailure, Fact::SignatureValueInvalid);
    }
    Some(holds)
}

/// Verifies over the attributes as they were sent, under the tag that RFC 5652 §5.4 prescribes; failing that,
/// over their DER encoding. Old software signed what it sent, the standard asks for DER.
fn attributes_hold(
    signed: &Attributes<'_>,
    key: &PublicKey,
    scheme: SignatureScheme,
    value: &[u8],
    outcome: &mut Outcome,
) -> bool {
    let Some(set) = &signed.set else { return false };
    let mut as_sent = set.raw.to_vec();
    if let Some(first) = as_sent.first_mut() {
        *first = tag::SET;
    }
    if key.verify(&as_sent, scheme, value).is_ok() {
        return true;
    }
    let Ok(der) = to_der(&set.with_tag(tag::SET)) else { return false };
    if der == as_sent || key.verify(&der, scheme, value).is_err() {
        return false;
    }
    outcome.facts.retain(|fact| *fact != Fact::AttributesNotDer);
    outcome.facts.push(Fact::AttributesReencoded);
    true
}

fn algorithm_fault(error: AlgorithmError, outcome: &mut Outcome) {
    match error {
        AlgorithmError::Unknown(oid) => {
            outcome.fail(
                SubIndication::CryptoConstraintsFailureNoPoe,
                Fact::SignatureAlgorithmUnknown { algorithm: oid.into() },
            );
        }
        AlgorithmError::DigestMismatch => outcome.fail(SubIndication::FormatFailure, Fact::AlgorithmsDisagree),
        AlgorithmError::Parameters | AlgorithmError::Encoding(_) => {
            outcome.fail(SubIndication::FormatFailure, Fact::AlgorithmParameters);
        }
    }
}
