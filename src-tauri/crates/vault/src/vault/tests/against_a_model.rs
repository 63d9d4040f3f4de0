//! Any sequence of operations, with any of their steps failing, agrees with a plain map: an
//! operation that was refused changed nothing, every other did what it says.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::key;
use crate::key::VaultKey;
use crate::mock_keyring::{MockKeyring, Step, now, platform_failure, prompt_dismissed};
use crate::passphrase::{Cost, Passphrase, SealedFile};
use crate::vault::{TIME_LIMIT, Vault};

#[derive(Debug, Clone)]
enum Operation {
    Get(String),
    List,
    Set(String, String),
    Remove(String),
}

fn operation() -> impl Strategy<Value = Operation> {
    // Few names, so that they meet; now and then a key that does not fit.
    let name = || proptest::sample::select(vec!["openai", "nebius", "a \"b\"", ""]);
    let text = prop_oneof![9 => "[!-~]{1,40}", 1 => "[!-~]{1300}"];
    prop_oneof![
        name().prop_map(|name| Operation::Get(name.to_owned())),
        Just(Operation::List),
        (name(), text).prop_map(|(name, text)| Operation::Set(name.to_owned(), text)),
        name().prop_map(|name| Operation::Remove(name.to_owned())),
    ]
}

fn fault() -> impl Strategy<Value = Option<(Step, bool)>> {
    let step = proptest::sample::select(vec![Step::Open, Step::Read, Step::Write, Step::Delete]);
    proptest::option::weighted(0.3, (step, any::<bool>()))
}

/// What an operation said, and what it should say of `model`, which it changes.
fn perform(vault: &Vault, model: &mut Model, operation: &Operation) -> (String, String) {
    match operation {
        Operation::Get(name) => {
            let got = now(vault.get(name));
            let said = got.map(|key| key.map(|key| key.expose_for_service().to_owned()));
            answers(said, model.get(name).cloned())
        }
        Operation::List => {
            let said = now(vault.list());
            let names = said.map(|list| list.into_iter().map(|it| it.service).collect::<Vec<_>>());
            answers(names, model.keys().cloned().collect())
        }
        Operation::Set(name, text) => {
            let said = now(vault.set(name, key(text)));
            if said.is_ok() {
                model.insert(name.clone(), text.clone());
            }
            answers(said, ())
        }
        Operation::Remove(name) => {
            let (said, was_there) = (now(vault.remove(name)), model.contains_key(name));
            if said.is_ok() {
                model.remove(name);
            }
            answers(said, was_there)
        }
    }
}

type Model = BTreeMap<String, String>;

/// A refusal is right where one was possible; that it changed nothing shows in what follows.
fn answers<T: std::fmt::Debug>(
    said: Result<T, crate::VaultError>,
    expected: T,
) -> (String, String) {
    let said = match said {
        Ok(said) => format!("{said:?}"),
        Err(error) => format!("refused: {error}"),
    };
    (said, format!("{expected:?}"))
}

#[track_caller]
fn assert_agrees(vault: &Vault, model: &Model) {
    let listed = now(vault.list()).unwrap().into_iter().map(|it| it.service);
    assert!(listed.eq(model.keys().cloned()), "{model:?}");
    for (name, text) in model {
        let found = now(vault.get(name)).unwrap();
        assert_eq!(found.as_ref().map(VaultKey::expose_for_service), Some(text.as_str()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_keyring_agrees(steps in proptest::collection::vec((operation(), fault()), 1..30)) {
        let keyring = MockKeyring::new();
        let (vault, mut model) = (keyring.vault(), Model::new());
        for (operation, fault) in steps {
            if let Some((step, is_locked)) = fault {
                keyring.fail(step, if is_locked { prompt_dismissed } else { platform_failure });
            }
            let (said, expected) = perform(&vault, &mut model, &operation);
            let was_too_large = said.contains("bytes, more than");
            let may_refuse = fault.is_some() || was_too_large;
            prop_assert!(said == expected || (may_refuse && said.starts_with("refused: ")),
                "{operation:?} said {said} and not {expected}");
            keyring.heal();
            assert_agrees(&vault, &model);
        }
    }

    #[test]
    fn the_sealed_file_agrees(steps in proptest::collection::vec(operation(), 1..12)) {
        let folder = tempfile::tempdir().unwrap();
        let passphrase = Passphrase::new("correct horse").unwrap();
        let file = SealedFile::new(folder.path().join("keys"), passphrase, Cost::CHEAPEST);
        let vault = Vault::over(std::sync::Arc::new(file), TIME_LIMIT).unwrap();
        let mut model = Model::new();
        for operation in steps {
            let (said, expected) = perform(&vault, &mut model, &operation);
            prop_assert!(said == expected || said.contains("bytes, more than"), "{said}");
            assert_agrees(&vault, &model);
        }
    }
}
