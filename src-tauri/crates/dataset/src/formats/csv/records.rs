//! The records of a table, read byte by byte from a stream.
//!
//! Our own reader rather than a library's, because a library's buffer grows with the cell: it must
//! stay bounded when a quote is never closed, tell blank lines from rows, and know on which line a
//! record starts. A test holds it equal to the `csv` crate on tables that are in order.

use std::io::{self, BufRead};

use crate::formats::{MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROW_BYTES};
use crate::problem::ProblemCode;

/// How much of a record is kept as it was written, to be shown when it is left out.
const RAW_BYTES: usize = 1600;

/// One record: its cells, where it starts, and how it was written.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// The line on which it starts, counted from 1.
    pub(crate) line: u64,
    /// Why it cannot be used.
    pub(crate) fault: Option<ProblemCode>,
    /// How it begins in the file.
    pub(crate) raw: Vec<u8>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Record {
    fn clear(&mut self, line: u64) {
        self.line = line;
        self.fault = None;
        self.raw.clear();
        self.bytes.clear();
        self.ends.clear();
    }

    /// The bytes of the cells, quotes taken away.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }

    /// The cells as texts; None where one of them is no text.
    pub(crate) fn texts(&self) -> Option<Vec<&str>> {
        self.cells().map(|cell| std::str::from_utf8(cell).ok()).collect()
    }

    /// Whether all cells are empty or white space.
    pub(crate) fn is_blank(&self) -> bool {
        self.fault.is_none() && self.bytes.iter().all(u8::is_ascii_whitespace)
    }

    fn cell_length(&self) -> usize {
        self.bytes.len() - self.ends.last().copied().unwrap_or(0)
    }

    fn add(&mut self, part: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        if self.cell_length() + part.len() > MAX_CELL_BYTES {
            self.give_up(ProblemCode::CellTooLong);
        } else {
            self.bytes.extend_from_slice(part);
        }
    }

    fn end_cell(&mut self) {
        if self.fault.is_some() {
            return;
        }
        if self.ends.len() >= MAX_COLUMNS {
            self.give_up(ProblemCode::TooManyColumns);
        } else {
            self.ends.push(self.bytes.len());
        }
    }

    /// From here on the record is only read to its end.
    fn give_up(&mut self, fault: ProblemCode) {
        self.fault = Some(fault);
        self.bytes = Vec::new();
        self.ends.clear();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a cell.
    Start,
    /// In a cell without quotes, or behind the closing quote of one.
    Plain,
    /// Between quotes.
    Quoted,
    /// Behind a quote that closes the cell or, doubled, stands for itself.
    QuoteSeen,
}

/// Reads records from a stream of UTF-8.
pub(crate) struct Records<B> {
    input: B,
    delimiter: u8,
    /// The line of the next byte.
    line: u64,
    /// The last byte was a carriage return: a line feed now belongs to the same line end.
    is_after_return: bool,
    length: usize,
}

impl<B: BufRead> Records<B> {
    pub(crate) fn new(input: B, delimiter: u8) -> Self {
        Records { input, delimiter, line: 1, is_after_return: false, length: 0 }
    }

    /// Passes over the rest of the line.
    pub(crate) fn skip_line(&mut self) -> io::Result<()> {
        let mut unused = Record::default();
        self.read_with_delimiter(&mut unused, None).map(|_| ())
    }

    /// Reads the next record, blank lines included; false at the end.
    pub(crate) fn read(&mut self, record: &mut Record) -> io::Result<bool> {
        self.read_with_delimiter(record, Some(self.delimiter))
    }

    fn read_with_delimiter(
        &mut self,
        record: &mut Record,
        delimiter: Option<u8>,
    ) -> io::Result<bool> {
        self.skip_second_half_of_line_end()?;
        record.clear(self.line);
        self.length = 0;
        let mut state = State::Start;
        loop {
            let available = self.input.fill_buf()?;
            if available.is_empty() {
                return Ok(self.end_of_input(record, state));
            }
            let (taken, next) = step(
                available,
                state,
                delimiter,
                record,
                &mut self.line,
                &mut self.is_after_return,
            );
            self.length = self.length.saturating_add(taken);
            keep_raw(record, &available[..taken]);
            self.input.consume(taken);
            if self.length > MAX_ROW_BYTES && record.fault.is_none() {
                record.give_up(ProblemCode::RowTooLong);
            }
            match next {
                Some(next) => state = next,
                None => return Ok(true),
            }
        }
    }

    fn skip_second_half_of_line_end(&mut self) -> io::Result<()> {
        if self.is_after_return {
            self.is_after_return = false;
            if self.input.fill_buf()?.first() == Some(&b'\n') {
                self.input.consume(1);
            }
        }
        Ok(())
    }

    fn end_of_input(&mut self, record: &mut Record, state: State) -> bool {
        if self.length == 0 {
            return false;
        }
        if state == State::Quoted {
            record.give_up(ProblemCode::UnclosedQuote);
        }
        record.end_cell();
        true
    }
}

fn keep_raw(record: &mut Record, bytes: &[u8]) {
    let room = RAW_BYTES.saturating_sub(record.raw.len());
    record.raw.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

/// Reads a run of equal bytes or one special byte: how many bytes, and the state behind them, none
/// at the end of the record. Without a delimiter, quotes mean nothing either.
fn step(
    available: &[u8],
    state: State,
    delimiter: Option<u8>,
    record: &mut Record,
    line: &mut u64,
    is_after_return: &mut bool,
) -> (usize, Option<State>) {
    let byte = available[0];
    let is_line_end = byte == b'\n' || byte == b'\r';
    let was_after_return = std::mem::replace(is_after_return, byte == b'\r');
    if is_line_end && !(byte == b'\n' && was_after_return) {
        *line += 1;
    }
    match (state, byte) {
        (State::Quoted, b'"') => (1, Some(State::QuoteSeen)),
        (State::Quoted, _) => {
            let run = if is_line_end { 1 } else { run_until(available, b"\"\r\n") };
            record.add(&available[..run]);
            (run, Some(State::Quoted))
        }
        (State::QuoteSeen, b'"') => {
            record.add(b"\"");
            (1, Some(State::Quoted))
        }
        (_, b'\n' | b'\r') => {
            record.end_cell();
            (1, None)
        }
        (_, byte) if Some(byte) == delimiter => {
            record.end_cell();
            (1, Some(State::Start))
        }
        (State::Start, b'"') if delimiter.is_some() => (1, Some(State::Quoted)),
        _ => {
            let ends = [b'\r', b'\n', delimiter.unwrap_or(b'\n')];
            let run = run_until(available, &ends);
            record.add(&available[..run]);
            (run, Some(State::Plain))
        }
    }
}

/// How many bytes stand before the first of `ends`, at least one.
fn run_until(available: &[u8], ends: &[u8]) -> usize {
    let found = available.iter().skip(1).position(|byte| ends.contains(byte));
    found.map_or(available.len(), |found| found + 1)
}

#[cfg(test)]
mod tests;
