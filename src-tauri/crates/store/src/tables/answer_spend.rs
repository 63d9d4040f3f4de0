//! Money for answers of models at services: one row for each chat question and each test, written
//! before anything is asked.

use rusqlite::{Row, params};

use crate::{Library, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE answer_spend (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    launch_id TEXT NOT NULL REFERENCES launch (launch_id),
    purpose TEXT NOT NULL CHECK (purpose IN ('chat', 'test')),
    begun_at_ms INTEGER NOT NULL,
    expected_micro_usd INTEGER,
    ceiling_micro_usd INTEGER,
    answers INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    actual_micro_usd INTEGER
) STRICT;
CREATE INDEX answer_spend_begun ON answer_spend (begun_at_ms);
";

const COLUMNS: &str = "id, launch_id, purpose, begun_at_ms, expected_micro_usd, \
    ceiling_micro_usd, answers, input_tokens, output_tokens, actual_micro_usd";

super::row_id! {
    /// Which chat question or test was paid for.
    AnswerSpendId
}

/// Agreement to pay for answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnswerSpend {
    /// The training whose model answers.
    pub launch_id: String,
    /// `chat` or `test`.
    pub purpose: &'static str,
    /// When the person agreed.
    pub begun_at_ms: i64,
    /// What it will cost, in millionths of a US dollar, where that is known.
    pub expected_micro_usd: Option<i64>,
    /// The most it may cost, in millionths of a US dollar; absent where no price is known.
    pub ceiling_micro_usd: Option<i64>,
}

/// What answers took, as the service counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AnswersTaken {
    /// How many came.
    pub answers: u64,
    /// Tokens that were read.
    pub input_tokens: u64,
    /// Tokens that were written.
    pub output_tokens: u64,
    /// What that costs, in millionths of a US dollar; absent where no price is known or the service did
    /// not count.
    pub actual_micro_usd: Option<i64>,
}

/// Answers that were paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerSpendRow {
    /// Its number.
    pub id: AnswerSpendId,
    /// The training whose model answered.
    pub launch_id: String,
    /// `chat` or `test`.
    pub purpose: String,
    /// When the person agreed.
    pub begun_at_ms: i64,
    /// What was expected, in millionths of a US dollar.
    pub expected_micro_usd: Option<i64>,
    /// The most that was agreed to, in millionths of a US dollar.
    pub ceiling_micro_usd: Option<i64>,
    /// What it took so far.
    pub taken: AnswersTaken,
}

impl Library {
    /// Writes down that answers may cost money.
    ///
    /// # Errors
    /// Failures of the database; then nothing may be asked.
    pub fn answer_spend_begin(&self, new: &NewAnswerSpend) -> Result<AnswerSpendId, StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO answer_spend (launch_id, purpose, begun_at_ms, expected_micro_usd, \
                 ceiling_micro_usd) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    new.launch_id,
                    new.purpose,
                    new.begun_at_ms,
                    new.expected_micro_usd,
                    new.ceiling_micro_usd
                ],
            )?;
            Ok(AnswerSpendId(transaction.last_insert_rowid()))
        })
    }

    /// Writes down what the answers took.
    ///
    /// # Errors
    /// Failures of the database.
    pub fn answer_spend_take(
        &self,
        id: AnswerSpendId,
        taken: &AnswersTaken,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE answer_spend SET answers = ?2, input_tokens = ?3, output_tokens = ?4, \
                 actual_micro_usd = ?5 WHERE id = ?1",
                params![
                    id,
                    taken.answers,
                    taken.input_tokens,
                    taken.output_tokens,
                    taken.actual_micro_usd
                ],
            )?;
            Ok(())
        })
    }

    /// Lowers the most that answers cost: no more are asked for, and these cost no more than that.
    ///
    /// # Errors
    /// Failures of the database.
    pub fn answer_spend_lower(
        &self,
        id: AnswerSpendId,
        most_micro_usd: i64,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE answer_spend SET ceiling_micro_usd = min(ceiling_micro_usd, ?2) \
                 WHERE id = ?1 AND ceiling_micro_usd IS NOT NULL",
                params![id, most_micro_usd],
            )?;
            Ok(())
        })
    }

    /// The answers that were paid for since a moment, the newest first.
    ///
    /// # Errors
    /// Failures of the database.
    pub fn answer_spends_since(&self, since_ms: i64) -> Result<Vec<AnswerSpendRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM answer_spend WHERE begun_at_ms >= ?1 ORDER BY id DESC"
            ))?;
            let rows = statement.query_map([since_ms], from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<AnswerSpendRow> {
    Ok(AnswerSpendRow {
        id: row.get(0)?,
        launch_id: row.get(1)?,
        purpose: row.get(2)?,
        begun_at_ms: row.get(3)?,
        expected_micro_usd: row.get(4)?,
        ceiling_micro_usd: row.get(5)?,
        taken: AnswersTaken {
            answers: row.get(6)?,
            input_tokens: row.get(7)?,
            output_tokens: row.get(8)?,
            actual_micro_usd: row.get(9)?,
        },
    })
}
