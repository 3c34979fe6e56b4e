//! A provider that fails in every way: nothing signed-looking is left, and no secret is told.

use std::time::{Duration, Instant};

use varco::fetch::FetchError;
use varco::problem::Problem;
use varco::procedures::signing::Layout;
use varco::procedures::signing::remote::{Provider, ProviderError};
use varco::sign::remote::RemoteError;

use crate::remote::{Desk, person, settings};
use crate::support::csc::{self, CLIENT, Fault, PIN, Setup, USUAL};

const METHODS: [&str; 4] = ["credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash"];

/// What comes of signing three documents.
fn refused(fault: Fault, version: u8) -> ProviderError {
    let setup = Setup { version, fault, ..USUAL };
    let simulated = csc::Provider::start(setup);
    let provider = Provider::connect(settings(&simulated, version)).unwrap();
    let desk = Desk::new();
    let documents = &["accordo.txt", "patto.txt", "delega.txt"];
    let error = desk.sign(documents, &Layout::CadesAttached, &provider, &mut person(&simulated)).unwrap_err();
    assert!(desk.results().is_empty(), "{fault:?}");
    assert!(simulated.count("signatures/signHash") <= 1, "{fault:?}: never tried again");
    let told = serde_json::to_string(&Problem::of_provider(&error)).unwrap();
    let otp = if simulated.count("sendOTP") + simulated.count("getChallenge") > 0 { "9000" } else { "-" };
    for secret in [PIN, otp, CLIENT.1, "sad/", "token/"] {
        assert!(!told.contains(secret) && !format!("{error:?}").contains(secret), "{fault:?}: {told}");
    }
    error
}

#[test]
fn answers_that_are_none_are_refused() {
    for version in [1, 2] {
        for at in METHODS {
            let error = refused(Fault::Giant(at), version);
            assert!(matches!(error, ProviderError::Exchange { error: FetchError::TooLarge(_), .. }), "{error}");
            let error = refused(Fault::Redirect(at), version);
            assert!(matches!(error, ProviderError::Exchange { error: FetchError::Redirected, .. }), "{error}");
            for fault in [Fault::Garbage(at), Fault::OtherJson(at)] {
                let error = refused(fault, version);
                assert!(
                    matches!(error, ProviderError::Remote(RemoteError::Malformed(method)) if method == at),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn refusals_never_repeat_a_secret() {
    for version in [1, 2] {
        for at in METHODS {
            let ProviderError::Remote(RemoteError::Refused(refusal)) = refused(Fault::Echo(at), version) else {
                unreachable!()
            };
            assert_eq!((refusal.status, refusal.error.as_deref()), (400, Some("invalid_request")));
            assert_eq!(refusal.description, None, "the access token is in it");
            let ProviderError::Remote(RemoteError::Refused(refusal)) = refused(Fault::Wordless(at), version) else {
                unreachable!()
            };
            assert_eq!((refusal.status, refusal.error, refusal.description), (503, None, None));
        }
    }
}

#[test]
fn signatures_that_do_not_hold_are_all_thrown_away() {
    for version in [1, 2] {
        for (fault, got) in [(Fault::OneLess, 2), (Fault::OneMore, 4)] {
            let error = refused(fault, version);
            assert!(
                matches!(error, ProviderError::Remote(RemoteError::Count { asked: 3, got: found }) if found == got),
                "{error}"
            );
        }
        for (fault, which) in [(Fault::Swapped, 1), (Fault::OtherHash, 3), (Fault::NoSignature, 3)] {
            let error = refused(fault, version);
            assert!(
                matches!(error, ProviderError::Remote(RemoteError::WrongSignature(found)) if found == which),
                "{error}"
            );
        }
    }
}

#[test]
fn a_provider_that_is_away_is_told_as_such() {
    let simulated = csc::Provider::start(USUAL);
    let mut gone = settings(&simulated, 1);
    gone.url = "http://127.0.0.1:9/csc/v1".to_owned();
    let provider = Provider::connect(gone.clone()).unwrap();
    let error = provider.info().unwrap_err();
    assert!(matches!(error, ProviderError::Exchange { method: "info", error: FetchError::Unreachable(_) }), "{error}");
    for url in ["http://192.0.2.1/csc/v1", "ftp://127.0.0.1/", "https://user:pass@127.0.0.1/"] {
        gone.url = url.to_owned();
        let provider = Provider::connect(gone.clone()).unwrap();
        let error = provider.credentials().unwrap_err();
        assert!(matches!(error, ProviderError::Exchange { error: FetchError::Address, .. }), "{url}: {error}");
    }
}

#[test]
fn a_provider_that_does_not_answer_is_not_waited_for() {
    use varco::fetch::{Api, Limits, Post};

    let simulated = csc::Provider::start(Setup { fault: Fault::Silence("info"), ..USUAL });
    let limit = Duration::from_secs(1);
    let api = Api::new(Limits { max_bytes: 1_000, timeout: limit, connect_timeout: limit }).unwrap();
    let begun = Instant::now();
    let address = format!("{}/info", simulated.url);
    let post = Post { address: &address, media_type: "application/json", body: b"{}".to_vec().into(), bearer: None };
    assert!(matches!(api.post(post), Err(FetchError::TimedOut)));
    assert!(begun.elapsed() < Duration::from_secs(10));
}
