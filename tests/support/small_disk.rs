//! A disk that is soon full.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system in memory, until this is dropped.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Of so many MiB, on a folder. For root only: without the rights to mount there is none.
    pub(crate) fn mount(folder: &Path, mebibytes: u32) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs"]).arg(folder);
        mount.status().is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _left_to_the_system = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
