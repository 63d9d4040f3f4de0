//! Starting other programs, with errors that name them.
//!
//! No program gets this one's standard input: nothing here may wait for a person.

use std::io;
use std::process::{Command, ExitStatus, Stdio};

/// Why a program did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    #[error("`{program}` could not be started")]
    NotStarted { program: String, source: io::Error },
    #[error("`{program}` ended with {status}{}", said(.output))]
    Failed { program: String, status: ExitStatus, output: String },
}

fn said(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!(":\n{}", output.trim_end()) }
}

/// Runs a program whose lines go straight to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<(), ProcessError> {
    let status = status(command)?;
    if status.success() {
        return Ok(());
    }
    Err(ProcessError::Failed { program: name(command), status, output: String::new() })
}

/// Runs a program to its end, whatever the end is; its lines go straight to the terminal.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus, ProcessError> {
    command
        .stdin(Stdio::null())
        .status()
        .map_err(|source| ProcessError::NotStarted { program: name(command), source })
}

/// Runs a program and returns its standard output; a failure carries both of its outputs.
pub(crate) fn output(command: &mut Command) -> Result<String, ProcessError> {
    let done = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| ProcessError::NotStarted { program: name(command), source })?;
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    if done.status.success() {
        return Ok(out);
    }
    let output = out + &String::from_utf8_lossy(&done.stderr);
    Err(ProcessError::Failed { program: name(command), status: done.status, output })
}

/// Whether a program is there and ends well; silent.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    output(Command::new(program).args(arguments)).is_ok()
}

/// On a build server (`CI` is set) nothing is coloured and no bar moves.
pub(crate) fn plain_in_ci(command: &mut Command) {
    if std::env::var_os("CI").is_some() {
        command
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_TERM_PROGRESS_WHEN", "never")
            .env("NO_COLOR", "1");
    }
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
