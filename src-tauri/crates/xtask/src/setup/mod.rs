//! Makes a computer ready to build and to test, or says the one command that does.
//!
//! Looks first, installs only what is missing and only with rights it already has; it never asks
//! for a password and never installs Node or Rust.

mod node;
mod plan;
mod platform;

use std::path::Path;
use std::process::Command;

use crate::console::say;
use crate::page;
use crate::process::{self, ProcessError};
use crate::workspace::Workspace;
use node::NodeProblem;
use plan::{Need, Plan, Rights};
use platform::Platform;

/// What the computer shall be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Build the window and open it.
    Build,
    /// Also drive the real window in the tests.
    Test,
}

/// Why the computer is not ready.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    #[error("this computer lacks {what}. Install it with:\n\n  {command}\n\nand start again")]
    Missing { what: String, command: String },
    #[error("the packages {packages} could not be installed")]
    Install { packages: String, source: ProcessError },
    #[error(transparent)]
    Node(NodeProblem),
    #[error("the Rust tools `{tools}` are missing. Install them with:\n\n  {command}")]
    RustTools { tools: &'static str, command: &'static str },
    #[error("the page's packages could not be installed")]
    Page(#[source] ProcessError),
}

/// Checks and installs everything that `purpose` needs but the page's packages.
pub(crate) fn prepare(workspace: &Workspace, purpose: Purpose) -> Result<(), SetupError> {
    system_packages(purpose)?;
    node::check().map_err(SetupError::Node)?;
    if purpose == Purpose::Test {
        rust_tools(workspace)?;
    }
    Ok(())
}

/// Installs the page's packages unless they are there already. Says what it did.
pub(crate) fn page_packages(ui: &Path) -> Result<(), SetupError> {
    let read = |name: &str| std::fs::read_to_string(ui.join(name)).unwrap_or_default();
    let (lock, installed) = (read("package-lock.json"), read("node_modules/.package-lock.json"));
    if page::is_installed(&lock, &installed) {
        say("the page's packages are up to date");
        return Ok(());
    }
    page::install(ui).map_err(SetupError::Page)
}

fn system_packages(purpose: Purpose) -> Result<(), SetupError> {
    let platform = Platform::current();
    let missing = missing_needs(platform, purpose);
    match plan::decide(platform, &missing, rights()) {
        Plan::Ready => Ok(()),
        Plan::Ask { command } => Err(SetupError::Missing { what: plan::names(&missing), command }),
        Plan::Install { rights, packages } => {
            say(format!("installing {}", packages.join(" ")));
            let joined = packages.join(" ");
            apt_install(rights, &packages)
                .map_err(|source| SetupError::Install { packages: joined, source })?;
            still_missing(platform, purpose)
        }
    }
}

/// An install that said it went well and yet changed nothing must not look like one that did.
fn still_missing(platform: Platform, purpose: Purpose) -> Result<(), SetupError> {
    let missing = missing_needs(platform, purpose);
    if missing.is_empty() {
        return Ok(());
    }
    let command = plan::command(platform, &missing);
    Err(SetupError::Missing { what: plan::names(&missing), command })
}

fn missing_needs(platform: Platform, purpose: Purpose) -> Vec<Need> {
    plan::needs(platform, purpose).into_iter().filter(|need| !need.is_met()).collect()
}

fn rights() -> Rights {
    let id = process::output(Command::new("id").arg("-u")).unwrap_or_default();
    if id.trim() == "0" {
        Rights::Root
    } else if process::succeeds("sudo", &["-n", "true"]) {
        Rights::Sudo
    } else {
        Rights::None
    }
}

/// Installs by apt; fetches the lists first where there are none, or when the first try fails.
fn apt_install(rights: Rights, packages: &[&str]) -> Result<(), ProcessError> {
    let install = || {
        let mut command = apt(rights);
        process::run(command.args(["install", "--yes", "--no-install-recommends"]).args(packages))
    };
    let has_lists = std::fs::read_dir("/var/lib/apt/lists").is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
    });
    if has_lists && install().is_ok() {
        return Ok(());
    }
    process::run(apt(rights).arg("update"))?;
    install()
}

fn apt(rights: Rights) -> Command {
    let mut command = if rights == Rights::Root {
        Command::new("env")
    } else {
        let mut command = Command::new("sudo");
        command.args(["-n", "env"]);
        command
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    command
}

/// rustup's smallest profile lacks the formatter and the linter.
fn rust_tools(workspace: &Workspace) -> Result<(), SetupError> {
    let there = |tool: &str| process::output(workspace.cargo().args([tool, "--version"])).is_ok();
    if there("fmt") && there("clippy") {
        return Ok(());
    }
    say("installing rustfmt and clippy");
    let add = ["component", "add", "rustfmt", "clippy"];
    process::run(Command::new("rustup").args(add).current_dir(workspace.root())).map_err(|_| {
        SetupError::RustTools {
            tools: "rustfmt clippy",
            command: "rustup component add rustfmt clippy",
        }
    })
}

#[cfg(test)]
mod tests;
