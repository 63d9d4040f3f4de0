//! Figures of answers that are given already, for the command line.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use attune_contract::{Failure, FailureCode, params};
use attune_evaluation::{AnswerKind, Answered, Metrics, kind, score};
use serde::Deserialize;

/// What came of it.
#[derive(Debug, Clone)]
pub struct ScoredFile {
    /// The figures.
    pub metrics: Metrics,
    /// Whether answers are groups (or free text).
    pub has_groups: bool,
}

/// One line of the file.
#[derive(Deserialize)]
struct Line {
    expected: String,
    answer: String,
    scores: Option<BTreeMap<String, f64>>,
}

/// Reads lines `{"expected","answer","scores"?}` and works out their figures.
///
/// # Errors
/// `FileUnreadable`, `FileEmpty`, `InputInvalid` naming the line that is none.
pub fn score_file(path: &Path) -> Result<ScoredFile, Failure> {
    let file =
        path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let unreadable = |error: std::io::Error| {
        let file = file.as_str();
        Failure::new(FailureCode::FileUnreadable, params![file]).with_detail(error.to_string())
    };
    let mut answered = Vec::new();
    let reader = BufReader::new(std::fs::File::open(path).map_err(unreadable)?);
    for (number, line) in (1_u64..).zip(reader.lines()) {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line).map_err(|error| {
            let field = format!("line {number}");
            Failure::new(FailureCode::InputInvalid, params![field]).with_detail(error.to_string())
        })?;
        let (expected, answer, scores) = (line.expected, line.answer, line.scores);
        answered.push(Answered { expected, answer, scores });
    }
    if answered.is_empty() {
        return Err(Failure::new(FailureCode::FileEmpty, params![file]));
    }
    let expected: Vec<&str> = answered.iter().map(|it| it.expected.as_str()).collect();
    let has_groups = matches!(kind(&expected), AnswerKind::Groups { .. });
    Ok(ScoredFile { metrics: score(&answered), has_groups })
}
