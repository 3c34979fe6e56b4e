//! certomancer-csc-dummy, which shares no code with ours: the API as somebody else understood it.

use std::fs;
use std::path::Path;

use openssl::x509::X509;
use varco::clock;
use varco::crypto::DigestAlgorithm;
use varco::procedures::signing::remote::{Provider, ProviderError};
use varco::procedures::signing::{FileError, Layout};
use varco::procedures::verification::{REMEMBERED_SIGNERS, TrustMaterial};
use varco::sign::remote::{AuthMode, ProviderSettings, RemoteError, Version};
use varco::sign::timestamp::Query;
use varco::verify::{Context, Limits, MemorySpool, NoDeadline, Policy};

use crate::pkcs11::openssl_verifies;
use crate::remote::{Desk, PDF};
use crate::support::csc_dummy;

fn dummy() -> Provider {
    let url = csc_dummy::url().to_owned();
    let settings = ProviderSettings { id: "prova".to_owned(), url, version: Version::V1, client: None };
    Provider::connect(settings).unwrap()
}

#[test]
fn it_says_what_it_is_and_has() {
    let provider = dummy();
    let info = provider.info().unwrap();
    assert_eq!(info.specs, "1.0.4.0");
    let expected = ["prova/radice", "prova/firma", "prova/curva", "prova/marche"];
    assert_eq!(provider.credentials().unwrap(), expected);
    let credential = provider.credential("prova/firma").unwrap();
    assert_eq!((credential.mode, credential.multisign), (AuthMode::Explicit(Vec::new()), 3));
    assert_eq!(credential.certificates.len(), 2);
    let error = provider.find(None, clock::now()).unwrap_err();
    assert!(matches!(&error, ProviderError::Choice { fit } if fit == &["prova/firma", "prova/curva"]), "{error:?}");
}

#[test]
fn both_of_its_keys_sign() {
    let provider = dummy();
    for id in ["prova/firma", "prova/curva"] {
        let key = provider.find(Some(id), clock::now()).unwrap();
        for (documents, layout) in
            [(&["accordo.txt", "patto.txt", "delega.txt"][..], Layout::CadesAttached), (&["modulo.pdf"], PDF)]
        {
            let desk = Desk::new();
            let plan = desk.plan(documents, &layout);
            let mut each = |_: &Path, signed: Result<&Path, FileError>| assert!(signed.is_ok());
            plan.sign_remotely(&key, &provider, &mut |_, _, _| unreachable!(), desk.making(&layout), &mut each)
                .unwrap();
            assert_eq!(desk.results().len(), documents.len());
            for name in desk.results().iter().filter(|_| layout == Layout::CadesAttached) {
                openssl_verifies(&desk.path("firmati"), name, None);
            }
        }
    }
}

#[test]
fn what_it_refuses_without_words_is_told_so() {
    let error = dummy().credential("prova/nessuno").unwrap_err();
    assert!(matches!(&error, ProviderError::Remote(RemoteError::Refused(refusal)) if refusal.status == 404), "{error}");
}

#[test]
fn its_timestamps_are_judged() {
    let provider = dummy();
    let now = clock::now();
    let authority = provider.credential("prova/marche").unwrap().certificates.pop().unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("radice.pem"), X509::from_der(&authority).unwrap().to_pem().unwrap()).unwrap();
    let material = TrustMaterial::load(&[folder.path().to_owned()], &[], REMEMBERED_SIGNERS, now).unwrap();
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
    let query = Query::of_value(b"value", DigestAlgorithm::Sha256, None).unwrap();
    let token = provider.timestamp(&query, &context).unwrap();
    assert!((token.time() - now).abs() < time::Duration::minutes(5));
}
