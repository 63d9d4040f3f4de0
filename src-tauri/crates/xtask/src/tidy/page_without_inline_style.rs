//! One inline `<style>` in the page would make Tauri add a nonce to the content policy, which
//! turns every style set by script off.

use super::{Violation, tree::Tree};

/// Neither the page's source nor the built page has an inline style sheet.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in &tree.files {
        if !["ui/index.html", "ui/dist/index.html"].contains(&file.path.as_str()) {
            continue;
        }
        for (number, line) in file.lines() {
            if line.to_lowercase().contains("<style") {
                found.push(Violation::new(&file.path, number, "has an inline `<style>`"));
            }
        }
    }
    found
}
