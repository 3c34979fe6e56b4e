//! Document time-stamps (EN 319 142-1 §5.4.3) that prove nothing, or something else than when the signature was made. The
//! signature stands without them.

use crate::case::Case;
use crate::expected::Expected;
use crate::forge::pdf::Pdf;
use crate::forge::pdf::section::Form;
use crate::forge::timestamp::{TstInfo, message, signer, token};
use crate::pdf::agreement::{TEXT_1, agreement, other_amount};
use crate::pdf::signed::{
    FIRST, approval, bad, forbidden_by, good, passed, place_stamp, sign, signed, stamp, stamp_with, tsa, updated,
};

pub(crate) fn cases() -> Vec<Case> {
    [ignored(), elsewhere()].into_iter().flatten().collect()
}

/// Whatever the verdict, something is remarked.
fn ignored() -> Vec<Case> {
    let case = |name, title, clause, make: &dyn Fn(&mut Pdf)| {
        let mut pdf = signed();
        make(&mut pdf);
        let verdict: &[_] = &["accepted", "undetermined", "rejected"];
        bad(name, "K27", "good-document-timestamp", title, &pdf)
            .expect(Expected::not_accepted().open().verdict(verdict).remarked_somehow())
            .clause(clause)
    };
    vec![
        case("timestamp-altered", "The value of the document time-stamp is altered", "EN 319 102-1 §5.4", &|pdf| {
            stamp_with(pdf, |covered| {
                let info = TstInfo::new(covered, "20260131090500Z").encode();
                let signer = signer(&tsa(), &info).tampered(|_, mut value, _| {
                    value.reverse();
                    value
                });
                message(&info, &[&signer]).encode()
            });
        }),
        case(
            "timestamp-of-the-future",
            "The document time-stamp is of a time after the verification",
            "EN 319 102-1 §5.5.4: it proves nothing before its time",
            &|pdf| stamp_with(pdf, |covered| token(&tsa(), covered, "20260301000000Z")),
        ),
        case("timestamp-of-text", "A text instead of a token", "EN 319 142-1 §5.4.3: a TimeStampToken", &|pdf| {
            stamp_with(pdf, |_| b"marca temporale".to_vec());
        }),
        case(
            "timestamp-wide-hole",
            "The document time-stamp leaves out more than its token",
            "EN 319 142-1 §5.4.3, ISO 32000-2 §12.8.1: only Contents is left out",
            &|pdf| {
                place_stamp(pdf);
                let hole = pdf.hole();
                let (start, end) = (hole.start - 10, hole.end);
                let range = [0, start, end, pdf.bytes.len() - end];
                pdf.fill_over(&hole, range, |covered| token(&tsa(), covered, "20260131090500Z"));
            },
        ),
    ]
}

/// Good time-stamps of which the signature has nothing.
fn elsewhere() -> Vec<Case> {
    let stamped_first = || {
        let mut pdf = agreement();
        pdf.commit(Form::Table);
        stamp(&mut pdf);
        pdf
    };
    let mut then_signed = stamped_first();
    sign(&mut then_signed, &approval("Firma1"), FIRST);
    let mut stamped = signed();
    stamp(&mut stamped);
    let changed = updated(&stamped, |pdf| pdf.put(TEXT_1, other_amount()));
    vec![
        good("good-timestamp-before-signing", "K27", "A document time-stamp, then a signature", &then_signed)
            .expect(Expected::one(passed(FIRST)).document_timestamps(0))
            .clause("EN 319 142-1 §5.4.3: it is of what it covers, and the signature came later"),
        bad("timestamp-only", "K27", "good-timestamp-before-signing", "A document time-stamp and no signature", &{
            stamped_first()
        })
        .expect(Expected::not_examined(Some("no-signature")))
        .clause("EN 319 142-1 §5.4.3: nobody signed"),
        bad(
            "changed-after-timestamp",
            "K27",
            "good-document-timestamp",
            "The text changed after the time-stamp",
            &changed,
        )
        .expect(Expected::one(forbidden_by(FIRST)).document_timestamps(1))
        .clause("ISO 32000-2 §12.8.2.2: the time-stamp is of the revision before"),
    ]
}
