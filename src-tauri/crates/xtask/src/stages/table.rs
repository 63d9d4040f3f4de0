//! The table at the end: each stage, how it ended and how long it took.

use std::time::Duration;

use crate::console::seconds;

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
    /// An earlier stage failed.
    NotRun,
}

impl Outcome {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::NotRun => "not run",
        }
    }
}

/// One line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

/// The whole table with the total.
pub(super) fn show(rows: &[Row], total: Duration) -> String {
    let mut lines = vec![String::new()];
    for row in rows {
        let took = match row.outcome {
            Outcome::NotRun => String::new(),
            Outcome::Passed | Outcome::Failed => seconds(row.took),
        };
        let line = format!("{:<14}{:<10}{took:>14}", row.name, row.outcome.word());
        lines.push(line.trim_end().to_owned());
    }
    let failed = rows.iter().any(|row| row.outcome == Outcome::Failed);
    let word = if failed { Outcome::Failed } else { Outcome::Passed }.word();
    lines.push(format!("{:<14}{word:<10}{:>14}", "total", seconds(total)));
    lines.join("\n")
}
