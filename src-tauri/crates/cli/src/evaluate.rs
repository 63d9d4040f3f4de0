//! `attune evaluate FILE --model M`: the model's answers against the right ones.

use attune_app::{FileTest, FileTestReport};
use attune_contract::words::words;
use attune_contract::{Failure, params};
use serde_json::{Value, json};

use crate::arguments::EvaluateArguments;
use crate::output::{Ending, line};
use crate::{open, score};

pub(crate) async fn run(arguments: EvaluateArguments) -> Result<Ending, Failure> {
    let (source, columns) = open::source(arguments.file, &arguments.columns)?;
    let app = open::app_with(arguments.cores).await?;
    let test = FileTest { source, columns, model: arguments.model, baseline: arguments.baseline };
    let tested = app.test_file(&test).await;
    app.put_away().await;
    let report = tested?;
    if arguments.json {
        line(&document(&report).to_string());
    } else {
        let (right, total) = (report.metrics.right, report.metrics.examples);
        let (better, worse) = (report.verdict.better, report.verdict.worse);
        line(&words("cli.evaluate.result", &params![right, total, better, worse]));
    }
    let is_better = report.verdict.proven && report.verdict.better > report.verdict.worse;
    Ok(if is_better { Ending::Done } else { Ending::No })
}

fn document(report: &FileTestReport) -> Value {
    let verdict = &report.verdict;
    json!({
        "examples": report.metrics.examples,
        "unanswered": report.unanswered,
        "metrics": score::metrics(&report.metrics, report.has_groups),
        "verdict": {
            "better": verdict.better,
            "same": verdict.same,
            "worse": verdict.worse,
            "interval": [verdict.interval.0, verdict.interval.1],
            "proven": verdict.proven,
        },
    })
}
