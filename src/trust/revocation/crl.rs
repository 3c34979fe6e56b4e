//! A certificate revocation list, read in one pass from memory or from a stream (RFC 5280 §5).

use std::fmt;

use time::UtcDateTime;

use crate::asn1::{Asn1Error, Source, SourceError, tag};
use crate::crypto::{AlgorithmError, Digest, PublicKey, SignatureInvalid, SignatureScheme};
use crate::trust::revocation::crl_extensions::{CrlExtensions, ISSUING_DISTRIBUTION_POINT};
use crate::trust::revocation::entries::{Entries, EntryExtensions, EntryReader, note};
use crate::trust::revocation::input::{Input, Signed, Tbs, whole};
use crate::trust::revocation::tried::Tried;
use crate::trust::revocation::{CrlNumber, Entry, IssuingDistributionPoint};
use crate::trust::{DistributionPoint, Name, ObjectId};

/// A certificate revocation list (RFC 5280 §5.1), without its octets: head, extensions, and a sorted index of
/// what it lists. Reading proves nothing; [`Crl::verify`] does, for one key.
pub struct Crl {
    issuer: Name,
    this_update: UtcDateTime,
    next_update: Option<UtcDateTime>,
    extensions: CrlExtensions,
    entries: Entries,
    unknown_critical: Vec<ObjectId>,
    scheme: Result<SignatureScheme, AlgorithmError>,
    signed: Signed,
    signature_value: Box<[u8]>,
    sha256: Digest,
    tried: Tried,
}

/// Why bytes are not a CRL that we can read.
#[derive(Debug, thiserror::Error)]
pub enum CrlError {
    /// The source failed, or what it holds is not the structure of RFC 5280 §5.1 in DER.
    #[error("not a CRL: {0}")]
    Source(#[from] SourceError),
    /// More octets than [`Crl::MAX_LEN`].
    #[error("the CRL is larger than {} octets", Crl::MAX_LEN)]
    TooLarge,
    /// More than 5,000,000 entries, or more than 10,000 certificate issuers.
    #[error("the CRL has too many entries")]
    TooManyEntries,
    /// One entry of more than 16 KiB.
    #[error("an entry of the CRL is too long")]
    EntryTooLong,
    /// A serial number of more than 48 octets.
    #[error("a serial number in the CRL is too long")]
    SerialTooLong,
    /// A field of the head, or the extensions, of more than 256 KiB.
    #[error("a field of the CRL is too long")]
    FieldTooLong,
    /// Neither version 1 nor 2.
    #[error("unknown CRL version")]
    Version,
    /// Extensions in a CRL of version 1 (RFC 5280 §5.1.2.1).
    #[error("a CRL of version 1 has extensions")]
    ExtensionsInVersion1,
    /// One extension twice (RFC 5280 §5.2, §4.2).
    #[error("extension {0} occurs twice in the CRL")]
    RepeatedExtension(ObjectId),
    /// `signature` and `signatureAlgorithm` differ (RFC 5280 §5.1.1.2).
    #[error("the two signature algorithm fields of the CRL differ")]
    AlgorithmMismatch,
}

impl From<Asn1Error> for CrlError {
    fn from(error: Asn1Error) -> Self {
        Self::Source(error.into())
    }
}

impl Crl {
    /// The most octets of a CRL that we read.
    pub const MAX_LEN: u64 = 256 * 1024 * 1024;

    /// Reads a DER CRL that fills `der`. The signature is not checked.
    pub fn from_der(der: &[u8]) -> Result<Self, CrlError> {
        Self::from_source(&der)
    }

    /// Reads a DER CRL that fills `source`, in one pass. The signature is not checked.
    pub fn from_source(source: &dyn Source) -> Result<Self, CrlError> {
        if source.len() > Self::MAX_LEN {
            return Err(CrlError::TooLarge);
        }
        let mut input = Input::new(source);
        let crl_end = input.open(tag::SEQUENCE)?;
        input.tbs = Tbs::Kept(Vec::new());
        let tbs_end = input.open(tag::SEQUENCE)?;

        let entry_extensions = version(&mut input)?;
        let algorithm = input.field(tag::SEQUENCE)?;
        let scheme = SignatureScheme::from_identifier(&whole(&algorithm)?);
        input.hash_tbs(scheme.as_ref().ok().and_then(|scheme| scheme.digest()));
        let issuer = Name::from_der(&input.field(tag::SEQUENCE)?)?;
        let this_update = whole(&input.any_field()?)?.time()?;
        let next_update = match input.next_tag(tbs_end)? {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(whole(&input.any_field()?)?.time()?),
            _ => None,
        };
        let (entries, mut unknown_critical) =
            entries(&mut input, tbs_end, EntryReader::new(&issuer, entry_extensions))?;
        let extensions = match input.next_tag(tbs_end)? {
            Some(_) if entry_extensions == EntryExtensions::Forbidden => return Err(CrlError::ExtensionsInVersion1),
            Some(_) => {
                let field = input.field(tag::context_constructed(0))?;
                let mut explicit = whole(&field)?.reader()?;
                let list = explicit.sequence()?;
                explicit.finish()?;
                CrlExtensions::read(list, &mut unknown_critical)?
            }
            None => CrlExtensions::default(),
        };
        input.close(tbs_end)?;
        let signed = std::mem::replace(&mut input.tbs, Tbs::Outside).finish();
        if input.field(tag::SEQUENCE)? != algorithm {
            return Err(CrlError::AlgorithmMismatch);
        }
        let signature_value = whole(&input.field(tag::BIT_STRING)?)?.bit_octets()?.into();
        input.close(crl_end)?;
        input.close(source.len())?;
        // RFC 5280 §5.3.3: an entry of another issuer in a CRL that does not say it is indirect is ambiguous.
        if entries.has_other_issuers() && !extensions.is_indirect() {
            note(&mut unknown_critical, ISSUING_DISTRIBUTION_POINT);
        }
        let sha256 = input.sha256.finish();
        let tried = Tried::default();
        Ok(Self {
            issuer,
            this_update,
            next_update,
            extensions,
            entries,
            unknown_critical,
            scheme,
            signed,
            signature_value,
            sha256,
            tried,
        })
    }

    /// Who issued it.
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When it was issued.
    pub const fn this_update(&self) -> UtcDateTime {
        self.this_update
    }

    /// By when the next one will be issued.
    pub const fn next_update(&self) -> Option<UtcDateTime> {
        self.next_update
    }

    /// Its number, where it has one.
    pub const fn number(&self) -> Option<&CrlNumber> {
        self.extensions.number.as_ref()
    }

    /// For a delta CRL: the number of the oldest complete CRL that it can be added to (RFC 5280 §5.2.4).
    pub const fn delta_base(&self) -> Option<&CrlNumber> {
        self.extensions.delta_base.as_ref()
    }

    /// What it covers, where it says so.
    pub const fn issuing_distribution_point(&self) -> Option<&IssuingDistributionPoint> {
        match &self.extensions.issuing_distribution_point {
            Some((point, _)) => Some(point),
            None => None,
        }
    }

    /// The `authorityKeyIdentifier` as encoded (RFC 5280 §5.2.1).
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.extensions.authority_key_id.as_deref()
    }

    /// Revoked certificates that expired after this time are still listed (X.509 §9.5.2.10); without it, an expired
    /// certificate may be missing though it was revoked.
    pub const fn expired_certs_on_crl(&self) -> Option<UtcDateTime> {
        self.extensions.expired_certs_on_crl
    }

    /// Where its delta CRLs are (RFC 5280 §5.2.6).
    pub fn freshest_crl(&self) -> &[DistributionPoint] {
        &self.extensions.freshest_crl
    }

    /// Critical extensions, of the CRL or of any entry, that we do not process: such a CRL must not be used
    /// (RFC 5280 §5.2, §5.3).
    pub fn unknown_critical_extensions(&self) -> &[ObjectId] {
        &self.unknown_critical
    }

    /// Number of entries.
    pub const fn len(&self) -> u32 {
        self.entries.len()
    }

    /// Whether it lists nothing.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it says of the certificate with this issuer and serial number (two's-complement octets). Neither scope
    /// nor time are considered.
    pub fn find(&self, certificate_issuer: &Name, serial: &[u8]) -> Option<Entry> {
        let other = Some(certificate_issuer).filter(|name| **name != self.issuer);
        self.entries.find(other, serial)
    }

    /// How it was signed.
    pub const fn signature_scheme(&self) -> Result<SignatureScheme, &AlgorithmError> {
        match &self.scheme {
            Ok(scheme) => Ok(*scheme),
            Err(error) => Err(error),
        }
    }

    /// SHA-256 of the whole CRL.
    pub const fn sha256(&self) -> &Digest {
        &self.sha256
    }

    /// Verifies its signature under `key`; what came of it is kept. Whether the key may sign CRLs is not judged.
    pub fn verify(&self, key: &PublicKey) -> Result<(), SignatureInvalid> {
        self.tried.verify(key, || self.verify_now(key))
    }

    fn verify_now(&self, key: &PublicKey) -> Result<(), SignatureInvalid> {
        let scheme = self.signature_scheme().map_err(|_| SignatureInvalid)?;
        match &self.signed {
            Signed::Digest(digest) => key.verify_digest(digest, scheme, &self.signature_value),
            Signed::Message(tbs) => key.verify(tbs, scheme, &self.signature_value),
            Signed::Unknown => Err(SignatureInvalid),
        }
    }

    /// The `issuingDistributionPoint` as encoded: CRLs with the same one have the same scope (RFC 5280 §5.2.4).
    pub(super) fn scope(&self) -> Option<&[u8]> {
        self.extensions.issuing_distribution_point.as_ref().map(|(_, encoded)| encoded.as_ref())
    }
}

/// Numbers only: who is listed is nobody's business.
impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({:?}, {} entries, issued {})", self.sha256, self.len(), self.this_update)
    }
}

fn version(input: &mut Input<'_>) -> Result<EntryExtensions, CrlError> {
    if input.cursor.peek_tag()? != Some(tag::INTEGER) {
        return Ok(EntryExtensions::Forbidden);
    }
    match whole(&input.field(tag::INTEGER)?)?.small_integer()? {
        0 => Ok(EntryExtensions::Forbidden),
        1 => Ok(EntryExtensions::Allowed),
        _ => Err(CrlError::Version),
    }
}

fn entries(
    input: &mut Input<'_>,
    tbs_end: u64,
    mut reader: EntryReader<'_>,
) -> Result<(Entries, Vec<ObjectId>), CrlError> {
    if input.next_tag(tbs_end)? == Some(tag::SEQUENCE) {
        let end = input.open(tag::SEQUENCE)?;
        input.contents(end, tbs_end, &mut |piece| reader.push(piece))?;
    }
    let unknown_critical = std::mem::take(&mut reader.unknown_critical);
    Ok((reader.finish()?, unknown_critical))
}
