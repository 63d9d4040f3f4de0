//! Keys as they are pasted.

use super::{KeyKind, KeyTextError, VaultKey};
use crate::canary::{CANARY, assert_silent, canary};

#[track_caller]
fn check(text: &str, kind: KeyKind, last_four: &str) {
    let key = VaultKey::parse(text).unwrap();
    assert_eq!((key.kind(), key.last_four()), (kind, last_four));
    assert_eq!(key.expose_for_service(), text.trim());
}

#[test]
fn the_prefix_tells_the_kind() {
    check("sk-proj-0123456789abcdWXYZ", KeyKind::Project, "WXYZ");
    check("sk-svcacct-0123456789abcd9876", KeyKind::ServiceAccount, "9876");
    check("sk-admin-0123456789abcdWXYZ", KeyKind::Admin, "WXYZ");
    check("sk-0123456789abcdWXYZ", KeyKind::User, "WXYZ");
    check("eyJhbGciOiJIUzI1NiJ9.abcd", KeyKind::Other, "abcd");
}

#[test]
fn only_an_admin_key_is_warned_about() {
    use KeyKind::{Admin, Other, Project, ServiceAccount, User};
    let warned = [Project, ServiceAccount, User, Admin, Other].map(KeyKind::is_warned_about);
    assert_eq!(warned, [false, false, false, true, false]);
}

#[test]
fn what_comes_with_pasting_is_dropped() {
    check(" \tsk-proj-0123456789abcdWXYZ\r\n", KeyKind::Project, "WXYZ");
}

#[test]
fn nothing_is_shown_of_a_very_short_key() {
    check("sk-123456789012", KeyKind::User, "");
    check("sk-1234567890123", KeyKind::User, "0123");
}

#[test]
fn what_no_header_can_carry_is_no_key() {
    let refused = |text| VaultKey::parse(text).unwrap_err();
    assert_eq!(refused(""), KeyTextError::Empty);
    assert_eq!(refused(" \n"), KeyTextError::Empty);
    assert_eq!(refused("sk-abc def"), KeyTextError::OddCharacter { position: 7 });
    assert_eq!(refused("sk-abc\ndef"), KeyTextError::OddCharacter { position: 7 });
    assert_eq!(refused("sk-\u{2013}abc"), KeyTextError::OddCharacter { position: 4 });
    assert_eq!(refused("sk-abc\u{7f}"), KeyTextError::OddCharacter { position: 7 });
}

#[test]
fn a_key_and_its_refusal_say_nothing_of_it() {
    assert_eq!(format!("{:?}", canary()), "VaultKey(****)");
    assert_silent(&format!("{:?} {:#?}", canary(), Some(canary())));
    let refused = VaultKey::parse(&format!("{CANARY} {CANARY}")).unwrap_err();
    assert_silent(&format!("{refused} {refused:?}"));
}
