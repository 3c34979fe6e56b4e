//! K24, K25, K28: where things are shown, changed without a change of the things themselves.

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::section::Form;
use crate::forge::pdf::signature::Field;
use crate::forge::pdf::{Object, Pdf};
use crate::pdf::agreement::{
    CATALOG, ENTE, FORM, INFO, PAGE_1, PAGE_2, PAGES, agreement, appearance, fill_in, form, info, other_duration,
};
use crate::pdf::signed::{
    FIRST, add_dss, approval, bad, certified_from, forbidden, forbidden_by, good, passed, sign, signed, signed_from,
    updated, visible,
};

pub(crate) fn cases() -> Vec<Case> {
    [fields(), tree(), looks(), twice(), names(), harmless(), behind_the_end()].into_iter().flatten().collect()
}

fn moved(name: &'static str, twin: &'static str, title: &'static str, pdf: &Pdf) -> Case {
    forbidden(name, "K24", twin, title, pdf).clause("ISO 32000-2 §12.5.2: a page shows the annotations that it lists")
}

/// The agreement with a field of the form that no page lists, over the amount.
fn with_hidden_field() -> Pdf {
    let mut pdf = agreement();
    let look = pdf.add(appearance("Il corrispettivo annuo e' di 9.000 euro."));
    let field = pdf.add(Object::dict(&[
        ("Type", "/Annot"),
        ("Subtype", "/Widget"),
        ("FT", "/Tx"),
        ("T", "(importo)"),
        ("V", "(Il corrispettivo annuo e' di 9.000 euro.)"),
        ("Rect", "[50 745 350 765]"),
        ("F", "4"),
        ("AP", &format!("<< /N {look} 0 R >>")),
    ]));
    pdf.put(FORM, Object::dict(&[("Fields", &format!("[{field} 0 R]"))]));
    pdf.set(CATALOG, "AcroForm", "9 0 R");
    pdf
}

fn fields() -> Vec<Case> {
    let shown = |pdf: &Pdf| updated(pdf, |pdf| pdf.push(PAGE_1, "Annots", "12 0 R"));
    let on_page_1 = || Expected::one(forbidden_by(FIRST).on_page(1));
    let form = signed_from(form());
    let list = |pdf: &mut Pdf, page: u32, list: &str| pdf.set(page, "Annots", list);
    vec![
        moved("field-put-on-page", "good-second-in-empty-field", "A field that no page listed is put on the first", &{
            shown(&signed_from(with_hidden_field()))
        })
        .expect(on_page_1()),
        moved("field-put-on-page-p1", "good-certified-p1", "P 1, a field that no page listed is put on the first", &{
            shown(&certified_from(with_hidden_field(), 1))
        })
        .expect(on_page_1()),
        moved("fields-taken-off-page", "good-filled", "Fields stay in the form and are taken off their page", &{
            updated(&form, |pdf| list(pdf, PAGE_1, "[16 0 R]"))
        })
        .expect(on_page_1()),
        moved("field-moved-to-page-2", "good-filled", "A field is taken off one page and put on another", &{
            updated(&form, |pdf| {
                list(pdf, PAGE_1, "[13 0 R 16 0 R]");
                list(pdf, PAGE_2, "[11 0 R]");
            })
        }),
        moved("field-copied-to-page-2", "good-filled", "A field is put on a second page as well", &{
            updated(&form, |pdf| list(pdf, PAGE_2, "[11 0 R]"))
        })
        .expect(Expected::one(forbidden_by(FIRST).on_page(2))),
    ]
}

fn tree() -> Vec<Case> {
    let tree = |name, title, pdf: &Pdf| {
        forbidden(name, "K24", "good-certified-p1", title, pdf).clause("ISO 32000-2 §7.7.3.2, tables 30 and 31")
    };
    let turned = |pdf: &mut Pdf, number: u32| {
        let node = [("Type", "/Pages"), ("Kids", "[3 0 R 4 0 R]"), ("Count", "2"), ("Rotate", "180")];
        pdf.put(number, Object::dict(&node));
    };
    let mut prepared = agreement();
    turned(&mut prepared, 40);
    let counted = |count: &'static str| {
        move |pdf: &mut Pdf| {
            pdf.set(PAGES, "Count", count);
        }
    };
    vec![
        tree("page-count-lowered", "The tree counts one page of two", &{
            updated(&certified_from(agreement(), 1), counted("1"))
        }),
        tree("page-count-zero", "The tree counts no page", &updated(&signed(), counted("0"))),
        tree("page-count-raised", "The tree counted one page of two when it was signed", &{
            let mut hiding = agreement();
            hiding.set(PAGES, "Count", "1");
            updated(&signed_from(hiding), counted("2"))
        }),
        tree("page-node-between", "A node that turns the pages, there before and unused, is put into the tree", &{
            updated(&signed_from(prepared.clone()), |pdf| pdf.set(PAGES, "Kids", "[40 0 R]"))
        }),
        tree("page-root-other", "The catalog leads to the same pages through a node that turns them", &{
            updated(&signed_from(prepared), |pdf| pdf.set(CATALOG, "Pages", "40 0 R"))
        }),
    ]
}

/// A signature with a look that the flags of its field hide, or show.
fn looks() -> Vec<Case> {
    let signed_with = |flags: &str| {
        let mut pdf = agreement();
        pdf.commit(Form::Table);
        let field = visible(&mut pdf, "Firma1", "Il corrispettivo annuo e' di 9.000 euro.");
        sign(&mut pdf, &approval("Firma1").field(field).field_with("F", flags), FIRST);
        pdf
    };
    let flagged = |before: &str, after: &str| {
        updated(&signed_with(before), |pdf| {
            let field = pdf.last_field();
            pdf.set(field, "F", after);
        })
    };
    let changed = |name, title, pdf: &Pdf| {
        forbidden(name, "K25", "good-second-visible", title, pdf).clause("ISO 32000-2 §12.5.3, table 167")
    };
    vec![
        changed("signature-shown", "A hidden signature field with a look is shown", &flagged("130", "4")),
        changed("signature-hidden", "The look of a signature is hidden", &flagged("132", "134")),
    ]
}

/// What is there twice: one program takes the first, another the last.
fn twice() -> Vec<Case> {
    let twice = |name, title, pdf: &Pdf| {
        forbidden(name, "K28", "good-two-signatures", title, pdf).clause("ISO 32000-2 §7.3.7: a key once")
    };
    let page = |contents: &str| {
        updated(&signed(), |pdf| {
            let other = pdf.add(other_duration());
            let contents = contents.replace("OTHER", &other.to_string());
            let page = "/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 7 0 R >> >>";
            pdf.put(PAGE_2, Object::Raw(format!("<< {page} {contents} >>")));
        })
    };
    vec![
        twice("page-contents-twice", "A page has its text, then another under the same key", &{
            page("/Contents 6 0 R /Contents OTHER 0 R")
        }),
        twice("page-contents-twice-first", "A page has another text, then its own under the same key", &{
            page("/Contents OTHER 0 R /Contents 6 0 R")
        }),
    ]
}

/// A locked field that gets another name, and is filled under it.
fn names() -> Vec<Case> {
    let mut nested = form();
    let node = |name: &str, kids: &str| Object::dict(&[("T", &format!("({name})")), ("Kids", kids)]);
    nested.put(40, node("dati", "[11 0 R]"));
    nested.put(41, node("altri", "[13 0 R]"));
    nested.set(FORM, "Fields", "[40 0 R 41 0 R]");
    nested.commit(Form::Table);
    let lock = "<< /Type /SigFieldLock /Action /Include /Fields [(dati.ente)] >>";
    let field = Field::new("Firma1", PAGE_1, &[("Lock", lock)]);
    sign(&mut nested, &approval("Firma1").field(field), FIRST);
    let filled = updated(&nested, |pdf| {
        pdf.set(40, "Kids", "[]");
        pdf.set(41, "Kids", "[13 0 R 11 0 R]");
        fill_in(pdf, ENTE, "Altro Ente S.r.l.");
    });
    vec![
        forbidden("lock-evaded", "K25", "good-lock-other-filled", "A locked field is renamed, and filled", &filled)
            .clause("ISO 32000-2 §12.7.4.2, §12.7.5.5"),
    ]
}

fn harmless() -> Vec<Case> {
    let dated = updated(&certified_from(agreement(), 1), |pdf| {
        add_dss(pdf);
        pdf.put(INFO, info("Accordo di Servizio", "20260201000000"));
    });
    let restyled = updated(&signed_from(form()), |pdf| {
        fill_in(pdf, ENTE, "Altro Ente S.r.l.");
        pdf.set(ENTE, "DA", "(0 g /F1 10 Tf)");
    });
    let mut ended = signed();
    ended.append(b"%%EOF\n");
    vec![
        good("good-certified-p1-dated", "K25", "P 1, then a DSS by a program that renews the date", &dated)
            .expect(Expected::one(passed(FIRST).changed(&["allowed"])))
            .clause("ISO 32000-2 §12.8.2.2, table 257; §14.3.3: the date shows nothing"),
        good("good-filled-restyled", "K25", "A field filled by a program that writes how to draw it anew", &restyled)
            .expect(Expected::one(passed(FIRST).changed(&["notable"])))
            .clause("ISO 32000-2 §12.8.1; §12.7.4.3: the same operators"),
        good("good-end-marked-twice", "K22", "The mark of the end stands there twice", &ended)
            .clause("ISO 32000-2 §7.5.5, §7.2.4: a comment"),
    ]
}

/// A signed file whose last octets were lost: what is left of it shows the document as it was before.
fn behind_the_end() -> Vec<Case> {
    let mut cut = agreement();
    cut.commit(Form::Table);
    sign(&mut cut, &approval("Firma1"), FIRST);
    let end = cut.find_last(b"startxref");
    cut.bytes.truncate(end);
    vec![
        bad("signature-behind-the-end", "K28", "good-cades-detached", "The end is missing behind the signature", &cut)
            .expect(
                Expected::all(Vec::new()).verdict(&["undetermined", "rejected"]).remarked("pdf.signature_unreachable"),
            )
            .clause("ISO 32000-2 §7.5.5: no index leads to the signature"),
    ]
}
