//! What a person submits: a document, perhaps the content that it signs, perhaps a codice fiscale.

use std::path::Path;

use axum::http::HeaderMap;
use secrecy::SecretSlice;

use crate::domain::fiscal_code::{FiscalCode, InvalidFiscalCode};
use crate::domain::language::Language;
use crate::http::{Multipart, PartHead};
use crate::problem::{Problem, octets};
use crate::procedures::upload::{Received, Upload, UploadError};
use crate::procedures::verification::{FileFault, VerificationError};
use crate::web::pages::Refusal;
use crate::web::provenance;

/// Octets of a field that is typed.
const TYPED: usize = 256;
/// Characters of a file's name that are kept.
const NAME: usize = 255;

/// A form as it was submitted.
#[derive(Default)]
pub(super) struct Form {
    pub(super) document: Option<Document>,
    pub(super) detached: Option<Document>,
    pub(super) password: Option<SecretSlice<u8>>,
    fiscal_code: String,
}

/// A file that was chosen.
pub(super) struct Document {
    pub(super) name: String,
    pub(super) octets: Received,
}

/// What is put back into a form that must be corrected; browsers never put a file back.
#[derive(Default)]
pub(super) struct Filled {
    pub(super) fiscal_code: String,
}

/// What must be corrected.
#[derive(Default)]
pub(super) struct Faults {
    pub(super) document: Option<&'static str>,
    pub(super) fiscal_code: Option<String>,
}

impl Form {
    pub(super) fn filled(&self) -> Filled {
        Filled { fiscal_code: self.fiscal_code.clone() }
    }

    pub(super) fn faults(&self, language: Language) -> Faults {
        let code = match FiscalCode::parse(&self.fiscal_code) {
            Ok(_) | Err(InvalidFiscalCode::Empty) => None,
            Err(invalid) => Some(invalid.message(language)),
        };
        let document = self.document.is_none().then(|| missing(language));
        Faults { document, fiscal_code: code }
    }
}

/// That no document was chosen.
pub(super) fn missing(language: Language) -> &'static str {
    language
        .choose("Manca il documento da verificare: sceglierlo.", "The document to be verified is missing: choose it.")
}

impl Faults {
    pub(super) fn none(&self) -> bool {
        self.document.is_none() && self.fiscal_code.is_none()
    }
}

/// Reads a form. Its token comes first, so that nothing of a foreign form is stored.
pub(super) async fn read(
    mut parts: Multipart,
    headers: &HeaderMap,
    folder: &Path,
    limit: u64,
) -> Result<Form, Refusal> {
    let mut form = Form::default();
    let mut genuine = false;
    while let Some(head) = parts.next_part().await.map_err(Refusal::of_multipart)? {
        let name = head.name.as_str();
        if !genuine {
            genuine = name == "token" && provenance::token_agrees(headers, &typed(&mut parts).await?);
            if genuine {
                continue;
            }
            return Err(Refusal::foreign());
        }
        match name {
            "fiscal_code" if form.fiscal_code.is_empty() => form.fiscal_code = typed(&mut parts).await?,
            "password" if form.password.is_none() => form.password = password(typed(&mut parts).await?),
            "file" if form.document.is_none() => form.document = document(&mut parts, &head, folder, limit).await?,
            "detached" if form.detached.is_none() => form.detached = document(&mut parts, &head, folder, limit).await?,
            _ => return Err(Refusal::not_a_form()),
        }
    }
    if genuine { Ok(form) } else { Err(Refusal::foreign()) }
}

async fn typed(parts: &mut Multipart) -> Result<String, Refusal> {
    let mut octets = Vec::new();
    while let Some(piece) = parts.next_piece().await.map_err(Refusal::of_multipart)? {
        octets.extend_from_slice(&piece);
        if octets.len() > TYPED {
            return Err(Refusal::not_a_form());
        }
    }
    String::from_utf8(octets).map_err(|_| Refusal::not_a_form())
}

/// A password; an empty field is none.
fn password(typed: String) -> Option<SecretSlice<u8>> {
    Some(typed).filter(|typed| !typed.is_empty()).map(|typed| typed.into_bytes().into())
}

/// A file; `None` where none was chosen, which browsers send as an empty one without a name.
async fn document(
    parts: &mut Multipart,
    head: &PartHead,
    folder: &Path,
    limit: u64,
) -> Result<Option<Document>, Refusal> {
    let name: String = head.file_name.as_deref().unwrap_or_default().chars().take(NAME).collect();
    let mut upload = Upload::new(folder, limit);
    let mut empty = true;
    while let Some(piece) = parts.next_piece().await.map_err(Refusal::of_multipart)? {
        empty &= piece.is_empty();
        upload.write(&piece).await.map_err(|error| not_received(&error, &name))?;
    }
    let octets = upload.finish().await.map_err(|error| not_received(&error, &name))?;
    Ok(if empty && name.is_empty() { None } else { Some(Document { name, octets }) })
}

fn not_received(error: &UploadError, name: &str) -> Refusal {
    match error {
        UploadError::TooLarge(limit) => {
            let error = VerificationError::Document(FileFault::TooLarge(*limit));
            Problem::of_verification(&error, name).into()
        }
        UploadError::Storage(_) => Refusal::unavailable(),
    }
}

/// A size as people say it; the exact one in octets where it is no round number.
pub(super) fn size(count: u64, language: Language) -> String {
    [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")]
        .into_iter()
        .find(|(unit, _)| count >= *unit && count.is_multiple_of(*unit))
        .map_or_else(|| octets(count, language), |(unit, word)| format!("{} {word}", count / unit))
}
