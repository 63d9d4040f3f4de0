//! The map of the house names every room.

use super::{Violation, tree::Tree};

const MAP: &str = "docs/ARCHITECTURE.md";

/// Each package stands in the architecture page under its full name, in backticks.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let map = tree.text(MAP).unwrap_or_default();
    tree.packages
        .iter()
        .filter(|package| !map.contains(&format!("`{}`", package.name)))
        .map(|package| Violation::new(MAP, 0, format!("does not name `{}`", package.name)))
        .collect()
}
