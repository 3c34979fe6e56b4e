//! The trail at its size: appends in groups, proofs among all events, start, verification.
//!
//! `cargo bench --bench trail -- [EVENTS]`; 1 000 000 without a number, which takes some minutes and 700 MB.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement prints, and stops at the first surprise")]

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use time::macros::utc_datetime;
use varco::audit::{Action, Event, Subject};
use varco::domain::actor::Actor;
use varco::domain::id::{TokenId, VerificationId};
use varco::procedures::trail::verification::{TrailVerdict, verify};
use varco::procedures::trail::{prove_consistency, prove_inclusion};
use varco::store::{Change, Store, StoreError, StoreUrl, Tx};

/// As many changes wait as the writer takes at once, twice over.
const IN_FLIGHT: u64 = 512;
const PROOFS: u64 = 1000;

fn main() {
    let events = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    tokio::runtime::Runtime::new().unwrap().block_on(measure(events));
}

async fn measure(events: u64) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let url: StoreUrl = format!("sqlite:{}", folder.path().join("varco.db").display()).parse().unwrap();
    let store = Store::open(&url).await.unwrap();

    let start = Instant::now();
    let mut written = 0;
    while written < events {
        let group = IN_FLIGHT.min(events - written);
        let changes = (written..written + group).map(|number| store.change(Read(number)));
        futures_util::future::try_join_all(changes).await.unwrap();
        written += group;
    }
    rate("appends, each on the disk", events, start.elapsed());

    store.close().await;
    let start = Instant::now();
    let store = Store::open(&url).await.unwrap();
    assert_eq!(store.trail_end().await.unwrap().size, events);
    println!("opening the store: {:.1} ms", milliseconds(start.elapsed()));

    let mut inclusion = Vec::new();
    let mut consistency = Vec::new();
    for number in 0..PROOFS {
        // Spread over the whole trail, without a pattern (Knuth's multiplicative hash).
        let sequence = number.wrapping_mul(2_654_435_761) % events;
        let start = Instant::now();
        prove_inclusion(&store, sequence, None).await.unwrap();
        inclusion.push(start.elapsed());
        let start = Instant::now();
        prove_consistency(&store, sequence + 1, None).await.unwrap();
        consistency.push(start.elapsed());
    }
    quantiles("inclusion proof", inclusion);
    quantiles("consistency proof", consistency);

    let start = Instant::now();
    let report = verify(&store, &[], &[]).await.unwrap();
    assert_eq!((report.verdict(), report.head.size), (TrailVerdict::Holds, events));
    rate("verified", events, start.elapsed());
}

/// What the trail gets when a portal reads an answer.
struct Read(u64);

impl Change for Read {
    type Output = ();

    fn apply<'t>(&'t self, _: &'t mut Tx) -> BoxFuture<'t, Result<((), Event), StoreError>> {
        let now = utc_datetime!(2026-02-01 12:00) + Duration::from_millis(self.0);
        let chance = (u128::from(self.0) << 16).to_be_bytes();
        let random = *chance.last_chunk().unwrap();
        let event = Event {
            at: now,
            actor: Actor::Token(TokenId::new(random, now)),
            action: Action::ReadVerification,
            subject: Subject::Verification(VerificationId::new(random, now)),
            facts: vec![("found", "true".to_owned())],
            personal: Vec::new(),
        };
        Box::pin(async move { Ok(((), event)) })
    }
}

fn rate(what: &str, count: u64, elapsed: Duration) {
    let count = u32::try_from(count).unwrap();
    println!("{what}: {:.0}/s ({count} in {:.1} s)", f64::from(count) / elapsed.as_secs_f64(), elapsed.as_secs_f64());
}

fn quantiles(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| milliseconds(*times.get(times.len() * part / 100).unwrap());
    println!("{what}: p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms", at(50), at(99), milliseconds(*times.last().unwrap()));
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
