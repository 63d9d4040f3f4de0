//! Projects: one goal, its examples, its runs.
//!
//! `examples` and `cursor` are kept by the operations on examples, in the same transaction; nothing else writes them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::tables::row_id;
use crate::{Library, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE project (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    goal TEXT,
    source_name TEXT,
    sample INTEGER NOT NULL,
    split_seed INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    examples INTEGER NOT NULL DEFAULT 0 CHECK (examples >= 0),
    cursor INTEGER NOT NULL DEFAULT 0
) STRICT;
";

const COLUMNS: &str = "id, name, goal, source_name, sample, split_seed, created_at_ms, \
                       changed_at_ms, deleted, examples";

row_id! {
    /// Names a project.
    ProjectId
}

/// A project as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRow {
    /// Its number.
    pub id: ProjectId,
    /// The name a person gave it.
    pub name: String,
    /// What the assistant should do, in the person's words.
    pub goal: Option<String>,
    /// Name (never the path) of the file it began with.
    pub source_name: Option<String>,
    /// Whether it is the sample of the welcome page.
    pub sample: bool,
    /// Seed of the split into train, validate and test.
    pub split_seed: u64,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it or one of its examples changed last.
    pub changed_at_ms: i64,
    /// Whether it lies in the bin.
    pub deleted: bool,
    /// How many examples it has (without the bin).
    pub examples: u64,
}

/// What is needed to make a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProject {
    /// The name a person gave it.
    pub name: String,
    /// What the assistant should do.
    pub goal: Option<String>,
    /// Name (never the path) of the file it begins with.
    pub source_name: Option<String>,
    /// Whether it is the sample of the welcome page.
    pub sample: bool,
    /// Seed of the split into train, validate and test.
    pub split_seed: u64,
    /// The time now.
    pub now_ms: i64,
}

impl Library {
    /// All projects, those in the bin included, the last changed first.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn projects(&self) -> Result<Vec<ProjectRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM project ORDER BY changed_at_ms DESC, id DESC"
            ))?;
            let rows = statement.query_map([], from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The project `id`, also if it lies in the bin.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none.
    pub fn project(&self, id: ProjectId) -> Result<ProjectRow, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM project WHERE id = ?1"))?;
            let row = statement.query_row([id], from_row).optional()?;
            row.ok_or_else(|| missing(id))
        })
    }

    /// Makes a project without examples.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn project_create(&self, new: &NewProject) -> Result<ProjectId, StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO project (name, goal, source_name, sample, split_seed, created_at_ms, \
                 changed_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                params![
                    new.name,
                    new.goal,
                    new.source_name,
                    new.sample,
                    new.split_seed.cast_signed(),
                    new.now_ms
                ],
            )?;
            Ok(ProjectId(transaction.last_insert_rowid()))
        })
    }

    /// Gives the project another name.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such project.
    pub fn project_rename(&self, id: ProjectId, name: &str, now_ms: i64) -> Result<(), StoreError> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE project SET name = ?2, changed_at_ms = ?3 WHERE id = ?1",
                params![id, name, now_ms],
            )?;
            if changed == 0 { Err(missing(id)) } else { Ok(()) }
        })
    }

    /// Puts the project into the bin (`deleted`) or takes it out again; its examples and runs stay.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such project.
    pub fn project_set_deleted(&self, id: ProjectId, deleted: bool) -> Result<(), StoreError> {
        self.write(|transaction| {
            let changed = transaction
                .execute("UPDATE project SET deleted = ?2 WHERE id = ?1", params![id, deleted])?;
            if changed == 0 { Err(missing(id)) } else { Ok(()) }
        })
    }
}

/// The operation in force (0 for none), the point of the history the project stands at.
pub(crate) fn cursor(connection: &Connection, id: ProjectId) -> Result<i64, StoreError> {
    connection
        .prepare_cached("SELECT cursor FROM project WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .ok_or_else(|| missing(id))
}

/// Moves the project to the point `cursor` of its history, with `added` examples more (or fewer).
pub(crate) fn set_cursor(
    connection: &Connection,
    id: ProjectId,
    cursor: i64,
    added: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE project SET cursor = ?2, examples = examples + ?3, changed_at_ms = ?4 \
             WHERE id = ?1",
        )?
        .execute(params![id, cursor, added, now_ms])?;
    Ok(())
}

fn missing(id: ProjectId) -> StoreError {
    StoreError::missing(format!("project {}", id.0))
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<ProjectRow> {
    Ok(ProjectRow {
        id: row.get(0)?,
        name: row.get(1)?,
        goal: row.get(2)?,
        source_name: row.get(3)?,
        sample: row.get(4)?,
        split_seed: row.get::<_, i64>(5)?.cast_unsigned(),
        created_at_ms: row.get(6)?,
        changed_at_ms: row.get(7)?,
        deleted: row.get(8)?,
        examples: row.get(9)?,
    })
}
