//! How often one client address may do something, in memory that never grows.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Places for addresses: a power of two, 512 KiB in all.
const PLACES: usize = 1 << 16;

/// A token bucket for each place of a table, kept as the time at which it is full again.
///
/// Addresses that fall on one place share its bucket; where they fall is random for each process, so nobody can choose
/// whom to share with. There is nothing to evict, so nobody gets a fresh bucket by pushing an old one out.
pub struct AddressRates {
    /// Nanoseconds after `start` at which the bucket is full.
    full_at: Box<[AtomicU64]>,
    places: RandomState,
    start: Instant,
    /// Nanoseconds in which one request becomes free.
    interval: u64,
    /// Nanoseconds in which an empty bucket fills.
    capacity: u64,
}

impl AddressRates {
    /// `per_minute` in the long run, `burst` at once; times are counted from `start`.
    pub fn new(per_minute: NonZeroU32, burst: NonZeroU32, start: Instant) -> Self {
        let interval = 60_000_000_000 / u64::from(per_minute.get());
        Self {
            full_at: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            places: RandomState::new(),
            start,
            interval,
            capacity: interval.saturating_mul(u64::from(burst.get())),
        }
    }

    /// Counts once more, or says how long whoever is there must wait.
    pub fn admit(&self, client: IpAddr, now: Instant) -> Result<(), Duration> {
        let now = nanoseconds(now.saturating_duration_since(self.start));
        let Some(full_at) = self.full_at.get(self.place(client)) else { return Ok(()) };
        let next = |full_at: u64| full_at.max(now).saturating_add(self.interval);
        let limit = now.saturating_add(self.capacity);
        let counted = full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            Some(next(full_at)).filter(|next| *next <= limit)
        });
        counted.map(drop).map_err(|full_at| Duration::from_nanos(next(full_at).saturating_sub(limit)))
    }

    /// How long an address must wait until it may do it once more; nothing is counted.
    pub(super) fn wait(&self, client: IpAddr, now: Instant) -> Option<Duration> {
        let now = nanoseconds(now.saturating_duration_since(self.start));
        let full_at = self.full_at.get(self.place(client))?.load(Ordering::Relaxed);
        let next = full_at.max(now).saturating_add(self.interval);
        let wait = next.saturating_sub(now.saturating_add(self.capacity));
        (wait > 0).then(|| Duration::from_nanos(wait))
    }

    fn place(&self, client: IpAddr) -> usize {
        let hash = self.places.hash_one(subscriber(client));
        usize::try_from(hash % (1 << 16)).unwrap_or_default()
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Who is behind an address: of an IPv6 address the first 64 bits, since one subscriber has all the others.
fn subscriber(client: IpAddr) -> IpAddr {
    const NETWORK: u128 = u128::MAX << 64;
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(per_minute: u32, burst: u32) -> (AddressRates, Instant) {
        let start = Instant::now();
        (AddressRates::new(NonZeroU32::new(per_minute).unwrap(), NonZeroU32::new(burst).unwrap(), start), start)
    }

    #[test]
    fn a_client_gets_its_burst_then_one_at_a_time_and_is_told_how_long_to_wait() {
        let (limiter, start) = limiter(6, 3);
        let client = "192.0.2.1".parse().unwrap();
        for _ in 0..3 {
            assert_eq!(limiter.admit(client, start), Ok(()));
        }
        assert_eq!(limiter.wait(client, start), Some(Duration::from_secs(10)));
        assert_eq!(limiter.wait(client, start + Duration::from_secs(10)), None);
        assert_eq!(limiter.admit(client, start), Err(Duration::from_secs(10)));
        assert_eq!(limiter.admit(client, start + Duration::from_secs(4)), Err(Duration::from_secs(6)));
        assert_eq!(limiter.admit(client, start + Duration::from_secs(10)), Ok(()));
        assert_eq!(limiter.admit(client, start + Duration::from_secs(10)), Err(Duration::from_secs(10)));
    }

    #[test]
    fn other_clients_are_not_held_back() {
        let (limiter, start) = limiter(1, 1);
        assert_eq!(limiter.admit("192.0.2.1".parse().unwrap(), start), Ok(()));
        // One place of 65,536 is taken: eight others in a row on it do not happen.
        let others = (0..8_u8).filter(|last| limiter.admit([198, 51, 100, *last].into(), start).is_ok());
        assert!(others.count() > 0);
    }

    #[test]
    fn addresses_of_one_subscriber_are_one_client() {
        let (limiter, start) = limiter(1, 1);
        assert_eq!(limiter.admit("2001:db8::1".parse().unwrap(), start), Ok(()));
        assert!(limiter.admit("2001:db8::2:3".parse().unwrap(), start).is_err());
        assert_eq!(limiter.admit("192.0.2.7".parse().unwrap(), start), Ok(()));
        assert!(limiter.admit("::ffff:192.0.2.7".parse().unwrap(), start).is_err());
    }
}
