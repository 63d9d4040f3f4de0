//! Where a new example goes: positions have gaps, so that an example between two others moves neither.
//!
//! Examples in the bin keep their positions and are moved along with the others: what undo brings back must lie where
//! it lay. Moving examples never changes their order.

use rusqlite::{Connection, OptionalExtension, params};

use crate::tables::example::missing;
use crate::{ExampleId, ProjectId, StoreError};

/// The distance between two examples that were added one after the other; 32 fit between them at one place before any
/// example must move, and two thousand million such distances fit into a project.
pub(crate) const GAP: i64 = 1 << 32;

/// A free position right after the example `after`, or after all examples.
pub(crate) fn free_position(
    connection: &Connection,
    project: ProjectId,
    after: Option<ExampleId>,
) -> Result<i64, StoreError> {
    let Some(after) = after else {
        return last_position(connection, project)?.checked_add(GAP).ok_or_else(no_room);
    };
    let before: i64 = connection
        .prepare_cached(
            "SELECT position FROM example WHERE id = ?1 AND project = ?2 AND deleted = 0",
        )?
        .query_row(params![after, project], |row| row.get(0))
        .optional()?
        .ok_or_else(|| missing(after))?;
    match following(connection, project, before, 1)?.first() {
        None => before.checked_add(GAP).ok_or_else(no_room),
        Some((_, next)) if next - before >= 2 => Ok(before + (next - before) / 2),
        Some(_) => make_room(connection, project, before),
    }
}

/// The position of the project's last example, the bin included; 0 if there is none.
pub(crate) fn last_position(
    connection: &Connection,
    project: ProjectId,
) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT max( \
                 coalesce((SELECT max(position) FROM example \
                           WHERE project = ?1 AND deleted = 0), 0), \
                 coalesce((SELECT max(position) FROM example \
                           WHERE project = ?1 AND deleted = 1), 0))",
        )?
        .query_row([project], |row| row.get(0))?)
}

pub(crate) fn no_room() -> StoreError {
    StoreError::conflict("the project has no room for another example")
}

/// Spreads the examples that follow `before` evenly, as few as will do, and returns the position that became free.
fn make_room(connection: &Connection, project: ProjectId, before: i64) -> Result<i64, StoreError> {
    let mut moved_most = 1_000;
    loop {
        let mut rows = following(connection, project, before, moved_most + 1)?;
        let places = i64::try_from(rows.len()).map_err(|_| no_room())? + 1;
        let end = if rows.len() > moved_most {
            rows.pop().map(|(_, position)| position)
        } else {
            GAP.checked_mul(places).and_then(|room| room.checked_add(before))
        };
        let distance = (end.ok_or_else(no_room)? - before) / (places + 1);
        if distance >= 2 {
            let mut statement =
                connection.prepare_cached("UPDATE example SET position = ?2 WHERE id = ?1")?;
            for ((id, _), place) in rows.iter().zip(2..) {
                statement.execute(params![id, before + distance * place])?;
            }
            return Ok(before + distance);
        }
        moved_most *= 10;
    }
}

/// The examples after `before` with their positions, `most` at most, the bin included.
fn following(
    connection: &Connection,
    project: ProjectId,
    before: i64,
    most: usize,
) -> Result<Vec<(ExampleId, i64)>, StoreError> {
    // Two ordered walks over the index instead of one sort of the whole project.
    let mut statement = connection.prepare_cached(
        "SELECT id, position FROM ( \
             SELECT * FROM (SELECT id, position FROM example WHERE project = ?1 AND deleted = 0 \
                            AND position > ?2 ORDER BY position LIMIT ?3) \
             UNION ALL \
             SELECT * FROM (SELECT id, position FROM example WHERE project = ?1 AND deleted = 1 \
                            AND position > ?2 ORDER BY position LIMIT ?3)) \
         ORDER BY position, id LIMIT ?3",
    )?;
    let rows = statement
        .query_map(params![project, before, most], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
