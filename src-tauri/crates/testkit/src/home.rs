//! Temporary home folders, and library files that something happened to.

use std::fs;
use std::path::{Path, PathBuf};

/// A home folder of the program (`ATTUNE_HOME`) that goes away with this value.
#[derive(Debug)]
pub struct HomeFolder(tempfile::TempDir);

impl HomeFolder {
    /// A new, empty home folder.
    ///
    /// # Panics
    /// When the temporary folder cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("attune-home-").tempdir();
        Self(folder.expect("the temporary folder can be written"))
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Default for HomeFolder {
    fn default() -> Self {
        Self::new()
    }
}

/// The library's file in a home folder.
#[must_use]
pub fn library_file(home: &Path) -> PathBuf {
    home.join("library.db")
}

/// Writes noise over the library's first page and most of the rest, as a dying disk does.
///
/// # Panics
/// When there is no library in `home`, or it cannot be written.
pub fn damage_library(home: &Path) {
    let file = library_file(home);
    let mut bytes = fs::read(&file).expect("the library can be read");
    for (index, byte) in bytes.iter_mut().enumerate().skip(24) {
        if index % 5 == 0 {
            *byte ^= 0x5a;
        }
    }
    fs::write(&file, bytes).expect("the library can be written");
}

/// Marks the library as written by a much newer Attune: its `user_version`, the big-endian number
/// at byte 60 of the file (sqlite.org/fileformat2.html, section 1.3), becomes 9,000.
///
/// # Panics
/// When there is no library in `home`, or it cannot be written.
pub fn make_library_newer(home: &Path) {
    let file = library_file(home);
    let mut bytes = fs::read(&file).expect("the library can be read");
    bytes[60..64].copy_from_slice(&9_000_u32.to_be_bytes());
    fs::write(&file, bytes).expect("the library can be written");
}
