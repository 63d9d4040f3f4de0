//! `/v1/fine_tuning/jobs`: making, listing and steering jobs.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{JsonBody, blocking};
use super::clock::{new_id, now_seconds};
use super::engine::Engine;
use super::failure::Refusal;
use super::job::{Job, JobRecord, KeptEpoch, Phase, Status};
use super::models::CHECKPOINT;
use super::paging::{self, Page};
use super::preparing::refuse_resume;
use super::runner::cancelled;
use super::starts::{Start, find_start};
use super::wanted::read_hyperparameters;
use crate::train::session::Command;

/// The body of `POST /v1/fine_tuning/jobs`.
#[derive(Deserialize)]
pub(crate) struct CreateJob {
    model: String,
    training_file: String,
    validation_file: Option<String>,
    suffix: Option<String>,
    seed: Option<u64>,
    #[serde(default)]
    metadata: Option<BTreeMap<String, String>>,
    #[serde(default)]
    method: Value,
    #[serde(default)]
    hyperparameters: Value,
}

/// `POST /v1/fine_tuning/jobs`
pub(crate) async fn create(
    State(engine): State<Arc<Engine>>,
    JsonBody(body): JsonBody<CreateJob>,
) -> Result<Json<Value>, Refusal> {
    let launch = body.metadata.as_ref().and_then(|it| it.get("launch_id")).cloned();
    let (asked, name) = (engine.clone(), body.model.clone());
    let start = blocking(move || find_start(&asked, &name)).await??;
    let make = || -> Result<Job, Refusal> {
        let record = record_of(&engine, body, start)?;
        Job::create(engine.job_folder(&record.id), record).map_err(|error| Refusal::storage(&error))
    };
    let (job, is_new) = engine.job_for_launch(launch.as_deref(), make)?;
    if is_new {
        let id = job.state().record.id.clone();
        job.say("info", format!("Created fine-tuning job: {id}"))
            .map_err(|error| Refusal::storage(&error))?;
        engine.enqueue(&job);
    }
    Ok(Json(job.state().to_json()))
}

fn record_of(engine: &Engine, body: CreateJob, start: Start) -> Result<JobRecord, Refusal> {
    for (param, id) in [
        ("training_file", Some(&body.training_file)),
        ("validation_file", body.validation_file.as_ref()),
    ] {
        if id.is_some_and(|id| engine.files.get(id).is_none()) {
            let message = format!("`{param}` names no file that exists");
            return Err(Refusal::invalid(param, "file_not_found", message));
        }
    }
    let metadata = body.metadata.unwrap_or_default();
    if metadata.len() > 16 || metadata.iter().any(|(key, it)| key.len() > 64 || it.len() > 512) {
        let message = "metadata holds at most 16 pairs of 64 and 512 characters".to_owned();
        return Err(Refusal::invalid("metadata", "invalid_metadata", message));
    }
    if let Some(suffix) = &body.suffix {
        check_suffix(suffix)?;
    }
    let hyperparameters =
        read_hyperparameters(wanted(&body.method, &body.hyperparameters)?, start.base_shape())?;
    let (base, parent_job) = match start {
        Start::Lab => (None, None),
        Start::Adapter(start) => (Some(start.base.name), start.continued.map(|it| it.job)),
    };
    Ok(JobRecord {
        id: new_id("ftjob-"),
        created_at: now_seconds(),
        finished_at: None,
        model: body.model,
        fine_tuned_model: None,
        status: if engine.is_busy() { Status::Queued } else { Status::ValidatingFiles },
        training_file: body.training_file,
        validation_file: body.validation_file,
        suffix: body.suffix,
        metadata,
        hyperparameters,
        seed: body.seed.unwrap_or(42),
        settings: None,
        parameters: None,
        error: None,
        result_files: Vec::new(),
        trained_tokens: None,
        checkpoints: Vec::new(),
        phase: Phase::Checking,
        step: 0,
        total_steps: None,
        best_step: None,
        stopped_early: false,
        base,
        parent_job,
        learnt_parameters: None,
        memory_bytes: None,
        peak_memory_bytes: None,
        kernel: None,
    })
}

fn check_suffix(suffix: &str) -> Result<(), Refusal> {
    let plain = suffix.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it));
    if plain && (1..=64).contains(&suffix.len()) {
        return Ok(());
    }
    let message = "a suffix has 1 to 64 letters, digits, `-`, `_` and `.`".to_owned();
    Err(Refusal::invalid("suffix", "invalid_suffix", message))
}

/// The hyperparameters of the method, or the deprecated ones beside it.
fn wanted<'a>(method: &'a Value, deprecated: &'a Value) -> Result<&'a Value, Refusal> {
    match method.get("type").and_then(Value::as_str) {
        None => Ok(deprecated),
        Some("supervised") => {
            Ok(method.pointer("/supervised/hyperparameters").unwrap_or(deprecated))
        }
        Some(other) => {
            let message = format!("method `{other}` is not offered here");
            Err(Refusal::invalid("method", "method_not_available", message))
        }
    }
}

/// `GET /v1/fine_tuning/jobs?after&limit&metadata[key]=value`
pub(crate) async fn list(
    State(engine): State<Arc<Engine>>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    let page = Page::read(&query, 20, 1_000)?;
    let wanted: Vec<(&str, &str)> = query
        .iter()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix("metadata[")?.strip_suffix(']')?, value.as_str()))
        })
        .collect();
    let fits = |job: &Arc<Job>| {
        let state = job.state();
        wanted.iter().all(|(name, value)| {
            state.record.metadata.get(*name).map(String::as_str) == Some(*value)
        })
    };
    let jobs: Vec<Arc<Job>> = engine.jobs().into_iter().filter(fits).collect();
    let (jobs, has_more) = page.cut(jobs, |job| job.state().record.id.clone())?;
    let data: Vec<Value> = jobs.iter().map(|job| job.state().to_json()).collect();
    Ok(Json(paging::list(&data, has_more)))
}

/// `GET /v1/fine_tuning/jobs/{id}`
pub(crate) async fn get(
    State(engine): State<Arc<Engine>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(find(&engine, &id)?.state().to_json()))
}

/// `POST /v1/fine_tuning/jobs/{id}/{cancel|pause|resume}`
pub(crate) async fn steer(
    State(engine): State<Arc<Engine>>,
    Path((id, action)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let job = find(&engine, &id)?;
    let (status, can_resume) = {
        let state = job.state();
        (state.record.status, state.record.can_resume())
    };
    if action == "resume" && can_resume && !engine.is_busy_beside(&job) {
        let (asked, paused) = (engine.clone(), job.clone());
        blocking(move || refuse_resume(&asked, &paused)).await??;
    }
    let done = match action.as_str() {
        "cancel" if !status.is_final() || can_resume => {
            stop(&engine, &job, Command::Cancel).map(|()| true)
        }
        "pause" if !status.is_final() => stop(&engine, &job, Command::Pause).map(|()| true),
        "resume" if can_resume => resume(&engine, &job),
        "cancel" | "pause" | "resume" => Ok(false),
        _ => return Err(Refusal::missing("unknown_action", format!("`{action}` is unknown"))),
    };
    let state = job.state();
    if done.map_err(|error| Refusal::storage(&error))? {
        return Ok(Json(state.to_json()));
    }
    let status = json!(state.record.status);
    let message = format!("a job with status {status} cannot {action}");
    Err(Refusal::invalid("status", "invalid_status", message))
}

/// A waiting job, or one that rests because it was paused or for want of room, stops at once; a
/// running one is cancelled where it is, and paused before its next step.
fn stop(engine: &Engine, job: &Arc<Job>, command: Command) -> io::Result<()> {
    let rests = {
        let mut state = job.state();
        state.order(command);
        state.record.can_resume()
    };
    if !(engine.unqueue(job) || rests) {
        return Ok(());
    }
    match command {
        Command::Cancel => cancelled(engine, job),
        _ => job.change(|record| record.status = Status::Paused),
    }
}

/// False where the job no longer rests: another request may have been quicker, and a job in the
/// queue twice would be trained twice.
fn resume(engine: &Engine, job: &Arc<Job>) -> io::Result<bool> {
    {
        let mut state = job.state();
        if !state.record.can_resume() || state.command == Command::Cancel {
            return Ok(false);
        }
        job.change_locked(&mut state, |record| {
            record.status = Status::Queued;
            record.error = None;
            record.finished_at = None;
        })?;
        state.command = Command::Continue;
    }
    engine.enqueue(job);
    Ok(true)
}

/// `GET /v1/fine_tuning/jobs/{id}/events?after&limit`
pub(crate) async fn events(
    State(engine): State<Arc<Engine>>,
    Path(id): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    let page = Page::read(&query, 20, 1_000)?;
    let job = find(&engine, &id)?;
    let found = job.state().events.page(page.after(), page.limit());
    let (events, has_more) = found.ok_or_else(paging::not_there)?;
    let data: Vec<Value> = events.iter().map(super::events::Event::to_json).collect();
    Ok(Json(paging::list(&data, has_more)))
}

/// `GET /v1/fine_tuning/jobs/{id}/checkpoints?after&limit`
pub(crate) async fn checkpoints(
    State(engine): State<Arc<Engine>>,
    Path(id): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    let page = Page::read(&query, 10, 1_000)?;
    let job = find(&engine, &id)?;
    let record = job.state().record.clone();
    let name = record.result_name();
    let kept = record.checkpoints.iter().rev().collect();
    let (kept, has_more) = page.cut(kept, |kept| kept.id.clone())?;
    let shown = |kept: &&KeptEpoch| {
        json!({
            "id": kept.id, "object": "fine_tuning.job.checkpoint",
            "created_at": kept.created_at, "fine_tuning_job_id": record.id,
            "fine_tuned_model_checkpoint": format!("{name}{CHECKPOINT}{}", kept.step),
            "step_number": kept.step, "metrics": kept.metrics,
        })
    };
    let data: Vec<Value> = kept.iter().map(shown).collect();
    Ok(Json(paging::list(&data, has_more)))
}

fn find(engine: &Engine, id: &str) -> Result<Arc<Job>, Refusal> {
    engine.job(id).ok_or_else(|| no_job(id))
}

fn no_job(id: &str) -> Refusal {
    Refusal::missing("fine_tune_not_found", format!("no fine-tuning job `{id}` exists"))
}
