//! What goes out: JSON for programs, words from the catalogue for people.

use std::io::Write;
use std::process::ExitCode;

use attune_contract::words::failure_words;
use attune_contract::{Failure, Param};
use serde_json::{Map, Value, json};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Done.
    Done,
    /// The answer is "no".
    No,
    /// It could not run.
    CannotRun,
    /// Nobody can tell whether a training began.
    Unknown,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Done => 0,
            Ending::No => 1,
            Ending::CannotRun => 2,
            Ending::Unknown => 3,
        })
    }
}

/// Prints one line. A reader that went away is no reason to fail: there is nobody left to tell.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Prints text as it comes, without a line end.
pub(crate) fn piece(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(write!(out, "{text}").and_then(|()| out.flush()));
}

/// A failure as JSON: its code, its values, its words.
pub(crate) fn failure_json(failure: &Failure) -> Value {
    let plain = |param: &Param| match param {
        Param::Text(text) | Param::Date(text) => Value::from(text.as_str()),
        Param::Count(count) | Param::Bytes(count) => Value::from(*count),
        Param::MicroUsd(micros) => Value::from(*micros),
    };
    let params: Map<String, Value> =
        failure.params.iter().map(|(name, param)| (name.clone(), plain(param))).collect();
    json!({
        "code": failure.code.as_text(),
        "params": params,
        "words": failure_words(failure),
    })
}

/// Says why a command cannot run.
pub(crate) fn refuse(failure: &Failure, is_json: bool) -> Ending {
    if is_json {
        line(&json!({ "failure": failure_json(failure) }).to_string());
    } else {
        drop(writeln!(std::io::stderr(), "{}", failure_words(failure)));
    }
    Ending::CannotRun
}
