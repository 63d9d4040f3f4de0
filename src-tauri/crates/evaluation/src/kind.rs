//! What kind of answers a dataset has: groups to sort into, or free text.
//!
//! It must never call free text groups: accuracy on texts that never repeat says nothing.

use std::collections::{BTreeSet, HashMap};

use crate::metrics::normalise;

/// A group's name is rarely longer than this, in characters.
const MAX_LABEL_CHARS: usize = 60;
/// On average a group must be met at least so often.
const MIN_REPEATS: usize = 3;

/// What kind of answers a dataset has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerKind {
    /// A few short answers again and again.
    Groups {
        /// The groups, in alphabetical order.
        labels: Vec<String>,
    },
    /// Anything else.
    FreeText,
}

/// The kind of the expected answers.
///
/// Groups are at least two different answers, all short and on one line, each met three times on
/// average; a dataset of fewer than 10 answers may repeat them twice on average.
pub fn kind(expected: &[&str]) -> AnswerKind {
    let labels: BTreeSet<String> = expected.iter().map(|it| normalise(it)).collect();
    let is_short = |label: &String| !label.is_empty() && label.chars().count() <= MAX_LABEL_CHARS;
    let is_one_line = expected.iter().all(|it| !it.trim().contains('\n'));
    let repeats = if expected.len() < 10 { 2 } else { MIN_REPEATS };
    let is_repeated = expected.len() >= labels.len() * repeats;
    if labels.len() < 2 || !is_repeated || !is_one_line || !labels.iter().all(is_short) {
        return AnswerKind::FreeText;
    }
    AnswerKind::Groups { labels: labels.into_iter().collect() }
}

/// The most frequent answer, the baseline that any training must beat. Of equally frequent ones
/// the first in the alphabet, so that the same examples always give the same baseline; "" of none.
pub fn most_frequent(answers: &[&str]) -> String {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for answer in answers {
        *counts.entry(normalise(answer)).or_default() += 1;
    }
    let best = counts.into_iter().max_by(|(a, m), (b, n)| m.cmp(n).then_with(|| b.cmp(a)));
    best.map_or_else(String::new, |(answer, _)| answer)
}

#[cfg(test)]
mod tests;
