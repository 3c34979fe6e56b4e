//! Where documents are kept, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::blob::{BlobPlace, S3, S3Key};
use crate::config::reader::Reader;
use crate::config::{Environment, credential, read, values};

/// What `documents.place` says.
enum Place {
    Folder(PathBuf),
    Bucket { bucket: String, prefix: String },
}

/// A folder, or a bucket with all that it takes to ask for it.
pub(super) fn place(reader: &mut Reader<'_>, environment: &Environment) -> Option<BlobPlace> {
    let place = reader.get("documents", "place", |value| named(values::line(value)?.as_str()));
    let endpoint = reader.get("documents", "s3_endpoint", |value| endpoint(values::line(value)?));
    let region = reader.get("documents", "s3_region", values::line);
    let key_id = reader.get("documents", "s3_key_id", values::line);
    let in_file = reader.get("documents", "s3_secret_file", |value| read(&values::path(value)?));
    let in_credential = reader.get("documents", "s3_secret_credential", |value| read(&credential(value, environment)?));
    let secret = in_file.or(in_credential);
    match (place, endpoint, region, key_id, secret) {
        (None, None, None, None, None) => None,
        (Some(Place::Folder(folder)), None, None, None, None) => Some(BlobPlace::Folder(folder)),
        (Some(Place::Bucket { bucket, prefix }), Some(endpoint), Some(region), Some(id), Some(secret)) => {
            let key = S3Key { id, secret: SecretString::from(secret.trim_end()) };
            Some(BlobPlace::S3(S3 { bucket, prefix, endpoint, region, key }))
        }
        _ => {
            reader.fault_unless_faulty(
                "documents",
                "serve place = \"file:/var/lib/varco/documents\" e nient'altro, oppure place = \"s3://contenitore\" con \
                 s3_endpoint, s3_region, s3_key_id e s3_secret_file o s3_secret_credential",
            );
            None
        }
    }
}

/// How long documents are kept beyond the answer; it takes a place to keep them in.
pub(super) fn retention(reader: &mut Reader<'_>, place: Option<&BlobPlace>) -> Option<Duration> {
    let days = reader.get("retention", "document_days", values::days);
    if days.is_some() && place.is_none() {
        reader.fault_unless_faulty(
            "documents",
            "retention.document_days chiede di conservare i documenti: serve un posto, documents.place",
        );
    }
    days
}

fn named(text: &str) -> Result<Place, String> {
    let wrong =
        "serve una cartella, \"file:/var/lib/varco/documents\", o un contenitore S3, \"s3://contenitore/prefisso\"";
    if let Some(folder) = text.strip_prefix("file:").filter(|folder| folder.starts_with('/')) {
        return Ok(Place::Folder(PathBuf::from(folder)));
    }
    let (bucket, prefix) = match text.strip_prefix("s3://") {
        Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
        None => return Err(wrong.to_owned()),
    };
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._/".contains(&octet);
    if bucket.is_empty() || !bucket.bytes().chain(prefix.bytes()).all(plain) {
        return Err(wrong.to_owned());
    }
    Ok(Place::Bucket { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
}

fn endpoint(text: String) -> Result<String, String> {
    if S3::is_protected(&text) {
        Ok(text)
    } else {
        Err("serve un indirizzo https (http solo su questa macchina): per esempio \"https://s3.esempio.it\"".to_owned())
    }
}
