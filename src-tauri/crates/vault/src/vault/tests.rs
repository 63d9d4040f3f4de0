//! The vault over an imagined keyring in every state that a real one was seen in, without waiting
//! for any clock: a step that holds still goes on when it is told to, and a deadline passes when it
//! is told to.

mod against_a_model;
mod deadlines;
mod states;

use super::Vault;
use crate::canary::canary;
use crate::error::VaultError;
use crate::key::VaultKey;
use crate::key_map::KeyListing;
use crate::mock_keyring::{MockKeyring, SERVICE, now};

fn key(text: &str) -> VaultKey {
    VaultKey::parse(text).unwrap()
}

/// What `get` says, as text.
fn got(vault: &Vault, service: &str) -> String {
    match now(vault.get(service)) {
        Ok(Some(key)) => key.expose_for_service().to_owned(),
        Ok(None) => "nothing".to_owned(),
        Err(error) => format!("refused: {error}"),
    }
}

#[track_caller]
fn assert_refused<T>(answer: Result<T, VaultError>, words: &str) {
    assert_eq!(answer.err().map(|error| error.to_string()).as_deref(), Some(words));
}

#[test]
fn keys_are_set_replaced_listed_and_removed() {
    let vault = MockKeyring::new().vault();
    assert_eq!(got(&vault, SERVICE), "nothing");
    now(vault.set(SERVICE, key("sk-proj-0123456789abcdWXYZ"))).unwrap();
    now(vault.set("nebius", key("v1.0123456789abcdefgh"))).unwrap();
    now(vault.set(SERVICE, key("sk-admin-0123456789abc4321"))).unwrap();
    assert_eq!(got(&vault, SERVICE), "sk-admin-0123456789abc4321");
    let listed = now(vault.list()).unwrap();
    let shown: Vec<_> = listed
        .iter()
        .map(|KeyListing { service, last_four, kind }| format!("{service} {last_four} {kind:?}"))
        .collect();
    assert_eq!(shown, ["nebius efgh Other", "openai 4321 Admin"]);
    assert!(now(vault.remove(SERVICE)).unwrap());
    assert!(!now(vault.remove(SERVICE)).unwrap());
    assert_eq!(got(&vault, SERVICE), "nothing");
    assert_eq!(got(&vault, "nebius"), "v1.0123456789abcdefgh");
}

#[test]
fn the_last_key_takes_the_item_along() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    now(vault.set(SERVICE, key("sk-1"))).unwrap();
    keyring.item().get_secret().expect("there is an item");
    assert!(now(vault.remove(SERVICE)).unwrap());
    assert!(matches!(keyring.item().get_secret(), Err(keyring_core::Error::NoEntry)));
}

#[test]
fn each_operation_opens_a_store_of_its_own() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    assert_eq!(keyring.opened(), 0, "making a vault asks the keyring nothing");
    now(vault.set(SERVICE, key("sk-1"))).unwrap();
    assert_eq!(got(&vault, SERVICE), "sk-1");
    now(vault.list()).unwrap();
    assert_eq!(keyring.opened(), 3);
}

#[test]
fn keys_for_this_session_end_with_it() {
    let vault = Vault::for_this_session().unwrap();
    now(vault.set(SERVICE, key("sk-1"))).unwrap();
    assert_eq!(got(&vault, SERVICE), "sk-1");
    assert_eq!(got(&Vault::for_this_session().unwrap(), SERVICE), "nothing");
    assert!(now(vault.remove(SERVICE)).unwrap());
    assert_eq!(got(&vault, SERVICE), "nothing");
}

#[test]
fn a_vault_says_nothing_of_its_keys() {
    let keyring = MockKeyring::new();
    for vault in [keyring.vault(), Vault::for_this_session().unwrap()] {
        now(vault.set(SERVICE, canary())).unwrap();
        let listed = now(vault.list()).unwrap();
        let found = now(vault.get(SERVICE)).unwrap();
        crate::canary::assert_silent(&format!("{vault:?} {vault:#?} {listed:?} {found:?}"));
    }
}
