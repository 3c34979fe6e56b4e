//! PAdES (EN 319 142-1): signatures in PDF by incremental update, levels B and T. No octet of the file before is touched.
//!
//! [`prepare`] lays out the whole update with a hole for the signature, [`Prepared::assemble`] takes the value,
//! [`Signed::write`](crate::sign::Signed::write) fills the hole. A file that would have to be mended or decrypted first is refused.

mod archive;
mod field;
mod hole;
mod look;
mod page;
mod seed;
mod structure;
mod typeface;
mod update;
mod write;

use std::io;

use crate::asn1::Source;
use crate::pdf::{CryptError, Dictionary, Document, Limits, Object, PdfError, Reference};
use crate::sign::pades::field::Field;
use crate::sign::pades::update::Update;
use crate::sign::pades::write::{entries, name, of, reference, with};
use crate::sign::prepared::{self, Prepared};
use crate::sign::signed_data::{DATA, SignedData};
use crate::sign::signer::Signer;
use crate::sign::signer_info::{ClaimedTime, Draft, ToSign};
use crate::verify::Restrictions;

pub use crate::sign::pades::archive::{PreparedTimestamp, WithValidationData, add_validation_data, prepare_timestamp};
pub(super) use crate::sign::pades::hole::Holed;
pub use crate::sign::pades::seed::Demand;
pub use crate::sign::signed_data::WriteError;
pub use crate::sign::signer_info::{OtherValue, ValueInvalid};

/// How a PDF is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Where the signature goes.
    pub place: Place<'a>,
    /// What the signature allows others to change; `None` approves and does not certify.
    pub certification: Option<Certification>,
    /// Why it is signed, in the signer's words.
    pub reason: Option<&'a str>,
    /// Where it is signed, in the signer's words.
    pub location: Option<&'a str>,
    /// Whether there must be room for a timestamp.
    pub level: Level,
}

impl Options<'_> {
    /// An invisible signature of level B that approves.
    pub const INVISIBLE: Self =
        Self { place: Place::Invisible, certification: None, reason: None, location: None, level: Level::B };
}

/// The field of a signature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place<'a> {
    /// A new field that nobody sees.
    Invisible,
    /// A new field with a look.
    Visible {
        /// The page, counted from 1.
        page: usize,
        /// Left, bottom, right, top, in points from the lower left corner of the page as it is shown, turned and cropped.
        corners: [f64; 4],
    },
    /// An empty field of the form, by its full name; it has a look if it has an area.
    Field(&'a str),
}

/// What a certification allows others to change (ISO 32000-2 table 257).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Certification {
    /// Nothing.
    NoChanges,
    /// To fill fields and to sign.
    Filling,
    /// The same, and to annotate.
    Annotating,
}

impl Certification {
    /// `P` of the transform parameters.
    const fn number(self) -> i64 {
        match self {
            Self::NoChanges => 1,
            Self::Filling => 2,
            Self::Annotating => 3,
        }
    }
}

/// Whether a timestamp will be added.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Level {
    /// None: level B.
    B,
    /// One: level T.
    T,
}

/// Why a PDF cannot be signed so. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PadesError {
    /// It cannot be read, or not within the limits.
    #[error("the PDF cannot be read: {0}")]
    Unreadable(#[from] PdfError),
    /// Reading failed.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
    /// It is encrypted: what is added would have to be, too.
    #[error("the PDF is encrypted; such files are not signed")]
    Encrypted,
    /// It can only be read by mending it, or can be read in two ways: everybody would have to mend it alike.
    #[error("the PDF is damaged; it must be mended before it is signed")]
    Damaged,
    /// An earlier signature forbids it: a certification without changes, or a lock.
    #[error("an earlier signature forbids to sign here")]
    Forbidden,
    /// Only the first signature may certify (ISO 32000-2 §12.8.2.2).
    #[error("the PDF is signed already, and can no longer be certified")]
    CertifiedTooLate,
    /// There is no such field for signatures.
    #[error("there is no signature field {0:?}")]
    NoSuchField(String),
    /// The field has its signature.
    #[error("the signature field {0:?} is signed already")]
    FieldSigned(String),
    /// The field stands where it cannot be changed by itself, or on several places.
    #[error("the signature field {0:?} is made in a way that is not supported")]
    FieldUnusable(String),
    /// There is no such page.
    #[error("there is no page {asked}: there are {of}")]
    NoSuchPage {
        /// Counted from 1.
        asked: usize,
        /// How many there are.
        of: usize,
    },
    /// The box of a visible signature is not on the page, or is none.
    #[error("the box of the signature is not on the page")]
    Corners,
    /// The author of the form demands something else of whoever signs this field.
    #[error("the form demands something else of whoever signs here: {0:?}")]
    Demand(Demand),
}

/// Lays out the signature and says what the key has to sign.
pub fn prepare<'a>(
    source: &'a dyn Source,
    signer: &'a Signer,
    options: &Options<'_>,
) -> Result<Prepared<'a>, PadesError> {
    let document = open(source)?;
    check_state(&document)?;
    let mut update = Update::new(&document);
    let field = Field::find(options.place, &document, &mut update)?;
    let restrictions = Restrictions::of(&document)?;
    check_permission(&restrictions, &document, &field, signer, options)?;
    let signature = update.number()?;
    let catalog = field::catalog(&document)?;
    if !restrictions.is_signed() {
        // Later, those who verify the signatures before would see the structure change.
        field.tag(catalog, &mut update)?;
    }
    if options.certification.is_some() {
        let entries = field::dictionary(&update.get(catalog)?, catalog)?;
        let permissions = document.last().get(&entries, b"Perms")?;
        let permissions = permissions.as_dictionary().cloned().unwrap_or_default();
        let permissions = with(&permissions, "DocMDP", reference(signature));
        update.put(catalog, of(with(&entries, "Perms", of(permissions))));
    }
    let transforms = transforms(&document, &field, catalog, options)?;
    // What had to be mended shows only when it is read.
    check_state(&document)?;
    let said = look::lines(signer, options.reason);
    field.fill(signature, &said.join(", "), &said, &mut update)?;
    let dictionary = signature_dictionary(signer, transforms, options);
    let room = room(signer, options.level);
    let holed = Holed::new(source, update, (signature, &dictionary), room, signer.digest())?;
    let what = ToSign { digest: holed.digest(), content_type: Some(DATA), time: ClaimedTime::Elsewhere };
    Ok(Prepared {
        draft: Draft::new(what, signer),
        envelope: SignedData::new(None),
        place: prepared::Place::Pdf(holed),
    })
}

fn open(source: &dyn Source) -> Result<Document<'_>, PadesError> {
    if source.len() > update::MAX_LEN {
        return Err(update::too_large().into());
    }
    Document::open(source, None, &|| false, Limits::STANDARD).map_err(|error| match error {
        PdfError::Encrypted(CryptError::NoPassword | CryptError::OtherPassword | CryptError::Unknown) => {
            PadesError::Encrypted
        }
        error => error.into(),
    })
}

/// Refuses what everybody would have to read alike and might not.
fn check_state(document: &Document<'_>) -> Result<(), PadesError> {
    if document.is_encrypted() {
        return Err(PadesError::Encrypted);
    }
    let revisions = document.revisions();
    let is_sound = document.repairs().is_empty()
        && document.header() == 0
        && revisions.iter().all(|revision| !revision.ambiguous)
        && revisions.last().is_some_and(|last| last.end.is_some());
    if is_sound { Ok(()) } else { Err(PadesError::Damaged) }
}

/// Holds what is to be done against what earlier signatures and the form allow.
fn check_permission(
    restrictions: &Restrictions,
    document: &Document<'_>,
    field: &Field,
    signer: &Signer,
    options: &Options<'_>,
) -> Result<(), PadesError> {
    if restrictions.forbid(&field.name, field.is_visible()) {
        return Err(PadesError::Forbidden);
    }
    if options.certification.is_some() && restrictions.is_signed() {
        return Err(PadesError::CertifiedTooLate);
    }
    let unmet = seed::unmet(&field.dictionary, signer.digest(), options, document.last())?;
    unmet.map_or(Ok(()), |demand| Err(PadesError::Demand(demand)))
}

/// `Reference`: what this signature allows, and which fields it closes because its field says so.
fn transforms(
    document: &Document<'_>,
    field: &Field,
    catalog: Reference,
    options: &Options<'_>,
) -> Result<Vec<Object>, PadesError> {
    let transform = |method: &str, parameters| {
        entries([
            ("Type", name("SigRef")),
            ("TransformMethod", name(method)),
            ("TransformParams", of(with(&parameters, "Type", name("TransformParams")))),
        ])
    };
    let mut transforms = Vec::new();
    if let Some(certification) = options.certification {
        let parameters = entries([("P", Object::Integer(certification.number())), ("V", name("1.2"))]);
        transforms.push(of(transform("DocMDP", parameters)));
    }
    let view = document.last();
    if let Some(lock) = view.get(&field.dictionary, b"Lock")?.as_dictionary() {
        let mut parameters = entries([("V", name("1.2")), ("Action", view.get(lock, b"Action")?)]);
        let fields = view.get(lock, b"Fields")?;
        if !fields.is_null() {
            parameters = with(&parameters, "Fields", fields);
        }
        transforms.push(of(with(&transform("FieldMDP", parameters), "Data", reference(catalog))));
    }
    Ok(transforms)
}

/// The signature dictionary (ISO 32000-2 §12.8.1) without what is filled in later.
fn signature_dictionary(signer: &Signer, transforms: Vec<Object>, options: &Options<'_>) -> Dictionary {
    let mut dictionary = entries([
        ("Type", name("Sig")),
        ("Filter", name("Adobe.PPKLite")),
        ("SubFilter", name("ETSI.CAdES.detached")),
        ("M", write::date(signer.at())),
    ]);
    let names = look::name_of(signer.certificate());
    let texts = [("Name", names.as_deref()), ("Reason", options.reason), ("Location", options.location)];
    for (entry, value) in texts {
        if let Some(value) = value {
            dictionary = with(&dictionary, entry, write::text(value));
        }
    }
    if transforms.is_empty() {
        return dictionary;
    }
    with(&dictionary, "Reference", Object::Array(transforms.into()))
}

/// Room for a timestamp, with the certificates of its authority: those in use have up to 8 KiB.
const TIMESTAMP_LEN: usize = 16 * 1024;

/// Octets that the signature may have: what is known of it, and some to spare.
fn room(signer: &Signer, level: Level) -> usize {
    /// Signed attributes, names of algorithms, a value of RSA with 8,192 bits, headers.
    const OTHERS: usize = 4 * 1024;
    let certificates: usize = signer.certificates().iter().map(Vec::len).sum();
    // Issuer and serial number stand in it twice.
    let names = 2 * signer.issuer_and_serial().len();
    certificates + names + OTHERS + if level == Level::T { TIMESTAMP_LEN } else { 0 }
}
