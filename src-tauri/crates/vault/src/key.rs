//! A service's key: what it is, what may be shown of it, and what its prefix says.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A key whose every character can stand in a header. It has no `Serialize` on purpose: a struct
/// that would send it to the page or into a log does not compile.
#[derive(Clone)]
pub struct VaultKey(SecretString);

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// Nothing was given.
    #[error("the key is empty")]
    Empty,
    /// A blank, a line break or a letter outside ASCII: no service could be sent it.
    #[error("character {position} of the key is none that a key can have")]
    OddCharacter {
        /// Which one, counted from 1, without the blanks around the key.
        position: usize,
    },
}

/// What a key's prefix says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// OpenAI, `sk-proj-`: one project.
    Project,
    /// OpenAI, `sk-svcacct-`: a service account of one project.
    ServiceAccount,
    /// OpenAI, `sk-`: everything its user may do.
    User,
    /// OpenAI, `sk-admin-`: administers the organisation, and cannot train.
    Admin,
    /// No prefix that is known; other services have their own.
    Other,
}

/// A shorter key would be half told by its last four characters.
const LEAST_TO_SHOW_OF: usize = 16;

impl VaultKey {
    /// Takes a key as it was pasted; blanks and line breaks around it are dropped.
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(KeyTextError::Empty);
        }
        if let Some(index) = text.chars().position(|it| !it.is_ascii_graphic()) {
            return Err(KeyTextError::OddCharacter { position: index + 1 });
        }
        Ok(Self(SecretString::from(text)))
    }

    /// The key itself, to be sent to its service. Named so that every reader of the secret can be
    /// found with one search.
    #[must_use]
    pub fn expose_for_service(&self) -> &str {
        self.0.expose_secret()
    }

    /// The last four characters, by which a person knows the key again; empty for a key so short
    /// that they would tell too much of it.
    #[must_use]
    pub fn last_four(&self) -> &str {
        let key = self.expose_for_service();
        if key.len() < LEAST_TO_SHOW_OF { "" } else { &key[key.len() - 4..] }
    }

    /// What the prefix says.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        let key = self.expose_for_service();
        let kinds = [
            ("sk-proj-", KeyKind::Project),
            ("sk-svcacct-", KeyKind::ServiceAccount),
            ("sk-admin-", KeyKind::Admin),
            ("sk-", KeyKind::User),
        ];
        let known = kinds.into_iter().find(|(prefix, _)| key.starts_with(prefix));
        known.map_or(KeyKind::Other, |(_, kind)| kind)
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VaultKey(****)")
    }
}

impl KeyKind {
    /// Whether a person should be told to use another: an admin key may do everything in the
    /// organisation but train.
    #[must_use]
    pub fn is_warned_about(self) -> bool {
        self == Self::Admin
    }
}

#[cfg(test)]
mod tests;
