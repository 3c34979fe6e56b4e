//! What may come after a signature: nobody sees it, or it is permitted and told.

use crate::case::Case;
use crate::expected::{Expected, Signature};
use crate::forge::pdf::section::Form;
use crate::forge::pdf::{Dict, Object, Pdf};
use crate::pdf::agreement::{
    CATALOG, ENTE, INFO, METADATA, PAGE_1, agreement, appearance, fill_in, form, info, metadata,
};
use crate::pdf::signed::{
    FIRST, SECOND, THIRD, add_dss, approval, certified_from, good, passed, sign, signed, signed_from, stamp, updated,
    visible,
};

const ALLOWED: &[&str] = &["allowed"];
const NOTABLE: &[&str] = &["notable"];

pub(crate) fn cases() -> Vec<Case> {
    [signatures(), proofs(), quiet(), told(), locked()].into_iter().flatten().collect()
}

fn first(modifications: &'static [&'static str]) -> Signature {
    passed(FIRST).changed(modifications)
}

fn then(name: &'static str, class: &'static str, title: &'static str, how: &'static [&'static str], pdf: &Pdf) -> Case {
    good(name, class, title, pdf).expect(Expected::one(first(how)))
}

fn signatures() -> Vec<Case> {
    let two = {
        let mut pdf = signed();
        sign(&mut pdf, &approval("Firma2"), SECOND);
        pdf
    };
    let three = {
        let mut pdf = two.clone();
        sign(&mut pdf, &approval("Firma3"), THIRD);
        pdf
    };
    let seen = |mut pdf: Pdf| {
        let field = visible(&mut pdf, "Firma2", "Firmato: Firmina Esempio");
        sign(&mut pdf, &approval("Firma2").field(field), SECOND);
        pdf
    };
    let prepared = {
        let mut pdf = agreement();
        let field = pdf.add_field("Firma2", PAGE_1, &Dict::default());
        let mut pdf = signed_from(pdf);
        let field = crate::forge::pdf::signature::Field::Empty(field);
        sign(&mut pdf, &approval("").field(field), SECOND);
        pdf
    };
    let mut certified = certified_from(agreement(), 2);
    let seen_after = seen(certified.clone());
    sign(&mut certified, &approval("Firma2"), SECOND);
    let both = |how| Expected::all(vec![first(how), passed(SECOND)]);
    vec![
        good("good-two-signatures", "K22", "Two approval signatures", &two)
            .expect(both(ALLOWED))
            .clause("ISO 32000-2 §12.8.1"),
        good("good-three-signatures", "K22", "Three approval signatures", &three).expect(Expected::all(vec![
            first(ALLOWED),
            passed(SECOND).changed(ALLOWED),
            passed(THIRD),
        ])),
        good("good-second-in-empty-field", "K25", "The second signature fills a field that was there", &prepared)
            .expect(both(ALLOWED))
            .clause("ISO 32000-2 §12.7.5.5"),
        good("good-second-visible", "K25", "The second signature is visible", &seen(signed()))
            .expect(both(NOTABLE))
            .clause("ISO 32000-2 §12.8.1: no certification applies; somebody sees it"),
        good("good-certified-p2-signed", "K25", "Certified, P 2, then signed", &certified)
            .expect(both(ALLOWED))
            .clause("ISO 32000-2 table 257, P 2: signing"),
        good("good-certified-p2-signed-visibly", "K25", "Certified, P 2, then signed visibly", &seen_after)
            .expect(both(NOTABLE))
            .clause("ISO 32000-2 table 257, P 2; somebody sees it"),
        then(
            "good-empty-field-added",
            "K25",
            "An empty signature field without appearance added",
            &["allowed", "notable"],
            &{
                updated(&signed(), |pdf| {
                    pdf.add_field("Firma2", PAGE_1, &Dict::default());
                })
            },
        )
        .clause("ISO 32000-2 §12.7.5.5"),
        then("good-field-with-look-added", "K25", "An empty signature field with an appearance added", NOTABLE, &{
            sneaky(&signed())
        })
        .clause("ISO 32000-2 §12.7.5.5; what is seen is told"),
    ]
}

/// A signature field that shows a text and holds no signature.
pub(crate) fn sneaky(pdf: &Pdf) -> Pdf {
    updated(pdf, |pdf| {
        let look = pdf.add(appearance("Il corrispettivo e' di 9.000 euro."));
        let rest = [("Rect", "[50 745 350 765]"), ("AP", &*format!("<< /N {look} 0 R >>"))];
        pdf.add_field("Firma2", PAGE_1, &Dict::of(&rest));
    })
}

fn proofs() -> Vec<Case> {
    let mut dss = signed();
    add_dss(&mut dss);
    let mut stamped = signed();
    stamp(&mut stamped);
    let mut archived = dss.clone();
    stamp(&mut archived);
    let mut certified = certified_from(agreement(), 1);
    add_dss(&mut certified);
    stamp(&mut certified);
    let stamps = |count| Expected::one(first(ALLOWED)).document_timestamps(count);
    vec![
        then("good-dss", "K22", "DSS and VRI added", ALLOWED, &dss).clause("EN 319 142-1 §5.4.2"),
        good("good-document-timestamp", "K22", "A document time-stamp added", &stamped)
            .expect(stamps(1))
            .clause("EN 319 142-1 §5.4.3"),
        good("good-dss-and-timestamp", "K22", "DSS and a document time-stamp added", &archived)
            .expect(stamps(1))
            .clause("EN 319 142-1 §5.4"),
        good("good-certified-p1-archived", "K25", "Certified, P 1, then DSS and a document time-stamp", &certified)
            .expect(stamps(1))
            .clause("ISO 32000-2 table 257, P 1: DSS and document time-stamps are no changes"),
    ]
}

/// What nobody sees.
fn quiet() -> Vec<Case> {
    let after = |name, title, change: &dyn Fn(&mut Pdf)| then(name, "K22", title, ALLOWED, &updated(&signed(), change));
    vec![
        after("good-metadata", "The metadata stream changed", &|pdf| {
            pdf.put(METADATA, metadata("2026-02-01T00:00:00Z"));
        }),
        after("good-info-date", "The date of change in Info changed", &|pdf| {
            pdf.put(INFO, info("Accordo di Servizio", "20260201000000"));
        }),
        after("good-version-and-extensions", "Version and Extensions set", &|pdf| {
            pdf.set(CATALOG, "Version", "/2.0");
            pdf.set(CATALOG, "Extensions", "<< /ESIC << /BaseVersion /1.7 /ExtensionLevel 5 >> >>");
        }),
        after("good-unreferenced-object", "An object that nothing refers to", &|pdf| {
            pdf.add(Object::Raw("(promemoria del programma)".to_owned()));
        }),
        after("good-nothing-changed", "A revision that changes nothing", &|_| {}),
        then(
            "good-update-in-stream",
            "K28",
            "Metadata changed, in a revision with a cross-reference stream",
            ALLOWED,
            &{
                let mut pdf = agreement();
                pdf.commit(Form::Packed);
                pdf.place(&approval("Firma1"));
                pdf.commit(Form::Packed);
                pdf.fill(crate::pdf::signed::cades(FIRST));
                pdf.put(METADATA, metadata("2026-02-01T00:00:00Z"));
                pdf.put(INFO, info("Accordo di Servizio", "20260201000000"));
                pdf.commit(Form::Packed);
                pdf
            },
        ),
    ]
}

/// What is permitted and seen.
fn told() -> Vec<Case> {
    let filled = |pdf: &Pdf| updated(pdf, |pdf| fill_in(pdf, ENTE, "Altro Ente S.r.l."));
    vec![
        then("good-info-title", "K22", "The title in Info changed", NOTABLE, &{
            updated(&signed(), |pdf| pdf.put(INFO, info("Contratto di fornitura", "20260130120000")))
        }),
        then("good-filled", "K25", "A text field filled, no certification", NOTABLE, &filled(&signed_from(form()))),
        then("good-certified-p2-filled", "K25", "Certified, P 2, then a text field filled", NOTABLE, &{
            filled(&certified_from(form(), 2))
        })
        .clause("ISO 32000-2 table 257, P 2"),
        then("good-annotated", "K25", "A note added, no certification", NOTABLE, &annotated(&signed()))
            .clause("ISO 32000-2 §12.8.1"),
        then("good-certified-p3-annotated", "K25", "Certified, P 3, then a note added", NOTABLE, &{
            annotated(&certified_from(agreement(), 3))
        })
        .clause("ISO 32000-2 table 257, P 3"),
        then("good-evil-annotation-p3", "K25", "Certified, P 3, then a text over the amount", NOTABLE, &{
            covered(&certified_from(agreement(), 3))
        })
        .clause("ISO 32000-2 table 257, P 3; the certified revision shows another amount"),
        then(
            "good-sneaky-signature-p3",
            "K25",
            "Certified, P 3, then a signature field that shows a text",
            NOTABLE,
            &{ sneaky(&certified_from(agreement(), 3)) },
        )
        .clause("ISO 32000-2 table 257, P 3: annotations; somebody sees it"),
    ]
}

/// A note that says little.
pub(crate) fn annotated(pdf: &Pdf) -> Pdf {
    updated(pdf, |pdf| {
        let note =
            [("Type", "/Annot"), ("Subtype", "/Text"), ("Rect", "[20 20 40 40]"), ("Contents", "(Visto)"), ("F", "4")];
        let note = pdf.add(Object::dict(&note));
        pdf.push(PAGE_1, "Annots", &format!("{note} 0 R"));
    })
}

/// A text in a white box over the amount.
pub(crate) fn covered(pdf: &Pdf) -> Pdf {
    updated(pdf, |pdf| {
        let shown = b"1 g 0 0 300 20 re f 0 g BT /F1 12 Tf 0 6 Td (Il corrispettivo annuo e' di 9.000 euro.) Tj ET";
        let look = pdf.add(Object::stream(
            &[
                ("Type", "/XObject"),
                ("Subtype", "/Form"),
                ("BBox", "[0 0 300 20]"),
                ("Resources", "<< /Font << /F1 7 0 R >> >>"),
            ],
            shown,
        ));
        let box_over = pdf.add(Object::dict(&[
            ("Type", "/Annot"),
            ("Subtype", "/FreeText"),
            ("Rect", "[50 745 350 765]"),
            ("DA", "(/F1 12 Tf 0 g)"),
            ("Contents", "(Il corrispettivo annuo e' di 9.000 euro.)"),
            ("F", "4"),
            ("AP", &format!("<< /N {look} 0 R >>")),
        ]));
        pdf.push(PAGE_1, "Annots", &format!("{box_over} 0 R"));
    })
}

/// Fields locked by the signature, and others filled.
fn locked() -> Vec<Case> {
    let filled = |pdf: &Pdf| updated(pdf, |pdf| fill_in(pdf, ENTE, "Altro Ente S.r.l."));
    vec![
        then("good-fieldmdp-other-filled", "K25", "FieldMDP locks one field, another is filled", NOTABLE, &{
            filled(&with_field_mdp("/Action /Include /Fields [(referente)]"))
        })
        .clause("ISO 32000-2 §12.8.2.4"),
        then("good-fieldmdp-excluded-filled", "K25", "FieldMDP locks all but one field, which is filled", NOTABLE, &{
            filled(&with_field_mdp("/Action /Exclude /Fields [(ente)]"))
        })
        .clause("ISO 32000-2 §12.8.2.4"),
        then("good-lock-other-filled", "K25", "SigFieldLock names one field, another is filled", NOTABLE, &{
            filled(&with_lock("/Action /Include /Fields [(referente)]"))
        })
        .clause("ISO 32000-2 §12.7.5.5, table 236"),
    ]
}

/// Signed with a `FieldMDP` reference (ISO 32000-2 §12.8.2.4).
pub(crate) fn with_field_mdp(parameters: &str) -> Pdf {
    let mut pdf = form();
    pdf.commit(Form::Table);
    let lock = format!("<< /Type /SigFieldLock {parameters} >>");
    let placement = approval("Firma1").field_with("Lock", &lock).with(
        "Reference",
        &format!(
            "[<< /Type /SigRef /TransformMethod /FieldMDP /Data 1 0 R \
        /TransformParams << /Type /TransformParams {parameters} /V /1.2 >> >>]"
        ),
    );
    sign(&mut pdf, &placement, FIRST);
    pdf
}

/// Signed in a field with a lock dictionary; the signature itself has no reference.
pub(crate) fn with_lock(parameters: &str) -> Pdf {
    let mut pdf = form();
    pdf.commit(Form::Table);
    let lock = format!("<< /Type /SigFieldLock {parameters} >>");
    sign(&mut pdf, &approval("Firma1").field_with("Lock", &lock), FIRST);
    pdf
}
