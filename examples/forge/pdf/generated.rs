//! K22: what was generated against what was signed.

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::section::Form;
use crate::forge::pdf::{Object, Pdf};
use crate::pdf::agreement::{ENTE, PAGE_1, TEXT_1, agreement, appearance, fill_in, form, other_amount};
use crate::pdf::signed::{FIRST, SECOND, approval, bad, good, passed, sign, visible};

const CLAUSE: &str =
    "the expected document is a prefix of the signed revision, and the rest adds nothing but signatures";

pub(crate) fn cases() -> Vec<Case> {
    let as_generated = generated(agreement());
    let form = generated(form());
    let signed = |pdf: &Pdf| {
        let mut pdf = pdf.clone();
        sign(&mut pdf, &approval("Firma1"), FIRST);
        pdf
    };
    let mut twice = signed(&as_generated);
    sign(&mut twice, &approval("Firma2"), SECOND);
    let mut other = agreement();
    other.put(TEXT_1, other_amount());
    let mut filled = form.clone();
    fill_in(&mut filled, ENTE, "Altro Ente S.r.l.");
    filled.commit(Form::Table);
    let mut with_change = as_generated.clone();
    with_change.put(TEXT_1, other_amount());
    vec![
        good("good-as-generated", "K22", "Signed as it was generated", &signed(&as_generated))
            .expecting(as_generated.bytes.clone(), "match")
            .clause(CLAUSE),
        good("good-as-generated-signed-twice", "K22", "Signed as it was generated, by two", &twice)
            .expect(Expected::all(vec![passed(FIRST).changed(&["allowed"]), passed(SECOND)]))
            .expecting(as_generated.bytes.clone(), "match")
            .clause(CLAUSE),
        good("good-as-generated-seen", "K22", "Signed as it was generated, with a look", &{
            let mut pdf = as_generated.clone();
            let field = visible(&mut pdf, "Firma1", "Firmato: Carda Prova");
            sign(&mut pdf, &approval("Firma1").field(field), FIRST);
            pdf
        })
        .expect(Expected::one(passed(FIRST)).remarked("pdf.signature_seen"))
        .expecting(as_generated.bytes.clone(), "match")
        .clause(CLAUSE),
        differing("stamped-before-signing", "Stamped, then signed", &signed(&stamped(&as_generated)), &as_generated),
        differing("filled-before-signing", "A text field filled, then signed", &signed(&filled), &form),
        differing(
            "changed-in-signing",
            "The text changed in the revision of the signature",
            &signed(&with_change),
            &as_generated,
        ),
        differing("other-document-signed", "Another document signed", &signed(&generated(other)), &as_generated),
    ]
}

fn differing(name: &'static str, title: &'static str, pdf: &Pdf, expected: &Pdf) -> Case {
    bad(name, "K22", "good-as-generated", title, pdf)
        .expect(Expected::one(passed(FIRST)).verdict(&["rejected"]))
        .expecting(expected.bytes.clone(), "mismatch")
        .clause(CLAUSE)
}

fn generated(mut pdf: Pdf) -> Pdf {
    pdf.commit(Form::Table);
    pdf
}

fn stamped(pdf: &Pdf) -> Pdf {
    let mut pdf = pdf.clone();
    let look = pdf.add(appearance("Protocollo 123 del 30/01/2026"));
    let annotation = pdf.add(Object::dict(&[
        ("Type", "/Annot"),
        ("Subtype", "/Stamp"),
        ("Rect", "[300 800 500 820]"),
        ("F", "4"),
        ("AP", &format!("<< /N {look} 0 R >>")),
    ]));
    pdf.push(PAGE_1, "Annots", &format!("{annotation} 0 R"));
    pdf.commit(Form::Table);
    pdf
}
