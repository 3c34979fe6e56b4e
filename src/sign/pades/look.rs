//! What a visible signature looks like: who signed, and when, as text. No codice fiscale is shown.
//!
//! The typeface is Helvetica, which every reader has and no file holds: a PDF/A file is none any more with it.

use crate::asn1::oids;
use crate::crypto::hex;
use crate::domain::fiscal_code::FiscalCode;
use crate::pdf::{Dictionary, Object};
use crate::sign::pades::update::integer;
use crate::sign::pades::write::{self, entries, name, of};
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

/// The appearance stream (ISO 32000-2 §12.5.5), as it stands between `obj` and `endobj`.
pub(super) fn appearance(lines: &[String], width: f64, height: f64) -> Vec<u8> {
    let size = font_size(lines, width, height);
    let leading = size * LEADING;
    let mut content = format!("q BT /F1 {size:.2} Tf {leading:.2} TL {MARGIN} {:.2} Td ", height - MARGIN - size);
    for line in lines {
        content.push('<');
        content.push_str(&hex(&win_ansi(line)));
        content.push_str("> Tj T* ");
    }
    content.push_str("ET Q");
    let font = entries([
        ("Type", name("Font")),
        ("Subtype", name("Type1")),
        ("BaseFont", name("Helvetica")),
        ("Encoding", name("WinAnsiEncoding")),
    ]);
    let bounds = [0.0, 0.0, width, height].map(Object::Real);
    let dictionary = entries([
        ("Type", name("XObject")),
        ("Subtype", name("Form")),
        ("BBox", Object::Array(bounds.into())),
        ("Resources", of(entries([("Font", of(entries([("F1", of(font))])))]))),
        ("Length", integer(content.len())),
    ]);
    stream(&dictionary, content.as_bytes())
}

/// The octets of a stream object.
pub(super) fn stream(dictionary: &Dictionary, octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() + 256);
    write::dictionary(dictionary, &mut out);
    out.extend(b"\nstream\n");
    out.extend_from_slice(octets);
    out.extend(b"\nendstream");
    out
}

const MARGIN: f64 = 2.0;
const LEADING: f64 = 1.2;
const MAX_SIZE: f64 = 12.0;

/// The largest size at which all lines fit, by the width of a wide letter of Helvetica.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "a few lines of a few letters")]
fn font_size(lines: &[String], width: f64, height: f64) -> f64 {
    const WIDE: f64 = 0.62;
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(1).max(1) as f64;
    let by_height = (height - 2.0 * MARGIN) / (lines.len().max(1) as f64 * LEADING);
    let by_width = (width - 2.0 * MARGIN) / (longest * WIDE);
    MAX_SIZE.min(by_height).min(by_width).max(1.0)
}

/// `WinAnsiEncoding` (annex D); what it lacks becomes a question mark, and stands in the text for those who do not see.
fn win_ansi(text: &str) -> Vec<u8> {
    let octet = |c: char| match c {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(c)).unwrap_or(b'?'),
        '€' => 0x80,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '–' => 0x96,
        '—' => 0x97,
        'Š' => 0x8a,
        'š' => 0x9a,
        'Ž' => 0x8e,
        'ž' => 0x9e,
        _ => b'?',
    };
    text.chars().map(octet).collect()
}
