//! `/v1/models` and `/v1/attune/models`: the lab, models of others, and what was trained on them.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::bases::{Base, Facts, OWN, STARTER, Unusable};
use super::body::{JsonBody, blocking};
use super::engine::Engine;
use super::failure::Refusal;
use super::job::{Job, JobRecord};
use crate::formats::folder::remove_if_there;
use crate::train::settings::{Learner, Settings};

/// The model that has learned nothing yet.
pub(crate) const LAB: &str = "lab";

/// What stands between the name of a model and the step of one of its checkpoints.
pub(crate) const CHECKPOINT: &str = ":ckpt-step-";

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

/// The job whose result or checkpoint has that name, and where its numbers are.
pub(crate) fn trained_model(engine: &Engine, name: &str) -> Option<(Arc<Job>, PathBuf)> {
    let (model, step) = match name.split_once(CHECKPOINT) {
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
            record.fine_tuned_model.as_ref()?;
            engine.models_folder().join(folder_name(&id))
        }
    };
    Some((job, folder))
}

/// `GET /v1/models`
pub(crate) async fn list(State(engine): State<Arc<Engine>>) -> Result<Json<Value>, Refusal> {
    let data = blocking(move || every(&engine)).await?;
    Ok(Json(json!({"object": "list", "data": data})))
}

/// `GET /v1/models/{id}`
pub(crate) async fn get(
    State(engine): State<Arc<Engine>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let wanted = name.clone();
    let models = blocking(move || every(&engine)).await?;
    let found = models.into_iter().find(|model| model["id"] == wanted.as_str());
    found.map(Json).ok_or_else(|| no_model(&name))
}

/// The body of `POST /v1/attune/models`.
#[derive(Deserialize)]
pub(crate) struct AddModel {
    path: PathBuf,
}

/// `POST /v1/attune/models`: gives a folder or a file of the person's own a name.
pub(crate) async fn add(
    State(engine): State<Arc<Engine>>,
    JsonBody(body): JsonBody<AddModel>,
) -> Result<Json<Value>, Refusal> {
    blocking(move || {
        if !body.path.is_absolute() {
            let message = "`path` must begin at the root of a disk".to_owned();
            return Err(Refusal::invalid("path", "invalid_value", message));
        }
        let facts = engine
            .bases
            .inspect(&body.path)
            .map_err(|unusable| Refusal::invalid("path", unusable.code, unusable.message))?;
        let base = engine.bases.add(&body.path, &facts.title);
        Ok(Json(base_row(&engine, &base.map_err(|error| Refusal::storage(&error))?)))
    })
    .await?
}

/// `DELETE /v1/models/{id}`: a trained model with its files and its checkpoints, an own model's name
/// alone.
pub(crate) async fn delete(
    State(engine): State<Arc<Engine>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    if name == LAB || name == STARTER {
        let message = format!("`{name}` belongs to Attune and cannot be deleted here");
        return Err(Refusal::invalid("model", "model_not_deletable", message));
    }
    let deleted = json!({"id": name, "object": "model", "deleted": true});
    if name.starts_with(OWN) {
        let removed = engine.bases.remove(&name).map_err(|error| Refusal::storage(&error))?;
        engine.forget_model(&name);
        return if removed { Ok(Json(deleted)) } else { Err(no_model(&name)) };
    }
    let is_it = |job: &Arc<Job>| job.state().record.fine_tuned_model.as_deref() == Some(&name);
    let job = engine.jobs().into_iter().find(is_it).ok_or_else(|| no_model(&name))?;
    let id = job.state().record.id.clone();
    let folder = engine.models_folder().join(folder_name(&id));
    let forget = |record: &mut JobRecord| {
        record.fine_tuned_model = None;
        record.checkpoints.clear();
    };
    job.change(forget)
        .and_then(|()| remove_if_there(&folder))
        .and_then(|()| remove_if_there(&job.checkpoints()))
        .map_err(|error| Refusal::storage(&error))?;
    engine.forget_model(&name);
    Ok(Json(deleted))
}

/// A refusal for a model that is not there.
pub(crate) fn no_model(name: &str) -> Refusal {
    Refusal::missing("model_not_found", format!("no model `{name}` exists"))
}

fn every(engine: &Engine) -> Vec<Value> {
    let extras = json!({"kind": "lab", "title": "Lab", "parameters": null, "bytes": null,
        "licence": null, "context": null});
    let bases = engine.bases.list().into_iter().map(|base| base_row(engine, &base));
    let trained = engine.jobs().into_iter().filter_map(|job| {
        let record = job.state().record.clone();
        trained_row(engine, &record)
    });
    std::iter::once(row(LAB, 0, &extras)).chain(bases).chain(trained).collect()
}

fn base_row(engine: &Engine, base: &Base) -> Value {
    let kind = if base.name == STARTER { "starter" } else { "own" };
    let extras = match engine.bases.inspect(&base.path) {
        Ok(facts) => json!({
            "kind": kind, "title": facts.title, "parameters": facts.shape.parameters(),
            "bytes": facts.bytes, "licence": facts.licence, "context": facts.shape.context,
        }),
        Err(unusable) => json!({
            "kind": kind, "parameters": null, "bytes": null, "licence": null, "context": null,
            "title": base.path.file_name().map(|name| name.to_string_lossy()),
            "unusable": unusable_json(&unusable),
        }),
    };
    row(&base.name, base.created, &extras)
}

fn trained_row(engine: &Engine, record: &JobRecord) -> Option<Value> {
    let name = record.fine_tuned_model.as_deref()?;
    let base = record.base.as_deref().unwrap_or(LAB);
    let mut extras = json!({
        "kind": "trained", "title": record.suffix.as_deref().unwrap_or(name),
        "parameters": record.parameters, "learnt_parameters": record.learnt_parameters,
        "bytes": folder_bytes(&engine.models_folder().join(folder_name(&record.id))),
        "licence": null, "context": record.settings.as_ref().map(Settings::context),
        "base": base, "parent_job": record.parent_job,
    });
    let on_a_base = record.settings.as_ref().map(|settings| &settings.learner);
    if let Some(Learner::Adapter { adapter }) = on_a_base {
        match facts_of(engine, base, adapter.base_fingerprint.as_deref()) {
            Ok(facts) => {
                extras["licence"] = json!(facts.licence);
                // Answers, and a training that goes on from it, see as far as the model under it.
                extras["context"] = json!(facts.shape.places());
            }
            Err(unusable) => extras["unusable"] = unusable_json(&unusable),
        }
    }
    Some(row(name, record.finished_at.unwrap_or(record.created_at), &extras))
}

/// What is in the model `base`, if it is there and still the one with that fingerprint.
fn facts_of(
    engine: &Engine,
    base: &str,
    fingerprint: Option<&str>,
) -> Result<Arc<Facts>, Unusable> {
    let Some(found) = engine.bases.find(base) else {
        let message = format!("the model `{base}` it was trained on is not there");
        return Err(Unusable { code: "model_files_missing", message });
    };
    let facts = engine.bases.inspect(&found.path)?;
    if engine.bases.is_surely_other(&found.path, fingerprint) {
        let message = format!("`{base}` is no longer the model it was trained on");
        return Err(Unusable { code: "base_changed", message });
    }
    Ok(facts)
}

fn unusable_json(unusable: &Unusable) -> Value {
    json!({"code": unusable.code, "message": unusable.message})
}

fn folder_bytes(folder: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten();
    files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum()
}

fn row(name: &str, created: u64, extras: &Value) -> Value {
    json!({
        "id": name, "object": "model", "created": created, "owned_by": "attune",
        "x_engine": extras,
    })
}
