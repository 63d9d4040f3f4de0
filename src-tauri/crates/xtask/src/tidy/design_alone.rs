//! The design pieces know nothing of what they are used for.

use super::{Violation, imports, tree::Tree};

const DESIGN: &str = "ui/src/design/";

/// Files of `design/` import each other and packages, nothing else of the page.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let own = tree.written(&["ts", "js", "svelte"]).filter(|file| file.path.starts_with(DESIGN));
    for file in own {
        for import in imports::of(file) {
            let leads_out = match &import.leads_to {
                Some(path) => !path.starts_with(DESIGN),
                None => is_alias(&import.written),
            };
            if leads_out {
                let what = format!("design imports `{}`", import.written);
                found.push(Violation::new(&file.path, import.line, what));
            }
        }
    }
    found
}

/// Names that stand for a folder of the page rather than for a package.
fn is_alias(written: &str) -> bool {
    let to_design = ["$design", "@/design/", "~/design/"].iter().any(|it| written.starts_with(it));
    let to_page = ["$", "@/", "~/", "src/", "/"].iter().any(|it| written.starts_with(it));
    to_page && !to_design
}
