//! `cargo xtask tidy`: the rules of the house that no compiler knows.
//!
//! One file a rule; a rule is a pure function from the tree to its violations, and each has a
//! planted violation in `tests.rs`. A rule never mends anything.

mod colours_from_tokens;
mod crate_named;
mod dependency_table;
mod design_alone;
mod failure_words;
mod features_apart;
mod file_length;
mod host_alone_imports_tauri;
mod imports;
mod markup;
mod module_doc;
mod no_ignored_tests;
mod no_raw_html;
mod no_skipped_page_tests;
mod package_ceiling;
mod page_without_inline_style;
mod plain_sentences;
mod pure_crates;
mod shell_alone_names_tauri;
mod store_alone_has_sql;
mod trailing_space;
mod tree;
mod vault_alone_opens_keyrings;
mod words_in_catalogue;

use crate::console::{complain, say};
use crate::workspace::{MetadataError, Workspace};
use tree::Tree;
pub(crate) use tree::TreeError;

/// Why the rules could not be checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TidyError {
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Violation {
    path: String,
    /// 1-based; 0 where the whole file or folder is meant.
    line: usize,
    what: String,
}

impl Violation {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

/// A rule's name and its check.
struct Rule {
    name: &'static str,
    check: fn(&Tree) -> Vec<Violation>,
}

const RULES: [Rule; 21] = [
    Rule { name: "colours-from-tokens", check: colours_from_tokens::check },
    Rule { name: "crate-named", check: crate_named::check },
    Rule { name: "dependency-table", check: dependency_table::check },
    Rule { name: "design-alone", check: design_alone::check },
    Rule { name: "failure-words", check: failure_words::check },
    Rule { name: "features-apart", check: features_apart::check },
    Rule { name: "file-length", check: file_length::check },
    Rule { name: "host-alone-imports-tauri", check: host_alone_imports_tauri::check },
    Rule { name: "module-doc", check: module_doc::check },
    Rule { name: "no-ignored-tests", check: no_ignored_tests::check },
    Rule { name: "no-raw-html", check: no_raw_html::check },
    Rule { name: "no-skipped-page-tests", check: no_skipped_page_tests::check },
    Rule { name: "package-ceiling", check: package_ceiling::check },
    Rule { name: "page-without-inline-style", check: page_without_inline_style::check },
    Rule { name: "plain-sentences", check: plain_sentences::check },
    Rule { name: "pure-crates", check: pure_crates::check },
    Rule { name: "shell-alone-names-tauri", check: shell_alone_names_tauri::check },
    Rule { name: "store-alone-has-sql", check: store_alone_has_sql::check },
    Rule { name: "trailing-space", check: trailing_space::check },
    Rule { name: "vault-alone-opens-keyrings", check: vault_alone_opens_keyrings::check },
    Rule { name: "words-in-catalogue", check: words_in_catalogue::check },
];

/// Checks every rule; ends 0, or 1 when one is broken.
pub(crate) fn run(workspace: &Workspace) -> Result<u8, TidyError> {
    Ok(u8::from(report(workspace)? > 0))
}

/// Names every violation and returns how many there are.
pub(crate) fn report(workspace: &Workspace) -> Result<usize, TidyError> {
    let tree = Tree::read(workspace.root(), workspace.packages()?)?;
    let mut count = 0;
    for Rule { name, check } in &RULES {
        for Violation { path, line, what } in check(&tree) {
            complain(format!("{path}:{line}: {name}: {what}"));
            count += 1;
        }
    }
    say(format!("{} rules over {} files: {count} violations", RULES.len(), tree.files.len()));
    Ok(count)
}

/// The 1-based line in which the byte `offset` of `text` lies.
fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

#[cfg(test)]
mod tests;
