//! One revision alone may be longer than the time allowed.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use time::macros::utc_datetime;
use varco::trust::revocation::RevocationStore;
use varco::trust::{SignatureCache, Times, TrustStore};
use varco::verify::{Context, Deadline, Limits, MemorySpool, Policy, Request, VerifyError, verify};

/// Passes once it was asked so often.
struct After(AtomicU32);

impl Deadline for After {
    fn passed(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err()
    }
}

#[test]
fn a_revision_of_many_objects_stops_in_time() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pdf/good-cades-detached/input.pdf");
    let document = with_many_objects(fs::read(file).unwrap(), 100_000);
    let at = utc_datetime!(2026-02-01 0:00);
    let source: &[u8] = &document;
    let request = Request {
        name: "input.pdf",
        document: &source,
        detached: None,
        fiscal_code: None,
        expected: None,
        times: Times::at(at),
        existence_source: None,
        password: None,
    };
    // Enough to digest the file and to open its signatures, far too little for all objects.
    let deadline = After(AtomicU32::new(300));
    let context = Context {
        trust: &TrustStore::new(SignatureCache::new(0)),
        revocation: &RevocationStore::new(at),
        policy: &Policy::italian(),
        limits: &Limits::STANDARD,
        deadline: &deadline,
        spool: &MemorySpool,
        chains: None,
    };
    let result = verify(&request, &context);
    assert!(matches!(result, Err(VerifyError::TimedOut)), "{result:?}");
}

/// An update that lists `count` new objects.
fn with_many_objects(mut document: Vec<u8>, count: u32) -> Vec<u8> {
    let text = String::from_utf8_lossy(&document).into_owned();
    let last = text.rsplit("startxref").next().unwrap().split_whitespace().next().unwrap().to_owned();
    let (mut body, mut table) = (String::from("\n"), String::new());
    for number in 1_000..1_000 + count {
        writeln!(table, "{:010} 00000 n ", document.len() + body.len()).unwrap();
        writeln!(body, "{number} 0 obj [{number}] endobj").unwrap();
    }
    let start = document.len() + body.len();
    let size = 1_000 + count;
    write!(
        body,
        "xref\n1000 {count}\n{table}trailer\n<</Size {size}/Root 1 0 R/Prev {last}>>\nstartxref\n{start}\n%%EOF\n"
    )
    .unwrap();
    document.extend_from_slice(body.as_bytes());
    document
}
