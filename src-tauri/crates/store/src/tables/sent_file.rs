//! Files that were sent to a service for a training: how far they are, and whether they still lie there.

use rusqlite::{OptionalExtension, Row, params};

use crate::{Library, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE sent_file (
    launch_id TEXT NOT NULL REFERENCES launch (launch_id),
    name TEXT NOT NULL,
    service TEXT NOT NULL,
    hash TEXT NOT NULL,
    upload_json TEXT,
    file_id TEXT,
    begun_at_ms INTEGER NOT NULL,
    deleted_at_ms INTEGER,
    PRIMARY KEY (launch_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX sent_file_service ON sent_file (service, begun_at_ms);
";

const COLUMNS: &str =
    "launch_id, name, service, hash, upload_json, file_id, begun_at_ms, deleted_at_ms";

/// A file on its way to a service, or there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFileRow {
    /// The launch it was sent for.
    pub launch_id: String,
    /// Its name at the service; no other file has it.
    pub name: String,
    /// The service.
    pub service: String,
    /// BLAKE3 of its bytes in hex, under which it lies in the library.
    pub hash: String,
    /// How far it is, where it is sent in parts, in the words of whoever sends.
    pub upload_json: Option<String>,
    /// The service's id of it, once it is there whole.
    pub file_id: Option<String>,
    /// When its sending began.
    pub begun_at_ms: i64,
    /// When it was removed there.
    pub deleted_at_ms: Option<i64>,
}

impl Library {
    /// Stores how far a file is, in the place of what was known of it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such launch.
    pub fn sent_file_put(&self, file: &SentFileRow) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                &format!(
                    "INSERT INTO sent_file ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
                     ON CONFLICT (launch_id, name) DO UPDATE SET \
                     upload_json = excluded.upload_json, file_id = excluded.file_id, \
                     deleted_at_ms = excluded.deleted_at_ms"
                ),
                params![
                    file.launch_id,
                    file.name,
                    file.service,
                    file.hash,
                    file.upload_json,
                    file.file_id,
                    file.begun_at_ms,
                    file.deleted_at_ms
                ],
            )?;
            Ok(())
        })
    }

    /// What is known of one file of a launch.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn sent_file(
        &self,
        launch_id: &str,
        name: &str,
    ) -> Result<Option<SentFileRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM sent_file WHERE launch_id = ?1 AND name = ?2"
            ))?;
            Ok(statement.query_row([launch_id, name], from_row).optional()?)
        })
    }

    /// The files of a launch, by name.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn sent_files(&self, launch_id: &str) -> Result<Vec<SentFileRow>, StoreError> {
        self.sent_files_where("launch_id = ?1 ORDER BY name", launch_id)
    }

    /// The files that were sent to a service and not removed there, the oldest first.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn sent_files_at(&self, service: &str) -> Result<Vec<SentFileRow>, StoreError> {
        let condition = "service = ?1 AND deleted_at_ms IS NULL ORDER BY begun_at_ms, name";
        self.sent_files_where(condition, service)
    }

    fn sent_files_where(
        &self,
        condition: &str,
        value: &str,
    ) -> Result<Vec<SentFileRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM sent_file WHERE {condition}"))?;
            let rows = statement.query_map([value], from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<SentFileRow> {
    Ok(SentFileRow {
        launch_id: row.get(0)?,
        name: row.get(1)?,
        service: row.get(2)?,
        hash: row.get(3)?,
        upload_json: row.get(4)?,
        file_id: row.get(5)?,
        begun_at_ms: row.get(6)?,
        deleted_at_ms: row.get(7)?,
    })
}
