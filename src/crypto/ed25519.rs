//! Ed25519 keys of our own (RFC 8032), for signatures on tree heads. They are kept as PKCS#8 in PEM (RFC 8410, RFC 7468).

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::SignatureInvalid;

/// Octets of a public key.
pub const ED25519_PUBLIC_KEY_LEN: usize = 32;
/// Octets of a signature.
pub const ED25519_SIGNATURE_LEN: usize = 64;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// A private key.
pub struct Ed25519SigningKey {
    pair: Ed25519KeyPair,
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Ed25519KeyError {
    /// The text is not an unencrypted Ed25519 private key.
    #[error("not an Ed25519 private key (PKCS#8, PEM)")]
    NotAKey,
    /// The system's generator gave no octets.
    #[error("the generator of keys failed")]
    NotGenerated,
}

impl Ed25519SigningKey {
    /// A new key.
    pub fn generate() -> Result<Self, Ed25519KeyError> {
        Ed25519KeyPair::generate().map(|pair| Self { pair }).map_err(|_| Ed25519KeyError::NotGenerated)
    }

    /// Reads the one block of a PEM file.
    pub fn from_pem(text: &str) -> Result<Self, Ed25519KeyError> {
        let (_, begun) = text.split_once(BEGIN).ok_or(Ed25519KeyError::NotAKey)?;
        let (body, _) = begun.split_once(END).ok_or(Ed25519KeyError::NotAKey)?;
        let body: String = body.split_ascii_whitespace().collect();
        let pkcs8 = STANDARD.decode(body).map_err(|_| Ed25519KeyError::NotAKey)?;
        let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8));
        pair.map(|pair| Self { pair }).map_err(|_| Ed25519KeyError::NotAKey)
    }

    /// As it is kept: whoever has this text has the key.
    pub fn to_pem(&self) -> Result<String, Ed25519KeyError> {
        let pkcs8 = self.pair.to_pkcs8v1().map_err(|_| Ed25519KeyError::NotGenerated)?;
        Ok(format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(pkcs8.as_ref())))
    }

    /// The public key.
    pub fn public_key(&self) -> [u8; ED25519_PUBLIC_KEY_LEN] {
        self.pair.public_key().as_ref().try_into().unwrap_or_default()
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for Ed25519SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519SigningKey(…)")
    }
}

/// Whether a signature on a message holds.
pub fn verify_ed25519(
    public_key: &[u8; ED25519_PUBLIC_KEY_LEN],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureInvalid> {
    UnparsedPublicKey::new(&ED25519, public_key).verify(message, signature).map_err(|_| SignatureInvalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hex;

    /// RFC 8032 §7.1, test 2; the octets around its key are those of `openssl genpkey -algorithm ed25519`.
    #[test]
    fn a_key_of_openssl_signs_as_rfc_8032_does() {
        let pem = format!("{BEGIN}\nMC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n{END}\n");
        let key = Ed25519SigningKey::from_pem(&pem).unwrap();
        assert_eq!(hex(&key.public_key()), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
            085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(hex(&key.sign(&[0x72])), signature);
    }

    #[test]
    fn a_key_that_was_written_reads_back() {
        let key = Ed25519SigningKey::generate().unwrap();
        let again = Ed25519SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        let signature = again.sign(b"message");
        assert_eq!(signature.len(), ED25519_SIGNATURE_LEN);
        assert_eq!(verify_ed25519(&key.public_key(), b"message", &signature), Ok(()));
        assert_eq!(verify_ed25519(&key.public_key(), b"massage", &signature), Err(SignatureInvalid));
        assert_eq!(format!("{key:?}"), "Ed25519SigningKey(…)");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", BEGIN, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "x"] {
            assert_eq!(Ed25519SigningKey::from_pem(text).err(), Some(Ed25519KeyError::NotAKey), "{text}");
        }
    }
}
