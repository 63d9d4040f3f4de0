//! Money that was agreed to: one row for each confirmation, bound to the order it pays for.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::{Library, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE spend (
    token_sha TEXT PRIMARY KEY,
    launch_id TEXT NOT NULL UNIQUE REFERENCES launch (launch_id),
    request_sha TEXT NOT NULL,
    expected_micro_usd INTEGER,
    ceiling_micro_usd INTEGER NOT NULL,
    confirmed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

const COLUMNS: &str =
    "token_sha, launch_id, request_sha, expected_micro_usd, ceiling_micro_usd, confirmed_at_ms";

/// A confirmation that money may be spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendRow {
    /// Hash of the token that was confirmed; no token pays twice.
    pub token_sha: String,
    /// The launch that it pays for.
    pub launch_id: String,
    /// Hash of what was ordered.
    pub request_sha: String,
    /// What it was expected to cost, in millionths of a US dollar, where that was known.
    pub expected_micro_usd: Option<i64>,
    /// The most it may cost, in millionths of a US dollar.
    pub ceiling_micro_usd: i64,
    /// When the person agreed.
    pub confirmed_at_ms: i64,
}

/// Uses a token up.
pub(super) fn insert(transaction: &Transaction<'_>, spend: &SpendRow) -> Result<(), StoreError> {
    transaction.execute(
        &format!("INSERT INTO spend ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
        params![
            spend.token_sha,
            spend.launch_id,
            spend.request_sha,
            spend.expected_micro_usd,
            spend.ceiling_micro_usd,
            spend.confirmed_at_ms
        ],
    )?;
    Ok(())
}

impl Library {
    /// What was agreed to for a launch; nothing for one that costs nothing.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn spend(&self, launch_id: &str) -> Result<Option<SpendRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM spend WHERE launch_id = ?1"))?;
            Ok(statement.query_row([launch_id], from_row).optional()?)
        })
    }

    /// Everything that was agreed to for launches, the latest first.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn spends(&self) -> Result<Vec<SpendRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM spend ORDER BY confirmed_at_ms DESC, launch_id DESC"
            ))?;
            let rows = statement.query_map([], from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<SpendRow> {
    Ok(SpendRow {
        token_sha: row.get(0)?,
        launch_id: row.get(1)?,
        request_sha: row.get(2)?,
        expected_micro_usd: row.get(3)?,
        ceiling_micro_usd: row.get(4)?,
        confirmed_at_ms: row.get(5)?,
    })
}
