//! Back-pressure: so many requests at a time, so many waiting, the others are refused at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::http::settings::RequestLimits;

/// There is no place, now or soon.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Full;

/// A place; it is free again when this is dropped.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
}

/// Lets so many in at a time.
pub(super) struct Gate {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    patience: Duration,
}

impl Gate {
    pub(super) fn new(limits: &RequestLimits) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.places)),
            waiting: AtomicUsize::new(0),
            most_waiting: limits.waiting,
            patience: limits.patience,
        }
    }

    /// A place now or soon.
    pub(super) async fn enter(&self) -> Result<Place, Full> {
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(Place { _permit: permit });
        }
        let _queued = Queued::join(self)?;
        match timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place { _permit: permit }),
            _ => Err(Full),
        }
    }
}

/// Somebody in the queue, who may leave at any time.
struct Queued<'a> {
    gate: &'a Gate,
}

impl<'a> Queued<'a> {
    fn join(gate: &'a Gate) -> Result<Self, Full> {
        let queued = Self { gate };
        let before = gate.waiting.fetch_add(1, Ordering::Relaxed);
        if before < gate.most_waiting { Ok(queued) } else { Err(Full) }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.gate.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_finds_neither_a_place_nor_a_queue_is_refused_at_once() {
        let limits =
            RequestLimits { places: 1, waiting: 1, patience: Duration::from_mins(1), ..RequestLimits::STANDARD };
        let gate = Arc::new(Gate::new(&limits));
        let inside = gate.enter().await.ok().unwrap();
        let waiting = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter().await.is_ok() }
        });
        while gate.waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        assert!(gate.enter().await.is_err());
        drop(inside);
        assert!(waiting.await.unwrap());
        assert_eq!(gate.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn whoever_waits_too_long_is_refused() {
        let limits = RequestLimits { places: 1, patience: Duration::from_millis(5), ..RequestLimits::STANDARD };
        let gate = Gate::new(&limits);
        let _inside = gate.enter().await.ok().unwrap();
        assert!(gate.enter().await.is_err());
    }
}
