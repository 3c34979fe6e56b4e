//! K24: shadow attacks; a document prepared before it was signed, and turned afterwards.

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::section::{Form, Section};
use crate::forge::pdf::{Object, Pdf};
use crate::pdf::agreement::{
    CATALOG, ENTE, ENTE_LOOK, PAGE_1, PAGES, TEXT_1, agreement, appearance, font, form, other_amount, text,
};
use crate::pdf::signed::{FIRST, approval, forbidden, forbidden_by, good, passed, sign, signed_from, updated};

const CLAUSE: &str = "shadow attacks (NDSS 2021); ISO 32000-2 §12.8.1: what is shown changed after the signature";

/// What covers the text, or stands in it, in the prepared documents.
const OVERLAY: u32 = 20;
const LAYER: u32 = 22;
const HIDDEN: u32 = 24;

pub(crate) fn cases() -> Vec<Case> {
    [prepared(), hide(), replace(), hide_and_replace()].into_iter().flatten().collect()
}

fn turned(name: &'static str, twin: &'static str, title: &'static str, pdf: &Pdf) -> Case {
    forbidden(name, "K24", twin, title, pdf).clause(CLAUSE)
}

fn on_page_1(case: Case) -> Case {
    case.expect(Expected::one(forbidden_by(FIRST).on_page(1)))
}

/// Signed and not yet turned: what was signed is what is shown.
fn prepared() -> Vec<Case> {
    let as_prepared = |name, title, pdf: Pdf| {
        good(name, "K24", title, &signed_from(pdf)).clause("nothing was changed; what is shown is what was signed")
    };
    vec![
        as_prepared("good-shadow-overlay", "Prepared: a picture covers a text", with_overlay()),
        as_prepared("good-shadow-layers", "Prepared: a layer is off", with_layers()),
        as_prepared("good-shadow-form", "Prepared: a form field stands in the text", form()),
        as_prepared("good-shadow-font", "Prepared: the amount has a font of its own", with_own_font()),
        as_prepared("good-shadow-second-tree", "Prepared: another document that nothing refers to", with_second_tree()),
    ]
}

/// A white box over the first page's text, and another text on it.
fn with_overlay() -> Pdf {
    let mut pdf = agreement();
    let box_over = b"1 g 0 0 595 842 re f 0 g BT /F1 12 Tf 50 780 Td (Invito a un convegno) Tj ET";
    pdf.put(
        OVERLAY,
        Object::stream(
            &[
                ("Type", "/XObject"),
                ("Subtype", "/Form"),
                ("BBox", "[0 0 595 842]"),
                ("Resources", "<< /Font << /F1 7 0 R >> >>"),
            ],
            box_over,
        ),
    );
    pdf.put(OVERLAY + 1, Object::stream(&[], b"/Over Do"));
    pdf.set(PAGE_1, "Resources", "<< /Font << /F1 7 0 R >> /XObject << /Over 20 0 R >> >>");
    pdf.set(PAGE_1, "Contents", "[5 0 R 21 0 R]");
    pdf
}

/// Two amounts in two layers, one of them off.
fn with_layers() -> Pdf {
    let mut pdf = agreement();
    let layer = |name: &str| Object::dict(&[("Type", "/OCG"), ("Name", name)]);
    pdf.put(LAYER, layer("(importo)"));
    pdf.put(LAYER + 1, layer("(altro importo)"));
    pdf.set(CATALOG, "OCProperties", "<< /OCGs [22 0 R 23 0 R] /D << /ON [22 0 R] /OFF [23 0 R] >> >>");
    pdf.set(PAGE_1, "Resources", "<< /Font << /F1 7 0 R >> /Properties << /A 22 0 R /B 23 0 R >> >>");
    pdf.put(
        TEXT_1,
        Object::stream(
            &[],
            b"BT /F1 12 Tf 50 780 Td /OC /A BDC (Il corrispettivo e' di 1.000 euro.) Tj EMC \
        /OC /B BDC (Il corrispettivo e' di 9.000 euro.) Tj EMC ET",
        ),
    );
    pdf
}

fn with_own_font() -> Pdf {
    let mut pdf = agreement();
    pdf.put(OVERLAY, font("Helvetica-Bold"));
    pdf.set(PAGE_1, "Resources", "<< /Font << /F1 7 0 R /F2 20 0 R >> >>");
    pdf.put(
        TEXT_1,
        Object::stream(
            &[],
            b"BT /F1 12 Tf 50 780 Td (Il corrispettivo e' di ) Tj /F2 12 Tf (1.000) Tj /F1 12 Tf ( euro.) Tj ET",
        ),
    );
    pdf
}

/// Pages, catalog and text of another document among the signed objects.
fn with_second_tree() -> Pdf {
    let mut pdf = agreement();
    pdf.put(HIDDEN, other_amount());
    pdf.put(
        HIDDEN + 1,
        Object::dict(&[
            ("Type", "/Page"),
            ("Parent", "26 0 R"),
            ("MediaBox", "[0 0 595 842]"),
            ("Resources", "<< /Font << /F1 7 0 R >> >>"),
            ("Contents", "24 0 R"),
        ]),
    );
    pdf.put(HIDDEN + 2, Object::dict(&[("Type", "/Pages"), ("Kids", "[25 0 R]"), ("Count", "1")]));
    pdf.put(HIDDEN + 3, Object::dict(&[("Type", "/Catalog"), ("Pages", "26 0 R"), ("AcroForm", "9 0 R")]));
    pdf
}

fn hide() -> Vec<Case> {
    let overlay = signed_from(with_overlay());
    let twin = "good-shadow-overlay";
    vec![
        on_page_1(turned("shadow-hide-freed", twin, "The picture over the text is freed", &{
            updated(&overlay, |pdf| pdf.free(OVERLAY))
        })),
        on_page_1(turned("shadow-hide-emptied", twin, "The picture over the text is made empty", &{
            updated(&overlay, |pdf| {
                let entries = [("Type", "/XObject"), ("Subtype", "/Form"), ("BBox", "[0 0 0 0]")];
                pdf.put(OVERLAY, Object::stream(&entries, b""));
            })
        })),
        on_page_1(turned("shadow-hide-other-type", twin, "The picture over the text is made into metadata", &{
            updated(&overlay, |pdf| {
                pdf.put(OVERLAY, Object::stream(&[("Type", "/Metadata"), ("Subtype", "/XML")], b"<x/>"));
            })
        })),
        on_page_1(turned("shadow-hide-unlisted", twin, "The picture over the text gets an offset in free space", &{
            let mut pdf = overlay.clone();
            pdf.commit(Section::table().telling(OVERLAY, 9));
            pdf
        })),
        turned("shadow-layer-switched", "good-shadow-layers", "The layers change places", &{
            updated(&signed_from(with_layers()), |pdf| {
                let layers = "<< /OCGs [22 0 R 23 0 R] /D << /ON [23 0 R] /OFF [22 0 R] >> >>";
                pdf.set(CATALOG, "OCProperties", layers);
            })
        }),
    ]
}

fn replace() -> Vec<Case> {
    let filled = signed_from(form());
    let twin = "good-shadow-form";
    vec![
        turned("shadow-form-look", twin, "The field shows another text, its value stays", &{
            updated(&filled, |pdf| pdf.put(ENTE_LOOK, appearance("Altro Ente S.r.l.")))
        }),
        turned("shadow-form-other-look", twin, "The field refers to another appearance, its value stays", &{
            updated(&filled, |pdf| {
                let look = pdf.add(appearance("Altro Ente S.r.l."));
                pdf.set(ENTE, "AP", &format!("<< /N {look} 0 R >>"));
            })
        }),
        turned("shadow-form-value-and-look-differ", twin, "The field gets a value, and shows another text", &{
            updated(&filled, |pdf| {
                pdf.set(ENTE, "V", "(Altro Ente S.r.l.)");
                pdf.put(ENTE_LOOK, appearance("Prova S.p.A. per 9.000 euro"));
            })
        })
        .expect(
            Expected::one(passed(FIRST).changed(&["notable", "forbidden"]).any_indication())
                .verdict(&["accepted", "rejected"]),
        )
        .clause("NDSS 2021, replace through overlay: what is shown need not be the value; at least told"),
        turned("shadow-form-moved", twin, "The field moved over the amount", &{
            updated(&filled, |pdf| {
                pdf.set(ENTE, "V", "(Il corrispettivo e' di 9.000 euro)");
                pdf.put(ENTE_LOOK, appearance("Il corrispettivo e' di 9.000 euro"));
                pdf.set(ENTE, "Rect", "[50 745 350 765]");
            })
        }),
        turned("shadow-form-font", twin, "The form's font changed", &{
            updated(&filled, |pdf| {
                let other = pdf.add(font("Symbol"));
                pdf.set(9, "DR", &format!("<< /Font << /F1 {other} 0 R >> >>"));
            })
        }),
        on_page_1(turned("shadow-font", "good-shadow-font", "The amount's own font shows other digits", &{
            updated(&signed_from(with_own_font()), |pdf| {
                pdf.set(
                    OVERLAY,
                    "Encoding",
                    "<< /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [49 /nine] >>",
                );
            })
        })),
        on_page_1(turned("shadow-font-replaced", "good-shadow-font", "The amount's own font is another", &{
            updated(&signed_from(with_own_font()), |pdf| pdf.put(OVERLAY, font("ZapfDingbats")))
        })),
    ]
}

fn hide_and_replace() -> Vec<Case> {
    let tree = signed_from(with_second_tree());
    let twin = "good-shadow-second-tree";
    vec![
        turned("shadow-other-catalog", twin, "The trailer names the hidden catalog", &{
            let mut pdf = tree.clone();
            pdf.trailer.set("Root", "27 0 R");
            pdf.commit(Form::Table);
            pdf
        }),
        turned("shadow-other-pages", twin, "The catalog names the hidden pages", &{
            updated(&tree, |pdf| pdf.set(CATALOG, "Pages", "26 0 R"))
        }),
        turned("shadow-other-kids", twin, "The page tree names the hidden page", &{
            updated(&tree, |pdf| pdf.set(PAGES, "Kids", "[25 0 R 4 0 R]"))
        }),
        on_page_1(turned("shadow-listed-elsewhere", twin, "The text's entry points at the hidden text", &{
            // The hidden object stands under the number of the text it takes the place of.
            let mut pdf = agreement();
            let hidden = pdf.write_unlisted(TEXT_1, &other_amount());
            pdf.commit(Form::Table);
            sign(&mut pdf, &approval("Firma1"), FIRST);
            pdf.commit(Section::table().telling(TEXT_1, hidden));
            pdf
        })),
        on_page_1(turned("shadow-listed-older", twin, "The text's entry points at its older version", &{
            let mut pdf = agreement();
            pdf.put(TEXT_1, other_amount());
            pdf.commit(Form::Table);
            let older = pdf.find_last(b"\n5 0 obj") + 1;
            pdf.put(TEXT_1, text(&["Il corrispettivo annuo e' di 1.000 euro."]));
            sign(&mut pdf, &approval("Firma1"), FIRST);
            pdf.commit(Section::table().telling(TEXT_1, older));
            pdf
        })),
    ]
}
