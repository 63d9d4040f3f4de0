//! `attune train FILE --service …`: the price first, then the order, once.

use std::sync::Arc;

use attune_app::{App, FarFileOrder, MicroUsd};
use attune_contract::orders::{OrderPlaceRequest, OrderQuote, OrderSettings};
use attune_contract::services::Secret;
use attune_contract::words::words;
use attune_contract::{Failure, FailureCode, Param, params};

use crate::arguments::TrainArguments;
use crate::open;
use crate::output::{Ending, line};
use crate::train::follow;

/// A key for this call alone; no vault is asked where it is set.
const KEY: &str = "ATTUNE_KEY";

pub(crate) async fn begin_and_follow(arguments: TrainArguments) -> Result<Ending, Failure> {
    let is_json = arguments.json;
    let app = open::app_with(arguments.cores).await?;
    let run = match place(&app, arguments).await {
        Ok(run) => run,
        Err(failure) => {
            app.put_away().await;
            return Err(failure);
        }
    };
    follow(&app, &run, is_json).await
}

/// Takes the key of this call, if one was given.
pub(crate) fn lend_key(app: &App) -> Result<(), Failure> {
    match std::env::var(KEY) {
        Ok(key) if !key.is_empty() => app.lend_key(&Secret::new(key)),
        _ => Ok(()),
    }
}

async fn place(app: &Arc<App>, arguments: TrainArguments) -> Result<String, Failure> {
    let typed = arguments.ceiling.as_deref().map(ceiling).transpose()?;
    let settings = settings(&arguments)?;
    let (source, columns) = open::source(arguments.file.clone(), &arguments.columns)?;
    let validation = match arguments.validation.clone() {
        Some(file) => Some(open::source(file, &arguments.columns)?),
        None => None,
    };
    lend_key(app)?;
    app.recover().await?;
    let service = app.service_named(&arguments.service).await?;
    let quote = app
        .quote_file(FarFileOrder {
            source,
            columns,
            validation,
            service,
            model: arguments.model.clone(),
            settings,
            typed_ceiling_micro_usd: typed,
        })
        .await?;
    let request = agreed(quote, typed, arguments.yes, arguments.json)?;
    Ok(app.order_place(request).await?.summary.run)
}

/// The order, if the price is within what the person agreed to.
fn agreed(
    quote: OrderQuote,
    typed: Option<i64>,
    is_agreed: bool,
    is_json: bool,
) -> Result<OrderPlaceRequest, Failure> {
    if let Some(refusal) = quote.refusal {
        return Err(refusal);
    }
    if !is_json && let Some(expected) = quote.expected_micro_usd {
        let (title, amount) = (quote.service_title.as_str(), Param::MicroUsd(expected));
        line(&words("cli.far.price", &params![title, amount]));
    }
    let needed = || Failure::new(FailureCode::CeilingNeeded, params![]);
    let (Some(token), Some(ceiling)) = (quote.token, quote.ceiling_micro_usd) else {
        return Err(needed());
    };
    let most = typed.filter(|_| is_agreed).ok_or_else(needed)?;
    if ceiling > most {
        let (ceiling, most) = (Param::MicroUsd(ceiling), Param::MicroUsd(most));
        return Err(Failure::new(FailureCode::AboveCeiling, params![ceiling, most]));
    }
    Ok(OrderPlaceRequest { token, ceiling_micro_usd: ceiling, typed_micro_usd: Some(ceiling) })
}

/// An amount of US dollars above nothing, in millionths.
pub(crate) fn ceiling(text: &str) -> Result<i64, Failure> {
    let field = "ceiling";
    let invalid = || Failure::new(FailureCode::InputInvalid, params![field]);
    let amount: MicroUsd = text.parse().map_err(|_| invalid())?;
    if amount > MicroUsd::ZERO { Ok(amount.micros()) } else { Err(invalid()) }
}

/// The settings by the names that services use; what is none of the shared ones goes on as it is.
fn settings(arguments: &TrainArguments) -> Result<OrderSettings, Failure> {
    let mut settings = OrderSettings { rounds: arguments.epochs, ..OrderSettings::default() };
    for set in &arguments.set {
        let (key, value) = set.split_once('=').unwrap_or((set, ""));
        let invalid = || Failure::new(FailureCode::InputInvalid, params!["field" => key]);
        let whole = || value.parse::<u32>().map(Some).map_err(|_| invalid());
        match key {
            "epochs" | "n_epochs" | "rounds" => settings.rounds = whole()?,
            "batch_size" => settings.batch_size = whole()?,
            "learning_rate_multiplier" => {
                settings.learning_rate_multiplier =
                    value.parse().map(Some).map_err(|_| invalid())?;
            }
            "seed" => settings.seed = whole()?,
            "suffix" => settings.suffix = Some(value.to_owned()),
            _ => {
                settings.extra.insert(key.to_owned(), value.to_owned());
            }
        }
    }
    Ok(settings)
}
