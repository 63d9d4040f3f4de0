//! Examples: what a model learns from, in their order. This file reads; `changes`, `import` and `undo` write.
//!
//! The chat JSON lies in a table of its own so that lists, searches and sums never read it.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::search::Needle;
use crate::tables::row_id;
use crate::{Library, ProjectId, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE example (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL REFERENCES project (id),
    deleted INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL,
    line INTEGER,
    tokens_total INTEGER NOT NULL,
    tokens_answers INTEGER NOT NULL,
    key BLOB NOT NULL,
    problems TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL
) STRICT;
CREATE INDEX example_order ON example (project, deleted, position, tokens_total, tokens_answers);
CREATE INDEX example_key ON example (project, key, position) WHERE deleted = 0;
CREATE INDEX example_problem ON example (project, problems, position)
    WHERE deleted = 0 AND problems <> '';
CREATE TABLE example_body (
    example INTEGER PRIMARY KEY REFERENCES example (id),
    body TEXT NOT NULL
) STRICT;
";

/// The columns of a content, in the order [`content_from_row`] reads them.
pub(crate) const CONTENT_COLUMNS: &str =
    "body, question, answer, key, tokens_total, tokens_answers, problems";

row_id! {
    /// Names an example.
    ExampleId
}

/// What an edit can change of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleContent {
    /// The example as one line of chat JSON.
    pub body: String,
    /// The question as plain text, for lists and search.
    pub question: String,
    /// The answer as plain text, for lists and search.
    pub answer: String,
    /// Equal for examples that say the same (exact duplicates).
    pub key: [u8; 16],
    /// Tokens of the whole example.
    pub tokens_total: u32,
    /// Tokens of what is learned.
    pub tokens_answers: u32,
    /// Codes of its problems, separated by commas; empty if there are none.
    pub problems: String,
}

/// An example as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleRow {
    /// Its number.
    pub id: ExampleId,
    /// Orders the examples of a project. Not a row number: there are gaps, and it can change.
    pub position: i64,
    /// 1-based line or spreadsheet row it came from; none for an example written by hand.
    pub line: Option<u64>,
    /// What an edit can change.
    pub content: ExampleContent,
}

/// Which examples of a project a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ViewQuery {
    /// Text in the question or the answer, whatever its case; blanks around it do not count.
    pub search: Option<String>,
    /// Only examples with at least one problem.
    pub only_problems: bool,
}

impl Library {
    /// The ids of the examples that `query` asks for, in the project's order.
    ///
    /// # Errors
    /// Only failures of the database; a project that does not exist has no examples.
    pub fn example_ids(
        &self,
        project: ProjectId,
        query: &ViewQuery,
    ) -> Result<Vec<ExampleId>, StoreError> {
        let mut ids = Vec::new();
        self.example_ids_each(project, query, &mut |id| {
            ids.push(id);
            ControlFlow::Continue(())
        })?;
        Ok(ids)
    }

    /// Hands over the ids of the examples that `query` asks for one by one, as the scan meets them, in the
    /// project's order, until `found` breaks: the first hits of a search show while the rest is still looked through.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn example_ids_each(
        &self,
        project: ProjectId,
        query: &ViewQuery,
        found: &mut dyn FnMut(ExampleId) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut needle = query.search.as_deref().and_then(Needle::new);
        let texts = if needle.is_some() { ", question, answer" } else { "" };
        // Left alone, the database would walk all examples in order to save the sorting of a few.
        let (index, problems) = match query.only_problems {
            true => ("INDEXED BY example_problem", "AND problems <> ''"),
            false => ("INDEXED BY example_order", ""),
        };
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT id{texts} FROM example {index} WHERE project = ?1 AND deleted = 0 {problems} \
                 ORDER BY position"
            ))?;
            let mut rows = statement.query([project])?;
            while let Some(row) = rows.next()? {
                if let Some(needle) = &mut needle
                    && !needle.is_in(text(row, 1)?)
                    && !needle.is_in(text(row, 2)?)
                {
                    continue;
                }
                if found(row.get(0)?).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The examples `ids`, in the order asked for. Ids that do not exist (any more) are left out.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn examples(&self, ids: &[ExampleId]) -> Result<Vec<ExampleRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {CONTENT_COLUMNS}, id, position, line FROM example \
                 JOIN example_body ON example = id WHERE id = ?1 AND deleted = 0"
            ))?;
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                found.extend(statement.query_row([id], example_from_row).optional()?);
            }
            Ok(found)
        })
    }

    /// Hands every example of the project to `visit`, one at a time and in order, until it breaks.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn scan(
        &self,
        project: ProjectId,
        visit: &mut dyn FnMut(ExampleRow) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {CONTENT_COLUMNS}, id, position, line FROM example \
                 CROSS JOIN example_body ON example = id \
                 WHERE project = ?1 AND deleted = 0 ORDER BY position"
            ))?;
            let mut rows = statement.query([project])?;
            while let Some(row) = rows.next()? {
                if visit(example_from_row(row)?).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }
}

/// The content of a live example of `project`.
pub(crate) fn content(
    connection: &Connection,
    project: ProjectId,
    id: ExampleId,
) -> Result<ExampleContent, StoreError> {
    connection
        .prepare_cached(&format!(
            "SELECT {CONTENT_COLUMNS} FROM example JOIN example_body ON example = id \
             WHERE id = ?1 AND project = ?2 AND deleted = 0"
        ))?
        .query_row(params![id, project], content_from_row)
        .optional()?
        .ok_or_else(|| missing(id))
}

/// Gives an example another content.
pub(crate) fn set_content(
    connection: &Connection,
    id: ExampleId,
    content: &ExampleContent,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE example SET tokens_total = ?2, tokens_answers = ?3, key = ?4, problems = ?5, \
             question = ?6, answer = ?7 WHERE id = ?1",
        )?
        .execute(params![
            id,
            content.tokens_total,
            content.tokens_answers,
            content.key,
            content.problems,
            content.question,
            content.answer
        ])?;
    connection
        .prepare_cached("UPDATE example_body SET body = ?2 WHERE example = ?1")?
        .execute(params![id, content.body])?;
    Ok(())
}

/// Stores a new example.
pub(crate) fn insert(
    connection: &Connection,
    project: ProjectId,
    position: i64,
    line: Option<u64>,
    content: &ExampleContent,
) -> Result<ExampleId, StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO example (project, position, line, tokens_total, tokens_answers, key, \
             problems, question, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            project,
            position,
            line,
            content.tokens_total,
            content.tokens_answers,
            content.key,
            content.problems,
            content.question,
            content.answer
        ])?;
    let id = ExampleId(connection.last_insert_rowid());
    connection
        .prepare_cached("INSERT INTO example_body (example, body) VALUES (?1, ?2)")?
        .execute(params![id, content.body])?;
    Ok(id)
}

pub(crate) fn content_from_row(row: &Row<'_>) -> rusqlite::Result<ExampleContent> {
    Ok(ExampleContent {
        body: row.get(0)?,
        question: row.get(1)?,
        answer: row.get(2)?,
        key: row.get(3)?,
        tokens_total: row.get(4)?,
        tokens_answers: row.get(5)?,
        problems: row.get(6)?,
    })
}

pub(crate) fn missing(id: ExampleId) -> StoreError {
    StoreError::missing(format!("example {}", id.0))
}

fn example_from_row(row: &Row<'_>) -> rusqlite::Result<ExampleRow> {
    Ok(ExampleRow {
        content: content_from_row(row)?,
        id: row.get(7)?,
        position: row.get(8)?,
        line: row.get(9)?,
    })
}

fn text<'row>(row: &'row Row<'_>, index: usize) -> rusqlite::Result<&'row str> {
    Ok(row.get_ref(index)?.as_str()?)
}
