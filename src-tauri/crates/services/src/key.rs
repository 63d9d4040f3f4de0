//! A service's key, which cannot leak by accident.

use std::fmt;

/// What is shorter may stand in any text by chance, and guards nothing.
const SHORTEST_SECRET: usize = 8;

/// A key as it was given. It has no `Serialize` on purpose: a struct that would send it over IPC or
/// into a log does not compile.
#[derive(Clone)]
pub struct ServiceKey(String);

/// What a key is good for, as far as its first letters tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// `sk-proj-`: one project of an account.
    Project,
    /// `sk-svcacct-`: made for a program.
    ServiceAccount,
    /// `sk-admin-`: administers an account and can neither train nor answer.
    Admin,
    /// `sk-`: of the kind from before there were projects, or of another service.
    Plain,
    /// Anything else.
    Other,
}

impl ServiceKey {
    /// Takes a key. Blanks around it come from copying and belong to no key.
    #[must_use]
    pub fn new(key: String) -> Self {
        let trimmed = key.trim();
        if trimmed.len() == key.len() { Self(key) } else { Self(trimmed.to_owned()) }
    }

    /// Named so that every reader of the secret can be found with one search.
    #[must_use]
    pub fn expose_for_header(&self) -> &str {
        &self.0
    }

    /// Writes asterisks over it wherever it stands: whatever a service repeats of a request ends in
    /// failures, logs and the library.
    pub(crate) fn blot_out(&self, bytes: &mut [u8]) {
        let key = self.0.as_bytes();
        if key.len() < SHORTEST_SECRET {
            return;
        }
        let mut at = 0;
        while at + key.len() <= bytes.len() {
            if bytes[at..].starts_with(key) {
                bytes[at..at + key.len()].fill(b'*');
                at += key.len();
            } else {
                at += 1;
            }
        }
    }

    /// What its first letters say about it.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match self.0.as_str() {
            key if key.starts_with("sk-proj-") => KeyKind::Project,
            key if key.starts_with("sk-svcacct-") => KeyKind::ServiceAccount,
            key if key.starts_with("sk-admin-") => KeyKind::Admin,
            key if key.starts_with("sk-") => KeyKind::Plain,
            _ => KeyKind::Other,
        }
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServiceKey(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letters_tell_the_kind() {
        let kind = |key: &str| ServiceKey::new(key.to_owned()).kind();
        assert_eq!(kind("sk-proj-a"), KeyKind::Project);
        assert_eq!(kind(" sk-admin-a\n"), KeyKind::Admin);
        assert_eq!(kind("sk-svcacct-a"), KeyKind::ServiceAccount);
        assert_eq!(kind("sk-abc"), KeyKind::Plain);
        assert_eq!(kind("abc"), KeyKind::Other);
    }

    #[track_caller]
    fn check_blotted(key: &str, text: &str, expected: &str) {
        let mut bytes = text.as_bytes().to_vec();
        ServiceKey::new(key.to_owned()).blot_out(&mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn a_key_is_blotted_out_wherever_it_stands() {
        check_blotted(
            "sk-abcde",
            "sk-abcde, sk-abcd, sk-abcdesk-abcde",
            "********, sk-abcd, ****************",
        );
        check_blotted("sk-abcde", "sk-abcd", "sk-abcd");
        check_blotted("sk-abcde", "", "");
        check_blotted("key", "a key is a key", "a key is a key");
    }
}
