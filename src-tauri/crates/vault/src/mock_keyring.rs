//! A keyring for tests: the mock store of `keyring-core`, in which each step can be made to fail or
//! to hold still.
//!
//! Like a real store, one of its stores serves one call at a time: whoever shared a store with a
//! call that holds still would hold still too.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, CredentialStore, Entry, Error, Result, mock};

use crate::keyring::{LockState, StoreSource};
use crate::vault::{KeyringOptions, TIME_LIMIT, Vault};

/// What a keyring is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Open,
    Read,
    Write,
    Delete,
}

/// What happens before a step: nothing, a failure, or a wait.
type Hook = Arc<dyn Fn() -> Result<()> + Send + Sync>;

/// The installation that the tests speak of.
pub(crate) const INSTALLATION: &str = "test";
/// The service that the tests speak of.
pub(crate) const SERVICE: &str = "openai";

/// The keyring of an imagined computer.
pub(crate) struct MockKeyring {
    items: Arc<mock::Store>,
    hooks: Mutex<HashMap<Step, Hook>>,
    lock_state: Mutex<LockState>,
    opened: AtomicUsize,
    open_now: Mutex<usize>,
    closed_one: Condvar,
}

/// Both ends of a step that holds still: one says that it is reached, one lets it go on.
pub(crate) struct Hold {
    pub(crate) reached: Receiver<()>,
    pub(crate) go_on: Sender<()>,
}

impl MockKeyring {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            items: mock::Store::new().unwrap(),
            hooks: Mutex::default(),
            lock_state: Mutex::new(LockState::Unlocked),
            opened: AtomicUsize::new(0),
            open_now: Mutex::new(0),
            closed_one: Condvar::new(),
        })
    }

    /// A vault over this keyring.
    pub(crate) fn vault(self: &Arc<Self>) -> Vault {
        self.vault_with_limit(TIME_LIMIT)
    }

    /// A vault over this keyring with another limit than the usual.
    pub(crate) fn vault_with_limit(self: &Arc<Self>, time_limit: Duration) -> Vault {
        let source = Arc::new(Source(self.clone()));
        Vault::in_keyring(INSTALLATION, KeyringOptions { source, time_limit }).unwrap()
    }

    /// The item as another program would see it.
    pub(crate) fn item(&self) -> Entry {
        self.items.build("dev.attune.app", INSTALLATION, None).unwrap()
    }

    pub(crate) fn set_lock_state(&self, state: LockState) {
        *self.lock_state.lock().unwrap() = state;
    }

    /// How many stores were opened.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    /// Waits until no operation has the item open, not even one that was given up.
    pub(crate) fn wait_until_closed(&self) {
        let open_now = self.open_now.lock().unwrap();
        drop(self.closed_one.wait_while(open_now, |open_now| *open_now > 0).unwrap());
    }

    /// `hook` happens before every `step` from now on.
    pub(crate) fn before(&self, step: Step, hook: impl Fn() -> Result<()> + Send + Sync + 'static) {
        self.hooks.lock().unwrap().insert(step, Arc::new(hook));
    }

    /// Every `step` fails from now on.
    pub(crate) fn fail(&self, step: Step, error: fn() -> Error) {
        self.before(step, move || Err(error()));
    }

    /// Every step works again.
    pub(crate) fn heal(&self) {
        self.hooks.lock().unwrap().clear();
    }

    /// The next `step` holds still until it is told to go on; those after it do not.
    pub(crate) fn hold(self: &Arc<Self>, step: Step) -> Hold {
        let ((reach, reached), (go_on, told)) = (channel(), channel());
        let (keyring, told) = (Arc::downgrade(self), Mutex::new(told));
        self.before(step, move || {
            keyring.upgrade().unwrap().hooks.lock().unwrap().remove(&step);
            reach.send(()).unwrap();
            // A test that is over lets everything go on.
            _ = told.lock().unwrap().recv();
            Ok(())
        });
        Hold { reached, go_on }
    }

    fn step(&self, step: Step) -> Result<()> {
        let hook = self.hooks.lock().unwrap().get(&step).cloned();
        hook.map_or(Ok(()), |hook| hook())
    }
}

/// The keyring as the vault opens it.
struct Source(Arc<MockKeyring>);

impl StoreSource for Source {
    fn open(&self) -> Result<Arc<CredentialStore>> {
        self.0.opened.fetch_add(1, Ordering::SeqCst);
        self.0.step(Step::Open)?;
        Ok(Arc::new(MockStore { keyring: self.0.clone(), busy: Arc::default() }))
    }

    fn lock_state(&self) -> LockState {
        *self.0.lock_state.lock().unwrap()
    }
}

struct MockStore {
    keyring: Arc<MockKeyring>,
    busy: Arc<Mutex<()>>,
}

impl CredentialStoreApi for MockStore {
    fn vendor(&self) -> String {
        "tests".to_owned()
    }

    fn id(&self) -> String {
        "mock".to_owned()
    }

    fn build(
        &self,
        service: &str,
        user: &str,
        modifiers: Option<&HashMap<&str, &str>>,
    ) -> Result<Entry> {
        let inner = self.keyring.items.build(service, user, modifiers)?;
        *self.keyring.open_now.lock().unwrap() += 1;
        let (keyring, busy) = (self.keyring.clone(), self.busy.clone());
        Ok(Entry::new_with_credential(Arc::new(MockItem { keyring, busy, inner })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct MockItem {
    keyring: Arc<MockKeyring>,
    busy: Arc<Mutex<()>>,
    inner: Entry,
}

impl Drop for MockItem {
    fn drop(&mut self) {
        *self.keyring.open_now.lock().unwrap() -= 1;
        self.keyring.closed_one.notify_all();
    }
}

impl MockItem {
    fn do_step<T>(&self, step: Step, work: impl FnOnce(&Entry) -> Result<T>) -> Result<T> {
        let _one_at_a_time = self.busy.lock().unwrap();
        self.keyring.step(step)?;
        work(&self.inner)
    }
}

impl CredentialApi for MockItem {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        self.do_step(Step::Write, |entry| entry.set_secret(secret))
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        self.do_step(Step::Read, Entry::get_secret)
    }

    fn delete_credential(&self) -> Result<()> {
        self.do_step(Step::Delete, Entry::delete_credential)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        self.inner.get_specifiers()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Waits for an answer of the vault, which needs nothing of a runtime.
pub(crate) fn now<T>(answer: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(answer)
}

/// What a platform says of a keyring that was not unlocked.
pub(crate) fn prompt_dismissed() -> Error {
    Error::NoStorageAccess("prompt dismissed".into())
}

/// What a platform says when it says nothing else.
pub(crate) fn platform_failure() -> Error {
    Error::PlatformFailure("the daemon is gone".into())
}
