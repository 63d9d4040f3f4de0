//! A file fits a head: 400 lines are aimed at, 600 are the end.

use super::{Violation, tree::Tree};

const MOST_LINES: usize = 600;

/// No written source file is longer than 600 lines.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    tree.written(&["rs", "ts", "js", "mjs", "svelte", "css"])
        .filter_map(|file| {
            let lines = file.text.lines().count();
            let what = format!("has {lines} lines; {MOST_LINES} are the end");
            (lines > MOST_LINES).then(|| Violation::new(&file.path, lines, what))
        })
        .collect()
}
