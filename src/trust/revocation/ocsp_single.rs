//! What an OCSP response says of one certificate (RFC 6960 §4.2.1, `SingleResponse`).

use time::UtcDateTime;

use crate::asn1::{Asn1Error, Element, Oid, Reader, oids, tag};
use crate::crypto::DigestAlgorithm;
use crate::trust::revocation::entries::note;
use crate::trust::revocation::index::shortest;
use crate::trust::revocation::input::whole;
use crate::trust::revocation::ocsp::{NONCE, extensions, inside};
use crate::trust::revocation::{Entry, OcspError, Reason};
use crate::trust::{Certificate, Name, ObjectId};

/// An answer on one certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SingleResponse {
    /// On which.
    pub certificate: CertId,
    /// The answer.
    pub status: CertStatus,
    /// When it was known to be correct.
    pub this_update: UtcDateTime,
    /// By when newer information will be there; `None`: newer information is there at any time.
    pub next_update: Option<UtcDateTime>,
    /// The responder still answers for certificates that expired after this time (§4.4.4).
    pub archive_cutoff: Option<UtcDateTime>,
    /// Critical extensions that we do not process: the answer must not be used (§4.4).
    pub unknown_critical: Vec<ObjectId>,
    /// The digest of the certificate, where the responder gives it.
    certificate_hash: Option<Hash>,
}

/// A digest, and how it is made; `None` for an algorithm that proves nothing.
type Hash = (Option<DigestAlgorithm>, Box<[u8]>);

/// The certificate that an answer is about (§4.1.1): its serial number, and digests of name and key of its issuer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertId {
    digest: Option<DigestAlgorithm>,
    issuer_name_hash: Box<[u8]>,
    issuer_key_hash: Box<[u8]>,
    serial: Box<[u8]>,
}

/// The status of a certificate, as the responder says (§2.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CertStatus {
    /// Not revoked. It need not have been issued.
    Good,
    /// Revoked or suspended.
    Revoked(Entry),
    /// The responder does not know it.
    Unknown,
}

impl SingleResponse {
    pub(super) fn read(mut fields: Reader<'_>) -> Result<Self, OcspError> {
        let certificate = CertId::read(fields.sequence()?)?;
        let status = status(&fields.element()?)?;
        let this_update = fields.expect(tag::GENERALIZED_TIME)?.time()?;
        let next_update = match fields.optional(tag::context_constructed(0))? {
            Some(explicit) => Some(generalized_time(&inside(&explicit)?)?),
            None => None,
        };
        let mut single = Self {
            certificate,
            status,
            this_update,
            next_update,
            archive_cutoff: None,
            unknown_critical: Vec::new(),
            certificate_hash: None,
        };
        if let Some(explicit) = fields.optional(tag::context_constructed(1))? {
            for extension in extensions(&explicit)? {
                single.read_extension(extension.oid, extension.critical, extension.value)?;
            }
        }
        fields.finish()?;
        Ok(single)
    }

    fn read_extension(&mut self, oid: Oid<'_>, critical: bool, value: &[u8]) -> Result<(), Asn1Error> {
        match oid {
            ARCHIVE_CUTOFF => self.archive_cutoff = Some(generalized_time(&whole(value)?)?),
            // §4.4.5: extensions of CRL entries. The reason stands in the status as well.
            INVALIDITY_DATE => {
                let date = generalized_time(&whole(value)?)?;
                if let CertStatus::Revoked(entry) = &mut self.status {
                    entry.invalidity_date = Some(date);
                }
            }
            CERTIFICATE_HASH => {
                let mut fields = whole(value)?.reader()?;
                let digest = digest(fields.sequence()?)?;
                self.certificate_hash = Some((digest, fields.expect(tag::OCTET_STRING)?.value.into()));
                fields.finish()?;
            }
            // A nonce belongs to the whole response; one Bulgarian authority writes it here, too, and critical.
            CRL_REFERENCES | REASON_CODE | SERVICE_LOCATOR | NONCE => {}
            other if critical => note(&mut self.unknown_critical, other),
            _ => {}
        }
        Ok(())
    }

    /// Whether it is about a certificate of this serial number (two's-complement octets).
    pub fn has_serial(&self, serial: &[u8]) -> bool {
        *self.certificate.serial == *shortest(serial)
    }

    /// Whether it is about `certificate`, whose issuer has this key, and writes its name in one of these ways.
    pub(super) fn is_about(&self, certificate: &Certificate, issuer_names: &[&Name], issuer_spki: &[u8]) -> bool {
        let id = &self.certificate;
        let (Some(digest), Some(key)) = (id.digest, key_bits(issuer_spki)) else { return false };
        let same_certificate = match &self.certificate_hash {
            Some((Some(digest), hash)) => digest.digest(certificate.der()).matches(hash),
            Some((None, _)) | None => true,
        };
        self.has_serial(certificate.serial())
            && digest.digest(key).matches(&id.issuer_key_hash)
            && issuer_names.iter().any(|name| digest.digest(name.der()).matches(&id.issuer_name_hash))
            && same_certificate
    }
}

impl CertId {
    fn read(mut fields: Reader<'_>) -> Result<Self, Asn1Error> {
        let digest = digest(fields.sequence()?)?;
        let issuer_name_hash = fields.expect(tag::OCTET_STRING)?.value.into();
        let issuer_key_hash = fields.expect(tag::OCTET_STRING)?.value.into();
        let serial = fields.expect(tag::INTEGER)?.value;
        fields.finish()?;
        if serial.is_empty() {
            return Err(Asn1Error::BadValue("INTEGER"));
        }
        Ok(Self { digest, issuer_name_hash, issuer_key_hash, serial: shortest(serial).into() })
    }

    /// The serial number, in its shortest form.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }
}

/// Reads the `AlgorithmIdentifier` of a digest: SHA-1, which everybody uses and which only names here, or of SHA-2.
fn digest(mut identifier: Reader<'_>) -> Result<Option<DigestAlgorithm>, Asn1Error> {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    let oid = identifier.oid()?;
    Ok(DigestAlgorithm::from_oid(oid).filter(|digest| matches!(digest, Sha1 | Sha256 | Sha384 | Sha512)))
}

fn status(element: &Element<'_>) -> Result<CertStatus, Asn1Error> {
    const GOOD: u8 = tag::context(0);
    const REVOKED: u8 = tag::context_constructed(1);
    const UNKNOWN: u8 = tag::context(2);
    match (element.tag, element.value) {
        (GOOD, []) => Ok(CertStatus::Good),
        (UNKNOWN, []) => Ok(CertStatus::Unknown),
        (REVOKED, _) => {
            let mut fields = element.reader()?;
            let revocation_date = fields.expect(tag::GENERALIZED_TIME)?.time()?;
            let reason = match fields.optional(tag::context_constructed(0))? {
                Some(explicit) => reason(&inside(&explicit)?)?,
                None => Reason::Unspecified,
            };
            fields.finish()?;
            Ok(CertStatus::Revoked(Entry { revocation_date, reason, invalidity_date: None }))
        }
        _ => Err(Asn1Error::BadValue("CertStatus")),
    }
}

fn reason(element: &Element<'_>) -> Result<Reason, Asn1Error> {
    element.expect(tag::ENUMERATED)?;
    match element.value {
        [code] => Ok(Reason::from_code(*code)),
        _ => Err(Asn1Error::BadValue("CRLReason")),
    }
}

fn generalized_time(element: &Element<'_>) -> Result<UtcDateTime, Asn1Error> {
    element.expect(tag::GENERALIZED_TIME)?;
    element.time()
}

/// What is hashed of a key: the value of `subjectPublicKey`, without its tag, length and count of unused bits (§4.1.1).
pub(super) fn key_bits(spki: &[u8]) -> Option<&[u8]> {
    let mut fields = whole(spki).ok()?.reader().ok()?;
    fields.sequence().ok()?;
    fields.expect(tag::BIT_STRING).ok()?.bit_octets().ok()
}

oids! {
    REASON_CODE = 2.5.29.21;
    INVALIDITY_DATE = 2.5.29.24;
    CRL_REFERENCES = 1.3.6.1.5.5.7.48.1.3;
    ARCHIVE_CUTOFF = 1.3.6.1.5.5.7.48.1.6;
    SERVICE_LOCATOR = 1.3.6.1.5.5.7.48.1.7;
    /// Of Common PKI, in use in Germany and Austria.
    CERTIFICATE_HASH = 1.3.36.8.3.13;
}
