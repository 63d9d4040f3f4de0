//! Edit, add, delete: each is the change and its row in the log, in one transaction.

use rusqlite::{Connection, params};

use crate::positions::free_position;
use crate::ranges::IdRanges;
use crate::tables::operation::{self, NewOperation};
use crate::tables::{example, project};
use crate::{
    ExampleContent, ExampleId, Library, OperationKind, OperationRow, ProjectId, StoreError,
};

impl Library {
    /// Gives an example another content and returns the operation, or none if the content is the one it has.
    ///
    /// With `merge`, an edit that follows an edit of the same example joins it: undo takes back both at once. The log
    /// keeps them apart.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the project has no such example (any more).
    pub fn example_edit(
        &self,
        project: ProjectId,
        id: ExampleId,
        content: &ExampleContent,
        merge: bool,
        now_ms: i64,
    ) -> Result<Option<OperationRow>, StoreError> {
        self.write(|transaction| {
            let before = example::content(transaction, project, id)?;
            if before == *content {
                return Ok(None);
            }
            let last = operation::step(transaction, project::cursor(transaction, project)?)?;
            let joined = merge && last.and_then(|last| last.edited()) == Some(id);
            example::set_content(transaction, id, content)?;
            let new = NewOperation {
                project,
                kind: OperationKind::Edit,
                joined,
                ranges: &IdRanges::from_ids(&[id]),
                source: None,
                at_ms: now_ms,
            };
            let row = operation::append(transaction, &new, 0)?;
            operation::append_content(transaction, row.id, "before", &before)?;
            operation::append_content(transaction, row.id, "after", content)?;
            Ok(Some(row))
        })
    }

    /// Adds an example right after another one, or after all of them.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such project or the project has no example `after` (any more).
    pub fn example_add(
        &self,
        project: ProjectId,
        after: Option<ExampleId>,
        content: &ExampleContent,
        now_ms: i64,
    ) -> Result<ExampleId, StoreError> {
        self.write(|transaction| {
            let position = free_position(transaction, project, after)?;
            let id = example::insert(transaction, project, position, None, content)?;
            let new = NewOperation {
                project,
                kind: OperationKind::Add,
                joined: false,
                ranges: &IdRanges::from_ids(&[id]),
                source: None,
                at_ms: now_ms,
            };
            operation::append(transaction, &new, 1)?;
            Ok(id)
        })
    }

    /// Puts examples into the bin, however many, as one operation.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if `ids` is empty or one of them is not in the project (any more); then none is deleted.
    pub fn example_delete(
        &self,
        project: ProjectId,
        ids: &[ExampleId],
        now_ms: i64,
    ) -> Result<OperationRow, StoreError> {
        let ranges = IdRanges::from_ids(ids);
        if ids.is_empty() {
            return Err(StoreError::missing("example to delete"));
        }
        self.write(|transaction| {
            set_deleted(transaction, project, &ranges, true, &mut || {})?;
            let new = NewOperation {
                project,
                kind: OperationKind::Delete,
                joined: false,
                ranges: &ranges,
                source: None,
                at_ms: now_ms,
            };
            operation::append(transaction, &new, -count(&ranges)?)
        })
    }
}

/// Puts the examples into the bin or takes them out of it, calling `between` between the parts of a bulk.
///
/// An example that is not where it must be before the change is an error: the change must be exactly reversible.
pub(crate) fn set_deleted(
    connection: &Connection,
    project: ProjectId,
    ranges: &IdRanges,
    deleted: bool,
    between: &mut dyn FnMut(),
) -> Result<(), StoreError> {
    // The plus keeps the database from walking the index of the whole project instead of the ids.
    let mut statement = connection.prepare_cached(
        "UPDATE example SET deleted = ?4 \
         WHERE id BETWEEN ?1 AND ?2 AND +project = ?3 AND +deleted <> ?4",
    )?;
    let total = count(ranges)?;
    let part = (total / 2).clamp(1, 50);
    let (mut done, mut since) = (0, 0);
    for (first, last) in ranges.pieces(part) {
        let rows = last - first + 1;
        let changed = statement.execute(params![first, last, project, deleted])?;
        if i64::try_from(changed) != Ok(rows) {
            return Err(StoreError::missing(format!("example {first} to {last} to change")));
        }
        done += rows;
        since += rows;
        if since >= part && done < total {
            between();
            since = 0;
        }
    }
    Ok(())
}

/// The number of ids, as the database counts.
pub(crate) fn count(ranges: &IdRanges) -> Result<i64, StoreError> {
    i64::try_from(ranges.len()).map_err(|_| StoreError::conflict("too many examples at once"))
}
