//! `SignerInfo` (RFC 5652 §5.3) and its attributes (§5.3, §11).

use std::borrow::Cow;

use crate::asn1::{Asn1Error, Element, Oid, Reader, oids, tag};
use crate::crypto::DigestAlgorithm;

oids! {
    /// id-contentType.
    CONTENT_TYPE = 1.2.840.113549.1.9.3;
    /// id-messageDigest.
    MESSAGE_DIGEST = 1.2.840.113549.1.9.4;
    /// id-signingTime.
    SIGNING_TIME = 1.2.840.113549.1.9.5;
    /// id-countersignature.
    COUNTERSIGNATURE = 1.2.840.113549.1.9.6;
}

/// One signature as it stands in the envelope.
pub(super) struct SignerInfo<'a> {
    pub(super) version: u32,
    pub(super) sid: SignerIdentifier<'a>,
    pub(super) digest_oid: Oid<'a>,
    /// `None` when we cannot compute it.
    pub(super) digest: Option<DigestAlgorithm>,
    pub(super) signed: Option<Attributes<'a>>,
    /// The `AlgorithmIdentifier`, read when the digest is known.
    pub(super) signature_algorithm: Element<'a>,
    pub(super) signature: Cow<'a, [u8]>,
    pub(super) unsigned: Attributes<'a>,
}

/// How the signer's certificate is named.
#[derive(Clone, Copy)]
pub(super) enum SignerIdentifier<'a> {
    /// Its issuer (DER of the name) and serial number (octets of the INTEGER).
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    /// Its subject key identifier.
    SubjectKeyId(&'a [u8]),
}

impl<'a> SignerInfo<'a> {
    /// Reads one `SignerInfo`; nothing is judged.
    pub(super) fn read(element: &Element<'a>) -> Result<Self, Asn1Error> {
        element.expect(tag::SEQUENCE)?;
        let mut reader = element.reader()?;
        let version = reader.expect(tag::INTEGER)?.small_integer()?;
        let sid = signer_identifier(&reader.element()?)?;
        let (digest_oid, digest) = digest_identifier(reader.sequence()?)?;
        let signed = match reader.optional(tag::context_constructed(0))? {
            Some(set) => Some(Attributes::read(set)?),
            None => None,
        };
        let signature_algorithm = reader.expect(tag::SEQUENCE)?;
        let value = reader.element()?;
        if !matches!(value.tag, tag::OCTET_STRING | tag::OCTET_STRING_CONSTRUCTED) {
            return Err(Asn1Error::UnexpectedTag { expected: tag::OCTET_STRING, found: value.tag });
        }
        let signature = value.octets()?;
        let unsigned = match reader.optional(tag::context_constructed(1))? {
            Some(set) => Attributes::read(set)?,
            None => Attributes { list: Vec::new(), set: None },
        };
        reader.finish()?;
        Ok(Self { version, sid, digest_oid, digest, signed, signature_algorithm, signature, unsigned })
    }

    /// The version that the signer's identifier asks for (RFC 5652 §5.3).
    pub(super) const fn version_due(&self) -> u32 {
        match self.sid {
            SignerIdentifier::IssuerAndSerial { .. } => 1,
            SignerIdentifier::SubjectKeyId(_) => 3,
        }
    }
}

/// Reads the `AlgorithmIdentifier` of a digest; one that we know has no parameters, or NULL (RFC 5754 §2).
pub(super) fn digest_identifier(mut identifier: Reader<'_>) -> Result<(Oid<'_>, Option<DigestAlgorithm>), Asn1Error> {
    let oid = identifier.oid()?;
    let digest = DigestAlgorithm::from_oid(oid);
    if digest.is_some() {
        let null = identifier.optional(tag::NULL)?;
        if null.is_some_and(|null| !null.value.is_empty()) {
            return Err(Asn1Error::BadValue("NULL"));
        }
        identifier.finish()?;
    }
    Ok((oid, digest))
}

fn signer_identifier<'a>(element: &Element<'a>) -> Result<SignerIdentifier<'a>, Asn1Error> {
    const KEY_ID: u8 = tag::context(0);
    match element.tag {
        tag::SEQUENCE => {
            let mut reader = element.reader()?;
            let issuer = reader.expect(tag::SEQUENCE)?.raw;
            let serial = reader.expect(tag::INTEGER)?.value;
            reader.finish()?;
            Ok(SignerIdentifier::IssuerAndSerial { issuer, serial })
        }
        KEY_ID => Ok(SignerIdentifier::SubjectKeyId(element.value)),
        found => Err(Asn1Error::UnexpectedTag { expected: tag::SEQUENCE, found }),
    }
}

/// A set of attributes, in the order in which they were sent.
pub(super) struct Attributes<'a> {
    list: Vec<Attribute<'a>>,
    /// The `[0]` or `[1]` element itself; `None` where there is none.
    pub(super) set: Option<Element<'a>>,
}

/// One attribute.
#[derive(Clone, Copy)]
pub(super) struct Attribute<'a> {
    pub(super) oid: Oid<'a>,
    values: Reader<'a>,
}

/// Why an attribute that must occur once with one value does not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AttributeFault {
    /// It occurs more than once.
    Repeated,
    /// It has no value, or several.
    NotSingleValued,
    /// Its value is not of its type.
    Malformed,
}

impl From<Asn1Error> for AttributeFault {
    fn from(_: Asn1Error) -> Self {
        Self::Malformed
    }
}

impl<'a> Attributes<'a> {
    fn read(set: Element<'a>) -> Result<Self, Asn1Error> {
        let mut reader = set.reader()?;
        let mut list = Vec::with_capacity(8);
        while !reader.is_empty() {
            let mut attribute = reader.sequence()?;
            let oid = attribute.oid()?;
            let values = attribute.expect(tag::SET)?.reader()?;
            attribute.finish()?;
            list.push(Attribute { oid, values });
        }
        Ok(Self { list, set: Some(set) })
    }

    /// Every attribute of this type.
    pub(super) fn all(&self, oid: Oid<'a>) -> impl Iterator<Item = &Attribute<'a>> {
        self.list.iter().filter(move |attribute| attribute.oid == oid)
    }

    /// Whether an attribute of this type is there.
    pub(super) fn has(&self, oid: Oid<'_>) -> bool {
        self.list.iter().any(|attribute| attribute.oid == oid)
    }

    /// The only value of the only attribute of this type (RFC 5652 §11: "MUST NOT include multiple instances",
    /// "single attribute value"); `None` if the attribute is not there.
    pub(super) fn single(&self, oid: Oid<'a>) -> Result<Option<Element<'a>>, AttributeFault> {
        let mut found = self.all(oid);
        let Some(attribute) = found.next() else { return Ok(None) };
        if found.next().is_some() {
            return Err(AttributeFault::Repeated);
        }
        let mut values = attribute.values;
        if values.is_empty() {
            return Err(AttributeFault::NotSingleValued);
        }
        let value = values.element()?;
        if values.is_empty() { Ok(Some(value)) } else { Err(AttributeFault::NotSingleValued) }
    }
}

impl<'a> Attribute<'a> {
    /// Its values; a malformed one ends the run with an error.
    pub(super) fn values(&self) -> impl Iterator<Item = Result<Element<'a>, Asn1Error>> + use<'a> {
        let mut reader = Some(self.values);
        std::iter::from_fn(move || {
            let values = reader.as_mut().filter(|values| !values.is_empty())?;
            let value = values.element();
            if value.is_err() {
                reader = None;
            }
            Some(value)
        })
    }
}
