//! A look at the first rows of a table.
//!
//! It must show exactly what the import would take, no nicer.

use std::collections::HashMap;
use std::io::Read;

use crate::formats::csv::guess::{self, ColumnGuess};
use crate::formats::csv::records::Record;
use crate::formats::csv::table::Table;
use crate::formats::encoding::TextReader;
use crate::formats::rows::ReadError;
use crate::formats::sniff::Sniffed;

/// How many rows the guess of the columns looks at.
const GUESS_ROWS: usize = 500;
/// How many values of a column are shown beside its name, and how many characters of each.
const SAMPLES: usize = 3;
const SAMPLE_CHARS: usize = 200;

/// The first rows of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePreview {
    /// The columns: those of the header and of every row looked at.
    pub columns: Vec<Column>,
    /// The first rows that become examples, each with a cell for every column.
    pub rows: Vec<Vec<String>>,
    /// Rows among those looked at that the import would leave out.
    pub left_out: u64,
    /// Which columns the person probably means.
    pub guess: ColumnGuess,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its place, counted from 0.
    pub index: usize,
    /// Its name, made unique; "Column 3" where the table has none.
    pub name: String,
    /// Its first different values, cut to 200 characters.
    pub samples: Vec<String>,
}

/// Reads the first `rows` rows of a table that was sniffed.
///
/// # Errors
/// [`ReadError::Io`] where the source fails.
pub fn preview<R: Read>(
    reader: R,
    sniffed: &Sniffed,
    rows: usize,
) -> Result<TablePreview, ReadError> {
    let text = TextReader::new(reader, sniffed.format.encoding());
    let mut looked = look(&mut Table::new(text, sniffed), rows.max(GUESS_ROWS))?;
    let width = looked.rows.iter().map(Vec::len).chain([looked.header.len()]).max().unwrap_or(0);
    for row in &mut looked.rows {
        row.resize(width, String::new());
    }
    let names = unique_names(&looked.header, width);
    let guess = guess::guess(&names, &looked.rows);
    let columns = names
        .into_iter()
        .enumerate()
        .map(|(index, name)| Column { index, name, samples: samples(&looked.rows, index) })
        .collect();
    looked.rows.truncate(rows);
    Ok(TablePreview { columns, rows: looked.rows, left_out: looked.left_out, guess })
}

struct Looked {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    left_out: u64,
}

fn look<R: Read>(table: &mut Table<R>, rows: usize) -> Result<Looked, ReadError> {
    let mut looked = Looked { header: Vec::new(), rows: Vec::new(), left_out: 0 };
    let mut record = Record::default();
    while looked.rows.len() < rows && table.read(&mut record)? {
        if table.takes_as_header(&record) {
            let names = record.cells().map(|cell| String::from_utf8_lossy(cell).trim().to_owned());
            looked.header = names.collect();
        } else if !record.is_blank() {
            match record.texts().filter(|_| record.fault.is_none()) {
                Some(cells) => looked.rows.push(without_empty_end(&cells)),
                None => looked.left_out += 1,
            }
        }
    }
    Ok(looked)
}

/// Rows often end in delimiters without cells behind them; those make no columns.
fn without_empty_end(cells: &[&str]) -> Vec<String> {
    let end = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    cells[..end].iter().map(|cell| (*cell).to_owned()).collect()
}

/// The names of the header; "Column 3" for none, "Answer (2)" for the second of a name.
fn unique_names(header: &[String], width: usize) -> Vec<String> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut names = Vec::with_capacity(width);
    for index in 0..width {
        let given = header.get(index).filter(|name| !name.is_empty());
        let base = given.cloned().unwrap_or_else(|| format!("Column {}", index + 1));
        let mut name = base.clone();
        while names.contains(&name) {
            let count = seen.entry(base.clone()).or_insert(1);
            *count += 1;
            name = format!("{base} ({count})");
        }
        names.push(name);
    }
    names
}

fn samples(rows: &[Vec<String>], index: usize) -> Vec<String> {
    let mut samples: Vec<String> = Vec::new();
    for cell in rows.iter().map(|row| &row[index]).filter(|cell| !cell.trim().is_empty()) {
        let sample: String = cell.chars().take(SAMPLE_CHARS).collect();
        if !samples.contains(&sample) {
            samples.push(sample);
        }
        if samples.len() == SAMPLES {
            break;
        }
    }
    samples
}
