//! `cargo xtask test`: everything a change must pass, in order, with the seconds of each stage.
//!
//! Every call of cargo selects the same packages and features with the tests' own dependencies,
//! since another selection unifies features differently and builds half the tree again.

mod table;

use std::time::Instant;

use crate::codegen::{self, CodegenError};
use crate::console::{complain, say, with_causes};
use crate::page;
use crate::process::{self, ProcessError};
use crate::sdk::{self, SdkError};
use crate::setup::{self, Purpose, SetupError};
use crate::starter::{self, StarterError};
use crate::tidy::{self, TidyError};
use crate::workspace::{MetadataError, Workspace};
use table::{Outcome, Row};

/// The test target that drives the real window; it has a stage of its own.
const JOURNEYS: &str = "journeys";

/// One stage: its name on the command line, what it is, and its work.
struct Stage {
    name: &'static str,
    what: &'static str,
    work: fn(&Workspace) -> Result<(), StageError>,
}

/// Cheap and telling stages first; the page's build precedes whatever compiles it in.
const STAGES: [Stage; 14] = [
    Stage { name: "setup", what: "what the tests need is installed", work: set_up },
    Stage { name: "format", what: "cargo fmt --check", work: format },
    Stage { name: "page-install", what: "the page's packages", work: page_install },
    Stage { name: "page-build", what: "ui/dist", work: page_build },
    Stage { name: "tidy", what: "the rules of the house", work: tidy_rules },
    Stage { name: "codegen", what: "generated files are fresh", work: generated },
    Stage { name: "page-check", what: "types of scripts and templates", work: page_check },
    Stage { name: "page-tests", what: "vitest", work: page_tests },
    Stage { name: "lints", what: "cargo clippy", work: lints },
    Stage { name: "build", what: "program and tests", work: build },
    Stage { name: "sdk", what: "OpenAI's SDKs for the tests", work: sdks },
    Stage { name: "starter", what: "the model that tests start from", work: starter_model },
    Stage { name: "tests", what: "Rust tests", work: tests },
    Stage { name: JOURNEYS, what: "the real window", work: journeys },
];

/// Why the stages could not be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StagesError {
    #[error("`{name}` is no stage; the stages are: {}", names().join(" "))]
    Unknown { name: String },
}

/// Why a stage failed.
#[derive(Debug, thiserror::Error)]
enum StageError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error(transparent)]
    Tidy(#[from] TidyError),
    #[error(transparent)]
    Codegen(#[from] CodegenError),
    #[error(transparent)]
    Sdk(#[from] SdkError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    Starter(#[from] StarterError),
    #[error("{count} rules of the house are broken; each is named above")]
    Untidy { count: usize },
    #[error("generated files are stale (`cargo xtask codegen` writes them) or words are missing")]
    Stale,
}

/// Runs the named stages, or all; stops at the first that fails. Ends 0 or 1.
pub(crate) fn run(workspace: &Workspace, wanted: &[String]) -> Result<u8, StagesError> {
    let chosen = choose(wanted)?;
    let start = Instant::now();
    let mut rows = Vec::new();
    for stage in chosen {
        let failed = rows.last().is_some_and(|row: &Row| row.outcome == Outcome::Failed);
        rows.push(if failed { skipped(stage) } else { perform(workspace, stage) });
    }
    say(table::show(&rows, start.elapsed()));
    Ok(u8::from(rows.iter().any(|row| row.outcome == Outcome::Failed)))
}

fn choose(wanted: &[String]) -> Result<Vec<&'static Stage>, StagesError> {
    if let Some(name) = wanted.iter().find(|wanted| !names().contains(&wanted.as_str())) {
        return Err(StagesError::Unknown { name: name.clone() });
    }
    let is_chosen = |stage: &&Stage| wanted.is_empty() || wanted.iter().any(|it| it == stage.name);
    Ok(STAGES.iter().filter(is_chosen).collect())
}

fn names() -> Vec<&'static str> {
    STAGES.iter().map(|stage| stage.name).collect()
}

fn perform(workspace: &Workspace, stage: &Stage) -> Row {
    say(format!("\n== {}: {}", stage.name, stage.what));
    let start = Instant::now();
    let result = (stage.work)(workspace);
    let took = start.elapsed();
    let outcome = match result {
        Ok(()) => Outcome::Passed,
        Err(error) => {
            complain(format!("stage `{}` failed: {}", stage.name, with_causes(&error)));
            Outcome::Failed
        }
    };
    say(format!("== {}: {} in {}", stage.name, outcome.word(), crate::console::seconds(took)));
    Row { name: stage.name, outcome, took }
}

fn skipped(stage: &Stage) -> Row {
    Row { name: stage.name, outcome: Outcome::NotRun, took: std::time::Duration::ZERO }
}

fn set_up(workspace: &Workspace) -> Result<(), StageError> {
    Ok(setup::prepare(workspace, Purpose::Test)?)
}

fn format(workspace: &Workspace) -> Result<(), StageError> {
    Ok(process::run(workspace.cargo().args(["fmt", "--all", "--check"]))?)
}

fn sdks(workspace: &Workspace) -> Result<(), StageError> {
    Ok(sdk::install(workspace)?)
}

fn page_install(workspace: &Workspace) -> Result<(), StageError> {
    Ok(setup::page_packages(&workspace.ui())?)
}

fn page_build(workspace: &Workspace) -> Result<(), StageError> {
    Ok(page::build(&workspace.ui())?)
}

fn tidy_rules(workspace: &Workspace) -> Result<(), StageError> {
    match tidy::report(workspace)? {
        0 => Ok(()),
        count => Err(StageError::Untidy { count }),
    }
}

fn generated(workspace: &Workspace) -> Result<(), StageError> {
    if codegen::check(workspace)? { Ok(()) } else { Err(StageError::Stale) }
}

fn page_check(workspace: &Workspace) -> Result<(), StageError> {
    Ok(page::check(&workspace.ui())?)
}

fn page_tests(workspace: &Workspace) -> Result<(), StageError> {
    Ok(page::test(&workspace.ui())?)
}

fn lints(workspace: &Workspace) -> Result<(), StageError> {
    cargo(workspace, "clippy", &["--all-targets", "--", "-D", "warnings"])
}

fn build(workspace: &Workspace) -> Result<(), StageError> {
    let mut arguments = vec!["--all-targets"];
    arguments.extend(crate::run::without_this_program());
    cargo(workspace, "build", &arguments)
}

fn starter_model(workspace: &Workspace) -> Result<(), StageError> {
    starter::find_or_fetch(workspace)?;
    Ok(())
}

/// Everything but the journeys. cargo can only be told what to run, so the targets are named.
fn tests(workspace: &Workspace) -> Result<(), StageError> {
    let packages = workspace.packages()?;
    let mut arguments = vec!["--lib", "--bins"];
    for target in packages.iter().flat_map(|package| &package.test_targets) {
        if target != JOURNEYS {
            arguments.extend(["--test", target]);
        }
    }
    cargo(workspace, "test", &arguments)
}

fn journeys(workspace: &Workspace) -> Result<(), StageError> {
    if cfg!(not(target_os = "linux")) {
        say("left out: the journeys drive WebKitGTK, which exists on Linux only");
        return Ok(());
    }
    cargo(workspace, "test", &["--test", JOURNEYS])
}

/// One call of cargo with the selection that all stages share.
fn cargo(workspace: &Workspace, verb: &str, arguments: &[&str]) -> Result<(), StageError> {
    let mut command = workspace.cargo();
    command.args([verb, "--workspace", "--features", "journey"]).args(arguments);
    Ok(process::run(&mut command)?)
}

#[cfg(test)]
mod tests;
