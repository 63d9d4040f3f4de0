//! What was said to a tuned model and what it answered. Text is stored as it is and never interpreted.

use rusqlite::params;

use crate::tables::row_id;
use crate::{Library, ProjectId, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE chat (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL REFERENCES project (id),
    launch_id TEXT NOT NULL REFERENCES launch (launch_id),
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX chat_launch ON chat (project, launch_id);
";

row_id! {
    /// Names a message of a chat.
    ChatMessageId
}

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessageRow {
    /// Its number; grows with every message.
    pub id: ChatMessageId,
    /// `user`, `assistant`, ...
    pub role: String,
    /// What was said.
    pub content: String,
    /// When.
    pub at_ms: i64,
}

impl Library {
    /// Appends a message to the chat with the model of `launch_id`.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such project or launch.
    pub fn chat_append(
        &self,
        project: ProjectId,
        launch_id: &str,
        role: &str,
        content: &str,
        at_ms: i64,
    ) -> Result<ChatMessageId, StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO chat (project, launch_id, role, content, at_ms) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![project, launch_id, role, content, at_ms],
            )?;
            Ok(ChatMessageId(transaction.last_insert_rowid()))
        })
    }

    /// The chat with the model of `launch_id`, the oldest message first.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn chat_messages(
        &self,
        project: ProjectId,
        launch_id: &str,
    ) -> Result<Vec<ChatMessageRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, role, content, at_ms FROM chat \
                 WHERE project = ?1 AND launch_id = ?2 ORDER BY id",
            )?;
            let rows = statement.query_map(params![project, launch_id], |row| {
                Ok(ChatMessageRow {
                    id: row.get(0)?,
                    role: row.get(1)?,
                    content: row.get(2)?,
                    at_ms: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Empties the chat with the model of `launch_id` and returns how many messages it had.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn chat_clear(&self, project: ProjectId, launch_id: &str) -> Result<u64, StoreError> {
        self.write(|transaction| {
            let removed = transaction.execute(
                "DELETE FROM chat WHERE project = ?1 AND launch_id = ?2",
                params![project, launch_id],
            )?;
            Ok(removed as u64)
        })
    }
}
