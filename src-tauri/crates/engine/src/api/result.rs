//! The end of a training: the model is saved, read back and checked before anybody is told.

use std::fmt::Write;
use std::path::Path;

use super::clock::now_seconds;
use super::engine::Engine;
use super::job::{Job, Phase, Status};
use super::loading::answers;
use super::models::folder_name;
use super::proof::StoredAnswers;
use super::runner::{RunError, cancelled, with_causes};
use crate::formats::adapter_files::is_adapter_folder;
use crate::formats::folder::{remove_if_there, write_folder};
use crate::formats::saved::SavedError;
use crate::model::llama::model::Precision;
use crate::train::checkpoint::{self, StepRecord};
use crate::train::session::{Command, Running};

/// Saves the result of a finished session and marks its job as succeeded.
pub(crate) fn finish(
    engine: &Engine,
    job: &Job,
    session: Box<dyn Running>,
) -> Result<(), RunError> {
    job.change(|record| record.phase = Phase::LastChecks)?;
    (engine.on_point)("engine.result.before");
    let (id, name) = {
        let state = job.state();
        (state.record.id.clone(), state.record.result_name())
    };
    let files = session.model_files()?;
    let (numbers, best_step) = session.result();
    let folder = engine.models_folder();
    let saved = folder_name(&id);
    write_folder(&folder, &saved, &files, || {})
        .map_err(|source| SavedError::Io { path: folder.join(&saved), source })?;
    engine.forget_model(&name);
    if session.saved_numbers(&folder.join(&saved))? != numbers {
        return Err(RunError::WrongResult);
    }
    let table = csv(session.history());
    let (seen_pieces, step) = (session.seen_pieces(), session.step());
    let stopped_early = step < session.total_steps();
    // The answers are those of what was saved; both models at once may not fit.
    drop(session);
    keep_answers(engine, job, &folder.join(&saved));
    // A person who still said stop does not want a model.
    if job.state().command == Command::Cancel {
        remove_if_there(&folder.join(&saved))?;
        return Ok(cancelled(engine, job)?);
    }
    let result =
        engine.files.keep_bytes(table.as_bytes(), "step_metrics.csv", "fine-tune-results")?;
    job.say("info", format!("New fine-tuned model created: {name}"))?;
    job.settle("The job has successfully completed", |record| {
        record.status = Status::Succeeded;
        record.phase = Phase::Ready;
        record.fine_tuned_model = Some(name);
        record.finished_at = Some(now_seconds());
        record.result_files = vec![result.id];
        record.trained_tokens = Some(seen_pieces);
        record.step = step;
        record.best_step = Some(best_step);
        record.stopped_early = stopped_early;
    })?;
    if let Err(error) = checkpoint::forget(&job.checkpoints()) {
        tracing::warn!(%error, "the checkpoints of a finished job stay on the disk");
    }
    Ok(())
}

/// Stores a few answers beside a model that can be taken along. Without them the model is as sound
/// as with them: its first export makes them then.
fn keep_answers(engine: &Engine, job: &Job, folder: &Path) {
    if !is_adapter_folder(folder) {
        return;
    }
    let record = job.state().record.clone();
    let told = |_| job.state().command == Command::Continue;
    let model = match answers(engine, folder, Precision::Bf16) {
        Ok(model) => model,
        Err(error) => {
            tracing::warn!(error = with_causes(&error), "a finished model was not asked");
            return;
        }
    };
    let made = StoredAnswers::make(engine, &record, &model, &told);
    if let Some(Err(error)) = made.map(|made| made.keep(folder)) {
        tracing::warn!(error = with_causes(&error), "the answers of a model were not stored");
    }
}

/// The losses of every step in OpenAI's columns.
fn csv(history: &[StepRecord]) -> String {
    let mut table =
        String::from("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n");
    let cell = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.6}"));
    for row in history {
        let _ = writeln!(
            table,
            "{},{:.6},{:.6},{},{}",
            row.step,
            row.train_loss,
            row.train_accuracy,
            cell(row.valid_loss),
            cell(row.valid_accuracy),
        );
    }
    table
}
