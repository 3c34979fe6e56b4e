//! How many connections there are, and from where.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::settings::ConnectionLimits;

/// Counts connections.
pub(super) struct Connections {
    places: Arc<Semaphore>,
    per_address: usize,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection that counts until this is dropped.
pub(super) struct Admitted {
    _place: OwnedSemaphorePermit,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    origin: IpAddr,
}

impl Connections {
    pub(super) fn new(limits: &ConnectionLimits) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.connections)),
            per_address: limits.connections_per_address,
            counts: Arc::default(),
        }
    }

    /// Waits until there is a place for a connection; until then those who come wait in the system's queue.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Counts a connection; `None` if there are enough of the same origin.
    pub(super) fn admit(&self, address: IpAddr, place: OwnedSemaphorePermit) -> Option<Admitted> {
        let origin = origin(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(origin).or_default();
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        Some(Admitted { _place: place, counts: Arc::clone(&self.counts), origin })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = counts.get_mut(&self.origin) else { return };
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(&self.origin);
        }
    }
}

/// Who has one IPv6 address has the other 2⁶⁴ of its network too.
fn origin(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_origin_does_not_take_all_places() {
        let limits = ConnectionLimits { connections: 3, connections_per_address: 1, ..ConnectionLimits::STANDARD };
        let connections = Connections::new(&limits);
        let admit = async |address: &str| {
            let place = connections.place().await.unwrap();
            connections.admit(address.parse().unwrap(), place)
        };
        let first = admit("192.0.2.1").await;
        assert!(first.is_some());
        assert!(admit("192.0.2.1").await.is_none());
        assert!(admit("::ffff:192.0.2.1").await.is_none());
        let _other = admit("2001:db8::1").await;
        assert!(admit("2001:db8::2").await.is_none());
        drop(first);
        assert!(admit("192.0.2.1").await.is_some());
    }
}
