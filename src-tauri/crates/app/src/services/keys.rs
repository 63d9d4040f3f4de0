//! Keys of services: into a vault, out of it, and which vaults are at hand.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use attune_contract::services::{
    KeyPlace, KeyringState, KeysOpenRequest, Secret, ServiceKeySaveRequest, ServiceList,
    ServiceRequest,
};
use attune_contract::{Failure, FailureCode, Nothing, params};
use attune_services::ServiceKey;
use attune_store::{Library, ServiceRow};
use attune_vault::{KeyringOptions, LockState, Passphrase, Vault, VaultKey};

use super::stored::{StoredKey, StoredOptions};
use crate::failures::{OrFailure, internal};
use crate::{App, locked};

/// Under which name the library knows which item in the keyring is its own.
const INSTALLATION: &str = "installation";
/// The file of keys, for a computer without a keyring.
const FILE: &str = "keys.sealed";

/// The vaults of this program, each made when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    keyring: Mutex<Option<Arc<Vault>>>,
    sealed: Mutex<Option<Arc<Vault>>>,
    session: Mutex<Option<Arc<Vault>>>,
    /// Services whose key is only in memory.
    of_session: Mutex<BTreeSet<String>>,
    /// A key that was given to this process alone.
    lent: Mutex<Option<VaultKey>>,
}

impl Keys {
    /// Whether the key of `service` can be had without anybody being asked for anything.
    pub(super) fn holds(&self, place: KeyPlace, service: &str) -> bool {
        match place {
            KeyPlace::Keyring => locked(&self.keyring).is_some(),
            KeyPlace::Passphrase => locked(&self.sealed).is_some(),
            KeyPlace::Session => locked(&self.of_session).contains(service),
        }
    }
}

impl App {
    /// Tries a key, and keeps it unless the service refuses it.
    ///
    /// # Errors
    /// `ServiceMissing`, `KeyUnusable`, `KeyIsAdmin`, `KeyRefused`, `ServiceNotThere`,
    /// `PassphraseUnusable`, `PassphraseWrong`; failures of the keyring and the library. Nothing is
    /// kept then, and the key before stays.
    pub async fn service_key_save(
        self: &Arc<Self>,
        request: ServiceKeySaveRequest,
    ) -> Result<ServiceList, Failure> {
        let key = VaultKey::parse(request.key.expose()).or_failure()?;
        if key.kind().is_warned_about() {
            return Err(Failure::new(FailureCode::KeyIsAdmin, params![]));
        }
        let _one_at_a_time = self.services_write.lock().await;
        let row = self.service_row(&request.service).await?;
        let check = self.try_key(&row, service_key(&key)).await?;
        let vault = self.vault_to_write(request.place, request.passphrase.as_ref()).await?;
        vault.set(&row.name, key.clone()).await.or_failure()?;
        if request.place == KeyPlace::Session {
            locked(&self.keys.of_session).insert(row.name.clone());
        }
        let mut options = StoredOptions::of(&row);
        let before = options
            .key
            .replace(StoredKey { place: request.place, last_four: key.last_four().to_owned() });
        let check_json =
            serde_json::to_string(&check).map_err(|error| internal(error.to_string()))?;
        let kept = ServiceRow {
            options_json: options.to_json()?,
            check_json: Some(check_json),
            ..row.clone()
        };
        self.keep_service(kept).await?;
        // A closed file keeps the key before until it is opened: whoever forgot its passphrase must
        // still be able to go on with another key.
        let is_closed = self.has_closed_file_of_keys()?;
        let can_forget = |before: &StoredKey| before.place != KeyPlace::Passphrase || !is_closed;
        if let Some(before) = before.filter(|it| it.place != request.place).filter(can_forget) {
            // The new key is kept whatever becomes of the one before: a locked keyring gives it no more
            // to Attune than it did.
            if let Err(failure) = self.forget_in(before.place, &row.name).await {
                tracing::warn!(code = failure.code.as_text(), "the key before stays where it was");
            }
        }
        // Trainings there may have waited for it.
        self.follow_far().await?;
        self.service_list(Nothing {}).await
    }

    /// Removes the key of a service.
    ///
    /// # Errors
    /// `ServiceMissing`; failures of the keyring and the library.
    pub async fn service_key_remove(
        self: &Arc<Self>,
        request: ServiceRequest,
    ) -> Result<ServiceList, Failure> {
        let _one_at_a_time = self.services_write.lock().await;
        let row = self.service_row(&request.service).await?;
        self.forget_key(&row).await?;
        let options = StoredOptions { key: None, ..StoredOptions::of(&row) };
        let kept = ServiceRow { options_json: options.to_json()?, check_json: None, ..row };
        self.keep_service(kept).await?;
        self.service_list(Nothing {}).await
    }

    /// Opens the file of keys with its passphrase.
    ///
    /// # Errors
    /// `PassphraseUnusable`, `PassphraseWrong`; failures of the file.
    pub async fn keys_open(
        self: &Arc<Self>,
        request: KeysOpenRequest,
    ) -> Result<ServiceList, Failure> {
        self.open_file_of_keys(&request.passphrase).await?;
        self.follow_far().await?;
        self.service_list(Nothing {}).await
    }

    /// Whether the keyring can be used. Asks nobody for anything.
    pub(super) async fn keyring_state(self: &Arc<Self>) -> Result<KeyringState, Failure> {
        Ok(match self.keyring().await?.lock_state().await.or_failure()? {
            LockState::Locked => KeyringState::Locked,
            LockState::NoKeyring | LockState::NoCollection => KeyringState::Missing,
            LockState::Unlocked | LockState::Unknown => KeyringState::Usable,
        })
    }

    /// Whether there is a file of keys that nobody opened yet.
    pub(super) fn has_closed_file_of_keys(&self) -> Result<bool, Failure> {
        Ok(locked(&self.keys.sealed).is_none() && file_of_keys(&self.library()?).exists())
    }

    /// Takes a key for this process alone: for the orders it gives, and for trainings that were ordered
    /// with the same key. No vault is asked then, and nothing is kept.
    ///
    /// # Errors
    /// `KeyUnusable`, `KeyIsAdmin`.
    pub fn lend_key(&self, key: &Secret) -> Result<(), Failure> {
        let key = VaultKey::parse(key.expose()).or_failure()?;
        if key.kind().is_warned_about() {
            return Err(Failure::new(FailureCode::KeyIsAdmin, params![]));
        }
        *locked(&self.keys.lent) = Some(key);
        Ok(())
    }

    /// Whether a key was given to this process alone.
    pub(crate) fn has_lent_key(&self) -> bool {
        locked(&self.keys.lent).is_some()
    }

    /// What tells a key that was lent for a launch from another, without telling the key.
    pub(crate) fn lent_fingerprint(&self, launch_id: &str) -> Option<String> {
        locked(&self.keys.lent).as_ref().map(|key| fingerprint(key, launch_id))
    }

    /// The key for a launch: the service's own, unless it was ordered with a lent one; then that one and
    /// no other, wherever it is found, because another may belong to somebody else's account.
    pub(crate) async fn key_for(
        self: &Arc<Self>,
        row: &ServiceRow,
        launch_id: &str,
        ordered_with: Option<&str>,
    ) -> Result<ServiceKey, Failure> {
        let Some(ordered_with) = ordered_with else { return self.key_of(row).await };
        let lent = locked(&self.keys.lent).clone();
        let key = match lent.filter(|key| fingerprint(key, launch_id) == ordered_with) {
            Some(key) => key,
            None => self.kept_key(row).await?,
        };
        if fingerprint(&key, launch_id) == ordered_with {
            return Ok(service_key(&key));
        }
        Err(Failure::new(FailureCode::KeyMissing, params![]))
    }

    /// The key of a service.
    pub(crate) async fn key_of(self: &Arc<Self>, row: &ServiceRow) -> Result<ServiceKey, Failure> {
        Ok(service_key(&self.kept_key(row).await?))
    }

    async fn kept_key(self: &Arc<Self>, row: &ServiceRow) -> Result<VaultKey, Failure> {
        let missing = || Failure::new(FailureCode::KeyMissing, params![]);
        let place = StoredOptions::of(row).key.ok_or_else(missing)?.place;
        let vault = self.vault_at_hand(place).await?.ok_or_else(missing)?;
        vault.get(&row.name).await.or_failure()?.ok_or_else(missing)
    }

    /// Removes the key of a service from wherever it is kept.
    pub(super) async fn forget_key(self: &Arc<Self>, row: &ServiceRow) -> Result<(), Failure> {
        match StoredOptions::of(row).key {
            Some(key) => self.forget_in(key.place, &row.name).await,
            None => Ok(()),
        }
    }

    async fn forget_in(self: &Arc<Self>, place: KeyPlace, service: &str) -> Result<(), Failure> {
        if place == KeyPlace::Session {
            locked(&self.keys.of_session).remove(service);
        }
        match self.vault_at_hand(place).await? {
            Some(vault) => vault.remove(service).await.map(drop).or_failure(),
            // A closed file keeps its key until it is opened; a session's key is gone by itself.
            None if place == KeyPlace::Passphrase && self.has_closed_file_of_keys()? => {
                Err(Failure::new(FailureCode::KeyMissing, params![]))
            }
            None => Ok(()),
        }
    }

    async fn vault_at_hand(
        self: &Arc<Self>,
        place: KeyPlace,
    ) -> Result<Option<Arc<Vault>>, Failure> {
        Ok(match place {
            KeyPlace::Keyring => Some(self.keyring().await?),
            KeyPlace::Passphrase => locked(&self.keys.sealed).clone(),
            KeyPlace::Session => locked(&self.keys.session).clone(),
        })
    }

    async fn vault_to_write(
        self: &Arc<Self>,
        place: KeyPlace,
        passphrase: Option<&Secret>,
    ) -> Result<Arc<Vault>, Failure> {
        match place {
            KeyPlace::Keyring => self.keyring().await,
            KeyPlace::Session => {
                let mut session = locked(&self.keys.session);
                if session.is_none() {
                    *session = Some(Arc::new(Vault::for_this_session().or_failure()?));
                }
                session.clone().ok_or_else(|| internal("a vault that was just made"))
            }
            KeyPlace::Passphrase => {
                if let Some(open) = locked(&self.keys.sealed).clone() {
                    return Ok(open);
                }
                let unusable = || Failure::new(FailureCode::PassphraseUnusable, params![]);
                self.open_file_of_keys(passphrase.ok_or_else(unusable)?).await
            }
        }
    }

    /// The file of keys behind its passphrase; a passphrase that does not open it is refused.
    async fn open_file_of_keys(
        self: &Arc<Self>,
        passphrase: &Secret,
    ) -> Result<Arc<Vault>, Failure> {
        let passphrase = Passphrase::new(passphrase.expose()).or_failure()?;
        let file = file_of_keys(&self.library()?);
        let vault = Arc::new(Vault::behind_passphrase(file, passphrase).or_failure()?);
        vault.list().await.or_failure()?;
        *locked(&self.keys.sealed) = Some(Arc::clone(&vault));
        Ok(vault)
    }

    async fn keyring(self: &Arc<Self>) -> Result<Arc<Vault>, Failure> {
        if let Some(vault) = locked(&self.keys.keyring).clone() {
            return Ok(vault);
        }
        let installation = self.on_library(|_, library| installation(library)).await?;
        let options: KeyringOptions = (self.options.keyring)();
        let mut keyring = locked(&self.keys.keyring);
        // Two at once made one each: the first stays, so that there is one queue.
        if keyring.is_none() {
            *keyring = Some(Arc::new(Vault::in_keyring(&installation, options).or_failure()?));
        }
        keyring.clone().ok_or_else(|| internal("a vault that was just made"))
    }
}

/// A salted fingerprint: the same key has another one for every launch.
fn fingerprint(key: &VaultKey, launch_id: &str) -> String {
    let salted = format!("{launch_id}:{}", key.expose_for_service());
    blake3::hash(salted.as_bytes()).to_hex().to_string()
}

fn service_key(key: &VaultKey) -> ServiceKey {
    ServiceKey::new(key.expose_for_service().to_owned())
}

fn file_of_keys(library: &Library) -> PathBuf {
    library.home().join(FILE)
}

/// The name of this library's item in the keyring; made once.
fn installation(library: &Library) -> Result<String, Failure> {
    let stored = library.setting(INSTALLATION).or_failure()?;
    let known = stored.and_then(|json| serde_json::from_str::<String>(&json).ok());
    if let Some(known) = known {
        return Ok(known);
    }
    let made = ulid::Ulid::new().to_string();
    let json = serde_json::to_string(&made).map_err(|error| internal(error.to_string()))?;
    library.setting_set(INSTALLATION, &json).or_failure()?;
    Ok(made)
}
