//! Whether anything happens on a connection. hyper closes none for being idle once TLS stands: not between requests of
//! HTTP/2, not before its preface, not while an answer is not taken.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Requests of a connection that are being answered, and when the last one ended.
#[derive(Clone)]
pub(super) struct Activity {
    state: Arc<Mutex<State>>,
}

struct State {
    running: usize,
    since: Instant,
}

/// A request that is being answered, until this is dropped.
pub(super) struct Running {
    activity: Activity,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self { state: Arc::new(Mutex::new(State { running: 0, since: Instant::now() })) }
    }

    pub(super) fn begin(&self) -> Running {
        self.change(|state| state.running += 1);
        Running { activity: self.clone() }
    }

    /// Returns when nothing was answered for so long.
    pub(super) async fn idle_for(&self, span: Duration) {
        loop {
            let (running, since) = self.change(|state| (state.running, state.since));
            let now = Instant::now();
            let end = if running > 0 { now + span } else { since + span };
            if end <= now {
                return;
            }
            sleep_until(end).await;
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.activity.change(|state| {
            state.running = state.running.saturating_sub(1);
            state.since = Instant::now();
        });
    }
}
