//! What a visible signature looks like: who signed, and when, as text. No codice fiscale is shown.

use std::ops::RangeInclusive;

use crate::asn1::oids;
use crate::crypto::hex;
use crate::domain::fiscal_code::FiscalCode;
use crate::pdf::{Object, PdfError, Reference};
use crate::sign::pades::page::Rotation;
use crate::sign::pades::typeface::{self, Letters};
use crate::sign::pades::update::{Update, integer};
use crate::sign::pades::write::{entries, name, of, reference, stream_object};
use crate::sign::signer::Signer;
use crate::trust::Certificate;

oids! {
    COMMON_NAME = 2.5.4.3;
    SURNAME = 2.5.4.4;
    ORGANIZATION = 2.5.4.10;
    GIVEN_NAME = 2.5.4.42;
}

/// Who signs, for people; `None` where the certificate gives nothing but a code.
pub(super) fn name_of(certificate: &Certificate) -> Option<String> {
    let subject = certificate.subject();
    let first = |oid| subject.values(oid).into_iter().next();
    let person = first(GIVEN_NAME).zip(first(SURNAME)).map(|(given, surname)| format!("{given} {surname}"));
    // The common name of a CNS or a CIE begins with the codice fiscale.
    let is_code =
        |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| FiscalCode::parse(part).is_ok());
    let others = || first(COMMON_NAME).filter(|text| !is_code(text)).or_else(|| first(ORGANIZATION));
    person.or_else(others).map(|text| text.chars().filter(|c| !c.is_control()).collect())
}

/// The lines of the text.
pub(super) fn lines(signer: &Signer, reason: Option<&str>) -> Vec<String> {
    let at = signer.at();
    let month = u8::from(at.month());
    let date = format!("{:02}/{month:02}/{:04} {:02}:{:02} UTC", at.day(), at.year(), at.hour(), at.minute());
    // What the signature is worth (firma digitale, or with a CNS less than that) is for the law to say, and not for a box.
    let by = name_of(signer.certificate()).map_or_else(|| "Firmato".to_owned(), |name| format!("Firmato da {name}"));
    let mut lines = vec![by, format!("il {date}")];
    lines.extend(reason.map(|reason| format!("Motivo: {reason}")));
    lines
}

/// Width and height of what is drawn, as it is seen, and how the page is turned.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) rotation: Rotation,
}

/// Puts the appearance stream (ISO 32000-2 §12.5.5) into the update, upright as the page is seen.
pub(super) fn draw(lines: &[String], area: Area, update: &mut Update<'_>) -> Result<Reference, PdfError> {
    let (size, lines) = set(lines, area);
    let mut letters = Letters::default();
    let (leading, first) = (f64::from(size) * LEADING, area.height - MARGIN - f64::from(size));
    let start = format!("q /C1 cs 0 sc BT /F1 {size} Tf {leading:.2} TL {MARGIN} {first:.2} Td ");
    let shown: String = lines.iter().map(|line| ["<", &hex(&letters.codes(line)), "> Tj T* "].concat()).collect();
    let content = [&start, shown.as_str(), "ET Q"].concat();
    let fonts = entries([("F1", reference(letters.embed(update)?))]);
    let resources = entries([("Font", of(fonts)), ("ColorSpace", of(entries([("C1", grey())])))]);
    let dictionary = entries([
        ("Type", name("XObject")),
        ("Subtype", name("Form")),
        ("BBox", numbers([0.0, 0.0, area.width, area.height])),
        ("Matrix", numbers(area.rotation.matrix())),
        ("Resources", of(resources)),
        ("Length", integer(content.len())),
    ]);
    let id = update.number()?;
    update.put_octets(id, stream_object(&dictionary, content.as_bytes()));
    Ok(id)
}

fn numbers<const N: usize>(numbers: [f64; N]) -> Object {
    Object::Array(numbers.map(Object::Real).into())
}

/// A grey that does not depend on the device, which a PDF/A file need not explain (ISO 19005-2 §6.2.4).
fn grey() -> Object {
    const DAYLIGHT: [f64; 3] = [0.9505, 1.0, 1.089];
    Object::Array([name("CalGray"), of(entries([("WhitePoint", numbers(DAYLIGHT))]))].into())
}

const MARGIN: f64 = 2.0;
const LEADING: f64 = 1.2;
/// In points; what does not fit at the least is cut off.
const SIZES: RangeInclusive<u8> = 1..=12;

/// The largest size at which all lines fit, broken between words where that helps; and those lines.
fn set(lines: &[String], area: Area) -> (u8, Vec<String>) {
    let (width, height) = (area.width - 2.0 * MARGIN, area.height - 2.0 * MARGIN);
    let broken = |size: u8| -> Vec<String> {
        lines.iter().flat_map(|line| break_between_words(line, width / f64::from(size))).collect()
    };
    let fits = |size: u8, lines: &[String]| {
        let size = f64::from(size);
        let tall: f64 = lines.iter().map(|_| size * LEADING).sum();
        tall <= height && lines.iter().all(|line| typeface::width(line) * size <= width)
    };
    let sizes = SIZES.rev().map(|size| (size, broken(size)));
    let mut fitting = sizes.filter(|(size, lines)| fits(*size, lines));
    fitting.next().unwrap_or_else(|| (*SIZES.start(), broken(*SIZES.start())))
}

/// `width` is that for letters of size 1.
fn break_between_words(line: &str, width: f64) -> Vec<String> {
    let mut broken: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        match broken.last_mut() {
            Some(last) if typeface::width(last) + typeface::width(" ") + typeface::width(word) <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => broken.push(word.to_owned()),
        }
    }
    broken
}
