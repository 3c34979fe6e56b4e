//! Which algorithms and keys still convince, and until when (ETSI TS 119 312).

use time::UtcDateTime;

use crate::crypto::{DigestAlgorithm, KeyKind, SignatureScheme};

/// Until when an algorithm is believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reliability {
    /// No end is known.
    Lasting,
    /// Signatures proved to exist before this instant count.
    Until(UtcDateTime),
    /// Never.
    Never,
}

/// Constraints on digests and keys. There is no default: a policy is chosen by name.
#[derive(Clone, Debug)]
pub struct AlgorithmPolicy {
    /// Digests, each with its reliability; one that is not listed is never believed.
    pub digests: Vec<(DigestAlgorithm, Reliability)>,
    /// The shortest RSA modulus, in bits.
    pub min_rsa_bits: u32,
    /// The shortest order of a curve, in bits.
    pub min_ec_bits: u32,
    /// DSA of any length.
    pub dsa: Reliability,
}

/// Why an algorithm or a key does not convince.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AlgorithmWeakness {
    /// The digest is not believed at the time.
    #[error("{} is no longer reliable", .0.name())]
    Digest(DigestAlgorithm),
    /// The RSA key is too short.
    #[error("an RSA key of {bits} bits is shorter than {min}")]
    RsaKey {
        /// Length of its modulus.
        bits: u32,
        /// The shortest allowed.
        min: u32,
    },
    /// The curve is too small.
    #[error("a curve of {bits} bits is smaller than {min}")]
    Curve {
        /// Length of its order.
        bits: u32,
        /// The smallest allowed.
        min: u32,
    },
    /// DSA.
    #[error("DSA is no longer used for qualified signatures")]
    Dsa,
}

impl AlgorithmPolicy {
    /// What TS 119 312 v1.4 recommends, without its grace for RSA under 2,048 bits: SHA-2, SHA-3, RSA from 2,048 bits,
    /// curves from 256 bits. SHA-1 and MD5 never count, at whatever time: the contract of this product.
    pub fn ts_119_312() -> Self {
        use DigestAlgorithm::{Sha3_256, Sha3_384, Sha3_512, Sha224, Sha256, Sha384, Sha512};
        let lasting = [Sha256, Sha384, Sha512, Sha3_256, Sha3_384, Sha3_512, Sha224];
        Self {
            digests: lasting.into_iter().map(|digest| (digest, Reliability::Lasting)).collect(),
            min_rsa_bits: 2048,
            min_ec_bits: 256,
            dsa: Reliability::Never,
        }
    }

    /// Judges a signature scheme with the key that verifies it, for a signature proved to exist at `existed_by`.
    pub fn check(
        &self,
        scheme: SignatureScheme,
        key: KeyKind,
        existed_by: UtcDateTime,
    ) -> Result<(), AlgorithmWeakness> {
        if let Some(digest) = scheme.digest() {
            self.check_digest(digest, existed_by)?;
        }
        if let SignatureScheme::RsaPss { mgf_digest, .. } = scheme {
            self.check_digest(mgf_digest, existed_by)?;
        }
        match key {
            KeyKind::Rsa { bits } if bits < self.min_rsa_bits => {
                Err(AlgorithmWeakness::RsaKey { bits, min: self.min_rsa_bits })
            }
            KeyKind::Ec(curve) if curve.bits() < self.min_ec_bits => {
                Err(AlgorithmWeakness::Curve { bits: curve.bits(), min: self.min_ec_bits })
            }
            KeyKind::Dsa if !self.dsa.holds(existed_by) => Err(AlgorithmWeakness::Dsa),
            KeyKind::Rsa { .. } | KeyKind::Ec(_) | KeyKind::Ed25519 | KeyKind::Dsa => Ok(()),
        }
    }

    /// Judges a digest alone, as of a reference or of a message.
    pub fn check_digest(&self, digest: DigestAlgorithm, existed_by: UtcDateTime) -> Result<(), AlgorithmWeakness> {
        let listed = self.digests.iter().find(|(known, _)| *known == digest);
        match listed {
            Some((_, reliability)) if reliability.holds(existed_by) => Ok(()),
            _ => Err(AlgorithmWeakness::Digest(digest)),
        }
    }
}

impl Reliability {
    fn holds(self, at: UtcDateTime) -> bool {
        match self {
            Self::Lasting => true,
            Self::Until(end) => at < end,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;

    #[test]
    fn weak_digests_and_short_keys_are_named() {
        let policy = AlgorithmPolicy::ts_119_312();
        let at = utc_datetime!(2026-02-01 0:00);
        let rsa = KeyKind::Rsa { bits: 2048 };
        let short = KeyKind::Rsa { bits: 2047 };
        let sha256 = SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha256);
        let sha1 = SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha1);
        let pss = SignatureScheme::RsaPss {
            digest: DigestAlgorithm::Sha256,
            mgf_digest: DigestAlgorithm::Sha1,
            salt_len: 32,
        };
        assert_eq!(policy.check(sha256, rsa, at), Ok(()));
        assert_eq!(policy.check(sha256, short, at), Err(AlgorithmWeakness::RsaKey { bits: 2047, min: 2048 }));
        assert_eq!(policy.check(sha1, rsa, at), Err(AlgorithmWeakness::Digest(DigestAlgorithm::Sha1)));
        assert_eq!(policy.check(pss, rsa, at), Err(AlgorithmWeakness::Digest(DigestAlgorithm::Sha1)));
        assert_eq!(policy.check_digest(DigestAlgorithm::Md5, at), Err(AlgorithmWeakness::Digest(DigestAlgorithm::Md5)));
    }

    #[test]
    fn a_digest_may_count_until_a_date() {
        let end = utc_datetime!(2011-07-01 0:00);
        let policy = AlgorithmPolicy {
            digests: vec![(DigestAlgorithm::Sha1, Reliability::Until(end))],
            ..AlgorithmPolicy::ts_119_312()
        };
        assert!(policy.check_digest(DigestAlgorithm::Sha1, end - time::Duration::SECOND).is_ok());
        assert!(policy.check_digest(DigestAlgorithm::Sha1, end).is_err());
    }
}
