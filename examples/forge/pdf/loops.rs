//! K28: loops and depths; every reader must stop.

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::section::{Form, Link, Section};
use crate::forge::pdf::{Object, Pdf};
use crate::pdf::agreement::{CATALOG, FORM, METADATA, PAGE_1, PAGES, TEXT_1, agreement, metadata};
use crate::pdf::bombs::{CLAUSE, stopped};
use crate::pdf::signed::{FIRST, approval, bad, cades, forbidden, sign, signed, signed_from, updated};

pub(crate) fn cases() -> Vec<Case> {
    [loops(), depths()].into_iter().flatten().collect()
}

/// What was signed is odd, and nothing changed: whatever is said, it is said soon.
fn bounded(name: &'static str, title: &'static str, pdf: &Pdf) -> Case {
    let any = &["accepted", "rejected", "undetermined", "not_examined"];
    bad(name, "K28", "good-cades-detached", title, pdf)
        .expect(Expected::not_accepted().open().verdict(any))
        .clause("bounded in time and memory; the odd part was signed so")
}

fn later(name: &'static str, title: &'static str, change: impl FnOnce(&mut Pdf)) -> Case {
    forbidden(name, "K28", "good-metadata", title, &updated(&signed(), change)).clause(CLAUSE)
}

fn loops() -> Vec<Case> {
    let signed_with = |change: &dyn Fn(&mut Pdf)| {
        let mut pdf = agreement();
        change(&mut pdf);
        signed_from(pdf)
    };
    vec![
        stopped("prev-to-itself", "good-metadata", "Prev points at its own section", &{
            let mut pdf = signed();
            pdf.put(METADATA, metadata("2026-02-01T00:00:00Z"));
            pdf.commit(Section::table().prev(Link::At(0)));
            let at = pdf.last.unwrap();
            pdf.patch("/Prev 0000000000", &format!("/Prev {at:010}"));
            pdf
        }),
        stopped("prev-loop", "good-metadata", "The first section's Prev points at the last", &{
            let mut pdf = agreement();
            pdf.commit(Section::table().prev(Link::At(0)));
            pdf.place(&approval("Firma1"));
            pdf.commit(Form::Table);
            let last = pdf.last.unwrap();
            pdf.patch("/Prev 0000000000", &format!("/Prev {last:010}"));
            pdf.fill(cades(FIRST));
            pdf
        }),
        bounded(
            "signed-pages-loop",
            "The page tree holds itself",
            &signed_with(&|pdf| pdf.set(PAGES, "Kids", "[3 0 R 2 0 R]")),
        ),
        bounded(
            "signed-parent-loop",
            "A page is its own parent",
            &signed_with(&|pdf| pdf.set(PAGE_1, "Parent", "3 0 R")),
        ),
        bounded(
            "signed-length-loop",
            "A stream's length is the stream itself",
            &signed_with(&|pdf| {
                pdf.put(TEXT_1, Object::stream(&[("Length", "5 0 R")], b"BT ET"));
            }),
        ),
        bounded(
            "signed-fields-loop",
            "A field is its own kid",
            &signed_with(&|pdf| {
                let field = pdf.add(Object::dict(&[("T", "(a)"), ("Kids", "[11 0 R]"), ("Parent", "11 0 R")]));
                pdf.put(FORM, Object::dict(&[("Fields", &format!("[{field} 0 R]"))]));
                pdf.set(CATALOG, "AcroForm", "9 0 R");
            }),
        ),
        bounded(
            "signed-reference-loop",
            "Two objects that are references to each other",
            &signed_with(&|pdf| {
                pdf.put(20, Object::Raw("21 0 R".to_owned()));
                pdf.put(21, Object::Raw("20 0 R".to_owned()));
                pdf.set(CATALOG, "Names", "20 0 R");
            }),
        ),
        later("pages-loop", "An update makes the page tree hold itself", |pdf| {
            pdf.set(PAGES, "Kids", "[2 0 R 3 0 R 4 0 R]");
        }),
        later("kids-loop", "An update makes two nodes of the page tree hold each other", |pdf| {
            pdf.put(20, Object::dict(&[("Type", "/Pages"), ("Parent", "2 0 R"), ("Kids", "[2 0 R]"), ("Count", "1")]));
            pdf.set(PAGES, "Kids", "[20 0 R 3 0 R 4 0 R]");
        }),
        later("fields-loop", "An update adds a field that is its own kid", |pdf| {
            let field = Object::dict(&[("FT", "/Tx"), ("T", "(a)"), ("Kids", "[20 0 R]"), ("Parent", "20 0 R")]);
            pdf.put(20, field);
            pdf.push(FORM, "Fields", "20 0 R");
        }),
    ]
}

fn depths() -> Vec<Case> {
    let deep = |open: &str, close: &str, times: usize| format!("{}null{}", open.repeat(times), close.repeat(times));
    let signed_with = |object: Object, form| {
        let mut pdf = agreement();
        pdf.put(20, object);
        pdf.set(CATALOG, "Names", "20 0 R");
        pdf.commit(form);
        sign(&mut pdf, &approval("Firma1"), FIRST);
        pdf
    };
    let arrays = || Object::Raw(deep("[", "]", 100_000));
    vec![
        bounded(
            "signed-arrays-deep",
            "Arrays nested 100,000 deep, in an object stream",
            &signed_with(arrays(), Form::Packed),
        ),
        bounded("signed-dictionaries-deep", "Dictionaries nested 100,000 deep", &{
            signed_with(Object::Raw(deep("<</A ", ">>", 100_000)), Form::Packed)
        }),
        stopped("arrays-deep", "good-metadata", "An update with arrays nested 100,000 deep", &{
            let mut pdf = signed();
            pdf.put(20, arrays());
            pdf.set(CATALOG, "Names", "20 0 R");
            pdf.commit(Form::Packed);
            pdf
        }),
        stopped("arrays-unclosed", "good-metadata", "An update with 20,000 arrays that never end", &{
            let mut pdf = signed();
            pdf.put(20, Object::Raw("[".repeat(20_000)));
            pdf.set(CATALOG, "Names", "20 0 R");
            pdf.commit(Form::Table);
            pdf
        }),
        stopped("brackets-unclosed", "good-metadata", "An update with 20,000 strings that never end", &{
            let mut pdf = signed();
            pdf.put(20, Object::Raw("(".repeat(20_000)));
            pdf.set(CATALOG, "Names", "20 0 R");
            pdf.commit(Form::Table);
            pdf
        }),
    ]
}
