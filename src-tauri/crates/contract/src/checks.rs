//! What the checks found.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ExampleId, ProjectId, imports::LeftOutRow};

/// What can be wrong with a row, an example or all of them; `dataset` finds it, the catalogue words
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// A line is no JSON.
    NotJson,
    /// A line is JSON, but no object.
    NotAnObject,
    /// An object has no list of messages.
    MissingMessages,
    /// A message lacks its role or its content.
    MessageMissingKey,
    /// A row is over the size limit.
    RowTooLong,
    /// A cell is over the size limit.
    CellTooLong,
    /// A row has too many columns.
    TooManyColumns,
    /// A quoted cell is never closed.
    UnclosedQuote,
    /// A row is not text in the file's encoding.
    BadEncoding,
    /// Half of a two-part character.
    LoneSurrogate,
    /// A number that JSON does not know.
    NonFiniteNumber,
    /// JSON nested too deep.
    NestedTooDeep,
    /// The same key twice in one object.
    DuplicateKey,
    /// A whole number too large to keep exactly.
    NumberRounded,
    /// More cells than the table has columns.
    ExtraCells,
    /// A message has a field that training services do not know.
    MessageUnrecognizedKey,
    /// A message has a role that training services do not know.
    UnrecognizedRole,
    /// A message has no content.
    MissingContent,
    /// An example has no answer message.
    NoAnswer,
    /// The question is empty.
    EmptyQuestion,
    /// The answer is empty.
    EmptyAnswer,
    /// The example is over the token limit.
    TooLong,
    /// The text contains a piece that training services reserve.
    SpecialToken,
    /// The same example stands there more than once.
    Duplicate,
    /// Fewer than ten examples.
    TooFewExamples,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Training would fail or learn nonsense.
    Error,
    /// Training would work; the result may suffer.
    Warning,
    /// Good to know.
    Notice,
}

/// An example with a problem.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProblemPlace {
    /// Which example.
    pub example: ExampleId,
    /// Its line in the file it came from.
    pub line: Option<u64>,
    /// The beginning of its question.
    pub question: String,
    /// The beginning of its answer.
    pub answer: String,
}

/// All examples with one problem.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProblemGroup {
    /// What it is.
    pub code: ProblemCode,
    /// How bad.
    pub severity: Severity,
    /// How many examples have it.
    pub count: u64,
    /// The first 20 of them.
    pub places: Vec<ProblemPlace>,
}

/// Tokens of all examples.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TokenTotals {
    /// The encoding they were counted in.
    pub encoding: String,
    /// Of everything.
    pub total: u64,
    /// Of the answers.
    pub answers: u64,
    /// Of the longest example.
    pub longest: u64,
}

/// How many examples train, validate and test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SplitCounts {
    /// Learnt from.
    pub train: u64,
    /// Watched while it learns.
    pub validate: u64,
    /// Kept aside for the honest test.
    pub test: u64,
}

/// What the answers are like.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AnswerShape {
    /// Few short answers that come again and again.
    Groups {
        /// Each with how often it comes, the most frequent first, 24 at most.
        groups: Vec<AnswerGroup>,
        /// How many there are.
        total: u64,
    },
    /// Free text.
    Text,
}

/// One answer that comes again and again.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AnswerGroup {
    /// The answer.
    pub answer: String,
    /// How often.
    pub count: u64,
}

/// What a light on the check page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LightTopic {
    /// Enough examples.
    Enough,
    /// Nothing broken in them.
    Sound,
    /// No example twice.
    Different,
    /// None too long.
    Length,
    /// Some kept aside.
    KeptAside,
}

/// Green, amber, red, as words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LightState {
    /// Fine.
    Good,
    /// Better have a look.
    Care,
    /// In the way of training.
    Bad,
}

/// One light with the number its words need.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Light {
    /// What it is about.
    pub topic: LightTopic,
    /// Its state.
    pub state: LightState,
    /// The number in its words.
    pub count: u64,
}

/// The result of all checks.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// Examples in all.
    pub examples: u64,
    /// Of these, without an error.
    pub usable: u64,
    /// The lights, in the order of the page.
    pub lights: Vec<Light>,
    /// The problems, the worst first.
    pub problems: Vec<ProblemGroup>,
    /// Rows of the file that could not be brought in, the first 50.
    pub left_out: Vec<LeftOutRow>,
    /// How many there were.
    pub left_out_total: u64,
    /// Tokens.
    pub tokens: TokenTotals,
    /// The split.
    pub split: SplitCounts,
    /// What the answers are like.
    pub answers: AnswerShape,
}

/// Puts all examples with one problem into the bin, as one step of undo.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckLeaveOutRequest {
    /// Of which project.
    pub project: ProjectId,
    /// Which problem.
    pub code: ProblemCode,
}
