//! The page reaches outside through one door.

use super::{Violation, imports, tree::Tree};

const HOST: &str = "ui/src/host/";

/// Only `ui/src/host` imports `@tauri-apps/…`.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let elsewhere = |path: &str| path.starts_with("ui/src/") && !path.starts_with(HOST);
    let mut found = Vec::new();
    for file in tree.written(&["ts", "js", "svelte"]).filter(|file| elsewhere(&file.path)) {
        for import in imports::of(file) {
            if import.written.starts_with("@tauri-apps/") {
                let what = format!("`{}` may be imported in {HOST} only", import.written);
                found.push(Violation::new(&file.path, import.line, what));
            }
        }
    }
    found
}
