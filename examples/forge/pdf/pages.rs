//! K22: what a later revision may never change: pages, what they show, and what the file does.

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::section::Form;
use crate::forge::pdf::{Object, Pdf};
use crate::pdf::agreement::{
    CATALOG, FONT, PAGE_1, PAGE_2, PAGES, TEXT_1, TEXT_2, agreement, font, other_duration, text,
};
use crate::pdf::signed::{FIRST, approval, forbidden, forbidden_by, sign, signed, updated};

const TWIN: &str = "good-two-signatures";

pub(crate) fn cases() -> Vec<Case> {
    [pages(), resources(), structure()].into_iter().flatten().collect()
}

fn changed(name: &'static str, title: &'static str, change: impl FnOnce(&mut Pdf)) -> Case {
    forbidden(name, "K22", TWIN, title, &updated(&signed(), change)).clause("ISO 32000-2 §12.8.1, §7.5.6")
}

fn on_page(case: Case, page: u8) -> Case {
    case.expect(Expected::one(forbidden_by(FIRST).on_page(page)))
}

fn pages() -> Vec<Case> {
    let new_page = || {
        Object::dict(&[
            ("Type", "/Page"),
            ("Parent", "2 0 R"),
            ("MediaBox", "[0 0 595 842]"),
            ("Resources", "<< /Font << /F1 7 0 R >> >>"),
            ("Contents", "20 0 R"),
        ])
    };
    let other = || text(&["Clausola aggiunta dopo la firma."]);
    vec![
        on_page(
            changed("page-2-text", "The text of the second page changed", |pdf| pdf.put(TEXT_2, other_duration())),
            2,
        ),
        on_page(
            changed("page-2-other-stream", "The second page refers to another text", |pdf| {
                let other = pdf.add(other_duration());
                pdf.set(PAGE_2, "Contents", &format!("{other} 0 R"));
            }),
            2,
        ),
        on_page(
            changed("page-1-second-stream", "A second text added to the first page", |pdf| {
                let more = pdf.add(text(&["Clausola aggiunta dopo la firma."]));
                pdf.set(PAGE_1, "Contents", &format!("[{TEXT_1} 0 R {more} 0 R]"));
            }),
            1,
        ),
        changed("page-added", "A page added", |pdf| {
            pdf.put(20, other());
            pdf.put(21, new_page());
            pdf.set(PAGES, "Kids", "[3 0 R 4 0 R 21 0 R]");
            pdf.set(PAGES, "Count", "3");
        }),
        changed("page-removed", "The second page removed", |pdf| {
            pdf.set(PAGES, "Kids", "[3 0 R]");
            pdf.set(PAGES, "Count", "1");
        }),
        changed("page-freed", "The second page freed", |pdf| pdf.free(PAGE_2)),
        changed("pages-swapped", "The pages in another order", |pdf| pdf.set(PAGES, "Kids", "[4 0 R 3 0 R]")),
        changed("page-replaced", "The second page replaced by a new one", |pdf| {
            pdf.put(20, other());
            pdf.put(21, new_page());
            pdf.set(PAGES, "Kids", "[3 0 R 21 0 R]");
        }),
        on_page(changed("page-2-rotated", "The second page turned", |pdf| pdf.set(PAGE_2, "Rotate", "180")), 2),
        on_page(
            changed("page-1-cropped", "The first page cropped", |pdf| pdf.set(PAGE_1, "CropBox", "[0 770 595 842]")),
            1,
        ),
        changed("pages-inherited-box", "A rotation for all pages, inherited", |pdf| pdf.set(PAGES, "Rotate", "90")),
    ]
}

fn resources() -> Vec<Case> {
    vec![
        changed("font-changed", "The font of the pages changed", |pdf| pdf.put(FONT, font("Symbol"))),
        changed("font-encoding-changed", "The font shows other digits", |pdf| {
            pdf.set(FONT, "Encoding", "<< /Type /Encoding /Differences [49 /nine] >>");
        }),
        on_page(
            changed("page-2-other-font", "The second page uses another font", |pdf| {
                let other = pdf.add(font("Symbol"));
                pdf.set(PAGE_2, "Resources", &format!("<< /Font << /F1 {other} 0 R >> >>"));
            }),
            2,
        ),
        changed("viewer-preferences", "How the file is opened changed", |pdf| {
            pdf.set(CATALOG, "PageLayout", "/TwoColumnLeft");
            pdf.set(CATALOG, "ViewerPreferences", "<< /HideToolbar true >>");
        }),
    ]
}

fn structure() -> Vec<Case> {
    let script = "<< /S /JavaScript /JS (this.print\\(\\);) >>";
    let with =
        |name, title, key: &'static str, value: &'static str| changed(name, title, |pdf| pdf.set(CATALOG, key, value));
    vec![
        changed("action-on-opening", "A script runs when the file is opened", |pdf| {
            pdf.set(CATALOG, "OpenAction", script);
        }),
        changed("action-on-closing", "Additional actions in the catalog", |pdf| {
            pdf.set(CATALOG, "AA", &format!("<< /WC {script} >>"));
        }),
        on_page(
            changed("action-of-page", "Additional actions in the second page", |pdf| {
                pdf.set(PAGE_2, "AA", &format!("<< /O {script} >>"));
            }),
            2,
        ),
        changed("script-named", "A script among the names", |pdf| {
            pdf.set(CATALOG, "Names", &format!("<< /JavaScript << /Names [(a) {script}] >> >>"));
        }),
        with("layers-added", "Optional content added", "OCProperties", "<< /OCGs [] /D << /BaseState /OFF >> >>"),
        changed("file-attached", "A file attached", |pdf| {
            let file = pdf.add(Object::stream(&[("Type", "/EmbeddedFile")], b"allegato"));
            let named = pdf.add(Object::dict(&[
                ("Type", "/Filespec"),
                ("F", "(a.txt)"),
                ("EF", &format!("<< /F {file} 0 R >>")),
            ]));
            pdf.set(CATALOG, "Names", &format!("<< /EmbeddedFiles << /Names [(a.txt) {named} 0 R] >> >>"));
        }),
        changed("outline-added", "Bookmarks added", |pdf| {
            let item = [("Title", "(Recesso)"), ("Parent", "13 0 R"), ("Dest", "[4 0 R /Fit]")];
            let outlines = pdf.add(Object::dict(&[("Type", "/Outlines"), ("First", "14 0 R"), ("Last", "14 0 R")]));
            pdf.add(Object::dict(&item));
            pdf.set(CATALOG, "Outlines", &format!("{outlines} 0 R"));
        }),
        changed("catalog-replaced", "The trailer names another catalog", |pdf| {
            let pages = pdf.add(Object::dict(&[("Type", "/Pages"), ("Kids", "[4 0 R]"), ("Count", "1")]));
            let catalog = [("Type", "/Catalog"), ("Pages", &*format!("{pages} 0 R")), ("AcroForm", "9 0 R")];
            let catalog = pdf.add(Object::dict(&catalog));
            pdf.trailer.set("Root", &format!("{catalog} 0 R"));
        }),
        forbidden("dangling-reference-filled", "K22", TWIN, "A new object takes a number the first page refers to", &{
            dangling()
        })
        .clause("ISO 32000-2 §7.3.10: null in the signed revision"),
    ]
}

/// The first page refers to an object that nobody wrote, until somebody does.
fn dangling() -> Pdf {
    let mut pdf = agreement();
    pdf.set(PAGE_1, "Contents", &format!("[{TEXT_1} 0 R 40 0 R]"));
    pdf.commit(Form::Table);
    sign(&mut pdf, &approval("Firma1"), FIRST);
    pdf.put(40, text(&["", "", "", "", "Clausola aggiunta dopo la firma."]));
    pdf.commit(Form::Table);
    pdf
}
