//! What happens in each state of the keyring.

use std::path::Path;
use std::time::Duration;

use attune_vault::{
    ComputersKeyring, KeyringOptions, LockState, StoreSource, Vault, VaultError, VaultKey,
};

use super::Outcome;
use super::daemon::{Daemon, WITHOUT_A_BUS};
use super::listener::Listener;

const INSTALLATION: &str = "real-keyring-test";
const KEY: &str = "sk-proj-CaNaRy0123456789abcdefghijklWXYZ";

/// A scenario's name and what happens in it.
type Scenario = (&'static str, fn() -> Outcome);

const SCENARIOS: [Scenario; 8] = [
    (WITHOUT_A_BUS, no_keyring),
    ("bus_without_a_daemon", no_keyring),
    ("open_keyring", open_keyring),
    ("on_a_worker_of_a_runtime", on_a_worker_of_a_runtime),
    ("locked_and_nobody_to_ask", locked_and_nobody_to_ask),
    ("never_made_a_keyring", never_made_a_keyring),
    ("daemon_that_hangs", daemon_that_hangs),
    ("somebody_else_s_item", somebody_else_s_item),
];

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(name, _)| *name)
}

pub(crate) fn run(name: &str) -> Outcome {
    let (_, scenario) = SCENARIOS.iter().find(|it| it.0 == name).ok_or("no such scenario")?;
    scenario()
}

fn vault() -> Outcome<Vault> {
    Ok(Vault::in_keyring(INSTALLATION, KeyringOptions::default())?)
}

fn now<T>(answer: impl Future<Output = T>) -> Outcome<T> {
    Ok(tokio::runtime::Builder::new_current_thread().build()?.block_on(answer))
}

fn key(text: &str) -> Outcome<VaultKey> {
    Ok(VaultKey::parse(text)?)
}

/// What the vault has for a service.
fn got(vault: &Vault, service: &str) -> Outcome<Option<String>> {
    Ok(now(vault.get(service))??.map(|key| key.expose_for_service().to_owned()))
}

fn no_keyring() -> Outcome {
    let vault = vault()?;
    assert_eq!(now(vault.lock_state())??, LockState::NoKeyring);
    let refused = now(vault.set("openai", key(KEY)?))?;
    assert!(matches!(refused, Err(VaultError::NoKeyring(_))), "{refused:?}");
    Ok(())
}

fn open_keyring() -> Outcome {
    let listener = Listener::start()?;
    let daemon = Daemon::unlocked()?;
    let vault = vault()?;
    assert_eq!(now(vault.lock_state())??, LockState::Unlocked);
    assert_eq!(got(&vault, "openai")?, None);
    now(vault.set("openai", key("sk-proj-the-one-before")?))??;
    now(vault.set("openai", key(KEY)?))??;
    now(vault.set("nebius", key("v1.0123456789abcdefgh")?))??;
    assert_eq!(got(&vault, "openai")?.as_deref(), Some(KEY));
    let listed = now(vault.list())??;
    let shown: Vec<_> = listed.iter().map(|it| (&*it.service, &*it.last_four)).collect();
    assert_eq!(shown, [("nebius", "efgh"), ("openai", "WXYZ")]);

    // The keys outlive the daemon, and the vault outlives it too.
    drop(daemon);
    let _daemon = Daemon::unlocked()?;
    assert_eq!(got(&vault, "openai")?.as_deref(), Some(KEY));
    assert!(now(vault.remove("nebius"))??);
    assert!(now(vault.remove("openai"))??);
    assert!(!now(vault.remove("openai"))??);
    assert_eq!(got(&self::vault()?, "openai")?, None);
    let refused = now(vault.set("openai", key(&"k".repeat(2_560))?))?;
    assert!(matches!(refused, Err(VaultError::TooLarge { .. })), "{refused:?}");

    let heard = listener.heard();
    assert!(heard.contains("org.freedesktop.Secret"), "the libraries were listened to");
    assert_untold(&heard);
    assert_untold_in_files(Path::new(&std::env::var("HOME")?))
}

/// No text holds the key, as text or as the numbers of its bytes.
fn assert_untold(text: &str) {
    let numbers = KEY.bytes().map(|it| it.to_string()).collect::<Vec<_>>().join(", ");
    let hex = KEY.bytes().map(|it| format!("{it:02x}")).collect::<String>();
    for trace in [KEY, &KEY[..12], &KEY[KEY.len() - 12..], &numbers, &hex] {
        assert!(!text.contains(trace), "`{trace}` was said");
    }
}

/// No file below `folder` holds it either.
fn assert_untold_in_files(folder: &Path) -> Outcome {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            assert_untold_in_files(&entry.path())?;
        } else if kind.is_file() {
            assert_untold(&String::from_utf8_lossy(&std::fs::read(entry.path())?));
        }
    }
    Ok(())
}

/// The D-Bus library would panic on a worker, were it called there.
fn on_a_worker_of_a_runtime() -> Outcome {
    let _daemon = Daemon::unlocked()?;
    let (vault, key) = (vault()?, key(KEY)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
    let worker = runtime.spawn(async move {
        vault.set("openai", key).await?;
        assert_eq!(vault.lock_state().await?, LockState::Unlocked);
        vault.get("openai").await
    });
    let found = runtime.block_on(worker)??.ok_or("a key")?;
    assert_eq!(found.expose_for_service(), KEY);
    Ok(())
}

fn locked_and_nobody_to_ask() -> Outcome {
    let daemon = Daemon::unlocked()?;
    let vault = vault()?;
    now(vault.set("openai", key(KEY)?))??;
    daemon.lock()?;
    assert_eq!(now(vault.lock_state())??, LockState::Locked);
    let refused = now(vault.get("openai"))?;
    assert!(matches!(refused, Err(VaultError::Locked(_))), "{refused:?}");
    let refused = now(vault.set("nebius", key("v1.1")?))?;
    assert!(matches!(refused, Err(VaultError::Locked(_))), "{refused:?}");
    let refused = now(vault.remove("openai"))?;
    assert!(matches!(refused, Err(VaultError::Locked(_))), "{refused:?}");
    // Logging in again opens it; the vault did not have to be made anew.
    drop(daemon);
    let _daemon = Daemon::unlocked()?;
    assert_eq!(got(&vault, "openai")?.as_deref(), Some(KEY));
    assert_eq!(got(&vault, "nebius")?, None);
    Ok(())
}

fn never_made_a_keyring() -> Outcome {
    let _daemon = Daemon::without_a_keyring()?;
    let vault = vault()?;
    assert_eq!(got(&vault, "openai")?, None);
    let refused = now(vault.set("openai", key(KEY)?))?;
    assert!(matches!(refused, Err(VaultError::NoCollection(_))), "{refused:?}");
    Ok(())
}

/// The daemon holds still for good, so the limit is reached however short it is; once it goes on,
/// the same vault works.
fn daemon_that_hangs() -> Outcome {
    let daemon = Daemon::unlocked()?;
    let patient = vault()?;
    now(patient.set("openai", key(KEY)?))??;
    let time_limit = Duration::from_millis(300);
    let options = KeyringOptions { time_limit, ..KeyringOptions::default() };
    let vault = Vault::in_keyring(INSTALLATION, options)?;
    daemon.stop()?;
    for _ in 0..2 {
        let refused = now(vault.get("openai"))?;
        let untouched = matches!(refused, Err(VaultError::TimedOut { may_have_changed: false }));
        assert!(untouched, "{refused:?}");
    }
    let refused = now(vault.set("openai", key("sk-given-up")?))?;
    assert!(matches!(refused, Err(VaultError::TimedOut { .. })), "{refused:?}");
    assert_eq!(now(vault.lock_state())??, LockState::Unknown);
    daemon.go_on()?;
    assert_eq!(got(&patient, "openai")?.as_deref(), Some(KEY));
    // On a busy computer an answer may take longer than this vault's limit, but not every time.
    let answered = (0..100).find_map(|_| now(vault.get("openai")).ok()?.ok());
    assert_eq!(answered.flatten().ok_or("a key")?.expose_for_service(), KEY);
    Ok(())
}

fn somebody_else_s_item() -> Outcome {
    let _daemon = Daemon::unlocked()?;
    let item = ComputersKeyring.open()?.build("dev.attune.app", INSTALLATION, None)?;
    item.set_secret(b"somebody else's")?;
    let vault = vault()?;
    let refused = now(vault.set("openai", key(KEY)?))?;
    assert!(matches!(refused, Err(VaultError::Garbled)), "{refused:?}");
    assert_eq!(item.get_secret()?, b"somebody else's");
    Ok(())
}
