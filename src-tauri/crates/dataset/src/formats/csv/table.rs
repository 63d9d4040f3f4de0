//! The rows of a table as examples.
//!
//! It must never drop a cell in silence: cells beyond the columns are told.

use std::io::{self, Read};

use crate::example::Example;
use crate::formats::csv::records::{Record, Records};
use crate::formats::encoding::TextReader;
use crate::formats::rows::{InstructionsSource, Mapping, RowOutcome, SourceRow, left_out};
use crate::formats::sniff::{Format, Sniffed};
use crate::problem::{Problem, ProblemCode};

/// How much of a cell is named in a problem, in characters.
const NAMED_CHARS: usize = 100;

/// The records of a table behind its `sep=` line, with the header kept apart.
pub(crate) struct Table<R> {
    records: Records<TextReader<R>>,
    has_header: bool,
    skips_first_line: bool,
}

impl<R: Read> Table<R> {
    pub(crate) fn new(text: TextReader<R>, sniffed: &Sniffed) -> Self {
        // A chat file has no cells; as a table it is one column.
        let (delimiter, has_header, skips_first_line) = match sniffed.format {
            Format::Csv { delimiter, header, sep_line, .. } => (delimiter, header, sep_line),
            Format::ChatJsonl { .. } => (b'\t', false, false),
        };
        Table { records: Records::new(text, delimiter), has_header, skips_first_line }
    }

    /// Reads the next record, the header included; false at the end.
    pub(crate) fn read(&mut self, record: &mut Record) -> io::Result<bool> {
        if std::mem::take(&mut self.skips_first_line) {
            self.records.skip_line()?;
        }
        self.records.read(record)
    }

    /// Whether the record just read is the header: the first that is not blank.
    pub(crate) fn takes_as_header(&mut self, record: &Record) -> bool {
        !record.is_blank() && std::mem::take(&mut self.has_header)
    }
}

/// The rows of a table.
pub(crate) struct TableRows<R> {
    table: Table<R>,
    record: Record,
    mapping: Mapping,
    /// How many columns the table has, by its first row.
    columns: Option<usize>,
}

impl<R: Read> TableRows<R> {
    pub(crate) fn new(text: TextReader<R>, sniffed: &Sniffed, mapping: &Mapping) -> Self {
        TableRows {
            table: Table::new(text, sniffed),
            record: Record::default(),
            mapping: mapping.clone(),
            columns: None,
        }
    }

    pub(crate) fn next_row(&mut self) -> io::Result<Option<SourceRow>> {
        while self.table.read(&mut self.record)? {
            let is_header = self.table.takes_as_header(&self.record);
            if self.columns.is_none() && self.record.fault.is_none() && !self.record.is_blank() {
                self.columns = Some(self.record.cells().count());
            }
            if !is_header {
                return Ok(Some(self.row()));
            }
        }
        Ok(None)
    }

    fn row(&self) -> SourceRow {
        let line = self.record.line;
        if let Some(fault) = self.record.fault {
            return left_out(line, Problem::new(fault), &self.record.raw);
        }
        if self.record.is_blank() {
            return SourceRow { line, outcome: RowOutcome::Blank };
        }
        let Some(cells) = self.record.texts() else {
            return left_out(line, Problem::new(ProblemCode::BadEncoding), &self.record.raw);
        };
        let example = example_of(&cells, &self.mapping);
        let problems = self.extra_cells(&cells).into_iter().collect();
        SourceRow { line, outcome: RowOutcome::Example(example, problems) }
    }

    /// Cells beyond the columns usually mean a delimiter in a text without quotes.
    fn extra_cells(&self, cells: &[&str]) -> Option<Problem> {
        let columns = self.columns.unwrap_or(cells.len()).max(self.mapping.width());
        let extra = cells.get(columns..)?.iter().find(|cell| !cell.trim().is_empty())?;
        let named: String = extra.chars().take(NAMED_CHARS).collect();
        Some(Problem::new(ProblemCode::ExtraCells).naming(named))
    }
}

/// A cell that is not there is empty, which the checks of questions and answers tell.
fn example_of(cells: &[&str], mapping: &Mapping) -> Example {
    let cell = |index: usize| cells.get(index).copied().unwrap_or("");
    let instructions = match &mapping.instructions {
        None => None,
        Some(InstructionsSource::Column(index)) => Some(cell(*index)),
        Some(InstructionsSource::Text(text)) => Some(text.as_str()),
    };
    Example::from_question_answer(instructions, cell(mapping.question), cell(mapping.answer))
}
