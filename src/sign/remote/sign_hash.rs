//! `signatures/signHash`: the values, if all of them hold.

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use crate::sign::remote::call::parse;
use crate::sign::remote::wire::{Exposed, from_base64, json};
use crate::sign::remote::{Body, Call, RemoteError, Sad, Version};

/// `signatures/signHash` (v1 §11.9, v2 §11.10). Its answer is one signature value for each hash, in their order, each verified
/// under the certificate of the credential.
#[derive(Debug)]
pub struct SignHash<'c>(Sad<'c>);

impl<'c> SignHash<'c> {
    pub(super) const fn new(sad: Sad<'c>) -> Self {
        Self(sad)
    }
}

#[derive(Serialize)]
struct Question<'a> {
    #[serde(rename = "credentialID")]
    credential: &'a str,
    #[serde(rename = "SAD")]
    sad: Exposed<'a>,
    /// v1
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<&'a [String]>,
    #[serde(rename = "hashAlgo", skip_serializing_if = "Option::is_none")]
    hash_algorithm: Option<&'a str>,
    /// v2
    #[serde(skip_serializing_if = "Option::is_none")]
    hashes: Option<&'a [String]>,
    #[serde(rename = "hashAlgorithmOID", skip_serializing_if = "Option::is_none")]
    hash_algorithm_oid: Option<&'a str>,
    #[serde(rename = "signAlgo")]
    algorithm: &'a str,
    #[serde(rename = "signAlgoParams", skip_serializing_if = "Option::is_none")]
    parameters: Option<&'a str>,
}

#[derive(Deserialize)]
struct Answer {
    signatures: Vec<String>,
}

impl Call for SignHash<'_> {
    type Answer = Vec<Vec<u8>>;

    fn method(&self) -> &'static str {
        "signatures/signHash"
    }

    fn body(&self) -> Body {
        let transaction = &self.0.transaction;
        let algorithm = &transaction.algorithm;
        let hashes = transaction.hashes();
        let (hashes, digest) = (hashes.as_slice(), algorithm.digest.as_str());
        let v1 = transaction.credential.version == Version::V1;
        Body::json(json(&Question {
            credential: &transaction.credential.id,
            sad: Exposed(&self.0.value),
            hash: v1.then_some(hashes),
            hash_algorithm: v1.then_some(digest),
            hashes: (!v1).then_some(hashes),
            hash_algorithm_oid: (!v1).then_some(digest),
            algorithm: &algorithm.signature,
            parameters: algorithm.parameters.as_deref(),
        }))
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.0.value.expose_secret()]
    }

    fn accept(self, _status: u16, body: &[u8], _asked_at: UtcDateTime) -> Result<Vec<Vec<u8>>, RemoteError> {
        let answer: Answer = parse(self.method(), body)?;
        let values: Option<Vec<_>> = answer.signatures.iter().map(|text| from_base64(text)).collect();
        self.0.transaction.release(values.ok_or(RemoteError::Malformed("signatures/signHash"))?)
    }
}
