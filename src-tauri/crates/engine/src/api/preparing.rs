//! From a job's files to a session that can make its next step.

use std::path::PathBuf;
use std::sync::Arc;

use super::engine::Engine;
use super::job::{Job, JobRecord, Phase, Status};
use super::runner::RunError;
use super::wanted::wanted_of;
use crate::formats::rows::Row;
use crate::formats::tokenizer::{PieceCounter, Tokenizer};
use crate::train::checkpoint;
use crate::train::examples::{self, FileError};
use crate::train::session::{Command, Session};
use crate::train::settings::{CONTEXT, DataSize};
use crate::train::trainer::Trainer;

/// Pieces of a vocabulary at most.
const VOCABULARY: usize = 4096;
/// A pair of pieces seen less often stays apart.
const LEAST_COUNT: u64 = 4;

/// A session, how many of its rows were shortened, and whether it goes on from a checkpoint.
pub(crate) struct Prepared {
    pub(crate) session: Session,
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
    if let Some((saved, tokenizer)) = checkpoint::read(&folder)? {
        job.change(|record| record.phase = Phase::Preparing)?;
        let (rows, validation, cut) = read_rows(&files, &tokenizer, &go_on)?;
        let trainer =
            Trainer::resumed(saved.settings, rows, engine.threads.clone(), saved.progress);
        let pieces = tokenizer.pieces().clone();
        let mut session = Session::new(trainer, validation, pieces, &folder);
        session.go_on_from(saved.best, saved.history, saved.seen_pieces);
        return Ok(Prepared { session, cut, resumed: true });
    }
    let tokenizer = check_files(job, &record, &files, &go_on)?;
    let (rows, validation, cut) = read_rows(&files, &tokenizer, &go_on)?;
    let data = DataSize {
        rows: rows.len() as u64,
        pieces: rows.iter().map(|row| row.pieces.len() as u64).sum(),
        vocabulary: tokenizer.vocabulary(),
        shards: engine.threads.current_num_threads(),
    };
    let settings = wanted_of(&record.hyperparameters, record.seed).resolve(data)?;
    let trainer = Trainer::fresh(settings, rows, engine.threads.clone());
    let session = Session::new(trainer, validation, tokenizer.pieces().clone(), &folder);
    Ok(Prepared { session, cut, resumed: false })
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
    let pieces = counter.learn(VOCABULARY, LEAST_COUNT);
    if !go_on() {
        return Err(RunError::Stopped);
    }
    Ok(Tokenizer::new(pieces).map_err(crate::formats::saved::SavedError::from)?)
}

type Rows = (Arc<[Row]>, Vec<Row>, usize);

fn read_rows(
    files: &Files,
    tokenizer: &Tokenizer,
    go_on: &dyn Fn() -> bool,
) -> Result<Rows, RunError> {
    let read = |path: &PathBuf, param: &'static str| {
        let rows: Result<Vec<Row>, FileError> = examples::rows(path, tokenizer, CONTEXT, go_on);
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
