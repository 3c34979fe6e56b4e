//! What the signatures and fields of a PDF leave to whoever signs it next: the judgement of the verifier, made beforehand.

use std::rc::Rc;

use crate::pdf::{Dictionary, Document, PdfError, View};
use crate::verify::pades::changes::{Change, Kind};
use crate::verify::pades::form;
use crate::verify::pades::permissions::Permissions;
use crate::verify::pades::signature::{self, Encoding};
use crate::verify::report::Modifications;

/// A field of a form.
#[derive(Clone, Debug)]
pub struct FormField {
    /// The names from the root down, with full stops between.
    pub name: Vec<u8>,
    /// Its object; `None` where it stands inside another.
    pub number: Option<u32>,
    /// Its own entries.
    pub dictionary: Rc<Dictionary>,
    /// Whether a signature belongs into it.
    pub is_signature: bool,
}

/// Every field of the form, parents before their kids; widgets below a field count as fields of its name.
pub fn form_fields(view: View<'_>) -> Result<Vec<FormField>, PdfError> {
    let fields = form::fields(view)?.into_iter().map(|field| FormField {
        is_signature: field.is_signature(),
        name: field.name,
        number: field.number,
        dictionary: field.dictionary,
    });
    Ok(fields.collect())
}

/// What the signatures of a PDF allow. Whether they hold is not looked at.
pub struct Restrictions {
    signatures: usize,
    permissions: Vec<Permissions>,
}

impl Restrictions {
    /// Reads what each signature says of later changes.
    pub fn of(document: &Document<'_>) -> Result<Self, PdfError> {
        let found = signature::find(document)?;
        let signatures = found.signatures.iter().filter(|found| found.encoding != Encoding::DocumentTimestamp).count();
        let permissions = found.signatures.iter().map(|found| Permissions::of(found, document.last()));
        Ok(Self { signatures, permissions: permissions.collect::<Result<_, _>>()? })
    }

    /// Whether somebody signed already; timestamps on the document do not count.
    pub const fn is_signed(&self) -> bool {
        self.signatures > 0
    }

    /// Whether an earlier signature forbids to sign in a field of this name, with or without a look.
    pub fn forbid(&self, field: &[u8], visible: bool) -> bool {
        let kinds = if visible { [Kind::Signature, Kind::VisibleSignature] } else { [Kind::Signature; 2] };
        let changes = kinds.map(|kind| Change { kind, page: None, object: None, field: Some(field.to_vec()) });
        let mut judged = self.permissions.iter().flat_map(|allowed| changes.iter().map(|change| allowed.judge(change)));
        judged.any(|judged| judged == Modifications::Forbidden)
    }
}

/// A text of the file for people (ISO 32000-2 §7.9.2.2).
pub fn pdf_text(octets: &[u8]) -> String {
    form::text(octets)
}
