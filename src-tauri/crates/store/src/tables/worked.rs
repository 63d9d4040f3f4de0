//! The time that a person worked on the examples of a project, day by day, where they asked for it to be
//! counted. How long, and never what was done.

use rusqlite::params;

use crate::{Library, ProjectId, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE worked (
    project INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    day TEXT NOT NULL,
    seconds INTEGER NOT NULL CHECK (seconds > 0),
    PRIMARY KEY (project, day)
) STRICT, WITHOUT ROWID;
";

impl Library {
    /// Adds `seconds` to what was worked on a project on the day `day` (`YYYY-MM-DD`).
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such project.
    pub fn worked_add(
        &self,
        project: ProjectId,
        day: &str,
        seconds: u32,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO worked (project, day, seconds) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (project, day) DO UPDATE SET seconds = seconds + excluded.seconds",
                params![project, day, seconds],
            )?;
            Ok(())
        })
    }

    /// The seconds that were worked on a project in all.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn worked_seconds(&self, project: ProjectId) -> Result<u64, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT coalesce(sum(seconds), 0) FROM worked WHERE project = ?1",
            )?;
            Ok(statement.query_row([project], |row| row.get(0))?)
        })
    }

    /// Forgets all time that was worked on a project.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn worked_forget(&self, project: ProjectId) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM worked WHERE project = ?1", [project])?;
            Ok(())
        })
    }
}
