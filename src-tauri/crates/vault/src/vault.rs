//! What the rest of the program sees: keys by the name of their service, whatever keeps them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use crate::activity::Activity;
use crate::actor::{self, Message, Request, Work};
use crate::error::VaultError;
use crate::key::VaultKey;
use crate::key_map::{Change, KeyListing, KeyMap};
use crate::keyring::{KeyringItem, LockState, StoreSource};
use crate::passphrase::{Cost, Passphrase, SealedFile};
use crate::place::Place;
use crate::platform::ComputersKeyring;
use crate::session::SessionMemory;

/// How long an operation may take: a person may be looking for a password.
pub const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The keys of one installation. Each of its operations is one look, and one change where one is
/// asked for; they are done in the order in which they were asked for, whether or not anybody
/// still waits for the answer.
///
/// Asking never blocks: the answer is a future that is ready after the time limit at the latest,
/// and needs no particular runtime.
pub struct Vault {
    place: Arc<dyn Place>,
    actor: Sender<Message>,
    activity: watch::Receiver<Activity>,
    time_limit: Duration,
}

/// Which keyring, and how long it is waited for.
pub struct KeyringOptions {
    /// Where stores come from.
    pub source: Arc<dyn StoreSource>,
    /// The most an operation may take, from its being asked for.
    pub time_limit: Duration,
}

impl Default for KeyringOptions {
    /// This computer's keyring, and time enough to find a password.
    fn default() -> Self {
        Self { source: Arc::new(ComputersKeyring), time_limit: TIME_LIMIT }
    }
}

impl fmt::Debug for KeyringOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyringOptions({:?})", self.time_limit)
    }
}

impl Vault {
    /// Keys in the keyring, all in one item of this `installation`. Nothing is asked of the keyring
    /// yet.
    pub fn in_keyring(installation: &str, options: KeyringOptions) -> Result<Self, VaultError> {
        let item = KeyringItem::new(options.source, installation.to_owned());
        Self::over(Arc::new(item), options.time_limit)
    }

    /// Keys in memory, gone with the program.
    pub fn for_this_session() -> Result<Self, VaultError> {
        Self::over(Arc::new(SessionMemory::default()), TIME_LIMIT)
    }

    /// Keys in a file that only `passphrase` opens. The file is made with the first key; its
    /// folder must be there.
    pub fn behind_passphrase(file: PathBuf, passphrase: Passphrase) -> Result<Self, VaultError> {
        let sealed = SealedFile::new(file, passphrase, Cost::RECOMMENDED);
        Self::over(Arc::new(sealed), TIME_LIMIT)
    }

    pub(crate) fn over(place: Arc<dyn Place>, time_limit: Duration) -> Result<Self, VaultError> {
        let (sender, activity) = watch::channel(Activity::Idle);
        let actor = actor::start(place.clone(), sender).map_err(VaultError::NoThread)?;
        Ok(Self { place, actor, activity, time_limit })
    }

    /// The key of `service`, if there is one.
    pub fn get(
        &self,
        service: &str,
    ) -> impl Future<Output = Result<Option<VaultKey>, VaultError>> + Send + use<> {
        let (service, found) = (service.to_owned(), self.ask(Work::Look));
        async move { Ok(found.await?.get(&service).cloned()) }
    }

    /// What may be shown of all keys, by the name of their service.
    pub fn list(&self) -> impl Future<Output = Result<Vec<KeyListing>, VaultError>> + Send + use<> {
        let found = self.ask(Work::Look);
        async move { Ok(found.await?.listings()) }
    }

    /// Keeps `key` for `service`, in the place of the one before.
    pub fn set(
        &self,
        service: &str,
        key: VaultKey,
    ) -> impl Future<Output = Result<(), VaultError>> + Send + use<> {
        let found = self.ask(Work::Change(Change::Set { service: service.to_owned(), key }));
        async move { found.await.map(drop) }
    }

    /// Removes the key of `service`, and the item with the last one. Says whether there was one.
    pub fn remove(
        &self,
        service: &str,
    ) -> impl Future<Output = Result<bool, VaultError>> + Send + use<> {
        let service = service.to_owned();
        let found = self.ask(Work::Change(Change::Remove { service: service.clone() }));
        async move { Ok(found.await?.get(&service).is_some()) }
    }

    /// Deletes the whole item or file, whatever it holds: the way on from [`VaultError::Garbled`] and
    /// from a passphrase that was forgotten. Every key is lost, so a person is asked before.
    pub fn discard_everything(
        &self,
    ) -> impl Future<Output = Result<(), VaultError>> + Send + use<> {
        let discarded = self.ask(Work::Discard);
        async move { discarded.await.map(drop) }
    }

    /// Whether an operation would make the keyring ask for a password. Asks nobody for anything and
    /// waits for no other operation.
    pub async fn lock_state(&self) -> Result<LockState, VaultError> {
        let (reply, answer) = oneshot::channel();
        let place = self.place.clone();
        let look = move || {
            _ = reply.send(place.lock_state());
        };
        thread::Builder::new()
            .name("vault-lock".to_owned())
            .spawn(look)
            .map_err(VaultError::NoThread)?;
        answer.await.map_err(|_| VaultError::Broken)
    }

    /// Whether an operation is open, for whoever wants to be told of changes.
    #[must_use]
    pub fn activity(&self) -> watch::Receiver<Activity> {
        self.activity.clone()
    }

    /// Puts an operation into the queue at once, not only when its answer is first looked at: the
    /// order of asking is the order of doing.
    fn ask(&self, work: Work) -> impl Future<Output = Result<KeyMap, VaultError>> + Send + use<> {
        let (reply, answer) = oneshot::channel();
        let deadline = Instant::now() + self.time_limit;
        // A vault without its actor drops the request and with it the reply.
        _ = self.actor.send(Message::Ask(Request { work, deadline, reply }));
        async move { answer.await.unwrap_or(Err(VaultError::Broken)) }
    }
}

#[cfg(test)]
impl Vault {
    /// What the deadline of the operation that is under way does, now.
    fn let_the_deadline_pass(&self) {
        _ = self.actor.send(Message::GiveUp);
    }
}

impl Drop for Vault {
    /// The actor ends once everything that was asked for is done.
    fn drop(&mut self) {
        _ = self.actor.send(Message::Close);
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Vault({:?})", self.place)
    }
}

#[cfg(test)]
mod tests;
