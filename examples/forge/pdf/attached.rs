//! K27: files inside a PDF (ISO 32000-2 §7.11.4) that are signed themselves.

use crate::case::{CARDA, CONTENT, Case};
use crate::expected::{Expected, Signature};
use crate::forge::cms::{Message, Signer};
use crate::forge::identity::Identity;
use crate::forge::pdf::section::Form;
use crate::forge::pdf::{Object, Pdf};
use crate::pdf::agreement::{PAGE_1, agreement};
use crate::pdf::signed::{FIRST, SECOND, THIRD, approval, bad, good, passed, sign, signed};

const CLAUSE: &str = "ISO 32000-2 §7.11.4; every layer counts";

pub(crate) fn cases() -> Vec<Case> {
    [judged(), others()].into_iter().flatten().collect()
}

/// Where a document has its files.
#[derive(Clone, Copy)]
enum Place {
    Names,
    Associated,
    Annotation,
}

/// A file inside the agreement, which is not signed yet.
fn with_file(name: &str, stream: Object, place: Place) -> Pdf {
    let mut pdf = agreement();
    let stream = pdf.add(stream);
    let entries = [
        ("Type", "/Filespec"),
        ("F", &format!("({name})")),
        ("UF", &format!("({name})")),
        ("EF", &format!("<< /F {stream} 0 R >>")),
    ];
    let file = pdf.add(Object::dict(&entries));
    match place {
        Place::Names => {
            let leaf = pdf.add(Object::Raw(format!("<< /Limits [({name}) ({name})] /Names [({name}) {file} 0 R] >>")));
            pdf.set(1, "Names", &format!("<< /EmbeddedFiles << /Kids [{leaf} 0 R] >> >>"));
        }
        Place::Associated => pdf.set(1, "AF", &format!("[{file} 0 R]")),
        Place::Annotation => {
            let annotation = pdf.add(Object::dict(&[
                ("Type", "/Annot"),
                ("Subtype", "/FileAttachment"),
                ("Rect", "[300 300 320 320]"),
                ("FS", &format!("{file} 0 R")),
            ]));
            pdf.set(PAGE_1, "Annots", &format!("[{annotation} 0 R]"));
        }
    }
    pdf
}

fn embedded(content: &[u8]) -> Object {
    Object::deflated(&[("Type", "/EmbeddedFile")], content)
}

fn signed_by(mut pdf: Pdf, leaf: &str) -> Pdf {
    pdf.commit(Form::Table);
    sign(&mut pdf, &approval("Firma1"), leaf);
    pdf
}

fn message(leaf: &str) -> Vec<u8> {
    Message::attached(CONTENT, &[&Signer::new(&Identity::leaf(leaf), CONTENT)]).encode()
}

/// The same with another content in the place of the one that was signed.
fn altered(leaf: &str) -> Vec<u8> {
    let mut message = message(leaf);
    let at = message.windows(7).position(|window| window == b"Accordo").unwrap();
    message.splice(at..at + 7, *b"ACCORDO");
    message
}

fn judged() -> Vec<Case> {
    let inner = |leaf: &str| Signature::passed().by(&Identity::leaf(leaf)).layer(1);
    let both = |leaf| Expected::all(vec![passed(FIRST), inner(leaf)]).remarked("attachment.signed");
    let broken = || {
        let inner = Signature::broken(&["HASH_FAILURE"]).layer(1);
        Expected::all(vec![passed(FIRST), inner])
    };
    let with = |content: &[u8], place| signed_by(with_file("allegato.p7m", embedded(content), place), FIRST);
    vec![
        good("good-attached-p7m", "K27", "A p7m among the embedded files", &with(&message(SECOND), Place::Names))
            .expect(both(SECOND))
            .clause(CLAUSE),
        good("good-attached-pdf", "K27", "A signed PDF among the embedded files", &{
            signed_by(with_file("allegato.pdf", embedded(&signed().bytes), Place::Names), SECOND)
        })
        .expect(Expected::all(vec![passed(SECOND), passed(FIRST).layer(1)]).remarked("attachment.signed"))
        .clause(CLAUSE),
        bad("attached-p7m-altered", "K27", "good-attached-p7m", "An altered p7m among the embedded files", &{
            with(&altered(SECOND), Place::Names)
        })
        .expect(broken())
        .clause(CLAUSE),
        bad("attached-associated", "K27", "good-attached-p7m", "An altered p7m as an associated file", &{
            with(&altered(SECOND), Place::Associated)
        })
        .expect(broken())
        .clause("ISO 32000-2 §14.13"),
        bad("attached-annotation", "K27", "good-attached-p7m", "An altered p7m pinned to the page", &{
            with(&altered(SECOND), Place::Annotation)
        })
        .expect(broken())
        .clause("ISO 32000-2 §12.5.6.15"),
        bad("attached-in-attached", "K27", "good-attached-pdf", "An altered p7m inside a PDF inside the PDF", &{
            let inner = with(&altered(SECOND), Place::Names);
            signed_by(with_file("allegato.pdf", embedded(&inner.bytes), Place::Names), FIRST)
        })
        .expect(Expected::all(vec![
            passed(FIRST),
            passed(FIRST).layer(1),
            Signature::broken(&["HASH_FAILURE"]).layer(2),
        ]))
        .clause(CLAUSE),
    ]
}

fn others() -> Vec<Case> {
    let with = |stream: Object| with_file("allegato", stream, Place::Names);
    vec![
        good("good-attached-text", "K27", "A text that nobody signed among the embedded files", &{
            signed_by(with(embedded(b"Un allegato che nessuno ha firmato.")), FIRST)
        })
        .clause(CLAUSE),
        bad("attached-only", "K27", "good-attached-p7m", "A signed p7m inside a PDF that nobody signed", &{
            let mut pdf = with(embedded(&message(SECOND)));
            pdf.commit(Form::Table);
            pdf
        })
        .expect(Expected::not_examined(Some("no-signature")))
        .clause("who signed the file inside did not sign the document"),
        bad(
            "attached-declared",
            "K27",
            "good-attached-p7m",
            "The declared person signed the file inside, another the PDF",
            &{ signed_by(with(embedded(&message(FIRST))), THIRD) },
        )
        .expect(Expected::all(vec![passed(THIRD), Signature::passed().by(&Identity::leaf(FIRST)).layer(1)]))
        .declared_other(CARDA)
        .clause("who signed the file inside did not sign the document"),
        bad(
            "attached-unknown-filter",
            "K27",
            "good-attached-text",
            "A file inside under a filter that nobody knows",
            &{ signed_by(with(Object::stream(&[("Type", "/EmbeddedFile"), ("Filter", "/XyzDecode")], b"xyz")), FIRST) },
        )
        .expect(Expected::one(passed(FIRST)).verdict(&["undetermined"]).remarked("attachment.not_looked_into"))
        .clause("what cannot be looked into may be signed"),
        bad("attached-detached", "K27", "good-attached-p7m", "A signature without its content inside", &{
            let message = Message::detached(&[&Signer::new(&Identity::leaf(SECOND), CONTENT)]).encode();
            signed_by(with(embedded(&message)), FIRST)
        })
        .expect(Expected::all(vec![passed(FIRST), Signature::indeterminate(None, &["SIGNED_DATA_NOT_FOUND"]).layer(1)]))
        .clause("EN 319 102-1 §5.2.3"),
    ]
}
