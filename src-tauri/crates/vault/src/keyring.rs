//! The keyring as a place: one item, a fresh store for each operation, and its errors sorted.

use std::fmt;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use crate::error::{PlatformWords, VaultError};
use crate::key_map::MOST_BYTES;
use crate::place::{OpenPlace, Place};

/// Under which name the item of every installation is found.
const APPLICATION: &str = "dev.attune.app";

/// Where stores come from: the computer's own, or a test's.
pub trait StoreSource: Send + Sync + 'static {
    /// Opens a store of its own. Called once for each operation, on a plain thread: a store that
    /// waits for an answer holds everything else that shares it.
    fn open(&self) -> keyring_core::Result<Arc<CredentialStore>>;

    /// Whether the keyring is locked. Must not make it ask the person, and must end by itself.
    fn lock_state(&self) -> LockState;
}

/// Whether a keyring can be used without the person being asked for a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockState {
    /// It can.
    Unlocked,
    /// The next operation will make it ask.
    Locked,
    /// The service is there, but it has no keyring to put anything into.
    NoCollection,
    /// There is no keyring service.
    NoKeyring,
    /// This platform does not tell beforehand.
    Unknown,
}

/// One item in the keyring.
#[derive(Clone)]
pub(crate) struct KeyringItem {
    source: Arc<dyn StoreSource>,
    installation: String,
}

/// The item through a store of its own.
struct OpenItem {
    source: Arc<dyn StoreSource>,
    entry: Entry,
}

impl KeyringItem {
    pub(crate) fn new(source: Arc<dyn StoreSource>, installation: String) -> Self {
        Self { source, installation }
    }
}

impl fmt::Debug for KeyringItem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyringItem({})", self.installation)
    }
}

impl Place for KeyringItem {
    fn open(&self) -> Result<Box<dyn OpenPlace>, VaultError> {
        let store = self.source.open().map_err(|error| match error {
            Error::PlatformFailure(cause) => VaultError::NoKeyring(PlatformWords::of(&*cause)),
            other => sorted(&*self.source, other),
        })?;
        let entry = store
            .build(APPLICATION, &self.installation, None)
            .map_err(|error| sorted(&*self.source, error))?;
        Ok(Box::new(OpenItem { source: self.source.clone(), entry }))
    }

    fn lock_state(&self) -> LockState {
        self.source.lock_state()
    }
}

impl OpenPlace for OpenItem {
    fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        match self.entry.get_secret() {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(sorted(&*self.source, error)),
        }
    }

    /// Bytes, never a password: Windows would store that as UTF-16, at half the room.
    fn write(&self, bytes: &[u8]) -> Result<(), VaultError> {
        self.entry.set_secret(bytes).map_err(|error| match error {
            Error::TooLong(_, limit) => {
                let limit = usize::try_from(limit).unwrap_or(MOST_BYTES);
                VaultError::TooLarge { bytes: bytes.len(), limit }
            }
            other => sorted(&*self.source, other),
        })
    }

    fn delete(&self) -> Result<(), VaultError> {
        self.entry.delete_credential().map_err(|error| sorted(&*self.source, error))
    }
}

/// The state an error of the keyring stands for. Never keeps the error itself: some variants hold
/// the bytes of the item.
fn sorted(source: &dyn StoreSource, error: Error) -> VaultError {
    match error {
        Error::NoStorageAccess(cause) => no_access(source, PlatformWords::of(&*cause)),
        Error::PlatformFailure(cause) => VaultError::Failed(PlatformWords::of(&*cause)),
        Error::NoEntry => VaultError::RemovedMeanwhile,
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            VaultError::Garbled
        }
        Error::Ambiguous(entries) => VaultError::Ambiguous { count: entries.len() },
        other => VaultError::Failed(PlatformWords::of(&other)),
    }
}

/// The platform says the same of a locked keyring and of one that was never made.
fn no_access(source: &dyn StoreSource, words: PlatformWords) -> VaultError {
    match source.lock_state() {
        LockState::NoCollection => VaultError::NoCollection(words),
        _ => VaultError::Locked(words),
    }
}
