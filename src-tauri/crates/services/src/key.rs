//! A service's key, which cannot leak by accident.

use std::fmt;

/// A key as it was given. It has no `Serialize` on purpose: a struct that would send it over IPC or
/// into a log does not compile.
#[derive(Clone)]
pub struct ServiceKey(String);

impl ServiceKey {
    /// Takes a key.
    #[must_use]
    pub fn new(key: String) -> Self {
        Self(key)
    }

    /// Named so that every reader of the secret can be found with one search.
    #[must_use]
    pub fn expose_for_header(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServiceKey(****)")
    }
}
