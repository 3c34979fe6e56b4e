//! CAdES: what EN 319 122-1 asks of level B, in every form, with every kind of key.

use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use time::macros::utc_datetime;
use varco::asn1::{Reader, Source, is_der};
use varco::sign::cades::{PrepareError, Subject, ValueInvalid, WriteError, prepare};
use varco::sign::signer::{Algorithms, Signer, UnfitSigner};

use crate::sign::{AT, Folder, Hand, hands};
use crate::support::forge::cms::{self, Attribute, Message};
use crate::support::forge::identity::Identity;
use crate::verify::{Bench, root};

const CONTENT: &[u8] = b"Patto di servizio personalizzato";

fn signed(subject: Subject<'_>, hand: &Hand) -> Vec<u8> {
    let prepared = prepare(subject, &hand.signer).unwrap();
    let value = hand.sign(prepared.signed_attributes());
    let mut file = Vec::new();
    prepared.assemble(&value).unwrap().write(&mut file).unwrap();
    file
}

fn judged(file: &[u8], content: Option<&[u8]>) -> Vec<Value> {
    let report = Bench::of_fixtures().judge(file, content, None).unwrap();
    report["signatures"].as_array().unwrap().clone()
}

fn assert_level_b(signature: &Value) {
    assert_eq!(signature["indication"], "TOTAL_PASSED", "{signature:#}");
    assert_eq!(signature["intact"], true);
    assert_eq!((&signature["format"], &signature["level"]), (&Value::from("CAdES"), &Value::from("B")));
    assert_eq!(signature["claimed_signing_time"], "2026-01-31T09:00:00Z");
}

/// What OpenSSL says of every signature on the content, the reference to the signer's certificate included.
fn assert_openssl(file: &[u8], content: Option<&[u8]>) {
    let folder = Folder::new();
    let file = folder.write("signed.p7m", file);
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any", "-attime"]);
    command.arg(AT.unix_timestamp().to_string()).arg("-in").arg(file);
    command.arg("-CAfile").arg(folder.path("anchors.pem")).arg("-out").arg(folder.path("content"));
    if let Some(content) = content {
        command.arg("-content").arg(folder.write("given", content));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read(folder.path("content")).unwrap(), CONTENT);
}

#[test]
fn every_kind_of_key_signs_at_level_b() {
    for (what, hand) in hands() {
        let file = signed(Subject::Attached(&CONTENT), &hand);
        let signatures = judged(&file, None);
        assert_eq!(signatures.len(), 1, "{what}");
        assert_level_b(&signatures[0]);
        assert_openssl(&file, None);
        let mut reader = Reader::new(&file);
        assert!(is_der(&reader.element().unwrap()) && reader.is_empty(), "{what}");
        let file = signed(Subject::Detached(&CONTENT), &hand);
        assert_level_b(&judged(&file, Some(CONTENT))[0]);
        assert_openssl(&file, Some(CONTENT));
    }
}

#[test]
fn contents_of_any_length_are_enclosed_as_they_are() {
    let hand = Hand::usual("qualified-p256");
    for len in [0, 1, 127, 128, 255, 256, 65_535, 65_536, 300_000] {
        let content = vec![b'a'; len];
        let file = signed(Subject::Attached(&content.as_slice()), &hand);
        assert_level_b(&judged(&file, None)[0]);
        assert!(is_der(&Reader::new(&file).element().unwrap()));
    }
}

#[test]
fn a_second_signer_leaves_the_first_as_it_was() {
    let (first, second) = (Hand::usual("cns-good"), Hand::usual("cns-p384"));
    let file = signed(Subject::Attached(&CONTENT), &first);
    let both = signed(Subject::Parallel { file: &file.as_slice(), content: None }, &second);
    let signatures = judged(&both, None);
    assert_eq!(signatures.len(), 2);
    signatures.iter().for_each(assert_level_b);
    assert_openssl(&both, None);
    assert!(contains(&both, &signer_info(&file)), "the first signature, octet for octet");

    let file = signed(Subject::Detached(&CONTENT), &first);
    let both = signed(Subject::Parallel { file: &file.as_slice(), content: Some(&CONTENT) }, &second);
    judged(&both, Some(CONTENT)).iter().for_each(assert_level_b);
    assert_openssl(&both, Some(CONTENT));
}

#[test]
fn a_file_of_old_software_takes_a_second_signer() {
    let first = cms::Signer::new(&Identity::leaf("cns-good"), CONTENT);
    let message = Message::attached(CONTENT, &[&first]);
    for file in [message.encode(), message.clone().in_ber(CONTENT, 7).encode()] {
        let both = signed(Subject::Parallel { file: &file.as_slice(), content: None }, &Hand::usual("qualified-p256"));
        let signatures = judged(&both, None);
        assert_eq!(signatures.len(), 2);
        signatures.iter().for_each(assert_level_b);
        assert_openssl(&both, None);
        assert!(contains(&both, &first.encode()));
    }
}

#[test]
fn a_countersignature_is_about_the_signature_that_was_chosen() {
    let (first, second) = (Hand::usual("cns-good"), Hand::usual("qualified-p256"));
    let file = signed(Subject::Attached(&CONTENT), &first);
    let both = signed(Subject::Parallel { file: &file.as_slice(), content: None }, &second);
    let third = Hand::usual("cns-p384");
    let once = signed(Subject::Countersignature { file: &both.as_slice(), signature: 2 }, &third);
    let twice = signed(Subject::Countersignature { file: &once.as_slice(), signature: 2 }, &first);
    let signatures = judged(&twice, None);
    let places: Vec<_> = signatures.iter().map(|signature| signature["id"].as_str().unwrap()).collect();
    assert_eq!(places, ["L0-S1", "L0-S2", "L0-S2-C1", "L0-S2-C2"]);
    signatures.iter().for_each(assert_level_b);
    assert_openssl(&twice, None);
    let none = Subject::Countersignature { file: &twice.as_slice(), signature: 3 };
    let refused = prepare(none, &third.signer).err().unwrap();
    assert!(matches!(refused, PrepareError::NoSuchSignature { asked: 3, of: 2 }), "{refused}");
}

#[test]
fn a_value_of_another_key_or_of_other_octets_is_never_released() {
    let hand = Hand::usual("qualified-p256");
    let prepared = || prepare(Subject::Attached(&CONTENT), &hand.signer).unwrap();
    let good = hand.sign(prepared().signed_attributes());
    assert!(prepared().assemble(&hand.sign(b"other octets")).is_err());
    assert!(prepared().assemble(&Hand::usual("cns-p384").sign(prepared().signed_attributes())).is_err());
    assert!(prepared().assemble(&[]).is_err());
    assert!(prepared().assemble(&[good.as_slice(), &[0]].concat()).is_err());
    assert_eq!(prepared().assemble(&good[1..]).err(), Some(ValueInvalid));
}

/// A file that is changed after it was read first.
struct Unsteady(AtomicUsize);

impl Source for Unsteady {
    fn len(&self) -> u64 {
        8
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let times = self.0.fetch_add(1, Ordering::Relaxed);
        let content = if times < 2 { &b"original"[..] } else { b"tampered" };
        Source::read_at(&content, offset, buffer)
    }
}

#[test]
fn a_content_that_changes_meanwhile_is_noticed() {
    let hand = Hand::usual("qualified-p256");
    let content = Unsteady(0.into());
    let prepared = prepare(Subject::Attached(&content), &hand.signer).unwrap();
    content.0.store(2, Ordering::Relaxed);
    let value = hand.sign(prepared.signed_attributes());
    let refused = prepared.assemble(&value).unwrap().write(&mut Vec::new()).unwrap_err();
    assert!(matches!(refused, WriteError::ContentChanged), "{refused}");
}

/// A content that is made while it is read, and tells how much of it was asked for at once.
struct Endless {
    len: u64,
    largest: AtomicUsize,
}

impl Source for Endless {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.largest.fetch_max(buffer.len(), Ordering::Relaxed);
        let left = usize::try_from(self.len - offset.min(self.len)).unwrap();
        let count = buffer.len().min(left);
        buffer[..count].fill(b'a');
        Ok(count)
    }
}

/// Counts octets, and tells the most that came at once.
#[derive(Default)]
struct Counter {
    total: usize,
    largest: usize,
}

impl io::Write for Counter {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.total += octets.len();
        self.largest = self.largest.max(octets.len());
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_large_content_is_never_held_in_memory() {
    let hand = Hand::usual("qualified-p256");
    let content = Endless { len: 64 * 1024 * 1024, largest: AtomicUsize::new(0) };
    let prepared = prepare(Subject::Attached(&content), &hand.signer).unwrap();
    let value = hand.sign(prepared.signed_attributes());
    let mut out = Counter::default();
    prepared.assemble(&value).unwrap().write(&mut out).unwrap();
    assert!(out.total > 64 * 1024 * 1024);
    assert!(out.largest.max(content.largest.into_inner()) <= 1024 * 1024);
}

#[test]
fn whatever_is_damaged_in_a_file_nothing_but_an_error_comes_of_it() {
    let hand = Hand::usual("qualified-p256");
    let good = signed(Subject::Attached(&CONTENT), &hand);
    for place in 0..good.len() {
        let mut changed = good.clone();
        changed[place] ^= 0x41;
        for file in [changed.as_slice(), &good[..place]] {
            let _refused = prepare(Subject::Parallel { file: &file, content: None }, &hand.signer).is_err();
            let _refused = prepare(Subject::Countersignature { file: &file, signature: 1 }, &hand.signer).is_err();
        }
    }
}

#[test]
fn a_file_to_which_nothing_can_be_added_is_refused() {
    let hand = Hand::usual("qualified-p256");
    let refused = |file: &[u8], content: Option<&[u8]>| {
        let content = content.as_ref().map(|content| -> &dyn Source { content });
        prepare(Subject::Parallel { file: &file, content }, &hand.signer).err().unwrap()
    };
    let attached = signed(Subject::Attached(&CONTENT), &hand);
    let detached = signed(Subject::Detached(&CONTENT), &hand);
    assert!(matches!(refused(&detached, None), PrepareError::ContentMissing));
    assert!(matches!(refused(&attached, Some(CONTENT)), PrepareError::ContentTwice));
    for bad in [&b""[..], b"%PDF-1.7", &attached[..attached.len() - 1], &[attached.as_slice(), b"x"].concat()] {
        assert!(matches!(refused(bad, None), PrepareError::NotSigned(_)));
    }
    for old in ["1.2.840.113549.1.9.16.2.27", "1.2.840.113549.1.9.16.2.48"] {
        let archived = cms::Signer::new(&Identity::leaf("cns-good"), CONTENT);
        let archived = archived.and_unsigned(Attribute::new(old, vec![5, 0]));
        let file = Message::attached(CONTENT, &[&archived]).encode();
        assert!(matches!(refused(&file, None), PrepareError::Archived));
    }
}

#[test]
fn a_certificate_that_cannot_sign_well_is_refused_before_anything_is_prepared() {
    let refused =
        |leaf: &str, at| Signer::new(&Identity::leaf(leaf).certificate, &[], Algorithms::USUAL, at).unwrap_err();
    assert!(matches!(refused("cns-expired", AT), UnfitSigner::Expired(_)));
    assert!(matches!(refused("cns-good", utc_datetime!(2020-01-01 0:00)), UnfitSigner::NotYetValid(_)));
    assert!(matches!(refused("cns-rsa1024", AT), UnfitSigner::Weak(_)));
    let authority = Identity::authority("cns-esempio").certificate;
    let unit = Identity::leaf_in(&root().join("fixtures/pdf/pki"), "tsa").certificate;
    for other in [authority, unit] {
        let refused = Signer::new(&other, &[], Algorithms::USUAL, AT).unwrap_err();
        assert_eq!(refused, UnfitSigner::NotForSigning);
    }
    assert!(matches!(Signer::new(b"", &[], Algorithms::USUAL, AT), Err(UnfitSigner::Certificate(_))));
    let leaf = Identity::leaf("cns-good").certificate;
    let refused = Signer::new(&leaf, &[vec![0]], Algorithms::USUAL, AT).unwrap_err();
    assert!(matches!(refused, UnfitSigner::Chain { place: 1, .. }));
}

/// The `SignerInfo` of a file with one signer, which is the last thing in it.
fn signer_info(file: &[u8]) -> Vec<u8> {
    let mut data = Reader::new(file).sequence().unwrap();
    data.oid().unwrap();
    let mut fields = data.element().unwrap().reader().unwrap().sequence().unwrap();
    let mut last = fields.element().unwrap();
    while !fields.is_empty() {
        last = fields.element().unwrap();
    }
    last.value.to_vec()
}

fn contains(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}
