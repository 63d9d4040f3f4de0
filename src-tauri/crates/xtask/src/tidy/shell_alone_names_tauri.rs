//! Only the shell knows which window toolkit there is.

use super::dependency_table::manifest;
use super::{Violation, tree::Tree};
use crate::workspace::Package;

const SHELL: &str = "attune-desktop";

/// No package but the shell depends on Tauri or one of its plugins, not even in tests.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    forbidden(tree, &[SHELL], |name| name == "tauri" || name.starts_with("tauri-"))
}

/// Dependencies, of any kind, that only the packages `owners` may have.
///
/// Without the dependency no line of a crate can name the library, so this is the whole check.
pub(super) fn forbidden(
    tree: &Tree,
    owners: &[&str],
    is_meant: impl Fn(&str) -> bool,
) -> Vec<Violation> {
    let others = tree.packages.iter().filter(|it| !owners.contains(&it.name.as_str()));
    others.flat_map(|package| named(package, &is_meant)).collect()
}

fn named(package: &Package, is_meant: impl Fn(&str) -> bool) -> Vec<Violation> {
    package
        .dependencies
        .iter()
        .filter(|dependency| is_meant(&dependency.name))
        .map(|dependency| {
            let what = format!("`{}` may not depend on `{}`", package.name, dependency.name);
            Violation::new(&manifest(package), 0, what)
        })
        .collect()
}
