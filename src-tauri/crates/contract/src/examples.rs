//! The list of examples and the card of one.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ExampleId, ProjectId, checks::ProblemCode, checks::Severity};

/// Which examples to list.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExampleViewRequest {
    /// Of which project.
    pub project: ProjectId,
    /// Only those whose question or answer contains this.
    #[ts(optional = nullable)]
    pub search: Option<String>,
    /// Only those that need a look.
    pub only_problems: bool,
}

/// A list of examples, held by the backend as ids.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExampleView {
    /// Names the list for windows of it; an older list of the same project is forgotten.
    pub view: u64,
    /// How many examples it has.
    pub total: u64,
    /// How many examples the project has.
    pub project_total: u64,
    /// How many examples of the project need a look.
    pub to_look_at: u64,
    /// What can be undone and redone.
    pub history: HistoryState,
}

/// Asks for a window of a list.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExampleWindowRequest {
    /// Which list.
    pub view: u64,
    /// From which row, from 0.
    pub start: u64,
    /// How many rows, 200 at most.
    pub count: u64,
}

/// One row of the list.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExampleRow {
    /// Which example.
    pub id: ExampleId,
    /// The beginning of what is asked.
    pub question: String,
    /// The beginning of the answer.
    pub answer: String,
    /// What needs a look.
    pub problems: Vec<ProblemCode>,
}

/// A window of a list.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExampleWindow {
    /// The first row's place in the list, from 0.
    pub start: u64,
    /// The rows.
    pub rows: Vec<ExampleRow>,
}

/// Names one example.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExampleRequest {
    /// Of which project.
    pub project: ProjectId,
    /// Which one.
    pub example: ExampleId,
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MessageRole {
    /// Standing instructions.
    Instructions,
    /// What is asked.
    Question,
    /// The answer that is learnt.
    Answer,
    /// Anything else (a tool's result, a role Attune does not know).
    Other,
}

/// One message of an example's card.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardMessage {
    /// Who says it.
    pub role: MessageRole,
    /// The text.
    pub content: String,
    /// Whether the model learns to say it.
    pub learned: bool,
}

/// One problem of an example, with the reason.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CardProblem {
    /// What it is.
    pub code: ProblemCode,
    /// How bad.
    pub severity: Severity,
    /// The message it is in, from 0.
    pub message: Option<u32>,
    /// The offending piece.
    pub what: Option<String>,
}

/// One example, whole.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExampleCard {
    /// Which one.
    pub id: ExampleId,
    /// Its line in the file it came from, from 1.
    pub line: Option<u64>,
    /// Its messages in order.
    pub messages: Vec<CardMessage>,
    /// Tokens of the whole example, as training counts them.
    pub tokens: u64,
    /// What needs a look.
    pub problems: Vec<CardProblem>,
}

/// One message as the editor has it now.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessageDraft {
    /// Which message of the stored example this was, from 0; absent for a new one.
    #[ts(optional = nullable)]
    pub source: Option<u32>,
    /// Who says it; ignored where `source` is given and the message is of another kind.
    pub role: MessageRole,
    /// The text, 1 MB at most.
    pub content: String,
}

/// Writes an example as the editor has it now.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExampleEditRequest {
    /// Of which project.
    pub project: ProjectId,
    /// Which one.
    pub example: ExampleId,
    /// All its messages.
    pub messages: Vec<MessageDraft>,
    /// Whether this belongs to the same burst of typing as the edit before, and so to one step of undo.
    pub same_burst: bool,
}

/// Adds an example behind another, or at the end.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExampleAddRequest {
    /// Into which project.
    pub project: ProjectId,
    /// Behind which example; at the end when absent.
    #[ts(optional = nullable)]
    pub after: Option<ExampleId>,
    /// What is asked.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// Puts examples into the bin, as one step of undo.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExampleDeleteRequest {
    /// Of which project.
    pub project: ProjectId,
    /// Which ones.
    pub examples: Vec<ExampleId>,
}

/// What kind of change a step of history was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A file was brought in.
    Import,
    /// An example was changed.
    Edit,
    /// An example was added.
    Add,
    /// Examples were put into the bin.
    Delete,
}

/// One step of history.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HistoryStep {
    /// What kind.
    pub kind: StepKind,
    /// How many examples it touched.
    pub examples: u64,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// What can be undone and redone now.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HistoryState {
    /// What undo would take back.
    pub undo: Option<HistoryStep>,
    /// What redo would bring back.
    pub redo: Option<HistoryStep>,
    /// Grows with every change of the examples.
    pub version: u64,
}

/// A change was stored.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExampleChange {
    /// The example as it is now; absent when it was deleted.
    pub card: Option<ExampleCard>,
    /// What can be undone and redone now.
    pub history: HistoryState,
    /// How many examples the project has now.
    pub project_total: u64,
    /// How many of them need a look.
    pub to_look_at: u64,
}

/// A step was undone or redone.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HistoryMove {
    /// The step, or nothing when there was none.
    pub step: Option<HistoryStep>,
    /// What can be undone and redone now.
    pub history: HistoryState,
    /// How many examples the project has now.
    pub project_total: u64,
    /// How many of them need a look.
    pub to_look_at: u64,
}
