//! Signatures that hold, in the shapes that occur.

use crate::case::{CARDA, CONTENT, Case};
use crate::expected::{Expected, Signature};
use crate::forge::cms::{
    Attribute, Message, Order, SIGNING_CERTIFICATE_V2, Signer, ess_with_algorithm, signing_certificate_v1,
};
use crate::forge::der::{algorithm, context, null, octets, oid, seq, utf8};
use crate::forge::identity::{Identity, Md, Scheme};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = algorithms();
    cases.extend(forms());
    cases.extend(attributes());
    cases.extend(orders());
    cases.extend(cie());
    cases.extend(weak());
    cases
}

fn attached(signer: &Signer) -> Vec<u8> {
    Message::attached(CONTENT, &[signer]).encode()
}

fn algorithms() -> Vec<Case> {
    let rsa = Identity::leaf("cns-good");
    let passed = |name, title, leaf: &str, scheme, md| {
        let identity = Identity::leaf(leaf);
        let signer = Signer::with(&identity, CONTENT, scheme, md);
        Case::good(name, "K14", title, attached(&signer))
            .expect(Expected::one(Signature::passed().by(&identity)))
            .holding(CONTENT)
    };
    vec![
        Case::good("good-rsa", "K03", "CAdES B-B, RSA-2048 with SHA-256", attached(&Signer::new(&rsa, CONTENT)))
            .expect(Expected::one(Signature::passed().by(&rsa)))
            .clause("EN 319 122-1 §6.3")
            .declared(CARDA)
            .holding(CONTENT),
        Case::good("good-p256", "K12", "CAdES B-B, ECDSA on P-256 with SHA-256, qualified", {
            attached(&Signer::new(&Identity::leaf("qualified-p256"), CONTENT))
        })
        .holding(CONTENT)
        .clause("RFC 5753 §2.1"),
        passed("good-p384", "ECDSA on P-384 with SHA-384", "cns-p384", Scheme::Ecdsa, Md::Sha384),
        passed("good-p521", "ECDSA on P-521 with SHA-512", "cns-p521", Scheme::Ecdsa, Md::Sha512),
        passed("good-brainpool", "ECDSA on brainpoolP256r1", "cns-brainpool", Scheme::Ecdsa, Md::Sha256),
        passed("good-ecdsa-sha3", "ECDSA on P-256 with SHA3-256", "qualified-p256", Scheme::Ecdsa, Md::Sha3_256),
        passed("good-rsa-sha512", "RSA with SHA-512", "cns-good", Scheme::Pkcs1, Md::Sha512),
        passed("good-rsa-named", "sha256WithRSAEncryption", "cns-good", Scheme::Pkcs1WithDigest, Md::Sha256),
        passed("good-pss", "RSASSA-PSS", "cns-good", Scheme::Pss { mgf: Md::Sha256, salt: 32 }, Md::Sha256),
        passed(
            "good-pss-salt",
            "RSASSA-PSS, salt of 20",
            "cns-good",
            Scheme::Pss { mgf: Md::Sha256, salt: 20 },
            Md::Sha256,
        ),
        passed(
            "good-pss-mgf",
            "RSASSA-PSS, MGF1 over SHA-512",
            "cns-good",
            Scheme::Pss { mgf: Md::Sha512, salt: 32 },
            Md::Sha256,
        ),
    ]
}

fn forms() -> Vec<Case> {
    let rsa = Identity::leaf("cns-good");
    let signer = || Signer::new(&rsa, CONTENT);
    let message = || Message::attached(CONTENT, &[&signer()]);
    let mut by_key_id = signer();
    by_key_id.version = 3;
    by_key_id.sid = crate::forge::der::tlv(0x80, &rsa.key_id());
    let mut by_key_id_message = Message::attached(CONTENT, &[&by_key_id]);
    by_key_id_message.version = 3;
    let no_digests = Message { digest_algorithms: Vec::new(), ..message() };
    let other_digest = Message { digest_algorithms: vec![Md::Sha512.identifier()], ..message() };
    let null_digest = {
        let mut signer = signer();
        signer.digest_algorithm = algorithm(Md::Sha256.oid(), &null());
        Message::attached(CONTENT, &[&signer]).encode()
    };
    let empty = Signer::new(&rsa, b"");
    let definite_segments = Message {
        content: Some(crate::forge::der::tlv(0x24, &CONTENT.chunks(10).flat_map(octets).collect::<Vec<_>>())),
        ..message()
    };
    vec![
        Case::good("good-detached", "K08", "Detached signature with its content", {
            Message::detached(&[&signer()]).encode()
        })
        .detached(CONTENT)
        .holding(CONTENT)
        .clause("RFC 5652 §5.2"),
        Case::good("good-ber", "K15", "BER: indefinite lengths, content in segments of 16", {
            message().in_ber(CONTENT, 16).encode()
        })
        .holding(CONTENT)
        .clause("RFC 5652 §5.1"),
        Case::good("good-segments", "K15", "Content in segments of definite length", definite_segments.encode())
            .holding(CONTENT),
        Case::good("good-key-id", "K07", "Signer named by subject key identifier", by_key_id_message.encode())
            .expect(Expected::one(Signature::passed().by(&rsa)))
            .clause("RFC 5652 §5.3"),
        Case::good("good-no-digest-algorithms", "K14", "digestAlgorithms is empty", no_digests.encode())
            .clause("RFC 5652 §5.1: any number, including zero")
            .holding(CONTENT),
        Case::good(
            "good-other-digest-algorithms",
            "K14",
            "digestAlgorithms names another digest",
            other_digest.encode(),
        )
        .clause("RFC 5652 §5.1: MAY fail")
        .expect(Expected::one(Signature::passed().by(&rsa)).verdict(&["accepted", "undetermined"])),
        Case::good("good-null-parameters", "K14", "The digest algorithm has NULL parameters", null_digest)
            .clause("RFC 5754 §2"),
        Case::good("good-empty-content", "K08", "The signed content is empty", {
            Message::attached(b"", &[&empty]).encode()
        })
        .holding(b""),
        Case::good("good-embedded-crl", "K16", "A CRL rides in SignedData", {
            let crl = std::fs::read(crate::forge::identity::pki().join("cns-esempio/crl.der")).unwrap();
            Message { crls: vec![crl], ..message() }.encode()
        })
        .clause("RFC 5652 §10.2.1"),
    ]
}

fn attributes() -> Vec<Case> {
    let rsa = Identity::leaf("cns-good");
    let signer = || Signer::new(&rsa, CONTENT);
    let explicit = ess_with_algorithm(&rsa, Md::Sha256, &null(), crate::forge::cms::issuer_serial(&rsa));
    let no_serial =
        Attribute::new(SIGNING_CERTIFICATE_V2, seq([seq([seq([octets(&Md::Sha256.digest(&rsa.certificate))])])]));
    let unknown = Attribute::new("1.3.6.1.4.1.99999.7", utf8("prova"));
    vec![
        Case::good("good-ess-v1", "K06", "signing-certificate (SHA-1) instead of v2", {
            attached(&signer().without(SIGNING_CERTIFICATE_V2).and(signing_certificate_v1(&rsa)))
        })
        .clause("EN 319 122-1 §5.2.2.2; whether SHA-1 here still counts is a question of policy")
        .expect(Expected::one(Signature::passed()).verdict(&["accepted", "undetermined"])),
        Case::good("good-ess-both", "K06", "signing-certificate and signing-certificate-v2, agreeing", {
            attached(&signer().and(signing_certificate_v1(&rsa)))
        })
        .clause("EN 319 122-1 §5.2.2"),
        Case::good("good-ess-explicit", "K06", "signing-certificate-v2 spells out its default digest", {
            attached(&signer().replacing(explicit))
        })
        .clause("RFC 5035 §4"),
        Case::good("good-ess-no-serial", "K06", "signing-certificate-v2 without issuerSerial", {
            attached(&signer().replacing(no_serial))
        })
        .clause("RFC 5035 §4"),
        Case::good("good-unknown-attributes", "K03", "An unknown signed and an unknown unsigned attribute", {
            attached(&signer().and(unknown.clone()).and_unsigned(unknown))
        })
        .clause("RFC 5652 §5.3"),
        Case::good("good-empty-unsigned", "K03", "unsignedAttrs present and empty", {
            let signer = signer();
            let inner = signer.encode();
            let contents = inner.split_at(4).1.to_vec();
            let with_empty = crate::forge::der::tlv(0x30, &[contents, context(1, &[])].concat());
            Message { signers: vec![with_empty], ..Message::attached(CONTENT, &[&signer]) }.encode()
        })
        .clause("RFC 5652 §5.3: SIZE (1..MAX); nothing that counts is touched")
        .expect(Expected::one(Signature::passed()).verdict(&["accepted", "undetermined"])),
        Case::good("good-content-type-oid", "K02", "eContentType is not id-data, with the attributes it demands", {
            let mut message =
                Message::attached(CONTENT, &[&signer().replacing(crate::forge::cms::content_type(OTHER_TYPE))]);
            message.content_type = oid(OTHER_TYPE);
            message.version = 3;
            message.encode()
        })
        .clause("RFC 5652 §5.3")
        .expect(Expected::one(Signature::passed()).verdict(&["accepted", "undetermined"])),
    ]
}

/// Signed attributes in another order than DER's.
fn orders() -> Vec<Case> {
    let rsa = Identity::leaf("cns-good");
    let signer = || Signer::new(&rsa, CONTENT);
    let reversed = |order| {
        let mut signer = signer();
        signer.order = order;
        // Message digest before content type: no DER order has it so, the longer element comes last there.
        if let Some(list) = &mut signer.attributes {
            list.reverse();
        }
        attached(&signer)
    };
    vec![
        Case::good(
            "good-order-as-sent",
            "K03",
            "Attributes not in DER order, signed as sent",
            reversed(Order::AsListed),
        )
        .clause("RFC 5652 §5.4, not followed by old Italian signing software")
        .holding(CONTENT),
        Case::good("good-order-as-der", "K03", "Attributes not in DER order, signed in DER order", {
            reversed(Order::AsListedSignedAsDer)
        })
        .clause("RFC 5652 §5.4")
        .holding(CONTENT),
    ]
}

/// What the CIE middleware writes.
fn cie() -> Vec<Case> {
    let cie = Identity::leaf("cie-good");
    let bare_name = seq([cie.issuer(), cie.serial()]);
    let bare_name = Signer::new(&cie, CONTENT).replacing(ess_with_algorithm(&cie, Md::Sha256, &null(), bare_name));
    let plain_cie = Signer::new(&cie, CONTENT);
    // The issuer of CIE certificates stands below the root that is trusted.
    let with_issuer = |signer: &Signer| {
        let mut message = Message::attached(CONTENT, &[signer]);
        message.certificates.push(Identity::authority("cie-sub").certificate);
        message.encode()
    };
    vec![
        Case::good("good-cie", "K06", "A CIE signature, as it should be", with_issuer(&plain_cie)).holding(CONTENT),
        Case::good("good-cie-bare-name", "K06", "CIE middleware: issuerSerial holds a bare Name, not GeneralNames", {
            with_issuer(&bare_name)
        })
        .clause(
            "RFC 5035 §4: malformed, as the CIE middleware writes it; the hash binds, issuer and serial number agree",
        )
        .expect(Expected::one(Signature::passed().by(&cie))),
    ]
}

/// Some registered type that is not `id-data`: id-ct-asciiTextWithCRLF.
pub(crate) const OTHER_TYPE: &str = "1.2.840.113549.1.9.16.1.27";

/// Intact, and not worth a plain pass.
fn weak() -> Vec<Case> {
    let rsa = Identity::leaf("cns-good");
    let intact = |sub_indication| Expected::one(Signature::indeterminate(Some("true"), sub_indication));
    let weak_digest = |md| attached(&Signer::with(&rsa, CONTENT, Scheme::Pkcs1, md));
    let by = |leaf: &str| attached(&Signer::new(&Identity::leaf(leaf), CONTENT));
    vec![
        Case::bad("weak-sha1", "K14", "good-rsa", "Signed with SHA-1", weak_digest(Md::Sha1))
            .expect(intact(&["CRYPTO_CONSTRAINTS_FAILURE_NO_POE"]))
            .clause("ETSI TS 119 312 §5"),
        Case::bad("weak-md5", "K14", "good-rsa", "Signed with MD5", weak_digest(Md::Md5))
            .expect(intact(&["CRYPTO_CONSTRAINTS_FAILURE_NO_POE"])),
        Case::bad("weak-rsa-1024", "K13", "good-rsa", "Signed with RSA-1024", by("cns-rsa1024"))
            .expect(intact(&["CRYPTO_CONSTRAINTS_FAILURE_NO_POE"])),
        Case::bad("weak-certificate-sha1", "K14", "good-rsa", "The certificate is signed with SHA-1", by("cns-sha1"))
            .expect(intact(&["CRYPTO_CONSTRAINTS_FAILURE_NO_POE"])),
        Case::bad("no-signed-attributes", "K02", "good-rsa", "No signed attributes at all", {
            attached(&Signer::new(&rsa, CONTENT).bare())
        })
        .expect(intact(&["SIG_CONSTRAINTS_FAILURE"]))
        .clause("EN 319 122-1 §6.3"),
        Case::bad("no-signing-certificate-attribute", "K06", "good-rsa", "CMS without ESS attribute", {
            attached(&Signer::new(&rsa, CONTENT).without(SIGNING_CERTIFICATE_V2))
        })
        .expect(intact(&["SIG_CONSTRAINTS_FAILURE"]))
        .clause("EN 319 122-1 §6.3"),
        Case::bad("revoked-signer", "K10", "good-rsa", "The signer's certificate is revoked", by("cns-revoked"))
            .expect(intact(&["REVOKED_NO_POE"])),
        Case::bad(
            "unknown-issuer",
            "K07",
            "good-rsa",
            "Same person, an authority nobody trusts",
            by("cns-unrelated-ca"),
        )
        .expect(intact(&["NO_CERTIFICATE_CHAIN_FOUND"])),
        Case::bad(
            "impostor-authority",
            "K07",
            "good-rsa",
            "An authority with the name of a trusted one",
            by("cns-impostor"),
        )
        .expect(intact(&["NO_CERTIFICATE_CHAIN_FOUND", "CERTIFICATE_CHAIN_GENERAL_FAILURE"])),
        Case::bad(
            "wrong-person",
            "K10",
            "good-rsa",
            "Somebody else is declared",
            attached(&Signer::new(&rsa, CONTENT)),
        )
        .expect(Expected::one(Signature::passed().by(&rsa)))
        .declared_other("DVRLTR78S23F205R"),
    ]
}
