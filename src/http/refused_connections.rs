//! Connections that end before there is a request: counted, and told in the log, so many lines in a minute at most.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

use crate::http::metrics::Metrics;

/// Tells of refused connections.
pub(super) struct RefusedConnections {
    metrics: Arc<Metrics>,
    window: Mutex<Window>,
}

/// A minute of the log.
struct Window {
    start: Instant,
    lines: u32,
    untold: u64,
}

/// The most lines in a [`WINDOW`]: whoever sends what is refused does not fill the disk.
const LINES: u32 = 60;
const WINDOW: Duration = Duration::from_mins(1);

/// Why a connection ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reason {
    /// Too many from the same address.
    Address,
    /// TLS was not agreed.
    Tls,
    /// A head that two readers could understand in two ways: request smuggling looks like this.
    AmbiguousHead,
    /// Another head that is none, or too large.
    BadHead,
}

impl Reason {
    const fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Tls => "tls",
            Self::AmbiguousHead => "ambiguous-head",
            Self::BadHead => "bad-head",
        }
    }
}

impl RefusedConnections {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, window: Mutex::new(Window { start: Instant::now(), lines: 0, untold: 0 }) }
    }

    /// Counts without a word.
    pub(super) fn count(&self, reason: Reason) {
        self.metrics.connection_refused(reason.word());
    }

    /// Counts and tells. `error` is the program's own text, without anything that was received.
    pub(super) fn tell(&self, reason: Reason, client: IpAddr, error: &str) {
        self.count(reason);
        let reason = reason.word();
        let Some(untold) = self.window.lock().unwrap_or_else(PoisonError::into_inner).line(Instant::now()) else {
            return;
        };
        if untold > 0 {
            warn!(connections = untold, "refused connections were not told one by one");
        }
        warn!(reason, %client, error, "connection refused");
    }
}

impl Window {
    /// Whether there is room for a line; then, how many went without one before it.
    fn line(&mut self, now: Instant) -> Option<u64> {
        if now.saturating_duration_since(self.start) >= WINDOW {
            (self.start, self.lines) = (now, 0);
        }
        if self.lines >= LINES {
            self.untold = self.untold.saturating_add(1);
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_lines_in_a_minute_and_the_others_are_counted() {
        let start = Instant::now();
        let mut window = Window { start, lines: 0, untold: 0 };
        for _ in 0..LINES {
            assert_eq!(window.line(start), Some(0));
        }
        for _ in 0..1000 {
            assert_eq!(window.line(start + WINDOW - Duration::from_secs(1)), None);
        }
        assert_eq!(window.line(start + WINDOW), Some(1000));
        assert_eq!(window.line(start + WINDOW), Some(0));
    }
}
