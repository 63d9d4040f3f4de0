//! Imports as the page sees them.

use std::sync::Arc;

use attune_contract::Failure;
use attune_contract::imports::{
    ColumnChoice, ImportColumn, ImportKind, ImportPreview, ImportProgress, ImportResult, LeftOutRow,
};
use attune_dataset::formats::csv::{ColumnGuess, TablePreview};
use attune_dataset::{InstructionsSource, RowOutcome};
use attune_store::Library;

use super::run::{Outcome, Progress};
use super::{SourceFile, TableColumns};
use crate::{checks, projects};

const PREVIEW_ROWS: usize = 20;
pub(super) const SHOWN_LEFT_OUT: usize = 50;
/// A cell is shown only by its beginning; the rest would not fit on any screen.
const CELL_CHARS: usize = 400;

/// What a file looks like. Its handle is filled in when it is kept.
pub(super) fn preview(source: &SourceFile) -> Result<ImportPreview, Failure> {
    let empty = ImportPreview {
        handle: String::new(),
        display_name: source.name.clone(),
        bytes: source.bytes,
        kind: ImportKind::Conversations,
        columns: Vec::new(),
        rows: Vec::new(),
        guess: None,
        suggested_name: suggested_name(&source.name),
        encoding: source.sniffed.format.encoding().name().to_owned(),
    };
    if source.is_table() {
        Ok(table(empty, source.table_preview(PREVIEW_ROWS)?))
    } else {
        Ok(ImportPreview { rows: conversations(source)?, ..empty })
    }
}

fn table(empty: ImportPreview, table: TablePreview) -> ImportPreview {
    let column = |column: &attune_dataset::formats::csv::Column| ImportColumn {
        index: number(column.index),
        name: column.name.clone(),
    };
    let row = |row: Vec<String>| row.iter().map(|cell| beginning(cell, CELL_CHARS)).collect();
    ImportPreview {
        kind: ImportKind::Table,
        columns: table.columns.iter().map(column).collect(),
        rows: table.rows.into_iter().take(PREVIEW_ROWS).map(row).collect(),
        guess: Some(choice(table.guess)),
        ..empty
    }
}

/// Question and answer of the first conversations.
fn conversations(source: &SourceFile) -> Result<Vec<Vec<String>>, Failure> {
    let mut shown = Vec::new();
    for row in source.rows(&TableColumns::default(), &Arc::default())?.take(10 * PREVIEW_ROWS) {
        if let RowOutcome::Example(example, _) = row?.outcome {
            let texts = [example.question(), example.answer()];
            shown.push(texts.map(|text| beginning(text, CELL_CHARS)).to_vec());
        }
        if shown.len() == PREVIEW_ROWS {
            break;
        }
    }
    Ok(shown)
}

fn choice(guess: ColumnGuess) -> ColumnChoice {
    ColumnChoice {
        question: number(guess.question),
        answer: number(guess.answer),
        instructions: guess.instructions.map(number),
    }
}

pub(super) fn columns(choice: &ColumnChoice) -> TableColumns {
    TableColumns {
        question: choice.question as usize,
        answer: choice.answer as usize,
        instructions: choice.instructions.map(|column| InstructionsSource::Column(column as usize)),
    }
}

pub(super) fn progress(handle: &str, progress: Progress) -> ImportProgress {
    ImportProgress {
        handle: handle.to_owned(),
        examples: progress.examples,
        bytes_read: progress.bytes_read,
        bytes: progress.bytes,
    }
}

pub(super) fn result(library: &Library, outcome: &Outcome) -> Result<ImportResult, Failure> {
    let (left_out_rows, _) = super::left_out_rows(library, outcome.project)?;
    Ok(ImportResult {
        project: projects::summary(&projects::live_project(library, outcome.project)?),
        imported: outcome.imported,
        good: outcome.imported - outcome.need_look,
        need_look: outcome.need_look,
        left_out: outcome.left_out,
        left_out_rows: if outcome.left_out == 0 { Vec::new() } else { left_out_rows },
        blank: outcome.blank,
    })
}

pub(super) fn left_out_row(row: &attune_store::LeftOutRow) -> LeftOutRow {
    LeftOutRow { line: row.line, code: checks::problem_code(&row.code), text: row.text.clone() }
}

/// `replies-2026.xlsx` becomes `replies-2026`.
fn suggested_name(file: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let name = beginning(stem.trim(), 60);
    if name.is_empty() { file.to_owned() } else { name }
}

/// The first `most` characters, with a sign where something was cut.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
