//! OCSP responses (RFC 6960 §4.2.1).

use super::certificate::{Template, extension, spki};
use super::der::{algorithm, bits, context, int, null, octets, oid, seq, tlv};
use super::identity::{Identity, Md, Scheme};

/// id-ri-ocsp-response (RFC 5940 §2.1).
pub(crate) const RESPONSE: &str = "1.3.6.1.5.5.7.16.2";
/// id-pkix-ocsp-basic.
pub(crate) const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";

/// What is said of a certificate.
#[derive(Clone, Copy)]
pub(crate) enum Status {
    Good,
    /// keyCompromise, since this GeneralizedTime.
    Revoked(&'static str),
}

/// Says `status` of `about`, in the name of its `issuer`, from one GeneralizedTime to another: a `BasicOCSPResponse`.
pub(crate) fn basic(
    responder: &Identity,
    (issuer, about): (&Identity, &Identity),
    status: Status,
    (this_update, next_update): (&str, &str),
) -> Vec<u8> {
    let time = |time: &str| tlv(0x18, time.as_bytes());
    let id = seq([
        algorithm(Md::Sha1.oid(), &null()),
        octets(&Md::Sha1.digest(&about.issuer())),
        octets(&issuer.key_hash()),
        about.serial(),
    ]);
    let status = match status {
        Status::Good => tlv(0x80, &[]),
        Status::Revoked(since) => context(1, &[time(since), context(0, &tlv(0x0a, &[1]))].concat()),
    };
    let answer = seq([id, status, time(this_update), context(0, &time(next_update))]);
    let data = seq([context(1, &responder.subject()), time(this_update), seq([answer])]);
    let scheme = if responder.is_rsa() { Scheme::Pkcs1WithDigest } else { Scheme::Ecdsa };
    let value = responder.sign(scheme, Md::Sha256, &data);
    let certificates = context(0, &seq([responder.certificate.clone()]));
    seq([data, scheme.identifier(Md::Sha256), bits(&value), certificates])
}

/// The `OCSPResponse` around a `BasicOCSPResponse`.
pub(crate) fn response(basic: &[u8]) -> Vec<u8> {
    seq([tlv(0x0a, &[0]), context(0, &seq([oid(BASIC), octets(basic)]))])
}

/// `other` among the `crls` of SignedData.
pub(crate) fn choice(format: &str, info: &[u8]) -> Vec<u8> {
    context(1, &[oid(format), info.to_vec()].concat())
}

/// Somebody to whom `authority` delegates, under the key of a leaf.
pub(crate) fn responder(authority: &Identity, leaf: &Identity) -> Identity {
    let mut template = Template::like(leaf, &spki(&leaf.key));
    template.issuer = authority.subject();
    template.serial = int(0x0c59);
    template.extensions = vec![
        extension("2.5.29.37", true, &seq([oid("1.3.6.1.5.5.7.3.9")])),
        extension("1.3.6.1.5.5.7.48.1.5", false, &null()),
    ];
    Identity { certificate: template.sign(authority), key: leaf.key.clone() }
}
