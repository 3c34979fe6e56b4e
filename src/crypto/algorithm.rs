//! Signature algorithms, from an `AlgorithmIdentifier` (RFC 5280 §4.1.1.2, RFC 5652 §10.1).

use crate::asn1::{Asn1Error, Element, Oid, Reader, encode, encode_unsigned, oids, tag};
use crate::crypto::DigestAlgorithm;

/// How a signature value is computed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SignatureScheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1(DigestAlgorithm),
    /// RSASSA-PSS (RFC 8017 §8.1) with MGF1 over its own digest.
    RsaPss {
        /// Digest of the message.
        digest: DigestAlgorithm,
        /// Digest inside MGF1.
        mgf_digest: DigestAlgorithm,
        /// Length of the salt, in octets.
        salt_len: u32,
    },
    /// ECDSA with a DER `Ecdsa-Sig-Value` (RFC 5753, RFC 5758).
    Ecdsa(DigestAlgorithm),
    /// DSA (RFC 3279, RFC 5758).
    Dsa(DigestAlgorithm),
    /// Ed25519 (RFC 8410, RFC 8419).
    Ed25519,
}

/// Why an algorithm identifier cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AlgorithmError {
    /// Not in our tables. Holds the dotted identifier.
    #[error("unknown algorithm {0}")]
    Unknown(String),
    /// Known, with parameters that its standard does not allow.
    #[error("algorithm parameters not allowed")]
    Parameters,
    /// The signature algorithm names another digest than the one beside it.
    #[error("signature algorithm and digest algorithm disagree")]
    DigestMismatch,
    /// Not an `AlgorithmIdentifier`.
    #[error(transparent)]
    Encoding(#[from] Asn1Error),
}

impl SignatureScheme {
    /// Reads the `AlgorithmIdentifier` of a certificate or CRL, which must name its digest.
    pub fn from_identifier(identifier: &Element<'_>) -> Result<Self, AlgorithmError> {
        Self::read(identifier, None)
    }

    /// Reads the `signatureAlgorithm` of a `SignerInfo`, where a bare key algorithm
    /// (`rsaEncryption`, `id-ecPublicKey`) takes the digest of `digestAlgorithm` (RFC 3370 §3.2, RFC 5753 §2.1.1).
    pub fn from_signer(identifier: &Element<'_>, digest: DigestAlgorithm) -> Result<Self, AlgorithmError> {
        let scheme = Self::read(identifier, Some(digest))?;
        match scheme.digest() {
            Some(named) if named != digest => Err(AlgorithmError::DigestMismatch),
            _ => Ok(scheme),
        }
    }

    /// The digest of the message; Ed25519 has none to choose.
    pub const fn digest(self) -> Option<DigestAlgorithm> {
        match self {
            Self::RsaPkcs1(digest) | Self::RsaPss { digest, .. } | Self::Ecdsa(digest) | Self::Dsa(digest) => {
                Some(digest)
            }
            Self::Ed25519 => None,
        }
    }

    /// The DER `AlgorithmIdentifier` of a signature made so, its digest named; `None` where the digest has none.
    pub fn identifier(self) -> Option<Vec<u8>> {
        let family = match self {
            Self::RsaPkcs1(digest) => Family::RsaPkcs1(digest),
            Self::RsaPss { .. } => Family::RsaPss,
            Self::Ecdsa(digest) => Family::Ecdsa(digest),
            Self::Dsa(digest) => Family::Dsa(digest),
            Self::Ed25519 => Family::Ed25519,
        };
        let (oid, _) = TABLE.iter().find(|(_, known)| *known == family)?;
        // NULL with RSA (RFC 4055 §5), nothing with the others (RFC 5758 §3, RFC 8410 §3).
        let parameters = match self {
            Self::RsaPkcs1(_) => encode(tag::NULL, &[]),
            Self::RsaPss { digest, mgf_digest, salt_len } => pss_parameters(digest, mgf_digest, salt_len),
            Self::Ecdsa(_) | Self::Dsa(_) | Self::Ed25519 => Vec::new(),
        };
        Some(encode(tag::SEQUENCE, &[encode(tag::OID, oid.as_bytes()), parameters].concat()))
    }

    fn read(identifier: &Element<'_>, beside: Option<DigestAlgorithm>) -> Result<Self, AlgorithmError> {
        identifier.expect(tag::SEQUENCE)?;
        let mut reader = identifier.reader()?;
        let oid = reader.oid()?;
        let parameters = if reader.is_empty() { None } else { Some(reader.element()?) };
        reader.finish()?;
        let known = TABLE.iter().find(|(known, _)| *known == oid).map(|(_, family)| *family);
        let family = known.ok_or_else(|| AlgorithmError::Unknown(oid.to_string()))?;
        let scheme = match (family, beside) {
            (Family::RsaPkcs1(digest), _) | (Family::RsaBare, Some(digest)) => Self::RsaPkcs1(digest),
            (Family::Ecdsa(digest), _) | (Family::EcBare, Some(digest)) => Self::Ecdsa(digest),
            (Family::Dsa(digest), _) | (Family::DsaBare, Some(digest)) => Self::Dsa(digest),
            (Family::Ed25519, _) => Self::Ed25519,
            (Family::RsaPss, _) => return pss(parameters.as_ref()),
            (Family::RsaBare | Family::EcBare | Family::DsaBare, None) => {
                return Err(AlgorithmError::Unknown(oid.to_string()));
            }
        };
        // Absent or NULL (RFC 4055 §5, RFC 5758 §3.2). `id-ecPublicKey` as a signature algorithm comes with its
        // curve in files of old signers: the curve that counts is the certificate's.
        match parameters {
            None => Ok(scheme),
            Some(element) if element.tag == tag::NULL && element.value.is_empty() => Ok(scheme),
            Some(_) if matches!(family, Family::EcBare) => Ok(scheme),
            Some(_) => Err(AlgorithmError::Parameters),
        }
    }
}

/// Reads `RSASSA-PSS-params` (RFC 4055 §3.1); what is absent has its default, SHA-1 and 20.
fn pss(parameters: Option<&Element<'_>>) -> Result<SignatureScheme, AlgorithmError> {
    let parameters = parameters.ok_or(AlgorithmError::Parameters)?;
    parameters.expect(tag::SEQUENCE).map_err(|_| AlgorithmError::Parameters)?;
    let mut reader = parameters.reader()?;
    let digest = match reader.optional(tag::context_constructed(0))? {
        Some(explicit) => digest_identifier(explicit.reader()?)?,
        None => DigestAlgorithm::Sha1,
    };
    let mgf_digest = match reader.optional(tag::context_constructed(1))? {
        Some(explicit) => {
            let mut outer = explicit.reader()?;
            let mut mask = outer.sequence()?;
            if mask.oid()? != MGF1 || !outer.is_empty() {
                return Err(AlgorithmError::Parameters);
            }
            digest_identifier(mask)?
        }
        None => DigestAlgorithm::Sha1,
    };
    let salt_len = match reader.optional(tag::context_constructed(2))? {
        Some(explicit) => only_integer(explicit.reader()?)?,
        None => 20,
    };
    if let Some(trailer) = reader.optional(tag::context_constructed(3))?
        && only_integer(trailer.reader()?)? != 1
    {
        return Err(AlgorithmError::Parameters);
    }
    reader.finish()?;
    Ok(SignatureScheme::RsaPss { digest, mgf_digest, salt_len })
}

/// Encodes `RSASSA-PSS-params`; what has its default is left out, as DER asks (X.690 §11.5).
fn pss_parameters(digest: DigestAlgorithm, mgf_digest: DigestAlgorithm, salt_len: u32) -> Vec<u8> {
    // RFC 4055 §2.1: NULL is there in identifiers of digests inside these parameters.
    let with_null = |digest: DigestAlgorithm| {
        let fields = [encode(tag::OID, digest.oid().as_bytes()), encode(tag::NULL, &[])];
        encode(tag::SEQUENCE, &fields.concat())
    };
    let mut fields = Vec::new();
    if digest != DigestAlgorithm::Sha1 {
        fields.extend(encode(tag::context_constructed(0), &with_null(digest)));
    }
    if mgf_digest != DigestAlgorithm::Sha1 {
        let mask = [encode(tag::OID, MGF1.as_bytes()), with_null(mgf_digest)].concat();
        fields.extend(encode(tag::context_constructed(1), &encode(tag::SEQUENCE, &mask)));
    }
    if salt_len != 20 {
        fields.extend(encode(tag::context_constructed(2), &encode_unsigned(&salt_len.to_be_bytes())));
    }
    encode(tag::SEQUENCE, &fields)
}

fn only_integer(mut reader: Reader<'_>) -> Result<u32, Asn1Error> {
    let integer = reader.expect(tag::INTEGER)?.small_integer()?;
    reader.finish()?;
    Ok(integer)
}

/// Reads the one digest in `reader`: no parameters, or NULL (RFC 4055 §2.1).
fn digest_identifier(mut reader: Reader<'_>) -> Result<DigestAlgorithm, AlgorithmError> {
    let mut identifier = reader.sequence()?;
    let oid = identifier.oid()?;
    let null = identifier.optional(tag::NULL)?;
    if null.is_some_and(|null| !null.value.is_empty()) || !identifier.is_empty() || !reader.is_empty() {
        return Err(AlgorithmError::Parameters);
    }
    DigestAlgorithm::from_oid(oid).ok_or_else(|| AlgorithmError::Unknown(oid.to_string()))
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Family {
    RsaPkcs1(DigestAlgorithm),
    RsaBare,
    RsaPss,
    Ecdsa(DigestAlgorithm),
    EcBare,
    Dsa(DigestAlgorithm),
    DsaBare,
    Ed25519,
}

oids! {
    RSA_ENCRYPTION = 1.2.840.113549.1.1.1;
    MD5_WITH_RSA = 1.2.840.113549.1.1.4;
    SHA1_WITH_RSA = 1.2.840.113549.1.1.5;
    MGF1 = 1.2.840.113549.1.1.8;
    RSASSA_PSS = 1.2.840.113549.1.1.10;
    SHA256_WITH_RSA = 1.2.840.113549.1.1.11;
    SHA384_WITH_RSA = 1.2.840.113549.1.1.12;
    SHA512_WITH_RSA = 1.2.840.113549.1.1.13;
    SHA224_WITH_RSA = 1.2.840.113549.1.1.14;
    SHA3_224_WITH_RSA = 2.16.840.1.101.3.4.3.13;
    SHA3_256_WITH_RSA = 2.16.840.1.101.3.4.3.14;
    SHA3_384_WITH_RSA = 2.16.840.1.101.3.4.3.15;
    SHA3_512_WITH_RSA = 2.16.840.1.101.3.4.3.16;
    SHA1_WITH_RSA_OIW = 1.3.14.3.2.29;
    RIPEMD160_WITH_RSA = 1.3.36.3.3.1.2;
    EC_PUBLIC_KEY = 1.2.840.10045.2.1;
    ECDSA_SHA1 = 1.2.840.10045.4.1;
    ECDSA_SHA224 = 1.2.840.10045.4.3.1;
    ECDSA_SHA256 = 1.2.840.10045.4.3.2;
    ECDSA_SHA384 = 1.2.840.10045.4.3.3;
    ECDSA_SHA512 = 1.2.840.10045.4.3.4;
    ECDSA_SHA3_224 = 2.16.840.1.101.3.4.3.9;
    ECDSA_SHA3_256 = 2.16.840.1.101.3.4.3.10;
    ECDSA_SHA3_384 = 2.16.840.1.101.3.4.3.11;
    ECDSA_SHA3_512 = 2.16.840.1.101.3.4.3.12;
    DSA = 1.2.840.10040.4.1;
    DSA_SHA1 = 1.2.840.10040.4.3;
    DSA_SHA256 = 2.16.840.1.101.3.4.3.2;
    ED25519 = 1.3.101.112;
}

/// Most frequent first.
const TABLE: [(Oid<'static>, Family); 28] = [
    (SHA256_WITH_RSA, Family::RsaPkcs1(DigestAlgorithm::Sha256)),
    (RSA_ENCRYPTION, Family::RsaBare),
    (ECDSA_SHA256, Family::Ecdsa(DigestAlgorithm::Sha256)),
    (SHA512_WITH_RSA, Family::RsaPkcs1(DigestAlgorithm::Sha512)),
    (SHA384_WITH_RSA, Family::RsaPkcs1(DigestAlgorithm::Sha384)),
    (SHA224_WITH_RSA, Family::RsaPkcs1(DigestAlgorithm::Sha224)),
    (SHA1_WITH_RSA, Family::RsaPkcs1(DigestAlgorithm::Sha1)),
    (SHA1_WITH_RSA_OIW, Family::RsaPkcs1(DigestAlgorithm::Sha1)),
    (MD5_WITH_RSA, Family::RsaPkcs1(DigestAlgorithm::Md5)),
    (RIPEMD160_WITH_RSA, Family::RsaPkcs1(DigestAlgorithm::Ripemd160)),
    (SHA3_224_WITH_RSA, Family::RsaPkcs1(DigestAlgorithm::Sha3_224)),
    (SHA3_256_WITH_RSA, Family::RsaPkcs1(DigestAlgorithm::Sha3_256)),
    (SHA3_384_WITH_RSA, Family::RsaPkcs1(DigestAlgorithm::Sha3_384)),
    (SHA3_512_WITH_RSA, Family::RsaPkcs1(DigestAlgorithm::Sha3_512)),
    (RSASSA_PSS, Family::RsaPss),
    (EC_PUBLIC_KEY, Family::EcBare),
    (ECDSA_SHA384, Family::Ecdsa(DigestAlgorithm::Sha384)),
    (ECDSA_SHA512, Family::Ecdsa(DigestAlgorithm::Sha512)),
    (ECDSA_SHA224, Family::Ecdsa(DigestAlgorithm::Sha224)),
    (ECDSA_SHA1, Family::Ecdsa(DigestAlgorithm::Sha1)),
    (ECDSA_SHA3_224, Family::Ecdsa(DigestAlgorithm::Sha3_224)),
    (ECDSA_SHA3_256, Family::Ecdsa(DigestAlgorithm::Sha3_256)),
    (ECDSA_SHA3_384, Family::Ecdsa(DigestAlgorithm::Sha3_384)),
    (ECDSA_SHA3_512, Family::Ecdsa(DigestAlgorithm::Sha3_512)),
    (DSA, Family::DsaBare),
    (DSA_SHA1, Family::Dsa(DigestAlgorithm::Sha1)),
    (DSA_SHA256, Family::Dsa(DigestAlgorithm::Sha256)),
    (ED25519, Family::Ed25519),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for (_, family) in TABLE {
            let scheme = match family {
                Family::RsaPkcs1(digest) => SignatureScheme::RsaPkcs1(digest),
                Family::Ecdsa(digest) => SignatureScheme::Ecdsa(digest),
                Family::Dsa(digest) => SignatureScheme::Dsa(digest),
                Family::Ed25519 => SignatureScheme::Ed25519,
                Family::RsaPss | Family::RsaBare | Family::EcBare | Family::DsaBare => continue,
            };
            read_again(scheme);
        }
        for digest in [DigestAlgorithm::Sha1, DigestAlgorithm::Sha256, DigestAlgorithm::Sha512] {
            for salt_len in [0, 20, 32, 222] {
                read_again(SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_len });
            }
        }
        assert_eq!(SignatureScheme::Dsa(DigestAlgorithm::Sha512).identifier(), None);
    }

    fn read_again(scheme: SignatureScheme) {
        let der = scheme.identifier().unwrap();
        let element = Reader::new(&der).element().unwrap();
        assert!(crate::asn1::is_der(&element));
        assert_eq!(SignatureScheme::from_identifier(&element), Ok(scheme));
    }
}
