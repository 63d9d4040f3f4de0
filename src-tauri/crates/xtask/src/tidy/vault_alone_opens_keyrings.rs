//! Only the vault touches the keyring.

use super::shell_alone_names_tauri::forbidden;
use super::{Violation, tree::Tree};

/// Tests may play a keyring, or look into a real one: they assert what is stored.
const OWNERS: [&str; 3] = ["attune-vault", "attune-testkit", "attune-tests"];

/// No other package depends on a library that opens keyrings.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    forbidden(tree, &OWNERS, |name| {
        name.ends_with("keyring-store")
            || ["keyring", "keyring-core", "secret-service", "oo7", "security-framework"]
                .contains(&name)
    })
}
