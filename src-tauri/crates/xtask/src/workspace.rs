//! Where things are in the checkout, and what cargo says about its packages.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process::{self, ProcessError};

/// The checkout this program works on.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

/// A package of the workspace, as far as the rules of the house look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    /// `attune-store`
    pub(crate) name: String,
    /// Its folder, relative to the checkout, with `/`.
    pub(crate) folder: String,
    pub(crate) dependencies: Vec<Dependency>,
    /// Names of its targets of the kind `test` (files under `tests/`).
    pub(crate) test_targets: Vec<String>,
}

/// One entry of a package's dependency tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: DependencyKind,
}

/// Which table a dependency stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    Normal,
    Build,
    Test,
}

/// Why cargo's description of the workspace could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MetadataError {
    #[error("cargo could not describe the workspace")]
    Cargo(#[source] ProcessError),
    #[error("cargo's description of the workspace is no JSON")]
    Unreadable(#[source] serde_json::Error),
    #[error("cargo's description of the workspace lacks `{field}`")]
    Incomplete { field: &'static str },
}

impl Workspace {
    /// The checkout this program was built from.
    ///
    /// Cargo names the package's folder to what it runs; the compiled-in one serves a program
    /// that was started by hand.
    pub(crate) fn find() -> Self {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.ancestors().nth(3).expect("the package lies three folders deep");
        Self::at(root)
    }

    /// The checkout in `root`.
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The page's folder.
    pub(crate) fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// The packages of this checkout, without asking a registry.
    pub(crate) fn packages(&self) -> Result<Vec<Package>, MetadataError> {
        parse_packages(&self.metadata()?)
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target_folder(&self) -> Result<PathBuf, MetadataError> {
        let metadata = self.metadata()?;
        text(&metadata, "target_directory").map(PathBuf::from)
    }

    fn metadata(&self) -> Result<Value, MetadataError> {
        let mut command = self.cargo();
        command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
        let json = process::output(&mut command).map_err(MetadataError::Cargo)?;
        serde_json::from_str(&json).map_err(MetadataError::Unreadable)
    }

    /// A call of the cargo that started this program, in the root of the checkout.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root);
        // What cargo told this program about itself must not reach another build: a build by hand
        // has none of it, and build scripts that watch a variable would start over.
        for (name, _) in std::env::vars_os() {
            let own = name.to_str().is_some_and(|name| {
                name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
            });
            if own {
                command.env_remove(name);
            }
        }
        process::plain_in_ci(&mut command);
        command
    }
}

/// Reads the packages out of `cargo metadata --no-deps`.
pub(crate) fn parse_packages(metadata: &Value) -> Result<Vec<Package>, MetadataError> {
    let root = text(metadata, "workspace_root")?;
    list(metadata, "packages")?.iter().map(|package| parse_package(&root, package)).collect()
}

fn parse_package(root: &str, package: &Value) -> Result<Package, MetadataError> {
    let manifest = text(package, "manifest_path")?;
    let folder = Path::new(&manifest).parent().unwrap_or(Path::new(""));
    let folder = folder.strip_prefix(root).unwrap_or(folder);
    let dependencies = list(package, "dependencies")?
        .iter()
        .map(|dependency| {
            let kind = match dependency.get("kind").and_then(Value::as_str) {
                Some("dev") => DependencyKind::Test,
                Some("build") => DependencyKind::Build,
                _ => DependencyKind::Normal,
            };
            Ok(Dependency { name: text(dependency, "name")?, kind })
        })
        .collect::<Result<_, MetadataError>>()?;
    let is_test = |target: &&Value| {
        target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "test"))
    };
    let test_targets = list(package, "targets")?
        .iter()
        .filter(is_test)
        .map(|target| text(target, "name"))
        .collect::<Result<_, _>>()?;
    Ok(Package {
        name: text(package, "name")?,
        folder: folder.to_string_lossy().replace('\\', "/"),
        dependencies,
        test_targets,
    })
}

fn text(value: &Value, field: &'static str) -> Result<String, MetadataError> {
    let found = value.get(field).and_then(Value::as_str);
    found.map(str::to_owned).ok_or(MetadataError::Incomplete { field })
}

fn list<'a>(value: &'a Value, field: &'static str) -> Result<&'a Vec<Value>, MetadataError> {
    value.get(field).and_then(Value::as_array).ok_or(MetadataError::Incomplete { field })
}
