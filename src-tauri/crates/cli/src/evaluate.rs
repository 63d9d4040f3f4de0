//! `attune evaluate FILE --model M`: the model's answers against the right ones.

use std::sync::Arc;

use attune_app::{App, FileTest, FileTestReport, SourceFile, TableColumns};
use attune_contract::words::words;
use attune_contract::{Failure, params};
use serde_json::{Value, json};

use crate::arguments::EvaluateArguments;
use crate::output::{Ending, line};
use crate::{far, open, score};

pub(crate) async fn run(arguments: EvaluateArguments) -> Result<Ending, Failure> {
    let (source, columns) = open::source(arguments.file.clone(), &arguments.columns)?;
    let app = open::app_with(arguments.cores).await?;
    let tested = test(&app, (source, columns), &arguments).await;
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

/// A model at a service is asked only for what was agreed to.
async fn test(
    app: &Arc<App>,
    (source, columns): (SourceFile, TableColumns),
    arguments: &EvaluateArguments,
) -> Result<FileTestReport, Failure> {
    far::lend_key(app)?;
    let most = arguments.ceiling.as_deref().map(far::ceiling).transpose()?;
    let (model, baseline) = (arguments.model.clone(), arguments.baseline.clone());
    let most_micro_usd = most.filter(|_| arguments.yes);
    app.test_file(&FileTest { source, columns, model, baseline, most_micro_usd }).await
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
