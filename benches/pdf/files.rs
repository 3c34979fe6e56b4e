//! Makes PDF files signed with the stored PKI: pages of text and pictures, and one revision for each signature.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use crate::forge::cms::{Message, SIGNING_TIME, Signer};
use crate::forge::identity::Identity;
use crate::forge::pdf::section::Form;
use crate::forge::pdf::signature::{Field, Placement};
use crate::forge::pdf::{Dict, Object, Pdf};
use crate::pki;

/// A file to be made.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) pages: usize,
    /// Octets of the picture on each page.
    pub(super) picture: usize,
    /// Each in a revision of its own, in a new field that is seen on the first page.
    pub(super) signatures: usize,
}

/// The signer, and the CA whose certificate goes with every signature.
pub(super) const LEAF: &str = "qualified-good";
pub(super) const CA: &str = "qualified";

/// Octets kept for a signature: what signing software leaves.
const ROOM: usize = 8192;

const CATALOG: u32 = 1;
const PAGES: u32 = 2;
const FONT: u32 = 3;
const INFO: u32 = 4;
/// The first number after that of the form.
const FIRST_PAGE: u32 = 10;

impl Shape {
    /// The path of the file, which is made where it is not there yet.
    pub(super) fn file(self, folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
        let Self { pages, picture, signatures } = self;
        let path = folder.join(format!("{pages}-pages-{picture}-{signatures}-signatures.pdf"));
        if !path.exists() {
            let half = path.with_extension("half");
            fs::write(&half, self.make().bytes)?;
            fs::rename(&half, &path)?;
        }
        Ok(path)
    }

    fn make(self) -> Pdf {
        let mut pdf = self.unsigned();
        pdf.commit(Form::Table);
        let signer = Identity::leaf_in(&pki(""), LEAF);
        let ca = Identity::authority_in(&pki(""), CA).certificate;
        for number in 1..=self.signatures {
            let field = visible(&mut pdf, number);
            pdf.place(&Placement::new("", FIRST_PAGE, "/ETSI.CAdES.detached").field(field).room(ROOM));
            pdf.commit(Form::Table);
            pdf.fill(|covered| {
                let mut message = Message::detached(&[&Signer::new(&signer, covered).without(SIGNING_TIME)]);
                message.certificates.push(ca.clone());
                message.certificates.sort();
                message.encode()
            });
        }
        pdf
    }

    fn unsigned(self) -> Pdf {
        let mut pdf = Pdf::new();
        let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
        let numbers = (FIRST_PAGE..).step_by(3).take(self.pages);
        let kids: Vec<String> = numbers.clone().map(|page| format!("{page} 0 R")).collect();
        let kids = format!("[{}]", kids.join(" "));
        pdf.put(CATALOG, Object::dict(&[("Type", "/Catalog"), ("Pages", "2 0 R")]));
        let count = self.pages.to_string();
        pdf.put(PAGES, Object::dict(&[("Type", "/Pages"), ("Kids", &kids), ("Count", &count)]));
        pdf.put(FONT, Object::dict(&[("Type", "/Font"), ("Subtype", "/Type1"), ("BaseFont", "/Helvetica")]));
        pdf.put(INFO, Object::dict(&[("Title", "(Accordo di Servizio di prova)"), ("Producer", "(Prova)")]));
        for number in numbers {
            self.page(&mut pdf, number, &mut noise);
        }
        let id = "[<c0ffee00c0ffee00c0ffee00c0ffee00> <c0ffee00c0ffee00c0ffee00c0ffee00>]";
        for (key, value) in [("Root", "1 0 R"), ("Info", "4 0 R"), ("ID", id)] {
            pdf.trailer.set(key, value);
        }
        pdf
    }

    fn page(self, pdf: &mut Pdf, number: u32, noise: &mut Noise) {
        let (text, picture) = (number + 1, number + 2);
        let resources = format!("<< /Font << /F1 3 0 R >> /XObject << /I1 {picture} 0 R >> >>");
        pdf.put(
            number,
            Object::dict(&[
                ("Type", "/Page"),
                ("Parent", "2 0 R"),
                ("MediaBox", "[0 0 595 842]"),
                ("Resources", &resources),
                ("Contents", &format!("{text} 0 R")),
            ]),
        );
        let shown = format!("q 500 0 0 700 50 70 cm /I1 Do Q BT /F1 12 Tf 50 780 Td (Pagina {number}) Tj ET");
        pdf.put(text, Object::deflated(&[], shown.as_bytes()));
        let look = [
            ("Type", "/XObject"),
            ("Subtype", "/Image"),
            ("Width", "1240"),
            ("Height", "1754"),
            ("ColorSpace", "/DeviceGray"),
            ("BitsPerComponent", "8"),
            ("Filter", "/DCTDecode"),
        ];
        pdf.put(picture, Object::Stream(Dict::of(&look), noise.take(self.picture)));
    }
}

/// A field that shows who signed.
fn visible(pdf: &mut Pdf, number: usize) -> Field {
    let line = format!("BT /F1 8 Tf 2 6 Td (Firmato {number}) Tj ET");
    let look = [
        ("Type", "/XObject"),
        ("Subtype", "/Form"),
        ("BBox", "[0 0 90 20]"),
        ("Resources", "<< /Font << /F1 3 0 R >> >>"),
    ];
    let look = pdf.add(Object::stream(&look, line.as_bytes()));
    let (left, bottom) = (50 + number % 5 * 100, 20 + number / 5 % 35 * 22);
    let sides = format!("[{left} {bottom} {} {}]", left + 90, bottom + 20);
    let rest = [("Rect", sides.as_str()), ("AP", &format!("<< /N {look} 0 R >>"))];
    Field::new(&format!("Firma{number}"), FIRST_PAGE, &rest)
}

/// Octets without pattern, as those of pictures are, the same each time (xorshift64, Marsaglia 2003).
struct Noise(u64);

impl Noise {
    fn take(&mut self, len: usize) -> Vec<u8> {
        let mut octets = Vec::with_capacity(len + 8);
        while octets.len() < len {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            octets.extend(self.0.to_le_bytes());
        }
        octets.truncate(len);
        octets
    }
}
