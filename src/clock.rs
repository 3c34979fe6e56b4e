//! The only reader of the system's clocks.

use std::time::{Duration, Instant};

use time::UtcDateTime;

/// The present, as the system's clock has it. Whether that clock is right is not checked.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now() -> UtcDateTime {
    UtcDateTime::now()
}

/// A moment to measure spans from; setting the system's clock does not move it.
pub fn monotonic() -> Instant {
    Instant::now()
}

/// A span of time that runs out. It is measured by the monotonic clock: setting the system's clock does not move it.
#[derive(Clone, Copy, Debug)]
pub struct Countdown {
    /// `None`: so far away that it cannot be written.
    end: Option<Instant>,
}

impl Countdown {
    /// Starts now.
    pub fn start(allowed: Duration) -> Self {
        Self { end: Instant::now().checked_add(allowed) }
    }

    /// What is left of it.
    pub fn left(&self) -> Duration {
        self.end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()))
    }

    /// Whether it has run out.
    pub fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_runs_out() {
        assert!(Countdown::start(Duration::ZERO).is_over());
        assert!(!Countdown::start(Duration::from_hours(1)).is_over());
        assert!(!Countdown::start(Duration::MAX).is_over());
        assert_eq!(Countdown::start(Duration::ZERO).left(), Duration::ZERO);
        assert!(Countdown::start(Duration::from_hours(1)).left() > Duration::from_mins(59));
    }
}
