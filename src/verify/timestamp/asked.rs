//! A token seen by whoever asked for it (RFC 3161 §2.4.2): the same judgement, and what the answer must repeat.

use crate::asn1::Source;
use crate::crypto::Digest;
use crate::trust::{ObjectId, Times};
use crate::verify::cms::{self, CmsError};
use crate::verify::signer::Pool;
use crate::verify::timestamp::token::TstInfo;
use crate::verify::timestamp::{ON_SIGNATURE, Stamped, judge, whole_content};
use crate::verify::{Context, Request, TimestampReport, VerifyError};

/// A token that came in answer to a request.
#[derive(Clone, Debug)]
pub struct AskedToken {
    /// What it is worth: imprint, signature, authority, revocation, time.
    pub report: TimestampReport,
    /// Under which policy it was made; `None` where the token cannot be read.
    pub policy: Option<ObjectId>,
    /// The octets of the nonce, where it has one.
    pub nonce: Option<Vec<u8>>,
}

/// Judges a token that must be about `stamped`, at the time of `times`. Whether policy and nonce are those of the request
/// is for the caller to compare.
pub fn judge_asked_token(
    token: &[u8],
    stamped: &Digest,
    times: Times,
    context: &Context<'_>,
) -> Result<AskedToken, VerifyError> {
    let source: &dyn Source = &token;
    let request = Request {
        name: "",
        document: source,
        detached: None,
        fiscal_code: None,
        expected: None,
        times,
        existence_source: None,
        password: None,
    };
    let opened = match cms::open(source, context.limits, context.deadline) {
        Err(CmsError::TimedOut) => return Err(VerifyError::TimedOut),
        opened => opened.ok(),
    };
    let pool = Pool::read(&[], [].iter(), context.trust);
    let info = opened.as_ref().and_then(whole_content).and_then(|octets| TstInfo::read(octets).ok());
    let digest = info.as_ref().and_then(|info| (info.algorithm == Some(stamped.algorithm())).then_some(*stamped));
    let stamped = Stamped { kind: ON_SIGNATURE, digest, pool: &pool };
    let report = judge(opened.as_ref(), &stamped, &request, context).report;
    let policy = info.as_ref().map(|info| info.policy.into());
    Ok(AskedToken { report, policy, nonce: info.and_then(|info| info.nonce).map(<[u8]>::to_vec) })
}
