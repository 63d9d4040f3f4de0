//! The keyring of the computer this runs on.

use std::sync::Arc;

use keyring_core::CredentialStore;

use crate::keyring::{LockState, StoreSource};

/// The keyring of this computer: the Secret Service on Linux, the credential manager of Windows,
/// the keychain of macOS.
#[derive(Debug, Clone, Copy)]
pub struct ComputersKeyring;

impl StoreSource for ComputersKeyring {
    #[cfg(target_os = "linux")]
    fn open(&self) -> keyring_core::Result<Arc<CredentialStore>> {
        Ok(zbus_secret_service_keyring_store::Store::new()?)
    }

    #[cfg(windows)]
    fn open(&self) -> keyring_core::Result<Arc<CredentialStore>> {
        Ok(windows_native_keyring_store::Store::new()?)
    }

    #[cfg(target_os = "macos")]
    fn open(&self) -> keyring_core::Result<Arc<CredentialStore>> {
        Ok(apple_native_keyring_store::keychain::Store::new()?)
    }

    #[cfg(not(any(target_os = "linux", windows, target_os = "macos")))]
    fn open(&self) -> keyring_core::Result<Arc<CredentialStore>> {
        Err(keyring_core::Error::PlatformFailure("no keyring is known for this system".into()))
    }

    #[cfg(target_os = "linux")]
    fn lock_state(&self) -> LockState {
        secret_service::lock_state()
    }

    #[cfg(not(target_os = "linux"))]
    fn lock_state(&self) -> LockState {
        LockState::Unknown
    }
}

/// What the Secret Service tells of itself over the session bus.
#[cfg(target_os = "linux")]
mod secret_service {
    use std::time::Duration;

    use zbus::blocking::{Connection, Proxy, connection};
    use zbus::zvariant::{OwnedObjectPath, OwnedValue};

    use super::LockState;

    const NAME: &str = "org.freedesktop.secrets";
    /// A property is answered in milliseconds or not at all: the daemon hangs.
    const PATIENCE: Duration = Duration::from_secs(3);

    pub(super) fn lock_state() -> LockState {
        let connected = connection::Builder::session()
            .and_then(|builder| builder.method_timeout(PATIENCE).build());
        match connected.and_then(|connection| ask(&connection)) {
            Ok(state) => state,
            Err(zbus::Error::InputOutput(error))
                if error.kind() == std::io::ErrorKind::TimedOut =>
            {
                LockState::Unknown
            }
            Err(_) => LockState::NoKeyring,
        }
    }

    /// Two properties and no prompt: which keyring new items go into, and whether it is locked.
    fn ask(connection: &Connection) -> zbus::Result<LockState> {
        let service = Proxy::new(
            connection,
            NAME,
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service",
        )?;
        let path: OwnedObjectPath = service.call("ReadAlias", &("default",))?;
        if path.as_str() == "/" {
            return Ok(LockState::NoCollection);
        }
        let collection = Proxy::new(connection, NAME, path, "org.freedesktop.DBus.Properties")?;
        let property = ("org.freedesktop.Secret.Collection", "Locked");
        let is_locked: OwnedValue = collection.call("Get", &property)?;
        let is_locked = bool::try_from(is_locked)?;
        Ok(if is_locked { LockState::Locked } else { LockState::Unlocked })
    }
}
