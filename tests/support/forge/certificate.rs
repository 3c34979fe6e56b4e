//! Certificates that no authority would issue (RFC 5280 §4.1).

use openssl::pkey::PKey;

use super::der::{algorithm, bits, boolean, context, null, octets, oid, seq, tlv, unsigned, utc_time, utf8};
use super::identity::{Identity, Md, Scheme};

/// A certificate to be: the fields of a CNS authentication certificate unless changed.
pub(crate) struct Template {
    pub(crate) issuer: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) spki: Vec<u8>,
    pub(crate) extensions: Vec<Vec<u8>>,
    /// `notBefore` and `notAfter`, such as `250601000000Z`.
    pub(crate) validity: [&'static str; 2],
}

impl Template {
    /// Names, serial number and extensions of `model`, over another public key.
    pub(crate) fn like(model: &Identity, spki: &[u8]) -> Self {
        Self {
            issuer: model.issuer(),
            serial: model.serial(),
            subject: model.subject(),
            spki: spki.to_vec(),
            extensions: vec![key_usage(0x80), cns_policy(), key_id(&model.key_id())],
            validity: ["250601000000Z", "290101000000Z"],
        }
    }

    /// Signs with the key of `authority`, RSA and SHA-256 or ECDSA and SHA-256.
    pub(crate) fn sign(&self, authority: &Identity) -> Vec<u8> {
        let scheme = if authority.is_rsa() { Scheme::Pkcs1WithDigest } else { Scheme::Ecdsa };
        let identifier = scheme.identifier(Md::Sha256);
        let tbs = seq([
            context(0, &unsigned(&[2])),
            self.serial.clone(),
            identifier.clone(),
            self.issuer.clone(),
            seq(self.validity.map(utc_time)),
            self.subject.clone(),
            self.spki.clone(),
            context(3, &tlv(0x30, &self.extensions.concat())),
        ]);
        let value = authority.sign(scheme, Md::Sha256, &tbs);
        seq([tbs, identifier, bits(&value)])
    }
}

/// A name of one common name.
pub(crate) fn common_name(text: &str) -> Vec<u8> {
    seq([tlv(0x31, &seq([oid("2.5.4.3"), utf8(text)]))])
}

pub(crate) fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { boolean(true) } else { Vec::new() };
    seq([oid(id), critical, octets(value)])
}

/// `octet`: the first eight bits of `KeyUsage`, digitalSignature highest.
pub(crate) fn key_usage(octet: u8) -> Vec<u8> {
    let unused = u8::try_from(octet.trailing_zeros()).unwrap();
    extension("2.5.29.15", true, &tlv(0x03, &[unused, octet]))
}

pub(crate) fn authority_constraints() -> Vec<u8> {
    extension("2.5.29.19", true, &seq([boolean(true)]))
}

pub(crate) fn key_id(id: &[u8]) -> Vec<u8> {
    extension("2.5.29.14", false, &octets(id))
}

/// The policy of CNS authentication certificates.
pub(crate) fn cns_policy() -> Vec<u8> {
    extension("2.5.29.32", false, &seq([seq([oid("1.3.76.16.2.1")])]))
}

/// `SubjectPublicKeyInfo` of a private key.
pub(crate) fn spki<T: openssl::pkey::HasPublic>(key: &PKey<T>) -> Vec<u8> {
    key.public_key_to_der().unwrap()
}

/// `SubjectPublicKeyInfo` of an RSA key from its numbers, whatever they are.
pub(crate) fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = seq([unsigned(modulus), unsigned(exponent)]);
    seq([algorithm("1.2.840.113549.1.1.1", &null()), bits(&key)])
}
