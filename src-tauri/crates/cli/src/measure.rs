//! How fast this computer trains and answers, on batches that `cargo xtask bench` made: the very
//! code that trains, without a library.

use std::path::Path;

use attune_contract::{Failure, FailureCode, params};
use attune_engine::{
    Batches, MeasureError, MeasureOptions, measure_answer, measure_loss, measure_training,
};
use serde_json::{Value, json};

use crate::arguments::{MeasureArguments, Precision};
use crate::output::{Ending, line};

/// Measures one thing and prints one JSON document.
pub(crate) fn run(arguments: &MeasureArguments) -> Result<Ending, Failure> {
    let options = MeasureOptions {
        model: arguments.model.clone(),
        single_precision: arguments.precision == Precision::F32,
        rank: arguments.rank,
        threads: arguments.threads,
        recompute: arguments.recompute,
        save: arguments.save.clone(),
    };
    let measured = match arguments.decode {
        Some(answer) => {
            // Any pieces will do: the time of a place does not depend on what stands there.
            let question: Vec<u32> =
                (0..arguments.prompt_tokens).map(|at| 100 + at * 7_919 % 200).collect();
            let measured = measure_answer(&options, &question, answer).map_err(|it| failed(&it))?;
            serde_json::to_value(measured)
        }
        None => of_batches(arguments, &options)?,
    };
    let measured = measured.map_err(|error| broken(&error.to_string()))?;
    line(&measured.to_string());
    Ok(Ending::Done)
}

fn of_batches(
    arguments: &MeasureArguments,
    options: &MeasureOptions,
) -> Result<serde_json::Result<Value>, Failure> {
    let path = arguments.batches.as_deref().ok_or_else(|| broken("`--batches` is missing"))?;
    let mut batches = read(path)?;
    if arguments.loss {
        let loss = measure_loss(options, arguments.adapter.as_deref(), &batches);
        return Ok(Ok(json!({ "loss": loss.map_err(|it| failed(&it))? })));
    }
    if let Some(steps) = arguments.steps {
        batches.steps.truncate(steps);
    }
    let measured = measure_training(options, &batches).map_err(|it| failed(&it))?;
    let mut rates = measured.tokens_per_second.clone();
    rates.sort_by(f64::total_cmp);
    let (median, best) = (rates.get(rates.len() / 2).copied(), rates.last().copied());
    Ok(serde_json::to_value(measured).map(|mut shown| {
        shown["median"] = json!(median);
        shown["best"] = json!(best);
        shown
    }))
}

fn read(path: &Path) -> Result<Batches, Failure> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::new(FailureCode::FileUnreadable, params![file]).with_detail(error.to_string())
    })?;
    serde_json::from_slice(&bytes).map_err(|error| broken(&error.to_string()))
}

fn failed(error: &MeasureError) -> Failure {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    broken(&format!("{error}{}", cause.unwrap_or_default()))
}

fn broken(detail: &str) -> Failure {
    Failure::new(FailureCode::InputInvalid, params!["field" => "measure"]).with_detail(detail)
}
