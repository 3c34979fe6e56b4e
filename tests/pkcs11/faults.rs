//! Modules that crash, hang, lie or talk: each costs a sentence, and the next attempt works.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use varco::sign::pkcs11::{
    AfterUse, Consent, LastTry, NotReset, ProcessFault, ReturnValue, SignError, Step, Token, TriesLeft, tokens,
};

use super::{ECDSA, NOW, RSA, consent, digest, key, module_at, pin, sign, workers};
use crate::support::hsm::{FaultyModule, Hsm, PIN};

/// Enough for a machine that is busy, and not for a test that waits for nothing.
const ALLOWED: Duration = Duration::from_secs(10);

fn find(module: &FaultyModule, hsm: &Hsm, allowed: Duration) -> Token {
    Token::find(module_at(&module.path()), Some("FIRMA"), AfterUse::LogOut, workers(hsm, allowed)).unwrap()
}

/// The processes of this module that run: found by what they were started with.
fn workers_of(module: &FaultyModule) -> usize {
    let path = module.path();
    let is_one = |process: std::fs::DirEntry| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(path.to_str().unwrap())
    };
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().join("stat").exists())
        .map(is_one)
        .filter(|is| *is)
        .count()
}

#[test]
fn a_module_that_crashes_is_started_again() {
    let hsm = Hsm::shared();
    let module = FaultyModule::new("CRASH_IN_SIGN");
    let token = find(&module, hsm, ALLOWED);
    for attempt in 1..=2 {
        let failed = sign(&token, "a1", PIN, RSA);
        assert!(matches!(failed, Err(SignError::Process(ProcessFault::Crashed))), "{failed:?}");
        assert_eq!(module.calls().matches('L').count(), attempt, "one login for each PIN that was entered");
    }
    assert_eq!(workers_of(&module), 0);
    let module = FaultyModule::new("CRASH_IN_LOAD");
    let failed = tokens(&module_at(&module.path()), &workers(hsm, ALLOWED));
    assert!(matches!(failed, Err(SignError::Process(ProcessFault::Crashed))), "{failed:?}");
}

#[test]
fn a_module_that_hangs_is_ended_in_time() {
    let hsm = Hsm::shared();
    let allowed = Duration::from_secs(3);
    let module = FaultyModule::new("HANG_IN_LOAD");
    let began = Instant::now();
    let failed = tokens(&module_at(&module.path()), &workers(hsm, allowed));
    assert!(matches!(failed, Err(SignError::Process(ProcessFault::TooSlow(_)))), "{failed:?}");
    assert!(began.elapsed() < allowed * 3);
    assert_eq!(workers_of(&module), 0);

    let module = FaultyModule::new("HANG_IN_SIGN");
    let token = find(&module, hsm, allowed);
    let failed = sign(&token, "a1", PIN, RSA);
    assert!(matches!(failed, Err(SignError::Process(ProcessFault::TooSlow(_)))), "{failed:?}");
    assert_eq!(workers_of(&module), 0, "ended and waited for");
    assert_eq!(key(&token, "a1").0, [0xa1], "the next call has another process");
}

#[test]
fn a_signature_that_does_not_verify_is_never_handed_out() {
    for (fault, name, scheme) in [
        ("WRONG_SIGNATURE", "a1", RSA),
        ("WRONG_SIGNATURE", "b1", ECDSA),
        ("EMPTY_SIGNATURE", "a1", RSA),
        ("EMPTY_SIGNATURE", "b1", ECDSA),
    ] {
        let module = FaultyModule::new(fault);
        let failed = sign(&find(&module, Hsm::shared(), ALLOWED), name, PIN, scheme);
        assert!(matches!(failed, Err(SignError::WrongSignature)), "{fault} {name}: {failed:?}");
    }
    // The key is another than the certificate's.
    let module = FaultyModule::new("NONE");
    let token = find(&module, Hsm::shared(), ALLOWED);
    let ((id, _), (_, other)) = (key(&token, "a1"), key(&token, "b1"));
    let mut batch = token.begin(&id, &other, consent(PIN, 1)).unwrap();
    assert!(matches!(batch.sign(&digest(), None, RSA), Err(SignError::WrongSignature)));
}

#[test]
fn garbage_is_bounded() {
    let hsm = Hsm::shared();
    let module = FaultyModule::new("ENDLESS_SIGNATURE");
    let failed = sign(&find(&module, hsm, ALLOWED), "a1", PIN, RSA);
    assert!(matches!(failed, Err(SignError::Process(ProcessFault::Crashed))), "{failed:?}");
    let module = FaultyModule::new("ENDLESS_OBJECTS");
    let failed = find(&module, hsm, ALLOWED).candidates(varco::sign::pkcs11::Purpose::Signature, NOW);
    assert!(matches!(failed, Err(SignError::Returned { during: Step::Look, .. })), "{failed:?}");
    let module = FaultyModule::new("UNKNOWN_VALUE");
    let failed = sign(&find(&module, hsm, ALLOWED), "a1", PIN, RSA);
    let unknown = ReturnValue::Undefined(0x7777_7777);
    assert!(matches!(failed, Err(SignError::Returned { value, during: Step::Sign }) if value == unknown), "{failed:?}");
    let module = FaultyModule::new("NOISE");
    sign(&find(&module, hsm, ALLOWED), "a1", PIN, RSA).unwrap();
}

#[test]
fn a_card_that_was_pulled_out_signs_again_once_it_is_back() {
    let module = FaultyModule::new("REMOVED_IN_SIGN");
    let token = find(&module, Hsm::shared(), ALLOWED);
    let (id, certificate) = key(&token, "a1");
    let mut batch = token.begin(&id, &certificate, consent(PIN, 3)).unwrap();
    assert!(matches!(batch.sign(&digest(), None, RSA), Err(SignError::Removed)));
    assert!(
        matches!(batch.sign(&digest(), None, RSA), Err(SignError::NotBegun)),
        "the PIN is not used again by itself"
    );
    batch.finish().unwrap();
    sign(&token, "a1", PIN, RSA).unwrap();
    assert_eq!(module.calls().matches('L').count(), 2, "once for each time that somebody entered it");
}

#[test]
fn a_pin_is_never_sent_twice() {
    let hsm = Hsm::new();
    let module = FaultyModule::new("NONE");
    let token = find(&module, &hsm, ALLOWED);
    assert!(matches!(sign(&token, "a1", "000000", RSA), Err(SignError::WrongPin { left: TriesLeft::Fewer })));
    assert_eq!(module.calls(), "L");
    sign(&token, "a1", PIN, RSA).unwrap();
    assert_eq!(module.calls(), "LLSO");
}

#[test]
fn the_last_try_is_spared_unless_it_was_confirmed() {
    let module = FaultyModule::new("FINAL_TRY");
    let token = find(&module, Hsm::shared(), ALLOWED);
    assert_eq!(token.tries_left().unwrap(), TriesLeft::Last);
    assert!(matches!(sign(&token, "a1", PIN, RSA), Err(SignError::LastTry)));
    assert_eq!(module.calls(), "", "the card was not asked");
    let (id, certificate) = key(&token, "a1");
    let confirmed = Consent { pin: Some(pin(PIN)), last_try: LastTry::Use, signatures: 1 };
    token.begin(&id, &certificate, confirmed).unwrap().finish().unwrap();
    assert_eq!(module.calls(), "LO");
}

#[test]
fn after_use_the_card_is_logged_out_and_reset_however_it_ends() {
    let resets = Arc::new(AtomicUsize::new(0));
    let counting = |module: &FaultyModule| {
        let resets = Arc::clone(&resets);
        let reset = AfterUse::Reset(Box::new(move |facts| {
            assert_eq!(facts.label, "FIRMA");
            resets.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }));
        Token::find(module_at(&module.path()), None, reset, workers(Hsm::shared(), Duration::from_secs(3))).unwrap()
    };
    for fault in ["NONE", "CRASH_IN_SIGN", "HANG_IN_SIGN", "WRONG_SIGNATURE", "REMOVED_IN_SIGN"] {
        let before = resets.load(Ordering::SeqCst);
        let module = FaultyModule::new(fault);
        let _signed_or_not = sign(&counting(&module), "a1", PIN, RSA);
        assert_eq!(resets.load(Ordering::SeqCst), before + 1, "{fault}");
    }
    for fault in ["HANG_IN_LOGOUT", "LOGOUT_FAILS"] {
        let before = resets.load(Ordering::SeqCst);
        let module = FaultyModule::new(fault);
        let token = counting(&module);
        let (id, certificate) = key(&token, "a1");
        let batch = token.begin(&id, &certificate, consent(PIN, 1)).unwrap();
        assert!(matches!(batch.finish(), Err(NotReset::LogOut(_))), "{fault}");
        assert_eq!(resets.load(Ordering::SeqCst), before + 1, "{fault}");
        assert_eq!(workers_of(&module), 0, "{fault}: its login ends with the process");
    }
    let module = FaultyModule::new("NONE");
    let failing = AfterUse::Reset(Box::new(|_| Err("no reader".into())));
    let token = Token::find(module_at(&module.path()), None, failing, workers(Hsm::shared(), ALLOWED)).unwrap();
    let (id, certificate) = key(&token, "a1");
    let batch = token.begin(&id, &certificate, consent(PIN, 1)).unwrap();
    assert!(matches!(batch.finish(), Err(NotReset::Reset(_))));
}
