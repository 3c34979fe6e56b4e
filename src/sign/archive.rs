//! `archive-time-stamp-v3` with `ats-hash-index-v3` (EN 319 122-1 §5.5.2, §5.5.3): what it is about, and the attribute.

use crate::asn1::{Asn1Error, Reader, encode, oids, tag};
use crate::crypto::{Digest, DigestAlgorithm};
use crate::sign::cades::split;
use crate::sign::signed_data::{ReadError, SignedData};
use crate::sign::signer_info::{OtherValue, attribute, with_unsigned};
use crate::sign::timestamp::Token;

oids! {
    ARCHIVE_TIMESTAMP_V3 = 0.4.0.1733.2.4;
    ATS_HASH_INDEX_V3 = 0.4.0.19122.1.5;
}

/// The digest of all that is archived.
pub(super) const ARCHIVE_DIGEST: DigestAlgorithm = DigestAlgorithm::Sha256;

/// What an archive timestamp covers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Archive {
    /// DER of `ATSHashIndexV3`.
    index: Vec<u8>,
    imprint: Digest,
}

impl Archive {
    /// Of a signature: its fields before the unsigned attributes, and these; `content` is the digest of what was signed.
    pub(super) fn of(
        envelope: &SignedData<'_>,
        content: &Digest,
        fields: &[u8],
        unsigned: &[u8],
    ) -> Result<Self, Asn1Error> {
        let hash = |octets: &[u8]| encode(tag::OCTET_STRING, ARCHIVE_DIGEST.digest(octets).as_bytes());
        let list = |hashes: Vec<Vec<u8>>| encode(tag::SEQUENCE, &hashes.concat());
        let of_each = |items: &[Vec<u8>]| list(items.iter().map(|item| hash(item)).collect());
        let index = [
            ARCHIVE_DIGEST.identifier(),
            of_each(&envelope.certificates),
            of_each(&envelope.revocation_data),
            list(attribute_values(unsigned)?.iter().map(|value| hash(value)).collect()),
        ];
        let index = encode(tag::SEQUENCE, &index.concat());
        let content_type = encode(tag::OID, envelope.content_type().as_bytes());
        let covered = [content_type.as_slice(), content.as_bytes(), fields, &index].concat();
        Ok(Self { imprint: ARCHIVE_DIGEST.digest(&covered), index })
    }

    /// What is to be stamped.
    pub const fn imprint(&self) -> &Digest {
        &self.imprint
    }

    /// The attribute: the token, with the index among its own unsigned attributes.
    pub(super) fn attribute(&self, token: &Token) -> Result<Vec<u8>, OtherValue> {
        if token.imprint() != &self.imprint {
            return Err(OtherValue);
        }
        let with_index = self.put_into(token.der()).map_err(|_| OtherValue)?;
        Ok(attribute(ARCHIVE_TIMESTAMP_V3, &with_index))
    }

    fn put_into(&self, token: &[u8]) -> Result<Vec<u8>, ReadError> {
        let (mut envelope, _) = SignedData::read(&token, ARCHIVE_DIGEST)?;
        let index = attribute(ATS_HASH_INDEX_V3, &self.index);
        for info in &mut envelope.signer_infos {
            let (fields, unsigned) = split(info)?;
            let unsigned = [unsigned.rest(), &index].concat();
            *info = with_unsigned(fields.concat(), &unsigned);
        }
        let mut written = Vec::new();
        envelope.write(&mut written).map_err(|_| Asn1Error::BadLength)?;
        Ok(written)
    }
}

/// Each value of each attribute, behind the type of its attribute (§5.5.2).
fn attribute_values(unsigned: &[u8]) -> Result<Vec<Vec<u8>>, Asn1Error> {
    let mut attributes = Reader::new(unsigned);
    let mut values = Vec::new();
    while !attributes.is_empty() {
        let mut attribute = attributes.sequence()?;
        let oid = attribute.expect(tag::OID)?.raw;
        let mut set = attribute.expect(tag::SET)?.reader()?;
        while !set.is_empty() {
            values.push([oid, set.element()?.raw].concat());
        }
    }
    Ok(values)
}
