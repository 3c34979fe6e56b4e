//! K13, K14: keys and algorithm identifiers.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;

use crate::case::{CONTENT, Case};
use crate::expected::{Expected, Signature};
use crate::forge::certificate::{Template, rsa_spki, spki};
use crate::forge::cms::{Message, Signer};
use crate::forge::der::{algorithm, int, null, octets, oid, seq, unsigned};
use crate::forge::identity::{Identity, Md, Scheme, p256_key, pss, rsa_key};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = keys();
    cases.extend(other_keys());
    cases.extend(identifiers());
    cases
}

fn attached(signer: &Signer) -> Vec<u8> {
    Message::attached(CONTENT, &[signer]).encode()
}

/// A leaf of the CNS authority over a public key of our choice; `key` is the key that signs.
fn leaf(key: PKey<openssl::pkey::Private>, spki: &[u8], serial: u8) -> Identity {
    let model = Identity::leaf("cns-good");
    let serial = unsigned(&[0x4f, 0x0a, 0x77, serial]);
    let certificate = Template { serial, ..Template::like(&model, spki) }.sign(&Identity::authority("cns-esempio"));
    Identity { certificate, key }
}

/// A signer that names `leaf` everywhere and has its value made by `tamper`.
fn signer_of(leaf: &Identity, scheme: Scheme) -> Signer {
    Signer::with(leaf, CONTENT, scheme, Md::Sha256)
}

fn keys() -> Vec<Case> {
    let refused = |name, title, signer: &Signer| {
        Case::bad(name, "K13", "good-rsa-own-leaf", title, attached(signer))
            .clause("RFC 8017 §3.1; EN 319 102-1 §5.2.8")
    };
    let rsa = rsa_key(2048);
    let plain = leaf(rsa.clone(), &spki(&rsa), 1);
    vec![
        Case::good("good-rsa-own-leaf", "K13", "A leaf made like those below, with a sound key", {
            attached(&signer_of(&plain, Scheme::Pkcs1))
        })
        .holding(CONTENT),
        refused("rsa-exponent-one", "Exponent 1: the padded digest is its own signature", &{
            let modulus = rsa.rsa().unwrap().n().to_vec();
            let leaf = leaf(rsa.clone(), &rsa_spki(&modulus, &[1]), 2);
            signer_of(&leaf, Scheme::Pkcs1).tampered(|_, _, signed| {
                let info = seq([algorithm(Md::Sha256.oid(), &null()), octets(&Md::Sha256.digest(signed))]);
                [&[0x00, 0x01][..], &vec![0xff; 256 - 3 - info.len()], &[0x00], &info].concat()
            })
        }),
        refused("rsa-exponent-even", "An even exponent", &{
            let leaf = leaf(rsa.clone(), &rsa_spki(&rsa.rsa().unwrap().n().to_vec(), &[1, 0, 0]), 3);
            signer_of(&leaf, Scheme::Pkcs1)
        }),
        refused("rsa-exponent-huge", "An exponent of 2048 bits that does verify", &{
            let leaf = leaf(rsa.clone(), &rsa_spki(&rsa.rsa().unwrap().n().to_vec(), &equivalent_exponent(&rsa)), 4);
            signer_of(&leaf, Scheme::Pkcs1)
        }),
        refused("rsa-modulus-16384", "A modulus of 16,384 bits", &{
            let modulus = odd_number(16_384);
            let leaf = leaf(rsa.clone(), &rsa_spki(&modulus, &[1, 0, 1]), 5);
            signer_of(&leaf, Scheme::Pkcs1).tampered(|_, _, _| vec![0x5a; 2_048])
        }),
        refused("rsa-modulus-65536", "A modulus of 65,536 bits and an exponent as long", &{
            let modulus = odd_number(65_536);
            let leaf = leaf(rsa.clone(), &rsa_spki(&modulus, &modulus), 6);
            signer_of(&leaf, Scheme::Pkcs1).tampered(|_, _, _| vec![0x5a; 8_192])
        }),
        refused("rsa-modulus-negative", "A modulus whose sign bit is set", &{
            let key = rsa.rsa().unwrap();
            let number = crate::forge::der::tlv(0x02, &key.n().to_vec());
            let bits = crate::forge::der::bits(&seq([number, unsigned(&[1, 0, 1])]));
            let leaf = leaf(rsa.clone(), &seq([algorithm("1.2.840.113549.1.1.1", &null()), bits]), 7);
            signer_of(&leaf, Scheme::Pkcs1)
        }),
        Case::good("good-rsa-exponent-three", "K11", "Exponent 3, padded as it should be", {
            let key = exponent_three();
            attached(&signer_of(&leaf(key.clone(), &spki(&key), 8), Scheme::Pkcs1))
        })
        .clause("ETSI TS 119 312: exponents under 65,537 are a question of policy")
        .expect(Expected::one(Signature::passed()).verdict(&["accepted", "undetermined"])),
        Case::bad(
            "rsa-exponent-three-forged",
            "K11",
            "good-rsa-exponent-three",
            "Exponent 3, a cube root with garbage",
            {
                let key = exponent_three();
                attached(&signer_of(&leaf(key.clone(), &spki(&key), 9), Scheme::Pkcs1).tampered(cube_root))
            },
        )
        .expect(Expected::one(Signature::broken(&["SIG_CRYPTO_FAILURE"])))
        .clause("CVE-2006-4339"),
    ]
}

/// Keys on curves, and a key of the wrong kind.
fn other_keys() -> Vec<Case> {
    vec![
        Case::bad("ec-explicit-parameters", "K13", "good-p256", "P-256 with its parameters spelt out", {
            let key = explicit_key();
            attached(&signer_of(&leaf(key.clone(), &spki(&key), 10), Scheme::Ecdsa))
        })
        .clause("RFC 5480 §2.1.1; CVE-2020-0601"),
        Case::bad("ec-point-off-curve", "K13", "good-p256", "A public key that is not on its curve", {
            let key = p256_key();
            let mut bad = spki(&key);
            if let Some(last) = bad.last_mut() {
                *last ^= 1;
            }
            attached(&signer_of(&leaf(key, &bad, 11), Scheme::Ecdsa))
        })
        .clause("SEC 1 §3.2.2.1"),
        Case::bad("key-of-other-kind", "K14", "good-rsa", "ECDSA named, the key is RSA", {
            let mut signer = signer_of(&Identity::leaf("cns-good"), Scheme::Pkcs1);
            signer.signature_algorithm = Scheme::Ecdsa.identifier(Md::Sha256);
            attached(&signer)
        }),
    ]
}

/// e + φ(n): as good as e, and as long as the modulus.
fn equivalent_exponent(key: &PKey<openssl::pkey::Private>) -> Vec<u8> {
    let rsa = key.rsa().unwrap();
    let mut context = BigNumContext::new().unwrap();
    let less_one = |prime: &openssl::bn::BigNumRef| {
        let mut number = prime.to_owned().unwrap();
        number.sub_word(1).unwrap();
        number
    };
    let mut phi = BigNum::new().unwrap();
    phi.checked_mul(&less_one(rsa.p().unwrap()), &less_one(rsa.q().unwrap()), &mut context).unwrap();
    let mut exponent = BigNum::new().unwrap();
    exponent.checked_add(&phi, rsa.e()).unwrap();
    exponent.to_vec()
}

fn odd_number(bits: usize) -> Vec<u8> {
    let mut octets = vec![0xc5; bits / 8];
    if let Some(last) = octets.last_mut() {
        *last = 0x7b;
    }
    octets
}

fn exponent_three() -> PKey<openssl::pkey::Private> {
    let exponent = BigNum::from_u32(3).unwrap();
    PKey::from_rsa(openssl::rsa::Rsa::generate_with_e(2048, &exponent).unwrap()).unwrap()
}

/// The integer whose cube starts with a short padding, the DigestInfo and then garbage: needs no private key.
fn cube_root(_: &Identity, _: Vec<u8>, signed: &[u8]) -> Vec<u8> {
    let info = seq([algorithm(Md::Sha256.oid(), &null()), octets(&Md::Sha256.digest(signed))]);
    let mut target = [&[0x00, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00][..], &info].concat();
    target.resize(256, 0xff);
    let target = BigNum::from_slice(&target).unwrap();
    let mut context = BigNumContext::new().unwrap();
    let mut root = BigNum::new().unwrap();
    for bit in (0..700).rev() {
        root.set_bit(bit).unwrap();
        let (mut square, mut cube) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        square.sqr(&root, &mut context).unwrap();
        cube.checked_mul(&square, &root, &mut context).unwrap();
        if cube > target {
            root.clear_bit(bit).unwrap();
        }
    }
    root.to_vec_padded(256).unwrap()
}

fn explicit_key() -> PKey<openssl::pkey::Private> {
    let mut group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn identifiers() -> Vec<Case> {
    let rsa = Identity::leaf("cns-good");
    let bad = |name, title, change: fn(&mut Signer)| {
        let mut signer = Signer::new(&rsa, CONTENT);
        change(&mut signer);
        Case::bad(name, "K14", "good-rsa", title, attached(&signer)).clause("RFC 5652 §5.3; RFC 8933")
    };
    let pss_signed = |name, title, identifier: Vec<u8>| {
        let mut signer = Signer::with(&rsa, CONTENT, Scheme::Pss { mgf: Md::Sha256, salt: 32 }, Md::Sha256);
        signer.signature_algorithm = identifier;
        Case::bad(name, "K14", "good-pss", title, attached(&signer)).clause("RFC 4056 §3; RFC 4055 §3.1")
    };
    let pss_oid = "1.2.840.113549.1.1.10";
    vec![
        bad("algorithms-disagree", "SHA-256 beside sha512WithRSAEncryption", |signer| {
            signer.signature_algorithm = Scheme::Pkcs1WithDigest.identifier(Md::Sha512);
        }),
        bad("digest-unknown", "A digest algorithm of no table", |signer| {
            signer.digest_algorithm = algorithm("1.3.6.1.4.1.99999.9", &[]);
        }),
        bad("signature-unknown", "A signature algorithm of no table", |signer| {
            signer.signature_algorithm = algorithm("1.3.6.1.4.1.99999.8", &[]);
        }),
        bad("digest-named-sha1", "Named SHA-1, digested with SHA-256", |signer| {
            signer.digest_algorithm = Md::Sha1.identifier();
        }),
        bad("signature-parameters", "Parameters where RSA has NULL", |signer| {
            signer.signature_algorithm = algorithm("1.2.840.113549.1.1.11", &int(5));
        }),
        bad("signature-is-digest", "A digest algorithm as signature algorithm", |signer| {
            signer.signature_algorithm = Md::Sha256.identifier();
        }),
        bad("algorithm-not-sequence", "A bare OID as signature algorithm", |signer| {
            signer.signature_algorithm = oid("1.2.840.113549.1.1.1");
        }),
        pss_signed("pss-other-digest", "PSS parameters name another digest", pss(Md::Sha512, Md::Sha256, 32)),
        pss_signed("pss-other-mgf", "PSS parameters name another mask digest", pss(Md::Sha256, Md::Sha512, 32)),
        pss_signed("pss-other-salt", "PSS parameters name another salt length", pss(Md::Sha256, Md::Sha256, 20)),
        pss_signed("pss-no-parameters", "PSS without parameters", algorithm(pss_oid, &[])),
        pss_signed("pss-default-parameters", "PSS with default parameters (SHA-1)", algorithm(pss_oid, &seq([]))),
        pss_signed("pss-as-pkcs1", "PSS value, PKCS #1 v1.5 named", Scheme::Pkcs1.identifier(Md::Sha256)),
    ]
}
