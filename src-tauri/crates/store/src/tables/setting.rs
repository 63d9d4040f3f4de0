//! Settings of the program, as JSON by key. What a key means is the caller's business.

use rusqlite::{OptionalExtension, params};

use crate::{Library, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value_json TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

impl Library {
    /// The JSON stored under `key`, if any.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT value_json FROM setting WHERE key = ?1")?;
            Ok(statement.query_row([key], |row| row.get(0)).optional()?)
        })
    }

    /// Stores `value_json` under `key`, in the place of what was there.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn setting_set(&self, key: &str, value_json: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO setting (key, value_json) VALUES (?1, ?2) \
                 ON CONFLICT (key) DO UPDATE SET value_json = excluded.value_json",
                params![key, value_json],
            )?;
            Ok(())
        })
    }
}
