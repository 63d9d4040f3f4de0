//! Prepared training files: written once under the hash of their bytes, then only read.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::home::{create_private, sync_folder};
use crate::{Library, StoreError};

/// Begins the name of a file that is still being written.
const UNFINISHED: &str = ".unfinished-";

static NEXT: AtomicU64 = AtomicU64::new(0);

impl Library {
    /// Stores what `fill` writes and returns the BLAKE3 of the bytes in hex, which is the file's name. The same bytes
    /// give the same file, however often. When this returns, the file outlives a power loss.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] and other failures of the file system, also those that `fill` reports; the unfinished
    /// file is removed.
    pub fn file_put(
        &self,
        fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> Result<String, StoreError> {
        self.must_be_writable()?;
        let folder = self.files_dir();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let unfinished = folder.join(format!("{UNFINISHED}{number}"));
        let stored = self.write_and_name(&folder, &unfinished, fill);
        if stored.is_err() {
            // The failure to report is the first one; what cannot be removed now is at the next start.
            drop(fs::remove_file(&unfinished));
        }
        Ok(stored?)
    }

    /// [`Self::file_put`] for bytes that are in memory.
    ///
    /// # Errors
    /// As [`Self::file_put`].
    pub fn file_put_bytes(&self, bytes: &[u8]) -> Result<String, StoreError> {
        self.file_put(&mut |file| file.write_all(bytes))
    }

    /// Where the prepared file `hash` lies.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such file, or `hash` is not a hash.
    pub fn file_path(&self, hash: &str) -> Result<PathBuf, StoreError> {
        let missing = || StoreError::missing(format!("prepared file `{hash}`"));
        // Never a path that somebody else's text made.
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(missing());
        }
        let path = self.files_dir().join(hash);
        if path.is_file() { Ok(path) } else { Err(missing()) }
    }

    fn write_and_name(
        &self,
        folder: &Path,
        unfinished: &Path,
        fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<String> {
        let file = create_private(unfinished)?;
        let mut hashing = Hashing { file: BufWriter::new(file), hasher: blake3::Hasher::new() };
        fill(&mut hashing)?;
        hashing.file.flush()?;
        self.point("file.mid");
        hashing.file.get_ref().sync_all()?;
        let hash = hashing.hasher.finalize().to_hex().to_string();
        // Over an older copy too: it holds the same bytes, or it was damaged and is now whole.
        fs::rename(unfinished, folder.join(&hash))?;
        sync_folder(folder)?;
        Ok(hash)
    }
}

/// Removes what a killed process was writing.
pub(crate) fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Hashes what it writes.
struct Hashing {
    file: BufWriter<File>,
    hasher: blake3::Hasher,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
