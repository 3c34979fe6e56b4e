//! What the OCSP responses at hand say of a certificate, alone and together with CRLs. Each negative case is a good one
//! with one change.

use time::macros::utc_datetime;
use varco::asn1::{encode, tag};
use varco::crypto::DigestAlgorithm;
use varco::trust::revocation::{
    Reason, RevocationData, RevocationReport, RevocationStatus, RevocationStore, WhyUnknown,
};

use super::super::build::{Ca, CrlTemplate, NOW, Template as CertificateTemplate, extension, name, new_key, reason};
use super::build::*;

const JANUARY: &[u8] = b"20260101000000Z";

fn is_good(report: &RevocationReport) -> bool {
    report.status == RevocationStatus::Good
}

fn why(report: &RevocationReport) -> Option<WhyUnknown> {
    match report.status {
        RevocationStatus::Unknown(why) => Some(why),
        _ => None,
    }
}

fn suspended(report: &RevocationReport) -> bool {
    matches!(report.status, RevocationStatus::Suspended(_))
}

fn revoked_for(report: &RevocationReport) -> Option<Reason> {
    match report.status {
        RevocationStatus::Revoked(revocation) => Some(revocation.reason),
        _ => None,
    }
}

fn one(answer: Answer, ca: &Ca) -> Vec<Vec<u8>> {
    vec![Template::of(&[answer]).by_ca(ca)]
}

#[test]
fn good_revoked_or_unknown() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let report = ask(&leaf, &ca, &one(Answer::about(&ca, SERIAL), &ca));
    assert!(is_good(&report), "{report:?}");
    let [evidence] = &report.evidence[..] else { panic!("{report:?}") };
    assert!(matches!(evidence.data, RevocationData::Ocsp(_)));
    assert_eq!((evidence.this_update, evidence.signer.as_ref()), (utc_datetime!(2026-05-25 0:00), None));
    assert_eq!((report.rejected.len(), report.needs.len()), (0, 0));

    let revoked = Answer::about(&ca, SERIAL).revoked(JANUARY, Some(1));
    let report = ask(&leaf, &ca, &one(revoked.clone(), &ca));
    let RevocationStatus::Revoked(revocation) = report.status else { panic!("{report:?}") };
    assert_eq!((revocation.time, revocation.reason), (utc_datetime!(2026-01-01 0:00), Reason::KeyCompromise));
    assert_eq!(revocation.published_by, utc_datetime!(2026-05-25 0:00));

    let report = ask(&leaf, &ca, &one(Answer::about(&ca, SERIAL).revoked(JANUARY, None), &ca));
    assert_eq!(revoked_for(&report), Some(Reason::Unspecified));
    assert!(suspended(&ask(&leaf, &ca, &one(Answer::about(&ca, SERIAL).revoked(JANUARY, Some(6)), &ca))));

    let report = ask(&leaf, &ca, &one(Answer::about(&ca, SERIAL).unknown(), &ca));
    assert_eq!(why(&report), Some(WhyUnknown::OcspCertificateUnknown));
    assert_eq!(report.rejected.len(), 1);
    let report = ask(&leaf, &ca, &one(Answer::about(&ca, SERIAL).revoked(JANUARY, Some(8)), &ca));
    assert_eq!(why(&report), Some(WhyUnknown::OcspContradictory), "removeFromCRL");
}

#[test]
fn without_a_response_the_responders_are_named() {
    let ca = ca();
    let location = encode(
        tag::SEQUENCE,
        &[encode(tag::OID, &[0x2b, 6, 1, 5, 5, 7, 0x30, 1]), encode(0x86, b"http://ocsp.example/")].concat(),
    );
    let access = extension(&[0x2b, 6, 1, 5, 5, 7, 1, 1], false, &encode(tag::SEQUENCE, &location));
    let report = ask(&ca.leaf(SERIAL, &[access]), &ca, &[]);
    assert_eq!(why(&report), Some(WhyUnknown::NoCrl));
    assert_eq!(report.responders, [Box::from("http://ocsp.example/")]);
}

#[test]
fn dates_count_as_they_do_for_crls() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let good = Answer::about(&ca, SERIAL);
    // NOW is 1 June.
    let stale = good.clone().times(b"20260501000000Z", Some(b"20260531235959Z"));
    assert_eq!(why(&ask(&leaf, &ca, &one(stale.clone(), &ca))), Some(WhyUnknown::OcspStale));
    assert!(is_good(&ask_at(&leaf, &ca, &one(stale.clone(), &ca), utc_datetime!(2026-05-31 23:59:59))));
    let endless = good.clone().times(b"20260525000000Z", None);
    assert_eq!(why(&ask(&leaf, &ca, &one(endless.clone(), &ca))), Some(WhyUnknown::OcspStale));
    assert!(is_good(&ask_at(&leaf, &ca, &one(endless, &ca), utc_datetime!(2026-05-25 0:00))), "at its own time");
    // Issued later than the time asked for: it counts (contract, --at).
    assert!(is_good(&ask_at(&leaf, &ca, &one(good.clone(), &ca), utc_datetime!(2026-02-01 0:00))));
    // But never later than the present, by more than clocks may differ.
    let future = good.clone().times(b"20260601000501Z", Some(b"20260701000000Z"));
    assert_eq!(why(&ask(&leaf, &ca, &one(future, &ca))), Some(WhyUnknown::OcspFromTheFuture));
    let skewed = good.clone().times(b"20260601000459Z", Some(b"20260701000000Z"));
    assert!(is_good(&ask(&leaf, &ca, &one(skewed, &ca))));
    let produced = Template { produced_at: b"20260701000000Z", ..Template::of(std::slice::from_ref(&good)) };
    assert_eq!(why(&ask(&leaf, &ca, &[produced.by_ca(&ca)])), Some(WhyUnknown::OcspFromTheFuture));
    let backwards = good.times(b"20260525000000Z", Some(b"20260524000000Z"));
    assert_eq!(why(&ask(&leaf, &ca, &one(backwards, &ca))), Some(WhyUnknown::OcspContradictory));
}

#[test]
fn a_revocation_counts_from_its_date_and_for_ever() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let revoked = Answer::about(&ca, SERIAL).revoked(b"20260301000000Z", Some(4));
    let before = ask_at(&leaf, &ca, &one(revoked.clone(), &ca), utc_datetime!(2026-02-28 23:59:59));
    assert!(is_good(&before));
    assert_eq!(before.later.map(|later| later.time), Some(utc_datetime!(2026-03-01 0:00)));
    let at = ask_at(&leaf, &ca, &one(revoked.clone(), &ca), utc_datetime!(2026-03-01 0:00));
    assert_eq!(revoked_for(&at), Some(Reason::Superseded));
    // Out of date, and cleared by a newer one: it stays.
    let old = revoked.times(b"20260302000000Z", Some(b"20260303000000Z"));
    assert_eq!(revoked_for(&ask(&leaf, &ca, &one(old.clone(), &ca))), Some(Reason::Superseded));
    let both = [one(old.clone(), &ca), one(Answer::about(&ca, SERIAL), &ca)].concat();
    assert_eq!(revoked_for(&ask(&leaf, &ca, &both)), Some(Reason::Superseded));
    // A suspension does not stay: it may have been lifted, and here it was.
    let held = Answer::about(&ca, SERIAL).revoked(b"20260301000000Z", Some(6));
    let old = held.clone().times(b"20260302000000Z", Some(b"20260630000000Z"));
    assert!(suspended(&ask(&leaf, &ca, &one(old.clone(), &ca))));
    let both = [one(old, &ca), one(Answer::about(&ca, SERIAL), &ca)].concat();
    assert!(is_good(&ask(&leaf, &ca, &both)));
    let stale = held.times(b"20260302000000Z", Some(b"20260501000000Z"));
    assert_eq!(why(&ask(&leaf, &ca, &one(stale, &ca))), Some(WhyUnknown::OcspStale));
}

#[test]
fn a_later_revocation_does_not_hide_that_the_certificate_was_suspended_at_the_time() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let held = Answer::about(&ca, SERIAL)
        .revoked(b"20260201000000Z", Some(6))
        .times(b"20260202000000Z", Some(b"20260301000000Z"));
    let revoked = Answer::about(&ca, SERIAL)
        .revoked(b"20260401000000Z", Some(1))
        .times(b"20260402000000Z", Some(b"20260701000000Z"));
    let both = [one(held, &ca), one(revoked, &ca)].concat();
    assert!(suspended(&ask_at(&leaf, &ca, &both, utc_datetime!(2026-02-15 0:00))));
    assert!(is_good(&ask_at(&leaf, &ca, &both, utc_datetime!(2026-03-15 0:00))));
    assert_eq!(revoked_for(&ask(&leaf, &ca, &both)), Some(Reason::KeyCompromise));
}

#[test]
fn good_after_the_certificate_expired_needs_an_archive() {
    let ca = ca();
    let template = CertificateTemplate::new(&ca.name, &name("Persona di prova"), SERIAL).not_after(b"260501000000Z");
    let leaf = template.sign(&new_key(), &ca.key);
    let after = Answer::about(&ca, SERIAL);
    assert_eq!(why(&ask(&leaf, &ca, &one(after.clone(), &ca))), Some(WhyUnknown::OcspNoLongerKept));
    for (cutoff, expected) in [(&b"20200101000000Z"[..], true), (b"20260501000000Z", true), (b"20260502000000Z", false)]
    {
        let mut kept = after.clone();
        kept.extensions.push(extension(
            &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 6],
            false,
            &encode(tag::GENERALIZED_TIME, cutoff),
        ));
        assert_eq!(is_good(&ask(&leaf, &ca, &one(kept, &ca))), expected, "{cutoff:?}");
    }
    assert!(revoked_for(&ask(&leaf, &ca, &one(after.revoked(JANUARY, Some(1)), &ca))).is_some());
}

#[test]
fn the_issuer_is_compared_by_every_hash_that_is_in_use() {
    let ca = ca();
    let other = Ca::new("CA di prova");
    let elsewhere = Ca::new("Altra CA");
    let leaf = ca.leaf(SERIAL, &[]);
    let with = |id: Vec<u8>| ask(&leaf, &ca, &one(Answer { id, ..Answer::about(&ca, SERIAL) }, &ca));
    for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        assert!(is_good(&with(cert_id(hash, &ca.name, &ca.certificate, SERIAL))), "{hash:?}");
        for (what, id) in [
            ("name", cert_id(hash, &elsewhere.name, &ca.certificate, SERIAL)),
            ("key", cert_id(hash, &ca.name, &other.certificate, SERIAL)),
        ] {
            assert_eq!(why(&with(id)), Some(WhyUnknown::OcspOtherIssuer), "{hash:?} {what}");
        }
    }
    assert_eq!(why(&with(cert_id(Hash::Md5, &ca.name, &ca.certificate, SERIAL))), Some(WhyUnknown::OcspOtherIssuer));
    assert_eq!(why(&with(cert_id(Hash::Sha1, &ca.name, &ca.certificate, &[0x12]))), Some(WhyUnknown::NoCrl));
    assert!(is_good(&with(cert_id(Hash::Sha1, &ca.name, &ca.certificate, &[0, 0x11]))), "a padded number");
}

#[test]
fn the_digest_of_the_certificate_must_be_its_own_where_it_is_given() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let with = |certificate: &[u8]| {
        let algorithm = encode(tag::SEQUENCE, &encode(tag::OID, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]));
        let digest = encode(tag::OCTET_STRING, DigestAlgorithm::Sha256.digest(certificate).as_bytes());
        let value = encode(tag::SEQUENCE, &[algorithm, digest].concat());
        let mut answer = Answer::about(&ca, SERIAL);
        answer.extensions.push(extension(&[0x2b, 0x24, 8, 3, 13], false, &value));
        ask(&leaf, &ca, &one(answer, &ca))
    };
    assert!(is_good(&with(leaf.der())));
    assert_eq!(why(&with(ca.certificate.der())), Some(WhyUnknown::OcspOtherIssuer));
}

#[test]
fn of_several_answers_the_right_one_is_taken() {
    let ca = ca();
    let other = Ca::new("Altra CA");
    let leaf = ca.leaf(SERIAL, &[]);
    let answers = [
        Answer::about(&ca, &[0x10]).revoked(JANUARY, Some(1)),
        Answer::about(&other, SERIAL).revoked(JANUARY, Some(1)),
        Answer::about(&ca, SERIAL),
        Answer::about(&ca, &[0x12]).revoked(JANUARY, Some(1)),
    ];
    let response = Template::of(&answers).by_ca(&ca);
    assert!(is_good(&ask(&leaf, &ca, std::slice::from_ref(&response))));
    assert_eq!(revoked_for(&ask(&ca.leaf(&[0x12], &[]), &ca, &[response])), Some(Reason::KeyCompromise));
}

#[test]
fn unknown_critical_extensions_make_it_unusable() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let strange = |critical| extension(&[0x2a, 3, 4], critical, &encode(tag::NULL, &[]));
    for critical in [false, true] {
        let of_answer = Answer { extensions: vec![strange(critical)], ..Answer::about(&ca, SERIAL) };
        let of_whole = Template { extensions: vec![strange(critical)], ..Template::of(&[Answer::about(&ca, SERIAL)]) };
        for response in [Template::of(&[of_answer]), of_whole] {
            let expected = critical.then_some(WhyUnknown::OcspUnknownCriticalExtension);
            assert_eq!(why(&ask(&leaf, &ca, &[response.by_ca(&ca)])), expected);
        }
    }
    let nonce = extension(&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2], true, &encode(tag::OCTET_STRING, &[7; 16]));
    let of_whole = Template { extensions: vec![nonce.clone()], ..Template::of(&[Answer::about(&ca, SERIAL)]) };
    let of_answer = Template::of(&[Answer { extensions: vec![nonce], ..Answer::about(&ca, SERIAL) }]);
    for with_nonce in [of_whole, of_answer] {
        assert!(is_good(&ask(&leaf, &ca, &[with_nonce.by_ca(&ca)])));
    }
}

#[test]
fn revoked_by_either_is_revoked_and_good_by_either_is_good() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let good = Answer::about(&ca, SERIAL);
    let clean = CrlTemplate::new();
    let listing = |code| CrlTemplate::new().list(SERIAL, b"260101000000Z", &[reason(code)]);
    let report = ask_both(&leaf, &ca, &one(good.clone(), &ca), &[clean.sign(&ca)]);
    assert!(is_good(&report) && report.evidence.len() == 2, "{report:?}");

    let report = ask_both(&leaf, &ca, &one(good.clone(), &ca), &[listing(1).sign(&ca)]);
    assert_eq!(revoked_for(&report), Some(Reason::KeyCompromise), "the CRL says so");
    let newer = good.clone().times(b"20260530000000Z", Some(b"20260701000000Z"));
    let report = ask_both(&leaf, &ca, &one(newer.clone(), &ca), &[listing(1).sign(&ca)]);
    assert_eq!(revoked_for(&report), Some(Reason::KeyCompromise), "a newer good does not take it back");
    let report = ask_both(&leaf, &ca, &one(good.clone().revoked(JANUARY, Some(1)), &ca), &[clean.sign(&ca)]);
    assert_eq!(revoked_for(&report), Some(Reason::KeyCompromise), "the response says so");
    let report =
        ask_both(&leaf, &ca, &one(good.clone().revoked(b"20251201000000Z", Some(4)), &ca), &[listing(1).sign(&ca)]);
    assert_eq!(revoked_for(&report), Some(Reason::Superseded), "the earlier");

    let stale_crl = CrlTemplate::new().times(b"260401000000Z", b"260501000000Z").sign(&ca);
    assert!(is_good(&ask_both(&leaf, &ca, &one(good.clone(), &ca), std::slice::from_ref(&stale_crl))));
    let stale = good.clone().times(b"20260401000000Z", Some(b"20260501000000Z"));
    let report = ask_both(&leaf, &ca, &one(stale.clone(), &ca), &[clean.sign(&ca)]);
    assert!(is_good(&report));
    assert_eq!(report.rejected.iter().map(|rejected| rejected.why).collect::<Vec<_>>(), [WhyUnknown::OcspStale]);
    assert_eq!(why(&ask_both(&leaf, &ca, &one(stale, &ca), &[stale_crl])), Some(WhyUnknown::Stale));
    assert!(is_good(&ask_both(&leaf, &ca, &one(good.unknown(), &ca), &[clean.sign(&ca)])), "it knows less");
}

#[test]
fn of_a_suspension_the_newer_of_crl_and_response_decides() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    let good = |this_update| Answer::about(&ca, SERIAL).times(this_update, Some(b"20260701000000Z"));
    // The CRL is of 25 May.
    let held = [CrlTemplate::new().list(SERIAL, b"260101000000Z", &[reason(6)]).sign(&ca)];
    assert!(is_good(&ask_both(&leaf, &ca, &one(good(b"20260526000000Z"), &ca), &held)), "lifted since");
    assert!(suspended(&ask_both(&leaf, &ca, &one(good(b"20260525000000Z"), &ca), &held)), "at the same time");
    assert!(suspended(&ask_both(&leaf, &ca, &one(good(b"20260524000000Z"), &ca), &held)));
    let clean = [CrlTemplate::new().sign(&ca)];
    let held = |this_update| good(this_update).revoked(JANUARY, Some(6));
    assert!(suspended(&ask_both(&leaf, &ca, &one(held(b"20260526000000Z"), &ca), &clean)));
    assert!(is_good(&ask_both(&leaf, &ca, &one(held(b"20260524000000Z"), &ca), &clean)));
}

#[test]
fn what_one_document_brings_does_not_reach_the_next() {
    let ca = ca();
    let stored = RevocationStore::new(NOW);
    let mut own = stored.clone();
    own.add_ocsp(&read(&Template::of(&[Answer::about(&ca, SERIAL)]).by_ca(&ca))).unwrap();
    assert_eq!((stored.ocsp_len(), own.ocsp_len()), (0, 1));
    own.add_ocsp(&read(&Template::of(&[Answer::about(&ca, SERIAL)]).by_ca(&ca))).unwrap();
    let same = read(&Template::of(&[Answer::about(&ca, SERIAL)]).by_ca(&ca));
    own.add_ocsp(&same).unwrap();
    own.add_ocsp(&same).unwrap();
    assert_eq!(own.about_serial(SERIAL).len(), own.ocsp_len());
    assert!(own.about_serial(&[0, 0x11]).len() == own.ocsp_len() && !own.is_empty() && stored.is_empty());
}

#[test]
fn a_store_has_room_for_so_many() {
    let ca = ca();
    let mut store = RevocationStore::new(NOW);
    let response =
        |produced_at| read(&Template { produced_at, ..Template::of(&[Answer::about(&ca, SERIAL)]) }.by_ca(&ca));
    for _ in 0..RevocationStore::MAX_OCSP_OF_SERIAL {
        // ECDSA signs differently every time.
        store.add_ocsp(&response(b"20260525000000Z")).unwrap();
    }
    assert!(store.add_ocsp(&response(b"20260525000000Z")).is_err());
    assert_eq!(store.ocsp_len(), RevocationStore::MAX_OCSP_OF_SERIAL);
}
