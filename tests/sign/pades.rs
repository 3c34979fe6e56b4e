//! PAdES: what EN 319 142-1 and ISO 32000-2 ask, in every form of file; judged by `verify`, pdfsig and qpdf.

use std::fs;
use std::os::unix::fs::FileExt;
use std::process::Command;

use serde_json::Value;
use varco::asn1::Source;
use varco::sign::Prepared;
use varco::sign::pades::{Certification, Demand, Level, Options, PadesError, Place, ValueInvalid, WriteError, prepare};
use varco::sign::signer::RsaPadding;

use crate::sign::{Folder, Hand, hands};
use crate::support::forge::pdf::section::Form;
use crate::support::forge::pdf::{Dict, Object, Pdf};
use crate::verify::{Bench, root};

const PAGE: u32 = 3;
const LOOK: Place<'_> = Place::Visible { page: 1, corners: [300.0, 50.0, 550.0, 110.0] };

/// A document that nobody signed, before its first section is written.
fn open_document() -> Pdf {
    open_document_of(&[])
}

/// The same, where the page says this, too.
fn open_document_of(page: &[(&str, &str)]) -> Pdf {
    let mut pdf = Pdf::new();
    pdf.put(1, Object::dict(&[("Type", "/Catalog"), ("Pages", "2 0 R"), ("Lang", "(it)")]));
    pdf.put(2, Object::dict(&[("Type", "/Pages"), ("Kids", "[3 0 R]"), ("Count", "1")]));
    let font = "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >> >> >>";
    let usual = [
        ("Type", "/Page"),
        ("Parent", "2 0 R"),
        ("MediaBox", "[0 0 595.276 841.89]"),
        ("Resources", font),
        ("Contents", "4 0 R"),
    ];
    pdf.put(PAGE, Object::dict(&[usual.as_slice(), page].concat()));
    pdf.put(4, Object::stream(&[], b"BT /F1 20 Tf 72 700 Td (Patto di servizio) Tj ET"));
    pdf.trailer = Dict::of(&[("Root", "1 0 R"), ("ID", "[<0102> <0304>]")]);
    pdf
}

fn document(form: Form) -> Vec<u8> {
    let mut pdf = open_document();
    pdf.commit(form);
    pdf.bytes
}

/// A document with an empty signature field that says this.
fn form(rest: &[(&str, &str)]) -> Vec<u8> {
    let mut pdf = open_document();
    pdf.add_field("Accettazione", PAGE, &Dict::of(rest));
    pdf.commit(Form::Table);
    pdf.bytes
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(root().join("fixtures/pdf").join(name).join("input.pdf")).unwrap()
}

fn complete(prepared: Prepared<'_>, hand: &Hand) -> Vec<u8> {
    let value = hand.sign(prepared.signed_attributes());
    let mut file = Vec::new();
    prepared.assemble(&value).unwrap().write(&mut file).unwrap();
    file
}

fn signed(source: &[u8], hand: &Hand, options: &Options<'_>) -> Vec<u8> {
    let file = complete(prepare(&source, &hand.signer, options).unwrap(), hand);
    assert_eq!(file.get(..source.len()), Some(source), "what was there is untouched");
    file
}

fn refused(source: &[u8], options: &Options<'_>) -> PadesError {
    prepare(&source, &Hand::usual("qualified-p256").signer, options).err().unwrap()
}

fn judged(file: &[u8]) -> Vec<Value> {
    let report = Bench::of_fixtures().judge(file, None, None).unwrap();
    report["signatures"].as_array().unwrap().clone()
}

fn assert_good(file: &[u8], modifications: &[&str]) {
    let signatures = judged(file);
    assert_eq!(signatures.len(), modifications.len());
    for (signature, expected) in signatures.iter().zip(modifications) {
        assert_eq!(signature["indication"], "TOTAL_PASSED", "{signature:#}");
        assert_eq!((signature["format"].as_str(), signature["level"].as_str()), (Some("PAdES"), Some("B")));
        assert_eq!(signature["modifications"], *expected, "{signature:#}");
    }
    let last = signatures.last().unwrap();
    assert_eq!(last["claimed_signing_time"], "2026-01-31T09:00:00Z");
    assert_peers(file, signatures.len());
}

/// pdfsig about every signature; qpdf about the file.
fn assert_peers(file: &[u8], count: usize) {
    let folder = Folder::new();
    let path = folder.write("signed.pdf", file);
    let output = Command::new("pdfsig").arg("-nocert").arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said.matches("Signature is Valid.").count(), count, "{said}");
    assert!(said.contains("Total document signed"), "{said}");
    assert!(said.contains("ETSI.CAdES.detached"), "{said}");
    let output = Command::new("qpdf").arg("--check").arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !said.contains("WARNING"), "{said}");
}

#[test]
fn every_kind_of_key_signs_at_level_b() {
    let source = document(Form::Table);
    for (what, hand) in hands() {
        let file = signed(&source, &hand, &Options::INVISIBLE);
        let signatures = judged(&file);
        assert_eq!(signatures[0]["indication"], "TOTAL_PASSED", "{what}");
        assert_eq!(signatures[0]["level"], "B");
    }
}

#[test]
fn every_form_of_file_is_updated_in_its_own_form() {
    for form in [Form::Table, Form::Stream, Form::Packed, Form::Hybrid] {
        let hand = Hand::usual("cns-good");
        let once = signed(&document(form), &hand, &Options::INVISIBLE);
        if form != Form::Hybrid {
            // qpdf takes the hidden objects of a hybrid file for damage, before and after.
            assert_good(&once, &["none"]);
        }
        let rows = once[document(form).len()..].windows(9).any(|window| window == b"trailer\n<");
        assert_eq!(rows, matches!(form, Form::Table | Form::Hybrid));
        let twice = signed(&once, &Hand::usual("qualified-p256"), &Options::INVISIBLE);
        let signatures = judged(&twice);
        assert_eq!(signatures.len(), 2);
        assert!(signatures.iter().all(|signature| signature["indication"] == "TOTAL_PASSED"), "{signatures:#?}");
        assert_eq!(
            (signatures[0]["modifications"].as_str(), signatures[1]["modifications"].as_str()),
            (Some("allowed"), Some("none"))
        );
    }
}

#[test]
fn files_that_qpdf_writes_are_signed() {
    let folder = Folder::new();
    let source = folder.write("source.pdf", &document(Form::Table));
    for arguments in
        [&["--linearize"][..], &["--object-streams=generate"], &["--linearize", "--object-streams=generate"]]
    {
        let path = folder.path("qpdf.pdf");
        let output = Command::new("qpdf").args(arguments).arg(&source).arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let made = fs::read(&path).unwrap();
        assert_good(&signed(&made, &Hand::new("cns-good", RsaPadding::Pss), &Options::INVISIBLE), &["none"]);
    }
}

#[test]
fn a_visible_signature_says_who_and_when_and_no_code() {
    let options = Options { place: LOOK, reason: Some("Accettazione del patto"), ..Options::INVISIBLE };
    for leaf in ["qualified-p256", "cns-good"] {
        let file = signed(&document(Form::Table), &Hand::usual(leaf), &options);
        assert_good(&file, &["none"]);
        let folder = Folder::new();
        let path = folder.write("signed.pdf", &file);
        let output = Command::new("pdftotext").args(["-layout"]).arg(path).arg("-").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for said in ["Firmato da", "31/01/2026 09:00 UTC", "Accettazione del patto", "Patto di servizio"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        for code in ["PRVCRD90A41H501L", "SMPFMN85E52L736W"] {
            assert!(!text.contains(code), "{text}");
        }
        if leaf == "qualified-p256" {
            let name = judged(&file)[0]["signer"]["surname"].as_str().unwrap().to_owned();
            assert!(text.to_uppercase().contains(&name.to_uppercase()), "{name}: {text}");
        }
    }
}

/// Whom poppler finds on the first page: words, and their left, top, right and bottom as the page is seen.
fn words_seen(file: &[u8]) -> Vec<(String, [f64; 4])> {
    let folder = Folder::new();
    let path = folder.write("signed.pdf", file);
    let output = Command::new("pdftotext").arg("-bbox").arg("-cropbox").arg(path).arg("-").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let words = text.lines().filter_map(|line| line.trim().strip_prefix("<word ")?.strip_suffix("</word>"));
    let words = words.map(|word| {
        let (corners, word) = word.split_once('>').unwrap();
        let corners: Vec<f64> = corners.split('"').skip(1).step_by(2).map(|number| number.parse().unwrap()).collect();
        (word.to_owned(), corners.try_into().unwrap())
    });
    words.collect()
}

#[test]
fn a_visible_signature_stands_upright_where_it_was_asked_for_on_a_page_turned_and_cropped() {
    let corners = [200.0, 40.0, 380.0, 90.0];
    for rotate in ["0", "90", "180", "270", "-90", "450"] {
        let page = [("Rotate", rotate), ("CropBox", "[20 30 560 800]")];
        let mut pdf = open_document_of(&page);
        pdf.commit(Form::Table);
        let options = Options { place: Place::Visible { page: 1, corners }, ..Options::INVISIBLE };
        let file = signed(&pdf.bytes, &Hand::usual("qualified-p256"), &options);
        assert_good(&file, &["none"]);
        let height = if matches!(rotate, "0" | "180") { 770.0 } else { 540.0 };
        let words = words_seen(&file);
        let at = |wanted: &str| words.iter().find(|(word, _)| word == wanted).unwrap_or_else(|| panic!("{words:?}")).1;
        let (first, last) = (at("Firmato"), at("UTC"));
        for [left, top, right, bottom] in [first, last] {
            assert!(corners[0] <= left && right <= corners[2], "{rotate}: {words:?}");
            assert!(height - corners[3] <= top && bottom <= height - corners[1], "{rotate}: {words:?}");
            assert!(right - left > bottom - top, "{rotate}: {words:?}");
        }
        assert!(first[1] < last[1], "{rotate}: {words:?}");
        let beyond = Place::Visible { page: 1, corners: [200.0, height - 10.0, 380.0, height + 1.0] };
        assert!(matches!(refused(&pdf.bytes, &Options { place: beyond, ..options }), PadesError::Corners));
    }
}

/// A document with a logical structure, whose number tree is in these objects.
fn tagged(tree: &[(u32, &[(&str, &str)])], root: &[(&str, &str)], kids: &str) -> Vec<u8> {
    let mut pdf = open_document_of(&[("StructParents", "0")]);
    let catalog = [("Type", "/Catalog"), ("Pages", "2 0 R"), ("Lang", "(it)")];
    let is_tagged = [("MarkInfo", "<< /Marked true >>"), ("StructTreeRoot", "6 0 R")];
    pdf.put(1, Object::dict(&[catalog.as_slice(), &is_tagged].concat()));
    let usual = [("Type", "/StructTreeRoot"), ("K", kids), ("ParentTree", "8 0 R")];
    pdf.put(6, Object::dict(&[usual.as_slice(), root].concat()));
    pdf.put(7, Object::dict(&[("Type", "/StructElem"), ("S", "/Document"), ("P", "6 0 R"), ("K", "9 0 R")]));
    pdf.put(9, Object::dict(&[("Type", "/StructElem"), ("S", "/P"), ("P", "7 0 R")]));
    for (number, entries) in tree {
        pdf.put(*number, Object::dict(entries));
    }
    pdf.commit(Form::Table);
    pdf.bytes
}

#[test]
fn a_signature_has_its_place_in_the_structure_of_a_tagged_file() {
    let visible = Options { place: LOOK, ..Options::INVISIBLE };
    let plain: (u32, &[(&str, &str)]) = (8, &[("Nums", "[0 [] 4 9 0 R]")]);
    let deep: [(u32, &[(&str, &str)]); 2] =
        [(8, &[("Kids", "[10 0 R]")]), (10, &[("Nums", "[0 [] 6 9 0 R]"), ("Limits", "[0 6]")])];
    for (tree, next, kids, expected) in [
        (&[plain][..], "5", "[7 0 R]", 5),
        (&[plain], "2", "7 0 R", 5),
        (&[(8, &[])], "3", "[7 0 R]", 3),
        (&deep, "20", "[7 0 R]", 20),
    ] {
        let file =
            signed(&tagged(tree, &[("ParentTreeNextKey", next)], kids), &Hand::usual("qualified-p256"), &visible);
        assert_good(&file, &["none"]);
        let text = String::from_utf8_lossy(&file);
        for said in [format!("/StructParent {expected}"), format!("/ParentTreeNextKey {}", expected + 1)] {
            assert!(text.contains(&said), "{said}: {text}");
        }
        let folder = Folder::new();
        let output = Command::new("pdfinfo").arg("-struct").arg(folder.write("signed.pdf", &file)).output().unwrap();
        let structure = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = structure.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let [.., "Form", object] = lines.as_slice() else { panic!("{structure}") };
        assert!(object.starts_with("Object "), "{structure}");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        // What an earlier signature covers is left as it is.
        let second = signed(&file, &Hand::usual("cns-good"), &Options::INVISIBLE);
        assert_good(&second, &["allowed", "none"]);
    }
}

#[test]
fn the_letters_of_a_visible_signature_are_in_the_file_and_can_be_read_aloud() {
    let reason = "Đurđa e Žiga, Łódź, Oușorețu, Müller, Ħal; però: è così";
    let options = Options { place: LOOK, reason: Some(reason), ..Options::INVISIBLE };
    let file = signed(&document(Form::Table), &Hand::usual("cns-good"), &options);
    assert_good(&file, &["none"]);
    let read: Vec<String> = words_seen(&file).into_iter().map(|(word, _)| word).collect();
    assert!(read.join(" ").contains(&format!("Motivo: {reason}")), "{read:?}");
    let folder = Folder::new();
    let output = Command::new("pdffonts").arg(folder.write("signed.pdf", &file)).output().unwrap();
    let fonts = String::from_utf8(output.stdout).unwrap();
    let own = fonts.lines().find(|line| line.contains("+TitilliumWeb-Regular")).unwrap();
    let columns: Vec<&str> = own.split_whitespace().collect();
    // Embedded, a part of it, and with the letters that it means.
    assert_eq!(columns[1..7], ["CID", "TrueType", "Identity-H", "yes", "yes", "yes"], "{fonts}");
}

#[test]
fn several_signers_sign_one_after_the_other() {
    let visible = Options { place: LOOK, ..Options::INVISIBLE };
    let first = signed(&document(Form::Stream), &Hand::usual("cns-good"), &visible);
    let second = signed(&first, &Hand::usual("qualified-p256"), &Options::INVISIBLE);
    let third = signed(&second, &Hand::usual("cns-p384"), &Options::INVISIBLE);
    assert_good(&third, &["allowed", "allowed", "none"]);
}

#[test]
fn a_certification_allows_what_it_says() {
    let certify = |certification| Options { certification: Some(certification), ..Options::INVISIBLE };
    let hand = Hand::usual("cns-good");
    for certification in [Certification::Filling, Certification::Annotating] {
        let certified = signed(&document(Form::Table), &hand, &certify(certification));
        assert_good(&certified, &["none"]);
        let approved = signed(&certified, &Hand::usual("qualified-p256"), &Options::INVISIBLE);
        assert_good(&approved, &["allowed", "none"]);
    }
    let closed = signed(&document(Form::Table), &hand, &certify(Certification::NoChanges));
    assert_good(&closed, &["none"]);
    assert!(matches!(refused(&closed, &Options::INVISIBLE), PadesError::Forbidden));
    let approved = signed(&document(Form::Table), &hand, &Options::INVISIBLE);
    let late = refused(&approved, &certify(Certification::Filling));
    assert!(matches!(late, PadesError::CertifiedTooLate), "{late}");
}

#[test]
fn what_others_certified_or_locked_is_kept() {
    for closed in ["good-certified-p1", "lock-all", "lock-p1", "fieldmdp-all"] {
        let refused = refused(&fixture(closed), &Options::INVISIBLE);
        assert!(matches!(refused, PadesError::Forbidden), "{closed}: {refused}");
    }
    let open = signed(&fixture("good-certified-p2"), &Hand::usual("cns-good"), &Options::INVISIBLE);
    let signatures = judged(&open);
    assert!(signatures.iter().all(|signature| signature["indication"] == "TOTAL_PASSED"), "{signatures:#?}");
}

/// Every good file of the fixtures, whatever its form, takes one more signature, which does the others no harm; or it says
/// why not.
#[test]
fn one_more_signature_does_no_harm() {
    let hand = Hand::usual("qualified-p256");
    let mut refused = Vec::new();
    for entry in fs::read_dir(root().join("fixtures/pdf")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Ok(source) = fs::read(root().join("fixtures/pdf").join(&name).join("input.pdf")) else { continue };
        if !name.starts_with("good-") {
            continue;
        }
        let source = source.as_slice();
        match prepare(&source, &hand.signer, &Options::INVISIBLE) {
            Ok(prepared) => {
                let file = complete(prepared, &hand);
                let (before, after) = (judged(source), judged(&file));
                assert_eq!(after.len(), before.len() + 1, "{name}");
                for signature in &before {
                    let same = after.iter().find(|after| after["id"] == signature["id"]).unwrap();
                    assert_eq!(same["indication"], signature["indication"], "{name}: {same:#}");
                    assert_ne!(same["modifications"], "forbidden", "{name}: {same:#}");
                }
                let last = after.last().unwrap();
                assert_eq!(
                    (last["indication"].as_str(), last["level"].as_str()),
                    (Some("TOTAL_PASSED"), Some("B")),
                    "{name}"
                );
            }
            Err(why) => refused.push((name, why)),
        }
    }
    refused.retain(|(name, why)| !match why {
        PadesError::Encrypted => name.starts_with("good-encrypted"),
        PadesError::Damaged => name.starts_with("good-damaged") || name.starts_with("good-junk"),
        PadesError::Forbidden => ["certified-p1", "lock", "fieldmdp"].iter().any(|closed| name.contains(closed)),
        _ => false,
    });
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn prepared_fields_take_one_signature_after_the_other() {
    let place = |name| Options { place: Place::Field(name), ..Options::INVISIBLE };
    for corners in ["[300 50 550 110]", "[0 0 0 0]"] {
        for certification in [None, Some(Certification::Filling)] {
            let mut pdf = open_document();
            for (name, said) in
                [("Legale", "(Firma del legale rappresentante)"), ("Operatore", "(Firma dell'operatore)")]
            {
                pdf.add_field(name, PAGE, &Dict::of(&[("Rect", corners), ("Contents", said), ("F", "4")]));
            }
            pdf.commit(Form::Table);
            let first = Options { certification, ..place("Legale") };
            let first = signed(&pdf.bytes, &Hand::usual("cns-good"), &first);
            let both = signed(&first, &Hand::usual("qualified-p256"), &place("Operatore"));
            let later = if corners == "[0 0 0 0]" { "allowed" } else { "notable" };
            assert_good(&both, &[later, "none"]);
        }
    }
}

#[test]
fn an_empty_field_of_the_form_takes_the_signature() {
    let options = Options { place: Place::Field("Accettazione"), ..Options::INVISIBLE };
    let hand = Hand::usual("cns-good");
    for rest in [&[][..], &[("Rect", "[300 50 550 110]")]] {
        assert_good(&signed(&form(rest), &hand, &options), &["none"]);
    }
    let once = signed(&form(&[]), &hand, &options);
    assert!(matches!(refused(&once, &options), PadesError::FieldSigned(name) if name == "Accettazione"));
    let other = Options { place: Place::Field("Rinuncia"), ..Options::INVISIBLE };
    assert!(matches!(refused(&form(&[]), &other), PadesError::NoSuchField(_)));
}

#[test]
fn a_field_that_locks_locks() {
    let options = Options { place: Place::Field("Accettazione"), ..Options::INVISIBLE };
    let lock = form(&[("Lock", "<< /Type /SigFieldLock /Action /All >>")]);
    let file = signed(&lock, &Hand::usual("cns-good"), &options);
    assert_good(&file, &["none"]);
    assert!(matches!(refused(&file, &Options::INVISIBLE), PadesError::Forbidden));
    let lock = form(&[("Lock", "<< /Type /SigFieldLock /Action /Include /Fields [(Altro)] >>")]);
    let file = signed(&lock, &Hand::usual("cns-good"), &options);
    let file = signed(&file, &Hand::usual("qualified-p256"), &Options::INVISIBLE);
    assert_good(&file, &["allowed", "none"]);
}

#[test]
fn what_a_form_demands_is_kept_or_the_signature_refused() {
    let place = Place::Field("Accettazione");
    let options = Options { place, ..Options::INVISIBLE };
    let form = |seeds: &str| form(&[("SV", &format!("<< /Type /SV {seeds} >>"))]);
    for (seeds, demand) in [
        ("/Ff 1 /Filter /Altro", Demand::Handler),
        ("/Ff 2 /SubFilter [/adbe.pkcs7.detached]", Demand::Encoding),
        ("/Ff 64 /DigestMethod [(SHA512)]", Demand::Digest),
        ("/Ff 8 /Reasons [(Presa visione)]", Demand::Reason),
        ("/MDP << /P 2 >>", Demand::Certification),
        ("/TimeStamp << /URL (http://tsa.example.org) /Ff 1 >>", Demand::Timestamp),
        ("/Cert << /Ff 1 /Subject [<30>] >>", Demand::Certificate),
        ("/Ff 4 /V 3", Demand::Other),
        ("/Ff 16 /LegalAttestation [(x)]", Demand::Other),
    ] {
        let refused = refused(&form(seeds), &options);
        assert!(matches!(refused, PadesError::Demand(found) if found == demand), "{seeds}: {refused}");
    }
    let hand = Hand::usual("cns-good");
    for seeds in [
        "/Filter /Altro",
        "/SubFilter [/adbe.pkcs7.detached]",
        "/Ff 2 /SubFilter [/ETSI.CAdES.detached]",
        "/MDP << /P 0 >>",
    ] {
        assert_good(&signed(&form(seeds), &hand, &options), &["none"]);
    }
    let with_reason = Options { reason: Some("Presa visione"), ..options };
    assert_good(&signed(&form("/Ff 8 /Reasons [(Presa visione)]"), &hand, &with_reason), &["none"]);
}

#[test]
fn files_that_everybody_might_read_differently_are_refused() {
    for encrypted in ["good-encrypted-aes-256", "encrypted-password-none"] {
        let refused = refused(&fixture(encrypted), &Options::INVISIBLE);
        assert!(matches!(refused, PadesError::Encrypted), "{encrypted}: {refused}");
    }
    for damaged in ["damaged-offsets", "good-damaged-endobj", "good-junk-before-header", "damaged-startxref-zero"] {
        let refused = refused(&fixture(damaged), &Options::INVISIBLE);
        assert!(matches!(refused, PadesError::Damaged | PadesError::Unreadable(_)), "{damaged}: {refused}");
    }
    assert!(matches!(refused(b"no PDF", &Options::INVISIBLE), PadesError::Unreadable(_)));
    let elsewhere = Options { place: Place::Visible { page: 2, corners: [0.0; 4] }, ..Options::INVISIBLE };
    assert!(matches!(refused(&document(Form::Table), &elsewhere), PadesError::NoSuchPage { asked: 2, of: 1 }));
    let nowhere = Place::Visible { page: 1, corners: [0.0, f64::NAN, 1.0, 1.0] };
    let nowhere = Options { place: nowhere, ..Options::INVISIBLE };
    assert!(matches!(refused(&document(Form::Table), &nowhere), PadesError::Corners));
}

#[test]
fn whatever_is_damaged_in_a_file_nothing_but_an_error_comes_of_it() {
    let hand = Hand::usual("qualified-p256");
    for good in [form(&[("SV", "<< /Ff 8 /Reasons [(Presa visione)] >>")]), document(Form::Packed)] {
        for place in 0..good.len() {
            let mut changed = good.clone();
            changed[place] ^= 0x11;
            for file in [changed.as_slice(), &good[..place]] {
                let field = Options { place: Place::Field("Accettazione"), ..Options::INVISIBLE };
                for options in [Options::INVISIBLE, field] {
                    let _refused = prepare(&file, &hand.signer, &options).is_err();
                }
            }
        }
    }
}

#[test]
fn a_wrong_value_leaves_nothing() {
    let source = document(Form::Table);
    let hand = Hand::usual("qualified-p256");
    let source = source.as_slice();
    let prepared = prepare(&source, &hand.signer, &Options::INVISIBLE).unwrap();
    assert_eq!(prepared.assemble(&hand.sign(b"other octets")).err(), Some(ValueInvalid));
}

/// A file on the disk, which somebody changes after it was laid out.
struct OnDisk(fs::File);

impl Source for OnDisk {
    fn len(&self) -> u64 {
        self.0.metadata().unwrap().len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        FileExt::read_at(&self.0, buffer, offset)
    }
}

#[test]
fn a_file_that_changes_meanwhile_is_noticed() {
    let source = document(Form::Table);
    let hand = Hand::usual("qualified-p256");
    let folder = Folder::new();
    let path = folder.write("source.pdf", &source);
    let file = OnDisk(fs::File::open(&path).unwrap());
    let prepared = prepare(&file, &hand.signer, &Options { level: Level::T, ..Options::INVISIBLE }).unwrap();
    let value = hand.sign(prepared.signed_attributes());
    let mut changed = source;
    changed[9] ^= 1;
    fs::write(&path, changed).unwrap();
    let refused = prepared.assemble(&value).unwrap().write(&mut Vec::new()).unwrap_err();
    assert!(matches!(refused, WriteError::ContentChanged), "{refused}");
}
