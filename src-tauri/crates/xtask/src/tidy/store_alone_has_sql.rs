//! Only the store speaks SQL.

use super::shell_alone_names_tauri::forbidden;
use super::{Violation, tree::Tree};

/// Tests may look into the library's file themselves: they assert what is stored.
const OWNERS: [&str; 3] = ["attune-store", "attune-testkit", "attune-tests"];

/// No other package depends on an SQL library.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    forbidden(tree, &OWNERS, |name| {
        ["rusqlite", "libsqlite3-sys", "sqlx", "diesel", "sqlite"].contains(&name)
    })
}
