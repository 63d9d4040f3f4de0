//! `/v1/models`: the lab, and what was trained in it.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::engine::Engine;
use super::failure::Refusal;
use super::job::{Job, JobRecord};
use crate::formats::folder::remove_if_there;

/// The model that has learned nothing yet.
pub(crate) const LAB: &str = "lab";

impl JobRecord {
    /// The name of the job's result: what it was trained on, its suffix, its id. A result that was
    /// trained on keeps the name of the model that it began with.
    pub(crate) fn result_name(&self) -> String {
        let base = match self.model.strip_prefix("ft:") {
            Some(trained) => trained.split(":attune:").next().unwrap_or(trained),
            None => &self.model,
        };
        let suffix = self.suffix.as_deref().unwrap_or_default();
        format!("ft:{base}:attune:{suffix}:{}", folder_name(&self.id))
    }
}

/// The folder of a job's result: the job's id without what all ids begin with.
pub(crate) fn folder_name(job: &str) -> String {
    job.trim_start_matches("ftjob-").to_owned()
}

/// The job that made a model, and where the numbers of that model, or of a checkpoint of it, are.
pub(crate) fn trained_model(engine: &Engine, name: &str) -> Option<(Arc<Job>, PathBuf)> {
    let (model, step) = match name.split_once(":ckpt-step-") {
        Some((model, step)) => (model, Some(step.parse::<u64>().ok()?)),
        None => (name, None),
    };
    let id = format!("ftjob-{}", model.rsplit(':').next()?);
    let job = engine.job(&id)?;
    let record = job.state().record.clone();
    if record.result_name() != model {
        return None;
    }
    let folder = match step {
        Some(step) => {
            record.checkpoints.iter().find(|kept| kept.step == step)?;
            job.checkpoints().join(format!("step-{step}"))
        }
        None => {
            record.fine_tuned_model?;
            engine.models_folder().join(folder_name(&id))
        }
    };
    Some((job, folder))
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
