//! The invented "Accordo di Servizio": two pages of text, or one with a form.

use crate::forge::pdf::{Object, Pdf};

pub(crate) const CATALOG: u32 = 1;
pub(crate) const PAGES: u32 = 2;
pub(crate) const PAGE_1: u32 = 3;
pub(crate) const PAGE_2: u32 = 4;
pub(crate) const TEXT_1: u32 = 5;
pub(crate) const TEXT_2: u32 = 6;
pub(crate) const FONT: u32 = 7;
pub(crate) const INFO: u32 = 8;
pub(crate) const FORM: u32 = crate::forge::pdf::signature::FORM;
pub(crate) const METADATA: u32 = 10;
/// The text field `ente`, and its appearance.
pub(crate) const ENTE: u32 = 11;
pub(crate) const ENTE_LOOK: u32 = 12;
/// The text field `referente`, and its appearance.
pub(crate) const REFERENTE: u32 = 13;
pub(crate) const REFERENTE_LOOK: u32 = 14;

const FIRST: [&str; 4] = [
    "Accordo di Servizio (fac-simile di prova)",
    "tra l'ente Prova S.r.l. e la Regione Esempio.",
    "Il corrispettivo annuo e' di 1.000 euro.",
    "Il rappresentante legale accetta le condizioni.",
];
const SECOND: [&str; 2] = ["Allegato: durata di dodici mesi.", "Recesso con preavviso di trenta giorni."];

/// The agreement, not yet committed.
pub(crate) fn agreement() -> Pdf {
    fill(Pdf::new())
}

/// Writes the agreement into an empty file.
pub(crate) fn fill(mut pdf: Pdf) -> Pdf {
    let page = |text: u32| {
        let contents = format!("{text} 0 R");
        Object::dict(&[
            ("Type", "/Page"),
            ("Parent", "2 0 R"),
            ("MediaBox", "[0 0 595 842]"),
            ("Resources", "<< /Font << /F1 7 0 R >> >>"),
            ("Contents", &contents),
        ])
    };
    pdf.put(CATALOG, Object::dict(&[("Type", "/Catalog"), ("Pages", "2 0 R"), ("Metadata", "10 0 R")]));
    pdf.put(PAGES, Object::dict(&[("Type", "/Pages"), ("Kids", "[3 0 R 4 0 R]"), ("Count", "2")]));
    pdf.put(PAGE_1, page(TEXT_1));
    pdf.put(PAGE_2, page(TEXT_2));
    pdf.put(TEXT_1, text(&FIRST));
    pdf.put(TEXT_2, text(&SECOND));
    pdf.put(FONT, font("Helvetica"));
    pdf.put(INFO, info("Accordo di Servizio", "20260130120000"));
    pdf.put(METADATA, metadata("2026-01-30T12:00:00Z"));
    let id = "[<c0ffee00c0ffee00c0ffee00c0ffee00> <c0ffee00c0ffee00c0ffee00c0ffee00>]";
    for (key, value) in [("Root", "1 0 R"), ("Info", "8 0 R"), ("ID", id)] {
        pdf.trailer.set(key, value);
    }
    pdf
}

/// The agreement with two text fields on its first page, not yet committed.
pub(crate) fn form() -> Pdf {
    let mut pdf = agreement();
    let resources = "<< /Font << /F1 7 0 R >> >>";
    pdf.put(FORM, Object::dict(&[("Fields", "[11 0 R 13 0 R]"), ("DA", "(/F1 10 Tf 0 g)"), ("DR", resources)]));
    pdf.set(CATALOG, "AcroForm", "9 0 R");
    pdf.set(PAGE_1, "Annots", "[11 0 R 13 0 R]");
    pdf.put(ENTE, text_field("ente", "Prova S.r.l.", "[50 600 250 620]", ENTE_LOOK));
    pdf.put(ENTE_LOOK, appearance("Prova S.r.l."));
    pdf.put(REFERENTE, text_field("referente", "", "[50 560 250 580]", REFERENTE_LOOK));
    pdf.put(REFERENTE_LOOK, appearance(""));
    pdf
}

/// Fills a text field, its value and its appearance.
pub(crate) fn fill_in(pdf: &mut Pdf, field: u32, value: &str) {
    pdf.set(field, "V", &format!("({value})"));
    pdf.put(field + 1, appearance(value));
}

pub(crate) fn text(lines: &[&str]) -> Object {
    let shown: Vec<_> = lines.iter().map(|line| format!("({line}) Tj T* ")).collect();
    let shown = shown.concat();
    Object::stream(&[], format!("BT /F1 12 Tf 14 TL 50 780 Td {shown}ET").as_bytes())
}

/// The text of the first page.
pub(crate) fn first_text() -> Object {
    text(&FIRST)
}

/// The text of the first page, with another amount.
pub(crate) fn other_amount() -> Object {
    text(&[FIRST[0], FIRST[1], "Il corrispettivo annuo e' di 9.000 euro.", FIRST[3]])
}

/// The text of the second page, with another duration.
pub(crate) fn other_duration() -> Object {
    text(&["Allegato: durata di novanta mesi.", SECOND[1]])
}

pub(crate) fn font(name: &str) -> Object {
    let base = format!("/{name}");
    Object::dict(&[("Type", "/Font"), ("Subtype", "/Type1"), ("BaseFont", &base), ("Encoding", "/WinAnsiEncoding")])
}

pub(crate) fn info(title: &str, changed: &str) -> Object {
    let (title, changed) = (format!("({title})"), format!("(D:{changed}Z)"));
    Object::dict(&[
        ("Title", &title),
        ("Producer", "(Prova)"),
        ("CreationDate", "(D:20260130120000Z)"),
        ("ModDate", &changed),
    ])
}

pub(crate) fn metadata(changed: &str) -> Object {
    let packet = format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
        <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" \
        xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmp:ModifyDate=\"{changed}\"/></rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>"
    );
    Object::stream(&[("Type", "/Metadata"), ("Subtype", "/XML")], packet.as_bytes())
}

/// A form `XObject` that shows one line.
pub(crate) fn appearance(line: &str) -> Object {
    let shown = format!("/Tx BMC q BT /F1 10 Tf 2 6 Td ({line}) Tj ET Q EMC");
    Object::stream(
        &[
            ("Type", "/XObject"),
            ("Subtype", "/Form"),
            ("BBox", "[0 0 200 20]"),
            ("Resources", "<< /Font << /F1 7 0 R >> >>"),
        ],
        shown.as_bytes(),
    )
}

fn text_field(name: &str, value: &str, rect: &str, look: u32) -> Object {
    let (name, value, look) = (format!("({name})"), format!("({value})"), format!("<< /N {look} 0 R >>"));
    Object::dict(&[
        ("Type", "/Annot"),
        ("Subtype", "/Widget"),
        ("FT", "/Tx"),
        ("T", &name),
        ("V", &value),
        ("Rect", rect),
        ("P", "3 0 R"),
        ("F", "4"),
        ("DA", "(/F1 10 Tf 0 g)"),
        ("AP", &look),
    ])
}
