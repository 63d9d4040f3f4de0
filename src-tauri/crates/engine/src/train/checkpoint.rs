//! Interrupted trainings on disk: the newest complete one can always be read, whatever happens
//! while the next is written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::optimiser::Optimiser;
use super::settings::Settings;
use super::trainer::Progress;
use crate::formats::folder::{remove_if_there, write_folder};
use crate::formats::saved::{self, SavedError};

const PREFIX: &str = "resume-";

/// The losses of one step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct StepRecord {
    pub(crate) step: u64,
    pub(crate) train_loss: f64,
    pub(crate) train_accuracy: f64,
    pub(crate) valid_loss: Option<f64>,
    pub(crate) valid_accuracy: Option<f64>,
}

/// The numbers with the lowest loss on the validation rows so far.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Best {
    pub(crate) step: u64,
    pub(crate) loss: f64,
    pub(crate) numbers: Vec<f32>,
}

/// Everything a training needs to go on.
pub(crate) struct Checkpoint {
    pub(crate) settings: Settings,
    pub(crate) progress: Progress,
    pub(crate) best: Option<Best>,
    pub(crate) history: Vec<StepRecord>,
    pub(crate) seen_pieces: u64,
}

/// What is written into a checkpoint; nothing of it is copied for that, since all the numbers of a
/// training together are large.
#[derive(Clone, Copy)]
pub(crate) struct Kept<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) progress: &'a Progress,
    pub(crate) best: Option<&'a Best>,
    pub(crate) history: &'a [StepRecord],
    pub(crate) seen_pieces: u64,
}

#[derive(Serialize)]
struct KeptState<'a> {
    step: u64,
    settings: &'a Settings,
    best: Option<(u64, f64)>,
    history: &'a [StepRecord],
    seen_pieces: u64,
}

#[derive(Deserialize)]
struct State {
    step: u64,
    settings: Settings,
    best: Option<(u64, f64)>,
    history: Vec<StepRecord>,
    seen_pieces: u64,
}

/// Writes a checkpoint, then removes the older ones. `beside` are files that the model needs
/// beside its numbers (its tokenizer). One of the same step has the same content and stays: what
/// is being replaced is for a moment not there.
pub(crate) fn write(
    folder: &Path,
    beside: Vec<(&'static str, Vec<u8>)>,
    kept: Kept<'_>,
    before_rename: impl FnOnce(),
) -> Result<(), SavedError> {
    let step = kept.progress.step;
    let name = format!("{PREFIX}{step:010}");
    let fail = |source| SavedError::Io { path: folder.join(&name), source };
    if !folder.join(&name).is_dir() {
        let files = files_of(beside, kept)?;
        write_folder(folder, &name, &files, before_rename).map_err(fail)?;
    }
    for old in resumable(folder).map_err(fail)? {
        if !old.ends_with(&name) {
            remove_if_there(&old).map_err(fail)?;
        }
    }
    Ok(())
}

fn files_of(
    beside: Vec<(&'static str, Vec<u8>)>,
    kept: Kept<'_>,
) -> Result<Vec<(&'static str, Vec<u8>)>, SavedError> {
    let Progress { step, numbers, optimiser } = kept.progress;
    let state = KeptState {
        step: *step,
        settings: kept.settings,
        best: kept.best.map(|best| (best.step, best.loss)),
        history: kept.history,
        seen_pieces: kept.seen_pieces,
    };
    let mut parts: Vec<(&str, &[f32])> = vec![
        ("numbers", numbers),
        ("mean", &optimiser.mean),
        ("square", &optimiser.square),
        ("average", &optimiser.average),
    ];
    if let Some(best) = kept.best {
        parts.push(("best", &best.numbers));
    }
    let mut files = saved::training_files(&state, &parts)?;
    files.extend(beside);
    Ok(files)
}

/// A checkpoint that was found; its numbers are not read yet.
pub(crate) struct Found {
    folder: PathBuf,
    state: State,
}

/// The newest complete checkpoint; none if there is none.
pub(crate) fn find(folder: &Path) -> Result<Option<Found>, SavedError> {
    let fail = |source| SavedError::Io { path: folder.into(), source };
    let Some(newest) = resumable(folder).map_err(fail)?.pop() else { return Ok(None) };
    let state = saved::read_state(&newest)?;
    Ok(Some(Found { folder: newest, state }))
}

impl Found {
    /// Its settings.
    pub(crate) fn settings(&self) -> &Settings {
        &self.state.settings
    }

    /// The folder with the files that were written beside it.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads it for a network of `learned` numbers.
    pub(crate) fn read(self, learned: usize) -> Result<Checkpoint, SavedError> {
        let State { step, settings, best, history, seen_pieces } = self.state;
        let part =
            |name| saved::read_parts(&self.folder, &[name], learned).map(|mut it| it.remove(0));
        let optimiser =
            Optimiser { mean: part("mean")?, square: part("square")?, average: part("average")? };
        let progress = Progress { step, numbers: part("numbers")?, optimiser };
        let best = match best {
            Some((step, loss)) => Some(Best { step, loss, numbers: part("best")? }),
            None => None,
        };
        Ok(Checkpoint { settings, progress, best, history, seen_pieces })
    }
}

/// Removes every checkpoint; a finished training needs none.
pub(crate) fn forget(folder: &Path) -> io::Result<()> {
    resumable(folder)?.iter().try_for_each(|checkpoint| remove_if_there(checkpoint))
}

/// Removes what a killed process left half-written.
pub(crate) fn sweep(folder: &Path) -> Result<(), SavedError> {
    let is_half = |name: &str| name.starts_with('.') && name.ends_with(".tmp");
    let removed = entries(folder, is_half)
        .and_then(|half| half.iter().try_for_each(|folder| remove_if_there(folder)));
    removed.map_err(|source| SavedError::Io { path: folder.into(), source })
}

/// Complete checkpoints, oldest first.
fn resumable(folder: &Path) -> io::Result<Vec<PathBuf>> {
    entries(folder, |name| name.starts_with(PREFIX))
}

/// What lies in `folder` under a name that fits, sorted; nothing where there is no folder.
fn entries(folder: &Path, fits: impl Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if fits(&entry.file_name().to_string_lossy()) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
