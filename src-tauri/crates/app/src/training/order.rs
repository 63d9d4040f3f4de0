//! The order: recorded whole before a byte is sent.

use attune_contract::Failure;
use attune_contract::training::TrainSettings;
use attune_jobs::State;
use attune_services::RemoteModel;
use attune_store::{LaunchRow, Library, ProjectRow};
use serde_json::json;

use super::THIS_COMPUTER;
use super::prepare::{Dealt, Files, launch_counts};
use super::record::StoredRecipe;
use super::settings::hyperparameters;
use crate::failures::{OrFailure, internal};
use crate::{App, models};

/// What a training starts from.
#[derive(Debug, Clone)]
pub(super) struct Start {
    model: String,
    title: String,
    parent: Option<String>,
    promised_memory_bytes: Option<u64>,
}

/// What is known of the starting model `model`; `told` is what the engine says of its models.
pub(super) fn start(
    library: &Library,
    model: &str,
    told: &[RemoteModel],
    promised_memory_bytes: Option<u64>,
) -> Result<Start, Failure> {
    let all = library.launches_all().or_failure()?;
    let parent = all.iter().find(|launch| launch.result_model.as_deref() == Some(model));
    let title = match parent {
        Some(parent) => models::title_of_training(super::detail::number(library, parent)?),
        None => models::title_of_base(model, told),
    };
    Ok(Start {
        model: model.to_owned(),
        title,
        parent: parent.map(|parent| parent.launch_id.clone()),
        promised_memory_bytes,
    })
}

/// Records the intent to train: everything that will be sent, before a socket is opened.
pub(super) fn intend(
    app: &App,
    library: &Library,
    project: &ProjectRow,
    dealt: &Dealt,
    files: &Files,
    start: &Start,
    settings: &TrainSettings,
) -> Result<LaunchRow, Failure> {
    let recipe = StoredRecipe {
        hyperparameters: hyperparameters(settings),
        seed: settings.seed.unwrap_or_else(|| u32::try_from(project.split_seed).unwrap_or(0)),
        tokens: dealt.tokens,
        base_title: Some(start.title.clone()),
        parent: start.parent.clone(),
        promised_memory_bytes: start.promised_memory_bytes,
        suffix: None,
        service_title: None,
        lent_key: None,
        price_micro_usd: None,
        counted_micro_usd: None,
        least_micro_usd: None,
    };
    let recipe_json =
        serde_json::to_string(&recipe).map_err(|error| internal(error.to_string()))?;
    let launch_id = ulid::Ulid::new().to_string();
    let counts = dealt.counts();
    // The service names the files by ids of its own, so the request names them by their content.
    let request = json!({
        "launch_id": launch_id,
        "service": THIS_COMPUTER,
        "model": start.model,
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
        model: start.model.clone(),
        state: State::Intent.as_str().to_owned(),
        job_id: None,
        request_sha: blake3::hash(request_json.as_bytes()).to_hex().to_string(),
        request_json,
        train_file: files.train.clone(),
        validate_file: files.validate.clone(),
        test_file: files.test.clone(),
        recipe_json,
        counts: launch_counts(&counts),
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
