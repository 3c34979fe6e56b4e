//! Public keys, and whether a signature value holds under one.

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::signature::{self as aws, ParsedPublicKey, VerificationAlgorithm};

use crate::asn1::{Asn1Error, Oid, Reader, oids, tag};
use crate::crypto::algorithm::{DSA, EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, RSASSA_PSS};
use crate::crypto::{Digest, DigestAlgorithm, SignatureScheme, openssl_verify};

/// A public key from a `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
pub struct PublicKey {
    kind: KeyKind,
    spki: Vec<u8>,
    /// The form each engine wants, made at first use: an issuer's key is used for every one of its certificates.
    parsed: OnceLock<Option<(Fast, ParsedPublicKey)>>,
}

/// What sort of key, and how large.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// RSA: the length of the modulus, in bits.
    Rsa {
        /// Length of the modulus, in bits.
        bits: u32,
    },
    /// A key on a named curve.
    Ec(Curve),
    /// Ed25519.
    Ed25519,
    /// DSA.
    Dsa,
}

/// A named elliptic curve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// brainpoolP256r1 (RFC 5639).
    BrainpoolP256r1,
    /// brainpoolP384r1 (RFC 5639).
    BrainpoolP384r1,
    /// brainpoolP512r1 (RFC 5639).
    BrainpoolP512r1,
}

/// Why a public key cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// A key algorithm or a curve that is not in our tables. Holds the dotted identifier.
    #[error("unknown key algorithm or curve {0}")]
    Unknown(String),
    /// Curve parameters spelt out instead of named (refused: CVE-2020-0601).
    #[error("elliptic curve with explicit parameters")]
    ExplicitParameters,
    /// An RSA modulus or exponent outside any use: over 16,384 bits, an even or a trivial exponent.
    #[error("RSA modulus or exponent out of bounds")]
    RsaOutOfBounds,
    /// Not a `SubjectPublicKeyInfo`.
    #[error(transparent)]
    Encoding(#[from] Asn1Error),
}

/// The signature value does not hold, for whatever reason: the engines tell none, on purpose.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the signature value does not match")]
pub struct SignatureInvalid;

/// What was signed: octets, or (where they are too many to hold) their digest.
#[derive(Clone, Copy)]
pub(super) enum Signed<'a> {
    Message(&'a [u8]),
    Digest(&'a Digest),
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo`. The key is not proved to be on its curve until it is used.
    pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        let mut reader = Reader::new(spki);
        let mut info = reader.sequence()?;
        reader.finish()?;
        let mut algorithm = info.sequence()?;
        let oid = algorithm.oid()?;
        let parameters = if algorithm.is_empty() { None } else { Some(algorithm.element()?) };
        let key = info.expect(tag::BIT_STRING)?.bit_octets()?;
        info.finish()?;
        let kind = match oid {
            RSA_ENCRYPTION | RSASSA_PSS => rsa_kind(key)?,
            EC_PUBLIC_KEY => match parameters {
                Some(curve) if curve.tag == tag::OID => KeyKind::Ec(Curve::from_oid(curve.oid()?)?),
                _ => return Err(KeyError::ExplicitParameters),
            },
            ED25519 => KeyKind::Ed25519,
            DSA => KeyKind::Dsa,
            other => return Err(KeyError::Unknown(other.to_string())),
        };
        Ok(Self { kind, spki: spki.to_vec(), parsed: OnceLock::new() })
    }

    /// What sort of key it is.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The DER `SubjectPublicKeyInfo`.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Verifies a signature over `message`. Strength is not judged.
    pub fn verify(&self, message: &[u8], scheme: SignatureScheme, value: &[u8]) -> Result<(), SignatureInvalid> {
        self.check(Signed::Message(message), scheme, value)
    }

    /// Verifies a signature over a message of which only the digest is at hand. Ed25519 cannot be verified so.
    pub fn verify_digest(
        &self,
        digest: &Digest,
        scheme: SignatureScheme,
        value: &[u8],
    ) -> Result<(), SignatureInvalid> {
        if scheme.digest() != Some(digest.algorithm()) {
            return Err(SignatureInvalid);
        }
        self.check(Signed::Digest(digest), scheme, value)
    }

    fn check(&self, signed: Signed<'_>, scheme: SignatureScheme, value: &[u8]) -> Result<(), SignatureInvalid> {
        let Some(fast) = Fast::choose(self.kind, scheme) else {
            return openssl_verify::verify(self, signed, scheme, value);
        };
        let parsed = self.parsed.get_or_init(|| fast.parse(&self.spki).map(|key| (fast, key)));
        match parsed {
            Some((kept, key)) if *kept == fast => Fast::verify(key, signed, value),
            // A key used with a second scheme (rare): parsed anew.
            _ => Fast::verify(&fast.parse(&self.spki).ok_or(SignatureInvalid)?, signed, value),
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.kind)
    }
}

impl Curve {
    /// Length of the order, in bits.
    pub const fn bits(self) -> u32 {
        match self {
            Self::P256 | Self::BrainpoolP256r1 => 256,
            Self::P384 | Self::BrainpoolP384r1 => 384,
            Self::BrainpoolP512r1 => 512,
            Self::P521 => 521,
        }
    }

    fn from_oid(oid: Oid<'_>) -> Result<Self, KeyError> {
        match oid {
            P256 => Ok(Self::P256),
            P384 => Ok(Self::P384),
            P521 => Ok(Self::P521),
            BRAINPOOL_P256R1 => Ok(Self::BrainpoolP256r1),
            BRAINPOOL_P384R1 => Ok(Self::BrainpoolP384r1),
            BRAINPOOL_P512R1 => Ok(Self::BrainpoolP512r1),
            other => Err(KeyError::Unknown(other.to_string())),
        }
    }
}

/// Reads an `RSAPublicKey` (RFC 8017 §A.1.1): a key that would verify anything, or take for ever, is refused.
fn rsa_kind(key: &[u8]) -> Result<KeyKind, KeyError> {
    let mut reader = Reader::new(key);
    let mut numbers = reader.sequence()?;
    reader.finish()?;
    let modulus = positive(numbers.element()?.integer()?)?;
    let exponent = positive(numbers.element()?.integer()?)?;
    numbers.finish()?;
    let bits = bit_length(modulus);
    let odd = exponent.last().is_some_and(|last| last & 1 == 1);
    if bits > MAX_RSA_BITS || bit_length(exponent) > MAX_RSA_EXPONENT_BITS || bit_length(exponent) < 2 || !odd {
        return Err(KeyError::RsaOutOfBounds);
    }
    Ok(KeyKind::Rsa { bits })
}

/// aws-lc's own bounds.
const MAX_RSA_BITS: u32 = 16_384;
const MAX_RSA_EXPONENT_BITS: u32 = 33;

fn positive(integer: &[u8]) -> Result<&[u8], KeyError> {
    match integer {
        [0, rest @ ..] if !rest.is_empty() => Ok(rest),
        [first, ..] if *first != 0 && first & 0x80 == 0 => Ok(integer),
        _ => Err(KeyError::RsaOutOfBounds),
    }
}

fn bit_length(octets: &[u8]) -> u32 {
    let leading = octets.first().map_or(0, |first| first.leading_zeros());
    u32::try_from(octets.len()).unwrap_or(u32::MAX / 8).saturating_mul(8) - leading
}

/// A pair of key and scheme that aws-lc-rs verifies.
#[derive(Clone, Copy, Eq, PartialEq)]
struct Fast {
    key: FastKey,
    digest: DigestAlgorithm,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum FastKey {
    RsaPkcs1,
    RsaPss,
    P256,
    P384,
    P521,
    Ed25519,
}

impl Fast {
    /// Returns `None` for what OpenSSL must do.
    fn choose(kind: KeyKind, scheme: SignatureScheme) -> Option<Self> {
        let (key, digest) = match (kind, scheme) {
            (KeyKind::Rsa { bits: 2048..=8192 }, SignatureScheme::RsaPkcs1(digest)) => (FastKey::RsaPkcs1, digest),
            (KeyKind::Rsa { bits: 2048..=8192 }, SignatureScheme::RsaPss { digest, mgf_digest, salt_len })
                if digest == mgf_digest && usize::try_from(salt_len) == Ok(digest.output_len()) =>
            {
                (FastKey::RsaPss, digest)
            }
            (KeyKind::Ec(Curve::P256), SignatureScheme::Ecdsa(digest)) => (FastKey::P256, digest),
            (KeyKind::Ec(Curve::P384), SignatureScheme::Ecdsa(digest)) => (FastKey::P384, digest),
            (KeyKind::Ec(Curve::P521), SignatureScheme::Ecdsa(digest)) => (FastKey::P521, digest),
            (KeyKind::Ed25519, SignatureScheme::Ed25519) => (FastKey::Ed25519, DigestAlgorithm::Sha512),
            _ => return None,
        };
        let fast = Self { key, digest };
        fast.algorithm().map(|_| fast)
    }

    fn algorithm(self) -> Option<&'static dyn VerificationAlgorithm> {
        use DigestAlgorithm::{Sha256, Sha384, Sha512};
        Some(match (self.key, self.digest) {
            (FastKey::RsaPkcs1, Sha256) => &aws::RSA_PKCS1_2048_8192_SHA256,
            (FastKey::RsaPkcs1, Sha384) => &aws::RSA_PKCS1_2048_8192_SHA384,
            (FastKey::RsaPkcs1, Sha512) => &aws::RSA_PKCS1_2048_8192_SHA512,
            (FastKey::RsaPss, Sha256) => &aws::RSA_PSS_2048_8192_SHA256,
            (FastKey::RsaPss, Sha384) => &aws::RSA_PSS_2048_8192_SHA384,
            (FastKey::RsaPss, Sha512) => &aws::RSA_PSS_2048_8192_SHA512,
            (FastKey::P256, Sha256) => &aws::ECDSA_P256_SHA256_ASN1,
            (FastKey::P256, Sha384) => &aws::ECDSA_P256_SHA384_ASN1,
            (FastKey::P384, Sha256) => &aws::ECDSA_P384_SHA256_ASN1,
            (FastKey::P384, Sha384) => &aws::ECDSA_P384_SHA384_ASN1,
            (FastKey::P521, Sha256) => &aws::ECDSA_P521_SHA256_ASN1,
            (FastKey::P521, Sha384) => &aws::ECDSA_P521_SHA384_ASN1,
            (FastKey::P521, Sha512) => &aws::ECDSA_P521_SHA512_ASN1,
            (FastKey::Ed25519, _) => &aws::ED25519,
            _ => return None,
        })
    }

    fn parse(self, spki: &[u8]) -> Option<ParsedPublicKey> {
        ParsedPublicKey::new(self.algorithm()?, spki).ok()
    }

    fn verify(key: &ParsedPublicKey, signed: Signed<'_>, value: &[u8]) -> Result<(), SignatureInvalid> {
        match signed {
            Signed::Message(message) => key.verify_sig(message, value),
            Signed::Digest(digest) => {
                let algorithm = digest.algorithm().aws().ok_or(SignatureInvalid)?;
                let digest = aws_lc_rs::digest::Digest::import_less_safe(digest.as_bytes(), algorithm);
                digest.and_then(|digest| key.verify_digest_sig(&digest, value))
            }
        }
        .map_err(|_| SignatureInvalid)
    }
}

oids! {
    P256 = 1.2.840.10045.3.1.7;
    P384 = 1.3.132.0.34;
    P521 = 1.3.132.0.35;
    BRAINPOOL_P256R1 = 1.3.36.3.3.2.8.1.1.7;
    BRAINPOOL_P384R1 = 1.3.36.3.3.2.8.1.1.11;
    BRAINPOOL_P512R1 = 1.3.36.3.3.2.8.1.1.13;
}

#[cfg(test)]
mod tests {
    use openssl::dsa::Dsa;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::{PKey, Private};
    use openssl::rsa::Rsa;
    use openssl::sign::Signer;

    use super::*;

    fn check_both_ways(key: &PKey<Private>, digest: MessageDigest, scheme: SignatureScheme) {
        let mut signer = Signer::new(digest, key).unwrap();
        let value = signer.sign_oneshot_to_vec(b"message").unwrap();
        let public = PublicKey::from_spki(&key.public_key_to_der().unwrap()).unwrap();
        assert_eq!(public.verify(b"message", scheme, &value), Ok(()));
        assert_eq!(public.verify(b"massage", scheme, &value), Err(SignatureInvalid));
        let known = scheme.digest().unwrap().digest(b"message");
        assert_eq!(public.verify_digest(&known, scheme, &value), Ok(()));
        let mut longer = value.clone();
        longer.push(0);
        assert_eq!(public.verify(b"message", scheme, &longer), Err(SignatureInvalid));
        assert_eq!(public.verify(b"message", scheme, &value[1..]), Err(SignatureInvalid));
    }

    #[test]
    fn both_engines_verify_what_openssl_signs() {
        for (bits, digest, algorithm) in [
            (2048, MessageDigest::sha256(), DigestAlgorithm::Sha256),
            (2048, MessageDigest::sha1(), DigestAlgorithm::Sha1),
            (2048, MessageDigest::sha3_256(), DigestAlgorithm::Sha3_256),
            (1024, MessageDigest::sha256(), DigestAlgorithm::Sha256),
        ] {
            let key = PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap();
            check_both_ways(&key, digest, SignatureScheme::RsaPkcs1(algorithm));
        }
        let key = PKey::from_dsa(Dsa::generate(2048).unwrap()).unwrap();
        check_both_ways(&key, MessageDigest::sha256(), SignatureScheme::Dsa(DigestAlgorithm::Sha256));
        for curve in [Nid::X9_62_PRIME256V1, Nid::SECP384R1, Nid::SECP521R1, Nid::BRAINPOOL_P256R1] {
            let group = EcGroup::from_curve_name(curve).unwrap();
            let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
            for (digest, algorithm) in
                [(MessageDigest::sha256(), DigestAlgorithm::Sha256), (MessageDigest::sha512(), DigestAlgorithm::Sha512)]
            {
                check_both_ways(&key, digest, SignatureScheme::Ecdsa(algorithm));
            }
        }
    }

    #[test]
    fn a_scheme_that_does_not_go_with_the_key_never_verifies() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let public = PublicKey::from_spki(&key.public_key_to_der().unwrap()).unwrap();
        for scheme in [SignatureScheme::Ecdsa(DigestAlgorithm::Sha256), SignatureScheme::Ed25519] {
            assert_eq!(public.verify(b"", scheme, &[0; 256]), Err(SignatureInvalid));
        }
    }

    #[test]
    fn keys_that_would_verify_anything_are_refused() {
        let spki = |exponent: &[u8], modulus: &[u8]| {
            use crate::asn1::encode;
            let numbers = [encode(tag::INTEGER, modulus), encode(tag::INTEGER, exponent)].concat();
            let bits = [&[0][..], &encode(tag::SEQUENCE, &numbers)].concat();
            let algorithm = [encode(tag::OID, RSA_ENCRYPTION.as_bytes()), encode(tag::NULL, &[])].concat();
            encode(tag::SEQUENCE, &[encode(tag::SEQUENCE, &algorithm), encode(tag::BIT_STRING, &bits)].concat())
        };
        let modulus = [&[0][..], &[0xc1; 256]].concat();
        assert!(PublicKey::from_spki(&spki(&[1, 0, 1], &modulus)).is_ok());
        for exponent in [&[1_u8][..], &[2], &[1, 0, 0], &[0x7f; 9], &[0x80]] {
            assert!(PublicKey::from_spki(&spki(exponent, &modulus)).is_err(), "{exponent:02x?}");
        }
        assert_eq!(PublicKey::from_spki(&spki(&[1, 0, 1], &[0x41; 4096])).unwrap_err(), KeyError::RsaOutOfBounds);
    }
}
