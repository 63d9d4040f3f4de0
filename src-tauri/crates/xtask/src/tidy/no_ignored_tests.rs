//! A test that does not run proves nothing.

use super::{Violation, tree::Tree};

/// No Rust test is marked to be left out.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.written(&["rs"]) {
        for (number, line) in file.lines() {
            if line.trim_start().starts_with("#[ignore") {
                found.push(Violation::new(&file.path, number, "leaves a test out"));
            }
        }
    }
    found
}
