//! The provider of our own, in both editions: what it takes to sign with it, and what it refuses.

use std::fs;

use serde_json::Value;
use varco::clock;
use varco::crypto::DigestAlgorithm;
use varco::procedures::signing::Layout;
use varco::procedures::signing::remote::{Provider, ProviderError};
use varco::procedures::verification::{REMEMBERED_SIGNERS, TrustMaterial};
use varco::sign::remote::{Authorization, CredentialInfo, Factor, RemoteError, Transaction, read};
use varco::sign::timestamp::Query;
use varco::verify::{Context, Limits, MemorySpool, NoDeadline, Policy};

use crate::pkcs11::openssl_verifies;
use crate::remote::{Desk, PDF, entered, person, settings};
use crate::support::csc::{self, PIN, Setup, USUAL};
use crate::verify::{Bench, root};

fn both(setup: Setup) -> [Setup; 2] {
    [setup, Setup { version: 2, ..setup }]
}

fn connected(setup: Setup) -> (csc::Provider, Provider) {
    let simulated = csc::Provider::start(setup);
    let provider = Provider::connect(settings(&simulated, setup.version)).unwrap();
    (simulated, provider)
}

fn refusal(error: &ProviderError) -> (Option<&str>, Option<&str>) {
    match error {
        ProviderError::Remote(RemoteError::Refused(refusal)) => {
            (refusal.error.as_deref(), refusal.description.as_deref())
        }
        other => unreachable!("{other}"),
    }
}

#[test]
fn a_batch_is_signed_under_one_authorisation() {
    for setup in both(USUAL) {
        let (simulated, provider) = connected(setup);
        let desk = Desk::new();
        let documents = &["accordo.txt", "patto.txt", "delega.txt"];
        let layout = Layout::CadesAttached;
        let mut counts = Vec::new();
        let mut person = person(&simulated);
        let done = desk.sign(documents, &layout, &provider, &mut |object, challenge, count| {
            counts.push((object.id.clone(), count));
            person(object, challenge, count)
        });
        assert_eq!(done.unwrap(), ["accordo.txt", "patto.txt", "delega.txt"]);
        assert_eq!(counts, [("PIN".to_owned(), 3), ("OTP".to_owned(), 3)]);
        for method in ["credentials/authorize", "signatures/signHash"] {
            assert_eq!(simulated.count(method), 1, "{method}");
        }
        assert_eq!(desk.results(), ["accordo.txt.p7m", "delega.txt.p7m", "patto.txt.p7m"]);
        for name in desk.results() {
            openssl_verifies(&desk.path("firmati"), &name, None);
            let report = Bench::of_fixtures().judge(&fs::read(desk.path("firmati").join(&name)).unwrap(), None, None);
            assert_eq!(report.unwrap()["signatures"][0]["intact"], true);
        }
    }
}

#[test]
fn every_kind_of_key_signs_texts_and_pdfs() {
    for (leaf, algorithms) in [
        ("qualified-good", &["1.2.840.113549.1.1.1"][..]),
        ("qualified-good", &["1.2.840.113549.1.1.10"]),
        ("qualified-p256", &["1.2.840.10045.4.3.2"]),
    ] {
        for setup in both(Setup { leaf, algorithms, factors: &[], ..USUAL }) {
            let (_simulated, provider) = connected(setup);
            let desk = Desk::new();
            let nobody = &mut |_: &_, _: Option<&_>, _| unreachable!();
            desk.sign(&["modulo.pdf"], &PDF, &provider, nobody).unwrap();
            let done = desk.sign(&["accordo.txt"], &Layout::CadesDetached, &provider, nobody).unwrap();
            assert_eq!(done, ["accordo.txt"]);
            fs::copy(desk.path("accordo.txt"), desk.path("firmati").join("accordo.txt")).unwrap();
            openssl_verifies(&desk.path("firmati"), "accordo.txt.p7s", Some("accordo.txt"));
            let pdf = fs::read(desk.path("firmati").join("modulo-firmato.pdf")).unwrap();
            let report = Bench::of_fixtures().judge(&pdf, None, None).unwrap();
            assert_eq!(report["signatures"][0]["intact"], true, "{report:#}");
        }
    }
}

#[test]
fn secrets_are_in_bodies_and_headers_only() {
    for setup in both(USUAL) {
        let (simulated, provider) = connected(setup);
        let desk = Desk::new();
        desk.sign(&["accordo.txt"], &Layout::CadesAttached, &provider, &mut person(&simulated)).unwrap();
        let requests = simulated.requests();
        for request in &requests {
            let path = request.line.split(' ').nth(1).unwrap();
            assert!(path.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'/'), "{path}");
        }
        let authorize = requests.iter().find(|request| request.line.contains("/authorize ")).unwrap();
        let body: Value = serde_json::from_slice(&authorize.body).unwrap();
        let hashes = if setup.version == 1 { &body["hash"] } else { &body["hashes"] };
        assert_eq!((hashes.as_array().unwrap().len(), &body["numSignatures"]), (1, &Value::from(1)));
        let shown = format!("{provider:?}{:?}", settings(&simulated, setup.version));
        assert!(!shown.contains(csc::CLIENT.1), "{shown}");
    }
}

#[test]
fn a_wrong_client_secret_pin_or_code_is_refused_in_the_words_of_the_provider() {
    for setup in both(USUAL) {
        let simulated = csc::Provider::start(setup);
        let mut wrong = settings(&simulated, setup.version);
        wrong.client.as_mut().unwrap().secret = "sbagliato".into();
        let error = Provider::connect(wrong).unwrap_err();
        assert_eq!(refusal(&error), (Some("invalid_client"), Some("Invalid parameter client_secret")));

        let provider = Provider::connect(settings(&simulated, setup.version)).unwrap();
        let desk = Desk::new();
        let documents = &["accordo.txt"];
        let layout = Layout::CadesAttached;
        let mut right = person(&simulated);
        let error = desk
            .sign(documents, &layout, &provider, &mut |object, challenge, count| match object.factor {
                Factor::Pin => Some(entered("11111")),
                _ => right(object, challenge, count),
            })
            .unwrap_err();
        let expected = if setup.version == 1 { "invalid_pin" } else { "invalid_authentication_data" };
        assert_eq!(refusal(&error), (Some(expected), Some("The PIN is invalid")));
        let error = desk
            .sign(documents, &layout, &provider, &mut |object, _, _| match object.factor {
                Factor::Pin => Some(entered(PIN)),
                _ => Some(entered("000000")),
            })
            .unwrap_err();
        assert_eq!(refusal(&error), (Some("invalid_otp"), Some("The OTP is invalid")));
        let error = desk.sign(documents, &layout, &provider, &mut |_, _, _| None).unwrap_err();
        assert!(matches!(error, ProviderError::NotEntered(object) if object.id == "PIN"));
        assert_eq!(simulated.count("signatures/signHash"), 0);
        assert!(desk.results().is_empty());

        simulated.revoke_tokens();
        assert_eq!(refusal(&provider.credentials().unwrap_err()).0, Some("invalid_token"));
    }
}

#[test]
fn more_documents_than_one_authorisation_covers_are_refused_before_anybody_is_asked() {
    let (simulated, provider) = connected(USUAL);
    let desk = Desk::new();
    let documents = &["accordo.txt", "patto.txt", "delega.txt", "altro.txt"];
    let layout = Layout::CadesAttached;
    let error = desk.sign(documents, &layout, &provider, &mut |_, _, _| unreachable!()).unwrap_err();
    assert!(matches!(error, ProviderError::Remote(RemoteError::TooMany { asked: 4, allowed: 3 })), "{error}");
    assert_eq!((simulated.count("credentials/sendOTP"), simulated.count("credentials/authorize")), (0, 0));
}

#[test]
fn a_document_that_cannot_be_signed_is_told_and_the_others_are_signed() {
    let (simulated, provider) = connected(USUAL);
    let desk = Desk::new();
    let documents = &["accordo.txt", "modulo.pdf"];
    let layout = PDF;
    let done = desk.sign(documents, &layout, &provider, &mut person(&simulated)).unwrap();
    assert!(done[0].starts_with("accordo.txt: "), "{done:?}");
    assert_eq!((&done[1..], desk.results()), (&["modulo.pdf".to_owned()][..], vec!["modulo-firmato.pdf".to_owned()]));
}

#[test]
fn signature_activation_data_are_not_spent_after_their_time() {
    for setup in both(Setup { sad_seconds: 0, ..USUAL }) {
        let (simulated, provider) = connected(setup);
        let desk = Desk::new();
        let documents = &["accordo.txt"];
        let layout = Layout::CadesAttached;
        let error = desk.sign(documents, &layout, &provider, &mut person(&simulated)).unwrap_err();
        assert!(matches!(error, ProviderError::Remote(RemoteError::Expired)), "{error}");
        assert_eq!(simulated.count("signatures/signHash"), 0);
        assert!(desk.results().is_empty());
    }
}

/// What the types forbid is done by hand here, so that the provider is seen to mind.
#[test]
fn the_provider_takes_signature_activation_data_once_and_for_their_hashes_only() {
    for setup in both(Setup { factors: &[], ..USUAL }) {
        let (simulated, provider) = connected(setup);
        let desk = Desk::new();
        desk.sign(&["accordo.txt"], &Layout::CadesAttached, &provider, &mut |_, _, _| None).unwrap();
        let requests = simulated.requests();
        let sign_hash = requests.iter().find(|request| request.line.contains("/signHash ")).unwrap();
        let token = sign_hash.bearer.clone().unwrap();
        let again = |body: &[u8]| {
            let url = format!("{}/signatures/signHash", simulated.url);
            let request = reqwest::Client::new().post(url).bearer_auth(&token).body(body.to_vec());
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async { request.send().await.unwrap().json::<Value>().await.unwrap() })
        };
        assert_eq!(again(&sign_hash.body)["error_description"], "Invalid parameter SAD");
    }
}

#[test]
fn an_agreement_on_a_device_is_waited_for() {
    let setup = Setup { version: 2, factors: &["Password", "PasswordOOB"], ..USUAL };
    let (simulated, provider) = connected(setup);
    let desk = Desk::new();
    let documents = &["accordo.txt"];
    let layout = Layout::CadesAttached;
    desk.sign(documents, &layout, &provider, &mut person(&simulated)).unwrap();
    assert_eq!(simulated.count("credentials/authorizeCheck"), 2);
    assert_eq!(desk.results(), ["accordo.txt.p7m"]);
}

#[test]
fn timestamps_of_the_provider_are_judged_as_those_of_any_authority() {
    for setup in both(USUAL) {
        let (_simulated, provider) = connected(setup);
        let now = clock::now();
        let trust = [root().join("fixtures/cms/pki/trust")];
        let material = TrustMaterial::load(&trust, &[], REMEMBERED_SIGNERS, now).unwrap();
        let query = Query::of_value(b"value", DigestAlgorithm::Sha256, None).unwrap();
        let policy = Policy::italian();
        let context = Context {
            trust: &material.trust,
            revocation: &material.revocation,
            policy: &policy,
            limits: &Limits::STANDARD,
            chains: None,
            deadline: &NoDeadline,
            spool: &MemorySpool,
        };
        let token = provider.timestamp(&query, &context).unwrap();
        assert!((token.time() - now).abs() < time::Duration::minutes(5));
    }
}

/// The steps of the library by themselves, with answers made by hand.
#[test]
fn an_authorisation_of_the_other_edition_or_without_data_is_none() {
    let setup = Setup { factors: &[], ..USUAL };
    let (_simulated, provider) = connected(setup);
    let key = provider.find(None, clock::now()).unwrap();
    let digest = DigestAlgorithm::Sha256.digest(b"value");
    for (status, body) in [
        (200, "{}"),
        (202, r#"{"handle":"x"}"#),
        (202, r#"{"SAD":"x"}"#),
        (200, r#"{"SAD":""}"#),
        (200, r#"{"SAD":"a b"}"#),
        (200, r#"{"SAD":"x","expiresIn":-1}"#),
    ] {
        let transaction = Transaction::new(&key.credential, &key.signer, vec![digest]).unwrap();
        let call = transaction.authorize(|_| None).unwrap();
        let error = read(call, status, body.as_bytes(), None, clock::now()).unwrap_err();
        assert!(matches!(error, RemoteError::Malformed("credentials/authorize")), "{body}: {error}");
    }
    let transaction = Transaction::new(&key.credential, &key.signer, vec![digest]).unwrap();
    let call = transaction.authorize(|_| None).unwrap();
    let given = read(call, 200, br#"{"SAD":"x","expiresIn":1}"#, None, clock::now()).unwrap();
    let Authorization::Given(sad) = given else { unreachable!() };
    assert!(!format!("{sad:?}").contains("\"x\""));
    assert!(matches!(sad.spend(clock::now() + time::Duration::seconds(2)), Err(RemoteError::Expired)));
}

#[test]
fn a_credential_that_is_disabled_or_weak_signs_nothing() {
    let (_simulated, provider) = connected(USUAL);
    let key = provider.find(None, clock::now()).unwrap();
    let digest = DigestAlgorithm::Sha256.digest(b"value");
    let refused = |credential: CredentialInfo, digests| {
        Transaction::new(&credential, &key.signer, digests).map(drop).unwrap_err()
    };
    let disabled = CredentialInfo { enabled: false, ..key.credential.clone() };
    assert!(matches!(refused(disabled, vec![digest]), RemoteError::Disabled));
    let other = CredentialInfo { algorithms: vec!["1.2.840.113549.1.1.5".to_owned()], ..key.credential.clone() };
    assert!(matches!(refused(other, vec![digest]), RemoteError::Algorithm(_)));
    assert!(matches!(refused(key.credential.clone(), vec![]), RemoteError::Hashes));
    let longer = DigestAlgorithm::Sha512.digest(b"value");
    assert!(matches!(refused(key.credential.clone(), vec![longer]), RemoteError::Hashes));

    let (_simulated, provider) = connected(Setup { leaf: "cns-expired", ..USUAL });
    let error = provider.find(Some("firma/1"), clock::now()).unwrap_err();
    assert!(matches!(error, ProviderError::Signer(_)), "{error}");
    let error = provider.find(None, clock::now()).unwrap_err();
    assert!(matches!(error, ProviderError::Choice { fit } if fit.is_empty()));
}
