//! What a CRL lists (RFC 5280 §5.3).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use crate::asn1::{Asn1Error, Element, Oid, Reader, oids, tag};
use crate::trust::revocation::CrlError;
use crate::trust::revocation::index::Index;
use crate::trust::{GeneralName, Name, ObjectId};

/// Why a certificate was revoked (RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// No reason given, or one that the standard does not number.
    Unspecified,
    /// The private key is in other hands, or may be.
    KeyCompromise,
    /// The authority's key is.
    CaCompromise,
    /// The person left the organisation.
    AffiliationChanged,
    /// Another certificate replaces it.
    Superseded,
    /// No longer needed.
    CessationOfOperation,
    /// Suspended; may be released again.
    CertificateHold,
    /// Released from suspension, or expired (delta CRLs only).
    RemoveFromCrl,
    /// A privilege named in it was withdrawn.
    PrivilegeWithdrawn,
    /// The attribute authority's key is in other hands.
    AaCompromise,
}

impl Reason {
    /// The name in RFC 5280.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }

    pub(super) const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            _ => Self::Unspecified,
        }
    }

    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::RemoveFromCrl => 8,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
        }
    }
}

/// What a CRL says about one serial number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Entry {
    /// `revocationDate`; a date outside 1970 to 2105 reads as the nearest within.
    pub revocation_date: UtcDateTime,
    /// `reasonCode`, unspecified where there is none.
    pub reason: Reason,
    /// `invalidityDate`: since when the key is thought to be in other hands (RFC 5280 §5.3.2).
    pub invalidity_date: Option<UtcDateTime>,
}

/// The entries of a CRL, by certificate issuer and serial number.
pub(super) struct Entries {
    own: Index,
    /// Those of other certificate issuers, in an indirect CRL, by canonical name.
    others: HashMap<Box<[u8]>, Index>,
    count: u32,
}

impl Entries {
    /// Number of entries.
    pub(super) const fn len(&self) -> u32 {
        self.count
    }

    /// Whether any entry names a certificate issuer other than the CRL's.
    pub(super) fn has_other_issuers(&self) -> bool {
        !self.others.is_empty()
    }

    /// Looks up a certificate; `issuer` is `None` for the CRL's own issuer. Where an authority listed a serial
    /// number twice, the entry that revokes most stands.
    pub(super) fn find(&self, issuer: Option<&Name>, serial: &[u8]) -> Option<Entry> {
        match issuer {
            None => self.own.find(serial),
            Some(name) => self.others.get(name.canonical())?.find(serial),
        }
    }
}

/// Takes the contents of `revokedCertificates` piece by piece.
pub(super) struct EntryReader<'a> {
    crl_issuer: &'a Name,
    extensions: EntryExtensions,
    carry: Vec<u8>,
    own: Index,
    others: HashMap<Box<[u8]>, Index>,
    /// `certificateIssuer` holds for the entries that follow it, too (RFC 5280 §5.3.3).
    current: Option<Box<[u8]>>,
    count: u32,
    /// Critical extensions of entries that we do not process.
    pub(super) unknown_critical: Vec<ObjectId>,
}

/// Whether the version of the CRL allows entries to have extensions (RFC 5280 §5.1.2.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum EntryExtensions {
    Allowed,
    Forbidden,
}

impl<'a> EntryReader<'a> {
    pub(super) fn new(crl_issuer: &'a Name, extensions: EntryExtensions) -> Self {
        Self {
            crl_issuer,
            extensions,
            carry: Vec::new(),
            own: Index::default(),
            others: HashMap::new(),
            current: None,
            count: 0,
            unknown_critical: Vec::new(),
        }
    }

    /// Takes the next piece of the contents, cut anywhere.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), CrlError> {
        if self.carry.is_empty() {
            let rest = self.read(piece)?;
            self.carry.extend_from_slice(rest);
        } else {
            let mut joined = std::mem::take(&mut self.carry);
            joined.extend_from_slice(piece);
            let consumed = joined.len() - self.read(&joined)?.len();
            joined.drain(..consumed);
            self.carry = joined;
        }
        Ok(())
    }

    /// Ends: nothing may be left over.
    pub(super) fn finish(mut self) -> Result<Entries, CrlError> {
        if !self.carry.is_empty() {
            return Err(Asn1Error::Truncated.into());
        }
        self.own.sort();
        self.others.values_mut().for_each(Index::sort);
        Ok(Entries { own: self.own, others: self.others, count: self.count })
    }

    /// Reads the entries that are whole; returns what is left.
    fn read<'b>(&mut self, octets: &'b [u8]) -> Result<&'b [u8], CrlError> {
        let mut reader = Reader::new(octets);
        while !reader.is_empty() {
            let rest = reader.rest();
            match reader.element() {
                Ok(entry) => self.entry(&entry)?,
                Err(Asn1Error::Truncated) if rest.len() <= MAX_ENTRY_LEN => return Ok(rest),
                Err(Asn1Error::Truncated) => return Err(CrlError::EntryTooLong),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(&[])
    }

    fn entry(&mut self, entry: &Element<'_>) -> Result<(), CrlError> {
        if entry.raw.len() > MAX_ENTRY_LEN {
            return Err(CrlError::EntryTooLong);
        }
        self.count = self.count.checked_add(1).filter(|count| *count <= MAX_ENTRIES).ok_or(CrlError::TooManyEntries)?;
        entry.expect(tag::SEQUENCE)?;
        let mut fields = entry.reader()?;
        let serial = fields.expect(tag::INTEGER)?.value;
        let time = fields.element()?.time()?;
        let mut found = Entry { revocation_date: time, reason: Reason::Unspecified, invalidity_date: None };
        if !fields.is_empty() {
            if self.extensions == EntryExtensions::Forbidden {
                return Err(CrlError::ExtensionsInVersion1);
            }
            self.entry_extensions(fields.sequence()?, &mut found)?;
            fields.finish()?;
        }
        let index = match &self.current {
            Some(name) => self.others.entry(name.clone()).or_default(),
            None => &mut self.own,
        };
        index.add(serial, &found)
    }

    fn entry_extensions(&mut self, mut extensions: Reader<'_>, found: &mut Entry) -> Result<(), CrlError> {
        while !extensions.is_empty() {
            let extension = Extension::read(&mut extensions)?;
            let mut value = Reader::new(extension.value);
            match extension.oid {
                REASON_CODE => {
                    found.reason = match value.expect(tag::ENUMERATED)?.value {
                        [code] => Reason::from_code(*code),
                        _ => return Err(Asn1Error::BadValue("CRLReason").into()),
                    };
                    value.finish()?;
                }
                INVALIDITY_DATE => {
                    found.invalidity_date = Some(value.element()?.time()?);
                    value.finish()?;
                }
                CERTIFICATE_ISSUER => self.certificate_issuer(extension.value)?,
                HOLD_INSTRUCTION_CODE => {}
                other if extension.critical => note(&mut self.unknown_critical, other),
                _ => {}
            }
        }
        Ok(())
    }

    fn certificate_issuer(&mut self, value: &[u8]) -> Result<(), CrlError> {
        let mut reader = Reader::new(value);
        let names = GeneralName::read_all(reader.sequence()?)?;
        reader.finish()?;
        // One certificate has one issuer; other forms of its name, if any, are alternatives (§5.3.3).
        let directory = names.into_iter().find_map(|name| match name {
            GeneralName::Directory(name) => Some(name),
            _ => None,
        });
        let Some(name) = directory else {
            note(&mut self.unknown_critical, CERTIFICATE_ISSUER);
            return Ok(());
        };
        if name == *self.crl_issuer {
            self.current = None;
            return Ok(());
        }
        let name = name.canonical();
        if self.others.len() >= MAX_CERTIFICATE_ISSUERS && !self.others.contains_key(name) {
            return Err(CrlError::TooManyEntries);
        }
        self.current = Some(name.into());
        Ok(())
    }
}

/// An `Extension` (RFC 5280 §4.1).
pub(super) struct Extension<'a> {
    pub(super) oid: Oid<'a>,
    pub(super) critical: bool,
    pub(super) value: &'a [u8],
}

impl<'a> Extension<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Asn1Error> {
        let mut fields = reader.sequence()?;
        let oid = fields.oid()?;
        let critical = match fields.optional(tag::BOOLEAN)? {
            Some(critical) => critical.boolean()?,
            None => false,
        };
        let value = fields.expect(tag::OCTET_STRING)?.value;
        fields.finish()?;
        Ok(Self { oid, critical, value })
    }
}

/// Adds an identifier once; ten are enough to say what is wrong.
pub(super) fn note(identifiers: &mut Vec<ObjectId>, oid: Oid<'_>) {
    if identifiers.len() < 10 && !identifiers.iter().any(|known| known.oid() == oid) {
        identifiers.push(oid.into());
    }
}

oids! {
    REASON_CODE = 2.5.29.21;
    HOLD_INSTRUCTION_CODE = 2.5.29.23;
    INVALIDITY_DATE = 2.5.29.24;
    CERTIFICATE_ISSUER = 2.5.29.29;
}

/// Entries of one CRL, at most.
const MAX_ENTRIES: u32 = 5_000_000;

/// Octets of one entry, at most.
const MAX_ENTRY_LEN: usize = 16 * 1024;

/// Certificate issuers that one indirect CRL may serve.
const MAX_CERTIFICATE_ISSUERS: usize = 10_000;
