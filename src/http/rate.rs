//! How often a token may ask: a bucket of allowances for each, refilled steadily.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::id::TokenId;

/// What a token has left, for the headers of the answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Allowance {
    /// Requests in a minute.
    pub(super) limit: u32,
    /// Requests that may follow at once.
    pub(super) remaining: u32,
    /// Seconds until there are as many as can be.
    pub(super) reset_s: u64,
}

/// The token asked too often: seconds until the next request may come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct TooMany {
    pub(super) allowance: Allowance,
    pub(super) retry_after_s: u64,
}

/// Buckets of tokens. There are as many as tokens that asked in the last minute, and never more than [`MOST`].
pub(super) struct Rates {
    per_minute: u32,
    buckets: Mutex<HashMap<TokenId, Bucket>>,
}

/// A bucket, in nanoseconds of refilling: what is missing is refilled by the time `full_at`.
struct Bucket {
    full_at: Instant,
}

const MINUTE: Duration = Duration::from_mins(1);
const MOST: usize = 10_000;

impl Rates {
    pub(super) fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.max(1), buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes an allowance from the bucket of a token.
    pub(super) fn take(&self, token: TokenId, now: Instant) -> Result<Allowance, TooMany> {
        let each = MINUTE / self.per_minute;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST {
            // A full bucket is like none.
            buckets.retain(|_, bucket| bucket.full_at > now);
        }
        let bucket = buckets.entry(token).or_insert(Bucket { full_at: now });
        let missing = bucket.full_at.saturating_duration_since(now);
        let after = missing + each;
        if after > MINUTE {
            let retry_after_s = whole_seconds(after.saturating_sub(MINUTE));
            return Err(TooMany { allowance: self.allowance(missing, each), retry_after_s });
        }
        bucket.full_at = now + after;
        Ok(self.allowance(after, each))
    }

    fn allowance(&self, missing: Duration, each: Duration) -> Allowance {
        let remaining = MINUTE.saturating_sub(missing).as_nanos() / each.as_nanos().max(1);
        Allowance {
            limit: self.per_minute,
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            reset_s: whole_seconds(missing),
        }
    }
}

/// Rounded up: whoever waits so long has waited long enough.
fn whole_seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::domain::id::RANDOM_LEN;

    #[test]
    fn allowances_run_out_and_come_back_and_are_each_tokens_own() {
        let [one, other] = [1, 2].map(|chance| TokenId::new([chance; RANDOM_LEN], utc_datetime!(2026-02-01 12:00)));
        let rates = Rates::new(3);
        let start = Instant::now();
        for remaining in [2, 1, 0] {
            assert_eq!(rates.take(one, start).map(|allowance| allowance.remaining), Ok(remaining));
        }
        let refused = rates.take(one, start).unwrap_err();
        assert_eq!((refused.retry_after_s, refused.allowance.remaining, refused.allowance.reset_s), (20, 0, 60));
        assert!(rates.take(other, start).is_ok());
        assert!(rates.take(one, start + Duration::from_secs(19)).is_err());
        assert!(rates.take(one, start + Duration::from_secs(20)).is_ok());
    }
}
