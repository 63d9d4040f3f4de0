//! Which column is the question, which the answer, which the instructions.
//!
//! A guess for the person to confirm: first by the names, then by what stands in the columns.

use std::collections::HashSet;

use crate::formats::csv::names::{self, Meaning};

/// Which columns the person probably means, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnGuess {
    /// The question.
    pub question: usize,
    /// The answer. The same as the question where the table has only one column.
    pub answer: usize,
    /// Standing instructions, where a column looks like them.
    pub instructions: Option<usize>,
}

/// What the guess knows of one column.
struct Facts {
    index: usize,
    mean_chars: usize,
    /// Different values among a hundred.
    distinct_percent: usize,
    filled: usize,
    is_numbers: bool,
    question: usize,
    answer: usize,
    instructions: usize,
    other: usize,
}

impl Facts {
    /// "system prompt" is no prompt, and "question id" no question.
    fn question_rank(&self) -> usize {
        self.question.saturating_sub(self.other).saturating_sub(self.instructions)
    }

    fn answer_rank(&self) -> usize {
        self.answer.saturating_sub(self.other)
    }

    fn is_plausible(&self) -> bool {
        self.filled > 0 && !self.is_numbers && !self.is_other()
    }

    fn is_other(&self) -> bool {
        self.other > 0 && self.question == 0 && self.answer == 0
    }

    /// Few short values again and again.
    fn is_label(&self) -> bool {
        self.filled > 2 && self.distinct_percent <= 60 && self.mean_chars <= 40
    }

    /// The same long text in each row.
    fn is_constant_text(&self, rows: usize) -> bool {
        rows > 2
            && self.filled == rows
            && self.distinct_percent * rows <= 100
            && self.mean_chars > 20
    }
}

/// Guesses from the names and the first rows; every row has a cell for every name.
pub(crate) fn guess(names: &[String], rows: &[Vec<String>]) -> ColumnGuess {
    let facts: Vec<Facts> =
        names.iter().enumerate().map(|(index, name)| facts_of(index, name, rows)).collect();
    let mut question = best_by(&facts, &[], Facts::question_rank);
    let answer = best_by(&facts, &[question], Facts::answer_rank);
    let instructions = instructions_of(&facts, [question, answer], rows.len());
    // The same text in each row is no question.
    if let Some(index) = question.filter(|&it| facts[it].is_constant_text(rows.len())) {
        let others = [answer, instructions, Some(index)];
        question = best_by(&facts, &others, Facts::question_rank);
    }
    let answer = answer.or_else(|| answer_by_content(&facts, &[question, instructions]));
    let question = question
        .or_else(|| question_by_content(&facts, &[answer, instructions]))
        .or_else(|| (0..facts.len()).find(|it| ![answer, instructions].contains(&Some(*it))))
        .unwrap_or(0);
    let answer = answer
        .or_else(|| (0..facts.len()).find(|it| *it != question && Some(*it) != instructions))
        .unwrap_or(question);
    ColumnGuess { question, answer, instructions }
}

fn facts_of(index: usize, name: &str, rows: &[Vec<String>]) -> Facts {
    let cells: Vec<&str> =
        rows.iter().map(|row| row[index].trim()).filter(|cell| !cell.is_empty()).collect();
    let distinct: HashSet<&str> = cells.iter().copied().collect();
    let chars: usize = cells.iter().map(|cell| cell.chars().count()).sum();
    let filled = cells.len();
    Facts {
        index,
        mean_chars: chars / filled.max(1),
        distinct_percent: distinct.len() * 100 / filled.max(1),
        filled,
        is_numbers: cells.iter().all(|cell| is_numeric(cell)),
        question: names::rank(name, Meaning::Question),
        answer: names::rank(name, Meaning::Answer),
        instructions: names::rank(name, Meaning::Instructions),
        other: names::rank(name, Meaning::Other),
    }
}

/// Numbers, dates, times: at least one digit and no letters.
fn is_numeric(cell: &str) -> bool {
    cell.chars().any(|c| c.is_ascii_digit()) && !cell.chars().any(char::is_alphabetic)
}

/// The column of the highest rank, the first of equals; None where all are 0.
fn best_by(
    facts: &[Facts],
    taken: &[Option<usize>],
    rank: impl Fn(&Facts) -> usize,
) -> Option<usize> {
    let free = facts.iter().filter(|it| !taken.contains(&Some(it.index)));
    let best = free.rev().max_by_key(|it| (rank(it), it.filled > 0))?;
    (rank(best) > 0).then_some(best.index)
}

/// By the name, else a column with the same long text in each row.
fn instructions_of(facts: &[Facts], taken: [Option<usize>; 2], rows: usize) -> Option<usize> {
    let [_, answer] = taken;
    let constant = || {
        let mut constants = facts.iter().filter(|it| it.is_constant_text(rows) && it.answer == 0);
        constants.find(|it| Some(it.index) != answer).map(|it| it.index)
    };
    best_by(facts, &taken, |it| it.instructions).or_else(constant)
}

/// The label, or else the last column of words.
fn answer_by_content(facts: &[Facts], taken: &[Option<usize>]) -> Option<usize> {
    let free: Vec<&Facts> =
        facts.iter().filter(|it| it.is_plausible() && !taken.contains(&Some(it.index))).collect();
    let has_question = taken.first().is_some_and(Option::is_some);
    let labels = free.iter().filter(|it| it.is_label()).max_by_key(|it| it.index);
    let label = labels.filter(|_| has_question || free.len() > 1);
    let last = free.iter().max_by_key(|it| it.index).filter(|_| has_question || free.len() > 1);
    label.or(last).map(|it| it.index)
}

/// Of the columns that are left, the one with the longest text; the first where they are alike.
fn question_by_content(facts: &[Facts], taken: &[Option<usize>]) -> Option<usize> {
    facts
        .iter()
        .filter(|it| it.is_plausible() && !taken.contains(&Some(it.index)))
        .rev()
        .max_by_key(|it| it.mean_chars)
        .map(|it| it.index)
}

#[cfg(test)]
mod tests;
