//! A job: its record on disk, its events, and what can be asked of it while it runs.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::events::EventLog;
use crate::formats::folder::write_file;
use crate::train::session::Command;
use crate::train::settings::Settings;

/// OpenAI's states, and `paused`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    ValidatingFiles,
    Queued,
    Running,
    Paused,
    Succeeded,
    Failed,
    Cancelled,
}

impl Status {
    /// Whether nothing can happen to the job any more.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// Where a job stands, in words a person can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    Checking,
    Preparing,
    Learning,
    LastChecks,
    Ready,
}

/// Why a job failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobError {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    /// Bytes that are needed and bytes that are free, where memory was short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) needed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) free: Option<u64>,
}

impl JobError {
    /// Whether the training itself was sound, so that it can go on from its last checkpoint: once
    /// there is room on the disk or in the memory again, or without the fault in the program that ended it.
    pub(crate) fn can_go_on(&self) -> bool {
        matches!(
            self.code.as_str(),
            "disk_full" | "storage_error" | "not_enough_memory" | "trainer_panicked"
        )
    }
}

/// A model kept at the end of an epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptEpoch {
    pub(crate) id: String,
    pub(crate) created_at: u64,
    pub(crate) step: u64,
    pub(crate) metrics: Value,
}

/// Everything about a job that is on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct JobRecord {
    pub(crate) id: String,
    pub(crate) created_at: u64,
    pub(crate) finished_at: Option<u64>,
    pub(crate) model: String,
    pub(crate) fine_tuned_model: Option<String>,
    pub(crate) status: Status,
    pub(crate) training_file: String,
    pub(crate) validation_file: Option<String>,
    pub(crate) suffix: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    /// As asked for; `"auto"` or a number each.
    pub(crate) hyperparameters: BTreeMap<String, Value>,
    pub(crate) seed: u64,
    pub(crate) settings: Option<Settings>,
    pub(crate) parameters: Option<u64>,
    pub(crate) error: Option<JobError>,
    pub(crate) result_files: Vec<String>,
    pub(crate) trained_tokens: Option<u64>,
    pub(crate) checkpoints: Vec<KeptEpoch>,
    pub(crate) phase: Phase,
    pub(crate) step: u64,
    pub(crate) total_steps: Option<u64>,
    /// The step whose numbers answer.
    #[serde(default)]
    pub(crate) best_step: Option<u64>,
    /// Whether it ended before its last step because kept-aside rows no longer got better.
    #[serde(default)]
    pub(crate) stopped_early: bool,
    /// The model that somebody else trained and under which this one answers; none in the lab.
    #[serde(default)]
    pub(crate) base: Option<String>,
    /// The job whose result was trained on.
    #[serde(default)]
    pub(crate) parent_job: Option<String>,
    /// Numbers that are learned, of all the model has.
    #[serde(default)]
    pub(crate) learnt_parameters: Option<u64>,
    /// Bytes of memory that it was promised to take.
    #[serde(default)]
    pub(crate) memory_bytes: Option<u64>,
    /// The most bytes of memory that the engine held.
    #[serde(default)]
    pub(crate) peak_memory_bytes: Option<u64>,
    /// How products are computed.
    #[serde(default)]
    pub(crate) kernel: Option<String>,
}

impl JobRecord {
    /// Whether `resume` makes sense.
    pub(crate) fn can_resume(&self) -> bool {
        let can_go_on = self.error.as_ref().is_some_and(JobError::can_go_on);
        self.status == Status::Paused || (self.status == Status::Failed && can_go_on)
    }
}

/// What changes with every step and is not written each time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Live {
    pub(crate) seconds_left: Option<f64>,
    pub(crate) tokens_per_second: Option<f64>,
    pub(crate) peak_memory_bytes: Option<u64>,
}

/// What is behind a job's lock.
pub(crate) struct JobState {
    pub(crate) record: JobRecord,
    pub(crate) live: Live,
    pub(crate) command: Command,
    pub(crate) events: EventLog,
}

/// A job and its folder.
pub(crate) struct Job {
    folder: PathBuf,
    state: Mutex<JobState>,
}

impl Job {
    /// Writes a new job to disk.
    pub(crate) fn create(folder: PathBuf, record: JobRecord) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        write_file(&folder.join("job.json"), &serde_json::to_vec_pretty(&record)?)?;
        Self::with(folder, record)
    }

    /// Reads a job from disk.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        let record = serde_json::from_slice(&fs::read(folder.join("job.json"))?)?;
        Self::with(folder, record)
    }

    fn with(folder: PathBuf, record: JobRecord) -> io::Result<Self> {
        let events = EventLog::open(&folder.join("events.jsonl"))?;
        let (live, command) = (Live::default(), Command::Continue);
        Ok(Self { folder, state: Mutex::new(JobState { record, live, command, events }) })
    }

    /// The job's own folder of checkpoints.
    pub(crate) fn checkpoints(&self) -> PathBuf {
        self.folder.join("checkpoints")
    }

    /// The job's state; held for moments only.
    pub(crate) fn state(&self) -> MutexGuard<'_, JobState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the record and writes it before anybody sees the change.
    pub(crate) fn change(&self, change: impl FnOnce(&mut JobRecord)) -> io::Result<()> {
        self.state().change(&self.folder, change)
    }

    /// Like [`Job::change`], with a lock that is held already.
    pub(crate) fn change_locked(
        &self,
        state: &mut JobState,
        change: impl FnOnce(&mut JobRecord),
    ) -> io::Result<()> {
        state.change(&self.folder, change)
    }

    /// Like [`Job::change`], and tells it as a message event before anybody sees the change, so that
    /// whoever reads the new state finds the event too. Errors: the change could not be written; an
    /// event that could not be is only missed, as the record is what counts.
    pub(crate) fn settle(
        &self,
        message: &str,
        change: impl FnOnce(&mut JobRecord),
    ) -> io::Result<()> {
        self.settle_locked(&mut self.state(), message, change)
    }

    /// Like [`Job::settle`], with a lock that is held already.
    pub(crate) fn settle_locked(
        &self,
        state: &mut JobState,
        message: &str,
        change: impl FnOnce(&mut JobRecord),
    ) -> io::Result<()> {
        state.change(&self.folder, change)?;
        if let Err(error) = state.say("info", message.to_owned()) {
            tracing::warn!(%error, message, "an event of a job could not be written");
        }
        Ok(())
    }

    /// Appends a message event, and makes sure that it stays.
    pub(crate) fn say(&self, level: &str, message: String) -> io::Result<()> {
        self.state().say(level, message)
    }
}

impl JobState {
    fn say(&mut self, level: &str, message: String) -> io::Result<()> {
        self.events.append(level, "message", message, json!({}))?;
        self.events.sync()
    }

    /// Gives the trainer an order. A cancel that was given stays, whatever is wished after it.
    pub(crate) fn order(&mut self, command: Command) {
        if self.command != Command::Cancel {
            self.command = command;
        }
    }

    fn change(&mut self, folder: &Path, change: impl FnOnce(&mut JobRecord)) -> io::Result<()> {
        let mut changed = self.record.clone();
        change(&mut changed);
        write_file(&folder.join("job.json"), &serde_json::to_vec_pretty(&changed)?)?;
        self.record = changed;
        Ok(())
    }

    /// As OpenAI shows a job, with ours under `x_engine`.
    pub(crate) fn to_json(&self) -> Value {
        let record = &self.record;
        let hyperparameters = self.hyperparameters();
        json!({
            "id": record.id, "object": "fine_tuning.job", "created_at": record.created_at,
            "finished_at": record.finished_at, "model": record.model,
            "fine_tuned_model": record.fine_tuned_model, "organization_id": "attune",
            "status": record.status, "training_file": record.training_file,
            "validation_file": record.validation_file, "result_files": record.result_files,
            "trained_tokens": record.trained_tokens, "seed": record.seed,
            "hyperparameters": hyperparameters,
            "method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
            "metadata": record.metadata, "user_provided_suffix": record.suffix,
            "integrations": [], "error": record.error,
            "estimated_finish": null, "x_engine": self.extras(),
        })
    }

    fn hyperparameters(&self) -> Value {
        let Some(settings) = &self.record.settings else {
            return json!(self.record.hyperparameters);
        };
        json!(settings.named())
    }

    fn extras(&self) -> Value {
        let (record, live) = (&self.record, &self.live);
        let epochs = record.settings.as_ref().map(|settings| settings.epochs);
        let epoch = epoch_of(record.step, record.total_steps, epochs);
        json!({
            "phase": record.phase, "step": record.step, "total_steps": record.total_steps,
            "epoch": epoch, "epochs": epochs,
            "checkpoint_step": record.checkpoints.last().map(|kept| kept.step), "seconds_left": live.seconds_left,
            "tokens_per_second": live.tokens_per_second,
            "peak_memory_bytes": live.peak_memory_bytes.or(record.peak_memory_bytes),
            "memory_bytes": record.memory_bytes, "kernel": record.kernel,
            "parameters": record.parameters, "learnt_parameters": record.learnt_parameters,
            "base": record.base.as_deref().unwrap_or("lab"), "parent_job": record.parent_job,
            "settings": record.settings, "device": "cpu",
            "best_step": record.best_step, "stopped_early": record.stopped_early,
            "can_resume": record.can_resume(),
        })
    }
}

/// The epoch, from 1, in which `step` lies.
pub(crate) fn epoch_of(step: u64, total: Option<u64>, epochs: Option<u64>) -> Option<u64> {
    let (total, epochs) = (total?, epochs?);
    let each = (total / epochs.max(1)).max(1);
    Some(step.div_ceil(each).clamp(1, epochs))
}
