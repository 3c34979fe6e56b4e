//! What the CRLs at hand say of a certificate. Each negative case is a good one with one change.

use std::sync::Arc;

use time::macros::utc_datetime;
use varco::asn1::{encode, tag};
use varco::trust::Times;
use varco::trust::revocation::{
    Crl, Reason, RevocationReport, RevocationStatus, RevocationStore, StoreError, WhyUnknown,
};

use super::build::*;

const SERIAL: &[u8] = &[0x11];
/// Before today, and before every CRL here.
const JANUARY: &[u8] = b"260101000000Z";

fn ca() -> Ca {
    Ca::new("CA di prova")
}

fn is_good(report: &RevocationReport) -> bool {
    report.status == RevocationStatus::Good
}

fn why(report: &RevocationReport) -> Option<WhyUnknown> {
    match report.status {
        RevocationStatus::Unknown(why) => Some(why),
        _ => None,
    }
}

fn revoked_for(report: &RevocationReport) -> Option<Reason> {
    match report.status {
        RevocationStatus::Revoked(revocation) => Some(revocation.reason),
        _ => None,
    }
}

fn suspended(report: &RevocationReport) -> bool {
    matches!(report.status, RevocationStatus::Suspended(_))
}

#[test]
fn listed_or_not() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let clean = CrlTemplate::new().list(&[0x12], JANUARY, &[]);
    let report = judge(&leaf, &ca, &[clean.sign(&ca)]);
    assert!(is_good(&report));
    assert_eq!((report.evidence.len(), report.needs.len()), (1, 0));

    let listing = clean.list(SERIAL, JANUARY, &[reason(4), invalidity(b"20251201000000Z")]);
    let report = judge(&leaf, &ca, &[listing.sign(&ca)]);
    let RevocationStatus::Revoked(revocation) = report.status else { panic!("{report:?}") };
    assert_eq!((revocation.time, revocation.reason), (utc_datetime!(2026-01-01 0:00), Reason::Superseded));
    assert_eq!(revocation.invalidity_date, Some(utc_datetime!(2025-12-01 0:00)));
    assert_eq!(revocation.published_by, utc_datetime!(2026-05-25 0:00));
}

#[test]
fn without_a_crl_nobody_can_tell() {
    let ca = ca();
    let point = [uri_name("http://crl.example/a.crl")].concat();
    let leaf = ca.leaf(SERIAL, &[distribution_points(&[point])]);
    let report = judge(&leaf, &ca, &[]);
    assert_eq!(why(&report), Some(WhyUnknown::NoCrl));
    assert_eq!(&*report.needs[0].urls[0], "http://crl.example/a.crl");
    assert_eq!(report.needs[0].issuer, *leaf.issuer());
    let other = Ca::new("Altra CA");
    assert_eq!(why(&judge(&leaf, &ca, &[CrlTemplate::new().sign(&other)])), Some(WhyUnknown::NoCrl));
}

#[test]
fn an_entry_dated_after_the_time_that_counts_does_not_revoke() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let crl = CrlTemplate::new().list(SERIAL, b"260301000000Z", &[reason(1)]).sign(&ca);
    let judge_at = |times| judge_at(&leaf, &ca, &[Arc::clone(&crl)], &times, &mut Signers::default());
    let existed = |at| Times { at: NOW, existed_by: Some(at) };
    for times in [Times::at(utc_datetime!(2026-02-28 0:00)), existed(utc_datetime!(2026-02-28 0:00))] {
        let report = judge_at(times);
        assert!(is_good(&report), "{report:?}");
        assert_eq!(report.later.unwrap().time, utc_datetime!(2026-03-01 0:00));
    }
    for times in [Times::at(utc_datetime!(2026-03-01 0:00)), existed(utc_datetime!(2026-03-01 0:00))] {
        assert_eq!(revoked_for(&judge_at(times)), Some(Reason::KeyCompromise));
    }
}

#[test]
fn a_crl_answers_until_its_next_update() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let stale = CrlTemplate::new().times(b"260401000000Z", b"260501000000Z");
    let report = judge(&leaf, &ca, &[stale.sign(&ca)]);
    assert_eq!(why(&report), Some(WhyUnknown::Stale));
    assert_eq!(report.rejected.len(), 1);
    // Proven to exist while it was in force, or judged for a time before it was issued.
    for existed_by in [utc_datetime!(2026-04-15 0:00), utc_datetime!(2026-01-15 0:00)] {
        let times = Times { at: NOW, existed_by: Some(existed_by) };
        assert!(is_good(&judge_at(&leaf, &ca, &[stale.sign(&ca)], &times, &mut Signers::default())));
    }
    let mut without_end = stale.clone();
    without_end.next_update = None;
    assert_eq!(why(&judge(&leaf, &ca, &[without_end.sign(&ca)])), Some(WhyUnknown::Stale));
}

#[test]
fn a_lasting_revocation_outlives_the_crl_that_told_it() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let stale = |code| {
        let template = CrlTemplate::new().number(9).times(b"260401000000Z", b"260501000000Z");
        template.list(SERIAL, JANUARY, &[reason(code)]).sign(&ca)
    };
    assert_eq!(revoked_for(&judge(&leaf, &ca, &[stale(1)])), Some(Reason::KeyCompromise));
    assert_eq!(why(&judge(&leaf, &ca, &[stale(6)])), Some(WhyUnknown::Stale), "a suspension may have been lifted");
}

#[test]
fn a_lasting_revocation_is_not_forgotten() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let newer = CrlTemplate::new().number(11).times(b"260526000000Z", b"260701000000Z").sign(&ca);
    let delta = CrlTemplate::new().number(12).delta_of(9).times(b"260531000000Z", b"260602000000Z");
    let releasing = delta.list(SERIAL, b"260530000000Z", &[reason(8)]).sign(&ca);
    let stale = CrlTemplate::new().number(9).times(b"260401000000Z", b"260501000000Z");
    for template in [stale, CrlTemplate::new()] {
        let listing = |extensions: &[Vec<u8>]| template.clone().list(SERIAL, JANUARY, extensions).sign(&ca);
        let with_newer = |crl: Arc<Crl>| judge(&leaf, &ca, &[crl, Arc::clone(&newer)]);
        let with_delta = |crl: Arc<Crl>| judge(&leaf, &ca, &[crl, Arc::clone(&releasing)]);
        for (extensions, expected) in [(vec![], Reason::Unspecified), (vec![reason(1)], Reason::KeyCompromise)] {
            let report = with_newer(listing(&extensions));
            assert_eq!(revoked_for(&report), Some(expected), "left out of the newer CRL: {report:?}");
            let RevocationStatus::Revoked(revocation) = report.status else { panic!("{report:?}") };
            assert_eq!(revocation.time, utc_datetime!(2026-01-01 0:00));
            let report = with_delta(listing(&extensions));
            assert_eq!(revoked_for(&report), Some(expected), "released by a delta: {report:?}");
        }
        // One change: a hold can be released.
        assert!(is_good(&with_newer(listing(&[reason(6)]))));
        assert!(is_good(&with_delta(listing(&[reason(6)]))));
        // One change: the time that counts is before the revocation.
        let times = Times { at: NOW, existed_by: Some(utc_datetime!(2025-12-31 0:00)) };
        let crls = [listing(&[reason(1)]), Arc::clone(&newer)];
        assert!(is_good(&judge_at(&leaf, &ca, &crls, &times, &mut Signers::default())));
    }
}

#[test]
fn a_crl_from_the_future_is_not_used() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let five_minutes = CrlTemplate::new().times(b"260601000500Z", b"260701000000Z");
    assert!(is_good(&judge(&leaf, &ca, &[five_minutes.sign(&ca)])));
    let longer = CrlTemplate::new().times(b"260601000501Z", b"260701000000Z");
    assert_eq!(why(&judge(&leaf, &ca, &[longer.sign(&ca)])), Some(WhyUnknown::FromTheFuture));
}

#[test]
fn the_newest_crl_speaks_so_that_a_lifted_suspension_never_was() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let hold = CrlTemplate::new().list(SERIAL, JANUARY, &[reason(6)]).sign(&ca);
    assert!(suspended(&judge(&leaf, &ca, &[Arc::clone(&hold)])));
    let released = CrlTemplate::new().number(11).times(b"260526000000Z", b"260701000000Z").sign(&ca);
    for crls in [[Arc::clone(&hold), Arc::clone(&released)], [released, hold]] {
        assert!(is_good(&judge(&leaf, &ca, &crls)));
    }
}

#[test]
fn a_suspension_that_became_a_revocation_counts_from_its_start() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let hold =
        CrlTemplate::new().times(b"260201000000Z", b"260301000000Z").list(SERIAL, JANUARY, &[reason(6)]).sign(&ca);
    let revoked = CrlTemplate::new().number(11).list(SERIAL, b"260301000000Z", &[reason(1)]).sign(&ca);
    let february = Times::at(utc_datetime!(2026-02-15 0:00));
    let judge_both = |times| {
        let crls = [Arc::clone(&hold), Arc::clone(&revoked)];
        judge_at(&leaf, &ca, &crls, &times, &mut Signers::default())
    };
    assert!(suspended(&judge_both(february)));
    let report = judge_both(Times::at(NOW));
    let RevocationStatus::Revoked(revocation) = report.status else { panic!("{report:?}") };
    assert_eq!(revocation.published_by, utc_datetime!(2026-02-01 0:00), "first listed in February");
}

#[test]
fn an_expired_certificate_that_is_not_listed_is_not_thereby_good() {
    let ca = ca();
    let leaf =
        Template::new(&ca.name, &name("Persona di prova"), SERIAL).not_after(b"260501000000Z").sign(&ca.key, &ca.key);
    let after = CrlTemplate::new();
    assert_eq!(why(&judge(&leaf, &ca, &[after.sign(&ca)])), Some(WhyUnknown::NoLongerListed));

    let since = |time: &[u8]| extension(&[0x55, 0x1d, 60], false, &encode(tag::GENERALIZED_TIME, time));
    assert!(is_good(&judge(&leaf, &ca, &[after.clone().with(since(b"20260501000000Z")).sign(&ca)])));
    let too_late = after.clone().with(since(b"20260501000001Z")).sign(&ca);
    assert_eq!(why(&judge(&leaf, &ca, &[too_late])), Some(WhyUnknown::NoLongerListed));

    assert!(revoked_for(&judge(&leaf, &ca, &[after.clone().list(SERIAL, JANUARY, &[]).sign(&ca)])).is_some());

    // A CRL issued before the expiry, and in force today, does answer.
    let before = CrlTemplate::new().times(b"260430000000Z", b"260701000000Z").sign(&ca);
    assert!(is_good(&judge(&leaf, &ca, &[after.sign(&ca), before])));
}

#[test]
fn a_delta_adds_to_its_base() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let clean = CrlTemplate::new().sign(&ca);
    let delta = || CrlTemplate::new().number(12).delta_of(9).times(b"260531000000Z", b"260602000000Z");
    let revoking = delta().list(SERIAL, b"260530000000Z", &[reason(1)]).sign(&ca);
    assert_eq!(revoked_for(&judge(&leaf, &ca, &[Arc::clone(&clean), revoking])), Some(Reason::KeyCompromise));
    assert!(is_good(&judge(&leaf, &ca, &[Arc::clone(&clean), delta().sign(&ca)])));

    // Base out of date, delta in force: together they are the CRL of the delta's time.
    let old = CrlTemplate::new().times(b"260501000000Z", b"260515000000Z");
    let report = judge(&leaf, &ca, &[old.sign(&ca), delta().sign(&ca)]);
    assert!(is_good(&report));
    assert_eq!(report.evidence.len(), 2);
    // One change: the base is older than the delta reaches back.
    let report = judge(&leaf, &ca, &[old.clone().number(8).sign(&ca), delta().sign(&ca)]);
    assert_eq!(why(&report), Some(WhyUnknown::NoBase));
    // One change: the delta is out of date, too.
    let stale = delta().times(b"260520000000Z", b"260525000000Z").sign(&ca);
    assert_eq!(why(&judge(&leaf, &ca, &[old.sign(&ca), stale])), Some(WhyUnknown::Stale));
    // A delta alone.
    assert_eq!(why(&judge(&leaf, &ca, &[delta().sign(&ca)])), Some(WhyUnknown::NoBase));
}

#[test]
fn a_delta_releases_a_suspension() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let hold = CrlTemplate::new().list(SERIAL, JANUARY, &[reason(6)]).sign(&ca);
    let delta = |base| {
        let times = CrlTemplate::new().number(12).delta_of(base).times(b"260531000000Z", b"260602000000Z");
        times.list(SERIAL, b"260530000000Z", &[reason(8)]).sign(&ca)
    };
    assert!(is_good(&judge(&leaf, &ca, &[Arc::clone(&hold), delta(9)])));
    assert!(suspended(&judge(&leaf, &ca, &[Arc::clone(&hold), delta(11)])), "a delta of another base releases nothing");

    let complete = CrlTemplate::new().list(SERIAL, JANUARY, &[reason(8)]).sign(&ca);
    assert_eq!(why(&judge(&leaf, &ca, &[complete])), Some(WhyUnknown::Contradictory));
}

#[test]
fn a_revocation_in_a_delta_that_cannot_be_combined_still_counts() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let clean = CrlTemplate::new().sign(&ca);
    let listing_for = |code, template: CrlTemplate| template.list(SERIAL, b"260526000000Z", &[reason(code)]).sign(&ca);
    let listing = |template| listing_for(1, template);
    let wrong_base = CrlTemplate::new().number(12).delta_of(11);
    let out_of_date = CrlTemplate::new().number(11).delta_of(9).times(b"260526000000Z", b"260527000000Z");
    for template in [wrong_base, out_of_date] {
        let report = judge(&leaf, &ca, &[Arc::clone(&clean), listing(template)]);
        assert_eq!(revoked_for(&report), Some(Reason::KeyCompromise));
    }
    // Where the complete CRL is newer, a hold was released; nothing else can be.
    let superseded = CrlTemplate::new().number(10).delta_of(8).times(b"260524000000Z", b"260701000000Z");
    assert!(is_good(&judge(&leaf, &ca, &[Arc::clone(&clean), listing_for(6, superseded.clone())])));
    assert_eq!(revoked_for(&judge(&leaf, &ca, &[clean, listing(superseded)])), Some(Reason::KeyCompromise));
}

#[test]
fn a_delta_of_another_scope_does_not_count() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let old = CrlTemplate::new().times(b"260501000000Z", b"260515000000Z").sign(&ca);
    let users = issuing_point(&[encode(0x81, &[0xff])]);
    let delta = CrlTemplate::new().number(12).delta_of(9).with(users).sign(&ca);
    assert!(why(&judge(&leaf, &ca, &[old, delta])).is_some());
}

#[test]
fn partitions_by_reason_must_cover_every_reason() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    // keyCompromise and cACompromise; all the others.
    let compromise = || CrlTemplate::new().with(issuing_point(&[encode(0x83, &[5, 0x60])]));
    let others = || CrlTemplate::new().with(issuing_point(&[encode(0x83, &[7, 0x1f, 0x80])]));
    assert!(is_good(&judge(&leaf, &ca, &[compromise().sign(&ca), others().sign(&ca)])));
    let report = judge(&leaf, &ca, &[compromise().sign(&ca)]);
    assert_eq!(why(&report), Some(WhyUnknown::ReasonsNotCovered));
    let listing = others().list(SERIAL, JANUARY, &[reason(5)]).sign(&ca);
    let report = judge(&leaf, &ca, &[compromise().sign(&ca), listing]);
    assert_eq!(revoked_for(&report), Some(Reason::CessationOfOperation));
}

#[test]
fn a_crl_of_another_distribution_point_does_not_count() {
    let ca = ca();
    let point = uri_name("http://crl.example/1.crl");
    let leaf = ca.leaf(SERIAL, &[distribution_points(std::slice::from_ref(&point))]);
    let of = |name: Vec<u8>| CrlTemplate::new().with(issuing_point(&[name])).sign(&ca);
    assert!(is_good(&judge(&leaf, &ca, &[of(point)])));
    let report = judge(&leaf, &ca, &[of(uri_name("http://crl.example/2.crl"))]);
    assert_eq!(why(&report), Some(WhyUnknown::OutOfScope));
    assert!(is_good(&judge(&leaf, &ca, &[CrlTemplate::new().sign(&ca)])), "one without a name covers all");
}

#[test]
fn a_crl_for_another_kind_of_certificate_does_not_count() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let only = |number: u8| CrlTemplate::new().with(issuing_point(&[encode(0x80 | number, &[0xff])])).sign(&ca);
    assert!(is_good(&judge(&leaf, &ca, &[only(1)])));
    assert_eq!(why(&judge(&leaf, &ca, &[only(2)])), Some(WhyUnknown::OutOfScope));
    assert_eq!(why(&judge(&leaf, &ca, &[only(5)])), Some(WhyUnknown::OutOfScope));
    assert_eq!(why(&judge(&ca.certificate, &ca, &[only(1)])), Some(WhyUnknown::OutOfScope));
    assert!(is_good(&judge(&ca.certificate, &ca, &[only(2)])));
}

#[test]
fn a_crl_with_an_unknown_critical_extension_does_not_count() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let unknown = |critical| extension(&[0x2a, 3], critical, &[5, 0]);
    assert!(is_good(&judge(&leaf, &ca, &[CrlTemplate::new().with(unknown(false)).sign(&ca)])));
    let of_crl = CrlTemplate::new().with(unknown(true)).sign(&ca);
    let of_entry = CrlTemplate::new().list(&[0x12], JANUARY, &[unknown(true)]).sign(&ca);
    for crl in [of_crl, of_entry] {
        assert_eq!(why(&judge(&leaf, &ca, &[crl])), Some(WhyUnknown::UnknownCriticalExtension));
    }
}

#[test]
fn an_indirect_crl_counts_where_the_certificate_names_its_issuer() {
    let ca = ca();
    let emittente = Ca::new("Emittente di CRL");
    let point = [uri_name("http://crl.example/i.crl"), encode(0xa2, &encode(0xa4, &emittente.name))].concat();
    let leaf = ca.leaf(SERIAL, &[distribution_points(&[point])]);
    let indirect = || {
        let fields = [uri_name("http://crl.example/i.crl"), encode(0x84, &[0xff])];
        CrlTemplate::new().with(issuing_point(&fields))
    };
    let judge_with = |crl: Arc<Crl>, mut signers: Signers| judge_at(&leaf, &ca, &[crl], &Times::at(NOW), &mut signers);
    let known = || Signers { known: vec![Arc::clone(&emittente.certificate)], ..Signers::default() };

    let report = judge_with(indirect().sign(&emittente), known());
    assert!(is_good(&report));
    assert_eq!(report.evidence[0].signer.as_ref(), Some(&emittente.certificate));

    // The same serial number of the CRL issuer's own certificates, and of ours.
    let own = indirect().list(SERIAL, JANUARY, &[]).sign(&emittente);
    assert!(is_good(&judge_with(own, known())));
    let ours = indirect().list(SERIAL, JANUARY, &[certificate_issuer(&ca.name)]).sign(&emittente);
    assert!(revoked_for(&judge_with(ours, known())).is_some());

    let direct = CrlTemplate::new().with(issuing_point(&[uri_name("http://crl.example/i.crl")])).sign(&emittente);
    assert_eq!(why(&judge_with(direct, known())), Some(WhyUnknown::OutOfScope));
    assert_eq!(why(&judge_with(indirect().sign(&emittente), Signers::default())), Some(WhyUnknown::SignatureInvalid));
    let untrusted = Signers { untrusted: true, ..known() };
    assert_eq!(why(&judge_with(indirect().sign(&emittente), untrusted)), Some(WhyUnknown::SignerNotTrusted));
}

#[test]
fn who_signed_decides() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let crl = || CrlTemplate::new().sign(&ca);
    // The same name with another key.
    let other = Ca::new("CA di prova");
    let forged = || CrlTemplate::new().sign(&other);
    assert_eq!(why(&judge(&leaf, &ca, &[forged()])), Some(WhyUnknown::SignatureInvalid));
    let mut known = Signers { known: vec![Arc::clone(&other.certificate)], ..Signers::default() };
    assert!(is_good(&judge_at(&leaf, &ca, &[forged()], &Times::at(NOW), &mut known)));
    // keyCertSign alone.
    let no_crls = Ca::with_key_usage("CA di prova", &[2, 0x04]);
    let leaf_of_no_crls = no_crls.leaf(SERIAL, &[]);
    let report = judge(&leaf_of_no_crls, &no_crls, &[CrlTemplate::new().sign(&no_crls)]);
    assert_eq!(why(&report), Some(WhyUnknown::KeyUsage));
    let mut weak = Signers { weak: true, ..Signers::default() };
    let report = judge_at(&leaf, &ca, &[crl()], &Times::at(NOW), &mut weak);
    assert_eq!(why(&report), Some(WhyUnknown::WeakAlgorithm));
    // A forged CRL beside the true one changes nothing, either way.
    let forged_listing = CrlTemplate::new().list(SERIAL, JANUARY, &[]).sign(&other);
    assert!(is_good(&judge(&leaf, &ca, &[forged_listing, crl()])));
    let listing = CrlTemplate::new().list(SERIAL, JANUARY, &[]).sign(&ca);
    assert!(revoked_for(&judge(&leaf, &ca, &[forged(), listing])).is_some());
}

#[test]
fn any_key_of_the_issuer_may_revoke() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let rolled_over = Ca::new("CA di prova");
    let mut known = Signers { known: vec![Arc::clone(&rolled_over.certificate)], ..Signers::default() };
    let newer = CrlTemplate::new().number(11).times(b"260526000000Z", b"260701000000Z").sign(&rolled_over);
    let older = CrlTemplate::new().list(SERIAL, JANUARY, &[reason(1)]).sign(&ca);
    let report = judge_at(&leaf, &ca, &[newer, older], &Times::at(NOW), &mut known);
    assert_eq!(revoked_for(&report), Some(Reason::KeyCompromise), "the new key's list may not cover the old one's");
}

#[test]
fn a_store_is_bounded_and_holds_each_crl_once() {
    let ca = ca();
    let mut store = RevocationStore::new(NOW);
    let crl = CrlTemplate::new().sign(&ca);
    store.add(Arc::clone(&crl)).unwrap();
    store.add(crl).unwrap();
    assert_eq!(store.len(), 1);
    let numbered = |serial: u32| CrlTemplate::new().list(&(serial + 0x0100_0000).to_be_bytes(), JANUARY, &[]).sign(&ca);
    let full = (0..1_000).map(|serial| store.add(numbered(serial))).find(Result::is_err);
    assert_eq!(full, Some(Err(StoreError::Full)));
}
