//! Tokenizer files that the person chose for models at services.

use rusqlite::{OptionalExtension as _, params};

use crate::{Library, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE model_tokenizer (
    service TEXT NOT NULL,
    model TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file TEXT NOT NULL,
    chosen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (service, model)
) STRICT, WITHOUT ROWID;
";

/// A tokenizer file of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelTokenizerRow {
    /// The service's name.
    pub service: String,
    /// The model's name there.
    pub model: String,
    /// What the file was called where it was chosen.
    pub file_name: String,
    /// The file, by its content.
    pub file: String,
    /// When it was chosen, milliseconds since 1970.
    pub chosen_at_ms: i64,
}

impl Library {
    /// Keeps which file counts the text of a model, instead of one that was chosen before.
    ///
    /// # Errors
    /// Failures of the database.
    pub fn model_tokenizer_put(&self, row: &ModelTokenizerRow) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO model_tokenizer (service, model, file_name, file, \
                 chosen_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![row.service, row.model, row.file_name, row.file, row.chosen_at_ms],
            )?;
            Ok(())
        })
    }

    /// The file that counts the text of a model, where one was chosen.
    ///
    /// # Errors
    /// Failures of the database.
    pub fn model_tokenizer(
        &self,
        service: &str,
        model: &str,
    ) -> Result<Option<ModelTokenizerRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT service, model, file_name, file, chosen_at_ms FROM model_tokenizer \
                 WHERE service = ?1 AND model = ?2",
            )?;
            let row = statement.query_row([service, model], |row| {
                Ok(ModelTokenizerRow {
                    service: row.get(0)?,
                    model: row.get(1)?,
                    file_name: row.get(2)?,
                    file: row.get(3)?,
                    chosen_at_ms: row.get(4)?,
                })
            });
            Ok(row.optional()?)
        })
    }

    /// Forgets which file counts the text of a model.
    ///
    /// # Errors
    /// Failures of the database.
    pub fn model_tokenizer_forget(&self, service: &str, model: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "DELETE FROM model_tokenizer WHERE service = ?1 AND model = ?2",
                [service, model],
            )?;
            Ok(())
        })
    }
}
