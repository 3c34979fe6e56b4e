//! Who signs: a certificate and its private key.

use std::fs;
use std::path::{Path, PathBuf};

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};
use openssl::x509::X509;

use super::der::{algorithm, context, int, null, seq};

/// A certificate and its private key.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: PKey<Private>,
}

/// How the signature value is computed.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Scheme {
    /// `signatureAlgorithm` is `rsaEncryption`, as most signers write (RFC 3370 §3.2).
    Pkcs1,
    /// `signatureAlgorithm` names the digest too (`sha256WithRSAEncryption`, …).
    Pkcs1WithDigest,
    Pss {
        mgf: Md,
        salt: u8,
    },
    Ecdsa,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Md {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    Sha3_256,
}

/// The frozen part of the synthetic PKI that the fixtures are signed with.
pub(crate) fn pki() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cms/pki")
}

impl Identity {
    /// A leaf of the stored PKI.
    pub(crate) fn leaf(name: &str) -> Self {
        Self::leaf_in(&pki(), name)
    }

    /// A leaf of a PKI made by `certs/make-pki.sh`.
    pub(crate) fn leaf_in(pki: &Path, name: &str) -> Self {
        Self::read(&pki.join(format!("leaves/{name}.pem")), &pki.join(format!("leaves/{name}.key")))
    }

    /// An authority of the stored PKI.
    pub(crate) fn authority(name: &str) -> Self {
        Self::authority_in(&pki(), name)
    }

    /// An authority of a PKI made by `certs/make-pki.sh`.
    pub(crate) fn authority_in(pki: &Path, name: &str) -> Self {
        Self::read(&pki.join(name).join("ca.pem"), &pki.join(name).join("ca.key"))
    }

    fn read(certificate: &Path, key: &Path) -> Self {
        let certificate = X509::from_pem(&fs::read(certificate).unwrap()).unwrap().to_der().unwrap();
        Self { certificate, key: PKey::private_key_from_pem(&fs::read(key).unwrap()).unwrap() }
    }

    fn x509(&self) -> X509 {
        X509::from_der(&self.certificate).unwrap()
    }

    /// DER of the issuer's name.
    pub(crate) fn issuer(&self) -> Vec<u8> {
        self.x509().issuer_name().to_der().unwrap()
    }

    /// DER of the subject's name.
    pub(crate) fn subject(&self) -> Vec<u8> {
        self.x509().subject_name().to_der().unwrap()
    }

    /// DER of the serial number.
    pub(crate) fn serial(&self) -> Vec<u8> {
        super::der::unsigned(&self.x509().serial_number().to_bn().unwrap().to_vec())
    }

    /// Contents of the subject key identifier.
    pub(crate) fn key_id(&self) -> Vec<u8> {
        self.x509().subject_key_id().unwrap().as_slice().to_vec()
    }

    /// SHA-1 of the key, which is RSA, as OCSP names it (RFC 6960 §4.1.1).
    pub(crate) fn key_hash(&self) -> Vec<u8> {
        let key = self.x509().public_key().unwrap();
        Md::Sha1.digest(&key.rsa().unwrap().public_key_to_der_pkcs1().unwrap())
    }

    /// `issuerAndSerialNumber` (RFC 5652 §10.2.4).
    pub(crate) fn issuer_and_serial(&self) -> Vec<u8> {
        seq([self.issuer(), self.serial()])
    }

    pub(crate) fn is_rsa(&self) -> bool {
        self.key.id() == Id::RSA
    }

    /// Computes a signature value over `message`.
    pub(crate) fn sign(&self, scheme: Scheme, md: Md, message: &[u8]) -> Vec<u8> {
        let mut signer = Signer::new(md.openssl(), &self.key).unwrap();
        if let Scheme::Pss { mgf, salt } = scheme {
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(i32::from(salt))).unwrap();
            signer.set_rsa_mgf1_md(mgf.openssl()).unwrap();
        }
        signer.sign_oneshot_to_vec(message).unwrap()
    }

    /// The RSA private operation on an encoded message of the length of the modulus, whatever it holds.
    pub(crate) fn rsa_raw(&self, encoded: &[u8]) -> Vec<u8> {
        let rsa = self.key.rsa().unwrap();
        let mut value = vec![0; usize::try_from(rsa.size()).unwrap()];
        let len = rsa.private_encrypt(encoded, &mut value, Padding::NONE).unwrap();
        value.truncate(len);
        value
    }
}

pub(crate) fn rsa_key(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

pub(crate) fn p256_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

impl Md {
    pub(crate) fn openssl(self) -> MessageDigest {
        match self {
            Self::Md5 => MessageDigest::md5(),
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
            Self::Sha3_256 => MessageDigest::sha3_256(),
        }
    }

    pub(crate) fn digest(self, message: &[u8]) -> Vec<u8> {
        hash(self.openssl(), message).unwrap().to_vec()
    }

    pub(crate) const fn oid(self) -> &'static str {
        match self {
            Self::Md5 => "1.2.840.113549.2.5",
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
            Self::Sha3_256 => "2.16.840.1.101.3.4.2.8",
        }
    }

    /// `AlgorithmIdentifier` without parameters (RFC 5754 §2).
    pub(crate) fn identifier(self) -> Vec<u8> {
        algorithm(self.oid(), &[])
    }
}

impl Scheme {
    /// `signatureAlgorithm` of a SignerInfo.
    pub(crate) fn identifier(self, md: Md) -> Vec<u8> {
        match self {
            Self::Pkcs1 => algorithm("1.2.840.113549.1.1.1", &null()),
            Self::Pkcs1WithDigest => algorithm(
                match md {
                    Md::Md5 => "1.2.840.113549.1.1.4",
                    Md::Sha1 => "1.2.840.113549.1.1.5",
                    Md::Sha256 => "1.2.840.113549.1.1.11",
                    Md::Sha384 => "1.2.840.113549.1.1.12",
                    Md::Sha512 => "1.2.840.113549.1.1.13",
                    Md::Sha3_256 => "2.16.840.1.101.3.4.3.14",
                },
                &null(),
            ),
            Self::Pss { mgf, salt } => pss(md, mgf, salt),
            Self::Ecdsa => algorithm(
                match md {
                    Md::Md5 => "1.2.840.10045.2.1",
                    Md::Sha1 => "1.2.840.10045.4.1",
                    Md::Sha256 => "1.2.840.10045.4.3.2",
                    Md::Sha384 => "1.2.840.10045.4.3.3",
                    Md::Sha512 => "1.2.840.10045.4.3.4",
                    Md::Sha3_256 => "2.16.840.1.101.3.4.3.10",
                },
                &[],
            ),
        }
    }
}

/// `id-RSASSA-PSS` with its parameters (RFC 4055 §3.1).
pub(crate) fn pss(md: Md, mgf: Md, salt: u8) -> Vec<u8> {
    let parameters = seq([
        context(0, &algorithm(md.oid(), &null())),
        context(1, &algorithm("1.2.840.113549.1.1.8", &algorithm(mgf.oid(), &null()))),
        context(2, &int(u64::from(salt))),
    ]);
    algorithm("1.2.840.113549.1.1.10", &parameters)
}
