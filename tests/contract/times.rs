//! The validation time and a proven time of existence.

use time::macros::utc_datetime;
use time::{Duration, UtcDateTime};
use varco::trust::Times;
use varco::verify::{Indication, SubIndication, Verdict};

use super::{AT, Ask, CONTENT, Desk, files, signed};

/// Midnights before: `cns-revoked` was revoked 20 days before the base date, `cns-expired` expired 30 days before it.
const REVOKED: UtcDateTime = utc_datetime!(2025-12-26 0:00);
const EXPIRED: UtcDateTime = utc_datetime!(2025-12-16 0:00);

fn answer(desk: &Desk, leaf: &str, times: Times) -> Option<SubIndication> {
    let document = signed(CONTENT, &[leaf]);
    let report = desk.verify(&Ask { times, ..Ask::about(&document) }).unwrap();
    let signature = report.signatures.first().unwrap();
    assert_eq!(signature.indication == Indication::TotalPassed, signature.sub_indication.is_none());
    assert_eq!(report.verdict == Verdict::Accepted, signature.sub_indication.is_none());
    signature.sub_indication
}

#[test]
fn an_entry_dated_after_the_validation_time_does_not_count() {
    let desk = Desk::complete();
    let day = Duration::DAY;
    assert_eq!(answer(&desk, "cns-revoked", Times::at(REVOKED - day)), None);
    assert_eq!(answer(&desk, "cns-revoked", Times::at(REVOKED + day)), Some(SubIndication::RevokedNoPoe));
}

#[test]
fn a_signature_that_existed_before_the_revocation_counts() {
    let desk = Desk::complete();
    let existed = |existed_by| Times { at: AT, existed_by: Some(existed_by) };
    assert_eq!(answer(&desk, "cns-revoked", existed(REVOKED)), None);
    assert_eq!(answer(&desk, "cns-revoked", existed(REVOKED + Duration::DAY)), Some(SubIndication::RevokedNoPoe));
    // A suspension is no different (CAD art. 24 c. 4-bis).
    assert_eq!(answer(&desk, "cns-suspended", existed(utc_datetime!(2026-01-01 0:00))), None);
    assert_eq!(answer(&desk, "cns-suspended", existed(utc_datetime!(2026-01-10 0:00))), Some(SubIndication::TryLater));
}

#[test]
fn a_certificate_that_expired_since_needs_a_crl_that_still_lists_it() {
    let desk = Desk::complete();
    let times = Times { at: AT, existed_by: Some(EXPIRED - Duration::DAY) };
    // The CRL was issued after the expiry and need not list the certificate any more (RFC 5280 §5).
    assert_eq!(answer(&desk, "cns-expired", times), Some(SubIndication::TryLater));
    // That of the qualified authority has expiredCertsOnCRL.
    assert_eq!(answer(&desk, "qualified-expired", times), None);
}

#[test]
fn a_proof_later_than_the_validation_time_proves_nothing() {
    let desk = Desk::complete();
    let times = Times { at: REVOKED + Duration::DAY, existed_by: Some(AT) };
    assert_eq!(answer(&desk, "cns-revoked", times), Some(SubIndication::RevokedNoPoe));
}

#[test]
fn what_the_caller_asserts_is_reported_as_such() {
    let document = signed(CONTENT, &["cns-revoked"]);
    let ask = Ask {
        times: Times { at: AT, existed_by: Some(REVOKED - Duration::DAY) },
        existence_source: Some("ricevuta PEC\u{202e}"),
        ..Ask::about(&document)
    };
    let report = Desk::complete().verify(&ask).unwrap();
    let signature = &report.signatures[0];
    assert_eq!(signature.best_signature_time, REVOKED - Duration::DAY);
    assert_eq!(signature.best_signature_time_source, "ricevuta PEC\\u{202e}");
    assert!(report.findings.iter().any(|finding| finding.code == "existence.asserted"));
}

#[test]
fn without_fresh_revocation_data_nothing_is_certain() {
    let mut without = Desk::complete();
    without.revocation = Desk::empty().revocation;
    assert_eq!(answer(&without, "cns-good", Times::at(AT)), Some(SubIndication::TryLater));
    // The CRLs are due again on 2026-03-16.
    let stale = Times::at(utc_datetime!(2026-04-01 0:00));
    assert_eq!(answer(&Desk::complete(), "cns-good", stale), Some(SubIndication::TryLater));
}

#[test]
fn without_anchors_no_chain_is_found() {
    let mut desk = Desk::complete();
    desk.trust = Desk::empty().trust;
    assert_eq!(answer(&desk, "cns-good", Times::at(AT)), Some(SubIndication::NoCertificateChainFound));
}

#[test]
fn a_delta_crl_is_not_left_out() {
    let mut without_delta = Desk::complete();
    without_delta.revocation = Desk::empty().revocation;
    for file in files("crl").iter().filter(|file| !file.ends_with("cns-delta-delta.der")) {
        without_delta.add_crl(file);
    }
    assert_eq!(answer(&without_delta, "delta-released", Times::at(AT)), Some(SubIndication::TryLater));
    assert_eq!(answer(&Desk::complete(), "delta-released", Times::at(AT)), None);
    assert_eq!(answer(&Desk::complete(), "delta-revoked", Times::at(AT)), Some(SubIndication::RevokedNoPoe));
}
