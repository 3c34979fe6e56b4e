//! Reading a CRL.

use std::io;

use openssl::bn::BigNum;
use openssl::x509::{CrlStatus, X509Crl};
use proptest::prelude::{any, prop, prop_assert_eq, proptest};
use time::macros::utc_datetime;
use varco::asn1::{Source, encode, tag};
use varco::crypto::SignatureInvalid;
use varco::trust::Name;
use varco::trust::revocation::{Covers, Crl, CrlError, Reason};

use super::build::*;

/// A source that is not in memory and gives a few octets at a time.
struct Dribble<'a>(&'a [u8], usize);

impl Source for Dribble<'_> {
    fn len(&self) -> u64 {
        Source::len(&self.0)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let (piece, _) = buffer.split_at_mut(buffer.len().min(self.1));
        self.0.read_at(offset, piece)
    }
}

fn full() -> CrlTemplate {
    CrlTemplate::new()
        .list(&[5], b"260101000000Z", &[reason(1), invalidity(b"20251231000000Z")])
        .list(&[6], b"260102000000Z", &[])
        .with(issuing_point(&[uri_name("http://crl.example/a.crl"), encode(0x81, &[0xff])]))
        .with(extension(&[0x55, 0x1d, 60], false, &encode(tag::GENERALIZED_TIME, b"20200101000000Z")))
}

#[test]
fn every_field_is_read() {
    let ca = Ca::new("CA di prova");
    let crl = full().sign(&ca);
    let issuer = Name::from_der(&ca.name).unwrap();
    assert_eq!(*crl.issuer(), issuer);
    assert_eq!(crl.this_update(), utc_datetime!(2026-05-25 0:00));
    assert_eq!(crl.next_update(), Some(utc_datetime!(2026-07-01 0:00)));
    assert_eq!(crl.number().unwrap().to_string(), "0a");
    assert!(crl.delta_base().is_none());
    let point = crl.issuing_distribution_point().unwrap();
    assert_eq!((point.covers, point.indirect), (Covers::UserCertificates, false));
    assert_eq!(crl.expired_certs_on_crl(), Some(utc_datetime!(2020-01-01 0:00)));
    assert_eq!(crl.len(), 2);
    let entry = crl.find(&issuer, &[5]).unwrap();
    assert_eq!((entry.revocation_date, entry.reason), (utc_datetime!(2026-01-01 0:00), Reason::KeyCompromise));
    assert_eq!(entry.invalidity_date, Some(utc_datetime!(2025-12-31 0:00)));
    assert_eq!(crl.find(&issuer, &[6]).unwrap().reason, Reason::Unspecified);
    assert_eq!(crl.find(&issuer, &[7]), None);
    assert_eq!(crl.find(&Name::from_der(&name("Altra CA")).unwrap(), &[5]), None);
    crl.verify(ca.certificate.public_key().unwrap()).unwrap();
    assert_eq!(crl.verify(Ca::new("Altra CA").certificate.public_key().unwrap()), Err(SignatureInvalid));
}

#[test]
fn truncated_at_every_octet_it_is_refused() {
    let ca = Ca::new("CA di prova");
    let der = full().der(&ca.name, &ca.key);
    for end in 0..der.len() {
        assert!(Crl::from_der(&der[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn with_any_octet_changed_it_is_refused_or_does_not_verify() {
    let ca = Ca::new("CA di prova");
    let key = ca.certificate.public_key().unwrap();
    let der = full().der(&ca.name, &ca.key);
    for position in 0..der.len() {
        for change in [0x01, 0x20, 0x80, 0xff] {
            let mut changed = der.clone();
            changed[position] ^= change;
            let accepted = Crl::from_der(&changed).is_ok_and(|crl| crl.verify(key).is_ok());
            assert!(!accepted, "octet {position} ^ {change:02x}");
        }
    }
}

#[test]
fn each_fault_has_its_error() {
    let ca = Ca::new("CA di prova");
    let read = |template: &CrlTemplate| template.read(&ca);
    assert!(read(&full()).is_ok());

    let mut version = full();
    version.version = Some(2);
    assert!(matches!(read(&version), Err(CrlError::Version)));

    let mut version1 = CrlTemplate::new().list(&[5], b"260101000000Z", &[]);
    version1.version = None;
    assert!(read(&version1).is_ok());
    version1.entries.push(entry(&[6], b"260101000000Z", &[reason(1)]));
    assert!(matches!(read(&version1), Err(CrlError::ExtensionsInVersion1)));

    let twice = full().with(extension(&[0x55, 0x1d, 20], false, &encode(tag::INTEGER, &[9])));
    assert!(matches!(read(&twice), Err(CrlError::RepeatedExtension(_))));

    let mut algorithms = full();
    let sha384 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    algorithms.inner_algorithm = sequence(&[&encode(tag::OID, &sha384)]);
    assert!(matches!(read(&algorithms), Err(CrlError::AlgorithmMismatch)));

    assert!(matches!(read(&full().list(&[0x7f; 49], b"260101000000Z", &[])), Err(CrlError::SerialTooLong)));
    let long = extension(&[0x2a, 3], false, &vec![0; 20 * 1024]);
    assert!(matches!(read(&full().list(&[5], b"260101000000Z", &[long])), Err(CrlError::EntryTooLong)));
    let long = extension(&[0x2a, 3], false, &vec![0; 300 * 1024]);
    assert!(matches!(read(&full().with(long)), Err(CrlError::FieldTooLong)));
}

#[test]
fn only_der_without_anything_after_it_is_read() {
    let ca = Ca::new("CA di prova");
    let der = full().der(&ca.name, &ca.key);
    assert!(Crl::from_der(&[&der[..], b"\n"].concat()).is_err());
    // The outer length in the indefinite form, and in one octet more than needed.
    assert_eq!(der[..2], [0x30, 0x82]);
    assert!(Crl::from_der(&[&[0x30, 0x80][..], &der[4..], &[0, 0]].concat()).is_err());
    assert!(Crl::from_der(&[&[0x30, 0x83, 0], &der[2..]].concat()).is_err());
    assert!(Crl::from_der(&[]).is_err());
    assert!(Crl::from_der(Ca::new("x").certificate.der()).is_err());
}

#[test]
fn a_length_that_lies_costs_nothing() {
    let ca = Ca::new("CA di prova");
    let der = full().der(&ca.name, &ca.key);
    let huge = [&[0x30, 0x84, 0x0f, 0xff, 0xff, 0xff], &der[4..]].concat();
    assert!(Crl::from_der(&huge).is_err());
    // An entry that claims to be longer than what holds it.
    let mut lying = full();
    lying.entries.push(vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]);
    assert!(lying.read(&ca).is_err());
}

#[test]
fn a_stream_and_a_slice_read_alike() {
    let ca = Ca::new("CA di prova");
    let mut template = full();
    for serial in 0..20_000_u32 {
        let extensions = if serial % 3 == 0 { vec![reason(4)] } else { Vec::new() };
        template = template.list(&[&[0x40][..], &serial.to_be_bytes()].concat(), b"260101000000Z", &extensions);
    }
    let der = template.der(&ca.name, &ca.key);
    let issuer = Name::from_der(&ca.name).unwrap();
    let slice = Crl::from_der(&der).unwrap();
    for pieces in [1_000, 65_537] {
        let stream = Crl::from_source(&Dribble(&der, pieces)).unwrap();
        assert_eq!(stream.sha256().as_bytes(), slice.sha256().as_bytes());
        assert_eq!((stream.len(), slice.len()), (20_002, 20_002));
        stream.verify(ca.certificate.public_key().unwrap()).unwrap();
        for serial in [0_u32, 1, 2, 9_999, 19_999, 20_000] {
            let serial = [&[0x40][..], &serial.to_be_bytes()].concat();
            assert_eq!(stream.find(&issuer, &serial), slice.find(&issuer, &serial));
        }
    }
}

#[test]
fn serial_numbers_are_compared_whole() {
    let ca = Ca::new("CA di prova");
    let issuer = Name::from_der(&ca.name).unwrap();
    let twenty = [0x7f; 20];
    let crl = CrlTemplate::new()
        .list(&[0x00, 0xff], b"260101000000Z", &[])
        .list(&twenty, b"260101000000Z", &[])
        .list(&[&[0][..], &[0xff; 20]].concat(), b"260101000000Z", &[])
        .sign(&ca);
    assert!(crl.find(&issuer, &[0x00, 0xff]).is_some());
    assert!(crl.find(&issuer, &[0xff]).is_none(), "-1 is not 255");
    assert!(crl.find(&issuer, &[0x00, 0x00, 0xff]).is_some(), "padding changes no number");
    assert!(crl.find(&issuer, &twenty).is_some());
    assert!(crl.find(&issuer, &twenty[..19]).is_none());
    assert!(crl.find(&issuer, &[&[0][..], &[0xff; 20]].concat()).is_some());
    assert!(crl.find(&issuer, &[0xff; 20]).is_none());
    assert!(crl.find(&issuer, &[0xff; 49]).is_none());
}

#[test]
fn of_two_entries_the_one_that_revokes_most_stands() {
    let ca = Ca::new("CA di prova");
    let issuer = Name::from_der(&ca.name).unwrap();
    let crl = CrlTemplate::new()
        .list(&[5], b"260101000000Z", &[reason(6)])
        .list(&[5], b"260301000000Z", &[reason(4)])
        .list(&[5], b"260201000000Z", &[reason(1), invalidity(b"20260101000000Z")])
        .sign(&ca);
    let entry = crl.find(&issuer, &[5]).unwrap();
    assert_eq!((entry.reason, entry.revocation_date), (Reason::KeyCompromise, utc_datetime!(2026-02-01 0:00)));
}

#[test]
fn an_indirect_crl_names_the_issuer_until_the_next_one() {
    let ca = Ca::new("Emittente di CRL");
    let (alfa, beta) = (name("CA alfa"), name("CA beta"));
    let crl = CrlTemplate::new()
        .list(&[1], b"260101000000Z", &[])
        .list(&[2], b"260101000000Z", &[certificate_issuer(&alfa)])
        .list(&[3], b"260101000000Z", &[])
        .list(&[4], b"260101000000Z", &[certificate_issuer(&beta)])
        .list(&[5], b"260101000000Z", &[certificate_issuer(&ca.name)])
        .with(issuing_point(&[encode(0x84, &[0xff])]))
        .sign(&ca);
    assert!(crl.unknown_critical_extensions().is_empty());
    let listed = |name: &[u8]| -> Vec<u8> {
        let name = Name::from_der(name).unwrap();
        (1..=5).filter(|serial| crl.find(&name, &[*serial]).is_some()).collect()
    };
    assert_eq!(listed(&ca.name), [1, 5]);
    assert_eq!(listed(&alfa), [2, 3]);
    assert_eq!(listed(&beta), [4]);

    let not_indirect = CrlTemplate::new().list(&[2], b"260101000000Z", &[certificate_issuer(&alfa)]).sign(&ca);
    assert!(!not_indirect.unknown_critical_extensions().is_empty(), "such a CRL must not be used");
}

proptest! {
    /// OpenSSL as the oracle, on lists in any order.
    #[test]
    fn what_is_listed_is_found(serials in prop::collection::vec(any::<(u64, bool)>(), 1..60), other in any::<u64>()) {
        let ca = Ca::new("CA di prova");
        let octets = |serial: u64, long: bool| {
            let tail = if long { vec![0x5a; 9] } else { Vec::new() };
            BigNum::from_slice(&[&[1][..], &serial.to_be_bytes(), &tail].concat()).unwrap().to_vec()
        };
        let mut template = CrlTemplate::new();
        for (serial, long) in &serials {
            template = template.list(&octets(*serial, *long), b"260101000000Z", &[reason(4)]);
        }
        let der = template.der(&ca.name, &ca.key);
        let (ours, theirs) = (Crl::from_der(&der).unwrap(), X509Crl::from_der(&der).unwrap());
        let issuer = Name::from_der(&ca.name).unwrap();
        for (serial, long) in serials.iter().copied().chain([(other, true), (other, false)]) {
            let octets = octets(serial, long);
            let number = BigNum::from_slice(&octets).unwrap().to_asn1_integer().unwrap();
            let listed = !matches!(theirs.get_by_serial(&number), CrlStatus::NotRevoked);
            prop_assert_eq!(ours.find(&issuer, &octets).is_some(), listed);
        }
    }

    /// Whatever comes in: an answer, and no panic.
    #[test]
    fn any_octets_are_answered(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Crl::from_der(&octets).is_ok();
        let _ = Crl::from_der(&encode(tag::SEQUENCE, &encode(tag::SEQUENCE, &octets))).is_ok();
    }
}
