//! Reading an OCSP response.

use openssl::ocsp::{OcspResponse as TheirResponse, OcspResponseStatus};
use proptest::prelude::{any, prop, proptest};
use time::macros::utc_datetime;
use varco::asn1::{Asn1Error, encode, tag};
use varco::trust::Name;
use varco::trust::revocation::{
    CertStatus, OcspError, OcspFailure, OcspResponse, Reason, ResponderId, RevocationStatus,
};

use super::super::build::{Ca, extension, sequence};
use super::build::*;

fn good(ca: &Ca) -> Template {
    Template::of(&[Answer::about(ca, SERIAL)])
}

#[test]
fn every_field_is_read() {
    let ca = ca();
    let responder = Delegation::new().by(&ca);
    let answers = [
        Answer::about(&ca, SERIAL),
        Answer::about(&ca, &[0x12]).revoked(b"20260101000000Z", Some(5)).times(b"20260524120000Z", None),
        Answer::about(&ca, &[0x00, 0x93]).unknown(),
    ];
    let der = Template { version: Some(0), produced_at: b"20260525010203Z", ..Template::of(&answers) }.by(&responder);
    let response = OcspResponse::from_der(&der).unwrap();
    assert_eq!(response.produced_at(), utc_datetime!(2026-05-25 01:02:03));
    let name = Name::from_der(responder.certificate.subject().der()).unwrap();
    assert_eq!(*response.responder(), ResponderId::Name(name));
    assert_eq!(response.certificates(), std::slice::from_ref(&responder.certificate));
    let [first, second, third] = response.responses() else { panic!("{response:?}") };
    assert_eq!((first.status, first.next_update), (CertStatus::Good, Some(utc_datetime!(2026-07-01 0:00))));
    assert_eq!((first.this_update, first.certificate.serial()), (utc_datetime!(2026-05-25 0:00), SERIAL));
    let CertStatus::Revoked(entry) = second.status else { panic!("{second:?}") };
    assert_eq!((entry.revocation_date, entry.reason), (utc_datetime!(2026-01-01 0:00), Reason::CessationOfOperation));
    assert_eq!((second.this_update, second.next_update), (utc_datetime!(2026-05-24 12:00), None));
    assert_eq!((third.status, third.certificate.serial()), (CertStatus::Unknown, &[0x00, 0x93][..]));
    assert!(response.verify(responder.certificate.public_key().unwrap()).is_ok());
    assert!(response.verify(ca.certificate.public_key().unwrap()).is_err());
    assert!(format!("{response:?}").contains("3 answers"));
    // OpenSSL reads it, too.
    assert_eq!(TheirResponse::from_der(&der).unwrap().status(), OcspResponseStatus::SUCCESSFUL);
}

#[test]
fn with_and_without_the_outer_structure_it_is_the_same() {
    let ca = ca();
    let basic = good(&ca).basic(&ca.name, &ca.key);
    let (bare, whole) = (OcspResponse::from_der(&basic).unwrap(), OcspResponse::from_der(&wrapped(&basic)).unwrap());
    assert_eq!(bare.sha256(), whole.sha256());
    assert_eq!(bare.responses(), whole.responses());
}

#[test]
fn no_answer_is_told_by_its_status() {
    for (code, failure) in [
        (1, OcspFailure::MalformedRequest),
        (2, OcspFailure::InternalError),
        (3, OcspFailure::TryLater),
        (5, OcspFailure::SigRequired),
        (6, OcspFailure::Unauthorized),
    ] {
        let der = sequence(&[&encode(tag::ENUMERATED, &[code])]);
        assert_eq!(OcspResponse::from_der(&der).unwrap_err(), OcspError::Unsuccessful(failure));
        assert_eq!(i32::from(code), TheirResponse::from_der(&der).unwrap().status().as_raw());
    }
    for status in [&[4][..], &[7], &[], &[0, 3]] {
        let der = sequence(&[&encode(tag::ENUMERATED, status)]);
        assert!(matches!(OcspResponse::from_der(&der), Err(OcspError::Encoding(_))), "{status:?}");
    }
    let successful_without_bytes = sequence(&[&encode(tag::ENUMERATED, &[0])]);
    assert_eq!(OcspResponse::from_der(&successful_without_bytes).unwrap_err(), Asn1Error::Truncated.into());
}

#[test]
fn what_is_no_basic_response_of_version_1_is_refused() {
    let ca = ca();
    let basic = good(&ca).basic(&ca.name, &ca.key);
    let bytes = sequence(&[&encode(tag::OID, &[0x2a, 3]), &encode(tag::OCTET_STRING, &basic)]);
    let other_type = sequence(&[&encode(tag::ENUMERATED, &[0]), &encode(0xa0, &bytes)]);
    assert!(matches!(OcspResponse::from_der(&other_type), Err(OcspError::Type(_))));
    let refused = |template: Template| OcspResponse::from_der(&template.by_ca(&ca)).unwrap_err();
    assert_eq!(refused(Template { version: Some(1), ..good(&ca) }), OcspError::Version);
    for responder_id in
        [encode(0xa3, &ca.name), encode(0xa2, &ca.name), encode(0xa1, &encode(tag::OCTET_STRING, &[0; 20]))]
    {
        assert!(matches!(refused(Template { responder_id: Some(responder_id), ..good(&ca) }), OcspError::Encoding(_)));
    }
    let utc = Answer { this_update: b"260525000000Z", ..Answer::about(&ca, SERIAL) };
    assert!(matches!(refused(Template::of(&[utc])), OcspError::Encoding(_)));
    for status in [encode(0x80, &[0]), encode(0x82, &[0]), encode(0xa0, &[]), encode(0x83, &[]), encode(0x81, &[])] {
        let answer = Answer { status, ..Answer::about(&ca, SERIAL) };
        assert!(matches!(refused(Template::of(&[answer])), OcspError::Encoding(_)));
    }
    let nameless = Answer { id: cert_id(Hash::Sha1, &ca.name, &ca.certificate, &[]), ..Answer::about(&ca, SERIAL) };
    assert!(matches!(refused(Template::of(&[nameless])), OcspError::Encoding(_)));
}

#[test]
fn limits_hold() {
    let ca = ca();
    let refused = |template: &Template| OcspResponse::from_der(&template.by_ca(&ca)).unwrap_err();
    let note = |last| extension(&[0x2a, 3, last], false, &[]);
    let twice = Template { extensions: vec![note(1), note(1)], ..good(&ca) };
    assert!(matches!(refused(&twice), OcspError::RepeatedExtension(_)));
    let of_answer = Answer { extensions: vec![note(1), note(1)], ..Answer::about(&ca, SERIAL) };
    assert!(matches!(refused(&Template::of(&[of_answer])), OcspError::RepeatedExtension(_)));
    let many = Template { extensions: (0..17).map(note).collect(), ..good(&ca) };
    assert_eq!(refused(&many), OcspError::TooLarge);
    assert_eq!(refused(&Template::of(&vec![Answer::about(&ca, SERIAL); 1_001])), OcspError::TooLarge);
    assert!(OcspResponse::from_der(&Template::of(&vec![Answer::about(&ca, SERIAL); 1_000]).by_ca(&ca)).is_ok());
    let crowd = Template { certificates: vec![ca.certificate.der().to_vec(); 17], ..good(&ca) };
    assert_eq!(refused(&crowd), OcspError::TooLarge);
    assert_eq!(OcspResponse::from_der(&vec![0x30; OcspResponse::MAX_LEN + 1]).unwrap_err(), OcspError::TooLarge);
    // A certificate that cannot be read is left out.
    let odd = Template { certificates: vec![sequence(&[])], ..good(&ca) };
    assert!(OcspResponse::from_der(&odd.by_ca(&ca)).unwrap().certificates().is_empty());
}

#[test]
fn cut_anywhere_or_followed_by_anything_it_is_refused() {
    let ca = ca();
    let der = good(&ca).by(&Delegation::new().by(&ca));
    for end in 0..der.len() {
        assert!(OcspResponse::from_der(&der[..end]).is_err(), "cut at {end}");
    }
    assert!(OcspResponse::from_der(&[&der[..], &[0]].concat()).is_err());
    let basic = good(&ca).basic(&ca.name, &ca.key);
    for end in 0..basic.len() {
        assert!(OcspResponse::from_der(&basic[..end]).is_err(), "cut at {end}");
        assert!(OcspResponse::from_der(&wrapped(&basic[..end])).is_err(), "cut inside at {end}");
    }
}

#[test]
fn with_any_octet_changed_it_is_refused_or_does_not_count() {
    let ca = ca();
    let leaf = ca.leaf(SERIAL, &[]);
    for der in [good(&ca).by_ca(&ca), good(&ca).by(&Delegation::new().by(&ca))] {
        assert_eq!(ask(&leaf, &ca, std::slice::from_ref(&der)).status, RevocationStatus::Good);
        for place in 0..der.len() {
            for change in [0x01, 0x20, 0x80, 0xff] {
                let mut changed = der.clone();
                changed[place] ^= change;
                if OcspResponse::from_der(&changed).is_ok() {
                    let status = ask(&leaf, &ca, &[changed]).status;
                    assert!(matches!(status, RevocationStatus::Unknown(_)), "{change:02x} at {place}: {status:?}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn any_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        let _either = OcspResponse::from_der(&octets);
        let _either = OcspResponse::from_der(&wrapped(&octets));
    }

    #[test]
    fn several_octets_changed_make_no_other_answer(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let ca = ca();
        let der = good(&ca).by_ca(&ca);
        let mut changed = der.clone();
        for (place, octet) in changes {
            let place = place.index(changed.len());
            changed[place] = octet;
        }
        if changed != der && OcspResponse::from_der(&changed).is_ok() {
            let status = ask(&ca.leaf(SERIAL, &[]), &ca, &[changed]).status;
            assert!(matches!(status, RevocationStatus::Unknown(_)), "{status:?}");
        }
    }
}
