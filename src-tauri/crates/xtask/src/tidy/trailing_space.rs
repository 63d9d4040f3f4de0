//! No line ends in white space, so that no change is invisible.

use super::{Violation, tree::Tree};

/// No written text has a line that ends in a blank or a tab.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let texts = &["rs", "ts", "js", "mjs", "svelte", "css", "html", "json", "toml", "md", "sh"];
    let mut found = Vec::new();
    for file in tree.written(texts).filter(|file| !file.path.starts_with("ui/dist/")) {
        for (number, line) in file.lines() {
            if line.ends_with([' ', '\t']) {
                found.push(Violation::new(&file.path, number, "ends in white space"));
            }
        }
    }
    found
}
