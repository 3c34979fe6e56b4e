//! CAdES (EN 319 122-1): level B attached, detached, beside the signers of a file, or on one of their signatures.
//!
//! [`prepare`] says what is to be signed, [`Prepared::assemble`] takes the value that was made of it. Nothing that looks
//! signed exists before the value was verified with the signer's own key.

use std::io::{self, Write};

use crate::asn1::{Asn1Error, Reader, Source, SourceError, oids, tag};
use crate::crypto::{Digest, DigestAlgorithm};
use crate::sign::prepared::{Place, Prepared};
use crate::sign::signed_data::{Content, DATA, ReadError, SignedData};
use crate::sign::signer::Signer;
use crate::sign::signer_info::{ClaimedTime, Draft, ToSign, timestamp_of, with_unsigned};
use crate::sign::timestamp::Token;
use crate::sign::validation_data::ValidationData;

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

/// A signature of a file, to which what makes it last is added: the file may be anybody's.
pub struct Existing<'a> {
    envelope: SignedData<'a>,
    /// Counted from 0.
    index: usize,
    /// The fields before the unsigned attributes, and these, as they stand.
    fields: Vec<u8>,
    unsigned: Vec<u8>,
    value: Vec<u8>,
}

/// Finds a signature of a signed file in binary form, counted from 1. Whether it holds is not checked.
pub fn existing(file: &dyn Source, signature: usize) -> Result<Existing<'_>, PrepareError> {
    let (envelope, _) = read(file, DigestAlgorithm::Sha256)?;
    let (index, info) = chosen(&envelope, signature)?;
    let (fields, unsigned) = split(info)?;
    let (value, unsigned) = (value_among(&fields)?, unsigned.rest().to_vec());
    let fields = fields.concat();
    Ok(Existing { envelope, index, fields, unsigned, value })
}

impl Existing<'_> {
    /// Its value.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Adds a timestamp of [`Self::value`], after the attributes that are there.
    pub fn add_timestamp(&mut self, token: &Token) -> Result<(), OtherValue> {
        self.unsigned.extend(timestamp_of(&self.value, token)?);
        Ok(())
    }

    /// Adds validation data, which with a timestamp make level LT: those of the signer, and of the authority of the timestamp.
    pub fn add_validation_data(&mut self, data: &ValidationData) {
        self.envelope.add_validation_data(data);
    }

    /// Writes the file. On an error, what was written must be thrown away.
    pub fn write(mut self, out: &mut dyn Write) -> Result<(), WriteError> {
        let info = with_unsigned(self.fields, &self.unsigned);
        self.envelope.signer_infos.splice(self.index..=self.index, [info]);
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
fn split(info: &[u8]) -> Result<(Vec<&[u8]>, Reader<'_>), Asn1Error> {
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
