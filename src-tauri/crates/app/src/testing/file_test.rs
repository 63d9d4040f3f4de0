//! Testing a model on a file, for the command line: the same questions, metrics and verdict.

use std::sync::Arc;

use attune_contract::{Failure, FailureCode, params};
use attune_dataset::{Example, RowOutcome};
use attune_evaluation::most_frequent;
use attune_evaluation::{AnswerKind, Answered, Metrics, Verdict, compare, is_right, kind, score};

use super::ask;
use crate::failures::internal;
use crate::{App, SourceFile, TableColumns};

/// A test on a file.
#[derive(Debug, Clone)]
pub struct FileTest {
    /// The file with questions and right answers.
    pub source: SourceFile,
    /// Its columns, where it is a table.
    pub columns: TableColumns,
    /// The model.
    pub model: String,
    /// The model to compare with; "always the most frequent answer of the file" when absent.
    pub baseline: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct FileTestReport {
    /// The model's figures.
    pub metrics: Metrics,
    /// Questions that the model could not read, as they are too long; they count as wrong.
    pub unanswered: u64,
    /// Whether answers are groups (or free text).
    pub has_groups: bool,
    /// The comparison with the baseline.
    pub verdict: Verdict,
}

impl App {
    /// Tests a model on a file.
    ///
    /// # Errors
    /// `NothingKeptAside` for a file without usable examples; failures of the file or the engine.
    pub async fn test_file(self: &Arc<Self>, test: &FileTest) -> Result<FileTestReport, Failure> {
        let examples = examples_of(&test.source, &test.columns)?;
        if examples.is_empty() {
            return Err(Failure::new(FailureCode::NothingKeptAside, params![]));
        }
        let (answered, unanswered) = self.answers(&test.model, &examples).await?;
        let right = |answered: &[Answered]| -> Vec<bool> {
            answered.iter().map(|it| is_right(&it.expected, &it.answer)).collect()
        };
        let baseline = match &test.baseline {
            Some(model) => right(&self.answers(model, &examples).await?.0),
            None => {
                let expected: Vec<&str> = examples.iter().map(Example::answer).collect();
                let always = most_frequent(&expected);
                examples.iter().map(|it| is_right(it.answer(), &always)).collect()
            }
        };
        let verdict =
            compare(&right(&answered), &baseline).map_err(|error| internal(error.to_string()))?;
        let expected: Vec<&str> = examples.iter().map(Example::answer).collect();
        Ok(FileTestReport {
            metrics: score(&answered),
            unanswered,
            has_groups: matches!(kind(&expected), AnswerKind::Groups { .. }),
            verdict,
        })
    }

    /// The answers to all questions, and how many of these have none.
    async fn answers(
        self: &Arc<Self>,
        model: &str,
        examples: &[Example],
    ) -> Result<(Vec<Answered>, u64), Failure> {
        let service = self.engine_service().await?;
        let (mut answered, mut unanswered) = (Vec::with_capacity(examples.len()), 0);
        let longest = ask::longest_answer(examples);
        for example in examples {
            let answer = ask::answer(&service, model, example, longest).await;
            let (answer, reason) = ask::answer_or_reason(answer)?;
            unanswered += u64::from(reason.is_some());
            let expected = example.answer().to_owned();
            answered.push(Answered { expected, answer, scores: None });
        }
        Ok((answered, unanswered))
    }
}

fn examples_of(source: &SourceFile, columns: &TableColumns) -> Result<Vec<Example>, Failure> {
    let mut examples = Vec::new();
    for row in source.rows(columns, &Arc::default())? {
        if let RowOutcome::Example(example, _) = row?.outcome
            && !example.answer().trim().is_empty()
        {
            examples.push(example);
        }
    }
    Ok(examples)
}
