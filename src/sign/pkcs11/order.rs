//! What a key is to sign, in the forms that PKCS#11 knows, and its signatures in the form that CMS knows.

use serde::{Deserialize, Serialize};

use crate::asn1::{encode, encode_unsigned, tag};
use crate::crypto::{Digest, DigestAlgorithm, SignatureScheme};

/// What the worker has the key sign.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Order {
    pub(super) operation: Operation,
    /// What is handed to the mechanism that does not hash: a `DigestInfo` or a digest.
    pub(super) data: Vec<u8>,
    /// The octets that were hashed, for a mechanism that hashes.
    pub(super) message: Option<Vec<u8>>,
}

/// How the key signs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Operation {
    /// `CKM_RSA_PKCS` over a `DigestInfo`: every card can, whatever the digest.
    RsaPkcs1 { hash: Hash },
    /// `CKM_RSA_PKCS_PSS` over a digest.
    RsaPss { hash: Hash, mask: Hash, salt_len: u32 },
    /// `CKM_ECDSA` over a digest.
    Ecdsa { hash: Hash },
}

/// Digests that signatures are made with.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// Longer messages are hashed on our side: signed attributes have some hundred octets.
const MAX_MESSAGE: usize = 8 * 1024;

impl Order {
    /// What the key signs so that `scheme` has a signature over what `digest` was made of; `None` where no token signs so.
    pub(super) fn new(scheme: SignatureScheme, digest: &Digest, message: Option<&[u8]>) -> Option<Self> {
        let hash = |algorithm| Hash::of(algorithm).filter(|_| algorithm == digest.algorithm());
        let raw = || digest.as_bytes().to_vec();
        let (operation, data) = match scheme {
            SignatureScheme::RsaPkcs1(algorithm) => {
                (Operation::RsaPkcs1 { hash: hash(algorithm)? }, digest_info(digest))
            }
            SignatureScheme::RsaPss { digest: algorithm, mgf_digest, salt_len } => {
                (Operation::RsaPss { hash: hash(algorithm)?, mask: Hash::of(mgf_digest)?, salt_len }, raw())
            }
            SignatureScheme::Ecdsa(algorithm) => (Operation::Ecdsa { hash: hash(algorithm)? }, raw()),
            SignatureScheme::Dsa(_) | SignatureScheme::Ed25519 => return None,
        };
        let message = message.filter(|message| message.len() <= MAX_MESSAGE).map(<[u8]>::to_vec);
        Some(Self { operation, data, message })
    }

    /// A signature of the module in the form of CMS; `None` where it is none.
    pub(super) fn in_cms_form(&self, value: Vec<u8>) -> Option<Vec<u8>> {
        match self.operation {
            Operation::RsaPkcs1 { .. } | Operation::RsaPss { .. } => Some(value),
            Operation::Ecdsa { .. } => ecdsa_value(&value),
        }
    }
}

impl Hash {
    const fn of(algorithm: DigestAlgorithm) -> Option<Self> {
        match algorithm {
            DigestAlgorithm::Sha256 => Some(Self::Sha256),
            DigestAlgorithm::Sha384 => Some(Self::Sha384),
            DigestAlgorithm::Sha512 => Some(Self::Sha512),
            _ => None,
        }
    }
}

/// `DigestInfo` (RFC 8017 §9.2), with the NULL that verifiers of PKCS #1 v1.5 expect (appendix A.2.4).
fn digest_info(digest: &Digest) -> Vec<u8> {
    let algorithm = [encode(tag::OID, digest.algorithm().oid().as_bytes()), encode(tag::NULL, &[])].concat();
    encode(tag::SEQUENCE, &[encode(tag::SEQUENCE, &algorithm), encode(tag::OCTET_STRING, digest.as_bytes())].concat())
}

/// `Ecdsa-Sig-Value` (RFC 3279 §2.2.3) of r ‖ s (PKCS#11 v2.40 mechanisms §2.3.1): two numbers of one length.
fn ecdsa_value(value: &[u8]) -> Option<Vec<u8>> {
    if value.is_empty() || !value.len().is_multiple_of(2) {
        return None;
    }
    let (r, s) = value.split_at_checked(value.len() / 2)?;
    Some(encode(tag::SEQUENCE, &[encode_unsigned(r), encode_unsigned(s)].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The prefixes of RFC 8017 §9.2 note 1.
    #[test]
    fn digest_infos_are_those_of_rfc_8017() {
        for (algorithm, prefix) in [
            (DigestAlgorithm::Sha256, "3031300d060960864801650304020105000420"),
            (DigestAlgorithm::Sha384, "3041300d060960864801650304020205000430"),
            (DigestAlgorithm::Sha512, "3051300d060960864801650304020305000440"),
        ] {
            let digest = algorithm.digest(b"abc");
            let info = digest_info(&digest);
            assert_eq!(crate::crypto::hex(&info), format!("{prefix}{}", digest.to_hex()));
        }
    }

    #[test]
    fn r_and_s_become_two_numbers() {
        assert_eq!(ecdsa_value(&[0, 1, 0x80, 2]).unwrap(), [0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 2]);
        assert_eq!(ecdsa_value(&[1, 2, 3]), None);
        assert_eq!(ecdsa_value(&[]), None);
    }

    #[test]
    fn a_digest_of_another_kind_than_the_scheme_is_not_signed() {
        let digest = DigestAlgorithm::Sha256.digest(b"abc");
        assert!(Order::new(SignatureScheme::Ecdsa(DigestAlgorithm::Sha384), &digest, None).is_none());
        assert!(Order::new(SignatureScheme::Ed25519, &digest, None).is_none());
        let order = Order::new(SignatureScheme::Ecdsa(DigestAlgorithm::Sha256), &digest, Some(&[0; 9000])).unwrap();
        assert_eq!(order.message, None, "too long to be handed over");
        assert_eq!(order.data, digest.as_bytes());
    }
}
