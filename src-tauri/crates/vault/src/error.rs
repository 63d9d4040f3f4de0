//! What can go wrong with keys, and the keyring's own words about it.

use std::fmt;

use zeroize::Zeroize;

/// What the platform said of a failure, for the log and the folded "Details".
///
/// Kept as text with every key that was in play blanked, because a platform's error may hold what
/// it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct PlatformWords(String);

/// What is shown: enough for a chain of causes, short enough for a line in a log.
const MOST_CHARACTERS: usize = 400;

impl PlatformWords {
    /// The words of an error and its causes.
    pub(crate) fn of(error: &dyn std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let words = error.to_string();
            if !text.contains(&words) {
                text = format!("{text}: {words}");
            }
            cause = error.source();
        }
        Self(text)
    }

    /// Blanks `secret` wherever it is said.
    pub(crate) fn without(mut self, secret: &str) -> Self {
        if self.0.contains(secret) {
            let blanked = self.0.replace(secret, "****");
            self.0.zeroize();
            self.0 = blanked;
        }
        self
    }
}

impl fmt::Debug for PlatformWords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PlatformWords({self})")
    }
}

impl fmt::Display for PlatformWords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().take(MOST_CHARACTERS).try_for_each(|it| write!(formatter, "{it}"))
    }
}

impl std::error::Error for PlatformWords {}

/// An operation of the vault did not work. Nothing was changed, except where the variant says that
/// it may have been.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// This computer has no keyring, or its service cannot be reached.
    #[error("this computer has no keyring that answers")]
    NoKeyring(#[source] PlatformWords),
    /// There is a keyring service, but it has no keyring to put anything into.
    #[error("the keyring service has no keyring to keep keys in")]
    NoCollection(#[source] PlatformWords),
    /// The keyring is locked, and unlocking was declined or nobody could be asked.
    #[error("the keyring is locked and was not unlocked")]
    Locked(#[source] PlatformWords),
    /// No answer within the time limit.
    #[error("the keyring did not answer in time")]
    TimedOut {
        /// Whether the change had been handed over: it is then unknown until the next look whether
        /// it happened. Otherwise nothing was changed and nothing will be.
        may_have_changed: bool,
    },
    /// The keys together are more than can be kept.
    #[error("the keys would take {bytes} bytes, more than the {limit} that can be kept")]
    TooLarge {
        /// What they would take.
        bytes: usize,
        /// The most that can be kept: the vault's own limit, or the store's where that is less.
        limit: usize,
    },
    /// The item or the file is there, but what it holds is no map of keys of ours.
    #[error("what is stored for this installation is not readable as keys")]
    Garbled,
    /// Several items in the keyring claim to be ours.
    #[error("the keyring has {count} items for this installation")]
    Ambiguous {
        /// How many.
        count: usize,
    },
    /// The item was deleted between looking and changing.
    #[error("the keys were removed from the keyring in the meantime")]
    RemovedMeanwhile,
    /// The keyring failed in another way.
    #[error("the keyring failed")]
    Failed(#[source] PlatformWords),
    /// The file of keys was made with another passphrase, or was damaged.
    #[error("the passphrase does not open the file of keys")]
    WrongPassphrase,
    /// The file of keys cannot be read or written.
    #[error("the file of keys cannot be read or written")]
    File(#[source] std::io::Error),
    /// No thread to work on.
    #[error("no thread for the keyring can be started")]
    NoThread(#[source] std::io::Error),
    /// The library of the keyring broke off.
    #[error("the work on the keyring broke off")]
    Broken,
}

impl VaultError {
    /// The same error, with `secret` blanked in the platform's words.
    pub(crate) fn without(self, secret: &str) -> Self {
        match self {
            Self::NoKeyring(words) => Self::NoKeyring(words.without(secret)),
            Self::NoCollection(words) => Self::NoCollection(words.without(secret)),
            Self::Locked(words) => Self::Locked(words.without(secret)),
            Self::Failed(words) => Self::Failed(words.without(secret)),
            other => other,
        }
    }
}
