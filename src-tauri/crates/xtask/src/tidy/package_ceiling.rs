//! A crate is a promise to keep; there is an end to how many.

use super::{Violation, tree::Tree};

const MOST_PACKAGES: usize = 18;

/// The workspace has at most 18 packages.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let count = tree.packages.len();
    let what = format!("the workspace has {count} packages; {MOST_PACKAGES} are the end");
    if count > MOST_PACKAGES { vec![Violation::new("Cargo.toml", 0, what)] } else { Vec::new() }
}
