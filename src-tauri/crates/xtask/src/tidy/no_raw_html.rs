//! Text is shown as text: what comes out of a file or a model never becomes markup.

use super::{Violation, tree::Tree};

const WAYS: [&str; 5] =
    ["{@html", ".innerHTML", ".outerHTML", "insertAdjacentHTML", "document.write("];

/// Nothing in the page turns a text into markup.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.written(&["svelte", "ts", "js"]).filter(|it| it.path.starts_with("ui/")) {
        for (number, line) in file.lines() {
            if let Some(way) = WAYS.iter().find(|way| line.contains(*way)) {
                found.push(Violation::new(&file.path, number, format!("uses `{way}`")));
            }
        }
    }
    found
}
