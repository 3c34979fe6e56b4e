//! K25: what certification and locks do not permit.

use crate::case::Case;
use crate::expected::{Expected, Signature};
use crate::forge::identity::Identity;
use crate::forge::pdf::section::Form;
use crate::forge::pdf::signature::Field;
use crate::forge::pdf::{Dict, Object, Pdf};
use crate::pdf::agreement::{
    ENTE, INFO, METADATA, PAGE_1, REFERENTE, TEXT_1, agreement, appearance, fill_in, form, info, metadata, other_amount,
};
use crate::pdf::later::{annotated, covered, sneaky, with_field_mdp, with_lock};
use crate::pdf::signed::{
    FIRST, SECOND, approval, bad, cades, certification, certified_from, forbidden, forbidden_by, passed, sign, signed,
    signed_from, updated, visible, write_again,
};

pub(crate) fn cases() -> Vec<Case> {
    [certified(), annotations(), locks(), certifications(), fields()].into_iter().flatten().collect()
}

fn not_permitted(name: &'static str, twin: &'static str, title: &'static str, pdf: &Pdf) -> Case {
    forbidden(name, "K25", twin, title, pdf).clause("ISO 32000-2 §12.8.2.2, table 257")
}

fn filled(pdf: &Pdf) -> Pdf {
    updated(pdf, |pdf| fill_in(pdf, ENTE, "Altro Ente S.r.l."))
}

fn certified() -> Vec<Case> {
    let p1 = certified_from(agreement(), 1);
    let signed_after = |mut pdf: Pdf| {
        sign(&mut pdf, &approval("Firma2"), SECOND);
        pdf
    };
    let text = |permission| updated(&certified_from(agreement(), permission), |pdf| pdf.put(TEXT_1, other_amount()));
    let on_page_1 = || Expected::one(forbidden_by(FIRST).on_page(1));
    vec![
        not_permitted(
            "p1-filled",
            "good-certified-p1",
            "P 1, then a text field filled",
            &filled(&certified_from(form(), 1)),
        ),
        not_permitted("p1-annotated", "good-certified-p1", "P 1, then a note added", &annotated(&p1)),
        not_permitted(
            "p1-signed",
            "good-certified-p1-archived",
            "P 1, then an approval signature",
            &signed_after(p1.clone()),
        )
        .expect(Expected::all(vec![forbidden_by(FIRST), passed(SECOND)])),
        not_permitted("p1-metadata", "good-certified-p1", "P 1, then the metadata changed", &{
            updated(&p1, |pdf| {
                pdf.put(METADATA, metadata("2026-02-01T00:00:00Z"));
                pdf.put(INFO, info("Accordo di Servizio", "20260201000000"));
            })
        }),
        not_permitted("p1-empty-field-added", "good-certified-p1", "P 1, then an empty signature field added", &{
            updated(&p1, |pdf| {
                pdf.add_field("Firma2", PAGE_1, &Dict::default());
            })
        }),
        not_permitted("p2-text", "good-certified-p2-filled", "P 2, then the text changed", &text(2))
            .expect(on_page_1()),
        not_permitted("p3-text", "good-certified-p3-annotated", "P 3, then the text changed", &text(3))
            .expect(on_page_1()),
        not_permitted("p9-text", "good-certified-p3", "P is 9, which the standard has not", &text(9))
            .expect(on_page_1()),
    ]
}

fn annotations() -> Vec<Case> {
    let p2 = certified_from(agreement(), 2);
    vec![
        not_permitted("p2-annotated", "good-certified-p3-annotated", "P 2, then a note added", &annotated(&p2)),
        not_permitted(
            "evil-annotation-p2",
            "good-evil-annotation-p3",
            "P 2, then a text over the amount",
            &covered(&p2),
        ),
        not_permitted("evil-annotation-p1", "good-evil-annotation-p3", "P 1, then a text over the amount", &{
            covered(&certified_from(agreement(), 1))
        }),
        not_permitted(
            "sneaky-signature-p1",
            "good-sneaky-signature-p3",
            "P 1, then a signature field that shows a text",
            &{ sneaky(&certified_from(agreement(), 1)) },
        ),
        not_permitted(
            "sneaky-signature-p2",
            "good-sneaky-signature-p3",
            "P 2, then a signature field that shows a text",
            &{ sneaky(&certified_from(agreement(), 2)) },
        ),
        not_permitted(
            "evil-annotation-before-approval",
            "good-certified-p2-signed",
            "P 2, a text over the amount, then signed",
            &{
                let mut pdf = covered(&p2);
                sign(&mut pdf, &approval("Firma2"), SECOND);
                pdf
            },
        )
        .expect(Expected::all(vec![forbidden_by(FIRST), passed(SECOND)])),
    ]
}

fn locks() -> Vec<Case> {
    let locked = |name, twin, title, pdf: Pdf| {
        forbidden(name, "K25", twin, title, &pdf).clause("ISO 32000-2 §12.8.2.4, §12.7.5.5 table 236")
    };
    let other = "good-fieldmdp-other-filled";
    vec![
        locked(
            "fieldmdp-all",
            other,
            "FieldMDP locks all fields, one is filled",
            filled(&with_field_mdp("/Action /All")),
        ),
        locked("fieldmdp-included", other, "FieldMDP locks the field that is filled", {
            filled(&with_field_mdp("/Action /Include /Fields [(ente)]"))
        }),
        locked(
            "fieldmdp-not-excluded",
            "good-fieldmdp-excluded-filled",
            "FieldMDP leaves out another field than the filled",
            filled(&with_field_mdp("/Action /Exclude /Fields [(referente)]")),
        ),
        locked("fieldmdp-two-filled", other, "FieldMDP locks one of two fields that are filled", {
            updated(&with_field_mdp("/Action /Include /Fields [(ente)]"), |pdf| {
                fill_in(pdf, REFERENTE, "Carda Prova");
                fill_in(pdf, ENTE, "Altro Ente S.r.l.");
            })
        }),
        locked("lock-all", "good-lock-other-filled", "SigFieldLock locks all fields, one is filled", {
            filled(&with_lock("/Action /All"))
        }),
        locked("lock-included", "good-lock-other-filled", "SigFieldLock locks the field that is filled", {
            filled(&with_lock("/Action /Include /Fields [(ente)]"))
        }),
        locked(
            "lock-p1",
            "good-lock-other-filled",
            "SigFieldLock permits nothing (P 1), a field it does not name is filled",
            filled(&with_lock("/Action /Include /Fields [(referente)] /P 1")),
        ),
        locked("lock-removed", "good-lock-other-filled", "The lock is taken away, then its field is filled", {
            let unlocked = updated(&with_lock("/Action /All"), |pdf| {
                let field = pdf.last_field();
                pdf.dict(field).remove("Lock");
            });
            filled(&unlocked)
        }),
    ]
}

fn certifications() -> Vec<Case> {
    let certify = |pdf: &mut Pdf, name: &str, leaf| {
        let mut placement = certification(2);
        placement.field = Field::new(name, PAGE_1, &[]);
        let (signature, _) = pdf.place(&placement);
        pdf.set(1, "Perms", &format!("<< /DocMDP {signature} 0 R >>"));
        pdf.commit(Form::Table);
        pdf.fill(cades(leaf));
    };
    let mut after_approval = signed();
    certify(&mut after_approval, "Certificazione", SECOND);
    let mut twice = certified_from(agreement(), 2);
    certify(&mut twice, "Certificazione2", SECOND);
    let first_fails = || Expected::all(vec![forbidden_by(FIRST), Signature::any().by(&Identity::leaf(SECOND))]);
    let rejected = |expected: Expected| expected.verdict(&["rejected"]);
    vec![
        bad(
            "certified-after-approval",
            "K25",
            "good-certified-p2-signed",
            "Certified after an approval signature",
            &after_approval,
        )
        .expect(rejected(first_fails()))
        .clause("ISO 32000-2 §12.8.2.2: the certification is the first signature"),
        bad("certified-twice", "K25", "good-certified-p2-signed", "Certified twice", &twice)
            .expect(rejected(first_fails()))
            .clause("ISO 32000-2 §12.8.2.2: only one signature has DocMDP"),
        not_permitted(
            "certification-taken-away",
            "good-certified-p2",
            "Perms taken out of the catalog, then a note added",
            &{ annotated(&updated(&certified_from(agreement(), 2), |pdf| pdf.dict(1).remove("Perms"))) },
        ),
        not_permitted(
            "certification-loosened",
            "good-certified-p2",
            "The certification's own P raised in an update, then a note",
            &{
                let loosened = updated(&certified_from(agreement(), 2), |pdf| {
                    let reference = certification(3).dict.get("Reference").unwrap().to_owned();
                    write_again(pdf, 11);
                    pdf.set(11, "Reference", &reference);
                });
                annotated(&loosened)
            },
        )
        .expect(Expected::not_accepted().verdict(&["rejected"])),
    ]
}

/// What becomes of the signature fields themselves.
fn fields() -> Vec<Case> {
    let changed =
        |name, twin, title, pdf: &Pdf| forbidden(name, "K25", twin, title, pdf).clause("ISO 32000-2 §12.7.5.5");
    let seen = {
        let mut pdf = agreement();
        pdf.commit(Form::Table);
        let field = visible(&mut pdf, "Firma1", "Firmato: Carda Prova");
        sign(&mut pdf, &approval("Firma1").field(field), FIRST);
        pdf
    };
    let two = {
        let mut pdf = signed();
        sign(&mut pdf, &approval("Firma2"), SECOND);
        pdf
    };
    let rejected = || Expected::not_accepted().verdict(&["rejected"]);
    vec![
        changed("sneaky-look-swapped", "good-second-visible", "A signed field shows another name", &{
            updated(&seen, |pdf| pdf.put(11, appearance("Firmato: Firmina Esempio")))
        }),
        changed("signed-field-moved", "good-second-visible", "A signed field stands elsewhere", &{
            updated(&seen, |pdf| {
                let field = pdf.last_field();
                pdf.set(field, "Rect", "[50 745 350 765]");
            })
        }),
        bad("signed-field-removed", "K25", "good-two-signatures", "The first of two signed fields removed", &{
            updated(&two, |pdf| {
                pdf.set(9, "Fields", "[14 0 R]");
                pdf.set(PAGE_1, "Annots", "[14 0 R]");
                pdf.free(12);
                pdf.free(11);
            })
        })
        .expect(rejected())
        .clause("ISO 32000-2 §12.8.1: what was signed remains"),
        bad("signed-field-unlisted", "K25", "good-two-signatures", "The first of two signed fields in no form", &{
            updated(&two, |pdf| pdf.set(9, "Fields", "[14 0 R]"))
        })
        .expect(rejected())
        .clause("ISO 32000-2 §12.8.1: what was signed remains"),
        bad("form-removed", "K25", "good-cades-detached", "The form taken out of the catalog", &{
            updated(&signed(), |pdf| pdf.dict(1).remove("AcroForm"))
        })
        .expect(Expected::not_accepted())
        .clause("ISO 32000-2 §12.8.1: what was signed remains"),
        changed("text-field-added", "good-filled", "A text field added", &{
            updated(&signed_from(form()), |pdf| {
                let look = pdf.add(appearance("Il corrispettivo e' di 9.000 euro."));
                let field = Dict::of(&[("Type", "/Annot"), ("Subtype", "/Widget"), ("FT", "/Tx"), ("T", "(importo)")])
                    .with("V", "(Il corrispettivo e' di 9.000 euro.)")
                    .with("Rect", "[50 745 350 765]")
                    .with("F", "4")
                    .with("P", "3 0 R")
                    .with("AP", &format!("<< /N {look} 0 R >>"));
                let field = pdf.add(Object::Dict(field));
                pdf.push(9, "Fields", &format!("{field} 0 R"));
                pdf.push(PAGE_1, "Annots", &format!("{field} 0 R"));
            })
        }),
        changed("text-field-removed", "good-filled", "A filled text field removed", &{
            updated(&signed_from(form()), |pdf| {
                pdf.set(9, "Fields", "[13 0 R 16 0 R]");
                pdf.set(PAGE_1, "Annots", "[13 0 R 16 0 R]");
                pdf.free(ENTE);
            })
        }),
        changed("text-field-renamed", "good-filled", "A text field gets another name", &{
            updated(&signed_from(form()), |pdf| pdf.set(ENTE, "T", "(fornitore)"))
        }),
    ]
}
