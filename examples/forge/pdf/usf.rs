//! K21: universal signature forgery; entries of the signature dictionary that say nothing.

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::section::Form;
use crate::forge::pdf::signature::{UNSET, hex};
use crate::forge::pdf::{Object, Pdf};
use crate::pdf::agreement::agreement;
use crate::pdf::signed::{FIRST, approval, bad, cades, malformed, sign, signed, updated};

const CLAUSE: &str = "ISO 32000-2 §12.8.1, table 255: ByteRange and Contents";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = contents();
    cases.extend(ranges());
    cases.extend(values());
    cases
}

/// The dictionary has this instead of its `Contents`; the range is around where it would be.
fn contents() -> Vec<Case> {
    let with = |name, title, contents: &str| {
        let mut pdf = agreement();
        pdf.commit(Form::Table);
        pdf.place(&approval("Firma1").with("Contents", contents));
        pdf.commit(Form::Table);
        let at = pdf.find_last(format!("/Contents {contents}").as_bytes()) + 10;
        let (end, all) = (at + contents.len(), pdf.bytes.len());
        pdf.patch(UNSET, &format!("[0 {at} {end} {}]", all - end));
        malformed(name, "K21", "good-cades-detached", title, &pdf).clause(CLAUSE)
    };
    let zeros = "0".repeat(4_000);
    vec![
        with("usf-contents-null", "Contents is null", "null"),
        with("usf-contents-empty", "Contents is an empty string", "<>"),
        with("usf-contents-zero", "Contents is one octet of zero", "<00>"),
        with("usf-contents-zeros", "Contents is all padding", &format!("<{zeros}>")),
        with("usf-contents-number", "Contents is a number", "0"),
        with("usf-contents-name", "Contents is a name", "/Contents"),
        malformed("usf-contents-missing", "K21", "good-cades-detached", "No Contents", &{
            let mut pdf = signed();
            let at = pdf.find_last(b"/Contents <30");
            pdf.overwrite(at, b"/Contentz");
            pdf
        })
        .clause(CLAUSE),
        malformed("usf-contents-indirect", "K21", "good-cades-detached", "Contents is a reference to a string", &{
            let mut pdf = agreement();
            pdf.commit(Form::Table);
            pdf.place(&approval("Firma1").with("Contents", "13 0 R"));
            pdf.add(Object::Raw(format!("<{}>", "0".repeat(5_200))));
            pdf.commit(Form::Table);
            let (at, all) = (pdf.find_last(b"13 0 obj\n<0000") + 9, pdf.bytes.len());
            let range = [0, at, at + 5_202, all - at - 5_202];
            pdf.patch(UNSET, &format!("[0 {at} {} {}]", range[2], range[3]));
            let message = cades(FIRST)(&pdf.covered(range));
            pdf.overwrite(at + 1, hex(&message).as_bytes());
            pdf
        })
        .clause(CLAUSE),
        malformed("usf-contents-literal", "K21", "good-cades-detached", "Contents is a literal string", &literal())
            .clause("ISO 32000-2 table 255: a hexadecimal string where ByteRange is present"),
    ]
}

/// The message in a literal string, its octets escaped where they must be.
fn literal() -> Pdf {
    let mut pdf = agreement();
    pdf.commit(Form::Table);
    pdf.place(&approval("Firma1"));
    pdf.commit(Form::Table);
    let hole = pdf.hole();
    let range = [0, hole.start, hole.end, pdf.bytes.len() - hole.end];
    pdf.set_range(&hole, &format!("[0 {} {} {}]", range[1], range[2], range[3]));
    let mut text = vec![b'('];
    for octet in cades(FIRST)(&pdf.covered(range)) {
        if matches!(octet, b'(' | b')' | b'\\' | b'\r') {
            text.extend(format!("\\{octet:03o}").bytes());
        } else {
            text.push(octet);
        }
    }
    text.resize(hole.end - hole.start - 1, 0);
    text.push(b')');
    pdf.overwrite(hole.start, &text);
    pdf
}

/// `ByteRange` is this, with `A`, `B`, `C` for the right numbers; the message signs the right range.
fn ranges() -> Vec<Case> {
    let with = |name, title, range: &str| {
        let mut pdf = agreement();
        pdf.commit(Form::Table);
        pdf.place(&approval("Firma1"));
        pdf.commit(Form::Table);
        let hole = pdf.hole();
        let right = [0, hole.start, hole.end, pdf.bytes.len() - hole.end];
        let [_, a, b, c] = right.map(|number| number.to_string());
        let wrapping = (hole.end + (1 << 32)).to_string();
        pdf.set_range(&hole, &range.replace('A', &a).replace('B', &b).replace('C', &c).replace('D', &wrapping));
        let message = cades(FIRST)(&pdf.covered(right));
        pdf.set_contents(&hole, &message);
        malformed(name, "K21", "good-cades-detached", title, &pdf).clause(CLAUSE)
    };
    vec![
        with("usf-range-null", "ByteRange is null", "null"),
        with("usf-range-empty", "ByteRange is an empty array", "[]"),
        with("usf-range-one", "ByteRange has one number", "[0]"),
        with("usf-range-two", "ByteRange has two numbers", "[0 A]"),
        with("usf-range-three", "ByteRange has three numbers", "[0 A B]"),
        with("usf-range-five", "ByteRange has five numbers", "[0 A B C 0]"),
        with("usf-range-six", "ByteRange has six numbers", "[0 A B C 0 0]"),
        with("usf-range-negative", "ByteRange has a negative length", "[0 A B -C]"),
        with("usf-range-negative-start", "ByteRange starts before the file", "[-1 A B C]"),
        with("usf-range-real", "ByteRange has a real number", "[0 A.0 B C]"),
        with("usf-range-text", "ByteRange has a string", "[0 A B (C)]"),
        with("usf-range-huge", "ByteRange has a number above 64 bits", "[0 A B 99999999999999999999]"),
        with("usf-range-wraps", "ByteRange has a number that wraps to the right one in 32 bits", "[0 A D C]"),
        with("usf-range-zeros", "ByteRange is all zeros", "[0 0 0 0]"),
        malformed("usf-range-missing", "K21", "good-cades-detached", "No ByteRange", &{
            let mut pdf = signed();
            let at = pdf.find_last(b"/ByteRange [");
            pdf.overwrite(at, b"/ByteRangz");
            pdf
        })
        .clause(CLAUSE),
    ]
}

/// What becomes of the value in a later revision.
fn values() -> Vec<Case> {
    let later = |name, title, change: &dyn Fn(&mut Pdf)| {
        bad(name, "K21", "good-cades-detached", title, &updated(&signed(), change))
            .expect(Expected::not_accepted().verdict(&["rejected"]))
            .clause("ISO 32000-2 §12.8.1; the signed revision has the value")
    };
    // The signature is object 11, its field 12.
    vec![
        later("usf-value-redefined", "The dictionary again, without Contents and ByteRange", &|pdf| {
            let dict = pdf.dict(11);
            dict.remove("Contents");
            dict.remove("ByteRange");
        }),
        later("usf-value-null-later", "The field's value set to null", &|pdf| pdf.set(12, "V", "null")),
        later("usf-value-freed", "The signature dictionary freed", &|pdf| pdf.free(11)),
        bad("usf-value-dangling", "K21", "good-cades-detached", "The field's value is nowhere", &{
            let mut pdf = agreement();
            pdf.commit(Form::Table);
            sign(&mut pdf, &approval("Firma1"), FIRST);
            let at = pdf.find_last(b"/V 11 0 R");
            pdf.overwrite(at, b"/V 91 0 R");
            pdf
        })
        .expect(Expected::not_accepted())
        .clause("ISO 32000-2 §7.3.10: null; nothing is signed"),
    ]
}
