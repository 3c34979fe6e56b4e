//! `SignerInfo` (RFC 5652 §5.3) being made: first without its value, then with it.

use time::UtcDateTime;

use crate::asn1::{Oid, encode, encode_unsigned, oids, tag};
use crate::crypto::{Digest, DigestAlgorithm, SignatureScheme};
use crate::sign::signer::Signer;
use crate::sign::timestamp::Token;

oids! {
    CONTENT_TYPE = 1.2.840.113549.1.9.3;
    MESSAGE_DIGEST = 1.2.840.113549.1.9.4;
    SIGNING_TIME = 1.2.840.113549.1.9.5;
    SIGNING_CERTIFICATE_V2 = 1.2.840.113549.1.9.16.2.47;
    /// id-aa-signatureTimeStampToken.
    SIGNATURE_TIMESTAMP = 1.2.840.113549.1.9.16.2.14;
    /// id-countersignature.
    COUNTERSIGNATURE = 1.2.840.113549.1.9.6;
}

/// The value that came back was not made by the signer's key over what was to be signed. Nothing was released.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the signature value was not made with the key of the certificate, or over something else")]
pub struct ValueInvalid;

/// The timestamp is one of another signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the timestamp is about another signature")]
pub struct OtherValue;

/// What is signed.
#[derive(Clone, Copy)]
pub(super) struct ToSign<'a> {
    /// Its digest.
    pub(super) digest: &'a Digest,
    /// What it is; `None` for the value of another signature, which has no type (RFC 5652 §11.4).
    pub(super) content_type: Option<Oid<'a>>,
    /// Where the time of signing stands.
    pub(super) time: ClaimedTime,
}

/// Where the signer says when it signed.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum ClaimedTime {
    /// In a signed attribute (EN 319 122-1 §6.3).
    Attribute,
    /// In the PDF around it (EN 319 142-1 §6.3: the attribute shall not be there).
    Elsewhere,
}

/// A `SignerInfo` without its value.
pub(super) struct Draft<'a> {
    signer: &'a Signer,
    /// DER of the signed attributes, as a SET OF: what the value is made over (RFC 5652 §5.4).
    attributes: Vec<u8>,
    digest: Digest,
}

impl<'a> Draft<'a> {
    /// Lists what the signer signs: the attributes of CAdES level B (EN 319 122-1 §6.3).
    pub(super) fn new(what: ToSign<'_>, signer: &'a Signer) -> Self {
        let mut attributes = vec![
            attribute(MESSAGE_DIGEST, &encode(tag::OCTET_STRING, what.digest.as_bytes())),
            attribute(SIGNING_CERTIFICATE_V2, &signing_certificate(signer)),
        ];
        if let Some(content_type) = what.content_type {
            attributes.push(attribute(CONTENT_TYPE, &encode(tag::OID, content_type.as_bytes())));
        }
        if what.time == ClaimedTime::Attribute {
            attributes.push(attribute(SIGNING_TIME, &time(signer.at())));
        }
        attributes.sort_unstable();
        let attributes = encode(tag::SET, &attributes.concat());
        let digest = signer.digest().digest(&attributes);
        Self { signer, attributes, digest }
    }

    pub(super) const fn scheme(&self) -> SignatureScheme {
        self.signer.scheme()
    }

    pub(super) fn attributes(&self) -> &[u8] {
        &self.attributes
    }

    pub(super) const fn digest(&self) -> &Digest {
        &self.digest
    }

    pub(super) const fn signer(&self) -> &'a Signer {
        self.signer
    }

    /// Takes the value, if it holds.
    pub(super) fn complete(self, value: &[u8]) -> Result<SignerInfo, ValueInvalid> {
        self.signer.verify(&self.attributes, value).map_err(|_| ValueInvalid)?;
        // The same octets under the tag [0] (RFC 5652 §5.4).
        let mut signed = self.attributes;
        if let Some(first) = signed.first_mut() {
            *first = tag::context_constructed(0);
        }
        let before = [
            encode_unsigned(&[1]),
            self.signer.issuer_and_serial(),
            self.signer.digest().identifier(),
            signed,
            self.signer.scheme_identifier().to_vec(),
        ];
        Ok(SignerInfo { before: before.concat(), value: value.to_vec(), unsigned: Vec::new() })
    }
}

/// A `SignerInfo` with a value that holds.
#[derive(Clone)]
pub(super) struct SignerInfo {
    /// The fields before the value.
    before: Vec<u8>,
    value: Vec<u8>,
    /// Attributes that the value does not cover.
    unsigned: Vec<Vec<u8>>,
}

impl SignerInfo {
    pub(super) fn value(&self) -> &[u8] {
        &self.value
    }

    /// Adds `signature-time-stamp` (EN 319 122-1 §5.3).
    pub(super) fn add_timestamp(&mut self, token: &Token) -> Result<(), OtherValue> {
        self.unsigned.push(timestamp_of(&self.value, token)?);
        Ok(())
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut unsigned = self.unsigned.clone();
        unsigned.sort_unstable();
        let unsigned = match unsigned.concat() {
            none if none.is_empty() => none,
            some => encode(tag::context_constructed(1), &some),
        };
        encode(
            tag::SEQUENCE,
            &[&self.before, &encode(tag::OCTET_STRING, &self.value), &unsigned].map(Vec::as_slice).concat(),
        )
    }
}

/// `signature-time-stamp` of a signature value.
pub(super) fn timestamp_of(value: &[u8], token: &Token) -> Result<Vec<u8>, OtherValue> {
    if token.is_about(value) { Ok(attribute(SIGNATURE_TIMESTAMP, token.der())) } else { Err(OtherValue) }
}

/// `Attribute` with one value (RFC 5652 §5.3).
pub(super) fn attribute(oid: Oid<'_>, value: &[u8]) -> Vec<u8> {
    encode(tag::SEQUENCE, &[encode(tag::OID, oid.as_bytes()), encode(tag::SET, value)].concat())
}

/// A `SignerInfo` again, with these unsigned attributes.
pub(super) fn with_unsigned(mut fields: Vec<u8>, unsigned: &[u8]) -> Vec<u8> {
    if !unsigned.is_empty() {
        fields.extend(encode(tag::context_constructed(1), unsigned));
    }
    encode(tag::SEQUENCE, &fields)
}

/// `SigningCertificateV2` (RFC 5035 §3) of the signer's certificate alone. The digest is SHA-256, which is the default
/// and so is not named (X.690 §11.5); issuer and serial number are there for the verifiers that ask for them.
fn signing_certificate(signer: &Signer) -> Vec<u8> {
    let certificate = signer.certificate();
    let name = encode(tag::SEQUENCE, &encode(tag::context_constructed(4), certificate.issuer().der()));
    let serial = encode(tag::INTEGER, certificate.serial());
    let hash = encode(tag::OCTET_STRING, DigestAlgorithm::Sha256.digest(certificate.der()).as_bytes());
    let own = [hash, encode(tag::SEQUENCE, &[name, serial].concat())].concat();
    encode(tag::SEQUENCE, &encode(tag::SEQUENCE, &encode(tag::SEQUENCE, &own)))
}

/// `Time` (RFC 5652 §11.3): UTCTime from 1950 to 2049, GeneralizedTime otherwise.
fn time(at: UtcDateTime) -> Vec<u8> {
    let rest =
        format!("{:02}{:02}{:02}{:02}{:02}Z", u8::from(at.month()), at.day(), at.hour(), at.minute(), at.second());
    match at.year() {
        year @ 1950..=2049 => encode(tag::UTC_TIME, format!("{:02}{rest}", year.rem_euclid(100)).as_bytes()),
        year => encode(tag::GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::utc_datetime;

    use super::*;
    use crate::asn1::Reader;

    proptest! {
        #[test]
        fn a_time_is_read_as_it_was_written(seconds in -631_152_000_i64..253_402_300_799) {
            let at = UtcDateTime::from_unix_timestamp(seconds).unwrap();
            prop_assert_eq!(Reader::new(&time(at)).element().unwrap().time().unwrap(), at);
        }
    }

    #[test]
    fn the_form_of_a_time_changes_in_2050() {
        assert_eq!(time(utc_datetime!(2049-12-31 23:59:59))[2..], *b"491231235959Z");
        assert_eq!(time(utc_datetime!(2050-01-01 0:00))[2..], *b"20500101000000Z");
    }
}
