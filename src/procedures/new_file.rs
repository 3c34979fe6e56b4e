//! A file that appears under its name whole or not at all, even if the program is killed while it writes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
use rustix::io::Errno;
use tempfile::{Builder, NamedTempFile};

/// A file being written, with mode 0600.
///
/// It has no name until it is complete (`O_TMPFILE`, open(2)), so nothing is left behind by whoever is killed. Where
/// the file system knows no such files, it has a hidden name `.varco-…` meanwhile, which is left behind by `SIGKILL`.
#[derive(Debug)]
pub struct NewFile {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    WithoutName(File),
    Named(NamedTempFile),
}

impl NewFile {
    /// Begins a file that will appear in `folder`, or in another of the same file system.
    pub fn begin(folder: &Path) -> io::Result<Self> {
        // Through this folder the file gets its name later.
        if !Path::new(OPEN_FILES).is_dir() {
            return Self::begin_named(folder);
        }
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match openat(CWD, folder, flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => Ok(Self { inner: Inner::WithoutName(file.into()) }),
            // open(2): the file system, or the kernel, does not know O_TMPFILE.
            Err(Errno::OPNOTSUPP | Errno::ISDIR) => Self::begin_named(folder),
            Err(error) => Err(error.into()),
        }
    }

    fn begin_named(folder: &Path) -> io::Result<Self> {
        Ok(Self { inner: Inner::Named(temporary().tempfile_in(folder)?) })
    }

    /// Lets the file appear as `path`, all its octets on the disk. What is there is never overwritten: the error is
    /// then of the kind `AlreadyExists`, and the file is given back so that the two can be compared.
    pub fn appear(mut self, path: &Path) -> Result<(), (io::Error, Self)> {
        if let Err(error) = self.file().sync_all() {
            return Err((error, self));
        }
        match self.inner {
            Inner::WithoutName(file) => {
                link(&file, path).map_err(|error| (error, Self { inner: Inner::WithoutName(file) }))
            }
            Inner::Named(file) => match file.persist_noclobber(path) {
                Ok(_) => Ok(()),
                Err(error) => Err((error.error, Self { inner: Inner::Named(error.file) })),
            },
        }
    }

    /// Lets the file appear as `path`, in place of what is there; whoever opens `path` finds the one or the other.
    ///
    /// A file without a name cannot replace another (linkat(2) does not overwrite): where there is one, ours gets the
    /// hidden name `.varco-…` for the instant before it is renamed. Only a `SIGKILL` in that instant leaves it behind.
    pub fn replace(self, path: &Path, folder: &Path) -> io::Result<()> {
        let (error, file) = match self.appear(path) {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        match file.inner {
            Inner::WithoutName(file) if error.kind() == io::ErrorKind::AlreadyExists => {
                let linked = temporary().make_in(folder, |name| link(&file, name))?;
                linked.persist(path).map_err(|error| error.error)?;
                Ok(())
            }
            Inner::Named(file) if error.kind() == io::ErrorKind::AlreadyExists => {
                file.persist(path).map_err(|error| error.error)?;
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// The octets written so far, from their beginning.
    pub fn contents(&mut self) -> io::Result<impl Read + '_> {
        let file = self.file();
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }

    fn file(&mut self) -> &mut File {
        match &mut self.inner {
            Inner::WithoutName(file) => file,
            Inner::Named(file) => file.as_file_mut(),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.file().write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

/// Each open file of this process has a link here, by its number (proc(5)).
const OPEN_FILES: &str = "/proc/self/fd";

/// Gives a name to a file that has none (open(2), `O_TMPFILE`).
fn link(file: &File, path: &Path) -> io::Result<()> {
    let open = format!("{OPEN_FILES}/{}", file.as_raw_fd());
    Ok(linkat(CWD, open, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

fn temporary() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".varco-");
    builder
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn written(begin: fn(&Path) -> io::Result<NewFile>, folder: &Path) -> NewFile {
        let mut file = begin(folder).unwrap();
        file.write_all(b"abc").unwrap();
        file
    }

    fn names(folder: &Path) -> Vec<String> {
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    const BOTH_WAYS: [fn(&Path) -> io::Result<NewFile>; 2] = [NewFile::begin, NewFile::begin_named];

    #[test]
    fn it_appears_whole_with_mode_0600_and_never_over_another() {
        for begin in BOTH_WAYS {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a");
            written(begin, folder.path()).appear(&path).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"abc");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::write(&path, b"other").unwrap();
            let (error, mut file) = written(begin, folder.path()).appear(&path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(io::read_to_string(file.contents().unwrap()).unwrap(), "abc");
            drop(file);
            assert_eq!(fs::read(&path).unwrap(), b"other");
            assert_eq!(names(folder.path()), ["a"]);
        }
    }

    #[test]
    fn it_replaces_a_file_and_a_link_and_leaves_nothing_beside() {
        for begin in BOTH_WAYS {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a");
            for there in [None, Some("file"), Some("link")] {
                match there {
                    Some("file") => fs::write(&path, b"older").unwrap(),
                    Some(_) => {
                        fs::remove_file(&path).unwrap();
                        std::os::unix::fs::symlink("nowhere", &path).unwrap();
                    }
                    None => {}
                }
                written(begin, folder.path()).replace(&path, folder.path()).unwrap();
                assert_eq!(fs::read(&path).unwrap(), b"abc");
                assert_eq!(fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
                assert_eq!(names(folder.path()), ["a"]);
            }
        }
    }

    #[test]
    fn while_it_is_written_it_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(NewFile::begin, folder.path());
        // Only where the file system of the temporary folder knows no files without names is there one to see.
        let named = matches!(file.inner, Inner::Named(_));
        assert_eq!(names(folder.path()).len(), usize::from(named));
        drop(file);
        assert!(names(folder.path()).is_empty());
    }
}
