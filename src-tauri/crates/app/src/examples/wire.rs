//! Examples as the page sees them.

use attune_contract::Failure;
use attune_contract::examples::{
    CardMessage, CardProblem, ExampleCard, ExampleChange, ExampleRow as WireRow, HistoryMove,
    HistoryState, HistoryStep, MessageRole, StepKind,
};
use attune_cost::{Encoding, bulk_counter, example_tokens};
use attune_dataset::{Example, ExampleLimits, Message, Problem, Role, check_example};
use attune_store::{ExampleId, ExampleRow, Library, OperationKind, OperationRow, ProjectId};

use super::content::codes;
use crate::failures::{OrFailure, internal};
use crate::{checks, imports, projects};

/// A list shows only the beginning of a text.
const ROW_CHARS: usize = 240;

pub(super) fn row(row: &ExampleRow) -> WireRow {
    WireRow {
        id: row.id.0,
        question: imports::beginning(&row.content.question, ROW_CHARS),
        answer: imports::beginning(&row.content.answer, ROW_CHARS),
        problems: codes(&row.content.problems).map(checks::wire_code).collect(),
    }
}

pub(super) fn parsed(row: &ExampleRow) -> Result<Example, Failure> {
    Example::from_chat_json(&row.content.body).map_err(|error| internal(error.to_string()))
}

pub(super) fn card(row: &ExampleRow) -> Result<ExampleCard, Failure> {
    let example = parsed(row)?;
    let tokens = example_tokens(bulk_counter(Encoding::O200k), &example);
    let found = check_example(&example, &ExampleLimits::default(), tokens);
    // What only the source showed is known by its code alone.
    let only_stored = codes(&row.content.problems)
        .filter(|code| !found.iter().any(|problem| problem.code == *code))
        .map(Problem::new);
    Ok(ExampleCard {
        id: row.id.0,
        line: row.line,
        messages: example.messages.iter().map(message).collect(),
        tokens: tokens.total,
        problems: only_stored.chain(found.iter().cloned()).map(|found| problem(&found)).collect(),
    })
}

fn message(message: &Message) -> CardMessage {
    let role = match &message.role {
        Role::System | Role::Developer => MessageRole::Instructions,
        Role::User => MessageRole::Question,
        Role::Assistant => MessageRole::Answer,
        Role::Tool | Role::Function | Role::Other(_) => MessageRole::Other,
    };
    CardMessage { role, content: message.content.clone(), learned: message.is_learned() }
}

fn problem(problem: &Problem) -> CardProblem {
    CardProblem {
        code: checks::wire_code(problem.code),
        severity: checks::wire_severity(problem.severity),
        message: problem.message.and_then(|index| u32::try_from(index).ok()),
        what: problem.what.clone(),
    }
}

pub(super) fn history(library: &Library, project: ProjectId) -> Result<HistoryState, Failure> {
    let history = library.history(project).or_failure()?;
    Ok(HistoryState {
        undo: history.undo.as_ref().map(step),
        redo: history.redo.as_ref().map(step),
        version: history.version,
    })
}

fn step(row: &OperationRow) -> HistoryStep {
    let kind = match row.kind {
        OperationKind::Import => StepKind::Import,
        OperationKind::Edit => StepKind::Edit,
        OperationKind::Add => StepKind::Add,
        OperationKind::Delete => StepKind::Delete,
    };
    HistoryStep { kind, examples: row.examples, at_ms: row.at_ms }
}

/// The answer to a change: the example as it is now and what can be undone.
pub(crate) fn change(
    library: &Library,
    project: ProjectId,
    id: Option<ExampleId>,
) -> Result<ExampleChange, Failure> {
    Ok(ExampleChange {
        card: id.map(|id| card(&super::example_row(library, id)?)).transpose()?,
        history: history(library, project)?,
        project_total: projects::live_project(library, project)?.examples,
        to_look_at: super::to_look_at(library, project)?,
    })
}

pub(super) fn history_move(
    library: &Library,
    project: ProjectId,
    moved: Option<&OperationRow>,
) -> Result<HistoryMove, Failure> {
    Ok(HistoryMove {
        step: moved.map(step),
        history: history(library, project)?,
        project_total: projects::live_project(library, project)?.examples,
        to_look_at: super::to_look_at(library, project)?,
    })
}
