//! Signing the agreement, and the cases that come of it.

use crate::case::Case;
use crate::expected::{Expected, Signature};
use crate::forge::cms::{Message, SIGNING_TIME, Signer};
use crate::forge::identity::{Identity, Md, Scheme};
use crate::forge::pdf::section::{Form, Section};
use crate::forge::pdf::signature::{Field, Placement};
use crate::forge::pdf::{Dict, Object, Pdf};
use crate::forge::timestamp::token;
use crate::pdf::agreement::{PAGE_1, agreement, appearance};

pub(crate) const CADES: &str = "/ETSI.CAdES.detached";
/// The declared person, Carda Prova.
pub(crate) const FIRST: &str = "cns-good";
/// Firmina Esempio.
pub(crate) const SECOND: &str = "qualified-good";
/// Altero Diverso.
pub(crate) const THIRD: &str = "cns-other-person";

/// PAdES baseline: no signing time among the attributes (EN 319 142-1 §6.3).
pub(crate) fn signer(leaf: &str, covered: &[u8]) -> Signer {
    Signer::new(&Identity::leaf(leaf), covered).without(SIGNING_TIME)
}

pub(crate) fn cades(leaf: &str) -> impl FnOnce(&[u8]) -> Vec<u8> {
    let leaf = leaf.to_owned();
    move |covered| Message::detached(&[&signer(&leaf, covered)]).encode()
}

/// An approval signature in a new invisible field on the first page.
pub(crate) fn approval(name: &str) -> Placement {
    Placement::new(name, PAGE_1, CADES).with("M", "(D:20260131090000Z)")
}

/// A field on the first page that shows `line`.
pub(crate) fn visible(pdf: &mut Pdf, name: &str, line: &str) -> Field {
    let look = pdf.add(appearance(line));
    Field::new(name, PAGE_1, &[("Rect", "[300 100 500 120]"), ("AP", &format!("<< /N {look} 0 R >>"))])
}

/// A certification signature (ISO 32000-2 §12.8.2.2).
pub(crate) fn certification(permission: u8) -> Placement {
    approval("Certificazione").with(
        "Reference",
        &format!(
            "[<< /Type /SigRef /TransformMethod /DocMDP \
        /TransformParams << /Type /TransformParams /P {permission} /V /1.2 >> >>]"
        ),
    )
}

/// Signs in a revision of its own.
pub(crate) fn sign(pdf: &mut Pdf, placement: &Placement, leaf: &str) {
    pdf.place(placement);
    pdf.commit(Form::Table);
    pdf.fill(cades(leaf));
}

/// Certifies in a revision of its own.
pub(crate) fn certify(pdf: &mut Pdf, permission: u8) {
    let (signature, _) = pdf.place(&certification(permission));
    pdf.set(1, "Perms", &format!("<< /DocMDP {signature} 0 R >>"));
    pdf.commit(Form::Table);
    pdf.fill(cades(FIRST));
}

/// The agreement as generated, then signed once.
pub(crate) fn signed() -> Pdf {
    signed_from(agreement())
}

pub(crate) fn signed_from(mut pdf: Pdf) -> Pdf {
    pdf.commit(Form::Table);
    sign(&mut pdf, &approval("Firma1"), FIRST);
    pdf
}

/// `pdf` certified, as it is.
pub(crate) fn certified_from(mut pdf: Pdf, permission: u8) -> Pdf {
    pdf.commit(Form::Table);
    certify(&mut pdf, permission);
    pdf
}

/// One more revision.
pub(crate) fn updated(pdf: &Pdf, change: impl FnOnce(&mut Pdf)) -> Pdf {
    let mut pdf = pdf.clone();
    change(&mut pdf);
    pdf.commit(Section::table());
    pdf
}

/// The authority of time-stamps.
pub(crate) fn tsa() -> Identity {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pdf/pki");
    Identity::leaf_in(&folder, "tsa")
}

/// A document time-stamp in a revision of its own (EN 319 142-1 §5.4.3).
pub(crate) fn stamp(pdf: &mut Pdf) {
    stamp_with(pdf, |covered| token(&tsa(), covered, "20260131090500Z"));
}

/// The same with another token.
pub(crate) fn stamp_with(pdf: &mut Pdf, token: impl FnOnce(&[u8]) -> Vec<u8>) {
    place_stamp(pdf);
    pdf.fill(token);
}

/// The revision of a document time-stamp, without its token.
pub(crate) fn place_stamp(pdf: &mut Pdf) {
    let mut placement = Placement::new("Marca1", PAGE_1, "/ETSI.RFC3161");
    placement.dict.set("Type", "/DocTimeStamp");
    pdf.place(&placement);
    pdf.commit(Form::Table);
}

/// DSS and VRI with certificates and CRLs (EN 319 142-1 §5.4.2), in a revision of its own.
pub(crate) fn add_dss(pdf: &mut Pdf) {
    let pki = crate::forge::identity::pki();
    let stream = |octets: &[u8]| Object::deflated(&[], octets);
    let certificate = pdf.add(stream(&Identity::authority("cns-esempio").certificate));
    let crl = pdf.add(stream(&std::fs::read(pki.join("cns-esempio/crl.der")).unwrap()));
    let [_, contents] = filled(pdf);
    let digits = contents.trim_matches(['<', '>']).as_bytes().chunks(2);
    let octets: Vec<u8> = digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    let key = crate::forge::pdf::signature::hex(&Md::Sha1.digest(&octets)).to_ascii_uppercase();
    let (certs, crls) = (format!("[{certificate} 0 R]"), format!("[{crl} 0 R]"));
    let vri = pdf.add(Object::dict(&[("Cert", &certs), ("CRL", &crls)]));
    let dss = Dict::of(&[("Type", "/DSS"), ("Certs", &certs), ("CRLs", &crls)])
        .with("VRI", &format!("<< /{key} {vri} 0 R >>"));
    let dss = pdf.add(Object::Dict(dss));
    pdf.set(1, "DSS", &format!("{dss} 0 R"));
    pdf.commit(Form::Table);
}

/// `ByteRange` and `Contents` of the last signature, as they stand in the file.
pub(crate) fn filled(pdf: &Pdf) -> [String; 2] {
    [("/ByteRange [", ']'), ("/Contents <", '>')].map(|(start, end)| {
        let value = pdf.bytes.iter().skip(pdf.find_last(start.as_bytes())).copied().map(char::from);
        let opening = start.len() - 1;
        value.skip(opening).take_while(|character| *character != end).chain([end]).collect()
    })
}

/// Makes the next revision write a signature dictionary again, as it was filled.
pub(crate) fn write_again(pdf: &mut Pdf, signature: u32) {
    let [range, message] = filled(pdf);
    pdf.set(signature, "ByteRange", &range);
    pdf.set(signature, "Contents", &message);
}

/// `adbe.pkcs7.sha1`: the content is the SHA-1 of what is covered.
pub(crate) fn over_sha1(covered: &[u8]) -> Vec<u8> {
    let digest = Md::Sha1.digest(covered);
    let signer = Signer::with(&Identity::leaf(FIRST), &digest, Scheme::Pkcs1, Md::Sha1);
    Message::attached(&digest, &[&signer]).encode()
}

/// `adbe.x509.rsa_sha1`: an OCTET STRING with the bare value.
pub(crate) fn bare_value(covered: &[u8]) -> Vec<u8> {
    crate::forge::der::octets(&Identity::leaf(FIRST).sign(Scheme::Pkcs1, Md::Sha1, covered))
}

/// The signature holds and nothing came after it.
pub(crate) fn passed(leaf: &str) -> Signature {
    Signature::passed().by(&Identity::leaf(leaf)).format("PAdES").changed(&["none"])
}

/// The signature holds, and what came after it is forbidden.
pub(crate) fn forbidden_by(leaf: &str) -> Signature {
    Signature::forbidden().by(&Identity::leaf(leaf)).format("PAdES")
}

pub(crate) fn good(name: &'static str, class: &'static str, title: &'static str, pdf: &Pdf) -> Case {
    Case::good(name, class, title, pdf.bytes.clone()).file("input.pdf").expect(Expected::one(passed(FIRST)))
}

/// One signature, intact, and something forbidden after it.
pub(crate) fn forbidden(
    name: &'static str,
    class: &'static str,
    good_twin: &'static str,
    title: &'static str,
    pdf: &Pdf,
) -> Case {
    let expected = Expected::one(forbidden_by(FIRST));
    bad(name, class, good_twin, title, pdf).expect(expected)
}

/// One signature, whose form the standard forbids.
pub(crate) fn malformed(
    name: &'static str,
    class: &'static str,
    good_twin: &'static str,
    title: &'static str,
    pdf: &Pdf,
) -> Case {
    bad(name, class, good_twin, title, pdf).expect(Expected::one(Signature::malformed()))
}

pub(crate) fn bad(
    name: &'static str,
    class: &'static str,
    good_twin: &'static str,
    title: &'static str,
    pdf: &Pdf,
) -> Case {
    Case::bad(name, class, good_twin, title, pdf.bytes.clone()).file("input.pdf")
}
