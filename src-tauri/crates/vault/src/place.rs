//! Where the bytes of the keys lie: the one thing in which keyring, memory and file differ.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::keyring::LockState;

/// A place that keeps one item.
pub(crate) trait Place: fmt::Debug + Send + Sync + 'static {
    /// Opens it afresh, for one operation.
    fn open(&self) -> Result<Box<dyn OpenPlace>, VaultError>;

    /// Whether it is locked, found out without asking anybody for anything.
    fn lock_state(&self) -> LockState;
}

/// A place that was opened for one operation.
pub(crate) trait OpenPlace {
    /// The bytes of the item, if there is one.
    fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError>;

    /// Replaces the bytes or makes the item.
    fn write(&self, bytes: &[u8]) -> Result<(), VaultError>;

    /// Deletes the item.
    fn delete(&self) -> Result<(), VaultError>;
}
