//! Tests as the library keeps them and as the page sees them.

use std::collections::BTreeMap;

use attune_contract::testing::{TestBaseline, TestPhase, TestReport, TestRow, TestVerdict};
use attune_contract::{Failure, FailureCode, Params};
use attune_store::{AnswerRow, EvaluationRow};
use serde::{Deserialize, Serialize};

/// What the library keeps of a test's end.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoredMetrics {
    pub(super) macro_f1: Option<f64>,
    pub(super) baseline_answer: Option<String>,
    pub(super) baseline_right: u64,
    pub(super) better: u64,
    pub(super) same: u64,
    pub(super) worse: u64,
    /// The 95 % interval of the difference, as shares of 1.
    pub(super) interval: Option<(f64, f64)>,
    pub(super) proven: bool,
    /// The codes of why questions have no answer, by the index of the question.
    pub(super) unanswered: BTreeMap<u64, FailureCode>,
    /// The code of what ended it.
    pub(super) failure: Option<String>,
    /// The values of its words.
    pub(super) failure_params: Params,
    /// What the answers cost, in millionths of a US dollar.
    pub(super) cost_micro_usd: Option<i64>,
}

impl StoredMetrics {
    pub(super) fn failed(failure: &Failure) -> Self {
        let failure_params = failure.params.clone();
        Self { failure: Some(failure.code.as_text()), failure_params, ..Self::default() }
    }
}

/// What the library keeps of the end of a test; nothing yet while it runs.
pub(super) fn stored(row: &EvaluationRow) -> StoredMetrics {
    let json = row.metrics_json.as_deref();
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

pub(super) fn report(row: &EvaluationRow) -> TestReport {
    let stored = stored(row);
    let phase = match row.state.as_str() {
        "running" => TestPhase::Running,
        "finished" => TestPhase::Finished,
        "stopped" => TestPhase::Stopped,
        _ => TestPhase::Failed,
    };
    TestReport {
        test: row.id.0,
        run: row.launch_id.clone(),
        phase,
        done: row.done,
        total: row.examples,
        right: row.right,
        before_right: row.before_model.is_some().then_some(row.before_right),
        macro_f1: stored.macro_f1,
        verdict: verdict(&stored),
        cost_micro_usd: stored.cost_micro_usd,
        failure: stored.failure.as_deref().map(|code| failure(code, &stored.failure_params)),
        baseline: stored
            .baseline_answer
            .map(|answer| TestBaseline { answer, right: stored.baseline_right }),
    }
}

fn verdict(stored: &StoredMetrics) -> Option<TestVerdict> {
    let (low, high) = stored.interval?;
    Some(TestVerdict {
        better: stored.better,
        same: stored.same,
        worse: stored.worse,
        interval_low: low * 100.0,
        interval_high: high * 100.0,
        proven: stored.proven,
    })
}

fn failure(code: &str, params: &Params) -> Failure {
    let known = serde_json::from_value(serde_json::Value::from(code)).ok();
    Failure::new(known.unwrap_or(FailureCode::EngineStopped), params.clone())
}

pub(super) fn row(row: AnswerRow, unanswered: &BTreeMap<u64, FailureCode>) -> TestRow {
    TestRow {
        unanswered: unanswered.get(&row.index).copied(),
        number: row.index + 1,
        question: row.question,
        expected: row.expected,
        answer: row.answer,
        right: row.right,
        before_right: row.before.as_ref().map(|before| before.right),
        before: row.before.map(|before| before.answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_was_too_long_says_so_in_place_of_an_answer() {
        let row_at = |index: u64| AnswerRow {
            index,
            line: None,
            question: "q".to_owned(),
            expected: "a".to_owned(),
            answer: String::new(),
            right: false,
            before: None,
        };
        let metrics = StoredMetrics {
            unanswered: [(1, FailureCode::QuestionTooLong)].into(),
            ..StoredMetrics::default()
        };
        let json = serde_json::to_string(&metrics).unwrap();
        let read: StoredMetrics = serde_json::from_str(&json).unwrap();
        let reasons = [0, 1].map(|index| row(row_at(index), &read.unanswered).unanswered);
        assert_eq!(reasons, [None, Some(FailureCode::QuestionTooLong)]);
        // What earlier versions stored has no reasons.
        assert!(serde_json::from_str::<StoredMetrics>("{}").unwrap().unanswered.is_empty());
    }
}
