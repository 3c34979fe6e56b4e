//! K24, K25: looks of fields that are drawn elsewhere than in their box, or show something that no value explains.

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::signature::Field;
use crate::forge::pdf::{Dict, Object, Pdf};
use crate::pdf::agreement::{CATALOG, ENTE, ENTE_LOOK, FORM, PAGE_1, agreement, form};
use crate::pdf::signed::{
    FIRST, SECOND, approval, certified_from, forbidden, forbidden_by, good, passed, sign, signed, updated,
};

pub(crate) fn cases() -> Vec<Case> {
    [boundless(), buttons()].into_iter().flatten().collect()
}

/// A look without `BBox`: `PDFium` draws it unscaled and unclipped from the corner of the page, whatever `Rect` says.
fn boundless() -> Vec<Case> {
    let case = |name, twin, title, pdf: &Pdf| {
        forbidden(name, "K24", twin, title, pdf).clause("ISO 32000-2 table 93: BBox is required")
    };
    let look = || {
        let covering = b"1 g 45 745 400 20 re f 0 g BT /F1 12 Tf 50 750 Td (Il corrispettivo e' di 9.000 euro.) Tj ET";
        Object::stream(
            &[("Type", "/XObject"), ("Subtype", "/Form"), ("Resources", "<< /Font << /F1 7 0 R >> >>")],
            covering,
        )
    };
    let nowhere = |pdf: &mut Pdf| {
        let look = pdf.add(look());
        [("Rect", "[0 0 0 0]".to_owned()), ("AP", format!("<< /N {look} 0 R >>"))]
    };
    let empty_field = updated(&signed(), |pdf| {
        let rest = nowhere(pdf);
        pdf.add_field("Firma2", PAGE_1, &Dict::of(&rest.each_ref().map(|(name, value)| (*name, value.as_str()))));
    });
    let mut second = signed();
    let rest = nowhere(&mut second);
    let field = Field::new("Firma2", PAGE_1, &rest.each_ref().map(|(name, value)| (*name, value.as_str())));
    sign(&mut second, &approval("Firma2").field(field), SECOND);
    vec![
        case(
            "look-without-bounds",
            "good-empty-field-added",
            "An empty signature field without area, whose look has no bounds",
            &empty_field,
        ),
        case(
            "look-without-bounds-signed",
            "good-two-signatures",
            "The second signature has no area, and a look without bounds",
            &second,
        )
        .expect(Expected::all(vec![forbidden_by(FIRST), passed(SECOND).changed(&["none"])])),
        case(
            "look-without-bounds-filled",
            "good-certified-p2-filled",
            "P 2, a field filled, its look without bounds",
            &{
                updated(&certified_from(form(), 2), |pdf| {
                    pdf.set(ENTE, "V", "(Altro Ente S.r.l.)");
                    pdf.put(ENTE_LOOK, look());
                })
            },
        ),
    ]
}

const BUTTON: u32 = 11;
const LOOK: u32 = 12;

/// The agreement with a button on its first page, whose looks are `LOOK` and the next.
fn with_button(entries: &[(&str, &str)]) -> Pdf {
    let mut pdf = agreement();
    let widget = [("Type", "/Annot"), ("Subtype", "/Widget"), ("FT", "/Btn"), ("T", "(accetto)")];
    let place = [("Rect", "[50 600 70 620]"), ("F", "4"), ("P", "3 0 R")];
    pdf.put(BUTTON, Object::dict(&[widget.as_slice(), &place, entries].concat()));
    pdf.put(LOOK, mark("0 0 20 20 re s"));
    pdf.put(LOOK + 1, mark("0 0 20 20 re s 0 0 m 20 20 l s"));
    pdf.put(FORM, Object::dict(&[("Fields", "[11 0 R]")]));
    pdf.set(CATALOG, "AcroForm", "9 0 R");
    pdf.set(PAGE_1, "Annots", "[11 0 R]");
    pdf
}

fn mark(content: &str) -> Object {
    Object::stream(&[("Type", "/XObject"), ("Subtype", "/Form"), ("BBox", "[0 0 20 20]")], content.as_bytes())
}

/// Buttons: their looks were made beforehand, one for each state (ISO 32000-2 §12.7.5.2).
fn buttons() -> Vec<Case> {
    let states = [("AP", "<< /N << /Off 12 0 R /Si 13 0 R >> >>"), ("AS", "/Off"), ("V", "/Off")];
    let box_to_tick = certified_from(with_button(&states), 2);
    let tick = |pdf: &mut Pdf| {
        pdf.set(BUTTON, "V", "/Si");
        pdf.set(BUTTON, "AS", "/Si");
    };
    let pushed = certified_from(with_button(&[("AP", "<< /N 12 0 R >>"), ("Ff", "65536")]), 2);
    let case = |name, title, pdf: &Pdf| {
        forbidden(name, "K25", "good-box-ticked", title, pdf).clause("ISO 32000-2 §12.7.5.2, §12.7.5.2.2")
    };
    vec![
        good("good-box-ticked", "K25", "P 2, a box ticked", &updated(&box_to_tick, tick))
            .expect(Expected::one(passed(FIRST).changed(&["notable"])))
            .clause("ISO 32000-2 table 257, P 2: filling in forms"),
        case("box-ticked-other-look", "P 2, a box ticked and its looks replaced", &{
            updated(&box_to_tick, |pdf| {
                tick(pdf);
                pdf.put(LOOK + 1, mark("0 0 20 20 re f"));
            })
        }),
        case("push-button-with-value", "P 2, a push button gets a value, and another look", &{
            updated(&pushed, |pdf| {
                pdf.set(BUTTON, "V", "/Si");
                pdf.put(LOOK, mark("0 0 20 20 re f"));
            })
        }),
    ]
}
