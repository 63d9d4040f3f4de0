//! The sealed file: what it looks like, who can open it, and that it is never half.

use std::path::Path;
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::{Cost, Passphrase, PassphraseError, SealedFile};
use crate::canary::{CANARY, assert_silent, canary};
use crate::key::VaultKey;
use crate::mock_keyring::{SERVICE, now};
use crate::vault::{TIME_LIMIT, Vault};

const RIGHT: &str = "correct horse battery";

/// A vault in a file, with guesses as cheap as they can be.
fn cheap_vault(path: &Path, passphrase: &str) -> Vault {
    let passphrase = Passphrase::new(passphrase).unwrap();
    let file = SealedFile::new(path.to_owned(), passphrase, Cost::CHEAPEST);
    Vault::over(Arc::new(file), TIME_LIMIT).unwrap()
}

#[track_caller]
fn assert_refused<T>(answer: Result<T, crate::VaultError>, words: &str) {
    let error = answer.err().expect("it should be refused");
    assert_eq!(error.to_string(), words);
    assert_silent(&format!("{error:?} {:?}", std::error::Error::source(&error)));
}

#[test]
fn keys_outlive_the_vault_and_need_the_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    now(cheap_vault(&path, RIGHT).set(SERVICE, canary())).unwrap();
    now(cheap_vault(&path, RIGHT).set("nebius", VaultKey::parse("v1.1").unwrap())).unwrap();
    let found = now(cheap_vault(&path, RIGHT).get(SERVICE)).unwrap().unwrap();
    assert_eq!(found.expose_for_service(), CANARY);

    let before = std::fs::read(&path).unwrap();
    let other = cheap_vault(&path, "correct horse batterx");
    let words = "the passphrase does not open the file of keys";
    assert_refused(now(other.get(SERVICE)), words);
    assert_refused(now(other.set(SERVICE, canary())), words);
    assert_refused(now(other.remove(SERVICE)), words);
    assert_eq!(std::fs::read(&path).unwrap(), before, "a wrong passphrase destroys nothing");

    // A passphrase that was forgotten costs the keys, and not the place for new ones.
    now(other.discard_everything()).unwrap();
    now(other.set(SERVICE, canary())).unwrap();
    assert_refused(now(cheap_vault(&path, RIGHT).list()), words);
}

#[test]
fn the_file_is_its_owner_s_alone_and_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let vault = cheap_vault(&path, RIGHT);
    now(vault.set(SERVICE, canary())).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let set_mode = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        // Whatever somebody made of it, the next change makes it right.
        set_mode(0o644);
        now(vault.set("nebius", VaultKey::parse("v1.1").unwrap())).unwrap();
        assert_eq!(mode(), 0o600);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing lies beside it");
    assert!(now(vault.remove(SERVICE)).unwrap());
    now(vault.remove("nebius")).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no key, no file");
}

#[test]
fn nothing_of_a_key_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let vault = cheap_vault(&path, RIGHT);
    now(vault.set(SERVICE, canary())).unwrap();
    let first = std::fs::read(&path).unwrap();
    // Each byte as a character of its own, so that the traces can be looked for as text.
    assert_silent(&first.iter().map(|byte| char::from(*byte)).collect::<String>());
    now(vault.set("nebius", canary())).unwrap();
    now(vault.remove("nebius")).unwrap();
    let second = std::fs::read(&path).unwrap();
    assert_eq!(first.len(), second.len());
    assert_ne!(first[30..54], second[30..54], "a nonce is never used twice");
    assert_ne!(first[54..], second[54..]);
}

#[test]
fn every_changed_byte_and_every_cut_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let vault = cheap_vault(&path, RIGHT);
    now(vault.set(SERVICE, canary())).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for index in 0..whole.len() {
        let mut changed = whole.clone();
        changed[index] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        now(vault.list()).expect_err("a byte was changed");
        std::fs::write(&path, &whole[..index]).unwrap();
        now(vault.list()).expect_err("the end was cut off");
    }
    std::fs::write(&path, &whole).unwrap();
    now(vault.list()).unwrap();
}

#[test]
fn a_file_of_another_kind_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let words = "what is stored for this installation is not readable as keys";
    for foreign in ["", "attune keys 2\n0123456789abcdef", "attune keys 1\nshort", "a letter"] {
        std::fs::write(&path, foreign).unwrap();
        let vault = cheap_vault(&path, RIGHT);
        assert_refused(now(vault.list()), words);
        assert_refused(now(vault.set(SERVICE, canary())), words);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), foreign);
    }
}

#[test]
fn a_folder_that_is_missing_or_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let words = "the file of keys cannot be read or written";
    let nowhere = cheap_vault(&folder.path().join("no/keys"), RIGHT);
    assert!(now(nowhere.list()).unwrap().is_empty());
    assert_refused(now(nowhere.set(SERVICE, canary())), words);
    let in_the_way = folder.path().join("keys");
    std::fs::create_dir(&in_the_way).unwrap();
    assert_refused(now(cheap_vault(&in_the_way, RIGHT).list()), words);
}

/// Opened with the parameters as the page of promises has them, not with this crate's.
#[test]
fn guesses_are_as_dear_as_promised() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let vault = Vault::behind_passphrase(path.clone(), Passphrase::new(RIGHT).unwrap()).unwrap();
    now(vault.set(SERVICE, VaultKey::parse("sk-1").unwrap())).unwrap();

    let file = std::fs::read(&path).unwrap();
    let (header, msg) = file.split_at(14 + 16 + 24);
    assert_eq!(&header[..14], b"attune keys 1\n");
    let params = Params::new(64 * 1024, 3, 4, Some(32)).unwrap();
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(RIGHT.as_bytes(), &header[14..30], &mut key)
        .unwrap();
    let nonce = XNonce::try_from(&header[30..]).unwrap();
    let cipher = XChaCha20Poly1305::new(&key.into());
    let opened = cipher.decrypt(&nonce, Payload { msg, aad: header }).unwrap();
    assert_eq!(opened, br#"{"attune_keys":1,"keys":{"openai":"sk-1"}}"#);
}

#[test]
fn a_passphrase_has_a_least_length_and_is_never_said() {
    let short = PassphraseError::TooShort { least: 8 };
    assert_eq!(Passphrase::new("").unwrap_err(), short);
    assert_eq!(Passphrase::new("1234567").unwrap_err(), short);
    Passphrase::new("12345678").unwrap();
    Passphrase::new("\u{e4}\u{f6}\u{fc} \u{1f511}\u{1f511}\u{1f511}\u{1f511}").unwrap();
    let passphrase = Passphrase::new(CANARY).unwrap();
    let file = SealedFile::new("keys".into(), passphrase.clone(), Cost::CHEAPEST);
    assert_silent(&format!("{passphrase:?} {file:#?}"));
}
