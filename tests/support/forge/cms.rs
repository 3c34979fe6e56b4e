//! SignedData (RFC 5652 §5) and CAdES attributes (EN 319 122-1), with every part open to change.

use super::der::{algorithm, context, indefinite, int, octets, oid, segmented, seq, set_of, tlv, utc_time};
use super::identity::{Identity, Md, Scheme};

pub(crate) const DATA: &str = "1.2.840.113549.1.7.1";
pub(crate) const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
pub(crate) const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
pub(crate) const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
pub(crate) const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
pub(crate) const COUNTERSIGNATURE: &str = "1.2.840.113549.1.9.6";
pub(crate) const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
pub(crate) const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";

/// An attribute: its type and its encoded values.
#[derive(Clone)]
pub(crate) struct Attribute {
    pub(crate) oid: &'static str,
    pub(crate) values: Vec<Vec<u8>>,
}

impl Attribute {
    pub(crate) fn new(oid: &'static str, value: Vec<u8>) -> Self {
        Self { oid, values: vec![value] }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        seq([oid(self.oid), set_of(self.values.clone())])
    }
}

/// In which order signed attributes are sent, and over which order the signature is.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Order {
    /// DER order both (RFC 5652 §5.4).
    Der,
    /// As listed both: what old signing software made.
    AsListed,
    /// Sent as listed, signed in DER order, as RFC 5652 §5.4 has it.
    AsListedSignedAsDer,
}

/// Changes a signature value: gets the signer's identity, the right value and the signed octets.
type Tamper = Box<dyn Fn(&Identity, Vec<u8>, &[u8]) -> Vec<u8>>;

/// A SignerInfo to be.
pub(crate) struct Signer {
    pub(crate) identity: Identity,
    pub(crate) version: u64,
    pub(crate) sid: Vec<u8>,
    pub(crate) md: Md,
    pub(crate) digest_algorithm: Vec<u8>,
    /// `None`: no signed attributes at all.
    pub(crate) attributes: Option<Vec<Attribute>>,
    pub(crate) order: Order,
    pub(crate) scheme: Scheme,
    pub(crate) signature_algorithm: Vec<u8>,
    pub(crate) tamper: Option<Tamper>,
    pub(crate) unsigned: Vec<Attribute>,
    content: Vec<u8>,
}

impl Signer {
    /// CAdES-B-B with SHA-256: content type, signing time, message digest, signing certificate v2.
    pub(crate) fn new(identity: &Identity, content: &[u8]) -> Self {
        let scheme = if identity.is_rsa() { Scheme::Pkcs1 } else { Scheme::Ecdsa };
        Self::with(identity, content, scheme, Md::Sha256)
    }

    pub(crate) fn with(identity: &Identity, content: &[u8], scheme: Scheme, md: Md) -> Self {
        Self {
            identity: identity.clone(),
            version: 1,
            sid: identity.issuer_and_serial(),
            md,
            digest_algorithm: md.identifier(),
            attributes: Some(vec![
                content_type(DATA),
                signing_time(),
                message_digest(&md.digest(content)),
                signing_certificate_v2(identity),
            ]),
            order: Order::Der,
            scheme,
            signature_algorithm: scheme.identifier(md),
            tamper: None,
            unsigned: Vec::new(),
            content: content.to_vec(),
        }
    }

    /// Countersigns a signature value (RFC 5652 §11.4): no content type.
    pub(crate) fn countersignature(identity: &Identity, value: &[u8]) -> Self {
        Self::new(identity, value).without(CONTENT_TYPE)
    }

    pub(crate) fn without(mut self, oid: &str) -> Self {
        self.list().retain(|attribute| attribute.oid != oid);
        self
    }

    pub(crate) fn and(mut self, attribute: Attribute) -> Self {
        self.list().push(attribute);
        self
    }

    /// Puts `attribute` in the place of those of its type.
    pub(crate) fn replacing(self, attribute: Attribute) -> Self {
        self.without(attribute.oid).and(attribute)
    }

    pub(crate) fn bare(mut self) -> Self {
        self.attributes = None;
        self
    }

    pub(crate) fn tampered(mut self, tamper: impl Fn(&Identity, Vec<u8>, &[u8]) -> Vec<u8> + 'static) -> Self {
        self.tamper = Some(Box::new(tamper));
        self
    }

    pub(crate) fn and_unsigned(mut self, attribute: Attribute) -> Self {
        self.unsigned.push(attribute);
        self
    }

    fn list(&mut self) -> &mut Vec<Attribute> {
        self.attributes.get_or_insert_default()
    }

    fn sent(&self) -> Option<Vec<Vec<u8>>> {
        let mut attributes: Vec<_> = self.attributes.as_ref()?.iter().map(Attribute::encode).collect();
        if self.order == Order::Der {
            attributes.sort();
        }
        Some(attributes)
    }

    /// What the signature value is computed over (RFC 5652 §5.4).
    pub(crate) fn signed_octets(&self) -> Vec<u8> {
        match self.sent() {
            None => self.content.clone(),
            Some(sent) if self.order == Order::AsListed => tlv(0x31, &sent.concat()),
            Some(sent) => set_of(sent),
        }
    }

    pub(crate) fn value(&self) -> Vec<u8> {
        let octets = self.signed_octets();
        let value = self.identity.sign(self.scheme, self.md, &octets);
        match &self.tamper {
            Some(tamper) => tamper(&self.identity, value, &octets),
            None => value,
        }
    }

    /// Encodes the SignerInfo, with a signature value that countersigners need.
    pub(crate) fn encode_with(&self, value: &[u8]) -> Vec<u8> {
        let signed = self.sent().map(|sent| context(0, &sent.concat())).unwrap_or_default();
        let unsigned: Vec<_> = self.unsigned.iter().map(Attribute::encode).collect();
        let unsigned = if unsigned.is_empty() { Vec::new() } else { context(1, &unsigned.concat()) };
        seq([
            int(self.version),
            self.sid.clone(),
            self.digest_algorithm.clone(),
            signed,
            self.signature_algorithm.clone(),
            octets(value),
            unsigned,
        ])
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        self.encode_with(&self.value())
    }
}

pub(crate) fn content_type(dotted: &str) -> Attribute {
    Attribute::new(CONTENT_TYPE, oid(dotted))
}

pub(crate) fn message_digest(digest: &[u8]) -> Attribute {
    Attribute::new(MESSAGE_DIGEST, octets(digest))
}

/// A time at which all good leaves of the stored PKI are valid.
pub(crate) fn signing_time() -> Attribute {
    Attribute::new(SIGNING_TIME, utc_time("260131090000Z"))
}

/// ESS signing-certificate-v2 (RFC 5035 §3) with SHA-256 and issuerSerial.
pub(crate) fn signing_certificate_v2(identity: &Identity) -> Attribute {
    let id = seq([octets(&Md::Sha256.digest(&identity.certificate)), issuer_serial(identity)]);
    Attribute::new(SIGNING_CERTIFICATE_V2, seq([seq([id])]))
}

/// ESS signing-certificate (RFC 2634 §5.4), always SHA-1.
pub(crate) fn signing_certificate_v1(identity: &Identity) -> Attribute {
    let id = seq([octets(&Md::Sha1.digest(&identity.certificate)), issuer_serial(identity)]);
    Attribute::new(SIGNING_CERTIFICATE, seq([seq([id])]))
}

/// `IssuerSerial`: `GeneralNames` of one directoryName, and the serial number.
pub(crate) fn issuer_serial(identity: &Identity) -> Vec<u8> {
    seq([seq([context(4, &identity.issuer())]), identity.serial()])
}

/// A `ContentInfo` holding SignedData, to be.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) version: u64,
    pub(crate) digest_algorithms: Vec<Vec<u8>>,
    pub(crate) content_type: Vec<u8>,
    /// The encoded eContent, an OCTET STRING of some form.
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) crls: Vec<Vec<u8>>,
    pub(crate) signers: Vec<Vec<u8>>,
    pub(crate) indefinite: bool,
}

impl Message {
    /// An attached signature by each signer, with their certificates.
    pub(crate) fn attached(content: &[u8], signers: &[&Signer]) -> Self {
        Self { content: Some(octets(content)), ..Self::detached(signers) }
    }

    pub(crate) fn detached(signers: &[&Signer]) -> Self {
        let mut digest_algorithms: Vec<_> = signers.iter().map(|signer| signer.digest_algorithm.clone()).collect();
        digest_algorithms.sort();
        digest_algorithms.dedup();
        let mut certificates: Vec<_> = signers.iter().map(|signer| signer.identity.certificate.clone()).collect();
        certificates.sort();
        certificates.dedup();
        Self {
            version: 1,
            digest_algorithms,
            content_type: oid(DATA),
            content: None,
            certificates,
            crls: Vec::new(),
            signers: signers.iter().map(|signer| signer.encode()).collect(),
            indefinite: false,
        }
    }

    /// The forms of old signing software: indefinite lengths, content in segments.
    pub(crate) fn in_ber(mut self, content: &[u8], segment: usize) -> Self {
        self.indefinite = true;
        self.content = self.content.map(|_| segmented(content, segment));
        self
    }

    /// The SignedData itself.
    pub(crate) fn signed_data(&self) -> Vec<u8> {
        let encapsulated = match &self.content {
            Some(content) => [self.content_type.clone(), self.wrap(0xa0, content)].concat(),
            None => self.content_type.clone(),
        };
        let mut parts = vec![int(self.version), set_of(self.digest_algorithms.clone()), self.wrap(0x30, &encapsulated)];
        if !self.certificates.is_empty() {
            parts.push(self.wrap(0xa0, &self.certificates.concat()));
        }
        if !self.crls.is_empty() {
            parts.push(self.wrap(0xa1, &self.crls.concat()));
        }
        parts.push(self.wrap(0x31, &self.signers.concat()));
        self.wrap(0x30, &parts.concat())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let contents = [oid(SIGNED_DATA), self.wrap(0xa0, &self.signed_data())].concat();
        self.wrap(0x30, &contents)
    }

    fn wrap(&self, tag: u8, contents: &[u8]) -> Vec<u8> {
        if self.indefinite { indefinite(tag, contents) } else { tlv(tag, contents) }
    }
}

/// `ESSCertIDv2` with an explicit digest algorithm.
pub(crate) fn ess_with_algorithm(identity: &Identity, md: Md, parameters: &[u8], issuer_serial: Vec<u8>) -> Attribute {
    let id = seq([algorithm(md.oid(), parameters), octets(&md.digest(&identity.certificate)), issuer_serial]);
    Attribute::new(SIGNING_CERTIFICATE_V2, seq([seq([id])]))
}
