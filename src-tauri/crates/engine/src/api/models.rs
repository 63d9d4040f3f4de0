//! `/v1/models`: the lab, and what was trained in it.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::engine::Engine;
use super::failure::Refusal;
use super::job::JobRecord;
use crate::formats::folder::remove_if_there;

/// The model that has learned nothing yet.
pub(crate) const LAB: &str = "lab";

/// The name of a job's result.
pub(crate) fn model_name(suffix: Option<&str>, job: &str) -> String {
    format!("ft:{LAB}:attune:{}:{}", suffix.unwrap_or_default(), folder_name(job))
}

/// The folder of a job's result: the job's id without what all ids begin with.
pub(crate) fn folder_name(job: &str) -> String {
    job.trim_start_matches("ftjob-").to_owned()
}

/// Where the numbers of a model or of a checkpoint of that name are.
pub(crate) fn folder_of(engine: &Engine, name: &str) -> Option<PathBuf> {
    let (model, step) = match name.split_once(":ckpt-step-") {
        Some((model, step)) => (model, Some(step.parse::<u64>().ok()?)),
        None => (name, None),
    };
    let id = format!("ftjob-{}", model.rsplit(':').next()?);
    let job = engine.job(&id)?;
    let record = job.state().record.clone();
    if model_name(record.suffix.as_deref(), &id) != model {
        return None;
    }
    match step {
        Some(step) => record
            .checkpoints
            .iter()
            .any(|kept| kept.step == step)
            .then(|| job.checkpoints().join(format!("step-{step}"))),
        None => record.fine_tuned_model.map(|_| engine.models_folder().join(folder_name(&id))),
    }
}

/// `GET /v1/models`
pub(crate) async fn list(State(engine): State<Arc<Engine>>) -> Json<Value> {
    let lab = shown(LAB, 0);
    let trained = engine.jobs().into_iter().filter_map(|job| trained(&job.state().record));
    let data: Vec<Value> = std::iter::once(lab).chain(trained).collect();
    Json(json!({"object": "list", "data": data}))
}

/// `GET /v1/models/{id}`
pub(crate) async fn get(
    State(engine): State<Arc<Engine>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    if name == LAB {
        return Ok(Json(shown(LAB, 0)));
    }
    let found = engine
        .jobs()
        .into_iter()
        .filter_map(|job| trained(&job.state().record))
        .find(|model| model["id"] == name.as_str());
    found.map(Json).ok_or_else(|| no_model(&name))
}

/// `DELETE /v1/models/{id}`
pub(crate) async fn delete(
    State(engine): State<Arc<Engine>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let job = engine
        .jobs()
        .into_iter()
        .find(|job| job.state().record.fine_tuned_model.as_deref() == Some(name.as_str()))
        .ok_or_else(|| no_model(&name))?;
    let id = job.state().record.id.clone();
    let folder = engine.models_folder().join(folder_name(&id));
    job.change(|record| record.fine_tuned_model = None)
        .and_then(|()| remove_if_there(&folder))
        .map_err(|error| Refusal::storage(&error))?;
    engine.forget_model(&name);
    Ok(Json(json!({"id": name, "object": "model", "deleted": true})))
}

/// A refusal for a model that is not there.
pub(crate) fn no_model(name: &str) -> Refusal {
    Refusal::missing("model_not_found", format!("no model `{name}` exists"))
}

fn trained(record: &JobRecord) -> Option<Value> {
    let name = record.fine_tuned_model.as_deref()?;
    Some(shown(name, record.finished_at.unwrap_or(record.created_at)))
}

fn shown(name: &str, created: u64) -> Value {
    json!({"id": name, "object": "model", "created": created, "owned_by": "attune"})
}
