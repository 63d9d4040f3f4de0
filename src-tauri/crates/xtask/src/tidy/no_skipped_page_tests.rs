//! A page test that does not run, or lets others not run, proves nothing.

use super::{Violation, tree::Tree};

const KINDS: [&str; 4] = ["test", "it", "describe", "suite"];
const WAYS: [&str; 6] = [".only(", ".skip(", ".todo(", ".skipIf(", ".runIf(", ".fails("];

/// No page test is skipped or run alone.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.written(&["ts", "js"]).filter(|file| file.path.contains(".test.")) {
        for (number, line) in file.lines() {
            let call = KINDS
                .iter()
                .flat_map(|kind| WAYS.iter().map(move |way| format!("{kind}{way}")))
                .find(|call| line.trim_start().starts_with(call.as_str()));
            if let Some(call) = call {
                let what = format!("`{call}` leaves tests out");
                found.push(Violation::new(&file.path, number, what));
            }
        }
    }
    found
}
