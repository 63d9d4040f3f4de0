//! Keys of services: the computer's keyring behind one actor, and the two ways to do without one.
//!
//! Invariants: no key is ever on the disk as plain text · nothing of a key but its last four
//! characters and its kind leaves by any other way than [`VaultKey::expose_for_service`] · an item
//! or a file that is not ours is never overwritten · one operation at a time, each on a thread and a
//! store of its own, and none keeps a caller longer than the time limit.

mod activity;
mod actor;
mod error;
mod key;
mod key_map;
mod keyring;
mod passphrase;
mod place;
mod platform;
mod session;
mod vault;

pub use activity::Activity;
pub use error::{PlatformWords, VaultError};
pub use key::{KeyKind, KeyTextError, VaultKey};
pub use key_map::{KeyListing, MOST_BYTES};
pub use keyring::{LockState, StoreSource};
pub use passphrase::{Passphrase, PassphraseError};
pub use platform::ComputersKeyring;
pub use vault::{KeyringOptions, TIME_LIMIT, Vault};

#[cfg(test)]
mod canary;
#[cfg(test)]
mod mock_keyring;
