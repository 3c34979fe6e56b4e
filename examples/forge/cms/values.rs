//! K11, K12: signature values that only a careless verifier takes. They are made with the private key, so that each
//! fault is the only one.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ecdsa::EcdsaSig;

use crate::case::{CONTENT, Case};
use crate::expected::{Expected, Signature};
use crate::forge::cms::{Attribute, Message, SIGNING_TIME, Signer};
use crate::forge::der::{algorithm, null, octets, seq, tlv, unsigned, utc_time};
use crate::forge::identity::{Identity, Md};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = paddings();
    cases.extend(numbers());
    cases.extend(ecdsa());
    cases
}

fn attached(signer: &Signer) -> Vec<u8> {
    Message::attached(CONTENT, &[signer]).encode()
}

fn good() -> Signer {
    Signer::new(&Identity::leaf("cns-good"), CONTENT)
}

fn refused(class: &'static str, twin: &'static str, name: &'static str, title: &'static str, signer: &Signer) -> Case {
    Case::bad(name, class, twin, title, attached(signer))
        .expect(Expected::one(Signature::broken(&["SIG_CRYPTO_FAILURE"])))
        .clause(if class == "K11" { "RFC 8017 §8.2.2" } else { "RFC 3279 §2.2.3; SEC 1 §4.1.4" })
}

/// Encoded messages of 256 octets other than the one of RFC 8017 §9.2.
fn paddings() -> Vec<Case> {
    let case = |name, title, encoded: fn(&[u8]) -> Vec<u8>| {
        let signer = good().tampered(move |identity, _, signed| {
            let mut message = encoded(&Md::Sha256.digest(signed));
            message.resize(256, 0xa5);
            identity.rsa_raw(&message)
        });
        refused("K11", "good-rsa", name, title, &signer)
    };
    vec![
        case("rsa-garbage-after", "Short padding, garbage after DigestInfo", |digest| {
            padded(8, 0x01, &digest_info(digest))
        }),
        case("rsa-garbage-after-long", "One octet of garbage after DigestInfo", |digest| {
            padded(256 - 3 - 51 - 1, 0x01, &digest_info(digest))
        }),
        case("rsa-garbage-in-parameters", "Garbage in the parameters of the digest", |digest| {
            let identifier = algorithm(Md::Sha256.oid(), &octets(&[0x5a; 140]));
            full(0x01, &seq([identifier, octets(digest)]))
        }),
        case("rsa-ber-lengths", "Long-form lengths in DigestInfo", |digest| {
            let info = digest_info(digest);
            let contents = info.split_at(2).1;
            full(0x01, &[&[0x30, 0x81, 0x31], contents].concat())
        }),
        case("rsa-no-null", "DigestInfo without NULL", |digest| {
            full(0x01, &seq([Md::Sha256.identifier(), octets(digest)]))
        }),
        case("rsa-no-digest-info", "The bare digest after the padding", |digest| full(0x01, digest)),
        case("rsa-other-digest-info", "DigestInfo names SHA-1 over a SHA-256 digest", |digest| {
            full(0x01, &seq([algorithm(Md::Sha1.oid(), &null()), octets(digest)]))
        }),
        case("rsa-truncated-digest", "DigestInfo with half a digest", |digest| {
            full(0x01, &digest_info(digest.split_at(16).0))
        }),
        case("rsa-block-type-2", "Block type 02", |digest| full(0x02, &digest_info(digest))),
        case("rsa-block-type-0", "Block type 00", |digest| full(0x00, &digest_info(digest))),
        case("rsa-padding-not-ff", "One octet of the padding is not FF", |digest| {
            let mut message = full(0x01, &digest_info(digest));
            if let Some(octet) = message.get_mut(100) {
                *octet = 0xfe;
            }
            message
        }),
        case("rsa-no-separator", "No 00 between padding and DigestInfo", |digest| {
            let info = digest_info(digest);
            [&[0x00, 0x01][..], &vec![0xff; 256 - 2 - info.len()], &info].concat()
        }),
        case("rsa-first-octet", "The first octet is 01 already", |digest| {
            let info = digest_info(digest);
            [&[0x01][..], &vec![0xff; 256 - 2 - info.len()], &[0x00], &info].concat()
        }),
    ]
}

/// 00, block type, so many FF, 00 and the rest.
fn padded(padding: usize, block_type: u8, rest: &[u8]) -> Vec<u8> {
    [&[0x00, block_type][..], &vec![0xff; padding], &[0x00], rest].concat()
}

/// The same, with as much padding as fills 256 octets.
fn full(block_type: u8, rest: &[u8]) -> Vec<u8> {
    padded(256 - 3 - rest.len(), block_type, rest)
}

fn digest_info(digest: &[u8]) -> Vec<u8> {
    seq([algorithm(Md::Sha256.oid(), &null()), octets(digest)])
}

/// The RSA value as a number and as a string of octets.
fn numbers() -> Vec<Case> {
    let case = |name, title, tamper: fn(&Identity, Vec<u8>, &[u8]) -> Vec<u8>| {
        refused("K11", "good-rsa", name, title, &good().tampered(tamper))
    };
    let zero_first = at_some_second(|value| value.first() == Some(&0));
    let zero_dropped =
        at_some_second(|value| value.first() == Some(&0)).tampered(|_, value, _| value.split_at(1).1.to_vec());
    let modulus = || Identity::leaf("cns-good").key.rsa().unwrap().n().to_owned().unwrap();
    let plus_modulus = at_some_second(move |value| sum(value, &modulus()).len() == 256)
        .tampered(|identity, value, _| sum(&value, identity.key.rsa().unwrap().n()));
    vec![
        Case::good("good-rsa-zero-first", "K11", "An RSA value that starts with a zero octet", attached(&zero_first))
            .clause("RFC 8017 §8.2.1")
            .holding(CONTENT),
        refused("K11", "good-rsa-zero-first", "rsa-zero-dropped", "The leading zero octet is missing", &zero_dropped),
        refused("K11", "good-rsa", "rsa-plus-modulus", "The value plus the modulus", &plus_modulus),
        case("rsa-longer", "A zero octet before the value", |_, value, _| [&[0][..], &value].concat()),
        case("rsa-trailing", "A zero octet after the value", |_, value, _| [&value[..], &[0]].concat()),
        case("rsa-empty", "A value of no octets", |_, _, _| Vec::new()),
        case("rsa-zero", "The value 0", |_, value, _| vec![0; value.len()]),
        case("rsa-one", "The value 1", |_, value, _| {
            let mut one = vec![0; value.len() - 1];
            one.push(1);
            one
        }),
        case("rsa-minus-one", "The modulus minus 1", |identity, _, _| {
            let mut number = identity.key.rsa().unwrap().n().to_owned().unwrap();
            number.sub_word(1).unwrap();
            number.to_vec()
        }),
        case("rsa-reversed", "Least significant octet first", |_, mut value, _| {
            value.reverse();
            value
        }),
        case("rsa-bit-flipped", "One bit flipped", |_, mut value, _| {
            if let Some(octet) = value.get_mut(128) {
                *octet ^= 1;
            }
            value
        }),
    ]
}

/// Tries one signing time after the other until the value is as wanted.
fn at_some_second(wanted: impl Fn(&[u8]) -> bool) -> Signer {
    let times =
        (0..86_400).map(|second| format!("260131{:02}{:02}{:02}Z", second / 3_600, second / 60 % 60, second % 60));
    times
        .map(|time| good().replacing(Attribute::new(SIGNING_TIME, utc_time(&time))))
        .find(|signer| wanted(&signer.value()))
        .unwrap()
}

fn sum(value: &[u8], modulus: &openssl::bn::BigNumRef) -> Vec<u8> {
    let mut sum = BigNum::new().unwrap();
    sum.checked_add(&BigNum::from_slice(value).unwrap(), modulus).unwrap();
    sum.to_vec()
}

fn ecdsa() -> Vec<Case> {
    let signer = || Signer::new(&Identity::leaf("qualified-p256"), CONTENT);
    let case = |name, title, tamper: fn(&[u8], &[u8]) -> Vec<u8>| {
        let signer = signer().tampered(move |_, value, _| {
            let (r, s) = parts(&value);
            tamper(&r, &s)
        });
        refused("K12", "good-p256", name, title, &signer)
    };
    let negated = signer().tampered(|_, value, _| {
        let (r, s) = parts(&value);
        let mut other = BigNum::new().unwrap();
        other.checked_sub(&order(), &BigNum::from_slice(&s).unwrap()).unwrap();
        seq([unsigned(&r), unsigned(&other.to_vec())])
    });
    vec![
        Case::good("good-ecdsa-other-s", "K12", "The order minus s: the other value that holds", attached(&negated))
            .clause("SEC 1 §4.1.4: malleable by nature")
            .holding(CONTENT),
        case("ecdsa-r-zero", "r is 0", |_, s| seq([unsigned(&[]), unsigned(s)])),
        case("ecdsa-s-zero", "s is 0", |r, _| seq([unsigned(r), unsigned(&[])])),
        case("ecdsa-both-zero", "r and s are 0 (CVE-2022-21449)", |_, _| seq([unsigned(&[]), unsigned(&[])])),
        case("ecdsa-r-order", "r is the order", |_, s| seq([unsigned(&order().to_vec()), unsigned(s)])),
        case("ecdsa-s-order", "s is the order", |r, _| seq([unsigned(r), unsigned(&order().to_vec())])),
        case("ecdsa-r-plus-order", "r plus the order", |r, s| seq([unsigned(&sum(r, &order())), unsigned(s)])),
        case("ecdsa-s-negative", "s is negative", |r, s| {
            let mut negative = BigNum::new().unwrap();
            let whole = BigNum::from_slice(&[&[1][..], &[0; 33]].concat()).unwrap();
            negative.checked_sub(&whole, &BigNum::from_slice(s).unwrap()).unwrap();
            seq([unsigned(r), tlv(0x02, &negative.to_vec())])
        }),
        case("ecdsa-ber-length", "A long-form length", |r, s| {
            let contents = [unsigned(r), unsigned(s)].concat();
            [&[0x30, 0x81, u8::try_from(contents.len()).unwrap()], &contents[..]].concat()
        }),
        case("ecdsa-padded-r", "r with a needless zero octet", |r, s| {
            seq([tlv(0x02, &[&[0, 0], r].concat()), unsigned(s)])
        }),
        case("ecdsa-trailing", "An octet after the value", |r, s| {
            [&seq([unsigned(r), unsigned(s)])[..], &[0]].concat()
        }),
        case("ecdsa-third-number", "A third number", |r, s| seq([unsigned(r), unsigned(s), unsigned(&[1])])),
        case("ecdsa-p1363", "r and s side by side (IEEE P1363)", |r, s| [fill(r), fill(s)].concat()),
        case("ecdsa-swapped", "s before r", |r, s| seq([unsigned(s), unsigned(r)])),
        case("ecdsa-empty", "A value of no octets", |_, _| Vec::new()),
    ]
}

fn parts(value: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let signature = EcdsaSig::from_der(value).unwrap();
    (signature.r().to_vec(), signature.s().to_vec())
}

fn order() -> BigNum {
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
    let mut order = BigNum::new().unwrap();
    group.order(&mut order, &mut BigNumContext::new().unwrap()).unwrap();
    order
}

fn fill(number: &[u8]) -> Vec<u8> {
    [&vec![0; 32 - number.len()], number].concat()
}
