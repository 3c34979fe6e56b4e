//! Signs in every form that `sign` has, into a folder: `cargo run --example sign -- FOLDER`. What others say of the files,
//! `tools/sign-peers/compare.py` asks.

#![expect(clippy::unwrap_used, reason = "a tool of ours, on our own files")]

#[expect(dead_code, reason = "only identities are used")]
#[path = "../../tests/support/forge/mod.rs"]
mod forge;

use std::fs;
use std::path::Path;

use time::macros::utc_datetime;
use varco::crypto::{DigestAlgorithm, SignatureScheme};
use varco::sign::cades::{self, Subject};
use varco::sign::pades::{self, Certification, Options, Place};
use varco::sign::signer::{Algorithms, RsaPadding, Signer};

use forge::identity::{Identity, Md, Scheme};

const CONTENT: &[u8] = b"Patto di servizio personalizzato";

/// A key of the frozen PKI, and how it signs.
struct Hand(Identity, Signer);

impl Hand {
    fn new(leaf: &str, padding: RsaPadding) -> Self {
        let identity = Identity::leaf(leaf);
        let algorithms = Algorithms { padding, ..Algorithms::USUAL };
        let signer = Signer::new(&identity.certificate, &[], algorithms, utc_datetime!(2026-01-31 9:00)).unwrap();
        Self(identity, signer)
    }

    fn sign(&self, attributes: &[u8]) -> Vec<u8> {
        let md = match self.1.scheme().digest() {
            Some(DigestAlgorithm::Sha384) => Md::Sha384,
            Some(DigestAlgorithm::Sha512) => Md::Sha512,
            _ => Md::Sha256,
        };
        let scheme = match self.1.scheme() {
            SignatureScheme::RsaPkcs1(_) => Scheme::Pkcs1,
            SignatureScheme::RsaPss { salt_len, .. } => Scheme::Pss { mgf: md, salt: u8::try_from(salt_len).unwrap() },
            _ => Scheme::Ecdsa,
        };
        self.0.sign(scheme, md, attributes)
    }

    fn cades(&self, subject: Subject<'_>) -> Vec<u8> {
        let prepared = cades::prepare(subject, &self.1).unwrap();
        let value = self.sign(prepared.signed_attributes());
        let mut file = Vec::new();
        prepared.assemble(&value).unwrap().write(&mut file).unwrap();
        file
    }

    fn pades(&self, source: &[u8], options: &Options<'_>) -> Vec<u8> {
        let prepared = pades::prepare(&source, &self.1, options).unwrap();
        let value = self.sign(prepared.signed_attributes());
        let mut file = Vec::new();
        prepared.assemble(&value).unwrap().write(&mut file).unwrap();
        file
    }
}

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let folder = Path::new(&folder);
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("content"), CONTENT).unwrap();
    let write = |name: &str, octets: &[u8]| fs::write(folder.join(name), octets).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pdf");
    let fixture = |name: &str, file: &str| fs::read(fixtures.join(name).join(file)).unwrap();
    let document = fixture("good-as-generated", "expected.pdf");
    let look = Place::Visible { page: 1, corners: [300.0, 50.0, 550.0, 110.0] };
    let visible = Options { place: look, reason: Some("Accettazione del patto"), ..Options::INVISIBLE };
    let certifying = Options { certification: Some(Certification::Filling), ..visible };
    for (name, leaf, padding) in [
        ("rsa", "cns-good", RsaPadding::Pkcs1),
        ("pss", "qualified-good", RsaPadding::Pss),
        ("p256", "qualified-p256", RsaPadding::Pkcs1),
        ("p384", "cns-p384", RsaPadding::Pkcs1),
        ("p521", "cns-p521", RsaPadding::Pkcs1),
        ("brainpool", "cns-brainpool", RsaPadding::Pkcs1),
    ] {
        let hand = Hand::new(leaf, padding);
        write(&format!("attached-{name}.p7m"), &hand.cades(Subject::Attached(&CONTENT)));
        write(&format!("detached-{name}.p7s"), &hand.cades(Subject::Detached(&CONTENT)));
        write(&format!("invisible-{name}.pdf"), &hand.pades(&document, &Options::INVISIBLE));
    }
    let (first, second) = (Hand::new("cns-good", RsaPadding::Pkcs1), Hand::new("qualified-p256", RsaPadding::Pkcs1));
    let attached = first.cades(Subject::Attached(&CONTENT));
    let both = second.cades(Subject::Parallel { file: &attached.as_slice(), content: None });
    write("parallel.p7m", &both);
    let subject = Subject::Countersignature { file: &both.as_slice(), signature: 1 };
    write("countersigned.p7m", &second.cades(subject));
    let certified = first.pades(&document, &certifying);
    write("certified-visible.pdf", &certified);
    write("certified-and-approved.pdf", &second.pades(&certified, &Options::INVISIBLE));
    for base in
        ["good-xref-stream", "good-object-streams", "good-hybrid", "good-linearised-order", "good-signature-timestamp"]
    {
        write(&format!("second-on-{base}.pdf"), &second.pades(&fixture(base, "input.pdf"), &visible));
    }
}
