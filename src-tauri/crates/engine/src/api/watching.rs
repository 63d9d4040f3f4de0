//! Turns the steps of a session into what can be seen of a job: events, progress, time left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::job::{Job, KeptEpoch, epoch_of};
use super::runner::kept_epoch;
use crate::memory::peak_memory;
use crate::train::checkpoint::StepRecord;
use crate::train::pace::Pace;
use crate::train::session::{Command, Running, Watcher, forget_epoch};

/// Metrics are reported this often at most, validations and the ends apart.
const BETWEEN_METRICS: Duration = Duration::from_millis(300);
/// But so many times in a training at least, however quick its steps are.
const LEAST_METRICS: u64 = 30;
const EPOCHS_LISTED: usize = 3;

/// Reports a session's steps to its job.
pub(crate) struct JobWatcher {
    job: Arc<Job>,
    on_point: fn(&'static str),
    total: u64,
    epochs: u64,
    reported: Option<Instant>,
    losses: Vec<(f64, f64)>,
}

impl JobWatcher {
    /// A watcher for the steps that `session` still has to make.
    pub(crate) fn new(job: Arc<Job>, on_point: fn(&'static str), session: &dyn Running) -> Self {
        Self {
            job,
            on_point,
            total: session.total_steps(),
            epochs: session.settings().epochs,
            reported: None,
            losses: Vec::new(),
        }
    }

    fn is_due(&self, record: &StepRecord) -> bool {
        let waited = self.reported.is_none_or(|at| at.elapsed() >= BETWEEN_METRICS);
        let in_turn = record.step.is_multiple_of((self.total / LEAST_METRICS).max(1));
        waited || in_turn || record.valid_loss.is_some() || record.step == self.total
    }

    /// Means over the steps since the last report.
    fn metrics(&mut self, record: &StepRecord, tokens_per_second: f64) -> (String, Value) {
        let count = self.losses.len().max(1) as f64;
        let (loss, accuracy) =
            self.losses.drain(..).fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        let (loss, accuracy) = (loss / count, accuracy / count);
        let mut data = json!({
            "step": record.step, "total_steps": self.total,
            "epoch": epoch_of(record.step, Some(self.total), Some(self.epochs)),
            "epochs": self.epochs, "train_loss": loss, "train_mean_token_accuracy": accuracy,
            "tokens_per_second": tokens_per_second,
        });
        let mut words = format!("Step {}/{}: training loss={loss:.2}", record.step, self.total);
        if let (Some(loss), Some(accuracy)) = (record.valid_loss, record.valid_accuracy) {
            data["valid_loss"] = json!(loss);
            data["valid_mean_token_accuracy"] = json!(accuracy);
            words.push_str(&format!(", validation loss={loss:.2}"));
        }
        (words, data)
    }
}

impl Watcher for JobWatcher {
    fn command(&self) -> Command {
        self.job.state().command
    }

    fn stepped(&mut self, record: &StepRecord, pace: Pace) {
        self.losses.push((record.train_loss, record.train_accuracy));
        let tokens_per_second = pace.tokens_per_second();
        let due = self.is_due(record);
        let report = due.then(|| self.metrics(record, tokens_per_second));
        let mut state = self.job.state();
        state.record.step = record.step;
        state.live.tokens_per_second = Some(tokens_per_second);
        let new_steps = (self.total / self.epochs.max(1)).saturating_sub(pace.new_steps);
        let seconds_left = pace.seconds_for(self.total - record.step, new_steps);
        state.live.seconds_left = Some(seconds_left);
        if let Some((words, data)) = report {
            state.live.peak_memory_bytes = peak_memory();
            // A full disk shows at the next checkpoint, which fails the job with its reason.
            if let Err(error) = state.events.append("info", "metrics", words, data) {
                tracing::warn!(%error, "an event could not be written");
            }
            drop(state);
            self.reported = Some(Instant::now());
        }
    }

    fn kept(&mut self, record: &StepRecord) {
        let metrics = json!({
            "step": record.step, "train_loss": record.train_loss,
            "train_mean_token_accuracy": record.train_accuracy,
            "valid_loss": record.valid_loss, "valid_mean_token_accuracy": record.valid_accuracy,
            "full_valid_loss": record.valid_loss,
            "full_valid_mean_token_accuracy": record.valid_accuracy,
        });
        let mut forgotten: Vec<KeptEpoch> = Vec::new();
        let changed = self.job.change(|job| {
            job.checkpoints.retain(|kept| kept.step != record.step);
            job.checkpoints.push(kept_epoch(record.step, metrics));
            let extra = job.checkpoints.len().saturating_sub(EPOCHS_LISTED);
            forgotten = job.checkpoints.drain(..extra).collect();
        });
        let folder = self.job.checkpoints();
        let removed = changed
            .and_then(|()| forgotten.iter().try_for_each(|it| forget_epoch(&folder, it.step)));
        if let Err(error) = removed {
            tracing::warn!(%error, "the list of checkpoints could not be brought up to date");
        }
    }

    fn point(&self, name: &'static str) {
        (self.on_point)(name);
    }
}
