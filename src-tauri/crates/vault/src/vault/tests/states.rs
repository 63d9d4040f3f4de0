//! S-03: the states of a keyring, and S-01: what their errors tell.

use keyring_core::Error;

use super::{assert_refused, got, key};
use crate::canary::{CANARY, assert_silent, canary};
use crate::error::VaultError;
use crate::keyring::LockState;
use crate::mock_keyring::{MockKeyring, SERVICE, Step, now, platform_failure, prompt_dismissed};

#[test]
fn missing_daemon() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    keyring.fail(Step::Open, platform_failure);
    let words = "this computer has no keyring that answers";
    assert_refused(now(vault.get(SERVICE)), words);
    assert_refused(now(vault.set(SERVICE, key("sk-1"))), words);
    // The first failure is not kept for the life of the program.
    keyring.heal();
    now(vault.set(SERVICE, key("sk-1"))).unwrap();
    assert_eq!(got(&vault, SERVICE), "sk-1");
}

#[test]
fn locked_and_nobody_can_be_asked() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    keyring.set_lock_state(LockState::Locked);
    keyring.fail(Step::Read, || Error::NoStorageAccess("object locked".into()));
    assert_eq!(now(vault.lock_state()).unwrap(), LockState::Locked);
    assert_refused(now(vault.list()), "the keyring is locked and was not unlocked");
}

#[test]
fn prompt_dismissed_at_any_step() {
    for step in [Step::Open, Step::Read, Step::Write] {
        let keyring = MockKeyring::new();
        let vault = keyring.vault();
        keyring.fail(step, prompt_dismissed);
        let refused = now(vault.set(SERVICE, key("sk-1")));
        assert_refused(refused, "the keyring is locked and was not unlocked");
        keyring.heal();
        assert_eq!(got(&vault, SERVICE), "nothing", "{step:?}");
    }
}

#[test]
fn a_service_without_a_keyring() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    keyring.set_lock_state(LockState::NoCollection);
    keyring.fail(Step::Write, || Error::NoStorageAccess("no result".into()));
    let refused = now(vault.set(SERVICE, key("sk-1")));
    assert_refused(refused, "the keyring service has no keyring to keep keys in");
}

#[test]
fn item_deleted_while_another_key_is_set() {
    // Stores differ in what they say of it, so the vault looks again.
    for error in [platform_failure, || Error::NoEntry] {
        let keyring = MockKeyring::new();
        let vault = keyring.vault();
        now(vault.set(SERVICE, key("sk-1"))).unwrap();
        let item = keyring.item();
        keyring.before(Step::Write, move || {
            item.delete_credential()?;
            Err(error())
        });
        let refused = now(vault.set("nebius", key("v1.1")));
        assert_refused(refused, "the keys were removed from the keyring in the meantime");
        keyring.heal();
        assert_eq!(got(&vault, "nebius"), "nothing");
        now(vault.set("nebius", key("v1.1"))).unwrap();
        assert_eq!(got(&vault, "nebius"), "v1.1");
    }
}

#[test]
fn item_deleted_while_its_last_key_is_removed() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    now(vault.set(SERVICE, key("sk-1"))).unwrap();
    let item = keyring.item();
    keyring.before(Step::Delete, move || item.delete_credential());
    assert!(now(vault.remove(SERVICE)).unwrap(), "the key is gone, which was asked for");
    assert_eq!(got(&vault, SERVICE), "nothing");
}

#[test]
fn an_item_of_the_wrong_type_is_never_overwritten() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    keyring.item().set_secret(b"somebody else's").unwrap();
    let words = "what is stored for this installation is not readable as keys";
    assert_refused(now(vault.get(SERVICE)), words);
    assert_refused(now(vault.set(SERVICE, key("sk-1"))), words);
    assert_refused(now(vault.remove(SERVICE)), words);
    assert_eq!(keyring.item().get_secret().unwrap(), b"somebody else's");
}

#[test]
fn only_who_says_so_discards_an_item_of_the_wrong_type() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    keyring.item().set_secret(b"somebody else's").unwrap();
    keyring.fail(Step::Delete, platform_failure);
    assert_refused(now(vault.discard_everything()), "the keyring failed");
    keyring.heal();
    now(vault.discard_everything()).unwrap();
    now(vault.discard_everything()).expect("nothing is there, which is as good");
    now(vault.set(SERVICE, key("sk-1"))).unwrap();
    assert_eq!(got(&vault, SERVICE), "sk-1");
}

#[test]
fn an_item_that_the_store_itself_cannot_read() {
    let errors: [fn() -> Error; 2] = [
        || Error::BadEncoding(CANARY.as_bytes().to_vec()),
        || Error::BadDataFormat(CANARY.as_bytes().to_vec(), CANARY.into()),
    ];
    for error in errors {
        let keyring = MockKeyring::new();
        keyring.fail(Step::Read, error);
        let refused = now(keyring.vault().list()).unwrap_err();
        assert!(matches!(refused, VaultError::Garbled), "{refused:?}");
        assert_silent(&everything_said(&refused));
    }
}

#[test]
fn more_than_an_item_can_hold() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    now(vault.set(SERVICE, key("sk-1"))).unwrap();
    keyring.before(Step::Write, || panic!("refused before anything is written"));
    let refused = now(vault.set("nebius", key(&"k".repeat(2_560))));
    let words = "the keys would take 2614 bytes, more than the 2560 that can be kept";
    assert_refused(refused, words);
    keyring.heal();
    assert_eq!(got(&vault, SERVICE), "sk-1");
}

#[test]
fn a_store_with_a_smaller_limit() {
    let keyring = MockKeyring::new();
    keyring.fail(Step::Write, || Error::TooLong("secret".to_owned(), 20));
    let refused = now(keyring.vault().set(SERVICE, key("sk-1"))).unwrap_err();
    assert!(matches!(refused, VaultError::TooLarge { bytes: 42, limit: 20 }), "{refused:?}");
}

#[test]
fn several_items_that_claim_to_be_ours() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    now(vault.set(SERVICE, canary())).unwrap();
    let item = keyring.item();
    // The mock's own entries print what they hold; nothing of that may be kept.
    keyring.before(Step::Read, move || {
        let copies = keyring_core::mock::Store::new()?;
        let copy = |user: &str| {
            let entry = keyring_core::api::CredentialStoreApi::build(&*copies, "a", user, None)?;
            entry.set_secret(&item.get_secret()?)?;
            Ok(entry)
        };
        Err(Error::Ambiguous(vec![copy("1")?, copy("2")?]))
    });
    let refused = now(vault.get(SERVICE)).unwrap_err();
    assert_eq!(refused.to_string(), "the keyring has 2 items for this installation");
    assert_silent(&everything_said(&refused));
}

#[test]
fn failing_on_delete() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    now(vault.set(SERVICE, key("sk-1"))).unwrap();
    keyring.fail(Step::Delete, platform_failure);
    assert_refused(now(vault.remove(SERVICE)), "the keyring failed");
    assert_eq!(got(&vault, SERVICE), "sk-1", "a key that was not removed is still shown");
    keyring.heal();
    assert!(now(vault.remove(SERVICE)).unwrap());
}

#[test]
fn a_failed_write_leaves_the_old_keys_readable() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    now(vault.set(SERVICE, key("sk-1"))).unwrap();
    keyring.fail(Step::Write, platform_failure);
    assert_refused(now(vault.set(SERVICE, key("sk-2"))), "the keyring failed");
    assert_refused(now(vault.set("nebius", key("v1.1"))), "the keyring failed");
    assert_eq!(got(&vault, SERVICE), "sk-1");
    assert_eq!(got(&vault, "nebius"), "nothing");
}

#[test]
fn a_library_that_panics_ends_its_own_operation_only() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    keyring.before(Step::Read, || panic!("cannot start a runtime from within a runtime"));
    assert_refused(now(vault.get(SERVICE)), "the work on the keyring broke off");
    keyring.heal();
    assert_eq!(got(&vault, SERVICE), "nothing");
}

#[test]
fn a_platform_that_quotes_what_it_was_given_is_blanked() {
    let quoting: [fn() -> Error; 2] = [
        || Error::PlatformFailure(format!("cannot store `{CANARY}` here").into()),
        || Error::NoStorageAccess(format!("no leave for `{CANARY}`").into()),
    ];
    for error in quoting {
        let keyring = MockKeyring::new();
        keyring.fail(Step::Write, error);
        let refused = now(keyring.vault().set(SERVICE, canary())).unwrap_err();
        assert_silent(&everything_said(&refused));
        assert!(everything_said(&refused).contains("`****`"), "the rest is still said");
    }
}

#[test]
fn the_platform_s_words_are_kept_with_their_causes() {
    let keyring = MockKeyring::new();
    keyring.fail(Step::Open, || {
        let cause = std::io::Error::other("no such file");
        Error::PlatformFailure(Box::new(keyring_core::Error::PlatformFailure(cause.into())))
    });
    let refused = now(keyring.vault().list()).unwrap_err();
    let said = std::error::Error::source(&refused).unwrap().to_string();
    assert_eq!(said, "Platform failure: no such file");
}

/// All that an error can be made to say.
fn everything_said(error: &VaultError) -> String {
    let source = std::error::Error::source(error);
    let cause = source.map(|it| format!("{it} {it:?} {it:#?}")).unwrap_or_default();
    format!("{error} {error:?} {error:#?} {cause}")
}
