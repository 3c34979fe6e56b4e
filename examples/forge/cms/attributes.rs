//! K03–K06: signed attributes missing, repeated, of the wrong type or about something else.

use crate::case::{CONTENT, Case};
use crate::expected::{Expected, Signature};
use crate::forge::cms::{
    Attribute, CONTENT_TYPE, MESSAGE_DIGEST, Message, SIGNING_CERTIFICATE_V2, SIGNING_TIME, Signer, content_type,
    ess_with_algorithm, issuer_serial, message_digest, signing_certificate_v1, signing_certificate_v2, signing_time,
};
use crate::forge::der::{boolean, int, null, octets, oid, seq, tlv, unsigned, utc_time, utf8};
use crate::forge::identity::{Identity, Md};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = required();
    cases.extend(digests());
    cases.extend(times());
    cases.extend(ess());
    cases
}

fn attached(signer: &Signer) -> Vec<u8> {
    Message::attached(CONTENT, &[signer]).encode()
}

fn good() -> Signer {
    Signer::new(&Identity::leaf("cns-good"), CONTENT)
}

/// Content type and message digest: once each, one value each (RFC 5652 §11.1, §11.2).
fn required() -> Vec<Case> {
    let malformed = |name, title, signer: &Signer| {
        Case::bad(name, "K03", "good-rsa", title, attached(signer))
            .expect(Expected::one(Signature::malformed()))
            .clause("RFC 5652 §11.1, §11.2")
    };
    let digest = || octets(&Md::Sha256.digest(CONTENT));
    let values = |oid, values: Vec<Vec<u8>>| good().replacing(Attribute { oid, values });
    let empty_set = {
        let mut signer = good();
        signer.attributes = Some(Vec::new());
        signer
    };
    vec![
        malformed("digest-missing", "No message-digest attribute", &good().without(MESSAGE_DIGEST)),
        malformed("type-missing", "No content-type attribute", &good().without(CONTENT_TYPE)),
        malformed("digest-twice", "Two equal message-digest attributes", &{
            good().and(message_digest(&Md::Sha256.digest(CONTENT)))
        }),
        malformed("digest-twice-differing", "Two message-digest attributes, one wrong", &{
            good().and(message_digest(&Md::Sha256.digest(b"altro")))
        }),
        malformed("type-twice", "Two content-type attributes", &{ good().and(content_type(crate::forge::cms::DATA)) }),
        malformed("digest-two-values", "message-digest with two values", &{
            values(MESSAGE_DIGEST, vec![digest(), octets(&Md::Sha256.digest(b"altro"))])
        }),
        malformed("type-two-values", "content-type with two values", &{
            values(CONTENT_TYPE, vec![oid(crate::forge::cms::DATA), oid(crate::forge::cms::SIGNED_DATA)])
        }),
        malformed("digest-no-value", "message-digest with no value", &values(MESSAGE_DIGEST, Vec::new())),
        malformed("type-no-value", "content-type with no value", &values(CONTENT_TYPE, Vec::new())),
        malformed("attributes-empty", "signedAttrs present and empty", &empty_set),
        malformed("digest-only-unsigned", "message-digest only among the unsigned attributes", &{
            good().without(MESSAGE_DIGEST).and_unsigned(message_digest(&Md::Sha256.digest(CONTENT)))
        }),
        Case::bad("type-differs", "K05", "good-rsa", "content-type is not the eContentType", {
            attached(&good().replacing(content_type("1.2.840.113549.1.9.16.1.4")))
        })
        .expect(Expected::one(Signature::malformed()))
        .clause("RFC 5652 §11.1: must match; OpenSSL 3.0 lets it pass"),
        Case::bad("type-not-oid", "K05", "good-rsa", "content-type is a string", {
            attached(&good().replacing(Attribute::new(CONTENT_TYPE, utf8("1.2.840.113549.1.7.1"))))
        })
        .expect(Expected::one(Signature::malformed()))
        .clause("RFC 5652 §11.1"),
    ]
}

fn digests() -> Vec<Case> {
    let digest = Md::Sha256.digest(CONTENT);
    let with = |value| attached(&good().replacing(Attribute::new(MESSAGE_DIGEST, value)));
    let malformed = |name, title, value| {
        Case::bad(name, "K04", "good-rsa", title, with(value))
            .expect(Expected::one(Signature::malformed()))
            .clause("RFC 5652 §11.2: OCTET STRING")
    };
    let short = |name, title, value| {
        let sub: &[_] = &["HASH_FAILURE", "FORMAT_FAILURE"];
        Case::bad(name, "K04", "good-rsa", title, with(value))
            .expect(Expected::one(Signature::broken(sub)))
            .clause("RFC 5652 §5.6")
    };
    vec![
        malformed("digest-integer", "message-digest is an INTEGER", unsigned(&digest)),
        malformed("digest-utf8", "message-digest is a UTF8String", tlv(0x0c, &digest)),
        malformed("digest-null", "message-digest is NULL", null()),
        malformed("digest-boolean", "message-digest is a BOOLEAN", boolean(true)),
        malformed("digest-sequence", "message-digest is a SEQUENCE", seq([octets(&digest)])),
        short("digest-prefix", "message-digest is the first half of the digest", octets(digest.split_at(16).0)),
        short("digest-empty", "message-digest of no octets", octets(&[])),
        short("digest-longer", "message-digest with an octet more", octets(&[digest.as_slice(), &[0]].concat())),
        short("digest-sha512", "message-digest of another algorithm", octets(&Md::Sha512.digest(CONTENT))),
        Case::bad("content-altered", "K04", "good-rsa", "The content was changed after signing", {
            let altered: Vec<u8> = CONTENT.iter().map(|octet| if *octet == b'P' { b'Q' } else { *octet }).collect();
            Message::attached(&altered, &[&good()]).encode()
        })
        .expect(Expected::one(Signature::broken(&["HASH_FAILURE"])))
        .clause("EN 319 102-1 §5.2.7"),
    ]
}

fn times() -> Vec<Case> {
    let bad = |name, title, signer: &Signer| {
        Case::bad(name, "K03", "good-rsa", title, attached(signer)).clause("RFC 5652 §11.3")
    };
    let with = |value| good().replacing(Attribute::new(SIGNING_TIME, value));
    vec![
        bad("time-impossible", "signing-time in month 99", &with(utc_time("269901090000Z"))),
        bad("time-not-time", "signing-time is a string", &with(utf8("ieri"))),
        bad("time-twice", "Two signing-time attributes", &good().and(signing_time())),
        bad("time-two-values", "signing-time with two values", &{
            let values = vec![utc_time("260131090000Z"), utc_time("260131100000Z")];
            good().replacing(Attribute { oid: SIGNING_TIME, values })
        }),
    ]
}

/// The signing certificate must be the one that the signed attribute names (EN 319 102-1 §5.2.3).
fn ess() -> Vec<Case> {
    let own = Identity::leaf("cns-good");
    let other = Identity::leaf("cns-other-person");
    let bad = |name, title, signer: &Signer| {
        Case::bad(name, "K06", "good-rsa", title, attached(signer)).clause("EN 319 102-1 §5.2.3.4; RFC 5035 §4")
    };
    let hash = octets(&Md::Sha256.digest(&own.certificate));
    let other_serial = seq([hash.clone(), seq([seq([crate::forge::der::context(4, &own.issuer())]), int(4_711)])]);
    let other_issuer = seq([hash, seq([seq([crate::forge::der::context(4, &other.subject())]), own.serial()])]);
    let ids = |ids: Vec<Vec<u8>>| Attribute::new(SIGNING_CERTIFICATE_V2, seq([tlv(0x30, &ids.concat())]));
    let with_other_in_bag = {
        let mut message = Message::attached(CONTENT, &[&good().replacing(signing_certificate_v2(&other))]);
        message.certificates.push(other.certificate.clone());
        message.encode()
    };
    vec![
        bad("ess-other-certificate", "signing-certificate-v2 names another certificate", &{
            good().replacing(signing_certificate_v2(&other))
        }),
        Case::bad(
            "ess-other-in-bag",
            "K06",
            "good-rsa",
            "The same, and that certificate is in the bag",
            with_other_in_bag,
        )
        .clause("EN 319 102-1 §5.2.3.4"),
        bad("ess-other-serial", "Right hash, serial number of nobody", &good().replacing(ids(vec![other_serial]))),
        bad("ess-other-issuer", "Right hash, issuer of nobody", &good().replacing(ids(vec![other_issuer]))),
        bad("ess-twice", "Two signing-certificate-v2 attributes", &good().and(signing_certificate_v2(&own))),
        bad("ess-empty", "signing-certificate-v2 names no certificate", &good().replacing(ids(Vec::new()))),
        bad("ess-only-unsigned", "signing-certificate-v2 only among the unsigned attributes", &{
            good().without(SIGNING_CERTIFICATE_V2).and_unsigned(signing_certificate_v2(&own))
        }),
        bad("ess-disagree", "signing-certificate and -v2 name different certificates", &{
            good().and(signing_certificate_v1(&other))
        }),
        bad("ess-truncated-hash", "signing-certificate-v2 with half a hash", &{
            let half = octets(Md::Sha256.digest(&own.certificate).split_at(16).0);
            good().replacing(ids(vec![seq([half, issuer_serial(&own)])]))
        }),
        bad("ess-not-sequence", "signing-certificate-v2 is a bare hash", &{
            good().replacing(Attribute::new(SIGNING_CERTIFICATE_V2, octets(&Md::Sha256.digest(&own.certificate))))
        }),
        bad("ess-unknown-digest", "signing-certificate-v2 with a digest of no table", &{
            let id = seq([
                crate::forge::der::algorithm("1.3.6.1.4.1.99999.9", &[]),
                octets(&Md::Sha256.digest(&own.certificate)),
            ]);
            good().replacing(ids(vec![id]))
        }),
        bad("ess-md5", "signing-certificate-v2 bound by MD5", &{
            good().replacing(ess_with_algorithm(&own, Md::Md5, &null(), issuer_serial(&own)))
        }),
    ]
}
