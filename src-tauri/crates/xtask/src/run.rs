//! `cargo xtask run`: from a checkout to the open window.

use std::process::Command;
use std::time::Instant;

use crate::console::{say, seconds};
use crate::page;
use crate::process::{self, ProcessError};
use crate::setup::{self, Purpose, SetupError};
use crate::workspace::{MetadataError, Workspace};

/// Why the window is not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(
        "there is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set. Start \
         this from a desktop session, or build alone with `cargo xtask run --build-only`"
    )]
    NoDisplay,
    #[error(
        "`{argument}` is no argument of `cargo xtask run`; what follows `--` goes to the window"
    )]
    UnknownArgument { argument: String },
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("the page could not be built")]
    Page(#[source] ProcessError),
    #[error("the program could not be built")]
    Build(#[source] ProcessError),
    #[error("the built program was not found")]
    Target(#[from] MetadataError),
    #[error("the window could not be opened")]
    Window(#[source] ProcessError),
}

/// What was asked for on the command line.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    is_build_only: bool,
    for_the_window: Vec<String>,
}

/// Builds what is needed, opens the window and ends as it ends.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<u8, RunError> {
    let wish = parse(arguments)?;
    if !wish.is_build_only && !has_display(|name| std::env::var_os(name).is_some()) {
        return Err(RunError::NoDisplay);
    }
    build(workspace)?;
    if wish.is_build_only {
        return Ok(0);
    }
    let name = format!("attune-desktop{}", std::env::consts::EXE_SUFFIX);
    let program = workspace.target_folder()?.join("debug").join(name);
    let mut window = Command::new(program);
    let status = process::status(window.args(wish.for_the_window)).map_err(RunError::Window)?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn build(workspace: &Workspace) -> Result<(), RunError> {
    let ui = workspace.ui();
    timed("setup", || setup::prepare(workspace, Purpose::Build))?;
    timed("page packages", || setup::page_packages(&ui))?;
    timed("page", || page::build(&ui)).map_err(RunError::Page)?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--workspace"]).args(without_this_program());
    timed("program", || process::run(&mut cargo)).map_err(RunError::Build)
}

/// Windows refuses to replace a program that runs, and this one does.
pub(crate) fn without_this_program() -> &'static [&'static str] {
    if cfg!(windows) { &["--exclude", "xtask"] } else { &[] }
}

fn timed<E>(stage: &str, work: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    let start = Instant::now();
    work()?;
    say(format!("{stage}: {}", seconds(start.elapsed())));
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Wish, RunError> {
    let end = arguments.iter().position(|argument| argument == "--");
    let (ours, for_the_window) = match end {
        Some(end) => (&arguments[..end], arguments[end + 1..].to_vec()),
        None => (arguments, Vec::new()),
    };
    match ours.iter().find(|argument| *argument != "--build-only") {
        Some(argument) => Err(RunError::UnknownArgument { argument: argument.clone() }),
        None => Ok(Wish { is_build_only: !ours.is_empty(), for_the_window }),
    }
}

/// macOS and Windows always have one; Linux names it in the environment.
fn has_display(is_set: impl Fn(&str) -> bool) -> bool {
    cfg!(not(target_os = "linux")) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests;
