//! A disk of a few megabytes, to see what happens when it is full.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system in memory with a limit; it is taken away with this value.
#[derive(Debug)]
pub struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// A new disk of `bytes`, or nothing where this user may not mount one.
    ///
    /// # Panics
    /// When the temporary folder cannot be made.
    #[must_use]
    pub fn mount(bytes: u64) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("attune-disk-").tempdir();
        let folder = folder.expect("the temporary folder can be written");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"]).arg(folder.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self { folder })
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills it up, but for `left` bytes, and gives the file that does so.
    ///
    /// # Panics
    /// When the disk cannot be written at all.
    #[must_use]
    pub fn fill(&self, left: u64) -> PathBuf {
        let ballast = self.path().join("ballast");
        let mut file = std::fs::File::create(&ballast).expect("the small disk can be written");
        let page = [0_u8; 4096];
        while std::io::Write::write_all(&mut file, &page).is_ok() {}
        let length = file.metadata().expect("an open file has a length").len();
        file.set_len(length.saturating_sub(left)).expect("a file can be made shorter");
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, because a process that was just killed may still be on its way out.
        let _best_effort = Command::new("umount").arg("-l").arg(self.folder.path()).output();
    }
}
