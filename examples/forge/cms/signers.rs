//! K10 and countersignatures: each signer is judged apart, and one that fails is never hidden.

use crate::case::{CARDA, CONTENT, Case};
use crate::expected::{Expected, Signature};
use crate::forge::cms::{Attribute, COUNTERSIGNATURE, DATA, Message, Signer, content_type, message_digest};
use crate::forge::der::{int, octets, seq, utf8};
use crate::forge::identity::{Identity, Md};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = parallel();
    cases.extend(countersigned());
    cases
}

fn parallel() -> Vec<Case> {
    let first = Identity::leaf("cns-good");
    let second = Identity::leaf("qualified-good");
    let good = || Signer::new(&first, CONTENT);
    let also = || Signer::new(&second, CONTENT);
    let both = Message::attached(CONTENT, &[&good(), &also()]);
    let wrong_digest = also().replacing(message_digest(&Md::Sha256.digest(b"altro")));
    let wrong_value = also().tampered(|_, mut value, _| {
        value.reverse();
        value
    });
    let stranger = Signer::new(&Identity::leaf("cns-unrelated-ca"), CONTENT);
    let passed_then = |signature| Expected::all(vec![Signature::passed().by(&first), signature]);
    let bad = |name, title, input| Case::bad(name, "K10", "good-two-signers", title, input).clause("RFC 5652 §5.6");
    vec![
        Case::good("good-two-signers", "K10", "Two signers side by side", both.encode())
            .expect(Expected::all(vec![Signature::passed().by(&first), Signature::passed().by(&second)]))
            .declared(CARDA)
            .holding(CONTENT),
        // Accepted: RFC 5652 §5.1 takes one valid signature of a signer for that signer's, and foresees several. OpenSSL
        // accepts them, DSS judges each by itself (its format check refuses only a SignerInfo that is there twice). None
        // of them says of whom there should have been how many: a finding tells whoever counts.
        Case::good("good-same-signer-twice", "K10", "One signer, two signatures: accepted, and remarked", {
            let later = good().replacing(Attribute::new(
                crate::forge::cms::SIGNING_TIME,
                crate::forge::der::utc_time("260131100000Z"),
            ));
            Message::attached(CONTENT, &[&good(), &later]).encode()
        })
        .expect(
            Expected::all(vec![Signature::passed().by(&first), Signature::passed().by(&first)])
                .remarked("signer.repeated"),
        )
        .clause("RFC 5652 §5.1: the signatures of one signer count as one"),
        bad("second-digest-wrong", "The second signer signed something else", {
            Message::attached(CONTENT, &[&good(), &wrong_digest]).encode()
        })
        .expect(passed_then(Signature::broken(&["HASH_FAILURE"]))),
        bad("second-value-wrong", "The second signature value is wrong", {
            Message::attached(CONTENT, &[&good(), &wrong_value]).encode()
        })
        .expect(passed_then(Signature::broken(&["SIG_CRYPTO_FAILURE"]))),
        bad("first-value-wrong", "The first signature value is wrong", {
            Message::attached(CONTENT, &[&wrong_value, &good()]).encode()
        })
        .expect(Expected::all(vec![Signature::broken(&["SIG_CRYPTO_FAILURE"]), Signature::passed().by(&first)])),
        bad("second-untrusted", "The second signer is nobody's", {
            Message::attached(CONTENT, &[&good(), &stranger]).encode()
        })
        .expect(passed_then(Signature::indeterminate(Some("true"), &["NO_CERTIFICATE_CHAIN_FOUND"]))),
        Case::bad("second-the-same", "K10", "good-rsa", "The only signer's SignerInfo, twice", {
            let only = good().encode();
            Message { signers: vec![only.clone(), only], ..Message::attached(CONTENT, &[&good()]) }.encode()
        })
        .clause("RFC 5652 §5.1: one SignerInfo for each signature; the second was added by nobody who signed")
        .expect(Expected::all(vec![Signature::passed().by(&first); 2]).verdict(&["undetermined", "rejected"])),
        bad("second-not-signer-info", "The second SignerInfo is something else", {
            Message { signers: vec![good().encode(), seq([utf8("altro")])], ..both.clone() }.encode()
        })
        .expect(passed_then(Signature::malformed())),
        bad("second-cut-short", "The second SignerInfo ends before its signature value", {
            let cut = seq([int(1), also().sid, Md::Sha256.identifier()]);
            Message { signers: vec![good().encode(), cut], ..both.clone() }.encode()
        })
        .expect(passed_then(Signature::malformed())),
        Case::bad(
            "declared-only-by-broken",
            "K10",
            "good-two-signers",
            "The declared person's own signature is the broken one",
            {
                let broken = good().tampered(|_, mut value, _| {
                    value.reverse();
                    value
                });
                Message::attached(CONTENT, &[&broken, &also()]).encode()
            },
        )
        .expect(Expected::all(vec![Signature::broken(&["SIG_CRYPTO_FAILURE"]), Signature::passed().by(&second)]))
        .declared_in_vain(CARDA),
    ]
}

/// Over the value of another signature (RFC 5652 §11.4).
fn countersigned() -> Vec<Case> {
    let first = Identity::leaf("cns-good");
    let second = Identity::leaf("qualified-good");
    let third = Identity::leaf("cns-other-person");
    let good = || Signer::new(&first, CONTENT);
    let value = good().value();
    let counter = || Signer::countersignature(&second, &value);
    let with = |counter: Vec<u8>| {
        let attribute = Attribute::new(COUNTERSIGNATURE, counter);
        let mut message = Message::attached(CONTENT, &[&good().and_unsigned(attribute)]);
        message.certificates.extend([second.certificate.clone(), third.certificate.clone()]);
        message.encode()
    };
    let below = |signature: Signature| Expected::all(vec![Signature::passed().by(&first), signature.countersigns(0)]);
    let bad = |name, title, input| Case::bad(name, "K10", "good-countersigned", title, input).clause("RFC 5652 §11.4");
    let nested = {
        let inner = counter();
        let inner_value = inner.value();
        let innermost = Signer::countersignature(&third, &inner_value).encode();
        inner.and_unsigned(Attribute::new(COUNTERSIGNATURE, innermost)).encode_with(&inner_value)
    };
    vec![
        Case::good("good-countersigned", "K10", "A countersigned signature", with(counter().encode()))
            .expect(below(Signature::passed().by(&second)))
            .clause("RFC 5652 §11.4"),
        Case::good("good-countersigned-twice", "K10", "The countersignature is countersigned", with(nested)).expect(
            Expected::all(vec![
                Signature::passed().by(&first),
                Signature::passed().by(&second).countersigns(0),
                Signature::passed().by(&third).countersigns(1),
            ]),
        ),
        Case::good("good-countersigned-content-type", "K10", "A countersignature with a content-type attribute", {
            with(counter().and(content_type(DATA)).encode())
        })
        .clause("RFC 5652 §11.4: must not be there, often is")
        .expect(below(Signature::passed().by(&second)).verdict(&["accepted", "rejected", "undetermined"])),
        bad("countersigned-content", "The countersignature is over the content", {
            with(Signer::countersignature(&second, CONTENT).encode())
        })
        .expect(below(Signature::broken(&["HASH_FAILURE"]))),
        bad("countersigned-value-wrong", "The value of the countersignature is wrong", {
            let counter = counter().tampered(|_, mut value, _| {
                value.reverse();
                value
            });
            with(counter.encode())
        })
        .expect(below(Signature::broken(&["SIG_CRYPTO_FAILURE"]))),
        bad("countersigned-moved", "The countersignature of another signature", {
            let elsewhere = Signer::new(&first, b"altro").value();
            with(Signer::countersignature(&second, &elsewhere).encode())
        })
        .expect(below(Signature::broken(&["HASH_FAILURE"]))),
        bad("countersigned-garbage", "A countersignature that is no SignerInfo", with(octets(b"altro")))
            .expect(below(Signature::malformed())),
        Case::bad(
            "countersigner-declared",
            "K10",
            "good-countersigned",
            "Only the countersigner is the declared person",
            with(counter().encode()),
        )
        .expect(below(Signature::passed().by(&second)))
        .declared_other("SMPFMN85E52L736W"),
    ]
}
