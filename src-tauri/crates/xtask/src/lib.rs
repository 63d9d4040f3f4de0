//! The project's own automation, called as `cargo xtask COMMAND`.
//!
//! It sets up a computer for building, builds and opens the window, runs everything a change must
//! pass, generates the page's types, checks the rules of the house and measures. It must never
//! hold a rule of the product, and it never installs anything without having said what.

mod bench;
mod codegen;
mod console;
mod page;
mod process;
mod run;
mod sdk;
mod setup;
mod stages;
mod starter;
mod tidy;
mod workspace;

use std::error::Error;
use std::process::ExitCode;

use crate::console::{complain, say};
use crate::workspace::Workspace;

const HELP: &str = "\
cargo xtask COMMAND

  setup              check what building and testing needs, install it where allowed
  run [-- ARGUMENT…] build the page and the program, open the window
      --build-only   build, open nothing
  test [STAGE…]      everything a change must pass, or only the named stages
  codegen [--check]  write the page's generated files, or say which are stale
  tidy               check the rules of the house
  starter            fetch the small model that tests and measurements use
  bench [SECTION…]   measure, and write the figures to docs/measurements.md";

/// Runs the command named by the process's arguments.
///
/// Ends 0 when done, 1 when the answer is "no" (a stage failed, a rule is broken, a file is
/// stale), 2 when the command cannot run.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    ExitCode::from(dispatch(&Workspace::find(), &arguments))
}

fn dispatch(workspace: &Workspace, arguments: &[String]) -> u8 {
    let Some((command, rest)) = arguments.split_first() else {
        say(HELP);
        return 2;
    };
    match command.as_str() {
        "setup" => ended(setup::prepare(workspace, setup::Purpose::Test).map(|()| 0)),
        "run" => ended(run::run(workspace, rest)),
        "test" => ended(stages::run(workspace, rest)),
        "codegen" => ended(codegen::run(workspace, rest)),
        "tidy" => ended(tidy::run(workspace)),
        "starter" => ended(starter::run(workspace)),
        "bench" => ended(bench::run(workspace, rest)),
        "help" | "--help" | "-h" => {
            say(HELP);
            0
        }
        unknown => {
            complain(format!("`{unknown}` is no command of `cargo xtask`\n\n{HELP}"));
            2
        }
    }
}

/// Says an error with its causes; a command that could not do its work ends 2.
fn ended<E: Error>(result: Result<u8, E>) -> u8 {
    result.unwrap_or_else(|error| {
        complain(console::with_causes(&error));
        2
    })
}
