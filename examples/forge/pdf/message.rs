//! K26 and K27: what stands in the signature dictionary, and the message in its Contents.

use crate::case::Case;
use crate::expected::{Expected, Signature};
use crate::forge::cms::{Message, Signer, message_digest};
use crate::forge::der::octets;
use crate::forge::identity::{Identity, Md, Scheme};
use crate::forge::pdf::Pdf;
use crate::forge::pdf::section::Form;
use crate::forge::pdf::signature::Placement;
use crate::forge::timestamp::token;
use crate::pdf::agreement::{FONT, PAGE_1, TEXT_1, agreement, font, other_amount};
use crate::pdf::signed::{
    CADES, FIRST, SECOND, bad, cades, filled, good, malformed, signed, signed_from, signer, stamp_with, tsa, updated,
    write_again,
};

pub(crate) fn cases() -> Vec<Case> {
    [dictionary(), messages(), digests(), sub_filters()].into_iter().flatten().collect()
}

fn dictionary() -> Vec<Case> {
    let renamed = |key: &'static str, value: &'static str| {
        updated(&signed(), |pdf| {
            write_again(pdf, 11);
            pdf.set(11, key, value);
        })
    };
    let case = |name, title, pdf: &Pdf| {
        bad(name, "K26", "good-lying-name", title, pdf)
            .expect(Expected::not_accepted().verdict(&["rejected"]))
            .clause("ISO 32000-2 §12.8.1: the dictionary is covered, but for Contents")
    };
    vec![
        case("name-added-later", "A later revision gives the signature a Name", &renamed("Name", "(Firmina Esempio)")),
        case("time-changed-later", "A later revision changes M", &renamed("M", "(D:20200101000000Z)")),
        case(
            "reason-added-later",
            "A later revision gives the signature a Reason",
            &renamed("Reason", "(per sola visione)"),
        ),
    ]
}

fn with(sub_filter: &str, room: usize, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Pdf {
    let mut pdf = agreement();
    pdf.commit(Form::Table);
    pdf.place(&Placement::new("Firma1", PAGE_1, sub_filter).room(room));
    pdf.commit(Form::Table);
    pdf.fill(sign);
    pdf
}

fn messages() -> Vec<Case> {
    let case = |name, title, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        malformed(name, "K27", "good-cades-detached", title, &with(CADES, 5_200, sign))
            .clause("ISO 32000-2 §12.8.3.3, §12.8.3.4: no content of its own, one signer")
    };
    let attached = |content: &[u8]| Message::attached(content, &[&signer(FIRST, content)]).encode();
    let two = |covered: &[u8]| Message::detached(&[&signer(FIRST, covered), &signer(SECOND, covered)]).encode();
    // No clause forbids it, no program shows it, and every peer accepts it: told, and no fault.
    let padded = |name, title, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        good(name, "K27", title, &with(CADES, 5_200, sign))
            .expect(Expected::one(Signature::passed().format("PAdES")).verdict(&["accepted"]).remarked_somehow())
            .clause("ISO 32000-2 §12.8.3.3: room is reserved for the message, and may be larger")
    };
    vec![
        padded("good-contents-trailing", "Other octets than zeros after the message", &|covered| {
            [cades(FIRST)(covered), b"altro".to_vec()].concat()
        }),
        padded("good-contents-two-messages", "A second message after the first", &|covered| {
            [cades(FIRST)(covered), cades(SECOND)(covered)].concat()
        }),
        case("contents-with-content", "The message holds what is covered", &|covered| attached(covered)),
        case("contents-with-other-content", "The message holds another content and signs that", &|_| {
            attached(b"Il corrispettivo annuo e' di 9.000 euro.")
        }),
        case("contents-with-other-pdf", "The message holds another PDF and signs that", &|_| {
            attached(b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n")
        }),
        case("contents-with-empty-content", "The message holds an empty content", &|covered| {
            let mut message = Message::detached(&[&signer(FIRST, covered)]);
            message.content = Some(octets(b""));
            message.encode()
        }),
        case("contents-two-signers", "The message has two signers", &two)
            .expect(Expected::all(vec![Signature::malformed(), Signature::malformed()]).verdict(&["rejected"])),
        case("contents-no-signer", "The message has no signer", &|covered| {
            let mut message = Message::detached(&[&signer(FIRST, covered)]);
            message.signers.clear();
            message.encode()
        }),
        case("contents-padding-before", "Zeros before the message", &|covered| {
            [vec![0; 16], cades(FIRST)(covered)].concat()
        }),
        // The zeros behind it are taken for the rest: a message of that form, with another value.
        case("contents-cut-short", "The message is cut short", &|covered| {
            let message = cades(FIRST)(covered);
            message.split_at(message.len() - 40).0.to_vec()
        })
        .expect(Expected::one(Signature::broken(&["FORMAT_FAILURE", "SIG_CRYPTO_FAILURE"])).verdict(&["rejected"])),
        case("contents-only-signed-data", "SignedData without its ContentInfo", &|covered| {
            Message::detached(&[&signer(FIRST, covered)]).signed_data()
        }),
        case("contents-text", "A text instead of a message", &|_| b"firmato da Carda Prova".to_vec()),
        malformed("contents-not-digits", "K27", "good-cades-detached", "A letter that is no digit in the padding", &{
            let mut pdf = signed();
            let at = pdf.find_last(b"0000>");
            pdf.overwrite(at, b"00G0>");
            pdf
        })
        .clause("ISO 32000-2 §7.3.4.3: hexadecimal digits and white space only"),
    ]
}

fn digests() -> Vec<Case> {
    let case = |name, title, expected, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        bad(name, "K27", "good-cades-detached", title, &with(CADES, 2_600, sign))
            .expect(Expected::one(Signature::broken(expected)))
            .clause("EN 319 102-1 §5.2.7")
    };
    let mut other = agreement();
    other.put(FONT, font("Times-Roman"));
    other.put(TEXT_1, other_amount());
    let other = signed_from(other);
    vec![
        case("contents-of-other-pdf", "The message of another PDF's signature", &["HASH_FAILURE"], &|_| {
            let [_, contents] = filled(&other);
            let digits =
                contents.trim_matches(['<', '>']).trim_end_matches("00").as_bytes().chunks(2).map(<[u8]>::to_vec);
            digits.map(|pair| u8::from_str_radix(&String::from_utf8(pair).unwrap(), 16).unwrap()).collect()
        }),
        case("contents-digest-wrong", "The digest is of something else", &["HASH_FAILURE"], &|covered| {
            let signer = signer(FIRST, covered).replacing(message_digest(&Md::Sha256.digest(b"altro")));
            Message::detached(&[&signer]).encode()
        }),
        case("contents-value-wrong", "The signature value is altered", &["SIG_CRYPTO_FAILURE"], &|covered| {
            let signer = signer(FIRST, covered).tampered(|_, mut value, _| {
                value.reverse();
                value
            });
            Message::detached(&[&signer]).encode()
        }),
    ]
}

fn sub_filters() -> Vec<Case> {
    let sha1_of = |stated: &'static [u8]| {
        move |_: &[u8]| {
            let digest = Md::Sha1.digest(stated);
            let signer = Signer::with(&Identity::leaf(FIRST), &digest, Scheme::Pkcs1, Md::Sha1);
            Message::attached(&digest, &[&signer]).encode()
        }
    };
    let unknown = |name, sub_filter| {
        bad(name, "K27", "good-cades-detached", "The SubFilter is not known", &with(sub_filter, 2_600, cades(FIRST)))
            .expect(Expected::not_accepted())
            .clause("ISO 32000-2 §12.8.3: how to read Contents is not known")
    };
    vec![
        bad(
            "sha1-of-other",
            "K27",
            "good-pkcs7-sha1",
            "adbe.pkcs7.sha1: the content is the SHA-1 of something else",
            &{ with("/adbe.pkcs7.sha1", 2_600, sha1_of(b"altro")) },
        )
        .expect(Expected::one(Signature::broken(&["HASH_FAILURE", "FORMAT_FAILURE"])))
        .clause("ISO 32000-1 §12.8.3.3.1"),
        unknown("sub-filter-unknown", "/prova.sconosciuto"),
        unknown("sub-filter-empty", "/"),
        bad(
            "sub-filter-of-timestamp",
            "K27",
            "good-document-timestamp",
            "A time-stamp token as a person's signature",
            &{ with(CADES, 3_000, |covered| token(&tsa(), covered, "20260131090500Z")) },
        )
        .expect(Expected::not_accepted())
        .clause("EN 319 142-1 §5.3: no content of its own; the key is for time-stamps only"),
        bad("timestamp-of-other", "K27", "good-document-timestamp", "The document time-stamp is of other octets", &{
            let mut pdf = signed();
            stamp_with(&mut pdf, |_| token(&tsa(), b"altro", "20260131090500Z"));
            pdf
        })
        .expect(Expected::not_accepted().open().verdict(&["accepted", "undetermined", "rejected"]).remarked_somehow())
        .clause("EN 319 142-1 §5.4.3: the imprint is of what ByteRange covers; the signature stands without it"),
    ]
}
