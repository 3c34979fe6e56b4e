//! K22, K24, K25: what was prepared before signing so that a later change of it seems to change nothing.

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::section::Form;
use crate::forge::pdf::{Dict, Object, Pdf};
use crate::pdf::agreement::{
    CATALOG, ENTE, ENTE_LOOK, FONT, FORM, INFO, PAGE_1, TEXT_1, agreement, appearance, font, form, other_amount,
};
use crate::pdf::signed::{FIRST, approval, bad, forbidden, good, passed, sign, signed, signed_from, updated};

pub(crate) fn cases() -> Vec<Case> {
    [uses(), fields(), told()].into_iter().flatten().collect()
}

fn hidden(name: &'static str, title: &'static str, clause: &'static str, pdf: &Pdf) -> Case {
    forbidden(name, "K24", "good-unreferenced-object", title, pdf).clause(clause)
}

/// Uses of an object that are easily overlooked.
fn uses() -> Vec<Case> {
    let mut stamped = agreement();
    stamped.put(40, appearance("Il corrispettivo annuo e' di 1.000 euro."));
    let drawn = [("Type", "/Annot"), ("Subtype", "/Stamp"), ("Rect", "[50 745 350 765]"), ("AP", "<< /N 40 0 R >>")];
    stamped.put(41, Object::dict(&drawn));
    stamped.set(PAGE_1, "Annots", "[41 0 R]");
    stamped.put(FORM, Object::dict(&[("Fields", "[40 0 R]")]));
    stamped.set(CATALOG, "AcroForm", "9 0 R");
    let mut unreadable = agreement();
    unreadable.put(40, Object::Raw("<< /Font << /F1 41 0 R >> /Nota --1 >>".to_owned()));
    unreadable.put(41, font("Helvetica"));
    unreadable.set(PAGE_1, "Resources", "40 0 R");
    let mut above = agreement();
    let node = |turn| {
        Object::dict(&[("Type", "/Pages"), ("Kids", "[3 0 R]"), ("Count", "1"), ("Parent", "2 0 R"), ("Rotate", turn)])
    };
    above.put(40, node("0"));
    above.set(PAGE_1, "Parent", "40 0 R");
    let mut named = form();
    named.set(FORM, "DR", "<< /Font << /P 40 0 R >> >>");
    named.put(40, font("Helvetica"));
    named.set(ENTE, "DA", "(/P 10 Tf 0 g)");
    vec![
        hidden("look-listed-as-field", "The look of a stamp is also listed as a field", "ISO 32000-2 §12.7.4.1", &{
            updated(&signed_from(stamped), |pdf| pdf.put(40, appearance("Il corrispettivo annuo e' di 9.000 euro.")))
        }),
        hidden("use-unreadable", "A font is used by a dictionary that not all programs read", "ISO 32000-2 §7.3.3", &{
            updated(&signed_from(unreadable), |pdf| pdf.put(41, font("Symbol")))
        }),
        hidden(
            "page-parent-off-tree",
            "A page inherits from a node that the tree does not have",
            "ISO 32000-2 §7.7.3.4",
            &{ updated(&signed_from(above), |pdf| pdf.put(40, node("90"))) },
        ),
        hidden(
            "font-named-p",
            "The font of the fields has the name P, like the page of a widget",
            "ISO 32000-2 §7.8.3",
            &{ updated(&signed_from(named), |pdf| pdf.put(40, font("Symbol"))) },
        ),
        hidden(
            "annotation-other-generation",
            "An annotation is listed by another generation",
            "ISO 32000-2 §7.3.10",
            &{
                updated(&signed(), |pdf| {
                    let look = pdf.add(appearance("Il corrispettivo annuo e' di 9.000 euro."));
                    let stamp = Dict::of(&[("Type", "/Annot"), ("Subtype", "/Stamp"), ("Rect", "[50 745 350 765]")]);
                    let stamp = pdf.add(Object::Dict(stamp.with("AP", &format!("<< /N {look} 0 R >>"))));
                    pdf.push(PAGE_1, "Annots", &format!("{stamp} 3 R"));
                })
            },
        ),
    ]
}

fn fields() -> Vec<Case> {
    let mut direct = agreement();
    let of = |value: &str| format!("[<< /T (importo) /FT /Tx /V ({value}) >>]");
    direct.put(FORM, Object::dict(&[("Fields", &of("1.000"))]));
    direct.set(CATALOG, "AcroForm", "9 0 R");
    direct.commit(Form::Table);
    let changed =
        |name, title, pdf: &Pdf| forbidden(name, "K25", "good-filled", title, pdf).clause("ISO 32000-2 §12.7.4");
    vec![
        changed("field-of-same-name", "A signature field gets the name of a text field, whose look changes", &{
            updated(&signed_from(form()), |pdf| {
                pdf.add_field("ente", PAGE_1, &Dict::default());
                pdf.put(ENTE_LOOK, appearance("Altro Ente S.r.l."));
            })
        }),
        changed("field-direct-changed", "A field that stands inside the form gets another value", &{
            sign(&mut direct, &approval("Firma1"), FIRST);
            updated(&direct, |pdf| {
                let fields = pdf.dict(FORM).get("Fields").unwrap().replace("1.000", "9.000");
                pdf.set(FORM, "Fields", &fields);
            })
        }),
    ]
}

/// What is allowed, and seen.
fn told() -> Vec<Case> {
    let notable = |name, title, clause, pdf: &Pdf| {
        good(name, "K25", title, pdf).expect(Expected::one(passed(FIRST).changed(&["notable"]))).clause(clause)
    };
    let mut titled = agreement();
    titled.put(40, Object::Raw("(Accordo di Servizio)".to_owned()));
    titled.set(INFO, "Title", "40 0 R");
    let with_box = updated(&signed(), |pdf| {
        let ground = [("Rect", "[50 700 350 765]"), ("F", "4"), ("MK", "<< /BG [1 1 1] >>")];
        pdf.add_field("Firma2", PAGE_1, &Dict::of(&ground));
    });
    let mut plain = form();
    plain.dict(FORM).remove("DR");
    let mut far = signed();
    far.append(&[b'\n'; 1500]);
    let mut orphaned = agreement();
    orphaned.write_unlisted(TEXT_1, &other_amount());
    let mut orphaned = signed_from(orphaned);
    orphaned.append(&[b'\n'; 1500]);
    vec![
        notable("good-title-elsewhere", "The title, an object of its own, changed", "ISO 32000-2 §14.3.3", &{
            updated(&signed_from(titled), |pdf| pdf.put(40, Object::Raw("(Contratto di appalto)".to_owned())))
        }),
        notable(
            "good-box-with-ground",
            "An empty signature box with a ground of its own",
            "ISO 32000-2 table 192",
            &with_box,
        ),
        notable(
            "good-form-drawn-anew",
            "The form with text fields gets fonts to draw them with",
            "ISO 32000-2 §12.7.4.3",
            &{ updated(&signed_from(plain), |pdf| pdf.set(FORM, "DR", &format!("<< /Font << /F1 {FONT} 0 R >> >>"))) },
        ),
        bad("white-space-long", "K22", "good-white-space-after", "1,500 line feeds after the end", &far)
            .expect(Expected::one(passed(FIRST)).verdict(&["undetermined"]).remarked("pdf.trailing_data"))
            .clause("ISO 32000-1 annex H, note 18: readers look for the end in the last 1,024 octets"),
        bad(
            "white-space-long-orphan",
            "K22",
            "good-white-space-after",
            "The same, and an unlisted text before it was signed",
            &{ orphaned },
        )
        .expect(Expected::one(passed(FIRST)).verdict(&["undetermined"]).remarked("pdf.trailing_data"))
        .clause("ISO 32000-1 annex H, note 18: whoever does not find the end takes what stands last"),
    ]
}
