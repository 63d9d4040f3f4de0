//! Events of runs, copied from the service by their id and kept: services forget them, the library does not.

use rusqlite::{OptionalExtension as _, params};

use crate::{Library, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE run_event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    launch_id TEXT NOT NULL REFERENCES launch (launch_id),
    event_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    step INTEGER,
    data_json TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX run_event_once ON run_event (launch_id, event_id);
CREATE INDEX run_event_order ON run_event (launch_id, seq);
";

/// An event as the service told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEvent {
    /// The service's id of the event; the same event told twice is stored once.
    pub event_id: String,
    /// When it happened.
    pub at_ms: i64,
    /// `metrics`, `message`, ...
    pub kind: String,
    /// The optimiser step it belongs to.
    pub step: Option<u64>,
    /// The rest, as JSON.
    pub data_json: String,
}

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEventRow {
    /// Grows with every stored event; ask for events after the last one seen.
    pub seq: u64,
    /// The event.
    pub event: RunEvent,
}

impl Library {
    /// Stores the events that are not stored yet and returns how many those were.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such launch.
    pub fn run_events_append(
        &self,
        launch_id: &str,
        events: &[RunEvent],
    ) -> Result<u64, StoreError> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO run_event (launch_id, event_id, at_ms, kind, step, data_json) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (launch_id, event_id) DO NOTHING",
            )?;
            let mut stored = 0;
            for event in events {
                stored += statement.execute(params![
                    launch_id,
                    event.event_id,
                    event.at_ms,
                    event.kind,
                    event.step,
                    event.data_json
                ])?;
            }
            Ok(stored as u64)
        })
    }

    /// The service's id of the event of a launch that was stored last, if there is one.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn run_event_last(&self, launch_id: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT event_id FROM run_event WHERE launch_id = ?1 ORDER BY seq DESC LIMIT 1",
                )?
                .query_row([launch_id], |row| row.get(0))
                .optional()?)
        })
    }

    /// The events of a launch (of one `kind`, if given) stored after `after_seq`, in their order, `limit` at most.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn run_events(
        &self,
        launch_id: &str,
        kind: Option<&str>,
        after_seq: u64,
        limit: u64,
    ) -> Result<Vec<RunEventRow>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT seq, event_id, at_ms, kind, step, data_json FROM run_event \
                 WHERE launch_id = ?1 AND seq > ?2 AND (?3 IS NULL OR kind = ?3) \
                 ORDER BY seq LIMIT ?4",
            )?;
            let rows = statement.query_map(params![launch_id, after_seq, kind, limit], |row| {
                let event = RunEvent {
                    event_id: row.get(1)?,
                    at_ms: row.get(2)?,
                    kind: row.get(3)?,
                    step: row.get(4)?,
                    data_json: row.get(5)?,
                };
                Ok(RunEventRow { seq: row.get(0)?, event })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
