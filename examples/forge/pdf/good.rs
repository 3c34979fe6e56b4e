//! Signatures that hold, in the forms that occur; nothing was added after them.

use crate::case::{CARDA, Case};
use crate::expected::{Expected, Signature};
use crate::forge::cms::{Message, Signer};
use crate::forge::identity::Identity;
use crate::forge::pdf::section::{Form, Link, Section};
use crate::forge::pdf::signature::{Field, Placement, hex};
use crate::forge::pdf::{Dict, Pdf};
use crate::forge::timestamp::of_signature;
use crate::pdf::agreement::{PAGE_1, PAGE_2, TEXT_1, TEXT_2, agreement, fill, form, other_amount};
use crate::pdf::signed::{
    FIRST, SECOND, THIRD, approval, bare_value, cades, certified_from, forbidden_by, good, over_sha1, passed, sign,
    signed, signed_from, signer, tsa, updated,
};

pub(crate) fn cases() -> Vec<Case> {
    [sub_filters(), cross_references(), edges(), envelopes(), fields()].into_iter().flatten().collect()
}

fn with_sub_filter(sub_filter: &str, dict: &Dict, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Pdf {
    let mut pdf = agreement();
    pdf.commit(Form::Table);
    let mut placement = Placement::new("Firma1", PAGE_1, sub_filter).with("M", "(D:20260131090000Z)");
    placement.dict.extend(dict);
    pdf.place(&placement);
    pdf.commit(Form::Table);
    pdf.fill(sign);
    pdf
}

fn sub_filters() -> Vec<Case> {
    let none = Dict::default();
    let with_time = |covered: &[u8]| Message::detached(&[&Signer::new(&Identity::leaf(FIRST), covered)]).encode();
    let weak =
        |sub_indication| Expected::one(Signature::indeterminate(Some("true"), sub_indication).changed(&["none"]));
    let certificate = hex(&Identity::leaf(FIRST).certificate);
    let bare = Dict::of(&[("Cert", &format!("<{certificate}>"))]);
    let stamped = |covered: &[u8]| {
        let signer = signer(FIRST, covered);
        let value = signer.value();
        let signer = signer.and_unsigned(of_signature(&tsa(), &value, "20260131090500Z"));
        Message::detached(&[&signer]).encode()
    };
    vec![
        good("good-cades-detached", "K21", "PAdES B-B: ETSI.CAdES.detached", &signed())
            .clause("EN 319 142-1 §6.3")
            .declared(CARDA),
        good("good-pkcs7-detached", "K21", "adbe.pkcs7.detached, with signing time", &{
            with_sub_filter("/adbe.pkcs7.detached", &none, with_time)
        })
        .clause("ISO 32000-2 §12.8.3.3")
        .expect(Expected::one(Signature::passed().by(&Identity::leaf(FIRST)).changed(&["none"]))),
        good("good-pkcs7-sha1", "K27", "adbe.pkcs7.sha1: the content is the SHA-1 of what is covered", &{
            with_sub_filter("/adbe.pkcs7.sha1", &none, over_sha1)
        })
        .clause("ISO 32000-1 §12.8.3.3.1; TS 119 312: SHA-1")
        .expect(weak(&["CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "CRYPTO_CONSTRAINTS_FAILURE"])),
        good("good-x509-rsa-sha1", "K21", "adbe.x509.rsa_sha1: a bare value, the certificate in Cert", &{
            with_sub_filter("/adbe.x509.rsa_sha1", &bare, bare_value)
        })
        .clause("ISO 32000-1 §12.8.3.2; no signing certificate attribute, SHA-1")
        .expect(weak(&[
            "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
            "CRYPTO_CONSTRAINTS_FAILURE",
            "SIG_CONSTRAINTS_FAILURE",
        ])),
        good("good-signature-timestamp", "K27", "PAdES B-T: a time-stamp of the value in the message", &{
            let mut pdf = agreement();
            pdf.commit(Form::Table);
            pdf.place(&approval("Firma1").room(4_500));
            pdf.commit(Form::Table);
            pdf.fill(stamped);
            pdf
        })
        .clause("EN 319 142-1 §6.3"),
    ]
}

fn cross_references() -> Vec<Case> {
    let written = |form: Form| {
        let mut pdf = agreement();
        pdf.commit(form);
        pdf.place(&approval("Firma1"));
        pdf.commit(form);
        pdf.fill(cades(FIRST));
        pdf
    };
    let packed = |name, title, form| good(name, "K28", title, &written(form));
    vec![
        packed("good-xref-stream", "Cross-reference streams", Form::Stream).clause("ISO 32000-2 §7.5.8"),
        packed("good-object-streams", "Objects in object streams", Form::Packed).clause("ISO 32000-2 §7.5.7"),
        good("good-hybrid", "K28", "A table, and a stream for the objects in an object stream", &{
            let mut pdf = agreement();
            pdf.commit(Form::Hybrid);
            sign(&mut pdf, &approval("Firma1"), FIRST);
            pdf
        })
        .clause("ISO 32000-2 §7.5.8.4"),
        good("good-table-after-stream", "K28", "A table after a cross-reference stream", &{
            let mut pdf = agreement();
            pdf.commit(Form::Packed);
            sign(&mut pdf, &approval("Firma1"), FIRST);
            pdf
        })
        .clause("ISO 32000-2 §7.5.8.4: not foreseen, and written by signing software"),
        good("good-linearised-order", "K28", "The first page and its section come first, as when linearised", &{
            let mut pdf = linearised();
            sign(&mut pdf, &approval("Firma1"), FIRST);
            pdf
        })
        .clause("ISO 32000-2 annex F"),
        good("good-one-revision", "K22", "Generated and signed in one revision", &{
            let mut pdf = agreement();
            pdf.place(&approval("Firma1"));
            pdf.commit(Form::Table);
            pdf.fill(cades(FIRST));
            pdf
        })
        .clause("ISO 32000-2 §12.8.1"),
    ]
}

/// The second page and its text stand in the main section at the end, which the first one precedes.
fn linearised() -> Pdf {
    let mut pdf = agreement();
    let later = [PAGE_2, TEXT_2].map(|number| (number, pdf.postpone(number)));
    pdf.commit(Section::table().prev(Link::At(0)).startxref(0));
    let first = pdf.last.unwrap();
    let main = {
        for (number, object) in later {
            pdf.put(number, object);
        }
        pdf.commit(Section::table().prev(Link::None).startxref(first));
        pdf.last.unwrap()
    };
    pdf.patch("/Prev 0000000000", &format!("/Prev {main:010}"));
    pdf.last = Some(first);
    pdf
}

fn edges() -> Vec<Case> {
    let junk = b"%!PS-Adobe: scritto da un programma di prova\n".repeat(10);
    let after = |origin| {
        let mut pdf = fill(Pdf::after(&junk, origin));
        pdf.commit(Form::Table);
        sign(&mut pdf, &approval("Firma1"), FIRST);
        pdf
    };
    let mut spaces = signed();
    spaces.append(b"\r\n \t\n\0\n");
    let mut loose = agreement();
    loose.commit(Form::Table);
    loose.place(&approval("Firma1"));
    loose.commit(Form::Table);
    let hole = loose.hole();
    let range = [0, hole.start, hole.end, loose.bytes.len() - hole.end];
    loose.set_range(&hole, &format!("[ 0\n{}\t{} % due\n {} ]", range[1], range[2], range[3]));
    let covered = loose.covered(range);
    loose.set_contents(&hole, &cades(FIRST)(&covered));
    vec![
        good("good-junk-before-header", "K22", "Text before the header; offsets from the header", &after(junk.len()))
            .clause("ISO 32000-2 §7.5.2; ByteRange counts from the start of the file"),
        good("good-junk-offsets-from-start", "K22", "Text before the header; offsets from the start", &after(0))
            .clause("ISO 32000-1 annex H.3, note 13: within the first 1,024 octets"),
        good("good-white-space-after", "K22", "White space after %%EOF", &spaces).clause("ISO 32000-2 §7.5.5"),
        good("good-loose-range", "K23", "ByteRange with line breaks and a comment", &loose)
            .clause("ISO 32000-2 §7.2.3"),
        good("good-wide-hole", "K23", "Contents with 20,000 octets of padding", &{
            let mut pdf = agreement();
            pdf.commit(Form::Table);
            sign(&mut pdf, &approval("Firma1").room(20_000), FIRST);
            pdf
        })
        .clause("ISO 32000-2 §12.8.1: Contents is padded with zeros"),
    ]
}

fn envelopes() -> Vec<Case> {
    let enveloped = |content: &[u8]| {
        let signer = Signer::new(&Identity::leaf(SECOND), content);
        Message::attached(content, &[&signer]).encode()
    };
    let mut unsigned = agreement();
    unsigned.commit(Form::Table);
    let inside = signed().bytes;
    let outer = Signature::passed().by(&Identity::leaf(SECOND));
    vec![
        Case::good("good-p7m-of-signed", "K27", "A signed PDF inside a p7m", enveloped(&inside))
            .clause("every layer counts")
            .expect(Expected::all(vec![outer.clone(), passed(FIRST).layer(1)])),
        Case::good("good-p7m-of-unsigned", "K27", "A PDF without signatures inside a p7m", enveloped(&unsigned.bytes))
            .clause("every layer counts")
            .expect(Expected::one(outer.clone()))
            .holding(&unsigned.bytes),
        Case::bad("p7m-of-updated", "K27", "good-p7m-of-signed", "A PDF changed after its signature inside a p7m", {
            enveloped(&updated(&signed(), |pdf| pdf.put(TEXT_1, other_amount())).bytes)
        })
        .clause("every layer counts")
        .expect(Expected::all(vec![outer.clone(), forbidden_by(FIRST).on_page(1).layer(1)])),
        Case::bad("p7m-of-altered", "K27", "good-p7m-of-signed", "A signed PDF, altered, inside a p7m", {
            let mut pdf = signed();
            pdf.patch("1.000 euro", "9.000 euro");
            enveloped(&pdf.bytes)
        })
        .clause("every layer counts")
        .expect(Expected::all(vec![outer, Signature::broken(&["HASH_FAILURE"]).layer(1)])),
    ]
}

fn fields() -> Vec<Case> {
    let lying = |leaf| {
        let mut pdf = agreement();
        pdf.commit(Form::Table);
        let placement = approval("Firma1")
            .with("Name", "(Firmina Esempio)")
            .with("Reason", "(Firmato da Firmina Esempio, SMPFMN85E52L736W)")
            .with("ContactInfo", "(firmina@example.org)");
        sign(&mut pdf, &placement, leaf);
        pdf
    };
    let mut empty = agreement();
    let field = empty.add_field("Firma1", PAGE_1, &Dict::default());
    let field = Field::Empty(field);
    empty.commit(Form::Table);
    sign(&mut empty, &approval("").field(field), FIRST);
    vec![
        good("good-empty-field", "K25", "Signed in a field that was there", &empty).clause("ISO 32000-2 §12.7.5.5"),
        good("good-form", "K25", "Signed with a form in it", &signed_from(form())),
        good("good-certified-p1", "K25", "Certified, P 1", &certified_from(agreement(), 1))
            .clause("ISO 32000-2 §12.8.2.2"),
        good("good-certified-p2", "K25", "Certified, P 2", &certified_from(form(), 2)),
        good("good-certified-p3", "K25", "Certified, P 3", &certified_from(form(), 3)),
        good("good-lying-name", "K26", "Name and Reason name somebody else; the certificate counts", &lying(FIRST))
            .clause("ISO 32000-2 §12.8.1: Name only where it cannot be had from the signature")
            .declared(CARDA),
        Case::bad(
            "lying-name-declared",
            "K26",
            "good-lying-name",
            "Name and Reason name the declared person; another signed",
            lying(THIRD).bytes,
        )
        .file("input.pdf")
        .expect(Expected::one(passed(THIRD)))
        .declared_other("SMPFMN85E52L736W")
        .clause("ISO 32000-2 §12.8.1"),
    ]
}
