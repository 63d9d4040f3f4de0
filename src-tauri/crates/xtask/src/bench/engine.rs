//! Training and answering with a model somebody else trained, in turn with `PyTorch` on the same rows.
//!
//! All programs get the same batches, as many threads and the same settings of the allocator. They
//! take turns, and each round begins with another, so that a slow minute of the computer hits all.

pub(super) mod figures;
pub(super) mod python;
pub(super) mod rows;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use attune_testkit::tasks;
use serde_json::Value;

use super::{SectionError, lab, timing};
use crate::console::say;
use crate::process;
use crate::starter;
use crate::workspace::Workspace;
use figures::Figures;

const SEED: u64 = 11;
/// The first step of each run warms up and does not count.
const STEPS: usize = 5;
const ROUNDS: usize = 3;
const THREADS: &str = "2";
/// Whoever needed longer for a round takes no part in the others.
const LONGEST_ROUND: Duration = Duration::from_secs(240);

/// Freed pages stay with the process. It helps each of the programs, the others more than ours.
const ALLOCATOR: [(&str, &str); 3] = [
    ("MALLOC_MMAP_THRESHOLD_", "8589934592"),
    ("MALLOC_TRIM_THRESHOLD_", "17179869184"),
    ("MALLOC_ARENA_MAX", "2"),
];

/// Which of ours is held against `PyTorch`'s f32, and whether with the adapter that Attune trained.
const LOSSES: [(Contender, bool); 3] =
    [(Contender::OursF32, false), (Contender::OursF32, true), (Contender::OursBf16, true)];

/// Who trains or answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Contender {
    OursBf16,
    OursF32,
    TorchBf16,
    TorchF32,
}

impl Contender {
    pub(super) const ALL: [Self; 4] =
        [Self::OursBf16, Self::OursF32, Self::TorchBf16, Self::TorchF32];

    fn precision(self) -> &'static str {
        match self {
            Self::OursBf16 | Self::TorchBf16 => "bf16",
            Self::OursF32 | Self::TorchF32 => "f32",
        }
    }
}

/// The table of section `engine`.
pub(super) fn measure(workspace: &Workspace) -> Result<String, SectionError> {
    let model = starter::find_or_fetch(workspace)?;
    let python = python::find_or_make(workspace)?;
    let folder = tempfile::tempdir()?;
    let batches = folder.path().join("batches.json");
    fs::write(&batches, rows::steps(STEPS, SEED).to_string())?;
    let task = tasks::sort_messages(SEED);
    let programs = Programs {
        attune: super::release_program(workspace)?,
        python,
        scripts: workspace.root().join("tests/reference"),
        model,
        batches,
        adapter: folder.path().join("adapter"),
    };
    let mut figures = Figures::default();
    let mut too_slow = BTreeSet::new();
    for round in 0..ROUNDS {
        for contender in turns(round).filter(|it| !too_slow.contains(it)).collect::<Vec<_>>() {
            let begun = Instant::now();
            let (trained, answered) = (programs.train(contender)?, programs.answer(contender)?);
            // As it comes, so that a run that is cut short was not for nothing.
            say(format!(
                "round {} of {ROUNDS}, {contender:?}: {} tokens a second, {} bytes; answering {}",
                round + 1,
                trained["tokens_per_second"],
                trained["peak_memory_bytes"],
                answered["decode_tokens_per_second"],
            ));
            figures.add_training(contender, &trained)?;
            figures.add_answer(contender, &answered)?;
            if begun.elapsed() > LONGEST_ROUND {
                too_slow.insert(contender);
            }
        }
    }
    let rows = |name: &str, pairs: &[(String, String)]| -> Result<PathBuf, SectionError> {
        let chats = tasks::to_chat_jsonl(task.instructions, pairs);
        programs.rows_of_text(&folder.path().join(name), &chats)
    };
    programs.learn(&rows("learned", &task.train)?)?;
    let kept_aside = rows("kept-aside", &task.kept_aside)?;
    for (ours, with_adapter) in LOSSES {
        let ours = programs.our_loss(ours, &kept_aside, with_adapter)?;
        figures.add_losses(&ours, &programs.their_loss(&kept_aside, with_adapter)?)?;
    }
    figures.add_first_loss(programs.first_loss(folder.path())?);
    Ok(figures.table(ROUNDS, STEPS - 1))
}

/// Everybody once, each round begun by the next.
pub(super) fn turns(round: usize) -> impl Iterator<Item = Contender> {
    let count = Contender::ALL.len();
    (0..count).map(move |turn| Contender::ALL[(round + turn) % count])
}

/// What is run, and on what.
struct Programs {
    attune: PathBuf,
    python: PathBuf,
    scripts: PathBuf,
    model: PathBuf,
    batches: PathBuf,
    /// Where Attune leaves the adapter that it trained, for both to compute a loss with.
    adapter: PathBuf,
}

impl Programs {
    fn train(&self, contender: Contender) -> Result<Value, SectionError> {
        let mut command = self.start(contender, "lora_speed.py");
        command.arg("--batches").arg(&self.batches).args(["--rank", "8"]);
        // Attune's own count has the warm-up in it.
        let steps = if is_ours(contender) { STEPS } else { STEPS - 1 };
        command.args(["--steps", &steps.to_string()]);
        said(&mut command)
    }

    /// Conversations as rows of the model's own pieces.
    fn rows_of_text(&self, place: &Path, chats: &str) -> Result<PathBuf, SectionError> {
        let (lines, rows) = (place.with_extension("jsonl"), place.with_extension("json"));
        fs::write(&lines, chats)?;
        let mut command = self.python("text_rows.py");
        said(command.arg("--chats").arg(lines).arg("--out").arg(&rows))?;
        Ok(rows)
    }

    /// Trains the adapter that the losses are compared with.
    fn learn(&self, rows: &Path) -> Result<(), SectionError> {
        let mut command = self.start(Contender::OursF32, "");
        command.arg("--batches").arg(rows).args(["--rank", "8"]).arg("--save").arg(&self.adapter);
        said(&mut command).map(drop)
    }

    fn answer(&self, contender: Contender) -> Result<Value, SectionError> {
        let mut command = self.start(contender, "decode_speed.py");
        command.args(["--prompt-tokens", "256", "--decode", "128"]);
        said(&mut command)
    }

    fn our_loss(
        &self,
        ours: Contender,
        rows: &Path,
        with_adapter: bool,
    ) -> Result<Value, SectionError> {
        let mut command = self.start(ours, "");
        command.arg("--loss");
        self.loss(&mut command, rows, with_adapter)
    }

    fn their_loss(&self, rows: &Path, with_adapter: bool) -> Result<Value, SectionError> {
        self.loss(&mut self.python("held_out_loss.py"), rows, with_adapter)
    }

    fn loss(
        &self,
        command: &mut Command,
        rows: &Path,
        with_adapter: bool,
    ) -> Result<Value, SectionError> {
        command.arg("--batches").arg(rows);
        if with_adapter {
            command.arg("--adapter").arg(&self.adapter);
        }
        said(command)
    }

    /// Seconds from the command to the first loss that a person sees, the engine's start included.
    fn first_loss(&self, folder: &Path) -> Result<f64, SectionError> {
        let task = tasks::sort_messages(SEED);
        let file = folder.join("rows.jsonl");
        fs::write(&file, tasks::to_chat_jsonl(task.instructions, &task.train))?;
        let attune = |arguments: &[&str]| {
            let mut command = Command::new(&self.attune);
            command.args(arguments).env("ATTUNE_HOME", folder.join("home"));
            timing::time(command.env(starter::PLACE, &self.model))
        };
        attune(&["models", "fetch", "starter", "--json"])?;
        let file = file.to_string_lossy();
        let trained = attune(&[
            "train", &file, "--model", "starter", "--epochs", "1", "--cores", THREADS, "--json",
        ])?;
        let is_step = |line: &str| {
            serde_json::from_str::<Value>(line).is_ok_and(|event| event["event"] == "step")
        };
        let first = trained.lines.iter().find(|(_, line)| is_step(line));
        first.map(|(seconds, _)| *seconds).ok_or_else(|| lab::unexpected(&trained))
    }

    /// `attune measure`, or the script that does the same.
    fn start(&self, contender: Contender, script: &str) -> Command {
        let mut command = if is_ours(contender) {
            let mut command = self.with_model(&self.attune, &["measure"]);
            command.arg("--json");
            command
        } else {
            self.python(script)
        };
        command.args(["--precision", contender.precision()]);
        command
    }

    fn python(&self, script: &str) -> Command {
        let script = self.scripts.join(script);
        self.with_model(&self.python, &[&script.to_string_lossy()])
    }

    fn with_model(&self, program: &Path, first: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(first).arg("--model").arg(&self.model).args(["--threads", THREADS]);
        command.envs(ALLOCATOR);
        command
    }
}

fn is_ours(contender: Contender) -> bool {
    matches!(contender, Contender::OursBf16 | Contender::OursF32)
}

/// The JSON document that a program ends with.
fn said(command: &mut Command) -> Result<Value, SectionError> {
    let out = process::output(command)?;
    let last = out.lines().last().unwrap_or_default();
    serde_json::from_str(last).map_err(|_| SectionError::Unexpected { said: out.clone() })
}
