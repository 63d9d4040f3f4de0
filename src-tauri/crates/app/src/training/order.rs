//! The order: recorded whole before a byte is sent.

use attune_contract::Failure;
use attune_contract::training::TrainSettings;
use attune_jobs::State;
use attune_store::{LaunchCounts, LaunchRow, Library, ProjectRow};
use serde_json::{Map, Value, json};

use super::prepare::{Dealt, Files};
use super::record::StoredRecipe;
use super::{LAB, THIS_COMPUTER};
use crate::App;
use crate::failures::{OrFailure, input_invalid, internal};

/// Refuses settings that no engine could follow.
pub(super) fn check_settings(settings: &TrainSettings) -> Result<(), Failure> {
    let within = |value: Option<u32>, low: u32, high: u32, field: &'static str| match value {
        Some(value) if !(low..=high).contains(&value) => Err(input_invalid(field)),
        _ => Ok(()),
    };
    within(settings.rounds, 1, 50, "rounds")?;
    within(settings.layers, 1, 12, "layers")?;
    within(settings.width, 32, 512, "width")?;
    if settings.width.is_some_and(|width| !width.is_multiple_of(16)) {
        return Err(input_invalid("width"));
    }
    if settings.dropout.is_some_and(|dropout| !(0.0..=0.8).contains(&dropout)) {
        return Err(input_invalid("dropout"));
    }
    Ok(())
}

/// The settings under the names the service knows; what is absent it chooses itself.
pub(super) fn hyperparameters(settings: &TrainSettings) -> Map<String, Value> {
    let mut named = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            named.insert(name.to_owned(), value);
        }
    };
    set("n_epochs", settings.rounds.map(Value::from));
    set("layers", settings.layers.map(Value::from));
    set("width", settings.width.map(Value::from));
    set("dropout", settings.dropout.map(Value::from));
    named
}

/// Records the intent to train: everything that will be sent, before a socket is opened.
pub(super) fn intend(
    app: &App,
    library: &Library,
    project: &ProjectRow,
    dealt: &Dealt,
    files: &Files,
    settings: &TrainSettings,
) -> Result<LaunchRow, Failure> {
    let recipe = StoredRecipe {
        hyperparameters: hyperparameters(settings),
        seed: u32::try_from(project.split_seed).unwrap_or(0),
        tokens: dealt.tokens,
    };
    let recipe_json =
        serde_json::to_string(&recipe).map_err(|error| internal(error.to_string()))?;
    let launch_id = ulid::Ulid::new().to_string();
    let counts = dealt.counts();
    // The service names the files by ids of its own, so the request names them by their content.
    let request = json!({
        "launch_id": launch_id,
        "service": THIS_COMPUTER,
        "model": LAB,
        "training_file": files.train,
        "validation_file": files.validate,
        "recipe": recipe,
    });
    let request_json = request.to_string();
    let now = app.now_ms();
    let row = LaunchRow {
        launch_id,
        project: project.id,
        service: THIS_COMPUTER.to_owned(),
        model: LAB.to_owned(),
        state: State::Intent.as_str().to_owned(),
        job_id: None,
        request_sha: blake3::hash(request_json.as_bytes()).to_hex().to_string(),
        request_json,
        train_file: files.train.clone(),
        validate_file: files.validate.clone(),
        test_file: files.test.clone(),
        recipe_json,
        counts: LaunchCounts { train: counts.train, validate: counts.validate, test: counts.test },
        dataset_version: library.history(project.id).or_failure()?.version,
        created_at_ms: now,
        changed_at_ms: now,
        server_ms: None,
        finished_at_ms: None,
        result_model: None,
        progress_json: None,
        error_json: None,
    };
    library.launch_insert(&row).or_failure()?;
    Ok(row)
}
