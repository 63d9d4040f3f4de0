//! A feature can be read, tested and removed alone.

use super::{Violation, imports, tree::Tree};

const FEATURES: &str = "ui/src/features/";

/// No file of one feature imports from another; `app/` puts them together.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.written(&["ts", "js", "svelte"]) {
        let Some(own) = file.path.strip_prefix(FEATURES).and_then(first_part) else { continue };
        for import in imports::of(file) {
            let target = import.leads_to.as_deref().unwrap_or(&import.written);
            let other = target.split_once("features/").and_then(|(_, rest)| first_part(rest));
            if other.is_some_and(|other| other != own) {
                let what = format!("the feature `{own}` imports `{}`", import.written);
                found.push(Violation::new(&file.path, import.line, what));
            }
        }
    }
    found
}

fn first_part(path: &str) -> Option<&str> {
    path.split('/').next().filter(|part| !part.is_empty())
}
