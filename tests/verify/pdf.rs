//! Good PDF fixtures, changed one octet at a time or cut short, and files that are large in one way.

use std::fmt::Write;
use std::fs;

use varco::verify::{Modifications, Verdict, VerifyError};

use crate::verify::{Bench, root};

/// Their last signature covers the file to its end.
const COVERED: [&str; 6] = [
    "good-cades-detached",
    "good-two-signatures",
    "good-object-streams",
    "good-xref-stream",
    "good-hybrid",
    "good-linearised-order",
];

fn fixture(name: &str) -> Vec<u8> {
    fs::read(root().join("fixtures/pdf").join(name).join("input.pdf")).unwrap()
}

/// Where the hexadecimal digits of the last signature stand.
fn last_contents(document: &[u8]) -> std::ops::Range<usize> {
    let start = memchr::memmem::rfind(document, b"/Contents <").unwrap() + b"/Contents <".len();
    start..start + document.iter().skip(start).position(|octet| *octet == b'>').unwrap()
}

#[test]
fn no_covered_octet_of_a_pdf_can_be_changed() {
    let bench = Bench::of_fixtures();
    for name in COVERED {
        let good = fixture(name);
        assert_eq!(bench.report(&good).unwrap().verdict, Verdict::Accepted, "{name}");
        let hole = last_contents(&good);
        for at in (0..good.len()).filter(|at| !hole.contains(at)) {
            for mask in [0x01, 0x20] {
                let mut bad = good.clone();
                bad[at] ^= mask;
                if let Ok(report) = bench.report(&bad) {
                    assert_ne!(report.verdict, Verdict::Accepted, "{name}: octet {at} changed by {mask:#x}");
                }
            }
        }
    }
}

#[test]
fn a_pdf_that_was_cut_is_never_accepted() {
    let bench = Bench::of_fixtures();
    for name in ["good-two-signatures", "good-object-streams", "good-certified-p2-filled"] {
        let good = fixture(name);
        let full = bench.report(&good).unwrap().signatures.len();
        // The end of the last line is no part of what is signed.
        for len in 0..good.trim_ascii_end().len() {
            match bench.report(&good[..len]) {
                // What is left may be an earlier revision, whole, with the signatures that it had.
                Ok(report) if report.verdict == Verdict::Accepted => {
                    let none = |modifications| modifications == Some(Modifications::None);
                    assert!(report.signatures.iter().any(|signature| none(signature.modifications)), "{name} to {len}");
                    assert!(report.signatures.len() <= full);
                }
                Ok(_) | Err(VerifyError::Damaged(_) | VerifyError::Empty | VerifyError::NoSignature) => {}
                Err(error) => panic!("{name} to {len}: {error}"),
            }
        }
    }
}

/// Appends an incremental update to a file with a classic table.
fn update(document: &mut Vec<u8>, objects: &[(u32, String)]) {
    let previous = memchr::memmem::rfind(document, b"startxref\n").unwrap() + b"startxref\n".len();
    let digits = document.iter().skip(previous).take_while(|octet| octet.is_ascii_digit());
    let previous: String = digits.map(|digit| char::from(*digit)).collect();
    let mut section = String::from("xref\n");
    for (number, value) in objects {
        writeln!(section, "{number} 1\n{:010} 00000 n ", document.len()).unwrap();
        document.extend(format!("{number} 0 obj\n{value}\nendobj\n").into_bytes());
    }
    let at = document.len();
    write!(section, "trailer\n<< /Size 99999 /Root 1 0 R /Info 8 0 R /Prev {previous} >>\nstartxref\n{at}\n%%EOF\n")
        .unwrap();
    document.extend(section.into_bytes());
}

#[test]
fn ten_thousand_revisions_and_annotations_come_to_an_end() {
    let bench = Bench::of_fixtures();
    let good = fixture("good-cades-detached");
    let mut many = good.clone();
    for number in 0..10_000 {
        update(&mut many, &[(50_000 + number, "<< >>".to_owned())]);
    }
    let report = bench.report(&many).unwrap();
    assert_eq!(report.signatures[0].modifications, Some(Modifications::Allowed));
    let mut crowded = good;
    let annotations: Vec<_> = (50_000..60_000)
        .map(|number| (number, "<< /Type /Annot /Subtype /Square /Rect [0 0 9 9] >>".to_owned()))
        .collect();
    let list = annotations.iter().fold(String::new(), |list, (number, _)| list + &format!("{number} 0 R "));
    let page = "<< /Type /Page /Parent 2 0 R /Contents 5 0 R /MediaBox [0 0 595 842] >>";
    update(&mut crowded, &annotations);
    update(&mut crowded, &[(3, page.replace(" >>", &format!(" /Annots [{list}] >>")))]);
    let report = bench.report(&crowded).unwrap();
    // The page lost its other entries along with it.
    assert_eq!(report.signatures[0].modifications, Some(Modifications::Forbidden));
}
