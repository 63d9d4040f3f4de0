//! What this program says to the person at the terminal.
//!
//! Plain lines only: the same text on a terminal, in a file and on a build server.

use std::error::Error;
use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};

/// Writes one line to standard output.
pub(crate) fn say(line: impl Display) {
    let mut out = io::stdout().lock();
    // A reader that went away (`| head`) is no reason to stop the work.
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Writes one line to standard error.
pub(crate) fn complain(line: impl Display) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// An error and its causes, one a line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        write!(text, "\n  because: {cause}").expect("writing to a String cannot fail");
        next = cause.source();
    }
    text
}

/// `12.3 s`, or `2 min 03 s` from a minute on.
pub(crate) fn seconds(duration: std::time::Duration) -> String {
    let whole = duration.as_secs();
    if whole < 60 {
        return format!("{:.1} s", duration.as_secs_f64());
    }
    format!("{} min {:02} s", whole / 60, whole % 60)
}
