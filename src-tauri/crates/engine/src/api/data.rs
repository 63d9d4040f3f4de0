//! What the files of a planned training are like: whole small files, the beginning of large ones.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::engine::Engine;
use super::preparing::lab::LEAST_COUNT;
use super::runner::RunError;
use super::starts::Start;
use crate::formats::hub;
use crate::formats::rows::Row;
use crate::formats::saved::SavedError;
use crate::formats::text::Text;
use crate::formats::tokenizer::{PieceCounter, Tokenizer};
use crate::train::examples::{self, Beginning, FileError};
use crate::train::settings::{DataSize, Wanted};

/// Text beyond this is not looked at for a plan, but counted by its bytes.
const MOST_BYTES: u64 = 1 << 20;
const KEPT: usize = 4;

/// Rows of the files of a training and what follows from them for the whole.
pub(crate) struct Data {
    /// Training rows that were read.
    pub(crate) rows: Arc<[Row]>,
    /// Validation rows that were read.
    pub(crate) kept_aside: Vec<Row>,
    /// Training rows in the whole file.
    pub(crate) count: u64,
    /// Pieces in the whole file.
    pub(crate) pieces: u64,
    /// Rows of the whole file that are shortened.
    pub(crate) cut: u64,
    /// Validation rows in the whole file.
    pub(crate) kept_count: u64,
    vocabulary: usize,
}

/// Which data it is: files, model, and the settings that change its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    training: String,
    validation: Option<String>,
    base: Option<String>,
    context: usize,
    vocabulary: usize,
}

/// The data that was looked at last; plans for the same files with other settings are quick.
#[derive(Default)]
pub(crate) struct DataAtHand(Mutex<VecDeque<(Key, Arc<Data>)>>);

/// The files of a planned training.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileNames<'a> {
    pub(crate) training: &'a str,
    pub(crate) validation: Option<&'a str>,
}

impl Data {
    /// What settings are decided by.
    pub(crate) fn size(&self, shards: usize) -> DataSize {
        DataSize {
            rows: self.count,
            pieces: self.pieces,
            kept_aside: self.kept_count,
            vocabulary: self.vocabulary,
            shards,
        }
    }
}

/// Looks at the files of a planned training.
pub(crate) fn data_of(
    engine: &Engine,
    start: &Start,
    wanted: &Wanted,
    files: FileNames<'_>,
) -> Result<Arc<Data>, RunError> {
    let key = Key {
        training: files.training.to_owned(),
        validation: files.validation.map(str::to_owned),
        base: start.base_name().map(str::to_owned),
        context: start.context(wanted),
        vocabulary: wanted.most_pieces(),
    };
    let at_hand = || engine.data.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, data)) = at_hand().iter().find(|(known, _)| *known == key) {
        return Ok(data.clone());
    }
    let data = Arc::new(read(engine, start, wanted, files)?);
    let mut kept = at_hand();
    kept.truncate(KEPT - 1);
    kept.push_front((key, data.clone()));
    Ok(data)
}

fn read(
    engine: &Engine,
    start: &Start,
    wanted: &Wanted,
    files: FileNames<'_>,
) -> Result<Data, RunError> {
    let training = beginning(engine, files.training, "training_file")?;
    let validation = files.validation.map(|id| beginning(engine, id, "validation_file"));
    let validation = validation.transpose()?;
    let count = scaled(training.conversations.len() as u64, &training);
    if count < 10 {
        return Err(RunError::TooFew { found: count });
    }
    let text: Arc<dyn Text> = match start {
        Start::Lab => Arc::new(learned_text(&training, wanted)?),
        Start::Adapter(start) => hub::open(&start.base.path)?.text,
    };
    let context = start.context(wanted);
    let rows = rows_of(&training, &*text, context, "training_file")?;
    let kept_aside = match &validation {
        Some(validation) => rows_of(validation, &*text, context, "validation_file")?,
        None => Vec::new(),
    };
    let pieces = rows.iter().map(|row| row.pieces.len() as u64).sum();
    let cut = rows.iter().filter(|row| row.cut).count() as u64;
    let kept = kept_aside.len() as u64;
    Ok(Data {
        count,
        pieces: scaled(pieces, &training),
        cut: scaled(cut, &training),
        kept_count: validation.as_ref().map_or(0, |validation| scaled(kept, validation)),
        vocabulary: text.vocabulary(),
        rows: rows.into(),
        kept_aside,
    })
}

fn beginning(engine: &Engine, id: &str, param: &'static str) -> Result<Beginning, RunError> {
    if engine.files.get(id).is_none() {
        return Err(RunError::FileMissing { id: id.to_owned(), param });
    }
    let path = engine.files.data_path(id);
    examples::beginning(&path, MOST_BYTES, &|| true)
        .map_err(|source| RunError::File { param, source })
}

fn learned_text(training: &Beginning, wanted: &Wanted) -> Result<Tokenizer, RunError> {
    let mut counter = PieceCounter::default();
    for conversation in &training.conversations {
        examples::count_words(conversation, &mut counter);
    }
    let pieces = counter.learn(wanted.most_pieces(), LEAST_COUNT, &|| true);
    let pieces = pieces.ok_or(RunError::Stopped)?;
    Ok(Tokenizer::new(pieces).map_err(SavedError::from)?)
}

fn rows_of(
    beginning: &Beginning,
    text: &dyn Text,
    context: usize,
    param: &'static str,
) -> Result<Vec<Row>, RunError> {
    let lines = (1..).zip(&beginning.conversations);
    let row = |(line, conversation)| {
        text.training_row(conversation, context).map_err(|source| RunError::File {
            param,
            source: FileError::NotForModel { line, source },
        })
    };
    let rows: Vec<Row> = lines.map(row).collect::<Result<_, _>>()?;
    examples::check_goals(&rows).map_err(|source| RunError::File { param, source })?;
    Ok(rows)
}

/// What was counted in the beginning of a file, for all of it.
fn scaled(count: u64, beginning: &Beginning) -> u64 {
    if beginning.bytes >= beginning.whole || beginning.bytes == 0 {
        return count;
    }
    let whole = u128::from(count) * u128::from(beginning.whole) / u128::from(beginning.bytes);
    u64::try_from(whole).unwrap_or(u64::MAX)
}
