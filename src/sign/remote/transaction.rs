//! What one authorisation is about: the hashes, in their order, of one credential.

use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::asn1::Reader;
use crate::crypto::{Digest, SignatureScheme};
use crate::sign::remote::wire::to_base64;
use crate::sign::remote::{AuthMode, AuthObject, CredentialInfo, RemoteError};
use crate::sign::signer::{Algorithms, RsaPadding, Signer};

/// The most hashes of one authorisation, whatever the provider allows.
pub const MAX_HASHES: usize = 500;

/// `rsaEncryption`: RSASSA-PKCS1-v1_5 with a digest that is named apart.
const RSA: &str = "1.2.840.113549.1.1.1";
/// `id-RSASSA-PSS`.
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
/// The others of RSASSA-PKCS1-v1_5.
const RSA_WITH_DIGEST: [&str; 3] = ["1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13"];

/// Hashes that a person agrees to have signed, together, by one credential. They leave only with their authorisation.
#[derive(Debug)]
pub struct Transaction<'c> {
    pub(super) credential: &'c CredentialInfo,
    signer: &'c Signer,
    digests: Vec<Digest>,
    pub(super) algorithm: Algorithm,
}

/// `signAlgo`, `signAlgoParams` and `hashAlgo` of `signatures/signHash`.
#[derive(Debug)]
pub(super) struct Algorithm {
    pub(super) signature: String,
    pub(super) parameters: Option<String>,
    pub(super) digest: String,
}

/// A secret that a person entered. It never prints, is wiped when it is dropped, and cannot be copied: who signs gives it away.
#[derive(Debug)]
pub struct Entered(SecretString);

/// Why octets are nothing that a person enters.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EnteredError {
    /// There is nothing.
    #[error("nothing was entered")]
    Empty,
    /// More than [`Entered::MAX_LEN`] octets, control characters, or no UTF-8: the wrong file.
    #[error("this is no PIN and no code")]
    Senseless,
}

impl Entered {
    /// More octets than anybody enters.
    pub const MAX_LEN: usize = 255;

    /// Takes what was entered, without the end of the line.
    pub fn new(entered: &SecretSlice<u8>) -> Result<Self, EnteredError> {
        let octets = entered.expose_secret();
        if octets.is_empty() {
            return Err(EnteredError::Empty);
        }
        match str::from_utf8(octets) {
            Ok(text) if octets.len() <= Self::MAX_LEN && !text.contains(char::is_control) => {
                Ok(Self(SecretString::from(text)))
            }
            _ => Err(EnteredError::Senseless),
        }
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.0
    }
}

impl CredentialInfo {
    /// How its key signs: by RSASSA-PKCS1-v1_5 where it can, else by RSASSA-PSS; elliptic curves have one way.
    pub fn algorithms(&self) -> Algorithms {
        let offers = |oid: &str| self.algorithms.iter().any(|offered| offered == oid);
        let pkcs1 = offers(RSA) || RSA_WITH_DIGEST.iter().any(|oid| offers(oid));
        let padding = if offers(RSA_PSS) && !pkcs1 { RsaPadding::Pss } else { RsaPadding::Pkcs1 };
        Algorithms { padding, ..Algorithms::USUAL }
    }
}

impl<'c> Transaction<'c> {
    /// Puts hashes together that `signer`, who has the credential's certificate, is to sign.
    pub fn new(credential: &'c CredentialInfo, signer: &'c Signer, digests: Vec<Digest>) -> Result<Self, RemoteError> {
        if !credential.enabled {
            return Err(RemoteError::Disabled);
        }
        let allowed = credential.multisign.min(MAX_HASHES);
        if digests.len() > allowed {
            return Err(RemoteError::TooMany { asked: digests.len(), allowed });
        }
        let of_scheme = |digest: &Digest| signer.scheme().digest() == Some(digest.algorithm());
        if digests.is_empty() || !digests.iter().all(of_scheme) {
            return Err(RemoteError::Hashes);
        }
        let algorithm = Algorithm::of(signer.scheme(), &credential.algorithms)
            .ok_or_else(|| RemoteError::Algorithm(credential.algorithms.clone()))?;
        Ok(Self { credential, signer, digests, algorithm })
    }

    /// What the person has to enter, or to do.
    pub fn objects(&self) -> Result<&'c [AuthObject], RemoteError> {
        match &self.credential.mode {
            AuthMode::Explicit(objects) => Ok(objects),
            AuthMode::OAuth2Code => Err(RemoteError::OnAPage),
        }
    }

    /// How many signatures.
    pub const fn len(&self) -> usize {
        self.digests.len()
    }

    /// Never: a transaction is about something.
    pub const fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// The hashes as they are sent.
    pub(super) fn hashes(&self) -> Vec<String> {
        self.digests.iter().map(|digest| to_base64(digest.as_bytes())).collect()
    }

    /// Takes the values if there is one for each hash, and all hold under the certificate.
    pub(super) fn release(self, values: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, RemoteError> {
        if values.len() != self.digests.len() {
            return Err(RemoteError::Count { asked: self.digests.len(), got: values.len() });
        }
        for (index, (value, digest)) in values.iter().zip(&self.digests).enumerate() {
            let wrong = RemoteError::WrongSignature(index + 1);
            let Ok(key) = self.signer.certificate().public_key() else { return Err(wrong) };
            key.verify_digest(digest, self.signer.scheme(), value).map_err(|_| wrong)?;
        }
        Ok(values)
    }
}

impl Algorithm {
    /// How the API names a scheme, by one of the names that the key offers.
    fn of(scheme: SignatureScheme, offered: &[String]) -> Option<Self> {
        let identifier = scheme.identifier()?;
        let mut fields = Reader::new(&identifier).sequence().ok()?;
        let own = fields.oid().ok()?.to_dotted();
        let parameters = match scheme {
            SignatureScheme::RsaPss { .. } => Some(to_base64(fields.rest())),
            _ => None,
        };
        let offers = |oid: &str| offered.iter().any(|offered| offered == oid);
        let bare = matches!(scheme, SignatureScheme::RsaPkcs1(_)) && offers(RSA);
        let signature = if offers(&own) { own } else { bare.then(|| RSA.to_owned())? };
        Some(Self { signature, parameters, digest: scheme.digest()?.oid().to_dotted() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::DigestAlgorithm;

    #[test]
    fn a_scheme_is_named_as_the_key_offers_it() {
        let named = |scheme, offered: &[&str]| {
            Algorithm::of(scheme, &offered.iter().map(|&oid| oid.to_owned()).collect::<Vec<_>>())
        };
        let pkcs1 = SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha256);
        let own = named(pkcs1, &[RSA, RSA_WITH_DIGEST[0]]).unwrap();
        assert_eq!((own.signature.as_str(), own.digest.as_str()), (RSA_WITH_DIGEST[0], "2.16.840.1.101.3.4.2.1"));
        assert_eq!(named(pkcs1, &[RSA, RSA_PSS]).unwrap().signature, RSA);
        assert!(named(pkcs1, &[RSA_PSS, RSA_WITH_DIGEST[2]]).is_none());
        let digest = DigestAlgorithm::Sha256;
        let pss = SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_len: 32 };
        assert!(named(pss, &[RSA_PSS]).unwrap().parameters.unwrap().starts_with("MD"));
        assert!(named(SignatureScheme::Ecdsa(digest), &["1.2.840.10045.4.3.2"]).unwrap().parameters.is_none());
        assert!(named(SignatureScheme::Ed25519, &["1.3.101.112"]).is_none());
    }

    #[test]
    fn what_is_entered_is_a_line_of_text() {
        let entered = |octets: &[u8]| Entered::new(&SecretSlice::from(octets.to_vec()));
        assert!(!format!("{:?}", entered(b"738496").unwrap()).contains("738496"));
        assert_eq!(entered(b"").unwrap_err(), EnteredError::Empty);
        for senseless in [&b"12\x7f"[..], &[0xff], &[b'1'; 256]] {
            assert_eq!(entered(senseless).unwrap_err(), EnteredError::Senseless);
        }
    }
}
