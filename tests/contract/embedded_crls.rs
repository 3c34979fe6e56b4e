//! CRLs that come along in the envelope (RFC 5652 §10.2.1): believed for the sake of their own signatures.

use std::fs;

use time::macros::utc_datetime;
use varco::trust::Times;
use varco::verify::SubIndication;

use crate::contract::{AT, Ask, CONTENT, Desk, leaf, message, pki};
use crate::support::forge::cms::Signer;
use crate::support::forge::der::{context, oid, seq};

fn crl(name: &str) -> Vec<u8> {
    fs::read(pki().join("cns-esempio").join(name)).unwrap()
}

fn with_crls(signer: &str, crls: &[&[u8]]) -> Vec<u8> {
    let mut message = message(CONTENT, &[Signer::new(&leaf(signer), CONTENT)]);
    message.crls = crls.iter().map(|crl| crl.to_vec()).collect();
    message.encode()
}

fn without_stored_crls() -> Desk {
    let mut desk = Desk::complete();
    desk.revocation = Desk::empty().revocation;
    desk
}

fn answer(desk: &Desk, document: &[u8]) -> Option<SubIndication> {
    desk.verify(&Ask::about(document)).unwrap().signatures.first().unwrap().sub_indication
}

#[test]
fn they_count_like_stored_ones_and_only_for_their_own_envelope() {
    let desk = without_stored_crls();
    let current = crl("crl.der");
    let other_format = context(1, &[oid("1.3.6.1.5.5.7.16.2"), seq([])].concat());
    assert_eq!(answer(&desk, &with_crls("cns-good", &[&current])), None);
    assert_eq!(answer(&desk, &with_crls("cns-good", &[&other_format, b"\x30\x00", &current])), None);
    assert_eq!(answer(&desk, &with_crls("cns-revoked", &[&current])), Some(SubIndication::RevokedNoPoe));
    assert_eq!(answer(&desk, &with_crls("cns-good", &[])), Some(SubIndication::TryLater));
    assert_eq!(answer(&desk, &with_crls("cns-good", &[&other_format])), Some(SubIndication::TryLater));
}

#[test]
fn one_that_its_issuer_did_not_sign_or_that_is_out_of_date_says_nothing() {
    let mut altered = crl("crl.der");
    *altered.last_mut().unwrap() ^= 1;
    let desk = without_stored_crls();
    for useless in [altered, crl("crl-expired.der"), fs::read(pki().join("crl/qualified.der")).unwrap()] {
        assert_eq!(answer(&desk, &with_crls("cns-good", &[&useless])), Some(SubIndication::TryLater));
        assert_eq!(answer(&Desk::complete(), &with_crls("cns-good", &[&useless])), None);
    }
}

#[test]
fn an_older_one_does_not_clear_who_is_revoked_by_now() {
    let older = with_crls("cns-revoked", &[&crl("crl-expired.der")]);
    assert_eq!(answer(&Desk::complete(), &older), Some(SubIndication::RevokedNoPoe));
    // Revoked on 2025-12-26. What existed before is shown to be good by the CRL of that time.
    for (existed_by, expected) in
        [(utc_datetime!(2025-12-01 0:00), None), (utc_datetime!(2025-12-31 0:00), Some(SubIndication::TryLater))]
    {
        let times = Times { at: AT, existed_by: Some(existed_by) };
        let report = without_stored_crls().verify(&Ask { times, ..Ask::about(&older) }).unwrap();
        assert_eq!(report.signatures[0].sub_indication, expected, "{existed_by}");
    }
}
