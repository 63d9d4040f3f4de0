//! The honest test: answers on kept-aside examples beside the right ones.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Failure, FailureCode, ProjectId, RunId, answers::TestPrice, training::RunSummary};

/// The state of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TestPhase {
    /// Asking.
    Running,
    /// All questions were asked.
    Finished,
    /// Stopped by the person, or with the window.
    Stopped,
    /// Ended with a problem.
    Failed,
}

/// "Always the most frequent answer": what anybody reaches without a model.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestBaseline {
    /// The most frequent answer of the examples it learnt from.
    pub answer: String,
    /// On how many test examples it is right.
    pub right: u64,
}

/// How the model compares with the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestVerdict {
    /// Right where the baseline is wrong.
    pub better: u64,
    /// Both right or both wrong.
    pub same: u64,
    /// Wrong where the baseline is right.
    pub worse: u64,
    /// Lower end of the 95 % interval of the difference, in points of 100.
    pub interval_low: f64,
    /// Upper end, in points of 100.
    pub interval_high: f64,
    /// Whether chance is ruled out at 5 %.
    pub proven: bool,
}

/// A test, with what is known so far.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    /// Which test.
    pub test: i64,
    /// Of which training.
    pub run: RunId,
    /// Its state.
    pub phase: TestPhase,
    /// Questions asked so far.
    pub done: u64,
    /// Questions in all.
    pub total: u64,
    /// Right answers so far.
    pub right: u64,
    /// Mean F1 over the groups, where answers are groups and the test is finished.
    pub macro_f1: Option<f64>,
    /// Right answers of the model before it was trained, so far; absent for the lab, which was
    /// nothing before.
    pub before_right: Option<u64>,
    /// The baseline, when the test is finished.
    pub baseline: Option<TestBaseline>,
    /// The verdict, when the test is finished: against the model before its training, or against
    /// the baseline for the lab.
    pub verdict: Option<TestVerdict>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What it cost so far, in millionths of a US dollar; absent where it is free or the service did
    /// not tell.
    pub cost_micro_usd: Option<i64>,
}

/// What the test page shows.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestState {
    /// The latest training with a model.
    pub model: Option<RunSummary>,
    /// How many examples are kept aside for it.
    pub kept_aside: u64,
    /// The latest test of that training.
    pub report: Option<TestReport>,
    /// What a test costs; absent where it is free.
    pub price: Option<TestPrice>,
}

/// Starts a test of a training's model.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestStartRequest {
    /// Of which project.
    pub project: ProjectId,
    /// Of which training.
    pub run: RunId,
    /// The amount that stood on the button, in millionths of a US dollar; absent where a test is free
    /// or has no known price.
    #[ts(optional = nullable)]
    pub most_micro_usd: Option<i64>,
}

/// Asks for a window of a test's answers.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestRowsRequest {
    /// Which test.
    pub test: i64,
    /// From which row, from 0.
    pub start: u64,
    /// How many rows, 200 at most.
    pub count: u64,
    /// Only the wrong ones.
    pub only_wrong: bool,
}

/// One answer beside the right one.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestRow {
    /// The question's place in the test, from 1.
    pub number: u64,
    /// The question.
    pub question: String,
    /// The right answer.
    pub expected: String,
    /// The model's answer.
    pub answer: String,
    /// Why there is no answer, where the model could not give one; such a row is wrong.
    pub unanswered: Option<FailureCode>,
    /// Whether they are the same.
    pub right: bool,
    /// What the model said before it was trained.
    pub before: Option<String>,
    /// Whether that was right.
    pub before_right: Option<bool>,
}

/// A window of a test's answers.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestRows {
    /// The first row's place, from 0.
    pub start: u64,
    /// The rows.
    pub rows: Vec<TestRow>,
    /// How many there are in all.
    pub total: u64,
}
