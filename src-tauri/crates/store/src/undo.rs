//! Undo and redo without an end: they read the log, so they survive a restart.

use rusqlite::Connection;

use crate::changes::{count, set_deleted};
use crate::tables::operation::{self, Step};
use crate::tables::{example, project};
use crate::{Library, OperationKind, OperationRow, ProjectId, StoreError};

/// Which way an operation is gone through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Undo,
    Redo,
}

impl Library {
    /// Takes back the last operation in force and returns it; none if there is nothing to take back.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such project.
    pub fn undo(
        &self,
        project: ProjectId,
        now_ms: i64,
    ) -> Result<Option<OperationRow>, StoreError> {
        self.write(|transaction| {
            let mut taken_back: Option<OperationRow> = None;
            loop {
                let cursor = project::cursor(transaction, project)?;
                let Some(step) = operation::step(transaction, cursor)? else {
                    return Ok(taken_back);
                };
                self.go_through(transaction, project, &step, Direction::Undo, now_ms)?;
                // What a person typed in one go is shown as its last edit.
                let shown = taken_back.get_or_insert(step.row);
                if !step.joined {
                    return Ok(Some(shown.clone()));
                }
            }
        })
    }

    /// Brings back the operation taken back last and returns it; none if there is nothing to bring back.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such project.
    pub fn redo(
        &self,
        project: ProjectId,
        now_ms: i64,
    ) -> Result<Option<OperationRow>, StoreError> {
        self.write(|transaction| {
            let cursor = project::cursor(transaction, project)?;
            let mut brought_back = None;
            for step in operation::redo_steps(transaction, project, cursor)? {
                self.go_through(transaction, project, &step, Direction::Redo, now_ms)?;
                brought_back = Some(step.row);
            }
            Ok(brought_back)
        })
    }

    fn go_through(
        &self,
        connection: &Connection,
        project: ProjectId,
        step: &Step,
        direction: Direction,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let added = match step.row.kind {
            OperationKind::Edit => {
                restore(connection, step, direction)?;
                0
            }
            OperationKind::Import | OperationKind::Add | OperationKind::Delete => {
                let deleted =
                    (step.row.kind == OperationKind::Delete) == (direction == Direction::Redo);
                let mut between = || self.point("undo.mid");
                set_deleted(connection, project, &step.ranges, deleted, &mut between)?;
                if deleted { -count(&step.ranges)? } else { count(&step.ranges)? }
            }
        };
        let (cursor, word) = match direction {
            Direction::Undo => (step.parent, "undo"),
            Direction::Redo => (step.row.id.0, "redo"),
        };
        operation::append_move(connection, step.row.id, word, now_ms)?;
        project::set_cursor(connection, project, cursor, added, now_ms)
    }
}

fn restore(connection: &Connection, step: &Step, direction: Direction) -> Result<(), StoreError> {
    let side = match direction {
        Direction::Undo => "before",
        Direction::Redo => "after",
    };
    let edited = step.edited().ok_or_else(|| StoreError::Damaged {
        what: format!("edit {} names no example", step.row.id.0),
    })?;
    let content = operation::content(connection, step.row.id, side)?;
    example::set_content(connection, edited, &content)
}
