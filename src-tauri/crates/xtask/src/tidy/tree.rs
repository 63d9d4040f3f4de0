//! What the rules look at: the texts of the checkout and its packages.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::workspace::Package;

/// Folders that hold nothing anybody wrote.
const NOT_OURS: [&str; 6] = ["target", "node_modules", "dist", "gen", "coverage", "icons"];
/// Folders with a dot that hold texts of ours.
const OURS_WITH_A_DOT: [&str; 2] = [".ci", ".cargo"];
/// Endings of the files that are read as text.
const TEXTS: [&str; 11] =
    ["rs", "ts", "js", "mjs", "svelte", "css", "html", "json", "toml", "md", "sh"];
/// Sample data and recorded replies keep their bytes.
const DATA: &str = "tests/data/";

/// The checkout as the rules see it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) files: Vec<SourceFile>,
    pub(super) packages: Vec<Package>,
}

/// A text of the checkout.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// Relative to the checkout, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// Why the checkout could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TreeError {
    #[error("`{}` cannot be read", path.display())]
    Read { path: PathBuf, source: io::Error },
}

impl Tree {
    /// Reads every text below `root`.
    pub(super) fn read(root: &Path, packages: Vec<Package>) -> Result<Self, TreeError> {
        let mut tree = Self { files: Vec::new(), packages };
        tree.read_folder(root, "")?;
        // The built page is nobody's text, but what the web view is given is looked at too.
        let built = "ui/dist/index.html";
        if root.join(built).is_file() {
            tree.read_file(root, built.to_owned())?;
        }
        tree.files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(tree)
    }

    fn read_folder(&mut self, root: &Path, folder: &str) -> Result<(), TreeError> {
        let path = root.join(folder);
        let failed = |source| TreeError::Read { path: path.clone(), source };
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let inside = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            // A link may lead out of the checkout or in a circle.
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() && is_our_folder(&name) {
                self.read_folder(root, &inside)?;
            } else if kind.is_file() && is_text(&inside) {
                self.read_file(root, inside)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, root: &Path, path: String) -> Result<(), TreeError> {
        let text = fs::read_to_string(root.join(&path))
            .map_err(|source| TreeError::Read { path: root.join(&path), source })?;
        self.files.push(SourceFile { path, text });
        Ok(())
    }

    /// The text of one file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    /// Files with one of these endings, generated ones left out.
    pub(super) fn written(
        &self,
        endings: &'static [&'static str],
    ) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(move |file| {
            let is_generated = file.path.starts_with(crate::codegen::GENERATED);
            !is_generated && file.has_ending(endings)
        })
    }
}

impl SourceFile {
    fn has_ending(&self, endings: &[&str]) -> bool {
        let ending = self.path.rsplit_once('.').map_or("", |(_, ending)| ending);
        endings.contains(&ending)
    }

    /// Lines with their 1-based numbers.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

fn is_our_folder(name: &str) -> bool {
    let is_hidden = name.starts_with('.') && !OURS_WITH_A_DOT.contains(&name);
    !is_hidden && !NOT_OURS.contains(&name)
}

fn is_text(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_lock = path.ends_with("package-lock.json");
    !is_lock && !path.starts_with(DATA) && (TEXTS.contains(&ending) || path == ".ci/run")
}
