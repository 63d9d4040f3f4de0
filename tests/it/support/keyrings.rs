//! Keyrings for tests: one in memory that everything shares, and a computer that has none.
//!
//! Each library has an item of its own in it, so tests do not see each other's keys.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use attune_app::KeyringOptions;
use attune_vault::{LockState, StoreSource, TIME_LIMIT};
use keyring_core::{CredentialStore, Error, Result, mock};

static ITEMS: LazyLock<Arc<mock::Store>> =
    LazyLock::new(|| mock::Store::new().expect("a store in memory can be made"));

struct InMemory;

impl StoreSource for InMemory {
    fn open(&self) -> Result<Arc<CredentialStore>> {
        Ok(Arc::clone(&*ITEMS) as Arc<CredentialStore>)
    }

    fn lock_state(&self) -> LockState {
        LockState::Unlocked
    }
}

struct Nowhere;

impl StoreSource for Nowhere {
    fn open(&self) -> Result<Arc<CredentialStore>> {
        Err(Error::PlatformFailure("no such service".into()))
    }

    fn lock_state(&self) -> LockState {
        LockState::NoKeyring
    }
}

/// A keyring in memory.
pub(crate) fn memory_keyring() -> KeyringOptions {
    KeyringOptions { source: Arc::new(InMemory), time_limit: TIME_LIMIT }
}

/// A computer without a keyring.
pub(crate) fn no_keyring() -> KeyringOptions {
    KeyringOptions { source: Arc::new(Nowhere), time_limit: Duration::from_secs(5) }
}
