//! Receiving a document and what is declared about it, as parts of a form or as it is.

use std::path::PathBuf;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{self, HeaderName};
use secrecy::SecretSlice;
use serde::Serialize;
use time::UtcDateTime;
use utoipa::ToSchema;

use crate::domain::fiscal_code::FiscalCode;
use crate::domain::instant::parse_instant;
use crate::http::body::PacedBody;
use crate::http::multipart::{Multipart, MultipartError};
use crate::http::parameters;
use crate::http::refusal::Refusal;
use crate::http::settings::RequestLimits;
use crate::problem::{Kind, Problem};
use crate::procedures::recorded_verification::Submitted;
use crate::procedures::upload::{Received, Upload};

/// Where what is received goes, and how much of it there may be.
#[derive(Clone, Debug)]
pub(super) struct Reception {
    pub(super) limits: RequestLimits,
    pub(super) folder: PathBuf,
}

const FISCAL_CODE: HeaderName = HeaderName::from_static("fiscal-code");
/// Types of a body that is the document itself.
const DOCUMENT_TYPES: [&str; 7] = [
    "application/octet-stream",
    "application/pdf",
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/cms",
];
/// The name of a document that came without one.
const UNNAMED: &str = "documento";
/// The most octets of a field that is no file.
const MAX_FIELD: usize = 256;
/// The most characters of a file's name that are kept.
const MAX_NAME: usize = 255;

/// Which of the two forms a body has.
pub(super) enum Form {
    Parts(parameters::Parameters),
    Document,
}

impl Form {
    /// What the header `Content-Type` says; anything else is refused before the body is read.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let content_type = only(headers, &header::CONTENT_TYPE).and_then(parameters::read);
        let content_type = content_type.ok_or_else(Refusal::unsupported_media_type)?;
        if headers.contains_key(header::CONTENT_ENCODING) {
            return Err(Refusal::unsupported_media_type());
        }
        if content_type.value.eq_ignore_ascii_case("multipart/form-data") {
            return Ok(Self::Parts(content_type));
        }
        if DOCUMENT_TYPES.iter().any(|known| content_type.value.eq_ignore_ascii_case(known)) {
            return Ok(Self::Document);
        }
        Err(Refusal::unsupported_media_type())
    }
}

impl Reception {
    /// Receives all of a request.
    pub(super) async fn receive(&self, form: Form, headers: &HeaderMap, body: Body) -> Result<Submitted, Refusal> {
        let body = PacedBody::new(body, self.limits)?;
        let declared = declared_person(headers)?;
        match form {
            Form::Parts(content_type) => {
                let multipart = Multipart::new(&content_type, body).ok_or_else(|| {
                    Refusal::bad_request(
                        "In Content-Type manca boundary, oppure non è ben formato.",
                        "Content-Type has no boundary, or one that is not well formed.",
                    )
                })?;
                self.parts(declared, multipart).await
            }
            Form::Document => self.document(declared, body).await,
        }
    }

    async fn document(&self, fiscal_code: Option<FiscalCode>, mut body: PacedBody) -> Result<Submitted, Refusal> {
        let mut upload = self.upload();
        while let Some(piece) = body.next().await? {
            upload.write(&piece).await?;
        }
        let document = upload.finish().await?;
        let name = UNNAMED.to_owned();
        Ok(Submitted { document, name, detached: None, expected: None, fiscal_code, at: None, password: None })
    }

    async fn parts(&self, declared: Option<FiscalCode>, mut multipart: Multipart) -> Result<Submitted, Refusal> {
        let mut parts = Parts::default();
        while let Some(head) = multipart.next_part().await? {
            match head.name.as_str() {
                "file" => {
                    once(&mut parts.document, self.file(&mut multipart).await?)?;
                    parts.name = head.file_name.as_deref().map(plain_name).filter(|name| !name.is_empty());
                }
                "detached" => once(&mut parts.detached, self.file(&mut multipart).await?)?,
                "expect" => once(&mut parts.expected, self.file(&mut multipart).await?)?,
                "fiscal_code" => once(&mut parts.fiscal_code, fiscal_code(&text(&mut multipart).await?)?)?,
                "at" => once(&mut parts.at, at(&text(&mut multipart).await?)?)?,
                "password" => once(&mut parts.password, text(&mut multipart).await?.into_bytes().into())?,
                _ => {
                    return Err(Refusal::bad_request(
                        "Un campo non è fra quelli previsti: file, detached, fiscal_code, at, expect, password.",
                        "A field is not one of those that are known: file, detached, fiscal_code, at, expect, password.",
                    ));
                }
            }
        }
        let document = parts.document.ok_or_else(|| {
            Refusal::bad_request(
                "Manca il campo file, con il documento.",
                "The field file, with the document, is missing.",
            )
        })?;
        Ok(Submitted {
            document,
            name: parts.name.unwrap_or_else(|| UNNAMED.to_owned()),
            detached: parts.detached,
            expected: parts.expected,
            fiscal_code: same_person(declared, parts.fiscal_code)?,
            at: parts.at,
            password: parts.password,
        })
    }

    async fn file(&self, multipart: &mut Multipart) -> Result<Received, Refusal> {
        let mut upload = self.upload();
        while let Some(piece) = multipart.next_piece().await? {
            upload.write(&piece).await?;
        }
        Ok(upload.finish().await?)
    }

    fn upload(&self) -> Upload {
        Upload::new(&self.folder, self.limits.body_len)
    }
}

/// The value of a header that must not be there twice.
pub(super) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    value.to_str().ok()
}

/// What a form holds, for the description of the interface: it is read part by part and never stands in memory whole.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerificationForm {
    /// Il documento firmato (.p7m, .p7s, PDF).
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Il documento, se la firma è in un file a parte.
    #[schema(value_type = Option<String>, format = Binary, nullable = false)]
    detached: Option<Vec<u8>>,
    /// Il codice fiscale dichiarato; maiuscole e spazi non contano.
    #[schema(max_length = 256, nullable = false)]
    fiscal_code: Option<String>,
    /// La data a cui verificare (RFC 3339); senza, adesso.
    #[schema(format = DateTime, max_length = 256, nullable = false)]
    at: Option<String>,
    /// Il documento che deve essere stato firmato, byte per byte.
    #[schema(value_type = Option<String>, format = Binary, nullable = false)]
    expect: Option<Vec<u8>>,
    /// La password di un PDF protetto. Non si conserva: con una password il documento è esaminato subito.
    #[schema(max_length = 256, format = Password, nullable = false)]
    password: Option<String>,
}

#[derive(Default)]
struct Parts {
    document: Option<Received>,
    name: Option<String>,
    detached: Option<Received>,
    expected: Option<Received>,
    fiscal_code: Option<FiscalCode>,
    at: Option<UtcDateTime>,
    password: Option<SecretSlice<u8>>,
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Refusal> {
    if place.replace(value).is_some() {
        return Err(Refusal::bad_request("Un campo è presente due volte.", "A field is there twice."));
    }
    Ok(())
}

async fn text(multipart: &mut Multipart) -> Result<String, Refusal> {
    let mut octets = Vec::new();
    while let Some(piece) = multipart.next_piece().await? {
        octets.extend(piece);
        if octets.len() > MAX_FIELD {
            return Err(Refusal::bad_request("Un campo di testo è troppo lungo.", "A field of text is too long."));
        }
    }
    String::from_utf8(octets)
        .map_err(|_| Refusal::bad_request("Un campo di testo non è in UTF-8.", "A field of text is not UTF-8."))
}

fn fiscal_code(text: &str) -> Result<FiscalCode, Refusal> {
    FiscalCode::parse(text)
        .map_err(|error| Problem::told(Kind::InvalidField, |language| error.message(language)).into())
}

/// Who the header `Fiscal-Code` says has signed, if it is there.
fn declared_person(headers: &HeaderMap) -> Result<Option<FiscalCode>, Refusal> {
    if !headers.contains_key(&FISCAL_CODE) {
        return Ok(None);
    }
    fiscal_code(only(headers, &FISCAL_CODE).unwrap_or_default()).map(Some)
}

/// Who is declared by the header or by the form; both may speak, of the same person only.
fn same_person(header: Option<FiscalCode>, field: Option<FiscalCode>) -> Result<Option<FiscalCode>, Refusal> {
    match (&header, &field) {
        (Some(header), Some(field)) if header != field => Err(Problem::bilingual(
            Kind::InvalidField,
            "L'intestazione Fiscal-Code e il campo fiscal_code dichiarano due persone diverse: mandare uno solo dei due.",
            "The header Fiscal-Code and the field fiscal_code declare two different people: send only one of them.",
        )
        .into()),
        _ => Ok(field.or(header)),
    }
}

fn at(text: &str) -> Result<UtcDateTime, Refusal> {
    parse_instant(text)
        .map_err(|error| Problem::told(Kind::InvalidField, |language| error.message(language).to_owned()).into())
}

/// Without the folders that some programs send with it.
fn plain_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(MAX_NAME).collect()
}

impl From<MultipartError> for Refusal {
    fn from(error: MultipartError) -> Self {
        match error {
            MultipartError::Body(error) => error.into(),
            MultipartError::Malformed => Self::bad_request(
                "Il corpo della richiesta non è un multipart/form-data ben formato.",
                "The body of the request is not well-formed multipart/form-data.",
            ),
        }
    }
}
