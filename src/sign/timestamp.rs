//! Timestamps of signatures (RFC 3161): the request, and whether what came back is the answer to it. The exchange itself
//! is the caller's.

use time::{Duration, UtcDateTime};

use crate::asn1::{Asn1Error, Reader, encode, encode_unsigned, tag};
use crate::crypto::{Digest, DigestAlgorithm, NoRandomness, random};
use crate::trust::{ObjectId, Times};
use crate::verify::{Context, Finding, Indication, SubIndication, VerifyError, judge_asked_token};

/// The content type of a request, and of a response (RFC 3161 §3.4).
pub const QUERY_TYPE: &str = "application/timestamp-query";
/// See [`QUERY_TYPE`].
pub const REPLY_TYPE: &str = "application/timestamp-reply";

/// No response is larger: a token with a chain of certificates has a few thousand octets.
pub const MAX_RESPONSE_LEN: usize = 256 * 1024;

/// How far the authority's clock and ours may be apart.
const MAX_SKEW: Duration = Duration::minutes(5);

/// A request for a timestamp, of which only the answer to it is accepted.
#[derive(Debug)]
pub struct Query {
    imprint: Digest,
    /// Contents octets of the INTEGER.
    nonce: Vec<u8>,
    policy: Option<ObjectId>,
    octets: Vec<u8>,
}

/// A timestamp that was asked for and found good.
#[derive(Clone, Debug)]
pub struct Token {
    der: Vec<u8>,
    imprint: Digest,
    time: UtcDateTime,
}

/// Why there is no timestamp. None of these leaves anything behind.
#[derive(Debug, thiserror::Error)]
pub enum TimestampError {
    /// The generator of nonces failed.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// What came back is no response of RFC 3161.
    #[error("the answer of the timestamp authority cannot be read: {0}")]
    Malformed(#[from] Asn1Error),
    /// More octets than [`MAX_RESPONSE_LEN`].
    #[error("the answer of the timestamp authority is too large")]
    TooLarge,
    /// The authority refuses (§2.4.2, `PKIStatus`).
    #[error("the timestamp authority refuses: status {status}, reason {}", .failure.map_or("not given".to_owned(), |bit| format!("{bit}")))]
    Refused {
        /// `PKIStatus`.
        status: u32,
        /// The first bit of `PKIFailureInfo`.
        failure: Option<usize>,
    },
    /// It answers another request: the nonce is another, or none.
    #[error("the timestamp answers another request")]
    OtherNonce,
    /// It is made under another policy than was asked for.
    #[error("the timestamp was made under another policy")]
    OtherPolicy,
    /// It is about something else.
    #[error("the timestamp is about something else")]
    OtherImprint,
    /// Its clock and ours are more than five minutes apart.
    #[error("the clock of the timestamp authority says {0}")]
    Clock(UtcDateTime),
    /// It does not hold, or its authority is not trusted.
    #[error("the timestamp proves nothing: {}", .0.iter().map(|finding| finding.code).collect::<Vec<_>>().join(", "))]
    ProvesNothing(Vec<Finding>),
    /// It could not be judged.
    #[error("the timestamp could not be judged: {0}")]
    NotJudged(#[from] VerifyError),
}

impl Query {
    /// Asks for a timestamp of a signature value, under a policy of the authority if one is wanted.
    pub fn of_value(
        value: &[u8],
        algorithm: DigestAlgorithm,
        policy: Option<ObjectId>,
    ) -> Result<Self, TimestampError> {
        Self::new(algorithm.digest(value), policy)
    }

    /// Asks for a timestamp of something that has this digest.
    pub fn new(imprint: Digest, policy: Option<ObjectId>) -> Result<Self, TimestampError> {
        let nonce = encode_unsigned(&random::<16>()?);
        let message_imprint =
            [imprint.algorithm().identifier(), encode(tag::OCTET_STRING, imprint.as_bytes())].concat();
        let octets = [
            encode_unsigned(&[1]),
            encode(tag::SEQUENCE, &message_imprint),
            policy.as_ref().map(|policy| encode(tag::OID, policy.oid().as_bytes())).unwrap_or_default(),
            nonce.clone(),
            // certReq: the certificate of the authority comes along.
            encode(tag::BOOLEAN, &[0xff]),
        ];
        let nonce = Reader::new(&nonce).element()?.value.to_vec();
        Ok(Self { imprint, nonce, policy, octets: encode(tag::SEQUENCE, &octets.concat()) })
    }

    /// `TimeStampReq` in DER: what is sent to the authority.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// What is to be stamped.
    pub(super) const fn imprint(&self) -> &Digest {
        &self.imprint
    }

    /// Octets of the number that the answer must repeat, the highest first.
    pub(super) fn nonce(&self) -> &[u8] {
        &self.nonce
    }

    /// Takes the authority's answer that arrived at `at`, if it is one to this request and would be believed by whoever
    /// verifies with `context`. Revocation data of the authority may still be missing.
    pub fn accept(&self, response: &[u8], at: UtcDateTime, context: &Context<'_>) -> Result<Token, TimestampError> {
        if response.len() > MAX_RESPONSE_LEN {
            return Err(TimestampError::TooLarge);
        }
        self.accept_token(token(response)?, at, context)
    }

    /// The same for a token that came without a response around it.
    pub(super) fn accept_token(
        &self,
        token: &[u8],
        at: UtcDateTime,
        context: &Context<'_>,
    ) -> Result<Token, TimestampError> {
        // A clock that is ahead of ours within reason makes no timestamp of the future.
        let asked = judge_asked_token(token, &self.imprint, Times::at(at + MAX_SKEW), context)?;
        let time = asked.report.time.ok_or(Asn1Error::BadValue("TSTInfo"))?;
        if asked.nonce.as_deref() != Some(self.nonce.as_slice()) {
            return Err(TimestampError::OtherNonce);
        }
        if self.policy.is_some() && self.policy != asked.policy {
            return Err(TimestampError::OtherPolicy);
        }
        let report = asked.report;
        match (report.indication, report.sub_indication) {
            (Some(Indication::TotalPassed), _) | (_, Some(SubIndication::TryLater)) => {}
            (_, Some(SubIndication::HashFailure)) => return Err(TimestampError::OtherImprint),
            _ => return Err(TimestampError::ProvesNothing(report.findings)),
        }
        if (time - at).abs() > MAX_SKEW {
            return Err(TimestampError::Clock(time));
        }
        Ok(Token { der: token.to_vec(), imprint: self.imprint, time })
    }
}

impl Token {
    /// The time it proves.
    pub const fn time(&self) -> UtcDateTime {
        self.time
    }

    /// `TimeStampToken`, as it came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The digest that it is about.
    pub const fn imprint(&self) -> &Digest {
        &self.imprint
    }

    /// Whether it is about these octets.
    pub(super) fn is_about(&self, octets: &[u8]) -> bool {
        self.imprint == self.imprint.algorithm().digest(octets)
    }
}

/// The token of a `TimeStampResp` (§2.4.2) that grants one.
fn token(response: &[u8]) -> Result<&[u8], TimestampError> {
    let mut outer = Reader::new(response);
    let mut fields = outer.sequence()?;
    outer.finish()?;
    let mut info = fields.sequence()?;
    let status = info.expect(tag::INTEGER)?.small_integer()?;
    // granted, grantedWithMods.
    if status > 1 {
        info.optional(tag::SEQUENCE)?;
        let failure = info.optional(tag::BIT_STRING)?.and_then(|bits| first_bit(bits.value.get(1..)?));
        return Err(TimestampError::Refused { status, failure });
    }
    let token = fields.expect(tag::SEQUENCE)?.raw;
    fields.finish()?;
    Ok(token)
}

fn first_bit(octets: &[u8]) -> Option<usize> {
    let place = octets.iter().position(|octet| *octet != 0)?;
    let bit = octets.get(place)?.leading_zeros();
    Some(place * 8 + usize::try_from(bit).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::asn1::is_der;

    #[test]
    fn a_request_is_der_and_no_two_are_the_same() {
        let imprint = DigestAlgorithm::Sha256.digest(b"value");
        let query = Query::new(imprint, ObjectId::parse("1.2.3.4")).unwrap();
        let element = Reader::new(query.octets()).element().unwrap();
        assert!(is_der(&element));
        assert_ne!(query.octets(), Query::new(imprint, ObjectId::parse("1.2.3.4")).unwrap().octets());
    }

    #[test]
    fn a_refusal_says_why() {
        // rejection (2), badAlg (bit 0) and systemFailure (bit 25).
        for (bits, bit) in [(&[0x07, 0x80][..], 0), (&[0x06, 0, 0, 0, 0x40], 25)] {
            let info = [encode_unsigned(&[2]), encode(tag::BIT_STRING, bits)].concat();
            let response = encode(tag::SEQUENCE, &encode(tag::SEQUENCE, &info));
            let refused = token(&response).unwrap_err();
            assert!(matches!(refused, TimestampError::Refused { status: 2, failure: Some(found) } if found == bit));
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_an_answer_or_refused(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _refused = token(&octets).is_err();
            let _refused = token(&encode(tag::SEQUENCE, &octets)).is_err();
        }
    }
}
