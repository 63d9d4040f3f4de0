//! The end of a training: the model is saved, read back and checked before anybody is told.

use std::fmt::Write;

use super::clock::now_seconds;
use super::engine::Engine;
use super::job::{Job, Phase, Status};
use super::models::folder_name;
use super::runner::RunError;
use crate::formats::folder::write_folder;
use crate::formats::saved::SavedError;
use crate::train::checkpoint::{self, StepRecord};
use crate::train::session::Running;

/// Saves the result of a finished session and marks its job as succeeded.
pub(crate) fn finish(engine: &Engine, job: &Job, session: &dyn Running) -> Result<(), RunError> {
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
    let result =
        engine.files.keep_bytes(table.as_bytes(), "step_metrics.csv", "fine-tune-results")?;
    job.say("info", format!("New fine-tuned model created: {name}"))?;
    job.change(|record| {
        record.status = Status::Succeeded;
        record.phase = Phase::Ready;
        record.fine_tuned_model = Some(name);
        record.finished_at = Some(now_seconds());
        record.result_files = vec![result.id];
        record.trained_tokens = Some(session.seen_pieces());
        record.step = session.step();
        record.best_step = Some(best_step);
        record.stopped_early = session.step() < session.total_steps();
    })?;
    job.say("info", "The job has successfully completed".to_owned())?;
    if let Err(error) = checkpoint::forget(&job.checkpoints()) {
        tracing::warn!(%error, "the checkpoints of a finished job stay on the disk");
    }
    Ok(())
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
