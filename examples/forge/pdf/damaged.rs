//! K28: files that are not as the standard has them and that software opens, damaged before they were signed or after.

use crate::case::Case;
use crate::expected::{Expected, Signature};
use crate::forge::identity::Identity;
use crate::forge::pdf::Pdf;
use crate::forge::pdf::section::{Form, Link, Section};
use crate::pdf::agreement::{METADATA, TEXT_1, agreement, metadata, other_amount, text};
use crate::pdf::signed::{FIRST, approval, bad, cades, forbidden_by, good, sign, signed};

const TWIN: &str = "good-cades-detached";

pub(crate) fn cases() -> Vec<Case> {
    [told(), rebuilt(), afterwards()].into_iter().flatten().collect()
}

/// One octet string for another of the same length, the first time that it occurs.
fn replace(pdf: &mut Pdf, from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let at = pdf.bytes.windows(from.len()).position(|window| window == from).unwrap();
    pdf.overwrite(at, to);
}

/// Damaged as it was generated, then signed.
fn signed_after(damage: impl FnOnce(&mut Pdf)) -> Pdf {
    let mut pdf = agreement();
    pdf.commit(Form::Table);
    damage(&mut pdf);
    sign(&mut pdf, &approval("Firma1"), FIRST);
    pdf
}

/// Damaged while it was signed: the signature covers the damage.
fn signed_with(section: impl FnOnce(&Pdf) -> Section, damage: impl FnOnce(&mut Pdf)) -> Pdf {
    let mut pdf = agreement();
    pdf.commit(Form::Table);
    pdf.place(&approval("Firma1"));
    let section = section(&pdf);
    pdf.commit(section);
    damage(&mut pdf);
    pdf.fill(cades(FIRST));
    pdf
}

fn with_length(length: &str) -> Pdf {
    let mut pdf = agreement();
    pdf.put(TEXT_1, text(&["Il corrispettivo annuo e' di 1.000 euro."]));
    pdf.set(TEXT_1, "Length", length);
    pdf.commit(Form::Table);
    sign(&mut pdf, &approval("Firma1"), FIRST);
    pdf
}

fn told() -> Vec<Case> {
    let told = |name, title, pdf: &Pdf| {
        let passed = crate::pdf::signed::passed(FIRST);
        good(name, "K28", title, pdf).expect(Expected::one(passed).remarked("pdf.repaired"))
    };
    vec![
        told("good-damaged-prev", "Prev is 0, and nothing precedes", &{
            let mut pdf = agreement();
            pdf.commit(Section::table().prev(Link::At(0)));
            sign(&mut pdf, &approval("Firma1"), FIRST);
            pdf
        })
        .clause("ISO 32000-2 table 15: Prev only where there are earlier sections"),
        told("good-damaged-numbering", "The table counts from 1 where 0 is meant", &{
            signed_after(|pdf| replace(pdf, b"xref\n0 ", b"xref\n1 "))
        })
        .clause("ISO 32000-2 §7.5.4: the first entry is number 0, generation 65,535"),
        told("good-damaged-endobj", "An object without endobj", &{
            signed_after(|pdf| replace(pdf, b"\nendobj\n3 0 obj", b"\n      \n3 0 obj"))
        })
        .clause("ISO 32000-2 §7.3.10"),
        // Nothing that a signature depends on: nobody reads it.
        good("good-damaged-length-short", "K28", "A stream longer than its Length", &with_length("9"))
            .clause("ISO 32000-2 §7.3.8.2"),
        good("good-damaged-length-long", "K28", "A stream shorter than its Length", &with_length("99999"))
            .clause("ISO 32000-2 §7.3.8.2"),
        told("good-damaged-end", "Signed without %%EOF", &{
            signed_with(
                |_| Section::table(),
                |pdf| {
                    let len = pdf.find_last(b"%%EOF");
                    pdf.bytes.truncate(len);
                },
            )
        })
        .clause("ISO 32000-2 §7.5.5"),
        good("good-damaged-lines", "K28", "Entries of 19 octets, a carriage return among them", &{
            signed_after(|pdf| {
                let from = pdf.find_last(b"xref\n0 ");
                let table = String::from_utf8(pdf.bytes.split_off(from)).unwrap();
                let table = table.replacen(" n \n", " n\n", 3).replacen(" n \n", " n\r", 2);
                pdf.append(table.as_bytes());
            })
        })
        .clause("ISO 32000-2 §7.5.4: 20 octets each"),
    ]
}

fn rebuilt() -> Vec<Case> {
    let undetermined = |name, title, pdf: &Pdf| {
        let signature = Signature::indeterminate(Some("true"), &["SIG_CONSTRAINTS_FAILURE"]).by(&Identity::leaf(FIRST));
        bad(name, "K28", TWIN, title, pdf).expect(Expected::one(signature).remarked("pdf.repaired"))
    };
    let startxref =
        |at: fn(usize) -> usize| signed_with(|pdf| Section::table().startxref(at(pdf.last.unwrap())), |_| {});
    vec![
        undetermined("damaged-startxref-zero", "startxref is 0", &startxref(|_| 0)).clause("ISO 32000-2 §7.5.5"),
        undetermined("damaged-startxref-off", "startxref points three octets behind the section before", &{
            startxref(|last| last + 3)
        })
        .clause("ISO 32000-2 §7.5.5"),
        undetermined("damaged-prev-off", "Prev is five octets too small", &{
            signed_with(|pdf| Section::table().prev(Link::At(pdf.last.unwrap() - 5)), |_| {})
        })
        .clause("ISO 32000-2 §7.5.6"),
        undetermined("damaged-prev-zero", "Prev is 0, and there is an earlier section", &{
            signed_with(|_| Section::table().prev(Link::At(0)), |_| {})
        })
        .clause("ISO 32000-2 §7.5.6"),
        undetermined("damaged-offsets", "All offsets of the first table are seven octets too large", &{
            signed_after(|pdf| {
                let from = pdf.find_last(b"xref\n0 ");
                let mut table = String::from_utf8(pdf.bytes.split_off(from)).unwrap();
                let entries: Vec<String> =
                    table.lines().filter(|line| line.ends_with(" n ")).map(str::to_owned).collect();
                for entry in entries {
                    let offset: usize = entry.get(..10).unwrap().parse().unwrap();
                    table = table.replace(&entry, &format!("{:010} 00000 n ", offset + 7));
                }
                pdf.append(table.as_bytes());
            })
        })
        .clause("ISO 32000-2 §7.5.4"),
        bad("damaged-startxref-missing", "K28", TWIN, "The signed revision has no startxref", &{
            signed_with(
                |_| Section::table(),
                |pdf| {
                    let at = pdf.find_last(b"startxref");
                    pdf.bytes.truncate(at);
                    pdf.append(b"%%EOF\n");
                },
            )
        })
        .expect(Expected::not_accepted())
        .clause("ISO 32000-2 §7.5.5"),
    ]
}

fn afterwards() -> Vec<Case> {
    let undetermined = |name, title, pdf: &Pdf| {
        let signature = Signature::indeterminate(Some("true"), &["SIG_CONSTRAINTS_FAILURE"]).by(&Identity::leaf(FIRST));
        bad(name, "K28", "good-metadata", title, pdf)
            .expect(Expected::one(signature).remarked("pdf.repaired"))
            .clause("what an index does not prove is not allowed")
    };
    let later = || {
        let mut pdf = signed();
        pdf.put(METADATA, metadata("2026-02-01T00:00:00Z"));
        pdf
    };
    vec![
        undetermined("damaged-later-startxref", "Metadata changed in an update whose startxref is wrong", &{
            let mut pdf = later();
            pdf.commit(Section::table().startxref(12));
            pdf
        }),
        undetermined("damaged-later-length", "Metadata changed, with a wrong Length", &{
            let mut pdf = later();
            pdf.set(METADATA, "Length", "7");
            pdf.commit(Form::Table);
            pdf
        }),
        bad(
            "damaged-later-unlisted",
            "K28",
            "good-metadata",
            "An unlisted text in an update whose startxref is wrong",
            &{
                let mut pdf = signed();
                pdf.write_unlisted(TEXT_1, &other_amount());
                pdf.put(METADATA, metadata("2026-02-01T00:00:00Z"));
                pdf.commit(Section::table().startxref(12));
                pdf
            },
        )
        .expect(Expected::one(forbidden_by(FIRST)))
        .clause("readers that search for objects show it"),
        bad(
            "damaged-later-in-stream",
            "K28",
            "good-metadata",
            "A text inside a stream, for readers that search for objects",
            &{
                let mut pdf = signed();
                let hidden = [&b"5 0 obj\n"[..], &other_amount().encode(), b"\nendobj\n"].concat();
                pdf.put(METADATA, metadata("2026-02-01T00:00:00Z"));
                pdf.add(crate::forge::pdf::Object::stream(&[("Length", "0")], &hidden));
                pdf.commit(Section::table().startxref(12));
                pdf
            },
        )
        .expect(Expected::not_accepted())
        .clause("readers that search for objects may show it"),
    ]
}
