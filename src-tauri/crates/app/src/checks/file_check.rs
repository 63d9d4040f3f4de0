//! Checking a file for the command line: one pass, nothing stored.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use attune_contract::words::words;
use attune_contract::{Failure, Params, params};
use attune_cost::{Encoding, bulk_counter, example_tokens};
use attune_dataset::{
    ContentKey, Example, ExampleLimits, Problem, ProblemCode, RowOutcome, Severity, check_dataset,
    check_example,
};

use crate::{SourceFile, TableColumns};

/// What a file of examples is like.
#[derive(Debug, Clone)]
pub struct CheckedFile {
    /// `csv`, `tsv` or `chat-jsonl`.
    pub format: &'static str,
    /// Rows that are examples.
    pub examples: u64,
    /// Of these, without an error.
    pub usable: u64,
    /// Problems by code, the worst first.
    pub problems: Vec<FoundProblem>,
    /// The encoding tokens were counted in.
    pub encoding: &'static str,
    /// Tokens of all examples, as training counts them.
    pub tokens_total: u64,
    /// Tokens of the answers.
    pub tokens_answers: u64,
    /// Tokens of the longest example.
    pub tokens_longest: u64,
    /// Rows that repeat an earlier one.
    pub duplicate_rows: u64,
    /// The lines of examples that say the same.
    pub duplicate_groups: Vec<Vec<u64>>,
}

/// One kind of problem with the lines that have it.
#[derive(Debug, Clone)]
pub struct FoundProblem {
    /// Its code.
    pub code: &'static str,
    /// `error`, `warning` or `notice`.
    pub severity: &'static str,
    /// Why it matters, in words.
    pub message: String,
    /// Whether Attune can mend it without asking what was meant.
    pub is_fixable: bool,
    /// The lines, from 1; none for a problem of the whole file.
    pub lines: Vec<u64>,
}

impl CheckedFile {
    /// Whether there is anything but good news.
    #[must_use]
    pub fn needs_a_look(&self) -> bool {
        let notice = Severity::Notice.as_str();
        self.problems.iter().any(|problem| problem.severity != notice)
    }

    /// The figures in one sentence.
    #[must_use]
    pub fn summary_words(&self) -> String {
        let (examples, usable, tokens) = (self.examples, self.usable, self.tokens_total);
        words("cli.check.summary", &params![examples, usable, tokens])
    }
}

impl FoundProblem {
    /// The problem in one line.
    #[must_use]
    pub fn words(&self) -> String {
        let first = self.lines.first().copied().unwrap_or(0);
        let (count, message) = (self.lines.len() as u64, self.message.as_str());
        words("cli.check.problem", &params![count, first, message])
    }
}

/// Checks a file.
///
/// # Errors
/// `FileUnreadable`, `FileTooLarge`.
pub fn check_file(source: &SourceFile, columns: &TableColumns) -> Result<CheckedFile, Failure> {
    let mut tally = Tally::default();
    for row in source.rows(columns, &Arc::default())? {
        let row = row?;
        match row.outcome {
            RowOutcome::Example(example, problems) => tally.example(row.line, &example, &problems),
            RowOutcome::LeftOut { problem, .. } => tally.problem(row.line, problem.code),
            RowOutcome::Blank => {}
        }
    }
    Ok(tally.finish(source.sniffed.format.as_str()))
}

#[derive(Default)]
struct Tally {
    examples: u64,
    usable: u64,
    total: u64,
    answers: u64,
    longest: u64,
    lines: BTreeMap<&'static str, (ProblemCode, Vec<u64>)>,
    keys: HashMap<ContentKey, Vec<u64>>,
}

impl Tally {
    fn example(&mut self, line: u64, example: &Example, from_source: &[Problem]) {
        let tokens = example_tokens(bulk_counter(Encoding::O200k), example);
        let checked = check_example(example, &ExampleLimits::default(), tokens);
        self.examples += 1;
        self.total += tokens.total;
        self.answers += tokens.answers;
        self.longest = self.longest.max(tokens.total);
        let is_usable = !checked.iter().any(|problem| problem.severity == Severity::Error);
        self.usable += u64::from(is_usable);
        for problem in from_source.iter().chain(&checked) {
            self.problem(line, problem.code);
        }
        self.keys.entry(example.content_key()).or_default().push(line);
    }

    fn problem(&mut self, line: u64, code: ProblemCode) {
        let (_, lines) = self.lines.entry(code.as_str()).or_insert((code, Vec::new()));
        // Several messages of one example may have the same problem.
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    }

    fn finish(mut self, format: &'static str) -> CheckedFile {
        let mut groups: Vec<Vec<u64>> =
            self.keys.into_values().filter(|lines| lines.len() > 1).collect();
        groups.sort();
        let repeats: Vec<u64> = groups.iter().flat_map(|lines| lines[1..].to_vec()).collect();
        if !repeats.is_empty() {
            let code = ProblemCode::Duplicate;
            self.lines.insert(code.as_str(), (code, repeats.clone()));
        }
        for problem in check_dataset(self.examples) {
            self.lines.insert(problem.code.as_str(), (problem.code, Vec::new()));
        }
        let mut problems: Vec<FoundProblem> = self
            .lines
            .into_values()
            .map(|(code, lines)| found(code, lines, self.examples))
            .collect();
        problems.sort_by_key(|problem| badness(problem.severity));
        CheckedFile {
            format,
            examples: self.examples,
            usable: self.usable,
            problems,
            encoding: Encoding::O200k.as_str(),
            tokens_total: self.total,
            tokens_answers: self.answers,
            tokens_longest: self.longest,
            duplicate_rows: repeats.len() as u64,
            duplicate_groups: groups,
        }
    }
}

fn found(code: ProblemCode, lines: Vec<u64>, count: u64) -> FoundProblem {
    let params: Params = params![count];
    FoundProblem {
        code: code.as_str(),
        severity: code.severity().as_str(),
        message: words(&format!("problem.{}.why", code.as_str()), &params),
        is_fixable: code.is_fixable(),
        lines,
    }
}

fn badness(severity: &str) -> u8 {
    match severity {
        "error" => 0,
        "warning" => 1,
        _ => 2,
    }
}
