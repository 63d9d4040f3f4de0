//! Evaluations: the stored answers of a model on the kept-aside examples, and the metrics computed from them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::tables::row_id;
use crate::{Library, ProjectId, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE evaluation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL REFERENCES project (id),
    launch_id TEXT NOT NULL REFERENCES launch (launch_id),
    state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'stopped', 'failed')),
    kind TEXT NOT NULL,
    examples INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    metrics_json TEXT,
    created_at_ms INTEGER NOT NULL,
    finished_at_ms INTEGER
) STRICT;
CREATE INDEX evaluation_project ON evaluation (project);
CREATE INDEX evaluation_launch ON evaluation (launch_id);
CREATE TABLE evaluation_answer (
    evaluation INTEGER NOT NULL REFERENCES evaluation (id),
    number INTEGER NOT NULL,
    line INTEGER,
    question TEXT NOT NULL,
    expected TEXT NOT NULL,
    answer TEXT NOT NULL,
    correct INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX evaluation_answer_number ON evaluation_answer (evaluation, number);
CREATE INDEX evaluation_answer_wrong ON evaluation_answer (evaluation, number) WHERE correct = 0;
";

/// The second schema: what the model said before it was trained.
pub(crate) const BEFORE: &str = "
ALTER TABLE evaluation ADD COLUMN before_model TEXT;
ALTER TABLE evaluation_answer ADD COLUMN before_answer TEXT;
ALTER TABLE evaluation_answer ADD COLUMN before_correct INTEGER;
";

const COLUMNS: &str = "id, project, launch_id, state, kind, examples, done, metrics_json, \
                       created_at_ms, finished_at_ms, before_model, \
                       (SELECT count(*) FROM evaluation_answer \
                        WHERE evaluation = evaluation.id AND correct), \
                       (SELECT count(*) FROM evaluation_answer \
                        WHERE evaluation = evaluation.id AND before_correct)";

row_id! {
    /// Names an evaluation.
    EvaluationId
}

/// An evaluation as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationRow {
    /// Its number.
    pub id: EvaluationId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// The launch whose model answered.
    pub launch_id: String,
    /// `running`, `finished`, `stopped` or `failed`.
    pub state: String,
    /// `groups` or `text`, in the words of the evaluation crate.
    pub kind: String,
    /// How many examples there are to answer.
    pub examples: u64,
    /// How many answers are stored.
    pub done: u64,
    /// The metrics, once there are some.
    pub metrics_json: Option<String>,
    /// When it began.
    pub created_at_ms: i64,
    /// When it was over.
    pub finished_at_ms: Option<i64>,
    /// The model that answers for the time before the training; none for what was nothing before.
    pub before_model: Option<String>,
    /// Stored answers that are right.
    pub right: u64,
    /// Stored answers from before that are right.
    pub before_right: u64,
}

/// What is needed to begin an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvaluation {
    /// The project it belongs to.
    pub project: ProjectId,
    /// The launch whose model answers.
    pub launch_id: String,
    /// `groups` or `text`.
    pub kind: String,
    /// How many examples there are to answer.
    pub examples: u64,
    /// The time now.
    pub created_at_ms: i64,
    /// The model that answers for the time before the training.
    pub before_model: Option<String>,
}

/// What the model said before it was trained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerBefore {
    /// What it answered.
    pub answer: String,
    /// Whether it counts as right.
    pub right: bool,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// 0-based number of the example among the kept-aside ones.
    pub index: u64,
    /// 1-based line or spreadsheet row the example came from.
    pub line: Option<u64>,
    /// What was asked.
    pub question: String,
    /// The right answer.
    pub expected: String,
    /// What the model answered.
    pub answer: String,
    /// Whether it counts as right.
    pub right: bool,
    /// What the model said before it was trained.
    pub before: Option<AnswerBefore>,
}

impl Library {
    /// Begins an evaluation in the state `running`.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such project or launch.
    pub fn evaluation_create(&self, new: &NewEvaluation) -> Result<EvaluationId, StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO evaluation (project, launch_id, state, kind, examples, \
                 created_at_ms, before_model) VALUES (?1, ?2, 'running', ?3, ?4, ?5, ?6)",
                params![
                    new.project,
                    new.launch_id,
                    new.kind,
                    new.examples,
                    new.created_at_ms,
                    new.before_model
                ],
            )?;
            Ok(EvaluationId(transaction.last_insert_rowid()))
        })
    }

    /// Stores answers; an answer that was stored already (by its index) is replaced.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such evaluation.
    pub fn evaluation_answers_append(
        &self,
        id: EvaluationId,
        answers: &[AnswerRow],
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO evaluation_answer (evaluation, number, line, question, expected, \
                 answer, correct, before_answer, before_correct) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
                 ON CONFLICT (evaluation, number) DO UPDATE SET line = excluded.line, \
                 question = excluded.question, expected = excluded.expected, \
                 answer = excluded.answer, correct = excluded.correct, \
                 before_answer = excluded.before_answer, \
                 before_correct = excluded.before_correct",
            )?;
            for answer in answers {
                statement.execute(params![
                    id,
                    answer.index,
                    answer.line,
                    answer.question,
                    answer.expected,
                    answer.answer,
                    answer.right,
                    answer.before.as_ref().map(|before| &before.answer),
                    answer.before.as_ref().map(|before| before.right)
                ])?;
            }
            let changed = transaction.execute(
                "UPDATE evaluation SET done = (SELECT count(*) FROM evaluation_answer \
                 WHERE evaluation = ?1) WHERE id = ?1",
                [id],
            )?;
            if changed == 0 { Err(missing(id)) } else { Ok(()) }
        })
    }

    /// Ends an evaluation with `state` (`finished`, `stopped` or `failed`).
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such evaluation.
    pub fn evaluation_finish(
        &self,
        id: EvaluationId,
        state: &str,
        metrics_json: Option<&str>,
        finished_at_ms: i64,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE evaluation SET state = ?2, metrics_json = ?3, finished_at_ms = ?4 \
                 WHERE id = ?1",
                params![id, state, metrics_json, finished_at_ms],
            )?;
            if changed == 0 { Err(missing(id)) } else { Ok(()) }
        })
    }

    /// The evaluation `id`.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none.
    pub fn evaluation(&self, id: EvaluationId) -> Result<EvaluationRow, StoreError> {
        self.read(|connection| latest(connection, "id = ?1", &id)?.ok_or_else(|| missing(id)))
    }

    /// The newest evaluation of a project, if there is one.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn evaluation_latest(
        &self,
        project: ProjectId,
    ) -> Result<Option<EvaluationRow>, StoreError> {
        self.read(|connection| latest(connection, "project = ?1", &project))
    }

    /// The newest evaluation of the model of a launch, if there is one.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn evaluation_latest_of_launch(
        &self,
        launch_id: &str,
    ) -> Result<Option<EvaluationRow>, StoreError> {
        self.read(|connection| latest(connection, "launch_id = ?1", &launch_id))
    }

    /// `count` answers from the `start`th on, in the order of their index, and how many there are in all (both of the
    /// wrong ones alone if `only_wrong`).
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn answers(
        &self,
        id: EvaluationId,
        start: u64,
        count: u64,
        only_wrong: bool,
    ) -> Result<(Vec<AnswerRow>, u64), StoreError> {
        let wrong = if only_wrong { "AND correct = 0" } else { "" };
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.read(|connection| {
            let total = connection
                .prepare_cached(&format!(
                    "SELECT count(*) FROM evaluation_answer WHERE evaluation = ?1 {wrong}"
                ))?
                .query_row([id], |row| row.get(0))?;
            let mut statement = connection.prepare_cached(&format!(
                "SELECT number, line, question, expected, answer, correct, before_answer, \
                 before_correct FROM evaluation_answer \
                 WHERE evaluation = ?1 {wrong} ORDER BY number LIMIT ?2 OFFSET ?3"
            ))?;
            let rows = statement.query_map(params![id, count, start], answer_from_row)?;
            Ok((rows.collect::<Result<_, _>>()?, total))
        })
    }
}

fn latest(
    connection: &Connection,
    condition: &str,
    value: &dyn rusqlite::ToSql,
) -> Result<Option<EvaluationRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM evaluation WHERE {condition} ORDER BY id DESC LIMIT 1"
    ))?;
    Ok(statement.query_row([value], from_row).optional()?)
}

fn missing(id: EvaluationId) -> StoreError {
    StoreError::missing(format!("evaluation {}", id.0))
}

fn answer_from_row(row: &Row<'_>) -> rusqlite::Result<AnswerRow> {
    let answer: Option<String> = row.get(6)?;
    let right: Option<bool> = row.get(7)?;
    Ok(AnswerRow {
        before: answer.zip(right).map(|(answer, right)| AnswerBefore { answer, right }),
        index: row.get(0)?,
        line: row.get(1)?,
        question: row.get(2)?,
        expected: row.get(3)?,
        answer: row.get(4)?,
        right: row.get(5)?,
    })
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<EvaluationRow> {
    Ok(EvaluationRow {
        id: row.get(0)?,
        project: row.get(1)?,
        launch_id: row.get(2)?,
        state: row.get(3)?,
        kind: row.get(4)?,
        examples: row.get(5)?,
        done: row.get(6)?,
        metrics_json: row.get(7)?,
        created_at_ms: row.get(8)?,
        finished_at_ms: row.get(9)?,
        before_model: row.get(10)?,
        right: row.get(11)?,
        before_right: row.get(12)?,
    })
}
