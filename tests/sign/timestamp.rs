//! Level T, with a real authority over HTTP, and with one that fails in every way.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use time::UtcDateTime;
use varco::clock;
use varco::crypto::DigestAlgorithm;
use varco::fetch::{FetchError, Fetcher, Limits, Question, Reach, Route};
use varco::procedures::verification::{REMEMBERED_SIGNERS, TrustMaterial};
use varco::sign::signer::{Algorithms, Signer};
use varco::sign::timestamp::{MAX_RESPONSE_LEN, QUERY_TYPE, Query, REPLY_TYPE, TimestampError, Token};
use varco::sign::validation_data::{NotValidationData, ValidationData};
use varco::sign::{cades, pades};
use varco::trust::ObjectId;
use varco::verify::{self, Context, MemorySpool, NoDeadline, Policy};

use crate::sign::Hand;
use crate::support::forge::certificate::extension;
use crate::support::forge::cms::{self, Message};
use crate::support::forge::der::{bits, context, int, seq, tlv, utc_time};
use crate::support::forge::identity::{Identity, Md, Scheme};
use crate::support::forge::ocsp::{Status, basic, response};
use crate::support::tsa::{self, Answer};
use crate::verify::{Bench, root};

const CONTENT: &[u8] = b"Patto di servizio personalizzato";

/// Whoever asks for timestamps now: trust, and revocation data of today, since the authority's clock is that of the machine.
struct Asker {
    now: UtcDateTime,
    folder: tempfile::TempDir,
    material: TrustMaterial,
    policy: Policy,
}

impl Asker {
    fn new() -> Self {
        let (now, folder) = (clock::now(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("cns-esempio.der"), crl(now)).unwrap();
        let crls = [folder.path().to_owned()];
        let material = TrustMaterial::load(&[trust()], &crls, REMEMBERED_SIGNERS, now).unwrap();
        Self { now, folder, material, policy: Policy::italian() }
    }

    fn context(&self) -> Context<'_> {
        Context {
            trust: &self.material.trust,
            revocation: &self.material.revocation,
            policy: &self.policy,
            limits: &verify::Limits::STANDARD,
            deadline: &NoDeadline,
            spool: &MemorySpool,
            chains: None,
        }
    }

    /// Asks an authority about a signature value.
    fn ask(&self, value: &[u8], answer: Answer) -> Result<Token, Refused> {
        self.ask_under(value, answer, None)
    }

    fn ask_under(&self, value: &[u8], answer: Answer, policy: Option<ObjectId>) -> Result<Token, Refused> {
        self.put(&Query::of_value(value, DigestAlgorithm::Sha256, policy).unwrap(), answer)
    }

    /// Puts a request to an authority.
    fn put(&self, query: &Query, answer: Answer) -> Result<Token, Refused> {
        let address = tsa::start(&root().join("fixtures/pdf/pki/leaves"), answer);
        let timeout = Duration::from_secs(if answer == Answer::Slowly { 1 } else { 30 });
        let limits = Limits { max_bytes: MAX_RESPONSE_LEN, timeout, connect_timeout: timeout };
        let body = Some((QUERY_TYPE, query.octets()));
        let question = Question { address: &address, body, answer_type: Some(REPLY_TYPE) };
        let answer =
            Fetcher::new(limits, Reach::Named, &Route::default()).unwrap().ask(question).map_err(Refused::Fetch)?;
        query.accept(&answer, clock::now(), &self.context()).map_err(Refused::Timestamp)
    }

    /// The signer of these tests, now.
    fn hand(&self, leaf: &str) -> Hand {
        let identity = Identity::leaf(leaf);
        let signer = Signer::new(&identity.certificate, &[], Algorithms::USUAL, self.now).unwrap();
        Hand { identity, signer }
    }

    fn judge(&self, document: &[u8]) -> serde_json::Value {
        let crls = [self.folder.path().to_string_lossy().into_owned()];
        let bench = Bench::new(&[trust().to_string_lossy().into_owned()], &crls, clock::now());
        bench.judge(document, None, None).unwrap()["signatures"][0].clone()
    }
}

#[derive(Debug)]
enum Refused {
    Fetch(FetchError),
    Timestamp(TimestampError),
}

fn trust() -> PathBuf {
    root().join("fixtures/cms/pki/trust")
}

/// A CRL of `cns-esempio` of today, with nothing on it.
fn crl(now: UtcDateTime) -> Vec<u8> {
    let authority = Identity::authority("cns-esempio");
    let algorithm = Scheme::Pkcs1WithDigest.identifier(Md::Sha256);
    let date = |at: UtcDateTime| {
        let month = u8::from(at.month());
        utc_time(&format!("{:02}{month:02}{:02}000000Z", at.year() % 100, at.day()))
    };
    let key = seq([tlv(0x80, &authority.key_id())]);
    let tbs = seq([
        int(1),
        algorithm.clone(),
        authority.subject(),
        date(now),
        date(now + time::Duration::days(7)),
        context(0, &seq([extension("2.5.29.35", false, &key), extension("2.5.29.20", false, &int(77))])),
    ]);
    let value = authority.sign(Scheme::Pkcs1WithDigest, Md::Sha256, &tbs);
    seq([tbs, algorithm, bits(&value)])
}

fn assert_level_t(signature: &serde_json::Value, format: &str) {
    assert_eq!(signature["indication"], "TOTAL_PASSED", "{signature:#}");
    assert_eq!((signature["format"].as_str(), signature["level"].as_str()), (Some(format), Some("T")));
    assert_eq!(signature["best_signature_time_source"], "timestamp");
    assert_eq!(signature["timestamps"][0]["indication"], "TOTAL_PASSED");
}

#[test]
fn a_cades_signature_reaches_level_t() {
    let asker = Asker::new();
    let hand = asker.hand("cns-good");
    let prepared = cades::prepare(cades::Subject::Attached(&CONTENT), &hand.signer).unwrap();
    let value = hand.sign(prepared.signed_attributes());
    let mut signed = prepared.assemble(&value).unwrap();
    let token = asker.ask(signed.value(), Answer::Right).unwrap();
    assert!((token.time() - clock::now()).abs() < time::Duration::minutes(1));
    signed.add_timestamp(&token).unwrap();
    let mut file = Vec::new();
    signed.write(&mut file).unwrap();
    assert_level_t(&asker.judge(&file), "CAdES");
}

#[test]
fn a_pades_signature_reaches_level_t() {
    let asker = Asker::new();
    let hand = asker.hand("cns-good");
    let source = std::fs::read(root().join("fixtures/pdf/good-as-generated/expected.pdf")).unwrap();
    let source = source.as_slice();
    let options = pades::Options { level: pades::Level::T, ..pades::Options::INVISIBLE };
    let prepared = pades::prepare(&source, &hand.signer, &options).unwrap();
    let value = hand.sign(prepared.signed_attributes());
    let mut signed = prepared.assemble(&value).unwrap();
    signed.add_timestamp(&asker.ask(signed.value(), Answer::Right).unwrap()).unwrap();
    let mut file = Vec::new();
    signed.write(&mut file).unwrap();
    assert_level_t(&asker.judge(&file), "PAdES");
    assert_eq!(file.get(..source.len()), Some(source));
}

/// What is judged without any revocation data but those in the document.
fn judge_alone(document: &[u8]) -> serde_json::Value {
    let bench = Bench::new(&[trust().to_string_lossy().into_owned()], &[], clock::now());
    bench.judge(document, None, None).unwrap()["signatures"][0].clone()
}

fn validation_data(asker: &Asker) -> ValidationData {
    let authority = Identity::authority("cns-esempio").certificate;
    ValidationData::new(vec![authority], vec![crl(asker.now)], Vec::new()).unwrap()
}

fn assert_lasts(signature: &serde_json::Value, level: &str) {
    assert_eq!(signature["indication"], "TOTAL_PASSED", "{signature:#}");
    assert_eq!(signature["level"], level, "{signature:#}");
}

#[test]
fn validation_data_make_level_lt_of_cades() {
    let asker = Asker::new();
    let hand = asker.hand("cns-good");
    let sign = |data: Option<ValidationData>| {
        let prepared = cades::prepare(cades::Subject::Attached(&CONTENT), &hand.signer).unwrap();
        let value = hand.sign(prepared.signed_attributes());
        let mut signed = prepared.assemble(&value).unwrap();
        signed.add_timestamp(&asker.ask(signed.value(), Answer::Right).unwrap()).unwrap();
        let mut file = Vec::new();
        signed.write(&mut file).unwrap();
        let Some(data) = data else { return file };
        let mut lasting = Vec::new();
        let source = file.as_slice();
        let mut signature = cades::existing(&source, None).unwrap();
        signature.add_validation_data(&data);
        signature.write(&mut lasting).unwrap();
        lasting
    };
    assert_eq!(judge_alone(&sign(None))["sub_indication"], "TRY_LATER");
    assert_lasts(&judge_alone(&sign(Some(validation_data(&asker)))), "LT");
    let about = (&Identity::authority("cns-esempio"), &hand.identity);
    let day = |at: UtcDateTime| format!("{:04}{:02}{:02}000000Z", at.year(), u8::from(at.month()), at.day());
    let (begins, ends) = (day(asker.now), day(asker.now + time::Duration::days(7)));
    let good = response(&basic(about.0, about, Status::Good, (&begins, &ends)));
    let data = ValidationData::new(Vec::new(), vec![crl(asker.now)], vec![good]).unwrap();
    assert_lasts(&judge_alone(&sign(Some(data))), "LT");
    assert_eq!(ValidationData::new(vec![], vec![vec![0]], vec![]), Err(NotValidationData::Crl(1)));
}

#[test]
fn validation_data_and_a_timestamp_on_the_document_make_levels_lt_and_lta_of_pades() {
    let asker = Asker::new();
    let hand = asker.hand("cns-good");
    let source = std::fs::read(root().join("fixtures/pdf/good-as-generated/expected.pdf")).unwrap();
    let source = source.as_slice();
    let certification = Some(pades::Certification::NoChanges);
    let options = pades::Options { level: pades::Level::T, certification, ..pades::Options::INVISIBLE };
    let prepared = pades::prepare(&source, &hand.signer, &options).unwrap();
    let value = hand.sign(prepared.signed_attributes());
    let mut signed = prepared.assemble(&value).unwrap();
    signed.add_timestamp(&asker.ask(signed.value(), Answer::Right).unwrap()).unwrap();
    let mut stamped = Vec::new();
    signed.write(&mut stamped).unwrap();
    assert_eq!(judge_alone(&stamped)["sub_indication"], "TRY_LATER");

    let mut lasting = Vec::new();
    let source = stamped.as_slice();
    pades::add_validation_data(&source, &validation_data(&asker)).unwrap().write(&mut lasting).unwrap();
    assert_lasts(&judge_alone(&lasting), "LT");
    assert_eq!(lasting.get(..source.len()), Some(source));

    let (mut archived, source) = (Vec::new(), lasting.as_slice());
    let other = asker.ask(b"something else", Answer::Right).unwrap();
    let refused = pades::prepare_timestamp(&source).unwrap().write(&other, &mut Vec::new()).unwrap_err();
    assert!(matches!(refused, pades::WriteError::OtherTimestamp), "{refused}");
    let prepared = pades::prepare_timestamp(&source).unwrap();
    let token = asker.put(&Query::new(*prepared.digest(), None).unwrap(), Answer::Right).unwrap();
    prepared.write(&token, &mut archived).unwrap();
    assert_lasts(&judge_alone(&archived), "LTA");
    assert_eq!(archived.get(..source.len()), Some(source));

    // A second time, onto a store that is there.
    let (mut renewed, source) = (Vec::new(), archived.as_slice());
    pades::add_validation_data(&source, &validation_data(&asker)).unwrap().write(&mut renewed).unwrap();
    assert_eq!(judge_alone(&renewed)["indication"], "TOTAL_PASSED");
}

#[test]
fn a_signature_of_somebody_else_is_made_to_last() {
    let asker = Asker::new();
    let first = cms::Signer::new(&Identity::leaf("cns-good"), CONTENT);
    let message = Message::attached(CONTENT, &[&first]);
    for file in [message.encode(), message.clone().in_ber(CONTENT, 7).encode()] {
        let file = file.as_slice();
        assert_eq!(judge_alone(file)["level"], "B");
        let mut signature = cades::existing(&file, None).unwrap();
        let token = asker.ask(signature.unstamped(0).unwrap(), Answer::Right).unwrap();
        signature.add_timestamp(&token).unwrap();
        assert_eq!((signature.len(), signature.unstamped(0), signature.unstamped(1)), (1, None, None));
        signature.add_validation_data(&validation_data(&asker));
        let mut lasting = Vec::new();
        signature.write(&mut lasting).unwrap();
        assert_lasts(&judge_alone(&lasting), "LT");
    }
    let file = message.encode();
    let token = asker.ask(b"something else", Answer::Right).unwrap();
    assert!(cades::existing(&file.as_slice(), None).unwrap().add_timestamp(&token).is_err());
}

#[test]
fn a_timestamp_of_another_signature_is_not_taken() {
    let asker = Asker::new();
    let hand = asker.hand("cns-good");
    let prepared = cades::prepare(cades::Subject::Detached(&CONTENT), &hand.signer).unwrap();
    let value = hand.sign(prepared.signed_attributes());
    let token = asker.ask(b"another value", Answer::Right).unwrap();
    assert!(prepared.assemble(&value).unwrap().add_timestamp(&token).is_err());
}

#[test]
fn an_authority_that_answers_wrongly_gives_no_timestamp() {
    let asker = Asker::new();
    let answer = |answer| asker.ask(b"value", answer).unwrap_err();
    for (given, is_right) in [
        (Answer::OtherNonce, matches!(answer(Answer::OtherNonce), Refused::Timestamp(TimestampError::OtherNonce))),
        (
            Answer::OtherImprint,
            matches!(answer(Answer::OtherImprint), Refused::Timestamp(TimestampError::OtherImprint)),
        ),
        (
            Answer::Refusal,
            matches!(
                answer(Answer::Refusal),
                Refused::Timestamp(TimestampError::Refused { status: 2, failure: Some(0) })
            ),
        ),
        (Answer::Garbage, matches!(answer(Answer::Garbage), Refused::Timestamp(TimestampError::Malformed(_)))),
        (Answer::Flood, matches!(answer(Answer::Flood), Refused::Fetch(FetchError::TooLarge(MAX_RESPONSE_LEN)))),
        (Answer::Failure, matches!(answer(Answer::Failure), Refused::Fetch(FetchError::Status(503)))),
        (Answer::OtherType, matches!(answer(Answer::OtherType), Refused::Fetch(FetchError::ContentType(_)))),
        (Answer::Redirect, matches!(answer(Answer::Redirect), Refused::Fetch(FetchError::Redirected))),
        (Answer::CutShort, matches!(answer(Answer::CutShort), Refused::Fetch(FetchError::Unreachable(_)))),
    ] {
        assert!(is_right, "{given:?}: {:?}", answer(given));
    }
    let other = ObjectId::parse("1.2.3.4");
    let refused = asker.ask_under(b"value", Answer::Right, other).unwrap_err();
    assert!(matches!(refused, Refused::Timestamp(TimestampError::Refused { .. })), "{refused:?}");
}

#[test]
fn an_authority_that_does_not_answer_is_not_waited_for() {
    let begun = Instant::now();
    let refused = Asker::new().ask(b"value", Answer::Slowly).unwrap_err();
    assert!(matches!(refused, Refused::Fetch(FetchError::TimedOut)), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    let fetcher = Fetcher::new(Limits::STANDARD, Reach::Named, &Route::default()).unwrap();
    let ask = |address| fetcher.ask(Question { address, body: None, answer_type: None }).unwrap_err();
    assert!(matches!(ask("http://127.0.0.1:9/"), FetchError::Unreachable(_)));
    for address in ["", "ftp://127.0.0.1/", "file:///etc/passwd", "tsa.example.org"] {
        assert!(matches!(ask(address), FetchError::Address), "{address}");
    }
}

#[test]
fn a_token_of_a_stranger_or_of_another_time_is_not_believed() {
    let asker = Asker::new();
    let query = Query::of_value(b"value", DigestAlgorithm::Sha256, None).unwrap();
    let address = tsa::start(&root().join("fixtures/pdf/pki/leaves"), Answer::Right);
    let question = Question { address: &address, body: Some((QUERY_TYPE, query.octets())), answer_type: None };
    let answer = Fetcher::new(Limits::STANDARD, Reach::Named, &Route::default()).unwrap().ask(question).unwrap();
    assert!(query.accept(&answer, asker.now, &asker.context()).is_ok());
    let nobody = tempfile::tempdir().unwrap();
    std::fs::copy(trust().join("cie-root.pem"), nobody.path().join("cie-root.pem")).unwrap();
    let material = TrustMaterial::load(&[nobody.path().to_owned()], &[], REMEMBERED_SIGNERS, asker.now).unwrap();
    let context = Context { trust: &material.trust, ..asker.context() };
    let refused = query.accept(&answer, asker.now, &context).unwrap_err();
    assert!(matches!(refused, TimestampError::ProvesNothing(_)), "{refused}");
    let late = asker.now + time::Duration::minutes(6);
    let refused = query.accept(&answer, late, &asker.context()).unwrap_err();
    assert!(matches!(refused, TimestampError::Clock(_)), "{refused}");
    for len in (0..answer.len()).step_by(7) {
        assert!(query.accept(&answer[..len], asker.now, &asker.context()).is_err());
    }
    let other = Query::of_value(b"value", DigestAlgorithm::Sha256, None).unwrap();
    let refused = other.accept(&answer, asker.now, &asker.context()).unwrap_err();
    assert!(matches!(refused, TimestampError::OtherNonce), "{refused}");
}
