//! The rows of a file as examples, one after the other.
//!
//! It must never hold more than one row in memory and never drop one without a word.

use std::io::{self, Read};

use crate::example::Example;
use crate::formats::csv::TableRows;
use crate::formats::jsonl::ChatRows;
use crate::formats::sniff::{Format, Sniffed};
use crate::formats::{MAX_ROWS, encoding::TextReader};
use crate::problem::Problem;

/// How much of a left-out row is kept for the person to see, in characters.
pub const LEFT_OUT_TEXT_CHARS: usize = 400;

/// Which columns of a table make an example. Chat files need none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The column of the question, counted from 0.
    pub question: usize,
    /// The column of the answer, counted from 0.
    pub answer: usize,
    /// Where the instructions come from.
    pub instructions: Option<InstructionsSource>,
}

impl Default for Mapping {
    fn default() -> Self {
        Mapping { question: 0, answer: 1, instructions: None }
    }
}

impl Mapping {
    /// How many columns a row must have to fill the mapping.
    pub(crate) fn width(&self) -> usize {
        let instructions = match self.instructions {
            Some(InstructionsSource::Column(index)) => index.saturating_add(1),
            _ => 0,
        };
        self.question.max(self.answer).saturating_add(1).max(instructions)
    }
}

/// Where the instructions of a table's examples come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstructionsSource {
    /// A column, counted from 0; rows whose cell is blank get none.
    Column(usize),
    /// The same text for each row.
    Text(String),
}

/// One row of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRow {
    /// The line of the file on which the row starts, counted from 1.
    pub line: u64,
    /// What became of it.
    pub outcome: RowOutcome,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowOutcome {
    /// An example, and what only its source showed to be odd.
    Example(Example, Vec<Problem>),
    /// Nothing that could become an example.
    LeftOut {
        /// Why.
        problem: Problem,
        /// How the row begins, at most [`LEFT_OUT_TEXT_CHARS`] characters. Bytes that are no text
        /// show as the replacement character.
        text: String,
    },
    /// A line or a row without any content.
    Blank,
}

/// The reading cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The source failed.
    #[error("the file cannot be read")]
    Io {
        /// What the source said.
        #[source]
        source: io::Error,
    },
    /// There are more rows than a project takes.
    #[error("the file has more than {limit} rows")]
    TooManyRows {
        /// The most rows a file may have.
        limit: u64,
    },
}

impl From<io::Error> for ReadError {
    fn from(source: io::Error) -> Self {
        ReadError::Io { source }
    }
}

/// The rows of a file; made by [`read`].
pub struct Rows<R> {
    source: RowSource<R>,
    read: u64,
    limit: u64,
    has_ended: bool,
}

enum RowSource<R> {
    Table(Box<TableRows<R>>),
    Chat(ChatRows<R>),
}

/// Reads the rows of a file that was sniffed. `mapping` is for tables; chat files ignore it.
///
/// The header of a table is no row. After an error the iterator ends.
pub fn read<R: Read>(reader: R, sniffed: &Sniffed, mapping: &Mapping) -> Rows<R> {
    read_limited(reader, sniffed, mapping, MAX_ROWS)
}

pub(crate) fn read_limited<R: Read>(
    reader: R,
    sniffed: &Sniffed,
    mapping: &Mapping,
    limit: u64,
) -> Rows<R> {
    let text = TextReader::new(reader, sniffed.format.encoding());
    let source = match sniffed.format {
        Format::Csv { .. } => RowSource::Table(Box::new(TableRows::new(text, sniffed, mapping))),
        Format::ChatJsonl { .. } => RowSource::Chat(ChatRows::new(text)),
    };
    Rows { source, read: 0, limit, has_ended: false }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<SourceRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let next = match &mut self.source {
            RowSource::Table(rows) => rows.next_row(),
            RowSource::Chat(rows) => rows.next_row(),
        };
        let item = match next {
            Err(source) => Some(Err(ReadError::Io { source })),
            Ok(Some(_)) if self.read >= self.limit => {
                Some(Err(ReadError::TooManyRows { limit: self.limit }))
            }
            Ok(row) => row.map(Ok),
        };
        self.read += 1;
        self.has_ended = !matches!(item, Some(Ok(_)));
        item
    }
}

/// How a left-out row begins.
pub(crate) fn left_out(line: u64, problem: Problem, row: &[u8]) -> SourceRow {
    let start = &row[..row.len().min(LEFT_OUT_TEXT_CHARS * 4)];
    let text = String::from_utf8_lossy(start);
    let text = text.trim_end_matches(['\r', '\n']).chars().take(LEFT_OUT_TEXT_CHARS).collect();
    SourceRow { line, outcome: RowOutcome::LeftOut { problem, text } }
}
