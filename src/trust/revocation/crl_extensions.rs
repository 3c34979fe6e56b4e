//! The extensions of a CRL (RFC 5280 §5.2).

use std::fmt;

use time::UtcDateTime;

use crate::asn1::{Asn1Error, Reader, oids, tag};
use crate::trust::revocation::CrlError;
use crate::trust::revocation::entries::{Extension, note};
use crate::trust::revocation::input::whole;
use crate::trust::{DistributionPoint, DistributionPointName, ObjectId, ReasonFlags};

/// The number of a CRL (RFC 5280 §5.2.3): a non-negative integer of up to 20 octets, here without leading zeros.
#[derive(Clone, Eq, PartialEq)]
pub struct CrlNumber(Box<[u8]>);

/// What a CRL covers (RFC 5280 §5.2.5).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuingDistributionPoint {
    /// The names of this CRL.
    pub name: Option<DistributionPointName>,
    /// Which certificates.
    pub covers: Covers,
    /// The reasons it covers; `None`: all.
    pub only_some_reasons: Option<ReasonFlags>,
    /// Whether it may list certificates of other issuers.
    pub indirect: bool,
}

/// Which certificates of its issuer a CRL covers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Covers {
    /// All.
    All,
    /// Those of end entities.
    UserCertificates,
    /// Those of CAs.
    CaCertificates,
    /// Attribute certificates, which we do not use.
    AttributeCertificates,
    /// More than one of the three, which no certificate can satisfy.
    Nothing,
}

/// What the extensions say.
#[derive(Default)]
pub(super) struct CrlExtensions {
    pub(super) number: Option<CrlNumber>,
    pub(super) delta_base: Option<CrlNumber>,
    pub(super) issuing_distribution_point: Option<(IssuingDistributionPoint, Box<[u8]>)>,
    pub(super) authority_key_id: Option<Box<[u8]>>,
    pub(super) expired_certs_on_crl: Option<UtcDateTime>,
    pub(super) freshest_crl: Vec<DistributionPoint>,
}

impl CrlExtensions {
    pub(super) fn read(mut list: Reader<'_>, unknown_critical: &mut Vec<ObjectId>) -> Result<Self, CrlError> {
        let mut extensions = Self::default();
        let mut seen = Vec::new();
        while !list.is_empty() {
            let extension = Extension::read(&mut list)?;
            if seen.contains(&extension.oid) {
                return Err(CrlError::RepeatedExtension(extension.oid.into()));
            }
            if seen.len() >= MAX_EXTENSIONS {
                return Err(CrlError::FieldTooLong);
            }
            seen.push(extension.oid);
            extensions.read_one(&extension, unknown_critical)?;
        }
        Ok(extensions)
    }

    fn read_one(&mut self, extension: &Extension<'_>, unknown: &mut Vec<ObjectId>) -> Result<(), Asn1Error> {
        let value = extension.value;
        match extension.oid {
            CRL_NUMBER => self.number = Some(CrlNumber::read(value)?),
            DELTA_CRL_INDICATOR => self.delta_base = Some(CrlNumber::read(value)?),
            ISSUING_DISTRIBUTION_POINT => {
                let point = IssuingDistributionPoint::read(whole(value)?.reader()?)?;
                self.issuing_distribution_point = Some((point, value.into()));
            }
            AUTHORITY_KEY_ID => self.authority_key_id = Some(whole(value)?.raw.into()),
            EXPIRED_CERTS_ON_CRL => self.expired_certs_on_crl = Some(whole(value)?.time()?),
            FRESHEST_CRL => self.freshest_crl = DistributionPoint::read_all(whole(value)?.reader()?)?,
            ISSUER_ALT_NAME | AUTHORITY_INFO_ACCESS => {}
            other if extension.critical => note(unknown, other),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn is_indirect(&self) -> bool {
        self.issuing_distribution_point.as_ref().is_some_and(|(point, _)| point.indirect)
    }
}

impl IssuingDistributionPoint {
    fn read(mut fields: Reader<'_>) -> Result<Self, Asn1Error> {
        let name = match fields.optional(tag::context_constructed(0))? {
            Some(explicit) => Some(DistributionPointName::from_explicit(explicit.reader()?)?),
            None => None,
        };
        let only_users = flag(&mut fields, 1)?;
        let only_cas = flag(&mut fields, 2)?;
        let reasons = fields.optional(tag::context(3))?;
        let only_some_reasons = reasons.map(|bits| ReasonFlags::from_bits(&bits)).transpose()?;
        let indirect = flag(&mut fields, 4)?;
        let only_attributes = flag(&mut fields, 5)?;
        fields.finish()?;
        let covers = match (only_users, only_cas, only_attributes) {
            (false, false, false) => Covers::All,
            (true, false, false) => Covers::UserCertificates,
            (false, true, false) => Covers::CaCertificates,
            (false, false, true) => Covers::AttributeCertificates,
            _ => Covers::Nothing,
        };
        Ok(Self { name, covers, only_some_reasons, indirect })
    }
}

fn flag(fields: &mut Reader<'_>, number: u8) -> Result<bool, Asn1Error> {
    match fields.optional(tag::context(number))?.map(|flag| flag.value) {
        None => Ok(false),
        Some([octet]) => Ok(*octet != 0),
        Some(_) => Err(Asn1Error::BadValue("BOOLEAN")),
    }
}

impl CrlNumber {
    fn read(value: &[u8]) -> Result<Self, Asn1Error> {
        let mut reader = Reader::new(value);
        let octets = reader.element()?.integer()?;
        reader.finish()?;
        match octets {
            [first, ..] if *first & 0x80 != 0 => Err(Asn1Error::BadValue("CRLNumber")),
            [0, rest @ ..] => Ok(Self(rest.into())),
            // RFC 5280 says 20 octets; a few authorities count in longer ones.
            octets if octets.len() <= 64 => Ok(Self(octets.into())),
            _ => Err(Asn1Error::BadValue("CRLNumber")),
        }
    }
}

impl Ord for CrlNumber {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for CrlNumber {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Hexadecimal.
impl fmt::Display for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("00");
        }
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

oids! {
    ISSUER_ALT_NAME = 2.5.29.18;
    CRL_NUMBER = 2.5.29.20;
    DELTA_CRL_INDICATOR = 2.5.29.27;
    ISSUING_DISTRIBUTION_POINT = 2.5.29.28;
    AUTHORITY_KEY_ID = 2.5.29.35;
    FRESHEST_CRL = 2.5.29.46;
    EXPIRED_CERTS_ON_CRL = 2.5.29.60;
    AUTHORITY_INFO_ACCESS = 1.3.6.1.5.5.7.1.1;
}

/// Extensions of a CRL.
const MAX_EXTENSIONS: usize = 64;
