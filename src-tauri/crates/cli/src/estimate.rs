//! `attune estimate FILE`: what a training on a file would cost. No key is needed, nothing is sent.

use std::num::NonZeroU32;

use attune_app::{
    EstimateOrder, EstimateWarning, FileEstimate, MicroUsd, estimate_file, system_clock,
};
use attune_contract::words::words;
use attune_contract::{Failure, FailureCode, Param, params};
use serde_json::{Value, json};

use crate::arguments::EstimateArguments;
use crate::open;
use crate::output::{Ending, line};

/// The word for as often as the place would choose.
const AUTO: &str = "auto";
/// No place reads examples more often.
const MOST_ROUNDS: u32 = 50;

pub(crate) async fn run(arguments: EstimateArguments) -> Result<Ending, Failure> {
    let rounds = rounds(&arguments.epochs)?;
    let (source, columns) = open::source(arguments.file, &arguments.columns)?;
    let home = open::home()?;
    let model = arguments.model.clone();
    let (service, tokenizer) = (arguments.service, arguments.tokenizer);
    let order = EstimateOrder { source, columns, service, model, rounds, tokenizer };
    let work = move || estimate_file(home, system_clock(), &order);
    let estimate = tokio::task::spawn_blocking(work).await.map_err(|error| {
        Failure::new(FailureCode::Internal, params![]).with_detail(error.to_string())
    })??;
    if arguments.json {
        line(&document(&estimate).to_string());
    } else {
        tell(&estimate, &arguments.model);
    }
    Ok(Ending::Done)
}

fn rounds(typed: &str) -> Result<Option<NonZeroU32>, Failure> {
    if typed == AUTO {
        return Ok(None);
    }
    let rounds = typed.parse().ok().and_then(NonZeroU32::new);
    match rounds.filter(|rounds| rounds.get() <= MOST_ROUNDS) {
        Some(rounds) => Ok(Some(rounds)),
        None => Err(Failure::new(FailureCode::InputInvalid, params!["field" => "epochs"])),
    }
}

fn document(estimate: &FileEstimate) -> Value {
    let warning =
        |warning: &EstimateWarning| json!({ "code": warning.code, "message": warning.words });
    let mut document = json!({
        "epochs": estimate.rounds.get(),
        "billed_tokens": estimate.billed_tokens,
        "exact": estimate.is_exact,
        "expected_usd": estimate.expected.to_string(),
        "price": {
            "per_million_training": per_million(estimate).to_string(),
            "as_of": estimate.price.checked_on,
            "source": estimate.price.source,
        },
        "warnings": estimate.warnings.iter().map(warning).collect::<Vec<_>>(),
    });
    if let Some(ceiling) = estimate.ceiling {
        document["ceiling_usd"] = Value::from(ceiling.to_string());
    }
    document
}

fn tell(estimate: &FileEstimate, model: &str) {
    let amount = |amount: MicroUsd| Param::MicroUsd(amount.micros());
    let title = estimate.service_title.as_str();
    let (expected, tokens) = (amount(estimate.expected), estimate.billed_tokens);
    let rounds = u64::from(estimate.rounds.get());
    line(&words("cli.estimate.result", &params![title, model, expected, rounds, tokens]));
    if let Some(ceiling) = estimate.ceiling.map(amount) {
        line(&words("cli.estimate.most", &params![ceiling]));
    }
    let (price, source) = (amount(per_million(estimate)), estimate.price.source.as_str());
    let day = Param::Date(estimate.price.checked_on.clone());
    line(&words("cli.estimate.price", &params![price, source, day]));
    for warning in &estimate.warnings {
        line(&warning.words);
    }
}

fn per_million(estimate: &FileEstimate) -> MicroUsd {
    MicroUsd::from_micros(estimate.price.per_million_micro_usd)
}
