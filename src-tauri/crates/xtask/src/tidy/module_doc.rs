//! Every module says at its top what it is for and what it must never do.

use super::{Violation, tree::Tree};

/// `.rs` files begin with `//!`, `.ts` files with `/**`.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let lacks_doc = |opening: &'static str| {
        move |text: &str| !text.trim_start_matches('\u{feff}').trim_start().starts_with(opening)
    };
    let (rust, page) = (lacks_doc("//!"), lacks_doc("/**"));
    tree.written(&["rs", "ts"])
        .filter(|file| if file.path.ends_with(".rs") { rust(&file.text) } else { page(&file.text) })
        .map(|file| Violation::new(&file.path, 1, "does not begin with a sentence on its purpose"))
        .collect()
}
