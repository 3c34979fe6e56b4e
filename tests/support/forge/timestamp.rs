//! Time-stamp tokens (RFC 3161 §2.4.2) by an authority of the fixtures.

use super::cms::{Attribute, Message, SIGNING_TIME, Signer, content_type};
use super::der::{algorithm, int, null, octets, oid, seq, tlv};
use super::identity::{Identity, Md};

const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
/// The unsigned attribute that holds a time-stamp of a signature value (RFC 3161 appendix A).
pub(crate) const SIGNATURE_TIME_STAMP: &str = "1.2.840.113549.1.9.16.2.14";

/// A token for `stamped`, of a time such as `20260131090500Z`.
pub(crate) fn token(authority: &Identity, stamped: &[u8], time: &str) -> Vec<u8> {
    let imprint = seq([algorithm(Md::Sha256.oid(), &null()), octets(&Md::Sha256.digest(stamped))]);
    let info = seq([
        int(1),
        oid("1.3.6.1.4.1.99999.3161"),
        imprint,
        int(20_260_131),
        tlv(0x18, time.as_bytes()),
        // Accuracy: one second.
        seq([int(1)]),
    ]);
    let signer = Signer::new(authority, &info).without(SIGNING_TIME).replacing(content_type(TST_INFO));
    let mut message = Message::attached(&info, &[&signer]);
    message.version = 3;
    message.content_type = oid(TST_INFO);
    message.encode()
}

/// A time-stamp of a signature value, as an unsigned attribute.
pub(crate) fn of_signature(authority: &Identity, value: &[u8], time: &str) -> Attribute {
    Attribute { oid: SIGNATURE_TIME_STAMP, values: vec![token(authority, value, time)] }
}
