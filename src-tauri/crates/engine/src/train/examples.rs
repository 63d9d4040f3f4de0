//! Reads training files: first a look at every line, then the rows of pieces. Holds one line of
//! text at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::formats::chat_file::{ChatError, Conversation, parse_line};
use crate::formats::rows::Row;
use crate::formats::text::{Text, TextError};
use crate::formats::tokenizer::PieceCounter;

const LONGEST_LINE: usize = 32 << 20;

/// Why a file cannot be trained on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("cannot read the file")]
    Io(#[from] io::Error),
    #[error("line {line} is not text in UTF-8")]
    NotText { line: u64 },
    #[error("line {line} is longer than 32 MB")]
    TooLong { line: u64 },
    #[error("line {line} is not an example")]
    NotAnExample {
        line: u64,
        #[source]
        source: ChatError,
    },
    #[error("line {line} cannot be written for the model")]
    NotForModel {
        line: u64,
        #[source]
        source: TextError,
    },
    #[error("the model's chat template leaves every answer out, so nothing would be learned")]
    NothingLearned,
    #[error("stopped")]
    Stopped,
}

/// Reads every example of a file and counts its words. Returns the number of examples.
///
/// `go_on` is asked now and then; when it says no, reading stops.
pub(crate) fn count(
    path: &Path,
    counter: &mut PieceCounter,
    go_on: &dyn Fn() -> bool,
) -> Result<u64, FileError> {
    let mut examples = 0;
    each(path, u64::MAX, go_on, |conversation| {
        count_words(&conversation, counter);
        examples += 1;
        Ok(())
    })?;
    Ok(examples)
}

/// Counts the words of one example.
pub(crate) fn count_words(conversation: &Conversation, counter: &mut PieceCounter) {
    for turn in &conversation.turns {
        if turn.weight > 0.0 {
            counter.count_answer(&turn.text);
        } else {
            counter.count(&turn.text);
        }
    }
}

/// Reads every example of a file as a row of pieces.
pub(crate) fn rows(
    path: &Path,
    text: &dyn Text,
    context: usize,
    go_on: &dyn Fn() -> bool,
) -> Result<Vec<Row>, FileError> {
    let mut rows = Vec::new();
    each(path, u64::MAX, go_on, |conversation| {
        rows.push(text.training_row(&conversation, context)?);
        Ok(())
    })?;
    check_goals(&rows)?;
    Ok(rows)
}

/// Refuses rows of which none has anything to learn: a training on them would succeed with a loss
/// of 0 and teach nothing.
pub(crate) fn check_goals(rows: &[Row]) -> Result<(), FileError> {
    let teaches = |row: &Row| row.weight() > 0.0;
    if rows.is_empty() || rows.iter().any(teaches) {
        Ok(())
    } else {
        Err(FileError::NothingLearned)
    }
}

/// The first examples of a file.
pub(crate) struct Beginning {
    pub(crate) conversations: Vec<Conversation>,
    /// Bytes that hold them.
    pub(crate) bytes: u64,
    /// Bytes of the whole file.
    pub(crate) whole: u64,
}

/// Reads examples until `most_bytes` are passed or the file ends.
pub(crate) fn beginning(
    path: &Path,
    most_bytes: u64,
    go_on: &dyn Fn() -> bool,
) -> Result<Beginning, FileError> {
    let whole = std::fs::metadata(path)?.len();
    let mut conversations = Vec::new();
    let bytes = each(path, most_bytes, go_on, |conversation| {
        conversations.push(conversation);
        Ok(())
    })?;
    Ok(Beginning { conversations, bytes, whole })
}

/// Hands every example to `use_example` until `most_bytes` are passed, and returns the bytes read.
fn each(
    path: &Path,
    most_bytes: u64,
    go_on: &dyn Fn() -> bool,
    mut use_example: impl FnMut(Conversation) -> Result<(), TextError>,
) -> Result<u64, FileError> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut buffer = Vec::new();
    let mut line = 0_u64;
    let mut bytes = 0;
    while bytes < most_bytes {
        buffer.clear();
        let limit = LONGEST_LINE as u64 + 1;
        if io::Read::take(&mut reader, limit).read_until(b'\n', &mut buffer)? == 0 {
            break;
        }
        line += 1;
        bytes += buffer.len() as u64;
        if buffer.len() > LONGEST_LINE {
            return Err(FileError::TooLong { line });
        }
        if line.is_multiple_of(256) && !go_on() {
            return Err(FileError::Stopped);
        }
        let text = std::str::from_utf8(&buffer).map_err(|_| FileError::NotText { line })?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        let example =
            parse_line(text).map_err(|source| FileError::NotAnExample { line, source })?;
        use_example(example).map_err(|source| FileError::NotForModel { line, source })?;
    }
    Ok(bytes)
}
