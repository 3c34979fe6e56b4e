//! The extensions of a certificate, parsed once (RFC 5280 §4.2, ETSI EN 319 412-5).

use crate::asn1::{Asn1Error, Element, Oid, Reader, oids, tag};
use crate::trust::general_name::is_http;
use crate::trust::{CertificateFault, DistributionPoint, GeneralName};

/// What the extensions of a certificate say. What is absent from the certificate is `None` or empty.
#[derive(Clone, Debug, Default)]
pub struct Extensions {
    /// Whether the subject is a CA, and how many CAs may follow (§4.2.1.9).
    pub basic_constraints: Option<BasicConstraints>,
    /// What the key is for (§4.2.1.3).
    pub key_usage: Option<KeyUsage>,
    /// Further purposes (§4.2.1.12).
    pub extended_key_usage: Option<ExtendedKeyUsage>,
    /// The policies the certificate was issued under (§4.2.1.4).
    pub policies: Option<Policies>,
    /// Pairs of issuer's and subject's policy (§4.2.1.5).
    pub policy_mappings: Vec<(ObjectId, ObjectId)>,
    /// Limits on policies for the certificates that follow (§4.2.1.11).
    pub policy_constraints: Option<PolicyConstraints>,
    /// Certificates after which `anyPolicy` counts no more (§4.2.1.14).
    pub inhibit_any_policy: Option<u32>,
    /// The names that the certificates that follow may and may not have (§4.2.1.10).
    pub name_constraints: Option<NameConstraints>,
    /// Other names of the subject (§4.2.1.6).
    pub subject_alt_names: Vec<GeneralName>,
    /// Which of its own keys the subject certifies here (§4.2.1.2).
    pub subject_key_id: Option<Box<[u8]>>,
    /// Which of the issuer's keys signed (§4.2.1.1).
    pub authority_key_id: Option<AuthorityKeyId>,
    /// Where the CRLs are (§4.2.1.13).
    pub crl_distribution_points: Vec<DistributionPoint>,
    /// Where the delta CRLs are (§4.2.1.15).
    pub freshest_crl: Vec<DistributionPoint>,
    /// Addresses of certificates of the issuer (§4.2.2.1, `id-ad-caIssuers`), HTTP only.
    pub ca_issuers: Vec<Box<str>>,
    /// Addresses of OCSP responders (§4.2.2.1, `id-ad-ocsp`), HTTP only.
    pub ocsp_responders: Vec<Box<str>>,
    /// What the issuer declares about a qualified certificate (EN 319 412-5), one by one.
    pub qc_statements: Vec<QcStatement>,
    /// Whether an OCSP responder's certificate needs no revocation check (RFC 6960 §4.2.2.2.1).
    pub ocsp_no_check: bool,
    /// Extensions that could not be read, are not critical, and only inform: as if they were absent.
    pub unread: Vec<ObjectId>,
}

/// An object identifier that owns its octets. They are in place: they are few, and certificates have many identifiers.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ObjectId {
    octets: [u8; Oid::MAX_LEN],
    len: usize,
}

/// `BasicConstraints` (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many non-self-issued intermediate certificates may follow.
    pub path_len: Option<u32>,
}

/// `KeyUsage` as a set of bits (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyUsage(u16);

/// `ExtKeyUsage` (RFC 5280 §4.2.1.12).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExtendedKeyUsage {
    /// The purposes.
    pub purposes: Vec<ObjectId>,
    /// Whether the key may be used for these purposes only.
    pub critical: bool,
}

/// `CertificatePolicies` (RFC 5280 §4.2.1.4); qualifiers are not kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policies {
    /// The policies, each once.
    pub identifiers: Vec<ObjectId>,
    /// Whether the extension is critical.
    pub critical: bool,
}

/// `PolicyConstraints` (RFC 5280 §4.2.1.11).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PolicyConstraints {
    /// Certificates after which an acceptable policy must be there.
    pub require_explicit_policy: Option<u32>,
    /// Certificates after which mapping is no longer allowed.
    pub inhibit_policy_mapping: Option<u32>,
}

/// `NameConstraints` (RFC 5280 §4.2.1.10).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NameConstraints {
    /// Where names must lie, form by form.
    pub permitted: Vec<GeneralName>,
    /// Where names must not lie.
    pub excluded: Vec<GeneralName>,
}

/// `AuthorityKeyIdentifier` (RFC 5280 §4.2.1.1): a hint for finding the issuer, never a proof.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuthorityKeyId {
    /// The issuer's subject key identifier.
    pub key_id: Option<Box<[u8]>>,
    /// The issuer's own issuer, with [`Self::serial`].
    pub issuer: Vec<GeneralName>,
    /// The issuer's serial number.
    pub serial: Option<Box<[u8]>>,
}

/// One `QCStatement` (RFC 3739 §3.2.6).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QcStatement {
    /// Which statement.
    pub id: ObjectId,
    /// Its value as encoded, if it has one.
    pub info: Option<Box<[u8]>>,
}

impl ObjectId {
    /// Reads the dotted decimal form, as policies are written in settings.
    pub fn parse(dotted: &str) -> Option<Self> {
        let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().ok()).collect::<Option<_>>()?;
        let (root, second, rest) = match arcs.as_slice() {
            [root @ 0..=1, second @ 0..=39, rest @ ..] => (*root, *second, rest),
            [2, second, rest @ ..] => (2, *second, rest),
            _ => return None,
        };
        let mut contents = Vec::new();
        for arc in [second.checked_add(root * 40)?].iter().chain(rest) {
            let groups = arc.checked_ilog2().unwrap_or(0) / 7;
            for group in (0..=groups).rev() {
                let bits = u8::try_from(arc >> (group * 7) & 0x7f).ok()?;
                contents.push(if group > 0 { bits | 0x80 } else { bits });
            }
        }
        Oid::from_contents(&contents).ok().map(Self::from)
    }

    /// The identifier.
    pub fn oid(&self) -> Oid<'_> {
        Oid::new(self.octets.get(..self.len).unwrap_or_default())
    }
}

impl From<Oid<'_>> for ObjectId {
    fn from(oid: Oid<'_>) -> Self {
        let mut octets = [0; Oid::MAX_LEN];
        for (to, from) in octets.iter_mut().zip(oid.as_bytes()) {
            *to = *from;
        }
        Self { octets, len: oid.as_bytes().len() }
    }
}

impl std::fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.oid(), f)
    }
}

impl std::fmt::Display for ObjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.oid(), f)
    }
}

impl KeyUsage {
    /// Bit 0: signatures other than those on certificates and CRLs.
    pub const DIGITAL_SIGNATURE: Self = Self(0x8000);
    /// Bit 1: signatures that commit (`contentCommitment`, once `nonRepudiation`).
    pub const NON_REPUDIATION: Self = Self(0x4000);
    /// Bit 5: signatures on certificates.
    pub const KEY_CERT_SIGN: Self = Self(0x0400);
    /// Bit 6: signatures on CRLs.
    pub const CRL_SIGN: Self = Self(0x0200);

    pub(super) const fn new(bits: u16) -> Self {
        Self(bits)
    }

    /// Whether every bit of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is set.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Extensions {
    /// Reads the contents of an `Extensions`. An extension that is malformed, repeated, or critical and unknown goes
    /// to `faults`; the others are still read, so that a report can say more than "malformed". Certificates of
    /// qualified authorities have malformed alternative names: what only informs, and is not critical, does not
    /// make a certificate useless.
    pub(super) fn read(mut list: Reader<'_>, faults: &mut Vec<CertificateFault>) -> Result<Self, Asn1Error> {
        let mut extensions = Self::default();
        let mut seen: Vec<Oid<'_>> = Vec::with_capacity(16);
        if list.is_empty() {
            return Err(Asn1Error::BadValue("Extensions"));
        }
        while !list.is_empty() {
            let mut fields = list.sequence()?;
            let oid = fields.oid()?;
            let critical = fields.optional(tag::BOOLEAN)?.map(|flag| flag.boolean()).transpose()?.unwrap_or(false);
            let value = fields.expect(tag::OCTET_STRING)?.value;
            fields.finish()?;
            if seen.contains(&oid) {
                faults.push(CertificateFault::RepeatedExtension(oid.into()));
                continue;
            }
            seen.push(oid);
            match extensions.read_one(oid, critical, value) {
                Ok(Known::Yes) => {}
                Ok(Known::No) if !critical => {}
                Ok(Known::No) => faults.push(CertificateFault::UnknownCriticalExtension(oid.into())),
                Err(_) if !critical && ONLY_INFORM.contains(&oid) => extensions.unread.push(oid.into()),
                Err(_) => faults.push(CertificateFault::MalformedExtension(oid.into())),
            }
        }
        Ok(extensions)
    }

    fn read_one(&mut self, oid: Oid<'_>, critical: bool, value: &[u8]) -> Result<Known, Asn1Error> {
        if !KNOWN.contains(&oid) {
            return Ok(Known::No);
        }
        let mut whole = Reader::new(value);
        let element = whole.element()?;
        whole.finish()?;
        match oid {
            SUBJECT_KEY_ID => self.subject_key_id = Some(octets(&element)?.into()),
            AUTHORITY_KEY_ID => self.authority_key_id = Some(authority_key_id(&element)?),
            KEY_USAGE => {
                element.expect(tag::BIT_STRING)?;
                self.key_usage = Some(KeyUsage::from_bits(&element)?);
            }
            BASIC_CONSTRAINTS => self.basic_constraints = Some(basic_constraints(&element)?),
            CERTIFICATE_POLICIES => self.policies = Some(policies(&element, critical)?),
            CRL_DISTRIBUTION_POINTS => self.crl_distribution_points = DistributionPoint::read_all(sequence(&element)?)?,
            FRESHEST_CRL => self.freshest_crl = DistributionPoint::read_all(sequence(&element)?)?,
            SUBJECT_ALT_NAME => self.subject_alt_names = GeneralName::read_all(sequence(&element)?)?,
            ISSUER_ALT_NAME => drop(GeneralName::read_all(sequence(&element)?)?),
            EXTENDED_KEY_USAGE => {
                let purposes = object_ids(sequence(&element)?)?;
                self.extended_key_usage = Some(ExtendedKeyUsage { purposes, critical });
            }
            AUTHORITY_INFO_ACCESS => self.read_access(sequence(&element)?)?,
            QC_STATEMENTS => self.qc_statements = qc_statements(sequence(&element)?)?,
            NAME_CONSTRAINTS => self.name_constraints = Some(name_constraints(&element)?),
            POLICY_MAPPINGS => self.policy_mappings = policy_mappings(sequence(&element)?)?,
            POLICY_CONSTRAINTS => self.policy_constraints = Some(policy_constraints(sequence(&element)?)?),
            INHIBIT_ANY_POLICY => self.inhibit_any_policy = Some(skip_certs(&element, tag::INTEGER)?),
            OCSP_NO_CHECK => self.ocsp_no_check = true,
            _ => {}
        }
        Ok(Known::Yes)
    }

    fn read_access(&mut self, mut descriptions: Reader<'_>) -> Result<(), Asn1Error> {
        while !descriptions.is_empty() {
            let mut description = descriptions.sequence()?;
            let method = description.oid()?;
            let location = GeneralName::from_element(&description.element()?)?;
            description.finish()?;
            let list = match method {
                AD_CA_ISSUERS => &mut self.ca_issuers,
                AD_OCSP => &mut self.ocsp_responders,
                _ => continue,
            };
            if let GeneralName::Uri(uri) = location
                && is_http(&uri)
            {
                list.push(uri);
            }
        }
        Ok(())
    }
}

/// Whether we know an extension by its identifier.
enum Known {
    Yes,
    No,
}

fn sequence<'a>(element: &Element<'a>) -> Result<Reader<'a>, Asn1Error> {
    element.expect(tag::SEQUENCE)?;
    element.reader()
}

fn octets<'a>(element: &Element<'a>) -> Result<&'a [u8], Asn1Error> {
    element.expect(tag::OCTET_STRING)?;
    Ok(element.value)
}

fn authority_key_id(element: &Element<'_>) -> Result<AuthorityKeyId, Asn1Error> {
    let mut fields = sequence(element)?;
    let key_id = fields.optional(tag::context(0))?.map(|octets| octets.value.into());
    let issuer = match fields.optional(tag::context_constructed(1))? {
        Some(names) => GeneralName::read_all(names.reader()?)?,
        None => Vec::new(),
    };
    let serial = fields.optional(tag::context(2))?.map(|integer| integer.value.into());
    fields.finish()?;
    Ok(AuthorityKeyId { key_id, issuer, serial })
}

fn basic_constraints(element: &Element<'_>) -> Result<BasicConstraints, Asn1Error> {
    let mut fields = sequence(element)?;
    let ca = fields.optional(tag::BOOLEAN)?.map(|flag| flag.boolean()).transpose()?.unwrap_or(false);
    let path_len = fields.optional(tag::INTEGER)?.map(|length| skip_certs(&length, tag::INTEGER)).transpose()?;
    fields.finish()?;
    Ok(BasicConstraints { ca, path_len })
}

fn policies(element: &Element<'_>, critical: bool) -> Result<Policies, Asn1Error> {
    let mut list = sequence(element)?;
    let mut identifiers: Vec<ObjectId> = Vec::new();
    while !list.is_empty() {
        let mut information = list.sequence()?;
        let oid = ObjectId::from(information.oid()?);
        // §4.2.1.4: a policy must not appear twice.
        if identifiers.contains(&oid) || identifiers.len() == MAX_POLICIES {
            return Err(Asn1Error::BadValue("CertificatePolicies"));
        }
        identifiers.push(oid);
    }
    if identifiers.is_empty() {
        return Err(Asn1Error::BadValue("CertificatePolicies"));
    }
    Ok(Policies { identifiers, critical })
}

fn policy_mappings(mut list: Reader<'_>) -> Result<Vec<(ObjectId, ObjectId)>, Asn1Error> {
    let mut mappings = Vec::new();
    while !list.is_empty() {
        let mut pair = list.sequence()?;
        mappings.push((pair.oid()?.into(), pair.oid()?.into()));
        pair.finish()?;
    }
    if mappings.is_empty() || mappings.len() > MAX_POLICIES {
        return Err(Asn1Error::BadValue("PolicyMappings"));
    }
    Ok(mappings)
}

/// More than any CA has; keeps the policy tree (RFC 5280 §6.1.2) and the search for repetitions small.
const MAX_POLICIES: usize = 256;

fn policy_constraints(mut fields: Reader<'_>) -> Result<PolicyConstraints, Asn1Error> {
    let mut number = |n: u8| {
        let element = fields.optional(tag::context(n))?;
        element.map(|element| skip_certs(&element, tag::context(n))).transpose()
    };
    let require_explicit_policy = number(0)?;
    let inhibit_policy_mapping = number(1)?;
    fields.finish()?;
    // §4.2.1.11: conforming CAs must not issue it empty; it would constrain nothing.
    if require_explicit_policy.is_none() && inhibit_policy_mapping.is_none() {
        return Err(Asn1Error::BadValue("PolicyConstraints"));
    }
    Ok(PolicyConstraints { require_explicit_policy, inhibit_policy_mapping })
}

/// A non-negative INTEGER under any tag; one too large to count with counts as the largest.
fn skip_certs(element: &Element<'_>, expected: u8) -> Result<u32, Asn1Error> {
    element.expect(expected)?;
    match element.value {
        [] => Err(Asn1Error::BadValue("INTEGER")),
        [first, ..] if first & 0x80 != 0 => Err(Asn1Error::BadValue("INTEGER")),
        octets => Ok(octets.iter().fold(0_u32, |value, octet| {
            value.checked_mul(256).and_then(|value| value.checked_add(u32::from(*octet))).unwrap_or(u32::MAX)
        })),
    }
}

fn name_constraints(element: &Element<'_>) -> Result<NameConstraints, Asn1Error> {
    let mut fields = sequence(element)?;
    let permitted = fields.optional(tag::context_constructed(0))?.map(|list| subtrees(&list)).transpose()?;
    let excluded = fields.optional(tag::context_constructed(1))?.map(|list| subtrees(&list)).transpose()?;
    fields.finish()?;
    if permitted.is_none() && excluded.is_none() {
        return Err(Asn1Error::BadValue("NameConstraints"));
    }
    Ok(NameConstraints { permitted: permitted.unwrap_or_default(), excluded: excluded.unwrap_or_default() })
}

fn subtrees(list: &Element<'_>) -> Result<Vec<GeneralName>, Asn1Error> {
    let mut reader = list.reader()?;
    let mut bases = Vec::new();
    while !reader.is_empty() {
        let mut subtree = reader.sequence()?;
        let base = GeneralName::from_element(&subtree.element()?)?;
        // §4.2.1.10: minimum must be zero (so absent) and maximum absent: anything else cannot be honoured.
        let minimum = subtree.optional(tag::context(0))?;
        if minimum.is_some_and(|minimum| minimum.value != [0]) || !subtree.is_empty() {
            return Err(Asn1Error::BadValue("GeneralSubtree"));
        }
        if let GeneralName::Ip(octets) = &base
            && !matches!(octets.len(), 8 | 32)
        {
            return Err(Asn1Error::BadValue("GeneralSubtree"));
        }
        bases.push(base);
    }
    if bases.is_empty() { Err(Asn1Error::BadValue("GeneralSubtrees")) } else { Ok(bases) }
}

fn object_ids(mut list: Reader<'_>) -> Result<Vec<ObjectId>, Asn1Error> {
    let mut ids = Vec::new();
    while !list.is_empty() {
        ids.push(list.oid()?.into());
    }
    if ids.is_empty() { Err(Asn1Error::BadValue("ExtKeyUsage")) } else { Ok(ids) }
}

fn qc_statements(mut list: Reader<'_>) -> Result<Vec<QcStatement>, Asn1Error> {
    let mut statements = Vec::new();
    while !list.is_empty() {
        let mut statement = list.sequence()?;
        let id = statement.oid()?.into();
        let info = if statement.is_empty() { None } else { Some(statement.element()?.raw.into()) };
        statement.finish()?;
        statements.push(QcStatement { id, info });
    }
    Ok(statements)
}

/// What we read, the most frequent first.
const KNOWN: [Oid<'static>; 17] = [
    AUTHORITY_KEY_ID,
    SUBJECT_KEY_ID,
    KEY_USAGE,
    CERTIFICATE_POLICIES,
    CRL_DISTRIBUTION_POINTS,
    AUTHORITY_INFO_ACCESS,
    QC_STATEMENTS,
    BASIC_CONSTRAINTS,
    EXTENDED_KEY_USAGE,
    SUBJECT_ALT_NAME,
    ISSUER_ALT_NAME,
    NAME_CONSTRAINTS,
    POLICY_CONSTRAINTS,
    POLICY_MAPPINGS,
    INHIBIT_ANY_POLICY,
    FRESHEST_CRL,
    OCSP_NO_CHECK,
];

/// Of those, the ones that grant and restrict nothing by themselves. Where names are constrained, alternative names
/// that cannot be read still refuse the path.
const ONLY_INFORM: [Oid<'static>; 9] = [
    AUTHORITY_KEY_ID,
    SUBJECT_KEY_ID,
    CRL_DISTRIBUTION_POINTS,
    AUTHORITY_INFO_ACCESS,
    QC_STATEMENTS,
    SUBJECT_ALT_NAME,
    ISSUER_ALT_NAME,
    FRESHEST_CRL,
    OCSP_NO_CHECK,
];

oids! {
    AUTHORITY_INFO_ACCESS = 1.3.6.1.5.5.7.1.1;
    QC_STATEMENTS = 1.3.6.1.5.5.7.1.3;
    AD_OCSP = 1.3.6.1.5.5.7.48.1;
    OCSP_NO_CHECK = 1.3.6.1.5.5.7.48.1.5;
    AD_CA_ISSUERS = 1.3.6.1.5.5.7.48.2;
    SUBJECT_KEY_ID = 2.5.29.14;
    KEY_USAGE = 2.5.29.15;
    /// subjectAltName.
    SUBJECT_ALT_NAME = 2.5.29.17;
    ISSUER_ALT_NAME = 2.5.29.18;
    BASIC_CONSTRAINTS = 2.5.29.19;
    NAME_CONSTRAINTS = 2.5.29.30;
    CRL_DISTRIBUTION_POINTS = 2.5.29.31;
    CERTIFICATE_POLICIES = 2.5.29.32;
    /// The policy that stands for all (RFC 5280 §4.2.1.4).
    ANY_POLICY = 2.5.29.32.0;
    POLICY_MAPPINGS = 2.5.29.33;
    AUTHORITY_KEY_ID = 2.5.29.35;
    POLICY_CONSTRAINTS = 2.5.29.36;
    EXTENDED_KEY_USAGE = 2.5.29.37;
    FRESHEST_CRL = 2.5.29.46;
    INHIBIT_ANY_POLICY = 2.5.29.54;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_identifiers_are_read_as_they_are_written() {
        for dotted in ["1.3.76.16.2.1", "2.5.29.32.0", "2.16.840.1.101.3.2.1.48.1", "2.999.1", "0.4.0.1862.1.1"] {
            assert_eq!(ObjectId::parse(dotted).unwrap().to_string(), dotted);
        }
        for wrong in ["", "1", "1.40.1", "3.1", "1.2.x", "1.2.", "1.2.-3"] {
            assert_eq!(ObjectId::parse(wrong), None, "{wrong}");
        }
    }
}
