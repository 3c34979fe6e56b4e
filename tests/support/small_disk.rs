//! Disks of a test's own: one that is soon full or may not be written, one that fails. For root only, and where something
//! may be mounted at all; elsewhere there is none, and whoever wanted one says so.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::NamedTempFile;

/// A file system in memory, until this is dropped.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Of so many MiB, on a folder.
    pub(crate) fn mount(folder: &Path, mebibytes: u32) -> Option<Self> {
        let size = format!("size={mebibytes}m");
        or_say(mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], folder).then(|| Self(folder.to_owned())))
    }

    /// Lets it be read only (`ro`), or written to again (`rw`). Linux refuses the former while a file is open for writing.
    pub(crate) fn remount(&self, access: &str) -> bool {
        mount(&["-o", &format!("remount,{access}")], &self.0)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(&self.0);
    }
}

/// An ext4 in a file, until this is dropped; after an error the kernel lets nobody write to it, whatever is open.
pub(crate) struct FailingDisk {
    folder: PathBuf,
    image: NamedTempFile,
}

impl FailingDisk {
    /// On a folder.
    pub(crate) fn mount(folder: &Path) -> Option<Self> {
        let image = NamedTempFile::new().unwrap();
        image.as_file().set_len(32 << 20).unwrap();
        assert!(Command::new("mkfs.ext4").arg("-q").arg(image.path()).status().unwrap().success());
        let disk = Self { folder: folder.to_owned(), image };
        or_say(disk.attach().then_some(disk))
    }

    /// Writes out what stands in memory yet.
    pub(crate) fn flush(&self) {
        assert!(Command::new("sync").arg("-f").arg(&self.folder).status().unwrap().success());
    }

    /// Tells the kernel of an error on it.
    pub(crate) fn fail(&self) {
        let found = Command::new("findmnt").args(["-n", "-o", "SOURCE", "--mountpoint"]).arg(&self.folder).output();
        let device = String::from_utf8(found.unwrap().stdout).unwrap();
        let device = device.trim().strip_prefix("/dev/").unwrap();
        assert!(device.starts_with("loop"), "{device} is not ours");
        fs::write(format!("/sys/fs/ext4/{device}/trigger_fs_error"), "1").unwrap();
    }

    /// Does what an administrator does then: takes it away, repairs it and puts it back. Nobody may be at work on it.
    pub(crate) fn repair(&self) {
        assert!(Command::new("umount").arg(&self.folder).status().unwrap().success());
        let repaired = Command::new("e2fsck").args(["-f", "-y"]).arg(self.image.path()).output().unwrap();
        assert!(matches!(repaired.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&repaired.stdout));
        assert!(self.attach());
    }

    fn attach(&self) -> bool {
        let image = self.image.path().to_str().unwrap();
        mount(&["-t", "ext4", "-o", "loop,errors=remount-ro", image], &self.folder)
    }
}

impl Drop for FailingDisk {
    fn drop(&mut self) {
        unmount(&self.folder);
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    Command::new("mount").args(arguments).arg(folder).output().is_ok_and(|output| output.status.success())
}

/// `disk`, where it is there.
#[expect(clippy::explicit_write, reason = "the test runner keeps what `eprintln!` prints to itself")]
fn or_say<T>(disk: Option<T>) -> Option<T> {
    if disk.is_none() {
        writeln!(std::io::stderr(), "skipped: only root can mount a disk of a test's own").unwrap();
    }
    disk
}

fn unmount(folder: &Path) {
    let _left_to_the_system = Command::new("umount").arg("-l").arg(folder).output();
}
