//! `attune train FILE`: imports the file, gives the order, follows it to its end.

use std::sync::Arc;

use attune_app::{App, RunFollow, TrainFileOrder};
use attune_contract::training::{RunDetail, RunRequest, RunState, TrainSettings};
use attune_contract::words::{failure_words, words};
use attune_contract::{Failure, FailureCode, params};
use serde_json::{Value, json};

use crate::arguments::TrainArguments;
use crate::output::{Ending, failure_json, line};
use crate::{far, open};

const THIS_COMPUTER: &str = "this-computer";

pub(crate) async fn run(arguments: TrainArguments) -> Result<Ending, Failure> {
    let is_json = arguments.json;
    match begin_and_follow(arguments).await {
        Ok(ending) => Ok(ending),
        Err(failure) if is_json => {
            line(&json!({ "event": "not_started", "failure": failure_json(&failure) }).to_string());
            Ok(Ending::CannotRun)
        }
        Err(failure) => Err(failure),
    }
}

async fn begin_and_follow(arguments: TrainArguments) -> Result<Ending, Failure> {
    if arguments.service != THIS_COMPUTER {
        return far::begin_and_follow(arguments).await;
    }
    let settings = settings(&arguments)?;
    let (source, columns) = open::source(arguments.file.clone(), &arguments.columns)?;
    let validation = match arguments.validation.clone() {
        Some(file) => Some(open::source(file, &arguments.columns)?),
        None => None,
    };
    let app = open::app_with(arguments.cores).await?;
    app.recover().await?;
    let model = match open::model(&app, &arguments.model).await {
        Ok(model) => model,
        Err(failure) => {
            app.put_away().await;
            return Err(failure);
        }
    };
    let order = TrainFileOrder { source, columns, validation, model, settings };
    let run = match app.train_file(order).await {
        Ok(run) => run,
        Err(failure) => {
            app.put_away().await;
            return Err(failure);
        }
    };
    follow(&app, &run, arguments.json).await
}

/// Tells how a training goes on until it ends, rests or is interrupted; its last line is the final
/// event.
pub(crate) async fn follow(app: &Arc<App>, run: &str, is_json: bool) -> Result<Ending, Failure> {
    let mut teller = Teller { is_json, told: None, saved: None };
    teller.queued(run);
    let mut on_change = |detail: &RunDetail| teller.changed(detail);
    let followed = tokio::select! {
        detail = app.follow_run(run, RunFollow { on_change: &mut on_change }) => Some(detail?),
        // Interrupted by the person: here it pauses at a checkpoint, far away it goes on, and
        // `attune jobs` still knows it.
        _ = tokio::signal::ctrl_c() => None,
    };
    app.put_away().await;
    let detail = match followed {
        Some(detail) => detail,
        None => app.run_read(RunRequest { run: run.to_owned() }).await?,
    };
    Ok(finish(&detail, is_json))
}

fn settings(arguments: &TrainArguments) -> Result<TrainSettings, Failure> {
    let mut settings = TrainSettings { rounds: arguments.epochs, ..TrainSettings::default() };
    for set in &arguments.set {
        let (key, value) = set.split_once('=').unwrap_or((set, ""));
        set_one(&mut settings, key, value)?;
    }
    Ok(settings)
}

/// Sets one setting by the name that the engine and the catalogue give it.
fn set_one(settings: &mut TrainSettings, key: &str, value: &str) -> Result<(), Failure> {
    let invalid = || Failure::new(FailureCode::InputInvalid, params!["field" => key]);
    let whole = || value.parse::<u32>().map(Some).map_err(|_| invalid());
    let real = || value.parse::<f64>().map(Some).map_err(|_| invalid());
    match key {
        "dial" => settings.dial = whole()?,
        "epochs" | "n_epochs" | "rounds" => settings.rounds = whole()?,
        "batch_size" => settings.batch_size = whole()?,
        "learning_rate_multiplier" => settings.learning_rate_multiplier = real()?,
        "dropout" => settings.dropout = real()?,
        "weight_decay" => settings.weight_decay = real()?,
        "patience" => settings.patience = whole()?,
        "seed" => settings.seed = whole()?,
        "rank" => settings.rank = whole()?,
        "alpha" => settings.alpha = real()?,
        "adapted_layers" => settings.adapted_layers = whole()?,
        "adapted_parts" => settings.adapted_parts = Some(value.to_owned()),
        "layers" => settings.layers = whole()?,
        "width" => settings.width = whole()?,
        "heads" => settings.heads = whole()?,
        "key_value_heads" => settings.key_value_heads = whole()?,
        "hidden" => settings.hidden = whole()?,
        "context" => settings.context = whole()?,
        "window" => settings.window = whole()?,
        "vocabulary" => settings.vocabulary = whole()?,
        _ => return Err(invalid()),
    }
    Ok(())
}

/// Tells how a training goes on, each step once.
struct Teller {
    is_json: bool,
    told: Option<u64>,
    saved: Option<u64>,
}

impl Teller {
    fn queued(&mut self, run: &str) {
        if self.is_json {
            line(&json!({ "event": "queued", "launch_id": run }).to_string());
        }
    }

    fn changed(&mut self, detail: &RunDetail) {
        self.step(detail);
        let saved = detail.progress.as_ref().and_then(|progress| progress.saved_step);
        if self.is_json && saved.is_some() && saved != self.saved {
            line(&json!({ "event": "checkpoint", "step": saved }).to_string());
        }
        self.saved = saved;
    }

    fn step(&mut self, detail: &RunDetail) {
        let Some(point) = detail.curve.last() else { return };
        if self.told == Some(point.step) {
            return;
        }
        self.told = Some(point.step);
        let progress = detail.progress.as_ref();
        let validate = detail.curve.iter().rev().find_map(|point| point.validate_loss);
        if self.is_json {
            let event = json!({
                "event": "step",
                "step": point.step,
                "total_steps": progress.map(|progress| progress.total_steps),
                "train_loss": point.train_loss,
                "valid_loss": validate,
                "tokens_per_second": progress.and_then(|progress| progress.tokens_per_second),
            });
            line(&without_nulls(event).to_string());
        } else if let Some(loss) = point.train_loss {
            let (step, loss) = (point.step, format!("{loss:.3}"));
            let total = progress.map_or(0, |progress| progress.total_steps);
            line(&words("cli.train.step", &params![step, total, loss]));
        }
    }
}

/// A field that is not known is absent.
fn without_nulls(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    value
}

/// The last line: the final event, whatever it is.
fn finish(detail: &RunDetail, is_json: bool) -> Ending {
    let summary = &detail.summary;
    let (event, ending) = match summary.state {
        RunState::Succeeded => ("succeeded", Ending::Done),
        RunState::Cancelled => ("cancelled", Ending::No),
        RunState::NotStarted => ("not_started", Ending::CannotRun),
        RunState::Paused => ("paused", Ending::No),
        RunState::Failed => ("failed", Ending::No),
        // What goes on far away has no end yet.
        _ => ("unknown", Ending::Unknown),
    };
    if is_json {
        let resolved: serde_json::Map<String, Value> = detail
            .settings
            .iter()
            .map(|setting| (setting.name.clone(), Value::from(setting.value)))
            .collect();
        let event = json!({
            "event": event,
            "launch_id": summary.run,
            "model": summary.model,
            "failure": summary.failure.as_ref().map(failure_json),
            "settings": resolved,
        });
        line(&without_nulls(event).to_string());
    } else {
        if let Some(failure) = &summary.failure {
            line(&failure_words(failure));
            if summary.state != RunState::Succeeded {
                return ending;
            }
        }
        let model = summary.model.clone().unwrap_or_default();
        let is_paid = detail.cost.as_ref().is_some_and(|cost| cost.actual_micro_usd != Some(0));
        let said = match (event, summary.state) {
            ("cancelled", _) if is_paid => "cancelled_far",
            ("unknown", RunState::Validating | RunState::Queued | RunState::Running) => "goes_on",
            (event, _) => event,
        };
        line(&words(&format!("cli.train.{said}"), &params![model]));
    }
    ending
}
