//! The files of a training, and their rows.

use std::path::PathBuf;
use std::sync::Arc;

use crate::api::engine::Engine;
use crate::api::job::JobRecord;
use crate::api::runner::RunError;
use crate::formats::rows::Row;
use crate::formats::text::Text;
use crate::formats::tokenizer::PieceCounter;
use crate::train::examples::{self, FileError};
use crate::train::settings::DataSize;

/// Fewer examples teach nothing, and nothing can be kept aside from them.
const LEAST_EXAMPLES: u64 = 10;

/// The files of a training.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) training: PathBuf,
    pub(crate) validation: Option<PathBuf>,
}

/// Every row of a training.
pub(crate) struct Rows {
    pub(crate) training: Arc<[Row]>,
    pub(crate) validation: Vec<Row>,
    /// Training rows that were shortened.
    pub(crate) cut: usize,
}

impl Files {
    /// The files of a job; they may have been deleted since.
    pub(crate) fn of_job(engine: &Engine, record: &JobRecord) -> Result<Self, RunError> {
        Self::find(engine, &record.training_file, record.validation_file.as_deref())
    }

    /// The files with these ids.
    pub(crate) fn find(
        engine: &Engine,
        training: &str,
        validation: Option<&str>,
    ) -> Result<Self, RunError> {
        let find = |id: &str, param: &'static str| match engine.files.get(id) {
            Some(_) => Ok(engine.files.data_path(id)),
            None => Err(RunError::FileMissing { id: id.to_owned(), param }),
        };
        Ok(Self {
            training: find(training, "training_file")?,
            validation: validation.map(|id| find(id, "validation_file")).transpose()?,
        })
    }

    /// Reads every example once and counts the words of the training file into `counter`.
    pub(crate) fn check(
        &self,
        counter: &mut PieceCounter,
        go_on: &dyn Fn() -> bool,
    ) -> Result<(), RunError> {
        let found = examples::count(&self.training, counter, go_on)
            .map_err(|source| RunError::File { param: "training_file", source })?;
        if found < LEAST_EXAMPLES {
            return Err(RunError::TooFew { found });
        }
        if let Some(validation) = &self.validation {
            examples::count(validation, &mut PieceCounter::default(), go_on)
                .map_err(|source| RunError::File { param: "validation_file", source })?;
        }
        Ok(())
    }

    /// Writes every example in the pieces of `text`.
    pub(crate) fn rows(
        &self,
        text: &dyn Text,
        context: usize,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Rows, RunError> {
        let read = |path: &PathBuf, param: &'static str| {
            let rows: Result<Vec<Row>, FileError> = examples::rows(path, text, context, go_on);
            rows.map_err(|source| RunError::File { param, source })
        };
        let training = read(&self.training, "training_file")?;
        let validation = match &self.validation {
            Some(path) => read(path, "validation_file")?,
            None => Vec::new(),
        };
        let cut = training.iter().filter(|row| row.cut).count();
        Ok(Rows { training: training.into(), validation, cut })
    }
}

impl Rows {
    /// What the data is like for a model of `vocabulary` pieces, learned on `shards` threads.
    pub(crate) fn size(&self, vocabulary: usize, shards: usize) -> DataSize {
        DataSize {
            rows: self.training.len() as u64,
            pieces: self.training.iter().map(|row| row.pieces.len() as u64).sum(),
            kept_aside: self.validation.len() as u64,
            vocabulary,
            shards,
        }
    }
}
