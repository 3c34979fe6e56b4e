//! CAdES files cut short and with flipped bits: no panic, bounded time, never accepted, and an intact signature only
//! over the content, the claimed time and the certificate that were signed.

use std::fs;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use varco::verify::{Report, SignatureReport, Verdict};

use super::{Row, cades_rows, corpus, judge};

const VARIANTS: usize = 200;
/// Of one variant; the slowest file takes a hundredth of this.
const TIME_ALLOWED: Duration = Duration::from_secs(2);

#[test]
fn a_file_cut_short_is_refused() {
    let Some(corpus) = corpus("corpus of DSS, cut short") else { return };
    for row in &cades_rows(&corpus) {
        let (document, detached) = read(&corpus, row);
        // What one of them has at its end is padding; without it nothing is missing.
        let len = document.iter().rposition(|octet| *octet != 0).unwrap();
        for cut in (0..VARIANTS).map(|variant| len * variant / VARIANTS) {
            let name = format!("{} cut at {cut}", row.name());
            let begin = Instant::now();
            let result = judge(&name, &document[..cut], detached.as_deref());
            assert!(begin.elapsed() < TIME_ALLOWED, "{name}: {:?}", begin.elapsed());
            assert!(result.is_err(), "{name}: {:?}", result.unwrap().verdict);
        }
    }
}

#[test]
fn no_flipped_bit_changes_what_an_intact_signature_says() {
    let Some(corpus) = corpus("corpus of DSS, flipped bits") else { return };
    let mut random = Random(0x5eed);
    let mut intact = 0;
    for row in &cades_rows(&corpus) {
        let (document, detached) = read(&corpus, row);
        let original = judge(&row.path, &document, detached.as_deref()).unwrap();
        for _ in 0..VARIANTS {
            let at = random.below(document.len());
            let mut altered = document.clone();
            altered[at] ^= 1 << random.below(8);
            let name = format!("{} flipped at {at}", row.name());
            let begin = Instant::now();
            let result = judge(&name, &altered, detached.as_deref());
            assert!(begin.elapsed() < TIME_ALLOWED, "{name}: {:?}", begin.elapsed());
            if let Ok(report) = result {
                assert_ne!(report.verdict, Verdict::Accepted, "{name}");
                intact += usize::from(says_the_same(&original, &report, &name));
            }
        }
    }
    assert!(intact > 0, "certificates, revocation data and timestamps may change");
}

fn read(corpus: &Path, row: &Row) -> (Vec<u8>, Option<Vec<u8>>) {
    let detached = row.detached().map(|path| fs::read(corpus.join(path)).unwrap());
    (fs::read(corpus.join(&row.path)).unwrap(), detached)
}

/// Whether any signature is still intact; what such a one covers must be as it was.
fn says_the_same(original: &Report, altered: &Report, name: &str) -> bool {
    let intact = |report: &Report| {
        report.signatures.iter().filter(|signature| signature.intact == Some(true)).map(covered).collect::<Vec<_>>()
    };
    let (before, after) = (intact(original), intact(altered));
    for signature in &after {
        assert!(before.contains(signature), "{name}: {signature:?} is new, there were {before:?}");
    }
    // A countersignature covers another signature, and not the content.
    if altered.signatures.iter().any(|signature| signature.intact == Some(true) && signature.parent.is_none()) {
        let digest = |report: &Report| report.content.as_ref().map(|content| content.sha256.clone());
        assert_eq!(digest(original), digest(altered), "{name}");
    }
    !after.is_empty()
}

/// What a signature covers: the time that the signer claims and, where a reference to it is signed (which a level
/// implies), the certificate.
fn covered(signature: &SignatureReport) -> (Option<String>, Option<time::UtcDateTime>) {
    let certificate = signature.signer.certificate.as_ref().filter(|_| signature.level.is_some());
    (certificate.map(|certificate| certificate.sha256.clone()), signature.claimed_signing_time)
}

/// `SplitMix64`: the same alterations on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(bound).unwrap()).unwrap()
    }
}
