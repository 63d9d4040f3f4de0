//! How a table is written: its delimiter, and whether its first row names the columns.
//!
//! Both are guesses that the person sees and can change; they only look at the beginning.

use crate::formats::csv::names;
use crate::formats::csv::records::{Record, Records};

/// How many rows a guess looks at.
const LOOK_ROWS: usize = 200;
/// A header's name is rarely longer than this, in characters.
const MAX_NAME_CHARS: usize = 40;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) header: bool,
    pub(crate) sep_line: bool,
}

/// Guesses from the beginning of a table and the ending of its name.
pub(crate) fn guess(text: &str, ending: &str) -> Dialect {
    if let Some((delimiter, rest)) = sep_line(text) {
        let header = has_header(&rows_of(rest, delimiter));
        return Dialect { delimiter, header, sep_line: true };
    }
    let first = if matches!(ending, "tsv" | "tab") { b'\t' } else { b',' };
    let mut best = (first, agreement(&rows_of(text, first)));
    for delimiter in [b'\t', b';', b',', b'|'].into_iter().filter(|&it| it != first) {
        let found = agreement(&rows_of(text, delimiter));
        if found > best.1 {
            best = (delimiter, found);
        }
    }
    let header = has_header(&rows_of(text, best.0));
    Dialect { delimiter: best.0, header, sep_line: false }
}

/// Excel's first line that only tells the delimiter, and what follows it.
fn sep_line(text: &str) -> Option<(u8, &str)> {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    let line = line.trim_matches('"');
    let told = line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &line[4..]);
    let &[delimiter @ (b',' | b';' | b'\t' | b'|')] = told?.as_bytes() else { return None };
    Some((delimiter, rest.strip_prefix("\r\n").or(rest.get(1..)).unwrap_or("")))
}

/// The first rows that are in order and not blank.
fn rows_of(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut records = Records::new(text.as_bytes(), delimiter);
    let mut record = Record::default();
    let mut rows = Vec::new();
    while rows.len() < LOOK_ROWS && records.read(&mut record).unwrap_or(false) {
        if record.is_blank() {
            continue;
        }
        if let Some(cells) = record.texts().filter(|_| record.fault.is_none()) {
            rows.push(cells.into_iter().map(str::to_owned).collect());
        }
    }
    rows
}

/// How well a delimiter explains the rows, in thousandths: the share of rows with the same number
/// of cells, where that is more than one. A row that ends in the head's cut is one of many.
fn agreement(rows: &[Vec<String>]) -> usize {
    let mut counts: Vec<usize> = rows.iter().map(Vec::len).filter(|&cells| cells > 1).collect();
    counts.sort_unstable();
    let most = counts.chunk_by(|a, b| a == b).map(<[usize]>::len).max().unwrap_or(0);
    most * 1000 / rows.len().max(1)
}

/// Whether the first row names the columns.
fn has_header(rows: &[Vec<String>]) -> bool {
    let Some((first, body)) = rows.split_first() else { return false };
    if !first.iter().all(|cell| looks_like_a_name(cell)) || has_repeats(first) {
        return false;
    }
    if first.iter().any(|cell| names::is_known(cell)) {
        return !repeats_below(first, body) || first.iter().all(|cell| names::is_known(cell));
    }
    !body.is_empty() && !repeats_below(first, body) && differs_from(first, body)
}

/// A name is short, no number and no sentence. A column of row numbers often has an empty one.
fn looks_like_a_name(cell: &str) -> bool {
    let cell = cell.trim();
    cell.chars().count() <= MAX_NAME_CHARS
        && !is_number(cell)
        && !cell.ends_with(['.', '?', '!', '。', '？', '！'])
        && cell.split_whitespace().count() <= 5
}

fn is_number(cell: &str) -> bool {
    !cell.is_empty() && cell.replace(',', ".").parse::<f64>().is_ok()
}

fn has_repeats(first: &[String]) -> bool {
    let filled: Vec<&String> = first.iter().filter(|cell| !cell.trim().is_empty()).collect();
    let is_short = filled.len() * 2 < first.len();
    // Two columns of one name happen; a row of equal cells is data.
    is_short || (filled.len() > 1 && filled.iter().all(|cell| *cell == filled[0]))
}

/// A value of the first row that stands in the same column again is data.
fn repeats_below(first: &[String], body: &[Vec<String>]) -> bool {
    first.iter().enumerate().any(|(index, cell)| {
        !cell.is_empty() && body.iter().any(|row| row.get(index).is_some_and(|it| it == cell))
    })
}

/// Whether some column is of another kind below its first cell: numbers, or clearly longer text.
fn differs_from(first: &[String], body: &[Vec<String>]) -> bool {
    first.iter().enumerate().any(|(index, cell)| {
        let column: Vec<&String> =
            body.iter().filter_map(|row| row.get(index)).filter(|it| !it.is_empty()).collect();
        let total: usize = column.iter().map(|it| it.chars().count()).sum();
        let is_longer = total > column.len() * (cell.chars().count() * 2 + 4);
        !column.is_empty() && (is_longer || column.iter().all(|it| is_number(it)))
    })
}
