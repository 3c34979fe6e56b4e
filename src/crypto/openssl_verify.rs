//! What aws-lc-rs lacks, done by OpenSSL: brainpool curves, DSA, SHA-1, SHA-2/SHA-3 pairs without a constant of
//! their own, RSA keys under 2,048 bits, PSS with another salt. All of it to *report* on old or odd
//! signatures; whether they count is a question of policy.

use openssl::dsa::DsaSig;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::sign::RsaPssSaltlen;

use crate::crypto::key::Signed;
use crate::crypto::{Digest, DigestAlgorithm, KeyKind, PublicKey, SignatureInvalid, SignatureScheme};

/// Verifies a signature value. Schemes that do not go with the key are refused.
pub(super) fn verify(
    key: &PublicKey,
    signed: Signed<'_>,
    scheme: SignatureScheme,
    value: &[u8],
) -> Result<(), SignatureInvalid> {
    let algorithm = scheme.digest().ok_or(SignatureInvalid)?;
    let digest = match signed {
        Signed::Message(message) => algorithm.digest(message),
        Signed::Digest(digest) => *digest,
    };
    let holds = match (key.kind(), scheme) {
        (KeyKind::Rsa { .. }, SignatureScheme::RsaPkcs1(_) | SignatureScheme::RsaPss { .. }) => {
            rsa(&load(key)?, &digest, scheme, value)
        }
        (KeyKind::Ec(_), SignatureScheme::Ecdsa(_)) => ecdsa(&load(key)?, &digest, value),
        (KeyKind::Dsa, SignatureScheme::Dsa(_)) => dsa(&load(key)?, &digest, value),
        _ => return Err(SignatureInvalid),
    };
    match holds {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(SignatureInvalid),
    }
}

/// OpenSSL's handle on a digest algorithm, where this build has it.
pub(super) fn message_digest(algorithm: DigestAlgorithm) -> Option<MessageDigest> {
    MessageDigest::from_nid(match algorithm {
        DigestAlgorithm::Md5 => Nid::MD5,
        DigestAlgorithm::Sha1 => Nid::SHA1,
        DigestAlgorithm::Ripemd160 => Nid::RIPEMD160,
        DigestAlgorithm::Sha224 => Nid::SHA224,
        DigestAlgorithm::Sha256 => Nid::SHA256,
        DigestAlgorithm::Sha384 => Nid::SHA384,
        DigestAlgorithm::Sha512 => Nid::SHA512,
        DigestAlgorithm::Sha3_224 => Nid::SHA3_224,
        DigestAlgorithm::Sha3_256 => Nid::SHA3_256,
        DigestAlgorithm::Sha3_384 => Nid::SHA3_384,
        DigestAlgorithm::Sha3_512 => Nid::SHA3_512,
    })
}

fn load(key: &PublicKey) -> Result<PKey<Public>, SignatureInvalid> {
    PKey::public_key_from_der(key.spki()).map_err(|_| SignatureInvalid)
}

type Holds = Result<bool, openssl::error::ErrorStack>;

fn rsa(key: &PKey<Public>, digest: &Digest, scheme: SignatureScheme, value: &[u8]) -> Holds {
    // RFC 8017 §8.1.2 and §8.2.2, step 1: the length is that of the modulus; OpenSSL would pad a short PSS one.
    if value.len() != key.size() {
        return Ok(false);
    }
    let Some(message_digest) = message_digest(digest.algorithm()) else { return Ok(false) };
    let mut context = PkeyCtx::new(key)?;
    context.verify_init()?;
    if let SignatureScheme::RsaPss { mgf_digest, salt_len, .. } = scheme {
        let (Some(mgf), Ok(salt_len)) = (self::message_digest(mgf_digest), i32::try_from(salt_len)) else {
            return Ok(false);
        };
        context.set_rsa_padding(Padding::PKCS1_PSS)?;
        context.set_rsa_pss_saltlen(RsaPssSaltlen::custom(salt_len))?;
        set_digests(&mut context, message_digest, Some(mgf))?;
    } else {
        context.set_rsa_padding(Padding::PKCS1)?;
        set_digests(&mut context, message_digest, None)?;
    }
    context.verify(digest.as_bytes(), value)
}

fn set_digests(
    context: &mut PkeyCtx<Public>,
    digest: MessageDigest,
    mgf: Option<MessageDigest>,
) -> Result<(), openssl::error::ErrorStack> {
    let named = |digest: MessageDigest| openssl::md::Md::from_nid(digest.type_());
    if let Some(md) = named(digest) {
        context.set_signature_md(md)?;
    }
    if let Some(md) = mgf.and_then(named) {
        context.set_rsa_mgf1_md(md)?;
    }
    Ok(())
}

/// `EcdsaSig::from_der` takes BER and leaves what follows; the value must be exactly what it re-encodes to.
fn ecdsa(key: &PKey<Public>, digest: &Digest, value: &[u8]) -> Holds {
    let signature = EcdsaSig::from_der(value)?;
    if signature.to_der()? != value {
        return Ok(false);
    }
    signature.verify(digest.as_bytes(), &*key.ec_key()?)
}

/// As for ECDSA. The digest is cut to the length of the subgroup's order (FIPS 186-4 §4.6), which OpenSSL does.
fn dsa(key: &PKey<Public>, digest: &Digest, value: &[u8]) -> Holds {
    let signature = DsaSig::from_der(value)?;
    if signature.to_der()? != value {
        return Ok(false);
    }
    let mut context = PkeyCtx::new(key)?;
    context.verify_init()?;
    context.verify(digest.as_bytes(), value)
}
