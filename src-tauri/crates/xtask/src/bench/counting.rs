//! How fast tokens are counted, in turn with tiktoken from Python over the same texts.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::engine::python;
use super::{SectionError, corpus, timing};
use crate::process;
use crate::workspace::Workspace;

/// About 20 MB of JSONL.
const ROWS: usize = 30_000;
const SEED: u64 = 3;
const ROUNDS: usize = 3;
const ENCODINGS: [&str; 2] = ["cl100k_base", "o200k_base"];
/// Who counts, and with how many threads; tiktoken with one, since more make it slower.
const COUNTERS: [(&str, Option<&str>); 3] =
    [("Python tiktoken", None), ("Attune", Some("1")), ("Attune, two threads", Some("2"))];

/// The table of section `counting`.
pub(super) fn measure(workspace: &Workspace) -> Result<String, SectionError> {
    let python = python::find_or_make(workspace)?;
    let program = example(workspace)?;
    let folder = tempfile::tempdir()?;
    let chats = folder.path().join("chats.jsonl");
    let (lines, _) = corpus::questions(ROWS, SEED);
    fs::write(&chats, &lines)?;
    let mut text = format!(
        "{ROWS} made-up examples, {} MB as JSONL; median of {ROUNDS} rounds in turn. Goal: 8 times tiktoken on \
         one thread, 15 times on two, and not one token apart.\n\n\
         | vocabulary | counter | MB a second | against tiktoken | tokens |\n\
         | --- | --- | ---: | ---: | ---: |",
        lines.len() / 1_000_000
    );
    for encoding in ENCODINGS {
        let vocabulary = vocabulary(workspace, encoding)?;
        let mut rates = [const { Vec::new() }; COUNTERS.len()];
        let mut tokens = [0; COUNTERS.len()];
        for _ in 0..ROUNDS {
            for (at, (_, threads)) in COUNTERS.iter().enumerate() {
                let said = match threads {
                    None => theirs(workspace, &python, &chats, encoding, &vocabulary)?,
                    Some(threads) => ours(&program, &chats, encoding, threads)?,
                };
                rates[at].push(megabytes_a_second(&said)?);
                tokens[at] = said["tokens"].as_u64().unwrap_or_default();
            }
        }
        let medians = rates.map(timing::median);
        for (at, (name, _)) in COUNTERS.iter().enumerate() {
            let (rate, ratio, tokens) = (medians[at], medians[at] / medians[0], tokens[at]);
            write!(text, "\n| {encoding} | {name} | {rate:.1} | {ratio:.1}x | {tokens} |")
                .expect("writing to a String cannot fail");
        }
    }
    Ok(text)
}

fn ours(
    program: &Path,
    chats: &Path,
    encoding: &str,
    threads: &str,
) -> Result<Value, SectionError> {
    said(Command::new(program).arg(chats).args([encoding, threads]))
}

fn theirs(
    workspace: &Workspace,
    python: &Path,
    chats: &Path,
    encoding: &str,
    vocabulary: &Path,
) -> Result<Value, SectionError> {
    let mut command = Command::new(python);
    command.arg(workspace.root().join("tests/reference/count_speed.py"));
    command.arg("--chats").arg(chats).args(["--encoding", encoding]);
    said(command.arg("--vocabulary").arg(vocabulary))
}

fn said(command: &mut Command) -> Result<Value, SectionError> {
    let out = process::output(command)?;
    let last = out.lines().last().unwrap_or_default();
    serde_json::from_str(last).map_err(|_| SectionError::Unexpected { said: out.clone() })
}

fn megabytes_a_second(said: &Value) -> Result<f64, SectionError> {
    let number = |name: &str| said.get(name).and_then(Value::as_f64);
    let rate = number("bytes").zip(number("seconds")).map(|(bytes, seconds)| bytes / 1e6 / seconds);
    rate.ok_or_else(|| SectionError::Unexpected { said: said.to_string() })
}

/// The program that only counts.
fn example(workspace: &Workspace) -> Result<PathBuf, SectionError> {
    let mut build = workspace.cargo();
    build.args(["build", "--release", "--package", "attune-cost", "--example", "count"]);
    process::run(&mut build)?;
    let name = format!("count{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.target_folder()?.join("release/examples").join(name))
}

/// A vocabulary as tiktoken-rs brings it along: the very file that tiktoken would fetch.
fn vocabulary(workspace: &Workspace, encoding: &str) -> Result<PathBuf, SectionError> {
    // Of other platforms nothing may be here.
    let about = process::output(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let mut command = workspace.cargo();
    command.args(["metadata", "--offline", "--format-version", "1", "--filter-platform", host]);
    let metadata: Value = serde_json::from_str(&process::output(&mut command)?)
        .map_err(|error| SectionError::Unexpected { said: error.to_string() })?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let package = packages.filter(|it| it["name"] == "tiktoken-rs").find_map(|package| {
        Some(Path::new(package["manifest_path"].as_str()?).parent()?.to_owned())
    });
    let what = || SectionError::NoSubject { what: "the sources of tiktoken-rs".to_owned() };
    Ok(package.ok_or_else(what)?.join("assets").join(format!("{encoding}.tiktoken")))
}
