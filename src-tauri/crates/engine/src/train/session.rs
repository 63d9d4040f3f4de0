//! A training from its first or its next step to its end, with the chance to pause between any two
//! steps and to cancel anywhere.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::checkpoint::{self, Best, Kept, StepRecord};
use super::checks::rows_of_a_check;
use super::pace::Pace;
use super::settings::Settings;
use super::trainer::{Progress, StepError, Trainer};
use crate::formats::folder::{remove_if_there, write_folder};
use crate::formats::rows::Row;
use crate::formats::saved::SavedError;
use crate::model::learnable::{Learnable, Stop};
use crate::model::network::Tally;

/// What the person wants of a running training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Continue,
    Pause,
    Cancel,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// After its last step, or because the kept-aside rows no longer got better.
    Finished,
    Paused,
    Cancelled,
}

/// Why a session broke off. The last checkpoint stays usable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error(transparent)]
    Step(#[from] StepError),
    #[error("cannot write a checkpoint")]
    Checkpoint(#[from] SavedError),
}

/// Where a session reports to and takes orders from.
pub(crate) trait Watcher: Sync {
    /// Asked before each step, and all the time while one is made: a pause waits for the end of the
    /// step and of its check, a cancel does not.
    fn command(&self) -> Command;
    /// After each step; `pace` is that of this session so far.
    fn stepped(&mut self, record: &StepRecord, pace: Pace);
    /// A model was kept at the end of an epoch in the folder `step-N`.
    fn kept(&mut self, record: &StepRecord);
    /// A named point, where tests may end the process.
    fn point(&self, name: &'static str);
}

/// Files of a model in the making: by name, with their content.
pub(crate) type Files = Vec<(&'static str, Vec<u8>)>;

/// How a model is written down.
pub(crate) trait Keeping: Send {
    /// The files of a model that answers with `numbers`.
    fn model_files(&self, numbers: &[f32]) -> Result<Files, SavedError>;

    /// The numbers of a model that was written to `folder`.
    fn saved_numbers(&self, folder: &Path) -> Result<Vec<f32>, SavedError>;

    /// What a checkpoint needs beside its numbers.
    fn beside_checkpoint(&self) -> Result<Files, SavedError>;
}

/// A training and everything around it.
pub(crate) struct Session<Net: Learnable> {
    pub(crate) trainer: Trainer<Net>,
    pub(crate) validation: Vec<Row>,
    pub(crate) keeping: Box<dyn Keeping>,
    pub(crate) folder: PathBuf,
    pub(crate) best: Option<Best>,
    pub(crate) history: Vec<StepRecord>,
    /// Pieces seen in all sessions of this training.
    pub(crate) seen_pieces: u64,
    /// How long to go on without a checkpoint.
    pub(crate) checkpoint_every: Duration,
}

/// A session of whichever network.
pub(crate) trait Running: Send {
    /// Trains until the end, a pause or a cancel.
    fn run(&mut self, watcher: &mut dyn Watcher) -> Result<Outcome, SessionError>;
    /// Every setting, decided.
    fn settings(&self) -> &Settings;
    /// Steps of the whole training.
    fn total_steps(&self) -> u64;
    /// Steps made.
    fn step(&self) -> u64;
    /// Numbers that are learned.
    fn learned(&self) -> usize;
    /// Pieces seen in all sessions of this training.
    fn seen_pieces(&self) -> u64;
    /// The losses of every step.
    fn history(&self) -> &[StepRecord];
    /// The numbers that the finished training answers with, and the step they are of.
    fn result(&self) -> (&[f32], u64);
    /// The files of the finished model.
    fn model_files(&self) -> Result<Files, SavedError>;
    /// The numbers of a model that was written to `folder`.
    fn saved_numbers(&self, folder: &Path) -> Result<Vec<f32>, SavedError>;
}

impl<Net: Learnable> Running for Session<Net> {
    fn run(&mut self, watcher: &mut dyn Watcher) -> Result<Outcome, SessionError> {
        let ended = self.run_steps(watcher);
        if let Err(SessionError::Step(StepError::Diverged { .. })) = ended
            && let Err(error) = self.keep_last_good(watcher)
        {
            tracing::warn!(%error, "what was learned before could not be kept");
        }
        ended
    }

    fn settings(&self) -> &Settings {
        &self.trainer.settings
    }

    fn total_steps(&self) -> u64 {
        self.trainer.total_steps()
    }

    fn step(&self) -> u64 {
        self.trainer.progress.step
    }

    fn learned(&self) -> usize {
        self.trainer.network.learned()
    }

    fn seen_pieces(&self) -> u64 {
        self.seen_pieces
    }

    fn history(&self) -> &[StepRecord] {
        &self.history
    }

    fn result(&self) -> (&[f32], u64) {
        match &self.best {
            Some(best) => (&best.numbers, best.step),
            None => (&self.trainer.progress.optimiser.average, self.trainer.progress.step),
        }
    }

    fn model_files(&self) -> Result<Files, SavedError> {
        self.keeping.model_files(self.result().0)
    }

    fn saved_numbers(&self, folder: &Path) -> Result<Vec<f32>, SavedError> {
        self.keeping.saved_numbers(folder)
    }
}

impl<Net: Learnable> Session<Net> {
    /// A session that starts at the first step.
    pub(crate) fn new(
        trainer: Trainer<Net>,
        validation: Vec<Row>,
        keeping: Box<dyn Keeping>,
        folder: &Path,
    ) -> Self {
        let folder = folder.to_path_buf();
        Self {
            trainer,
            validation,
            keeping,
            folder,
            best: None,
            history: Vec::new(),
            seen_pieces: 0,
            checkpoint_every: Duration::MAX,
        }
    }

    /// Takes up what a checkpoint remembers beside the model.
    pub(crate) fn go_on_from(
        &mut self,
        best: Option<Best>,
        history: Vec<StepRecord>,
        seen_pieces: u64,
    ) {
        (self.best, self.history, self.seen_pieces) = (best, history, seen_pieces);
    }

    /// Trains until the end, a pause or a cancel.
    fn run_steps(&mut self, watcher: &mut dyn Watcher) -> Result<Outcome, SessionError> {
        let total = self.trainer.total_steps();
        let start = Instant::now();
        let mut saved = Instant::now();
        let (first, seen_before) = (self.trainer.progress.step, self.seen_pieces);
        while self.trainer.progress.step < total && !self.is_spent() {
            match watcher.command() {
                Command::Continue => {}
                Command::Pause => {
                    self.save(watcher)?;
                    return Ok(Outcome::Paused);
                }
                Command::Cancel => return Ok(Outcome::Cancelled),
            }
            let stop = || watcher.command() == Command::Cancel;
            let record = match self.make_step(&stop) {
                Err(StepError::Stopped) => return Ok(Outcome::Cancelled),
                record => record?,
            };
            let steps = record.step - first;
            watcher.stepped(
                &record,
                Pace {
                    steps,
                    new_steps: steps.min(self.trainer.steps_per_epoch()),
                    pieces: self.seen_pieces - seen_before,
                    seconds: start.elapsed().as_secs_f64(),
                    once_seconds: self.trainer.seconds_once(),
                },
            );
            if record.step == 1 {
                watcher.point("engine.step.first");
            }
            let kept = self.keep_epoch(&record, watcher)?;
            if kept || saved.elapsed() >= self.checkpoint_every {
                self.save(watcher)?;
                saved = Instant::now();
            }
        }
        Ok(Outcome::Finished)
    }

    /// Whether the kept-aside rows have not got better for as long as the settings allow. Counted
    /// from what is saved, so a resumed training stops at the same step.
    fn is_spent(&self) -> bool {
        let patience = self.trainer.settings.patience as usize;
        let Some(best) = &self.best else { return false };
        let since = self.history.iter().rev().take_while(|record| record.step > best.step);
        patience > 0 && since.filter(|record| record.valid_loss.is_some()).count() >= patience
    }

    fn make_step(&mut self, stop: Stop<'_>) -> Result<StepRecord, StepError> {
        let tally = self.trainer.step(stop)?;
        let step = self.trainer.progress.step;
        self.seen_pieces += self.trainer.last_pieces();
        let valid = self.validate(step, stop)?;
        let record = StepRecord {
            step,
            train_loss: tally.mean_loss(),
            train_accuracy: tally.accuracy(),
            valid_loss: valid.map(Tally::mean_loss),
            valid_accuracy: valid.map(Tally::accuracy),
        };
        self.history.push(record);
        self.remember_best(&record);
        Ok(record)
    }

    /// Looks at the rows kept aside, where there are any and it is time.
    fn validate(&mut self, step: u64, stop: Stop<'_>) -> Result<Option<Tally>, StepError> {
        let rows = &self.validation[..rows_of_a_check(self.validation.len())];
        if rows.is_empty() || !self.trainer.course(self.validation.len()).is_check(step) {
            return Ok(None);
        }
        let tally = self.trainer.evaluate(rows, stop).ok_or(StepError::Stopped)?;
        if tally.loss.is_finite() { Ok(Some(tally)) } else { Err(StepError::Diverged { step }) }
    }

    fn remember_best(&mut self, record: &StepRecord) {
        let Some(loss) = record.valid_loss else { return };
        if self.best.as_ref().is_none_or(|best| loss < best.loss) {
            let numbers = self.trainer.progress.optimiser.average.clone();
            self.best = Some(Best { step: record.step, loss, numbers });
        }
    }

    fn keep_epoch(
        &mut self,
        record: &StepRecord,
        watcher: &mut dyn Watcher,
    ) -> Result<bool, SessionError> {
        if !self.trainer.course(self.validation.len()).is_kept(record.step) {
            return Ok(false);
        }
        self.keep(record.step, &self.trainer.progress.optimiser.average)?;
        watcher.kept(record);
        Ok(true)
    }

    /// Writes a model that answers with `numbers`, those of `step`.
    fn keep(&self, step: u64, numbers: &[f32]) -> Result<(), SavedError> {
        let files = self.keeping.model_files(numbers)?;
        let name = kept_name(step);
        write_folder(&self.folder, &name, &files, || {})
            .map_err(|source| SavedError::Io { path: self.folder.join(&name), source })
    }

    /// After a loss that was no number the training cannot go on, but what it learned before can
    /// still answer. Its checkpoint is then of no more use.
    fn keep_last_good(&self, watcher: &mut dyn Watcher) -> Result<(), SavedError> {
        let Some((step, numbers)) = self.last_good()? else { return Ok(()) };
        let record = self.history.iter().find(|record| record.step == step);
        let is_kept = self.folder.join(kept_name(step)).is_dir();
        if let (Some(record), false) = (record, is_kept) {
            self.keep(step, &numbers)?;
            watcher.kept(record);
        }
        checkpoint::forget(&self.folder)
            .map_err(|source| SavedError::Io { path: self.folder.clone(), source })
    }

    /// The best numbers and their step, or else those of the last checkpoint.
    fn last_good(&self) -> Result<Option<(u64, Vec<f32>)>, SavedError> {
        if let Some(best) = &self.best {
            return Ok(Some((best.step, best.numbers.clone())));
        }
        let Some(found) = checkpoint::find(&self.folder)? else { return Ok(None) };
        let Progress { step, optimiser, .. } = found.read(self.trainer.network.learned())?.progress;
        let sound = optimiser.average.iter().all(|number| number.is_finite());
        Ok(sound.then_some((step, optimiser.average)))
    }

    fn save(&self, watcher: &dyn Watcher) -> Result<(), SavedError> {
        let kept = Kept {
            settings: &self.trainer.settings,
            progress: &self.trainer.progress,
            best: self.best.as_ref(),
            history: &self.history,
            seen_pieces: self.seen_pieces,
        };
        let beside = self.keeping.beside_checkpoint()?;
        checkpoint::write(&self.folder, beside, kept, || {
            watcher.point("engine.checkpoint.mid");
        })
    }
}

/// Removes the model that was kept at `step`.
pub(crate) fn forget_epoch(folder: &Path, step: u64) -> std::io::Result<()> {
    remove_if_there(&folder.join(kept_name(step)))
}

/// The folder of the model that was kept at `step`.
pub(crate) fn kept_name(step: u64) -> String {
    format!("step-{step}")
}
