//! How many answers are right, and how that spreads over the groups.
//!
//! Definitions: scikit-learn's `accuracy_score`, `balanced_accuracy_score`, and
//! `precision_recall_fscore_support` with `average="macro"` or `"weighted"`, `zero_division=0`
//! (scikit-learn.org, user guide 3.4 "Metrics and scoring"). Classes are those met in the expected
//! or the given answers, as there.

use std::collections::BTreeMap;

use crate::scores;

/// One answer and what was expected.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answered {
    /// The right answer.
    pub expected: String,
    /// The model's answer.
    pub answer: String,
    /// The log probability (natural) the model gave each label, where it tells.
    pub scores: Option<BTreeMap<String, f64>>,
}

/// How good the answers are. All shares are between 0 and 1; 0 where there is no example.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Metrics {
    /// How many answers were looked at.
    pub examples: u64,
    /// How many are right.
    pub right: u64,
    /// The share of right answers.
    pub accuracy: f64,
    /// The same share, under the name it has where answers are free text.
    pub exact_match: f64,
    /// The mean over the expected groups of the share found.
    pub balanced_accuracy: f64,
    /// The mean of the groups' F1.
    pub macro_f1: f64,
    /// The mean of the groups' F1, weighted by how often each is expected.
    pub weighted_f1: f64,
    /// The mean of the groups' precision.
    pub macro_precision: f64,
    /// The mean of the groups' recall.
    pub macro_recall: f64,
    /// The mean of minus the log of the probability given to the right label, where every answer
    /// has label scores. Lower is better.
    pub log_loss: Option<f64>,
    /// The mean over the groups of the area under the curve of one group against the rest, where
    /// every answer has label scores and at least two groups are expected.
    pub auc_roc_macro: Option<f64>,
}

/// What is compared: white space at the ends is dropped and runs of it are one blank; case counts.
pub fn normalise(answer: &str) -> String {
    answer.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether an answer is the expected one.
pub fn is_right(expected: &str, answer: &str) -> bool {
    expected.split_whitespace().eq(answer.split_whitespace())
}

#[derive(Default, Clone, Copy)]
struct Counts {
    /// Expected and given.
    hits: u64,
    expected: u64,
    given: u64,
}

impl Counts {
    fn precision(self) -> f64 {
        ratio(self.hits, self.given)
    }

    fn recall(self) -> f64 {
        ratio(self.hits, self.expected)
    }

    /// F1 = 2 TP / (2 TP + FP + FN), and expected + given is the same sum.
    fn f1(self) -> f64 {
        ratio(2 * self.hits, self.expected + self.given)
    }
}

/// Scores the answers.
pub fn score(answered: &[Answered]) -> Metrics {
    let groups = count(answered);
    let classes: Vec<Counts> = groups.values().copied().collect();
    let expected: Vec<Counts> = classes.iter().copied().filter(|it| it.expected > 0).collect();
    let right = classes.iter().map(|it| it.hits).sum();
    let examples = answered.len() as u64;
    let accuracy = ratio(right, examples);
    let weighted: f64 = expected.iter().map(|it| it.f1() * ratio(it.expected, examples)).sum();
    Metrics {
        examples,
        right,
        accuracy,
        exact_match: accuracy,
        balanced_accuracy: mean(&expected, Counts::recall),
        macro_f1: mean(&classes, Counts::f1),
        weighted_f1: weighted,
        macro_precision: mean(&classes, Counts::precision),
        macro_recall: mean(&classes, Counts::recall),
        log_loss: scores::log_loss(answered),
        auc_roc_macro: scores::auc_roc_macro(answered),
    }
}

fn count(answered: &[Answered]) -> BTreeMap<String, Counts> {
    let mut groups: BTreeMap<String, Counts> = BTreeMap::new();
    for it in answered {
        let (expected, answer) = (normalise(&it.expected), normalise(&it.answer));
        if expected == answer {
            groups.entry(expected.clone()).or_default().hits += 1;
        }
        groups.entry(expected).or_default().expected += 1;
        groups.entry(answer).or_default().given += 1;
    }
    groups
}

fn mean(classes: &[Counts], of: impl Fn(Counts) -> f64) -> f64 {
    if classes.is_empty() {
        return 0.0;
    }
    classes.iter().map(|it| of(*it)).sum::<f64>() / classes.len() as f64
}

/// 0 where there is nothing to divide by, as scikit-learn's `zero_division=0`.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests;
