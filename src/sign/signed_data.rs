//! `SignedData` (RFC 5652 §5.1) being written: new, or as it stands in a file with something added. What was there is
//! copied octet for octet; only the lengths around it are new.

use std::io::{self, Write};

use crate::asn1::{
    Asn1Error, Cursor, Length, Oid, Reader, Source, SourceError, encode, encode_header, encode_unsigned, oids, tag,
};
use crate::crypto::{Digest, DigestAlgorithm, Hasher};
use crate::sign::validation_data::ValidationData;
use crate::verify::Limits;

oids! {
    /// id-data.
    DATA = 1.2.840.113549.1.7.1;
    SIGNED_DATA = 1.2.840.113549.1.7.2;
}

/// A `SignedData` without the `ContentInfo` around it. Elements of sets are whole, in their order.
#[derive(Clone)]
pub(super) struct SignedData<'a> {
    pub(super) version: u32,
    pub(super) digest_algorithms: Vec<Vec<u8>>,
    /// Contents octets of `eContentType`.
    pub(super) content_type: Vec<u8>,
    /// `None`: detached.
    pub(super) content: Option<Content<'a>>,
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) revocation_data: Vec<Vec<u8>>,
    pub(super) signer_infos: Vec<Vec<u8>>,
}

/// The content, where it stands.
#[derive(Clone, Copy)]
pub(super) struct Content<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) start: u64,
    pub(super) len: u64,
    pub(super) form: Form,
    /// The digest of these octets when they were read first.
    pub(super) seen: Digest,
}

/// What stands there.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Form {
    /// The octets themselves.
    Octets,
    /// An OCTET STRING of any form (X.690 §8.7).
    Encoded,
}

/// Why a `SignedData` could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Reading the content, or writing, failed.
    #[error("reading or writing failed: {0}")]
    Io(#[from] io::Error),
    /// The content is not what it was when it was digested: the signature would not hold.
    #[error("the content changed while it was being signed")]
    ContentChanged,
    /// The signature has more octets than were left for it: certificates or a timestamp of an unusual size.
    #[error("the signature has {needed} octets, and there is room for {room}")]
    NoRoom {
        /// Octets of the signature.
        needed: usize,
        /// Octets that were left for it.
        room: usize,
    },
    /// The timestamp is about something else.
    #[error("the timestamp is about something else")]
    OtherTimestamp,
}

/// Why a file is not one to which a signature can be added.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("too much beside the content")]
    TooLarge,
}

impl From<Asn1Error> for ReadError {
    fn from(error: Asn1Error) -> Self {
        Self::Source(SourceError::Asn1(error))
    }
}

/// No version, identifier or list of algorithms is larger.
const SMALL: usize = 64 * 1024;

impl<'a> SignedData<'a> {
    /// One that nobody signed yet, of `id-data`.
    pub(super) fn new(content: Option<Content<'a>>) -> Self {
        Self {
            version: 1,
            digest_algorithms: Vec::new(),
            content_type: DATA.as_bytes().to_vec(),
            content,
            certificates: Vec::new(),
            revocation_data: Vec::new(),
            signer_infos: Vec::new(),
        }
    }

    /// Reads a `ContentInfo` that fills `source`, and digests its content. Nothing is judged.
    pub(super) fn read(
        source: &'a dyn Source,
        algorithm: DigestAlgorithm,
    ) -> Result<(Self, Option<Digest>), ReadError> {
        let mut cursor = Cursor::new(source, 0);
        let info = enter(&mut cursor, tag::SEQUENCE)?;
        if Reader::new(&cursor.element(SMALL)?).oid()? != SIGNED_DATA {
            return Err(Asn1Error::BadValue("content type").into());
        }
        let explicit = enter(&mut cursor, tag::context_constructed(0))?;
        let own = enter(&mut cursor, tag::SEQUENCE)?;
        let version = Reader::new(&cursor.element(SMALL)?).element()?.small_integer()?;
        let digest_algorithms = members(&Reader::new(&cursor.element(SMALL)?).expect(tag::SET)?.reader()?)?;
        let encapsulated = enter(&mut cursor, tag::SEQUENCE)?;
        let content_type = Reader::new(&cursor.element(SMALL)?).oid()?.as_bytes().to_vec();
        let (content, digest) = if ends_here(encapsulated, &mut cursor)? {
            (None, None)
        } else {
            let wrapped = enter(&mut cursor, tag::context_constructed(0))?;
            let (content, digest) = read_content(source, &mut cursor, algorithm)?;
            leave(wrapped, &mut cursor)?;
            (Some(content), Some(digest))
        };
        leave(encapsulated, &mut cursor)?;
        let start = cursor.position();
        let tail = cursor.rest(Limits::STANDARD.tail_len)?.ok_or(ReadError::TooLarge)?;
        let mut reader = Reader::new(&tail);
        let mut optional = |tag| match reader.optional(tag)? {
            Some(set) => members(&set.reader()?),
            None => Ok(Vec::new()),
        };
        let certificates = optional(tag::context_constructed(0))?;
        let revocation_data = optional(tag::context_constructed(1))?;
        let signer_infos = members(&reader.expect(tag::SET)?.reader()?)?;
        if signer_infos.len() >= Limits::STANDARD.signers || certificates.len() >= Limits::STANDARD.certificates {
            return Err(ReadError::TooLarge);
        }
        let mut end = start + octets_before(&tail, reader.rest());
        for frame in [own, explicit, info] {
            match (frame, reader.rest()) {
                (Some(expected), _) if expected == end => {}
                (None, [0, 0, after @ ..]) => {
                    (reader, end) = (Reader::new(after), end + 2);
                }
                _ => return Err(Asn1Error::BadLength.into()),
            }
        }
        reader.finish()?;
        let read =
            Self { version, digest_algorithms, content_type, content, certificates, revocation_data, signer_infos };
        Ok((read, digest))
    }

    pub(super) fn content_type(&self) -> Oid<'_> {
        Oid::new(&self.content_type)
    }

    /// Adds an `AlgorithmIdentifier` of a digest, unless one of the same algorithm is there.
    pub(super) fn announce(&mut self, algorithm: DigestAlgorithm) {
        let names_it = |known: &Vec<u8>| {
            let oid = Reader::new(known).sequence().and_then(|mut fields| Ok(fields.oid()? == algorithm.oid()));
            oid.unwrap_or(false)
        };
        if !self.digest_algorithms.iter().any(names_it) {
            self.digest_algorithms.push(algorithm.identifier());
        }
    }

    /// Adds certificates that are not there yet.
    pub(super) fn add_certificates(&mut self, certificates: &[Vec<u8>]) {
        for certificate in certificates {
            if !self.certificates.contains(certificate) {
                self.certificates.push(certificate.clone());
            }
        }
    }

    /// Adds validation data that are not there yet (EN 319 122-1 §6.3: in `certificates` and `crls`).
    pub(super) fn add_validation_data(&mut self, data: &ValidationData) {
        self.add_certificates(data.certificates());
        let others: Vec<_> = data.other_revocation_info().collect();
        if !others.is_empty() {
            // RFC 5652 §5.1: another format of revocation data asks for it.
            self.version = 5;
        }
        for item in data.crls().iter().chain(&others) {
            if !self.revocation_data.contains(item) {
                self.revocation_data.push(item.clone());
            }
        }
    }

    /// Puts the members of each set in the order of DER (X.690 §11.6): for one that is new.
    pub(super) fn sort(&mut self) {
        self.digest_algorithms.sort_unstable();
        self.certificates.sort_unstable();
        self.revocation_data.sort_unstable();
        self.signer_infos.sort_unstable();
    }

    /// Writes the `ContentInfo`, with definite lengths; the content streams past and is held against its digest.
    pub(super) fn write(&self, out: &mut dyn Write) -> Result<(), WriteError> {
        let (head, tail) = self.around_content()?;
        out.write_all(&head)?;
        if let Some(content) = &self.content {
            content.copy(out)?;
        }
        out.write_all(&tail)?;
        Ok(())
    }

    /// The octets before and after those of the content.
    fn around_content(&self) -> Result<(Vec<u8>, Vec<u8>), WriteError> {
        let content_type = encode(tag::OID, &self.content_type);
        let optional_set =
            |tag, members: &[Vec<u8>]| if members.is_empty() { Vec::new() } else { encode(tag, &members.concat()) };
        let before = [encode_unsigned(&self.version.to_be_bytes()), encode(tag::SET, &self.digest_algorithms.concat())];
        let tail = [
            optional_set(tag::context_constructed(0), &self.certificates),
            optional_set(tag::context_constructed(1), &self.revocation_data),
            encode(tag::SET, &self.signer_infos.concat()),
        ]
        .concat();
        // From the content outwards: what stands before it, and how long all of it is.
        let mut head = match &self.content {
            Some(Content { form: Form::Octets, len, .. }) => encode_header(tag::OCTET_STRING, whole(*len)?),
            Some(_) | None => Vec::new(),
        };
        let content_len = whole(self.content.as_ref().map_or(0, |content| content.len))?;
        let mut wrap = |tag, before: &[u8], after: usize| {
            let len = before.len().saturating_add(head.len()).saturating_add(content_len).saturating_add(after);
            head = [&encode_header(tag, len), before, &head].concat();
        };
        if self.content.is_some() {
            wrap(tag::context_constructed(0), &[], 0);
        }
        wrap(tag::SEQUENCE, &content_type, 0);
        wrap(tag::SEQUENCE, &before.concat(), tail.len());
        wrap(tag::context_constructed(0), &[], tail.len());
        wrap(tag::SEQUENCE, &encode(tag::OID, SIGNED_DATA.as_bytes()), tail.len());
        Ok((head, tail))
    }
}

impl<'a> Content<'a> {
    /// A whole source, and its digest.
    pub(super) fn of(source: &'a dyn Source, algorithm: DigestAlgorithm) -> Result<Self, SourceError> {
        let mut hasher = Hasher::new(algorithm);
        Cursor::new(source, 0).feed(source.len(), &mut |piece| hasher.update(piece))?;
        Ok(Self { source, start: 0, len: source.len(), form: Form::Octets, seen: hasher.finish() })
    }

    fn copy(&self, out: &mut dyn Write) -> Result<(), WriteError> {
        let mut hasher = Hasher::new(self.seen.algorithm());
        copy(self.source, self.start, self.len, &mut hasher, out)?;
        if hasher.finish() == self.seen { Ok(()) } else { Err(WriteError::ContentChanged) }
    }
}

/// Copies octets, and digests them on the way.
pub(super) fn copy(
    source: &dyn Source,
    start: u64,
    len: u64,
    hasher: &mut Hasher,
    out: &mut dyn Write,
) -> Result<(), WriteError> {
    let mut written = Ok(());
    let read = Cursor::new(source, start).feed(len, &mut |piece| {
        hasher.update(piece);
        if written.is_ok() {
            written = out.write_all(piece);
        }
    });
    read.map_err(|error| match error {
        SourceError::Io(error) => WriteError::Io(error),
        // It ends before it did.
        SourceError::Asn1(_) => WriteError::ContentChanged,
    })?;
    Ok(written?)
}

fn read_content<'a>(
    source: &'a dyn Source,
    cursor: &mut Cursor<'_>,
    algorithm: DigestAlgorithm,
) -> Result<(Content<'a>, Digest), SourceError> {
    let start = cursor.position();
    let mut octets = Hasher::new(algorithm);
    cursor.octet_string(&mut |piece| octets.update(piece))?;
    let len = cursor.position() - start;
    let mut encoded = Hasher::new(algorithm);
    Cursor::new(source, start).feed(len, &mut |piece| encoded.update(piece))?;
    Ok((Content { source, start, len, form: Form::Encoded, seen: encoded.finish() }, octets.finish()))
}

/// The elements of a set, whole.
fn members(set: &Reader<'_>) -> Result<Vec<Vec<u8>>, Asn1Error> {
    let (mut set, mut members) = (*set, Vec::new());
    while !set.is_empty() {
        members.push(set.element()?.raw.to_vec());
    }
    Ok(members)
}

/// Where a structure that was entered ends; `None` for an indefinite length.
fn enter(cursor: &mut Cursor<'_>, expected: u8) -> Result<Option<u64>, SourceError> {
    Ok(match cursor.expect(expected)? {
        Length::Definite(len) => Some(cursor.position().saturating_add(len)),
        Length::Indefinite => None,
    })
}

fn ends_here(frame: Option<u64>, cursor: &mut Cursor<'_>) -> Result<bool, SourceError> {
    match frame {
        Some(end) => Ok(cursor.position() >= end),
        None => cursor.at_end_of_contents(),
    }
}

fn leave(frame: Option<u64>, cursor: &mut Cursor<'_>) -> Result<(), SourceError> {
    let ended = match frame {
        Some(end) => cursor.position() == end,
        None => cursor.end_of_contents()?,
    };
    if ended { Ok(()) } else { Err(Asn1Error::BadLength.into()) }
}

fn octets_before(whole: &[u8], rest: &[u8]) -> u64 {
    u64::try_from(whole.len() - rest.len()).unwrap_or(u64::MAX)
}

fn whole(len: u64) -> Result<usize, WriteError> {
    usize::try_from(len).map_err(|_| WriteError::Io(io::ErrorKind::FileTooLarge.into()))
}
