//! A queue: one at a time, in the order of arrival, each for as long as it wants to wait.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// More who wait are told at once that there are too many.
const MAX_WAITING: usize = 64;

/// Whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Turns {
    line: Mutex<Line>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Line {
    last: u64,
    /// Tickets in the order of arrival; the first one's turn it is.
    tickets: VecDeque<u64>,
}

/// A turn; it is over when this is dropped.
#[derive(Debug)]
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    ticket: u64,
}

impl Turns {
    /// Waits for a turn; `None` when it did not come in time, or too many wait already.
    pub(super) fn wait(&self, patience: Duration) -> Option<Turn<'_>> {
        let until = Instant::now().checked_add(patience)?;
        let mut line = self.line();
        if line.tickets.len() > MAX_WAITING {
            return None;
        }
        line.last = line.last.wrapping_add(1);
        // From here on, leaving means giving the ticket back.
        let turn = Turn { turns: self, ticket: line.last };
        line.tickets.push_back(turn.ticket);
        while line.tickets.front() != Some(&turn.ticket) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(line);
                return None;
            }
            line = self.moved.wait_timeout(line, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(line);
        Some(turn)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.line().tickets.retain(|ticket| *ticket != self.ticket);
        self.turns.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn one_at_a_time_in_order_and_not_for_ever() {
        let turns = Turns::default();
        let first = turns.wait(Duration::ZERO).unwrap();
        assert!(turns.wait(Duration::from_millis(20)).is_none(), "somebody else's turn");
        let order = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for name in [1, 2, 3] {
                let (turns, order) = (&turns, &order);
                let waiting = turns.line().tickets.len();
                scope.spawn(move || {
                    let turn = turns.wait(Duration::from_secs(30)).unwrap();
                    order.lock().unwrap().push(name);
                    drop(turn);
                });
                while turns.line().tickets.len() == waiting {
                    thread::yield_now();
                }
            }
            drop(first);
        });
        assert_eq!(*order.lock().unwrap(), [1, 2, 3]);
        assert!(turns.wait(Duration::ZERO).is_some());
    }
}
