//! Any sequence of operations, with any of their steps failing and any of them given up, agrees with
//! a plain map: an operation that was refused changed nothing, then or later, and every other did
//! what it says.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::key;
use crate::error::VaultError;
use crate::key::VaultKey;
use crate::mock_keyring::{Hold, MockKeyring, Step, now, platform_failure, prompt_dismissed};
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

/// What goes wrong in an operation.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// A step fails, because the keyring is locked or otherwise.
    Fails { step: Step, is_locked: bool },
    /// It holds still and is given up.
    IsGivenUp,
}

fn fault() -> impl Strategy<Value = Option<Fault>> {
    let step = proptest::sample::select(vec![Step::Open, Step::Read, Step::Write, Step::Delete]);
    let fails =
        (step, any::<bool>()).prop_map(|(step, is_locked)| Fault::Fails { step, is_locked });
    proptest::option::weighted(0.4, prop_oneof![2 => fails, 1 => Just(Fault::IsGivenUp)])
}

/// Asks for an operation that holds still, and gives it up.
fn give_up(keyring: &Arc<MockKeyring>, vault: &Vault, operation: &Operation) -> Hold {
    let hold = keyring.hold(Step::Read);
    let refused = match operation {
        Operation::Get(name) => given_up(&hold, vault, vault.get(name)),
        Operation::List => given_up(&hold, vault, vault.list()),
        Operation::Set(name, text) => given_up(&hold, vault, vault.set(name, key(text))),
        Operation::Remove(name) => given_up(&hold, vault, vault.remove(name)),
    };
    assert!(refused, "{operation:?} could not have been answered");
    hold
}

fn given_up<T>(
    hold: &Hold,
    vault: &Vault,
    answer: impl Future<Output = Result<T, VaultError>>,
) -> bool {
    hold.reached.recv().unwrap();
    vault.let_the_deadline_pass();
    matches!(now(answer), Err(VaultError::TimedOut { may_have_changed: false }))
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
fn answers<T: std::fmt::Debug>(said: Result<T, VaultError>, expected: T) -> (String, String) {
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
    fn the_keyring_agrees(
        steps in proptest::collection::vec((operation(), fault(), any::<bool>()), 1..30),
    ) {
        let keyring = MockKeyring::new();
        let (vault, mut model, mut held) = (keyring.vault(), Model::new(), Vec::new());
        for (operation, fault, goes_on) in steps {
            match fault {
                Some(Fault::IsGivenUp) => held.push(give_up(&keyring, &vault, &operation)),
                Some(Fault::Fails { step, is_locked }) => {
                    let error = if is_locked { prompt_dismissed } else { platform_failure };
                    keyring.fail(step, error);
                    let (said, expected) = perform(&vault, &mut model, &operation);
                    prop_assert!(said == expected || said.starts_with("refused: "), "{said}");
                    keyring.heal();
                }
                None => {
                    let (said, expected) = perform(&vault, &mut model, &operation);
                    prop_assert!(said == expected || said.contains("bytes, more than"), "{said}");
                }
            }
            if goes_on {
                held.clear();
                keyring.wait_until_closed();
            }
            assert_agrees(&vault, &model);
        }
    }

    #[test]
    fn the_sealed_file_agrees(steps in proptest::collection::vec(operation(), 1..12)) {
        let folder = tempfile::tempdir().unwrap();
        let passphrase = Passphrase::new("correct horse").unwrap();
        let file = SealedFile::new(folder.path().join("keys"), passphrase, Cost::CHEAPEST);
        let vault = Vault::over(Arc::new(file), TIME_LIMIT).unwrap();
        let mut model = Model::new();
        for operation in steps {
            let (said, expected) = perform(&vault, &mut model, &operation);
            prop_assert!(said == expected || said.contains("bytes, more than"), "{said}");
            assert_agrees(&vault, &model);
        }
    }
}
