//! `SignedData` (RFC 5652 §5), read as a stream: the content is digested while it passes, what follows
//! it (certificates, revocation data, signers) is small and is borrowed.

use std::borrow::Cow;

use crate::asn1::{Asn1Error, Cursor, Element, Length, Oid, Reader, Source, SourceError, oids, tag};
use crate::crypto::{Digest, DigestAlgorithm, Hasher};
use crate::verify::signer_info::{SignerInfo, digest_identifier};
use crate::verify::sniff::Looks;
use crate::verify::sniffer::Sniffer;
use crate::verify::{Deadline, Limits};

oids! {
    /// id-data.
    DATA = 1.2.840.113549.1.7.1;
    /// id-signedData.
    SIGNED_DATA = 1.2.840.113549.1.7.2;
    /// id-ct-TSTInfo (RFC 3161).
    TIMESTAMP = 1.2.840.113549.1.9.16.1.4;
}

/// Why octets that begin like CMS could not be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum CmsError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("certificates, revocation data and signers are too large")]
    TailTooLarge,
    #[error("too many signers")]
    TooManySigners,
    #[error("too many certificates")]
    TooManyCertificates,
    #[error("the time allowed is over")]
    TimedOut,
}

impl From<Asn1Error> for CmsError {
    fn from(error: Asn1Error) -> Self {
        Self::Source(SourceError::Asn1(error))
    }
}

/// A `SignedData` whose content has passed by.
pub(super) struct Opened<'s> {
    /// Contents octets of `eContentType`.
    content_type: Vec<u8>,
    pub(super) version: u32,
    /// What `digestAlgorithms` announces, as far as we can compute it.
    announced: Vec<DigestAlgorithm>,
    /// `None` when the signature is detached.
    pub(super) content: Option<Content>,
    tail: Cow<'s, [u8]>,
    /// Where the three structures around the tail end, outermost first, as offsets in the tail.
    ends: [Option<u64>; 3],
}

/// The signed content, and where it stands.
pub(super) struct Content {
    pub(super) digests: Digests,
    pub(super) looks: Looks,
    /// First octets, to recognise what it is.
    pub(super) head: Vec<u8>,
    pub(super) len: u64,
    /// Offset of the OCTET STRING.
    pub(super) start: u64,
    /// Where its octets stand in one piece, if they do.
    pub(super) in_one_piece: Option<(u64, u64)>,
}

/// What follows the content.
pub(super) struct SignedData<'t> {
    pub(super) content_type: Oid<'t>,
    pub(super) version: u32,
    /// The version that the contents ask for (RFC 5652 §5.1).
    pub(super) version_due: u32,
    /// What `digestAlgorithms` announces, as far as we can compute it.
    pub(super) announced: &'t [DigestAlgorithm],
    /// DER (as sent) of each certificate.
    pub(super) certificates: Vec<&'t [u8]>,
    /// Each element of `crls`: a CRL, or another revocation format under its own tag.
    pub(super) revocation_data: Vec<Element<'t>>,
    /// Each `SignerInfo`, read by itself: a broken one does not hide the others.
    pub(super) signer_infos: Vec<Result<SignerInfo<'t>, Asn1Error>>,
    /// What follows the `ContentInfo`.
    pub(super) trailing: &'t [u8],
}

/// Reads a `ContentInfo` with a `SignedData` from the start of `source`.
pub(super) fn open<'s>(
    source: &'s dyn Source,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Opened<'s>, CmsError> {
    let mut cursor = Cursor::new(source, 0);
    let info = Frame::enter(&mut cursor, tag::SEQUENCE)?;
    if element(&cursor.element(SMALL)?)?.oid()? != SIGNED_DATA {
        return Err(Asn1Error::BadValue("content type").into());
    }
    let explicit = Frame::enter(&mut cursor, tag::context_constructed(0))?;
    let signed_data = Frame::enter(&mut cursor, tag::SEQUENCE)?;
    let version = element(&cursor.element(SMALL)?)?.small_integer()?;
    let announced = announced_digests(&cursor.element(SMALL)?)?;
    let encapsulated = Frame::enter(&mut cursor, tag::SEQUENCE)?;
    let content_type = element(&cursor.element(SMALL)?)?.oid()?.as_bytes().to_vec();
    let content = if encapsulated.ends_here(&mut cursor)? {
        None
    } else {
        let explicit = Frame::enter(&mut cursor, tag::context_constructed(0))?;
        let content = read_content(source, &mut cursor, &announced, deadline)?;
        explicit.leave(&mut cursor)?;
        Some(content)
    };
    encapsulated.leave(&mut cursor)?;
    let start = cursor.position();
    let ends = [info, explicit, signed_data].map(|frame| frame.end.map(|end| end.saturating_sub(start)));
    let tail = cursor.rest(limits.tail_len)?.ok_or(CmsError::TailTooLarge)?;
    Ok(Opened { content_type, version, announced, content, tail, ends })
}

impl Opened<'_> {
    /// Reads certificates, revocation data and signers.
    pub(super) fn signed_data(&self, limits: &Limits) -> Result<SignedData<'_>, CmsError> {
        let [info_end, explicit_end, end] = self.ends;
        let (inside, after) = match end {
            Some(end) => split(&self.tail, end)?,
            None => split_at_end_of_contents(&self.tail)?,
        };
        let mut reader = Reader::new(inside);
        let (certificates, bag_version) = match reader.optional(tag::context_constructed(0))? {
            Some(set) => certificates(set.reader()?, limits)?,
            None => (Vec::new(), 1),
        };
        let revocation_data = match reader.optional(tag::context_constructed(1))? {
            Some(set) => elements(set.reader()?, usize::MAX).map_err(|_| Asn1Error::BadValue("crls"))?,
            None => Vec::new(),
        };
        let signers = reader.expect(tag::SET)?.reader()?;
        reader.finish()?;
        let signer_infos = elements(signers, limits.signers).map_err(|many| match many {
            Some(error) => error.into(),
            None => CmsError::TooManySigners,
        })?;
        let trailing = leave(leave(after, explicit_end, self.tail.len())?, info_end, self.tail.len())?;
        let content_type = Oid::from_contents(&self.content_type)?;
        let signer_infos: Vec<_> = signer_infos.iter().map(SignerInfo::read).collect();
        let other_revocation_data = revocation_data.iter().any(|choice| choice.tag != tag::SEQUENCE);
        let by_key_id = signer_infos.iter().flatten().any(|info| info.version_due() == 3);
        let version_due = match (other_revocation_data, content_type != DATA || by_key_id) {
            (true, _) => 5,
            (false, true) => bag_version.max(3),
            (false, false) => bag_version,
        };
        Ok(SignedData {
            content_type,
            version: self.version,
            version_due,
            announced: &self.announced,
            certificates,
            revocation_data,
            signer_infos,
            trailing,
        })
    }

    /// Digests the content once more, with algorithms that `digestAlgorithms` did not announce.
    pub(super) fn digest_again(
        &self,
        source: &dyn Source,
        algorithms: &[DigestAlgorithm],
        deadline: &dyn Deadline,
    ) -> Result<Digests, CmsError> {
        let Some(content) = &self.content else { return Ok(Digests::default()) };
        let mut digesting = Digesting::new(algorithms, deadline);
        Cursor::new(source, content.start).octet_string(&mut |piece| digesting.update(piece, &mut |_| {}))?;
        digesting.finish()
    }
}

/// An element larger than this is no version, identifier or list of algorithms.
const SMALL: usize = 64 * 1024;

fn element(raw: &[u8]) -> Result<Element<'_>, Asn1Error> {
    Reader::new(raw).element()
}

/// Reads `DigestAlgorithmIdentifiers`; unknown ones are left out, and so is all beyond the eighth.
fn announced_digests(raw: &[u8]) -> Result<Vec<DigestAlgorithm>, Asn1Error> {
    let mut set = Reader::new(raw).expect(tag::SET)?.reader()?;
    let mut announced = Vec::with_capacity(2);
    while !set.is_empty() {
        if let (_, Some(algorithm)) = digest_identifier(set.sequence()?)?
            && !announced.contains(&algorithm)
            && announced.len() < 8
        {
            announced.push(algorithm);
        }
    }
    Ok(announced)
}

fn read_content(
    source: &dyn Source,
    cursor: &mut Cursor<'_>,
    announced: &[DigestAlgorithm],
    deadline: &dyn Deadline,
) -> Result<Content, CmsError> {
    // SHA-256 names the content in the report, whoever announces it.
    let mut algorithms = announced.to_vec();
    if !algorithms.contains(&DigestAlgorithm::Sha256) {
        algorithms.push(DigestAlgorithm::Sha256);
    }
    let start = cursor.position();
    let in_one_piece = match Cursor::new(source, start).header()? {
        header if header.tag == tag::OCTET_STRING => match header.length {
            Length::Definite(len) => Some(len),
            Length::Indefinite => None,
        },
        _ => None,
    };
    let mut digesting = Digesting::new(&algorithms, deadline);
    let mut sniffer = Sniffer::default();
    let len = cursor.octet_string(&mut |piece| digesting.update(piece, &mut |block| sniffer.update(block)))?;
    let digests = digesting.finish()?;
    let (looks, head) = sniffer.finish();
    let in_one_piece = in_one_piece.map(|len| (cursor.position() - len, len));
    Ok(Content { digests, looks, head, len, start, in_one_piece })
}

/// Small enough to stay in the processor's cache while several digests pass over it.
const BLOCK: usize = 64 * 1024;

/// The certificates of a `CertificateSet`, and the version that its choices ask for (RFC 5652 §5.1).
fn certificates<'t>(mut set: Reader<'t>, limits: &Limits) -> Result<(Vec<&'t [u8]>, u32), CmsError> {
    const V1_ATTRIBUTE: u8 = tag::context_constructed(1);
    const V2_ATTRIBUTE: u8 = tag::context_constructed(2);
    const OTHER: u8 = tag::context_constructed(3);
    let (mut certificates, mut version) = (Vec::new(), 1);
    while !set.is_empty() {
        let choice = set.element()?;
        // The other choices (RFC 5652 §10.2.2) are attribute and PKCS#6 certificates: they identify nobody.
        if choice.tag != tag::SEQUENCE {
            version = version.max(match choice.tag {
                V1_ATTRIBUTE => 3,
                V2_ATTRIBUTE => 4,
                OTHER => 5,
                _ => 1,
            });
            continue;
        }
        if certificates.len() >= limits.certificates {
            return Err(CmsError::TooManyCertificates);
        }
        certificates.push(choice.raw);
    }
    Ok((certificates, version))
}

/// Collects the elements of a set; the error is `None` when there are more than `limit`.
fn elements(mut set: Reader<'_>, limit: usize) -> Result<Vec<Element<'_>>, Option<Asn1Error>> {
    let mut elements = Vec::new();
    while !set.is_empty() {
        if elements.len() >= limit {
            return Err(None);
        }
        elements.push(set.element()?);
    }
    Ok(elements)
}

fn split(octets: &[u8], at: u64) -> Result<(&[u8], &[u8]), Asn1Error> {
    let at = usize::try_from(at).map_err(|_| Asn1Error::BadLength)?;
    octets.split_at_checked(at).ok_or(Asn1Error::Truncated)
}

fn split_at_end_of_contents(octets: &[u8]) -> Result<(&[u8], &[u8]), Asn1Error> {
    let mut reader = Reader::new(octets);
    loop {
        let rest = reader.rest();
        if let [0, 0, after @ ..] = rest {
            let inside = octets.get(..octets.len() - rest.len()).ok_or(Asn1Error::Truncated)?;
            return Ok((inside, after));
        }
        reader.element()?;
    }
}

/// Leaves a structure around the tail: its end-of-contents octets come next, or its definite length ends here.
fn leave(rest: &[u8], end: Option<u64>, tail_len: usize) -> Result<&[u8], Asn1Error> {
    match (end, rest) {
        (None, [0, 0, after @ ..]) => Ok(after),
        (None, _) => Err(Asn1Error::Truncated),
        (Some(end), rest) if usize::try_from(end) == Ok(tail_len - rest.len()) => Ok(rest),
        (Some(_), _) => Err(Asn1Error::BadLength),
    }
}

/// A constructed element of the stream that has been entered.
struct Frame {
    /// Offset of its end; `None` for an indefinite length.
    end: Option<u64>,
}

impl Frame {
    fn enter(cursor: &mut Cursor<'_>, expected: u8) -> Result<Self, SourceError> {
        let length = cursor.expect(expected)?;
        Ok(Self {
            end: match length {
                Length::Definite(len) => Some(cursor.position().saturating_add(len)),
                Length::Indefinite => None,
            },
        })
    }

    fn ends_here(&self, cursor: &mut Cursor<'_>) -> Result<bool, SourceError> {
        match self.end {
            Some(end) => Ok(cursor.position() >= end),
            None => cursor.at_end_of_contents(),
        }
    }

    fn leave(&self, cursor: &mut Cursor<'_>) -> Result<(), SourceError> {
        let ended = match self.end {
            Some(end) => cursor.position() == end,
            None => cursor.end_of_contents()?,
        };
        if ended { Ok(()) } else { Err(Asn1Error::BadLength.into()) }
    }
}

/// Several digests of one content.
#[derive(Clone, Debug, Default)]
pub(super) struct Digests(Vec<Digest>);

impl Digests {
    /// Digests a whole source.
    pub(super) fn of(
        source: &dyn Source,
        algorithms: &[DigestAlgorithm],
        deadline: &dyn Deadline,
    ) -> Result<Self, CmsError> {
        let mut digesting = Digesting::new(algorithms, deadline);
        Cursor::new(source, 0).feed(source.len(), &mut |piece| digesting.update(piece, &mut |_| {}))?;
        digesting.finish()
    }

    /// Digests a whole source and looks at it, in one pass: a detached content, or a file that is no envelope.
    pub(super) fn and_looks(
        source: &dyn Source,
        algorithms: &[DigestAlgorithm],
        deadline: &dyn Deadline,
    ) -> Result<(Self, Looks), CmsError> {
        let mut digesting = Digesting::new(algorithms, deadline);
        let mut sniffer = Sniffer::default();
        let mut sniff = |block: &[u8]| sniffer.update(block);
        Cursor::new(source, 0).feed(source.len(), &mut |piece| digesting.update(piece, &mut sniff))?;
        Ok((digesting.finish()?, sniffer.finish().0))
    }

    pub(super) fn get(&self, algorithm: DigestAlgorithm) -> Option<&Digest> {
        self.0.iter().find(|digest| digest.algorithm() == algorithm)
    }

    /// Digests of no octets at all.
    pub(super) fn of_nothing(algorithms: &[DigestAlgorithm]) -> Self {
        algorithms.iter().map(|algorithm| algorithm.digest(&[])).collect()
    }

    /// Adds other digests of the same content.
    pub(super) fn join(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// SHA-256 in hexadecimal.
    pub(super) fn sha256_hex(&self) -> String {
        self.get(DigestAlgorithm::Sha256).map(Digest::to_hex).unwrap_or_default()
    }
}

impl FromIterator<Digest> for Digests {
    fn from_iter<I: IntoIterator<Item = Digest>>(digests: I) -> Self {
        Self(digests.into_iter().collect())
    }
}

/// Several digests being computed, until the time allowed is over.
struct Digesting<'d> {
    hashers: Vec<Hasher>,
    deadline: &'d dyn Deadline,
    timed_out: bool,
}

impl<'d> Digesting<'d> {
    fn new(algorithms: &[DigestAlgorithm], deadline: &'d dyn Deadline) -> Self {
        let hashers = algorithms.iter().map(|algorithm| Hasher::new(*algorithm)).collect();
        Self { hashers, deadline, timed_out: false }
    }

    /// Adds octets, block by block, and shows each block to `also`.
    fn update(&mut self, piece: &[u8], also: &mut dyn FnMut(&[u8])) {
        for block in piece.chunks(BLOCK) {
            self.timed_out = self.timed_out || self.deadline.passed();
            if self.timed_out {
                return;
            }
            for hasher in &mut self.hashers {
                hasher.update(block);
            }
            also(block);
        }
    }

    fn finish(self) -> Result<Digests, CmsError> {
        if self.timed_out {
            return Err(CmsError::TimedOut);
        }
        Ok(Digests(self.hashers.into_iter().map(Hasher::finish).collect()))
    }
}
