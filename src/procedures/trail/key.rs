//! The key that signs checkpoints, and what is kept beside it: `KEY` (PKCS#8, PEM, mode 0600), `KEY.pub` (the public
//! key, to be handed out) and `KEY.checkpoint` (the last checkpoint, which no copy of the store can take back).

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::audit::{KeyName, MAX_NOTE_LEN, NoteKey, NoteSigner};
use crate::crypto::{Ed25519KeyError, Ed25519SigningKey};

/// The most octets of any of the files.
const MAX_FILE_LEN: u64 = 64 * 1024;
/// The most keys in a file of public keys.
const MAX_KEYS: usize = 1000;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// There is a file, and what is in it is no key.
    #[error("{path} holds no usable key")]
    NotAKey {
        /// Which.
        path: String,
    },
    /// A key could not be made.
    #[error(transparent)]
    Ed25519(#[from] Ed25519KeyError),
}

/// The key that signs checkpoints.
#[derive(Debug)]
pub struct TrailKey {
    signer: NoteSigner,
    checkpoint: PathBuf,
}

impl TrailKey {
    /// Reads the key, or makes one where there is none; writes the public key beside it. `name` is the origin of the
    /// checkpoints, the same for as long as the trail lives.
    pub fn open_or_create(path: &Path, name: KeyName) -> Result<Self, KeyFileError> {
        let key = match read(path) {
            Ok(pem) => Ed25519SigningKey::from_pem(&pem).map_err(|_| not_a_key(path))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path)?,
            Err(error) => return Err(file_error(path, error)),
        };
        let signer = NoteSigner::new(name, key);
        let public = beside(path, "pub");
        let text = format!("{}\n", signer.public());
        if read(&public).ok().as_ref() != Some(&text) {
            replace(&public, &text)?;
        }
        Ok(Self { signer, checkpoint: beside(path, "checkpoint") })
    }

    /// The public key.
    pub fn public(&self) -> NoteKey {
        self.signer.public()
    }

    pub(super) const fn signer(&self) -> &NoteSigner {
        &self.signer
    }

    /// The last checkpoint that this key signed here.
    pub(super) fn last_checkpoint(&self) -> Result<Option<String>, KeyFileError> {
        match read(&self.checkpoint) {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file_error(&self.checkpoint, error)),
        }
    }

    pub(super) fn keep_checkpoint(&self, note: &str) -> Result<(), KeyFileError> {
        replace(&self.checkpoint, note)
    }
}

/// Reads public keys, one a line; empty lines and those that begin with `#` are left aside.
pub fn read_public_keys(path: &Path) -> Result<Vec<NoteKey>, KeyFileError> {
    let text = read(path).map_err(|error| file_error(path, error))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys: Result<Vec<NoteKey>, _> = lines.take(MAX_KEYS).map(str::parse).collect();
    keys.ok().filter(|keys| !keys.is_empty()).ok_or_else(|| not_a_key(path))
}

/// Reads a checkpoint that was kept outside of the store.
pub fn read_checkpoint(path: &Path) -> Result<String, KeyFileError> {
    read(path).map_err(|error| file_error(path, error)).and_then(|note| {
        let short = note.len() <= MAX_NOTE_LEN;
        if short { Ok(note) } else { Err(file_error(path, io::ErrorKind::FileTooLarge.into())) }
    })
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(MAX_FILE_LEN + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// Two instances that start at once must not make two keys: the file appears whole, and once.
fn create(path: &Path) -> Result<Ed25519SigningKey, KeyFileError> {
    let pem = Ed25519SigningKey::generate()?.to_pem()?;
    let fault = |error| file_error(path, error);
    let mut file = NamedTempFile::new_in(folder_of(path)).map_err(fault)?;
    file.write_all(pem.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(fault)?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(fault(error.error)),
    }
    let kept = read(path).map_err(fault)?;
    Ed25519SigningKey::from_pem(&kept).map_err(|_| not_a_key(path))
}

/// Writes a file whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), KeyFileError> {
    let written = || -> io::Result<()> {
        let mut file = NamedTempFile::new_in(folder_of(path))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    written().map_err(|error| file_error(path, error))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn file_error(path: &Path, error: io::Error) -> KeyFileError {
    KeyFileError::File { path: path.display().to_string(), error }
}

fn not_a_key(path: &Path) -> KeyFileError {
    KeyFileError::NotAKey { path: path.display().to_string() }
}
