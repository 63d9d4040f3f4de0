//! Launches: confirmed orders of a training, each with the id that makes it happen at most once.
//!
//! What a state means is decided by the state machine of the jobs crate; here only "open" and "over" differ.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{Library, ProjectId, SpendRow, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE launch (
    launch_id TEXT PRIMARY KEY,
    project INTEGER NOT NULL REFERENCES project (id),
    service TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL,
    job_id TEXT,
    request_json TEXT NOT NULL,
    request_sha TEXT NOT NULL,
    train_file TEXT NOT NULL,
    validate_file TEXT NOT NULL,
    test_file TEXT NOT NULL,
    recipe_json TEXT NOT NULL,
    train_count INTEGER NOT NULL,
    validate_count INTEGER NOT NULL,
    test_count INTEGER NOT NULL,
    dataset_version INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    server_ms INTEGER,
    finished_at_ms INTEGER,
    result_model TEXT,
    progress_json TEXT,
    error_json TEXT
) STRICT;
CREATE UNIQUE INDEX launch_one_open ON launch (project) WHERE state IN ('intent', 'sending',
    'ambiguous', 'validating', 'queued', 'running', 'pausing', 'paused', 'resuming', 'cancelling');
CREATE INDEX launch_project ON launch (project, created_at_ms);
";

const COLUMNS: &str = "launch_id, project, service, model, state, job_id, request_json, \
    request_sha, train_file, validate_file, test_file, recipe_json, train_count, validate_count, \
    test_count, dataset_version, created_at_ms, changed_at_ms, server_ms, finished_at_ms, \
    result_model, progress_json, error_json";

/// The states of a launch that is not over; a project has at most one such launch.
pub const OPEN_LAUNCH_STATES: [&str; 10] = [
    "intent",
    "sending",
    "ambiguous",
    "validating",
    "queued",
    "running",
    "pausing",
    "paused",
    "resuming",
    "cancelling",
];

/// How many examples each part of the split has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LaunchCounts {
    /// Examples to learn from.
    pub train: u64,
    /// Examples for the curve and the best checkpoint.
    pub validate: u64,
    /// Examples for answers and verdicts.
    pub test: u64,
}

/// A launch as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchRow {
    /// The ULID made when the person confirmed.
    pub launch_id: String,
    /// The project it belongs to.
    pub project: ProjectId,
    /// Name of the training service.
    pub service: String,
    /// Base model.
    pub model: String,
    /// State, in the words of the jobs crate.
    pub state: String,
    /// The job's id at the service, once it acknowledged.
    pub job_id: Option<String>,
    /// The whole request, as it is sent.
    pub request_json: String,
    /// SHA-256 of the request, in hex.
    pub request_sha: String,
    /// BLAKE3 of the training file, in hex.
    pub train_file: String,
    /// BLAKE3 of the validation file, in hex.
    pub validate_file: String,
    /// BLAKE3 of the file of kept-aside examples, in hex.
    pub test_file: String,
    /// Training settings.
    pub recipe_json: String,
    /// Examples of each part.
    pub counts: LaunchCounts,
    /// Version of the project's examples ([`crate::History::version`]).
    pub dataset_version: u64,
    /// When the person confirmed.
    pub created_at_ms: i64,
    /// When the row changed last; later with every change, even where the clock stands still or goes back.
    pub changed_at_ms: i64,
    /// The service's own time just before the order left.
    pub server_ms: Option<i64>,
    /// When it was over.
    pub finished_at_ms: Option<i64>,
    /// Name of the tuned model.
    pub result_model: Option<String>,
    /// The last progress.
    pub progress_json: Option<String>,
    /// Why it failed.
    pub error_json: Option<String>,
}

/// What becomes different; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaunchChange {
    /// The new state.
    pub state: Option<String>,
    /// The job's id at the service.
    pub job_id: Option<String>,
    /// Name of the tuned model.
    pub result_model: Option<String>,
    /// The last progress.
    pub progress_json: Option<String>,
    /// Why it failed.
    pub error_json: Option<String>,
    /// The service's own time just before the order left.
    pub server_ms: Option<i64>,
    /// When it was over.
    pub finished_at_ms: Option<i64>,
    /// The time now.
    pub changed_at_ms: i64,
}

impl Library {
    /// Stores the intent to train.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the id exists or the project has another open launch, [`StoreError::Missing`] if
    /// there is no such project.
    pub fn launch_insert(&self, launch: &LaunchRow) -> Result<(), StoreError> {
        self.write(|transaction| insert(transaction, launch))
    }

    /// Stores the intent to train together with the confirmation that pays for it: both or neither.
    ///
    /// # Errors
    /// As [`Self::launch_insert`], and [`StoreError::Conflict`] if the confirmation was used before.
    pub fn launch_insert_paid(
        &self,
        launch: &LaunchRow,
        spend: &SpendRow,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            insert(transaction, launch)?;
            super::spend::insert(transaction, spend)
        })
    }

    /// Changes a launch; [`LaunchRow::changed_at_ms`] becomes later by it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such launch, [`StoreError::Conflict`] if it would become a second open
    /// launch of its project.
    pub fn launch_update(&self, launch_id: &str, change: &LaunchChange) -> Result<(), StoreError> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE launch SET state = coalesce(?2, state), job_id = coalesce(?3, job_id), \
                 result_model = coalesce(?4, result_model), \
                 progress_json = coalesce(?5, progress_json), \
                 error_json = coalesce(?6, error_json), server_ms = coalesce(?7, server_ms), \
                 finished_at_ms = coalesce(?8, finished_at_ms), \
                 changed_at_ms = max(?9, changed_at_ms + 1) \
                 WHERE launch_id = ?1",
                params![
                    launch_id,
                    change.state,
                    change.job_id,
                    change.result_model,
                    change.progress_json,
                    change.error_json,
                    change.server_ms,
                    change.finished_at_ms,
                    change.changed_at_ms
                ],
            )?;
            if changed == 0 { Err(missing(launch_id)) } else { Ok(()) }
        })
    }

    /// The launch `launch_id`.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none.
    pub fn launch(&self, launch_id: &str) -> Result<LaunchRow, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM launch WHERE launch_id = ?1"))?
                .query_row([launch_id], from_row)
                .optional()?
                .ok_or_else(|| missing(launch_id))
        })
    }

    /// The launches of a project, the newest first.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn launches(&self, project: ProjectId) -> Result<Vec<LaunchRow>, StoreError> {
        self.launches_where("project = ?1", params![project])
    }

    /// The launches that are not over, of all projects, the newest first.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn launches_open(&self) -> Result<Vec<LaunchRow>, StoreError> {
        let states = OPEN_LAUNCH_STATES.map(|state| format!("'{state}'")).join(", ");
        self.launches_where(&format!("state IN ({states})"), params![])
    }

    /// All launches of all projects, the newest first.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn launches_all(&self) -> Result<Vec<LaunchRow>, StoreError> {
        self.launches_where("TRUE", params![])
    }

    fn launches_where(
        &self,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<LaunchRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM launch WHERE {condition} \
                 ORDER BY created_at_ms DESC, launch_id DESC"
            ))?;
            let rows = statement.query_map(values, from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn insert(connection: &Connection, launch: &LaunchRow) -> Result<(), StoreError> {
    connection.execute(
        &format!(
            "INSERT INTO launch ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, \
             ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)"
        ),
        params![
            launch.launch_id,
            launch.project,
            launch.service,
            launch.model,
            launch.state,
            launch.job_id,
            launch.request_json,
            launch.request_sha,
            launch.train_file,
            launch.validate_file,
            launch.test_file,
            launch.recipe_json,
            launch.counts.train,
            launch.counts.validate,
            launch.counts.test,
            launch.dataset_version,
            launch.created_at_ms,
            launch.changed_at_ms,
            launch.server_ms,
            launch.finished_at_ms,
            launch.result_model,
            launch.progress_json,
            launch.error_json
        ],
    )?;
    Ok(())
}

fn missing(launch_id: &str) -> StoreError {
    StoreError::missing(format!("launch `{launch_id}`"))
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<LaunchRow> {
    Ok(LaunchRow {
        launch_id: row.get(0)?,
        project: row.get(1)?,
        service: row.get(2)?,
        model: row.get(3)?,
        state: row.get(4)?,
        job_id: row.get(5)?,
        request_json: row.get(6)?,
        request_sha: row.get(7)?,
        train_file: row.get(8)?,
        validate_file: row.get(9)?,
        test_file: row.get(10)?,
        recipe_json: row.get(11)?,
        counts: LaunchCounts { train: row.get(12)?, validate: row.get(13)?, test: row.get(14)? },
        dataset_version: row.get(15)?,
        created_at_ms: row.get(16)?,
        changed_at_ms: row.get(17)?,
        server_ms: row.get(18)?,
        finished_at_ms: row.get(19)?,
        result_model: row.get(20)?,
        progress_json: row.get(21)?,
        error_json: row.get(22)?,
    })
}
