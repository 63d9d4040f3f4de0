//! The trainer's thread: takes one job after the other from the queue to its end.

use std::error::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::json;

use super::bases::Unusable;
use super::clock::{new_id, now_seconds};
use super::engine::Engine;
use super::job::{Job, JobError, JobRecord, KeptEpoch, Phase, Status};
use super::preparing::{Prepared, prepare};
use super::result::finish;
use super::starts::StartError;
use super::watching::JobWatcher;
use crate::formats::folder::remove_if_there;
use crate::formats::hub::HubError;
use crate::formats::saved::SavedError;
use crate::memory::{peak_memory, restart_peak};
use crate::model::kernels::kernel_name;
use crate::model::llama::model::LlamaError;
use crate::train::examples::FileError;
use crate::train::memory::TooLittleMemory;
use crate::train::session::{Command, Outcome, Running, SessionError};
use crate::train::settings::SettingsError;

/// Why a job did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("file `{id}` no longer exists")]
    FileMissing { id: String, param: &'static str },
    #[error("`{param}` cannot be trained on")]
    File {
        param: &'static str,
        #[source]
        source: FileError,
    },
    #[error("Training file has {found} example(s), but must have at least 10 examples")]
    TooFew { found: u64 },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Saved(#[from] SavedError),
    #[error("the saved model answers differently from the trained one")]
    WrongResult,
    #[error(transparent)]
    Memory(#[from] TooLittleMemory),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Hub(#[from] HubError),
    #[error("the weights cannot be loaded")]
    Llama(#[from] LlamaError<HubError>),
    #[error("the engine's folder cannot be used")]
    Io(#[from] io::Error),
    #[error("a fault in this program ended the training; it can be resumed")]
    Panicked,
    #[error("stopped")]
    Stopped,
}

/// Runs jobs until the engine closes.
pub(crate) fn run_jobs(engine: &Engine) {
    while let Some(job) = engine.next_job() {
        let id = job.state().record.id.clone();
        // Whatever happens in one training, the next one must find a trainer.
        let ended = catch_unwind(AssertUnwindSafe(|| run_job(engine, &job)));
        if let Err(error) = ended.unwrap_or(Err(RunError::Panicked)) {
            settle(engine, &job, &id, &error);
        }
    }
}

fn run_job(engine: &Engine, job: &Arc<Job>) -> Result<(), RunError> {
    engine.forget_models();
    restart_peak();
    let Prepared { mut session, cut, resumed } = prepare(engine, job)?;
    announce(engine, job, &*session, cut, resumed)?;
    let mut watcher = JobWatcher::new(job.clone(), engine.on_point, &*session);
    let outcome = session.run(&mut watcher)?;
    if let Err(error) = job.change(|record| record.peak_memory_bytes = peak_memory()) {
        // What follows is written too, and says what is wrong where it matters.
        tracing::warn!(%error, "the memory that a training took was not written down");
    }
    match outcome {
        Outcome::Paused => {
            let step = session.step();
            // Whoever reads that it is paused may count on its memory.
            drop(session);
            paused(engine, job, step)?;
        }
        Outcome::Cancelled => cancelled(engine, job)?,
        Outcome::Finished => finish(engine, job, session)?,
    }
    Ok(())
}

/// Marks a job as paused after `step`, unless it was cancelled by now.
pub(crate) fn paused(engine: &Engine, job: &Job, step: u64) -> io::Result<()> {
    {
        let mut state = job.state();
        if state.command != Command::Cancel {
            return job.settle_locked(&mut state, "Fine-tuning job paused", |record| {
                record.status = Status::Paused;
                record.step = step;
            });
        }
    }
    cancelled(engine, job)
}

/// Marks a job as cancelled, and removes what it kept on the way.
pub(crate) fn cancelled(engine: &Engine, job: &Job) -> io::Result<()> {
    let settle = |record: &mut JobRecord| {
        record.status = Status::Cancelled;
        record.finished_at = Some(now_seconds());
        record.error = None;
        record.checkpoints.clear();
    };
    let message = "Fine-tuning job cancelled";
    if let Err(error) = job.settle(message, settle) {
        // On a full disk what goes anyway makes the room for it.
        tracing::warn!(%error, "a cancelled job could not be written down at once");
        remove_if_there(&job.checkpoints())?;
        job.settle(message, settle)?;
    }
    let name = job.state().record.result_name();
    engine.forget_model(&name);
    if let Err(error) = remove_if_there(&job.checkpoints()) {
        tracing::warn!(%error, "the checkpoints of a cancelled job stay on the disk");
    }
    Ok(())
}

fn announce(
    engine: &Engine,
    job: &Job,
    session: &dyn Running,
    cut: usize,
    resumed: bool,
) -> Result<(), RunError> {
    let total = session.total_steps();
    let learned = session.learned() as u64;
    let base = job.state().record.base.clone().and_then(|name| engine.bases.find(&name));
    let frozen = match &base {
        Some(base) => engine.bases.inspect(&base.path).map_or(0, |it| it.shape.parameters() as u64),
        None => 0,
    };
    job.change(|record| {
        record.status = Status::Running;
        record.phase = Phase::Learning;
        record.settings = Some(session.settings().clone());
        record.parameters = Some(frozen + learned);
        record.learnt_parameters = Some(learned);
        record.kernel = Some(kernel_name(base.is_none()).to_owned());
        record.total_steps = Some(total);
        record.step = session.step();
    })?;
    let started = if resumed {
        format!("Fine-tuning job resumed after step {}", session.step())
    } else {
        "Fine-tuning job started".to_owned()
    };
    job.say("info", started)?;
    if cut > 0 {
        let words = format!(
            "{cut} example(s) are longer than {} pieces and were shortened; answers were kept",
            session.settings().context()
        );
        job.say("warn", words)?;
    }
    Ok(())
}

/// Ends a job that broke off: cancelled or paused if that was wished, failed otherwise.
fn settle(engine: &Engine, job: &Job, id: &str, error: &RunError) {
    let step = job.state().record.step;
    let stopped =
        matches!(error, RunError::Stopped | RunError::File { source: FileError::Stopped, .. });
    let settled = if stopped { paused(engine, job, step) } else { failed(job, error) };
    if let Err(error) = settled {
        // The disk is full or gone; the job is paused again when the engine next starts.
        tracing::error!(%error, id, "the end of a job could not be written");
    }
}

fn failed(job: &Job, error: &RunError) -> io::Result<()> {
    let (code, param) = code_of(error);
    let message = with_causes(error);
    tracing::warn!(code, message, "a training failed");
    let short = if let RunError::Memory(short) = error { Some(short) } else { None };
    let failure = JobError {
        code: code.to_owned(),
        message: message.clone(),
        param: param.map(ToOwned::to_owned),
        needed: short.map(|short| short.needed),
        free: short.map(|short| short.free),
    };
    let mut state = job.state();
    // In memory first: a full disk must not hide why the training failed.
    state.record.status = Status::Failed;
    state.record.error = Some(failure);
    state.record.finished_at = Some(now_seconds());
    let written = job.change_locked(&mut state, |_| {});
    state.events.append("error", "message", message, json!({}))?;
    written
}

pub(crate) fn code_of(error: &RunError) -> (&'static str, Option<&'static str>) {
    match error {
        RunError::FileMissing { param, .. } => ("file_not_found", Some(param)),
        RunError::File { param, source: FileError::Io(_) } => ("storage_error", Some(param)),
        RunError::File { param, .. } if *param == "training_file" => {
            ("invalid_training_file", Some(param))
        }
        RunError::File { param, .. } => ("invalid_validation_file", Some(param)),
        RunError::TooFew { .. } => ("invalid_n_examples", Some("training_file")),
        RunError::Settings(_) => ("invalid_hyperparameters", Some("hyperparameters")),
        RunError::Session(SessionError::Step(_)) => ("loss_not_a_number", None),
        RunError::Session(SessionError::Checkpoint(error)) | RunError::Saved(error) => {
            (saved_code(error), None)
        }
        RunError::Io(error) => (io_code(error), None),
        RunError::Memory(_) => ("not_enough_memory", None),
        RunError::Start(error) => (error.code(), Some("model")),
        RunError::Hub(error) | RunError::Llama(LlamaError::Tensor(error)) => {
            (Unusable::from(error).code, Some("model"))
        }
        RunError::Llama(_) => ("model_unsupported", Some("model")),
        RunError::WrongResult => ("result_check_failed", None),
        RunError::Panicked => ("trainer_panicked", None),
        RunError::Stopped => ("stopped", None),
    }
}

fn saved_code(error: &SavedError) -> &'static str {
    match error {
        SavedError::Io { source, .. } => io_code(source),
        _ => "checkpoint_unreadable",
    }
}

pub(crate) fn io_code(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "disk_full",
        _ => "storage_error",
    }
}

/// An error and its causes in one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(&error.to_string());
        cause = error.source();
    }
    words
}

/// A model that was kept at the end of an epoch, as the record has it.
pub(crate) fn kept_epoch(step: u64, metrics: serde_json::Value) -> KeptEpoch {
    KeptEpoch { id: new_id("ftckpt_"), created_at: now_seconds(), step, metrics }
}
