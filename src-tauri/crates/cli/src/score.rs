//! `attune score FILE`: figures of answers that are given already.

use attune_app::{Metrics, score_file};
use attune_contract::words::words;
use attune_contract::{Failure, params};
use serde_json::{Map, Value, json};

use crate::arguments::ScoreArguments;
use crate::output::{Ending, line};

pub(crate) fn run(arguments: &ScoreArguments) -> Result<Ending, Failure> {
    let scored = score_file(&arguments.file)?;
    if arguments.json {
        let document = json!({
            "examples": scored.metrics.examples,
            "metrics": metrics(&scored.metrics, scored.has_groups),
        });
        line(&document.to_string());
    } else {
        let (right, total) = (scored.metrics.right, scored.metrics.examples);
        line(&words("cli.score.result", &params![right, total]));
    }
    Ok(Ending::Done)
}

/// The figures that mean something for this kind of answers; the others are absent.
pub(crate) fn metrics(metrics: &Metrics, has_groups: bool) -> Map<String, Value> {
    let mut named: Vec<(&str, Option<f64>)> = Vec::new();
    if has_groups {
        named.extend([
            ("accuracy", Some(metrics.accuracy)),
            ("balanced_accuracy", Some(metrics.balanced_accuracy)),
            ("macro_f1", Some(metrics.macro_f1)),
            ("weighted_f1", Some(metrics.weighted_f1)),
            ("macro_precision", Some(metrics.macro_precision)),
            ("macro_recall", Some(metrics.macro_recall)),
            ("auc_roc_macro", metrics.auc_roc_macro),
            ("log_loss", metrics.log_loss),
        ]);
    } else {
        named.push(("exact_match", Some(metrics.exact_match)));
        named.push(("log_loss", metrics.log_loss));
    }
    let known = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}
