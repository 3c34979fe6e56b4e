//! `signatures/timestamp`: timestamps of the provider's authority.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use crate::crypto::hex;
use crate::sign::remote::call::parse;
use crate::sign::remote::wire::{from_base64, json, to_base64};
use crate::sign::remote::{Body, Call, RemoteError};
use crate::sign::timestamp::{Query, Token};
use crate::verify::Context;

/// `signatures/timestamp` (v1 §11.10, v2 §11.12). Only the answer to this query is accepted, as [`Query::accept`] would.
pub struct Timestamp<'a> {
    /// What is to be stamped.
    pub query: &'a Query,
    /// Whom we trust to stamp.
    pub context: &'a Context<'a>,
}

impl fmt::Debug for Timestamp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({:?})", self.query)
    }
}

#[derive(Serialize)]
struct Question<'a> {
    hash: String,
    #[serde(rename = "hashAlgo")]
    digest: String,
    nonce: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    timestamp: String,
}

impl Call for Timestamp<'_> {
    type Answer = Token;

    fn method(&self) -> &'static str {
        "signatures/timestamp"
    }

    fn body(&self) -> Body {
        let imprint = self.query.imprint();
        Body::json(json(&Question {
            hash: to_base64(imprint.as_bytes()),
            digest: imprint.algorithm().oid().to_dotted(),
            nonce: &hex(self.query.nonce()),
        }))
    }

    fn accept(self, _status: u16, body: &[u8], asked_at: UtcDateTime) -> Result<Token, RemoteError> {
        let answer: Answer = parse(self.method(), body)?;
        let token = from_base64(&answer.timestamp).ok_or(RemoteError::Malformed("signatures/timestamp"))?;
        Ok(self.query.accept_token(&token, asked_at, self.context)?)
    }
}
