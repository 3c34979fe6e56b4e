//! CAdES (EN 319 122-1): level B attached, detached, beside the signers of a file, or on one of their signatures.
//!
//! [`prepare`] says what is to be signed, [`Prepared::assemble`] takes the value that was made of it. Nothing that looks
//! signed exists before the value was verified with the signer's own key.

use std::io::{self, Write};

use crate::asn1::{Asn1Error, Reader, Source, SourceError, oids, tag};
use crate::crypto::{Digest, DigestAlgorithm};
use crate::sign::archive::ARCHIVE_DIGEST;
use crate::sign::prepared::{Place, Prepared};
use crate::sign::signed_data::{Content, DATA, ReadError, SignedData};
use crate::sign::signer::Signer;
use crate::sign::signer_info::{ClaimedTime, Draft, SIGNATURE_TIMESTAMP, ToSign, timestamp_of, with_unsigned};
use crate::sign::timestamp::Token;
use crate::sign::validation_data::ValidationData;

pub use crate::sign::archive::Archive;
pub use crate::sign::signed_data::WriteError;
pub use crate::sign::signer_info::{OtherValue, ValueInvalid};

oids! {
    ARCHIVE_TIMESTAMP = 1.2.840.113549.1.9.16.2.27;
    ARCHIVE_TIMESTAMP_V2 = 1.2.840.113549.1.9.16.2.48;
}

/// What is to be signed, and where the signature goes. The sources are read again when the file is written.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// A content, into a new file that holds it.
    Attached(&'a dyn Source),
    /// A content, into a new file that does not hold it.
    Detached(&'a dyn Source),
    /// The content of a signed file, by one more signer beside the others.
    Parallel {
        /// The signed file, in binary.
        file: &'a dyn Source,
        /// Its content, where it does not hold it.
        content: Option<&'a dyn Source>,
    },
    /// A signature of a file (RFC 5652 §11.4).
    Countersignature {
        /// The signed file, in binary.
        file: &'a dyn Source,
        /// Which of its signatures, counted from 1.
        signature: usize,
    },
}

/// Why a signature cannot be prepared. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// Reading failed.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
    /// The file is no CMS signature in binary form that can be read: it is damaged, something else, or base64.
    #[error("not a signed file to which a signature can be added: {0}")]
    NotSigned(#[from] Asn1Error),
    /// More signers, certificates or other data than are read.
    #[error("more signers, certificates or revocation data than are read")]
    TooLarge,
    /// The file does not hold its content, and none was given.
    #[error("the file does not hold the signed content")]
    ContentMissing,
    /// The file holds its content, and another was given.
    #[error("the file holds its content: no other can be signed beside it")]
    ContentTwice,
    /// The file does not have that many signatures.
    #[error("there is no signature {asked}: there are {of}")]
    NoSuchSignature {
        /// Counted from 1.
        asked: usize,
        /// How many there are.
        of: usize,
    },
    /// An old archive timestamp covers the whole file (EN 319 122-1 annex A.2.4): whatever is added breaks it.
    #[error("an archive timestamp covers the whole file, and would no longer hold")]
    Archived,
}

impl From<SourceError> for PrepareError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Io(error) => Self::Io(error),
            SourceError::Asn1(error) => Self::NotSigned(error),
        }
    }
}

impl From<ReadError> for PrepareError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Source(error) => error.into(),
            ReadError::TooLarge => Self::TooLarge,
        }
    }
}

/// Reads what is to be signed and says what the key has to sign.
pub fn prepare<'a>(subject: Subject<'a>, signer: &'a Signer) -> Result<Prepared<'a>, PrepareError> {
    match subject {
        Subject::Attached(source) => {
            let content = Content::of(source, signer.digest())?;
            Ok(alone(content.seen, Some(content), signer))
        }
        Subject::Detached(source) => Ok(alone(Content::of(source, signer.digest())?.seen, None, signer)),
        Subject::Parallel { file, content } => parallel(file, content, signer),
        Subject::Countersignature { file, signature } => countersignature(file, signature, signer),
    }
}

fn alone<'a>(digest: Digest, content: Option<Content<'a>>, signer: &'a Signer) -> Prepared<'a> {
    let what = ToSign { digest: &digest, content_type: Some(DATA), time: ClaimedTime::Attribute };
    Prepared { draft: Draft::new(what, signer), envelope: SignedData::new(content), place: Place::Alone }
}

fn parallel<'a>(
    file: &'a dyn Source,
    content: Option<&dyn Source>,
    signer: &'a Signer,
) -> Result<Prepared<'a>, PrepareError> {
    let (envelope, own) = read(file, signer.digest())?;
    let digest = match (own, content) {
        (Some(_), Some(_)) => return Err(PrepareError::ContentTwice),
        (None, None) => return Err(PrepareError::ContentMissing),
        (Some(own), None) => own,
        (None, Some(given)) => Content::of(given, signer.digest())?.seen,
    };
    let content_type = Some(envelope.content_type());
    let draft = Draft::new(ToSign { digest: &digest, content_type, time: ClaimedTime::Attribute }, signer);
    Ok(Prepared { draft, envelope, place: Place::Beside })
}

fn countersignature<'a>(
    file: &'a dyn Source,
    signature: usize,
    signer: &'a Signer,
) -> Result<Prepared<'a>, PrepareError> {
    let (envelope, _) = read(file, signer.digest())?;
    let (index, info) = chosen(&envelope, signature)?;
    let (fields, unsigned) = split(info)?;
    let digest = signer.digest().digest(&value_among(&fields)?);
    let place = Place::Under { index, fields: fields.concat(), unsigned: unsigned.rest().to_vec() };
    let draft = Draft::new(ToSign { digest: &digest, content_type: None, time: ClaimedTime::Attribute }, signer);
    Ok(Prepared { draft, envelope, place })
}

/// Reads a signed file and the digest of its content.
fn read(file: &dyn Source, algorithm: DigestAlgorithm) -> Result<(SignedData<'_>, Option<Digest>), PrepareError> {
    let (envelope, digest) = SignedData::read(file, algorithm)?;
    for info in &envelope.signer_infos {
        let mut unsigned = split(info)?.1;
        while !unsigned.is_empty() {
            if matches!(unsigned.sequence()?.oid()?, ARCHIVE_TIMESTAMP | ARCHIVE_TIMESTAMP_V2) {
                return Err(PrepareError::Archived);
            }
        }
    }
    Ok((envelope, digest))
}

/// A signed file whose signatures are to last: it may be anybody's.
pub struct Existing<'a> {
    envelope: SignedData<'a>,
    signatures: Vec<Parts>,
    /// The digest of the content, for archive timestamps; `None` where the content is not at hand.
    content: Option<Digest>,
}

/// A `SignerInfo` taken apart.
struct Parts {
    /// The fields before the unsigned attributes, as they stand.
    fields: Vec<u8>,
    unsigned: Vec<u8>,
    value: Vec<u8>,
    /// Whether a timestamp of the value is there.
    is_stamped: bool,
}

/// Reads a signed file in binary form, with its content where it does not hold it. Whether its signatures hold is not
/// checked.
pub fn existing<'a>(file: &'a dyn Source, content: Option<&dyn Source>) -> Result<Existing<'a>, PrepareError> {
    let (envelope, own) = read(file, ARCHIVE_DIGEST)?;
    let content = match (own, content) {
        (Some(_), Some(_)) => return Err(PrepareError::ContentTwice),
        (None, Some(given)) => Some(Content::of(given, ARCHIVE_DIGEST)?.seen),
        (own, None) => own,
    };
    let signatures = envelope.signer_infos.iter().map(|info| Parts::of(info)).collect::<Result<_, _>>()?;
    Ok(Existing { envelope, signatures, content })
}

impl Parts {
    fn of(info: &[u8]) -> Result<Self, Asn1Error> {
        let (fields, unsigned) = split(info)?;
        let mut attributes = unsigned;
        let mut is_stamped = false;
        while !attributes.is_empty() {
            is_stamped |= attributes.sequence()?.oid()? == SIGNATURE_TIMESTAMP;
        }
        let value = value_among(&fields)?;
        Ok(Self { fields: fields.concat(), unsigned: unsigned.rest().to_vec(), value, is_stamped })
    }
}

impl Existing<'_> {
    /// How many signatures there are.
    pub const fn len(&self) -> usize {
        self.signatures.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.signatures.is_empty()
    }

    /// The value of a signature, counted from 0, that no timestamp is about.
    pub fn unstamped(&self, signature: usize) -> Option<&[u8]> {
        self.signatures.get(signature).filter(|parts| !parts.is_stamped).map(|parts| parts.value.as_slice())
    }

    /// Adds a timestamp of its value to the signature that it is about, after the attributes that are there.
    pub fn add_timestamp(&mut self, token: &Token) -> Result<(), OtherValue> {
        let parts = self.signatures.iter_mut().find(|parts| token.is_about(&parts.value)).ok_or(OtherValue)?;
        parts.unsigned.extend(timestamp_of(&parts.value, token)?);
        parts.is_stamped = true;
        Ok(())
    }

    /// Adds validation data, which with a timestamp make level LT: those of the signers, and of the authorities of timestamps.
    pub fn add_validation_data(&mut self, data: &ValidationData) {
        self.envelope.add_validation_data(data);
    }

    /// What an archive timestamp on a signature, counted from 0, has to be about; `None` where there is no such signature, or
    /// the content is not at hand.
    pub fn archive(&self, signature: usize) -> Option<Archive> {
        let parts = self.signatures.get(signature)?;
        Archive::of(&self.envelope, self.content.as_ref()?, &parts.fields, &parts.unsigned).ok()
    }

    /// Adds an archive timestamp, which with validation data makes level LTA. The rest must be as it was when
    /// [`Self::archive`] was asked.
    pub fn add_archive_timestamp(
        &mut self,
        signature: usize,
        archive: &Archive,
        token: &Token,
    ) -> Result<(), OtherValue> {
        let attribute = archive.attribute(token)?;
        self.signatures.get_mut(signature).ok_or(OtherValue)?.unsigned.extend(attribute);
        Ok(())
    }

    /// Writes the file. On an error, what was written must be thrown away.
    pub fn write(mut self, out: &mut dyn Write) -> Result<(), WriteError> {
        let infos = self.signatures.into_iter().map(|parts| with_unsigned(parts.fields, &parts.unsigned));
        self.envelope.signer_infos = infos.collect();
        self.envelope.write(out)
    }
}

/// A signature of an envelope, counted from 1, and its place counted from 0.
fn chosen<'e>(envelope: &'e SignedData<'_>, signature: usize) -> Result<(usize, &'e [u8]), PrepareError> {
    let index = signature.checked_sub(1);
    let found = index.and_then(|index| Some((index, envelope.signer_infos.get(index)?.as_slice())));
    found.ok_or(PrepareError::NoSuchSignature { asked: signature, of: envelope.signer_infos.len() })
}

/// The fields of a `SignerInfo` as they stand, and its unsigned attributes.
pub(super) fn split(info: &[u8]) -> Result<(Vec<&[u8]>, Reader<'_>), Asn1Error> {
    let mut fields = Reader::new(info).sequence()?;
    let mut before = Vec::with_capacity(6);
    while !fields.is_empty() {
        let field = fields.element()?;
        if field.tag == tag::context_constructed(1) {
            fields.finish()?;
            return Ok((before, field.reader()?));
        }
        before.push(field.raw);
    }
    Ok((before, Reader::new(&[])))
}

/// The value of a signature: the last field before the unsigned attributes.
fn value_among(fields: &[&[u8]]) -> Result<Vec<u8>, Asn1Error> {
    let last = Reader::new(fields.last().copied().unwrap_or_default()).element()?;
    match last.tag {
        tag::OCTET_STRING | tag::OCTET_STRING_CONSTRUCTED => Ok(last.octets()?.into_owned()),
        found => Err(Asn1Error::UnexpectedTag { expected: tag::OCTET_STRING, found }),
    }
}
