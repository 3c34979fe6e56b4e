//! Digest algorithms.

use std::fmt;

use aws_lc_rs::digest as aws;

use crate::asn1::{Oid, encode, oids, tag};
use crate::crypto::openssl_verify;

/// A digest algorithm that we can compute.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum DigestAlgorithm {
    /// RFC 1321, broken.
    Md5,
    /// FIPS 180-4, broken for signatures.
    Sha1,
    /// ISO 10118-3; in old European certificates.
    Ripemd160,
    /// FIPS 180-4.
    Sha224,
    /// FIPS 180-4.
    Sha256,
    /// FIPS 180-4.
    Sha384,
    /// FIPS 180-4.
    Sha512,
    /// FIPS 202.
    Sha3_224,
    /// FIPS 202.
    Sha3_256,
    /// FIPS 202.
    Sha3_384,
    /// FIPS 202.
    Sha3_512,
}

impl DigestAlgorithm {
    /// Recognises the identifier of a digest algorithm.
    pub fn from_oid(oid: Oid<'_>) -> Option<Self> {
        TABLE.iter().find(|(_, known, _)| *known == oid).map(|(algorithm, ..)| *algorithm)
    }

    /// Its identifier.
    pub fn oid(self) -> Oid<'static> {
        TABLE.iter().find(|(algorithm, ..)| *algorithm == self).map_or(SHA256, |(_, oid, _)| *oid)
    }

    /// Its DER `AlgorithmIdentifier`, without parameters (RFC 5754 §2).
    pub fn identifier(self) -> Vec<u8> {
        encode(tag::SEQUENCE, &encode(tag::OID, self.oid().as_bytes()))
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        TABLE.iter().find(|(algorithm, ..)| *algorithm == self).map_or("", |(.., name)| name)
    }

    /// Length of the digest, in octets.
    pub const fn output_len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 | Self::Ripemd160 => 20,
            Self::Sha224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 => 64,
        }
    }

    /// Computes the digest of `octets`.
    pub fn digest(self, octets: &[u8]) -> Digest {
        if let Some(aws) = self.aws() {
            return Digest::new(self, aws::digest(aws, octets).as_ref());
        }
        let mut hasher = Hasher::new(self);
        hasher.update(octets);
        hasher.finish()
    }

    /// aws-lc's form of it; `None` for what only OpenSSL has.
    pub(super) fn aws(self) -> Option<&'static aws::Algorithm> {
        match self {
            Self::Sha1 => Some(&aws::SHA1_FOR_LEGACY_USE_ONLY),
            Self::Sha224 => Some(&aws::SHA224),
            Self::Sha256 => Some(&aws::SHA256),
            Self::Sha384 => Some(&aws::SHA384),
            Self::Sha512 => Some(&aws::SHA512),
            Self::Sha3_256 => Some(&aws::SHA3_256),
            Self::Sha3_384 => Some(&aws::SHA3_384),
            Self::Sha3_512 => Some(&aws::SHA3_512),
            Self::Md5 | Self::Ripemd160 | Self::Sha3_224 => None,
        }
    }
}

oids! {
    MD5 = 1.2.840.113549.2.5;
    SHA1 = 1.3.14.3.2.26;
    RIPEMD160 = 1.3.36.3.2.1;
    SHA224 = 2.16.840.1.101.3.4.2.4;
    SHA256 = 2.16.840.1.101.3.4.2.1;
    SHA384 = 2.16.840.1.101.3.4.2.2;
    SHA512 = 2.16.840.1.101.3.4.2.3;
    SHA3_224 = 2.16.840.1.101.3.4.2.7;
    SHA3_256 = 2.16.840.1.101.3.4.2.8;
    SHA3_384 = 2.16.840.1.101.3.4.2.9;
    SHA3_512 = 2.16.840.1.101.3.4.2.10;
}

/// Most frequent first: `from_oid` looks from the front.
const TABLE: [(DigestAlgorithm, Oid<'static>, &str); 11] = [
    (DigestAlgorithm::Sha256, SHA256, "SHA-256"),
    (DigestAlgorithm::Sha512, SHA512, "SHA-512"),
    (DigestAlgorithm::Sha384, SHA384, "SHA-384"),
    (DigestAlgorithm::Sha1, SHA1, "SHA-1"),
    (DigestAlgorithm::Sha224, SHA224, "SHA-224"),
    (DigestAlgorithm::Sha3_224, SHA3_224, "SHA3-224"),
    (DigestAlgorithm::Sha3_256, SHA3_256, "SHA3-256"),
    (DigestAlgorithm::Sha3_384, SHA3_384, "SHA3-384"),
    (DigestAlgorithm::Sha3_512, SHA3_512, "SHA3-512"),
    (DigestAlgorithm::Md5, MD5, "MD5"),
    (DigestAlgorithm::Ripemd160, RIPEMD160, "RIPEMD-160"),
];

/// The value of a digest, with the algorithm that made it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Digest {
    algorithm: DigestAlgorithm,
    octets: [u8; 64],
    len: usize,
}

impl Digest {
    /// The algorithm that made it.
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Its octets; none, where this build of OpenSSL could not compute it.
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }

    /// Whether `expected` is this digest, whole.
    pub fn matches(&self, expected: &[u8]) -> bool {
        self.len == self.algorithm.output_len() && self.as_bytes() == expected
    }

    /// Lower-case hexadecimal.
    pub fn to_hex(&self) -> String {
        hex(self.as_bytes())
    }

    fn new(algorithm: DigestAlgorithm, octets: &[u8]) -> Self {
        let mut all = [0; 64];
        for (to, from) in all.iter_mut().zip(octets) {
            *to = *from;
        }
        Self { algorithm, octets: all, len: octets.len().min(all.len()) }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.to_hex())
    }
}

/// A digest being computed.
#[derive(Clone)]
pub struct Hasher {
    algorithm: DigestAlgorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    Aws(aws::Context),
    OpenSsl(openssl::hash::Hasher),
    /// OpenSSL was built without this algorithm: the digest will match nothing.
    Unavailable,
}

impl Hasher {
    /// Starts with no octets.
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        let state = match algorithm.aws() {
            Some(aws) => State::Aws(aws::Context::new(aws)),
            None => openssl_verify::message_digest(algorithm)
                .and_then(|digest| openssl::hash::Hasher::new(digest).ok())
                .map_or(State::Unavailable, State::OpenSsl),
        };
        Self { algorithm, state }
    }

    /// The algorithm.
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Adds octets.
    pub fn update(&mut self, octets: &[u8]) {
        match &mut self.state {
            State::Aws(context) => context.update(octets),
            State::OpenSsl(hasher) => {
                if hasher.update(octets).is_err() {
                    self.state = State::Unavailable;
                }
            }
            State::Unavailable => {}
        }
    }

    /// Ends.
    pub fn finish(self) -> Digest {
        match self.state {
            State::Aws(context) => Digest::new(self.algorithm, context.finish().as_ref()),
            State::OpenSsl(mut hasher) => {
                hasher.finish().map_or(Digest::new(self.algorithm, &[]), |octets| Digest::new(self.algorithm, &octets))
            }
            State::Unavailable => Digest::new(self.algorithm, &[]),
        }
    }
}

/// Lower-case hexadecimal of any octets.
pub(crate) fn hex(octets: &[u8]) -> String {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
    let digits = octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 0x0f)]).collect();
    String::from_utf8(digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests of "abc" from FIPS 180-4, FIPS 202, RFC 1321 and the RIPEMD-160 paper.
    #[test]
    fn known_answers() {
        for (algorithm, expected) in [
            (DigestAlgorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (DigestAlgorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (DigestAlgorithm::Sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            (DigestAlgorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (DigestAlgorithm::Sha3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
            (DigestAlgorithm::Sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
        ] {
            assert_eq!(algorithm.digest(b"abc").to_hex(), expected, "{algorithm:?}");
        }
    }

    #[test]
    fn every_algorithm_has_its_length_and_identifier() {
        for (algorithm, oid, _) in TABLE {
            assert_eq!(DigestAlgorithm::from_oid(oid), Some(algorithm));
            assert_eq!(algorithm.digest(b"").as_bytes().len(), algorithm.output_len());
        }
    }
}
