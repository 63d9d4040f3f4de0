//! From a job's files to a session that can make its next step.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::engine::Engine;
use super::job::{Job, JobRecord, Phase, Status};
use super::runner::RunError;
use super::wanted::wanted_of;
use crate::formats::rows::Row;
use crate::formats::saved::{SavedError, read_tokenizer};
use crate::formats::text::Text;
use crate::formats::tokenizer::{PieceCounter, Tokenizer};
use crate::model::learnable::Learnable;
use crate::model::network::Network;
use crate::train::checkpoint::{self, Found};
use crate::train::examples::{self, FileError};
use crate::train::keeping::LabKeeping;
use crate::train::session::{Command, Running, Session};
use crate::train::settings::{DataSize, Learner};
use crate::train::trainer::Trainer;

/// A pair of pieces seen less often stays apart.
pub(crate) const LEAST_COUNT: u64 = 4;

/// A session, how many of its rows were shortened, and whether it goes on from a checkpoint.
pub(crate) struct Prepared {
    pub(crate) session: Box<dyn Running>,
    pub(crate) cut: usize,
    pub(crate) resumed: bool,
}

struct Files {
    training: PathBuf,
    validation: Option<PathBuf>,
}

/// Checks the files, learns the pieces, and builds the model or reads its checkpoint.
pub(crate) fn prepare(engine: &Engine, job: &Arc<Job>) -> Result<Prepared, RunError> {
    let record = job.state().record.clone();
    let files = find_files(engine, &record)?;
    let go_on = || job.state().command == Command::Continue;
    let folder = job.checkpoints();
    if let Some(found) = checkpoint::find(&folder)? {
        job.change(|record| record.phase = Phase::Preparing)?;
        return resume_lab(engine, &files, found, &folder, &go_on);
    }
    let tokenizer = check_files(job, &record, &files, &go_on)?;
    let wanted = wanted_of(&record.hyperparameters, record.seed);
    let (rows, validation, cut) = read_rows(&files, &tokenizer, wanted.lab_context(), &go_on)?;
    let data = DataSize {
        rows: rows.len() as u64,
        pieces: rows.iter().map(|row| row.pieces.len() as u64).sum(),
        vocabulary: tokenizer.vocabulary(),
        shards: engine.threads.current_num_threads(),
    };
    let (settings, shape) = wanted.resolve(data)?;
    let network = Arc::new(Network::new(shape));
    let trainer = Trainer::fresh(network, settings, rows, engine.threads.clone());
    let keeping = LabKeeping { shape, pieces: tokenizer.pieces().clone() };
    let mut session = Session::new(trainer, validation, Box::new(keeping), &folder);
    session.checkpoint_every = engine.checkpoint_every;
    Ok(Prepared { session: Box::new(session), cut, resumed: false })
}

fn resume_lab(
    engine: &Engine,
    files: &Files,
    found: Found,
    folder: &Path,
    go_on: &dyn Fn() -> bool,
) -> Result<Prepared, RunError> {
    let Learner::Lab { shape } = found.settings().learner else {
        return Err(SavedError::WrongLearner.into());
    };
    shape.check().map_err(SavedError::from)?;
    let tokenizer = read_tokenizer(found.folder())?;
    let (rows, validation, cut) = read_rows(files, &tokenizer, shape.context, go_on)?;
    let network = Arc::new(Network::new(shape));
    let saved = found.read(network.learned())?;
    let threads = engine.threads.clone();
    let trainer = Trainer::resumed(network, saved.settings, rows, threads, saved.progress);
    let keeping = LabKeeping { shape, pieces: tokenizer.pieces().clone() };
    let mut session = Session::new(trainer, validation, Box::new(keeping), folder);
    session.checkpoint_every = engine.checkpoint_every;
    session.go_on_from(saved.best, saved.history, saved.seen_pieces);
    Ok(Prepared { session: Box::new(session), cut, resumed: true })
}

fn find_files(engine: &Engine, record: &JobRecord) -> Result<Files, RunError> {
    let find = |id: &str, param: &'static str| match engine.files.get(id) {
        Some(_) => Ok(engine.files.data_path(id)),
        None => Err(RunError::FileMissing { id: id.to_owned(), param }),
    };
    let validation = record.validation_file.as_deref();
    Ok(Files {
        training: find(&record.training_file, "training_file")?,
        validation: validation.map(|id| find(id, "validation_file")).transpose()?,
    })
}

fn check_files(
    job: &Job,
    record: &JobRecord,
    files: &Files,
    go_on: &dyn Fn() -> bool,
) -> Result<Tokenizer, RunError> {
    job.change(|record| {
        record.status = Status::ValidatingFiles;
        record.phase = Phase::Checking;
    })?;
    let validation = record.validation_file.as_deref().unwrap_or("none");
    let words = format!(
        "Validating training file: {} and validation file: {validation}",
        record.training_file
    );
    job.say("info", words)?;
    let mut counter = PieceCounter::default();
    let found = examples::count(&files.training, &mut counter, go_on)
        .map_err(|source| RunError::File { param: "training_file", source })?;
    if found < 10 {
        return Err(RunError::TooFew { found });
    }
    if let Some(validation) = &files.validation {
        examples::count(validation, &mut PieceCounter::default(), go_on)
            .map_err(|source| RunError::File { param: "validation_file", source })?;
    }
    job.say("info", "Files validated, moving job to queued state".to_owned())?;
    job.change(|record| {
        record.status = Status::Running;
        record.phase = Phase::Preparing;
    })?;
    let most = wanted_of(&record.hyperparameters, record.seed).most_pieces();
    let pieces = counter.learn(most, LEAST_COUNT, go_on).ok_or(RunError::Stopped)?;
    Ok(Tokenizer::new(pieces).map_err(crate::formats::saved::SavedError::from)?)
}

type Rows = (Arc<[Row]>, Vec<Row>, usize);

fn read_rows(
    files: &Files,
    text: &dyn Text,
    context: usize,
    go_on: &dyn Fn() -> bool,
) -> Result<Rows, RunError> {
    let read = |path: &PathBuf, param: &'static str| {
        let rows: Result<Vec<Row>, FileError> = examples::rows(path, text, context, go_on);
        rows.map_err(|source| RunError::File { param, source })
    };
    let rows = read(&files.training, "training_file")?;
    let validation = match &files.validation {
        Some(path) => read(path, "validation_file")?,
        None => Vec::new(),
    };
    let cut = rows.iter().filter(|row| row.cut).count();
    Ok((rows.into(), validation, cut))
}
