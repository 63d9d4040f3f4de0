//! How sure a model was, from the scores it gave each label.
//!
//! Scores are natural log probabilities. They need not sum to one (a service tells the likeliest
//! labels only): they are made to by dividing by their sum, over the labels that were told.

use std::collections::{BTreeMap, BTreeSet};

use crate::metrics::{Answered, normalise};

/// A probability below this counts as this, or one wrong certainty would make the mean infinite.
/// scikit-learn's `log_loss` clips at the same place (the epsilon of a 64-bit float).
const LEAST_PROBABILITY: f64 = f64::EPSILON;

type Probabilities = BTreeMap<String, f64>;

/// The probabilities of each answer; None unless every answer tells usable scores.
fn all_probabilities(answered: &[Answered]) -> Option<Vec<Probabilities>> {
    if answered.is_empty() {
        return None;
    }
    answered.iter().map(|it| probabilities(it.scores.as_ref()?)).collect()
}

fn probabilities(scores: &BTreeMap<String, f64>) -> Option<Probabilities> {
    let largest = scores.values().copied().fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() || scores.values().any(|score| score.is_nan()) {
        return None;
    }
    let sum: f64 = scores.values().map(|score| (score - largest).exp()).sum();
    let mut told = Probabilities::new();
    for (label, score) in scores {
        *told.entry(normalise(label)).or_default() += (score - largest).exp() / sum;
    }
    Some(told)
}

/// The cross entropy: the mean of -ln(probability of the right label).
///
/// Definition: scikit-learn `log_loss` (user guide 3.4.4.11). A right label without a score has the
/// least probability.
pub(crate) fn log_loss(answered: &[Answered]) -> Option<f64> {
    let told = all_probabilities(answered)?;
    let losses = answered.iter().zip(&told).map(|(it, told)| {
        let given = told.get(&normalise(&it.expected)).copied().unwrap_or(0.0);
        -given.clamp(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY).ln()
    });
    Some(losses.sum::<f64>() / answered.len() as f64)
}

/// The mean over the expected groups of the area under the ROC curve of that group against all
/// others: scikit-learn `roc_auc_score(multi_class="ovr", average="macro")`.
///
/// The area is the chance that an example of the group has a higher score than one that is not,
/// ties counting half (J. A. Hanley and others, Radiology 143, 1982). None with fewer than two
/// groups.
pub(crate) fn auc_roc_macro(answered: &[Answered]) -> Option<f64> {
    let told = all_probabilities(answered)?;
    let expected: Vec<String> = answered.iter().map(|it| normalise(&it.expected)).collect();
    let groups: BTreeSet<&String> = expected.iter().collect();
    if groups.len() < 2 {
        return None;
    }
    let areas = groups.iter().map(|group| {
        let scored = told.iter().zip(&expected);
        area(scored.map(|(told, it)| (told.get(*group).copied().unwrap_or(0.0), it == *group)))
    });
    Some(areas.sum::<f64>() / groups.len() as f64)
}

/// The area from the ranks: (sum of the ranks of the positives - n(n+1)/2) / (n m), ties having
/// their mean rank (Mann and Whitney's U).
fn area(scored: impl Iterator<Item = (f64, bool)>) -> f64 {
    let mut scored: Vec<(f64, bool)> = scored.collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = scored.iter().filter(|(_, is_positive)| *is_positive).count() as f64;
    let negatives = scored.len() as f64 - positives;
    let mut rank_sum = 0.0;
    let mut before = 0.0;
    for tie in scored.chunk_by(|a, b| a.0 == b.0) {
        let size = tie.len() as f64;
        let mean_rank = before + size.midpoint(1.0);
        rank_sum += mean_rank * tie.iter().filter(|(_, is_positive)| *is_positive).count() as f64;
        before += size;
    }
    (rank_sum - positives * (positives + 1.0) / 2.0) / (positives * negatives)
}

#[cfg(test)]
mod tests;
