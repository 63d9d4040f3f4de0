//! Sums over the examples of a project, computed by the database from its indexes; no example is read.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::{ExampleId, Library, ProjectId, StoreError};

/// What the examples of a project come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// How many examples there are.
    pub examples: u64,
    /// Tokens of all of them.
    pub tokens_total: u64,
    /// Tokens of what is learned.
    pub tokens_answers: u64,
    /// Tokens of the longest example.
    pub longest: u32,
    /// The first of the longest examples.
    pub longest_example: Option<ExampleId>,
    /// How many examples have each problem, the most frequent first.
    pub problems: Vec<(String, u64)>,
    /// How many examples say the same as an earlier one (a group of three counts as two).
    pub duplicate_rows: u64,
}

impl Library {
    /// What the examples of the project come to.
    ///
    /// # Errors
    /// Only failures of the database; a project that does not exist has no examples.
    pub fn stats(&self, project: ProjectId) -> Result<Stats, StoreError> {
        self.read(|connection| {
            let mut stats = sums(connection, project)?;
            stats.longest_example = connection
                .prepare_cached(
                    "SELECT id FROM example WHERE project = ?1 AND deleted = 0 \
                     AND tokens_total = ?2 ORDER BY position LIMIT 1",
                )?
                .query_row(params![project, stats.longest], |row| row.get(0))
                .optional()?;
            stats.problems = problems(connection, project)?;
            let distinct: u64 = connection
                .prepare_cached(
                    "SELECT count(DISTINCT key) FROM example WHERE project = ?1 AND deleted = 0",
                )?
                .query_row([project], |row| row.get(0))?;
            stats.duplicate_rows = stats.examples.saturating_sub(distinct);
            Ok(stats)
        })
    }

    /// The first `limit` examples with the problem `code`: id, position (an order key) and line in the source.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn problem_examples(
        &self,
        project: ProjectId,
        code: &str,
        limit: u64,
    ) -> Result<Vec<(ExampleId, i64, Option<u64>)>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, position, line FROM example \
                 WHERE project = ?1 AND deleted = 0 AND problems <> '' \
                 AND instr(',' || problems || ',', ',' || ?2 || ',') > 0 \
                 ORDER BY position LIMIT ?3",
            )?;
            let rows = statement.query_map(params![project, code, limit], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The first `limit` groups of examples that say the same, each in the project's order.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn duplicate_groups(
        &self,
        project: ProjectId,
        limit: u64,
    ) -> Result<Vec<Vec<ExampleId>>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT key FROM example WHERE project = ?1 AND deleted = 0 \
                 GROUP BY key HAVING count(*) > 1 ORDER BY min(position) LIMIT ?2",
            )?;
            let keys = statement.query_map(params![project, limit], |row| row.get(0))?;
            let keys = keys.collect::<Result<Vec<[u8; 16]>, _>>()?;
            let mut group = connection.prepare_cached(
                "SELECT id FROM example WHERE project = ?1 AND key = ?2 AND deleted = 0 \
                 ORDER BY position",
            )?;
            keys.iter()
                .map(|key| {
                    let ids = group.query_map(params![project, key], |row| row.get(0))?;
                    Ok(ids.collect::<Result<_, _>>()?)
                })
                .collect()
        })
    }
}

fn sums(connection: &Connection, project: ProjectId) -> Result<Stats, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*), coalesce(sum(tokens_total), 0), coalesce(sum(tokens_answers), 0), \
         coalesce(max(tokens_total), 0) FROM example WHERE project = ?1 AND deleted = 0",
    )?;
    Ok(statement.query_row([project], |row| {
        Ok(Stats {
            examples: row.get(0)?,
            tokens_total: row.get(1)?,
            tokens_answers: row.get(2)?,
            longest: row.get(3)?,
            ..Stats::default()
        })
    })?)
}

fn problems(connection: &Connection, project: ProjectId) -> Result<Vec<(String, u64)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT problems, count(*) FROM example \
         WHERE project = ?1 AND deleted = 0 AND problems <> '' GROUP BY problems",
    )?;
    let mut rows = statement.query([project])?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (codes, examples): (String, u64) = (row.get(0)?, row.get(1)?);
        // An example may have the same problem in two messages; it is still one example with it.
        let codes: std::collections::BTreeSet<&str> = codes.split(',').collect();
        for code in codes.into_iter().filter(|code| !code.is_empty()) {
            *counts.entry(code.to_owned()).or_default() += examples;
        }
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|(_, one), (_, other)| other.cmp(one));
    Ok(counts)
}
