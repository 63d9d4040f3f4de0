//! Prices as a person knows them, laid over the book that comes with the program. Nothing is ever removed: an old
//! amount can still be explained.

use rusqlite::{Row, params};

use crate::{Library, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE price_correction (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    model TEXT NOT NULL,
    price_for TEXT NOT NULL,
    counted_by TEXT NOT NULL,
    micro_usd INTEGER CHECK (micro_usd >= 0),
    from_day TEXT NOT NULL,
    typed_at_ms INTEGER NOT NULL
) STRICT;
";

const COLUMNS: &str = "service, model, price_for, counted_by, micro_usd, from_day, typed_at_ms";

/// A price that a person typed, or took back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceCorrectionRow {
    /// Name of the service.
    pub service: String,
    /// Full name of the model.
    pub model: String,
    /// What the price is for, in the words of the caller.
    pub price_for: String,
    /// What it is counted by, in the words of the caller.
    pub counted_by: String,
    /// How much, in millionths of a US dollar; absent where what was typed before is taken back.
    pub micro_usd: Option<i64>,
    /// The day from which it holds, `YYYY-MM-DD`.
    pub from_day: String,
    /// When it was typed.
    pub typed_at_ms: i64,
}

impl Library {
    /// Stores a price that was typed or taken back, after all that were before.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn price_correction_add(&self, correction: &PriceCorrectionRow) -> Result<(), StoreError> {
        self.price_corrections_add(std::slice::from_ref(correction))
    }

    /// The same for several prices: all of them or none.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn price_corrections_add(
        &self,
        corrections: &[PriceCorrectionRow],
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut insert = transaction.prepare_cached(&format!(
                "INSERT INTO price_correction ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
            ))?;
            for correction in corrections {
                insert.execute(params![
                    correction.service,
                    correction.model,
                    correction.price_for,
                    correction.counted_by,
                    correction.micro_usd,
                    correction.from_day,
                    correction.typed_at_ms
                ])?;
            }
            Ok(())
        })
    }

    /// Every price that was ever typed or taken back, the oldest first.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn price_corrections(&self) -> Result<Vec<PriceCorrectionRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM price_correction ORDER BY id"))?;
            let rows = statement.query_map([], from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<PriceCorrectionRow> {
    Ok(PriceCorrectionRow {
        service: row.get(0)?,
        model: row.get(1)?,
        price_for: row.get(2)?,
        counted_by: row.get(3)?,
        micro_usd: row.get(4)?,
        from_day: row.get(5)?,
        typed_at_ms: row.get(6)?,
    })
}
