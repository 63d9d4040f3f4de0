//! Rows of a source that an import could not bring in, with the reason, so that no row vanishes unseen.

use rusqlite::{Connection, params};

use crate::tables::project;
use crate::{Library, OperationId, ProjectId, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE left_out (
    id INTEGER PRIMARY KEY,
    operation INTEGER NOT NULL REFERENCES operation (id) DEFERRABLE INITIALLY DEFERRED,
    line INTEGER NOT NULL,
    code TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX left_out_operation ON left_out (operation);
";

/// A row of the source that is not an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOutRow {
    /// 1-based line or spreadsheet row in the source.
    pub line: u64,
    /// The problem's code.
    pub code: String,
    /// The beginning of the row, as it was read.
    pub text: String,
}

impl Library {
    /// What the imports in force left out (an undone import's rows are not among them), in the order they were met.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such project.
    pub fn left_out(&self, project: ProjectId) -> Result<Vec<LeftOutRow>, StoreError> {
        self.read(|connection| {
            let cursor = project::cursor(connection, project)?;
            let mut statement = connection.prepare_cached(
                "WITH RECURSIVE in_force (id, parent) AS (\
                     SELECT id, parent FROM operation WHERE id = ?1 \
                     UNION ALL \
                     SELECT operation.id, operation.parent FROM in_force \
                     JOIN operation ON operation.id = in_force.parent) \
                 SELECT line, code, text FROM left_out \
                 WHERE operation IN (SELECT id FROM in_force) ORDER BY id",
            )?;
            let rows = statement.query_map([cursor], |row| {
                Ok(LeftOutRow { line: row.get(0)?, code: row.get(1)?, text: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

pub(crate) fn insert(
    connection: &Connection,
    operation: OperationId,
    line: u64,
    code: &str,
    text: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO left_out (operation, line, code, text) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![operation, line, code, text])?;
    Ok(())
}
