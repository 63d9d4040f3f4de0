//! How long a file takes to be read, checked and counted, beside the script people use today.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::timing::{self, Timed};
use super::{SectionError, corpus};
use crate::console::say;
use crate::workspace::Workspace;

/// About 20 MB of JSONL.
const ROWS: usize = 30_000;
const SEED: u64 = 2;
const ROUNDS: usize = 3;

/// `attune check` over JSONL and CSV, in turn with the Python reference over the same JSONL.
pub(super) fn measure(workspace: &Workspace) -> Result<String, SectionError> {
    let program = super::release_program(workspace)?;
    let folder = tempfile::tempdir()?;
    let (jsonl, csv) = (folder.path().join("rows.jsonl"), folder.path().join("rows.csv"));
    let (lines, table) = corpus::questions(ROWS, SEED);
    fs::write(&jsonl, &lines)?;
    fs::write(&csv, &table)?;
    let reference = super::reference_folder(workspace).map(|it| it.join("bench/reference_prep.py"));
    let reference = reference.filter(|script| script.is_file());

    let (mut ours, mut ours_csv, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        if let Some(script) = &reference {
            theirs.extend(python(script, &jsonl)?);
        }
        ours.push(check(&program, folder.path(), &jsonl)?);
        ours_csv.push(check(&program, folder.path(), &csv)?);
    }
    if theirs.len() < ROUNDS {
        say("the Python reference did not run; there is no ratio");
        theirs.clear();
    }
    Ok(table_of(
        lines.len(),
        &[("Python, JSONL", &theirs), ("Attune, JSONL", &ours), ("Attune, CSV", &ours_csv)],
    ))
}

/// One row a program; the ratio is to the first that ran.
fn table_of(bytes: usize, programs: &[(&str, &Vec<Timed>)]) -> String {
    let seconds = |runs: &[Timed]| timing::median(runs.iter().map(|run| run.seconds).collect());
    let reference = seconds(programs[0].1);
    let mut text = format!(
        "{ROWS} made-up examples, {} MB as JSONL; median of {ROUNDS} rounds in turn.\n\n\
         | read, check, count | seconds | against Python | most memory |\n\
         | --- | ---: | ---: | ---: |",
        bytes / 1_000_000
    );
    for (name, runs) in programs.iter().filter(|(_, runs)| !runs.is_empty()) {
        let took = seconds(runs);
        let ratio = reference / took;
        let ratio = if ratio.is_nan() { "-".to_owned() } else { format!("{ratio:.1}x") };
        let peak = runs.iter().filter_map(|run| run.peak_mebibytes).max();
        let peak = peak.map_or_else(|| "-".to_owned(), |peak| format!("{peak} MiB"));
        text += &format!("\n| {name} | {took:.2} | {ratio} | {peak} |");
    }
    text
}

fn check(program: &Path, home: &Path, file: &Path) -> Result<Timed, SectionError> {
    let mut command = Command::new(program);
    command.arg("check").arg(file).arg("--json").env("ATTUNE_HOME", home.join("home"));
    let timed = timing::time(&mut command)?;
    // 1 is a good end too: it means that problems were found.
    if matches!(timed.code, Some(0 | 1)) {
        return Ok(timed);
    }
    let said = timed.lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n");
    Err(SectionError::Unexpected { said })
}

/// None where Python or its tokenizer is not there.
fn python(script: &Path, file: &Path) -> Result<Option<Timed>, SectionError> {
    let mut command = Command::new("python3");
    command.arg(script).arg(file).args(["--encoding", "o200k_base"]);
    match timing::time(&mut command) {
        Ok(timed) if timed.code == Some(0) => Ok(Some(timed)),
        Ok(_) | Err(SectionError::File(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
