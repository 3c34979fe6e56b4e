//! Forms and fields as signing software really writes them: what signing changes and nobody sees.

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::section::Form;
use crate::forge::pdf::signature::Field;
use crate::forge::pdf::{Dict, Object, Pdf};
use crate::pdf::agreement::{CATALOG, FONT, FORM, INFO, METADATA, PAGE_1, agreement, font, info, metadata};
use crate::pdf::signed::{FIRST, SECOND, approval, cades, good, passed, sign, signed, updated, visible};

const CLAUSE: &str = "ISO 32000-2 §12.7.3, §12.7.5.5: the same form, written otherwise";

pub(crate) fn cases() -> Vec<Case> {
    [forms(), revisions()].into_iter().flatten().collect()
}

fn twice(name: &'static str, title: &'static str, pdf: &Pdf) -> Case {
    good(name, "K25", title, pdf)
        .expect(Expected::all(vec![passed(FIRST).changed(&["allowed"]), passed(SECOND)]))
        .clause(CLAUSE)
}

/// A signature field in no form yet.
fn field(pdf: &mut Pdf, name: &str) -> u32 {
    let dict = Dict::of(&[("Type", "/Annot"), ("Subtype", "/Widget"), ("FT", "/Sig"), ("F", "132")])
        .with("T", &format!("({name})"))
        .with("P", "3 0 R")
        .with("Rect", "[0 0 0 0]");
    pdf.add(Object::Dict(dict))
}

fn sign_in(pdf: &mut Pdf, field: u32, leaf: &str) {
    sign(pdf, &approval("").field(Field::Empty(field)), leaf);
}

fn forms() -> Vec<Case> {
    vec![
        twice("good-direct-form", "The form stands in the catalog itself", &{
            let mut pdf = committed();
            let first = field(&mut pdf, "Firma1");
            pdf.set(CATALOG, "AcroForm", &format!("<< /SigFlags 3 /Fields [{first} 0 R] >>"));
            pdf.push(PAGE_1, "Annots", &format!("{first} 0 R"));
            sign_in(&mut pdf, first, FIRST);
            let second = field(&mut pdf, "Firma2");
            pdf.set(CATALOG, "AcroForm", &format!("<< /SigFlags 3 /Fields [{first} 0 R {second} 0 R] >>"));
            pdf.push(PAGE_1, "Annots", &format!("{second} 0 R"));
            sign_in(&mut pdf, second, SECOND);
            pdf
        }),
        twice("good-form-made-indirect", "The second signer's program gives the form an object of its own", &{
            let mut pdf = committed();
            let first = field(&mut pdf, "Firma1");
            pdf.set(CATALOG, "AcroForm", &format!("<< /SigFlags 3 /Fields [{first} 0 R] >>"));
            pdf.push(PAGE_1, "Annots", &format!("{first} 0 R"));
            sign_in(&mut pdf, first, FIRST);
            let fields = format!("[{first} 0 R]");
            pdf.put(FORM, Object::dict(&[("Fields", &fields), ("SigFlags", "3")]));
            pdf.set(CATALOG, "AcroForm", "9 0 R");
            sign(&mut pdf, &approval("Firma2"), SECOND);
            pdf
        }),
        twice("good-indirect-arrays", "Fields and annotations are arrays with objects of their own", &{
            let mut pdf = agreement();
            pdf.put(30, Object::Raw("[]".to_owned()));
            pdf.put(31, Object::Raw("[]".to_owned()));
            pdf.put(FORM, Object::dict(&[("SigFlags", "3"), ("Fields", "30 0 R")]));
            pdf.set(CATALOG, "AcroForm", "9 0 R");
            pdf.set(PAGE_1, "Annots", "31 0 R");
            pdf.commit(Form::Table);
            let mut fields = Vec::new();
            for (name, leaf) in [("Firma1", FIRST), ("Firma2", SECOND)] {
                let number = field(&mut pdf, name);
                fields.push(format!("{number} 0 R"));
                for array in [30, 31] {
                    pdf.put(array, Object::Raw(format!("[{}]", fields.join(" "))));
                }
                sign_in(&mut pdf, number, leaf);
            }
            pdf
        }),
        twice("good-field-with-kid", "Field and widget are two objects", &{
            let mut pdf = committed();
            for (name, leaf) in [("Firma1", FIRST), ("Firma2", SECOND)] {
                let parent = pdf.add_field(name, PAGE_1, &Dict::default());
                let widget = field(&mut pdf, name);
                pdf.dict(widget).remove("T");
                pdf.dict(widget).remove("FT");
                pdf.set(widget, "Parent", &format!("{parent} 0 R"));
                for key in ["Type", "Subtype", "F", "P", "Rect"] {
                    pdf.dict(parent).remove(key);
                }
                pdf.set(parent, "Kids", &format!("[{widget} 0 R]"));
                let annotations =
                    pdf.dict(PAGE_1).get("Annots").unwrap().replace(&format!("{parent} 0 R"), &format!("{widget} 0 R"));
                pdf.set(PAGE_1, "Annots", &annotations);
                sign_in(&mut pdf, parent, leaf);
            }
            pdf
        }),
        twice("good-form-resources-added", "The second, visible signature brings a font for the form", &{
            let mut pdf = signed();
            let helvetica = pdf.add(font("Helvetica"));
            pdf.set(FORM, "DR", &format!("<< /Font << /Helv {helvetica} 0 R >> >>"));
            pdf.set(FORM, "DA", "(/Helv 0 Tf 0 g)");
            let field = visible(&mut pdf, "Firma2", "Firmato: Firmina Esempio");
            sign(&mut pdf, &approval("Firma2").field(field), SECOND);
            pdf
        })
        .expect(Expected::all(vec![passed(FIRST).changed(&["notable"]), passed(SECOND)])),
        good("good-contents-before-range", "K23", "Contents stands before ByteRange", &{
            let mut pdf = committed();
            sign(&mut pdf, &approval("Firma1").with("Contents", &format!("<{}>", "0".repeat(5_200))), FIRST);
            pdf
        })
        .clause("ISO 32000-2 §7.3.7: the order of entries says nothing"),
    ]
}

fn committed() -> Pdf {
    let mut pdf = agreement();
    pdf.commit(Form::Table);
    pdf
}

fn revisions() -> Vec<Case> {
    let quiet = |name, title, pdf: &Pdf| {
        good(name, "K22", title, pdf)
            .expect(Expected::one(passed(FIRST).changed(&["allowed"])))
            .clause("ISO 32000-2 §7.5.6")
    };
    vec![
        twice("good-two-in-object-streams", "Two signatures, all else in object streams", &{
            let mut pdf = agreement();
            pdf.commit(Form::Packed);
            for (name, leaf) in [("Firma1", FIRST), ("Firma2", SECOND)] {
                pdf.place(&approval(name));
                pdf.commit(Form::Packed);
                pdf.fill(cades(leaf));
            }
            pdf
        }),
        quiet("good-info-elsewhere", "Info with another date in another object", &{
            let mut pdf = signed();
            let number = pdf.add(info("Accordo di Servizio", "20260201000000"));
            pdf.trailer.set("Info", &format!("{number} 0 R"));
            pdf.commit(Form::Table);
            pdf
        }),
        quiet("good-id-changed", "The second part of ID changed", &{
            let mut pdf = signed();
            pdf.trailer.set("ID", "[<c0ffee00c0ffee00c0ffee00c0ffee00> <decaf000decaf000decaf000decaf000>]");
            pdf.put(METADATA, metadata("2026-02-01T00:00:00Z"));
            pdf.commit(Form::Table);
            pdf
        }),
        quiet("good-written-again", "Objects written again, with other white space and order", &{
            updated(&signed(), |pdf| {
                pdf.put(
                    FONT,
                    Object::Raw(
                        "<</Encoding/WinAnsiEncoding % come prima\n/BaseFont/Helvet#69ca/Subtype  /Type1/Type/Font>>"
                            .to_owned(),
                    ),
                );
                pdf.put(INFO, Object::Raw(
                    "<</Title<4163636F72646F2064692053657276697A696F>/Producer(Pro\\166a)/ModDate(D:20260130120000Z)\
                    /CreationDate(D:20260130120000Z)>>"
                        .to_owned(),
                ));
            })
        })
        .expect(Expected::one(passed(FIRST).changed(&["allowed", "none"]))),
    ]
}
