//! The page's own tools: install, build, type check, tests.
//!
//! Only what the lock file names is installed, and no package's install script runs.

use std::path::Path;
use std::process::Command;

use crate::process::{self, ProcessError};

/// Installs the page's packages exactly as the lock file names them.
pub(crate) fn install(ui: &Path) -> Result<(), ProcessError> {
    process::run(npm(ui).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))
}

/// Builds the page into `ui/dist`.
pub(crate) fn build(ui: &Path) -> Result<(), ProcessError> {
    process::run(npm(ui).args(["run", "build"]))
}

/// Checks the types of scripts and templates; a warning is a failure.
pub(crate) fn check(ui: &Path) -> Result<(), ProcessError> {
    process::run(&mut check_command(ui, ui))
}

/// The type check of the page project in `project`, with the packages installed in `ui`.
pub(crate) fn check_command(ui: &Path, project: &Path) -> Command {
    let mut command = node(project);
    command.arg(ui.join("node_modules/svelte-check/bin/svelte-check")).args([
        "--fail-on-warnings",
        "--tsconfig",
        "./tsconfig.json",
    ]);
    command
}

/// Runs the page's tests once.
pub(crate) fn test(ui: &Path) -> Result<(), ProcessError> {
    process::run(node(ui).arg("node_modules/vitest/vitest.mjs").arg("run"))
}

/// Whether `node_modules` holds what the lock file asks for.
///
/// npm writes `node_modules/.package-lock.json` at the end of an install: the packages it put
/// there. Every package of the lock file must be in it in the same version with the same checksum,
/// but optional ones, of which npm leaves out those for other platforms; and it must hold nothing
/// that the lock file lacks. A text that is no lock file is stale.
pub(crate) fn is_installed(lock: &str, installed: &str) -> bool {
    let (Some(lock), Some(installed)) = (packages(lock), packages(installed)) else {
        return false;
    };
    let same = |wanted: &serde_json::Value, found: &serde_json::Value| {
        ["version", "integrity"].iter().all(|field| wanted[field] == found[field])
    };
    let wanted_is_there = lock.iter().filter(|(path, _)| !path.is_empty()).all(|(path, wanted)| {
        match installed.get(path) {
            Some(found) => same(wanted, found),
            None => wanted["optional"] == true || wanted["devOptional"] == true,
        }
    });
    wanted_is_there && installed.keys().all(|path| lock.contains_key(path))
}

fn packages(lock: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let lock: serde_json::Value = serde_json::from_str(lock).ok()?;
    Some(lock.get("packages")?.as_object()?.clone())
}

fn npm(folder: &Path) -> Command {
    tool(if cfg!(windows) { "npm.cmd" } else { "npm" }, folder)
}

fn node(folder: &Path) -> Command {
    tool("node", folder)
}

fn tool(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    process::plain_in_ci(&mut command);
    command
}

#[cfg(test)]
mod tests;
