//! Writing the innermost content to a folder, under a name of our own, never over anything.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::crypto::{DigestAlgorithm, Hasher};
use crate::procedures::new_file::NewFile;
use crate::procedures::verification::{FileFault, VerificationError};
use crate::verify::ContentFacts;

/// So many hexadecimal digits of the digest are in the name.
const DIGITS: usize = 16;

/// So much of the content is looked at to tell what it is.
const HEAD: usize = 4096;

/// What is written out.
pub(super) enum Extract<'a> {
    /// The content that was verified: `contenuto-<first digits of its SHA-256>.<what it is>`.
    Content(&'a ContentFacts),
    /// A revision of it: `revisione-<number>-<first digits of its SHA-256>.pdf`.
    Revision(NonZeroUsize),
}

/// Lets `write` write the content, and gives it a name.
///
/// The file appears whole or not at all, with mode 0600, and only if it is the content that was verified: the
/// document may have changed since. When the very same content is there already, that is fine. A `folder` that is not
/// there is made when all is written, in a folder that is.
pub(super) fn extract(
    folder: &Path,
    what: &Extract<'_>,
    write: impl FnOnce(&mut dyn Write) -> Result<(), VerificationError>,
) -> Result<PathBuf, VerificationError> {
    let failed = |source| VerificationError::Extraction { folder: folder.to_owned(), source };
    let file = NewFile::begin(place_for(folder).map_err(failed)?).map_err(failed)?;
    let hasher = Hasher::new(DigestAlgorithm::Sha256);
    let mut content = Content { file: io::BufWriter::new(file), hasher, size: 0, head: Vec::new(), failure: None };
    let written = write(&mut content);
    if let Some(error) = content.failure {
        return Err(failed(error));
    }
    written?;
    let file = content.file.into_inner().map_err(|error| failed(error.into_error()))?;
    let digest = content.hasher.finish().to_hex();
    let digits: String = digest.chars().take(DIGITS).collect();
    let name = match what {
        Extract::Content(verified) if digest != verified.sha256 || content.size != verified.size => {
            return Err(VerificationError::Document(FileFault::Changed));
        }
        Extract::Content(_) => format!("contenuto-{digits}.{}", extension(&content.head)),
        Extract::Revision(number) => format!("revisione-{number}-{digits}.pdf"),
    };
    let path = folder.join(name);
    let made = make_folder(folder).map_err(failed)?;
    let Err((error, file)) = file.appear(&path) else { return Ok(path) };
    if made {
        // Only an empty folder can be removed this way; if it is not, somebody else has begun to use it.
        let _not_ours_any_more = fs::remove_dir(folder);
    }
    if error.kind() != io::ErrorKind::AlreadyExists {
        return Err(failed(error));
    }
    let same = same_content(file, &path).map_err(failed)?;
    if same { Ok(path) } else { Err(VerificationError::Occupied(path)) }
}

/// Where the file is written: the folder, or the one above it, of the same file system, if it is still to be made.
fn place_for(folder: &Path) -> io::Result<&Path> {
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => Ok(folder),
        Ok(_) => Err(io::ErrorKind::NotADirectory.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match folder.parent() {
            Some(above) if above != Path::new("") => Ok(above),
            _ => Ok(Path::new(".")),
        },
        Err(error) => Err(error),
    }
}

/// Makes the folder if it is not there; says whether it did.
fn make_folder(folder: &Path) -> io::Result<bool> {
    match fs::create_dir(folder) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(false),
        Err(error) => Err(error),
    }
}

/// The content on its way to a file.
struct Content {
    file: io::BufWriter<NewFile>,
    hasher: Hasher,
    /// Octets so far.
    size: u64,
    head: Vec<u8>,
    /// Kept here to tell it from a failure to read.
    failure: Option<io::Error>,
}

impl Write for Content {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.file.write_all(octets) {
            let kind = error.kind();
            self.failure = Some(error);
            return Err(kind.into());
        }
        self.hasher.update(octets);
        self.size = self.size.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        let wanted = HEAD.saturating_sub(self.head.len());
        self.head.extend(octets.iter().take(wanted));
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What the content is, by its first octets. Never the name that somebody gave it.
fn extension(head: &[u8]) -> &'static str {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if head.starts_with(b"%PDF-") {
        "pdf"
    } else if head.starts_with(b"PK\x03\x04") {
        "zip"
    } else if text.starts_with(b"<?xml") {
        "xml"
    } else if is_text(head) {
        "txt"
    } else {
        "bin"
    }
}

/// Whether it is UTF-8 without control characters; a character may be cut at the end.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            head.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.chars().any(|character| character.is_control() && !matches!(character, '\t' | '\n' | '\r' | '\u{c}'))
}

/// Whether a regular file, and no link to one, holds the same octets.
fn same_content(mut new: NewFile, old: &Path) -> io::Result<bool> {
    if !fs::symlink_metadata(old)?.is_file() {
        return Ok(false);
    }
    let mut new = io::BufReader::new(new.contents()?).bytes();
    let mut old = io::BufReader::new(File::open(old)?).bytes();
    loop {
        match (new.next().transpose()?, old.next().transpose()?) {
            (None, None) => return Ok(true),
            (new, old) if new == old => {}
            _ => return Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::verify::{ExpectedContent, VerifyError};

    const ABC: &str = "contenuto-ba7816bf8f01cfea.txt";

    fn extracted(folder: &Path, content: &[u8]) -> Result<PathBuf, VerificationError> {
        extract(folder, &Extract::Content(&facts(content)), |out| out.write_all(content).map_err(unread))
    }

    fn unread(error: io::Error) -> VerificationError {
        VerificationError::Document(error.into())
    }

    fn facts(content: &[u8]) -> ContentFacts {
        let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
        hasher.update(content);
        let size = u64::try_from(content.len()).unwrap();
        ContentFacts { sha256: hasher.finish().to_hex(), size, expected: ExpectedContent::NotRequested }
    }

    fn names(folder: &Path) -> Vec<String> {
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn the_content_gets_our_name_and_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = extracted(folder.path(), b"abc").unwrap();
        assert_eq!(path, folder.path().join(ABC));
        assert_eq!(fs::read(&path).unwrap(), b"abc");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(extracted(folder.path(), b"abc").unwrap(), path);
        assert_eq!(names(folder.path()), [ABC]);
    }

    #[test]
    fn nothing_is_overwritten_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(ABC);
        fs::write(&path, b"abd").unwrap();
        assert!(matches!(extracted(folder.path(), b"abc"), Err(VerificationError::Occupied(_))));
        assert_eq!(fs::read(&path).unwrap(), b"abd");
        fs::remove_file(&path).unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, b"abc").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        assert!(matches!(extracted(folder.path(), b"abc"), Err(VerificationError::Occupied(_))));
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn nothing_is_left_behind_on_error() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("new");
        let result = extract(&inner, &Extract::Content(&facts(b"abc")), |out| {
            out.write_all(b"abc").unwrap();
            Err(VerificationError::Examination(VerifyError::TimedOut))
        });
        assert!(matches!(result, Err(VerificationError::Examination(VerifyError::TimedOut))));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn only_what_was_verified_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("new");
        let other_size = ContentFacts { size: 4, ..facts(b"abc") };
        for verified in [facts(b"abd"), other_size] {
            for place in [&inner, folder.path()] {
                let what = Extract::Content(&verified);
                let result = extract(place, &what, |out| out.write_all(b"abc").map_err(unread));
                assert!(matches!(result, Err(VerificationError::Document(FileFault::Changed))));
                assert!(names(folder.path()).is_empty());
            }
        }
    }

    #[test]
    fn what_it_is_is_told_by_its_first_octets() {
        for (head, expected) in [
            (&b"%PDF-1.7\n"[..], "pdf"),
            (b"\xef\xbb\xbf <?xml version='1.0'?>", "xml"),
            (b"PK\x03\x04....", "zip"),
            ("Città\r\n".as_bytes(), "txt"),
            (b"Citt\xc3", "txt"),
            (b"Citt\xe0 di", "bin"),
            (b"\x30\x80\x06", "bin"),
            (b"<html>", "txt"),
            (b"", "txt"),
        ] {
            assert_eq!(extension(head), expected, "{head:?}");
        }
    }
}
