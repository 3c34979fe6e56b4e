//! Time-stamp tokens (RFC 3161 §2.4.2) by an authority of the fixtures, with every part open to change.

use super::cms::{Attribute, Message, SIGNING_TIME, Signer, content_type};
use super::der::{algorithm, int, null, octets, oid, seq, tlv};
use super::identity::{Identity, Md};

pub(crate) const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
/// The unsigned attribute that holds a time-stamp of a signature value (RFC 3161 appendix A).
pub(crate) const SIGNATURE_TIME_STAMP: &str = "1.2.840.113549.1.9.16.2.14";

/// A `TSTInfo` to be.
pub(crate) struct TstInfo<'a> {
    pub(crate) version: u64,
    pub(crate) md: Md,
    pub(crate) stamped: &'a [u8],
    /// Such as `20260131090500Z`.
    pub(crate) time: &'a str,
    /// Encoded fields after `accuracy`.
    pub(crate) rest: Vec<u8>,
}

impl<'a> TstInfo<'a> {
    pub(crate) const fn new(stamped: &'a [u8], time: &'a str) -> Self {
        Self { version: 1, md: Md::Sha256, stamped, time, rest: Vec::new() }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let imprint = seq([algorithm(self.md.oid(), &null()), octets(&self.md.digest(self.stamped))]);
        seq([
            int(self.version),
            oid("1.3.6.1.4.1.99999.3161"),
            imprint,
            int(20_260_131),
            tlv(0x18, self.time.as_bytes()),
            // Accuracy: one second.
            seq([int(1)]),
            self.rest.clone(),
        ])
    }
}

/// The authority's signature on a `TSTInfo`.
pub(crate) fn signer(authority: &Identity, info: &[u8]) -> Signer {
    Signer::new(authority, info).without(SIGNING_TIME).replacing(content_type(TST_INFO))
}

/// The token of these signers.
pub(crate) fn message(info: &[u8], signers: &[&Signer]) -> Message {
    let mut message = Message::attached(info, signers);
    message.version = 3;
    message.content_type = oid(TST_INFO);
    message
}

/// A token for `stamped`, of a time such as `20260131090500Z`.
pub(crate) fn token(authority: &Identity, stamped: &[u8], time: &str) -> Vec<u8> {
    let info = TstInfo::new(stamped, time).encode();
    message(&info, &[&signer(authority, &info)]).encode()
}

/// A time-stamp of a signature value, as an unsigned attribute.
pub(crate) fn of_signature(authority: &Identity, value: &[u8], time: &str) -> Attribute {
    Attribute { oid: SIGNATURE_TIME_STAMP, values: vec![token(authority, value, time)] }
}
