//! The append-only log: every change of examples with what was before and after.
//!
//! Each operation names the one that was in force when it was made (`parent`, 0 for none), so the log is a tree and
//! the project's `cursor` is a point in it. Undo moves to the parent, redo to the newest child; a new operation after
//! an undo grows a new branch, which is all that "truncating redo" takes. Triggers refuse any change of a stored row.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::ranges::IdRanges;
use crate::tables::example::{CONTENT_COLUMNS, content_from_row};
use crate::tables::{project, row_id};
use crate::{ExampleContent, ExampleId, Library, ProjectId, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE operation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL REFERENCES project (id),
    parent INTEGER NOT NULL,
    joined INTEGER NOT NULL,
    kind TEXT NOT NULL,
    examples INTEGER NOT NULL,
    ranges BLOB NOT NULL,
    source_name TEXT,
    source_bytes INTEGER,
    source_blake3 TEXT,
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX operation_children ON operation (project, parent);
CREATE TABLE operation_content (
    operation INTEGER NOT NULL REFERENCES operation (id),
    side TEXT NOT NULL CHECK (side IN ('before', 'after')),
    tokens_total INTEGER NOT NULL,
    tokens_answers INTEGER NOT NULL,
    key BLOB NOT NULL,
    problems TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX operation_content_side ON operation_content (operation, side);
CREATE TABLE operation_move (
    id INTEGER PRIMARY KEY,
    operation INTEGER NOT NULL REFERENCES operation (id),
    direction TEXT NOT NULL CHECK (direction IN ('undo', 'redo')),
    at_ms INTEGER NOT NULL
) STRICT;
CREATE TRIGGER operation_kept BEFORE UPDATE ON operation
BEGIN SELECT RAISE (ABORT, 'the operation log is append-only'); END;
CREATE TRIGGER operation_not_removed BEFORE DELETE ON operation
BEGIN SELECT RAISE (ABORT, 'the operation log is append-only'); END;
CREATE TRIGGER operation_content_kept BEFORE UPDATE ON operation_content
BEGIN SELECT RAISE (ABORT, 'the operation log is append-only'); END;
CREATE TRIGGER operation_content_not_removed BEFORE DELETE ON operation_content
BEGIN SELECT RAISE (ABORT, 'the operation log is append-only'); END;
CREATE TRIGGER operation_move_kept BEFORE UPDATE ON operation_move
BEGIN SELECT RAISE (ABORT, 'the operation log is append-only'); END;
CREATE TRIGGER operation_move_not_removed BEFORE DELETE ON operation_move
BEGIN SELECT RAISE (ABORT, 'the operation log is append-only'); END;
";

const COLUMNS: &str = "id, kind, examples, source_name, at_ms, parent, joined, ranges";

row_id! {
    /// Names an operation.
    OperationId
}

/// What an operation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// Brought in a source.
    Import,
    /// Changed one example.
    Edit,
    /// Added one example.
    Add,
    /// Put examples into the bin.
    Delete,
}

impl OperationKind {
    /// The word that stands in the library.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Edit => "edit",
            Self::Add => "add",
            Self::Delete => "delete",
        }
    }
}

impl FromSql for OperationKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "import" => Ok(Self::Import),
            "edit" => Ok(Self::Edit),
            "add" => Ok(Self::Add),
            "delete" => Ok(Self::Delete),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

impl ToSql for OperationKind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

/// An operation as people see it in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRow {
    /// Its number.
    pub id: OperationId,
    /// What it did.
    pub kind: OperationKind,
    /// How many examples it touched.
    pub examples: u64,
    /// Name of the imported source.
    pub source_name: Option<String>,
    /// When it was made.
    pub at_ms: i64,
}

/// Where a project stands in its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// What undo would take back.
    pub undo: Option<OperationRow>,
    /// What redo would bring back.
    pub redo: Option<OperationRow>,
    /// The point of the history: two equal versions of a project hold exactly the same examples (0: none ever).
    pub version: u64,
}

/// An operation with what undo and redo need.
pub(crate) struct Step {
    pub(crate) row: OperationRow,
    pub(crate) parent: i64,
    /// Belongs to the same step of the person as its parent (typing in one go).
    pub(crate) joined: bool,
    pub(crate) ranges: IdRanges,
}

/// A new row of the log.
pub(crate) struct NewOperation<'a> {
    pub(crate) project: ProjectId,
    pub(crate) kind: OperationKind,
    pub(crate) joined: bool,
    pub(crate) ranges: &'a IdRanges,
    pub(crate) source: Option<&'a crate::SourceInfo>,
    pub(crate) at_ms: i64,
}

impl Library {
    /// What undo and redo would do, and the version the project stands at.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such project.
    pub fn history(&self, project: ProjectId) -> Result<History, StoreError> {
        self.read(|connection| {
            let cursor = project::cursor(connection, project)?;
            let redo = redo_steps(connection, project, cursor)?.pop().map(|step| step.row);
            let undo = step(connection, cursor)?.map(|step| step.row);
            Ok(History { undo, redo, version: cursor.cast_unsigned() })
        })
    }
}

/// The operation `id`; none for 0, the point before all operations.
pub(crate) fn step(connection: &Connection, id: i64) -> Result<Option<Step>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM operation WHERE id = ?1"))?;
    Ok(statement.query_row([id], step_from_row).optional()?)
}

/// The operations redo would bring back, in their order: the newest child and those joined to it.
pub(crate) fn redo_steps(
    connection: &Connection,
    project: ProjectId,
    cursor: i64,
) -> Result<Vec<Step>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM operation WHERE project = ?1 AND parent = ?2 \
         ORDER BY id DESC LIMIT 1"
    ))?;
    let mut steps: Vec<Step> = Vec::new();
    let mut at = cursor;
    loop {
        let next = statement.query_row(params![project, at], step_from_row).optional()?;
        match next {
            Some(next) if steps.is_empty() || next.joined => {
                at = next.row.id.0;
                steps.push(next);
            }
            _ => return Ok(steps),
        }
    }
}

/// The number the next operation will get; only meaningful inside a write transaction.
pub(crate) fn next_id(connection: &Connection) -> Result<OperationId, StoreError> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'operation'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(OperationId(last.unwrap_or(0) + 1))
}

/// Appends a row to the log and moves the project to it; `added` examples more (or fewer) are in the project.
pub(crate) fn append(
    connection: &Connection,
    new: &NewOperation<'_>,
    added: i64,
) -> Result<OperationRow, StoreError> {
    let parent = project::cursor(connection, new.project)?;
    let id = next_id(connection)?;
    let examples = new.ranges.len();
    connection
        .prepare_cached(
            "INSERT INTO operation (id, project, parent, joined, kind, examples, ranges, \
             source_name, source_bytes, source_blake3, at_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            id,
            new.project,
            parent,
            new.joined,
            new.kind,
            examples,
            new.ranges.to_bytes(),
            new.source.map(|source| &source.name),
            new.source.map(|source| source.bytes),
            new.source.map(|source| &source.blake3),
            new.at_ms
        ])?;
    project::set_cursor(connection, new.project, id.0, added, new.at_ms)?;
    Ok(OperationRow {
        id,
        kind: new.kind,
        examples,
        source_name: new.source.map(|source| source.name.clone()),
        at_ms: new.at_ms,
    })
}

/// Records that `operation` was taken back or brought back.
pub(crate) fn append_move(
    connection: &Connection,
    operation: OperationId,
    direction: &str,
    at_ms: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO operation_move (operation, direction, at_ms) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![operation, direction, at_ms])?;
    Ok(())
}

/// Stores one side (`before` or `after`) of an edit.
pub(crate) fn append_content(
    connection: &Connection,
    operation: OperationId,
    side: &str,
    content: &ExampleContent,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO operation_content (operation, side, {CONTENT_COLUMNS}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        ))?
        .execute(params![
            operation,
            side,
            content.body,
            content.question,
            content.answer,
            content.key,
            content.tokens_total,
            content.tokens_answers,
            content.problems
        ])?;
    Ok(())
}

/// One side (`before` or `after`) of an edit.
pub(crate) fn content(
    connection: &Connection,
    operation: OperationId,
    side: &str,
) -> Result<ExampleContent, StoreError> {
    connection
        .prepare_cached(&format!(
            "SELECT {CONTENT_COLUMNS} FROM operation_content WHERE operation = ?1 AND side = ?2"
        ))?
        .query_row(params![operation, side], content_from_row)
        .optional()?
        .ok_or_else(|| StoreError::Damaged { what: format!("edit {} has no content", operation.0) })
}

impl Step {
    /// The example an edit changed.
    pub(crate) fn edited(&self) -> Option<ExampleId> {
        match self.row.kind {
            OperationKind::Edit => self.ranges.first(),
            OperationKind::Import | OperationKind::Add | OperationKind::Delete => None,
        }
    }
}

fn step_from_row(row: &Row<'_>) -> rusqlite::Result<Step> {
    let shown = OperationRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        examples: row.get(2)?,
        source_name: row.get(3)?,
        at_ms: row.get(4)?,
    };
    let ranges = row.get_ref(7)?.as_blob()?;
    let ranges = IdRanges::from_bytes(ranges).ok_or(FromSqlError::InvalidType)?;
    Ok(Step { row: shown, parent: row.get(5)?, joined: row.get(6)?, ranges })
}
