//! Brings a library file to the newest schema, one version at a time, each step behind a verified backup.
//!
//! The version is `user_version`. A step and its version are one transaction: a kill leaves the old or the new schema.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use crate::connection::{APPLICATION_ID, check, open_reader, user_version};
use crate::tables::{
    EIGHTH_SCHEMA, FIFTH_SCHEMA, FIRST_SCHEMA, FOURTH_SCHEMA, SECOND_SCHEMA, SEVENTH_SCHEMA,
    SIXTH_SCHEMA, THIRD_SCHEMA,
};
use crate::{OpenError, StoreError, home};

/// One more migration than the program has; only tests that kill the program inside a migration add one.
#[derive(Debug, Clone, Copy)]
pub struct ExtraMigration {
    /// The statements of the step.
    pub sql: &'static str,
}

/// The statements that lead from version `n` to `n + 1`, at the index `n`.
pub(crate) struct Migrations(Vec<String>);

impl Migrations {
    /// All that this program knows.
    pub(crate) fn new(extra: Option<ExtraMigration>) -> Self {
        let mut steps = vec![
            FIRST_SCHEMA.concat(),
            SECOND_SCHEMA.to_owned(),
            THIRD_SCHEMA.to_owned(),
            FOURTH_SCHEMA.concat(),
            FIFTH_SCHEMA.to_owned(),
            SIXTH_SCHEMA.to_owned(),
            SEVENTH_SCHEMA.to_owned(),
            EIGHTH_SCHEMA.to_owned(),
        ];
        steps.extend(extra.map(|extra| extra.sql.to_owned()));
        Self(steps)
    }

    /// The version after the last step.
    pub(crate) fn newest(&self) -> u32 {
        u32::try_from(self.0.len()).expect("there are a handful of migrations")
    }

    /// Writes the newest schema into an empty database.
    pub(crate) fn create(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        connection.pragma_update(None, "page_size", 8_192)?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        for version in 0..self.newest() {
            self.step(connection, version, |_| {})?;
        }
        Ok(())
    }

    /// Brings an older library up to date; `backups` is the folder for the copies made before.
    pub(crate) fn upgrade(
        &self,
        connection: &mut Connection,
        backups: &Path,
        on_point: fn(&'static str),
    ) -> Result<(), OpenError> {
        let file = connection.path().map(PathBuf::from).unwrap_or_default();
        let sql = |source| OpenError::from_sql(&file, source);
        for version in user_version(connection).map_err(sql)?..self.newest() {
            back_up(connection, version, backups)
                .map_err(|error| OpenError::from_store(&file, error))?;
            on_point("migration.backup");
            self.step(connection, version, on_point).map_err(sql)?;
        }
        Ok(())
    }

    fn step(
        &self,
        connection: &mut Connection,
        version: u32,
        on_point: fn(&'static str),
    ) -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(&self.0[version as usize])?;
        on_point("migration.mid");
        transaction.pragma_update(None, "user_version", version + 1)?;
        transaction.commit()
    }
}

/// Copies the library to the backup folder and reads the copy back before it counts as one.
pub(crate) fn back_up(
    connection: &Connection,
    version: u32,
    backups: &Path,
) -> Result<PathBuf, StoreError> {
    let unfinished = backups.join("unfinished.db");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    // The database keeps the rights of a file that is already there.
    home::create_private(&unfinished)?;
    let target = unfinished.to_str().ok_or_else(|| {
        StoreError::conflict("the library's folder has a name that is not valid text")
    })?;
    connection.execute("VACUUM INTO ?1", [target])?;
    verify_copy(connection, &unfinished)?;
    fs::File::open(&unfinished)?.sync_all()?;
    let backup = free_name(backups, version);
    fs::rename(&unfinished, &backup)?;
    home::sync_folder(backups)?;
    Ok(backup)
}

fn verify_copy(original: &Connection, copy: &Path) -> Result<(), StoreError> {
    let copy = open_reader(copy)?;
    let fault = match check(&copy, "quick_check")? {
        Some(fault) => Some(fault),
        None if contents(original)? != contents(&copy)? => Some("it lacks rows".to_owned()),
        None => None,
    };
    fault.map_or(Ok(()), |fault| {
        Err(StoreError::Damaged { what: format!("its backup could not be verified: {fault}") })
    })
}

/// A table's name, its statement and how many rows it has.
type TableContents = (String, String, u64);

/// What a copy must have like the original: the version and every table.
fn contents(connection: &Connection) -> Result<(u32, Vec<TableContents>), StoreError> {
    let mut statement = connection.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         ORDER BY name",
    )?;
    let tables = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut contents = Vec::new();
    for table in tables {
        let (name, sql): (String, String) = table?;
        let rows =
            connection
                .query_row(&format!("SELECT count(*) FROM \"{name}\""), [], |row| row.get(0))?;
        contents.push((name, sql, rows));
    }
    Ok((user_version(connection)?, contents))
}

fn free_name(backups: &Path, version: u32) -> PathBuf {
    (1u32..)
        .map(|number| backups.join(format!("library-v{version}-{number:04}.db")))
        .find(|path| !path.exists())
        .expect("a folder holds fewer files than there are numbers")
}
