//! K22: cross-references that lead elsewhere.

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::section::{Form, Link, Section};
use crate::forge::pdf::{Object, Pdf};
use crate::pdf::agreement::{FONT, METADATA, PAGES, TEXT_1, agreement, first_text, font, metadata, other_amount, text};
use crate::pdf::signed::{FIRST, approval, bad, cades, forbidden, forbidden_by, malformed, sign, signed};

const TWIN: &str = "good-metadata";
const CLAUSE: &str = "ISO 32000-2 §7.5.4, §7.5.6";

pub(crate) fn cases() -> Vec<Case> {
    [into_the_hole(), chains(), entries()].into_iter().flatten().collect()
}

fn into_the_hole() -> Vec<Case> {
    vec![
        malformed("xref-into-contents", "K22", TWIN, "The page tree's kids are listed within Contents", &{
            let mut pdf = agreement();
            pdf.set(PAGES, "Kids", "20 0 R");
            pdf.put(20, Object::Raw("[3 0 R 4 0 R]".to_owned()));
            pdf.commit(Form::Table);
            pdf.place(&approval("Firma1"));
            pdf.commit(Form::Table);
            let hole = pdf.fill(cades(FIRST));
            let hidden = b" 20 0 obj [4 0 R 4 0 R] endobj ";
            let at = hole.end - 101;
            pdf.overwrite(at, hidden);
            pdf.commit(Section::table().telling(20, at + 1));
            pdf
        })
        .clause("ISO 32000-2 §7.3.4.3: hexadecimal digits and white space only"),
        bad("xref-into-digits", "K22", TWIN, "The text is listed among the digits of Contents", &{
            let mut pdf = signed();
            let at = pdf.find_last(b"/Contents <30") + 200;
            pdf.commit(Section::table().telling(TEXT_1, at));
            pdf
        })
        .expect(Expected::one(forbidden_by(FIRST)))
        .clause(CLAUSE),
        bad("startxref-into-contents", "K22", TWIN, "startxref points into Contents", &{
            let mut pdf = signed();
            let at = pdf.find_last(b"/Contents <30") + 200;
            pdf.commit(Section::table().startxref(at));
            pdf
        })
        .expect(Expected::not_accepted())
        .clause(CLAUSE),
    ]
}

fn chains() -> Vec<Case> {
    let first_section = |pdf: &Pdf| pdf.bytes.windows(5).position(|window| window == b"xref\n").unwrap();
    let signature_told = |pdf: &Pdf| pdf.find_last(b"\n11 0 obj") + 1;
    vec![
        forbidden(
            "prev-skips-signed",
            "K22",
            TWIN,
            "Prev skips the signed revision, whose signature is listed again",
            &{
                let mut pdf = signed();
                let (first, signature) = (first_section(&pdf), signature_told(&pdf));
                for number in [1, 3, 9, 12] {
                    pdf.dict(number);
                }
                pdf.put(TEXT_1, other_amount());
                pdf.commit(Section::table().prev(Link::At(first)).telling(11, signature));
                pdf
            },
        )
        .clause(CLAUSE),
        forbidden("prev-none", "K22", TWIN, "The last section has no Prev and lists all objects", &{
            let mut pdf = signed();
            let signature = signature_told(&pdf);
            for number in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12] {
                pdf.dict(number);
            }
            pdf.put(TEXT_1, other_amount());
            pdf.commit(Section::table().prev(Link::None).telling(11, signature));
            pdf
        })
        .clause(CLAUSE),
        bad("prev-to-nothing", "K22", TWIN, "Prev points at no section", &{
            let mut pdf = signed();
            pdf.put(METADATA, metadata("2026-02-01T00:00:00Z"));
            pdf.commit(Section::table().prev(Link::At(9)));
            pdf
        })
        .expect(Expected::not_accepted())
        .clause(CLAUSE),
        bad("revision-skipped", "K22", TWIN, "A revision that the next one's Prev skips", &{
            let mut pdf = signed();
            let signed_section = pdf.last.unwrap();
            pdf.put(TEXT_1, other_amount());
            pdf.commit(Form::Table);
            pdf.put(METADATA, metadata("2026-02-01T00:00:00Z"));
            pdf.commit(Section::table().prev(Link::At(signed_section)));
            pdf
        })
        .expect(Expected::not_accepted().open().verdict(&["rejected", "undetermined", "accepted"]).remarked_somehow())
        .clause("octets after the signed revision that no section lists are told"),
        bad("object-unlisted", "K22", TWIN, "The update has a changed text that its section does not list", &{
            let mut pdf = signed();
            pdf.write_unlisted(TEXT_1, &other_amount());
            pdf.put(METADATA, metadata("2026-02-01T00:00:00Z"));
            pdf.commit(Form::Table);
            pdf
        })
        .expect(Expected::not_accepted().open().verdict(&["rejected", "undetermined", "accepted"]).remarked_somehow())
        .clause("readers that rebuild the list show it"),
    ]
}

fn entries() -> Vec<Case> {
    let on_page_1 = || Expected::one(forbidden_by(FIRST).on_page(1));
    let with = |text: &Object, section: &dyn Fn(usize) -> String, header: &str| {
        let mut pdf = signed();
        let (at, last) = (pdf.here(), pdf.last.unwrap());
        let changed = [header.as_bytes(), &text.encode(), b"\nendobj\n"].concat();
        pdf.append(&changed);
        let start = pdf.here();
        pdf.append(format!("xref\n{}trailer\n<< /Size 13 /Root 1 0 R /Prev {last} >>\n", section(at)).as_bytes());
        pdf.close(start);
        pdf
    };
    let raw = |section: &dyn Fn(usize) -> String, header: &str| with(&other_amount(), section, header);
    let entry = |at: usize| format!("{at:010} 00000 n \n");
    let bad = |name, title, pdf: &Pdf| bad(name, "K22", TWIN, title, pdf).clause(CLAUSE);
    let told = |number, what: &[u8]| {
        let mut pdf = signed();
        let at = pdf.find_last(what) + 1;
        pdf.commit(Section::table().telling(number, at));
        pdf
    };
    vec![
        bad("listed-twice", "One section lists the text twice, first as it was", &{
            let older = signed().find_last(b"\n5 0 obj") + 1;
            raw(&|at| format!("5 1\n{}5 1\n{}", entry(older), entry(at)), "5 0 obj\n")
        })
        .expect(Expected::not_accepted().verdict(&["rejected", "undetermined"]).open()),
        bad("listed-as-generation-1", "The text in another generation", &{
            raw(&|at| format!("5 1\n{at:010} 00001 n \n"), "5 1 obj\n")
        })
        .expect(on_page_1()),
        bad(
            "listed-same-as-generation-1",
            "The same text in another generation: whoever looks for it finds nothing",
            &{ with(&first_text(), &|at| format!("5 1\n{at:010} 00001 n \n"), "5 1 obj\n") },
        )
        .expect(on_page_1()),
        bad("listed-other-number", "The text's entry points at the second page's text", &told(TEXT_1, b"\n6 0 obj"))
            .expect(on_page_1()),
        bad("listed-beyond-end", "The text's entry points beyond the file", &{
            let mut pdf = signed();
            pdf.commit(Section::table().telling(TEXT_1, 99_999_999));
            pdf
        })
        .expect(on_page_1()),
        bad("listed-in-hidden-stream", "The font changed, listed only where hybrid readers look", &{
            let mut pdf = signed();
            pdf.put(FONT, font("Symbol"));
            pdf.commit(Form::Hybrid);
            pdf
        })
        .expect(Expected::one(forbidden_by(FIRST))),
        bad("listed-older", "The text's entry points at its version before it was signed", &{
            let mut pdf = agreement();
            pdf.put(TEXT_1, other_amount());
            pdf.commit(Form::Table);
            let older = pdf.find_last(b"\n5 0 obj") + 1;
            pdf.put(TEXT_1, text(&["Il corrispettivo annuo e' di 1.000 euro."]));
            pdf.commit(Form::Stream);
            sign(&mut pdf, &approval("Firma1"), FIRST);
            pdf.commit(Section::from(Form::Stream).telling(TEXT_1, older));
            pdf
        })
        .expect(on_page_1()),
    ]
}
