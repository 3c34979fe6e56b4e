//! K07, K20: what stands in the bag of certificates is a hint, never a fact.

use crate::case::{CARDA, CONTENT, Case};
use crate::expected::{Expected, Signature};
use crate::forge::certificate::{Template, authority_constraints, common_name, key_usage, spki};
use crate::forge::cms::{Message, Signer, signing_certificate_v2};
use crate::forge::der::{context, octets, oid, seq, tlv, unsigned, utf8};
use crate::forge::identity::{Identity, p256_key};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = imposters();
    cases.extend(contents());
    cases.push(clique());
    cases
}

/// A certificate with issuer, serial number and key identifier of `cns-good`, another key, signed by `authority`.
fn imposter(authority: &Identity) -> Identity {
    let key = p256_key();
    Identity { certificate: Template::like(&Identity::leaf("cns-good"), &spki(&key)).sign(authority), key }
}

fn imposters() -> Vec<Case> {
    let own = Identity::leaf("cns-good");
    let stray = imposter(&Identity { certificate: own.certificate.clone(), key: p256_key() });
    let issued = imposter(&Identity::authority("cns-esempio"));
    let passed = || Expected::one(Signature::passed().by(&own));
    let by_key_id = |identity: &Identity| {
        let mut signer = Signer::new(identity, CONTENT);
        signer.version = 3;
        signer.sid = tlv(0x80, &own.key_id());
        signer
    };
    let with = |signer: &Signer, certificates: [&Identity; 2]| {
        let certificates = certificates.map(|identity| identity.certificate.clone()).to_vec();
        Message { certificates, version: 3, ..Message::attached(CONTENT, &[signer]) }.encode()
    };
    let good = Signer::new(&own, CONTENT);
    // Signed by the imposter, while the attribute names the real certificate.
    let borrowed = Signer::new(&stray, CONTENT).replacing(signing_certificate_v2(&own));
    let lent = Signer::new(&own, CONTENT).replacing(signing_certificate_v2(&stray));
    let bad = |name, title, input| Case::bad(name, "K07", "good-imposter-first", title, input).declared_in_vain(CARDA);
    vec![
        Case::good(
            "good-imposter-first",
            "K07",
            "Before the signer's certificate, one of same issuer and serial number",
            with(&good, [&stray, &own]),
        )
        .clause("EN 319 102-1 §5.2.3.4: the digest in the signed attribute decides")
        .expect(passed())
        .declared(CARDA),
        Case::good("good-imposter-last", "K07", "The same, after it", with(&good, [&own, &stray])).expect(passed()),
        Case::good("good-imposter-issued", "K07", "The same, and the trusted authority did sign the imposter", {
            with(&good, [&issued, &own])
        })
        .expect(passed()),
        Case::good("good-imposter-key-id", "K07", "Before the signer's certificate, one of same key identifier", {
            with(&by_key_id(&own), [&stray, &own])
        })
        .expect(passed()),
        bad(
            "imposter-signs",
            "The imposter signs and names itself",
            with(&Signer::new(&stray, CONTENT), [&stray, &own]),
        ),
        bad("imposter-signs-key-id", "The same by key identifier", with(&by_key_id(&stray), [&own, &stray])),
        bad("imposter-borrows", "The imposter signs, the attribute names the real certificate", {
            with(&borrowed, [&stray, &own])
        }),
        bad("imposter-alone", "The same, the real certificate is not in the bag", {
            Message::attached(CONTENT, &[&borrowed]).encode()
        }),
        bad("imposter-named", "The real key signs, the attribute names the imposter", with(&lent, [&own, &stray])),
    ]
}

fn contents() -> Vec<Case> {
    let own = Identity::leaf("cns-good");
    let message = || Message::attached(CONTENT, &[&Signer::new(&own, CONTENT)]);
    let with = |certificates: Vec<Vec<u8>>| Message { certificates, ..message() }.encode();
    let passed = || Expected::one(Signature::passed().by(&own));
    let others = ["cie-good", "qualified-good", "cns-other-person", "cns-expired", "seal-vat"];
    let others = others.map(|name| Identity::leaf(name).certificate).to_vec();
    let attribute_certificate = context(2, &octets(b"not an attribute certificate"));
    let other_format = context(3, &[oid("1.3.6.1.4.1.99999.5"), utf8("altro")].concat());
    vec![
        Case::good("good-bag-others", "K07", "Certificates of strangers in the bag", {
            with([others, vec![own.certificate.clone()]].concat())
        })
        .expect(passed()),
        Case::good("good-bag-twice", "K07", "The signer's certificate twice in the bag", {
            with(vec![own.certificate.clone(), own.certificate.clone()])
        })
        .expect(passed()),
        Case::good("good-bag-other-choices", "K07", "Entries of the bag that are not certificates", {
            with(vec![own.certificate.clone(), attribute_certificate, other_format])
        })
        .clause("RFC 5652 §10.2.2")
        .expect(passed()),
        Case::good("good-bag-with-issuer", "K07", "The issuer and its namesake in the bag", {
            let certificates = ["cns-impostore", "cns-esempio"].map(|name| Identity::authority(name).certificate);
            with([certificates.to_vec(), vec![own.certificate.clone()]].concat())
        })
        .expect(passed()),
        Case::good("good-bag-broken-entry", "K07", "An entry of the bag that cannot be parsed", {
            with(vec![seq([octets(b"rotto")]), own.certificate.clone()])
        })
        .expect(passed().verdict(&["accepted", "undetermined"])),
        Case::bad("bag-empty", "K07", "good-rsa", "No certificate of the signer anywhere", with(Vec::new()))
            .expect(Expected::one(Signature::indeterminate(None, &["NO_SIGNING_CERTIFICATE_FOUND"])))
            .clause("EN 319 102-1 §5.2.3.4"),
        Case::bad("bag-only-others", "K07", "good-rsa", "Only a stranger's certificate in the bag", {
            with(vec![Identity::leaf("cns-other-person").certificate])
        })
        .expect(Expected::one(Signature::indeterminate(None, &["NO_SIGNING_CERTIFICATE_FOUND"]))),
    ]
}

/// Ten authorities that nobody trusts certify each other: a million paths, none of which leads anywhere.
fn clique() -> Case {
    let key = p256_key();
    let model = Identity { certificate: Identity::leaf("cns-good").certificate, key: key.clone() };
    let issue = |issuer: u8, subject: u8| {
        Template {
            issuer: common_name(&format!("Autorita {issuer}")),
            subject: common_name(&format!("Autorita {subject}")),
            serial: unsigned(&[0x40, issuer, subject]),
            extensions: vec![authority_constraints(), key_usage(0x06)],
            ..Template::like(&model, &spki(&key))
        }
        .sign(&model)
    };
    let authorities = (0..10)
        .flat_map(|issuer| (0..10).filter(move |subject| *subject != issuer).map(move |subject| (issuer, subject)));
    let leaf = Template {
        issuer: common_name("Autorita 0"),
        serial: unsigned(&[0x41, 1]),
        ..Template::like(&model, &spki(&key))
    };
    let leaf = Identity { certificate: leaf.sign(&model), key: key.clone() };
    let mut message = Message::attached(CONTENT, &[&Signer::new(&leaf, CONTENT)]);
    message.certificates.extend(authorities.map(|(issuer, subject)| issue(issuer, subject)));
    Case::bad(
        "clique-of-authorities",
        "K20",
        "good-bag-others",
        "Ten authorities that certify each other",
        message.encode(),
    )
    .expect(Expected::one(Signature::indeterminate(
        Some("true"),
        &["NO_CERTIFICATE_CHAIN_FOUND", "CERTIFICATE_CHAIN_GENERAL_FAILURE"],
    )))
    .clause("RFC 4158 §2.4.2: bounded path building")
}
