//! K22: incremental saving; what is added after the signed revision without being signed.

use crate::case::Case;
use crate::expected::{Expected, Signature};
use crate::forge::pdf::Pdf;
use crate::forge::pdf::section::Form;
use crate::pdf::agreement::{TEXT_1, first_text, other_amount};
use crate::pdf::signed::{FIRST, SECOND, approval, bad, forbidden_by, passed, sign, signed, write_again};

const TWIN: &str = "good-two-signatures";
const CLAUSE: &str = "ISO 32000-2 §12.8.1, §7.5.6";

pub(crate) fn cases() -> Vec<Case> {
    [saved(), altered()].into_iter().flatten().collect()
}

/// Octets after the signed revision, with ever less of what makes a revision.
fn saved() -> Vec<Case> {
    let after = |name, title, add: &dyn Fn(&mut Pdf)| {
        let mut pdf = signed();
        add(&mut pdf);
        bad(name, "K22", TWIN, title, &pdf).expect(open(&["rejected", "undetermined"])).clause(CLAUSE)
    };
    let body = |pdf: &mut Pdf| pdf.write_unlisted(TEXT_1, &other_amount());
    let listing = |at: usize| format!("xref\n{TEXT_1} 1\n{at:010} 00000 n \n");
    let trailer = |prev| format!("trailer\n<< /Size 13 /Root 1 0 R /Prev {prev:010} >>\n");
    vec![
        after("isa-a-update", "The text of the first page changed", &|pdf| {
            pdf.put(TEXT_1, other_amount());
            pdf.commit(Form::Table);
        })
        .expect(Expected::one(forbidden_by(FIRST).on_page(1))),
        after("isa-b-body-only", "Objects after %%EOF, listed nowhere", &|pdf| {
            body(pdf);
        })
        .expect(open(&["rejected", "undetermined", "accepted"]).remarked_somehow()),
        after("isa-c-no-section", "Objects and a trailer, no section", &|pdf| {
            body(pdf);
            let last = pdf.last.unwrap();
            pdf.append(trailer(last).as_bytes());
            pdf.close(last);
        }),
        after("isa-d-no-trailer", "Objects and a section, no trailer", &|pdf| {
            let at = body(pdf);
            let section = pdf.here();
            pdf.append(listing(at).as_bytes());
            pdf.close(section);
        })
        .expect(Expected::not_accepted().open()),
        after("isa-e-no-startxref", "Objects, a section and a trailer, no startxref", &|pdf| {
            let at = body(pdf);
            let last = pdf.last.unwrap();
            pdf.append((listing(at) + &trailer(last)).as_bytes());
            pdf.append(b"%%EOF\n");
        }),
        after("isa-f-startxref-nowhere", "Objects, and a startxref that points at them", &|pdf| {
            let at = body(pdf);
            pdf.close(at);
        })
        .expect(Expected::not_accepted().open()),
        after("isa-g-text", "Text after %%EOF", &|pdf| pdf.append(b"<script>alert('prova')</script>\n"))
            .expect(open(&["rejected", "undetermined", "accepted"]).remarked_somehow()),
        after("isa-h-copied-signature", "The update has a copy of the signature", &|pdf| {
            pdf.put(TEXT_1, other_amount());
            write_again(pdf, 11);
            pdf.commit(Form::Table);
        })
        .expect(open(&["rejected"])),
        after("isa-i-stream", "The text changed, in a revision with a cross-reference stream", &|pdf| {
            pdf.put(TEXT_1, other_amount());
            pdf.commit(Form::Stream);
        })
        .expect(Expected::one(forbidden_by(FIRST).on_page(1))),
        after("isa-missing-eof", "The update lacks its %%EOF", &|pdf| {
            pdf.put(TEXT_1, other_amount());
            pdf.commit(Form::Table);
            pdf.bytes.truncate(pdf.bytes.len() - 6);
        })
        .expect(open(&["rejected", "undetermined"])),
        after("isa-hidden-between", "Changed, then changed back", &|pdf| {
            pdf.put(TEXT_1, other_amount());
            pdf.commit(Form::Table);
            pdf.put(TEXT_1, first_text());
            pdf.commit(Form::Table);
        })
        .expect(Expected::one(forbidden_by(FIRST).on_page(1))),
        after("isa-before-second-signature", "The text changed between two signatures", &|pdf| {
            pdf.put(TEXT_1, other_amount());
            pdf.commit(Form::Table);
            sign(pdf, &approval("Firma2"), SECOND);
        })
        .expect(Expected::all(vec![forbidden_by(FIRST).on_page(1), passed(SECOND)])),
        after("isa-with-second-signature", "The text changed in the revision of the second signature", &|pdf| {
            pdf.put(TEXT_1, other_amount());
            sign(pdf, &approval("Firma2"), SECOND);
        })
        .expect(Expected::all(vec![forbidden_by(FIRST).on_page(1), passed(SECOND)])),
    ]
}

/// Nothing said about the signatures.
fn open(verdict: &'static [&'static str]) -> Expected {
    Expected::not_accepted().open().verdict(verdict)
}

/// The signed octets themselves are altered.
fn altered() -> Vec<Case> {
    let altered = |name, title, from: &[u8], to: &[u8]| {
        let mut pdf = signed();
        let at = pdf.find_last(from);
        pdf.overwrite(at, to);
        bad(name, "K22", "good-cades-detached", title, &pdf)
            .expect(Expected::one(Signature::broken(&["HASH_FAILURE"])))
            .clause("EN 319 102-1 §5.2.7")
    };
    vec![
        altered("altered-text", "The amount altered in the signed text", b"1.000 euro", b"9.000 euro"),
        altered("altered-trailer", "An octet altered in the signed trailer", b"c0ffee00> <", b"c0ffee01> <"),
    ]
}
