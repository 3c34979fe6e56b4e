//! `TSTInfo` (RFC 3161 §2.4.2): what an authority says when it stamps something.

use time::UtcDateTime;

use crate::asn1::{Asn1Error, Oid, Reader, tag};
use crate::crypto::DigestAlgorithm;
use crate::verify::signer_info::digest_identifier;

/// What a token says, once its signature is known to hold. Serial number and accuracy are read and not used; policy and
/// nonce concern whoever asked for the token. Nor is the name in `tsa` used: the certificate says who stamped (§2.4.2).
#[derive(Debug)]
pub(super) struct TstInfo<'a> {
    /// `None` when we cannot compute it.
    pub(super) algorithm: Option<DigestAlgorithm>,
    /// The digest of what was stamped.
    pub(super) imprint: &'a [u8],
    /// `genTime`, to the second.
    pub(super) time: UtcDateTime,
    /// Under which policy the authority stamped.
    pub(super) policy: Oid<'a>,
    /// The octets of the INTEGER that came with the request.
    pub(super) nonce: Option<&'a [u8]>,
    /// Whether it has an extension that must be understood: none is known.
    pub(super) has_critical_extension: bool,
}

impl<'a> TstInfo<'a> {
    /// Reads a `TSTInfo` of version 1, with nothing after it.
    pub(super) fn read(octets: &'a [u8]) -> Result<Self, Asn1Error> {
        let mut outer = Reader::new(octets);
        let mut info = outer.sequence()?;
        outer.finish()?;
        if info.expect(tag::INTEGER)?.small_integer()? != 1 {
            return Err(Asn1Error::BadValue("version"));
        }
        let policy = info.oid()?;
        let mut imprint = info.sequence()?;
        let (_, algorithm) = digest_identifier(imprint.sequence()?)?;
        let hashed = imprint.expect(tag::OCTET_STRING)?.value;
        imprint.finish()?;
        info.expect(tag::INTEGER)?.integer()?;
        let time = info.expect(tag::GENERALIZED_TIME)?.time()?;
        if let Some(accuracy) = info.optional(tag::SEQUENCE)? {
            read_accuracy(accuracy.reader()?)?;
        }
        if let Some(ordering) = info.optional(tag::BOOLEAN)? {
            ordering.boolean()?;
        }
        let nonce = info.optional(tag::INTEGER)?.map(|nonce| nonce.integer()).transpose()?;
        info.optional(tag::context_constructed(0))?;
        let has_critical_extension = match info.optional(tag::context_constructed(1))? {
            Some(extensions) => read_extensions(extensions.reader()?)?,
            None => false,
        };
        info.finish()?;
        Ok(Self { algorithm, imprint: hashed, time, policy, nonce, has_critical_extension })
    }
}

/// `Accuracy`: seconds, thousandths and millionths, each or none.
fn read_accuracy(mut accuracy: Reader<'_>) -> Result<(), Asn1Error> {
    if let Some(seconds) = accuracy.optional(tag::INTEGER)? {
        seconds.integer()?;
    }
    accuracy.optional(tag::context(0))?;
    accuracy.optional(tag::context(1))?;
    accuracy.finish()
}

/// Whether one of the `Extensions` (RFC 5280 §4.1.2.9) is critical.
fn read_extensions(mut extensions: Reader<'_>) -> Result<bool, Asn1Error> {
    let mut critical = false;
    while !extensions.is_empty() {
        let mut extension = extensions.sequence()?;
        extension.oid()?;
        if let Some(flag) = extension.optional(tag::BOOLEAN)? {
            critical |= flag.boolean()?;
        }
        extension.expect(tag::OCTET_STRING)?;
        extension.finish()?;
    }
    Ok(critical)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::utc_datetime;

    use super::*;
    use crate::asn1::encode;

    const SHA_256: [u8; 11] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

    /// The fields that must be there, in their order; each can be replaced.
    fn fields() -> Vec<Vec<u8>> {
        let imprint = [encode(tag::SEQUENCE, &SHA_256), encode(tag::OCTET_STRING, &[7; 32])].concat();
        vec![
            encode(tag::INTEGER, &[1]),
            encode(tag::OID, &[0x2a, 0x03]),
            encode(tag::SEQUENCE, &imprint),
            encode(tag::INTEGER, &[0x7f, 0x01]),
            encode(tag::GENERALIZED_TIME, b"20260131090500.25Z"),
        ]
    }

    fn info(fields: &[Vec<u8>]) -> Vec<u8> {
        encode(tag::SEQUENCE, &fields.concat())
    }

    fn with(more: &[Vec<u8>]) -> Vec<u8> {
        info(&[fields(), more.to_vec()].concat())
    }

    fn extension(critical: &[u8]) -> Vec<u8> {
        let parts = [encode(tag::OID, &[0x2a, 0x04]), critical.to_vec(), encode(tag::OCTET_STRING, &[])];
        encode(tag::context_constructed(1), &encode(tag::SEQUENCE, &parts.concat()))
    }

    #[test]
    fn what_a_token_says_is_read() {
        let accuracy = [encode(tag::INTEGER, &[1]), encode(tag::context(0), &[5]), encode(tag::context(1), &[9])];
        let name = encode(tag::context_constructed(0), &encode(tag::context(2), b"tsa.example"));
        let ordering = encode(tag::BOOLEAN, &[0xff]);
        for octets in [
            info(&fields()),
            with(&[encode(tag::SEQUENCE, &accuracy.concat()), ordering, encode(tag::INTEGER, &[3]), name]),
            with(&[extension(&[])]),
            with(&[extension(&encode(tag::BOOLEAN, &[0]))]),
        ] {
            let info = TstInfo::read(&octets).unwrap();
            assert_eq!(info.algorithm, Some(DigestAlgorithm::Sha256));
            assert_eq!((info.imprint, info.time), (&[7; 32][..], utc_datetime!(2026-01-31 9:05)));
            assert!(!info.has_critical_extension);
        }
    }

    #[test]
    fn an_extension_that_must_be_understood_is_told() {
        assert!(TstInfo::read(&with(&[extension(&encode(tag::BOOLEAN, &[0xff]))])).unwrap().has_critical_extension);
    }

    #[test]
    fn a_field_that_is_missing_or_too_many_is_refused() {
        for left_out in 0..fields().len() {
            let mut fields = fields();
            fields.remove(left_out);
            assert!(TstInfo::read(&info(&fields)).is_err(), "without {left_out}");
        }
        assert!(TstInfo::read(&with(&[encode(tag::NULL, &[])])).is_err());
        assert!(TstInfo::read(&[info(&fields()), vec![0]].concat()).is_err());
        let mut second = fields();
        second[0] = encode(tag::INTEGER, &[2]);
        assert!(TstInfo::read(&info(&second)).is_err(), "version 2");
    }

    proptest! {
        #[test]
        fn any_octets_are_read_or_refused(octets in proptest::collection::vec(any::<u8>(), 0..200), at in 0..80_usize) {
            let _refused = TstInfo::read(&octets);
            let mut changed = info(&fields());
            for (place, octet) in changed.iter_mut().skip(at).zip(&octets) {
                *place = *octet;
            }
            let _refused = TstInfo::read(&changed);
        }
    }
}
