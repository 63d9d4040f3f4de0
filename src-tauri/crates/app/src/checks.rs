//! All checks of a project in one report: lights, problems with their places, tokens, the split.

mod file_check;
mod lights;
mod wire;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use attune_contract::Failure;
use attune_contract::checks::{
    AnswerGroup, AnswerShape, CheckLeaveOutRequest, CheckReport, ProblemGroup, ProblemPlace,
    SplitCounts, TokenTotals,
};
use attune_contract::examples::ExampleChange;
use attune_contract::projects::ProjectRequest;
use attune_cost::Encoding;
use attune_dataset::split::{Part, Shares, assign};
use attune_dataset::{ContentKey, ProblemCode};
use attune_evaluation::{AnswerKind, kind};
use attune_store::{ExampleId, Library, ProjectId, ProjectRow, Stats};

use crate::failures::{OrFailure, input_invalid};
use crate::{App, examples, imports, projects};

pub use file_check::{CheckedFile, FoundProblem, check_file};
pub(crate) use wire::{problem_code, wire_code, wire_severity};

const SHOWN_PLACES: usize = 20;
const PLACE_CHARS: usize = 160;
const SHOWN_GROUPS: usize = 24;
/// The kind of the answers shows in this many of them; more would only take memory.
const LOOKED_AT_ANSWERS: usize = 20_000;

impl App {
    /// Runs all checks.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn check_run(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<CheckReport, Failure> {
        self.on_library(move |_, library| {
            let project = projects::live_project(library, ProjectId(request.project))?;
            report(library, &project)
        })
        .await
    }

    /// Puts all examples with one problem into the bin, as one step of undo. Of examples that stand
    /// there more than once, the first stays.
    ///
    /// # Errors
    /// `InputInvalid` when no example has the problem; failures of the library.
    pub async fn check_leave_out(
        self: &Arc<Self>,
        request: CheckLeaveOutRequest,
    ) -> Result<ExampleChange, Failure> {
        self.on_library(move |app, library| {
            let project = ProjectId(request.project);
            projects::live_project(library, project)?;
            let code = wire::domain_code(request.code);
            let ids = examples_with(library, project, code, u64::MAX)?;
            if ids.is_empty() {
                return Err(input_invalid("code"));
            }
            library.example_delete(project, &ids, app.now_ms()).or_failure()?;
            examples::change(library, project, None)
        })
        .await
    }
}

/// What one pass over all examples tells.
struct Pass {
    keys: Vec<ContentKey>,
    usable: u64,
    answers: Vec<String>,
    answer_counts: HashMap<String, u64>,
}

fn pass(library: &Library, project: ProjectId) -> Result<Pass, Failure> {
    let mut pass =
        Pass { keys: Vec::new(), usable: 0, answers: Vec::new(), answer_counts: HashMap::new() };
    library
        .scan(project, &mut |row| {
            if !examples::has_errors(&row.content.problems) {
                pass.usable += 1;
                pass.keys.push(row.content.key);
            }
            if pass.answers.len() < LOOKED_AT_ANSWERS {
                *pass.answer_counts.entry(row.content.answer.clone()).or_default() += 1;
                pass.answers.push(row.content.answer);
            }
            ControlFlow::Continue(())
        })
        .or_failure()?;
    Ok(pass)
}

fn report(library: &Library, project: &ProjectRow) -> Result<CheckReport, Failure> {
    let stats = library.stats(project.id).or_failure()?;
    let pass = pass(library, project.id)?;
    let split = count_parts(&assign(project.split_seed, &pass.keys, Shares::default()));
    let (left_out, left_out_total) = imports::left_out_rows(library, project.id)?;
    Ok(CheckReport {
        examples: stats.examples,
        usable: pass.usable,
        lights: lights::lights(&stats, pass.usable, &split),
        problems: problems(library, project.id, &stats)?,
        left_out,
        left_out_total,
        tokens: TokenTotals {
            encoding: Encoding::O200k.as_str().to_owned(),
            total: stats.tokens_total,
            answers: stats.tokens_answers,
            longest: u64::from(stats.longest),
        },
        split,
        answers: answer_shape(&pass),
    })
}

pub(crate) fn count_parts(parts: &[Part]) -> SplitCounts {
    let count = |wanted: Part| parts.iter().filter(|part| **part == wanted).count() as u64;
    SplitCounts {
        train: count(Part::Train),
        validate: count(Part::Validate),
        test: count(Part::Test),
    }
}

fn answer_shape(pass: &Pass) -> AnswerShape {
    let answers: Vec<&str> = pass.answers.iter().map(String::as_str).collect();
    if !matches!(kind(&answers), AnswerKind::Groups { .. }) {
        return AnswerShape::Text;
    }
    let mut groups: Vec<AnswerGroup> = pass
        .answer_counts
        .iter()
        .map(|(answer, count)| AnswerGroup { answer: answer.clone(), count: *count })
        .collect();
    groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.answer.cmp(&b.answer)));
    let total = groups.len() as u64;
    groups.truncate(SHOWN_GROUPS);
    AnswerShape::Groups { groups, total }
}

/// Every problem that some example has, the worst and most frequent first.
fn problems(
    library: &Library,
    project: ProjectId,
    stats: &Stats,
) -> Result<Vec<ProblemGroup>, Failure> {
    let mut counts: Vec<(ProblemCode, u64)> = stats
        .problems
        .iter()
        .filter_map(|(code, count)| Some((ProblemCode::parse(code)?, *count)))
        .collect();
    if stats.duplicate_rows > 0 {
        counts.push((ProblemCode::Duplicate, stats.duplicate_rows));
    }
    counts.sort_by_key(|(code, count)| (wire::badness(code.severity()), std::cmp::Reverse(*count)));
    counts.into_iter().map(|(code, count)| group(library, project, code, count)).collect()
}

fn group(
    library: &Library,
    project: ProjectId,
    code: ProblemCode,
    count: u64,
) -> Result<ProblemGroup, Failure> {
    let ids = examples_with(library, project, code, SHOWN_PLACES as u64)?;
    let rows = library.examples(&ids[..ids.len().min(SHOWN_PLACES)]).or_failure()?;
    let place = |row: &attune_store::ExampleRow| ProblemPlace {
        example: row.id.0,
        line: row.line,
        question: imports::beginning(&row.content.question, PLACE_CHARS),
        answer: imports::beginning(&row.content.answer, PLACE_CHARS),
    };
    Ok(ProblemGroup {
        code: wire_code(code),
        severity: wire_severity(code.severity()),
        count,
        places: rows.iter().map(place).collect(),
    })
}

/// The examples with one problem; of those that stand there more than once, all but the first.
fn examples_with(
    library: &Library,
    project: ProjectId,
    code: ProblemCode,
    limit: u64,
) -> Result<Vec<ExampleId>, Failure> {
    if code == ProblemCode::Duplicate {
        let groups = library.duplicate_groups(project, limit).or_failure()?;
        return Ok(groups.into_iter().flat_map(|group| group.into_iter().skip(1)).collect());
    }
    let found = library.problem_examples(project, code.as_str(), limit).or_failure()?;
    Ok(found.into_iter().map(|(id, _, _)| id).collect())
}
