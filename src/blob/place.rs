//! The two kinds of place, and what each needs to be known.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Prefix;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use secrecy::{ExposeSecret, SecretString};
use time::UtcDateTime;

use crate::blob::BlobError;

/// Until S3 takes a connection, and until it has answered.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(30);
/// Asking S3 again, after faults that may pass.
const RETRIES: usize = 3;
const RETRYING: Duration = Duration::from_secs(20);

/// Where documents are kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BlobPlace {
    /// A folder that nobody else writes to; several instances share it over a network file system.
    Folder(PathBuf),
    /// A bucket.
    S3(S3),
}

/// A bucket of S3, or of a server that speaks like it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct S3 {
    /// The bucket.
    pub bucket: String,
    /// What the names of documents begin with, without `/` at the end; may be empty.
    pub prefix: String,
    /// The server, `https://…`; `http://` only on this machine.
    pub endpoint: String,
    /// The region, which is part of what is signed.
    pub region: String,
    /// Who asks.
    pub key: S3Key,
}

/// An access key.
#[derive(Clone)]
pub struct S3Key {
    /// Its identifier.
    pub id: String,
    /// The secret.
    pub secret: SecretString,
}

impl fmt::Debug for S3Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Key(…)")
    }
}

impl Eq for S3Key {}

impl PartialEq for S3Key {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.secret.expose_secret() == other.secret.expose_secret()
    }
}

impl S3 {
    /// Whether an address may be asked: over TLS, or on this machine.
    pub fn is_protected(endpoint: &str) -> bool {
        let host = |rest: &str| rest.split(['/', ':']).next().map(str::to_owned);
        match endpoint.split_once("://") {
            Some(("https", rest)) => host(rest).is_some_and(|host| !host.is_empty()),
            Some(("http", rest)) => host(rest).is_some_and(|host| ["localhost", "127.0.0.1"].contains(&host.as_str())),
            _ => false,
        }
    }
}

impl BlobPlace {
    /// What is written of a document at once, in octets; S3 takes no less as a part.
    pub(super) const fn part_len(&self) -> usize {
        match self {
            Self::Folder(_) => 256 * 1024,
            Self::S3(_) => 5 * 1024 * 1024,
        }
    }

    /// What the names of documents begin with.
    pub(super) fn prefix(&self) -> Option<Prefix> {
        match self {
            Self::S3(s3) if !s3.prefix.is_empty() => Some(Prefix::from(s3.prefix.as_str())),
            Self::S3(_) | Self::Folder(_) => None,
        }
    }

    pub(super) fn open(&self) -> Result<Arc<dyn ObjectStore>, BlobError> {
        match self {
            Self::Folder(folder) => {
                fs::create_dir_all(folder)?;
                Ok(Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true)))
            }
            Self::S3(s3) => Ok(Arc::new(
                AmazonS3Builder::new()
                    .with_bucket_name(&s3.bucket)
                    .with_endpoint(&s3.endpoint)
                    .with_region(&s3.region)
                    .with_access_key_id(&s3.key.id)
                    .with_secret_access_key(s3.key.secret.expose_secret())
                    .with_client_options(client(&s3.endpoint))
                    .with_retry(RetryConfig {
                        backoff: BackoffConfig::default(),
                        max_retries: RETRIES,
                        retry_timeout: RETRYING,
                    })
                    .build()?,
            )),
        }
    }

    /// In a folder, what is being written stands under its name with `#` and a number behind it.
    pub(super) fn sweep(&self, before: UtcDateTime) -> io::Result<()> {
        let Self::Folder(folder) = self else { return Ok(()) };
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if is_unfinished(Path::new(&entry.file_name())) && UtcDateTime::from(entry.metadata()?.modified()?) < before
            {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

fn client(endpoint: &str) -> ClientOptions {
    let plain = endpoint.starts_with("http://") && S3::is_protected(endpoint);
    ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(ANSWER).with_allow_http(plain)
}

fn is_unfinished(name: &Path) -> bool {
    let number = name.to_str().and_then(|name| name.rsplit_once('#')).map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit()))
}
