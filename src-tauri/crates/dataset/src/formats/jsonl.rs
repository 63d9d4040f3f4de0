//! Chat files: one example a line.
//!
//! It must never hold more than one line, and of a line beyond the limit only its beginning.

use std::io::{self, BufRead, Read};

use crate::formats::MAX_ROW_BYTES;
use crate::formats::encoding::TextReader;
use crate::formats::rows::{LEFT_OUT_TEXT_CHARS, RowOutcome, SourceRow, left_out};
use crate::json;
use crate::problem::{Problem, ProblemCode};

/// The rows of a chat file.
pub(crate) struct ChatRows<R> {
    text: TextReader<R>,
    line: u64,
    buffer: Vec<u8>,
    max_row_bytes: usize,
}

enum Line {
    End,
    Whole,
    TooLong,
}

impl<R: Read> ChatRows<R> {
    pub(crate) fn new(text: TextReader<R>) -> Self {
        ChatRows { text, line: 0, buffer: Vec::new(), max_row_bytes: MAX_ROW_BYTES }
    }

    pub(crate) fn next_row(&mut self) -> io::Result<Option<SourceRow>> {
        let found = self.read_line()?;
        self.line += 1;
        Ok(match found {
            Line::End => None,
            Line::TooLong => {
                Some(left_out(self.line, Problem::new(ProblemCode::RowTooLong), &self.buffer))
            }
            Line::Whole => Some(row_of(self.line, &self.buffer)),
        })
    }

    /// Fills the buffer with the next line, or with the beginning of one beyond the limit.
    fn read_line(&mut self) -> io::Result<Line> {
        self.buffer.clear();
        let mut length = 0usize;
        loop {
            let available = self.text.fill_buf()?;
            if available.is_empty() {
                return Ok(if length == 0 { Line::End } else { self.line_of(length) });
            }
            let end = available.iter().position(|&byte| byte == b'\n');
            let taken = end.map_or(available.len(), |end| end + 1);
            length = length.saturating_add(taken);
            if length <= self.max_row_bytes {
                self.buffer.extend_from_slice(&available[..taken]);
            } else {
                let room = (LEFT_OUT_TEXT_CHARS * 4).saturating_sub(self.buffer.len());
                self.buffer.extend_from_slice(&available[..taken.min(room)]);
            }
            self.text.consume(taken);
            if end.is_some() {
                return Ok(self.line_of(length));
            }
        }
    }

    fn line_of(&mut self, length: usize) -> Line {
        if length <= self.max_row_bytes {
            return Line::Whole;
        }
        self.buffer.truncate(LEFT_OUT_TEXT_CHARS * 4);
        self.buffer.shrink_to(64 * 1024);
        Line::TooLong
    }
}

fn row_of(line: u64, bytes: &[u8]) -> SourceRow {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return left_out(line, Problem::new(ProblemCode::BadEncoding), bytes);
    };
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return SourceRow { line, outcome: RowOutcome::Blank };
    }
    match json::read_example(text.trim_end_matches(['\r', '\n'])) {
        Ok((example, problems)) => {
            SourceRow { line, outcome: RowOutcome::Example(example, problems) }
        }
        Err(problem) => left_out(line, problem, trimmed.as_bytes()),
    }
}

#[cfg(test)]
mod tests;
