//! Where results go: standard output, or a file that appears whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::procedures::new_file::NewFile;

/// Where results go.
pub(super) enum Output {
    /// Written as it comes.
    Standard,
    /// Kept until the end.
    File { path: PathBuf, text: String },
}

impl Output {
    /// Standard output, or a file in a folder that must be there.
    pub(super) fn to(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self::Standard) };
        if path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // A link is followed once, here: the file that it points to is replaced, not the link.
        let path = if path.is_symlink() { fs::canonicalize(path)? } else { path.to_owned() };
        if !folder_of(&path).is_dir() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Self::File { path, text: String::new() })
    }

    /// Adds text.
    pub(super) fn write(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Standard => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(text.as_bytes())?;
                stdout.flush()
            }
            Self::File { text: kept, .. } => {
                kept.push_str(text);
                Ok(())
            }
        }
    }

    /// Puts the file in its place, with mode 0600, unless there is nothing to put there.
    pub(super) fn finish(self) -> io::Result<()> {
        let Self::File { path, text } = self else { return Ok(()) };
        if text.is_empty() {
            return Ok(());
        }
        // A device or a pipe is written to; renaming a file over it would destroy it.
        if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return fs::OpenOptions::new().write(true).open(&path)?.write_all(text.as_bytes());
        }
        let folder = folder_of(&path);
        let mut file = NewFile::begin(folder)?;
        file.write_all(text.as_bytes())?;
        file.replace(&path, folder)
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
