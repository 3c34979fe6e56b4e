//! General names and distribution points (RFC 5280 §4.2.1.6 and §4.2.1.13), as certificates and CRLs share them.

use std::fmt;

use crate::asn1::{Asn1Error, Element, Reader, tag};
use crate::trust::{KeyUsage, Name};

/// One of the forms a subject or issuer is named by. `Debug` prints the form only: it may be a person's address.
#[derive(Clone, Eq, Hash, PartialEq)]
pub enum GeneralName {
    /// An e-mail address (`rfc822Name`).
    Email(Box<str>),
    /// A host name.
    Dns(Box<str>),
    /// A distinguished name.
    Directory(Name),
    /// A URI.
    Uri(Box<str>),
    /// An address of 4 or 16 octets; twice as many with a mask in a name constraint.
    Ip(Box<[u8]>),
    /// A form that we name but do not interpret (`otherName`, `x400Address`, `ediPartyName`, `registeredID`).
    Other {
        /// Its identifier octet, which tells the form.
        tag: u8,
        /// Its contents.
        value: Box<[u8]>,
    },
}

/// Where revocation data are to be found, and for what part of the certificates (RFC 5280 §4.2.1.13).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DistributionPoint {
    /// The names of the CRL there.
    pub name: Option<DistributionPointName>,
    /// The reasons it covers; `None`: all.
    pub reasons: Option<ReasonFlags>,
    /// Who signs it, when not the certificate's issuer.
    pub crl_issuer: Vec<GeneralName>,
}

/// The name of a distribution point.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DistributionPointName {
    /// Any of these names.
    Full(Vec<GeneralName>),
    /// One relative name below the CRL issuer's: the contents of its SET, for [`Name::child`].
    Relative(Box<[u8]>),
}

/// Reasons for revocation, as a set (RFC 5280 §4.2.1.13): bit `n` of the BIT STRING is bit `15 - n` here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReasonFlags(u16);

impl GeneralName {
    /// Reads one `GeneralName`.
    pub fn from_element(element: &Element<'_>) -> Result<Self, Asn1Error> {
        Ok(match element.tag {
            EMAIL => Self::Email(ia5(element)?),
            DNS => Self::Dns(ia5(element)?),
            URI => Self::Uri(ia5(element)?),
            IP => Self::Ip(element.value.into()),
            DIRECTORY => {
                let mut explicit = element.reader()?;
                let name = Name::from_element(&explicit.element()?)?;
                explicit.finish()?;
                Self::Directory(name)
            }
            OTHER | X400 | EDI_PARTY | REGISTERED_ID => Self::Other { tag: element.tag, value: element.value.into() },
            found => return Err(Asn1Error::UnexpectedTag { expected: URI, found }),
        })
    }

    /// Reads the contents of a `GeneralNames`, which may not be empty.
    pub fn read_all(mut reader: Reader<'_>) -> Result<Vec<Self>, Asn1Error> {
        let mut names = Vec::new();
        while !reader.is_empty() {
            names.push(Self::from_element(&reader.element()?)?);
        }
        if names.is_empty() { Err(Asn1Error::BadValue("GeneralNames")) } else { Ok(names) }
    }
}

impl fmt::Debug for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email(_) => "Email(…)",
            Self::Dns(_) => "Dns(…)",
            Self::Directory(_) => "Directory(…)",
            Self::Uri(_) => "Uri(…)",
            Self::Ip(_) => "Ip(…)",
            Self::Other { .. } => "Other(…)",
        })
    }
}

impl DistributionPoint {
    /// Reads the contents of a `CRLDistributionPoints` or `FreshestCRL`.
    pub fn read_all(mut points: Reader<'_>) -> Result<Vec<Self>, Asn1Error> {
        let mut all = Vec::new();
        while !points.is_empty() {
            let mut fields = points.sequence()?;
            let name = match fields.optional(tag::context_constructed(0))? {
                Some(explicit) => Some(DistributionPointName::from_explicit(explicit.reader()?)?),
                None => None,
            };
            let reasons = fields.optional(tag::context(1))?.map(|bits| ReasonFlags::from_bits(&bits)).transpose()?;
            let crl_issuer = match fields.optional(tag::context_constructed(2))? {
                Some(names) => GeneralName::read_all(names.reader()?)?,
                None => Vec::new(),
            };
            fields.finish()?;
            all.push(Self { name, reasons, crl_issuer });
        }
        if all.is_empty() { Err(Asn1Error::BadValue("CRLDistributionPoints")) } else { Ok(all) }
    }

    /// The `http` and `https` addresses among its names.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        let names = match &self.name {
            Some(DistributionPointName::Full(names)) => names.as_slice(),
            _ => &[],
        };
        names.iter().filter_map(|name| match name {
            GeneralName::Uri(uri) if is_http(uri) => Some(uri.as_ref()),
            _ => None,
        })
    }
}

impl DistributionPointName {
    /// Reads the contents of the EXPLICIT tag around a `DistributionPointName`.
    pub fn from_explicit(mut explicit: Reader<'_>) -> Result<Self, Asn1Error> {
        let choice = explicit.element()?;
        explicit.finish()?;
        match choice.tag {
            FULL_NAME => Ok(Self::Full(GeneralName::read_all(choice.reader()?)?)),
            RELATIVE_NAME => Ok(Self::Relative(choice.value.into())),
            found => Err(Asn1Error::UnexpectedTag { expected: FULL_NAME, found }),
        }
    }
}

impl ReasonFlags {
    /// Every reason there is (bits 1 to 8; bit 0 is unused).
    pub const ALL: Self = Self(0x7f80);
    /// None.
    pub const NONE: Self = Self(0);

    /// Reads a BIT STRING, whatever its tag.
    pub fn from_bits(element: &Element<'_>) -> Result<Self, Asn1Error> {
        Ok(Self(named_bits(element)? & Self::ALL.0))
    }

    /// The reasons in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The reasons in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether every reason of `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl KeyUsage {
    /// Reads a BIT STRING (RFC 5280 §4.2.1.3).
    pub(super) fn from_bits(element: &Element<'_>) -> Result<Self, Asn1Error> {
        named_bits(element).map(Self::new)
    }
}

/// A BIT STRING of named bits (X.680 §22.7): the first bit is the highest of the result; those after 16 are dropped.
fn named_bits(element: &Element<'_>) -> Result<u16, Asn1Error> {
    match element.value {
        [0] => Ok(0),
        [unused @ 0..=7, first, rest @ ..] => {
            let second = rest.first().copied().unwrap_or(0);
            let bits = u16::from_be_bytes([*first, second]);
            let last_octet_shift = if rest.is_empty() { 8 + u32::from(*unused) } else { u32::from(*unused) };
            if rest.len() > 1 { Ok(bits) } else { Ok(bits >> last_octet_shift << last_octet_shift) }
        }
        _ => Err(Asn1Error::BadValue("BIT STRING")),
    }
}

/// The octets of an `IA5String` under an IMPLICIT tag.
fn ia5(element: &Element<'_>) -> Result<Box<str>, Asn1Error> {
    match std::str::from_utf8(element.value) {
        Ok(text) if text.is_ascii() => Ok(text.into()),
        _ => Err(Asn1Error::BadValue("IA5String")),
    }
}

/// Whether an address can be fetched over HTTP.
pub(super) fn is_http(uri: &str) -> bool {
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

const OTHER: u8 = tag::context_constructed(0);
const EMAIL: u8 = tag::context(1);
const DNS: u8 = tag::context(2);
const X400: u8 = tag::context_constructed(3);
const DIRECTORY: u8 = tag::context_constructed(4);
const EDI_PARTY: u8 = tag::context_constructed(5);
const URI: u8 = tag::context(6);
const IP: u8 = tag::context(7);
const REGISTERED_ID: u8 = tag::context(8);
const FULL_NAME: u8 = tag::context_constructed(0);
const RELATIVE_NAME: u8 = tag::context_constructed(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_bits_count_from_the_first() {
        let bits = |value: &[u8]| {
            let der = crate::asn1::encode(tag::BIT_STRING, value);
            named_bits(&Reader::new(&der).element().unwrap())
        };
        assert_eq!(bits(&[0]), Ok(0));
        assert_eq!(bits(&[7, 0x80]), Ok(0x8000));
        assert_eq!(bits(&[7, 0x06, 0x80]), Ok(0x0680));
        assert_eq!(bits(&[1, 0x07]), Ok(0x0600), "bits declared unused do not count");
        assert!(bits(&[]).is_err() && bits(&[8, 0]).is_err() && bits(&[1]).is_err());
    }
}
