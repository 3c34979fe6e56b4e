use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use time::macros::utc_datetime;

use super::*;

const NOW: UtcDateTime = utc_datetime!(2026-02-01 0:00);

/// Certificates of the synthetic PKI, as objects of a token with ids from 1.
fn token(leaves: &[&str], purpose: Purpose) -> Vec<Candidate> {
    let object = |(place, leaf): (usize, &&str)| {
        let pem = fs::read(format!("certs/pki/leaves/{leaf}.pem")).unwrap();
        let value = openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap();
        let id = vec![u8::try_from(place + 1).unwrap()];
        ObjectFacts { class: Class::Certificate, id, label: leaf.as_bytes().to_vec(), value }
    };
    candidates(leaves.iter().enumerate().map(object).collect(), purpose, NOW)
}

#[test]
fn a_qualified_certificate_signs_and_that_of_a_cns_authenticates() {
    let leaves = ["qualified-good", "cns-good"];
    let found = token(&leaves, Purpose::Signature);
    assert_eq!(found[0].unfit, []);
    assert_eq!(found[1].unfit, [Unfit::ForAuthentication]);
    assert_eq!((found[0].kind(), found[1].kind()), (CertificateKind::Qualified, CertificateKind::Cns));
    assert_eq!(choose(&found, None).unwrap().hex_id(), "01");
    assert_eq!(choose(&found, Some("cns-good")).unwrap().hex_id(), "02", "for who asks for it");
    let found = token(&leaves, Purpose::Authentication);
    assert_eq!((found[0].unfit.as_slice(), found[1].unfit.as_slice()), (&[Unfit::ForSignature][..], &[][..]));
}

#[test]
fn of_several_none_is_taken_by_chance() {
    let found = token(&["qualified-good", "qualified-p256"], Purpose::Signature);
    assert_eq!(choose(&found, None).unwrap_err(), ChoiceError::Several);
    assert_eq!(choose(&found, Some("02")).unwrap().labels, ["qualified-p256"]);
    assert_eq!(choose(&found, Some("03")).unwrap_err(), ChoiceError::Absent);
    assert_eq!(choose(&[], None).unwrap_err(), ChoiceError::NoneFits);
}

#[test]
fn what_cannot_sign_is_not_chosen_even_when_asked_for() {
    let found = token(&["qualified-expired"], Purpose::Signature);
    assert!(matches!(found[0].unfit.as_slice(), [Unfit::Expired(_)]));
    assert_eq!(choose(&found, Some("01")).unwrap_err(), ChoiceError::Unfit(found[0].unfit.clone()));
    let key = ObjectFacts { class: Class::PublicKey, id: vec![9], label: b"alone".to_vec(), value: Vec::new() };
    let garbage = ObjectFacts { class: Class::Certificate, id: vec![8], label: Vec::new(), value: vec![1, 2, 3] };
    let found = candidates(vec![key, garbage], Purpose::Signature, NOW);
    assert_eq!(
        (found[0].unfit.as_slice(), found[1].unfit.as_slice()),
        (&[Unfit::Unreadable][..], &[Unfit::NoCertificate][..])
    );
    assert_eq!(choose(&found, Some("alone")).unwrap_err(), ChoiceError::Unfit(vec![Unfit::NoCertificate]));
}

#[test]
fn key_and_certificate_of_one_id_are_one_candidate_with_both_labels() {
    let mut objects = Vec::new();
    let pem = fs::read("certs/pki/leaves/qualified-good.pem").unwrap();
    let value = openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap();
    objects.push(ObjectFacts { class: Class::PrivateKey, id: vec![7], label: b"KEY".to_vec(), value: Vec::new() });
    objects.push(ObjectFacts { class: Class::Certificate, id: vec![7], label: b"CERT".to_vec(), value });
    let found = candidates(objects, Purpose::Signature, NOW);
    assert_eq!(found.len(), 1);
    assert_eq!(choose(&found, Some("KEY")).unwrap().labels, ["CERT", "KEY"]);
}

fn class() -> impl Strategy<Value = Class> {
    prop_oneof![Just(Class::Certificate), Just(Class::PublicKey), Just(Class::PrivateKey)]
}

/// What a module may say of an object: octets of no meaning, a certificate, or one that was cut or spoilt.
fn object() -> impl Strategy<Value = ObjectFacts> {
    let pem = fs::read("certs/pki/leaves/qualified-good.pem").unwrap();
    let good = openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap();
    let whole = good.clone();
    let spoilt = (0..good.len(), any::<u8>(), 0..=good.len()).prop_map(move |(place, octet, len)| {
        let mut value = good.clone();
        value[place] = octet;
        value.truncate(len);
        value
    });
    let value = prop_oneof![vec(any::<u8>(), 0..40), Just(whole), spoilt];
    let text = || vec(any::<u8>(), 0..4);
    (class(), text(), text(), value).prop_map(|(class, id, label, value)| ObjectFacts { class, id, label, value })
}

proptest! {
    #[test]
    fn whatever_a_module_says_of_its_objects_none_is_chosen_without_a_certificate_that_can_be_read(
        objects in vec(object(), 0..8),
    ) {
        let found = candidates(objects, Purpose::Signature, NOW);
        for wanted in [None, Some("01"), Some("a")] {
            if let Ok(chosen) = choose(&found, wanted) {
                prop_assert!(chosen.certificate.as_ref().is_some_and(|certificate| certificate.public_key().is_ok()));
                prop_assert!(!chosen.id.is_empty());
            }
        }
    }
}
