//! Back-pressure: so many requests at a time, so many of them of one token, so many waiting; the others are refused at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::domain::id::TokenId;
use crate::http::settings::RequestLimits;

/// Why there is no place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NoPlace {
    /// All are taken, now and soon.
    Full,
    /// The token has as many as one may have.
    OwnShare,
}

/// A place; it is free again when this is dropped.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    _share: Share,
}

/// Lets so many in at a time.
pub(super) struct Gate {
    places: Arc<Semaphore>,
    shares: Arc<Mutex<HashMap<TokenId, usize>>>,
    most_of_one: usize,
    waiting: AtomicUsize,
    most_waiting: usize,
    patience: Duration,
}

impl Gate {
    pub(super) fn new(limits: &RequestLimits) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.places)),
            shares: Arc::default(),
            // Whoever may have all places waits for one like others, and with them.
            most_of_one: if limits.places_per_token < limits.places { limits.places_per_token } else { usize::MAX },
            waiting: AtomicUsize::new(0),
            most_waiting: limits.waiting,
            patience: limits.patience,
        }
    }

    /// A place for a token, now or soon.
    pub(super) async fn enter(&self, token: TokenId) -> Result<Place, NoPlace> {
        let share = Share::take(&self.shares, token, self.most_of_one)?;
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(Place { _permit: permit, _share: share });
        }
        let _queued = Queued::join(self)?;
        match timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place { _permit: permit, _share: share }),
            _ => Err(NoPlace::Full),
        }
    }
}

/// One of the requests that a token has inside, or waiting.
struct Share {
    shares: Arc<Mutex<HashMap<TokenId, usize>>>,
    token: TokenId,
}

impl Share {
    fn take(shares: &Arc<Mutex<HashMap<TokenId, usize>>>, token: TokenId, most: usize) -> Result<Self, NoPlace> {
        let mut counts = shares.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(token).or_default();
        if *count >= most {
            return Err(NoPlace::OwnShare);
        }
        *count += 1;
        Ok(Self { shares: Arc::clone(shares), token })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut counts = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = counts.get_mut(&self.token) else { return };
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(&self.token);
        }
    }
}

/// Somebody in the queue, who may leave at any time.
struct Queued<'a> {
    gate: &'a Gate,
}

impl<'a> Queued<'a> {
    fn join(gate: &'a Gate) -> Result<Self, NoPlace> {
        let queued = Self { gate };
        let before = gate.waiting.fetch_add(1, Ordering::Relaxed);
        if before < gate.most_waiting { Ok(queued) } else { Err(NoPlace::Full) }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.gate.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::domain::id::RANDOM_LEN;

    fn token(chance: u8) -> TokenId {
        TokenId::new([chance; RANDOM_LEN], utc_datetime!(2026-02-01 12:00))
    }

    #[tokio::test]
    async fn one_token_does_not_take_all_places() {
        let limits = RequestLimits { places: 3, places_per_token: 2, ..RequestLimits::STANDARD };
        let gate = Gate::new(&limits);
        let inside = [gate.enter(token(1)).await, gate.enter(token(1)).await];
        assert!(inside.iter().all(Result::is_ok));
        assert_eq!(gate.enter(token(1)).await.err(), Some(NoPlace::OwnShare));
        assert!(gate.enter(token(2)).await.is_ok());
        drop(inside);
        assert!(gate.enter(token(1)).await.is_ok());
        assert!(gate.shares.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn whoever_finds_neither_a_place_nor_a_queue_is_refused_at_once() {
        let limits =
            RequestLimits { places: 1, waiting: 1, patience: Duration::from_mins(1), ..RequestLimits::STANDARD };
        let gate = Arc::new(Gate::new(&limits));
        let inside = gate.enter(token(1)).await.ok().unwrap();
        let waiting = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter(token(1)).await.is_ok() }
        });
        while gate.waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        assert!(gate.enter(token(1)).await.is_err());
        drop(inside);
        assert!(waiting.await.unwrap());
        assert_eq!(gate.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn whoever_waits_too_long_is_refused() {
        let limits = RequestLimits { places: 1, patience: Duration::from_millis(5), ..RequestLimits::STANDARD };
        let gate = Gate::new(&limits);
        let _inside = gate.enter(token(1)).await.ok().unwrap();
        assert!(gate.enter(token(1)).await.is_err());
    }
}
