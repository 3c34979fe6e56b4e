//! K28: floods and bombs; every reader must stop.

use miniz_oxide::deflate::compress_to_vec_zlib;

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::{Dict, Object, Pdf};
use crate::pdf::signed::{bad, signed};

pub(crate) const CLAUSE: &str = "bounded in time and memory, never accepted for what could not be read";
const INFLATED: usize = 256 << 20;

pub(crate) fn cases() -> Vec<Case> {
    [bombs(), sections()].into_iter().flatten().collect()
}

pub(crate) fn stopped(name: &'static str, twin: &'static str, title: &'static str, pdf: &Pdf) -> Case {
    bad(name, "K28", twin, title, pdf).clause(CLAUSE)
}

/// `head` and 256 MiB of spaces, deflated twice.
fn bomb(head: &[u8]) -> Vec<u8> {
    let mut octets = head.to_vec();
    octets.resize(INFLATED, b' ');
    compress_to_vec_zlib(&compress_to_vec_zlib(&octets, 6), 9)
}

const TWICE: (&str, &str) = ("Filter", "[/FlateDecode /FlateDecode]");

/// A revision whose section is a stream, written by hand: the rows are `1 4 2`.
fn with_stream(pdf: &mut Pdf, dict: Dict, rows: &[u8], number: u32) {
    let last = pdf.last.unwrap();
    let at = pdf.here();
    let dict = dict.with("Type", "/XRef").with("Root", "1 0 R").with("Prev", &last.to_string());
    pdf.write_unlisted(number, &Object::Stream(dict, rows.to_vec()));
    pdf.close(at);
}

fn row(kind: u8, field: usize, last: u8) -> Vec<u8> {
    let field = u32::try_from(field).unwrap().to_be_bytes();
    [&[kind][..], &field, &[0, last]].concat()
}

fn bombs() -> Vec<Case> {
    // Object 7, the font, in object stream 20, listed by section 21.
    let packed = |entries: &[(&str, &str)], data: &[u8]| {
        let mut pdf = signed();
        let at = pdf.write_unlisted(20, &Object::stream(entries, data));
        let rows = [row(2, 20, 0), row(1, at, 0), row(1, pdf.here(), 0)].concat();
        let dict = Dict::of(&[("Size", "22"), ("W", "[1 4 2]"), ("Index", "[7 1 20 2]")]);
        with_stream(&mut pdf, dict, &rows, 21);
        pdf
    };
    let stream = |filter: (&'static str, &'static str)| [("Type", "/ObjStm"), ("N", "1"), ("First", "4"), filter];
    let font = b"7 0 << /Type /Font /Subtype /Type1 /BaseFont /Symbol >> ";
    let once = {
        let mut octets = font.to_vec();
        octets.resize(16 << 20, b' ');
        compress_to_vec_zlib(&octets, 9)
    };
    let chained_data = (0..500).fold(font.to_vec(), |data, _| compress_to_vec_zlib(&data, 1));
    let chain = format!("[{}]", "/FlateDecode ".repeat(500));
    let hex_chain = format!("[{}]", "/ASCIIHexDecode ".repeat(500));
    let chained = |filter: &str, data: &[u8]| {
        let entries = [("Type", "/ObjStm"), ("N", "1"), ("First", "4"), ("Filter", filter)];
        packed(&entries, data)
    };
    vec![
        stopped("bomb-object-stream", "good-update-in-stream", "An object stream of 256 MiB, deflated twice", &{
            packed(&stream(TWICE), &bomb(font))
        }),
        stopped("bomb-object-stream-once", "good-update-in-stream", "An object stream of 16 MiB, deflated", &{
            packed(&stream(("Filter", "/FlateDecode")), &once)
        }),
        stopped("bomb-count", "good-update-in-stream", "An object stream that claims 2,147,483,647 objects", &{
            let entries = [("Type", "/ObjStm"), ("N", "2147483647"), ("First", "4")];
            packed(&entries, font)
        }),
        stopped(
            "filter-chain-flate",
            "good-update-in-stream",
            "An object stream with 500 filters",
            &chained(&chain, &chained_data),
        ),
        stopped("filter-chain-hex", "good-update-in-stream", "An object stream with 500 hexadecimal filters", &{
            chained(&hex_chain, b"37203020")
        }),
        stopped("stream-in-itself", "good-update-in-stream", "An object stream that is listed within itself", &{
            let mut pdf = signed();
            pdf.write_unlisted(20, &Object::stream(&[("Type", "/ObjStm"), ("N", "1"), ("First", "4")], font));
            let rows = [row(2, 20, 0), row(2, 20, 0), row(1, pdf.here(), 0)].concat();
            let dict = Dict::of(&[("Size", "22"), ("W", "[1 4 2]"), ("Index", "[7 1 20 2]")]);
            with_stream(&mut pdf, dict, &rows, 21);
            pdf
        }),
        stopped("streams-extend-each-other", "good-update-in-stream", "Two object streams that extend each other", &{
            let mut pdf = signed();
            let entries = [("Type", "/ObjStm"), ("N", "0"), ("First", "0"), ("Extends", "21 0 R")];
            let first = pdf.write_unlisted(20, &Object::stream(&entries, b""));
            let entries = [("Type", "/ObjStm"), ("N", "0"), ("First", "0"), ("Extends", "20 0 R")];
            let second = pdf.write_unlisted(21, &Object::stream(&entries, b""));
            let rows = [row(2, 20, 0), row(1, first, 0), row(1, second, 0), row(1, pdf.here(), 0)].concat();
            let dict = Dict::of(&[("Size", "23"), ("W", "[1 4 2]"), ("Index", "[7 1 20 3]")]);
            with_stream(&mut pdf, dict, &rows, 22);
            pdf
        }),
    ]
}

fn sections() -> Vec<Case> {
    let with = |name, title, entries: &[(&str, &str)], rows: &[u8]| {
        let mut pdf = signed();
        with_stream(&mut pdf, Dict::of(entries), rows, 20);
        stopped(name, "good-update-in-stream", title, &pdf)
    };
    let bare = {
        let mut pdf = Pdf::new();
        let at = pdf.write_unlisted(
            1,
            &Object::stream(&[("Type", "/XRef"), ("W", "[0 0 0]"), ("Size", "2147483647"), ("Root", "1 0 R")], b""),
        );
        pdf.close(at);
        pdf
    };
    let listing = row(1, 9, 0);
    vec![
        with(
            "xref-bomb",
            "A cross-reference stream of 256 MiB, deflated twice",
            &[("Size", "40000000"), ("W", "[1 4 2]"), TWICE],
            &bomb(&listing),
        ),
        with(
            "xref-widths-zero",
            "A cross-reference stream with fields of no width",
            &[("Size", "2147483647"), ("W", "[0 0 0]")],
            b"",
        ),
        stopped("xref-widths-zero-bare", "good-update-in-stream", "Fields of no width, and nothing else", &bare)
            .expect(Expected::not_examined(None)),
        with(
            "xref-widths-huge",
            "A cross-reference stream with fields of 2^31 octets",
            &[("Size", "22"), ("W", "[2147483647 2147483647 2147483647]")],
            &listing,
        ),
        with(
            "xref-widths-negative",
            "A cross-reference stream with negative widths",
            &[("Size", "22"), ("W", "[1 -4 2]")],
            &listing,
        ),
        with(
            "xref-index-huge",
            "A cross-reference stream that claims 2^31 entries",
            &[("Size", "2147483647"), ("W", "[1 4 2]"), ("Index", "[0 2147483647]")],
            &listing,
        ),
        with(
            "xref-index-odd",
            "A cross-reference stream whose Index has three numbers",
            &[("Size", "22"), ("W", "[1 4 2]"), ("Index", "[7 1 20]")],
            &listing,
        ),
        with(
            "xref-predictor-huge",
            "A cross-reference stream with a predictor over 2^31 columns",
            &[
                ("Size", "22"),
                ("W", "[1 4 2]"),
                ("Filter", "/FlateDecode"),
                ("DecodeParms", "<< /Predictor 12 /Columns 2147483647 >>"),
            ],
            &compress_to_vec_zlib(&[0; 64], 9),
        ),
        stopped("xref-table-huge", "good-metadata", "A table that claims 2^31 entries", &{
            let mut pdf = signed();
            let (at, last) = (pdf.here(), pdf.last.unwrap());
            pdf.append(b"xref\n0 2147483647\n0000000000 65535 f \n");
            pdf.append(format!("trailer\n<< /Size 2147483647 /Root 1 0 R /Prev {last} >>\n").as_bytes());
            pdf.close(at);
            pdf
        }),
    ]
}
