//! What the starter learns from end to end by command: invented tasks, and real questions to a bank.
//!
//! What is kept aside is asked of what the starter became, and a hundred of it of the starter. An
//! answer counts only when it is the right one letter for letter.

use std::fs;
use std::path::Path;
use std::process::Command;

use attune_testkit::Banking;
use attune_testkit::tasks::{self, Task};
use serde_json::Value;

use super::timing::{self, Timed};
use super::{SectionError, lab};
use crate::console::say;
use crate::starter;
use crate::workspace::Workspace;

const SEED: u64 = 5;
const CORES: &str = "2";

/// The table of section `starter`.
pub(super) fn measure(workspace: &Workspace) -> Result<String, SectionError> {
    let folder = tempfile::tempdir()?;
    let place = Place {
        program: super::release_program(workspace)?,
        starter: starter::find_or_fetch(workspace)?,
        folder: folder.path(),
    };
    place.succeed(&["models", "fetch", "starter", "--json"])?;
    let mut all = vec![tasks::sort_messages(SEED), tasks::messages_to_json(SEED)];
    match Banking::find() {
        Some(banking) => all.push(banking.ten_groups(SEED)),
        None => say(attune_testkit::LEFT_OUT_WORDS),
    }
    let mut table = String::from(
        "| task | learnt from | right before | right after | training | asking after |\n\
         | --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for task in &all {
        let row = place.teach(task)?;
        say(&row);
        table.push_str(&row);
        table.push('\n');
    }
    Ok(table.trim_end().to_owned())
}

/// Where the measured program works.
struct Place<'a> {
    program: std::path::PathBuf,
    starter: std::path::PathBuf,
    folder: &'a Path,
}

impl Place<'_> {
    /// Trains on a task with the settings that Attune chooses, asks before and after.
    fn teach(&self, task: &Task) -> Result<String, SectionError> {
        say(format!("teaching the starter: {}", task.name));
        let file = |name: &str, examples: &[(String, String)]| {
            let path = self.folder.join(name);
            fs::write(&path, tasks::to_chat_jsonl(task.instructions, examples))?;
            Ok::<String, SectionError>(path.to_string_lossy().into_owned())
        };
        let train = file("train.jsonl", &task.train)?;
        let kept_aside = file("kept-aside.jsonl", &task.kept_aside)?;
        let asked_before = file("asked-before.jsonl", &task.asked_before())?;
        let trained =
            self.succeed(&["train", &train, "--model", "starter", "--cores", CORES, "--json"])?;
        let end = last_line(&trained)?;
        let model = end["model"].as_str().ok_or_else(|| lab::unexpected(&trained))?;
        let ask = |file: &str, model: &str| {
            self.run(&["evaluate", file, "--model", model, "--cores", CORES, "--json"])
        };
        let (before, after) = (ask(&asked_before, "starter")?, ask(&kept_aside, model)?);
        let seconds = [trained.seconds, after.seconds];
        row(task, [&last_line(&before)?, &last_line(&after)?], seconds)
            .ok_or_else(|| lab::unexpected(&after))
    }

    fn succeed(&self, arguments: &[&str]) -> Result<Timed, SectionError> {
        let timed = self.run(arguments)?;
        if timed.code == Some(0) { Ok(timed) } else { Err(lab::unexpected(&timed)) }
    }

    fn run(&self, arguments: &[&str]) -> Result<Timed, SectionError> {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("ATTUNE_HOME", self.folder.join("home"))
            .env(starter::PLACE, &self.starter);
        timing::time(&mut command)
    }
}

fn last_line(timed: &Timed) -> Result<Value, SectionError> {
    let last = timed.lines.last().and_then(|(_, line)| serde_json::from_str(line).ok());
    last.ok_or_else(|| lab::unexpected(timed))
}

/// One row of the reports before and after, and of the seconds of training and asking after; none
/// where a report does not say how many were right.
pub(super) fn row(
    task: &Task,
    [before, after]: [&Value; 2],
    [training, asking]: [f64; 2],
) -> Option<String> {
    let right = |report: &Value| {
        let (share, asked) = (tasks::share_of_right(report)?, report["examples"].as_u64()?);
        Some(format!("{:.1} % of {asked}", 100.0 * share))
    };
    let (before, after) = (right(before)?, right(after)?);
    Some(format!(
        "| {} | {} | {before} | {after} | {training:.0} s | {asking:.0} s |",
        task.name,
        task.train.len(),
    ))
}
