//! Everything that can go wrong has words, and no words wait for what cannot go wrong.

use super::{Violation, tree::Tree};
use crate::codegen::catalogue::Catalogue;
use crate::codegen::{CATALOGUE, GENERATED, typescript};

/// Each failure code has its entry in the catalogue, and each such entry its code.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let json = tree.text(CATALOGUE).unwrap_or("{}");
    let catalogue = match Catalogue::parse(json) {
        Ok(catalogue) => catalogue,
        Err(error) => {
            return vec![Violation::new(CATALOGUE, 0, crate::console::with_causes(&error))];
        }
    };
    let generated = tree.files.iter().filter(|file| file.path.starts_with(GENERATED));
    let codes = typescript::failure_codes(generated.map(|file| file.text.as_str()));
    let missing = catalogue.missing_failures(&codes);
    let missing = missing.into_iter().map(|key| format!("`{key}` has no words"));
    let dead = catalogue.dead_failures(&codes);
    let dead = dead.into_iter().map(|key| format!("`{key}` belongs to no failure"));
    missing.chain(dead).map(|what| Violation::new(CATALOGUE, 0, what)).collect()
}
