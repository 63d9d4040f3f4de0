//! Keys for this session only: in memory, gone with the program.

use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::keyring::LockState;
use crate::place::{OpenPlace, Place};

/// The bytes of the item, shared by all operations of one vault.
#[derive(Clone, Default)]
pub(crate) struct SessionMemory(Arc<Mutex<Option<Zeroizing<Vec<u8>>>>>);

impl std::fmt::Debug for SessionMemory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SessionMemory(****)")
    }
}

impl Place for SessionMemory {
    fn open(&self) -> Result<Box<dyn OpenPlace>, VaultError> {
        Ok(Box::new(self.clone()))
    }

    fn lock_state(&self) -> LockState {
        LockState::Unlocked
    }
}

impl OpenPlace for SessionMemory {
    fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn write(&self, bytes: &[u8]) -> Result<(), VaultError> {
        let bytes = Zeroizing::new(bytes.to_vec());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
        Ok(())
    }

    fn delete(&self) -> Result<(), VaultError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}
