//! Operations that hold still: what is shown meanwhile, and what happens when they are given up.

use std::pin::pin;
use std::task::{Context, Waker};

use super::{assert_refused, got, key};
use crate::activity::Activity;
use crate::error::VaultError;
use crate::keyring::LockState;
use crate::mock_keyring::{MockKeyring, SERVICE, Step, now};

const NO_ANSWER: &str = "the keyring did not answer in time";

#[test]
fn slow_but_answering() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    let activity = vault.activity();
    assert_eq!(*activity.borrow(), Activity::Idle);
    let hold = keyring.hold(Step::Write);
    let mut answer = pin!(vault.set(SERVICE, key("sk-1")));
    hold.reached.recv().unwrap();
    assert_eq!(*activity.borrow(), Activity::WaitingForKeyring);
    // Neither asking nor looking for the answer waits for the keyring: this test would hang.
    let looked = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(looked.is_pending());
    hold.go_on.send(()).unwrap();
    now(answer).unwrap();
    assert_eq!(*activity.borrow(), Activity::Idle, "it is over before the answer is there");
    assert_eq!(got(&vault, SERVICE), "sk-1");
}

#[test]
fn prompt_never_answered() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    let hold = keyring.hold(Step::Read);
    let answer = vault.get(SERVICE);
    hold.reached.recv().unwrap();
    vault.let_the_deadline_pass();
    assert_refused(now(answer), NO_ANSWER);
    assert_eq!(*vault.activity().borrow(), Activity::Idle);
    // The thread is still stuck in its store, and nobody else is.
    now(vault.set(SERVICE, key("sk-1"))).unwrap();
    assert_eq!(got(&vault, SERVICE), "sk-1");
    drop(hold);
}

#[test]
fn what_is_asked_meanwhile_is_done_afterwards_in_its_order() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    let hold = keyring.hold(Step::Open);
    let stuck = vault.get(SERVICE);
    hold.reached.recv().unwrap();
    let answers = (
        vault.set(SERVICE, key("sk-1")),
        vault.get(SERVICE),
        vault.set(SERVICE, key("sk-2")),
        vault.get(SERVICE),
        vault.remove(SERVICE),
        vault.get(SERVICE),
    );
    assert_eq!(keyring.opened(), 1, "one at a time");
    vault.let_the_deadline_pass();
    assert_refused(now(stuck), NO_ANSWER);
    now(answers.0).unwrap();
    assert_eq!(now(answers.1).unwrap().unwrap().expose_for_service(), "sk-1");
    now(answers.2).unwrap();
    assert_eq!(now(answers.3).unwrap().unwrap().expose_for_service(), "sk-2");
    assert!(now(answers.4).unwrap());
    assert!(now(answers.5).unwrap().is_none());
}

#[test]
fn an_operation_that_was_given_up_can_no_longer_write() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    let hold = keyring.hold(Step::Read);
    let answer = vault.set(SERVICE, key("sk-old"));
    hold.reached.recv().unwrap();
    vault.let_the_deadline_pass();
    let refused = now(answer).unwrap_err();
    let VaultError::TimedOut { may_have_changed: false } = refused else {
        panic!("{refused:?}");
    };
    now(vault.set(SERVICE, key("sk-new"))).unwrap();
    hold.go_on.send(()).unwrap();
    keyring.wait_until_closed();
    assert_eq!(got(&vault, SERVICE), "sk-new");
}

#[test]
fn a_write_that_was_under_way_is_told_as_unsettled() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    let hold = keyring.hold(Step::Write);
    let answer = vault.set(SERVICE, key("sk-1"));
    hold.reached.recv().unwrap();
    vault.let_the_deadline_pass();
    let refused = now(answer).unwrap_err();
    let VaultError::TimedOut { may_have_changed: true } = refused else {
        panic!("{refused:?}");
    };
}

#[test]
fn waiting_behind_another_counts_towards_the_limit() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault_with_limit(std::time::Duration::ZERO);
    // Its deadline is now, so it is over before it could begin.
    assert_refused(now(vault.set(SERVICE, key("sk-1"))), NO_ANSWER);
    assert_eq!(keyring.opened(), 0);
}

#[test]
fn the_lock_state_does_not_wait_for_an_operation() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    let hold = keyring.hold(Step::Read);
    let answer = vault.get(SERVICE);
    hold.reached.recv().unwrap();
    keyring.set_lock_state(LockState::Locked);
    assert_eq!(now(vault.lock_state()).unwrap(), LockState::Locked);
    hold.go_on.send(()).unwrap();
    now(answer).unwrap();
}

#[test]
fn a_vault_that_is_dropped_finishes_what_was_asked() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    let hold = keyring.hold(Step::Read);
    let answers = (vault.set(SERVICE, key("sk-1")), vault.set("nebius", key("v1.1")));
    hold.reached.recv().unwrap();
    drop(vault);
    hold.go_on.send(()).unwrap();
    now(answers.0).unwrap();
    now(answers.1).unwrap();
    let vault = keyring.vault();
    assert_eq!((got(&vault, SERVICE), got(&vault, "nebius")), ("sk-1".into(), "v1.1".into()));
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing_about_the_rest() {
    let keyring = MockKeyring::new();
    let vault = keyring.vault();
    drop(vault.set(SERVICE, key("sk-1")));
    assert_eq!(got(&vault, SERVICE), "sk-1");
}
