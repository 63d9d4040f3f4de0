//! `cargo xtask codegen`: the page's generated files, from the contract and the catalogue.
//!
//! The same input gives the same bytes; the files are committed, and `--check` compares. Nothing
//! else may write into `ui/src/generated`.

pub(crate) mod catalogue;
mod icu;
pub(crate) mod typescript;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::console::{complain, say};
use crate::workspace::Workspace;
use catalogue::{Catalogue, CatalogueError};

/// The folder of generated files, relative to the checkout.
pub(crate) const GENERATED: &str = "ui/src/generated";
/// The catalogue of all visible words, relative to the checkout.
pub(crate) const CATALOGUE: &str = "ui/src/messages/en.json";

/// Why the generated files could not be made, written or compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodegenError {
    #[error("`{argument}` is no argument of `cargo xtask codegen`")]
    UnknownArgument { argument: String },
    #[error("`{}` cannot be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{}` cannot be written", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// File names and their texts, relative to [`GENERATED`].
type Files = BTreeMap<String, String>;

/// What shall stand in [`GENERATED`], and the failures that have no words yet.
struct Expected {
    files: Files,
    without_words: Vec<String>,
}

/// What is wrong with one generated file.
#[derive(Debug, PartialEq, Eq)]
struct Stale {
    file: String,
    why: &'static str,
}

/// Writes the files, or with `--check` compares. Ends 0, or 1 when files are stale or a failure
/// has no words; the files are written all the same, since the page needs them to find its words.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<u8, CodegenError> {
    match arguments {
        [] => Ok(u8::from(!write(workspace)?)),
        [check] if check == "--check" => Ok(u8::from(!self::check(workspace)?)),
        [argument, ..] => Err(CodegenError::UnknownArgument { argument: argument.clone() }),
    }
}

/// Whether the generated files are what would be written now and every failure has words; names
/// what is not so.
pub(crate) fn check(workspace: &Workspace) -> Result<bool, CodegenError> {
    let expected = expected(workspace)?;
    let stale = compare(&expected.files, &workspace.root().join(GENERATED))?;
    for Stale { file, why } in &stale {
        complain(format!("{GENERATED}/{file}: {why}"));
    }
    Ok(has_all_words(&expected) && stale.is_empty())
}

/// Writes what is stale; whether every failure has words.
fn write(workspace: &Workspace) -> Result<bool, CodegenError> {
    let folder = workspace.root().join(GENERATED);
    let expected = expected(workspace)?;
    fs::create_dir_all(&folder)
        .map_err(|source| CodegenError::Write { path: folder.clone(), source })?;
    let stale = compare(&expected.files, &folder)?;
    for Stale { file, .. } in &stale {
        let path = folder.join(file);
        match expected.files.get(file) {
            Some(text) => fs::write(&path, text),
            None => fs::remove_file(&path),
        }
        .map_err(|source| CodegenError::Write { path, source })?;
        say(format!("wrote {GENERATED}/{file}"));
    }
    say(format!("{} generated files, {} changed", expected.files.len(), stale.len()));
    Ok(has_all_words(&expected))
}

fn has_all_words(expected: &Expected) -> bool {
    for key in &expected.without_words {
        complain(format!("{CATALOGUE}: `{key}` has no words"));
    }
    expected.without_words.is_empty()
}

fn expected(workspace: &Workspace) -> Result<Expected, CodegenError> {
    let contract = attune_contract::typescript::files();
    let mut files: Files =
        contract.into_iter().map(|(name, text)| (name.to_owned(), finished(&text))).collect();
    let path = workspace.root().join(CATALOGUE);
    let json = fs::read_to_string(&path).map_err(|source| CodegenError::Read { path, source })?;
    let catalogue = Catalogue::parse(&json)?;
    let codes = typescript::failure_codes(files.values().map(String::as_str));
    files.insert("messages.ts".to_owned(), typescript::messages(&catalogue));
    Ok(Expected { files, without_words: catalogue.missing_failures(&codes) })
}

/// One line break at the end and no white space before any.
fn finished(text: &str) -> String {
    text.trim_end().lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// The files of `folder` that differ from `expected`, are missing, or that nothing generates.
fn compare(expected: &Files, folder: &Path) -> Result<Vec<Stale>, CodegenError> {
    let mut stale = Vec::new();
    for (file, text) in expected {
        match fs::read_to_string(folder.join(file)) {
            // A checkout on Windows may have other line ends; they are no change.
            Ok(found) if found.replace("\r\n", "\n") == *text => {}
            Ok(_) => stale.push(Stale { file: file.clone(), why: "is stale" }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                stale.push(Stale { file: file.clone(), why: "is missing" });
            }
            Err(source) => return Err(CodegenError::Read { path: folder.join(file), source }),
        }
    }
    for file in present(folder)? {
        if !expected.contains_key(&file) {
            stale.push(Stale { file, why: "is generated by nothing" });
        }
    }
    Ok(stale)
}

fn present(folder: &Path) -> Result<Vec<String>, CodegenError> {
    let failed = |source| CodegenError::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests;
