//! How fast the engine's lab trains on this computer, as a person would see it.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::timing::{self, Timed};
use super::{SectionError, corpus};
use crate::workspace::Workspace;

const ROWS: usize = 800;
const SEED: u64 = 7;

/// `attune train` with the lab's own settings on the task in which word order decides.
pub(super) fn measure(workspace: &Workspace) -> Result<String, SectionError> {
    let program = super::release_program(workspace)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("rows.csv");
    fs::write(&file, corpus::first_key_word(ROWS, SEED))?;
    let mut command = Command::new(program);
    command
        .arg("train")
        .arg(&file)
        .args(["--service", "this-computer", "--model", "lab", "--json"])
        .env("ATTUNE_HOME", folder.path().join("home"));
    table_of(&timing::time(&mut command)?)
}

/// The figures out of the command's JSON lines.
fn table_of(timed: &Timed) -> Result<String, SectionError> {
    let events: Vec<(f64, Value)> = timed
        .lines
        .iter()
        .filter_map(|(at, line)| Some((*at, serde_json::from_str(line).ok()?)))
        .collect();
    let steps: Vec<&(f64, Value)> = events.iter().filter(|(_, it)| it["event"] == "step").collect();
    let has_succeeded = events.last().is_some_and(|(_, event)| event["event"] == "succeeded");
    let (Some(first), Some(end)) = (steps.first(), steps.last()) else {
        return Err(unexpected(timed));
    };
    if !has_succeeded {
        return Err(unexpected(timed));
    }
    let rates = steps.iter().filter_map(|(_, it)| it["tokens_per_second"].as_f64()).collect();
    let tokens = timing::median(rates);
    let tokens = if tokens.is_nan() { "-".to_owned() } else { format!("{tokens:.0}") };
    let peak = timed.peak_mebibytes.map_or_else(|| "-".to_owned(), |peak| format!("{peak} MiB"));
    Ok(format!(
        "{ROWS} examples in which the first of two key words decides; the lab's own settings.\n\n\
         | what | figure |\n| --- | ---: |\n\
         | steps | {} |\n\
         | from the command to the first real loss | {:.1} s |\n\
         | from the command to the end | {:.1} s |\n\
         | training tokens a second (median of the steps) | {tokens} |\n\
         | loss, first and last step | {} and {} |\n\
         | most memory of the command (the engine is a process of its own) | {peak} |",
        end.1["step"],
        first.0,
        timed.seconds,
        loss(&first.1),
        loss(&end.1),
    ))
}

/// What the program said last is not what it should have said.
pub(super) fn unexpected(timed: &Timed) -> SectionError {
    let last = timed.lines.last().map_or("nothing", |(_, line)| line.as_str());
    SectionError::Unexpected { said: last.to_owned() }
}

fn loss(event: &Value) -> String {
    event["train_loss"].as_f64().map_or_else(|| "-".to_owned(), |loss| format!("{loss:.3}"))
}

#[cfg(test)]
pub(super) fn shown(lines: &[(f64, &str)]) -> Result<String, SectionError> {
    let lines = lines.iter().map(|(at, line)| (*at, (*line).to_owned())).collect();
    table_of(&Timed { seconds: 12.0, peak_mebibytes: Some(90), lines, code: Some(0) })
}
