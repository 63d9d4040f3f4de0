//! Keys behind a passphrase: one sealed file, for a computer without a keyring.
//!
//! The file is always whole: it is written beside itself, brought to the disk and only then put in
//! the place of the old one. Nobody but its owner may read it.

mod sealed;

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::keyring::LockState;
use crate::place::{OpenPlace, Place};
pub(crate) use sealed::Cost;
use sealed::Seal;

/// A file that is longer was not written by the vault.
const LONGEST_FILE: u64 = 64 * 1024;

/// A passphrase that was thought of by a person. Like a key, it is never shown and never sent.
#[derive(Clone)]
pub struct Passphrase(SecretString);

/// Why a text is no passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// Too easily guessed to be called a protection.
    #[error("a passphrase has at least {least} characters")]
    TooShort {
        /// How many it must have.
        least: usize,
    },
}

impl Passphrase {
    /// The least a passphrase must have; the shortest length that current guidance accepts.
    pub const LEAST_CHARACTERS: usize = 8;

    /// Takes a passphrase exactly as it was typed.
    pub fn new(text: &str) -> Result<Self, PassphraseError> {
        if text.chars().count() < Self::LEAST_CHARACTERS {
            return Err(PassphraseError::TooShort { least: Self::LEAST_CHARACTERS });
        }
        Ok(Self(SecretString::from(text)))
    }

    fn expose_for_sealing(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Passphrase(****)")
    }
}

/// The file and what opens it.
#[derive(Debug, Clone)]
pub(crate) struct SealedFile {
    path: PathBuf,
    passphrase: Passphrase,
    cost: Cost,
}

/// The file during one operation; the seal is worked out once, since that is meant to be slow.
struct OpenFile {
    file: SealedFile,
    seal: RefCell<Option<Seal>>,
}

impl SealedFile {
    pub(crate) fn new(path: PathBuf, passphrase: Passphrase, cost: Cost) -> Self {
        Self { path, passphrase, cost }
    }
}

impl Place for SealedFile {
    fn open(&self) -> Result<Box<dyn OpenPlace>, VaultError> {
        Ok(Box::new(OpenFile { file: self.clone(), seal: RefCell::new(None) }))
    }

    fn lock_state(&self) -> LockState {
        LockState::Unlocked
    }
}

impl OpenPlace for OpenFile {
    fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let Some(sealed) = contents(&self.file.path).map_err(VaultError::File)? else {
            return Ok(None);
        };
        let salt = sealed::salt_of(&sealed)?;
        let seal = Seal::new(&self.file.passphrase, salt, self.file.cost)?;
        let bytes = seal.open(&sealed)?;
        *self.seal.borrow_mut() = Some(seal);
        Ok(Some(bytes))
    }

    fn write(&self, bytes: &[u8]) -> Result<(), VaultError> {
        let mut seal = self.seal.borrow_mut();
        if seal.is_none() {
            let salt = sealed::random().map_err(VaultError::File)?;
            *seal = Some(Seal::new(&self.file.passphrase, salt, self.file.cost)?);
        }
        let seal = seal.as_ref().expect("it was made a line above");
        replace(&self.file.path, &seal.close(bytes)?).map_err(VaultError::File)
    }

    fn delete(&self) -> Result<(), VaultError> {
        match std::fs::remove_file(&self.file.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(VaultError::RemovedMeanwhile),
            other => other.and_then(|()| folder_to_disk(&self.file.path)).map_err(VaultError::File),
        }
    }
}

/// The bytes of the file, if there is one; of a file of another kind no more than is needed to
/// know that it is one.
fn contents(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Puts `bytes` in the place of the file; after a crash at any moment the old or the new one is
/// there. A temporary file is its owner's alone from its first moment.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut beside = tempfile::NamedTempFile::new_in(folder(path))?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|error| error.error)?;
    folder_to_disk(path)
}

/// A new name is on the disk only when its folder is.
fn folder_to_disk(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder(path))?.sync_all()?;
    }
    Ok(())
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests;
