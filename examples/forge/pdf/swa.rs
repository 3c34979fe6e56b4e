//! K23: signature wrapping; ranges that leave out more than the message.

use crate::case::Case;
use crate::expected::{Expected, Signature};
use crate::forge::pdf::section::{Form, Section};
use crate::forge::pdf::signature::{Hole, hex};
use crate::forge::pdf::{Dict, Object, Pdf};
use crate::pdf::agreement::{TEXT_1, agreement, other_amount};
use crate::pdf::signed::{FIRST, SECOND, approval, bad, cades, filled, malformed, signed};

const TWIN: &str = "good-cades-detached";
const CLAUSE: &str = "ISO 32000-2 §12.8.1: the range is the whole file but Contents; EN 319 142-1 §5.3";

pub(crate) fn cases() -> Vec<Case> {
    [signed_so(), moved(), doubled()].into_iter().flatten().collect()
}

/// Placed and not yet signed.
fn placed() -> (Pdf, Hole) {
    let mut pdf = agreement();
    pdf.commit(Form::Table);
    pdf.place(&approval("Firma1"));
    pdf.commit(Form::Table);
    let hole = pdf.hole();
    (pdf, hole)
}

/// The signer's own program chose the range, and the value holds over it.
fn signed_so() -> Vec<Case> {
    let over = |name, title, range: &dyn Fn(&Hole, usize) -> [usize; 4]| {
        let (mut pdf, hole) = placed();
        let range = range(&hole, pdf.bytes.len());
        pdf.fill_over(&hole, range, cades(FIRST));
        malformed(name, "K23", TWIN, title, &pdf).clause(CLAUSE)
    };
    vec![
        over("swa-gap-larger", "The gap is larger than Contents", &|hole, all| {
            [0, hole.start, hole.end + 4, all - hole.end - 4]
        }),
        over("swa-gap-starts-early", "The gap starts before Contents", &|hole, all| {
            [0, hole.start - 10, hole.end, all - hole.end]
        }),
        over("swa-gap-smaller", "The gap leaves out less than Contents", &|hole, all| {
            [0, hole.start, hole.end - 101, all - hole.end + 101]
        }),
        over("swa-gap-without-delimiters", "The gap is Contents without its delimiters", &|hole, all| {
            [0, hole.start + 1, hole.end - 1, all - hole.end + 1]
        }),
        malformed(
            "swa-gap-hides-objects",
            "K23",
            TWIN,
            "The gap hides the text of the page, changed",
            &gap_over_text(),
        )
        .clause(CLAUSE),
        over("swa-no-gap-overlapping", "The second part starts within the first", &|hole, all| {
            [0, hole.start, hole.start - 50, all - hole.start + 50]
        }),
        over("swa-swapped", "The second part comes first", &|hole, all| [hole.end, all - hole.end, 0, hole.start]),
        over("swa-not-from-start", "The header is not covered", &|hole, all| {
            [9, hole.start - 9, hole.end, all - hole.end]
        }),
        over("swa-first-only", "Only what is before Contents is covered", &|hole, _| [0, hole.start, hole.end, 0]),
        over("swa-ends-early", "The last octets of the revision are not covered", &|hole, all| {
            [0, hole.start, hole.end, all - hole.end - 7]
        }),
        over("swa-ends-mid-object", "The end is in the middle of an object", &|hole, _| [0, hole.start, hole.end, 40]),
        malformed("swa-beyond-end", "K23", TWIN, "The second part ends beyond the file", &{
            let (mut pdf, hole) = placed();
            let length = pdf.bytes.len() - hole.end;
            pdf.set_range(&hole, &format!("[0 {} {} {}]", hole.start, hole.end, length + 1_000));
            let message = cades(FIRST)(&pdf.covered([0, hole.start, hole.end, length]));
            pdf.set_contents(&hole, &message);
            pdf
        })
        .clause(CLAUSE),
    ]
}

/// The first page's text stands right after the signature dictionary, within the gap.
fn gap_over_text() -> Pdf {
    let mut pdf = agreement();
    let text = pdf.postpone(TEXT_1);
    pdf.commit(Form::Table);
    let (signature, _) = pdf.place(&approval("Firma1"));
    assert!(signature > TEXT_1);
    pdf.put(TEXT_1 + 95, text);
    pdf.set(3, "Contents", &format!("{} 0 R", TEXT_1 + 95));
    pdf.commit(Form::Table);
    let hole = pdf.hole();
    let end = pdf.find_last(b"\nxref\n") + 1;
    let range = [0, hole.start, end, pdf.bytes.len() - end];
    pdf.fill_over(&hole, range, cades(FIRST));
    // Not covered: any amount will do.
    let amount = pdf.find_last(b"1.000 euro");
    pdf.overwrite(amount, b"9");
    pdf
}

/// Somebody else moved what was signed.
fn moved() -> Vec<Case> {
    vec![
        malformed(
            "swa-second-part-moved",
            "K23",
            TWIN,
            "The second part moved on, a changed page before it",
            &relocated(),
        )
        .clause(CLAUSE),
        bad(
            "swa-value-moved",
            "K23",
            TWIN,
            "The field refers to another dictionary, whose range is around the old one",
            &{
                let mut pdf = signed();
                let [range, contents] = filled(&pdf);
                let dict = approval("").dict.with("ByteRange", &range).with("Contents", &contents);
                let copy = pdf.add(Object::Dict(dict));
                pdf.set(12, "V", &format!("{copy} 0 R"));
                pdf.commit(Section::table());
                pdf
            },
        )
        .expect(Expected::not_accepted().verdict(&["rejected"]))
        .clause("the gap is not the Contents of that very dictionary"),
        bad(
            "swa-second-field-same-range",
            "K23",
            "good-two-signatures",
            "A second field with the first one's range and message",
            &{
                let mut pdf = signed();
                let [range, contents] = filled(&pdf);
                pdf.place(&approval("Firma2").with("ByteRange", &range).with("Contents", &contents));
                pdf.commit(Form::Table);
                pdf
            },
        )
        .expect(Expected::not_accepted().verdict(&["rejected"]).open())
        .clause("the gap is not the Contents of that very dictionary"),
        malformed(
            "swa-same-value-in-two-fields",
            "K23",
            "good-two-signatures",
            "Two fields with one signature dictionary",
            &{
                let mut pdf = signed();
                let rest = Dict::of(&[("V", "11 0 R")]);
                pdf.add_field("Firma2", 3, &rest);
                pdf.commit(Form::Table);
                pdf
            },
        )
        .expect(Expected::not_accepted().verdict(&["rejected", "undetermined"]).open())
        .clause("ISO 32000-2 §12.7.5.5: a field signed later has a signature of its own"),
        bad(
            "swa-second-over-first-gap",
            "K23",
            "good-two-signatures",
            "The second signature leaves out the gap of the first too",
            &{
                let mut pdf = signed();
                let first = pdf.find_last(b"/Contents <30") + 10;
                pdf.place(&approval("Firma2"));
                pdf.commit(Form::Table);
                let hole = pdf.hole();
                let range = [0, first, hole.end, pdf.bytes.len() - hole.end];
                pdf.fill_over(&hole, range, cades(SECOND));
                pdf
            },
        )
        .expect(Expected::all(vec![Signature::any(), Signature::malformed()]).verdict(&["rejected"]))
        .clause(CLAUSE),
    ]
}

/// Mainka, Mladenov, Rohlmann: the padding gives way to a second range, a changed page and its section.
fn relocated() -> Pdf {
    let mut pdf = agreement();
    pdf.commit(Form::Table);
    let first = pdf.last.unwrap();
    pdf.place(&approval("Firma1"));
    pdf.commit(Form::Table);
    let hole = pdf.hole();
    let (startxref, length) = (pdf.last.unwrap(), pdf.bytes.len() - hole.end);
    let range = [0, hole.start, hole.end, length];
    pdf.set_range(&hole, &format!("[0 {} {} {length}]", hole.start, hole.end));
    let message = cades(FIRST)(&pdf.covered(range));
    let at = |pdf: &Pdf, number: u32| pdf.find_last(format!("\n{number} 0 obj").as_bytes()) + 1;
    let mut offsets = [1, 3, 9, 11].map(|number| (number, at(&pdf, number))).to_vec();
    let field = at(&pdf, 12) - hole.end;
    let tail = pdf.bytes.split_off(hole.end);
    pdf.bytes.truncate(hole.start);
    pdf.append(format!("<{}> ", hex(&message)).as_bytes());
    let range_at = pdf.bytes.len();
    let placeholder = format!("/ByteRange [{}] >>\nendobj\n", "*".repeat(32));
    pdf.append(placeholder.as_bytes());
    offsets.push((TEXT_1, pdf.write_unlisted(TEXT_1, &other_amount())));
    // The signed `startxref`, which is moved too, must find a section here.
    pdf.bytes.resize(startxref, b' ');
    offsets.push((12, 0));
    let section = |field: usize| {
        let entry = |(number, at): &(u32, usize)| {
            let at = if *number == 12 { field } else { *at };
            format!("{number} 1\n{at:010} 00000 n \n")
        };
        let entries: String = offsets.iter().map(entry).collect();
        format!("xref\n{entries}trailer\n<< /Size 13 /Root 1 0 R /Prev {first:010} >>\n")
    };
    let moved_to = startxref + section(0).len();
    pdf.append(section(moved_to + field).as_bytes());
    pdf.append(&tail);
    let new = format!("/ByteRange [0 {} {moved_to} {length}]", hole.start);
    pdf.overwrite(range_at, format!("{new:<width$}", width = 45).as_bytes());
    pdf
}

/// A key that stands twice.
fn doubled() -> Vec<Case> {
    let zeros = format!("<{}>", "0".repeat(60));
    let with = |name, title, extra: &str| {
        let mut pdf = agreement();
        pdf.commit(Form::Table);
        // The second key follows a value of another.
        pdf.place(&approval("Firma1").with("Location", &format!("(Prova) {extra}")));
        pdf.commit(Form::Table);
        pdf.fill(cades(FIRST));
        malformed(name, "K23", TWIN, title, &pdf).clause("ISO 32000-2 §7.3.7: no two entries with the same key")
    };
    vec![
        with("swa-two-contents", "Two Contents, one of them empty", &format!("/Contents {zeros}")),
        with("swa-two-ranges", "Two ByteRange, one of them empty", "/ByteRange [0 0 0 0]"),
        with("swa-two-sub-filters", "Two SubFilter", "/SubFilter /adbe.x509.rsa_sha1").expect(Expected::not_accepted()),
    ]
}
