//! The octets of a CRL on their way through the digests, and into the reader.

use crate::asn1::{Asn1Error, Cursor, Element, Length, Reader, Source, encode};
use crate::crypto::{Digest, DigestAlgorithm, Hasher};
use crate::trust::revocation::CrlError;

/// The octets that the signature covers.
pub(super) enum Signed {
    Digest(Digest),
    /// All of them, for a scheme without a digest of its own (Ed25519).
    Message(Vec<u8>),
    /// They were not kept: the algorithm is unknown, or the CRL too long for a scheme that needs them all.
    Unknown,
}

/// The source, its digest, and what of it is signed.
pub(super) struct Input<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) sha256: Hasher,
    pub(super) tbs: Tbs,
}

/// Octets of `tbsCertList`: kept until the algorithm is known, hashed from then on.
pub(super) enum Tbs {
    Outside,
    Kept(Vec<u8>),
    Hashed(Hasher),
    TooLong,
}

impl Tbs {
    fn add(&mut self, octets: &[u8]) {
        match self {
            Self::Kept(kept) if kept.len() + octets.len() > MAX_KEPT_LEN => *self = Self::TooLong,
            Self::Kept(kept) => kept.extend_from_slice(octets),
            Self::Hashed(hasher) => hasher.update(octets),
            Self::Outside | Self::TooLong => {}
        }
    }

    pub(super) fn finish(self) -> Signed {
        match self {
            Self::Kept(kept) => Signed::Message(kept),
            Self::Hashed(hasher) => Signed::Digest(hasher.finish()),
            Self::Outside | Self::TooLong => Signed::Unknown,
        }
    }
}

impl<'a> Input<'a> {
    pub(super) fn new(source: &'a dyn Source) -> Self {
        let sha256 = Hasher::new(DigestAlgorithm::Sha256);
        Self { cursor: Cursor::new(source, 0), sha256, tbs: Tbs::Outside }
    }

    /// From here on the signed octets, and those kept so far, only go through this digest.
    pub(super) fn hash_tbs(&mut self, digest: Option<DigestAlgorithm>) {
        if let (Tbs::Kept(kept), Some(algorithm)) = (&self.tbs, digest) {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(kept);
            self.tbs = Tbs::Hashed(hasher);
        }
    }

    /// Enters an element; returns where it ends.
    pub(super) fn open(&mut self, expected: u8) -> Result<u64, CrlError> {
        let start = self.cursor.position();
        let length = definite(self.cursor.expect(expected)?)?;
        let header = der_header(expected, length)?;
        let header_len = self.cursor.position() - start;
        if u64::try_from(header.len()) != Ok(header_len) {
            return Err(Asn1Error::BadLength.into());
        }
        self.add(&header);
        self.cursor.position().checked_add(length).ok_or_else(|| Asn1Error::BadLength.into())
    }

    /// Reads a whole element of the head.
    pub(super) fn field(&mut self, expected: u8) -> Result<Vec<u8>, CrlError> {
        let start = self.cursor.position();
        let length = definite(self.cursor.expect(expected)?)?;
        if length > MAX_FIELD_LEN {
            return Err(CrlError::FieldTooLong);
        }
        let header_len = self.cursor.position() - start;
        let mut contents = Vec::new();
        self.cursor.feed(length, &mut |piece| contents.extend_from_slice(piece))?;
        let field = encode(expected, &contents);
        // DER has one form of every length; what we hash must be what was there.
        if u64::try_from(field.len()) != Ok(header_len + length) {
            return Err(Asn1Error::BadLength.into());
        }
        self.add(&field);
        Ok(field)
    }

    pub(super) fn any_field(&mut self) -> Result<Vec<u8>, CrlError> {
        let tag = self.cursor.peek_tag()?.ok_or(Asn1Error::Truncated)?;
        self.field(tag)
    }

    /// Gives everything up to `end` to `sink`.
    pub(super) fn contents(
        &mut self,
        end: u64,
        limit: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), CrlError>,
    ) -> Result<(), CrlError> {
        if end > limit {
            return Err(Asn1Error::Truncated.into());
        }
        let length = end - self.cursor.position();
        let Self { cursor, sha256, tbs } = self;
        let mut outcome = Ok(());
        cursor.feed(length, &mut |piece| {
            // Pieces of a file come in blocks; those of a slice are cut so that they are hashed while in cache.
            for block in piece.chunks(BLOCK_LEN) {
                if outcome.is_ok() {
                    sha256.update(block);
                    tbs.add(block);
                    outcome = sink(block);
                }
            }
        })?;
        outcome
    }

    /// The identifier octet of the next element, unless the structure ends here.
    pub(super) fn next_tag(&mut self, end: u64) -> Result<Option<u8>, CrlError> {
        if self.cursor.position() >= end { Ok(None) } else { Ok(self.cursor.peek_tag()?) }
    }

    /// A structure ends where its length said.
    pub(super) fn close(&self, end: u64) -> Result<(), CrlError> {
        match self.cursor.position().cmp(&end) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => Err(Asn1Error::TrailingData.into()),
            std::cmp::Ordering::Greater => Err(Asn1Error::BadLength.into()),
        }
    }

    fn add(&mut self, octets: &[u8]) {
        self.sha256.update(octets);
        self.tbs.add(octets);
    }
}

fn definite(length: Length) -> Result<u64, Asn1Error> {
    match length {
        Length::Definite(length) => Ok(length),
        Length::Indefinite => Err(Asn1Error::BadLength),
    }
}

/// Identifier and length octets in DER.
fn der_header(tag: u8, length: u64) -> Result<Vec<u8>, Asn1Error> {
    let short = u8::try_from(length).ok().filter(|length| *length < 0x80);
    if let Some(short) = short {
        return Ok(vec![tag, short]);
    }
    let octets = length.to_be_bytes();
    let significant: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
    let count = u8::try_from(significant.len()).map_err(|_| Asn1Error::BadLength)?;
    Ok([&[tag, 0x80 | count][..], &significant].concat())
}

/// The one element that fills `octets`.
pub(super) fn whole(octets: &[u8]) -> Result<Element<'_>, Asn1Error> {
    let mut reader = Reader::new(octets);
    let element = reader.element()?;
    reader.finish()?;
    Ok(element)
}

/// Octets of one field of the head, or of all extensions.
const MAX_FIELD_LEN: u64 = 256 * 1024;

/// Octets kept for a signature scheme without a digest.
const MAX_KEPT_LEN: usize = 16 * 1024 * 1024;

/// Octets hashed and read at a time.
const BLOCK_LEN: usize = 64 * 1024;
