//! Pure crates do no input and no output: clock, paths, keys and randomness are arguments.

use super::shell_alone_names_tauri::forbidden;
use super::tree::{SourceFile, Tree};
use super::{Violation, dependency_table::manifest};

const PURE: [&str; 5] =
    ["attune-dataset", "attune-cost", "attune-jobs", "attune-evaluation", "attune-tuning"];
const LIBRARIES: [&str; 6] = ["tokio", "reqwest", "rusqlite", "axum", "rand", "getrandom"];
/// What reaches outside in the standard library.
const NAMES: [&str; 9] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "File::open",
    "Instant::now",
    "SystemTime::now",
    "std::os",
];

/// No pure crate depends on a library that reaches outside, or names what does in its own code.
/// Its tests may: they read real data where it is given.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let impure: Vec<&str> = tree
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .filter(|name| !PURE.contains(name))
        .collect();
    let mut found = forbidden(tree, &impure, |name| LIBRARIES.contains(&name));
    for package in tree.packages.iter().filter(|package| PURE.contains(&package.name.as_str())) {
        let folder = manifest(package).replace("Cargo.toml", "src/");
        let own = tree.written(&["rs"]).filter(|file| file.path.starts_with(&folder));
        found.extend(own.filter(|file| !is_test(&file.path)).flat_map(outside));
    }
    found
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn outside(file: &SourceFile) -> Vec<Violation> {
    let code = file.lines().take_while(|(_, line)| !line.starts_with("mod tests {"));
    code.filter(|(_, line)| !line.trim_start().starts_with("//"))
        .filter_map(|(number, line)| {
            let name = NAMES.iter().find(|name| line.contains(*name))?;
            Some(Violation::new(&file.path, number, format!("a pure crate names `{name}`")))
        })
        .collect()
}
